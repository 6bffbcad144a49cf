//! Sources without placeholders, found by one hash of the whole path.

use hashbrown::hash_table::{Entry, HashTable};

use super::{
    entry::{Lists, RuleEntry},
    hash::{Hash, mix},
    hosts::HostGroup,
};
use crate::rules::{RuleOffset, parameters::form_bytes};

/// The exact paths of a table that are compared in one way.
#[derive(Clone, Debug, Default)]
pub(super) struct Exact {
    entries: HashTable<RuleEntry>,
    /// Rules that ask for one value of one parameter, by path, name and value.
    keyed: HashTable<RuleEntry>,
}

/// What one rule is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key<'k> {
    pub(super) path: &'k [u8],
    pub(super) group: HostGroup,
    pub(super) pair: Option<(&'k str, &'k str)>,
}

impl Key<'_> {
    #[inline]
    fn hash(&self, hash: &Hash, path: u64) -> u64 {
        match self.pair {
            None => on(self.group, path),
            Some((name, value)) => keyed(self.group, path, name.bytes(), value.bytes(), hash),
        }
    }
}

/// The hash of a path on a group of hosts.
#[inline]
const fn on(group: HostGroup, path: u64) -> u64 {
    // Most rules are for every host.
    match group {
        HostGroup::EVERY => path,
        HostGroup(group) => mix(path, group as u64),
    }
}

/// The hash of a key with a parameter.
fn keyed(
    group: HostGroup,
    path: u64,
    name: impl Iterator<Item = u8>,
    value: impl Iterator<Item = u8>,
    hash: &Hash,
) -> u64 {
    let pair = mix(hash.of_each(name), hash.of_each(value));
    mix(mix(path, u64::from(group.0)), pair)
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
        at: RuleOffset,
        key: Key<'_>,
        hash: &Hash,
        lists: &mut Lists,
        key_of: impl Fn(RuleOffset) -> Key<'k>,
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
            Entry::Occupied(mut entry) => lists.add(entry.get_mut(), at),
            Entry::Vacant(entry) => {
                entry.insert(RuleEntry::of(at));
            }
        }
    }

    /// The entry of the rules for a path whose hash is `path_hash`, on one group of hosts.
    #[inline]
    pub(super) fn find(
        &self,
        group: HostGroup,
        path_hash: u64,
        is_it: impl Fn(RuleEntry) -> bool,
    ) -> Option<&RuleEntry> {
        self.entries
            .find(on(group, path_hash), |entry| is_it(*entry))
    }

    /// The hash of rules for a path that ask for this parameter of a query, which is as it was
    /// received.
    pub(super) fn keyed_hash(
        group: HostGroup,
        path_hash: u64,
        (name, value): (&str, &str),
        hash: &Hash,
    ) -> u64 {
        keyed(group, path_hash, form_bytes(name), form_bytes(value), hash)
    }

    /// The entry of the rules with such a hash.
    pub(super) fn find_keyed(
        &self,
        hash: u64,
        is_it: impl Fn(RuleEntry) -> bool,
    ) -> Option<&RuleEntry> {
        self.keyed.find(hash, |entry| is_it(*entry))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.keyed.is_empty()
    }

    pub(super) fn has_keyed(&self) -> bool {
        !self.keyed.is_empty()
    }
}
