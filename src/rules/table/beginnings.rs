//! What patterns begin with, and how those go on.

use std::collections::HashMap;

use hashbrown::HashTable;

use super::{
    chain::Kind,
    filter::{Filter, Seen},
};
use crate::rules::RuleNumber;

/// The hashes of what patterns begin with.
#[derive(Debug)]
pub(super) struct Beginnings {
    filter: Filter,
    going_on: HashTable<GoingOn>,
    /// Every set of kinds that occurs, each once.
    sets: Vec<Box<[Around]>>,
}

/// A kind of segment with text around its placeholder, and the number of the first pattern that has
/// it in its place.
pub(super) type Around = (Kind, RuleNumber);

/// A beginning behind which a pattern has a placeholder with text around it.
#[derive(Clone, Copy, Debug)]
struct GoingOn {
    hash: u64,
    /// The index of the set of kinds that this may be.
    set: usize,
}

impl Beginnings {
    pub(super) fn none() -> Self {
        Self::new(Filter::with_capacity(0), Vec::new())
    }

    /// Of all beginnings, and of those that are followed by a placeholder with text around it.
    pub(super) fn new(filter: Filter, mut steps: Vec<(u64, Around)>) -> Self {
        // The one with the lowest rule first.
        steps.sort_unstable_by_key(|(hash, (kind, lowest))| (*hash, *lowest, *kind));
        steps.dedup();
        let of_each = || steps.chunk_by(|(one, _), (other, _)| one == other);
        let mut beginnings = Self {
            filter,
            going_on: HashTable::with_capacity(of_each().count()),
            sets: Vec::new(),
        };
        let mut known: HashMap<Box<[Around]>, usize> = HashMap::new();
        for of_one in of_each() {
            let Some((hash, _)) = of_one.first() else {
                continue;
            };
            let kinds: Box<[Around]> = of_one.iter().map(|(_, kind)| *kind).collect();
            let next = known.len();
            let set = *known.entry(kinds).or_insert(next);
            let going_on = GoingOn { hash: *hash, set };
            beginnings
                .going_on
                .insert_unique(*hash, going_on, |one| one.hash);
        }
        let mut sets: Vec<_> = known.into_iter().collect();
        sets.sort_unstable_by_key(|(_, number)| *number);
        beginnings.sets = sets.into_iter().map(|(kinds, _)| kinds).collect();
        beginnings
    }

    /// What may be behind a beginning; there is no more than that.
    #[inline]
    pub(super) fn see(&self, hash: u64) -> Seen {
        self.filter.see(hash)
    }

    /// The kinds with text around them that the next segment has in patterns that begin so.
    pub(super) fn next(&self, hash: u64) -> &[Around] {
        let found = self.going_on.find(hash, |one| one.hash == hash);
        let set = found.and_then(|one| self.sets.get(one.set));
        set.map_or(&[], |set| set)
    }
}
