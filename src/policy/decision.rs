//! The result of a policy.

use std::hash::{Hash, Hasher};

use super::Target;
use crate::{
    guard::{self, Proposed, Verdict},
    location::{LocalPath, Location, LocationError},
    redirect::{DisabledExemptions, Redirect, Refusal, Timing},
    request::{EstablishedFacts, RequestHead},
};

/// The result of a policy: pass, redirect, enforce, or refuse.
///
/// ```
/// use tower_redirect::{Decision, LocalPath, Location, policy::DecisionKind};
///
/// let decision: Decision<Location> = Decision::redirect(LocalPath::from_static("/x").into());
/// match decision.kind() {
///     DecisionKind::Redirect(location) => assert_eq!(location, "/x"),
///     other => panic!("{other:?}"),
/// }
/// ```
///
/// An `Option` becomes a decision with `into`. `None` passes:
///
/// ```
/// use tower_redirect::{Decision, LocalPath, Location};
///
/// let decision: Decision<Location> = Some(LocalPath::from_static("/x")).into();
/// assert_eq!(decision.target().unwrap(), "/x");
/// assert!(Decision::<Location>::from(None::<LocalPath>).is_pass());
/// ```
///
/// The decision is all that a layer learns from a policy, except the
/// [headers that it reads](RequestHead::header). If your policy wraps another one, change the target
/// with [`map`](Self::map), as the [guide](crate::guide::testing#a-policy-that-wraps-another-one)
/// shows. Then an enforced redirect stays enforced, and the decision keeps what the inner policy
/// knew about the request, for example the scheme that a trusted proxy forwarded.
///
/// Two decisions are equal if they have the same kind and target.
#[derive(Clone, Debug)]
#[must_use = "a decision does nothing until a layer applies it"]
pub struct Decision<T = Redirect> {
    kind: DecisionKind<T>,
    facts: EstablishedFacts,
}

/// The four kinds of a [`Decision`]. [`Decision::kind`] returns it.
///
/// ```
/// use tower_redirect::{Decision, policy::DecisionKind};
///
/// assert_eq!(Decision::redirect("/x").kind(), &DecisionKind::Redirect("/x"));
/// ```
///
/// The enum is exhaustive: a layer can do nothing else with a request before the app sees it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DecisionKind<T> {
    /// The request passes through to the inner service.
    Pass,
    /// The layer redirects the client to this target. If the redirect can't be sent, the request
    /// passes through.
    Redirect(T),
    /// The layer redirects the client to this target at once. If the redirect can't be sent, the
    /// layer refuses the request.
    Enforce(T),
    /// The layer responds with a 4xx status and doesn't call the inner service.
    Refuse(Refusal),
}

impl<T> Decision<T> {
    /// Passes the request through to the inner service.
    ///
    /// ```
    /// # use tower_redirect::Decision;
    /// assert!(Decision::<&str>::pass().is_pass());
    /// ```
    #[inline]
    pub const fn pass() -> Self {
        Self::of(DecisionKind::Pass)
    }

    /// Redirects to this target. If the redirect can't be sent, the request passes through.
    ///
    /// ```
    /// # use tower_redirect::Decision;
    /// assert_eq!(Decision::redirect("/x").into_target(), Some("/x"));
    /// ```
    #[inline]
    pub const fn redirect(target: T) -> Self {
        Self::of(DecisionKind::Redirect(target))
    }

