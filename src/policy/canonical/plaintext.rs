use std::{any, fmt};

use http::{Extensions, Method};

use super::parts::View;
#[cfg(feature = "trust")]
use crate::Trust;
use crate::{IntoPlace, LocalPath, Refusal, RequestHead, Scheme, when};

/// How a plaintext request is known, and what becomes of it.
///
/// ```
/// use tower_redirect::{Https, Plaintext, testing};
///
/// /// What the TLS acceptor leaves on each request.
/// #[derive(Clone)]
/// struct Encrypted;
///
/// let mixed = Plaintext::by_extension::<Encrypted>().exempt("/health").https_port(8443);
/// let https = Https::new(["localhost"], mixed)?;
///
/// let get = |path: &str| testing::get(path).header("host", "localhost:8080");
/// get("/a").through(&https).assert_redirect("https://localhost:8443/a");
/// get("/health").through(&https).assert_pass();
/// let tls = testing::get("/a").header("host", "localhost:8443").extension(Encrypted);
/// tls.through(&https).assert_pass();
/// # Ok::<(), tower_redirect::CanonicalError>(())
/// ```
///
/// Whatever is not known to be encrypted is plaintext: `:scheme` and an absolute request target are text
/// of the client and prove nothing. A scheme that somebody has established for the
/// [head](RequestHead::with_scheme) counts in any case.
#[derive(Clone)]
pub struct Plaintext {
    known: Known,
    https_port: Option<u16>,
    unsafe_methods: bool,
    acme: bool,
    same_host_first: bool,
    exempt: Vec<LocalPath>,
}

#[derive(Clone)]
enum Known {
    Listener,
    Extension {
        has: fn(&Extensions) -> bool,
        name: &'static str,
    },
    #[cfg(feature = "trust")]
    Told(Trust),
}

impl Plaintext {
    /// Everything that arrives here is plaintext: the service stands behind a listener of its own.
    ///
    /// Behind a proxy that ends TLS it is wrong, and loops: there everything arrives as plaintext.
    ///
    /// ```
    /// use tower_redirect::{Https, Plaintext, testing};
    ///
    /// let https = Https::new(["example.com"], Plaintext::listener())?;
    /// testing::get("/").header("host", "example.com").through(&https)
    ///     .assert_redirect("https://example.com/");
    /// # Ok::<(), tower_redirect::CanonicalError>(())
    /// ```
    #[must_use]
    pub const fn listener() -> Self {
        Self::known(Known::Listener)
    }

