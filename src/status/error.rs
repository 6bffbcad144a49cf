use std::{error::Error, fmt};

/// Why a status code isn't a redirect status.
///
/// ```
/// use http::StatusCode;
/// use tower_redirect::Status;
///
/// let error = Status::try_from(StatusCode::NOT_MODIFIED).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "304 isn't a redirect status: it tells the client to use its cached copy; \
///      use 301, 302, 303, 307 or 308",
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InvalidStatus {
    code: u16,
}

impl InvalidStatus {
    pub(super) const fn new(code: u16) -> Self {
        Self { code }
    }

    /// Returns the rejected status code.
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
        let reason = match self.code {
            300 => "it offers a choice of URLs instead of one",
            304 => "it tells the client to use its cached copy",
            305 => "it named a proxy, and is deprecated because clients must not obey it",
            306 => "it is reserved and has no meaning",
            309..=399 => "no redirect has this status",
            _ => "it isn't a 3xx status",
        };
        let code = self.code;
        write!(
            f,
            "{code} isn't a redirect status: {reason}; use 301, 302, 303, 307 or 308"
        )
    }
}

impl Error for InvalidStatus {}

/// Why a text can't be parsed as a [`Status`](super::Status), an [`Intent`](super::Intent) or a
/// [`StatusChoice`](super::StatusChoice).
///
/// ```
/// use tower_redirect::Status;
///
/// let error = "30x".parse::<Status>().unwrap_err();
/// assert_eq!(error.to_string(), "not a redirect status; use 301, 302, 303, 307 or 308");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ParseStatusError(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    /// Not a number of three digits.
    Status,
    /// Three digits, but not a redirect.
    Code(InvalidStatus),
    Intent,
    /// Neither a status nor an intent.
    StatusOrIntent,
}

impl ParseStatusError {
    pub(super) const fn not_a_number() -> Self {
        Self(Kind::Status)
    }

    pub(super) const fn unknown_intent() -> Self {
        Self(Kind::Intent)
    }

    /// The same error for a type that accepts intents too.
    pub(super) const fn or_intent(self) -> Self {
        match self.0 {
            Kind::Code(_) => self,
            _ => Self(Kind::StatusOrIntent),
        }
    }
}

impl From<InvalidStatus> for ParseStatusError {
    fn from(error: InvalidStatus) -> Self {
        Self(Kind::Code(error))
    }
}

impl fmt::Display for ParseStatusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Kind::Code(error) => return error.fmt(f),
            Kind::Status => "not a redirect status; use 301, 302, 303, 307 or 308",
            Kind::Intent => "not an intent; use `temporary`, `permanent` or `see-other`",
            Kind::StatusOrIntent => {
                "not a redirect status; use 301, 302, 303, 307, 308, `temporary`, `permanent` or \
                 `see-other`"
            }
        })
    }
}

impl Error for ParseStatusError {}