    /// Redirects to this target, and never lets the request reach the inner service.
    ///
    /// [`Https`](super::Https) decides this for plaintext requests. If the redirect can't be sent,
    /// the layer refuses the request with 400. The layer ignores the [`Timing`] of the redirect: it
    /// sends it at once.
    ///
    /// If the location differs from the requested URL only by the scheme, the layer must know the
    /// scheme of the request. Say how with [`scheme_from`](super::Policy::scheme_from), or the
    /// layer takes the redirect for a loop and refuses the request.
    ///
    /// ```
    /// use http::StatusCode;
    /// use tower_redirect::{
    ///     Decision, Location, Policy, RedirectLayer, policy::SchemeSource, policy_fn, testing,
    /// };
    ///
    /// const SECURE: Location = Location::from_static("https://example.com/");
    ///
    /// // Only the plaintext listener uses this layer.
    /// let policy = policy_fn(|_| Decision::enforce(SECURE))
    ///     .scheme_from(SchemeSource::plaintext_listener());
    /// let layer = RedirectLayer::permanent(policy);
    /// let get = testing::get("/").header("host", "example.com");
    /// get.clone().through_layer(&layer).assert_enforced("https://example.com/");
    ///
    /// // A redirect would break a WebSocket handshake.
    /// let handshake = get.header("upgrade", "websocket");
    /// handshake.through_layer(&layer).assert_refused(StatusCode::BAD_REQUEST);
    /// ```
    #[inline]
    pub const fn enforce(target: T) -> Self {
        Self::of(DecisionKind::Enforce(target))
    }

    /// Responds with the 4xx status of the refusal.
    ///
    /// ```
    /// # use tower_redirect::{Decision, Location, policy::Refusal};
    /// let decision = Decision::<Location>::refuse(Refusal::gone("withdrawn"));
    /// assert!(!decision.is_pass());
    /// ```
    #[inline]
    pub const fn refuse(refusal: Refusal) -> Self {
        Self::of(DecisionKind::Refuse(refusal))
    }

    #[inline]
    const fn of(kind: DecisionKind<T>) -> Self {
        Self {
            kind,
            facts: EstablishedFacts::none(),
        }
    }

    /// Returns the kind of the decision, to match on.
    ///
    /// ```
    /// # use tower_redirect::{Decision, policy::DecisionKind};
    /// let decision = Decision::enforce("https://example.com/");
    /// assert!(matches!(decision.kind(), DecisionKind::Enforce(_)));
    /// ```
    #[must_use]
    #[inline]
    pub const fn kind(&self) -> &DecisionKind<T> {
        &self.kind
    }

    /// Returns this decision, or calls the closure if it passes.
    ///
    /// ```
    /// # use tower_redirect::Decision;
    /// let decision = Decision::pass().or_else(|| Decision::redirect("/x"));
    /// assert_eq!(decision, Decision::redirect("/x"));
    /// ```
    #[inline]
    pub fn or_else(self, other: impl FnOnce() -> Self) -> Self {
        self.unless_pass().unwrap_or_else(other)
    }

    /// Returns the decision unless it passes.
    ///
    /// Each kind is named, so the compiler sees that a pass leaves nothing to drop.
    #[inline]
    pub(crate) fn unless_pass(self) -> Option<Self> {
        let kind = match self.kind {
            DecisionKind::Pass => return None,
            DecisionKind::Redirect(target) => DecisionKind::Redirect(target),
            DecisionKind::Enforce(target) => DecisionKind::Enforce(target),
            DecisionKind::Refuse(refusal) => DecisionKind::Refuse(refusal),
        };
        Some(Self {
            kind,
            facts: self.facts,
        })
    }

    /// Enforces a redirect. Without one, the request is refused (R11).
    pub(super) fn enforced(mut self) -> Self {
        self.kind = match self.kind {
            DecisionKind::Redirect(target) => DecisionKind::Enforce(target),
            DecisionKind::Pass => DecisionKind::Refuse(Refusal::NOT_REDIRECTED),
            other => other,
        };
        self
    }

    /// Returns the kind. What the policies knew about the request is lost.
    pub(super) fn into_kind(self) -> DecisionKind<T> {
        self.kind
    }

    /// Converts the target of a redirect, enforced or not, and keeps every other decision.
    ///
    /// ```
    /// # use tower_redirect::Decision;
    /// assert_eq!(Decision::redirect(2).map(|n| n + 1), Decision::redirect(3));
    /// assert_eq!(Decision::enforce(2).map(|n| n + 1), Decision::enforce(3));
    /// ```
    ///
    /// If the change can fail, `map` to a `Result` and end with [`into_decision`]. An error passes
    /// the request through, or refuses it if the redirect is enforced.
    ///
    /// The closure sees a target that already has the prefix of a proxy that the inner policy
    /// trusts. A new [`LocalPath`] doesn't get it.
    ///
    /// [`into_decision`]: super::IntoDecision::into_decision
    #[inline]
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Decision<U> {
        let kind = match self.kind {
            DecisionKind::Pass => DecisionKind::Pass,
            DecisionKind::Redirect(target) => DecisionKind::Redirect(change(target)),
            DecisionKind::Enforce(target) => DecisionKind::Enforce(change(target)),
            DecisionKind::Refuse(refusal) => DecisionKind::Refuse(refusal),
        };
        Decision {
            kind,
            facts: self.facts,
        }
    }

