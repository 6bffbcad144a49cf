//! By how much a rule makes a path longer.

use crate::rules::{
    pattern::{MAX_CAPTURES, Parts, Segment, Tail},
    target::{Piece, Write, pieces},
};

/// By how many bytes the path of a target is longer than what its source matched, at most; `None` where
/// that depends on more than the path.
pub(super) fn growth(source: &[u8], has_placeholders: bool, path: &[u8]) -> Option<i64> {
    let length = |text: &[u8]| i64::try_from(text.len()).ok();
    let mut own = length(source)?;
    let mut count = 0;
    let mut optional = false;
    if has_placeholders {
        let parts = Parts::of(source);
        optional = parts.tail == Tail::Optional;
        own = parts
            .segments()
            .map(|segment| match segment {
                Segment::Literal(text) => 1 + text.len(),
                Segment::Named { before, behind, .. } => 1 + before.len() + behind.len(),
            })
            .sum::<usize>()
            .try_into()
            .ok()?;
        count = parts.names().count();
    }
    let mut used = [false; MAX_CAPTURES];
    let mut by = -own;
    for piece in pieces(path) {
        match piece {
            Piece::Text(text) => by += length(text)?,
            Piece::Slot(write, at) => {
                let twice = std::mem::replace(used.get_mut(at)?, true);
                let of_path = matches!(
                    write,
                    Write::PathToPath | Write::TailToPath | Write::WholeTail
                );
                if twice || !of_path || at >= count {
                    return None;
                }
                // The tail has its slash in front, where it has anything.
                by -= i64::from(write == Write::TailToPath && !optional);
            }
        }
    }
    // An empty path becomes a slash.
    Some(by.max(1 - own))
}
