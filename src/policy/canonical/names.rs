//! Hosts by name: those that are configured, and the one that a request asks for.

use std::{borrow::Cow, collections::HashMap};

use super::CanonicalError;
use crate::{Origin, Scheme, location};

/// A host that is configured, in the spelling that is sent; the scheme is https where none is written.
pub(super) fn configured(text: &str) -> Result<Origin, CanonicalError> {
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

    fn above(&self, name: &str) -> Option<&Origin> {
        if self.below.is_empty() || name.starts_with('[') || !is_readable(name) {
            return None;
        }
        name.match_indices('.')
            .filter_map(|(dot, _)| name.get(dot + 1..))
            .find_map(|domain| self.below.get(domain))
    }
}

/// Whether browsers take the name for a host: punycode that means nothing is none.
///
/// Without feature `idn` nobody here can tell, and names in punycode are listed one by one.
fn is_readable(name: &str) -> bool {
    let is_punycode = name.split('.').any(|label| label.starts_with("xn--"));
    !is_punycode || means_something(name)
}

#[cfg(feature = "idn")]
fn means_something(punycode: &str) -> bool {
    idna::domain_to_ascii_cow(punycode.as_bytes(), idna::AsciiDenyList::URL)
        .is_ok_and(|name| name == punycode)
}

#[cfg(not(feature = "idn"))]
const fn means_something(_: &str) -> bool {
    false
}

/// The host and the port that a request names, compared only and never sent (R6).
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Asked<'a> {
    /// In lower case, without a dot at its end; an IPv6 address in its shortest spelling.
    pub(crate) name: Cow<'a, str>,
    pub(crate) port: Option<u16>,
    /// Whether the name is spelled in another way than it is sent: with a dot at its end.
    pub(crate) dotted: bool,
}

impl<'a> Asked<'a> {
    /// Reads the host of a request; `None` where it is none.
    #[inline]
    pub(crate) fn read(authority: &'a str) -> Option<Self> {
        match plain(authority) {
            Some((name, port)) => Some(Self {
                name: Cow::Borrowed(name),
                port,
                dotted: false,
            }),
            None => Self::parse(authority),
        }
    }

    #[cold]
    fn parse(authority: &str) -> Option<Self> {
        // Under http, 443 stays visible, and 80 is folded back.
        let address = format!("http://{authority}");
        let (origin, rest) = location::parse_origin(&address).ok()?;
        if !rest.is_empty() {
            return None;
        }
        let host = origin.host();
        let name = host.strip_suffix('.').unwrap_or(host);
        let has_port = authority
            .rsplit_once(':')
            .is_some_and(|(_, port)| !port.contains(']'));
        Some(Self {
            dotted: name != host,
            name: Cow::Owned(name.to_owned()),
            port: has_port.then_some(origin.port()),
        })
    }

    /// Whether the port is this one, or the default one where this is `None`.
    pub(super) fn has_port(&self, port: Option<u16>, scheme: Option<Scheme>) -> bool {
        match scheme {
            Some(scheme) => {
                let default = scheme.default_port();
                self.port.unwrap_or(default) == port.unwrap_or(default)
            }
            // Behind a proxy that ends TLS, either of the default ports may be what the client used.
            None => self.port.filter(is_unusual) == port.filter(is_unusual),
        }
    }
}

fn is_unusual(port: &u16) -> bool {
    [Scheme::Http, Scheme::Https]
        .iter()
        .all(|scheme| scheme.default_port() != *port)
}

/// A host that is spelled as most are, in which nothing has to be changed.
#[inline]
fn plain(authority: &str) -> Option<(&str, Option<u16>)> {
    let (name, port) = authority.split_at_checked(plain_len(authority)?)?;
    match port.as_bytes() {
        [] => Some((name, None)),
        [b':', b'1'..=b'9', ..] => Some((name, Some(port.get(1..)?.parse().ok()?))),
        _ => None,
    }
}

