#[cfg(feature = "rules")]
use http::header;
use http::{HeaderName, HeaderValue, Method, Request, Uri, Version};

use crate::{location::HttpScheme, request::RequestHead};

/// A request without a body, for testing a policy.
///
/// ```
/// use tower_redirect::{LocalPath, Policy, testing};
///
/// let policy = LocalPath::from_static("/de/")
///     .when(|request| request.header("accept-language").is_some_and(|value| value == "de"));
///
/// testing::get("/").header("accept-language", "de").through(&policy).assert_redirect("/de/");
/// testing::get("/").through(&policy).assert_pass();
/// ```
#[derive(Clone, Debug)]
#[must_use = "pass it to a policy: `.through(&policy)`"]
pub struct TestRequest {
    pub(super) request: Request<()>,
    pub(super) fragment: String,
    pub(super) scheme: Option<HttpScheme>,
    pub(super) authority: Option<String>,
    pub(super) reads_original_uri: bool,
}

/// Compares everything except the extensions.
impl PartialEq for TestRequest {
    fn eq(&self, other: &Self) -> bool {
        let (own, others) = (&self.request, &other.request);
        own.method() == others.method()
            && own.uri() == others.uri()
            && own.version() == others.version()
            && own.headers() == others.headers()
            && self.fragment == other.fragment
            && self.scheme == other.scheme
            && self.authority == other.authority
            && self.reads_original_uri == other.reads_original_uri
    }
}

impl Eq for TestRequest {}

impl TestRequest {
    /// Creates a request with any method and target.
    #[track_caller]
    pub(crate) fn new(method: Method, target: &str) -> Self {
        let (uri, fragment) = match target.find('#') {
            Some(at) => target.split_at_checked(at).unwrap_or((target, "")),
            None => (target, ""),
        };
        let mut request = Request::new(());
        *request.method_mut() = method;
        *request.uri_mut() = parse_uri(uri);
        Self {
            request,
            fragment: fragment.to_owned(),
            scheme: None,
            authority: None,
            reads_original_uri: false,
        }
    }

    /// Creates a test request from a request.
    #[cfg(feature = "rules")]
    pub(crate) const fn of(request: Request<()>, scheme: Option<HttpScheme>) -> Self {
        Self {
            request,
            fragment: String::new(),
            scheme,
            authority: None,
            reads_original_uri: false,
        }
    }

    /// Returns the request as a service receives it.
    pub(crate) const fn request(&self) -> &Request<()> {
        &self.request
    }

    /// Returns the request and its established scheme.
    #[cfg(feature = "rules")]
    pub(crate) const fn parts(&self) -> (&Request<()>, Option<HttpScheme>) {
        (&self.request, self.scheme)
    }

    /// Returns the request with a `Host`, or `None` if the host isn't a valid header value.
    #[cfg(feature = "rules")]
    pub(crate) fn on_host(mut self, host: &str) -> Option<Self> {
        let host = HeaderValue::from_str(host).ok()?;
        self.request.headers_mut().insert(header::HOST, host);
        Some(self)
    }

    /// Adds a header field.
    ///
    /// ```
    /// use tower_redirect::testing;
    ///
    /// let request = testing::get("/").header("host", "example.com");
    /// assert_eq!(request.head().authority(), Some("example.com"));
    /// ```
    ///
    /// # Panics
    ///
    /// If the name or the value isn't valid.
    #[track_caller]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let Ok(header) = name.parse::<HeaderName>() else {
            fail(format_args!("invalid header name {name:?}"));
        };
        let Ok(content) = HeaderValue::from_bytes(value.as_bytes()) else {
            fail(format_args!("invalid header value {value:?}"));
        };
        self.request.headers_mut().append(header, content);
        self
    }

    /// Sets the protocol version. The default is HTTP/1.1.
    ///
    /// ```
    /// use http::Version;
    /// use tower_redirect::{LocalPath, Policy, Status, status::Intent, testing};
    ///
    /// let policy = LocalPath::from_static("/done").with(Intent::SeeOther);
    /// testing::post("/x").version(Version::HTTP_10).through(&policy).assert_status(Status::Found);
    /// ```
    pub fn version(mut self, version: Version) -> Self {
        *self.request.version_mut() = version;
        self
    }

    /// Adds an extension, as an outer layer would.
    ///
    /// ```
    /// use tower_redirect::testing;
    ///
    /// let request = testing::get("/").extension("tenant");
    /// assert_eq!(request.head().extensions().get(), Some(&"tenant"));
    /// ```
    pub fn extension<T: Clone + Send + Sync + 'static>(mut self, extension: T) -> Self {
        self.request.extensions_mut().insert(extension);
        self
    }

    /// Sets the scheme, as a policy that knows the scheme would.
    ///
    /// ```
    /// use tower_redirect::{location::HttpScheme, testing};
    ///
    /// let request = testing::get("/").scheme(HttpScheme::Http);
    /// assert_eq!(request.head().scheme(), Some(HttpScheme::Http));
    /// ```
    pub fn scheme(mut self, scheme: HttpScheme) -> Self {
        self.scheme = Some(scheme);
        self
    }

    /// Sets the host and the optional port, as a trusted proxy would.
    ///
    /// ```
    /// use tower_redirect::testing;
    ///
    /// let request = testing::get("/").header("host", "backend:8080").authority("example.com");
    /// assert_eq!(request.head().authority(), Some("example.com"));
    /// ```
    pub fn authority(mut self, authority: &str) -> Self {
        self.authority = Some(authority.to_owned());
        self
    }

    /// Sets the original target of a request that a nesting axum router has shortened.
    ///
    /// Policies see the original target, as in a layer with `original_uri`.
    ///
    /// ```
    /// use tower_redirect::testing;
    ///
    /// let request = testing::get("/old").original_uri("/api/old");
    /// assert_eq!(request.head().path(), "/api/old");
    /// ```
    ///
    /// # Panics
    ///
    /// If the text isn't a valid request target.
    #[cfg(feature = "axum")]
    #[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
    #[track_caller]
    pub fn original_uri(mut self, target: &str) -> Self {
        let original = axum::extract::OriginalUri(parse_uri(target));
        self.reads_original_uri = true;
        self.extension(original)
    }

    /// Returns the head of the request, as a policy sees it.
    ///
    /// ```
    /// use tower_redirect::testing;
    ///
    /// assert_eq!(testing::get("/x?y").head().query(), Some("y"));
    /// ```
    #[must_use]
    pub fn head(&self) -> RequestHead<'_> {
        let mut head =
            RequestHead::new(&self.request).reading_original_uri(self.reads_original_uri);
        if let Some(scheme) = self.scheme {
            head = head.with_scheme(scheme);
        }
        if let Some(authority) = &self.authority {
            head = head.with_authority(Some(authority));
        }
        head
    }

    /// Returns the request as text, for messages.
    pub(crate) fn describe(&self) -> String {
        self.head().describe(&self.fragment)
    }
}

/// Fails a test.
#[track_caller]
#[expect(clippy::panic, reason = "assertions panic")]
pub(crate) fn fail(message: std::fmt::Arguments<'_>) -> ! {
    panic!("{message}")
}

#[track_caller]
fn parse_uri(target: &str) -> Uri {
    match target.parse() {
        Ok(uri) => uri,
        Err(error) => fail(format_args!("invalid request target {target:?}: {error}")),
    }
}
