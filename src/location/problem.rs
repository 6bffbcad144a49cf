use std::{error::Error, fmt};

use super::limits::MAX_LEN;

/// Why a text isn't a valid [`Location`](crate::location::Location), at which byte, and how to fix
/// it.
///
/// ```
/// use tower_redirect::LocalPath;
///
/// let error = LocalPath::new("/\\evil.example").unwrap_err();
/// assert_eq!(error.position(), 1);
/// assert_eq!(
///     error.to_string(),
///     "not a location, byte 1 (`\\`): `//` and `/\\` lead a browser to another host; \
///      write one `/`, then the path",
/// );
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LocationError {
    pub(super) problem: Problem,
    pub(super) at: usize,
    pub(super) byte: Option<u8>,
}

/// What is wrong. Each variant has one sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Problem {
    Empty,
    EmptySegment,
    TooLong,
    Control,
    OffSite,
    NoSlash,
    NotLocal,
    Grows,
    HttpScheme,
    Userinfo,
    Host,
    HostNotAscii,
    HostNumber,
    HostUpperCase,
    Ipv6,
    Ipv6Literal,
    Port,
    DefaultPort,
    NoPath,
    NotAnOrigin,
    NotHttps,
    Wildcard,
    WildcardPort,
    DotSegment,
    Unencoded,
}

impl Problem {
    pub(super) const fn sentence(self) -> &'static str {
        match self {
            Self::Empty => "it is empty; write `/` for the first page",
            Self::EmptySegment => "a segment has at least one byte; leave the empty one out",
            Self::TooLong => "it is longer than 8,000 bytes; shorten it",
            Self::Control => "control characters cannot be sent; remove it",
            Self::OffSite => {
                "`//` and `/\\` lead a browser to another host; write one `/`, then the path"
            }
            Self::NoSlash => {
                "it would be read relative to the page that was asked for; begin with `/`, or with \
                 `https://`"
            }
            Self::NotLocal => "a local path begins with `/`",
            Self::Grows => {
                "each redirect would lead one folder deeper, without end; write the path from `/`"
            }
            Self::HttpScheme => {
                "only `http://` and `https://` lead to a web page; write one of them, or take \
                 `Location::unchecked`"
            }
            Self::Userinfo => {
                "a user name before the host misleads readers; remove it up to the `@`"
            }
            Self::Host => {
                "a host is labels of letters, digits, `-` and `_`, up to 63 bytes each, between dots"
            }
            Self::HostNotAscii => {
                "write the host in punycode (`xn--…`), or enable the feature `idn` of tower-redirect"
            }
            Self::HostNumber => {
                "a host that ends in a number is an IPv4 address; write four decimal numbers up to \
                 255 without leading zeros"
            }
            Self::HostUpperCase => "write the host in lower case",
            Self::Ipv6 => "this is not an IPv6 address in brackets",
            Self::Ipv6Literal => {
                "an IPv6 address is not checked here; take `Location::from_config`"
            }
            Self::Port => "a port is a number from 0 to 65535 without leading zeros",
            Self::DefaultPort => "leave out the default port of the scheme",
            Self::NoPath => "write a `/` after the host",
            Self::NotAnOrigin => "an origin ends after the host and the port; leave out the path",
            Self::NotHttps => {
                "an origin that a request may name begins with `https://`; what is typed in after the \
                 login must not travel in plaintext"
            }
            Self::Wildcard => {
                "`*.` stands in front of a name of two labels or more, and stands for all its \
                 subdomains: `https://*.tenant.example`"
            }
            Self::WildcardPort => {
                "subdomains are allowed on the default port only; leave out the port, or write each \
                 origin"
            }
            Self::DotSegment => {
                "a browser resolves the segments `.` and `..` (also as `%2e`); write the path without \
                 them"
            }
            Self::Unencoded => {
                "it must be percent-encoded (`%XX`) in a constant; write it so, or take a constructor \
                 that encodes"
            }
        }
    }
}

impl LocationError {
    /// Returns the position of the first wrong byte, counted from 0.
    ///
    /// ```
    /// # use tower_redirect::LocalPath;
    /// assert_eq!(LocalPath::new("/a\tb").unwrap_err().position(), 2);
    /// ```
    #[must_use]
    pub const fn position(&self) -> usize {
        self.at
    }

    pub(super) const fn new(problem: Problem, at: usize, rest: &[u8]) -> Self {
        let byte = match rest {
            [byte, ..] => Some(*byte),
            [] => None,
        };
        Self { problem, at, byte }
    }

    pub(super) const fn too_long() -> Self {
        Self::new(Problem::TooLong, MAX_LEN, &[])
    }

    /// Returns what is wrong with the target of a rule and how to fix it, without the position.
    #[cfg(feature = "rules")]
    pub(crate) const fn sentence(&self) -> &'static str {
        match self.problem {
            // A rule can't have an unchecked target, so the text doesn't suggest one.
            Problem::HttpScheme => {
                "only `http://` and `https://` lead to a web page; write one of them, or a path that \
                 begins with `/`"
            }
            problem => problem.sentence(),
        }
    }

    /// Writes the position and the fix, without the type that the text should have had.
    pub(crate) fn fmt_position_and_help(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}", self.at)?;
        match self.byte {
            Some(byte @ 0x21..=0x7e) => write!(f, " (`{}`)", char::from(byte))?,
            Some(byte) => write!(f, " (0x{byte:02X})")?,
            None => f.write_str(" (its end)")?,
        }
        write!(f, ": {}", self.problem.sentence())
    }

    /// Returns the error for a text without its first `by` bytes.
    pub(crate) const fn moved_back(mut self, by: usize) -> Self {
        self.at = self.at.saturating_sub(by);
        self
    }

    /// Returns the error for a text with `by` more bytes in front.
    pub(super) const fn moved(mut self, by: usize) -> Self {
        self.at += by;
        self
    }
}

impl fmt::Display for LocationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.problem {
            Problem::NotHttps
            | Problem::NotAnOrigin
            | Problem::Wildcard
            | Problem::WildcardPort => "not an origin, ",
            _ => "not a location, ",
        })?;
        self.fmt_position_and_help(f)
    }
}

// `main() -> Result<(), LocationError>` prints the `Debug` form, so it has the same text.
impl fmt::Debug for LocationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LocationError({self})")
    }
}

impl Error for LocationError {}
