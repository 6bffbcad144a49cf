//! The five redirect status codes, and how to choose one for each request.
//!
//! Use a [`Status`] if you promise your clients a certain code. Use an [`Intent`] if you only want
//! to say what the redirect means.
//!
//! ```
//! use http::{Method, Version};
//! use tower_redirect::{Status, status::Intent};
//!
//! let status = Intent::Permanent.status(&Method::POST, Version::HTTP_11);
//! assert_eq!(status, Status::PermanentRedirect);
//! assert_eq!(status.to_string(), "308 Permanent Redirect");
//! assert_eq!("308".parse(), Ok(status));
//! ```

use std::{fmt, str::FromStr};

use http::{Method, StatusCode};

mod error;
mod intent;

pub use error::{InvalidStatus, ParseStatusError};
pub use intent::{Intent, StatusChoice};

/// A redirect status code: 301, 302, 303, 307 or 308.
///
/// The enum is exhaustive: 300, 304, 305 and 306 aren't redirects and have no variant.
///
/// ```
/// use http::Method;
/// use tower_redirect::Status;
///
/// assert_eq!(Status::TemporaryRedirect.next_method(&Method::PUT), Method::PUT);
/// assert_eq!(Status::SeeOther.next_method(&Method::PUT), Method::GET);
/// assert!(Status::PermanentRedirect.is_permanent());
/// assert_eq!(Status::Found.to_string(), "302 Found");
/// ```
///
/// | status | the move is | the next request |
/// |---|---|---|
/// | 301 | permanent | POST may become GET |
/// | 302 | temporary | POST may become GET |
/// | 303 | temporary | becomes GET (HEAD stays HEAD) |
/// | 307 | temporary | method and body kept |
/// | 308 | permanent | method and body kept |
///
/// Source: RFC 9110 §15.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u16)]
pub enum Status {
    /// 301 Moved Permanently. Clients may turn POST into GET (RFC 9110 §15.4.2).
    MovedPermanently = 301,
    /// 302 Found, a temporary redirect. Clients may turn POST into GET (RFC 9110 §15.4.3).
    Found = 302,
    /// 303 See Other. The client fetches another page with GET (RFC 9110 §15.4.4).
    SeeOther = 303,
    /// 307 Temporary Redirect. The client keeps the method and the body (RFC 9110 §15.4.8).
    TemporaryRedirect = 307,
    /// 308 Permanent Redirect. The client keeps the method and the body (RFC 9110 §15.4.9).
    PermanentRedirect = 308,
}

/// How a client may change the method when it follows a redirect, according to RFC 9110.
///
/// The specification promises less than browsers do. [`Status::next_method`] returns what browsers
/// do.
///
/// ```
/// use http::Method;
/// use tower_redirect::{Status, status::MethodPromise};
///
/// assert_eq!(Status::Found.method_promise(&Method::POST), MethodPromise::MayBecomeGet);
/// assert_eq!(Status::Found.method_promise(&Method::PUT), MethodPromise::Unchanged);
/// assert_eq!(Status::SeeOther.method_promise(&Method::PUT), MethodPromise::Retrieval);
/// ```
///
/// The enum is exhaustive, because RFC 9110 has no fourth case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MethodPromise {
    /// The next request has the same method and the same body.
    Unchanged,
    /// The client may send GET without a body instead.
    MayBecomeGet,
    /// The next request is a GET or a HEAD, for every method.
    Retrieval,
}

impl Status {
    /// All five statuses, in the order of their codes.
    ///
    /// ```
    /// use tower_redirect::Status;
    ///
    /// let codes = Status::ALL.map(Status::as_u16);
    /// assert_eq!(codes, [301, 302, 303, 307, 308]);
    /// ```
    pub const ALL: [Self; 5] = [
        Self::MovedPermanently,
        Self::Found,
        Self::SeeOther,
        Self::TemporaryRedirect,
        Self::PermanentRedirect,
    ];

    /// Returns the status code as a number.
    ///
    /// ```
    /// # use tower_redirect::Status;
    /// assert_eq!(Status::TemporaryRedirect.as_u16(), 307);
    /// ```
    #[must_use]
    pub const fn as_u16(self) -> u16 {
        self as u16
    }

    /// Returns the status as a [`StatusCode`] of the `http` crate.
    ///
    /// ```
    /// # use tower_redirect::Status;
    /// assert_eq!(Status::SeeOther.code(), http::StatusCode::SEE_OTHER);
    /// ```
    #[must_use]
    pub const fn code(self) -> StatusCode {
        match self {
            Self::MovedPermanently => StatusCode::MOVED_PERMANENTLY,
            Self::Found => StatusCode::FOUND,
            Self::SeeOther => StatusCode::SEE_OTHER,
            Self::TemporaryRedirect => StatusCode::TEMPORARY_REDIRECT,
            Self::PermanentRedirect => StatusCode::PERMANENT_REDIRECT,
        }
    }

