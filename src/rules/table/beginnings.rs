//! What patterns begin with, and how those go on.

use std::collections::HashMap;

use hashbrown::HashTable;

/// The hashes of what patterns begin with.
#[derive(Debug, Default)]
pub(super) struct Beginnings {
    filter: Filter,
    going_on: HashTable<GoingOn>,
    /// Every set of kinds that occurs, each once.
    sets: Vec<Box<[u32]>>,
}

/// A beginning behind which a pattern has another segment.
#[derive(Clone, Copy, Debug)]
struct GoingOn {
    hash: u64,
    /// The number of the set of kinds that this segment may have.
    set: u32,
}

impl Beginnings {
    /// Of all hashes, and of those that go on with the kind of the next segment.
    pub(super) fn new(mut hashes: Vec<u64>, mut steps: Vec<(u64, u32)>) -> Self {
        hashes.sort_unstable();
        hashes.dedup();
        steps.sort_unstable();
        steps.dedup();
        let mut beginnings = Self {
            filter: Filter::of(&hashes),
            ..Self::default()
        };
        let mut known: HashMap<Box<[u32]>, u32> = HashMap::new();
        for of_one in steps.chunk_by(|(one, _), (other, _)| one == other) {
            let Some((hash, _)) = of_one.first() else {
                continue;
            };
            let kinds: Box<[u32]> = of_one.iter().map(|(_, kind)| *kind).collect();
            let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
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

    /// Whether a pattern may begin so; never the contrary.
    #[inline]
    pub(super) fn may_have(&self, hash: u64) -> bool {
        self.filter.may_have(hash)
    }

    /// The kinds that the next segment has in patterns that begin so; none where no pattern does.
    #[inline]
    pub(super) fn next(&self, hash: u64) -> &[u32] {
        let found = self.going_on.find(hash, |one| one.hash == hash);
        let set = found.and_then(|one| self.sets.get(one.set as usize));
        set.map_or(&[], |set| set)
    }
}

/// Tells nearly always whether a hash is not among those it was made of, and never the contrary.
#[derive(Debug, Default)]
struct Filter {
    bits: Vec<u64>,
    mask: u64,
}

impl Filter {
    fn of(hashes: &[u64]) -> Self {
        let words = (hashes.len() / 8 + 1).next_power_of_two();
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
