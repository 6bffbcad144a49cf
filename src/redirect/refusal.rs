use std::fmt;

use http::StatusCode;

/// A 4xx answer, with a reason that is not sent.
///
/// The reason is for tests, for the event of feature `tracing`, and for layers in front: the refusal
/// is among the extensions of the answer.
///
/// ```
/// use http::StatusCode;
/// use tower_redirect::policy::Refusal;
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
    /// # use {http::StatusCode, tower_redirect::policy::Refusal};
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
    /// # use tower_redirect::policy::Refusal;
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
    /// # use tower_redirect::policy::Refusal;
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
    /// # use tower_redirect::policy::Refusal;
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
    /// # use tower_redirect::policy::Refusal;
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
    /// # use tower_redirect::policy::Refusal;
    /// assert_eq!(Refusal::gone("withdrawn").status(), http::StatusCode::GONE);
    /// ```
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// Why; it is not sent.
    ///
    /// ```
    /// # use tower_redirect::policy::Refusal;
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