/// How long the name is in front of the port, where it is in lower case, without anything odd.
///
/// What it takes has the grammar of a host: no label is empty or too long, and the last is no number.
#[inline]
fn plain_len(authority: &str) -> Option<usize> {
    let mut label = 0_usize;
    let mut may_be_a_number = false;
    let mut length = 0_usize;
    for byte in authority.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => {
                may_be_a_number = if label == 0 {
                    byte.is_ascii_digit()
                } else {
                    may_be_a_number
                };
                label += 1;
            }
            b'.' if label > 0 => label = 0,
            b':' => break,
            _ => return None,
        }
        if label > 63 {
            return None;
        }
        length += 1;
    }
    (label > 0 && length <= 253 && !may_be_a_number).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::{Asked, Names, configured, plain};
    use crate::{Scheme, location};

    fn is_plain(text: &str) -> bool {
        plain(text).is_some_and(|(name, _)| name == text)
    }

    #[test]
    fn r6_what_looks_plain_has_the_grammar_of_a_host() {
        let parts = ["a", "0", "-", "_", ".", "x", "f", "z", "A", ":", "@", "é"];
        let mut texts = vec![String::new()];
        for _ in 0..5 {
            texts = texts
                .iter()
                .flat_map(|text| parts.iter().map(move |part| format!("{text}{part}")))
                .collect();
            for text in texts.iter().filter(|text| is_plain(text)) {
                let address = format!("http://{text}");
                let (origin, rest) = location::parse_origin(&address).unwrap();
                assert_eq!((origin.host(), rest), (text.as_str(), ""));
            }
        }
        let long = [
            "a".repeat(63),
            "b".repeat(63),
            "c".repeat(63),
            "z".repeat(61),
        ]
        .join(".");
        assert!(is_plain(&long) && !is_plain(&format!("{long}z")));
        assert!(!is_plain(&"z".repeat(64)));
    }

    #[test]
    fn r6_the_host_of_a_request() {
        for (written, name, port) in [
            ("example.com", "example.com", None),
            ("EXAMPLE.com", "example.com", None),
            ("example.com:80", "example.com", Some(80)),
            ("example.com:443", "example.com", Some(443)),
            ("example.com.", "example.com", None),
            ("example.com.:8080", "example.com", Some(8080)),
            ("127.0.0.1:3000", "127.0.0.1", Some(3000)),
            ("[::1]", "[::1]", None),
            ("[0:0::1]:80", "[::1]", Some(80)),
        ] {
            let asked = Asked::read(written).unwrap();
            assert_eq!((&*asked.name, asked.port), (name, port), "{written}");
        }
        for odd in [
            "",
            ".",
            "a..b",
            ".example.com",
            "a b",
            "a/b",
            "a?b",
            "a#b",
            "a@b",
            "a\\b",
            "a:b",
            "a:",
            "a:+443",
            "a.z:+443",
            "a.z:08",
            "a.z:65536",
            "a.z:1:2",
            "a:80:80",
            "1.2.3",
            "[::1",
            "[v1.a]",
            "[::1%25a]",
            "a%00b",
            "//a",
            "a:65536",
        ] {
            assert_eq!(Asked::read(odd), None, "{odd}");
        }
    }

    #[test]
    fn r6_ports() {
        let asked = |text| Asked::read(text).unwrap();
        let (http, https) = (Some(Scheme::Http), Some(Scheme::Https));
        assert!(asked("a.z").has_port(None, None));
        assert!(asked("a.z:80").has_port(None, None) && asked("a.z:443").has_port(None, None));
        assert!(asked("a.z:80").has_port(None, http) && !asked("a.z:443").has_port(None, http));
        assert!(asked("a.z:443").has_port(None, https) && !asked("a.z:80").has_port(None, https));
        assert!(asked("a.z:8443").has_port(Some(8443), https));
        assert!(!asked("a.z").has_port(Some(8443), https) && !asked("a.z:1").has_port(None, None));
    }

    #[test]
    fn names_and_domains() {
        let names = Names::new(["a.example", "*.b.example"]).unwrap();
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
            ("*.example.com", "byte 0 (`*`)"),
        ] {
            let error = configured(text).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
        assert!(Names::new(["*."]).is_err() && Names::new(["*"]).is_err());
        assert!(Names::new(["*.127.0.0.1"]).is_err());
        assert!(Names::new(["a.z", "A.z"]).is_ok() && Names::new(["a.z", "a.z:8080"]).is_err());
    }
}
