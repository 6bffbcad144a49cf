use std::{fmt, sync::Arc};

use http::{Method, StatusCode, response::Parts};

/// Whether a redirect is sent before the inner service is asked or after it answered.
///
/// The decision is taken from the request in both cases. After the answer, a condition on that
/// answer decides whether the redirect replaces it; if not, the answer stands.
///
/// ```
/// use http::StatusCode;
/// use tower_redirect::redirect::Timing;
///
/// let when = Timing::after(StatusCode::NOT_FOUND);
/// assert!(matches!(when, Timing::After(_)));
/// assert!(matches!(Timing::default(), Timing::Before));
/// ```
///
/// From the answer that is replaced go its body, `Content-*`, `Transfer-Encoding`, `Trailer`,
/// `ETag`, `Last-Modified`, `Accept-Ranges`, `Cache-Control`, `Expires`, `Age` and `Location`. All
/// else stays: `Set-Cookie`, the headers of CORS, `Content-Security-Policy`, `Vary`, extensions. So do
/// not `CDN-Cache-Control`, `Surrogate-Control`, `Digest`, `Repr-Digest` and `Refresh`.
///
/// Where a `Set-Cookie` stays, and where `Cache-Control` said `no-store`, `private` or `no-cache`, a
/// redirect with a lifetime is sent `private`, and a permanent one without is sent `no-store`: no cache
/// hands to one visitor what was meant for another.
#[derive(Clone, Debug, Default)]
pub enum Timing {
    /// The inner service is not asked.
    #[default]
    Before,
    /// The inner service is asked, and the redirect replaces an answer that meets the condition.
    After(ResponseCondition),
}

/// What an answer must be for a redirect to replace it.
///
/// ```
/// use http::{Response, StatusCode};
/// use tower_redirect::redirect::Timing;
///
/// let Timing::After(condition) = Timing::after(StatusCode::NOT_FOUND) else { unreachable!() };
/// let (mut parts, ()) = Response::new(()).into_parts();
/// assert!(!condition.is_met(&parts));
/// parts.status = StatusCode::NOT_FOUND;
/// assert!(condition.is_met(&parts));
/// ```
#[derive(Clone)]
pub struct ResponseCondition(Kind);

#[derive(Clone)]
enum Kind {
    Success,
    Status(StatusCode),
    Response(Arc<dyn Fn(&Parts) -> bool + Send + Sync>),
}

impl Timing {
    /// After a 2xx answer to an unsafe method: what was asked for has been done.
    ///
    /// Answers to GET, HEAD, OPTIONS, TRACE and QUERY stand: they are what was asked for.
    ///
    /// ```
    /// # use tower_redirect::redirect::Timing;
    /// assert!(matches!(Timing::after_success(), Timing::After(_)));
    /// ```
    #[must_use]
    pub const fn after_success() -> Self {
        Self::After(ResponseCondition(Kind::Success))
    }

    /// After an answer with this status.
    ///
    /// ```
    /// # use tower_redirect::redirect::Timing;
    /// assert!(matches!(Timing::after(http::StatusCode::UNAUTHORIZED), Timing::After(_)));
    /// ```
    #[must_use]
    pub const fn after(status: StatusCode) -> Self {
        Self::After(ResponseCondition(Kind::Status(status)))
    }

    /// After an answer of which the closure says yes; it sees everything but the body.
    ///
    /// ```
    /// # use tower_redirect::redirect::Timing;
    /// let when = Timing::after_response(|answer| answer.status.is_client_error());
    /// assert!(matches!(when, Timing::After(_)));
    /// ```
    #[must_use]
    pub fn after_response(condition: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        Self::After(ResponseCondition(Kind::Response(Arc::new(condition))))
    }
}

impl ResponseCondition {
    /// Whether this answer is to be replaced, as far as the answer tells.
    ///
    /// ```
    /// use http::Response;
    /// use tower_redirect::redirect::Timing;
    ///
    /// let Timing::After(condition) = Timing::after_success() else { unreachable!() };
    /// let (parts, ()) = Response::new(()).into_parts();
    /// assert!(condition.is_met(&parts));
    /// ```
    #[must_use]
    pub fn is_met(&self, answer: &Parts) -> bool {
        match &self.0 {
            Kind::Success => answer.status.is_success(),
            Kind::Status(status) => answer.status == *status,
            Kind::Response(condition) => condition(answer),
        }
    }

    /// Whether it is the same; closures cannot be told apart.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Kind::Status(status), Kind::Status(other)) => status == other,
            (Kind::Success, Kind::Success) | (Kind::Response(_), Kind::Response(_)) => true,
            _ => false,
        }
    }

    /// Whether it is met by every answer with this status, and by no other.
    pub(crate) fn is_status(&self, status: StatusCode) -> bool {
        matches!(self.0, Kind::Status(own) if own == status)
    }

    /// Whether an answer to this method can meet it.
    pub(crate) fn applies_to(&self, method: &Method) -> bool {
        match self.0 {
            Kind::Success => !is_safe(method),
            Kind::Status(_) | Kind::Response(_) => true,
        }
    }
}

/// Whether a method only asks (RFC 9110 §9.2.1).
pub(crate) fn is_safe(method: &Method) -> bool {
    // `Method::is_safe` knows QUERY (RFC 10008) from http 1.5 on.
    method.is_safe() || method.as_str() == "QUERY"
}

impl fmt::Debug for ResponseCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Success => f.write_str("Success"),
            Kind::Status(status) => f.debug_tuple("Status").field(&status.as_u16()).finish(),
            Kind::Response(_) => f.write_str("Response(..)"),
        }
    }
}
