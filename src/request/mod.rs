//! What a policy sees of a request.
//!
//! A [`RequestHead`] borrows the parts of a request, so creating one allocates nothing. It also
//! carries facts that the request itself can't prove: the scheme, and the host that a trusted proxy
//! has sent.
//!
//! These invariants hold:
//!
//! - **R2** The path and the query are never decoded.
//! - **R5** A request with a contradictory host has no authority.
//! - **R13** The scheme is unknown until a policy establishes it. A client can write any scheme
//!   into `:scheme`, an absolute target or a forwarded header.

use std::fmt;

use http::{
    Extensions, HeaderMap, HeaderValue, Method, Request, Uri, Version, header, request::Parts,
    uri::Authority,
};

use crate::location::{HttpScheme, scan};

mod describe;
mod established;
mod facts;
pub(crate) mod host;
mod prefix;
mod reads;
mod requested;

pub(crate) use established::EstablishedFacts;
#[cfg(feature = "trust")]
pub(crate) use prefix::{ForwardedPrefix, X_FORWARDED_PREFIX};
pub(crate) use reads::HeaderReads;
pub use requested::RequestHost;

/// The head of a request, as a policy sees it: read-only, and without the body.
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
/// assert_eq!(head.scheme(), None, "no policy has established it");
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct RequestHead<'a> {
    method: &'a Method,
    uri: &'a Uri,
    /// The received target. It may contain the host, even if the decision is for another target.
    received: &'a Uri,
    version: Version,
    headers: &'a HeaderMap,
    extensions: &'a Extensions,
    reads_original_uri: bool,
    /// Whether the target is the received one. Only then a router's original URI belongs to it.
    is_original_target: bool,
    scheme: Option<HttpScheme>,
    /// Whether the scheme is only presumed, because a trusted proxy has sent none.
    scheme_is_presumed: bool,
    host: Host<'a>,
    /// The prefix that a trusted proxy has stripped from the path. It isn't empty.
    prefix: Option<&'a str>,
    reads: Option<&'a HeaderReads>,
}

/// The host that a policy reads.
#[derive(Clone, Copy)]
enum Host<'a> {
    /// The host of the request itself.
    Received,
    /// The host that a trusted proxy has sent, or `None` if what it sent is invalid.
    Established(Option<&'a str>),
}

