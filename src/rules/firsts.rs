//! Sources that a file has twice, of which the first counts.

use std::hash::BuildHasher;

use hashbrown::{HashTable, hash_table::Entry};

use super::{
    condition::Ready,
    record::{PATTERN, REGEX, Record},
    table::EVERY_HOST,
};

/// The rules of a file, found by path and host.
#[derive(Debug, Default)]
pub(super) struct Firsts {
    state: foldhash::fast::RandomState,
    known: HashTable<u32>,
}

impl Firsts {
    /// Adds the rule that begins here; gives the number of an earlier one with the same path and
    /// host.
    ///
    /// Regexes are not compared.
    pub(super) fn add(&mut self, records: &[u8], options: &[Ready], at: u32) -> Option<u32> {
        let key = |at: u32| {
            let record = Record::read(records, at)?;
            let ready = record.options.and_then(|own| options.get(own as usize));
            let group = ready.map_or(EVERY_HOST, |ready| ready.group);
            Some((record.flags & (PATTERN | REGEX), group, record.source))
        };
        let own = key(at)?;
        if own.0 & REGEX != 0 {
            return None;
        }
        let hash = |at: &u32| self.state.hash_one(key(*at));
        match self
            .known
            .entry(hash(&at), |other| key(*other) == Some(own), hash)
        {
            Entry::Occupied(before) => {
                Record::read(records, *before.get()).map(|record| record.number)
            }
            Entry::Vacant(place) => {
                place.insert(at);
                None
            }
        }
    }
}
