use std::{fmt, str::FromStr};

use http::{Method, Version};

use super::{ParseStatusError, Status};

/// The meaning of a redirect. It picks the [`Status`] for each request's method and version.
///
/// ```
/// use http::{Method, Version};
/// use tower_redirect::{Status, status::Intent};
///
/// let temporary = |method| Intent::Temporary.status(&method, Version::HTTP_11);
/// assert_eq!(temporary(Method::GET), Status::Found);
/// assert_eq!(temporary(Method::PUT), Status::TemporaryRedirect);
/// ```
///
/// | intent | GET, HEAD | other methods |
/// |---|---|---|
/// | `Temporary` | 302 | 307 |
/// | `Permanent` | 301 | 308 |
/// | `SeeOther` | 303 | 303 |
///
/// On HTTP/1.0, `SeeOther` picks 302 for GET, HEAD and POST. HTTP/1.0 has no 303, and its clients
/// turn POST into GET after a 302. The version never changes 307 and 308, because proxies speak
/// HTTP/1.0 for newer clients.
///
/// The enum is exhaustive, because RFC 9110 has no other kind of redirect.
///
/// Source: RFC 9110 §15.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Intent {
    /// The resource is temporarily at another URL. The next request keeps the method and the body.
    Temporary,
    /// The resource has moved permanently. The next request keeps the method and the body.
    Permanent,
    /// The client fetches another page with GET.
    SeeOther,
}

impl Intent {
    /// Returns the status with this meaning for one method and version.
    ///
    /// ```
    /// use http::{Method, Version};
    /// # use tower_redirect::{Status, status::Intent};
    ///
    /// let old = Version::HTTP_10;
    /// assert_eq!(Intent::SeeOther.status(&Method::POST, old), Status::Found);
    /// assert_eq!(Intent::SeeOther.status(&Method::PUT, old), Status::SeeOther);
    /// assert_eq!(Intent::Permanent.status(&Method::POST, old), Status::PermanentRedirect);
    /// ```
    #[must_use]
    pub fn status(self, method: &Method, version: Version) -> Status {
        let is_read = method == Method::GET || method == Method::HEAD;
        match self {
            Self::Temporary if is_read => Status::Found,
            Self::Temporary => Status::TemporaryRedirect,
            Self::Permanent if is_read => Status::MovedPermanently,
            Self::Permanent => Status::PermanentRedirect,
            Self::SeeOther if version < Version::HTTP_11 && (is_read || method == Method::POST) => {
                Status::Found
            }
            Self::SeeOther => Status::SeeOther,
        }
    }

    /// Returns the status with this meaning for every method: 307, 308 or 303.
    ///
    /// ```
    /// # use tower_redirect::{Status, status::Intent};
    /// assert_eq!(Intent::Temporary.strict_status(), Status::TemporaryRedirect);
    /// ```
    #[must_use]
    pub const fn strict_status(self) -> Status {
        match self {
            Self::Temporary => Status::TemporaryRedirect,
            Self::Permanent => Status::PermanentRedirect,
            Self::SeeOther => Status::SeeOther,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Temporary => "temporary",
            Self::Permanent => "permanent",
            Self::SeeOther => "see-other",
        }
    }
}

/// Writes `temporary`, `permanent` or `see-other`.
impl fmt::Display for Intent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Reads what [`Display`](fmt::Display) writes.
///
/// ```
/// use tower_redirect::status::Intent;
///
/// let intent: Intent = "see-other".parse()?;
/// assert_eq!((intent, intent.to_string().as_str()), (Intent::SeeOther, "see-other"));
/// assert!("See other".parse::<Intent>().is_err());
/// # Ok::<(), tower_redirect::status::ParseStatusError>(())
/// ```
impl FromStr for Intent {
    type Err = ParseStatusError;

    fn from_str(text: &str) -> Result<Self, ParseStatusError> {
        [Self::Temporary, Self::Permanent, Self::SeeOther]
            .into_iter()
            .find(|intent| intent.as_str() == text)
            .ok_or_else(ParseStatusError::unknown_intent)
    }
}

/// A fixed [`Status`], or an [`Intent`] that picks the status for each request.
///
/// Both types convert into it, so you can write `.with(Status::Found)` and
/// `.with(Intent::Permanent)`.
///
/// ```
/// use http::{Method, Version};
/// use tower_redirect::{Status, status::{Intent, StatusChoice}};
///
/// let choice = StatusChoice::from(Intent::Permanent);
/// assert_eq!(choice.status(&Method::GET, Version::HTTP_11), Status::MovedPermanently);
/// assert_eq!(StatusChoice::from(Status::Found), StatusChoice::Status(Status::Found));
/// ```
///
/// The enum is exhaustive, so you can match on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StatusChoice {
    /// The same status for every request.
    Status(Status),
    /// The status that the intent picks for the request.
    Intent(Intent),
}

impl StatusChoice {
    /// Returns the status for one method and version.
    ///
    /// ```
    /// use http::{Method, Version};
    /// # use tower_redirect::{Status, status::StatusChoice};
    ///
    /// let choice = StatusChoice::Status(Status::SeeOther);
    /// assert_eq!(choice.status(&Method::PUT, Version::HTTP_2), Status::SeeOther);
    /// ```
    #[must_use]
    pub fn status(self, method: &Method, version: Version) -> Status {
        match self {
            Self::Status(status) => status,
            Self::Intent(intent) => intent.status(method, version),
        }
    }
}

impl From<Status> for StatusChoice {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

impl From<Intent> for StatusChoice {
    fn from(intent: Intent) -> Self {
        Self::Intent(intent)
    }
}

/// Writes the status (`302 Found`) or the intent (`temporary`).
impl fmt::Display for StatusChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => status.fmt(f),
            Self::Intent(intent) => intent.fmt(f),
        }
    }
}

/// Reads a status code (`302`) or the name of an intent (`temporary`), for configuration files.
///
/// ```
/// use tower_redirect::{Status, status::{Intent, StatusChoice}};
///
/// assert_eq!("308".parse(), Ok(StatusChoice::from(Status::PermanentRedirect)));
/// assert_eq!("permanent".parse(), Ok(StatusChoice::from(Intent::Permanent)));
///
/// let error = "forever".parse::<StatusChoice>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "not a redirect status; use 301, 302, 303, 307, 308, `temporary`, `permanent` or \
///      `see-other`",
/// );
/// ```
impl FromStr for StatusChoice {
    type Err = ParseStatusError;

    fn from_str(text: &str) -> Result<Self, ParseStatusError> {
        if let Ok(intent) = text.parse::<Intent>() {
            return Ok(intent.into());
        }
        match text.parse::<Status>() {
            Ok(status) => Ok(status.into()),
            Err(error) => Err(error.or_intent()),
        }
    }
}
