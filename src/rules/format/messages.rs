//! The parts that the messages of several readers share.

use crate::observe::escaped::Escaped;
use std::ops::Range;

#[cfg(feature = "regex")]
use crate::rules::{Finding, FindingCode};

/// A syntax error in a part of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub(super) bytes: Range<usize>,
    pub(super) message: &'static str,
    pub(super) help: &'static str,
}

/// The help for a status that isn't a redirect.
pub(super) const STATUS_HELP: &str = "use 301, 302, 303, 307 or 308";

/// Quotes a text of the file: in backticks, without control characters, and cut if it is long.
pub(super) fn quoted(text: &str) -> String {
    const MAX_CHARS: usize = 60;
    match text.char_indices().nth(MAX_CHARS) {
        Some((at, _)) => format!("`{}…`", Escaped(text.get(..at).unwrap_or_default())),
        None => format!("`{}`", Escaped(text)),
    }
}

/// Returns the help for an unknown key.
pub(super) fn unknown_key_help(key: &str, known: &[&str]) -> String {
    match similar_name(key, known) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "remove it, or check its spelling".to_owned(),
    }
}

/// Returns the known name that the author of the file may have meant.
///
/// A name is similar if the texts differ in the middle by at most a third of the name, or if the
/// written one is its beginning. The comparison ignores case.
pub(super) fn similar_name<'k>(written: &str, known: &[&'k str]) -> Option<&'k str> {
    let lower = written.to_ascii_lowercase();
    let is_similar = |known: &&&str| {
        let name = known.to_ascii_lowercase();
        let same = |(a, b): &(u8, u8)| a == b;
        let start = lower.bytes().zip(name.bytes()).take_while(same).count();
        let backwards = lower.bytes().rev().zip(name.bytes().rev());
        let end = backwards.take_while(same).count();
        let rest = lower.len().max(name.len()).saturating_sub(start + end);
        let is_beginning = start == lower.len() && start > 2;
        written != **known && (is_beginning || rest <= name.len() / 3)
    };
    known.iter().find(is_similar).copied()
}

/// Returns code, message and help about a regex that doesn't compile.
///
/// Look-around and backreferences are valid in the regexes of other servers, so they are
/// unsupported, not invalid.
#[cfg(feature = "regex")]
pub(super) fn regex_problem(error: &Finding) -> (FindingCode, String, String) {
    let mut unsupported = ["look-around", "backreference"].iter();
    if unsupported.any(|what| error.message().contains(what)) {
        return (
            FindingCode::UnsupportedRegex,
            "regex look-around and backreferences aren't supported, so this rule is skipped"
                .to_owned(),
            "write the regex without them, or list the paths to redirect".to_owned(),
        );
    }
    let (message, help) = (error.message().to_owned(), error.help().to_owned());
    (error.code(), message, help)
}
