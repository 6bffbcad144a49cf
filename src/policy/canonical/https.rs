use super::{CanonicalError, CanonicalHost, HttpsEnforcement, Normalizer};
use crate::{
    location::Location,
    policy::{Decision, Policy},
    request::RequestHead,
};

/// Sends every plaintext request for a host of ours to https, and lets none of them through.
///
/// ```
/// use http::StatusCode;
/// use tower_redirect::{RedirectLayer, policy::{Https, SchemeSource}, testing};
///
/// // This service stands behind the plaintext listener and no other.
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
/// What cannot be redirected is refused with 400 and never passed on: CORS preflights, WebSocket
/// handshakes, CONNECT, `OPTIONS *`, a path with `..`, a location that would be too long, a request
/// without a usable host. A redirect here does not wait for an answer of the app either. The one
/// exception is `/.well-known/acme-challenge/<token>`, because a certificate authority asks there over
/// http, and what you [exempt](HttpsEnforcement::exempt) yourself.
///
/// That holds for the request and not for the answer: a policy around it that builds another location, or
/// passes in spite of it, opens nothing. It has to be asked, though, so it stands **first**: in a list of
/// policies, `(https, rules)`, because a rule in front of it that answers with a redirect which is not sent
/// (to a preflight, say) lets the request pass; and in the outermost layer, because what a layer in front
/// passes to the app by another way it does not see.
///
/// # HSTS
///
/// A redirect protects nobody on the first visit. Send `Strict-Transport-Security` from the TLS side, where
/// browsers heed it (over plaintext they must not), with tower-http:
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
    https: HttpsEnforcement,
}

impl Https {
    /// Each of these hosts stays what it is, over https; all others are refused.
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
    /// When a text is no host, or there is none; the error names text and byte.
    pub fn new(
        hosts: impl IntoIterator<Item = impl AsRef<str>>,
        https: impl Into<HttpsEnforcement>,
    ) -> Result<Self, CanonicalError> {
        Ok(Self::on(CanonicalHost::one_of(hosts)?, https))
    }

    /// The host is brought into order too, in the same redirect.
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
    pub fn on(host: CanonicalHost, https: impl Into<HttpsEnforcement>) -> Self {
        Self {
            host,
            https: https.into(),
        }
    }
}

impl Policy for Https {
    type Target = Location;

    #[inline]
    fn decide(&self, request: &RequestHead<'_>) -> Decision<Location> {
        Normalizer::of_https(&self.host, &self.https).decide(request)
    }
}