    /// A request with a `T` among its extensions is encrypted, every other one is plaintext.
    ///
    /// For one service behind both listeners: the acceptor of TLS connections inserts the `T`.
    ///
    /// ```
    /// use tower_redirect::{Https, Plaintext, testing};
    ///
    /// #[derive(Clone)]
    /// struct Encrypted;
    ///
    /// let https = Https::new(["example.com"], Plaintext::by_extension::<Encrypted>())?;
    /// let get = || testing::get("/").header("host", "example.com");
    /// get().extension(Encrypted).through(&https).assert_pass();
    /// get().through(&https).assert_redirect("https://example.com/");
    /// # Ok::<(), tower_redirect::CanonicalError>(())
    /// ```
    #[must_use]
    pub fn by_extension<T: Send + Sync + 'static>() -> Self {
        Self::known(Known::Extension {
            has: |extensions| extensions.get::<T>().is_some(),
            name: any::type_name::<T>(),
        })
    }

    /// What a trusted proxy says was encrypted is encrypted, everything else is plaintext.
    ///
    /// A proxy that does not say (another header, another network than configured) makes every request
    /// plaintext, and the redirect loops: watch the first requests with feature `tracing`. A permanent
    /// redirect of such a request is sent `Cache-Control: no-store`, unless it has a lifetime of its own, so
    /// that no browser and no cache remembers the circle. Where nobody tells the address of the peer, nothing can be known: all
    /// but the paths that may come in plaintext is refused with 400.
    ///
    /// The redirect names the header in `Vary`. An answer of the app that was asked for over https does
    /// not, because it is passed on as it is: a cache between the proxy and this app has to keep the two
    /// schemes apart by itself, or the app has to name the header too.
    ///
    /// ```
    /// use tower_redirect::{Https, Plaintext, ProxyHeader, Trust, testing};
    ///
    /// let trust = Trust::dangerously_any_peer().believe(ProxyHeader::XForwardedProto);
    /// let https = Https::new(["example.com"], Plaintext::behind(trust))?;
    ///
    /// let get = || testing::get("/").header("host", "example.com");
    /// get().header("x-forwarded-proto", "https").through(&https).assert_pass();
    /// get().header("x-forwarded-proto", "http").through(&https)
    ///     .assert_redirect("https://example.com/");
    /// get().through(&https).assert_redirect("https://example.com/");
    /// # Ok::<(), tower_redirect::CanonicalError>(())
    /// ```
    #[cfg(feature = "trust")]
    #[cfg_attr(docsrs, doc(cfg(feature = "trust")))]
    #[must_use]
    pub const fn behind(trust: Trust) -> Self {
        Self::known(Known::Told(trust))
    }

    const fn known(known: Known) -> Self {
        Self {
            known,
            https_port: None,
            unsafe_methods: true,
            acme: true,
            same_host_first: false,
            exempt: Vec::new(),
        }
    }

    /// Sends to this port, where https does not listen on 443.
    ///
    /// It takes the place of the port that the host is configured with.
    ///
    /// ```
    /// use tower_redirect::{Https, Plaintext, testing};
    ///
    /// let https = Https::new(["localhost"], Plaintext::listener().https_port(8443))?;
    /// testing::get("/").header("host", "localhost:8080").through(&https)
    ///     .assert_redirect("https://localhost:8443/");
    /// # Ok::<(), tower_redirect::CanonicalError>(())
    /// ```
    #[must_use]
    pub const fn https_port(mut self, port: u16) -> Self {
        self.https_port = Some(port);
        self
    }

    /// Refuses unsafe methods (POST, PUT, DELETE and all that is not safe) with 403.
    ///
    /// A method is safe that only asks: GET, HEAD, OPTIONS, TRACE, and QUERY. What others carry, a password
    /// or a token, has crossed the network in plaintext by then. A redirect
    /// heals that silently on every call; a refusal makes the author of the client correct the address.
    ///
    /// ```
    /// use http::StatusCode;
    /// use tower_redirect::{Https, Plaintext, testing};
    ///
    /// let plaintext = Plaintext::listener().refuse_unsafe_methods();
    /// let https = Https::new(["api.example"], plaintext)?;
    /// testing::post("/v1").header("host", "api.example").through(&https)
    ///     .assert_refused(StatusCode::FORBIDDEN);
    /// testing::get("/v1").header("host", "api.example").through(&https)
    ///     .assert_redirect("https://api.example/v1");
    /// # Ok::<(), tower_redirect::CanonicalError>(())
    /// ```
    ///
    /// Source: RFC 9110 §9.2.1.
    #[must_use]
    pub const fn refuse_unsafe_methods(mut self) -> Self {
        self.unsafe_methods = false;
        self
    }

    /// Lets exactly this path through, byte for byte, with any query.
    ///
    /// For a health check that speaks http and nothing else. A path below it is not exempt, and over TLS
    /// the rest of the policy has its say: a check that asks there by address is let through with
    /// `canonical.unless(|request| request.path() == "/health")`.
    ///
    /// ```
    /// use tower_redirect::{Https, Plaintext, testing};
    ///
    /// let plaintext = Plaintext::listener().exempt("/health");
    /// let https = Https::new(["example.com"], plaintext)?;
    /// testing::get("/health").header("host", "10.0.0.7").through(&https).assert_pass();
    /// testing::get("/health/x").header("host", "example.com").through(&https)
    ///     .assert_redirect("https://example.com/health/x");
    /// # Ok::<(), tower_redirect::CanonicalError>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn exempt(mut self, path: impl IntoPlace<LocalPath>) -> Self {
        self.exempt.push(path.into_place());
        self
    }

    /// Redirects what certificate authorities ask for too (`/.well-known/acme-challenge/<token>`).
    ///
    /// They follow the redirect; take it where https serves the challenges too, or where the
    /// certificate is validated in another way, by DNS. No step of [`Canonical`](super::Canonical)
    /// respells their path.
    ///
    /// ```
    /// use tower_redirect::{Https, Plaintext, testing};
    ///
    /// let challenge = || testing::get("/.well-known/acme-challenge/tok_en-1").header("host", "a.example");
    ///
    /// let https = Https::new(["a.example"], Plaintext::listener())?;
    /// challenge().through(&https).assert_pass();
    /// let https = Https::new(["a.example"], Plaintext::listener().redirect_acme_challenges())?;
    /// challenge().through(&https)
    ///     .assert_redirect("https://a.example/.well-known/acme-challenge/tok_en-1");
    /// # Ok::<(), tower_redirect::CanonicalError>(())
    /// ```
    #[must_use]
    pub const fn redirect_acme_challenges(mut self) -> Self {
        self.acme = false;
        self
    }

    /// Sends plaintext to https on the host that was asked for, and to the canonical host from there.
    ///
    /// It is one redirect more, and what the [preload list](https://hstspreload.org/) of HSTS asks for: a
    /// browser has to see `Strict-Transport-Security` of `example.com` itself before it is sent on to
    /// `www.example.com`. Below an alias `*.example.org`, the first redirect goes to the name that was
    /// asked for.
    ///
    /// ```
    /// use tower_redirect::{CanonicalHost, Https, Plaintext, Scheme, testing};
    ///
    /// let host = CanonicalHost::with_aliases("www.example.com", ["example.com"])?;
    /// let https = Https::on(host, Plaintext::listener().same_host_first());
    /// let get = || testing::get("/").header("host", "example.com");
    /// get().through(&https).assert_redirect("https://example.com/");
    /// get().scheme(Scheme::Https).through(&https).assert_redirect("https://www.example.com/");
    /// # Ok::<(), tower_redirect::CanonicalError>(())
    /// ```
    #[must_use]
    pub const fn same_host_first(mut self) -> Self {
        self.same_host_first = true;
        self
    }

    pub(super) const fn keeps_the_host(&self) -> bool {
        self.same_host_first
    }

    pub(super) const fn port(&self) -> Option<u16> {
        self.https_port
    }

    /// The request as this source of knowledge sees it, its scheme established.
    #[inline]
    pub(super) fn view<'a>(&self, request: &RequestHead<'a>) -> View<'a> {
        if request.scheme().is_some() {
            return View::of(*request);
        }
        match &self.known {
            Known::Extension { has, .. } if has(request.extensions()) => {
                View::of(request.with_scheme(Scheme::Https))
            }
            Known::Listener | Known::Extension { .. } => {
                View::of(request.with_scheme(Scheme::Http))
            }
            #[cfg(feature = "trust")]
            Known::Told(trust) => {
                let (head, lacks_peer) = trust.look(request);
                let scheme = head.scheme().unwrap_or_else(|| {
                    head.presume_the_scheme();
                    Scheme::Http
                });
                View {
                    head: head.with_scheme(scheme),
                    lacks_peer,
                }
            }
        }
    }

    /// Whether this request may come in plaintext.
    pub(super) fn lets_through(&self, request: &RequestHead<'_>) -> bool {
        let path = request.asked_uri().path();
        let asks = request.method() == Method::GET || request.method() == Method::HEAD;
        self.acme && asks && is_acme_challenge(path)
            || self.exempt.iter().any(|exempt| exempt.path() == path)
    }

    /// Whether this plaintext request may be sent to https.
    pub(super) fn admit(&self, view: &View<'_>) -> Result<(), Refusal> {
        if view.lacks_peer {
            // It may well have come over https, and would be sent to its own address for ever.
            return Err(Refusal::bad_request(
                "no peer address; serve with `into_make_service_with_connect_info`",
            ));
        }
        if !self.unsafe_methods && !when::is_safe(view.head.method()) {
            return Err(Refusal::forbidden("an unsafe method over plaintext"));
        }
        Ok(())
    }
}

/// One segment of the alphabet of tokens (RFC 8555 §8.3), and nothing behind it.
pub(super) fn is_acme_challenge(path: &str) -> bool {
    path.strip_prefix("/.well-known/acme-challenge/")
        .is_some_and(|token| {
            !token.is_empty()
                && token
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        })
}

impl fmt::Debug for Plaintext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            known,
            https_port,
            unsafe_methods,
            acme,
            same_host_first,
            exempt,
        } = self;
        let mut f = f.debug_struct("Plaintext");
        match known {
            Known::Listener => f.field("known", &"everything"),
            Known::Extension { name, .. } => f.field("known", &format_args!("without {name}")),
            #[cfg(feature = "trust")]
            Known::Told(trust) => f.field("known", trust),
        };
        f.field("https_port", https_port)
            .field("refuses_unsafe_methods", &!unsafe_methods)
            .field("exempts_acme_challenges", acme)
            .field("same_host_first", same_host_first)
            .field("exempt", exempt)
            .finish()
    }
}
