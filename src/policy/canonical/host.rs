use super::{
    CanonicalError, Normalizer,
    names::{Names, configured},
};
use crate::{
    location::{Location, Origin},
    policy::{Decision, Policy},
    request::{RequestHead, host::RequestHost},
};

/// The host that a site is known by, and what becomes of requests for others.
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
/// A host is written `example.com` or `example.com:8443`, and then reached by https, or with the scheme
/// that is meant: `http://localhost:3000`. It is sent as it is configured, in lower case, without the
/// port where it is the default one. Text of the request never reaches the location, but for names
/// below a configured `*.example.com`, which must have the grammar of a host: where each host stays
/// ([`one_of`](Self::one_of)), and in the first of two redirects
/// ([`same_host_first`](super::HttpsEnforcement::same_host_first)).
/// Punycode (`xn--…`) is below it only with feature `idn`, which reads it; else list such names one by one.
///
/// A request is read strictly. Two `Host` fields, a `Host` that differs from the target's authority
/// (`:authority` of HTTP/2), a user name or anything that is no host is refused with 400. Upper case is
/// the same host, and so is a default port; a dot at the end is an alias.
///
/// The scheme is left alone until [`Https`](super::Https) is asked for it: a redirect goes to the
/// scheme that is established, and where nobody has established one, to the configured one.
///
/// # Health checks and proxies
///
/// What asks by address (`Host: 10.0.0.7:8080`) asks for another host. Let it pass by its path,
/// `host.unless(|request| request.path() == "/health")`, or with
/// [`unknown_host(UnknownHost::Pass)`](Self::unknown_host). Behind a proxy that rewrites `Host`, every
/// request names the same wrong host and would be redirected for ever: let the proxy keep it
/// (`proxy_set_header Host $host;`) or believe what it says of it, with feature `trust`.
///
/// Source: RFC 9110 §7.2, §15.5.20; RFC 9112 §3.2.
#[derive(Clone, Debug)]
pub struct CanonicalHost {
    /// Where hosts go that have no place of their own; it may be that none is listed but by `*.`.
    first: Option<Origin>,
    /// Whether a host that is listed stays where it is.
    each_stays: bool,
    listed: Names,
    unknown: UnknownHost,
}

/// What becomes of a request for a host that is not listed.
///
/// ```
/// use tower_redirect::{policy::{CanonicalHost, UnknownHost}, testing};
///
/// let host = CanonicalHost::with_aliases("example.com", ["www.example.com"])?
///     .unknown_host(UnknownHost::Pass)?;
/// testing::get("/").header("host", "10.0.0.7").through(&host).assert_pass();
/// # Ok::<(), tower_redirect::policy::CanonicalError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnknownHost {
    /// It goes on to the app. Over plaintext, where [`Https`](super::Https) forbids that, it is refused.
    Pass,
    /// It is sent to the canonical host, or to the first of [several](CanonicalHost::one_of).
    Redirect,
    /// It is refused with 421 Misdirected Request.
    Refuse,
}

impl CanonicalHost {
    /// Every other host goes to this one.
    ///
    /// Take it where nothing but visitors arrives. A health check by address is redirected too.
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
    /// When the text is no host; the error names the byte.
    pub fn new(host: &str) -> Result<Self, CanonicalError> {
        Ok(Self {
            first: Some(configured(host)?),
            each_stays: false,
            listed: Names::default(),
            unknown: UnknownHost::Redirect,
        })
    }

    /// The listed hosts go to this one, and all others are refused with 421.
    ///
    /// `*.example.com` lists every name below `example.com`, but not that name itself.
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
    /// When a text is no host, and when the host is an alias of its own; the error names text and byte.
    pub fn with_aliases(
        host: &str,
        aliases: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Self, CanonicalError> {
        let listed = Names::new(aliases)?;
        if listed.has(configured(host)?.host()) {
            let why = "it is the host that aliases are sent to; leave it out of them";
            return Err(CanonicalError::sentence("alias", host, why));
        }
        Ok(Self {
            listed,
            unknown: UnknownHost::Refuse,
            ..Self::new(host)?
        })
    }

    /// Each of these hosts stays what it is, and all others are refused with 421.
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
    /// When a text is no host, or there is none; the error names text and byte.
    pub fn one_of(
        hosts: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Self, CanonicalError> {
        let hosts: Vec<_> = hosts.into_iter().collect();
        if hosts.is_empty() {
            return Err(CanonicalError::nothing("hosts"));
        }
        let listed = Names::new(&hosts)?;
        let mut texts = hosts.iter().map(AsRef::as_ref);
        let first = texts.find(|text| !text.starts_with("*."));
        Ok(Self {
            first: first.map(configured).transpose()?,
            each_stays: true,
            listed,
            unknown: UnknownHost::Refuse,
        })
    }

    /// Says what becomes of requests for a host that is not listed.
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
    /// When they are to be redirected, and nothing but `*.…` is listed: that names no host to go to.
    pub fn unknown_host(mut self, unknown: UnknownHost) -> Result<Self, CanonicalError> {
        if unknown == UnknownHost::Redirect && self.first.is_none() {
            return Err(CanonicalError::nothing("host to send others to"));
        }
        self.unknown = unknown;
        Ok(self)
    }

    pub(super) const fn unknown(&self) -> UnknownHost {
        self.unknown
    }

    /// Whether there is one host that every request may be sent to.
    pub(super) fn only_one(&self) -> Option<&Origin> {
        self.first.as_ref().filter(|_| !self.each_stays)
    }

    /// Whose host this is.
    pub(super) fn place<'s>(&'s self, asked: &RequestHost<'_>) -> Place<'s> {
        let canonical = self.only_one();
        if let Some(canonical) = canonical.filter(|host| *asked.name == *host.host()) {
            return Place::Canonical(canonical);
        }
        match (self.listed.get(&asked.name), canonical, &self.first) {
            (Some(_), Some(canonical), _) => Place::Alias(canonical),
            (Some(own), None, _) => Place::Listed(own),
            (None, _, Some(first)) if self.unknown == UnknownHost::Redirect => {
                Place::Stranger(first)
            }
            (None, ..) => Place::Unknown,
        }
    }
}

/// Whose host a request asks for.
pub(super) enum Place<'s> {
    /// The canonical one.
    Canonical(&'s Origin),
    /// One of several, which stays under the name that was asked for.
    Listed(&'s Origin),
    /// One that is listed, and is sent to another.
    Alias(&'s Origin),
    /// One that nobody has listed, and that is sent to the canonical one.
    Stranger(&'s Origin),
    Unknown,
}

impl Policy for CanonicalHost {
    type Target = Location;

    #[inline]
    fn decide(&self, request: &RequestHead<'_>) -> Decision<Location> {
        Normalizer::of_host(self).decide(request)
    }
}
