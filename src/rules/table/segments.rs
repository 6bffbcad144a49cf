//! A path, cut at its slashes and hashed, no further than somebody looks.

use super::words::Words;
use crate::rules::pattern::MAX_SEGMENTS;

/// The first segments of a path, or of what is left of one.
#[derive(Debug)]
pub(super) struct Segments<'p> {
    words: Words,
    path: &'p [u8],
    /// What is behind the segments that were cut off and their slash; `None` where nothing is.
    rest: Option<&'p [u8]>,
    /// Where each ends, and its hash; zeroes, which are written at once, where none is cut off yet.
    ends: [(usize, u64); MAX_SEGMENTS],
    cut: usize,
}

/// A segment without its slash, and its hash.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut<'p> {
    pub(super) text: &'p [u8],
    pub(super) hash: u64,
}

/// What is behind the slash that a path begins with; `None` where there is none.
#[inline]
pub(super) fn behind_slash(path: &[u8]) -> Option<&[u8]> {
    match path {
        [b'/', rest @ ..] => Some(rest),
        _ => None,
    }
}

impl<'p> Segments<'p> {
    /// The segments of what stands behind a slash.
    pub(super) fn new(rest: Option<&'p [u8]>, words: Words) -> Self {
        Self {
            words,
            path: rest.unwrap_or_default(),
            rest,
            ends: [(0, 0); MAX_SEGMENTS],
            cut: 0,
        }
    }

    /// So many segments, and whether there are more; `None` where there are less.
    #[inline]
    pub(super) fn first(&mut self, count: usize) -> Option<(impl Iterator<Item = Cut<'p>>, bool)> {
        let has_more = self.has_more_than(count);
        let (path, mut begin) = (self.path, 0);
        let ends = self.ends.get(..count).filter(|_| count <= self.cut)?;
        let segments = ends.iter().map(move |&(end, hash)| {
            let text = path.get(begin..end).unwrap_or_default();
            begin = end + 1;
            Cut { text, hash }
        });
        Some((segments, has_more))
    }

    /// A segment, `None` where there are not so many.
    #[inline]
    pub(super) fn get(&mut self, at: usize) -> Option<Cut<'p>> {
        if self.cut <= at && !self.reach(at + 1) {
            return None;
        }
        let (end, hash) = *self.ends.get(at)?;
        let before = at.checked_sub(1).and_then(|before| self.ends.get(before));
        let begin = before.map_or(0, |(end, _)| end + 1);
        let text = self.path.get(begin..end).unwrap_or_default();
        Some(Cut { text, hash })
    }

    /// Whether there are more segments than so many.
    #[inline]
    pub(super) fn has_more_than(&mut self, count: usize) -> bool {
        self.reach(count) && (self.cut > count || self.rest.is_some())
    }

    /// Cuts so many segments off; says whether there are as many.
    fn reach(&mut self, count: usize) -> bool {
        while self.cut < count {
            let (Some(rest), Some(slot)) = (self.rest, self.ends.get_mut(self.cut)) else {
                return false;
            };
            let (hash, length) = self.words.until_slash(rest);
            *slot = (self.path.len() - rest.len() + length, hash);
            // What ends it is a slash, or nothing.
            self.rest = rest.get(length + 1..);
            self.cut += 1;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::{Segments, Words, behind_slash};
    use crate::rules::{pattern::MAX_SEGMENTS, table::Hash};

    #[test]
    fn a_path_is_cut_as_far_as_somebody_looks() {
        let words = Words::new(&Hash::default());
        let long = "/a/bb".repeat(20);
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
            "*",
            "a/b",
            &long,
        ] {
            let naive: Vec<&str> = match path.strip_prefix('/') {
                Some(rest) => rest.split('/').collect(),
                None => Vec::new(),
            };
            for most in 0..=MAX_SEGMENTS {
                let mut segments = Segments::new(behind_slash(path.as_bytes()), words);
                assert_eq!(segments.has_more_than(most), naive.len() > most, "{path}");
                assert!(segments.cut <= most);
                let first = segments.first(most).map(|(first, has_more)| {
                    let texts: Vec<_> = first.map(|cut| cut.text).collect();
                    (texts, has_more)
                });
                let expected = naive.get(..most).map(|texts| {
                    let texts: Vec<_> = texts.iter().map(|text| text.as_bytes()).collect();
                    (texts, naive.len() > most)
                });
                assert_eq!(first, expected, "{path}");
                for at in [most.min(MAX_SEGMENTS - 1), 0] {
                    let cut = segments.get(at);
                    let text = naive.get(at).map(|text| text.as_bytes());
                    assert_eq!(cut.map(|cut| cut.text), text, "{path}");
                    let hash = text.map(|text| words.of(text));
                    assert_eq!(cut.map(|cut| cut.hash), hash, "{path}");
                }
            }
        }
    }
}
