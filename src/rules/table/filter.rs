//! Hashes of beginnings, a few bits for each.

/// Tells nearly always whether a beginning is not among those it was made of, and never the contrary.
#[derive(Debug)]
pub(super) struct Filter {
    bits: Vec<u64>,
    mask: u64,
    /// How many were added, about.
    count: usize,
}

/// What may be behind a beginning.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    word: u64,
    hash: u64,
}

/// What is behind a beginning.
#[derive(Clone, Copy, Debug)]
pub(super) enum Behind {
    /// Another segment.
    More,
    /// The end of what is looked at one by one, and which of several.
    End(usize),
}

/// How many beginnings there are for each word at most.
const FOR_A_WORD: usize = 8;

impl Filter {
    /// With room for about so many.
    pub(super) fn with_capacity(count: usize) -> Self {
        let words = (count / FOR_A_WORD + 1).next_power_of_two();
        Self {
            bits: vec![0; words],
            mask: words as u64 - 1,
            count: 0,
        }
    }

    /// An empty one with twice the room.
    pub(super) fn larger(&self) -> Self {
        Self::with_capacity(self.bits.len() * FOR_A_WORD)
    }

    pub(super) fn is_full(&self) -> bool {
        self.count > self.bits.len() * FOR_A_WORD
    }

    /// Adds a beginning.
    pub(super) fn add(&mut self, hash: u64, behind: Behind) {
        let bits = match behind {
            Behind::More => going_on(hash),
            Behind::End(which) => ending(hash) | ending_as(hash, which),
        };
        if let Some(word) = self.bits.get_mut((hash & self.mask) as usize) {
            self.count += usize::from(*word & bits != bits);
            *word |= bits;
        }
    }

    #[inline]
    pub(super) fn see(&self, hash: u64) -> Seen {
        let word = self.bits.get((hash & self.mask) as usize);
        let word = word.copied().unwrap_or_default();
        Seen { word, hash }
    }
}

impl Seen {
    #[inline]
    pub(super) const fn goes_on(self) -> bool {
        self.has(going_on(self.hash))
    }

    #[inline]
    pub(super) const fn ends(self) -> bool {
        self.has(ending(self.hash))
    }

    /// Whether it may end in one of several ways, where it may end.
    #[inline]
    pub(super) const fn ends_as(self, which: usize) -> bool {
        self.has(ending_as(self.hash, which))
    }

    #[inline]
    const fn has(self, bits: u64) -> bool {
        self.word & bits == bits
    }
}

#[inline]
const fn going_on(hash: u64) -> u64 {
    1 << (hash >> 58) | 1 << (hash >> 52 & 63)
}

#[inline]
const fn ending(hash: u64) -> u64 {
    1 << (hash >> 46 & 63) | 1 << (hash >> 40 & 63)
}

#[inline]
const fn ending_as(hash: u64, which: usize) -> u64 {
    1 << ((hash >> 34).wrapping_add(11 * which as u64) & 63)
}

#[cfg(test)]
mod tests {
    use super::{Behind, Filter};
    use crate::rules::table::Hash;

    #[test]
    fn what_was_added_is_seen_and_little_else() {
        let hash = Hash::default();
        let of = |number: usize| hash.of(&number.to_le_bytes());
        let behind = |number: usize| match number % 8 {
            which @ 0..4 => Behind::End(which),
            _ => Behind::More,
        };
        let mut filter = Filter::with_capacity(2_000);
        for number in 0..2_000 {
            filter.add(of(number), behind(number));
        }
        assert!(!filter.is_full());
        let has = |number, behind| {
            let seen = filter.see(of(number));
            match behind {
                Behind::More => seen.goes_on(),
                Behind::End(which) => seen.ends() && seen.ends_as(which),
            }
        };
        assert!((0..2_000).all(|number| has(number, behind(number))));
        let others = 2_000..22_000;
        assert!(
            others
                .filter(|number| has(*number, behind(*number)))
                .count()
                < 1_000
        );
    }

    #[test]
    fn a_filter_that_is_full_has_a_larger_one() {
        let hash = Hash::default();
        let mut filter = Filter::with_capacity(0);
        let mut number = 0_u32;
        while !filter.is_full() {
            filter.add(hash.of(&number.to_le_bytes()), Behind::More);
            number += 1;
        }
        assert!((9..12).contains(&number));
        assert_eq!(filter.larger().bits.len(), 2 * filter.bits.len());
    }
}
