//! The one hash of a table.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::RandomState;

/// Hashes texts, and numbers that stand for them, with a seed of this process.
#[derive(Clone, Debug, Default)]
pub(super) struct Hash(RandomState);

impl Hash {
    #[inline]
    pub(super) fn of(&self, text: &[u8]) -> u64 {
        let mut hasher = self.0.build_hasher();
        hasher.write(text);
        hasher.finish()
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
    let product = (a ^ 0x9e37_79b9_7f4a_7c15) as u128 * (b ^ 0xd1b5_4a32_d192_ed03) as u128;
    (product as u64) ^ (product >> 64) as u64
}
