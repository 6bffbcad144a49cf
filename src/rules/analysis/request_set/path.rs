//! Paths with unknown parts.
//!
//! What cannot be said exactly is said too widely, never too narrowly: a path here stands for at
//! least all the paths that a request can have.

use super::unify::Known;
use crate::rules::{
    condition::{PathTest, begins_with},
    pattern::{Segment, Tail},
    transform::Transforms,
};

/// One segment: literal text, or two texts with something unknown between them, not empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(in crate::rules) struct Text {
    pub(in crate::rules) before: Vec<u8>,
    pub(in crate::rules) unknown: Option<Unknown>,
    pub(in crate::rules) behind: Vec<u8>,
    /// The letters before and behind the unknown part may have any case.
    pub(in crate::rules) any_case: bool,
}

/// What follows the segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::rules) enum End {
    Closed,
    /// Nothing, or a slash.
    Slash,
    /// Something unknown, as the tail of a pattern has it.
    Open(Unknown, Tail),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::rules) struct Path {
    pub(in crate::rules) segments: Vec<Text>,
    pub(in crate::rules) end: End,
}

/// What a placeholder stands for.
#[derive(Clone, Debug)]
pub(in crate::rules) enum Bound {
    Segment(Text),
    Tail(Path),
    /// Any text at all.
    Anything,
    /// Text without a slash, not empty.
    Word,
}

impl Bound {
    /// Returns `true` if a part of it is known.
    pub(super) fn has_text(&self) -> bool {
        let is_known = |text: &Text| !text.before.is_empty() || !text.behind.is_empty();
        match self {
            Self::Segment(text) => is_known(text),
            Self::Tail(tail) => tail.segments.iter().any(is_known),
            Self::Anything | Self::Word => false,
        }
    }
}

/// An unknown part of a path. Two parts with the same number are the same text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::rules) struct Unknown {
    pub(super) number: u32,
    /// A rule has applied these transforms, so they don't change the text again.
    pub(super) done: Transforms,
}

impl Unknown {
    /// Returns one of the texts that it may be.
    pub(in crate::rules) fn word(self, before: &str, after: &str) -> String {
        let word = self.done_to(&format!("{before}{}{after}", self.number));
        String::from_utf8(word).unwrap_or_default()
    }

    /// A text after the transforms.
    pub(in crate::rules) fn done_to(self, text: &str) -> Vec<u8> {
        let mut text = text.as_bytes().to_vec();
        self.done.apply(&mut text);
        text
    }
}

/// Gives each unknown part a number of its own.
#[derive(Debug, Default)]
pub(in crate::rules) struct Fresh(u32);

impl Fresh {
    pub(in crate::rules) fn next(&mut self) -> Unknown {
        self.after(Transforms::default())
    }

    fn after(&mut self, done: Transforms) -> Unknown {
        self.0 += 1;
        Unknown {
            number: self.0,
            done,
        }
    }
}

impl Text {
    pub(in crate::rules) fn is_literal(&self) -> bool {
        self.unknown.is_none()
    }

    pub(in crate::rules) fn literal(text: &[u8]) -> Self {
        Self {
            before: text.to_vec(),
            ..Self::default()
        }
    }

    /// The same, its letters in any case if that is asked for.
    pub(in crate::rules) fn in_any_case(self, any_case: bool) -> Self {
        let any_case = self.any_case || any_case && has_letters(&[&self.before, &self.behind]);
        Self { any_case, ..self }
    }

    /// Any text that is not empty.
    pub(in crate::rules) fn anything(fresh: &mut Fresh) -> Self {
        Self {
            unknown: Some(fresh.next()),
            ..Self::default()
        }
    }

    /// The texts that a segment of a pattern matches.
    pub(in crate::rules) fn of(segment: Segment<'_>, any_case: bool, fresh: &mut Fresh) -> Self {
        let text = match segment {
            Segment::Literal(text) => Self::literal(text),
            Segment::Named { before, behind, .. } => Self {
                before: before.to_vec(),
                unknown: Some(fresh.next()),
                behind: behind.to_vec(),
                any_case: false,
            },
        };
        text.in_any_case(any_case)
    }

    fn may_be(&self, other: &Self) -> bool {
        let is_odd = |text: &Self| text.before.iter().any(|byte| b"%'[]".contains(byte));
        let is_same = if self.any_case || other.any_case {
            self.before.eq_ignore_ascii_case(&other.before)
        } else {
            self.before == other.before
        };
        is_same || !self.is_literal() || !other.is_literal() || is_odd(self) || is_odd(other)
    }

