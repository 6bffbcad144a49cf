//! What the generators share.

use fastrand::Rng;

pub fn pick<T: Copy>(rng: &mut Rng, of: &[T]) -> T {
    of[rng.usize(0..of.len())]
}

/// True once in so many times.
pub fn maybe(rng: &mut Rng, times: usize) -> bool {
    rng.usize(0..times) == 0
}
