//! The hash of a pattern, segment by segment, and that of a path that is followed through it.

use super::{filter::Behind, hash::mix, hosts::HostGroup, segments::Cut, words::Words};
use crate::rules::pattern::{PatternRef, Segment, Tail};

/// How a segment is compared, as far as a shape tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Literal,
    Named { before: u16, behind: u16 },
}

impl Kind {
    /// A placeholder without text around it.
    pub(super) const PLAIN: Self = Self::Named {
        before: 0,
        behind: 0,
    };

    pub(super) fn of(segment: Segment<'_>) -> Self {
        let length = |text: &[u8]| u16::try_from(text.len()).unwrap_or(u16::MAX);
        match segment {
            Segment::Literal(_) => Self::Literal,
            Segment::Named { before, behind, .. } => Self::Named {
                before: length(before),
                behind: length(behind),
            },
        }
    }

    /// What is behind a beginning that is followed by such a segment.
    pub(super) const fn behind(self) -> Behind {
        match self {
            Self::Literal => Behind::Literal,
            Self::Named {
                before: 0,
                behind: 0,
            } => Behind::Plain,
            Self::Named { .. } => Behind::Around,
        }
    }

    pub(super) const fn number(self) -> u64 {
        match self {
            Self::Literal => 0,
            Self::Named { before, behind } => 1 + ((before as u64) << 16 | behind as u64),
        }
    }
}

/// The hash of a pattern so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chain(pub(super) u64);

impl Chain {
    /// That of no segment.
    pub(super) const START: Self = Self(0x2545_f491_4f6c_dd1d);

    #[inline]
    pub(super) const fn literal(self, segment: u64) -> Self {
        Self(mix(self.0, segment))
    }

    #[inline]
    pub(super) const fn plain(self) -> Self {
        Self(self.0.rotate_left(23) ^ 0xa076_1d64_78bd_642f)
    }

    #[inline]
    fn named(self, before: &[u8], behind: &[u8], words: &Words) -> Self {
        let lengths = (before.len() as u64) << 32 | behind.len() as u64;
        Self(mix(
            mix(self.0, lengths),
            mix(words.of(before), words.of(behind).rotate_left(7)),
        ))
    }

    /// The hash of the whole pattern.
    #[inline]
    pub(super) const fn end(self, tail: Tail, group: HostGroup) -> u64 {
        mix(self.0, ((group.0 as u64) << 8) | (tail as u64 + 1))
    }

    /// The hash after one more segment of a pattern.
    pub(super) fn after(self, segment: Segment<'_>, words: &Words) -> Self {
        match segment {
            Segment::Literal(text) => self.literal(words.of(text)),
            Segment::Named {
                before: [],
                behind: [],
                ..
            } => self.plain(),
            Segment::Named { before, behind, .. } => self.named(before, behind, words),
        }
    }

    /// The hash after one more segment of a path, `None` where it cannot be of this kind.
    #[inline]
    pub(super) fn step(self, kind: Kind, segment: Cut<'_>, words: &Words) -> Option<Self> {
        match kind {
            Kind::Literal => Some(self.literal(segment.hash)),
            Kind::Named {
                before: 0,
                behind: 0,
            } => (!segment.text.is_empty()).then_some(self.plain()),
            Kind::Named { before, behind } => {
                let (before, rest) = segment.text.split_at_checked(before.into())?;
                let middle = rest
                    .len()
                    .checked_sub(behind.into())
                    .filter(|&length| length > 0)?;
                Some(self.named(before, rest.get(middle..)?, words))
            }
        }
    }
}

/// The hash of a finished pattern.
pub(super) fn whole(parts: PatternRef<'_>, group: HostGroup, words: &Words) -> u64 {
    let after = |chain: Chain, segment| chain.after(segment, words);
    let chain = parts.segments().fold(Chain::START, after);
    chain.end(parts.tail, group)
}