    pub(in crate::rules) fn is_empty(&self) -> bool {
        self.is_literal() && self.before.is_empty()
    }

    pub(in crate::rules) fn push(&mut self, byte: u8) {
        if self.unknown.is_some() {
            self.behind.push(byte);
        } else {
            self.before.push(byte);
        }
    }

    /// Adds text that may have an unknown part of its own.
    pub(in crate::rules) fn append(&mut self, other: &Self, fresh: &mut Fresh) {
        self.any_case |= other.any_case;
        match (self.unknown, other.unknown) {
            (_, None) => other.before.iter().for_each(|byte| self.push(*byte)),
            (None, Some(_)) => {
                self.before.extend_from_slice(&other.before);
                self.unknown = other.unknown;
                self.behind.clone_from(&other.behind);
            }
            (Some(_), Some(_)) => {
                self.unknown = Some(fresh.next());
                self.behind.clone_from(&other.behind);
            }
        }
    }

    /// The text after transforms.
    ///
    /// Letters that a client percent-encodes aren't transformed, and here they look like others. So
    /// a text that may change can become anything.
    pub(in crate::rules) fn transformed(&self, transforms: Transforms, fresh: &mut Fresh) -> Self {
        let is_kept = |own: Unknown| transforms.keep_what(own.done);
        if transforms.is_none() {
            return self.clone();
        }
        if !self.any_case
            && transforms.keep(&self.before)
            && transforms.keep(&self.behind)
            && self.unknown.is_none_or(is_kept)
        {
            return self.clone();
        }
        // Another transform may have missed the text around the unknown part.
        let done = match self.unknown {
            Some(own) if self.before.is_empty() && self.behind.is_empty() => own.done,
            _ => Transforms::default(),
        };
        Self {
            unknown: Some(fresh.after(transforms.after(done))),
            ..Self::default()
        }
    }

    /// The same text, its unknown part known better.
    pub(in crate::rules) fn with(&self, unknown: Unknown, known: &Self) -> Self {
        if self.unknown != Some(unknown) {
            return self.clone();
        }
        let mut text = Self {
            before: [&*self.before, &*known.before].concat(),
            unknown: known.unknown,
            behind: known.behind.clone(),
            any_case: self.any_case || known.any_case,
        };
        self.behind.iter().for_each(|byte| text.push(*byte));
        text
    }
}

impl Path {
    /// No path at all.
    pub(super) const NOTHING: Self = Self {
        segments: Vec::new(),
        end: End::Closed,
    };

    /// Every path.
    pub(in crate::rules) fn anything(fresh: &mut Fresh) -> Self {
        Self {
            segments: Vec::new(),
            end: End::Open(fresh.next(), Tail::Any),
        }
    }

    /// A path in the spelling in which paths are compared.
    pub(in crate::rules) fn literal(path: &[u8]) -> Self {
        let segments = path.strip_prefix(b"/").unwrap_or(path);
        let segments = segments.split(|byte| *byte == b'/');
        Self {
            segments: segments.map(Text::literal).collect(),
            end: End::Closed,
        }
    }

    /// The path after transforms of each part.
    pub(in crate::rules) fn transformed(&self, transforms: Transforms, fresh: &mut Fresh) -> Self {
        let segments = self.segments.iter();
        let segments = segments.map(|text| text.transformed(transforms, fresh));
        let segments = segments.collect();
        let end = match self.end {
            End::Open(unknown, tail) if !transforms.keep_what(unknown.done) => {
                End::Open(fresh.after(transforms.after(unknown.done)), tail)
            }
            end => end,
        };
        Self { segments, end }
    }

    /// The same path with its unknown parts numbered from left to right.
    pub(in crate::rules) fn canonical(&self) -> Self {
        self.numbered(|unknown| unknown.done)
    }

    /// The same as if case made no difference, nor a slash at the end.
    pub(in crate::rules) fn without_spellings(&self) -> Self {
        let mut path = self.numbered(|_| Transforms::default());
        for text in &mut path.segments {
            text.before.make_ascii_lowercase();
            text.behind.make_ascii_lowercase();
            text.any_case = false;
        }
        if path.end == End::Slash {
            path.end = End::Closed;
        }
        path
    }

    fn numbered(&self, done: impl Fn(Unknown) -> Transforms) -> Self {
        let mut known: Vec<Unknown> = Vec::new();
        let mut number = |unknown: Unknown| {
            let at = known.iter().position(|own| *own == unknown);
            let at = at.unwrap_or_else(|| {
                known.push(unknown);
                known.len() - 1
            });
            Unknown {
                number: u32::try_from(at).unwrap_or(u32::MAX),
                done: done(unknown),
            }
        };
        let text = |text: &Text| Text {
            unknown: text.unknown.map(&mut number),
            ..text.clone()
        };
        let segments = self.segments.iter().map(text).collect();
        let end = match self.end {
            End::Open(unknown, tail) => End::Open(number(unknown), tail),
            end => end,
        };
        Self { segments, end }
    }

