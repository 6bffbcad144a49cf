//! Tests policies without a server, a runtime or mocks.
//!
//! ```
//! use tower_redirect::{LocalPath, Policy, Status, policy_fn, testing};
//!
//! let policy = policy_fn(|request| {
//!     let slug = request.path().strip_prefix("/blog/")?;
//!     LocalPath::from_static("/posts").join_encoded(slug).ok()
//! });
//!
//! testing::get("/blog/hello").through(&policy).assert_redirect("/posts/hello");
//! testing::get("/about").through(&policy).assert_pass();
//!
//! // Once the redirect has a status, you can also follow it as a browser does.
//! testing::follow(&policy.with(Status::Found), testing::post("/blog/hello"))
//!     .assert_arrives_at("/posts/hello")
//!     .assert_method("GET")
//!     .assert_hops(1);
//! ```
//!
//! A failed assertion panics at your line, with the expected and the actual decision:
//!
//! ```text
//! GET /blog/hello
//!   expected: a redirect to /posts/hi
//!        got: a redirect to /posts/hello
//! ```
//!
//! [`next_request`] says what a browser requests after any redirect, for example one of your app.
//!
//! [`through`](TestRequest::through) returns the decision of the policy. A layer doesn't send every
//! redirect. For example, it never sends a redirect to the requested URL. Use
//! [`through_layer`](TestRequest::through_layer) or [`follow`] to test what a layer really sends.

#![expect(
    clippy::return_self_not_must_use,
    reason = "an assertion may be the last call of a chain"
)]

mod decision;
mod journey;
mod request;
#[cfg(feature = "rules")]
mod routes;

use crate::journey::fail;
pub use crate::journey::{
    End, Hop, Journey, NextRequest, TestRequest, follow, follow_at_most, next_request,
};
#[cfg(feature = "rules")]
#[cfg_attr(docsrs, doc(cfg(feature = "rules")))]
#[doc(inline)]
pub use crate::rules::rule_ref::SkippedReason;
pub use decision::TestDecision;
pub use request::request;
#[cfg(feature = "rules")]
#[cfg_attr(docsrs, doc(cfg(feature = "rules")))]
pub use routes::{RouteReport, check_routes};

use http::Method;

macro_rules! shorthand {
    ($($name:ident $method:ident)+) => {$(
        #[doc = concat!("Creates a ", stringify!($method), " request.")]
        ///
        /// [`request`] lists the kinds of targets.
        ///
        /// ```
        /// use tower_redirect::{LocalPath, testing};
        ///
        #[doc = concat!("testing::", stringify!($name), "(\"/x\")")]
        ///     .through(&LocalPath::from_static("/y"))
        ///     .assert_redirect("/y");
        /// ```
        ///
        /// # Panics
        ///
        /// If the target isn't a valid request target.
        #[track_caller]
        pub fn $name(target: &str) -> TestRequest {
            request(Method::$method, target)
        }
    )+};
}

shorthand! {
    get GET
    head HEAD
    post POST
    put PUT
    delete DELETE
    patch PATCH
    options OPTIONS
}
