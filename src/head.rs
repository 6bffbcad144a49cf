use std::fmt;

use http::{
    Extensions, HeaderMap, HeaderValue, Method, Request, Uri, Version,
    header::{self, AsHeaderName},
    request::Parts,
    uri::Authority,
};

use crate::Scheme;

/// What a policy sees of a request: everything but the body, and nothing to change.
///
/// ```
/// use http::{Method, Request};
/// use tower_redirect::RequestHead;
///
/// let request = Request::put("/upload?part=2").header("host", "example.com").body(())?;
/// let head = RequestHead::new(&request);
///
/// assert_eq!(head.method(), Method::PUT);
/// assert_eq!(head.path(), "/upload");
/// assert_eq!(head.query(), Some("part=2"));
/// assert_eq!(head.authority(), Some("example.com"));
/// assert_eq!(head.scheme(), None, "nobody has established it");
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct RequestHead<'a> {
    method: &'a Method,
    uri: &'a Uri,
    version: Version,
    headers: &'a HeaderMap,
    extensions: &'a Extensions,
    reads_whole_uri: bool,
    scheme: Option<Scheme>,
}

impl<'a> RequestHead<'a> {
    /// The head of a request.
    ///
    /// ```
    /// use http::Request;
    /// use tower_redirect::RequestHead;
    ///
    /// let request = Request::new("a body");
    /// assert_eq!(RequestHead::new(&request).path(), "/");
    /// ```
    #[inline]
    #[must_use]
    pub fn new<B>(request: &'a Request<B>) -> Self {
        Self {
            method: request.method(),
            uri: request.uri(),
            version: request.version(),
            headers: request.headers(),
            extensions: request.extensions(),
            reads_whole_uri: false,
            scheme: None,
        }
    }

    /// The head of a request that was taken apart.
    ///
    /// ```
    /// use http::Request;
    /// use tower_redirect::RequestHead;
    ///
    /// let (parts, _body) = Request::new(()).into_parts();
    /// assert_eq!(RequestHead::from_parts(&parts).path(), "/");
    /// ```
    #[inline]
    #[must_use]
    pub fn from_parts(parts: &'a Parts) -> Self {
        Self {
            method: &parts.method,
            uri: &parts.uri,
            version: parts.version,
            headers: &parts.headers,
            extensions: &parts.extensions,
            reads_whole_uri: false,
            scheme: None,
        }
    }

    /// The same head, read through a router's note of the URI that was asked for, or not.
    #[inline]
    pub(crate) const fn reading_whole_uri(mut self, reads_whole_uri: bool) -> Self {
        self.reads_whole_uri = reads_whole_uri;
        self
    }

    /// The same head with the scheme that somebody has established.
    ///
    /// ```
    /// use http::Request;
    /// use tower_redirect::{RequestHead, Scheme};
    ///
    /// let request = Request::new(());
    /// let head = RequestHead::new(&request).with_scheme(Scheme::Https);
    /// assert_eq!(head.scheme(), Some(Scheme::Https));
    /// ```
    #[inline]
    #[must_use]
    pub const fn with_scheme(mut self, scheme: Scheme) -> Self {
        self.scheme = Some(scheme);
        self
    }

