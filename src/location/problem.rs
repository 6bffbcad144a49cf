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
///     "invalid location, byte 1 (`\\`): browsers read `//` and `/\\` as the start of a host; \
///      write a single `/`",
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
    NoScheme,
    NotHttps,
    HttpLoopback,
    NotLoopback,
    Wildcard,
    WildcardPort,
    DotSegment,
    Unencoded,
    LonePercent,
    Backslash,
    LeadingSpace,
    UncheckedHost,
}

/// What is wrong, and how to fix it.
#[derive(Clone, Copy)]
pub(super) struct ProblemText {
    #[cfg(feature = "rules")]
    pub(super) message: &'static str,
    /// Empty if the message already says how to fix it.
    #[cfg(feature = "rules")]
    pub(super) help: &'static str,
    /// Both, because a panic in a `const` can't join them.
    pub(super) sentence: &'static str,
}

/// Joins a message and the help while compiling.
macro_rules! text {
    ($message:literal) => {
        ProblemText {
            #[cfg(feature = "rules")]
            message: $message,
            #[cfg(feature = "rules")]
            help: "",
            sentence: $message,
        }
    };
    ($message:literal, $help:literal) => {
        ProblemText {
            #[cfg(feature = "rules")]
            message: $message,
            #[cfg(feature = "rules")]
            help: $help,
            sentence: concat!($message, "; ", $help),
        }
    };
}

impl Problem {
    pub(super) const fn text(self) -> ProblemText {
        match self {
            Self::Empty => text!("it is empty", "write `/` for the home page"),
            Self::EmptySegment => text!("the segment is empty", "leave it out"),
            Self::TooLong => text!("it is longer than 8,000 bytes", "shorten it"),
            Self::Control => text!("control characters can't be sent", "remove it"),
            Self::OffSite => text!(
                "browsers read `//` and `/\\` as the start of a host",
                "write a single `/`"
            ),
            Self::NoSlash => text!(
                "it is relative to the requested page",
                "begin with `/` or `https://`"
            ),
            Self::NotLocal => text!("a local path must begin with `/`"),
            Self::Grows => text!(
                "an endless redirect, one folder deeper each time",
                "write the path from `/`"
            ),
            Self::HttpScheme => text!(
                "only `http://` and `https://` URLs are allowed",
                "use one of them, or `Location::unchecked`"
            ),
            Self::Userinfo => text!(
                "a user name before the host misleads readers",
                "remove everything up to the `@`"
            ),
            Self::Host => text!(
                "invalid host",
                "write labels of letters, digits, `-` and `_`, up to 63 bytes each, separated by dots"
            ),
            Self::HostNotAscii => text!(
                "the host has characters outside ASCII",
                "write it in punycode (`xn--…`), or enable the `idn` feature of tower-redirect"
            ),
            Self::HostNumber => text!(
                "browsers read a host that ends in a number as an IPv4 address",
                "write four decimal numbers up to 255 without leading zeros"
            ),
            Self::HostUpperCase => {
                text!("the host has upper-case letters", "write it in lower case")
            }
            Self::Ipv6 => text!(
                "invalid IPv6 address",
                "write it in brackets, for example `[::1]`"
            ),
            Self::Ipv6Literal => text!(
                "an IPv6 address can't be checked in a literal",
                "use `Location::from_config`"
            ),
            Self::Port => text!(
                "invalid port",
                "write a number from 0 to 65535 without leading zeros"
            ),
            Self::DefaultPort => text!("it is the default port of the scheme", "leave it out"),
            Self::NoPath => text!("the path is missing", "write a `/` after the host"),
            Self::NotAnOrigin => text!(
                "an origin ends after the host and the port",
                "remove everything after them"
            ),
            Self::NoScheme => text!(
                "an origin begins with its scheme",
                "for example, write `https://example.com`"
            ),
            Self::NotHttps => text!(
                "an allowed origin must begin with `https://`",
                "over plaintext, others could read what visitors enter after the login"
            ),
            Self::HttpLoopback => text!(
                "an allowed origin must begin with `https://`",
                "if you need this one while you develop, use `allow_for_development`"
            ),
            Self::NotLoopback => text!(
                "only `localhost`, `127.0.0.1` and `[::1]` can be allowed for development",
                "for example, write `http://localhost:3000`"
            ),
            Self::Wildcard => text!(
                "`*.` must be followed by a domain of at least two labels",
                "for example, write `https://*.tenant.example`"
            ),
            Self::WildcardPort => text!(
                "subdomains are only allowed on the default port",
                "remove the port, or list each origin"
            ),
            Self::DotSegment => text!(
                "browsers resolve the segments `.` and `..` (also as `%2e`)",
                "write the path without them"
            ),
            Self::Unencoded => text!(
                "the byte must be percent-encoded in a constant",
                "write it as `%XX`, or use a constructor that encodes"
            ),
            Self::LonePercent => text!(
                "a `%` must be followed by two hex digits",
                "write `%25` for the character itself"
            ),
            Self::Backslash => text!(
                "browsers read a `\\` before or in the host as `/`, and other clients don't",
                "write `/`, or remove it"
            ),
            Self::LeadingSpace => text!("browsers drop the space at the beginning", "remove it"),
            Self::UncheckedHost => text!(
                "the byte can't be sent in a host or before it, and encoding it could change the host",
                "remove it"
            ),
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

    /// Returns what is wrong, without the position.
    #[cfg(feature = "rules")]
    pub(crate) const fn message(&self) -> &'static str {
        self.problem.text().message
    }

    /// Returns how to fix the target of a rule.
    #[cfg(feature = "rules")]
    pub(crate) const fn help(&self) -> &'static str {
        match self.problem {
            // A rule can't have an unchecked target, so the text doesn't suggest one.
            Problem::HttpScheme => "use one of them, or a path that begins with `/`",
            problem => problem.text().help,
        }
    }

    /// Writes the position and the fix, without the type that the text should have had.
    pub(crate) fn fmt_position_and_help(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}", self.at)?;
        match self.byte {
            Some(byte @ 0x21..=0x7e) => write!(f, " (`{}`)", char::from(byte))?,
            Some(byte) => write!(f, " (0x{byte:02X})")?,
            None => f.write_str(" (the end)")?,
        }
        write!(f, ": {}", self.problem.text().sentence)
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
            Problem::NoScheme
            | Problem::NotHttps
            | Problem::HttpLoopback
            | Problem::NotLoopback
            | Problem::NotAnOrigin
            | Problem::Wildcard
            | Problem::WildcardPort => "invalid origin, ",
            _ => "invalid location, ",
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