    /// Returns a reference to the target of a redirect, enforced or not.
    ///
    /// ```
    /// # use tower_redirect::Decision;
    /// assert_eq!(Decision::redirect("/x").target(), Some(&"/x"));
    /// assert_eq!(Decision::<&str>::pass().target(), None);
    /// ```
    #[must_use]
    pub const fn target(&self) -> Option<&T> {
        match &self.kind {
            DecisionKind::Redirect(target) | DecisionKind::Enforce(target) => Some(target),
            DecisionKind::Pass | DecisionKind::Refuse(_) => None,
        }
    }

    /// Returns the target of a redirect, enforced or not.
    ///
    /// ```
    /// # use tower_redirect::Decision;
    /// assert_eq!(Decision::redirect("/x").into_target(), Some("/x"));
    /// assert_eq!(Decision::<&str>::pass().into_target(), None);
    /// ```
    #[must_use]
    pub fn into_target(self) -> Option<T> {
        match self.kind {
            DecisionKind::Redirect(target) | DecisionKind::Enforce(target) => Some(target),
            DecisionKind::Pass | DecisionKind::Refuse(_) => None,
        }
    }

    /// Returns the refusal, if the layer refuses the request.
    ///
    /// ```
    /// # use tower_redirect::{Decision, Location, policy::Refusal};
    /// let decision = Decision::<Location>::refuse(Refusal::gone("withdrawn"));
    /// assert_eq!(decision.refusal().unwrap().status(), 410);
    /// ```
    #[must_use]
    pub const fn refusal(&self) -> Option<&Refusal> {
        match &self.kind {
            DecisionKind::Refuse(refusal) => Some(refusal),
            DecisionKind::Pass | DecisionKind::Redirect(_) | DecisionKind::Enforce(_) => None,
        }
    }

    /// Returns `true` if the request passes through.
    ///
    /// ```
    /// # use tower_redirect::Decision;
    /// assert!(Decision::<&str>::pass().is_pass());
    /// ```
    #[must_use]
    #[inline]
    pub const fn is_pass(&self) -> bool {
        matches!(self.kind, DecisionKind::Pass)
    }
}

impl<T, E> Decision<Result<T, E>> {
    /// An error passes the request through, or refuses it if the redirect is enforced.
    pub(super) fn transpose(self) -> Decision<T> {
        let kind = match self.kind {
            DecisionKind::Pass | DecisionKind::Redirect(Err(_)) => DecisionKind::Pass,
            DecisionKind::Redirect(Ok(target)) => DecisionKind::Redirect(target),
            DecisionKind::Enforce(Ok(target)) => DecisionKind::Enforce(target),
            DecisionKind::Enforce(Err(_)) => DecisionKind::Refuse(Refusal::NOT_REDIRECTED),
            DecisionKind::Refuse(refusal) => DecisionKind::Refuse(refusal),
        };
        Decision {
            kind,
            facts: self.facts,
        }
    }
}

impl<T: Target> Decision<T> {
    /// Adds what the policy saw in `head`, which isn't the head that the layer knows.
    ///
    /// If a trusted proxy has stripped a prefix, a local path gets it back, once (R13).
    #[inline]
    pub(crate) fn seen_in(mut self, head: &RequestHead<'_>) -> Self {
        if let DecisionKind::Redirect(_) | DecisionKind::Enforce(_) = &self.kind {
            let prefix = head.stripped_prefix().filter(|_| !self.facts.has_prefix);
            self.facts = self.facts.with_head(head);
            if let Some(prefix) = prefix {
                return self.below(prefix);
            }
        }
        self
    }

