//! The requested host, to compare with.

use std::{fmt, net::Ipv6Addr};

use super::RequestHead;
use crate::location;

/// The requested host without its port. [`RequestHead::host`] returns it.
///
/// Compare it with a name. Letter case, the port and one dot at the end don't matter:
///
/// ```
/// use tower_redirect::testing;
///
/// for host in ["h.example", "H.Example:80", "h.example.", "h.example:8443"] {
///     let request = testing::get("/").header("host", host);
///     assert!(request.head().host() == "h.example", "{host}");
/// }
/// ```
///
/// # A host that isn't valid
///
/// If the request has no valid host, the value equals no name, not even an empty one. So `!=` is
/// then `true` for every name. [`RequestHead::host`] lists these requests. Choose the condition by
/// what must happen to them:
///
/// | the policy must apply to | condition |
/// |---|---|
/// | requests for `h.example` | `.when(\|r\| r.host() == "h.example")` |
/// | all requests except those for `h.example` | `.unless(\|r\| r.host() == "h.example")` |
/// | requests that may be for `h.example` | `.when(\|r\| r.host().may_be("h.example"))` |
///
/// Use the last one if the policy protects something. To refuse these requests for all hosts, use
/// [`CanonicalHost`](crate::policy::CanonicalHost).
#[derive(Clone, Copy)]
pub struct RequestHost<'a> {
    /// The valid name as received, without a dot at its end.
    name: Option<&'a str>,
}

impl<'a> RequestHead<'a> {
    /// Returns the requested host without its port, to compare it with a name.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Policy, testing};
    ///
    /// let policy = LocalPath::from_static("/old").when(|request| request.host() == "h.example");
    /// for host in ["h.example", "H.example:80", "h.example."] {
    ///     testing::get("/").header("host", host).through(&policy).assert_redirect("/old");
    /// }
    /// testing::get("/").header("host", "g.example").through(&policy).assert_pass();
    /// ```
    ///
    /// It's the host of [`authority`](Self::authority), which a policy may have
    /// [set](Self::with_authority), for example to the host that a trusted proxy forwards. It
    /// equals no name if `authority` returns `None`, or if the text isn't a valid host with an
    /// optional port. It allocates nothing.
    #[must_use]
    pub fn host(&self) -> RequestHost<'a> {
        let host = self.authority().and_then(location::host_of);
        RequestHost {
            name: host.map(without_dot),
        }
    }
}

impl RequestHost<'_> {
    /// Returns `true` if the request has a valid host.
    ///
    /// ```
    /// use tower_redirect::testing;
    ///
    /// let is_valid = |host: &str| testing::get("/").header("host", host).head().host().is_valid();
    /// assert!(is_valid("h.example:8080") && is_valid("[::1]") && is_valid("localhost"));
    /// assert!(!is_valid("h example") && !is_valid("user@h.example") && !is_valid(""));
    /// assert!(!testing::get("/").head().host().is_valid());
    /// ```
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        self.name.is_some()
    }

    /// Returns `true` if the request is for this host, or if its host isn't valid.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Policy, testing};
    ///
    /// // Nobody may read the old archive, even without a valid `Host`.
    /// let closed = LocalPath::from_static("/closed").when(|r| r.host().may_be("old.example"));
    /// let get = |host: &str| testing::get("/").header("host", host).through(&closed);
    /// get("OLD.example:80").assert_redirect("/closed");
    /// get("old.example:x").assert_redirect("/closed");
    /// get("new.example").assert_pass();
    /// ```
    #[must_use]
    pub fn may_be(&self, name: &str) -> bool {
        !self.is_valid() || self == name
    }
}

/// Compares the names. An IPv6 address is in brackets and equals all its forms.
impl PartialEq<str> for RequestHost<'_> {
    fn eq(&self, other: &str) -> bool {
        let other = without_dot(other);
        self.name.is_some_and(|name| {
            name.eq_ignore_ascii_case(other)
                || ipv6(name).is_some_and(|address| ipv6(other) == Some(address))
        })
    }
}

