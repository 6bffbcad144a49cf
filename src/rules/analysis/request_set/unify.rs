//! Which of the paths that are known in part a source matches, and what its placeholders stand for.

use crate::rules::{
    analysis::request_set::path::{Bound, End, Fresh, Path, Text, Unknown},
    options::Matching,
    pattern::{PatternRef, Segment, Tail},
};

/// What an unknown part turned out to be.
pub(in crate::rules) enum Known {
    Text(Text),
    Tail(Path),
}

/// How texts are compared.
#[derive(Clone, Copy, Debug)]
pub(in crate::rules) struct Compare(pub(in crate::rules) Matching);

impl Compare {
    pub(in crate::rules) fn same(self, one: &[u8], other: &[u8]) -> bool {
        one == other || self.0.ignore_case && one.eq_ignore_ascii_case(other)
    }

    /// Whether a text of a source is matched in more than one spelling, so that which one it was is
    /// not known.
    fn has_spellings(self, text: &[u8]) -> bool {
        self.0.ignore_case && text.iter().any(u8::is_ascii_alphabetic)
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

/// Those of the paths that a source matches, and what its placeholders stand for then.
pub(in crate::rules) fn unify(
    path: &Path,
    source: PatternRef<'_>,
    compare: Compare,
    fresh: &mut Fresh,
) -> Option<(Path, Vec<Bound>)> {
    let mut path = path.clone();
    let mut bounds: Vec<Bound> = Vec::new();
    let mut supplied = Vec::new();
    let mut count = 0;
    for segment in source.segments() {
        match path.segments.get(count) {
            Some(text) => {
                let (known, bound) = unify_segment(text, segment, compare, fresh)?;
                bounds.extend(bound.map(Bound::Segment));
                if let Some((unknown, known)) = known {
                    narrow(&mut path, &mut bounds, unknown, &Known::Text(known));
                }
            }
            None => {
                let (text, named) = Text::of(segment, fresh);
                if named {
                    let unknown = text.unknown;
                    bounds.push(Bound::Segment(Text {
                        unknown,
                        ..Text::default()
                    }));
                }
                supplied.push(text);
            }
        }
        count += 1;
    }
    let rest = path.segments.get(count..).unwrap_or_default().to_vec();
    let slash_only = matches!(&*rest, [text] if text.is_empty()) && path.end == End::Closed;
    if !rest.is_empty() {
        match source.tail {
            Tail::None if slash_only && compare.0.ignore_trailing_slash => {}
            Tail::None => return None,
            Tail::Some if slash_only => return None,
            _ => bounds.push(Bound::Tail(Path {
                segments: rest,
                end: path.end,
            })),
        }
        return Some((path, bounds));
    }
    let (unknown, own) = match path.end {
        End::Closed if !supplied.is_empty() => return None,
        End::Closed => {
            return match source.tail {
                Tail::None => Some((path, bounds)),
                Tail::Optional => {
                    bounds.push(Bound::Tail(Path {
                        segments: Vec::new(),
                        end: End::Closed,
                    }));
                    Some((path, bounds))
                }
                Tail::Some | Tail::Any => None,
            };
        }
        End::Open(unknown, own) => (unknown, own),
    };
    let nothing_supplied = supplied.is_empty();
    let end = match source.tail {
        Tail::None if nothing_supplied => match own {
            Tail::Optional => End::Closed,
            Tail::Any if compare.0.ignore_trailing_slash => {
                supplied.push(Text::default());
                End::Closed
            }
            _ => return None,
        },
        Tail::None => End::Closed,
        tail if nothing_supplied => {
            // The one that asks for more.
            let tail = tail.min(own);
            if tail == own {
                End::Open(unknown, own)
            } else {
                End::Open(fresh.next(), tail)
            }
        }
        tail => End::Open(fresh.next(), tail),
    };
    if source.tail != Tail::None {
        bounds.push(Bound::Tail(Path {
            segments: Vec::new(),
            end,
        }));
    }
    if end != path.end {
        let known = Path {
            segments: supplied,
            end,
        };
        narrow(&mut path, &mut bounds, unknown, &Known::Tail(known));
    }
    Some((path, bounds))
}

fn narrow(path: &mut Path, bounds: &mut [Bound], unknown: Unknown, known: &Known) {
    *path = path.with(unknown, known);
    for bound in bounds {
        match (&mut *bound, known) {
            (Bound::Segment(text), Known::Text(known)) => *text = text.with(unknown, known),
            (Bound::Tail(tail), _) => *tail = tail.with(unknown, known),
            _ => {}
        }
    }
}

type Narrowed = (Option<(Unknown, Text)>, Option<Text>);

/// What the unknown part of a segment has to be, and what the placeholder stands for.
fn unify_segment(
    text: &Text,
    segment: Segment<'_>,
    compare: Compare,
    fresh: &mut Fresh,
) -> Option<Narrowed> {
    match (text.unknown, segment) {
        (None, Segment::Literal(literal)) => {
            compare.same(&text.before, literal).then_some((None, None))
        }
        (None, Segment::Named { before, behind, .. }) => {
            let middle = compare.suffix(compare.prefix(&text.before, before)?, behind)?;
            (!middle.is_empty()).then(|| (None, Some(Text::literal(middle))))
        }
        (Some(unknown), Segment::Literal(literal)) => {
            let middle = compare.suffix(compare.prefix(literal, &text.before)?, &text.behind)?;
            let known = if compare.has_spellings(middle) {
                Text::anything(fresh)
            } else {
                Text::literal(middle)
            };
            (!middle.is_empty()).then_some((Some((unknown, known)), None))
        }
        (Some(unknown), Segment::Named { before, behind, .. }) => {
            let (known_before, own_before) = ends(&text.before, before, |text, start| {
                compare.prefix(text, start)
            })?;
            let (known_behind, own_behind) =
                ends(&text.behind, behind, |text, end| compare.suffix(text, end))?;
            // Where each has more at one end, the two ends may overlap.
            let may_overlap = !known_before.is_empty() && !own_behind.is_empty()
                || !own_before.is_empty() && !known_behind.is_empty();
            let has_spellings =
                compare.has_spellings(&known_before) || compare.has_spellings(&known_behind);
            if may_overlap || has_spellings {
                let bound = Text::anything(fresh);
                return Some((Some((unknown, Text::anything(fresh))), Some(bound)));
            }
            let is_same = known_before.is_empty() && known_behind.is_empty();
            let inner = if is_same { unknown } else { fresh.next() };
            let known = Text {
                before: known_before,
                unknown: Some(inner),
                behind: known_behind,
            };
            let bound = Text {
                before: own_before,
                unknown: Some(inner),
                behind: own_behind,
            };
            Some(((!is_same).then_some((unknown, known)), Some(bound)))
        }
    }
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
