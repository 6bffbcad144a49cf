//! Which redirects are never sent, whatever the policy decides.
//!
//! [`judge`] turns each redirect that a policy returns into a [`Verdict`]. It applies these rules
//! in order, and the first that holds suppresses the redirect:
//!
//! 1. **No response to this method can meet the condition.** `after_success` waits for the success
//!    of an unsafe method, and this request has a safe one. That isn't a failure, so it isn't
//!    logged or counted.
//! 2. **The request is exempt** (R5, R12). Its client can't follow a redirect, or it names no path
//!    to redirect. Each [`Exemption`] can be switched off:
//!    - a WebSocket handshake: GET with `websocket` in `Upgrade`,
//!    - CONNECT,
//!    - a CORS preflight: OPTIONS with `Origin` and `Access-Control-Request-Method`,
//!    - a request target that isn't a path, for example `OPTIONS *`.
//! 3. **The `Location` fails the output check** (R1, R10). Every finished location is checked once
//!    more, right before it is sent.
//! 4. **The location is the requested URL** (R9). The client would send the same request again, and
//!    loop.
//!
//! A suppressed redirect lets the request through to the inner service. An enforced redirect
//! doesn't (R11): the request is refused. An enforced redirect also never waits
//! for a response, so rule 1 doesn't apply to it.
//!
//! # When is a location the requested URL?
//!
//! If some clients turn the location into the requested URL, it counts as the requested URL.
//!
//! - **Method.** A 303 turns every method except GET and HEAD into GET. That is a different
//!   request, so a POST may be redirected to its own URL.
//! - **Path and query** are equal byte for byte, or after the percent-encoding that clients are
//!   known to apply. A relative location is resolved first. Inside `nest` of an axum router, the
//!   requested path is the whole one, if the `axum` feature is enabled. If a trusted proxy strips a
//!   prefix, the requested path has that prefix.
//! - **Scheme.** If the scheme of the request is known, a location on another scheme isn't the
//!   requested URL.
//! - **Host.** The names are compared without case. A final dot in the location is ignored, because
//!   some clients drop it. A default port counts as no port. A location without an origin is always
//!   on the requested host.
//!
//! | request | location | sent? |
//! |---|---|---|
//! | `GET /a`, `Host: shop.example` | `/b` | yes |
//! | `GET /a`, `Host: shop.example` | `/a#top` | no: a fragment isn't sent |
//! | `GET /a`, `Host: Shop.example:80` | `http://shop.example/a` | no |
//! | `GET /a`, `Host: shop.example` | `https://www.shop.example/a` | yes: another host |
//! | `GET /%7Ea` | `/~a` | yes: the canonical form of the path |
//! | `GET /~a` | `/%7Ea` | no: some clients request `/~a` for it |
//! | `POST /a` | `/a` with 303 | yes: the next request is `GET /a` |
//! | `POST /a` | `/a` with 307 | no |

use http::{HeaderMap, Method, Version, header};

use crate::{
    location::{HttpScheme, may_request},
    redirect::{DisabledExemptions, Exemption, Redirect, Refusal, Suppressed, Timing},
    request::{EstablishedFacts, RequestHead, host::NormalizedHost},
    status::Status,
};

/// What happens to a request after the policy has decided.
pub(crate) enum Verdict {
    /// The request passes through, perhaps because its redirect can't be sent.
    Pass(Option<Unsent>),
    Send(Proposed, Status),
    /// The request is refused, perhaps because its redirect can't be sent (R11).
    Refuse(Refusal, Option<Unsent>),
}

/// A redirect that a policy has decided, and what the policy knew about the request.
pub(crate) struct Proposed {
    pub(crate) redirect: Redirect,
    /// Whether the request must not reach the inner service (R11).
    pub(crate) is_enforced: bool,
    pub(crate) facts: EstablishedFacts,
}

/// A redirect that isn't sent, and why.
pub(crate) struct Unsent {
    pub(crate) redirect: Redirect,
    pub(crate) reason: Suppressed,
}

