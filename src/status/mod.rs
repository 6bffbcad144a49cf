//! The five redirect statuses, and how one is chosen for a request.

use std::{error::Error, fmt};

use http::{Method, StatusCode};

mod intent;

pub use intent::{Intent, StatusChoice};

/// One of the five status codes that send a client elsewhere: 301, 302, 303, 307, 308.
///
/// The type is closed: 300, 304, 305 and 306 are not redirects and have no variant.
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
/// | status | lifetime | the next request |
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
    /// 301: moved for good; clients may turn a POST into a GET (RFC 9110 §15.4.2).
    MovedPermanently = 301,
    /// 302: elsewhere for now; clients may turn a POST into a GET (RFC 9110 §15.4.3).
    Found = 302,
    /// 303: the answer is another page, to be fetched by GET (RFC 9110 §15.4.4).
    SeeOther = 303,
    /// 307: elsewhere for now; method and body are used again (RFC 9110 §15.4.8).
    TemporaryRedirect = 307,
    /// 308: moved for good; method and body are used again (RFC 9110 §15.4.9).
    PermanentRedirect = 308,
}

/// What RFC 9110 lets a client do with the method when it follows a redirect.
///
/// This is the promise of the specification, weaker than what browsers do in practice
/// ([`Status::next_method`]).
///
/// ```
/// use http::Method;
/// use tower_redirect::{Status, status::MethodPromise};
///
/// assert_eq!(Status::Found.method_promise(&Method::POST), MethodPromise::MayBecomeGet);
/// assert_eq!(Status::Found.method_promise(&Method::PUT), MethodPromise::Unchanged);
/// assert_eq!(Status::SeeOther.method_promise(&Method::PUT), MethodPromise::Retrieval);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MethodPromise {
    /// The next request has the same method, and its body.
    Unchanged,
    /// A client is allowed to send GET without a body instead, and need not.
    MayBecomeGet,
    /// The next request is a GET, or a HEAD, whatever this one was.
    Retrieval,
}

impl Status {
    /// The five, in the order of their numbers.
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

    /// The number on the wire.
    ///
    /// ```
    /// # use tower_redirect::Status;
    /// assert_eq!(Status::TemporaryRedirect.as_u16(), 307);
    /// ```
    #[must_use]
    pub const fn as_u16(self) -> u16 {
        self as u16
    }

    /// The status as the `http` crate has it.
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

    /// The reason phrase of RFC 9110.
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

    /// Whether the new address replaces the old one for good: 301 and 308.
    ///
    /// These two are also the ones that a cache may keep without being told for how long
    /// (RFC 9110 §15.1), and that give the new address standing with search engines.
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

    /// The method of the request that a browser sends next (Fetch §4.4, HTTP-redirect fetch).
    ///
    /// 301 and 302 turn POST into GET and leave the others; 303 turns everything but GET and
    /// HEAD into GET; 307 and 308 change nothing. When the method changes, the body is dropped.
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
    /// Other clients differ on 301 and 302: some turn every method into GET. What all of them
    /// agree on is [`same_effect`](Self::same_effect); what the specification promises is
    /// [`method_promise`](Self::method_promise).
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

    /// What RFC 9110 §15.4 lets a client do with this method.
    ///
    /// ```
    /// use http::Method;
    /// # use tower_redirect::{Status, status::MethodPromise};
    ///
    /// assert_eq!(Status::PermanentRedirect.method_promise(&Method::POST), MethodPromise::Unchanged);
    /// ```
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

    /// Whether every client treats both statuses alike for this method.
    ///
    /// For GET and HEAD the temporary codes mean the same, and so do the permanent ones. For any
    /// other method no two codes do: clients disagree on what 301 and 302 do to it.
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
            .ok_or(InvalidStatus { code })
    }
}

/// Says why a number is not one of the five redirects.
///
/// ```
/// use http::StatusCode;
/// use tower_redirect::Status;
///
/// let error = Status::try_from(StatusCode::NOT_MODIFIED).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "304 is not a redirect: it answers a conditional request from the client's own cache; \
///      use 301, 302, 303, 307 or 308",
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InvalidStatus {
    code: u16,
}

impl InvalidStatus {
    /// The number that was refused.
    ///
    /// ```
    /// # use tower_redirect::Status;
    /// assert_eq!(Status::try_from(300).unwrap_err().code(), 300);
    /// ```
    #[must_use]
    pub const fn code(&self) -> u16 {
        self.code
    }
}

impl fmt::Display for InvalidStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.code {
            300 => "it offers a choice and sends nobody anywhere",
            304 => "it answers a conditional request from the client's own cache",
            305 => "it named a proxy and was deprecated, because clients must not obey it",
            306 => "it is reserved and has no meaning",
            309..=399 => "no such redirect is registered",
            _ => "it is not in the 3xx class",
        };
        let code = self.code;
        write!(
            f,
            "{code} is not a redirect: {why}; use 301, 302, 303, 307 or 308"
        )
    }
}

impl Error for InvalidStatus {}
