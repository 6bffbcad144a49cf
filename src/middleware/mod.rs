//! The tower middleware: layer, service, future, and the responses that it sends.
//!
//! # The steps of a request
//!
//! 1. [`RedirectService`] passes the request head to its [`Policy`], which decides: *pass*,
//!    *refuse*, *redirect* or *enforce*.
//! 2. *Pass*: the service calls the inner service and returns its response unchanged.
//! 3. *Refuse*: the service sends the policy's 4xx. Its body is empty, or one line of text with
//!    [`link_body`]. The service doesn't call the inner service.
//! 4. *Redirect*: the service checks the redirect. It doesn't send one that
//!    - waits for a response that this method can't get ([`after_success`] and GET, for example),
//!    - would break an exempt request: a CORS preflight, a WebSocket handshake, CONNECT or
//!      `OPTIONS *` ([`Exemption`]),
//!    - has an invalid or over-long `Location`, or
//!    - leads to the requested URL (a loop).
//!
//!    The request then goes through to the inner service, as in step 2.
//! 5. [`Timing::Before`]: the service sends the redirect. It doesn't call the inner service. With
//!    [`unauthorized_for_scripts`], a script gets 401 instead, here and in step 6.
//! 6. [`Timing::After`]: the service calls the inner service. [`ResponseFuture`] then replaces a
//!    response that meets the condition, and returns every other response unchanged.
//!
//! *Enforce* is a redirect that never reaches the inner service, for plaintext under HTTPS
//! enforcement. If step 4 doesn't send it, the service sends 400 instead. It never waits (step 6),
//! and scripts get the redirect too.
//!
//! ```
//! use tower_redirect::{RedirectLayer, testing};
//!
//! let layer = RedirectLayer::temporary("/maintenance");
//! testing::get("/shop").through_layer(&layer).assert_redirect("/maintenance");
//! testing::get("/maintenance").through_layer(&layer).assert_pass(); // would be a loop
//! testing::options("*").through_layer(&layer).assert_pass(); // exempt
//! ```
//!
//! # Guarantees
//!
//! - A request that passes costs no allocation. The future isn't boxed, and no task is spawned.
//! - Errors come from the inner service only.
//! - Redirects and refusals list in `Vary` the request headers that the policy read.
//! - Of all headers of a redirect, only `Location` may contain text of the request (R8). With
//!   [`unauthorized_for_scripts`], so may `HX-Redirect`, which has the same bytes.
//!
//! [`Policy`]: crate::Policy
//! [`Timing::Before`]: crate::redirect::Timing::Before
//! [`Timing::After`]: crate::redirect::Timing::After
//! [`after_success`]: RedirectLayer::after_success
//! [`link_body`]: RedirectLayer::link_body
//! [`unauthorized_for_scripts`]: RedirectLayer::unauthorized_for_scripts

mod accept;
mod action;
pub mod body;
mod future;
mod layer;
mod link_body;
mod list;
mod recipient;
mod refusal_text;
mod replaced;
mod response;
mod service;
mod unauthorized;

pub use crate::redirect::Exemption;
pub use future::ResponseFuture;
pub use layer::RedirectLayer;
pub use service::RedirectService;