/// Decides whether a redirect is sent for this request, with which status, and what happens if not.
#[inline]
pub(crate) fn judge(
    mut proposed: Proposed,
    request: &RequestHead<'_>,
    disabled: DisabledExemptions,
) -> Verdict {
    if proposed.is_enforced {
        // An enforced redirect can't wait for the response of the inner service.
        proposed.redirect.timing = Timing::Before;
        // A script must go to https before it can log in.
        proposed.redirect.has_401_for_scripts = false;
    }
    let reason = match status_to_send(request, &proposed, disabled) {
        Ok(status) => return Verdict::Send(proposed, status),
        Err(reason) => reason,
    };
    if proposed.is_enforced {
        let is_plaintext = requested_scheme(request, &proposed) == Some(HttpScheme::Http);
        let refusal = if is_plaintext {
            Refusal::PLAINTEXT
        } else {
            Refusal::NOT_REDIRECTED
        };
        Verdict::Refuse(
            refusal,
            Some(Unsent {
                redirect: proposed.redirect,
                reason,
            }),
        )
    } else {
        Verdict::Pass(Some(Unsent {
            redirect: proposed.redirect,
            reason,
        }))
    }
}

/// Applies the four rules. Returns the status of a redirect that is sent, or why it isn't.
fn status_to_send(
    request: &RequestHead<'_>,
    proposed: &Proposed,
    disabled: DisabledExemptions,
) -> Result<Status, Suppressed> {
    let redirect = &proposed.redirect;
    // 1. No response to this method can meet the condition.
    if let Timing::After(condition) = &redirect.timing {
        if !condition.applies_to(request.method()) {
            return Err(Suppressed::OtherMethods);
        }
    }
    // 2. The request is exempt.
    if let Some(exemption) = exemption(request, disabled) {
        return Err(Suppressed::Exempt(exemption));
    }
    // 3. The location fails the output check.
    if !redirect.location.is_sendable() {
        return Err(Suppressed::Unsendable);
    }
    // 4. The location is the requested URL.
    let status = redirect.status(request.method(), request.version());
    if is_requested_url(request, proposed, status) {
        return Err(Suppressed::SelfTarget);
    }
    Ok(status)
}

/// Returns the first exemption that applies and isn't disabled.
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
    // The target of CONNECT is never a path. Its own switch must be enough to redirect it.
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

/// Returns `true` if the client would send the same request again (R9).
fn is_requested_url(request: &RequestHead<'_>, proposed: &Proposed, status: Status) -> bool {
    let becomes_get = request.method() != Method::GET && request.method() != Method::HEAD;
    if status == Status::SeeOther && becomes_get {
        return false;
    }
    // A router that nests shortens the target; the client requested the whole one.
    // A proxy that strips a prefix shortens it too, and the policy trusts that proxy.
    let requested = if proposed.facts.has_prefix {
        request.reading_prefix().requested_path_and_query()
    } else {
        request.requested_path_and_query()
    };
    let is_requested = |scheme| {
        is_requested_path(proposed, scheme, &requested)
            && is_on_requested_host(request, proposed, scheme)
    };
    match requested_scheme(request, proposed) {
        Some(scheme) => is_requested(scheme),
        // Browsers read an unchecked `http:/a` as a path on http, and as a host on https.
        None => {
            is_requested(HttpScheme::Https)
                || !proposed.redirect.location.is_checked() && is_requested(HttpScheme::Http)
        }
    }
}

/// Returns `true` if a client that follows the location from this scheme requests this path and
/// query.
#[inline]
fn is_requested_path(proposed: &Proposed, scheme: HttpScheme, requested: &str) -> bool {
    let location = &proposed.redirect.location;
    match location.plain_path() {
        Some(path) => {
            path == requested.as_bytes()
                || location.may_be_rewritten() && may_request(path, requested.as_bytes())
        }
        None => {
            // A client that sends dot segments doesn't resolve them: equal bytes are a loop even
            // before the location is resolved.
            location.written_path() == requested.as_bytes()
                || location
                    .resolved_path(scheme, requested)
                    .is_some_and(|path| may_request(path.as_bytes(), requested.as_bytes()))
        }
    }
}

