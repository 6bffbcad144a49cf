//! Sources with placeholders, found by the hash of their literal segments.
//!
//! All patterns of one shape (which segments are literal, and what the tail is) are in one table, so that a
//! path is looked up once for each shape, not for each pattern. The hash goes along the segments: a
//! filter of beginnings tells early which shapes a path cannot have.

use std::collections::HashMap;

use hashbrown::HashTable;

use super::{
    beginnings::Beginnings,
    entry::Lists,
    hash::{Hash, mix},
    segments::{Reach, START, Segments},
};
use crate::rules::{
    pattern::{Parts, Segment, Tail},
    record::Record,
};

/// With more shapes, all beginnings are kept, and paths are followed through them.
const MANY: usize = 12;

/// The patterns of a table that are compared in one way.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    shapes: Vec<Shape>,
    /// The shapes by their own hash, while patterns are added.
    known: HashTable<u32>,
    entries: HashTable<u32>,
    /// The shapes that a path of so many segments can have, the one with the lowest rule first.
    by_count: Vec<Vec<u32>>,
    /// The kinds of segments that stand at each place of any pattern, each with the number of the first
    /// pattern that has it there; the lowest first.
    kinds: Vec<Vec<(Kind, u32)>>,
    /// What paths begin with that fit any pattern.
    beginnings: Beginnings,
    reach: Reach,
}

#[derive(Clone, Debug)]
struct Shape {
    /// How many literal segments stand before the first placeholder.
    literals: usize,
    /// What stands behind them.
    kinds: Vec<Kind>,
    tail: Tail,
    lowest: u32,
}

/// How a segment is compared, as far as a shape tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

    const fn number(self) -> u64 {
        match self {
            Self::Literal => 0,
            Self::Named { before, behind } => 1 + ((before as u64) << 16 | behind as u64),
        }
    }
}

/// The hash of a pattern so far.
#[derive(Clone, Copy)]
struct Chain(u64);

impl Chain {
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
    const fn end(self, tail: Tail, group: u32) -> u64 {
        mix(self.0, ((group as u64) << 8) | (tail as u64 + 1))
    }

