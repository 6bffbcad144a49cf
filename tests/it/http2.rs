//! The attacks over HTTP/2 are in `tests/interop`: its client and server are more than `cargo test` needs.

use crate::attacks::{row::Asked, run::Transport, wire::Answer};

/// How each row is sent.
pub(crate) const TRANSPORTS: &[Transport] = &[Transport::Direct, Transport::Http1];

pub(crate) async fn over_http2<S>(_: S, _: &Asked) -> Result<Answer, String> {
    Err("this binary has no HTTP/2".to_owned())
}
