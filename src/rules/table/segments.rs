//! A path, cut at its slashes and hashed piece by piece, as far as patterns reach.

use super::hash::Hash;
use crate::rules::pattern::MAX_SEGMENTS;

/// The first segments of a path.
#[derive(Debug)]
pub(super) struct Segments<'p> {
    path: &'p [u8],
    ends: [u32; MAX_SEGMENTS + 1],
    hashes: [u64; MAX_SEGMENTS],
    /// How many there are; at most one more than were asked for.
    pub(super) count: usize,
}

impl<'p> Segments<'p> {
    /// Cuts at most `deepest` segments off, and counts one more where there is more.
    #[inline]
    pub(super) fn of(path: &'p [u8], deepest: usize, hash: &Hash) -> Self {
        let mut segments = Self {
            path,
            ends: [0; MAX_SEGMENTS + 1],
            hashes: [0; MAX_SEGMENTS],
            count: 0,
        };
        let mut rest = path;
        while let Some(tail) = rest.strip_prefix(b"/") {
            if segments.count == deepest {
                segments.count += 1;
                return segments;
            }
            let end = tail
                .iter()
                .position(|&byte| byte == b'/')
                .unwrap_or(tail.len());
            let (segment, behind) = tail.split_at_checked(end).unwrap_or((tail, &[]));
            if let Some(slot) = segments.hashes.get_mut(segments.count) {
                *slot = hash.of(segment);
            }
            segments.count += 1;
            if let Some(slot) = segments.ends.get_mut(segments.count) {
                *slot = u32::try_from(path.len() - behind.len()).unwrap_or(u32::MAX);
            }
            rest = behind;
        }
        segments
    }

    #[inline]
    pub(super) fn hash(&self, at: usize) -> u64 {
        self.hashes.get(at).copied().unwrap_or_default()
    }

    /// Where a segment ends; the tail behind it begins there, with its slash.
    #[inline]
    pub(super) fn end(&self, count: usize) -> usize {
        self.ends.get(count).map_or(0, |end| *end as usize)
    }

    #[inline]
    pub(super) fn get(&self, at: usize) -> &'p [u8] {
        self.path
            .get(self.end(at) + 1..self.end(at + 1))
            .unwrap_or_default()
    }

    /// What is left behind so many segments, its slash included.
    #[inline]
    pub(super) fn tail(&self, count: usize) -> &'p [u8] {
        self.path.get(self.end(count)..).unwrap_or_default()
    }
}
