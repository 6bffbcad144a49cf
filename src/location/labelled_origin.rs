//! Origins whose first host label comes from a request (R3).
//!
//! The rule `/{tenant} -> https://{tenant}.example.com/` redirects to one label below a configured
//! domain. All other origins are configured as a whole. Only [`OriginBelow::with_label`] makes a
//! [`LabelledOrigin`], so text of a request gets into a host only by that check.

use super::{LocationError, authority, is_valid_punycode, parse_origin};

/// A configured origin without its first label, for example `https://.example.com:8443`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OriginBelow<'c> {
    /// With `://`.
    scheme: &'c str,
    /// With the dot before it.
    domain: &'c str,
    /// With its colon, or empty.
    port: &'c str,
}

/// Why a text isn't the rest of an origin.
#[derive(Clone, Copy, Debug)]
pub(crate) enum BelowError {
    /// The position counts from the dot.
    Location(LocationError),
    /// The domain is a single label, such as `com`, or ends in a dot.
    NoDomain,
}

impl<'c> OriginBelow<'c> {
    /// Parses what follows the label: `.example.com:8443/path`. Returns the origin without its
    /// label, as browsers serialize it, and the text after it.
    pub(crate) fn parse<'t>(scheme: &str, after: &'t str) -> Result<(String, &'t str), BelowError> {
        const LABEL: &str = "x";
        let whole = format!("{scheme}{LABEL}{after}");
        let before = scheme.len() + LABEL.len();
        let (origin, rest) = parse_origin(&whole).map_err(|mut error| {
            error.at = error.at.saturating_sub(before);
            BelowError::Location(error)
        })?;
        let rest = after.get(after.len() - rest.len()..).unwrap_or_default();
        let text = origin.to_string().replacen("://x.", "://.", 1);
        let below = OriginBelow::of_kept(&text).ok_or(BelowError::NoDomain)?;
        let mut labels = below.domain.split('.').skip(1);
        match labels.clone().count() >= 2 && labels.all(|label| !label.is_empty()) {
            true => Ok((text, rest)),
            false => Err(BelowError::NoDomain),
        }
    }

    /// Reads a text that [`parse`](Self::parse) returned.
    pub(crate) fn of_kept(text: &'c str) -> Option<Self> {
        let (scheme, authority) = text.split_at_checked(text.find("://.")? + "://".len())?;
        let port = authority.find(':').unwrap_or(authority.len());
        let (domain, port) = authority.split_at_checked(port)?;
        Some(Self {
            scheme,
            domain,
            port,
        })
    }

    /// Returns the scheme with `://`, and the domain with its port.
    pub(crate) fn parts(self) -> (&'c str, String) {
        let domain = self.domain.strip_prefix('.').unwrap_or(self.domain);
        (self.scheme, format!("{domain}{}", self.port))
    }

    /// Puts a label of a request before the domain, in lower case.
    ///
    /// Returns `None` if the text isn't one label: 1 to 63 letters, digits and hyphens, without a
    /// hyphen at its ends (RFC 1123 §2.1). So a dot, an `@`, a colon, a slash, a percent-encoded
    /// byte and an underscore are never part of it. The whole host has at most 253 bytes. Punycode
    /// (`xn--`) follows the rule for all hosts that a request names: browsers must accept it, which
    /// only the `idn` feature can check.
    pub(crate) fn with_label(self, label: &[u8]) -> Option<LabelledOrigin> {
        let is_label = (1..=63).contains(&label.len())
            && label
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
            && !label.starts_with(b"-")
            && !label.ends_with(b"-");
        let label = std::str::from_utf8(label).ok().filter(|_| is_label)?;
        let label = label.to_ascii_lowercase();
        let host = format!("{label}{}", self.domain);
        let is_host = matches!(authority::host(host.as_bytes()), Ok([]));
        (is_host && is_valid_punycode(&host, &label))
            .then(|| LabelledOrigin(format!("{}{host}{}", self.scheme, self.port)))
    }
}

