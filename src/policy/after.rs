//! Redirects that wait for the response of the app.

use http::StatusCode;

use super::{Decision, Policy};
use crate::{
    redirect::{Redirect, Timing},
    request::RequestHead,
};

/// A policy whose redirects wait for a response with one status. [`Policy::after`] returns it.
///
/// ```
/// use http::StatusCode;
/// use tower_redirect::{LocalPath, Policy, Redirect, testing};
///
/// let policy = Some(Redirect::found(LocalPath::from_static("/archive")));
/// testing::get("/old")
///     .through(&policy.after(StatusCode::NOT_FOUND))
///     .assert_after(StatusCode::NOT_FOUND);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct After<P> {
    policy: P,
    status: StatusCode,
}

impl<P> After<P> {
    pub(super) const fn new(policy: P, status: StatusCode) -> Self {
        Self { policy, status }
    }
}

impl<P: Policy<Target = Redirect>> Policy for After<P> {
    type Target = Redirect;

    #[inline]
    fn decide(&self, request: &RequestHead<'_>) -> Decision {
        self.policy.decide(request).map(|redirect| Redirect {
            timing: Timing::after(self.status),
            ..redirect
        })
    }
}
