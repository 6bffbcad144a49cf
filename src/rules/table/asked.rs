//! The path that is asked for, and whether a pattern matches it.

use crate::{
    location::scan,
    rules::{
        options::Matching,
        pattern::{PatternRef, Tail},
        spelling,
    },
};

/// A path as long as this is spelled anew without memory of its own.
const SHORT: usize = 1_024;

/// The path of a request, in the spelling of one plane.
pub(super) struct Asked<'a, 's> {
    received: &'a str,
    pub(super) spelled: &'s [u8],
    /// But for the slash that may be left out.
    is_as_received: bool,
    has_escapes: bool,
}

/// Hands the path of a request over in the spelling that is compared.
#[inline]
pub(super) fn asked<'a, T>(
    received: &'a str,
    matching: Matching,
    then: impl FnOnce(&Asked<'a, '_>) -> T,
) -> T {
    let fold = matching.ignore_case;
    let is_settled = spelling::is_settled_path(received.as_bytes(), fold);
    let is_as_received = is_settled || spelling::has_only_spelled(received.as_bytes(), fold);
    // Nothing is written there unless it has to be.
    let (mut short, long);
    let spelled = if is_as_received {
        received.as_bytes()
    } else {
        short = [0; SHORT];
        match spelling::write(&mut short, received.as_bytes(), fold) {
            Some(spelled) => spelled,
            None => {
                long = respelled(received.as_bytes(), fold);
                &long
            }
        }
    };
    then(&Asked {
        received,
        spelled: if matching.ignore_trailing_slash {
            without_slash(spelled)
        } else {
            spelled
        },
        is_as_received,
        has_escapes: !is_settled,
    })
}

/// The first of these patterns that matches a path.
pub(in crate::rules) fn first_match<'p>(
    path: &str,
    matching: Matching,
    patterns: impl IntoIterator<Item = &'p str>,
) -> Option<&'p str> {
    asked(path, matching, |path| {
        let mut patterns = patterns.into_iter();
        patterns.find(|pattern| {
            path.fit(PatternRef::of(pattern.as_bytes()), |_| {})
                .is_some()
        })
    })
}

impl<'a> Asked<'a, '_> {
    /// Whether a pattern matches, with what its placeholders stand for.
    #[inline]
    pub(super) fn fit(
        &self,
        pattern: PatternRef<'_>,
        mut captured: impl FnMut(&'a str),
    ) -> Option<()> {
        let mut rest = self.spelled;
        let length = rest.len();
        let mut front = pattern.front;
        while !front.is_empty() {
            let (literal, named) = until(front, b'{');
            rest = rest.strip_prefix(literal)?;
            let begin = length - rest.len();
            let (_, behind) = until(named, b'}');
            match behind {
                [] if named.is_empty() => break,
                [] => return None,
                [_, next @ ..] if matches!(next, [] | [b'/', ..]) => {
                    let (text, tail) = until(rest, b'/');
                    (rest, front) = (tail, next);
                    captured(self.received(begin, text.len())?);
                }
                [_, behind @ ..] => {
                    let (behind, next) = until(behind, b'/');
                    let (segment, tail) = until(rest, b'/');
                    let text = segment.strip_suffix(behind)?;
                    (rest, front) = (tail, next);
                    captured(self.received(begin, text.len())?);
                }
            }
        }
        if pattern.tail == Tail::None {
            return rest.is_empty().then_some(());
        }
        if !matches!(rest, [] | [b'/', ..]) {
            return None;
        }
        // A slash that makes no difference is there, all the same.
        let from = self.received_at(length - rest.len())?;
        let received = self.received.get(from..)?;
        match pattern.tail {
            Tail::Some if received.len() < 2 => return None,
            Tail::Any if received.is_empty() => return None,
            _ => {}
        }
        captured(received);
        Some(())
    }

    /// How many bytes were received for so many bytes of the spelling; `None` where those end
    /// within an escape.
    #[inline]
    fn received_at(&self, spelled: usize) -> Option<usize> {
        if self.is_as_received {
            Some(spelled)
        } else {
            spelling::received_len(self.received.as_bytes(), spelled)
        }
    }

    /// A piece of the path as it was received, by where it is in the spelling; `None` where there
    /// is nothing, or a part of an escape.
    #[inline]
    fn received(&self, begin: usize, length: usize) -> Option<&'a str> {
        let end = begin + length;
        if length == 0 {
            None
        } else if self.has_escapes {
            self.received_escaped(begin, end)
        } else {
            self.received.get(begin..end)
        }
    }

    #[cold]
    fn received_escaped(&self, begin: usize, end: usize) -> Option<&'a str> {
        let cuts = |at| is_within_escape(self.spelled, at);
        if self.is_as_received && (cuts(begin) || cuts(end)) {
            return None;
        }
        self.received
            .get(self.received_at(begin)?..self.received_at(end)?)
    }
}

/// Whether a place in a spelled text divides an escape; there, every `%` begins one.
fn is_within_escape(spelled: &[u8], at: usize) -> bool {
    let before = spelled.get(..at).unwrap_or_default();
    matches!(before, [.., b'%'] | [.., b'%', _])
}

/// A text up to the first such byte, and the rest from there on.
#[inline]
fn until(text: &[u8], byte: u8) -> (&[u8], &[u8]) {
    text.split_at_checked(scan::first(text, |word| scan::equal(word, byte)))
        .unwrap_or((text, &[]))
}

#[cold]
fn respelled(received: &[u8], fold: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(received.len() + 16);
    spelling::push(&mut out, received, fold);
    out
}

/// A path without one slash at its end; the first page keeps its own.
pub(in crate::rules) fn without_slash(path: &[u8]) -> &[u8] {
    match path {
        [first @ .., b'/'] if !first.is_empty() => first,
        _ => path,
    }
}
