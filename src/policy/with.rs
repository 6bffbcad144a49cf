use std::{fmt, sync::Arc};

use super::{Decision, Policy};
use crate::{CacheControl, How, Location, Redirect, RequestHead, When};

/// A policy that says where, lifted to one that also says how and when.
///
/// [`Policy::with`] makes it, and so do the constructors of
/// [`RedirectLayer`](crate::RedirectLayer) that are named for a status.
///
/// ```
/// use tower_redirect::{LocalPath, Status, Policy, testing};
///
/// let policy = LocalPath::from_static("/new").with(Status::SeeOther);
/// testing::put("/old").through(&policy).assert_status(Status::SeeOther);
/// ```
pub struct With<P> {
    policy: Arc<P>,
    pub(crate) how: How,
    pub(crate) when: When,
    pub(crate) cache: Option<CacheControl>,
}

impl<P> With<P> {
    pub(crate) fn new(policy: P, how: How) -> Self {
        Self {
            policy: Arc::new(policy),
            how,
            when: When::Before,
            cache: None,
        }
    }
}

impl<P: Policy<Target = Location>> Policy for With<P> {
    type Target = Redirect;

    #[inline]
    fn decide(&self, request: &RequestHead<'_>) -> Decision<Redirect> {
        self.policy.decide(request).map(|location| Redirect {
            location,
            how: self.how,
            when: self.when.clone(),
            cache: self.cache,
        })
    }
}

// The policy is shared, so that this needs no `P: Clone`.
impl<P> Clone for With<P> {
    fn clone(&self) -> Self {
        Self {
            policy: Arc::clone(&self.policy),
            how: self.how,
            when: self.when.clone(),
            cache: self.cache,
        }
    }
}

impl<P: fmt::Debug> fmt::Debug for With<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("With")
            .field("policy", &self.policy)
            .field("how", &self.how)
            .field("when", &self.when)
            .field("cache", &self.cache)
            .finish()
    }
}
