//! The one hash of a table.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::RandomState;

/// Hashes texts, and numbers that stand for them, with a seed of this process.
#[derive(Clone, Debug)]
pub(super) struct Hash {
    few: RandomState,
    seeds: [u64; 2],
}

impl Default for Hash {
    fn default() -> Self {
        let few = RandomState::default();
        let seeds = [0, 1].map(|number: u64| few.hash_one(number));
        Self { few, seeds }
    }
}

impl Hash {
    #[inline]
    pub(super) fn of(&self, text: &[u8]) -> u64 {
        match text.last_chunk() {
            // It sees nothing that ends it.
            Some(last) => self.of_many(text, last, |_| true).unwrap_or_default(),
            None => self.of_few(text),
        }
    }

    /// The same of a text without this byte, `None` of others: seen on the way, the byte costs a
    /// third of what a search for it would.
    #[inline]
    pub(super) fn of_without(&self, text: &[u8], byte: u8) -> Option<u64> {
        let has = |piece: &[u8]| piece.iter().fold(false, |has, &own| has | (own == byte));
        match text.last_chunk() {
            Some(last) => self.of_many(text, last, |piece| !has(piece)),
            None => (!has(text)).then(|| self.of_few(text)),
        }
    }

    /// Of less than sixteen bytes, as short paths have.
    #[inline]
    fn of_few(&self, text: &[u8]) -> u64 {
        let mut hasher = self.few.build_hasher();
        hasher.write(text);
        hasher.finish()
    }

    /// Of more, as whole paths have, in the manner of foldhash, which calls a function for them: in
    /// half the instructions this is a part of the lookup. It ends where a piece is not to go on
    /// with.
    #[inline]
    fn of_many(
        &self,
        text: &[u8],
        last: &[u8; 16],
        goes_on: impl Fn(&[u8; 16]) -> bool,
    ) -> Option<u64> {
        let [begin, seed] = self.seeds;
        let add = |hashed, piece: &[u8; 16]| {
            let whole = u128::from_le_bytes(*piece);
            folded(whole as u64 ^ hashed, (whole >> 64) as u64 ^ seed)
        };
        // The last piece overlaps with the one before it, as the length tells: it turns a number
        // that nobody knows, and so is no byte that could be undone.
        let (mut hashed, mut rest) = (begin.rotate_right(text.len() as u32), text);
        while let Some((piece, behind)) = rest.split_first_chunk() {
            if behind.is_empty() {
                break;
            }
            if !goes_on(piece) {
                return None;
            }
            (hashed, rest) = (add(hashed, piece), behind);
        }
        goes_on(last).then(|| add(hashed, last))
    }

    /// The same of bytes that are nowhere in one piece; it is another hash than that of a text.
    pub(super) fn of_each(&self, bytes: impl Iterator<Item = u8>) -> u64 {
        let (mut piece, mut filled, mut hashed) = ([0; 16], 0, 0);
        for byte in bytes {
            if filled == piece.len() {
                hashed = mix(hashed, self.of(&piece));
                filled = 0;
            }
            if let Some(slot) = piece.get_mut(filled) {
                *slot = byte;
            }
            filled += 1;
        }
        mix(hashed, self.of(piece.get(..filled).unwrap_or_default()))
    }
}

/// One number out of two, every bit of which depends on every bit of both.
#[inline]
pub(super) const fn mix(a: u64, b: u64) -> u64 {
    folded(a ^ 0x9e37_79b9_7f4a_7c15, b ^ 0xd1b5_4a32_d192_ed03)
}

/// The halves of a product, one on the other.
#[inline]
const fn folded(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    (product as u64) ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Hash, mix};

    #[test]
    fn each_byte_and_the_length_count() {
        let hash = Hash::default();
        let mut seen = BTreeSet::new();
        for length in 0..100 {
            let mut text = vec![0; length];
            assert!(seen.insert(hash.of(&text)), "{length} zeroes");
            assert_eq!(hash.of_without(&text, b'%'), Some(hash.of(&text)));
            for at in 0..length {
                for byte in [1, b'%', 0x80, 0xff] {
                    text[at] = byte;
                    let hashed = hash.of(&text);
                    assert!(seen.insert(hashed), "{byte} at {at} of {length}");
                    let without = (byte != b'%').then_some(hashed);
                    assert_eq!(hash.of_without(&text, b'%'), without);
                }
                text[at] = 0;
            }
        }
    }

    #[test]
    fn texts_that_differ_little_are_spread() {
        let hash = Hash::default();
        for shift in [0, 57] {
            let mut counts = [0; 128];
            for number in 0..12_800 {
                let text = format!("/blog/2019/09/how-we-moved-number-{number:05}");
                // As it is looked up: once more for the hosts of its rules.
                let hashed = mix(hash.of(text.as_bytes()), 0);
                counts[(hashed >> shift & 127) as usize] += 1;
            }
            // A hundred each, ten more or less.
            assert!(
                counts.iter().all(|count| (40..180).contains(count)),
                "{counts:?}"
            );
        }
    }
}
