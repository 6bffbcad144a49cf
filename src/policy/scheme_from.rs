//! Gives a policy the scheme that a source knows.

use super::{Decision, Policy, SchemeSource};
use crate::request::RequestHead;

/// Gives a policy the scheme that a [`SchemeSource`] knows. [`Policy::scheme_from`] returns it.
///
/// ```
/// use tower_redirect::{LocalPath, Policy, location::HttpScheme, policy::SchemeSource, testing};
///
/// let policy = LocalPath::from_static("/insecure")
///     .when(|request| request.scheme() == Some(HttpScheme::Http))
///     .scheme_from(SchemeSource::plaintext_listener());
/// testing::get("/").through(&policy).assert_redirect("/insecure");
/// ```
#[derive(Clone, Debug)]
pub struct SchemeFrom<P> {
    policy: P,
    source: SchemeSource,
}

impl<P> SchemeFrom<P> {
    pub(super) const fn new(policy: P, source: SchemeSource) -> Self {
        Self { policy, source }
    }
}

impl<P: Policy> Policy for SchemeFrom<P> {
    type Target = P::Target;

    #[inline]
    fn decide(&self, request: &RequestHead<'_>) -> Decision<P::Target> {
        let head = self.source.known_scheme(request);
        self.policy.decide(&head).seen_in(&head)
    }
}
