//! Sets of hosts: those that a request may be for.

use crate::{
    location::{Origin, OriginBelow},
    rules::compiled_rule::CompiledRule,
};

/// The hosts that a request may be for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::rules) enum Host {
    Any,
    Is(Box<str>),
    Below(Box<str>),
    /// The host and everything below it.
    Domain(Box<str>),
}

impl Host {
    pub(in crate::rules) fn of_rule(host: Option<&str>) -> Self {
        let Some(host) = host else {
            return Self::Any;
        };
        match (host.strip_prefix("*."), host.strip_prefix('.')) {
            (Some(domain), _) => Self::Below(domain.into()),
            (None, Some(domain)) => Self::Domain(domain.into()),
            (None, None) => Self::Is(host.into()),
        }
    }

    /// The hosts that are in both.
    pub(in crate::rules) fn and(&self, other: &Self) -> Option<Self> {
        let both = match (self, other) {
            (Self::Any, host) | (host, Self::Any) => host,
            // The narrower one, where it is a part of the other.
            (one, other) if other.has(one) => one,
            (one, other) if one.has(other) => other,
            _ => return None,
        };
        Some(both.clone())
    }

    /// Returns `true` if all hosts of the other are among these.
    fn has(&self, other: &Self) -> bool {
        let is_below = |name: &str, domain: &str| {
            name.strip_suffix(domain)
                .is_some_and(|rest| rest.ends_with('.'))
        };
        match (self, other) {
            (Self::Any, _) => true,
            (Self::Is(own), Self::Is(name)) => own == name,
            (Self::Is(_), _) | (_, Self::Any) => false,
            (Self::Below(own), Self::Below(name)) => own == name || is_below(name, own),
            (Self::Below(own), Self::Is(name) | Self::Domain(name)) => is_below(name, own),
            (Self::Domain(own), Self::Is(name) | Self::Below(name) | Self::Domain(name)) => {
                own == name || is_below(name, own)
            }
        }
    }

    /// The host as a rule names it.
    pub(in crate::rules) fn as_rule_host(&self) -> String {
        match self {
            Self::Any => "*".to_owned(),
            Self::Is(host) => host.to_string(),
            Self::Below(domain) => format!("*.{domain}"),
            Self::Domain(domain) => format!(".{domain}"),
        }
    }

    /// Hosts of the set that its sample isn't.
    pub(super) fn others(&self) -> Vec<Self> {
        match self {
            Self::Any | Self::Is(_) => Vec::new(),
            Self::Below(domain) => vec![Self::Is(format!("y-z.{domain}").into())],
            Self::Domain(domain) => vec![
                Self::Below(domain.clone()),
                Self::Is(format!("y-z.{domain}").into()),
            ],
        }
    }

    pub(in crate::rules) fn sample(&self) -> Option<String> {
        match self {
            Self::Any => None,
            Self::Is(host) | Self::Domain(host) => Some(host.to_string()),
            Self::Below(domain) => Some(format!("x.{domain}")),
        }
    }
}

impl CompiledRule<'_> {
    /// Returns the hosts that an absolute target may name, and its origin.
    ///
    /// If the first label of the host is a placeholder, the origin is that of the domain.
    pub(in crate::rules) fn target_origin(&self) -> Option<(Host, Origin)> {
        let text = std::str::from_utf8(self.target.get(..self.origin.into())?).ok()?;
        if let Some((scheme, domain)) = OriginBelow::of_kept(text).map(OriginBelow::parts) {
            let origin = Origin::new(&format!("{scheme}{domain}")).ok()?;
            return Some((Host::Below(host_of(&origin).into()), origin));
        }
        let origin = (!text.is_empty()).then(|| Origin::new(text).ok())??;
        Some((Host::Is(host_of(&origin).into()), origin))
    }
}

/// The host of an origin, as rules compare it.
pub(in crate::rules) fn host_of(origin: &Origin) -> &str {
    origin.host().strip_suffix('.').unwrap_or(origin.host())
}
