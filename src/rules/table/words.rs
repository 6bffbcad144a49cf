//! The hash of a segment, taken while its end is looked for.

use super::hash::Hash;
use crate::location::scan;

/// Hashes texts eight bytes at a time, with two numbers that nobody else knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words {
    start: u64,
    key: u64,
}

impl Words {
    pub(super) fn new(hash: &Hash) -> Self {
        Self {
            start: hash.of(b"start"),
            key: hash.of(b"key"),
        }
    }

    /// The hash of a text up to its first slash, and how long that is.
    #[inline]
    pub(super) fn until_slash(&self, text: &[u8]) -> (u64, usize) {
        let mut hash = self.start;
        let mut rest = text;
        while let Some((word, behind)) = rest.split_first_chunk() {
            let word = u64::from_le_bytes(*word);
            let slash = scan::equal(word, b'/');
            if slash != 0 {
                return (self.last(hash, word, slash), length(text, rest, slash));
            }
            hash = self.add(hash, word);
            rest = behind;
        }
        // The end counts as a slash.
        let word = scan::word(rest) | u64::from(b'/') << (8 * rest.len());
        let slash = scan::equal(word, b'/');
        (self.last(hash, word, slash), length(text, rest, slash))
    }

    /// The hash of a text that has no slash.
    pub(super) fn of(&self, text: &[u8]) -> u64 {
        self.until_slash(text).0
    }

    /// Adds a word up to the slash in it.
    #[inline]
    const fn last(&self, hash: u64, word: u64, slash: u64) -> u64 {
        // The mark is the highest bit of the slash.
        self.add(hash, word & (slash ^ (slash - 1)))
    }

    #[inline]
    const fn add(&self, hash: u64, word: u64) -> u64 {
        let product = hash as u128 * (word ^ self.key) as u128;
        (product as u64) ^ (product >> 64) as u64
    }
}

/// How many bytes stand before the first mark.
#[inline]
const fn length(text: &[u8], rest: &[u8], mark: u64) -> usize {
    text.len() - rest.len() + mark.trailing_zeros() as usize / 8
}

#[cfg(test)]
mod tests {
    use super::{Hash, Words};

    #[test]
    fn a_segment_has_the_same_hash_wherever_it_ends() {
        let words = Words::new(&Hash::default());
        let mut seen = std::collections::HashSet::new();
        for length in 0..40 {
            let segment: Vec<u8> = (0..length).map(|at| b'0' + at % 63).collect();
            let segment: Vec<u8> = segment.into_iter().filter(|byte| *byte != b'/').collect();
            let hash = words.of(&segment);
            assert!(seen.insert(hash), "{length}");
            for behind in [
                "",
                "/",
                "/a",
                "//",
                "/aaaaaaaaaaaaaaaaaaaa",
                "/\u{af}\u{e9}",
            ] {
                let text = [&segment, behind.as_bytes()].concat();
                assert_eq!(words.until_slash(&text), (hash, segment.len()), "{behind}");
            }
        }
        assert_ne!(words.of(b"a"), words.of(b"a\0"));
        assert_ne!(words.of(b"aaaaaaaa"), words.of(b"aaaaaaaa\0"));
    }
}
