//! Which of the paths of a set a source matches, and what its placeholders stand for.

use super::path::{Bound, End, Fresh, Path, Text, Unknown, has_letters};
use crate::rules::{
    options::Matching,
    pattern::{PatternRef, Segment, Tail},
};

/// What an unknown part turned out to be.
pub(in crate::rules) enum Known {
    Text(Text),
    Tail(Path),
}

/// The paths of a set that a source matches.
#[derive(Debug)]
pub(in crate::rules) struct Unified {
    pub(in crate::rules) path: Path,
    /// What the placeholders stand for.
    pub(in crate::rules) bounds: Vec<Bound>,
    /// The source surely matches every path of the set.
    pub(in crate::rules) is_all: bool,
}

/// Finds the paths of a set that a source matches; `None` if it matches none of them.
pub(in crate::rules) fn unify(
    path: Path,
    source: PatternRef<'_>,
    matching: Matching,
    fresh: &mut Fresh,
) -> Option<Unified> {
    let mut unifier = Unifier {
        ignore_case: matching.ignore_case,
        fresh,
        all: Unified {
            path,
            bounds: Vec::new(),
            is_all: true,
        },
    };
    let mut supplied = Vec::new();
    let mut count = 0;
    let mut ends_in_slash = false;
    for segment in source.segments() {
        if unifier.all.path.segments.len() > count {
            unifier.segment(count, segment)?;
        } else {
            supplied.push(unifier.supply(segment));
        }
        ends_in_slash = count > 0 && matches!(segment, Segment::Literal([]));
        count += 1;
    }
    unifier.end(count, supplied, source.tail, matching)?;
    // Of two slashes at the end, the second one makes no difference.
    unifier.all.is_all &= !(ends_in_slash && matching.ignore_trailing_slash);
    Some(unifier.all)
}

struct Unifier<'f> {
    ignore_case: bool,
    fresh: &'f mut Fresh,
    all: Unified,
}