    /// The path, if it is the only one.
    pub(in crate::rules) fn known(&self) -> Option<Vec<u8>> {
        let is_known = self.segments.iter().all(Text::is_literal) && !self.has_spellings();
        (is_known && self.end == End::Closed).then(|| self.sample().into_bytes())
    }

    /// Returns `false` if `/` isn't one of the paths.
    pub(in crate::rules) fn may_be_root(&self) -> bool {
        let is_open = !matches!(self.end, End::Open(_, Tail::Some));
        self.segments.first().map_or(is_open, Text::is_empty)
    }

    /// Returns `true` if case or a slash at the end may differ from one path to the other.
    pub(in crate::rules) fn has_spellings(&self) -> bool {
        self.end == End::Slash || self.segments.iter().any(|text| text.any_case)
    }

    /// Returns `true` if one of the paths may be one of the others, as clients spell them.
    pub(in crate::rules) fn may_be(&self, other: &Self) -> bool {
        let (one, two) = (self.segments.len(), other.segments.len());
        let is_short =
            |path: &Self, other: usize| path.end == End::Closed && path.segments.len() < other;
        let mut both = self.segments.iter().zip(&other.segments);
        both.all(|(one, other)| one.may_be(other)) && !is_short(self, two) && !is_short(other, one)
    }

    /// Returns `true` if all of these paths pass a test, `false` if none does, and `None` if that
    /// isn't known.
    pub(in crate::rules) fn passes(&self, test: &PathTest) -> Option<bool> {
        match test {
            PathTest::Any => Some(true),
            PathTest::EmptySegment => {
                let is_root = matches!(&*self.segments, [only] if only.is_empty());
                let is_certain = !is_root && self.segments.iter().any(Text::is_empty);
                let is_open = self.end != End::Closed;
                (is_certain || !is_open).then_some(is_certain)
            }
            PathTest::BeginsWith(text, ignore_case) => {
                let mut known = String::new();
                let mut any_case = false;
                let mut segments = self.segments.iter();
                let first_unknown = segments.find(|segment| {
                    known.push('/');
                    known.push_str(&String::from_utf8_lossy(&segment.before));
                    any_case |= segment.any_case;
                    !segment.is_literal()
                });
                let is_whole = first_unknown.is_none() && self.end == End::Closed;
                if first_unknown.is_none()
                    && matches!(self.end, End::Open(_, Tail::Some | Tail::Any))
                {
                    known.push('/');
                }
                // In another case, the test may fail.
                let is_sure = *ignore_case || !any_case;
                let ignore_case = *ignore_case || any_case;
                match begins_with(&known, text, ignore_case) {
                    true => is_sure.then_some(true),
                    false if is_whole || !begins_with(text, &known, ignore_case) => Some(false),
                    false => None,
                }
            }
        }
    }

    /// One of the paths that it stands for.
    pub(in crate::rules) fn sample(&self) -> String {
        let mut out = String::new();
        let word = |out: &mut String, unknown: Unknown| out.push_str(&unknown.word("x", ""));
        for text in &self.segments {
            out.push('/');
            out.push_str(&String::from_utf8_lossy(&text.before));
            if let Some(unknown) = text.unknown {
                word(&mut out, unknown);
            }
            out.push_str(&String::from_utf8_lossy(&text.behind));
        }
        if let End::Open(unknown, _) = self.end {
            out.push('/');
            word(&mut out, unknown);
        }
        if out.is_empty() {
            out.push('/');
        }
        out
    }

    pub(in crate::rules) fn with(&self, unknown: Unknown, known: &Known) -> Self {
        let mut path = self.clone();
        match known {
            Known::Text(text) => {
                for own in &mut path.segments {
                    *own = own.with(unknown, text);
                }
            }
            Known::Tail(tail) => {
                if matches!(path.end, End::Open(own, _) if own == unknown) {
                    path.segments.extend(tail.segments.iter().cloned());
                    path.end = tail.end;
                }
            }
        }
        path
    }
}

/// Returns `true` if one of the texts has a letter.
pub(super) fn has_letters(texts: &[&[u8]]) -> bool {
    let mut bytes = texts.iter().copied().flatten();
    bytes.any(u8::is_ascii_alphabetic)
}
