use std::{fmt, sync::Arc};

use http::{Method, StatusCode, response::Parts};

/// When a redirect is sent: instead of calling the inner service, or after its response.
///
/// In both cases, the policy decides before the inner service is called. A redirect after the
/// response replaces the response only if that response meets a condition. Otherwise the client
/// gets the response unchanged.
///
/// ```
/// use http::StatusCode;
/// use tower_redirect::redirect::Timing;
///
/// let timing = Timing::after(StatusCode::NOT_FOUND);
/// assert!(matches!(timing, Timing::After(_)));
/// assert!(matches!(Timing::default(), Timing::Before));
/// ```
///
/// # What remains of the replaced response
///
/// The redirect replaces the body, `Location`, and the headers that describe the body:
///
/// - `Content-*`, `Transfer-Encoding`, `Trailer`, `ETag`, `Last-Modified`, `Accept-Ranges`,
///   `Digest` and `Repr-Digest`,
/// - `Cache-Control`, its variants (`CDN-Cache-Control`, `Surrogate-Control`), `Expires`,
///   `X-Accel-Expires`, `Pragma` and `Age`, and
/// - `Refresh`.
///
/// Everything else stays, for example `Set-Cookie`, the CORS headers, `Vary` and the extensions.
/// `Content-Security-Policy` stays too.
///
/// A cache must not send a redirect for one visitor to another visitor. The response says that it's
/// for one visitor, or for this moment only, if it has
///
/// - a `Set-Cookie`,
/// - a `Cache-Control` with `no-store`, `private`, `no-cache`, `max-age=0` or `s-maxage=0`. An
///   invalid number counts as 0. The same holds for `CDN-Cache-Control`, for its variants such as
///   `Netlify-CDN-Cache-Control`, and for `Surrogate-Control`,
/// - `Pragma: no-cache`,
/// - an `Expires` but no `max-age` or `s-maxage`, because the layer doesn't compare dates, or
/// - `X-Accel-Expires: 0`.
///
/// Then
///
/// - a redirect with a cache lifetime gets `Cache-Control: private`, and
/// - a permanent redirect without a cache lifetime gets `Cache-Control: no-store`.
///
/// The enum is exhaustive: a redirect can't be sent at any other time.
#[derive(Clone, Debug, Default)]
pub enum Timing {
    /// The layer sends the redirect, and doesn't call the inner service.
    #[default]
    Before,
    /// The layer calls the inner service. The redirect replaces the response if the response meets
    /// the condition.
    After(ResponseCondition),
}

/// The condition that a response must meet for a redirect to replace it.
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
    /// Waits for a 2xx response to an unsafe method.
    ///
    /// Responses to the safe methods GET, HEAD, OPTIONS, TRACE and QUERY are never replaced.
    ///
    /// ```
    /// # use tower_redirect::redirect::Timing;
    /// assert!(matches!(Timing::after_success(), Timing::After(_)));
    /// ```
    #[must_use]
    pub const fn after_success() -> Self {
        Self::After(ResponseCondition(Kind::Success))
    }

    /// Waits for a response with this status.
    ///
    /// ```
    /// # use tower_redirect::redirect::Timing;
    /// assert!(matches!(Timing::after(http::StatusCode::UNAUTHORIZED), Timing::After(_)));
    /// ```
    #[must_use]
    pub const fn after(status: StatusCode) -> Self {
        Self::After(ResponseCondition(Kind::Status(status)))
    }

    /// Waits for a response for which the closure returns `true`. The closure doesn't see the body.
    ///
    /// ```
    /// # use tower_redirect::redirect::Timing;
    /// let timing = Timing::after_response(|response| response.status.is_client_error());
    /// assert!(matches!(timing, Timing::After(_)));
    /// ```
    #[must_use]
    pub fn after_response(condition: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        Self::After(ResponseCondition(Kind::Response(Arc::new(condition))))
    }
}

impl ResponseCondition {
    /// Returns `true` if the response meets the condition.
    ///
    /// It only looks at the response. [`Timing::after_success`] also depends on the method of the
    /// request.
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
    pub fn is_met(&self, response: &Parts) -> bool {
        match &self.0 {
            Kind::Success => response.status.is_success(),
            Kind::Status(status) => response.status == *status,
            Kind::Response(condition) => condition(response),
        }
    }

    /// Returns `true` if both conditions are the same. All closures count as the same.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Kind::Status(status), Kind::Status(other)) => status == other,
            (Kind::Success, Kind::Success) | (Kind::Response(_), Kind::Response(_)) => true,
            _ => false,
        }
    }

    /// Returns `true` if exactly the responses with this status meet the condition.
    pub(crate) fn is_status(&self, status: StatusCode) -> bool {
        matches!(self.0, Kind::Status(own) if own == status)
    }

    /// Returns `true` if a response to this method can meet the condition.
    pub(crate) fn applies_to(&self, method: &Method) -> bool {
        match self.0 {
            Kind::Success => !is_safe(method),
            Kind::Status(_) | Kind::Response(_) => true,
        }
    }
}

/// Returns `true` if the method is safe (RFC 9110 §9.2.1).
pub(crate) fn is_safe(method: &Method) -> bool {
    // `Method::is_safe` only knows QUERY (RFC 10008) since http 1.5.
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
