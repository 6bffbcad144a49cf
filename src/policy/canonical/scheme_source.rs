//! How a policy knows the scheme of a request.

use std::{any, fmt};

use http::Extensions;

use super::established::EstablishedRequest;
#[cfg(feature = "trust")]
use crate::trust::TrustedProxies;
use crate::{location::HttpScheme, request::RequestHead};

/// How a policy knows whether a request came over http or https.
///
/// ```
/// use tower_redirect::{policy::{Https, SchemeSource}, testing};
///
/// let https = Https::new(["example.com"], SchemeSource::plaintext_listener())?;
/// testing::get("/").header("host", "example.com").through(&https)
///     .assert_redirect("https://example.com/");
/// # Ok::<(), tower_redirect::policy::CanonicalError>(())
/// ```
///
/// A request counts as plaintext unless the source knows that it is encrypted. `:scheme` and the
/// scheme of an absolute request target don't count, because the client writes them. If the scheme
/// of the [request](RequestHead::with_scheme) is already known, the source isn't used.
#[derive(Clone)]
pub struct SchemeSource(Kind);

#[derive(Clone)]
enum Kind {
    PlaintextListener,
    TlsListener,
    Extension {
        has: fn(&Extensions) -> bool,
        name: &'static str,
    },
    #[cfg(feature = "trust")]
    TrustedProxy(TrustedProxies),
}

impl SchemeSource {
    /// Treats every request as plaintext. The service must handle only the http listener.
    ///
    /// Don't use it behind a TLS-terminating proxy. There every request arrives as plaintext, so
    /// the redirect to https would loop.
    ///
    /// ```
    /// use tower_redirect::{policy::{Https, SchemeSource}, testing};
    ///
    /// let https = Https::new(["example.com"], SchemeSource::plaintext_listener())?;
    /// testing::get("/").header("host", "example.com").through(&https)
    ///     .assert_redirect("https://example.com/");
    /// # Ok::<(), tower_redirect::policy::CanonicalError>(())
    /// ```
    #[must_use]
    pub const fn plaintext_listener() -> Self {
        Self(Kind::PlaintextListener)
    }

    /// Treats every request as encrypted. The service must handle only the https listener.
    ///
    /// Use it with [`Policy::scheme_from`](crate::Policy::scheme_from), or if both listeners share
    /// one configuration.
    ///
    /// ```
    /// use tower_redirect::{policy::{Https, SchemeSource}, testing};
    ///
    /// let https = Https::new(["example.com"], SchemeSource::tls_listener())?;
    /// testing::get("/").header("host", "example.com").through(&https).assert_pass();
    /// # Ok::<(), tower_redirect::policy::CanonicalError>(())
    /// ```
    #[must_use]
    pub const fn tls_listener() -> Self {
        Self(Kind::TlsListener)
    }

    /// Treats a request as encrypted if its extensions contain a `T`.
    ///
    /// Use it if one service handles both listeners. The TLS acceptor inserts the `T`.
    ///
    /// ```
    /// use tower_redirect::{policy::{Https, SchemeSource}, testing};
    ///
    /// #[derive(Clone)]
    /// struct Encrypted;
    ///
    /// let https = Https::new(["example.com"], SchemeSource::extension::<Encrypted>())?;
    /// let get = || testing::get("/").header("host", "example.com");
    /// get().extension(Encrypted).through(&https).assert_pass();
    /// get().through(&https).assert_redirect("https://example.com/");
    /// # Ok::<(), tower_redirect::policy::CanonicalError>(())
    /// ```
    #[must_use]
    pub fn extension<T: Send + Sync + 'static>() -> Self {
        Self(Kind::Extension {
            has: |extensions| extensions.get::<T>().is_some(),
            name: any::type_name::<T>(),
        })
    }

    /// Reads the scheme from the header of a trusted proxy.
    ///
    /// If the proxy sends another header or connects from another network than you configured,
    /// every request counts as plaintext and the redirect loops. The `tracing` feature logs what
    /// each request forwards. If no trusted proxy reported the scheme, the scheme is only presumed.
    /// A permanent redirect then gets `Cache-Control: no-store`, so no browser remembers a loop. A
    /// cache lifetime that you set yourself stays.
    ///
    /// If the server doesn't provide the IP address of the peer, the policy refuses every request
    /// with 400, except for the exempt paths.
    ///
    /// The redirect names the header in `Vary`, but your app's own responses don't. So a cache
    /// between the proxy and your app must keep the responses to http and https apart.
    ///
    /// ```
    /// use tower_redirect::policy::{Https, SchemeSource};
    /// use tower_redirect::trust::{ForwardedHeader, TrustedProxies};
    /// use tower_redirect::testing;
    ///
    /// let proxies = TrustedProxies::dangerously_any_peer()
    ///     .header(ForwardedHeader::XForwardedProto);
    /// let https = Https::new(["example.com"], SchemeSource::trusted_proxy(proxies))?;
    ///
    /// let get = || testing::get("/").header("host", "example.com");
    /// get().header("x-forwarded-proto", "https").through(&https).assert_pass();
    /// get().header("x-forwarded-proto", "http").through(&https)
    ///     .assert_redirect("https://example.com/");
    /// get().through(&https).assert_redirect("https://example.com/");
    /// # Ok::<(), tower_redirect::policy::CanonicalError>(())
    /// ```
    #[cfg(feature = "trust")]
    #[cfg_attr(docsrs, doc(cfg(feature = "trust")))]
    #[must_use]
    pub const fn trusted_proxy(proxies: TrustedProxies) -> Self {
        Self(Kind::TrustedProxy(proxies))
    }

    /// Returns the request with its scheme. If a trusted proxy forwards none, it's http.
    #[inline]
    pub(super) fn establish<'a>(&self, request: &RequestHead<'a>) -> EstablishedRequest<'a> {
        let mut established = self.look(request);
        if established.head.scheme().is_none() {
            established.head = established.head.presuming_scheme(HttpScheme::Http);
        }
        established
    }

    /// Returns the request with its scheme, if the source knows it.
    #[inline]
    pub(in crate::policy) fn known_scheme<'a>(&self, request: &RequestHead<'a>) -> RequestHead<'a> {
        self.look(request).head
    }

    #[inline]
    fn look<'a>(&self, request: &RequestHead<'a>) -> EstablishedRequest<'a> {
        if request.scheme().is_some() {
            return EstablishedRequest::of(*request);
        }
        match &self.0 {
            Kind::TlsListener => EstablishedRequest::of(request.with_scheme(HttpScheme::Https)),
            Kind::Extension { has, .. } if has(request.extensions()) => {
                EstablishedRequest::of(request.with_scheme(HttpScheme::Https))
            }
            Kind::PlaintextListener | Kind::Extension { .. } => {
                EstablishedRequest::of(request.with_scheme(HttpScheme::Http))
            }
            #[cfg(feature = "trust")]
            Kind::TrustedProxy(proxies) => {
                let (head, lacks_peer) = proxies.look(request);
                EstablishedRequest { head, lacks_peer }
            }
        }
    }
}

impl fmt::Debug for SchemeSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::PlaintextListener => f.write_str("PlaintextListener"),
            Kind::TlsListener => f.write_str("TlsListener"),
            Kind::Extension { name, .. } => write!(f, "Extension({name})"),
            #[cfg(feature = "trust")]
            Kind::TrustedProxy(proxies) => f.debug_tuple("TrustedProxy").field(proxies).finish(),
        }
    }
}
