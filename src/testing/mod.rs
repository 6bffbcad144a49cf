//! Policies tested in isolation: no server, no runtime, no mock.
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
//! // With a status: what a browser does in the end.
//! testing::follow(&policy.with(Status::Found), testing::post("/blog/hello"))
//!     .assert_arrives_at("/posts/hello")
//!     .assert_method("GET")
//!     .assert_hops(1);
//! ```
//!
//! An assertion that fails panics at the line that made it, with what was expected and what came:
//!
//! ```text
//! GET /blog/hello
//!   expected: a redirect to /posts/hi
//!        got: a redirect to /posts/hello
//! ```
//!
//! [`through`](TestRequest::through) shows what a policy answers; what the service never sends (a
//! redirect to the address that was asked for, for one) is left out by [`follow`].

#![expect(
    clippy::return_self_not_must_use,
    reason = "an assertion may end the sentence"
)]

mod decision;
mod journey;
mod request;
#[cfg(feature = "rules")]
mod routes;

use crate::journey::fail;
pub use crate::journey::{End, Hop, Journey, TestRequest, follow};
#[cfg(feature = "rules")]
#[cfg_attr(docsrs, doc(cfg(feature = "rules")))]
#[doc(inline)]
pub use crate::rules::SkippedReason;
pub use decision::TestDecision;
pub use request::request;
#[cfg(feature = "rules")]
#[cfg_attr(docsrs, doc(cfg(feature = "rules")))]
pub use routes::{RouteFinding, RouteProblem, RouteReport, check_routes};

use http::Method;

macro_rules! shorthand {
    ($($name:ident $method:ident)+) => {$(
        #[doc = concat!("A ", stringify!($method), " request; [`request`] says what a target may be.")]
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
        /// Panics if the target is not a request target.
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
