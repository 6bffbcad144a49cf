//! The address that a request asks for, beside the one it should ask for.

use http::Method;

use super::{
    CanonicalHost, HttpsEnforcement, UnknownHost, established::EstablishedRequest, host::Place,
    path::PathSteps,
};
use crate::{
    location::{HttpScheme, Location, Origin, PathForm, Site},
    policy::{Decision, Refusal},
    request::{RequestHead, host::RequestHost},
};

static NO_STEPS: PathSteps = PathSteps::none();

/// The steps that a policy takes, over one address.
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

    /// The request with the scheme established, where that can be.
    #[inline]
    pub(super) fn view<'a>(&self, request: &RequestHead<'a>) -> EstablishedRequest<'a> {
        match self.https {
            Some(https) => https.establish(request),
            None => EstablishedRequest::of(*request),
        }
    }

    #[inline]
    pub(super) fn decide(&self, request: &RequestHead<'_>) -> Decision<Location> {
        self.decide_on(&self.view(request))
    }

    /// What forbids plaintext, where this is plaintext.
    #[inline]
    fn enforcing(&self, head: &RequestHead<'_>) -> Option<&'p HttpsEnforcement> {
        self.https
            .filter(|_| head.scheme() == Some(HttpScheme::Http))
    }

    /// Whether this is plaintext that may come as it is: an exempt path, a challenge.
    pub(super) fn lets_through(&self, head: &RequestHead<'_>) -> bool {
        let may_come = self
            .enforcing(head)
            .is_some_and(|https| https.is_exempt(head));
        // Rules are asked about the address that follows; the one that came is not exempt by that (R11).
        if may_come && !head.is_original_target() {
            head.close();
        }
        may_come
    }

    pub(super) fn decide_on(&self, view: &EstablishedRequest<'_>) -> Decision<Location> {
        let head = &view.head;
        if self.lets_through(head) {
            return Decision::Pass;
        }
        let enforcing = self.enforcing(head);
        if let Some(https) = enforcing {
            head.close();
            if let Err(refusal) = https.admit(view) {
                return Decision::Refuse(refusal);
            }
        }
        if !names_a_path(head) {
            return self.without_path(head, enforcing.is_some());
        }
        // Steps on the path alone are none of the host's business.
        let asked = self
            .host
            .and_then(|_| head.authority())
            .map(RequestHost::read);
        let verdict = match (self.host, &asked) {
            (None, _) => HostVerdict::Here,
            (Some(host), Some(Some(asked))) => self.stand(host, asked, head, enforcing),
            (Some(_), Some(None)) => HostVerdict::refused("this is no host"),
            (Some(host), None) => self.without_host(host, head, enforcing.is_some()),
        };
        match verdict {
            HostVerdict::Here => self.respelled(None, head),
            HostVerdict::At(site) => self.respelled(Some(&site), head),
            HostVerdict::Nowhere => Decision::Pass,
            HostVerdict::Refused(refusal) => Decision::Refuse(refusal),
        }
    }

    /// The path in its canonical spelling, on this site or another.
    fn respelled(&self, site: Option<&Site<'_>>, head: &RequestHead<'_>) -> Decision<Location> {
        let uri = head.requested_uri();
        let path = uri.path();
        let spelling = match (self.path.respell(path), site) {
            (None, None) => return Decision::Pass,
            (None, Some(_)) => PathForm::as_received(path),
            (Some(spelling), _) => spelling,
        };
        match Location::assemble(site, &spelling, uri.query()) {
            Ok(location) => Decision::Redirect(head.annotate(location)),
            Err(_) if self.enforcing(head).is_some() => {
                refuse("plaintext, and no address to send it to")
            }
            Err(_) => Decision::Pass,
        }
    }

    /// A request for no path: `*`, an authority, or nothing that there is.
    #[cold]
    fn without_path(&self, head: &RequestHead<'_>, enforcing: bool) -> Decision<Location> {
        let is_legal = head.method() == Method::CONNECT
            || head.method() == Method::OPTIONS && head.requested_uri().path() == "*";
        match self.host {
            _ if enforcing => refuse("plaintext, and no path"),
            Some(_) if !is_legal => refuse("the request target is no path"),
            _ => Decision::Pass,
        }
    }

    /// Where a request for this host belongs.
    fn stand<'a>(
        &self,
        host: &'a CanonicalHost,
        asked: &'a RequestHost<'_>,
        head: &RequestHead<'_>,
        enforcing: Option<&HttpsEnforcement>,
    ) -> HostVerdict<'a> {
        let keeps_the_host = enforcing.is_some_and(HttpsEnforcement::keeps_the_host);
        let (name, origin) = match host.place(asked) {
            Place::Listed(origin) => (&*asked.name, origin),
            Place::Alias(origin) if keeps_the_host => (&*asked.name, origin),
            Place::Canonical(origin) | Place::Alias(origin) | Place::Stranger(origin) => {
                (origin.host(), origin)
            }
            Place::Unknown if enforcing.is_none() && host.unknown() == UnknownHost::Pass => {
                return HostVerdict::Nowhere;
            }
            Place::Unknown => return HostVerdict::Refused(Refusal::misdirected("an unknown host")),
        };
        let port = self.port(origin);
        let is_there =
            *name == *asked.name && !asked.dotted && asked.same_port(port, head.scheme());
        if is_there && enforcing.is_none() {
            return HostVerdict::Here;
        }
        let scheme = match (self.https, head.scheme()) {
            (Some(_), _) => HttpScheme::Https,
            (None, Some(scheme)) if port.is_none() => scheme,
            (None, _) => origin.scheme(),
        };
        HostVerdict::At(Site {
            scheme,
            host: name,
            port,
        })
    }

    /// Where a request belongs that names no host, or none that can be told.
    #[cold]
    fn without_host<'a>(
        &self,
        host: &'a CanonicalHost,
        head: &RequestHead<'_>,
        enforcing: bool,
    ) -> HostVerdict<'a> {
        if head.has_established_host() {
            return HostVerdict::refused("the host that a proxy tells is none");
        }
        if !head.names_no_host() {
            return HostVerdict::refused("more than one host, or a user name in it");
        }
        match host.only_one() {
            Some(origin) if enforcing => HostVerdict::At(Site {
                scheme: HttpScheme::Https,
                host: origin.host(),
                port: self.port(origin),
            }),
            _ if !enforcing && host.unknown() != UnknownHost::Refuse => HostVerdict::Here,
            _ => HostVerdict::refused("no host"),
        }
    }

    /// The port that is sent; the port of a host that is configured with `http://` is none of https.
    fn port(&self, origin: &Origin) -> Option<u16> {
        match self.https {
            None => origin.written_port(),
            Some(https) => https.configured_port().or(match origin.scheme() {
                HttpScheme::Https => origin.written_port(),
                HttpScheme::Http => None,
            }),
        }
    }

    /// A location of others on this site, with its path as it is spelled here.
    pub(super) fn in_our_spelling(&self, location: Location) -> Location {
        let is_ours = location.with_origin(|_, authority| self.is_ours(authority));
        if !is_ours.unwrap_or(true) {
            return location;
        }
        let spelled = location.with_path(|path| self.path.respell(path));
        spelled.unwrap_or(location)
    }

    /// Whether a host is one under which this site is known, and not another's or an alias.
    fn is_ours(&self, authority: &str) -> bool {
        let asked = RequestHost::read(authority);
        match (self.host, &asked) {
            (Some(host), Some(asked)) => {
                matches!(host.place(asked), Place::Canonical(_) | Place::Listed(_))
            }
            _ => false,
        }
    }
}

/// Where a request stands, as far as its host is concerned.
enum HostVerdict<'a> {
    /// On the site where it belongs.
    Here,
    /// Elsewhere; it belongs on this site.
    At(Site<'a>),
    /// On a site that is not ours, and is left alone.
    Nowhere,
    Refused(Refusal),
}

impl HostVerdict<'_> {
    const fn refused(reason: &'static str) -> Self {
        Self::Refused(Refusal::bad_request(reason))
    }
}

/// Whether the request names a path, in whichever form.
#[inline]
fn names_a_path(head: &RequestHead<'_>) -> bool {
    head.method() != Method::CONNECT && head.requested_uri().path().starts_with('/')
}

const fn refuse(reason: &'static str) -> Decision<Location> {
    Decision::Refuse(Refusal::bad_request(reason))
}
