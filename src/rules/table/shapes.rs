//! Sources with placeholders, found by the hash of their segments.
//!
//! All patterns of one shape (which segments are literal, and what the tail is) are looked up at
//! once. The literal segments that patterns begin with are followed first, only as far as a pattern
//! begins so: most paths that none fits end there, behind one segment or two.

use std::collections::HashMap;

use hashbrown::HashTable;

use super::{
    beginnings::{Around, Beginnings},
    chain::{self, Chain, Kind},
    entry::{Lists, RuleEntry},
    filter::{Behind, Filter, Seen},
    hash::Hash,
    hosts::HostGroup,
    segments::{Segments, behind_slash},
    shape::{Shape, is_same},
    walk::Walk,
    words::Words,
};
use crate::rules::{
    RuleNumber, RuleOffset,
    compiled_rule::CompiledRule,
    pattern::{PatternRef, Segment, Tail},
};

/// With more shapes behind as many literal segments, all beginnings are kept, and paths are
/// followed through them.
const MANY: usize = 12;

/// The patterns of a table that are compared in one way.
#[derive(Debug)]
pub(super) struct Shapes {
    pub(super) words: Words,
    entries: HashTable<RuleEntry>,
    /// The shapes with so many literal segments before the first placeholder, the one with the
    /// lowest rule first.
    by_literals: Vec<Vec<Shape>>,
    /// The number of the first pattern.
    lowest: u64,
    /// What paths begin with that fit any pattern.
    pub(super) beginnings: Beginnings,
    /// What stands at each place of any pattern.
    pub(super) places: Vec<Place>,
    is_many: bool,
    /// Empty where no more are added.
    known: Known,
}

/// What stands at one place of any pattern, each kind with the number of the first that has it
/// there.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) literal: u64,
    pub(super) plain: u64,
    around: HashMap<Kind, RuleNumber>,
}

/// The shapes of the patterns that were added so far.
#[derive(Debug, Default)]
struct Known {
    shapes: Vec<Shape>,
    places: HashTable<usize>,
}

/// What is looked for.
pub(super) struct Searched<L, V> {
    pub(super) group: HostGroup,
    /// The number beyond which a rule is not wanted.
    pub(super) lowest: L,
    /// What looks at an entry that has the hash of the path, and may be another one by chance.
    pub(super) visit: V,
}

impl Shapes {
    pub(super) fn with_capacity(rules: usize, hash: &Hash) -> Self {
        Self {
            words: Words::new(hash),
            entries: HashTable::with_capacity(rules),
            by_literals: Vec::new(),
            lowest: u64::MAX,
            beginnings: Beginnings::none(),
            places: Vec::new(),
            is_many: false,
            known: Known::default(),
        }
    }

    /// The number of the first pattern; more than any has, where there is none.
    #[inline]
    pub(super) const fn lowest(&self) -> u64 {
        self.lowest
    }

    /// Adds a pattern; `pattern_of` gives one that is there, with its group.
    pub(super) fn add<'k>(
        &mut self,
        at: RuleOffset,
        rule: &CompiledRule<'_>,
        lists: &mut Lists,
        pattern_of: impl Fn(RuleOffset) -> (&'k [u8], HostGroup),
    ) {
        let (pattern, group) = pattern_of(at);
        let parts = PatternRef::of(pattern);
        self.known.add(parts, rule.number);
        let words = self.words;
        let hashed = |entry: RuleEntry, lists: &Lists| {
            let (pattern, group) = pattern_of(lists.first(entry));
            chain::whole(PatternRef::of(pattern), group, &words)
        };
        let value = chain::whole(parts, group, &words);
        let same = |entry: &RuleEntry| {
            let (other, other_group) = pattern_of(lists.first(*entry));
            other_group == group && is_same(parts, PatternRef::of(other))
        };
        match self.entries.find_mut(value, same) {
            Some(entry) => lists.add(entry, at),
            None => {
                self.entries
                    .insert_unique(value, RuleEntry::of(at), |entry| hashed(*entry, lists));
            }
        }
    }

    /// Makes ready what depends on all patterns together.
    pub(super) fn finish<'k>(
        &mut self,
        lists: &Lists,
        pattern_of: impl Fn(RuleOffset) -> (&'k [u8], HostGroup),
    ) {
        let mut shapes = std::mem::take(&mut self.known).shapes;
        shapes.sort_by_key(|shape| shape.lowest);
        let Some(first) = shapes.first() else {
            return;
        };
        self.lowest = first.lowest.0.into();
        let literals = shapes.iter().map(|shape| shape.literals).max();
        self.by_literals = vec![Vec::new(); literals.unwrap_or_default() + 1];
        for shape in &shapes {
            if let Some(same) = self.by_literals.get_mut(shape.literals) {
                same.push(shape.clone());
            }
        }
        self.is_many = self.by_literals.iter().any(|same| same.len() > MANY);
        if self.is_many {
            let most = shapes.iter().map(Shape::segments).max();
            let places = 0..most.unwrap_or_default();
            self.places = places.map(|at| Place::of(&shapes, at)).collect();
        }
        let patterns = || {
            let first = |entry: &RuleEntry| pattern_of(lists.first(*entry)).0;
            self.entries
                .iter()
                .map(move |entry| PatternRef::of(first(entry)))
        };
        // Most patterns share what they begin with.
        let mut filter = Filter::with_capacity(self.entries.len() / 4 * 5);
        let mut steps = Vec::new();
        loop {
            steps.clear();
            for parts in patterns() {
                let end = if self.is_many {
                    parts.tail as usize
                } else {
                    self.place(parts)
                };
                self.each_beginning(parts, |at, hash, next| {
                    let kind = next.map(Kind::of);
                    filter.add(hash, kind.map_or(Behind::End(end), Kind::behind));
                    let around = kind.and_then(|kind| self.places.get(at)?.around(kind));
                    steps.extend(around.map(|around| (hash, around)));
                });
                if filter.is_full() {
                    break;
                }
            }
            if !filter.is_full() {
                break;
            }
            filter = filter.larger();
        }
        self.beginnings = Beginnings::new(filter, steps);
    }

