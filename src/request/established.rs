//! What a policy knew about a request that the request itself can't prove.

use super::{RequestHead, host::RequestHost};
use crate::location::{HttpScheme, Location};

/// What the guard must know about the request that a policy saw.
///
/// A policy may see a scheme and a host that the layer doesn't know, for example those that a
/// trusted proxy forwards. Without them, the guard can't tell whether a location is the requested
/// URL (R9). The facts travel with the decision.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EstablishedFacts {
    pub(crate) scheme: Option<HttpScheme>,
    /// Whether the scheme is only presumed.
    pub(crate) scheme_is_presumed: bool,
    /// Whether the location is on the requested host. `None` if the policy saw the received host,
    /// or if the location has no origin.
    pub(crate) is_on_requested_host: Option<bool>,
}

impl EstablishedFacts {
    #[inline]
    pub(crate) const fn none() -> Self {
        Self {
            scheme: None,
            scheme_is_presumed: false,
            is_on_requested_host: None,
        }
    }

    /// Adds what the policy saw in `head`. The facts that a policy inside it found stay.
    pub(crate) fn with_head(self, head: &RequestHead<'_>, location: &Location) -> Self {
        let scheme = head.scheme().or(self.scheme);
        let is_on_requested_host = if head.has_established_host() {
            location.with_origin(|_, target| {
                // A host that can't be parsed may be any host.
                head.authority().is_none_or(|requested| {
                    RequestHost::read(requested)
                        .is_some_and(|requested| requested.is_same_host(target, scheme))
                })
            })
        } else {
            self.is_on_requested_host
        };
        Self {
            scheme,
            scheme_is_presumed: head.scheme_is_presumed || self.scheme_is_presumed,
            is_on_requested_host,
        }
    }
}
