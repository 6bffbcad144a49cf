//! A request after its scheme was established.

use crate::request::RequestHead;

/// A request with the scheme that its [`SchemeSource`](super::SchemeSource) found.
pub(super) struct EstablishedRequest<'a> {
    pub(super) head: RequestHead<'a>,
    /// Whether the source needs the IP address of the peer and the server doesn't provide it.
    pub(super) lacks_peer: bool,
}

impl<'a> EstablishedRequest<'a> {
    #[inline]
    pub(super) const fn of(head: RequestHead<'a>) -> Self {
        Self {
            head,
            lacks_peer: false,
        }
    }
}
