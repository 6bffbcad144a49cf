//! The tower middleware: layer, service, future, and the responses that it sends.

pub mod body;
mod future;
mod layer;
mod link_body;
mod response;
mod service;

pub use crate::redirect::Exemption;
pub use future::ResponseFuture;
pub use layer::RedirectLayer;
pub use service::RedirectService;
