//! Https for every request.

use super::{CanonicalError, CanonicalHost, HttpsEnforcement, Normalizer};
use crate::{
    location::Location,
    policy::{Decision, Policy},
    request::RequestHead,
};

/// Redirects plaintext requests to https, and refuses those it can't redirect.
///
/// ```
/// use http::StatusCode;
/// use tower_redirect::{RedirectLayer, policy::{Https, SchemeSource}, testing};
///
/// // This service handles only the plaintext listener.
/// let https = Https::new(["example.com", "*.example.com"], SchemeSource::plaintext_listener())?;
///
/// let get = |host: &str| testing::get("/a?b").header("host", host);
/// get("example.com").through(&https).assert_redirect("https://example.com/a?b");
/// get("shop.example.com:80").through(&https).assert_redirect("https://shop.example.com/a?b");
/// get("stranger.example").through(&https).assert_refused(StatusCode::MISDIRECTED_REQUEST);
///
/// let layer = RedirectLayer::permanent(https);
/// # Ok::<(), tower_redirect::policy::CanonicalError>(())
/// ```
///
/// # It fails closed
///
/// No plaintext request reaches your app, except for:
///
/// - `/.well-known/acme-challenge/<token>`, because certificate authorities use http,
/// - the paths that you exempt, [one by one](HttpsEnforcement::exempt) or as a
///   [subtree](HttpsEnforcement::exempt_subtree),
/// - unknown hosts, if you call
///   [`dangerously_pass_unknown_hosts`](HttpsEnforcement::dangerously_pass_unknown_hosts).
///
/// If a plaintext request can't be redirected, the policy refuses it with 400. This applies to CORS
/// preflights, WebSocket handshakes, CONNECT, `OPTIONS *`, a path with `..`, a location that would
/// be too long, and a request without a valid host. The policy refuses an unknown host with 421. A
/// redirect to https never waits for a response of the app.
///
/// This holds even if a policy around this one changes the redirect or passes the request through.
/// But this policy must run, so put it **first**:
///
/// - In a list of policies, write `(https, rules)`. If an earlier rule's redirect is suppressed
///   (for a preflight, for example), the request skips the HTTPS check.
/// - Put it in the outermost layer. It doesn't see a request that an outer layer passes to the app
///   directly.
///
/// # HSTS
///
/// A redirect doesn't protect the first visit. Send `Strict-Transport-Security` from the TLS side,
/// for example with tower-http. Browsers ignore that header over plaintext.
///
/// ```
/// use http::{HeaderValue, header};
/// use tower_http::set_header::SetResponseHeaderLayer;
///
/// let hsts = SetResponseHeaderLayer::if_not_present(
///     header::STRICT_TRANSPORT_SECURITY,
///     HeaderValue::from_static("max-age=63072000; includeSubDomains"),
/// );
/// # tower::Layer::layer(&hsts, tower::service_fn(async |_: http::Request<()>| {
/// #     Ok::<_, std::io::Error>(http::Response::new(()))
/// # }));
/// ```
///
/// Source: RFC 9110 §4.2.2, RFC 6797 §7.2, RFC 8555 §8.3.
#[derive(Clone, Debug)]
pub struct Https {
    host: CanonicalHost,
    enforcement: HttpsEnforcement,
}

impl Https {
    /// Enforces https for each of these hosts, and refuses all other hosts with 421.
    ///
    /// ```
    /// use tower_redirect::policy::{Https, SchemeSource};
    ///
    /// let error = Https::new(["exa mple.com"], SchemeSource::plaintext_listener()).unwrap_err();
    /// assert!(error.to_string().starts_with("host `exa mple.com`, byte 3"));
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if a text isn't a valid host, or if no host is listed. The error names the
    /// text and the byte.
    pub fn new(
        hosts: impl IntoIterator<Item = impl AsRef<str>>,
        enforcement: impl Into<HttpsEnforcement>,
    ) -> Result<Self, CanonicalError> {
        Ok(Self::on(CanonicalHost::one_of(hosts)?, enforcement))
    }

    /// Enforces https and the canonical host in the same redirect.
    ///
    /// ```
    /// use tower_redirect::{policy::{CanonicalHost, Https, SchemeSource}, testing};
    ///
    /// let host = CanonicalHost::with_aliases("example.com", ["www.example.com"])?;
    /// let https = Https::on(host, SchemeSource::plaintext_listener());
    /// testing::get("/a").header("host", "www.example.com").through(&https)
    ///     .assert_redirect("https://example.com/a");
    /// # Ok::<(), tower_redirect::policy::CanonicalError>(())
    /// ```
    #[must_use]
    pub fn on(host: CanonicalHost, enforcement: impl Into<HttpsEnforcement>) -> Self {
        Self {
            host,
            enforcement: enforcement.into(),
        }
    }
}

impl Policy for Https {
    type Target = Location;

    #[inline]
    fn decide(&self, request: &RequestHead<'_>) -> Decision<Location> {
        Normalizer::of_https(&self.host, &self.enforcement).decide(request)
    }
}
