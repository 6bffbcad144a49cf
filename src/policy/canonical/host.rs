//! The canonical host, and how the requested host is matched with it.

use super::{
    CanonicalError, Normalizer, UnknownHost,
    host_list::{HostList, Listed, parse_host},
};
use crate::{
    location::{HttpScheme, Location, Origin},
    policy::{Decision, Policy},
    request::{RequestHead, host::NormalizedHost},
};

/// Redirects to the canonical host of a site. Redirects or refuses requests for unknown hosts.
///
/// ```
/// use http::StatusCode;
/// use tower_redirect::{RedirectLayer, policy::CanonicalHost, testing};
///
/// let host = CanonicalHost::with_aliases("example.com", ["www.example.com", "*.example.org"])?;
///
/// let get = |host: &str| testing::get("/a?b").header("host", host);
/// get("www.example.com").through(&host).assert_redirect("https://example.com/a?b");
/// get("shop.example.org").through(&host).assert_redirect("https://example.com/a?b");
/// get("example.com").through(&host).assert_pass();
/// get("stranger.example").through(&host).assert_refused(StatusCode::MISDIRECTED_REQUEST);
///
/// let layer = RedirectLayer::permanent(host);
/// # Ok::<(), tower_redirect::policy::CanonicalError>(())
/// ```
///
/// Write a host with its scheme, as in `http://localhost:3000`. Without a scheme (`example.com`,
/// `example.com:8443`), it means https. The location contains the configured host in lower case,
/// without a default port.
///
/// The host in a location always comes from the configuration, with one exception (R6). A valid
/// host below a configured `*.example.com` keeps its name:
///
/// - with [`one_of`](Self::one_of),
/// - in the first of two redirects with
///   [`same_host_first`](super::HttpsEnforcement::same_host_first).
///
/// Punycode (`xn--…`) matches `*.example.com` only with the `idn` feature, which validates it.
/// Without that feature, list these hosts one by one.
///
/// The policy refuses a request with 400 if it has:
///
/// - two `Host` headers,
/// - a `Host` that differs from the authority of the request target (`:authority` in HTTP/2),
/// - a host with a user name,
/// - any other host that isn't valid,
/// - no host at all, if unknown hosts are refused.
///
/// A host in upper case or with its default port is the same host. A request for a host with a dot
/// at its end is redirected to the host without that dot.
///
/// The redirect keeps the scheme if it is known, unless you configured a port. Otherwise it uses
/// the configured scheme. To enforce https, use [`Https`](super::Https).
///
/// # Health checks and proxies
///
/// A health check by IP address (`Host: 10.0.0.7:8080`) requests an unknown host. Let it pass
/// through because of its path, with `host.unless(|request| request.path() == "/health")`, or
/// because of its host, with [`unknown_host(UnknownHost::Pass)`](Self::unknown_host).
///
/// If a proxy rewrites `Host`, every request has the same wrong host, and the redirect loops.
/// Configure the proxy to keep the header (`proxy_set_header Host $host;`), or trust the host that
/// it forwards (the `trust` feature).
///
/// Source: RFC 9110 §7.2, §15.5.20; RFC 9112 §3.2.
#[derive(Clone, Debug)]
pub struct CanonicalHost {
    /// The target for aliases and unknown hosts. `None` if only wildcards are listed.
    first: Option<Origin>,
    /// Whether each listed host is canonical, unless the list moves it to another one. If not, only
    /// `first` is canonical.
    each_is_canonical: bool,
    listed: HostList,
    unknown: UnknownHost,
    /// The scheme to which requests of a known other scheme are redirected.
    scheme: Option<HttpScheme>,
}

impl CanonicalHost {
    /// Redirects every other host to this one.
    ///
    /// Use it if only browsers send requests. A health check by IP address is redirected too.
    ///
    /// ```
    /// use tower_redirect::{policy::CanonicalHost, testing};
    ///
    /// let host = CanonicalHost::new("example.com")?;
    /// testing::get("/").header("host", "10.0.0.7").through(&host)
    ///     .assert_redirect("https://example.com/");
    /// # Ok::<(), tower_redirect::policy::CanonicalError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the text isn't a valid host. The error names the byte.
    pub fn new(host: &str) -> Result<Self, CanonicalError> {
        Ok(Self {
            first: Some(parse_host(host)?),
            each_is_canonical: false,
            listed: HostList::default(),
            unknown: UnknownHost::Redirect,
            scheme: None,
        })
    }