    /// Shows every beginning that is looked for of a pattern, with the segment behind it, if one is
    /// looked at: without many shapes, the first placeholder is not.
    fn each_beginning<'p>(
        &self,
        parts: PatternRef<'p>,
        mut show: impl FnMut(usize, u64, Option<Segment<'p>>),
    ) {
        let mut chain = Chain::START;
        let mut count = 0;
        for segment in parts.segments() {
            if !self.is_many && matches!(segment, Segment::Named { .. }) {
                break;
            }
            show(count, chain.0, Some(segment));
            chain = chain.after(segment, &self.words);
            count += 1;
        }
        show(count, chain.0, None);
    }

    /// Which of the shapes with as many literal segments a pattern has.
    fn place(&self, parts: PatternRef<'_>) -> usize {
        let segments = parts.segments();
        let literals = segments
            .take_while(|segment| matches!(segment, Segment::Literal(_)))
            .count();
        let shapes = self.by_literals.get(literals);
        let place = shapes.and_then(|shapes| shapes.iter().position(|shape| shape.is_of(parts)));
        place.unwrap_or_default()
    }

    /// Shows the entries of the patterns that a path fits.
    #[inline]
    pub(super) fn candidates<L: Fn() -> RuleNumber, V: FnMut(&RuleEntry)>(
        &self,
        path: &[u8],
        searched: &mut Searched<L, V>,
    ) {
        let mut rest = behind_slash(path);
        if self.is_many {
            self.walk(rest, searched);
            return;
        }
        let mut chain = Chain::START;
        for shapes in &self.by_literals {
            let seen = self.beginnings.see(chain.0);
            if seen.ends() && !shapes.is_empty() {
                self.ends(shapes, seen, rest, searched);
            }
            let Some(text) = rest.filter(|_| seen.literal()) else {
                return;
            };
            let (hash, length) = self.words.until_slash(text);
            chain = chain.literal(hash);
            rest = text.get(length + 1..);
        }
    }

    /// Looks for the patterns with this beginning, the rest of which is of one of these shapes.
    // Not inlined, so that paths that no pattern begins like need no room for segments.
    #[inline(never)]
    fn ends<L: Fn() -> RuleNumber, V: FnMut(&RuleEntry)>(
        &self,
        shapes: &[Shape],
        seen: Seen,
        rest: Option<&[u8]>,
        searched: &mut Searched<L, V>,
    ) {
        let mut rest = Segments::new(rest, self.words);
        for (which, shape) in shapes.iter().enumerate() {
            if shape.lowest > (searched.lowest)() {
                return;
            }
            if !seen.ends_as(which) {
                continue;
            }
            if let Some(chain) = shape.chain(Chain(seen.hash), &mut rest, &self.words) {
                self.probe(chain, shape.tail, searched);
            }
        }
    }

    #[inline(never)]
    fn walk<L: Fn() -> RuleNumber, V: FnMut(&RuleEntry)>(
        &self,
        rest: Option<&[u8]>,
        searched: &mut Searched<L, V>,
    ) {
        let mut walk = Walk {
            shapes: self,
            path: Segments::new(rest, self.words),
            searched,
        };
        walk.from(0, self.beginnings.see(Chain::START.0));
    }

    #[inline]
    pub(super) fn probe<L: Fn() -> RuleNumber, V: FnMut(&RuleEntry)>(
        &self,
        chain: Chain,
        tail: Tail,
        searched: &mut Searched<L, V>,
    ) {
        // A path fits patterns of other shapes too, and one of these may stand in the way by
        // chance.
        for entry in self.entries.iter_hash(chain.end(tail, searched.group)) {
            (searched.visit)(entry);
        }
    }
}

impl Known {
    /// Adds the shape of a pattern.
    fn add(&mut self, parts: PatternRef<'_>, number: RuleNumber) {
        let shapes = &mut self.shapes;
        let same = |at: &usize| shapes.get(*at).is_some_and(|shape| shape.is_of(parts));
        let value = Shape::hash_of(parts);
        match self.places.find(value, same).copied() {
            Some(at) => {
                if let Some(shape) = shapes.get_mut(at) {
                    shape.lowest = shape.lowest.min(number);
                }
            }
            None => {
                let at = shapes.len();
                shapes.push(Shape::of(parts, number));
                let hashed = |at: &usize| shapes.get(*at).map_or(0, Shape::hash);
                self.places.insert_unique(value, at, hashed);
            }
        }
    }
}

impl Place {
    fn of(shapes: &[Shape], at: usize) -> Self {
        let mut place = Self {
            literal: u64::MAX,
            plain: u64::MAX,
            around: HashMap::new(),
        };
        // The shape with the lowest rule comes first.
        for shape in shapes.iter().rev() {
            let lowest = shape.lowest.0.into();
            match shape.kind(at) {
                Some(Kind::Literal) => place.literal = lowest,
                Some(Kind::PLAIN) => place.plain = lowest,
                Some(kind) => _ = place.around.insert(kind, shape.lowest),
                None => {}
            }
        }
        place
    }

    fn around(&self, kind: Kind) -> Option<Around> {
        let lowest = self.around.get(&kind)?;
        Some((kind, *lowest))
    }
}
