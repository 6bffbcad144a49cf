//! The addresses that a rule is about, where they are fixed.

use http::Method;

use super::RuleRef;
use crate::{
    rules::{
        has::{Has, Place, Test},
        options::Options,
        record::{PATTERN, REGEX, SLOTS},
        target,
    },
    testing::NotAsked,
};

/// Path and query, and the host where there is one.
#[derive(Debug)]
pub(crate) struct Fixed {
    pub(crate) host: Option<Box<str>>,
    pub(crate) address: Box<str>,
}

impl RuleRef<'_> {
    /// The one address that the rule is for by GET.
    pub(crate) fn fixed_source(&self) -> Result<Fixed, NotAsked> {
        if self.record().has(REGEX) {
            return Err(NotAsked::Regex);
        }
        if self.record().has(PATTERN) {
            return Err(NotAsked::SourceWithPlaceholders);
        }
        let nothing = Options::default();
        let options = self.options().unwrap_or(&nothing);
        if !options.methods.is_empty() && !options.methods.contains(&Method::GET) {
            return Err(NotAsked::OtherMethods);
        }
        let mut address = self.source().to_owned();
        let mut host = self.fixed_host()?;
        let mut separator = '?';
        for (expected, Has { place, test }) in &options.conditions {
            if !expected {
                continue;
            }
            match (place, test) {
                (Place::Query(_), Test::Captured(_)) => {
                    return Err(NotAsked::SourceWithPlaceholders);
                }
                (Place::Query(key), Test::Present | Test::OneOf(_)) => {
                    let mut pair = Vec::new();
                    target::push_plain(&mut pair, key);
                    if let Test::OneOf(values) = test {
                        pair.push(b'=');
                        let value = values.first().map(|value| &**value);
                        target::push_plain(&mut pair, value.unwrap_or_default());
                    }
                    address.push(separator);
                    address.push_str(&String::from_utf8_lossy(&pair));
                    separator = '&';
                }
                (Place::Host, Test::OneOf(values)) if host.is_none() => {
                    host = values.first().cloned();
                }
                _ => return Err(NotAsked::Conditions),
            }
        }
        Ok(Fixed {
            host,
            address: address.into(),
        })
    }

    /// The one address on this site where the rule leads.
    pub(crate) fn fixed_target(&self) -> Result<Fixed, NotAsked> {
        if self.record().origin > 0 {
            return Err(NotAsked::OtherOrigin);
        }
        if self.record().has(SLOTS) {
            return Err(NotAsked::TargetWithPlaceholders);
        }
        let text = String::from_utf8_lossy(self.record().target);
        let (address, _) = text.split_once('#').unwrap_or((&text, ""));
        Ok(Fixed {
            host: self.fixed_host()?,
            address: address.into(),
        })
    }

    /// Whether the rule answers GET and HEAD alone.
    pub(crate) fn only_reads(&self) -> bool {
        let methods = self.options().map_or(&[][..], |options| &options.methods);
        let reads = |method: &Method| method == Method::GET || method == Method::HEAD;
        !methods.is_empty() && methods.iter().all(reads)
    }

    fn fixed_host(&self) -> Result<Option<Box<str>>, NotAsked> {
        let host = self.options().and_then(|options| options.host.as_deref());
        match host {
            Some(host) if host.starts_with("*.") => Err(NotAsked::Hosts),
            // The domain itself is among those.
            Some(host) => Ok(Some(host.strip_prefix('.').unwrap_or(host).into())),
            None => Ok(None),
        }
    }

    fn options(&self) -> Option<&Options> {
        let ready = self.table.options(&self.record())?;
        Some(&ready.options)
    }
}