impl Unifier<'_> {
    /// A segment of the source that stands where the path is unknown.
    fn supply(&mut self, segment: Segment<'_>) -> Text {
        let text = Text::of(segment, self.ignore_case, self.fresh);
        let bound = text.unknown.map(|unknown| Text {
            unknown: Some(unknown),
            ..Text::default()
        });
        self.all.bounds.extend(bound.map(Bound::Segment));
        text
    }

    /// An unknown part is known better.
    fn narrow(&mut self, unknown: Unknown, known: &Known) {
        let Unified {
            path,
            bounds,
            is_all,
        } = &mut self.all;
        *is_all = false;
        *path = path.with(unknown, known);
        for bound in bounds {
            match (&mut *bound, known) {
                (Bound::Segment(text), Known::Text(known)) => *text = text.with(unknown, known),
                (Bound::Tail(tail), _) => *tail = tail.with(unknown, known),
                _ => {}
            }
        }
    }

    /// A segment of the source, and the one of the path at the same place.
    fn segment(&mut self, at: usize, segment: Segment<'_>) -> Option<()> {
        let text = self.all.path.segments.get(at)?.clone();
        // Which letters of the source have a case that a request of the set may not have.
        let narrows_case = text.any_case && !self.ignore_case;
        let compare = Compare {
            ignore_case: self.ignore_case || text.any_case,
        };
        match segment {
            Segment::Literal(literal) => {
                match text.unknown {
                    None if !compare.same(&text.before, literal) => return None,
                    None => self.all.is_all &= !narrows_case,
                    Some(unknown) => {
                        let middle = compare.prefix(literal, &text.before)?;
                        let middle = compare.suffix(middle, &text.behind)?;
                        if middle.is_empty() {
                            return None;
                        }
                        let known = Text::literal(middle).in_any_case(self.ignore_case);
                        self.narrow(unknown, &Known::Text(known));
                    }
                }
                if let Some(text) = self.all.path.segments.get_mut(at).filter(|_| narrows_case) {
                    *text = Text::literal(literal);
                }
            }
            Segment::Named { before, behind, .. } => {
                let bound = match text.unknown {
                    None => {
                        let middle = compare.prefix(&text.before, before)?;
                        let middle = compare.suffix(middle, behind)?;
                        if middle.is_empty() || ends_within_escape(middle) {
                            return None;
                        }
                        Text::literal(middle).in_any_case(text.any_case)
                    }
                    Some(unknown) => self.named(&text, unknown, (before, behind), compare)?,
                };
                self.all.bounds.push(Bound::Segment(bound));
                // A placeholder can't end within an escape: `/{x}C3` doesn't match `/a%C3`.
                let is_same_end = text.unknown.is_some() && text.behind == behind;
                let may_cut = behind.first().is_some_and(u8::is_ascii_hexdigit) && !is_same_end;
                let narrows_case = narrows_case && has_letters(&[before, behind]);
                self.all.is_all &= !may_cut && !narrows_case;
            }
        }
        Some(())
    }

    /// What a placeholder stands for, if the text has an unknown part as well.
    fn named(
        &mut self,
        text: &Text,
        unknown: Unknown,
        (before, behind): (&[u8], &[u8]),
        compare: Compare,
    ) -> Option<Text> {
        let (known_before, own_before) = ends(&text.before, before, |text, start| {
            compare.prefix(text, start)
        })?;
        let (known_behind, own_behind) =
            ends(&text.behind, behind, |text, end| compare.suffix(text, end))?;
        if ends_within_escape(&own_behind) {
            return None;
        }
        // Where each has more at one end, the two ends may overlap.
        let may_overlap = !known_before.is_empty() && !own_behind.is_empty()
            || !own_before.is_empty() && !known_behind.is_empty();
        if may_overlap {
            let known = Text::anything(self.fresh);
            self.narrow(unknown, &Known::Text(known));
            return Some(Text::anything(self.fresh));
        }
        let is_same = known_before.is_empty() && known_behind.is_empty();
        let inner = if is_same { unknown } else { self.fresh.next() };
        if !is_same {
            let known = Text {
                before: known_before,
                unknown: Some(inner),
                behind: known_behind,
                any_case: false,
            };
            let known = known.in_any_case(self.ignore_case);
            self.narrow(unknown, &Known::Text(known));
        }
        let bound = Text {
            before: own_before,
            unknown: Some(inner),
            behind: own_behind,
            any_case: false,
        };
        Some(bound.in_any_case(text.any_case))
    }

    /// What stands behind the segments of the source, and behind so many of the path.
    fn end(
        &mut self,
        count: usize,
        mut supplied: Vec<Text>,
        tail: Tail,
        matching: Matching,
    ) -> Option<()> {
        let ignores_slash = matching.ignore_trailing_slash;
        let end = self.all.path.end;
        let rest = self.all.path.segments.get(count..).unwrap_or_default();
        if !rest.is_empty() {
            let is_slash = matches!(rest, [text] if text.is_empty());
            match tail {
                Tail::None if is_slash && ignores_slash => return self.end_here(),
                Tail::None => return None,
                Tail::Some if is_slash && end == End::Closed => return None,
                // Another slash has to follow.
                Tail::Some if is_slash => self.all.is_all = false,
                _ => {}
            }
            let segments = rest.to_vec();
            self.all.bounds.push(Bound::Tail(Path { segments, end }));
            return Some(());
        }
        let (unknown, own) = match end {
            End::Open(unknown, own) => (unknown, own),
            end => return self.closed_end(end, &supplied, tail, ignores_slash),
        };
        let closed = if ignores_slash {
            End::Slash
        } else {
            End::Closed
        };
        let new = match tail {
            Tail::None if !supplied.is_empty() => closed,
            Tail::None => match own {
                Tail::Optional => closed,
                Tail::Any if ignores_slash => {
                    supplied.push(Text::default());
                    End::Closed
                }
                _ => return None,
            },
            // The one that asks for more.
            tail if supplied.is_empty() && tail.min(own) == own => end,
            tail if supplied.is_empty() => End::Open(self.fresh.next(), tail.min(own)),
            tail => End::Open(self.fresh.next(), tail),
        };
        if tail != Tail::None {
            let segments = Vec::new();
            self.all
                .bounds
                .push(Bound::Tail(Path { segments, end: new }));
        }
        if new != end || !supplied.is_empty() {
            let known = Path {
                segments: supplied,
                end: new,
            };
            self.narrow(unknown, &Known::Tail(known));
        }
        Some(())
    }

    /// The path ends after its segments, though more may follow.
    fn end_here(&mut self) -> Option<()> {
        match self.all.path.end {
            End::Closed => {}
            End::Slash => {
                self.all.path.end = End::Closed;
                self.all.is_all = false;
            }
            End::Open(unknown, Tail::Optional) => {
                let known = Path {
                    segments: Vec::new(),
                    end: End::Closed,
                };
                self.narrow(unknown, &Known::Tail(known));
            }
            End::Open(..) => return None,
        }
        Some(())
    }

    /// The same where the path ends after the segments of the source, or before a slash.
    fn closed_end(
        &mut self,
        end: End,
        supplied: &[Text],
        tail: Tail,
        ignores_slash: bool,
    ) -> Option<()> {
        let may_have_slash = end == End::Slash;
        let path = &mut self.all.path;
        match (supplied, tail) {
            // The source ends in a slash itself.
            ([slash], Tail::None) if may_have_slash && slash.is_empty() => {
                path.segments.push(Text::default());
                path.end = End::Closed;
                self.all.is_all = false;
            }
            ([], Tail::None) if ignores_slash => {}
            ([], Tail::None) => return self.end_here(),
            ([], Tail::Any) if may_have_slash => {
                path.segments.push(Text::default());
                path.end = End::Closed;
                self.all.is_all = false;
                self.all.bounds.push(Bound::Tail(Path {
                    segments: vec![Text::default()],
                    end: End::Closed,
                }));
            }
            ([], Tail::Optional) => {
                let segments = Vec::new();
                self.all.bounds.push(Bound::Tail(Path { segments, end }));
            }
            _ => return None,
        }
        Some(())
    }
}

