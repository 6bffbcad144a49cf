//! The left side of a rule: a path with placeholders, in the spelling that is compared.
//!
//! A finished pattern is its own text: `/blog/{year}/{slug}.html`, `/docs/{*rest}`. A `{` in it
//! begins a placeholder, because one that is meant literally has become `%7B`.

/// The most segments that a pattern may have; paths without placeholders have no such bound.
pub(super) const MAX_SEGMENTS: usize = 32;

/// The most placeholders of a rule, those of its conditions included.
pub(super) const MAX_CAPTURES: usize = 16;

/// What stands at the end of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Tail {
    /// The last segment is the end.
    None,
    /// `/{*rest}`: something has to follow.
    Some,
    /// `/{*rest?}`: the slash is enough.
    Any,
    /// `{/*rest}`: not even the slash is needed.
    Optional,
}

/// How one segment of a pattern is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Segment<'p> {
    /// It is this text.
    Literal(&'p [u8]),
    /// Something stands between the two texts.
    Named {
        before: &'p [u8],
        name: &'p [u8],
        behind: &'p [u8],
    },
}

/// A view of a finished pattern: the text before its tail, and the tail.
#[derive(Clone, Copy, Debug)]
pub(super) struct PatternRef<'p> {
    /// What stands before the tail.
    pub(super) front: &'p [u8],
    pub(super) tail: Tail,
    pub(super) tail_name: &'p [u8],
}

impl<'p> PatternRef<'p> {
    /// Splits a finished pattern at its tail.
    pub(super) fn of(pattern: &'p [u8]) -> Self {
        let (front, tail, tail_name) = split_tail(pattern);
        Self {
            front,
            tail,
            tail_name,
        }
    }

    /// Returns the view of a source without placeholders.
    pub(super) const fn literal(path: &'p [u8]) -> Self {
        Self {
            front: path,
            tail: Tail::None,
            tail_name: &[],
        }
    }

    /// The segments before the tail.
    pub(super) fn segments(&self) -> impl Iterator<Item = Segment<'p>> + use<'p> {
        self.front
            .strip_prefix(b"/")
            .map(|front| front.split(|&byte| byte == b'/'))
            .into_iter()
            .flatten()
            .map(segment)
    }

    /// The names of the placeholders, from left to right.
    pub(super) fn names(&self) -> impl Iterator<Item = &'p [u8]> + use<'p> {
        let tail = (self.tail != Tail::None).then_some(self.tail_name);
        self.segments()
            .filter_map(|segment| match segment {
                Segment::Named { name, .. } => Some(name),
                Segment::Literal(_) => None,
            })
            .chain(tail)
    }
}

fn split_tail(pattern: &[u8]) -> (&[u8], Tail, &[u8]) {
    let open = pattern.iter().rposition(|&byte| byte == b'{');
    let inner = open
        .and_then(|at| pattern.get(at + 1..))
        .and_then(|inner| inner.strip_suffix(b"}"));
    let front = pattern.get(..open.unwrap_or_default()).unwrap_or_default();
    let without_slash = front.strip_suffix(b"/").unwrap_or(front);
    match inner {
        Some([b'/', b'*', name @ ..]) => (front, Tail::Optional, name),
        Some([b'*', name @ .., b'?']) => (without_slash, Tail::Any, name),
        Some([b'*', name @ ..]) => (without_slash, Tail::Some, name),
        _ => (pattern, Tail::None, &[]),
    }
}

fn segment(text: &[u8]) -> Segment<'_> {
    let mut around = text.splitn(2, |&byte| byte == b'{');
    match (around.next(), around.next()) {
        (Some(before), Some(inside)) => {
            let mut inside = inside.splitn(2, |&byte| byte == b'}');
            Segment::Named {
                before,
                name: inside.next().unwrap_or_default(),
                behind: inside.next().unwrap_or_default(),
            }
        }
        _ => Segment::Literal(text),
    }
}

/// Writes a text so that braces in it are taken literally.
pub(super) fn escape(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

#[cfg(test)]
mod tests {
    use super::{PatternRef, Segment, Tail};

    #[test]
    fn the_parts_of_a_pattern() {
        let parts = PatternRef::of(b"/a/x{n}.y/{*r}");
        assert_eq!(
            parts.segments().collect::<Vec<_>>(),
            [
                Segment::Literal(b"a"),
                Segment::Named {
                    before: b"x",
                    name: b"n",
                    behind: b".y"
                },
            ]
        );
        assert_eq!((parts.tail, parts.tail_name), (Tail::Some, &b"r"[..]));
        assert_eq!(parts.names().collect::<Vec<_>>(), [&b"n"[..], b"r"]);
        assert_eq!(PatternRef::of(b"/{*r}").segments().count(), 0);
        assert_eq!(PatternRef::of(b"{/*r}").segments().count(), 0);
        assert_eq!(PatternRef::of(b"/a{/*r}").segments().count(), 1);
        assert_eq!(PatternRef::of(b"/{a}").segments().count(), 1);
    }
}
