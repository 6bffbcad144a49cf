//! The result of a policy.

use crate::{
    redirect::{Redirect, Refusal, Timing},
    request::RequestHead,
};

/// The result of a policy: pass, redirect, or refuse.
///
/// ```
/// use tower_redirect::{Decision, LocalPath, Location};
///
/// let decision: Decision<Location> = Decision::Redirect(LocalPath::from_static("/x").into());
/// assert_eq!(decision.into_redirect().unwrap(), "/x");
/// ```
///
/// The enum is exhaustive: a layer can do nothing else with a request before the app sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "a decision does nothing until a layer applies it"]
pub enum Decision<T = Redirect> {
    /// The request passes through to the inner service.
    Pass,
    /// The layer redirects the client to this target.
    Redirect(T),
    /// The layer responds with a 4xx status and doesn't call the inner service.
    Refuse(Refusal),
}

impl<T> Decision<T> {
    /// Converts the target of a redirect and keeps every other decision.
    ///
    /// ```
    /// # use tower_redirect::Decision;
    /// assert_eq!(Decision::Redirect(2).map(|n| n + 1), Decision::Redirect(3));
    /// ```
    #[inline]
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Decision<U> {
        match self {
            Self::Pass => Decision::Pass,
            Self::Redirect(target) => Decision::Redirect(change(target)),
            Self::Refuse(refusal) => Decision::Refuse(refusal),
        }
    }

    /// Returns the target if the decision is a redirect.
    ///
    /// ```
    /// # use tower_redirect::Decision;
    /// assert_eq!(Decision::Redirect("/x").into_redirect(), Some("/x"));
    /// assert_eq!(Decision::<&str>::Pass.into_redirect(), None);
    /// ```
    #[must_use]
    pub fn into_redirect(self) -> Option<T> {
        match self {
            Self::Redirect(target) => Some(target),
            Self::Pass | Self::Refuse(_) => None,
        }
    }

    /// Returns `true` if the request passes through.
    ///
    /// ```
    /// # use tower_redirect::Decision;
    /// assert!(Decision::<&str>::Pass.is_pass());
    /// ```
    #[must_use]
    pub const fn is_pass(&self) -> bool {
        matches!(self, Self::Pass)
    }
}

impl Decision<Redirect> {
    /// Returns `true` if both have the same effect on this request. Two redirects are the same if
    /// they have the same status, location (byte for byte), timing and cache lifetime. Two refusals
    /// are the same if they have the same status.
    pub(crate) fn has_same_effect(&self, other: &Self, request: &RequestHead<'_>) -> bool {
        match (self, other) {
            (Self::Pass, Self::Pass) => true,
            (Self::Refuse(own), Self::Refuse(other)) => own.status() == other.status(),
            (Self::Redirect(own), Self::Redirect(other)) => {
                let status =
                    |redirect: &Redirect| redirect.status(request.method(), request.version());
                let same_timing = match (own.timing(), other.timing()) {
                    (Timing::Before, Timing::Before) => true,
                    (Timing::After(own), Timing::After(other)) => own.is_like(other),
                    _ => false,
                };
                status(own) == status(other)
                    && own.location.as_str() == other.location.as_str()
                    && same_timing
                    && own.cache == other.cache
            }
            _ => false,
        }
    }
}

/// `None` passes the request through.
impl<T> From<Option<T>> for Decision<T> {
    #[inline]
    fn from(target: Option<T>) -> Self {
        target.map_or(Self::Pass, Self::Redirect)
    }
}
