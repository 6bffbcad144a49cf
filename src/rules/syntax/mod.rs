//! The syntax of rules: text becomes a tree, and a tree becomes text again.
//!
//! A source is a [`Pattern`], a target is a [`Template`]. The source `/blog/{year}/{slug}.html` has
//! these segments:
//!
//! | segment | before | placeholder | after |
//! |---|---|---|---|
//! | `blog` | | | |
//! | `{year}` | | `year` | |
//! | `{slug}.html` | | `slug` | `.html` |
//!
//! The native syntax ([`parse`]) and every file format build the same tree, and only the tree is
//! compiled. Each part has its [`TextRange`] in the text that the author wrote, so an error about
//! it points there.

use std::{
    hash::{Hash, Hasher},
    ops::Range,
};

use super::{Finding, text_range::TextRange, transform::Transforms};
use crate::location::HttpScheme;

mod compile;
mod parse;
mod print;

pub(super) use compile::compile;
pub(super) use parse::{is_name, source, template};

/// A text and where it was written. Two of them are equal if their texts are.
#[derive(Clone, Debug, Default)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) range: TextRange,
}

impl Word {
    pub(super) const EMPTY: Self = Self {
        text: String::new(),
        range: TextRange { start: 0, end: 0 },
    };

    pub(super) fn new(text: impl Into<String>, range: impl Into<TextRange>) -> Self {
        Self {
            text: text.into(),
            range: range.into(),
        }
    }

    /// Returns where a byte of the text was written.
    ///
    /// That is all of the range if the author wrote the text in another way, for example with an
    /// escape.
    pub(super) fn nth(&self, at: usize) -> TextRange {
        if self.range.start + self.text.len() == self.range.end {
            self.range.nth(at)
        } else {
            self.range
        }
    }
}

impl PartialEq for Word {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Word {}

impl Hash for Word {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

/// The path of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Pattern {
    /// What is between the slashes. The path `/` has one empty segment.
    pub(super) segments: Vec<Segment>,
    pub(super) tail: Option<Tail>,
}

/// The part of a path between two slashes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Segment {
    Literal(Word),
    /// The range of the name includes the braces.
    Placeholder {
        before: Word,
        name: Word,
        after: Word,
    },
}

/// A placeholder for the rest of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Tail {
    pub(super) kind: TailKind,
    pub(super) name: Word,
}

/// What a tail matches after the segments before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum TailKind {
    /// `/{*rest}`: a slash and something after it.
    NonEmpty,
    /// `/{*rest?}`: a slash, perhaps with something after it.
    AfterSlash,
    /// `{/*rest}`: nothing, or a slash, perhaps with something after it.
    Optional,
}

impl Pattern {
    /// Splits a path without placeholders into its segments.
    pub(super) fn literal(path: &Word) -> Result<Self, Finding> {
        let Some(after_slash) = path.text.strip_prefix('/') else {
            return Err(Finding::no_slash(path.range.start));
        };
        let mut start = path.range.start + 1;
        let segments = after_slash.split('/').map(|segment| {
            let range = start..start + segment.len();
            start = range.end + 1;
            Segment::Literal(Word::new(segment, range))
        });
        Ok(Self {
            segments: segments.collect(),
            tail: None,
        })
    }

    /// Returns `true` for the path `/`.
    pub(super) fn is_root(&self) -> bool {
        match &*self.segments {
            [Segment::Literal(only)] => only.text.is_empty() && self.tail.is_none(),
            _ => false,
        }
    }

    /// Removes the slash at the end, or makes it optional if a tail follows it.
    pub(super) fn without_trailing_slash(mut self) -> Self {
        let has_more = self.segments.len() > 1;
        match (&mut self.tail, self.segments.last()) {
            (Some(tail), Some(_)) if tail.kind == TailKind::AfterSlash => {
                tail.kind = TailKind::Optional;
            }
            (None, Some(Segment::Literal(last))) if has_more && last.text.is_empty() => {
                self.segments.pop();
            }
            _ => {}
        }
        self
    }

    /// Matches everything below the path too. No target uses that.
    #[cfg(feature = "csv")]
    pub(super) fn with_unused_tail(self) -> Self {
        let mut pattern = self.without_trailing_slash();
        let kind = if pattern.is_root() {
            pattern.segments.clear();
            TailKind::AfterSlash
        } else {
            TailKind::Optional
        };
        pattern.tail = Some(Tail {
            kind,
            name: Word::new("_rest", 0..0),
        });
        pattern
    }

    /// Adds a segment of literal text.
    pub(super) fn push_literal(&mut self, text: &str, range: Range<usize>) {
        self.segments.push(Segment::Literal(Word::new(text, range)));
    }

    /// Adds literal text, in which each slash begins a segment.
    ///
    /// A path contains `?` and `#` only percent-encoded. Returns `None` if the path has no slash
    /// before the text.
    pub(super) fn push_text(&mut self, text: &str, range: Range<usize>) -> Option<()> {
        // If the author wrote it in another way, each part of it has the whole range.
        let is_exact = text.len() == range.len();
        let mut start = range.start;
        for (number, part) in text.split('/').enumerate() {
            let part_range = if is_exact {
                start..start + part.len()
            } else {
                range.clone()
            };
            start += part.len() + 1;
            if number > 0 {
                self.push_literal("", part_range.start..part_range.start);
            } else if part.is_empty() {
                continue;
            }
            let (Segment::Literal(last) | Segment::Placeholder { after: last, .. }) =
                self.segments.last_mut()?;
            last.text
                .push_str(&part.replace('?', "%3F").replace('#', "%23"));
            last.range.end = part_range.end;
        }
        Some(())
    }

