//! What a policy sees of a request.

use std::{borrow::Cow, fmt};

use http::{
    Extensions, HeaderMap, HeaderValue, Method, Request, Uri, Version, header, request::Parts,
    uri::Authority,
};

use self::host::RequestHost;
use crate::location::{HttpScheme, Location, scan};

pub(crate) mod host;
mod reads;
mod shown;

pub(crate) use reads::HeaderReads;

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
    /// The target that came, also where the decision is about another one: it may name the host.
    received: &'a Uri,
    version: Version,
    headers: &'a HeaderMap,
    extensions: &'a Extensions,
    reads_whole_uri: bool,
    /// Whether the target is the client's, so that a router's note of the whole one belongs to it.
    is_as_asked: bool,
    scheme: Option<HttpScheme>,
    host: Host<'a>,
    reads: Option<&'a HeaderReads>,
}

/// The host that a policy reads.
#[derive(Clone, Copy)]
enum Host<'a> {
    /// What the request says of itself.
    Received,
    /// What somebody who is believed says; nothing, where that makes no sense.
    Established(Option<&'a str>),
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
            received: request.uri(),
            version: request.version(),
            headers: request.headers(),
            extensions: request.extensions(),
            reads_whole_uri: false,
            is_as_asked: true,
            scheme: None,
            host: Host::Received,
            reads: None,
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
            received: &parts.uri,
            version: parts.version,
            headers: &parts.headers,
            extensions: &parts.extensions,
            reads_whole_uri: false,
            is_as_asked: true,
            scheme: None,
            host: Host::Received,
            reads: None,
        }
    }

    /// The same head, read through a router's note of the URI that was asked for, or not.
    #[inline]
    pub(crate) const fn reading_whole_uri(mut self, reads_whole_uri: bool) -> Self {
        self.reads_whole_uri = reads_whole_uri;
        self
    }

    /// The same head, which takes down what a policy looks at.
    #[inline]
    pub(crate) const fn noting(mut self, reads: &'a HeaderReads) -> Self {
        self.reads = Some(reads);
        self
    }

    /// Whether what a policy looks at is taken down.
    pub(crate) const fn takes_notes(&self) -> bool {
        self.reads.is_some()
    }

    /// Whether this is about the target that came.
    #[inline]
    pub(crate) const fn is_as_asked(&self) -> bool {
        self.is_as_asked
    }

    /// Says that the request must not be passed on, whatever becomes of the policy's answer on its way
    /// through others (R11).
    pub(crate) fn close(&self) {
        if let Some(reads) = self.reads {
            reads.close();
        }
    }

    /// Whether somebody has said that the request must not be passed on.
    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        self.reads.is_some_and(HeaderReads::is_closed)
    }

    /// Says that the scheme is presumed, because nobody who is believed has said it.
    #[cfg(feature = "trust")]
    pub(crate) fn presume_the_scheme(&self) {
        if let Some(reads) = self.reads {
            reads.presume();
        }
    }

    /// The same head for another target, as if that had been asked for on the same host.
    pub(crate) const fn for_uri(mut self, uri: &'a Uri) -> Self {
        self.uri = uri;
        self.reads_whole_uri = false;
        self.is_as_asked = false;
        self
    }

    /// The same head with the scheme that somebody has established.
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
        self
    }

    /// The same head with the host, and the port where there is one, that somebody has established:
    /// a proxy that is believed, say. `None` says that what it told makes no sense.
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

    /// All header fields; what is read here is not named in `Vary`.
    ///
    /// Take [`header`](Self::header), or say it with [`depends_on`](Self::depends_on).
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

    /// The first line of one header field; the answer names it in `Vary`.
    ///
    /// A redirect that depends on a field must not be handed by a cache to a client that sends
    /// another one, so that a field that was looked at is named in the `Vary` of the redirect, also
    /// where it was absent, and of a refusal. A permanent redirect that depends on `Cookie` or
    /// `Authorization` is sent `Cache-Control: private`.
    ///
    /// An answer of the app that is passed on stays as it is: where a shared cache stands in front, the
    /// app names the field in its own `Vary`, or the cache hands its page to whom the redirect was for.
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

    /// Says that the decision depends on a header field, which the answer names in `Vary`.
    ///
    /// [`header`](Self::header) does it by itself. This is for a field that something else has read:
    /// a session that a layer in front made of the cookie.
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
    pub const fn scheme(&self) -> Option<HttpScheme> {
        self.scheme
    }

    /// The host, with its port where there is one, **as the client wrote it**.
    ///
    /// It is the authority of the request target (HTTP/2's `:authority`), else the one `Host` field.
    /// It is `None` where they differ, where there is more than one `Host`, where there is none, and
    /// where there is a user name in it.
    /// Compare it; never build a location from it.
    /// Where a policy has [established](Self::with_authority) another host, it is that one.
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
        // Nesting routers may shorten the URI, but leave its authority.
        let target = self.received.authority().map(Authority::as_str);
        let authority = match (target, host) {
            (Some(target), Some(host)) => target.eq_ignore_ascii_case(host).then_some(target),
            (target, host) => target.or(host),
        };
        authority.filter(|authority| !scan::any(authority.as_bytes(), |byte| byte == b'@'))
    }

    /// The host that the client means where fields disagree: the target's (RFC 9112 §3.2.2).
    pub(crate) fn asked_authority(&self) -> Option<&'a str> {
        match self.received.authority() {
            Some(authority) => authority.as_str().rsplit('@').next(),
            None => self.received_authority(),
        }
    }

    /// Adds to a location what a policy established about this request: the scheme, and the host (R9).
    pub(crate) fn annotate(&self, location: Location) -> Location {
        let scheme = self.scheme().or(location.request_scheme());
        let stays = if self.is_told_another_host() {
            location.with_origin(|_, target| {
                // A host that can't be parsed may be any host.
                self.authority().is_none_or(|requested| {
                    RequestHost::read(requested)
                        .is_some_and(|requested| requested.is_asked_on(target, scheme))
                })
            })
        } else {
            location.is_on_requested_host()
        };
        location.with_request_facts(scheme, stays)
    }

    /// Whether a policy has another host to go by than what the guard sees.
    #[inline]
    pub(crate) const fn is_told_another_host(&self) -> bool {
        matches!(self.host, Host::Established(_))
    }

    /// The request target before a router that nests shortened it, where that is known.
    #[inline]
    pub(crate) fn asked_uri(&self) -> &'a Uri {
        self.whole_uri().unwrap_or_else(|| self.uri())
    }

    /// Path and query of that target, with the `/` that a client may leave out.
    #[inline]
    pub(crate) fn asked_path_and_query(&self) -> Cow<'a, str> {
        match self.asked_uri().path_and_query() {
            None => Cow::Borrowed("/"),
            Some(text) if text.as_str().starts_with('?') => {
                Cow::Owned(format!("/{}", text.as_str()))
            }
            Some(text) => Cow::Borrowed(text.as_str()),
        }
    }

    /// Whether there is neither a `Host` nor an authority: HTTP/1.0, or a call without a server.
    pub(crate) fn names_no_host(&self) -> bool {
        match self.host {
            Host::Received => {
                self.received.authority().is_none() && !self.headers.contains_key(header::HOST)
            }
            Host::Established(_) => false,
        }
    }

    /// The path, where the request names one: origin-form, or absolute-form, of which the path is used.
    #[inline]
    pub(crate) fn named_path(&self) -> Option<&'a str> {
        let path = self.path();
        path.as_bytes().starts_with(b"/").then_some(path)
    }

    /// Whether the request names a path.
    #[inline]
    pub(crate) fn has_path(&self) -> bool {
        self.named_path().is_some()
    }

    /// The target that the client sent, where a router tells.
    #[inline]
    pub(crate) fn whole_uri(&self) -> Option<&'a Uri> {
        if self.is_as_asked {
            whole_uri(self.extensions)
        } else {
            None
        }
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
            .field("authority", &self.authority())
            .finish_non_exhaustive()
    }
}
