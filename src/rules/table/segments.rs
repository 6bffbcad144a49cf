//! A path, cut at its slashes and hashed as far as patterns reach.

use super::hash::{Hash, mix};
use crate::{rules::pattern::MAX_SEGMENTS, scan};

/// The first segments of a path.
#[derive(Debug)]
pub(super) struct Segments<'p> {
    path: &'p [u8],
    ends: [u32; MAX_SEGMENTS + 1],
    /// The hash of each beginning, as far as it was asked for.
    beginnings: [u64; MAX_SEGMENTS + 1],
    cut: usize,
    /// How many beginnings are hashed.
    hashed: usize,
    /// How many there are; at most one more than were asked for.
    pub(super) count: usize,
}

/// How far patterns look into a path.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reach {
    /// The most segments that are cut off.
    pub(super) segments: usize,
    /// The longest beginning that is hashed, in segments.
    pub(super) hashed: usize,
}

/// The hash of the beginning without any segment.
pub(super) const START: u64 = 0x2545_f491_4f6c_dd1d;

impl<'p> Segments<'p> {
    #[inline]
    pub(super) const fn new(path: &'p [u8]) -> Self {
        Self {
            path,
            ends: [0; MAX_SEGMENTS + 1],
            beginnings: [START; MAX_SEGMENTS + 1],
            cut: 0,
            hashed: 0,
            count: 0,
        }
    }

    /// Cuts segments off, and counts one more where there is more.
    #[inline]
    pub(super) fn cut(&mut self, reach: Reach, hash: &Hash) {
        if self.path.first() != Some(&b'/') {
            return;
        }
        let (mut begin, mut beginning) = (1, START);
        each_slash(self.path, |end| {
            if end == 0 {
                return true;
            }
            self.count += 1;
            if self.cut == reach.segments {
                return false;
            }
            self.cut = self.count;
            if let Some(slot) = self.ends.get_mut(self.count) {
                *slot = u32::try_from(end).unwrap_or(u32::MAX);
            }
            if self.count <= reach.hashed {
                beginning = mix(
                    beginning,
                    hash.of(self.path.get(begin..end).unwrap_or_default()),
                );
                if let Some(slot) = self.beginnings.get_mut(self.count) {
                    *slot = beginning;
                }
                self.hashed = self.count;
            }
            begin = end + 1;
            true
        });
    }

    /// The hash of so many segments from the first on, as far as they are hashed.
    #[inline]
    pub(super) fn beginning(&self, count: usize) -> Option<u64> {
        let hashed = self.beginnings.get(..=self.hashed)?;
        hashed.get(count).copied()
    }

    /// Where a segment ends.
    #[inline]
    fn end(&self, count: usize) -> usize {
        self.ends.get(count).map_or(0, |end| *end as usize)
    }

    /// A segment without its slash, where it was cut off.
    #[inline]
    pub(super) fn get(&self, at: usize) -> Option<&'p [u8]> {
        if at < self.cut {
            self.path.get(self.end(at) + 1..self.end(at + 1))
        } else {
            None
        }
    }
}

/// Shows where the slashes of a path are, and its end, eight bytes at a time, for as long as the answer is
/// yes.
#[inline]
fn each_slash(path: &[u8], mut show: impl FnMut(usize) -> bool) {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let mut rest = path;
    let mut before = 0;
    loop {
        let (word, behind) = match rest.split_first_chunk() {
            Some((word, behind)) => (u64::from_le_bytes(*word), Some(behind)),
            // The end counts as a slash.
            None => (scan::word(rest) | 0x2f << (8 * rest.len()), None),
        };
        let differs = word ^ 0x2f2f_2f2f_2f2f_2f2f;
        // The highest bit of each byte that is a slash.
        let mut slashes = !(((differs & LOW) + LOW) | differs | LOW);
        while slashes != 0 {
            if !show(before + slashes.trailing_zeros() as usize / 8) {
                return;
            }
            slashes &= slashes - 1;
        }
        match behind {
            Some(behind) => rest = behind,
            None => return,
        }
        before += 8;
    }
}

#[cfg(test)]
mod tests {
    use super::{Hash, Reach, Segments};

    #[test]
    fn a_path_is_cut_as_far_as_asked_for() {
        let hash = Hash::default();
        for path in [
            "/",
            "//",
            "/a",
            "/a/",
            "/aaaaaaa/b",
            "/aaaaaa/b",
            "/aaaaaaaa/bbbbbbbb//c/d/eeeeeeeeeeee/",
            "/\u{e9}\u{af}\u{12f}/x",
            "",
        ] {
            let naive: Vec<&str> = path.split('/').skip(1).collect();
            for most in 0..9 {
                let mut segments = Segments::new(path.as_bytes());
                let reach = Reach {
                    segments: most,
                    hashed: most,
                };
                segments.cut(reach, &hash);
                let cut = naive.len().min(most);
                assert_eq!(segments.count, naive.len().min(most + 1), "{path}");
                for (at, segment) in naive.iter().take(cut).enumerate() {
                    assert_eq!(segments.get(at), Some(segment.as_bytes()), "{path}");
                }
                assert_eq!(segments.get(cut), None);
            }
        }
    }
}
