//! The prefix that a proxy has stripped from the path (R13).
//!
//! A proxy may publish an app below `/shop`, and send it `/cart` for `/shop/cart`. Then the client
//! and the app have different URLs for a page. The proxy says so in `X-Forwarded-Prefix: /shop`.
//!
//! Policies see the URL of the app, and their locations name pages of the app. The prefix is added
//! once, when the decision leaves the policy that trusts the proxy. The decision then carries that
//! fact, so the guard compares the URLs of the client.

use http::{HeaderMap, HeaderName};

use super::RequestHead;
use crate::location;

pub(crate) const X_FORWARDED_PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");

/// What `X-Forwarded-Prefix` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ForwardedPrefix<'a> {
    Missing,
    SeveralLines,
    Malformed,
    /// The prefix without a slash at its end. It's empty if the proxy strips nothing.
    Valid(&'a str),
}

impl<'a> ForwardedPrefix<'a> {
    /// Reads the header. It allocates nothing.
    pub(crate) fn read(headers: &'a HeaderMap) -> Self {
        let mut lines = headers.get_all(X_FORWARDED_PREFIX).iter();
        let text = match (lines.next(), lines.next()) {
            (None, _) => return Self::Missing,
            (Some(_), Some(_)) => return Self::SeveralLines,
            (Some(line), None) => line.to_str().unwrap_or_default().trim_ascii(),
        };
        // A comma separates the values of two proxies, and only one of them is trusted.
        if !location::is_local_path(text) || text.contains(',') {
            return Self::Malformed;
        }
        Self::Valid(text.trim_end_matches('/'))
    }
}

impl<'a> RequestHead<'a> {
    /// Returns the prefix that a trusted proxy has stripped from the path, without a slash at its
    /// end.
    ///
    /// It's `None` unless a policy trusts the proxy with it. The path of the client is this prefix
    /// and [`path`](Self::path). If a policy that trusts the proxy redirects to a local path, the
    /// path gets the prefix by itself. A path that replaces its target in
    /// [`Decision::map`](crate::Decision::map) doesn't.
    ///
    /// ```
    /// use tower_redirect::{testing, trust::{ForwardedHeader, TrustedProxies}};
    ///
    /// let proxies = TrustedProxies::dangerously_any_peer()
    ///     .header(ForwardedHeader::XForwardedProto)
    ///     .and_prefix();
    /// let request = testing::get("/cart").header("x-forwarded-prefix", "/shop");
    /// assert_eq!(proxies.view(&request.head()).prefix(), Some("/shop"));
    /// assert_eq!(request.head().prefix(), None);
    /// ```
    #[cfg(feature = "trust")]
    #[cfg_attr(docsrs, doc(cfg(feature = "trust")))]
    #[must_use]
    pub const fn prefix(&self) -> Option<&'a str> {
        self.prefix
    }

    /// Returns a copy with this prefix. An empty one is none.
    pub(crate) const fn with_prefix(mut self, prefix: &'a str) -> Self {
        self.prefix = if prefix.is_empty() {
            None
        } else {
            Some(prefix)
        };
        self
    }

    /// Returns a copy with the prefix that the header names. Call it only if the peer is trusted.
    pub(crate) fn reading_prefix(self) -> Self {
        match ForwardedPrefix::read(self.headers) {
            ForwardedPrefix::Valid(prefix) => self.with_prefix(prefix),
            _ => self,
        }
    }

    /// Does the same as [`prefix`](Self::prefix), without the `trust` feature too.
    #[inline]
    pub(crate) const fn stripped_prefix(&self) -> Option<&'a str> {
        self.prefix
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::{ForwardedPrefix, X_FORWARDED_PREFIX};

    #[test]
    fn r13_a_prefix_is_a_local_path() {
        let read = |lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                let line = HeaderValue::from_bytes(line.as_bytes()).unwrap();
                headers.append(X_FORWARDED_PREFIX, line);
            }
            match ForwardedPrefix::read(&headers) {
                ForwardedPrefix::Valid(prefix) => Some(prefix.to_owned()),
                _ => None,
            }
        };
        for (text, prefix) in [
            ("/shop", "/shop"),
            ("/shop/", "/shop"),
            (" /shop/v2 ", "/shop/v2"),
            ("/caf%C3%A9", "/caf%C3%A9"),
            ("/", ""),
        ] {
            assert_eq!(read(&[text]).as_deref(), Some(prefix), "{text}");
        }
        for text in [
            "",
            "shop",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/shop?x",
            "/shop#x",
            "/shop/../admin",
            "/shop/%2e%2e",
            "/a b",
            "/a\"b",
            "/caf\u{e9}",
            "/evil, /shop",
            "/evil,/shop",
        ] {
            assert_eq!(read(&[text]), None, "{text}");
        }
        assert_eq!(read(&["/evil", "/shop"]), None);
        assert_eq!(read(&[]), None);
    }
}
