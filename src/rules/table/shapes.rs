//! Sources with placeholders, found by the hash of their literal segments.
//!
//! All patterns of one shape (which segments are literal, and what the tail is) are in one table, so that a
//! path is looked up once for each shape, not for each pattern. The hash goes along the segments: a
//! filter of all beginnings tells early which shapes a path cannot have, where there are many.

use hashbrown::HashTable;

use super::{
    entry::Lists,
    hash::{Hash, mix},
    segments::Segments,
};
use crate::rules::pattern::{Parts, Segment, Tail};

/// From so many shapes on, beginnings are looked at first.
const MANY: usize = 12;

/// The patterns of a table that are compared in one way.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    shapes: Vec<Shape>,
    entries: HashTable<u32>,
    /// The shapes that a path of so many segments can have, the one with the lowest rule first.
    by_count: Vec<Vec<u16>>,
    /// The kinds of segments that stand at each place of any pattern.
    kinds: Vec<Vec<Kind>>,
    beginnings: Option<Filter>,
    deepest: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Shape {
    kinds: Vec<Kind>,
    tail: Tail,
    lowest: u32,
}

/// How a segment is compared, as far as a shape tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Literal,
    Named { before: u16, behind: u16 },
}

impl Kind {
    fn of(segment: Segment<'_>) -> Self {
        let length = |text: &[u8]| u16::try_from(text.len()).unwrap_or(u16::MAX);
        match segment {
            Segment::Literal(_) => Self::Literal,
            Segment::Named { before, behind, .. } => Self::Named {
                before: length(before),
                behind: length(behind),
            },
        }
    }

    const fn is_plain(self) -> bool {
        matches!(
            self,
            Self::Named {
                before: 0,
                behind: 0
            }
        )
    }
}

/// The hash of a pattern so far.
#[derive(Clone, Copy)]
struct Chain(u64);

impl Chain {
    const fn start(group: u32) -> Self {
        Self(mix(0x2545_f491_4f6c_dd1d, group as u64))
    }

    #[inline]
    const fn literal(self, segment: u64) -> Self {
        Self(mix(self.0, segment))
    }

    #[inline]
    const fn plain(self) -> Self {
        Self(self.0.rotate_left(23) ^ 0xa076_1d64_78bd_642f)
    }

    #[inline]
    fn named(self, before: &[u8], behind: &[u8], hash: &Hash) -> Self {
        let lengths = (before.len() as u64) << 32 | behind.len() as u64;
        Self(mix(
            mix(self.0, lengths),
            mix(hash.of(before), hash.of(behind).rotate_left(7)),
        ))
    }

    /// The hash of the whole pattern.
    #[inline]
    const fn end(self, tail: Tail) -> u64 {
        mix(self.0, tail as u64 + 1)
    }

    /// The hash after one more segment of a path, `None` where it cannot be of this kind.
    #[inline]
    fn step(self, kind: Kind, path: &Segments<'_>, at: usize, hash: &Hash) -> Option<Self> {
        let segment = path.get(at);
        match kind {
            Kind::Literal => Some(self.literal(path.hash(at))),
            Kind::Named {
                before: 0,
                behind: 0,
            } => (!segment.is_empty()).then_some(self.plain()),
            Kind::Named { before, behind } => {
                let (before, rest) = segment.split_at_checked(before.into())?;
                let middle = rest
                    .len()
                    .checked_sub(behind.into())
                    .filter(|&length| length > 0)?;
                Some(self.named(before, rest.get(middle..)?, hash))
            }
        }
    }
}

/// The hash of a finished pattern, with that of each of its beginnings.
fn chain(parts: Parts<'_>, group: u32, hash: &Hash, mut seen: impl FnMut(u64)) -> u64 {
    let mut chain = Chain::start(group);
    for segment in parts.segments() {
        chain = match segment {
            Segment::Literal(text) => chain.literal(hash.of(text)),
            Segment::Named { before, behind, .. } if Kind::of(segment).is_plain() => {
                debug_assert!(before.is_empty() && behind.is_empty());
                chain.plain()
            }
            Segment::Named { before, behind, .. } => chain.named(before, behind, hash),
        };
        seen(chain.0);
    }
    let end = chain.end(parts.tail);
    seen(end);
    end
}