impl<'a> RequestHead<'a> {
    /// Returns the head of a request.
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
            received: request.uri(),
            version: request.version(),
            headers: request.headers(),
            extensions: request.extensions(),
            reads_original_uri: false,
            is_original_target: true,
            scheme: None,
            scheme_is_presumed: false,
            host: Host::Received,
            prefix: None,
            reads: None,
        }
    }

    /// Returns the head of a request that was split into parts.
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
            received: &parts.uri,
            version: parts.version,
            headers: &parts.headers,
            extensions: &parts.extensions,
            reads_original_uri: false,
            is_original_target: true,
            scheme: None,
            scheme_is_presumed: false,
            host: Host::Received,
            prefix: None,
            reads: None,
        }
    }

    /// Returns a copy with the scheme set, for tests and for other uses of a policy.
    ///
    /// If your policy calls another one, use [`scheme_from`](crate::Policy::scheme_from) instead.
    /// Then the layer knows the scheme too, and sends a redirect that only changes the scheme.
    ///
    /// ```
    /// use http::Request;
    /// use tower_redirect::{RequestHead, location::HttpScheme};
    ///
    /// let request = Request::new(());
    /// let head = RequestHead::new(&request).with_scheme(HttpScheme::Https);
    /// assert_eq!(head.scheme(), Some(HttpScheme::Https));
    /// ```
    #[inline]
    #[must_use]
    pub const fn with_scheme(mut self, scheme: HttpScheme) -> Self {
        self.scheme = Some(scheme);
        self.scheme_is_presumed = false;
        self
    }

    /// Returns a copy with the host and the optional port set, for example from a trusted proxy.
    ///
    /// Pass `None` if the host of the proxy is invalid.
    ///
    /// ```
    /// use http::Request;
    /// use tower_redirect::RequestHead;
    ///
    /// let request = Request::get("/").header("host", "backend:8080").body(())?;
    /// let head = RequestHead::new(&request).with_authority(Some("example.com"));
    /// assert_eq!(head.authority(), Some("example.com"));
    /// # Ok::<(), http::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn with_authority(mut self, authority: Option<&'a str>) -> Self {
        self.host = Host::Established(authority);
        self
    }

    /// Returns the method.
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

    /// Returns the request target that this layer received.
    ///
    /// A nesting router may have shortened it. `RedirectLayer::original_uri` of the `axum` feature
    /// makes this method return the original target.
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
        if self.reads_original_uri {
            self.original_uri().unwrap_or(self.uri)
        } else {
            self.uri
        }
    }

    /// Returns the path as received, still percent-encoded.
    ///
    /// The path of `OPTIONS *` is `*`. The path of a CONNECT request is empty.
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

    /// Returns the query as received, without the `?`.
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

    /// Returns the path and query as received, with the `?` between them.
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

    /// Returns the protocol version.
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

    /// Returns all header fields. Fields that you read here aren't added to `Vary`.
    ///
    /// Use [`header`](Self::header) instead, or call [`depends_on`](Self::depends_on) too.
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

    /// Returns the first value of a header field, and adds the field to `Vary`.
    ///
    /// A cache must not reuse a redirect for a client that sends another value. The layer therefore
    /// names each field that a policy reads in the `Vary` of the redirect or the refusal, even if
    /// the request lacks the field. A permanent redirect that depends on `Cookie` or
    /// `Authorization` gets `Cache-Control: private`. So does a refusal.
    ///
    /// The layer doesn't change the app's own responses. If there is a shared cache in front, your
    /// app must name the field in its own `Vary`. Otherwise the cache sends the app's page to
    /// clients that should be redirected.
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
    pub fn header(&self, name: impl AsRef<str>) -> Option<&'a HeaderValue> {
        let name = name.as_ref();
        self.depends_on(name);
        self.headers.get(name)
    }

    /// Adds a header field to the `Vary` of the redirect or the refusal.
    ///
    /// [`header`](Self::header) does this for you. Call this method if the decision depends on a
    /// field that other code has read, for example on a session that an outer layer loaded for the
    /// cookie.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, policy_fn};
    ///
    /// #[derive(Clone)]
    /// struct Session;
    ///
    /// let policy = policy_fn(|request| {
    ///     request.depends_on("cookie");
    ///     let signed_in = request.extensions().get::<Session>().is_some();
    ///     (!signed_in).then(|| LocalPath::from_static("/login"))
    /// });
    /// # tower_redirect::testing::get("/").through(&policy).assert_redirect("/login");
    /// ```
    ///
    /// Source: RFC 9110 §12.5.5.
    #[inline]
    pub fn depends_on(&self, name: impl AsRef<str>) {
        if let Some(reads) = self.reads {
            reads.add(name.as_ref());
        }
    }

    /// Returns the extensions that outer layers have added to the request.
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

    /// Returns the scheme if it's known.
    ///
    /// It's `None` by default, because clients can write any scheme into `:scheme`, an absolute
    /// request target or a forwarded header. A policy for a plaintext listener or a trusted proxy
    /// sets it.
    ///
    /// ```
    /// # use tower_redirect::RequestHead;
    /// let request = http::Request::get("https://example.com/").body(())?;
    /// assert_eq!(RequestHead::new(&request).scheme(), None);
    /// # Ok::<(), http::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn scheme(&self) -> Option<HttpScheme> {
        self.scheme
    }

    /// Returns the requested host with its optional port, **as the client wrote it**.
    ///
    /// Compare it with your hosts. Never build a location from it.
    ///
    /// The host comes from the authority of the request target (`:authority` in HTTP/2), or else
    /// from the `Host` field. If a policy has [set](Self::with_authority) the host, this method
    /// returns that host.
    ///
    /// Returns `None` if
    ///
    /// - the target and `Host` differ,
    /// - there is more than one `Host`,
    /// - neither the target nor `Host` has a host, or
    /// - the host contains a user name.
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
        match self.host {
            Host::Received => self.received_authority(),
            Host::Established(authority) => authority,
        }
    }

    fn received_authority(&self) -> Option<&'a str> {
        let mut hosts = self.headers.get_all(header::HOST).iter();
        let host = match (hosts.next(), hosts.next()) {
            (Some(host), None) => Some(host.to_str().ok()?),
            (None, _) => None,
            (Some(_), Some(_)) => return None,
        };
        // A nesting router may shorten the path of the target, but it keeps the authority.
        let target = self.received.authority().map(Authority::as_str);
        let authority = match (target, host) {
            (Some(target), Some(host)) => target.eq_ignore_ascii_case(host).then_some(target),
            (target, host) => target.or(host),
        };
        authority.filter(|authority| !scan::any(authority.as_bytes(), |byte| byte == b'@'))
    }
}

impl fmt::Debug for RequestHead<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestHead")
            .field("method", self.method())
            .field("uri", self.uri())
            .field("version", &self.version())
            .field("headers", self.headers())
            .field("scheme", &self.scheme())
            .field("authority", &self.authority())
            .finish_non_exhaustive()
    }
}
