//! The algorithm behind `Canonical`, `Https`, `CanonicalHost` and the policies for paths.
//!
//! For each request, [`Normalizer::decide`] does this:
//!
//! 1. It establishes the scheme, if https is enforced.
//! 2. It passes plaintext requests for exempt paths and ACME challenges.
//! 3. From here on, a plaintext request is redirected or refused. Its decision is
//!    [`enforce`](Decision::enforce), so the layer never passes it through (R11).
//! 4. It passes or refuses a target that isn't a path (R5).
//! 5. It matches the requested host with the configured hosts. The result is a [`HostVerdict`].
//! 6. It brings the path into canonical form.
//! 7. If the scheme, the host, the port or the path changed, it redirects with the received query.
//!
//! For example, with the host `example.com`, enforced https and all steps on paths:
//!
//! ```text
//! http://www.example.com:80//Docs/?Page=2      the request, over plaintext
//! scheme   http is plaintext                   https
//! host     www.example.com is unknown          example.com
//! path     //Docs/                             /docs
//! https://example.com/docs?Page=2              the location
//! ```
//!
//! The policy passes for a request to the location, so it never loops (R9). There is one exception:
//! with `same_host_first`, the first redirect keeps the host, and a second one changes it.

use http::Method;

use super::{
    CanonicalHost, HttpsEnforcement, UnknownHost, established::EstablishedRequest, host::HostMatch,
    path::PathSteps,
};
use crate::{
    location::{HttpScheme, Location, LocationError, Origin, PathForm, Site},
    policy::{Decision, Refusal},
    request::{RequestHead, host::NormalizedHost},
};

static NO_STEPS: PathSteps = PathSteps::none();

/// The configured steps of one policy.
#[derive(Clone, Copy)]
pub(super) struct Normalizer<'p> {
    pub(super) host: Option<&'p CanonicalHost>,
    pub(super) https: Option<&'p HttpsEnforcement>,
    pub(super) path: &'p PathSteps,
}

impl<'p> Normalizer<'p> {
    pub(super) const fn of_path(path: &'p PathSteps) -> Self {
        Self {
            host: None,
            https: None,
            path,
        }
    }

    pub(super) const fn of_host(host: &'p CanonicalHost) -> Self {
        Self {
            host: Some(host),
            https: None,
            path: &NO_STEPS,
        }
    }

    pub(super) const fn of_https(host: &'p CanonicalHost, https: &'p HttpsEnforcement) -> Self {
        Self {
            host: Some(host),
            https: Some(https),
            path: &NO_STEPS,
        }
    }

