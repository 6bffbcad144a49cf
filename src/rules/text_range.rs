use std::ops::Range;

/// The bytes of a part in the text that its author wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct TextRange {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl TextRange {
    /// Returns the range of one byte.
    pub(super) const fn byte(at: usize) -> Self {
        Self {
            start: at,
            end: at + 1,
        }
    }

    /// Returns the range of the byte at this offset from the start, or of the last byte.
    pub(super) fn nth(self, at: usize) -> Self {
        let last = self.end.saturating_sub(1).max(self.start);
        Self::byte(self.start.saturating_add(at).min(last))
    }
}

impl From<Range<usize>> for TextRange {
    fn from(Range { start, end }: Range<usize>) -> Self {
        Self { start, end }
    }
}