/// An origin with a checked label of a request: `https://tenant.example.com:8443`.
#[derive(Clone, Debug)]
pub(crate) struct LabelledOrigin(String);

impl LabelledOrigin {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{BelowError, OriginBelow};

    #[test]
    fn r3_a_domain_has_two_labels() {
        for (scheme, after, kept, rest) in [
            ("https://", ".example.com/a", "https://.example.com", "/a"),
            ("HTTPS://", ".Example.com:443", "https://.example.com", ""),
            (
                "http://",
                ".a.b.example:8080?x",
                "http://.a.b.example:8080",
                "?x",
            ),
        ] {
            let parsed = OriginBelow::parse(scheme, after).unwrap();
            assert_eq!(parsed, (kept.to_owned(), rest), "{after}");
        }
        for after in [".com/", ".localhost:80/", ".com.", ".example.com./"] {
            let error = OriginBelow::parse("https://", after).unwrap_err();
            assert!(matches!(error, BelowError::NoDomain), "{after}: {error:?}");
        }
        for (after, at) in [
            (".1.2.3/", 0),
            (".a@example.com/", 2),
            (".example.com:{p}", 13),
            ("..example.com", 1),
        ] {
            match OriginBelow::parse("https://", after).unwrap_err() {
                BelowError::Location(error) => assert_eq!(error.position(), at, "{after}"),
                BelowError::NoDomain => panic!("{after}"),
            }
        }
    }

    #[test]
    fn r3_only_a_host_label_of_a_request_gets_into_a_host() {
        let with = |label: &str| {
            let origin = OriginBelow::of_kept("https://.example.com:8443").unwrap();
            origin
                .with_label(label.as_bytes())
                .map(|origin| origin.as_str().to_owned())
        };
        let long = "a".repeat(63);
        for (label, host) in [
            ("a", "a"),
            ("A-1", "a-1"),
            ("0", "0"),
            ("a--b", "a--b"),
            (&*long, &*long),
        ] {
            let expected = format!("https://{host}.example.com:8443");
            assert_eq!(with(label), Some(expected), "{label}");
        }
        let too_long = "a".repeat(64);
        for label in [
            "", "-", "-a", "a-", "a.b", ".", "a.", "a@b", "@", "a:b", "a/b", "/", "a\\b", "%2e",
            "a%2eb", "a%61", "a_b", "a b", "\u{e9}", "\u{ff0e}", "a\0", "a\r\nb", "[", "a?b",
            "a#b", "xn--", "xn--a", &*too_long,
        ] {
            assert_eq!(with(label), None, "{label:?}");
        }
    }

    #[test]
    fn r3_a_host_has_at_most_253_bytes() {
        let domain = ["b".repeat(63), "c".repeat(63), "d".repeat(63)].join(".");
        let kept = format!("https://.{domain}");
        let origin = OriginBelow::of_kept(&kept).unwrap();
        assert!(origin.with_label("a".repeat(61).as_bytes()).is_some());
        assert!(origin.with_label("a".repeat(62).as_bytes()).is_none());
    }

    /// Whatever bytes a label has, browsers read a host right below the domain.
    #[test]
    fn r3_every_byte_is_refused_or_stays_below_the_domain() {
        let origin = OriginBelow::of_kept("https://.example.com").unwrap();
        for byte in 0..=u8::MAX {
            for label in [
                vec![byte],
                vec![b'a', byte, b'b'],
                vec![byte, b'a'],
                vec![b'a', byte],
            ] {
                let Some(origin) = origin.with_label(&label) else {
                    continue;
                };
                assert!(byte.is_ascii_alphanumeric() || byte == b'-', "{byte:#x}");
                let url = url::Url::parse(origin.as_str()).unwrap();
                let host = url.host_str().unwrap();
                let below = host.strip_suffix(".example.com").unwrap();
                assert!(!below.contains('.') && !below.is_empty(), "{host}");
                assert_eq!(origin.as_str(), format!("https://{host}"));
            }
        }
    }
}