    /// Returns the reason phrase of RFC 9110.
    ///
    /// ```
    /// # use tower_redirect::Status;
    /// assert_eq!(Status::PermanentRedirect.reason(), "Permanent Redirect");
    /// ```
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::MovedPermanently => "Moved Permanently",
            Self::Found => "Found",
            Self::SeeOther => "See Other",
            Self::TemporaryRedirect => "Temporary Redirect",
            Self::PermanentRedirect => "Permanent Redirect",
        }
    }

    /// Returns `true` if the new URL replaces the old one permanently: for 301 and 308.
    ///
    /// A cache may keep these two without an explicit cache lifetime (RFC 9110 §15.1). Search
    /// engines transfer the ranking of the old URL to the new one.
    ///
    /// ```
    /// # use tower_redirect::Status;
    /// assert!(Status::MovedPermanently.is_permanent());
    /// assert!(!Status::SeeOther.is_permanent());
    /// ```
    #[must_use]
    pub const fn is_permanent(self) -> bool {
        matches!(self, Self::MovedPermanently | Self::PermanentRedirect)
    }

    /// Returns the method of the request that a browser sends next.
    ///
    /// - 301 and 302 turn POST into GET and keep the other methods.
    /// - 303 turns every method except GET and HEAD into GET.
    /// - 307 and 308 keep every method.
    ///
    /// If the method changes, the browser drops the body.
    ///
    /// ```
    /// use http::Method;
    /// # use tower_redirect::Status;
    ///
    /// assert_eq!(Status::Found.next_method(&Method::POST), Method::GET);
    /// assert_eq!(Status::Found.next_method(&Method::PUT), Method::PUT);
    /// assert_eq!(Status::SeeOther.next_method(&Method::HEAD), Method::HEAD);
    /// ```
    ///
    /// After 301 and 302, some other clients turn every method into GET.
    /// [`same_effect`](Self::same_effect) says whether all clients treat two statuses alike.
    /// [`method_promise`](Self::method_promise) returns the promise of the specification.
    ///
    /// Source: Fetch §4.4, HTTP-redirect fetch.
    #[must_use]
    pub fn next_method(self, method: &Method) -> Method {
        let becomes_get = match self {
            Self::MovedPermanently | Self::Found => method == Method::POST,
            Self::SeeOther => method != Method::GET && method != Method::HEAD,
            Self::TemporaryRedirect | Self::PermanentRedirect => false,
        };
        if becomes_get {
            Method::GET
        } else {
            method.clone()
        }
    }

    /// Returns how a client may change this method, according to RFC 9110.
    ///
    /// ```
    /// use http::Method;
    /// # use tower_redirect::{Status, status::MethodPromise};
    ///
    /// let promise = Status::PermanentRedirect.method_promise(&Method::POST);
    /// assert_eq!(promise, MethodPromise::Unchanged);
    /// ```
    ///
    /// Source: RFC 9110 §15.4.
    #[must_use]
    pub fn method_promise(self, method: &Method) -> MethodPromise {
        match self {
            Self::MovedPermanently | Self::Found if method == Method::POST => {
                MethodPromise::MayBecomeGet
            }
            Self::SeeOther => MethodPromise::Retrieval,
            _ => MethodPromise::Unchanged,
        }
    }

    /// Returns `true` if every client treats both statuses alike for this method.
    ///
    /// For GET and HEAD, the temporary codes have the same effect, and so do the permanent ones.
    /// For any other method, no two codes have the same effect, because clients disagree about 301
    /// and 302.
    ///
    /// ```
    /// use http::Method;
    /// # use tower_redirect::Status;
    ///
    /// assert!(Status::Found.same_effect(Status::TemporaryRedirect, &Method::GET));
    /// assert!(!Status::Found.same_effect(Status::TemporaryRedirect, &Method::POST));
    /// assert!(!Status::Found.same_effect(Status::MovedPermanently, &Method::GET));
    /// ```
    #[must_use]
    pub fn same_effect(self, other: Self, method: &Method) -> bool {
        let keeps_method = method == Method::GET || method == Method::HEAD;
        self == other || (keeps_method && self.is_permanent() == other.is_permanent())
    }
}

/// Writes the status code and the reason phrase, for example `302 Found`.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.as_u16(), self.reason())
    }
}

impl From<Status> for StatusCode {
    fn from(status: Status) -> Self {
        status.code()
    }
}

impl From<Status> for u16 {
    fn from(status: Status) -> Self {
        status.as_u16()
    }
}

impl TryFrom<StatusCode> for Status {
    type Error = InvalidStatus;

    fn try_from(code: StatusCode) -> Result<Self, InvalidStatus> {
        Self::try_from(code.as_u16())
    }
}

impl TryFrom<u16> for Status {
    type Error = InvalidStatus;

    fn try_from(code: u16) -> Result<Self, InvalidStatus> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_u16() == code)
            .ok_or(InvalidStatus::new(code))
    }
}

/// Reads a status code of three digits.
///
/// ```
/// use tower_redirect::Status;
///
/// assert_eq!("301".parse(), Ok(Status::MovedPermanently));
/// assert!("304".parse::<Status>().is_err());
/// assert!("+301".parse::<Status>().is_err());
/// ```
impl FromStr for Status {
    type Err = ParseStatusError;

    fn from_str(text: &str) -> Result<Self, ParseStatusError> {
        let has_three_digits = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
        let code = has_three_digits.then(|| text.parse::<u16>().ok()).flatten();
        let code = code.ok_or_else(ParseStatusError::not_a_number)?;
        Ok(Self::try_from(code)?)
    }
}
