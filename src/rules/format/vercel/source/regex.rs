//! Sources that are regexes.

#[cfg(feature = "regex")]
use std::fmt::Write;

#[cfg(feature = "regex")]
use super::is_unreserved;
use super::{Problem, Regexes, Translated};
use crate::rules::format::{path_to_regexp::Piece, vercel::VercelFormat};
#[cfg(feature = "regex")]
use crate::rules::{
    format::{
        path_to_regexp::{Matched, Modifier},
        vercel::names::Capture,
    },
    source::Source,
};

#[cfg(not(feature = "regex"))]
pub(super) fn regex(_: &[Piece], _: &Regexes, _: VercelFormat) -> Result<Translated, Problem> {
    Err(Problem::NeedsRegex)
}

/// A source that is a regex.
#[cfg(feature = "regex")]
pub(super) fn regex(
    pieces: &[Piece],
    regexes: &Regexes,
    format: VercelFormat,
) -> Result<Translated, Problem> {
    let mut text = String::new();
    let mut names = Vec::new();
    let mut groups = Vec::new();
    let mut number = 0;
    // The text before a group.
    let mut before = "";
    for (piece, regex) in pieces.iter().zip(regexes) {
        let group = match piece {
            Piece::Text(literal) => {
                text.push_str(&escaped(&literal.text));
                before = &literal.text;
                continue;
            }
            Piece::Group(group) => group,
        };
        before = if group.prefix.is_empty() {
            before
        } else {
            &group.prefix
        };
        let segment = segment(std::mem::take(&mut before), format);
        let (prefix, suffix) = (escaped(&group.prefix), escaped(&group.suffix));
        let modifier = group.modifier.as_str();
        let matched = match (&group.matched, regex) {
            (Matched::Regex(_), Some(regex)) => &*regex.text,
            (Matched::Segment | Matched::Regex(_), _) => &*segment,
            (Matched::Nothing, _) => {
                let _ = write!(text, "(?:{prefix}{suffix}){modifier}");
                continue;
            }
        };
        let many = matches!(group.modifier, Modifier::ZeroOrMore | Modifier::OneOrMore);
        // Next leaves the slash out if the group is missing, so it is captured with it, too.
        let brings_slash = format == VercelFormat::Next
            && prefix == "/"
            && suffix.is_empty()
            && group.modifier != Modifier::One;
        let open = if brings_slash { "(" } else { "(?:" };
        number += usize::from(brings_slash);
        let with_slash = brings_slash.then(|| (number.to_string(), false));
        number += 1;
        groups.push(Capture {
            with_slash,
            may_be_missing: matches!(group.modifier, Modifier::Optional | Modifier::ZeroOrMore),
            ..Capture::new(number.to_string())
        });
        let is_bare = prefix.is_empty() && suffix.is_empty();
        let _ = match (is_bare, many) {
            // Vercel's version of path-to-regexp has the last repetition, and that of Next has all.
            (true, true) if format == VercelFormat::Next => {
                write!(text, "((?:{matched}){modifier})")
            }
            (true, true) => write!(text, "({matched}){modifier}"),
            (true, false) => write!(text, "({matched}){modifier}"),
            (false, true) => write!(
                text,
                "{open}{prefix}((?:{matched})(?:{suffix}{prefix}(?:{matched}))*){suffix}){}",
                if group.modifier == Modifier::ZeroOrMore {
                    "?"
                } else {
                    ""
                }
            ),
            (false, false) => write!(text, "{open}{prefix}({matched}){suffix}){modifier}"),
        };
        // Groups in the regex of a group have numbers of their own.
        let copies = if many && !is_bare { 2 } else { 1 };
        for _ in 0..copies * regex.as_ref().map_or(0, |regex| regex.captures) {
            number += 1;
            groups.push(Capture::new(number.to_string()));
        }
        names.push(group.name.clone());
    }
    let is_optional = |piece: &Piece| match piece {
        Piece::Text(_) => false,
        Piece::Group(group) => {
            matches!(group.modifier, Modifier::Optional | Modifier::ZeroOrMore)
        }
    };
    // Next ignores a slash at the end, and every path has its first slash.
    if format == VercelFormat::Next && !pieces.is_empty() && pieces.iter().all(is_optional) {
        text = format!("{text}|/");
    }
    Ok(Translated {
        source: Source::regex(&text),
        // The first placeholder has the first group, whatever groups are in it.
        path: names.into_iter().zip(groups.clone()).collect(),
        groups,
        excluded: Vec::new(),
    })
}

/// The regex of a name without one, after this text.
///
/// Next's version of path-to-regexp excludes the text, so `1-2-3` is `1-2` and `3` for `:a-:b`.
#[cfg(feature = "regex")]
fn segment(before: &str, format: VercelFormat) -> String {
    match *before.as_bytes() {
        [byte] if format == VercelFormat::Next && byte != b'/' && is_unreserved(byte) => {
            format!("[^/{}]+?", char::from(byte))
        }
        _ => "[^/]+?".to_owned(),
    }
}

/// Text that a regex compares as it stands, and escapes of it as they are received.
#[cfg(feature = "regex")]
pub(super) fn escaped(text: &str) -> String {
    use crate::location::sendable;
    let mut out = String::new();
    let mut rest = text.as_bytes();
    while let [byte, behind @ ..] = rest {
        rest = behind;
        let _ = match (byte, behind) {
            (b'%', [high, low, behind @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                rest = behind;
                write!(out, "(?i:%{}{})", char::from(*high), char::from(*low))
            }
            (b'/' | b'-' | b'_' | b'~' | b'%', _) => write!(out, "{}", char::from(*byte)),
            // Browsers don't encode `[` and `]`, but a location has them percent-encoded.
            (b'[' | b']', _) => {
                write!(out, "(?:\\{}|(?i:%{byte:02X}))", char::from(*byte))
            }
            _ if byte.is_ascii_alphanumeric() => write!(out, "{}", char::from(*byte)),
            _ if sendable(*byte) => write!(out, "\\{}", char::from(*byte)),
            _ => write!(out, "(?i:%{byte:02X})"),
        };
    }
    out
}
