//! The hosts that are configured, by name.

use std::collections::HashMap;

use super::CanonicalError;
use crate::{location::Origin, location::is_valid_punycode};

/// A host that is configured, in the spelling that is sent; the scheme is https where none is written.
pub(super) fn configured(text: &str) -> Result<Origin, CanonicalError> {
    if text.starts_with("*.") {
        let why = "one host is meant here; write `*.` in `one_of`, or among the aliases of \
                   `with_aliases`";
        return Err(CanonicalError::sentence("host", text, why));
    }
    let origin = if text.contains("://") {
        Origin::new(text)
    } else {
        const SCHEME: &str = "https://";
        Origin::new(&format!("{SCHEME}{text}")).map_err(|error| error.moved_back(SCHEME.len()))
    }
    .map_err(|error| CanonicalError::host(text, error))?;
    if origin.host().ends_with('.') {
        let why = "leave out the dot at its end; requests with it are sent to the name without";
        return Err(CanonicalError::sentence("host", text, why));
    }
    Ok(origin)
}

/// Some hosts, and whole domains of hosts.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    exact: HashMap<Box<str>, Origin>,
    /// What stands behind `*.`.
    below: HashMap<Box<str>, Origin>,
}

impl Names {
    /// Reads hosts as a configuration has them: `example.com`, `*.example.com`.
    pub(super) fn new(
        hosts: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Self, CanonicalError> {
        let mut names = Self::default();
        for host in hosts {
            names.add(host.as_ref())?;
        }
        Ok(names)
    }

    fn add(&mut self, text: &str) -> Result<(), CanonicalError> {
        let (map, origin) = match text.strip_prefix("*.") {
            Some(domain) => {
                let origin = configured(domain)?;
                if origin.host().parse::<std::net::Ipv4Addr>().is_ok() || domain.starts_with('[') {
                    let why = "an address has no names below it; write a domain behind `*.`";
                    return Err(CanonicalError::sentence("host", text, why));
                }
                (&mut self.below, origin)
            }
            None => (&mut self.exact, configured(text)?),
        };
        if let Some(earlier) = map.insert(origin.host().into(), origin.clone()) {
            if earlier != origin {
                let why = "it is there already, with another scheme or port; write it once";
                return Err(CanonicalError::sentence("host", text, why));
            }
        }
        Ok(())
    }

    /// The host that is configured for this name, if it is: itself, or the domain it is below.
    pub(super) fn get(&self, name: &str) -> Option<&Origin> {
        self.exact.get(name).or_else(|| self.above(name))
    }

    /// Whether this very name is listed, and not only what it is below.
    pub(super) fn has(&self, name: &str) -> bool {
        self.exact.contains_key(name)
    }

    fn above(&self, name: &str) -> Option<&Origin> {
        if self.below.is_empty() || name.starts_with('[') {
            return None;
        }
        name.match_indices('.').find_map(|(dot, _)| {
            let (below, domain) = name.split_at_checked(dot)?;
            let origin = self.below.get(domain.strip_prefix('.')?)?;
            is_valid_punycode(name, below).then_some(origin)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Names, configured};

    #[test]
    fn names_and_domains() {
        let names = ["a.example", "*.b.example", "*.xn--bcher-kva.example"];
        let names = Names::new(names).unwrap();
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
            ("example.com.", "dot at its end"),
            ("example.com:99999", "byte 12"),
            ("ftp://example.com", "byte 0"),
            (
                "*.example.com",
                "write `*.` in `one_of`, or among the aliases of `with_aliases`",
            ),
        ] {
            let error = configured(text).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
        assert!(Names::new(["*."]).is_err() && Names::new(["*"]).is_err());
        assert!(Names::new(["*.127.0.0.1"]).is_err());
        assert!(Names::new(["a.z", "A.z"]).is_ok() && Names::new(["a.z", "a.z:8080"]).is_err());
    }
}
