//! Sources that native syntax can say.

use std::ops::Range;

use super::{Regexes, Translated};
use crate::rules::{
    format::{
        path_to_regexp::{Matched, Modifier, Piece},
        vercel::{
            Dialect,
            names::{Capture, Mapped},
        },
    },
    has::{Condition, PathTest},
    source::Source,
    syntax::is_name,
};

/// A native source, if one means the same.
pub(super) fn native(pieces: &[Piece], regexes: &Regexes, dialect: Dialect) -> Option<Translated> {
    let mut out = Mapped::default();
    let mut path: Vec<(Option<String>, Capture)> = Vec::new();
    // A segment can have one placeholder.
    let mut is_named = false;
    let mut is_whole = false;
    for (at, (piece, regex)) in pieces.iter().zip(regexes).enumerate() {
        let group = match piece {
            Piece::Text(literal) => {
                push_literal(&mut out, &literal.text, &literal.bytes, &mut is_named);
                continue;
            }
            Piece::Group(group) => group,
        };
        let is_last = at + 1 == pieces.len();
        let is_free =
            |name: &&str| is_name(name) && path.iter().all(|(_, other)| other.name != **name);
        let own = group.name.as_deref().filter(is_free);
        let name = own.map_or_else(|| format!("_{}", path.len() + 1), str::to_owned);
        if !is_free(&&*name) {
            return None;
        }
        let mut capture = Capture::new(&*name);
        let is_root = out.text.is_empty();
        let regex = regex.as_ref().map(|regex| &*regex.text);
        let tail = match (&group.matched, group.modifier) {
            (Matched::Segment, Modifier::One) => {
                push_literal(&mut out, &group.prefix, &group.bytes, &mut is_named);
                if std::mem::replace(&mut is_named, true) {
                    return None;
                }
                out.placeholder(&name, group.bytes.clone());
                push_literal(&mut out, &group.suffix, &group.bytes, &mut is_named);
                String::new()
            }
            _ if !is_last || group.prefix != "/" || !group.suffix.is_empty() => return None,
            _ if out.text.ends_with('/') => return None,
            (Matched::Segment, Modifier::ZeroOrMore) => {
                is_whole = true;
                capture.with_slash = Some(format!("/*{name}"));
                capture.may_be_missing = true;
                // Every path has its first slash: Next ignores one at the end, and Vercel doesn't.
                match (is_root, dialect) {
                    (true, Dialect::Next) => format!("/{{*{name}?}}"),
                    (true, Dialect::Vercel) => format!("/{{*{name}}}"),
                    (false, _) => format!("{{/*{name}}}"),
                }
            }
            (Matched::Segment, Modifier::OneOrMore) => {
                is_whole = true;
                capture.with_slash = Some(format!("/*{name}"));
                format!("/{{*{name}}}")
            }
            (Matched::Regex(_), Modifier::One) if regex == Some(".*") => format!("/{{*{name}?}}"),
            (Matched::Regex(_), Modifier::One) if regex == Some(".+") => format!("/{{*{name}}}"),
            _ => return None,
        };
        out.push(&tail, group.bytes.clone());
        path.push((group.name.clone(), capture));
    }
    // Where its text has an empty segment, the condition below says too much.
    if is_whole && out.text.contains("//") {
        return None;
    }
    Some(Translated {
        source: Source::from(out.text.clone()),
        mapped: Some(out),
        groups: path.iter().map(|(_, capture)| capture.clone()).collect(),
        path,
        excluded: if is_whole {
            vec![Condition::path(PathTest::EmptySegment)]
        } else {
            Vec::new()
        },
    })
}

/// Adds literal text to a native source.
fn push_literal(out: &mut Mapped, text: &str, from: &Range<usize>, is_named: &mut bool) {
    // Without escapes, each character has its own place.
    let is_plain = text.len() == from.len();
    for (at, char) in text.char_indices() {
        let bytes = match is_plain {
            true => from.start + at..from.start + at + char.len_utf8(),
            false => from.clone(),
        };
        match char {
            '?' => out.push("%3F", bytes),
            '#' => out.push("%23", bytes),
            _ => out.literal(char.encode_utf8(&mut [0; 4]), bytes),
        }
        *is_named &= char != '/';
    }
}