    /// Adds a placeholder to the last segment. Returns `None` if the segment has one already.
    pub(super) fn push_name(&mut self, name: &str, range: Range<usize>) -> Option<()> {
        let segment = self.segments.last_mut()?;
        let Segment::Literal(before) = segment else {
            return None;
        };
        *segment = Segment::Placeholder {
            before: std::mem::take(before),
            after: Word::new("", range.end..range.end),
            name: Word::new(name, range),
        };
        Some(())
    }

    /// Makes the slash at the end the beginning of a tail. Returns `None` if there is no slash.
    pub(super) fn push_tail(
        &mut self,
        kind: TailKind,
        name: &str,
        range: Range<usize>,
    ) -> Option<()> {
        match self.segments.pop()? {
            Segment::Literal(last) if last.text.is_empty() => {}
            _ => return None,
        }
        self.tail = Some(Tail {
            kind,
            name: Word::new(name, range),
        });
        Some(())
    }

    /// Returns the names of the placeholders, from left to right.
    pub(super) fn names(&self) -> impl Iterator<Item = &Word> {
        let in_segments = self.segments.iter().filter_map(|segment| match segment {
            Segment::Placeholder { name, .. } => Some(name),
            Segment::Literal(_) => None,
        });
        in_segments.chain(self.tail.as_ref().map(|tail| &tail.name))
    }
}

/// A target: literal text and placeholders.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Template {
    pub(super) parts: Vec<TemplatePart>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum TemplatePart {
    Literal(Word),
    Placeholder(Placeholder),
}

/// A placeholder in a target: `{name}`, or `{/*name}` for a tail with its slash. It may have
/// transforms: `{name|lower}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Placeholder {
    /// The range includes the braces.
    pub(super) name: Word,
    pub(super) has_slash: bool,
    pub(super) transforms: Transforms,
}

impl Placeholder {
    pub(super) fn new(name: Word, has_slash: bool) -> Self {
        Self {
            name,
            has_slash,
            transforms: Transforms::default(),
        }
    }
}

impl Template {
    /// Adds a part of a text that has no escapes.
    pub(super) fn push_literal(&mut self, text: &str, range: Range<usize>) {
        self.push_text(text.get(range.clone()).unwrap_or_default(), range);
    }

    /// Adds a placeholder: `{name}`, or `{/*name}` if it has a slash.
    pub(super) fn push_placeholder(&mut self, name: &str, range: Range<usize>, has_slash: bool) {
        let name = Word::new(name, range);
        let placeholder = Placeholder::new(name, has_slash);
        self.parts.push(TemplatePart::Placeholder(placeholder));
    }

    /// Removes the slash at the end. Returns `false` if there is none.
    #[cfg(feature = "json")]
    pub(super) fn pop_slash(&mut self) -> bool {
        let Some(TemplatePart::Literal(last)) = self.parts.last_mut() else {
            return false;
        };
        let has_slash = last.text.ends_with('/');
        if has_slash {
            last.text.pop();
            last.range.end -= 1;
        }
        if last.text.is_empty() {
            self.parts.pop();
        }
        has_slash
    }

    /// Adds text that was written at this range, perhaps with escapes.
    ///
    /// It joins the literal before it, unless its range would no longer tell where a byte was
    /// written. The origin of a target is always in one literal.
    pub(super) fn push_text(&mut self, text: &str, range: Range<usize>) {
        let is_in_origin = !self.is_local() && !self.has_origin();
        match self.parts.last_mut() {
            _ if text.is_empty() => {}
            Some(TemplatePart::Literal(last))
                if is_in_origin || last.range.start + last.text.len() == range.start =>
            {
                last.text.push_str(text);
                last.range.end = range.end;
            }
            _ => {
                let part = TemplatePart::Literal(Word::new(text, range));
                self.parts.push(part);
            }
        }
    }

    /// Returns `true` if the first text has a whole origin.
    fn has_origin(&self) -> bool {
        match self.parts.first() {
            Some(TemplatePart::Literal(first)) => {
                let host = first.text.split_once("://");
                host.is_some_and(|(_, host)| host.contains(['/', '?', '#'])) || self.parts.len() > 1
            }
            _ => true,
        }
    }

    /// Returns `true` if the first text is a path.
    pub(super) fn is_local(&self) -> bool {
        matches!(self.parts.first(), Some(TemplatePart::Literal(first)) if first.text.starts_with('/'))
    }

    /// Returns `true` if the last text ends with a slash.
    pub(super) fn ends_with_slash(&self) -> bool {
        matches!(self.parts.last(), Some(TemplatePart::Literal(last)) if last.text.ends_with('/'))
    }

    /// Returns `true` if a placeholder here would extend a host.
    pub(super) fn ends_with_host(&self) -> bool {
        matches!(&*self.parts, [TemplatePart::Literal(only)] if only.text.contains("://"))
            && !self.has_origin()
    }
}

impl TemplatePart {
    pub(super) const fn range(&self) -> TextRange {
        match self {
            Self::Literal(text) => text.range,
            Self::Placeholder(placeholder) => placeholder.name.range,
        }
    }
}

/// A source with everything that its text can say.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct SourceText {
    /// The scheme and the host.
    pub(super) origin: Option<(HttpScheme, Word)>,
    pub(super) path: Pattern,
    pub(super) query: Vec<Parameter>,
}

/// A parameter of a query.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Parameter {
    pub(super) key: Word,
    pub(super) value: Option<ParameterValue>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum ParameterValue {
    Literal(Word),
    Placeholder(Word),
}