/// Returns `true` if the location is on the requested host, as far as that is known.
#[cold]
fn is_on_requested_host(
    request: &RequestHead<'_>,
    proposed: &Proposed,
    scheme: HttpScheme,
) -> bool {
    let is_requested =
        |scheme, authority: &str| is_requested_origin(request, proposed, scheme, authority);
    // A location without an origin stays on the host.
    let location = &proposed.redirect.location;
    location
        .with_origin(Some(scheme), is_requested)
        .unwrap_or(true)
}

/// Returns the requested scheme, if it's known.
fn requested_scheme(request: &RequestHead<'_>, proposed: &Proposed) -> Option<HttpScheme> {
    request.scheme().or(proposed.facts.scheme)
}

/// Returns `true` if the origin of the location, which has one, is the requested one.
fn is_requested_origin(
    request: &RequestHead<'_>,
    proposed: &Proposed,
    target_scheme: HttpScheme,
    target_authority: &str,
) -> bool {
    let facts = proposed.facts.with_head(request);
    let scheme = requested_scheme(request, proposed);
    if scheme.is_some_and(|scheme| scheme != target_scheme) {
        return false;
    }
    // The policy may know a host that `Host` doesn't show, from a trusted proxy.
    if let Some(stays) = facts.is_on_requested_host(target_authority) {
        return stays;
    }
    let requested = match request.requested_authority() {
        // An HTTP/1.0 client may send no `Host`, so a redirect to another host doesn't change its
        // request. Since HTTP/1.1, every client sends one.
        None => return request.version() < Version::HTTP_11,
        Some("") => return true,
        Some(authority) => authority,
    };
    // A port may be empty after its colon (RFC 3986 §3.2.3).
    NormalizedHost::read(requested.strip_suffix(':').unwrap_or(requested))
        .is_some_and(|requested| requested.is_same_host(target_authority, scheme))
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::{Proposed, Unsent, Verdict, judge};
    use crate::{
        location::Location,
        redirect::{DisabledExemptions, Redirect, Suppressed},
        request::{EstablishedFacts, RequestHead},
        status::Status,
    };

    /// The table in the module docs.
    #[test]
    fn r9_the_requested_url() {
        let found = ("GET", Status::Found);
        for ((method, status), host, path, location, is_sent) in [
            (found, "shop.example", "/a", "/b", true),
            (found, "shop.example", "/a", "/a#top", false),
            (
                found,
                "Shop.example:80",
                "/a",
                "http://shop.example/a",
                false,
            ),
            (
                found,
                "shop.example",
                "/a",
                "https://www.shop.example/a",
                true,
            ),
            (found, "shop.example", "/%7Ea", "/~a", true),
            (found, "shop.example", "/~a", "/%7Ea", false),
            (("POST", Status::SeeOther), "shop.example", "/a", "/a", true),
            (
                ("POST", Status::TemporaryRedirect),
                "shop.example",
                "/a",
                "/a",
                false,
            ),
        ] {
            let request = Request::builder()
                .method(method)
                .uri(path)
                .header("host", host)
                .body(())
                .unwrap();
            let proposed = Proposed {
                redirect: Redirect::new(status, Location::from_config(location).unwrap()),
                is_enforced: false,
                facts: EstablishedFacts::none(),
            };
            let head = RequestHead::new(&request);
            let case = format!("{method} {path} on {host} to {location}");
            match judge(proposed, &head, DisabledExemptions::default()) {
                Verdict::Send(_, sent) => assert!(is_sent && sent == status, "{case}"),
                Verdict::Pass(Some(Unsent { reason, .. })) => {
                    assert!(!is_sent && reason == Suppressed::SelfTarget, "{case}");
                }
                Verdict::Pass(None) | Verdict::Refuse(..) => panic!("{case}"),
            }
        }
    }
}