/// How texts are compared.
#[derive(Clone, Copy, Debug)]
struct Compare {
    ignore_case: bool,
}

impl Compare {
    fn same(self, one: &[u8], other: &[u8]) -> bool {
        one == other || self.ignore_case && one.eq_ignore_ascii_case(other)
    }

    fn prefix<'t>(self, text: &'t [u8], prefix: &[u8]) -> Option<&'t [u8]> {
        let (start, rest) = text.split_at_checked(prefix.len())?;
        self.same(start, prefix).then_some(rest)
    }

    fn suffix<'t>(self, text: &'t [u8], suffix: &[u8]) -> Option<&'t [u8]> {
        let (rest, end) = text.split_at_checked(text.len().checked_sub(suffix.len())?)?;
        self.same(end, suffix).then_some(rest)
    }
}

/// Returns `true` if known text ends within an escape, where no placeholder can end.
const fn ends_within_escape(text: &[u8]) -> bool {
    matches!(text, [.., b'%'] | [.., b'%', _])
}

/// Of two texts at the same end: what the second has more, and what the first has more.
fn ends(
    one: &[u8],
    other: &[u8],
    strip: impl for<'t> Fn(&'t [u8], &[u8]) -> Option<&'t [u8]>,
) -> Option<(Vec<u8>, Vec<u8>)> {
    if let Some(more) = strip(other, one) {
        return Some((more.to_vec(), Vec::new()));
    }
    strip(one, other).map(|more| (Vec::new(), more.to_vec()))
}