impl PartialEq<&str> for RequestHost<'_> {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl PartialEq<String> for RequestHost<'_> {
    fn eq(&self, other: &String) -> bool {
        *self == **other
    }
}

impl PartialEq<RequestHost<'_>> for str {
    fn eq(&self, other: &RequestHost<'_>) -> bool {
        other == self
    }
}

impl PartialEq<RequestHost<'_>> for &str {
    fn eq(&self, other: &RequestHost<'_>) -> bool {
        other == *self
    }
}

impl fmt::Debug for RequestHost<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name {
            Some(name) => write!(f, "RequestHost({name})"),
            None => f.write_str("RequestHost(invalid)"),
        }
    }
}

fn without_dot(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

fn ipv6(name: &str) -> Option<Ipv6Addr> {
    name.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use http::Request;

    use crate::{
        location,
        request::{RequestHead, host::NormalizedHost},
    };

    fn is_host(authority: &str, name: &str) -> bool {
        let request = Request::get("/")
            .header("host", authority)
            .body(())
            .unwrap();
        RequestHead::new(&request).host() == name
    }

    #[test]
    fn r6_the_same_name_in_every_form() {
        for (written, name) in [
            ("h.example", "h.example"),
            ("H.EXAMPLE", "h.example"),
            ("h.example", "H.Example."),
            ("h.example.:8080", "h.example"),
            ("h.example:443", "h.example"),
            ("127.0.0.1:3000", "127.0.0.1"),
            ("[::1]", "[::1]"),
            ("[0:0::1]:80", "[::1]"),
            ("[::FFFF:1.2.3.4]", "[::ffff:102:304]"),
            ("xn--bcher-kva.example", "XN--bcher-kva.example"),
        ] {
            assert!(is_host(written, name), "{written}");
        }
        for (written, name) in [
            ("h.example", "g.example"),
            ("h.example", "h.example:80"),
            ("h.example:80", "h.example:80"),
            ("h.example", ""),
            ("", ""),
            (".", "."),
            (".", ""),
            ("h.example..", "h.example."),
            ("h.example", "h.example.."),
            ("user@h.example", "h.example"),
            ("h.example:x", "h.example"),
            ("h.example:65536", "h.example"),
            ("h.example/x", "h.example"),
            ("h.example h", "h.example"),
            ("h.example, h.example", "h.example"),
            ("::1", "[::1]"),
            ("[::1", "[::1]"),
            ("1.2.3", "1.2.3"),
            ("0x7f.1", "0x7f.1"),
            ("b\u{fc}cher.example", "b\u{fc}cher.example"),
        ] {
            assert!(!is_host(written, name), "{written} {name}");
        }
    }

    /// The parser without allocations knows the same hosts as the one of locations.
    #[test]
    fn r6_a_host_is_valid_if_it_can_be_normalized() {
        let parts = [
            "a", "0", "-", "_", ".", "X", "f", "A", ":", "@", "%", "[", "]", "::1", "1.2.3.4", "é",
            "/",
        ];
        let mut texts = vec![String::new()];
        for _ in 0..4 {
            texts = texts
                .iter()
                .flat_map(|text| parts.iter().map(move |part| format!("{text}{part}")))
                .collect();
            for text in texts.iter().filter(|text| text.is_ascii()) {
                let host = location::host_of(text);
                let normalized = NormalizedHost::read(text);
                assert_eq!(host.is_some(), normalized.is_some(), "{text}");
                if let (Some(host), Some(normalized)) = (host, normalized) {
                    assert!(is_host(text, &normalized.name), "{text}");
                    assert!(!host.contains(':') || host.starts_with('['), "{text}");
                }
            }
        }
        let label = "a".repeat(63);
        let name = [&*label; 3].join(".");
        for end in ["", ".", ":65535", ".:65535"] {
            for more in [60, 61, 62] {
                let text = format!("{name}.{}{end}", "b".repeat(more));
                let is_valid = location::host_of(&text).is_some();
                assert_eq!(is_valid, NormalizedHost::read(&text).is_some(), "{text}");
            }
        }
    }
}
