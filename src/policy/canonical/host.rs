//! The canonical host, and how the requested host is matched with it.

use std::{fmt, str::FromStr};

use super::{
    CanonicalError, Normalizer,
    host_list::{HostList, parse_host},
};
use crate::{
    location::{Location, Origin},
    policy::{Decision, Policy},
    request::{RequestHead, host::RequestHost},
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
    /// Whether every listed host is canonical, so none is an alias.
    each_is_canonical: bool,
    listed: HostList,
    unknown: UnknownHost,
}

/// What happens to a request for a host that isn't configured.
///
/// ```
/// use tower_redirect::{policy::{CanonicalHost, UnknownHost}, testing};
///
/// let host = CanonicalHost::with_aliases("example.com", ["www.example.com"])?
///     .unknown_host(UnknownHost::Pass)?;
/// testing::get("/").header("host", "10.0.0.7").through(&host).assert_pass();
/// # Ok::<(), tower_redirect::policy::CanonicalError>(())
/// ```
///
/// `Display` and `FromStr` use `pass`, `redirect` and `refuse`:
///
/// ```
/// use tower_redirect::policy::UnknownHost;
///
/// assert_eq!("refuse".parse(), Ok(UnknownHost::Refuse));
/// assert_eq!(UnknownHost::Pass.to_string(), "pass");
///
/// let error = "reject".parse::<UnknownHost>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "invalid unknown-host setting `reject`: use `pass`, `redirect` or `refuse`",
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnknownHost {
    /// The request passes through to the app. If [`Https`](super::Https) enforces https, a
    /// plaintext request is refused with 421 instead.
    Pass,
    /// The client is redirected to the canonical host, or to the first of
    /// [several](CanonicalHost::one_of).
    Redirect,
    /// The request is refused with 421 Misdirected Request.
    Refuse,
}

impl UnknownHost {
    const ALL: [Self; 3] = [Self::Pass, Self::Redirect, Self::Refuse];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Redirect => "redirect",
            Self::Refuse => "refuse",
        }
    }
}

impl fmt::Display for UnknownHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for UnknownHost {
    type Err = CanonicalError;

    fn from_str(text: &str) -> Result<Self, CanonicalError> {
        let message = "use `pass`, `redirect` or `refuse`";
        Self::ALL
            .into_iter()
            .find(|unknown| unknown.as_str() == text)
            .ok_or_else(|| CanonicalError::message("unknown-host setting", text, message))
    }
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
        })
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
        let canonical = match self.only_host() {
            Some(canonical) => {
                (listed.is_some() || *canonical.host() == *name).then_some(canonical)
            }
            None => listed,
        };
        canonical.map(|canonical| OwnHost { canonical, listed })
    }

    /// Matches the requested host with the configured hosts.
    pub(super) fn match_host<'s>(&'s self, requested: &RequestHost<'_>) -> HostMatch<'s> {
        let canonical = self.only_host();
        if let Some(canonical) = canonical.filter(|host| *requested.name == *host.host()) {
            return HostMatch::Canonical(canonical);
        }
        match (self.listed.get(&requested.name), canonical, &self.first) {
            (Some(_), Some(canonical), _) => HostMatch::Alias(canonical),
            (Some(own), None, _) => HostMatch::Listed(own),
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
