//! Which redirects are never sent, whatever a policy answers (R1, R5, R9, R10, R12).
//!
//! The policy is asked first; what it says is turned into a pass here, and nowhere else.

use std::{borrow::Cow, fmt};

use http::{HeaderMap, Method, Uri, header};

use crate::{Location, RequestHead, Scheme, Status};

/// Requests that a redirect would break, and that are therefore passed on unless a layer says
/// otherwise.
///
/// ```
/// use tower_redirect::{Exemption, RedirectLayer, testing};
///
/// let preflight = testing::options("/v1")
///     .header("origin", "https://shop.example")
///     .header("access-control-request-method", "PUT");
/// let layer = RedirectLayer::temporary("/v2");
/// preflight.clone().through_layer(&layer).assert_pass();
///
/// let layer = layer.redirect_also(Exemption::Preflight);
/// preflight.through_layer(&layer).assert_redirect("/v2");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Exemption {
    /// A CORS preflight: browsers refuse one that is redirected (Fetch §4.8).
    Preflight,
    /// A WebSocket handshake: browsers do not follow its redirects (RFC 6455 §4.1).
    WebSocket,
    /// CONNECT: a client must not follow its redirect (RFC 9110 §9.3.6).
    Connect,
    /// `OPTIONS *`, which asks the server and not a resource (RFC 9110 §9.3.7), and any other
    /// target that is not a path.
    Asterisk,
}

/// The exemptions that a layer has switched off.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lifted(u8);

impl Lifted {
    pub(crate) const fn with(self, exemption: Exemption) -> Self {
        Self(self.0 | 1 << exemption as u8)
    }

    const fn has(self, exemption: Exemption) -> bool {
        self.0 & (1 << exemption as u8) != 0
    }
}

/// Why a redirect was turned into a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suppressed {
    Exempt(Exemption),
    SelfTarget,
    Unsendable,
}

impl fmt::Display for Suppressed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Exempt(Exemption::Preflight) => "CORS preflight",
            Self::Exempt(Exemption::WebSocket) => "WebSocket handshake",
            Self::Exempt(Exemption::Connect) => "CONNECT",
            Self::Exempt(Exemption::Asterisk) => "request target is not a path",
            Self::SelfTarget => "leads to the address that was asked for",
            Self::Unsendable => "location failed the output check",
        })
    }
}

/// Whether this redirect may be sent in answer to this request.
pub(crate) fn check(
    request: &RequestHead<'_>,
    location: &Location,
    status: Status,
    lifted: Lifted,
) -> Result<(), Suppressed> {
    if let Some(exemption) = exemption(request, lifted) {
        return Err(Suppressed::Exempt(exemption));
    }
    if !location.is_sendable() {
        return Err(Suppressed::Unsendable);
    }
    if is_self_target(request, location, status) {
        return Err(Suppressed::SelfTarget);
    }
    Ok(())
}

/// The first exemption that applies and is not lifted.
fn exemption(request: &RequestHead<'_>, lifted: Lifted) -> Option<Exemption> {
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
    let by_target =
        (!request.has_path() && method != Method::CONNECT).then_some(Exemption::Asterisk);
    by_method
        .filter(|&exemption| !lifted.has(exemption))
        .or(by_target.filter(|&exemption| !lifted.has(exemption)))
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
    let same_path = leads_to(location, request.uri())
        || request
            .whole_uri()
            .is_some_and(|uri| leads_to(location, uri));
    if !same_path {
        return false;
    }
    is_on_the_asked_host(request, location)
}

/// Whether the location is on the host that was asked, as far as that is known.
#[cold]
fn is_on_the_asked_host(request: &RequestHead<'_>, location: &Location) -> bool {
    let Some(origin) = location.origin() else {
        return true;
    };
    let Some((host, port)) = request.asked_authority().and_then(host_and_port) else {
        return false;
    };
    let same_port = match location.scheme_asked_over().or(request.scheme()) {
        Some(scheme) => {
            origin.scheme() == scheme && origin.port() == port.unwrap_or(scheme.default_port())
        }
        // Behind a proxy that ends TLS, either of the default ports may be what the client used.
        None => unless_default(origin.port()) == port.and_then(unless_default),
    };
    same_port && origin.host().eq_ignore_ascii_case(host)
}

/// Whether path and query are those of the target, as the client resolves them.
#[inline]
fn leads_to(location: &Location, target: &Uri) -> bool {
    let asked = path_and_query(target);
    match location.plain_path() {
        Some(path) => same_address(path, asked.as_bytes()),
        None => resolves_to(location, &asked),
    }
}

#[cold]
fn resolves_to(location: &Location, asked: &str) -> bool {
    same_address(location.resolved(asked).1.as_bytes(), asked.as_bytes())
}

fn path_and_query(uri: &Uri) -> Cow<'_, str> {
    match uri.path_and_query() {
        None => Cow::Borrowed("/"),
        Some(text) if text.as_str().starts_with('?') => Cow::Owned(format!("/{}", text.as_str())),
        Some(text) => Cow::Borrowed(text.as_str()),
    }
}

fn host_and_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let at = authority.rfind('@').map_or(0, |at| at + 1);
    let address = authority.get(at..)?;
    let end = address.rfind(']').unwrap_or(0);
    match address.get(end..)?.rfind(':') {
        Some(colon) => {
            let (host, port) = address.split_at_checked(end + colon)?;
            match port.strip_prefix(':')? {
                "" => Some((host, None)),
                digits => Some((host, Some(digits.parse().ok()?))),
            }
        }
        None => Some((address, None)),
    }
}

fn unless_default(port: u16) -> Option<u16> {
    let default = [Scheme::Http, Scheme::Https].map(Scheme::default_port);
    (!default.contains(&port)).then_some(port)
}

/// Whether a client that is sent to `target` asks for `asked`.
fn same_address(target: &[u8], asked: &[u8]) -> bool {
    target == asked || (target.len() < asked.len() && same_when_encoded(target, asked))
}

/// As browsers do it: they write `'` as `%27`, in a query only, and leave all else of a location.
fn same_when_encoded(target: &[u8], asked: &[u8]) -> bool {
    let mut asked = asked;
    let mut in_query = false;
    for byte in target {
        asked = match (byte, asked) {
            (b'\'', [b'%', b'2', b'7', rest @ ..]) if in_query => rest,
            (byte, [other, rest @ ..]) if byte == other => rest,
            _ => return false,
        };
        in_query |= *byte == b'?';
    }
    asked.is_empty()
}
