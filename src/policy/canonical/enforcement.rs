//! How https is enforced: port, exempt paths, unsafe methods and redirect order.

use http::Method;

use super::{
    SchemeSource, acme::is_acme_challenge, established::EstablishedRequest, subtree::is_in_folder,
};
use crate::{
    location::{IntoLocation, LocalPath},
    policy::Refusal,
    redirect::is_safe,
    request::RequestHead,
};

/// How plaintext requests are redirected to https, and which of them pass through.
///
/// A [`SchemeSource`] converts into an `HttpsEnforcement` with the defaults:
///
/// - The port is 443, unless the configured host has another one.
/// - Requests with an unsafe method are redirected too.
/// - Over plaintext, only ACME challenges of certificate authorities pass through.
///
/// ```
/// use tower_redirect::policy::{Https, HttpsEnforcement, SchemeSource};
/// use tower_redirect::testing;
///
/// /// The TLS acceptor inserts this into the extensions of each request.
/// #[derive(Clone)]
/// struct Encrypted;
///
/// let enforcement = HttpsEnforcement::new(SchemeSource::extension::<Encrypted>())
///     .exempt("/health")
///     .port(8443);
/// let https = Https::new(["localhost"], enforcement)?;
///
/// let get = |path: &str| testing::get(path).header("host", "localhost:8080");
/// get("/a").through(&https).assert_redirect("https://localhost:8443/a");
/// get("/health").through(&https).assert_pass();
/// let tls = testing::get("/a").header("host", "localhost:8443").extension(Encrypted);
/// tls.through(&https).assert_pass();
/// # Ok::<(), tower_redirect::policy::CanonicalError>(())
/// ```
#[derive(Clone, Debug)]
pub struct HttpsEnforcement {
    source: SchemeSource,
    port: Option<u16>,
    refuses_unsafe_methods: bool,
    exempts_acme_challenges: bool,
    same_host_first: bool,
    passes_unknown_hosts: bool,
    exempt: Vec<LocalPath>,
    exempt_subtrees: Vec<LocalPath>,
}

/// Enforces https with the defaults.
impl From<SchemeSource> for HttpsEnforcement {
    fn from(source: SchemeSource) -> Self {
        Self::new(source)
    }
}

impl HttpsEnforcement {
    /// Enforces https with the defaults.
    ///
    /// ```
    /// use tower_redirect::policy::{HttpsEnforcement, SchemeSource};
    ///
    /// let enforcement = HttpsEnforcement::new(SchemeSource::plaintext_listener());
    /// assert!(format!("{enforcement:?}").contains("PlaintextListener"));
    /// ```
    #[must_use]
    pub const fn new(source: SchemeSource) -> Self {
        Self {
            source,
            port: None,
            refuses_unsafe_methods: false,
            exempts_acme_challenges: true,
            same_host_first: false,
            passes_unknown_hosts: false,
            exempt: Vec::new(),
            exempt_subtrees: Vec::new(),
        }
    }

    /// Redirects to this port instead of 443.
    ///
    /// It overrides the port of the configured host.
    ///
    /// ```
    /// use tower_redirect::policy::{Https, HttpsEnforcement, SchemeSource};
    /// use tower_redirect::testing;
    ///
    /// let enforcement = HttpsEnforcement::new(SchemeSource::plaintext_listener()).port(8443);
    /// let https = Https::new(["localhost"], enforcement)?;
    /// testing::get("/").header("host", "localhost:8080").through(&https)
    ///     .assert_redirect("https://localhost:8443/");
    /// # Ok::<(), tower_redirect::policy::CanonicalError>(())
    /// ```
    #[must_use]
    pub const fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Refuses plaintext requests with an unsafe method (POST, PUT, DELETE, …) instead of
    /// redirecting them.
    ///
    /// The status is 403. GET, HEAD, OPTIONS, TRACE and QUERY are safe. A request with any other
    /// method may carry a password or a token, which has already crossed the network in plaintext.
    /// A redirect hides that mistake on every call. A refusal makes the author of the client
    /// correct the URL.
    ///
    /// ```
    /// use http::StatusCode;
    /// use tower_redirect::policy::{Https, HttpsEnforcement, SchemeSource};
    /// use tower_redirect::testing;
    ///
    /// let source = SchemeSource::plaintext_listener();
    /// let enforcement = HttpsEnforcement::new(source).refuse_unsafe_methods();
    /// let https = Https::new(["api.example"], enforcement)?;
    /// testing::post("/v1").header("host", "api.example").through(&https)
    ///     .assert_refused(StatusCode::FORBIDDEN);
    /// testing::get("/v1").header("host", "api.example").through(&https)
    ///     .assert_redirect("https://api.example/v1");
    /// # Ok::<(), tower_redirect::policy::CanonicalError>(())
    /// ```
    ///
    /// Source: RFC 9110 §9.2.1.
    #[must_use]
    pub const fn refuse_unsafe_methods(mut self) -> Self {
        self.refuses_unsafe_methods = true;
        self
    }

