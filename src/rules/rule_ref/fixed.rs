//! The addresses that a rule is about, where they are fixed.

use http::Method;

use super::RuleRef;
use crate::rules::{
    compiled_rule::{PATTERN, REGEX, SLOTS},
    condition::{Condition, Place},
    methods::Methods,
    options::Options,
    target,
};

/// Why a route check doesn't request the URL of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SkippedReason {
    /// The source has placeholders, or conditions that capture.
    SourceWithPlaceholders,
    /// The source is a regex.
    Regex,
    /// The rule has conditions on headers, on cookies, or on values by regex.
    Conditions,
    /// The rule is for all subdomains of a host.
    Hosts,
    /// The rule doesn't match GET.
    OtherMethods,
    /// Another rule matches first.
    OtherRule,
    /// The target has placeholders.
    TargetWithPlaceholders,
    /// The target is on another origin.
    OtherOrigin,
    /// Another rule redirects the target; [`Rules::check`](crate::rules::Rules::check) reports
    /// chains.
    Chain,
    /// The source isn't a URL that a client can request.
    NoUrl,
}

/// Path and query, and the host where there is one.
#[derive(Debug)]
pub(crate) struct Fixed {
    pub(crate) host: Option<Box<str>>,
    pub(crate) address: Box<str>,
}

impl RuleRef<'_> {
    /// The one address that the rule is for by GET.
    pub(crate) fn fixed_source(&self) -> Result<Fixed, SkippedReason> {
        if self.compiled().has(REGEX) {
            return Err(SkippedReason::Regex);
        }
        if self.compiled().has(PATTERN) {
            return Err(SkippedReason::SourceWithPlaceholders);
        }
        let nothing = Options::default();
        let options = self.options().unwrap_or(&nothing);
        if !options.methods.contains(&Method::GET) {
            return Err(SkippedReason::OtherMethods);
        }
        let mut address = self.source().to_owned();
        let mut host = self.fixed_host()?;
        let mut separator = '?';
        for (expected, Condition { place, value }) in &options.conditions {
            if !expected {
                continue;
            }
            match (place, value.only_listed()) {
                (Place::Query(_), _) if !value.captures.is_empty() => {
                    return Err(SkippedReason::SourceWithPlaceholders);
                }
                (Place::Query(key), values) if values.is_some() || value.is_any() => {
                    let mut pair = Vec::new();
                    target::push_plain(&mut pair, key);
                    if let Some(values) = values {
                        pair.push(b'=');
                        let value = values.first().map(|value| &**value);
                        target::push_plain(&mut pair, value.unwrap_or_default());
                    }
                    address.push(separator);
                    address.push_str(&String::from_utf8_lossy(&pair));
                    separator = '&';
                }
                (Place::Host, Some(values)) if host.is_none() => {
                    host = values.first().cloned();
                }
                _ => return Err(SkippedReason::Conditions),
            }
        }
        Ok(Fixed {
            host,
            address: address.into(),
        })
    }

    /// The one address on this site where the rule leads.
    pub(crate) fn fixed_target(&self) -> Result<Fixed, SkippedReason> {
        if self.compiled().origin > 0 {
            return Err(SkippedReason::OtherOrigin);
        }
        if self.compiled().has(SLOTS) {
            return Err(SkippedReason::TargetWithPlaceholders);
        }
        let text = String::from_utf8_lossy(self.compiled().target);
        let (address, _) = text.split_once('#').unwrap_or((&text, ""));
        Ok(Fixed {
            host: self.fixed_host()?,
            address: address.into(),
        })
    }

    /// Returns `true` if the rule matches only GET and HEAD.
    pub(crate) fn only_reads(&self) -> bool {
        let reads = Methods::only([Method::GET, Method::HEAD]);
        self.options()
            .is_some_and(|options| options.methods.is_subset(&reads))
    }

    fn fixed_host(&self) -> Result<Option<Box<str>>, SkippedReason> {
        let host = self.options().and_then(|options| options.host.as_deref());
        match host {
            Some(host) if host.starts_with("*.") => Err(SkippedReason::Hosts),
            // The domain itself is among those.
            Some(host) => Ok(Some(host.strip_prefix('.').unwrap_or(host).into())),
            None => Ok(None),
        }
    }

    pub(super) fn options(&self) -> Option<&Options> {
        let ready = self.table.options(&self.compiled())?;
        Some(&ready.options)
    }
}
