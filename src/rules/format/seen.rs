//! Which sources a file has had, where a second one of the same counts for nothing.

use std::hash::BuildHasher;

use hashbrown::{HashTable, hash_table::Entry};

/// Texts that follow each other in one piece of memory, and the line of each.
#[derive(Debug, Default)]
pub(super) struct Seen {
    state: foldhash::fast::RandomState,
    texts: String,
    known: HashTable<Known>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    start: u32,
    length: u32,
    line: u32,
}

impl Seen {
    /// Adds a text; gives the line of the one that was there before.
    ///
    /// Beyond four gigabytes of texts nothing is added.
    pub(super) fn add(&mut self, text: &str, line: u32) -> Option<u32> {
        let start = u32::try_from(self.texts.len()).ok()?;
        let length = u32::try_from(text.len()).ok()?;
        let hash = self.state.hash_one(text);
        let Self {
            state,
            texts,
            known,
        } = self;
        let of = |known: &Known| {
            let start = known.start as usize;
            texts
                .get(start..start + known.length as usize)
                .unwrap_or_default()
        };
        match known.entry(
            hash,
            |known| of(known) == text,
            |known| state.hash_one(of(known)),
        ) {
            Entry::Occupied(before) => Some(before.get().line),
            Entry::Vacant(place) => {
                place.insert(Known {
                    start,
                    length,
                    line,
                });
                texts.push_str(text);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Seen;

    #[test]
    fn a_text_is_seen_once() {
        let mut seen = Seen::default();
        for line in 0..10_000 {
            assert_eq!(
                seen.add(&format!("/{}", line % 5_000), line),
                line.checked_sub(5_000)
            );
        }
        assert_eq!(seen.add("", 1), None);
        assert_eq!(seen.add("", 2), Some(1));
    }
}
