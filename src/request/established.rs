//! What a policy knew about a request that the request itself can't prove.

use super::{
    RequestHead,
    host::{HostDigest, NormalizedHost},
};
use crate::location::HttpScheme;

/// What the guard must know about the request that a policy saw.
///
/// A policy may see a scheme and a host that the layer doesn't know, for example those that a
/// trusted proxy forwards. Without them, the guard can't tell whether a location is the requested
/// URL (R9). The facts travel with the decision. Except for the prefix, they say nothing about its
/// target, so a policy outside may change the target.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EstablishedFacts {
    pub(crate) scheme: Option<HttpScheme>,
    /// Whether the scheme is only presumed.
    pub(crate) scheme_is_presumed: bool,
    /// Whether the location is a URL of the client, which has the prefix that a trusted proxy
    /// strips.
    pub(crate) has_prefix: bool,
    /// The requested host. `None` if the policy saw the received one.
    host: Option<EstablishedHost>,
}

#[derive(Clone, Copy, Debug)]
enum EstablishedHost {
    Valid(HostDigest),
    /// A host that can't be parsed may be any host.
    Invalid,
}

impl EstablishedFacts {
    #[inline]
    pub(crate) const fn none() -> Self {
        Self {
            scheme: None,
            scheme_is_presumed: false,
            has_prefix: false,
            host: None,
        }
    }

    /// Adds what the policy saw in `head`. The facts that a policy inside it found stay.
    pub(crate) fn with_head(self, head: &RequestHead<'_>) -> Self {
        let host = if head.has_established_host() {
            let valid = head.authority().and_then(NormalizedHost::read);
            Some(valid.map_or(EstablishedHost::Invalid, |host| {
                EstablishedHost::Valid(host.digest())
            }))
        } else {
            self.host
        };
        Self {
            scheme: head.scheme().or(self.scheme),
            scheme_is_presumed: head.scheme_is_presumed || self.scheme_is_presumed,
            has_prefix: head.stripped_prefix().is_some() || self.has_prefix,
            host,
        }
    }

    /// Returns whether a location with this authority is on the requested host. `None` if the
    /// policy saw the received host.
    pub(crate) fn is_on_requested_host(&self, target: &str) -> Option<bool> {
        Some(match self.host? {
            EstablishedHost::Valid(host) => host.is_same_host(target, self.scheme),
            EstablishedHost::Invalid => true,
        })
    }
}