    /// Returns the request with its scheme, if https is enforced.
    #[inline]
    pub(super) fn establish<'a>(&self, request: &RequestHead<'a>) -> EstablishedRequest<'a> {
        match self.https {
            Some(https) => https.establish(request),
            None => EstablishedRequest::of(*request),
        }
    }

    #[inline]
    pub(super) fn decide(&self, request: &RequestHead<'_>) -> Decision<Location> {
        let request = self.establish(request);
        let decision = self.decide_established(&request);
        below_prefix(decision, &request.head).seen_in(&request.head)
    }

    /// Returns the enforcement if this request is plaintext.
    #[inline]
    fn enforcing(&self, head: &RequestHead<'_>) -> Option<&'p HttpsEnforcement> {
        self.https
            .filter(|_| head.scheme() == Some(HttpScheme::Http))
    }

    /// Whether this is a plaintext request that passes: an exempt path or an ACME challenge.
    pub(super) fn passes_plaintext(&self, head: &RequestHead<'_>) -> bool {
        // `then` applies rules to the canonical URL. If that path is exempt, the received path
        // still isn't (R11).
        head.is_original_target()
            && self
                .enforcing(head)
                .is_some_and(|https| https.is_exempt(head))
    }

    pub(super) fn decide_established(
        &self,
        request: &EstablishedRequest<'_>,
    ) -> Decision<Location> {
        let head = &request.head;
        if self.passes_plaintext(head) {
            return Decision::pass();
        }
        let enforcing = self.enforcing(head);
        if let Some(https) = enforcing {
            if let Err(refusal) = https.admit(request) {
                return Decision::refuse(refusal);
            }
        }
        if !names_a_path(head) {
            return self.without_path(head, enforcing.is_some());
        }
        // The policies for paths don't read the host, so they accept any.
        let requested = self
            .host
            .and_then(|_| head.authority())
            .map(NormalizedHost::read);
        let verdict = match (self.host, &requested) {
            (None, _) => HostVerdict::Canonical,
            (Some(host), Some(Some(requested))) => {
                self.judge_host(host, requested, head, enforcing)
            }
            (Some(_), Some(None)) => HostVerdict::Refused(Refusal::INVALID_HOST),
            (Some(host), None) => self.without_host(host, head, enforcing.is_some()),
        };
        match verdict {
            HostVerdict::Canonical => self.normalize_path(None, head),
            HostVerdict::MoveTo(site) => self.normalize_path(Some(&site), head),
            HostVerdict::PassThrough => Decision::pass(),
            HostVerdict::Refused(refusal) => Decision::refuse(refusal),
        }
    }

    /// Brings the path into canonical form, and redirects if the site or the path changes.
    fn normalize_path(
        &self,
        site: Option<&Site<'_>>,
        head: &RequestHead<'_>,
    ) -> Decision<Location> {
        let uri = head.requested_uri();
        let path = uri.path();
        let enforcing = self.enforcing(head).is_some();
        let form = match (self.path.normalize(path), site) {
            (None, None) => return Decision::pass(),
            (None, Some(_)) => PathForm::as_received(path),
            (Some(form), _) => form,
        };
        match Location::assemble(site, &form, uri.query()) {
            Ok(location) if enforcing => Decision::enforce(location),
            Ok(location) => Decision::redirect(location),
            Err(_) if enforcing => Decision::refuse(Refusal::PLAINTEXT_WITHOUT_LOCATION),
            Err(_) => Decision::pass(),
        }
    }

    /// Decides about a target that isn't a path: `*`, an authority, or nothing valid.
    #[cold]
    fn without_path(&self, head: &RequestHead<'_>, enforcing: bool) -> Decision<Location> {
        let is_legal = head.method() == Method::CONNECT
            || head.method() == Method::OPTIONS && head.requested_uri().path() == "*";
        match self.host {
            _ if enforcing => Decision::refuse(Refusal::PLAINTEXT_NOT_A_PATH),
            Some(_) if !is_legal => Decision::refuse(Refusal::NOT_A_PATH),
            _ => Decision::pass(),
        }
    }

    /// Decides whether a request for this host is canonical, moves, passes, or is refused.
    fn judge_host<'a>(
        &self,
        host: &'a CanonicalHost,
        requested: &'a NormalizedHost<'_>,
        head: &RequestHead<'_>,
        enforcing: Option<&HttpsEnforcement>,
    ) -> HostVerdict<'a> {
        let keeps_host_first = enforcing.is_some_and(HttpsEnforcement::keeps_host_first);
        let (name, origin) = match host.match_host(requested) {
            HostMatch::Listed(origin) => (&*requested.name, origin),
            HostMatch::Alias(origin) if keeps_host_first => (&*requested.name, origin),
            HostMatch::Canonical(origin)
            | HostMatch::Alias(origin)
            | HostMatch::RedirectedUnknown(origin) => (origin.host(), origin),
            HostMatch::Unknown if self.passes_unknown(host, enforcing) => {
                return HostVerdict::PassThrough;
            }
            HostMatch::Unknown => {
                return HostVerdict::Refused(Refusal::UNKNOWN_HOST);
            }
        };
        let port = self.port(origin);
        let is_canonical = *name == *requested.name
            && !requested.dotted
            && requested.same_port(port, head.scheme())
            && (self.https.is_some() || has_scheme(head, host.required_scheme()));
        if is_canonical && enforcing.is_none() {
            return HostVerdict::Canonical;
        }
        HostVerdict::MoveTo(Site {
            scheme: self.scheme(origin, head.scheme()),
            host: name,
            port,
        })
    }

    /// Returns `true` if a request for an unknown host passes through.
    fn passes_unknown(&self, host: &CanonicalHost, enforcing: Option<&HttpsEnforcement>) -> bool {
        self.https
            .is_some_and(HttpsEnforcement::passes_unknown_hosts)
            || enforcing.is_none() && host.unknown() == UnknownHost::Pass
    }

    /// Decides about a request without a host, or with conflicting hosts.
    #[cold]
    fn without_host<'a>(
        &self,
        host: &'a CanonicalHost,
        head: &RequestHead<'_>,
        enforcing: bool,
    ) -> HostVerdict<'a> {
        if head.has_established_host() {
            return HostVerdict::Refused(Refusal::INVALID_FORWARDED_HOST);
        }
        if !head.names_no_host() {
            return HostVerdict::Refused(Refusal::CONFLICTING_HOSTS);
        }
        match host.only_host() {
            Some(origin) if enforcing => HostVerdict::MoveTo(Site {
                scheme: HttpScheme::Https,
                host: origin.host(),
                port: self.port(origin),
            }),
            _ if !enforcing && host.unknown() != UnknownHost::Refuse => HostVerdict::Canonical,
            _ => HostVerdict::Refused(Refusal::NO_HOST),
        }
    }

    /// Returns the port for the location. The port of a host that is configured with `http://`
    /// isn't used for https.
    fn port(&self, origin: &Origin) -> Option<u16> {
        match self.https {
            None => origin.written_port(),
            Some(https) => https.configured_port().or(match origin.scheme() {
                HttpScheme::Https => origin.written_port(),
                HttpScheme::Http => None,
            }),
        }
    }

    /// Returns the scheme for the location. `known` is the scheme of the request, if it's known.
    fn scheme(&self, origin: &Origin, known: Option<HttpScheme>) -> HttpScheme {
        let required = self.host.and_then(CanonicalHost::required_scheme);
        match (self.https, required, known) {
            (Some(_), ..) => HttpScheme::Https,
            (None, Some(required), _) => required,
            (None, None, Some(scheme)) if self.port(origin).is_none() => scheme,
            (None, None, _) => origin.scheme(),
        }
    }

    /// Brings the target of a rule into canonical form if it's on this site.
    ///
    /// `base` is the canonical URL, if the client hasn't requested it. A target without an origin
    /// is then on its site. An unchecked location stays as it's written.
    pub(super) fn normalize_target(
        &self,
        target: &Location,
        base: Option<&Location>,
        head: &RequestHead<'_>,
    ) -> Result<Location, LocationError> {
        let location = match base {
            Some(base) => target.on_site_of(base)?,
            None => target.clone(),
        };
        if !target.is_checked() {
            return Ok(location);
        }
        let location = match target.written_origin() {
            None => location,
            Some((scheme, authority)) => {
                let Some(requested) = NormalizedHost::read(authority) else {
                    return Ok(location);
                };
                let Some(site) = self.own_site(scheme, &requested, base, head) else {
                    return Ok(location);
                };
                location.moved_to(&site)?
            }
        };
        let normalized = location.with_path(|path| self.path.normalize(path));
        Ok(normalized.unwrap_or(location))
    }

    /// Returns where a request for this host goes, if it's one of our own hosts.
    ///
    /// Another port than the default and the configured one is another service.
    fn own_site<'a>(
        &'a self,
        scheme: HttpScheme,
        target: &NormalizedHost<'_>,
        base: Option<&'a Location>,
        head: &RequestHead<'_>,
    ) -> Option<Site<'a>> {
        let own = self.host?.get_own(&target.name)?;
        let port = self.port(own.canonical);
        let is_own_port = target.port.is_none()
            || target.port == port
            || target.port == own.canonical.written_port()
            || target.port == own.listed.and_then(Origin::written_port);
        if !is_own_port {
            return None;
        }
        // https is never taken back. http stays http only if the request is known to use it too.
        let known = match scheme {
            HttpScheme::Https => Some(HttpScheme::Https),
            HttpScheme::Http => head.scheme(),
        };
        Some(Site {
            scheme: self.scheme(own.canonical, known),
            host: self
                .first_host(own.canonical, base, head)
                .unwrap_or(own.canonical.host()),
            port,
        })
    }

    /// Returns the alias that the client visits over https before it goes to the canonical host.
    fn first_host<'a>(
        &self,
        canonical: &Origin,
        base: Option<&'a Location>,
        head: &RequestHead<'_>,
    ) -> Option<&'a str> {
        self.enforcing(head)
            .filter(|https| https.keeps_host_first())?;
        let (_, authority) = base?.written_origin()?;
        let requested = NormalizedHost::read(authority)?;
        match self.host?.match_host(&requested) {
            HostMatch::Alias(origin) if origin == canonical => {
                authority.get(..requested.name.len())
            }
            _ => None,
        }
    }
}

/// What the policy does with a request because of its host.
enum HostVerdict<'a> {
    /// The request is for the canonical site.
    Canonical,
    /// The request moves to this site.
    MoveTo(Site<'a>),
    /// The host is unknown, and the request passes through.
    PassThrough,
    Refused(Refusal),
}

/// Adds the prefix that a proxy has stripped to the canonical URL of a request.
#[inline]
pub(super) fn below_prefix(
    decision: Decision<Location>,
    head: &RequestHead<'_>,
) -> Decision<Location> {
    match head.stripped_prefix() {
        None => decision,
        Some(prefix) => decision
            .map(|location| location.below(prefix))
            .transpose()
            .with_prefix(),
    }
}

/// Returns `true` if the request has this scheme, as far as that is known.
fn has_scheme(head: &RequestHead<'_>, required: Option<HttpScheme>) -> bool {
    match (head.scheme(), required) {
        (Some(scheme), Some(required)) => scheme == required,
        _ => true,
    }
}

/// Whether the target has a path, in origin form or absolute form.
#[inline]
fn names_a_path(head: &RequestHead<'_>) -> bool {
    head.method() != Method::CONNECT && head.requested_uri().path().starts_with('/')
}
