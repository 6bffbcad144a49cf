//! A tower layer that answers requests with the right redirect, and never with an open one.
//!
//! ```
//! use axum::{Router, routing::get};
//! use tower_redirect::{LocalPath, RedirectLayer, policy_fn, testing};
//!
//! // `/blog/{slug}` has moved for good, query and all.
//! let blog = policy_fn(|request| {
//!     let slug = request.path().strip_prefix("/blog/")?;
//!     LocalPath::from_static("/posts").join(slug).ok()?.with_query(request.query()).ok()
//! });
//!
//! testing::get("/blog/hello?page=2").through(&blog).assert_redirect("/posts/hello?page=2");
//!
//! let app: Router = Router::new()
//!     .route("/posts/{slug}", get(|| async { "a post" }))
//!     .layer(RedirectLayer::permanent(blog));
//! ```
//!
//! # The parts
//!
//! | what | where |
//! |---|---|
//! | the five status codes, and what each does to the method | [`Status`], [`Intent`], [`How`] |
//! | where to: texts that cannot leave the site | [`LocalPath`], [`Location`], [`Origin`] |
//! | where, how and when | [`Redirect`], [`When`], [`CacheControl`] |
//! | who decides | [`Policy`], [`policy_fn`], [`Decision`], [`Refusal`], [`RequestHead`] |
//! | the middleware | [`RedirectLayer`], [`RedirectService`], [`ResponseFuture`], [`body`] |
//! | policies tested alone | [`testing`] |
//! | what has changed | [`changelog`] |
//!
//! # What holds always
//!
//! - A `Location` is a path on this site or an address on an origin from configuration. It is built
//!   from typed parts and its finished bytes are checked once more for each redirect that is sent.
//! - A redirect to the address that was asked for is never sent.
//! - CORS preflights, WebSocket handshakes, CONNECT and `OPTIONS *` are passed on.
//! - A request that is not redirected costs a few dozen instructions and no allocation.
//! - `Error` is the inner service's; the future has a name; nothing is boxed.
//!
//! # Features
//!
//! None is on by default, and each only adds.
//!
//! - `axum`: `RedirectLayer::original_uri` for nested routers; `Redirect` as a response. Redirects
//!   to the whole URI of a nested request are recognised as loops too.
//! - `idn`: hosts outside ASCII, written as punycode.
//! - `tracing`: an event at level debug for each redirect that was not sent.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice
    )
)]

// The decision half: knows nothing of tower.
mod answer;
mod cache;
mod head;
mod intent;
mod location;
mod note;
mod origin;
mod policy;
mod redirect;
mod status;
mod when;

// The mechanism half: knows no concrete policy.
pub mod body;
mod future;
mod guard;
mod layer;
mod service;

pub mod testing;

#[doc = include_str!("docs/changelog.md")]
pub mod changelog {}

pub use cache::CacheControl;
pub use future::ResponseFuture;
pub use guard::Exemption;
pub use head::RequestHead;
pub use intent::{How, Intent};
pub use layer::RedirectLayer;
pub use location::{LocalPath, Location, LocationError};
pub use origin::{Origin, Scheme};
pub use policy::{
    BoxPolicy, Decision, IntoDecision, IntoPolicy, Or, Policy, PolicyFn, Refusal, Unless,
    WhenRequest, With, policy_fn,
};
pub use redirect::Redirect;
pub use service::RedirectService;
pub use status::{InvalidStatus, MethodPromise, Status};
pub use when::{Condition, When};

/// The code of the README is compiled and run with the other examples.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