    #[cold]
    fn below(self, prefix: &str) -> Self {
        let prefixed = self.map(|target| {
            if !target.location().is_local() {
                return Ok(target);
            }
            let location = target.location().below(prefix)?;
            Ok::<_, LocationError>(target.map_location(|_| location))
        });
        prefixed.transpose()
    }
}

impl<T> Decision<T> {
    /// Says that the target is a URL of the client, which has the prefix that a proxy strips.
    pub(super) fn with_prefix(mut self) -> Self {
        self.facts.has_prefix = true;
        self
    }

    /// Returns `true` if the target is a URL of the client.
    pub(super) fn has_prefix(&self) -> bool {
        self.facts.has_prefix
    }
}

impl Decision<Redirect> {
    /// Returns what happens to the request: the only place where a decision becomes an action.
    #[inline]
    pub(crate) fn judge(self, head: &RequestHead<'_>, disabled: DisabledExemptions) -> Verdict {
        let (redirect, is_enforced) = match self.kind {
            DecisionKind::Pass => return Verdict::Pass(None),
            DecisionKind::Refuse(refusal) => return Verdict::Refuse(refusal, None),
            DecisionKind::Redirect(redirect) => (redirect, false),
            DecisionKind::Enforce(redirect) => (redirect, true),
        };
        let proposed = Proposed {
            redirect,
            is_enforced,
            facts: self.facts,
        };
        guard::judge(proposed, head, disabled)
    }

    /// Returns the decision that a layer carries out.
    pub(crate) fn of_verdict(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Pass(_) => Self::pass(),
            Verdict::Refuse(refusal, _) => Self::refuse(refusal),
            Verdict::Send(proposed, _) if proposed.is_enforced => Self::enforce(proposed.redirect),
            Verdict::Send(proposed, _) => Self::redirect(proposed.redirect),
        }
    }

    /// Returns `true` if both have the same effect on this request. Two redirects are the same if
    /// they have the same status, location (byte for byte), timing and cache lifetime. Two refusals
    /// are the same if they have the same status.
    pub(crate) fn has_same_effect(&self, other: &Self, request: &RequestHead<'_>) -> bool {
        match (&self.kind, &other.kind) {
            (DecisionKind::Pass, DecisionKind::Pass) => true,
            (DecisionKind::Refuse(own), DecisionKind::Refuse(other)) => {
                own.status() == other.status()
            }
            (DecisionKind::Redirect(own), DecisionKind::Redirect(other)) => {
                is_same_redirect(own, other, request) && is_same_timing(own, other)
            }
            (DecisionKind::Enforce(own), DecisionKind::Enforce(other)) => {
                is_same_redirect(own, other, request)
            }
            _ => false,
        }
    }
}

fn is_same_redirect(own: &Redirect, other: &Redirect, request: &RequestHead<'_>) -> bool {
    let status = |redirect: &Redirect| redirect.status(request.method(), request.version());
    status(own) == status(other)
        && own.location.as_str() == other.location.as_str()
        && own.cache == other.cache
}

fn is_same_timing(own: &Redirect, other: &Redirect) -> bool {
    match (own.timing(), other.timing()) {
        (Timing::Before, Timing::Before) => true,
        (Timing::After(own), Timing::After(other)) => own.is_like(other),
        _ => false,
    }
}

/// `None` passes the request through.
impl<T> From<Option<T>> for Decision<T> {
    #[inline]
    fn from(target: Option<T>) -> Self {
        target.map_or(Self::pass(), Self::redirect)
    }
}

/// `None` passes the request through.
impl From<Option<LocalPath>> for Decision<Location> {
    #[inline]
    fn from(path: Option<LocalPath>) -> Self {
        path.map(Location::from).into()
    }
}

/// Compares what happens to the request. What the policies knew about it doesn't count.
impl<T: PartialEq> PartialEq for Decision<T> {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl<T: Eq> Eq for Decision<T> {}

impl<T: Hash> Hash for Decision<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.kind.hash(state);
    }
}
