//! What patterns have in common that are looked up at once: which segments are literal, and the
//! tail.

use super::{
    chain::{Chain, Kind},
    hash::mix,
    segments::Segments,
    words::Words,
};
use crate::rules::{
    RuleNumber,
    pattern::{PatternRef, Segment, Tail},
};

#[derive(Clone, Debug)]
pub(super) struct Shape {
    /// How many literal segments stand before the first placeholder.
    pub(super) literals: usize,
    /// What stands behind them.
    kinds: Vec<Kind>,
    pub(super) tail: Tail,
    /// The number of the first pattern that has it.
    pub(super) lowest: RuleNumber,
}

impl Shape {
    pub(super) fn of(parts: PatternRef<'_>, number: RuleNumber) -> Self {
        let kinds = || parts.segments().map(Kind::of);
        let literals = kinds().take_while(|kind| *kind == Kind::Literal).count();
        Self {
            literals,
            kinds: kinds().skip(literals).collect(),
            tail: parts.tail,
            lowest: number,
        }
    }

    pub(super) fn is_of(&self, parts: PatternRef<'_>) -> bool {
        self.tail == parts.tail && self.all_kinds().eq(parts.segments().map(Kind::of))
    }

    /// The hash of the shape of a pattern.
    pub(super) fn hash_of(parts: PatternRef<'_>) -> u64 {
        hash(parts.tail, parts.segments().map(Kind::of))
    }

    pub(super) fn hash(&self) -> u64 {
        hash(self.tail, self.all_kinds())
    }

    fn all_kinds(&self) -> impl Iterator<Item = Kind> {
        let literals = std::iter::repeat_n(Kind::Literal, self.literals);
        literals.chain(self.kinds.iter().copied())
    }

    pub(super) fn kind(&self, at: usize) -> Option<Kind> {
        match at.checked_sub(self.literals) {
            None => Some(Kind::Literal),
            Some(at) => self.kinds.get(at).copied(),
        }
    }

    #[inline]
    pub(super) fn segments(&self) -> usize {
        self.literals + self.kinds.len()
    }

    /// The hash that a path has in this shape, from that of its literal segments on and what is
    /// behind these; `None` where it cannot have the shape.
    #[inline]
    pub(super) fn chain(
        &self,
        stem: Chain,
        rest: &mut Segments<'_>,
        words: &Words,
    ) -> Option<Chain> {
        let (mut segments, has_more) = rest.first(self.kinds.len())?;
        let fits = match self.tail {
            Tail::None => !has_more,
            Tail::Some | Tail::Any => has_more,
            Tail::Optional => true,
        };
        if !fits {
            return None;
        }
        let mut kinds = self.kinds.iter();
        kinds.try_fold(stem, |chain, kind| {
            chain.step(*kind, segments.next()?, words)
        })
    }
}

fn hash(tail: Tail, kinds: impl Iterator<Item = Kind>) -> u64 {
    kinds.map(Kind::number).fold(tail as u64, mix)
}

/// Whether two patterns match the same paths, whatever their placeholders are called.
pub(super) fn is_same(one: PatternRef<'_>, other: PatternRef<'_>) -> bool {
    let same = |(one, other): (Segment<'_>, Segment<'_>)| match (one, other) {
        (Segment::Literal(one), Segment::Literal(other)) => one == other,
        (
            Segment::Named { before, behind, .. },
            Segment::Named {
                before: other_before,
                behind: other_behind,
                ..
            },
        ) => (before, behind) == (other_before, other_behind),
        _ => false,
    };
    one.tail == other.tail
        && one.segments().count() == other.segments().count()
        && one.segments().zip(other.segments()).all(same)
}
