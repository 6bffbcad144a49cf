use std::{error::Error, fmt};

use crate::location::LocationError;

/// Says which part of an address cannot be configured as it is written, and how to mend it.
///
/// ```
/// use tower_redirect::policy::CanonicalHost;
///
/// let error = CanonicalHost::new("exam ple.com").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "host `exam ple.com`, byte 4 (0x20): invalid host; write labels of letters, digits, `-` and \
///      `_`, up to 63 bytes each, separated by dots",
/// );
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CanonicalError {
    part: &'static str,
    text: Box<str>,
    why: Why,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Why {
    Location(LocationError),
    Sentence(&'static str),
    /// There is none, where there has to be one.
    Nothing,
}

impl CanonicalError {
    pub(super) fn host(text: &str, why: LocationError) -> Self {
        Self {
            part: "host",
            text: text.into(),
            why: Why::Location(why),
        }
    }

    pub(super) fn sentence(part: &'static str, text: &str, why: &'static str) -> Self {
        Self {
            part,
            text: text.into(),
            why: Why::Sentence(why),
        }
    }
}

impl CanonicalError {
    /// The parts have no text: there are none.
    pub(super) fn nothing(parts: &'static str) -> Self {
        Self {
            part: parts,
            text: Box::default(),
            why: Why::Nothing,
        }
    }
}

impl fmt::Display for CanonicalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { part, text, why } = self;
        if self.why == Why::Nothing {
            return write!(f, "no {part}: name one");
        }
        write!(f, "{part} `{}`", text.escape_debug())?;
        match why {
            Why::Location(error) => {
                f.write_str(", ")?;
                error.fmt_position_and_help(f)
            }
            Why::Sentence(sentence) => write!(f, ": {sentence}"),
            Why::Nothing => Ok(()),
        }
    }
}

// `main() -> Result<(), CanonicalError>` prints this; it has to help as much.
impl fmt::Debug for CanonicalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CanonicalError({self})")
    }
}

impl Error for CanonicalError {}
