//! Sources that a native pattern can say.

use super::{Regexes, Translated};
use crate::rules::{
    condition::{Condition, PathTest},
    format::{
        path_to_regexp::{Matched, Modifier, Piece},
        vercel::{VercelFormat, names::Capture},
    },
    syntax::{Pattern, Segment, TailKind, is_name},
};

/// A native pattern, if one means the same.
pub(super) fn native(
    pieces: &[Piece],
    regexes: &Regexes,
    format: VercelFormat,
) -> Option<Translated> {
    let mut pattern = Pattern::default();
    let mut path: Vec<(Option<String>, Capture)> = Vec::new();
    let mut has_whole_segments = false;
    for (at, (piece, regex)) in pieces.iter().zip(regexes).enumerate() {
        let group = match piece {
            Piece::Text(literal) => {
                pattern.push_text(&literal.text, literal.bytes.clone())?;
                continue;
            }
            Piece::Group(group) => group,
        };
        let is_free =
            |name: &&str| is_name(name) && path.iter().all(|(_, other)| other.name != **name);
        let own = group.name.as_deref().filter(is_free);
        let name = own.map_or_else(|| format!("_{}", path.len() + 1), str::to_owned);
        if !is_free(&&*name) {
            return None;
        }
        let mut capture = Capture::new(&*name);
        let bytes = || group.bytes.clone();
        let is_root = pattern.segments.is_empty();
        pattern.push_text(&group.prefix, bytes())?;
        let regex = regex.as_ref().map(|regex| &*regex.text);
        let kind = match (&group.matched, group.modifier, regex) {
            (Matched::Segment, Modifier::One, _) => {
                pattern.push_name(&name, bytes())?;
                pattern.push_text(&group.suffix, bytes())?;
                path.push((group.name.clone(), capture));
                continue;
            }
            (Matched::Segment, Modifier::ZeroOrMore, _) => {
                capture.may_be_missing = true;
                // Every path has its first slash: Next ignores one at the end, and Vercel doesn't.
                match (is_root, format) {
                    (true, VercelFormat::Next) => TailKind::AfterSlash,
                    (true, VercelFormat::Vercel) => TailKind::NonEmpty,
                    (false, _) => TailKind::Optional,
                }
            }
            (Matched::Segment, Modifier::OneOrMore, _) => TailKind::NonEmpty,
            (Matched::Regex(_), Modifier::One, Some(".*")) => TailKind::AfterSlash,
            (Matched::Regex(_), Modifier::One, Some(".+")) => TailKind::NonEmpty,
            _ => return None,
        };
        if at + 1 < pieces.len() || group.prefix != "/" || !group.suffix.is_empty() {
            return None;
        }
        if group.matched == Matched::Segment {
            has_whole_segments = true;
            capture.with_slash = Some((name.clone(), true));
        }
        pattern.push_tail(kind, &name, bytes())?;
        path.push((group.name.clone(), capture));
    }
    let is_empty = |segment: &Segment| match segment {
        Segment::Literal(text) => text.text.is_empty(),
        Segment::Placeholder { .. } => false,
    };
    // If the text has an empty segment itself, the condition below says too much.
    if has_whole_segments && pattern.segments.iter().any(is_empty) {
        return None;
    }
    Some(Translated {
        source: pattern.into(),
        groups: path.iter().map(|(_, capture)| capture.clone()).collect(),
        path,
        excluded: if has_whole_segments {
            vec![Condition::path(PathTest::EmptySegment)]
        } else {
            Vec::new()
        },
    })
}
