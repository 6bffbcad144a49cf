#[cfg(feature = "rules")]
use http::header;
use http::{HeaderName, HeaderValue, Method, Request, Uri, Version};

use super::{Answer, fail};
use crate::{Policy, Redirect, RedirectLayer, RequestHead, Scheme};

/// A request without a body, to ask a policy about.
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
#[must_use = "ask a policy: `.through(&policy)`"]
pub struct TestRequest {
    pub(super) request: Request<()>,
    pub(super) fragment: String,
    pub(super) scheme: Option<Scheme>,
    pub(super) authority: Option<String>,
    pub(super) reads_whole_uri: bool,
}

/// A request with any method; the target is a path, an absolute URL, `*` or an authority.
///
/// A fragment is kept for [`follow`](super::follow); a client never sends it.
///
/// ```
/// use http::Method;
/// use tower_redirect::{LocalPath, testing};
///
/// testing::request(Method::from_bytes(b"PURGE").unwrap(), "/x")
///     .through(&LocalPath::from_static("/y"))
///     .assert_redirect("/y");
/// ```
///
/// # Panics
///
/// When the target is not one.
#[track_caller]
pub fn request(method: Method, target: &str) -> TestRequest {
    let (address, fragment) = match target.find('#') {
        Some(at) => target.split_at_checked(at).unwrap_or((target, "")),
        None => (target, ""),
    };
    let mut request = Request::new(());
    *request.method_mut() = method;
    *request.uri_mut() = parse_uri(address);
    TestRequest {
        request,
        fragment: fragment.to_owned(),
        scheme: None,
        authority: None,
        reads_whole_uri: false,
    }
}

impl TestRequest {
    /// A request that is whole already.
    #[cfg(feature = "rules")]
    pub(crate) const fn of(request: Request<()>, scheme: Option<Scheme>) -> Self {
        Self {
            request,
            fragment: String::new(),
            scheme,
            authority: None,
            reads_whole_uri: false,
        }
    }

    /// The request, and the scheme that was established.
    #[cfg(feature = "rules")]
    pub(crate) const fn parts(&self) -> (&Request<()>, Option<Scheme>) {
        (&self.request, self.scheme)
    }

    /// The same on a host, where that can be sent.
    #[cfg(feature = "rules")]
    pub(crate) fn on_host(mut self, host: &str) -> Option<Self> {
        let host = HeaderValue::from_str(host).ok()?;
        self.request.headers_mut().insert(header::HOST, host);
        Some(self)
    }

    /// Adds a header line.
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
    /// When name or value cannot be sent.
    #[track_caller]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let Ok(header) = name.parse::<HeaderName>() else {
            fail(format_args!("{name:?} is not a header name"));
        };
        let Ok(content) = HeaderValue::from_bytes(value.as_bytes()) else {
            fail(format_args!("{value:?} is not a header value"));
        };
        self.request.headers_mut().append(header, content);
        self
    }

    /// Sets the version; it is HTTP/1.1 before.
    ///
    /// ```
    /// use http::Version;
    /// use tower_redirect::{Intent, LocalPath, Policy, Status, testing};
    ///
    /// let policy = LocalPath::from_static("/done").with(Intent::SeeOther);
    /// testing::post("/x").version(Version::HTTP_10).through(&policy).assert_status(Status::Found);
    /// ```
    pub fn version(mut self, version: Version) -> Self {
        *self.request.version_mut() = version;
        self
    }

    /// Adds an extension, as a layer in front would.
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

    /// Establishes the scheme.
    ///
    /// ```
    /// use tower_redirect::{Scheme, testing};
    ///
    /// let request = testing::get("/").scheme(Scheme::Http);
    /// assert_eq!(request.head().scheme(), Some(Scheme::Http));
    /// ```
    pub fn scheme(mut self, scheme: Scheme) -> Self {
        self.scheme = Some(scheme);
        self
    }

    /// Establishes the host, and the port where there is one, as a proxy that is believed would.
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

    /// Makes it a request that an axum router shortened: policies see this whole target, as under a
    /// layer with `original_uri`.
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
    /// When the target is not one.
    #[cfg(feature = "axum")]
    #[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
    #[track_caller]
    pub fn original_uri(mut self, target: &str) -> Self {
        let original = axum::extract::OriginalUri(parse_uri(target));
        self.reads_whole_uri = true;
        self.extension(original)
    }

    /// The head, as a policy sees it.
    ///
    /// ```
    /// use tower_redirect::testing;
    ///
    /// assert_eq!(testing::get("/x?y").head().query(), Some("y"));
    /// ```
    #[must_use]
    pub fn head(&self) -> RequestHead<'_> {
        let mut head = RequestHead::new(&self.request).reading_whole_uri(self.reads_whole_uri);
        if let Some(scheme) = self.scheme {
            head = head.with_scheme(scheme);
        }
        if let Some(authority) = &self.authority {
            head = head.with_authority(Some(authority));
        }
        head
    }

    /// Asks a policy.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, testing};
    ///
    /// testing::get("/x").through(&LocalPath::from_static("/y")).assert_redirect("/y");
    /// ```
    #[must_use = "assert something: `.assert_redirect(\"/x\")`, `.assert_pass()`"]
    pub fn through<P: Policy + ?Sized>(self, policy: &P) -> Answer<P::Target> {
        let decision = policy.decide(&self.head());
        Answer::new(self, decision)
    }

    /// Asks a layer: its policy, and what the service never sends.
    ///
    /// The layer reads the request for itself: a [`scheme`](Self::scheme) that a test has established
    /// is not known to it. A redirect that waits for the inner service's answer is shown as it was
    /// decided.
    ///
    /// ```
    /// use tower_redirect::{RedirectLayer, Status, testing};
    ///
    /// let layer = RedirectLayer::temporary("/maintenance");
    /// testing::get("/shop")
    ///     .through_layer(&layer)
    ///     .assert_redirect("/maintenance")
    ///     .assert_status(Status::TemporaryRedirect);
    /// testing::get("/maintenance").through_layer(&layer).assert_pass();
    /// ```
    #[must_use = "assert something: `.assert_redirect(\"/x\")`, `.assert_pass()`"]
    pub fn through_layer<P, A>(self, layer: &RedirectLayer<P, A>) -> Answer<Redirect>
    where
        P: Policy<Target = Redirect>,
    {
        let head = layer.head(&self.request);
        let decision = layer.decide(&head);
        Answer::new(self, decision)
    }

    pub(super) fn described(&self) -> String {
        self.head().shown(&self.fragment)
    }
}

#[track_caller]
fn parse_uri(target: &str) -> Uri {
    match target.parse() {
        Ok(uri) => uri,
        Err(error) => fail(format_args!("{target:?} is not a request target: {error}")),
    }
}
