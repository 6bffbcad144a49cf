use std::{error::Error, fmt};

use ipnet::IpNet;

/// Says why a text is not a network of peers, and how to mend it.
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
    problem: Problem,
}

/// What can be wrong; each has one sentence.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Problem {
    Nobody,
    Address,
    Prefix { bits: u8 },
    HostBits(IpNet),
    Everybody,
}

impl TrustError {
    pub(super) fn new(part: &str, problem: Problem) -> Self {
        let part = part.into();
        Self { part, problem }
    }

    /// The network that is none, as it was written; it is empty where there is no network at all.
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
        if self.problem == Problem::Nobody {
            return self.problem.fmt(f);
        }
        write!(
            f,
            "not a network of peers, {:?}: {}",
            self.part, self.problem
        )
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => f.write_str("no network of peers: name one, as in `10.0.0.0/8`"),
            Self::Address => f.write_str(
                "write an IPv4 or IPv6 address, alone or with a prefix as in `10.0.0.0/8`; names are \
                 not looked up",
            ),
            Self::Prefix { bits } => {
                write!(f, "after the `/` write the number of bits that count, from 1 to {bits}")
            }
            Self::HostBits(network) => write!(
                f,
                "the address has bits beyond the prefix; write `{network}`, or the address alone"
            ),
            Self::Everybody => f.write_str(
                "this is everybody; name the proxy's network, or take `Trust::dangerously_any_peer`",
            ),
        }
    }
}

// `main() -> Result<(), TrustError>` prints this; it has to help as much.
impl fmt::Debug for TrustError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TrustError({self})")
    }
}

impl Error for TrustError {}
