//! Why a redirect isn't sent, and the requests that a layer exempts from redirects.

use std::fmt;

/// A kind of request that a redirect would break.
///
/// A layer passes these requests through, unless you call
/// [`without_exemption`](crate::RedirectLayer::without_exemption).
///
/// ```
/// use tower_redirect::{RedirectLayer, middleware::Exemption, testing};
///
/// let preflight = testing::options("/v1")
///     .header("origin", "https://shop.example")
///     .header("access-control-request-method", "PUT");
/// let layer = RedirectLayer::temporary("/v2");
/// preflight.clone().through_layer(&layer).assert_pass();
///
/// let layer = layer.without_exemption(Exemption::Preflight);
/// preflight.through_layer(&layer).assert_redirect("/v2");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Exemption {
    /// A CORS preflight. It fails in browsers if it's redirected (Fetch §4.8).
    Preflight,
    /// A WebSocket handshake over HTTP/1.1. Browsers don't follow its redirects, and other clients
    /// don't have to (RFC 6455 §4.1).
    WebSocket,
    /// A CONNECT request, including that of a WebSocket over HTTP/2. Any response except 2xx means
    /// that there is no tunnel (RFC 9110 §9.3.6).
    Connect,
    /// A request whose target has no path. For example, `OPTIONS *` is about the server and not
    /// about a resource (RFC 9110 §9.3.7).
    NoPath,
}

/// The exemptions that a layer has switched off, as a bit set.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DisabledExemptions(u8);

impl DisabledExemptions {
    pub(crate) const fn with(self, exemption: Exemption) -> Self {
        Self(self.0 | 1 << exemption as u8)
    }

    pub(crate) const fn has(self, exemption: Exemption) -> bool {
        self.0 & (1 << exemption as u8) != 0
    }
}

/// Why a redirect isn't sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suppressed {
    /// It waits for the success of an unsafe method, but the request has a safe one.
    OtherMethods,
    Exempt(Exemption),
    /// It leads to the requested URL (R9).
    SelfTarget,
    /// Its location failed the output check (R1).
    Unsendable,
}

impl fmt::Display for Suppressed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtherMethods => "only follows a successful unsafe method",
            Self::Exempt(Exemption::Preflight) => "CORS preflight",
            Self::Exempt(Exemption::WebSocket) => "WebSocket handshake",
            Self::Exempt(Exemption::Connect) => "CONNECT",
            Self::Exempt(Exemption::NoPath) => "request target has no path",
            Self::SelfTarget => "leads to the requested URL",
            Self::Unsendable => "location failed the output check",
        })
    }
}
