use http::{Method, Version};

use crate::status::Status;

/// What the author of a redirect means; it picks the [`Status`] from the request's method and
/// version.
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
/// | intent | GET, HEAD | every other method |
/// |---|---|---|
/// | `Temporary` | 302 | 307 |
/// | `Permanent` | 301 | 308 |
/// | `SeeOther` | 303 | 303 |
///
/// On HTTP/1.0 `SeeOther` is 302 for GET, HEAD and POST, because 303 came with HTTP/1.1 and the
/// two mean the same to clients of that age. The version never turns 307 or 308 into anything
/// else: proxies speak HTTP/1.0 for clients that are newer.
///
/// Source: RFC 9110 §15.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Intent {
    /// Elsewhere for now, with the method and the body of this request.
    Temporary,
    /// Elsewhere for good, with the method and the body of this request.
    Permanent,
    /// The answer is another page, to be fetched by GET.
    SeeOther,
}

impl Intent {
    /// The status that keeps this promise for one method and version.
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
        let reads = method == Method::GET || method == Method::HEAD;
        match self {
            Self::Temporary if reads => Status::Found,
            Self::Temporary => Status::TemporaryRedirect,
            Self::Permanent if reads => Status::MovedPermanently,
            Self::Permanent => Status::PermanentRedirect,
            Self::SeeOther if version < Version::HTTP_11 && (reads || method == Method::POST) => {
                Status::Found
            }
            Self::SeeOther => Status::SeeOther,
        }
    }

    /// The status that keeps this promise for every method: 307, 308 or 303.
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
}

/// How a redirect is made: always with one [`Status`], or as an [`Intent`] has it.
///
/// Both convert into it, so that `.with(Status::Found)` and `.with(Intent::Permanent)` read alike.
///
/// ```
/// use http::{Method, Version};
/// use tower_redirect::{Status, status::{Intent, StatusChoice}};
///
/// let how = StatusChoice::from(Intent::Permanent);
/// assert_eq!(how.status(&Method::GET, Version::HTTP_11), Status::MovedPermanently);
/// assert_eq!(StatusChoice::from(Status::Found), StatusChoice::Status(Status::Found));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StatusChoice {
    /// This status, for every request.
    Status(Status),
    /// The status that the intent picks for the request.
    Intent(Intent),
}

impl StatusChoice {
    /// The status for one method and version.
    ///
    /// ```
    /// use http::{Method, Version};
    /// # use tower_redirect::{Status, status::StatusChoice};
    ///
    /// let how = StatusChoice::Status(Status::SeeOther);
    /// assert_eq!(how.status(&Method::PUT, Version::HTTP_2), Status::SeeOther);
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