    /// The method.
    ///
    /// ```
    /// # use tower_redirect::RequestHead;
    /// let request = http::Request::head("/").body(())?;
    /// assert_eq!(RequestHead::new(&request).method(), http::Method::HEAD);
    /// # Ok::<(), http::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn method(&self) -> &'a Method {
        self.method
    }

    /// The request target, as this layer got it.
    ///
    /// A router that nests may have shortened it; with feature `axum`,
    /// `RedirectLayer::original_uri` makes this the whole one.
    ///
    /// ```
    /// # use tower_redirect::RequestHead;
    /// let request = http::Request::get("http://example.com/a?b").body(())?;
    /// assert_eq!(RequestHead::new(&request).uri(), "http://example.com/a?b");
    /// # Ok::<(), http::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn uri(&self) -> &'a Uri {
        if self.reads_whole_uri {
            self.whole_uri().unwrap_or(self.uri)
        } else {
            self.uri
        }
    }

    /// The path, as it was received: percent-encoding and all.
    ///
    /// It is `*` for `OPTIONS *` and empty for the authority that CONNECT names.
    ///
    /// ```
    /// # use tower_redirect::RequestHead;
    /// let request = http::Request::get("/a%2Fb?c").body(())?;
    /// assert_eq!(RequestHead::new(&request).path(), "/a%2Fb");
    /// # Ok::<(), http::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn path(&self) -> &'a str {
        self.uri().path()
    }

    /// The query, as it was received, without the `?`.
    ///
    /// ```
    /// # use tower_redirect::RequestHead;
    /// let request = http::Request::get("/a?b=%20").body(())?;
    /// assert_eq!(RequestHead::new(&request).query(), Some("b=%20"));
    /// # Ok::<(), http::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn query(&self) -> Option<&'a str> {
        self.uri().query()
    }

    /// Path and query, as they were received, with the `?` where there is one.
    ///
    /// ```
    /// # use tower_redirect::RequestHead;
    /// let request = http::Request::get("http://example.com/a?b=%20").body(())?;
    /// assert_eq!(RequestHead::new(&request).path_and_query(), "/a?b=%20");
    /// # Ok::<(), http::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn path_and_query(&self) -> &'a str {
        self.uri().path_and_query().map_or("", |text| text.as_str())
    }

    /// The protocol version.
    ///
    /// ```
    /// # use tower_redirect::RequestHead;
    /// let request = http::Request::new(());
    /// assert_eq!(RequestHead::new(&request).version(), http::Version::HTTP_11);
    /// ```
    #[inline]
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// All header fields.
    ///
    /// ```
    /// # use tower_redirect::RequestHead;
    /// let request = http::Request::new(());
    /// assert!(RequestHead::new(&request).headers().is_empty());
    /// ```
    #[inline]
    #[must_use]
    pub const fn headers(&self) -> &'a HeaderMap {
        self.headers
    }

    /// The first line of one header field.
    ///
    /// ```
    /// # use tower_redirect::RequestHead;
    /// let request = http::Request::get("/").header("accept-language", "de").body(())?;
    /// let head = RequestHead::new(&request);
    /// assert!(head.header("accept-language").is_some_and(|language| language == "de"));
    /// # Ok::<(), http::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn header(&self, name: impl AsHeaderName) -> Option<&'a HeaderValue> {
        self.headers.get(name)
    }

    /// What the layers in front have left on the request.
    ///
    /// ```
    /// # use tower_redirect::RequestHead;
    /// let mut request = http::Request::new(());
    /// request.extensions_mut().insert("tenant");
    /// assert_eq!(RequestHead::new(&request).extensions().get(), Some(&"tenant"));
    /// ```
    #[inline]
    #[must_use]
    pub const fn extensions(&self) -> &'a Extensions {
        self.extensions
    }

    /// The scheme, where something that can know it has established it.
    ///
    /// It is `None` by default: `:scheme`, an absolute request target and forwarded headers are
    /// text of the client and prove nothing.
    ///
    /// ```
    /// # use tower_redirect::RequestHead;
    /// let request = http::Request::get("https://example.com/").body(())?;
    /// assert_eq!(RequestHead::new(&request).scheme(), None);
    /// # Ok::<(), http::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn scheme(&self) -> Option<Scheme> {
        self.scheme
    }

    /// The host, with its port where there is one, **as the client wrote it**.
    ///
    /// It is the authority of the request target (HTTP/2's `:authority`), else the one `Host` field.
    /// It is `None` where they differ, where there is more than one `Host`, where there is none, and
    /// where there is a user name in it.
    /// Compare it; never build a location from it.
    ///
    /// ```
    /// # use tower_redirect::RequestHead;
    /// let request = http::Request::get("http://example.com/")
    ///     .header("host", "stranger.example")
    ///     .body(())?;
    /// assert_eq!(RequestHead::new(&request).authority(), None);
    /// # Ok::<(), http::Error>(())
    /// ```
    ///
    /// Source: RFC 9112 §3.2, RFC 9113 §8.3.1.
    #[must_use]
    pub fn authority(&self) -> Option<&'a str> {
        let mut hosts = self.headers.get_all(header::HOST).iter();
        let host = match (hosts.next(), hosts.next()) {
            (Some(host), None) => Some(host.to_str().ok()?),
            (None, _) => None,
            (Some(_), Some(_)) => return None,
        };
        // Nesting routers may shorten the URI, but leave its authority.
        let target = self.uri.authority().map(Authority::as_str);
        let authority = match (target, host) {
            (Some(target), Some(host)) => target.eq_ignore_ascii_case(host).then_some(target),
            (target, host) => target.or(host),
        };
        authority.filter(|authority| !authority.contains('@'))
    }

    /// The host that the client means where fields disagree: the target's (RFC 9112 §3.2.2).
    pub(crate) fn asked_authority(&self) -> Option<&'a str> {
        match self.uri.authority() {
            Some(authority) => authority.as_str().rsplit('@').next(),
            None => self.authority(),
        }
    }

    /// Whether the request names a path: origin-form, or absolute-form, of which the path is used.
    #[inline]
    pub(crate) fn has_path(&self) -> bool {
        self.uri()
            .path_and_query()
            .is_some_and(|text| text.as_str().starts_with(['/', '?']))
    }

    /// The target that the client sent, where a router tells.
    #[inline]
    pub(crate) fn whole_uri(&self) -> Option<&'a Uri> {
        whole_uri(self.extensions)
    }
}

/// The URI that a client asked an axum router for, where one has nested.
#[cfg(feature = "axum")]
#[inline]
fn whole_uri(extensions: &Extensions) -> Option<&Uri> {
    extensions
        .get::<axum::extract::OriginalUri>()
        .map(|original| &original.0)
}

#[cfg(not(feature = "axum"))]
fn whole_uri(_: &Extensions) -> Option<&Uri> {
    None
}

impl fmt::Debug for RequestHead<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestHead")
            .field("method", self.method())
            .field("uri", self.uri())
            .field("version", &self.version())
            .field("headers", self.headers())
            .field("scheme", &self.scheme())
            .finish_non_exhaustive()
    }
}
