use std::fmt;

use http::StatusCode;

/// A 4xx response with a reason that clients don't see.
///
/// The reason is for tests, for the event of the `tracing` feature, and for outer layers. They find
/// the refusal in the extensions of the response.
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
    /// Creates a refusal with any 4xx status. Returns `None` for a status of another class.
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

    /// Creates a refusal with 400 Bad Request, for a contradictory request (RFC 9110 §15.5.1).
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

    /// Creates a refusal with 403 Forbidden (RFC 9110 §15.5.4).
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

    /// Creates a refusal with 410 Gone, for a resource that was removed permanently (RFC 9110
    /// §15.5.11).
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

    /// Creates a refusal with 421 Misdirected Request, for a host that this server doesn't serve
    /// (RFC 9110 §15.5.20).
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

    /// Returns the status that is sent.
    ///
    /// ```
    /// # use tower_redirect::policy::Refusal;
    /// assert_eq!(Refusal::gone("withdrawn").status(), http::StatusCode::GONE);
    /// ```
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the reason. Clients don't see it.
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

/// Writes the status and the reason.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status, self.reason)
    }
}