impl Shapes {
    pub(super) fn with_capacity(rules: usize) -> Self {
        Self {
            entries: HashTable::with_capacity(rules),
            ..Self::default()
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.shapes.is_empty()
    }

    pub(super) const fn deepest(&self) -> usize {
        self.deepest
    }

    /// Adds a pattern; `pattern_of` gives one that is there, with its group.
    pub(super) fn add<'k>(
        &mut self,
        rule: u32,
        number: u32,
        pattern: &[u8],
        group: u32,
        hash: &Hash,
        lists: &mut Lists,
        pattern_of: impl Fn(u32) -> (&'k [u8], u32),
    ) {
        let parts = Parts::of(pattern);
        let kinds: Vec<_> = parts.segments().map(Kind::of).collect();
        match self
            .shapes
            .iter_mut()
            .find(|shape| shape.kinds == kinds && shape.tail == parts.tail)
        {
            Some(shape) => shape.lowest = shape.lowest.min(number),
            None => self.shapes.push(Shape {
                kinds,
                tail: parts.tail,
                lowest: number,
            }),
        }
        let hashed = |entry: u32, lists: &Lists| {
            let (pattern, group) = pattern_of(lists.first(entry));
            chain(Parts::of(pattern), group, hash, |_| {})
        };
        let value = chain(parts, group, hash, |_| {});
        let same = |entry: &u32| {
            let (other, other_group) = pattern_of(lists.first(*entry));
            other_group == group && is_same(parts, Parts::of(other))
        };
        match self.entries.find_mut(value, same) {
            Some(entry) => lists.add(entry, rule),
            None => {
                self.entries
                    .insert_unique(value, rule, |entry| hashed(*entry, lists));
            }
        }
    }

    /// Makes ready what depends on all patterns together.
    pub(super) fn finish<'k>(
        &mut self,
        hash: &Hash,
        lists: &Lists,
        pattern_of: impl Fn(u32) -> (&'k [u8], u32),
    ) {
        self.shapes.sort_by_key(|shape| shape.lowest);
        self.deepest = self
            .shapes
            .iter()
            .map(|shape| shape.kinds.len())
            .max()
            .unwrap_or(0);
        self.by_count = (0..=self.deepest + 1)
            .map(|count| {
                let fits = |shape: &Shape| shape.can_have(count);
                let all = self.shapes.iter().zip(0_u16..);
                all.filter(|(shape, _)| fits(shape))
                    .map(|(_, at)| at)
                    .collect()
            })
            .collect();
        self.kinds = (0..self.deepest)
            .map(|at| {
                let mut kinds: Vec<_> = self
                    .shapes
                    .iter()
                    .filter_map(|shape| shape.kinds.get(at).copied())
                    .collect();
                kinds.sort_unstable();
                kinds.dedup();
                kinds
            })
            .collect();
        if self.by_count.iter().any(|shapes| shapes.len() > MANY) {
            let mut hashes = Vec::new();
            for entry in &self.entries {
                let (pattern, group) = pattern_of(lists.first(*entry));
                chain(Parts::of(pattern), group, hash, |value| hashes.push(value));
            }
            hashes.sort_unstable();
            hashes.dedup();
            self.beginnings = Some(Filter::of(&hashes));
        }
    }

    /// The entries whose hash a path has; `lowest` is the number beyond which a rule is not wanted.
    #[inline]
    pub(super) fn candidates(
        &self,
        path: &Segments<'_>,
        group: u32,
        hash: &Hash,
        lowest: impl Fn() -> u32,
        mut visit: impl FnMut(&u32),
    ) {
        let Some(shapes) = self.by_count.get(path.count.min(self.deepest + 1)) else {
            return;
        };
        if let Some(beginnings) = self.beginnings.as_ref().filter(|_| shapes.len() > MANY) {
            let walk = Walk {
                shapes: self,
                beginnings,
                path,
                hash,
            };
            walk.from(0, Chain::start(group), &mut visit);
            return;
        }
        for at in shapes {
            let Some(shape) = self.shapes.get(usize::from(*at)) else {
                continue;
            };
            if shape.lowest > lowest() {
                return;
            }
            let mut chain = Some(Chain::start(group));
            for (at, kind) in shape.kinds.iter().enumerate() {
                chain = chain.and_then(|chain| chain.step(*kind, path, at, hash));
            }
            if let Some(chain) = chain {
                self.probe(chain.end(shape.tail), &mut visit);
            }
        }
    }

    #[inline]
    fn probe(&self, value: u64, visit: &mut impl FnMut(&u32)) {
        for entry in self.entries.iter_hash(value) {
            visit(entry);
        }
    }
}

impl Shape {
    fn can_have(&self, count: usize) -> bool {
        let own = self.kinds.len();
        match self.tail {
            Tail::None => count == own,
            Tail::Some | Tail::Any => count > own,
            Tail::Optional => count >= own,
        }
    }
}

/// Whether two patterns match the same paths, whatever their placeholders are called.
fn is_same(one: Parts<'_>, other: Parts<'_>) -> bool {
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

/// Follows a path through the beginnings of all patterns.
struct Walk<'w, 'p> {
    shapes: &'w Shapes,
    beginnings: &'w Filter,
    path: &'w Segments<'p>,
    hash: &'w Hash,
}

impl Walk<'_, '_> {
    fn from(&self, at: usize, chain: Chain, visit: &mut impl FnMut(&u32)) {
        let rest = self.path.count - at.min(self.path.count);
        let tails: &[Tail] = match rest {
            0 => &[Tail::None, Tail::Optional],
            _ => &[Tail::Some, Tail::Any, Tail::Optional],
        };
        for tail in tails {
            let end = chain.end(*tail);
            if self.beginnings.may_have(end) {
                self.shapes.probe(end, visit);
            }
        }
        if rest == 0 {
            return;
        }
        for kind in self.shapes.kinds.get(at).into_iter().flatten() {
            if let Some(next) = chain.step(*kind, self.path, at, self.hash) {
                if self.beginnings.may_have(next.0) {
                    self.from(at + 1, next, visit);
                }
            }
        }
    }
}

/// Tells nearly always whether a hash is not among those it was made of, and never the contrary.
#[derive(Debug)]
struct Filter {
    bits: Vec<u64>,
    mask: u64,
}

impl Filter {
    fn of(hashes: &[u64]) -> Self {
        let words = (hashes.len() / 4 + 1).next_power_of_two();
        let mut filter = Self {
            bits: vec![0; words],
            mask: words as u64 - 1,
        };
        for hash in hashes {
            let (word, bits) = filter.place(*hash);
            if let Some(word) = filter.bits.get_mut(word) {
                *word |= bits;
            }
        }
        filter
    }

    #[inline]
    const fn place(&self, hash: u64) -> (usize, u64) {
        let bits = 1 << (hash >> 58) | 1 << (hash >> 52 & 63);
        ((hash & self.mask) as usize, bits)
    }

    #[inline]
    fn may_have(&self, hash: u64) -> bool {
        let (word, bits) = self.place(hash);
        self.bits.get(word).is_some_and(|word| word & bits == bits)
    }
}
