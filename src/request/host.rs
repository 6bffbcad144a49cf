//! The requested host, parsed once for all comparisons.
//!
//! The host is only compared and never sent (R6). `EXAMPLE.com.:8080` is parsed into the name
//! `example.com`, the port 8080, and the fact that it ended in a dot. Most hosts are in lower case
//! and have nothing to normalize. [`plain`] finds that out in one pass, and nothing is allocated.

use std::{
    borrow::Cow,
    hash::{DefaultHasher, Hash, Hasher},
};

use crate::location::{self, HttpScheme};

/// The host and the port of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NormalizedHost<'a> {
    /// The name in lower case, without a dot at its end, or the canonical form of an IPv6 address.
    pub(crate) name: Cow<'a, str>,
    pub(crate) port: Option<u16>,
    /// Whether the client wrote a dot at the end of the name.
    pub(crate) dotted: bool,
}

impl<'a> NormalizedHost<'a> {
    /// Parses the host of a request. Returns `None` if it isn't valid.
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
        // `parse_origin` drops the default port of `http`. `origin.port()` returns it again.
        let url = format!("http://{authority}");
        let (origin, rest) = location::parse_origin(&url).ok()?;
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

    /// Returns `true` if the request has this port, or the default port if `port` is `None`.
    ///
    /// After a TLS-terminating proxy, both 80 and 443 count as the default port. The proxy may send
    /// the port of the client or its own.
    pub(crate) fn same_port(&self, port: Option<u16>, scheme: Option<HttpScheme>) -> bool {
        is_same_port(self.port, port, scheme)
    }

    /// Returns `true` if a client that is redirected to the authority `target` requests this host
    /// again.
    ///
    /// `target` is in canonical form.
    pub(crate) fn is_same_host(&self, target: &str, scheme: Option<HttpScheme>) -> bool {
        TargetHost::read(target).is_some_and(|target| {
            *self.name == *target.name && target.has_same_rest(self.port, self.dotted, scheme)
        })
    }

    /// Returns a small value that stands for this host in comparisons.
    pub(crate) fn digest(&self) -> HostDigest {
        HostDigest {
            name: hash(&self.name),
            port: self.port,
            dotted: self.dotted,
        }
    }
}

/// A host to compare with, without its text.
///
/// It travels with a decision, which borrows nothing from the request. Names are compared by a hash
/// of 64 bits. If two names had the same one, a redirect between them would not be sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HostDigest {
    name: u64,
    port: Option<u16>,
    dotted: bool,
}

impl HostDigest {
    /// Does the same as [`NormalizedHost::is_same_host`].
    pub(crate) fn is_same_host(&self, target: &str, scheme: Option<HttpScheme>) -> bool {
        TargetHost::read(target).is_some_and(|target| {
            self.name == hash(target.name) && target.has_same_rest(self.port, self.dotted, scheme)
        })
    }
}

fn hash(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

/// The authority of a location, in canonical form.
struct TargetHost<'a> {
    /// Without a dot at its end, because some clients drop the dot of a fully qualified name.
    name: &'a str,
    port: Option<u16>,
    dotted: bool,
}

impl<'a> TargetHost<'a> {
    fn read(authority: &'a str) -> Option<Self> {
        let (host, port) = host_and_port(authority)?;
        let name = host.strip_suffix('.').unwrap_or(host);
        Some(Self {
            name,
            port,
            dotted: name != host,
        })
    }

    /// Whether a request with this port and dot is for this host, if the names are equal.
    fn has_same_rest(&self, port: Option<u16>, dotted: bool, scheme: Option<HttpScheme>) -> bool {
        (!dotted || self.dotted) && is_same_port(port, self.port, scheme)
    }
}

/// Whether a request with the port `requested` has this port. See [`NormalizedHost::same_port`].
fn is_same_port(requested: Option<u16>, port: Option<u16>, scheme: Option<HttpScheme>) -> bool {
    match (scheme.map(HttpScheme::default_port), port) {
        (Some(default), Some(port)) if port != default => requested.unwrap_or(default) == port,
        (Some(_), _) => requested.is_none_or(|port| !is_unusual(&port)),
        (None, port) => requested.filter(is_unusual) == port.filter(is_unusual),
    }
}

