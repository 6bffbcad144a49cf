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
}

/// One number out of two, every bit of which depends on every bit of both.
#[inline]
pub(super) const fn mix(a: u64, b: u64) -> u64 {
    let product = (a ^ 0x9e37_79b9_7f4a_7c15) as u128 * (b ^ 0xd1b5_4a32_d192_ed03) as u128;
    (product as u64) ^ (product >> 64) as u64
}
