//! Sources without placeholders, found by one hash of the whole path.

use hashbrown::hash_table::{Entry, HashTable};

use super::{
    entry::Lists,
    hash::{Hash, mix},
};

/// The exact paths of a table that are compared in one way.
#[derive(Clone, Debug, Default)]
pub(super) struct Exact {
    entries: HashTable<u32>,
    /// Rules that ask for one value of one parameter, by path, name and value.
    keyed: HashTable<u32>,
}

/// What one rule is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key<'k> {
    pub(super) path: &'k [u8],
    pub(super) group: u32,
    pub(super) pair: Option<(&'k str, &'k str)>,
}

impl Key<'_> {
    #[inline]
    fn hash(&self, hash: &Hash, path: u64) -> u64 {
        let hashed = mix(path, u64::from(self.group));
        match self.pair {
            None => hashed,
            Some((name, value)) => {
                let pair = mix(hash.of(name.as_bytes()), hash.of(value.as_bytes()));
                mix(hashed, pair)
            }
        }
    }
}

impl Exact {
    pub(super) fn with_capacity(rules: usize) -> Self {
        Self {
            entries: HashTable::with_capacity(rules),
            keyed: HashTable::new(),
        }
    }

    /// Adds a rule; `key_of` gives the key of one that is there.
    pub(super) fn add<'k>(
        &mut self,
        rule: u32,
        key: Key<'_>,
        hash: &Hash,
        lists: &mut Lists,
        key_of: impl Fn(u32) -> Key<'k>,
    ) {
        let table = if key.pair.is_some() {
            &mut self.keyed
        } else {
            &mut self.entries
        };
        let hashed = |key: Key<'_>| key.hash(hash, hash.of(key.path));
        let value = hashed(key);
        let found = table.entry(
            value,
            |entry| key_of(lists.first(*entry)) == key,
            |entry| hashed(key_of(lists.first(*entry))),
        );
        match found {
            Entry::Occupied(mut entry) => lists.add(entry.get_mut(), rule),
            Entry::Vacant(entry) => {
                entry.insert(rule);
            }
        }
    }

    /// The entry of the rules for a path whose hash is `path_hash`, on one group of hosts.
    #[inline]
    pub(super) fn find(
        &self,
        group: u32,
        path_hash: u64,
        is_it: impl Fn(u32) -> bool,
    ) -> Option<&u32> {
        self.entries
            .find(mix(path_hash, u64::from(group)), |entry| is_it(*entry))
    }

    /// The same for rules that ask for one value of a parameter.
    pub(super) fn find_keyed(
        &self,
        key: Key<'_>,
        hash: &Hash,
        path_hash: u64,
        is_it: impl Fn(u32) -> bool,
    ) -> Option<&u32> {
        self.keyed
            .find(key.hash(hash, path_hash), |entry| is_it(*entry))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.keyed.is_empty()
    }

    pub(super) fn has_keyed(&self) -> bool {
        !self.keyed.is_empty()
    }
}
