//! The right side of a rule: a path on this site or on a configured origin. Placeholders are in
//! segments, in values of the query and in the fragment. One can be the first label of the host.
//!
//! A finished target is text that can be sent, but for its slots: a control byte that says where
//! the slot stands and what goes there, and a byte with the number of the placeholder. If the
//! placeholder has transforms, their byte stands before the slot.

use std::borrow::Cow;

#[cfg(test)]
use super::capture::Slot;
use super::{capture::Kind, host_label::HostLabel, transform::Transforms};
use crate::location::scan;

mod compile;
mod origin;
mod write;

pub(super) use compile::{compile, plain};
pub(super) use origin::has_host_label;
pub(super) use write::{push, push_plain, push_query};

/// A finished target.
#[derive(Debug)]
pub(super) struct Target<'t> {
    pub(super) text: Cow<'t, [u8]>,
    /// The length of the origin, 0 on this site.
    pub(super) origin: u16,
    pub(super) has_slots: bool,
    pub(super) has_query: bool,
    pub(super) has_fragment: bool,
    /// The placeholder in the host, which the origin lacks.
    pub(super) host_label: Option<HostLabel>,
    /// Whether it is sent as it is, in one spelling, and was found to be a location as a whole.
    pub(super) is_settled: bool,
}

/// Where in a target a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Path,
    Query,
    Fragment,
}

/// What a slot writes; its value is the byte that stands for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Write {
    /// Received path text, its slashes kept.
    PathToPath = 1,
    /// The tail without its first slash.
    TailToPath,
    /// The tail, its slash included.
    WholeTail,
    /// Received query text as one segment.
    QueryToPath,
    /// Received path text as the value of a query.
    PathToQuery,
    /// The tail without its first slash, as the value of a query.
    TailToQuery,
    /// Received query text where it was.
    QueryToQuery,
    /// Received query text in the fragment.
    QueryToFragment,
    /// Text that is encoded wherever it goes.
    Plain,
}

impl Write {
    const ALL: [Self; 9] = [
        Self::PathToPath,
        Self::TailToPath,
        Self::WholeTail,
        Self::QueryToPath,
        Self::PathToQuery,
        Self::TailToQuery,
        Self::QueryToQuery,
        Self::QueryToFragment,
        Self::Plain,
    ];

    const fn of(kind: Kind, place: Place) -> Self {
        match (kind, place) {
            (Kind::Segment | Kind::Part, Place::Path) => Self::PathToPath,
            (Kind::Segment | Kind::Part, Place::Query | Place::Fragment) => Self::PathToQuery,
            (Kind::Tail, Place::Path) => Self::TailToPath,
            (Kind::Tail, Place::Query | Place::Fragment) => Self::TailToQuery,
            (Kind::Query, Place::Path) => Self::QueryToPath,
            (Kind::Query, Place::Query) => Self::QueryToQuery,
            (Kind::Query, Place::Fragment) => Self::QueryToFragment,
            (Kind::Plain, _) => Self::Plain,
        }
    }

    #[inline]
    fn from_byte(byte: u8) -> Option<Self> {
        let at = usize::from(byte).checked_sub(1)?;
        Self::ALL.get(at).copied()
    }
}

/// A piece of a finished target.
pub(super) enum Piece<'t> {
    Text(&'t [u8]),
    /// What it writes, the number of the placeholder, and what happens to the text.
    Slot(Write, usize, Transforms),
}

/// The pieces of a finished target.
pub(super) fn pieces(target: &[u8]) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = target;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some((write, at, transforms, tail)) = slot(rest) {
            rest = tail;
            return Some(Piece::Slot(write, at, transforms));
        }
        let end = scan::first(rest, |word| scan::below(word, 0x20));
        let (text, tail) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        rest = tail;
        Some(Piece::Text(text))
    })
}

/// Reads the slot at the beginning of a text, and the text after it.
fn slot(text: &[u8]) -> Option<(Write, usize, Transforms, &[u8])> {
    let transforms = Transforms::from_byte(*text.first()?);
    let [write, at, tail @ ..] = text.get(usize::from(transforms.is_some())..)? else {
        return None;
    };
    let write = Write::from_byte(*write)?;
    Some((
        write,
        usize::from(*at),
        transforms.unwrap_or_default(),
        tail,
    ))
}

/// A target without its origin, as (path, query with its mark, fragment with its mark).
pub(super) fn split(target: &[u8]) -> (&[u8], &[u8], &[u8]) {
    let (address, fragment) = split_before(target, b'#');
    let (path, query) = split_before(address, b'?');
    (path, query, fragment)
}

/// A text up to the first such byte, and the rest from there on.
#[inline]
pub(super) fn split_before(text: &[u8], byte: u8) -> (&[u8], &[u8]) {
    text.split_at_checked(scan::first(text, |word| scan::equal(word, byte)))
        .unwrap_or((text, &[]))
}

/// A finished target as its author wrote it, or nearly: names in braces, texts encoded.
pub(super) fn written(target: &[u8], names: &[&str]) -> String {
    pieces(target).fold(String::new(), |mut text, piece| {
        match piece {
            Piece::Text(piece) => text.push_str(&String::from_utf8_lossy(piece)),
            Piece::Slot(write, at, transforms) => {
                let mark = if write == Write::WholeTail { "/*" } else { "" };
                let name = names.get(at).copied().unwrap_or_default();
                text.push_str(&format!("{{{mark}{name}{transforms}}}"));
            }
        }
        text
    })
}

/// The placeholders that a finished target uses.
pub(super) fn used(target: &[u8]) -> impl Iterator<Item = usize> {
    pieces(target).filter_map(|piece| match piece {
        Piece::Slot(_, at, _) => Some(at),
        Piece::Text(_) => None,
    })
}

/// Makes one slash of several that follow each other after the origin.
pub(super) fn merge_slashes(text: &mut Vec<u8>, origin: usize) {
    let mut at = 0;
    let mut before = 0;
    text.retain(|byte| {
        let is_kept = at < origin || *byte != b'/' || before != b'/';
        before = if at < origin { 0 } else { *byte };
        at += 1;
        is_kept
    });
}

#[cfg(test)]
mod tests {
    use super::{Kind, Slot, compile, written};
    use crate::rules::syntax::template;

    pub(super) fn slots() -> Vec<Slot> {
        [
            ("seg", Kind::Segment),
            ("tail", Kind::Tail),
            ("q", Kind::Query),
            ("plain", Kind::Plain),
            ("odd", Kind::Segment),
        ]
        .map(|(name, kind)| Slot {
            name: name.into(),
            kind,
        })
        .into()
    }

    #[test]
    fn a_target_is_written_as_it_was() {
        let names = ["seg", "tail", "q", "plain"];
        for text in [
            "/a/{seg}-b?c={q}#d",
            "/n{/*tail|upper}/{seg|dash|lower}",
            "https://new.example/{tail}",
        ] {
            let target = compile(&template(text).unwrap(), &slots(), "", true).unwrap();
            assert_eq!(written(&target.text, &names), text);
        }
    }
}