/// Splits an authority in canonical form into the host and the port.
fn host_and_port(authority: &str) -> Option<(&str, Option<u16>)> {
    // A colon before the closing bracket belongs to an IPv6 address.
    let is_end = |byte| byte == b':' || byte == b']';
    let end = authority.bytes().rposition(is_end);
    let (host, port) = authority.split_at_checked(end.unwrap_or(authority.len()))?;
    match port.strip_prefix(':') {
        None => Some((authority, None)),
        Some(digits) => Some((host, Some(digits.parse().ok()?))),
    }
}

fn is_unusual(port: &u16) -> bool {
    [HttpScheme::Http, HttpScheme::Https]
        .iter()
        .all(|scheme| scheme.default_port() != *port)
}

/// Splits a host that is already in canonical form. Returns `None` for all others.
#[inline]
fn plain(authority: &str) -> Option<(&str, Option<u16>)> {
    let (name, port) = authority.split_at_checked(plain_len(authority)?)?;
    match port.as_bytes() {
        [] => Some((name, None)),
        [b':', b'1'..=b'9', ..] => Some((name, Some(port.get(1..)?.parse().ok()?))),
        _ => None,
    }
}

/// Returns the length of the name before the port, if the name is already in canonical form.
///
/// It accepts valid hosts only: no label is empty or too long, and the last label isn't a number.
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
    use super::{NormalizedHost, plain};
    use crate::location::{self, HttpScheme, Origin};

    fn is_plain(text: &str) -> bool {
        plain(text).is_some_and(|(name, _)| name == text)
    }

    #[test]
    fn r6_a_plain_host_is_a_valid_host() {
        let parts = ["a", "0", "-", "_", ".", "x", "f", "z", "A", ":", "@", "é"];
        let mut texts = vec![String::new()];
        for _ in 0..5 {
            texts = texts
                .iter()
                .flat_map(|text| parts.iter().map(move |part| format!("{text}{part}")))
                .collect();
            for text in texts.iter().filter(|text| is_plain(text)) {
                let url = format!("http://{text}");
                let (origin, rest) = location::parse_origin(&url).unwrap();
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
            let host = NormalizedHost::read(written).unwrap();
            assert_eq!((&*host.name, host.port), (name, port), "{written}");
        }
        for invalid in [
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
            assert_eq!(NormalizedHost::read(invalid), None, "{invalid}");
        }
    }

    #[test]
    fn r6_ports() {
        let read = |text| NormalizedHost::read(text).unwrap();
        let (http, https) = (Some(HttpScheme::Http), Some(HttpScheme::Https));
        for scheme in [None, http, https] {
            for host in ["a.z", "a.z:80", "a.z:443"] {
                assert!(read(host).same_port(None, scheme));
                assert!(!read(host).same_port(Some(8443), scheme));
            }
            assert!(!read("a.z:8443").same_port(None, scheme));
            assert!(read("a.z:8443").same_port(Some(8443), scheme));
        }
        // If the configured port is the default port of the other scheme, it's an ordinary port.
        assert!(read("a.z:80").same_port(Some(80), https));
        assert!(!read("a.z").same_port(Some(80), https));
        assert!(!read("a.z:443").same_port(Some(80), https));
        assert!(read("a.z").same_port(Some(80), http));
        assert!(read("a.z:80").same_port(Some(443), https));
    }

    #[test]
    fn r9_the_same_host_again() {
        let again = |requested, origin, scheme| {
            let origin = Origin::new(origin).unwrap();
            let text = origin.to_string();
            let (_, target) = text.split_once("://").unwrap();
            let requested = NormalizedHost::read(requested).unwrap();
            let is_same = requested.is_same_host(target, scheme);
            assert_eq!(requested.digest().is_same_host(target, scheme), is_same);
            is_same
        };
        let https = Some(HttpScheme::Https);
        assert!(again("a.z", "https://a.z", https) && again("A.z:443", "https://a.z", https));
        assert!(again("a.z", "https://a.z.", https) && again("a.z.", "https://a.z.", https));
        assert!(!again("a.z.", "https://a.z", https) && !again("b.z", "https://a.z", https));
        assert!(again("a.z:80", "https://a.z", None) && again("a.z:80", "https://a.z", https));
        assert!(!again("a.z:81", "https://a.z", None) && !again("a.z:81", "https://a.z", https));
        assert!(again("[0::1]:3000", "http://[::1]:3000", None));
    }
}
