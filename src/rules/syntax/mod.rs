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

use super::{error::Flaw, text_range::TextRange};
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

impl Segment {
    /// Adds literal text at the end.
    pub(super) fn push_literal(&mut self, text: &str, range: Range<usize>) {
        let (Self::Literal(last) | Self::Placeholder { after: last, .. }) = self;
        last.text.push_str(text);
        last.range.end = range.end;
    }
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
    pub(super) fn literal(path: &Word) -> Result<Self, Flaw> {
        let Some(after_slash) = path.text.strip_prefix('/') else {
            return Err(Flaw::no_slash(path.range.start));
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

    /// Adds a segment that is a placeholder.
    pub(super) fn push_placeholder(&mut self, name: &str, range: Range<usize>) {
        self.segments.push(Segment::Placeholder {
            before: Word::EMPTY,
            name: Word::new(name, range),
            after: Word::EMPTY,
        });
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

/// A placeholder in a target: `{name}`, or `{/*name}` for a tail with its slash.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Placeholder {
    /// The range includes the braces.
    pub(super) name: Word,
    pub(super) has_slash: bool,
}

impl Template {
    /// Adds a part of a text that has no escapes.
    pub(super) fn push_literal(&mut self, text: &str, range: Range<usize>) {
        let part = text.get(range.clone()).unwrap_or_default();
        if !part.is_empty() {
            let part = Word::new(part, range);
            self.parts.push(TemplatePart::Literal(part));
        }
    }

    /// Adds a placeholder.
    pub(super) fn push_placeholder(&mut self, name: &str, range: Range<usize>) {
        self.parts.push(TemplatePart::Placeholder(Placeholder {
            name: Word::new(name, range),
            has_slash: false,
        }));
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