    /// Lets plaintext requests for exactly this path through, with any query.
    ///
    /// Use it for a health check that speaks only http. The path is compared byte for byte, so
    /// paths below it aren't exempt. [`exempt_subtree`](Self::exempt_subtree) exempts them too. The
    /// other steps of the policy still apply to the path over TLS. To skip them too, write
    /// `canonical.unless(|request| request.path() == "/health")`.
    ///
    /// ```
    /// use tower_redirect::policy::{Https, HttpsEnforcement, SchemeSource};
    /// use tower_redirect::testing;
    ///
    /// let source = SchemeSource::plaintext_listener();
    /// let enforcement = HttpsEnforcement::new(source).exempt("/health");
    /// let https = Https::new(["example.com"], enforcement)?;
    /// testing::get("/health").header("host", "10.0.0.7").through(&https).assert_pass();
    /// testing::get("/health/x").header("host", "example.com").through(&https)
    ///     .assert_redirect("https://example.com/health/x");
    /// # Ok::<(), tower_redirect::policy::CanonicalError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If a literal isn't a path. The message has the caller's line.
    #[must_use]
    #[track_caller]
    pub fn exempt(mut self, path: impl IntoLocation<LocalPath>) -> Self {
        self.exempt.push(path.into_location());
        self
    }

    /// Lets plaintext requests for this path and all paths below it through, with any query.
    ///
    /// Everything that the app serves there is available in plaintext. Whole segments count:
    /// `/health` exempts `/health`, `/health/` and `/health/db`, but not `/healthz`.
    ///
    /// The path is compared byte for byte, and some servers read a path in another way. So a path
    /// isn't exempt if it has a `.` or `..` segment, `//`, a `\`, or an encoded dot, slash,
    /// backslash or percent sign. It is redirected or refused like any other.
    ///
    /// ```
    /// use http::StatusCode;
    /// use tower_redirect::policy::{Https, HttpsEnforcement, SchemeSource};
    /// use tower_redirect::testing;
    ///
    /// let source = SchemeSource::plaintext_listener();
    /// let enforcement = HttpsEnforcement::new(source).exempt_subtree("/health");
    /// let https = Https::new(["example.com"], enforcement)?;
    ///
    /// let get = |path: &str| testing::get(path).header("host", "example.com").through(&https);
    /// get("/health").assert_pass();
    /// get("/health/db?full").assert_pass();
    /// get("/healthz").assert_redirect("https://example.com/healthz");
    /// get("/health/%2e%2e/admin").assert_refused(StatusCode::BAD_REQUEST);
    /// # Ok::<(), tower_redirect::policy::CanonicalError>(())
    /// ```
    ///
    /// `/` exempts only the front page, because everything is below it.
    ///
    /// # Panics
    ///
    /// If a literal isn't a path. The message has the caller's line.
    #[must_use]
    #[track_caller]
    pub fn exempt_subtree(mut self, path: impl IntoLocation<LocalPath>) -> Self {
        self.exempt_subtrees.push(path.into_location());
        self
    }

    /// Redirects ACME challenges (`/.well-known/acme-challenge/<token>`) to https too.
    ///
    /// Certificate authorities follow the redirect. Use this if the https side serves the
    /// challenges, or if the certificate is validated by DNS. [`Canonical`](super::Canonical) never
    /// changes the path of a challenge.
    ///
    /// ```
    /// use tower_redirect::policy::{Https, HttpsEnforcement, SchemeSource};
    /// use tower_redirect::testing;
    ///
    /// let path = "/.well-known/acme-challenge/tok_en-1";
    /// let challenge = || testing::get(path).header("host", "a.example");
    ///
    /// let source = SchemeSource::plaintext_listener();
    /// let https = Https::new(["a.example"], source.clone())?;
    /// challenge().through(&https).assert_pass();
    /// let enforcement = HttpsEnforcement::new(source).redirect_acme_challenges();
    /// let https = Https::new(["a.example"], enforcement)?;
    /// challenge().through(&https)
    ///     .assert_redirect("https://a.example/.well-known/acme-challenge/tok_en-1");
    /// # Ok::<(), tower_redirect::policy::CanonicalError>(())
    /// ```
    #[must_use]
    pub const fn redirect_acme_challenges(mut self) -> Self {
        self.exempts_acme_challenges = false;
        self
    }

