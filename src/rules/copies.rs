//! Rules that a file says twice, of which the last copy counts.

use std::hash::BuildHasher;

use hashbrown::{HashTable, hash_table::Entry};

use super::record::{REGEX, Record};

/// The rules of a file, found by everything but their number.
#[derive(Debug, Default)]
pub(super) struct Copies {
    state: foldhash::fast::RandomState,
    known: HashTable<u32>,
    /// Where the earlier copies begin.
    earlier: Vec<u32>,
}

impl Copies {
    /// Adds the rule that begins here; gives the number of the copy that it replaces.
    ///
    /// Regexes are not taken out, because they are known by their place.
    pub(super) fn add(&mut self, records: &[u8], at: u32) -> Option<u32> {
        let key = |at: u32| {
            let record = Record::read(records, at)?;
            let Record {
                flags,
                origin,
                options,
                source,
                target,
                ..
            } = record;
            Some((flags, origin, options, source, target))
        };
        let own = key(at)?;
        if own.0 & REGEX != 0 {
            return None;
        }
        let hash = |at: &u32| self.state.hash_one(key(*at));
        let is_same = |other: &u32| key(*other) == Some(own);
        match self.known.entry(hash(&at), is_same, hash) {
            Entry::Vacant(place) => {
                place.insert(at);
                None
            }
            Entry::Occupied(mut place) => {
                let before = std::mem::replace(place.get_mut(), at);
                self.earlier.push(before);
                Record::read(records, before).map(|record| record.number)
            }
        }
    }

    /// Takes the earlier copies out and numbers the others anew; gives the numbers that they had.
    pub(super) fn take_out(mut self, records: &mut Vec<u8>) -> Vec<u32> {
        self.earlier.sort_unstable();
        let Some(first) = self.earlier.first() else {
            return Vec::new();
        };
        let mut earlier = self.earlier.iter().peekable();
        let mut gone = Vec::with_capacity(self.earlier.len());
        let (mut from, mut to) = (*first, *first as usize);
        while let Some(record) = Record::read(records, from) {
            let (number, next) = (record.number, record.next());
            if earlier.next_if_eq(&&from).is_some() {
                gone.push(number);
            } else {
                let length = (next - from) as usize;
                records.copy_within(from as usize..next as usize, to);
                let before = u32::try_from(gone.len()).unwrap_or_default();
                Record::renumber(records, to, number - before);
                to += length;
            }
            from = next;
        }
        records.truncate(to);
        gone
    }
}
