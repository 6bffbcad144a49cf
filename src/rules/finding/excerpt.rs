use std::ops::Range;

/// The longest part of a line that is shown.
pub(in crate::rules) const SHOWN: usize = 120;

/// A line of a file, or a part of a long one, with some characters marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::rules) struct Excerpt {
    /// The number of the line, counted from 1.
    pub(super) line: u32,
    /// The characters of the line that are meant, counted from 0.
    pub(super) marked: Range<usize>,
    /// Empty if the text isn't known.
    pub(super) text: Box<str>,
    /// How many characters of the line are missing in front of the text.
    pub(super) skipped: usize,
}

impl Excerpt {
    /// Cuts an excerpt out of a line around these bytes of the text.
    ///
    /// The text may be a part of the line, and `before` characters are missing in front of it.
    pub(in crate::rules) fn new(line: u32, text: &str, before: usize, bytes: Range<usize>) -> Self {
        let front = text.get(..bytes.start).unwrap_or_default();
        let start = before + front.chars().count();
        // More of it is not shown.
        let meant = text.get(bytes).unwrap_or_default();
        let end = start + meant.chars().take(SHOWN).count();
        let skipped = if end > SHOWN {
            start.saturating_sub(SHOWN / 2)
        } else {
            0
        };
        let from = match start - skipped {
            0 => front.len(),
            back => {
                let first = front.char_indices().rev().nth(back - 1);
                first.map_or(0, |(at, _)| at)
            }
        };
        let shown = text.get(from..).unwrap_or_default();
        Self {
            line,
            marked: start..end.max(start + 1),
            text: shown.chars().take(SHOWN).collect::<String>().into(),
            skipped,
        }
    }

    /// Shows a line from its beginning, with all of it marked except white space around it. Returns
    /// `None` if there is nothing to mark.
    pub(super) fn whole(line: u32, text: &str) -> Option<Self> {
        let start = text.len() - text.trim_start().len();
        let start = text.get(..start)?.chars().count();
        let end = text.trim_end().chars().count().min(SHOWN);
        (start < end).then(|| Self {
            line,
            marked: start..end,
            text: text.chars().take(SHOWN).collect::<String>().into(),
            skipped: 0,
        })
    }
}