    /// Redirects the listed aliases to this host, and refuses all other hosts with 421.
    ///
    /// `*.example.com` is an alias for every host below `example.com`, but not for `example.com`
    /// itself.
    ///
    /// ```
    /// use http::StatusCode;
    /// use tower_redirect::{policy::CanonicalHost, testing};
    ///
    /// let host = CanonicalHost::with_aliases("www.example.com", ["example.com"])?;
    /// testing::get("/").header("host", "example.com").through(&host)
    ///     .assert_redirect("https://www.example.com/");
    /// testing::get("/").header("host", "10.0.0.7").through(&host)
    ///     .assert_refused(StatusCode::MISDIRECTED_REQUEST);
    /// # Ok::<(), tower_redirect::policy::CanonicalError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if a text isn't a valid host, or if the host is among its own aliases. The
    /// error names the text and the byte.
    pub fn with_aliases(
        host: &str,
        aliases: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Self, CanonicalError> {
        let listed = HostList::new(aliases)?;
        if listed.get_exact(parse_host(host)?.host()).is_some() {
            let message = "it is the canonical host itself; remove it from the aliases";
            return Err(CanonicalError::message("alias", host, message));
        }
        Ok(Self {
            listed,
            unknown: UnknownHost::Refuse,
            ..Self::new(host)?
        })
    }

    /// Accepts each of these hosts, and refuses all other hosts with 421.
    ///
    /// ```
    /// use http::StatusCode;
    /// use tower_redirect::{policy::CanonicalHost, testing};
    ///
    /// let hosts = CanonicalHost::one_of(["example.com", "*.example.com"])?;
    /// testing::get("/").header("host", "shop.example.com").through(&hosts).assert_pass();
    /// testing::get("/").header("host", "shop.example.com.").through(&hosts)
    ///     .assert_redirect("https://shop.example.com/");
    /// testing::get("/").header("host", "stranger.example").through(&hosts)
    ///     .assert_refused(StatusCode::MISDIRECTED_REQUEST);
    /// # Ok::<(), tower_redirect::policy::CanonicalError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if a text isn't a valid host, or if no host is listed. The error names the
    /// text and the byte.
    pub fn one_of(
        hosts: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Self, CanonicalError> {
        let hosts: Vec<_> = hosts.into_iter().collect();
        if hosts.is_empty() {
            return Err(CanonicalError::missing("hosts"));
        }
        let listed = HostList::new(&hosts)?;
        let mut texts = hosts.iter().map(AsRef::as_ref);
        let first = texts.find(|text| !text.starts_with("*."));
        Ok(Self {
            first: first.map(parse_host).transpose()?,
            each_is_canonical: true,
            listed,
            unknown: UnknownHost::Refuse,
            scheme: None,
        })
    }

    /// Redirects each alias to a canonical host of its own, and refuses all other hosts with 421.
    ///
    /// A pair is an alias and its canonical host. All canonical hosts pass. To list a host without
    /// an alias, pair it with itself. An alias may be a wildcard, as in
    /// [`with_aliases`](Self::with_aliases).
    ///
    /// ```
    /// use http::StatusCode;
    /// use tower_redirect::{policy::CanonicalHost, testing};
    ///
    /// let hosts = CanonicalHost::from_pairs([
    ///     ("www.example.com", "example.com"),
    ///     ("shop.example", "www.shop.example"),
    ///     ("api.example", "api.example"),
    /// ])?;
    ///
    /// let get = |host: &str| testing::get("/a").header("host", host).through(&hosts);
    /// get("www.example.com").assert_redirect("https://example.com/a");
    /// get("shop.example").assert_redirect("https://www.shop.example/a");
    /// for canonical in ["example.com", "www.shop.example", "api.example"] {
    ///     get(canonical).assert_pass();
    /// }
    /// get("stranger.example").assert_refused(StatusCode::MISDIRECTED_REQUEST);
    /// # Ok::<(), tower_redirect::policy::CanonicalError>(())
    /// ```
    ///
    /// [`UnknownHost::Redirect`] redirects other hosts to the first canonical host. To enforce
    /// https for each host, pass the value to [`Https::on`](super::Https::on) or
    /// [`Canonical::on`](super::Canonical::on).
    ///
    /// # Errors
    ///
    /// Returns an error if
    ///
    /// - a text isn't a valid host,
    /// - a canonical host is an alias of another one,
    /// - an alias or a canonical host is listed twice with different canonical hosts, schemes or
    ///   ports,
    /// - no pair is listed.
    pub fn from_pairs<A, C>(pairs: impl IntoIterator<Item = (A, C)>) -> Result<Self, CanonicalError>
    where
        A: AsRef<str>,
        C: AsRef<str>,
    {
        let pairs: Vec<_> = pairs.into_iter().collect();
        let mut listed = HostList::default();
        let mut first = None;
        for (_, canonical) in &pairs {
            listed.add(canonical.as_ref(), None)?;
            if first.is_none() {
                first = Some(parse_host(canonical.as_ref())?);
            }
        }
        if first.is_none() {
            return Err(CanonicalError::missing(
                "pairs of an alias and its canonical host",
            ));
        }
        for (alias, canonical) in &pairs {
            let canonical = parse_host(canonical.as_ref())?;
            let alias = alias.as_ref();
            if alias.starts_with("*.") {
                listed.add(alias, Some(&canonical))?;
                continue;
            }
            let own = parse_host(alias)?;
            let is_canonical = |other: &Listed| other.moved_to.is_none();
            if own.host() == canonical.host() {
                // The pair lists a canonical host without an alias.
                listed.add(alias, None)?;
            } else if listed.get_exact(own.host()).is_some_and(is_canonical) {
                let message = "it is the canonical host of another alias; pair that alias with the \
                               host at the end";
                return Err(CanonicalError::message("alias", alias, message));
            } else {
                listed.add(alias, Some(&canonical))?;
            }
        }
        Ok(Self {
            first,
            each_is_canonical: true,
            listed,
            unknown: UnknownHost::Refuse,
            scheme: None,
        })
    }

    /// Redirects to this scheme too, in the same redirect, if the scheme of the request is known.
    ///
    /// With [`one_of`](Self::one_of), the host stays. So one redirect leads to the same host on
    /// another scheme or port:
    ///
    /// ```
    /// use tower_redirect::{Policy, location::HttpScheme, testing};
    /// use tower_redirect::policy::{CanonicalHost, SchemeSource};
    ///
    /// let hosts = CanonicalHost::one_of(["example.com:8443", "*.example.com:8443"])?
    ///     .scheme(HttpScheme::Https);
    /// let plaintext = hosts.clone().scheme_from(SchemeSource::plaintext_listener());
    /// let encrypted = hosts.scheme_from(SchemeSource::tls_listener());
    ///
    /// let shop = |port: &str| testing::get("/a").header("host", &format!("shop.example.com{port}"));
    /// shop("").through(&plaintext).assert_redirect("https://shop.example.com:8443/a");
    /// shop(":8443").through(&plaintext).assert_redirect("https://shop.example.com:8443/a");
    /// shop("").through(&encrypted).assert_redirect("https://shop.example.com:8443/a");
    /// shop(":8443").through(&encrypted).assert_pass();
    /// # Ok::<(), tower_redirect::policy::CanonicalError>(())
    /// ```
    ///
    /// This doesn't **enforce** the scheme: a request that can't be redirected passes through. To
    /// refuse such requests over plaintext, use [`Https`](super::Https), which takes precedence.
    #[must_use]
    pub const fn scheme(mut self, scheme: HttpScheme) -> Self {
        self.scheme = Some(scheme);
        self
    }

    /// Sets what happens to requests for a host that isn't configured.
    ///
    /// ```
    /// use tower_redirect::{policy::{CanonicalHost, UnknownHost}, testing};
    ///
    /// let hosts = CanonicalHost::one_of(["example.com", "example.org"])?
    ///     .unknown_host(UnknownHost::Redirect)?;
    /// testing::get("/").header("host", "10.0.0.7").through(&hosts)
    ///     .assert_redirect("https://example.com/");
    /// # Ok::<(), tower_redirect::policy::CanonicalError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error for [`UnknownHost::Redirect`] if only wildcards (`*.example.com`) are
    /// listed. A wildcard isn't a host to redirect to.
    pub fn unknown_host(mut self, unknown: UnknownHost) -> Result<Self, CanonicalError> {
        if unknown == UnknownHost::Redirect && self.first.is_none() {
            return Err(CanonicalError::missing("hosts without `*.` to redirect to"));
        }
        self.unknown = unknown;
        Ok(self)
    }

    pub(super) const fn required_scheme(&self) -> Option<HttpScheme> {
        self.scheme
    }

    pub(super) const fn unknown(&self) -> UnknownHost {
        self.unknown
    }

    /// Returns the canonical host if there is exactly one.
    pub(super) fn only_host(&self) -> Option<&Origin> {
        self.first.as_ref().filter(|_| !self.each_is_canonical)
    }

    /// Returns the canonical host for a host of which exactly this name is configured, with the
    /// host as it is listed.
    ///
    /// A host below a wildcard may belong to another service, so it isn't among them.
    pub(super) fn get_own(&self, name: &str) -> Option<OwnHost<'_>> {
        let listed = self.listed.get_exact(name);
        let canonical = match (self.only_host(), listed) {
            (Some(canonical), _) => {
                (listed.is_some() || *canonical.host() == *name).then_some(canonical)
            }
            (None, Some(listed)) => Some(listed.moved_to.as_ref().unwrap_or(&listed.origin)),
            (None, None) => None,
        };
        canonical.map(|canonical| OwnHost {
            canonical,
            listed: listed.map(|listed| &listed.origin),
        })
    }

    /// Matches the requested host with the configured hosts.
    pub(super) fn match_host<'s>(&'s self, requested: &NormalizedHost<'_>) -> HostMatch<'s> {
        let canonical = self.only_host();
        if let Some(canonical) = canonical.filter(|host| *requested.name == *host.host()) {
            return HostMatch::Canonical(canonical);
        }
        match (self.listed.get(&requested.name), canonical, &self.first) {
            (Some(_), Some(canonical), _) => HostMatch::Alias(canonical),
            (Some(listed), None, _) => match &listed.moved_to {
                Some(canonical) => HostMatch::Alias(canonical),
                None => HostMatch::Listed(&listed.origin),
            },
            (None, _, Some(first)) if self.unknown == UnknownHost::Redirect => {
                HostMatch::RedirectedUnknown(first)
            }
            (None, ..) => HostMatch::Unknown,
        }
    }
}

/// A host of which exactly the name is configured.
pub(super) struct OwnHost<'s> {
    pub(super) canonical: &'s Origin,
    /// The host as it's listed. `None` if it's the only canonical host.
    pub(super) listed: Option<&'s Origin>,
}

/// What the requested host is among the configured hosts.
pub(super) enum HostMatch<'s> {
    /// The only canonical host.
    Canonical(&'s Origin),
    /// One of several canonical hosts. The requested name stays, because this may be a wildcard.
    Listed(&'s Origin),
    /// An alias, with the host it is redirected to.
    Alias(&'s Origin),
    /// An unknown host, with the host it is redirected to.
    RedirectedUnknown(&'s Origin),
    /// An unknown host that isn't redirected.
    Unknown,
}

impl Policy for CanonicalHost {
    type Target = Location;

    #[inline]
    fn decide(&self, request: &RequestHead<'_>) -> Decision<Location> {
        Normalizer::of_host(self).decide(request)
    }
}
