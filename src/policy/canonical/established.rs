use crate::request::RequestHead;

/// A request whose scheme is known, as far as its [`SchemeSource`](super::SchemeSource) can know it.
pub(super) struct EstablishedRequest<'a> {
    pub(super) head: RequestHead<'a>,
    /// Whether the source needs the address of the peer, and the server doesn't provide it.
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
