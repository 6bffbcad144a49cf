//! Errors in the configuration of trusted proxies.

use std::{error::Error, fmt};

use ipnet::IpNet;

/// The error for a trusted network or a forwarded header that isn't valid.
///
/// The message says what is wrong with which text, and how to fix it.
///
/// ```
/// use tower_redirect::trust::{TrustedProxies, connect_info};
///
/// let error = TrustedProxies::networks(["proxy.internal"], connect_info).unwrap_err();
/// assert_eq!(error.part(), "proxy.internal");
/// assert_eq!(
///     error.to_string(),
///     "invalid network `proxy.internal`: not an IP address; names aren't resolved, so write an \
///      address (`10.0.0.7`), or an address with a prefix length (`10.0.0.0/8`)",
/// );
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TrustError {
    part: Box<str>,
    kind: ErrorKind,
}

/// The kinds of errors, each with one message.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum ErrorKind {
    NoNetworks,
    NotAnAddress,
    PrefixLength { max: u8 },
    HostBits(IpNet),
    EveryAddress,
    UnknownHeader,
}

impl TrustError {
    pub(super) fn new(part: &str, kind: ErrorKind) -> Self {
        let part = part.into();
        Self { part, kind }
    }

    /// Returns the text that isn't valid. It is empty if no network was listed.
    ///
    /// ```
    /// # use tower_redirect::trust::{TrustedProxies, connect_info};
    /// let error = TrustedProxies::networks(["10.0.0.0/33"], connect_info).unwrap_err();
    /// assert_eq!(error.part(), "10.0.0.0/33");
    /// ```
    #[must_use]
    pub const fn part(&self) -> &str {
        &self.part
    }
}

impl fmt::Display for TrustError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { part, kind } = self;
        let part = part.escape_debug();
        match kind {
            ErrorKind::NoNetworks => {
                f.write_str("no trusted networks; list at least one, for example `10.0.0.0/8`")
            }
            ErrorKind::NotAnAddress => write!(
                f,
                "invalid network `{part}`: not an IP address; names aren't resolved, so write an \
                 address (`10.0.0.7`), or an address with a prefix length (`10.0.0.0/8`)"
            ),
            ErrorKind::PrefixLength { max } => write!(
                f,
                "invalid network `{part}`: the prefix length must be a number from 1 to {max}"
            ),
            ErrorKind::HostBits(network) => write!(
                f,
                "invalid network `{part}`: the address has bits beyond the prefix; write \
                 `{network}`, or the address alone"
            ),
            ErrorKind::EveryAddress => write!(
                f,
                "invalid network `{part}`: it contains every address; name the proxy's network, or \
                 use `TrustedProxies::dangerously_any_peer`"
            ),
            ErrorKind::UnknownHeader => write!(
                f,
                "unknown forwarded header `{part}`; use `forwarded`, `x-forwarded-proto`, \
                 `x-forwarded-ssl`, `front-end-https` or `cloudfront-forwarded-proto`"
            ),
        }
    }
}

// `main() -> Result<(), TrustError>` prints the `Debug` text, so it must help as much.
impl fmt::Debug for TrustError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TrustError({self})")
    }
}

impl Error for TrustError {}
