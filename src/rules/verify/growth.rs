//! By how much the path of a target is longer than what the source of its rule matched.

use crate::rules::{
    compiled_rule::CompiledRule,
    pattern::{MAX_CAPTURES, Segment, Tail},
    target::{self, Piece, Write, pieces},
};

impl CompiledRule<'_> {
    /// By how many bytes a path is made longer at most, where that can be said.
    pub(super) fn growth(&self) -> Option<i64> {
        let rest = self.target.get(self.origin.into()..)?;
        self.growth_to(target::split(rest).0)
    }

    /// Whether the path of a target is always shorter than what was asked for.
    pub(super) fn is_shortened_to(&self, path: &[u8]) -> bool {
        self.growth_to(path).is_some_and(|by| by < 0)
    }

    /// The same for another target; `None` where it depends on more than the path.
    fn growth_to(&self, path: &[u8]) -> Option<i64> {
        let parts = self.parts()?;
        let count = parts.names().count();
        let length = |segment| match segment {
            Segment::Literal(text) => 1 + text.len(),
            Segment::Named { before, behind, .. } => 1 + before.len() + behind.len(),
        };
        let own = parts.segments().map(length).sum::<usize>();
        let own = i64::try_from(own).ok()?;
        let mut used = [false; MAX_CAPTURES];
        let mut by = -own;
        for piece in pieces(path) {
            match piece {
                Piece::Text(text) => by += i64::try_from(text.len()).ok()?,
                // Transforms keep the length.
                Piece::Slot(write, at, _) => {
                    let twice = std::mem::replace(used.get_mut(at)?, true);
                    let of_path = matches!(
                        write,
                        Write::PathToPath | Write::TailToPath | Write::WholeTail
                    );
                    if twice || !of_path || at >= count {
                        return None;
                    }
                    // The tail has its slash in front, where it has anything.
                    let has_slash = write == Write::TailToPath && parts.tail != Tail::Optional;
                    by -= i64::from(has_slash);
                }
            }
        }
        // An empty path becomes a slash.
        Some(by.max(1 - own))
    }
}