    /// Redirects to https on the requested host first, and to the canonical host after that.
    ///
    /// The [HSTS preload list](https://hstspreload.org/) requires this extra redirect: a browser
    /// must see the `Strict-Transport-Security` header of `example.com` before it goes to
    /// `www.example.com`. If the host matches an alias like `*.example.org`, the first redirect
    /// keeps the requested name.
    ///
    /// ```
    /// use tower_redirect::policy::{CanonicalHost, Https, HttpsEnforcement, SchemeSource};
    /// use tower_redirect::{location::HttpScheme, testing};
    ///
    /// let host = CanonicalHost::with_aliases("www.example.com", ["example.com"])?;
    /// let source = SchemeSource::plaintext_listener();
    /// let https = Https::on(host, HttpsEnforcement::new(source).same_host_first());
    /// let get = || testing::get("/").header("host", "example.com");
    /// get().through(&https).assert_redirect("https://example.com/");
    /// get().scheme(HttpScheme::Https).through(&https).assert_redirect("https://www.example.com/");
    /// # Ok::<(), tower_redirect::policy::CanonicalError>(())
    /// ```
    #[must_use]
    pub const fn same_host_first(mut self) -> Self {
        self.same_host_first = true;
        self
    }

    /// Lets requests for hosts that aren't configured through, **even over plaintext**.
    ///
    /// Clients choose the host that they send. So anyone can reach the app over plaintext, with any
    /// host that isn't configured. Use it only if your app checks the host itself, for example if
    /// it serves the hosts of customers and some of them have no certificate yet.
    ///
    /// ```
    /// use http::StatusCode;
    /// use tower_redirect::policy::{Https, HttpsEnforcement, SchemeSource};
    /// use tower_redirect::testing;
    ///
    /// let source = SchemeSource::plaintext_listener();
    /// let enforcement = HttpsEnforcement::new(source).dangerously_pass_unknown_hosts();
    /// let https = Https::new(["example.com"], enforcement)?;
    ///
    /// let get = |host: &str| testing::get("/").header("host", host).through(&https);
    /// get("customer.example").assert_pass();
    /// get("EXAMPLE.com:80").assert_redirect("https://example.com/");
    /// // A host that isn't valid is still refused.
    /// get("exa mple.com").assert_refused(StatusCode::BAD_REQUEST);
    /// # Ok::<(), tower_redirect::policy::CanonicalError>(())
    /// ```
    ///
    /// Encrypted requests for these hosts pass too. The method has no effect if unknown hosts are
    /// [redirected](super::UnknownHost::Redirect).
    #[must_use]
    pub const fn dangerously_pass_unknown_hosts(mut self) -> Self {
        self.passes_unknown_hosts = true;
        self
    }

    pub(super) const fn passes_unknown_hosts(&self) -> bool {
        self.passes_unknown_hosts
    }

    pub(super) const fn keeps_host_first(&self) -> bool {
        self.same_host_first
    }

    pub(super) const fn configured_port(&self) -> Option<u16> {
        self.port
    }

    #[inline]
    pub(super) fn establish<'a>(&self, request: &RequestHead<'a>) -> EstablishedRequest<'a> {
        self.source.establish(request)
    }

    /// Whether this request may stay plaintext.
    pub(super) fn is_exempt(&self, request: &RequestHead<'_>) -> bool {
        let path = request.requested_uri().path();
        let reads = request.method() == Method::GET || request.method() == Method::HEAD;
        self.exempts_acme_challenges && reads && is_acme_challenge(path)
            || self.exempt.iter().any(|exempt| exempt.path() == path)
            || self.exempt_subtrees.iter().any(|top| is_below(path, top))
    }

    /// Checks that this plaintext request may be redirected to https.
    pub(super) fn admit(&self, request: &EstablishedRequest<'_>) -> Result<(), Refusal> {
        if request.lacks_peer {
            // The client may have used https. A redirect would send it to the same URL forever.
            return Err(Refusal::NO_PEER_ADDRESS);
        }
        if self.refuses_unsafe_methods && !is_safe(request.head.method()) {
            return Err(Refusal::UNSAFE_OVER_PLAINTEXT);
        }
        Ok(())
    }
}

/// Returns `true` if a path is the top of an exempt subtree or below it.
fn is_below(path: &str, top: &LocalPath) -> bool {
    match top.path().trim_end_matches('/') {
        "" => path == "/",
        folder => is_in_folder(path, folder),
    }
}
