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
    pub(super) hash: u64,
}

/// What is behind a beginning.
#[derive(Clone, Copy, Debug)]
pub(super) enum Behind {
    /// A literal segment.
    Literal,
    /// A segment that is a placeholder.
    Plain,
    /// A segment that is a placeholder with text around it.
    Around,
    /// The end of what is looked at one by one, and which of several.
    End(usize),
}

/// How many beginnings there are for each word at most.
const FOR_A_WORD: usize = 6;

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
        let bit = |place: u32| 1 << (place & 63);
        let both = |(one, other)| bit(one) | bit(other);
        let bits = match behind {
            Behind::Literal => both(literal(hash)),
            Behind::Plain => both(plain(hash)),
            Behind::Around => both(around(hash)),
            Behind::End(which) => both(ending(hash)) | bit(ending_as(hash, which)),
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
    pub(super) const fn literal(self) -> bool {
        self.has(literal(self.hash))
    }

    #[inline]
    pub(super) const fn plain(self) -> bool {
        self.has(plain(self.hash))
    }

    #[inline]
    pub(super) const fn around(self) -> bool {
        self.has(around(self.hash))
    }

    #[inline]
    pub(super) const fn ends(self) -> bool {
        self.has(ending(self.hash))
    }

    /// Whether it may end in one of several ways, where it may end.
    #[inline]
    pub(super) const fn ends_as(self, which: usize) -> bool {
        self.word.wrapping_shr(ending_as(self.hash, which)) & 1 != 0
    }

    /// Whether nothing is behind it.
    #[inline]
    pub(super) const fn is_nothing(self) -> bool {
        !(self.literal() || self.plain() || self.around() || self.ends())
    }

    #[inline]
    const fn has(self, (one, other): (u32, u32)) -> bool {
        self.word.wrapping_shr(one) & self.word.wrapping_shr(other) & 1 != 0
    }
}

// The places of the bits within a word, of which six bits count. The lowest of a hash choose the word.

#[inline]
const fn literal(hash: u64) -> (u32, u32) {
    ((hash >> 58) as u32, (hash >> 52) as u32)
}

#[inline]
const fn plain(hash: u64) -> (u32, u32) {
    ((hash >> 46) as u32, (hash >> 40) as u32)
}

#[inline]
const fn ending(hash: u64) -> (u32, u32) {
    ((hash >> 34) as u32, (hash >> 28) as u32)
}

#[inline]
const fn around(hash: u64) -> (u32, u32) {
    ((hash >> 49) as u32, (hash >> 31) as u32)
}

#[inline]
const fn ending_as(hash: u64, which: usize) -> u32 {
    ((hash >> 22) as u32).wrapping_add(11 * which as u32)
}

#[cfg(test)]
mod tests {
    use super::{Behind, FOR_A_WORD, Filter};
    use crate::rules::table::Hash;

    #[test]
    fn what_was_added_is_seen_and_little_else() {
        let hash = Hash::default();
        let of = |number: usize| hash.of(&number.to_le_bytes());
        let behind = |number: usize| match number % 8 {
            which @ 0..4 => Behind::End(which),
            4 => Behind::Plain,
            5 => Behind::Around,
            _ => Behind::Literal,
        };
        let mut filter = Filter::with_capacity(4_000);
        for number in 0..2_000 {
            filter.add(of(number), behind(number));
        }
        assert!(!filter.is_full());
        let has = |number, behind| {
            let seen = filter.see(of(number));
            match behind {
                Behind::Literal => seen.literal(),
                Behind::Plain => seen.plain(),
                Behind::Around => seen.around(),
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
            filter.add(hash.of(&number.to_le_bytes()), Behind::Literal);
            number += 1;
        }
        assert!((FOR_A_WORD as u32..2 * FOR_A_WORD as u32).contains(&number));
        assert_eq!(filter.larger().bits.len(), 2 * filter.bits.len());
    }
}
