//! Which redirects are never sent, whatever a policy answers (R1, R5, R9, R10, R12).
//!
//! The policy is asked first; what it says is turned into a pass here, and nowhere else.

use http::{HeaderMap, Method, Version, header};

use crate::{
    location::{HttpScheme, Location, may_request},
    redirect::{DisabledExemptions, Exemption, Redirect, Refusal, Suppressed, Timing},
    request::{RequestHead, host::RequestHost},
    status::Status,
};

/// What becomes of a redirect.
pub(crate) enum Verdict {
    Send(Status),
    Pass(Suppressed),
    /// It cannot be sent, and the request must not be passed on (R11).
    Refuse(Suppressed, Refusal),
}

/// Whether this redirect is sent in answer to this request, with which status, and what happens if not.
pub(crate) fn judge(
    request: &RequestHead<'_>,
    redirect: &Redirect,
    disabled: DisabledExemptions,
) -> Verdict {
    match admit(request, redirect, disabled) {
        Ok(status) => Verdict::Send(status),
        Err(reason) if request.is_closed() => Verdict::Refuse(reason, CLOSED),
        Err(reason) => Verdict::Pass(reason),
    }
}

/// What becomes of plaintext that must not be passed on, where no redirect of it can be sent.
pub(crate) const CLOSED: Refusal =
    Refusal::bad_request("plaintext, and a redirect to https cannot be sent");

/// When this redirect is sent: where the request must not be passed on, none waits for an answer.
#[inline]
pub(crate) fn timing<'r>(request: &RequestHead<'_>, redirect: &'r Redirect) -> &'r Timing {
    if request.is_closed() {
        &Timing::Before
    } else {
        &redirect.timing
    }
}

/// The status with which this redirect is sent in answer to this request, or why it is not.
fn admit(
    request: &RequestHead<'_>,
    redirect: &Redirect,
    disabled: DisabledExemptions,
) -> Result<Status, Suppressed> {
    if let Timing::After(condition) = timing(request, redirect) {
        if !condition.applies_to(request.method()) {
            return Err(Suppressed::OtherMethods);
        }
    }
    if let Some(exemption) = exemption(request, disabled) {
        return Err(Suppressed::Exempt(exemption));
    }
    if !redirect.location.is_sendable() {
        return Err(Suppressed::Unsendable);
    }
    let status = redirect.status(request.method(), request.version());
    if is_self_target(request, &redirect.location, status) {
        return Err(Suppressed::SelfTarget);
    }
    Ok(status)
}

/// The first exemption that applies and is not disabled.
fn exemption(request: &RequestHead<'_>, disabled: DisabledExemptions) -> Option<Exemption> {
    let method = request.method();
    let by_method = if method == Method::GET {
        (request.headers().contains_key(header::UPGRADE) && is_websocket(request.headers()))
            .then_some(Exemption::WebSocket)
    } else if method == Method::CONNECT {
        Some(Exemption::Connect)
    } else if method == Method::OPTIONS {
        is_preflight(request.headers()).then_some(Exemption::Preflight)
    } else {
        None
    };
    // CONNECT names no path, so that its own switch has to be enough.
    let by_target = (!request.has_path() && method != Method::CONNECT).then_some(Exemption::NoPath);
    by_method
        .filter(|&exemption| !disabled.has(exemption))
        .or(by_target.filter(|&exemption| !disabled.has(exemption)))
}

#[cold]
fn is_preflight(headers: &HeaderMap) -> bool {
    headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

#[cold]
fn is_websocket(headers: &HeaderMap) -> bool {
    headers.get_all(header::UPGRADE).iter().any(|line| {
        line.as_bytes()
            .split(|&byte| byte == b',')
            .any(|protocol| protocol.trim_ascii().eq_ignore_ascii_case(b"websocket"))
    })
}

/// Whether the location is the address that was asked for, so that sending it would loop (R9).
fn is_self_target(request: &RequestHead<'_>, location: &Location, status: Status) -> bool {
    let becomes_get = request.method() != Method::GET && request.method() != Method::HEAD;
    if status == Status::SeeOther && becomes_get {
        return false;
    }
    // A router that nests has shortened the target; the client asked for the whole one.
    let asked = request.requested_path_and_query();
    leads_to(location, &asked) && is_on_the_asked_host(request, location)
}

/// Whether the location is on the host that was asked, as far as that is known.
#[cold]
fn is_on_the_asked_host(request: &RequestHead<'_>, location: &Location) -> bool {
    let asks_again = |scheme, authority: &str| asks_again(request, location, scheme, authority);
    location.with_origin(asks_again).unwrap_or(true)
}

/// The same of one with an origin.
fn asks_again(
    request: &RequestHead<'_>,
    location: &Location,
    target_scheme: HttpScheme,
    target: &str,
) -> bool {
    // What must not be passed on is plaintext.
    let closed = request.is_closed().then_some(HttpScheme::Http);
    let scheme = location.request_scheme().or(closed);
    if scheme.is_some_and(|scheme| scheme != target_scheme) {
        return false;
    }
    if let Some(stays) = location.is_on_requested_host() {
        return stays;
    }
    let asked = match request.requested_authority() {
        // Without a `Host` no redirect changes what is asked for; since HTTP/1.1 there is one.
        None => return request.version() < Version::HTTP_11,
        Some("") => return true,
        Some(authority) => authority,
    };
    // A port may be left out behind its colon (RFC 3986 §3.2.3).
    RequestHost::read(asked.strip_suffix(':').unwrap_or(asked))
        .is_some_and(|asked| asked.is_same_host(target, scheme))
}

/// Whether path and query are those that were asked for, as the client resolves them.
#[inline]
fn leads_to(location: &Location, asked: &str) -> bool {
    match location.plain_path() {
        Some(path) => {
            path == asked.as_bytes()
                || location.may_be_rewritten() && may_request(path, asked.as_bytes())
        }
        None => {
            // A client that asks with dot segments resolves none, and would ask the same again.
            location.written_path() == asked.as_bytes()
                || may_request(location.resolved(asked).1.as_bytes(), asked.as_bytes())
        }
    }
}
