//! The attacks of `tests/it/attacks`, over HTTP/2.

#[path = "../../../it/attacks/mod.rs"]
mod attacks;
mod http2;
