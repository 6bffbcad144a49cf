//! Errors in the configuration of a canonical URL.

use std::{error::Error, fmt};

use crate::location::LocationError;

/// The error for a canonical URL that isn't configured correctly.
///
/// The message says what is wrong with which part, and how to fix it.
///
/// ```
/// use tower_redirect::policy::CanonicalHost;
///
/// let error = CanonicalHost::new("*.example.com").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "invalid host `*.example.com`: a wildcard isn't one host; list it in `one_of`, or among \
///      the aliases of `with_aliases`",
/// );
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CanonicalError {
    part: &'static str,
    text: Box<str>,
    kind: ErrorKind,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum ErrorKind {
    Location(LocationError),
    Message(&'static str),
    /// The list is empty.
    Missing,
}

impl CanonicalError {
    pub(super) fn host(text: &str, error: LocationError) -> Self {
        Self {
            part: "host",
            text: text.into(),
            kind: ErrorKind::Location(error),
        }
    }

    pub(super) fn message(part: &'static str, text: &str, message: &'static str) -> Self {
        Self {
            part,
            text: text.into(),
            kind: ErrorKind::Message(message),
        }
    }

    /// The list of these parts is empty.
    pub(super) fn missing(parts: &'static str) -> Self {
        Self {
            part: parts,
            text: Box::default(),
            kind: ErrorKind::Missing,
        }
    }
}

impl fmt::Display for CanonicalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { part, text, kind } = self;
        let text = text.escape_debug();
        match kind {
            ErrorKind::Location(error) => {
                write!(f, "{part} `{text}`, ")?;
                error.fmt_position_and_help(f)
            }
            ErrorKind::Message(message) => write!(f, "invalid {part} `{text}`: {message}"),
            ErrorKind::Missing => write!(f, "no {part}; list at least one"),
        }
    }
}

// `main() -> Result<(), CanonicalError>` prints the `Debug` text, so it must help as much.
impl fmt::Debug for CanonicalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CanonicalError({self})")
    }
}

impl Error for CanonicalError {}
