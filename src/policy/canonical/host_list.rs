//! The configured hosts, with a lookup by name.
//!
//! With `a.example` and `*.b.example` configured:
//!
//! | name | found |
//! |---|---|
//! | `a.example` | yes |
//! | `x.b.example`, `x.y.b.example` | yes, by the wildcard |
//! | `b.example` | no, a wildcard doesn't include its domain |
//! | `x.a.example` | no |
//!
//! The lookup tries the whole name first, then each domain above it.

use std::collections::HashMap;

use super::CanonicalError;
use crate::location::{Origin, is_valid_punycode};

/// Parses a configured host into the form that is sent. The scheme is https unless one is written.
pub(super) fn parse_host(text: &str) -> Result<Origin, CanonicalError> {
    if text.starts_with("*.") {
        let message = "a wildcard isn't one host; list it in `one_of`, or among the aliases of \
                       `with_aliases`";
        return Err(CanonicalError::message("host", text, message));
    }
    let origin = if text.contains("://") {
        Origin::new(text)
    } else {
        const SCHEME: &str = "https://";
        Origin::new(&format!("{SCHEME}{text}")).map_err(|error| error.moved_back(SCHEME.len()))
    }
    .map_err(|error| CanonicalError::host(text, error))?;
    if origin.host().ends_with('.') {
        let message = "it ends with a dot; leave the dot out, and requests with it are redirected";
        return Err(CanonicalError::message("host", text, message));
    }
    Ok(origin)
}

/// Hosts, and wildcards that match all hosts below a domain.
#[derive(Clone, Debug, Default)]
pub(super) struct HostList {
    exact: HashMap<Box<str>, Listed>,
    /// The domains after `*.`.
    wildcards: HashMap<Box<str>, Listed>,
}

/// One host or wildcard of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    /// The host as it's configured.
    pub(super) origin: Origin,
    /// The canonical host to which it's redirected, if the list says so.
    pub(super) moved_to: Option<Origin>,
}

impl HostList {
    /// Parses `example.com` and `*.example.com`.
    pub(super) fn new(
        hosts: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Self, CanonicalError> {
        let mut list = Self::default();
        for host in hosts {
            list.add(host.as_ref(), None)?;
        }
        Ok(list)
    }

    /// Adds a host or a wildcard.
    pub(super) fn add(
        &mut self,
        text: &str,
        moved_to: Option<&Origin>,
    ) -> Result<(), CanonicalError> {
        let (map, origin) = match text.strip_prefix("*.") {
            Some(domain) => {
                let origin = parse_host(domain)?;
                if origin.host().parse::<std::net::Ipv4Addr>().is_ok() || domain.starts_with('[') {
                    let message = "an IP address has no subdomains; write a domain after `*.`";
                    return Err(CanonicalError::message("host", text, message));
                }
                (&mut self.wildcards, origin)
            }
            None => (&mut self.exact, parse_host(text)?),
        };
        let name = origin.host().into();
        let listed = Listed {
            origin,
            moved_to: moved_to.cloned(),
        };
        if let Some(earlier) = map.insert(name, listed.clone()) {
            let message = if earlier.moved_to != listed.moved_to {
                "it is already listed with another canonical host; list it once"
            } else if earlier.origin != listed.origin {
                "it is already listed with another scheme or port; list it once"
            } else {
                return Ok(());
            };
            return Err(CanonicalError::message("host", text, message));
        }
        Ok(())
    }

    /// Returns the configured host for a name: the host itself, or the wildcard above it.
    pub(super) fn get(&self, name: &str) -> Option<&Listed> {
        self.exact.get(name).or_else(|| self.get_by_wildcard(name))
    }

    /// Returns the configured host if exactly this name is listed, not only a wildcard above it.
    pub(super) fn get_exact(&self, name: &str) -> Option<&Listed> {
        self.exact.get(name)
    }

    fn get_by_wildcard(&self, name: &str) -> Option<&Listed> {
        if self.wildcards.is_empty() || name.starts_with('[') {
            return None;
        }
        name.match_indices('.').find_map(|(dot, _)| {
            let (below, domain) = name.split_at_checked(dot)?;
            let listed = self.wildcards.get(domain.strip_prefix('.')?)?;
            is_valid_punycode(name, below).then_some(listed)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{HostList, parse_host};

    #[test]
    fn names_and_domains() {
        let names = ["a.example", "*.b.example", "*.xn--bcher-kva.example"];
        let names = HostList::new(names).unwrap();
        for (name, known) in [
            ("a.example", true),
            ("x.b.example", true),
            ("x.y.b.example", true),
            ("b.example", false),
            ("xb.example", false),
            ("x.a.example", false),
            ("example", false),
            ("xn--bcher-kva.b.example", cfg!(feature = "idn")),
            ("xn--a.b.example", false),
            ("xn--.b.example", false),
            // The domain itself is from configuration.
            ("x.xn--bcher-kva.example", true),
            ("xn--bcher-kva.xn--bcher-kva.example", cfg!(feature = "idn")),
            ("xn--a.xn--bcher-kva.example", false),
        ] {
            assert_eq!(names.get(name).is_some(), known, "{name}");
        }
    }

    #[test]
    fn bad_configuration_names_the_part() {
        for (text, part) in [
            ("", "host ``"),
            ("exa mple", "byte 3 (0x20)"),
            ("example.com/x", "byte 11 (`/`)"),
            ("user@example.com", "byte 4 (`@`)"),
            ("example.com.", "it ends with a dot"),
            ("example.com:99999", "byte 12"),
            ("ftp://example.com", "byte 0"),
            (
                "*.example.com",
                "list it in `one_of`, or among the aliases of `with_aliases`",
            ),
        ] {
            let error = parse_host(text).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
        assert!(HostList::new(["*."]).is_err() && HostList::new(["*"]).is_err());
        assert!(HostList::new(["*.127.0.0.1"]).is_err());
        assert!(
            HostList::new(["a.z", "A.z"]).is_ok() && HostList::new(["a.z", "a.z:8080"]).is_err()
        );
    }
}
