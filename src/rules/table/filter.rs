//! Hashes of beginnings, a few bits for each.

/// Tells nearly always whether a beginning is not among those it was made of, and never the
/// contrary.
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
    /// The word, rotated so that it begins at each of the two places.
    words: [u64; 2],
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
        let [one, other] = places(hash);
        let both = |bit: u64| bit.rotate_left(one) | bit.rotate_left(other);
        let bits = match behind {
            Behind::Literal => both(LITERAL),
            Behind::Plain => both(PLAIN),
            Behind::Around => both(AROUND),
            Behind::End(which) => both(END) | end_as(which).rotate_left(one),
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
        Seen {
            words: places(hash).map(|place| word.rotate_right(place)),
            hash,
        }
    }
}

impl Seen {
    #[inline]
    pub(super) const fn literal(self) -> bool {
        self.has(LITERAL)
    }

    #[inline]
    pub(super) const fn plain(self) -> bool {
        self.has(PLAIN)
    }

    #[inline]
    pub(super) const fn around(self) -> bool {
        self.has(AROUND)
    }

    #[inline]
    pub(super) const fn ends(self) -> bool {
        self.has(END)
    }

    /// Whether it may end in one of several ways, where it may end.
    #[inline]
    pub(super) const fn ends_as(self, which: usize) -> bool {
        let [one, _] = self.words;
        one & end_as(which) != 0
    }

    /// Whether nothing is behind it.
    #[inline]
    pub(super) const fn is_nothing(self) -> bool {
        !self.has(LITERAL | PLAIN | AROUND | END)
    }

    #[inline]
    const fn has(self, bits: u64) -> bool {
        let [one, other] = self.words;
        one & other & bits != 0
    }
}

// What stands at a place, and right behind it, so that one rotation brings all of it where it is
// tested.
const LITERAL: u64 = 1;
const PLAIN: u64 = 1 << 1;
const AROUND: u64 = 1 << 2;
const END: u64 = 1 << 3;

/// The bit for one of several ends; the first sixteen differ from each other, and from those above.
#[inline]
const fn end_as(which: usize) -> u64 {
    (1_u64 << 4).rotate_left(11 * which as u32)
}

/// Two places within a word, where the bits of a beginning are, of which six bits count. The lowest
/// of a hash choose the word.
#[inline]
const fn places(hash: u64) -> [u32; 2] {
    [(hash >> 58) as u32, (hash >> 52) as u32 & 63]
}

#[cfg(test)]
mod tests {
    use super::{AROUND, Behind, END, FOR_A_WORD, Filter, LITERAL, PLAIN, end_as};
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
    fn each_bit_means_one_thing() {
        let ends = (0..16).map(end_as);
        let all: Vec<u64> = [LITERAL, PLAIN, AROUND, END]
            .into_iter()
            .chain(ends)
            .collect();
        let bits = all.iter().fold(0_u64, |bits, bit| bits | bit);
        assert_eq!(bits.count_ones() as usize, all.len());
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
