//! The address that a request asks for, beside the one it should ask for.

use http::Method;

use super::{CanonicalHost, Plaintext, UnknownHost, host::Place, names::Asked, path::PathSteps};
use crate::{
    Decision, Location, Origin, Refusal, RequestHead, Scheme,
    location::{Site, Spelling},
};

static NO_STEPS: PathSteps = PathSteps::none();

/// The steps that a policy takes, over one address.
#[derive(Clone, Copy)]
pub(super) struct Parts<'p> {
    pub(super) host: Option<&'p CanonicalHost>,
    pub(super) plaintext: Option<&'p Plaintext>,
    pub(super) path: &'p PathSteps,
}

impl<'p> Parts<'p> {
    pub(super) const fn of_path(path: &'p PathSteps) -> Self {
        Self {
            host: None,
            plaintext: None,
            path,
        }
    }

    pub(super) const fn of_host(host: &'p CanonicalHost) -> Self {
        Self {
            host: Some(host),
            plaintext: None,
            path: &NO_STEPS,
        }
    }

    pub(super) const fn of_https(host: &'p CanonicalHost, plaintext: &'p Plaintext) -> Self {
        Self {
            host: Some(host),
            plaintext: Some(plaintext),
            path: &NO_STEPS,
        }
    }

    /// The head with the scheme established, where that can be.
    #[inline]
    pub(super) fn view<'a>(&self, request: &RequestHead<'a>) -> RequestHead<'a> {
        self.plaintext
            .map_or(*request, |plaintext| plaintext.view(request))
    }

    #[inline]
    pub(super) fn decide(&self, request: &RequestHead<'_>) -> Decision<Location> {
        self.decide_on_view(&self.view(request))
    }

    pub(super) fn decide_on_view(&self, head: &RequestHead<'_>) -> Decision<Location> {
        let enforcing = self
            .plaintext
            .filter(|_| head.scheme() == Some(Scheme::Http));
        if let Some(plaintext) = enforcing {
            if plaintext.lets_through(head) {
                return Decision::Pass;
            }
            if plaintext.refuses_method(head.method()) {
                return Decision::Refuse(Refusal::forbidden("an unsafe method over plaintext"));
            }
        }
        let uri = head.asked_uri();
        let path = uri.path();
        let is_connect = head.method() == Method::CONNECT;
        if is_connect || !path.starts_with('/') {
            let is_legal = is_connect || head.method() == Method::OPTIONS && path == "*";
            return match (enforcing, self.host) {
                (Some(_), _) => Decision::Refuse(Refusal::bad_request("plaintext, and no path")),
                (None, Some(_)) if !is_legal => {
                    Decision::Refuse(Refusal::bad_request("the request target is no path"))
                }
                (None, _) => Decision::Pass,
            };
        }

        let asked;
        let site = match self.host {
            None => None,
            Some(host) => match head.authority() {
                Some(authority) => {
                    let Some(read) = Asked::read(authority) else {
                        return Decision::Refuse(Refusal::bad_request("this is no host"));
                    };
                    asked = read;
                    match self.place(host, &asked, head, enforcing) {
                        Decision::Pass => return Decision::Pass,
                        Decision::Refuse(refusal) => return Decision::Refuse(refusal),
                        Decision::Redirect(site) => site,
                    }
                }
                None => match self.without_host(host, head, enforcing) {
                    Ok(site) => site,
                    Err(refusal) => return Decision::Refuse(refusal),
                },
            },
        };
        let spelling = match (self.path.respell(path), &site) {
            (None, None) => return Decision::Pass,
            (None, Some(_)) => Spelling::as_received(path),
            (Some(spelling), _) => spelling,
        };
        let moves = site.is_some();
        match Location::assemble(site.as_ref(), &spelling, uri.query()) {
            Ok(location) => Decision::Redirect(known(location, head, moves, enforcing.is_some())),
            Err(_) if enforcing.is_some() => Decision::Refuse(Refusal::bad_request(
                "plaintext, and no address to send it to",
            )),
            Err(_) => Decision::Pass,
        }
    }

    /// Where a request for this host belongs, `None` where it is; a pass ends the matter.
    fn place<'a>(
        &self,
        host: &'a CanonicalHost,
        asked: &'a Asked<'_>,
        head: &RequestHead<'_>,
        enforcing: Option<&Plaintext>,
    ) -> Decision<Option<Site<'a>>> {
        let keeps_the_host = enforcing.is_some_and(Plaintext::keeps_the_host);
        let (name, origin) = match host.place(asked) {
            Place::Listed(origin) => (&*asked.name, origin),
            Place::Alias(origin) if keeps_the_host => (&*asked.name, origin),
            Place::Canonical(origin) | Place::Alias(origin) | Place::Stranger(origin) => {
                (origin.host(), origin)
            }
            Place::Unknown if enforcing.is_none() && host.unknown() == UnknownHost::Pass => {
                return Decision::Pass;
            }
            Place::Unknown => {
                return Decision::Refuse(Refusal::misdirected("an unknown host"));
            }
        };
        let port = self.port(origin);
        let is_there = *name == *asked.name && !asked.dotted && asked.has_port(port, head.scheme());
        if is_there && enforcing.is_none() {
            return Decision::Redirect(None);
        }
        let scheme = match (self.plaintext, head.scheme()) {
            (Some(_), _) => Scheme::Https,
            (None, Some(scheme)) if port.is_none() => scheme,
            (None, _) => origin.scheme(),
        };
        Decision::Redirect(Some(Site {
            scheme,
            host: name,
            port,
        }))
    }

    /// The port that is sent; the port of a host that is configured with `http://` is none of https.
    fn port(&self, origin: &Origin) -> Option<u16> {
        match self.plaintext {
            None => origin.written_port(),
            Some(plaintext) => plaintext.port().or(match origin.scheme() {
                Scheme::Https => origin.written_port(),
                Scheme::Http => None,
            }),
        }
    }

    /// Where a request belongs that names no host, or none that can be told.
    #[cold]
    fn without_host<'a>(
        &self,
        host: &'a CanonicalHost,
        head: &RequestHead<'_>,
        enforcing: Option<&Plaintext>,
    ) -> Result<Option<Site<'a>>, Refusal> {
        if !head.names_no_host() {
            return Err(Refusal::bad_request(
                "more than one host, or a user name in it",
            ));
        }
        match (enforcing, host.only_one()) {
            (Some(_), Some(origin)) => Ok(Some(Site {
                scheme: Scheme::Https,
                host: origin.host(),
                port: self.port(origin),
            })),
            (None, _) if host.unknown() != UnknownHost::Refuse => Ok(None),
            _ => Err(Refusal::bad_request("no host")),
        }
    }
}

/// What the policy knows of the request and the guard does not.
fn known(mut location: Location, head: &RequestHead<'_>, moves: bool, enforces: bool) -> Location {
    if moves {
        if let Some(scheme) = head.scheme() {
            location = location.asked_over(scheme);
        }
        if head.is_told_another_host() {
            location = location.leaving_the_asked_host();
        }
    }
    if enforces {
        location = location.failing_closed();
    }
    location
}