    /// The hash after one more segment of a path, `None` where it cannot be of this kind.
    #[inline]
    fn step(self, kind: Kind, segment: &[u8], hash: &Hash) -> Option<Self> {
        match kind {
            Kind::Literal => Some(self.literal(hash.of(segment))),
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

/// The hash of a finished pattern, with that of each of its beginnings and whether all of it is literal.
fn chain(parts: Parts<'_>, group: u32, hash: &Hash, mut seen: impl FnMut(u64, bool)) -> u64 {
    let mut chain = Chain(START);
    let mut all_literal = true;
    for segment in parts.segments() {
        chain = match segment {
            Segment::Literal(text) => chain.literal(hash.of(text)),
            Segment::Named { .. } if Kind::of(segment).is_plain() => chain.plain(),
            Segment::Named { before, behind, .. } => chain.named(before, behind, hash),
        };
        all_literal &= matches!(segment, Segment::Literal(_));
        seen(chain.0, all_literal);
    }
    let end = chain.end(parts.tail, group);
    seen(end, false);
    end
}

impl Shapes {
    pub(super) fn with_capacity(rules: usize) -> Self {
        Self {
            entries: HashTable::with_capacity(rules),
            ..Self::default()
        }
    }

    /// The number of the first pattern; more than any has, where there is none.
    #[inline]
    pub(super) fn lowest(&self) -> u64 {
        let first = self.shapes.first();
        first.map_or(u64::MAX, |shape| shape.lowest.into())
    }

    #[inline]
    pub(super) const fn reach(&self) -> Reach {
        self.reach
    }

    /// Adds a pattern; `pattern_of` gives one that is there, with its group.
    pub(super) fn add<'k>(
        &mut self,
        rule: u32,
        record: &Record<'_>,
        hash: &Hash,
        lists: &mut Lists,
        pattern_of: impl Fn(u32) -> (&'k [u8], u32),
    ) {
        let (pattern, group) = pattern_of(rule);
        let number = record.number;
        let parts = Parts::of(pattern);
        self.add_shape(parts, number);
        let hashed = |entry: u32, lists: &Lists| {
            let (pattern, group) = pattern_of(lists.first(entry));
            chain(Parts::of(pattern), group, hash, |_, _| {})
        };
        let value = chain(parts, group, hash, |_, _| {});
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

    fn add_shape(&mut self, parts: Parts<'_>, number: u32) {
        let numbers = parts.segments().map(|segment| Kind::of(segment).number());
        let value = numbers.fold(parts.tail as u64, mix);
        let shapes = &mut self.shapes;
        let same = |at: &u32| {
            shapes
                .get(*at as usize)
                .is_some_and(|shape| shape.is_of(parts))
        };
        match self.known.find(value, same).copied() {
            Some(at) => {
                if let Some(shape) = shapes.get_mut(at as usize) {
                    shape.lowest = shape.lowest.min(number);
                }
            }
            None => {
                let at = u32::try_from(shapes.len()).unwrap_or(u32::MAX);
                shapes.push(Shape::of(parts, number));
                let hashed = |at: &u32| shapes.get(*at as usize).map_or(0, Shape::hash);
                self.known.insert_unique(value, at, hashed);
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
        self.known = HashTable::new();
        self.shapes.sort_by_key(|shape| shape.lowest);
        let most = |of: fn(&Shape) -> usize| self.shapes.iter().map(of).max().unwrap_or(0);
        self.reach = Reach {
            segments: most(Shape::segments),
            hashed: most(|shape| shape.literals),
        };
        self.by_count = (0..=self.reach.segments + 1)
            .map(|count| {
                let all = self.shapes.iter().zip(0..);
                all.filter(|(shape, _)| shape.can_have(count))
                    .map(|(_, at)| at)
                    .collect()
            })
            .collect();
        self.kinds = (0..self.reach.segments)
            .map(|at| {
                let mut kinds: Vec<_> = self
                    .shapes
                    .iter()
                    .filter_map(|shape| Some((shape.kind(at)?, shape.lowest)))
                    .collect();
                kinds.sort_unstable();
                kinds.dedup_by_key(|(kind, _)| *kind);
                kinds.sort_unstable_by_key(|(_, lowest)| *lowest);
                kinds
            })
            .collect();
        // Where each kind stands among those of its place.
        let numbers: Vec<HashMap<_, _>> = self
            .kinds
            .iter()
            .map(|kinds| kinds.iter().map(|(kind, _)| *kind).zip(0..).collect())
            .collect();
        let many = self.by_count.iter().any(|shapes| shapes.len() > MANY);
        let mut hashes = Vec::with_capacity(self.entries.len() + 1);
        let mut steps = Vec::new();
        hashes.push(START);
        for entry in &self.entries {
            let (pattern, group) = pattern_of(lists.first(*entry));
            let parts = Parts::of(pattern);
            let mut of_literals = None;
            let (mut before, mut next) = (START, numbers.iter().zip(parts.segments()));
            chain(parts, group, hash, |value, is_literal| {
                if let Some((numbers, segment)) = next.next().filter(|_| many) {
                    let number = numbers.get(&Kind::of(segment));
                    steps.extend(number.map(|number| (before, *number)));
                    before = value;
                }
                if many {
                    hashes.push(value);
                } else if is_literal {
                    of_literals = Some(value);
                }
            });
            hashes.extend(of_literals);
        }
        self.beginnings = Beginnings::new(hashes, steps);
    }

    /// The entries of the patterns that a path fits; `lowest` is the number beyond which a rule is not
    /// wanted, and `is_it` says of an entry with the hash of the path whether the path fits it.
    #[inline]
    pub(super) fn candidates(
        &self,
        path: &Segments<'_>,
        group: u32,
        hash: &Hash,
        lowest: impl Fn() -> u32,
        is_it: &impl Fn(u32) -> bool,
        visit: &mut impl FnMut(&u32),
    ) {
        let Some(shapes) = self.by_count.get(path.count) else {
            return;
        };
        if shapes.len() > MANY {
            let walk = Walk {
                shapes: self,
                path,
                group,
                hash,
                lowest: &lowest,
                is_it,
            };
            walk.from(0, Chain(START), true, visit);
            return;
        }
        for at in shapes {
            let Some(shape) = self.shapes.get(*at as usize) else {
                continue;
            };
            if shape.lowest > lowest() {
                return;
            }
            let beginning = path.beginning(shape.literals);
            let Some(beginning) = beginning.filter(|hash| self.beginnings.may_have(*hash)) else {
                continue;
            };
            if let Some(chain) = shape.chain(beginning, path, hash) {
                self.probe(chain.end(shape.tail, group), is_it, visit);
            }
        }
    }

    #[inline]
    fn probe(&self, value: u64, is_it: &impl Fn(u32) -> bool, visit: &mut impl FnMut(&u32)) {
        // A path fits patterns of other shapes too, and one of these may stand in the way by chance.
        for entry in self.entries.iter_hash(value) {
            if is_it(*entry) {
                visit(entry);
            }
        }
    }
}

impl Shape {
    fn of(parts: Parts<'_>, number: u32) -> Self {
        let kinds = || parts.segments().map(Kind::of);
        let literals = kinds().take_while(|kind| *kind == Kind::Literal).count();
        Self {
            literals,
            kinds: kinds().skip(literals).collect(),
            tail: parts.tail,
            lowest: number,
        }
    }

    fn is_of(&self, parts: Parts<'_>) -> bool {
        self.tail == parts.tail && self.all_kinds().eq(parts.segments().map(Kind::of))
    }

    fn hash(&self) -> u64 {
        self.all_kinds()
            .map(Kind::number)
            .fold(self.tail as u64, mix)
    }

    fn all_kinds(&self) -> impl Iterator<Item = Kind> {
        let literals = std::iter::repeat_n(Kind::Literal, self.literals);
        literals.chain(self.kinds.iter().copied())
    }

    fn kind(&self, at: usize) -> Option<Kind> {
        match at.checked_sub(self.literals) {
            None => Some(Kind::Literal),
            Some(at) => self.kinds.get(at).copied(),
        }
    }

    fn segments(&self) -> usize {
        self.literals + self.kinds.len()
    }

    fn can_have(&self, count: usize) -> bool {
        let own = self.segments();
        match self.tail {
            Tail::None => count == own,
            Tail::Some | Tail::Any => count > own,
            Tail::Optional => count >= own,
        }
    }

    /// The hash that a path has in this shape, `None` where it cannot have it.
    #[inline]
    fn chain(&self, beginning: u64, path: &Segments<'_>, hash: &Hash) -> Option<Chain> {
        let mut chain = Chain(beginning);
        for (at, kind) in (self.literals..).zip(&self.kinds) {
            chain = chain.step(*kind, path.get(at)?, hash)?;
        }
        Some(chain)
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
///
/// A hash stands for one beginning: for the kinds of its segments and for their literal text. A path comes to
/// each in one way only, and goes on from it only as a pattern does that begins so. There are never more
/// steps than beginnings of patterns, whatever is asked for.
struct Walk<'w, 'p, L, I> {
    shapes: &'w Shapes,
    path: &'w Segments<'p>,
    group: u32,
    hash: &'w Hash,
    lowest: &'w L,
    is_it: &'w I,
}

impl<L: Fn() -> u32, I: Fn(u32) -> bool> Walk<'_, '_, L, I> {
    fn from(&self, at: usize, chain: Chain, literal: bool, visit: &mut impl FnMut(&u32)) {
        let rest = self.path.count - at.min(self.path.count);
        let tails: &[Tail] = match rest {
            0 => &[Tail::None, Tail::Optional],
            _ => &[Tail::Some, Tail::Any, Tail::Optional],
        };
        for tail in tails {
            let end = chain.end(*tail, self.group);
            if self.shapes.beginnings.may_have(end) {
                self.shapes.probe(end, self.is_it, visit);
            }
        }
        let (Some(kinds), Some(segment)) = (self.shapes.kinds.get(at), self.path.get(at)) else {
            return;
        };
        for number in self.shapes.beginnings.next(chain.0) {
            #[cfg(test)]
            tests::STEPS.set(tests::STEPS.get() + 1);
            let Some((kind, lowest)) = kinds.get(*number as usize) else {
                continue;
            };
            if *lowest > (self.lowest)() {
                continue;
            }
            let literal = literal && *kind == Kind::Literal;
            let next = if literal {
                self.path.beginning(at + 1).map(Chain)
            } else {
                chain.step(*kind, segment, self.hash)
            };
            if let Some(next) = next.filter(|next| self.shapes.beginnings.may_have(next.0)) {
                self.from(at + 1, next, literal, visit);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use http::Request;

    use crate::{
        Policy, RequestHead,
        rules::{Rule, Rules},
    };

    thread_local! {
        /// How often a path was followed into one more segment.
        pub(super) static STEPS: Cell<usize> = const { Cell::new(0) };
    }

    /// The steps that a path takes in a table of these patterns, and whether one answers.
    fn steps(sources: &[String], path: &str) -> (usize, bool) {
        let rules = sources
            .iter()
            .map(|source| Rule::found(&**source, "https://b.example/"));
        let rules = Rules::new(rules).unwrap();
        let request = Request::get(path).body(()).unwrap();
        STEPS.set(0);
        let decision = rules.decide(&RequestHead::new(&request));
        (STEPS.get(), decision.into_redirect().is_some())
    }

    /// How many beginnings there are of patterns, none but the empty one left out.
    fn beginnings(sources: &[String]) -> usize {
        let beginnings = |source: &String| -> Vec<String> {
            let ends = source.match_indices('/').map(|(at, _)| at).skip(1);
            let ends = ends.chain([source.len()]);
            ends.map(|end| source[..end].to_owned()).collect()
        };
        let all: std::collections::BTreeSet<_> = sources.iter().flat_map(beginnings).collect();
        all.len()
    }

    #[test]
    fn a_path_is_not_followed_where_no_pattern_goes() {
        let rule = |number: usize| {
            let (before, behind) = ("a".repeat(number % 20), "b".repeat(number / 20));
            let segment = |at| format!("/{before}{{p{at}}}{behind}");
            (0..7).map(segment).collect::<String>() + &format!("/{number}")
        };
        let sources: Vec<_> = (0..400).map(rule).collect();
        let path = format!("/{}", "c".repeat(48)).repeat(7) + "/x";
        let (steps, answers) = steps(&sources, &path);
        // The first segment is looked at in each of its kinds; without text around it, it fits.
        assert!(!answers && steps <= 420, "{steps} steps");
    }

    #[test]
    fn there_are_no_more_steps_than_beginnings() {
        // Each kind of segment behind each other kind.
        let kinds = ["{p}", "x{p}", "{p}x", "x{p}x"];
        let mut every = vec![String::new()];
        for place in 0..4 {
            let one = |front: &String| {
                kinds.map(|kind| format!("{front}/{}", kind.replace('p', &format!("p{place}"))))
            };
            every = every.iter().flat_map(one).collect();
        }
        // Kinds that stand behind one beginning only.
        let apart = (1..100).flat_map(|length| {
            let before = "x".repeat(length);
            [
                format!("/{before}{{p}}/end"),
                format!("/y/{before}{{p}}/end"),
            ]
        });
        let apart: Vec<_> = apart.collect();
        for (sources, path) in [
            (&every, "/xxx/xxx/xxx/xxx"),
            (&every, "/xxx/xxx/xxx/xxx/xxx"),
            (&every, "/yyy/xxx/yyy/xxx"),
            (&apart, &*format!("/{0}/{0}/end", "x".repeat(200))),
            (&apart, &*format!("/y/{}/end", "x".repeat(200))),
        ] {
            let (steps, _) = steps(sources, path);
            let most = beginnings(sources);
            assert!(steps <= most, "{path}: {steps} of {most}");
        }
    }

    #[test]
    fn all_literal_segments_behind_those_that_are_hashed() {
        // With these, two segments are hashed; the path has more that are literal.
        let mut sources: Vec<_> = (0..20)
            .map(|length| format!("/a/{}{{x}}/b/b/b", "y".repeat(length)))
            .collect();
        sources.push("/a/{x}/{*rest}".to_owned());
        assert!(steps(&sources, "/a/y/b/b/b").1);
        assert!(!steps(&sources, "/b/b/b/b/b").1);
    }
}
