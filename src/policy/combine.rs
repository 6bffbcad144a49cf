//! Policies made from other policies by the methods of [`Policy`].

use std::fmt;

use super::{Decision, Policy};
use crate::request::RequestHead;

/// Applies a second policy if the first one passes. [`Policy::or`] returns it.
///
/// ```
/// use tower_redirect::{LocalPath, Policy, testing};
///
/// let moved = LocalPath::from_static("/about").when(|request| request.path() == "/about-us");
/// let policy = moved.or(LocalPath::from_static("/"));
/// testing::get("/about-us").through(&policy).assert_redirect("/about");
/// testing::get("/x").through(&policy).assert_redirect("/");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Or<A, B> {
    first: A,
    second: B,
}

impl<A, B> Or<A, B> {
    pub(super) const fn new(first: A, second: B) -> Self {
        Self { first, second }
    }
}

impl<A, B> Policy for Or<A, B>
where
    A: Policy,
    B: Policy<Target = A::Target>,
{
    type Target = A::Target;

    #[inline]
    fn decide(&self, request: &RequestHead<'_>) -> Decision<A::Target> {
        let first = self.first.decide(request);
        first.or_else(|| self.second.decide(request))
    }
}

/// Applies a policy only if a closure returns `true`. [`Policy::when`] returns it.
///
/// ```
/// use tower_redirect::{LocalPath, Policy, testing};
///
/// let policy = LocalPath::from_static("/").when(|request| request.path() == "/index.html");
/// testing::get("/index.html").through(&policy).assert_redirect("/");
/// ```
#[derive(Clone, Copy)]
pub struct WhenRequest<P, F> {
    policy: P,
    condition: F,
}

impl<P, F> WhenRequest<P, F> {
    pub(super) const fn new(policy: P, condition: F) -> Self {
        Self { policy, condition }
    }
}

impl<P, F> Policy for WhenRequest<P, F>
where
    P: Policy,
    F: Fn(&RequestHead<'_>) -> bool + Send + Sync,
{
    type Target = P::Target;

    #[inline]
    fn decide(&self, request: &RequestHead<'_>) -> Decision<P::Target> {
        if (self.condition)(request) {
            self.policy.decide(request)
        } else {
            Decision::pass()
        }
    }
}

impl<P: fmt::Debug, F> fmt::Debug for WhenRequest<P, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WhenRequest")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

/// Applies a policy only if a closure returns `false`. [`Policy::unless`] returns it.
///
/// ```
/// use tower_redirect::{LocalPath, Policy, testing};
///
/// let policy = LocalPath::from_static("/closed").unless(|request| request.path() == "/health");
/// testing::get("/health").through(&policy).assert_pass();
/// ```
#[derive(Clone, Copy)]
pub struct Unless<P, F> {
    policy: P,
    condition: F,
}

impl<P, F> Unless<P, F> {
    pub(super) const fn new(policy: P, condition: F) -> Self {
        Self { policy, condition }
    }
}

impl<P, F> Policy for Unless<P, F>
where
    P: Policy,
    F: Fn(&RequestHead<'_>) -> bool + Send + Sync,
{
    type Target = P::Target;

    #[inline]
    fn decide(&self, request: &RequestHead<'_>) -> Decision<P::Target> {
        if (self.condition)(request) {
            Decision::pass()
        } else {
            self.policy.decide(request)
        }
    }
}

impl<P: fmt::Debug, F> fmt::Debug for Unless<P, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unless")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
