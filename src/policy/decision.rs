use std::fmt;

use http::StatusCode;

use crate::{Redirect, RequestHead, When};

/// What a policy answers: pass, redirect, or refuse.
///
/// ```
/// use tower_redirect::{Decision, LocalPath, Location};
///
/// let decision: Decision<Location> = Decision::Redirect(LocalPath::from_static("/x").into());
/// assert!(decision.map(|location| location.to_string()).into_redirect().is_some());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "a decision does nothing until it is carried out"]
pub enum Decision<T = Redirect> {
    /// The request goes on to the inner service.
    Pass,
    /// The client is sent elsewhere.
    Redirect(T),
    /// The request is answered with a 4xx; the inner service is not asked.
    Refuse(Refusal),
}

impl<T> Decision<T> {
    /// The same decision with another kind of target.
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

    /// The target, where it is a redirect.
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

    /// Whether the request goes on.
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
    /// Whether both are the same answer to a request: the same decision, status, location byte for byte,
    /// timing and lifetime.
    pub(crate) fn is_same_answer(&self, other: &Self, request: &RequestHead<'_>) -> bool {
        match (self, other) {
            (Self::Pass, Self::Pass) => true,
            (Self::Refuse(own), Self::Refuse(other)) => own.status() == other.status(),
            (Self::Redirect(own), Self::Redirect(other)) => {
                let status =
                    |redirect: &Redirect| redirect.status(request.method(), request.version());
                let same_timing = match (own.timing(), other.timing()) {
                    (When::Before, When::Before) => true,
                    (When::After(own), When::After(other)) => own.is_like(other),
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

/// `None` passes.
impl<T> From<Option<T>> for Decision<T> {
    #[inline]
    fn from(target: Option<T>) -> Self {
        target.map_or(Self::Pass, Self::Redirect)
    }
}

/// A 4xx answer, with a reason that is not sent.
///
/// The reason is for tests, for the event of feature `tracing`, and for layers in front: the refusal
/// is among the extensions of the answer.
///
/// ```
/// use http::StatusCode;
/// use tower_redirect::Refusal;
///
/// let refusal = Refusal::bad_request("two Host fields");
/// assert_eq!(refusal.status(), StatusCode::BAD_REQUEST);
/// assert_eq!(refusal.to_string(), "400 Bad Request: two Host fields");
///
/// assert!(Refusal::new(StatusCode::GONE, "withdrawn").is_some());
/// assert!(Refusal::new(StatusCode::OK, "fine").is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Refusal {
    status: StatusCode,
    reason: &'static str,
}

impl Refusal {
    /// Any 4xx; `None` for a status of another class.
    ///
    /// ```
    /// # use {http::StatusCode, tower_redirect::Refusal};
    /// let teapot = Refusal::new(StatusCode::IM_A_TEAPOT, "no coffee here");
    /// assert!(teapot.is_some());
    /// ```
    #[must_use]
    pub fn new(status: StatusCode, reason: &'static str) -> Option<Self> {
        status.is_client_error().then_some(Self { status, reason })
    }

    /// 400: the request contradicts itself (RFC 9110 §15.5.1).
    ///
    /// ```
    /// # use tower_redirect::Refusal;
    /// assert_eq!(Refusal::bad_request("two hosts").status(), 400);
    /// ```
    #[must_use]
    pub const fn bad_request(reason: &'static str) -> Self {
        let status = StatusCode::BAD_REQUEST;
        Self { status, reason }
    }

    /// 403: understood, and not done (RFC 9110 §15.5.4).
    ///
    /// ```
    /// # use tower_redirect::Refusal;
    /// assert_eq!(Refusal::forbidden("POST over plaintext").status(), 403);
    /// ```
    #[must_use]
    pub const fn forbidden(reason: &'static str) -> Self {
        let status = StatusCode::FORBIDDEN;
        Self { status, reason }
    }

    /// 410: it was here and is gone for good (RFC 9110 §15.5.11).
    ///
    /// ```
    /// # use tower_redirect::Refusal;
    /// assert_eq!(Refusal::gone("withdrawn").status(), 410);
    /// ```
    #[must_use]
    pub const fn gone(reason: &'static str) -> Self {
        let status = StatusCode::GONE;
        Self { status, reason }
    }

    /// 421: this server does not answer for that host (RFC 9110 §15.5.20).
    ///
    /// ```
    /// # use tower_redirect::Refusal;
    /// assert_eq!(Refusal::misdirected("an unknown host").status(), 421);
    /// ```
    #[must_use]
    pub const fn misdirected(reason: &'static str) -> Self {
        let status = StatusCode::MISDIRECTED_REQUEST;
        Self { status, reason }
    }

    /// The status that is sent.
    ///
    /// ```
    /// # use tower_redirect::Refusal;
    /// assert_eq!(Refusal::gone("withdrawn").status(), http::StatusCode::GONE);
    /// ```
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// Why; it is not sent.
    ///
    /// ```
    /// # use tower_redirect::Refusal;
    /// assert_eq!(Refusal::gone("withdrawn").reason(), "withdrawn");
    /// ```
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        self.reason
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status, self.reason)
    }
}
