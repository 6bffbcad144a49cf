use std::{error::Error, fmt};

use ipnet::IpNet;

/// The error for a trusted network or a forwarded header that isn't valid.
///
/// The message says what is wrong with which text, and how to fix it.
///
/// ```
/// use tower_redirect::trust::{TrustedProxies, connect_info};
///
/// let error = TrustedProxies::networks(["10.0.0.0/8", "proxy.internal"], connect_info).unwrap_err();
/// assert_eq!(error.part(), "proxy.internal");
/// assert_eq!(
///     error.to_string(),
///     "not a network of peers, \"proxy.internal\": write an IPv4 or IPv6 address, alone or with \
///      a prefix as in `10.0.0.0/8`; names are not looked up",
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
    PrefixLength { bits: u8 },
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
        match kind {
            ErrorKind::NoNetworks => kind.fmt(f),
            ErrorKind::UnknownHeader => {
                write!(
                    f,
                    "unknown forwarded header `{}`; {kind}",
                    part.escape_debug()
                )
            }
            _ => write!(f, "not a network of peers, {part:?}: {kind}"),
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoNetworks => f.write_str("no network of peers: name one, as in `10.0.0.0/8`"),
            Self::NotAnAddress => f.write_str(
                "write an IPv4 or IPv6 address, alone or with a prefix as in `10.0.0.0/8`; names are \
                 not looked up",
            ),
            Self::PrefixLength { bits } => {
                write!(f, "after the `/` write the number of bits that count, from 1 to {bits}")
            }
            Self::HostBits(network) => write!(
                f,
                "the address has bits beyond the prefix; write `{network}`, or the address alone"
            ),
            Self::EveryAddress => f.write_str(
                "this is everybody; name the proxy's network, or take `Trust::dangerously_any_peer`",
            ),
            Self::UnknownHeader => f.write_str(
                "use `forwarded`, `x-forwarded-proto`, `x-forwarded-ssl`, `front-end-https` or \
                 `cloudfront-forwarded-proto`",
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
