//! The right side of a rule: a path on this site or a fixed origin, with placeholders in segments and
//! in the values of the query.
//!
//! A finished target is text that can be sent, but for its slots: a control byte that says where the
//! slot stands and what goes there, and a byte with the number of the placeholder.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    capture::{Captures, Kind, Slot},
    error::Flaw,
    pattern::{Token, is_name, tokens},
    spelling,
};
use crate::{
    Location,
    location::{MAX_LEN, RECEIVED_PATH, RECEIVED_QUERY, parse_origin},
    scan,
};

/// Received path text that has to stay one segment.
const SEGMENT: &AsciiSet = &RECEIVED_PATH.add(b'/');

/// Received path text that becomes the value of a query, where `+` is a space.
const VALUE: &AsciiSet = &RECEIVED_QUERY
    .add(b'&')
    .add(b'+')
    .add(b';')
    .add(b'=')
    .add(b'\'');

/// Text that is not encoded yet.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A finished target.
#[derive(Debug)]
pub(super) struct Target<'t> {
    pub(super) text: Cow<'t, [u8]>,
    /// The length of the origin, 0 on this site.
    pub(super) origin: u16,
    pub(super) has_slots: bool,
    pub(super) has_query: bool,
    pub(super) has_fragment: bool,
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
    /// Text that is encoded wherever it goes.
    Plain,
}

impl Write {
    const ALL: [Self; 8] = [
        Self::PathToPath,
        Self::TailToPath,
        Self::WholeTail,
        Self::QueryToPath,
        Self::PathToQuery,
        Self::TailToQuery,
        Self::QueryToQuery,
        Self::Plain,
    ];

    const fn of(kind: Kind, in_path: bool) -> Self {
        match (kind, in_path) {
            (Kind::Segment | Kind::Part, true) => Self::PathToPath,
            (Kind::Segment | Kind::Part, false) => Self::PathToQuery,
            (Kind::Tail, true) => Self::TailToPath,
            (Kind::Tail, false) => Self::TailToQuery,
            (Kind::Query, true) => Self::QueryToPath,
            (Kind::Query, false) => Self::QueryToQuery,
            (Kind::Plain, _) => Self::Plain,
        }
    }

    #[inline]
    fn from_byte(byte: u8) -> Option<Self> {
        let at = usize::from(byte).checked_sub(1)?;
        Self::ALL.get(at).copied()
    }

    /// What is written of a text, before it is encoded.
    #[inline]
    fn part(self, text: &str) -> &str {
        match self {
            Self::TailToPath | Self::TailToQuery => text.strip_prefix('/').unwrap_or(text),
            _ => text,
        }
    }

    #[inline]
    fn push(self, out: &mut Vec<u8>, text: &str) {
        let part = self.part(text);
        // Two of the sets have a plain byte in them, the slash.
        let encodes_slash = matches!(self, Self::QueryToPath | Self::Plain);
        if !encodes_slash && spelling::all_plain(part.as_bytes()) {
            out.extend_from_slice(part.as_bytes());
        } else {
            self.push_encoded(out, part);
        }
    }

    #[cold]
    fn push_encoded(self, out: &mut Vec<u8>, part: &str) {
        match self {
            Self::QueryToPath => encode(out, &spaces(part), SEGMENT),
            Self::Plain => encode(out, part, PLAIN),
            Self::PathToPath | Self::WholeTail | Self::TailToPath => {
                encode(out, part, RECEIVED_PATH);
            }
            Self::PathToQuery | Self::TailToQuery => encode(out, part, VALUE),
            Self::QueryToQuery => encode(out, part, RECEIVED_QUERY),
        }
    }
}

/// A `+` in a query is a space; elsewhere it is not.
fn spaces(query: &str) -> Cow<'_, str> {
    if query.contains('+') {
        Cow::Owned(query.replace('+', "%20"))
    } else {
        Cow::Borrowed(query)
    }
}

#[inline]
pub(super) fn encode(out: &mut Vec<u8>, text: &str, set: &'static AsciiSet) {
    for piece in utf8_percent_encode(text, set) {
        out.extend_from_slice(piece.as_bytes());
    }
}

/// Received query text, as it can be sent.
pub(super) fn push_query(out: &mut Vec<u8>, text: &str) {
    encode(out, text, RECEIVED_QUERY);
}

/// Plain text as it can be sent in a query.
pub(super) fn push_plain(out: &mut Vec<u8>, text: &str) {
    encode(out, text, PLAIN);
}

/// Where in a target a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Path,
    Query,
    Fragment,
}

/// A target that is kept as it is written, on this site or on an origin that was checked before; `None`
/// where it needs a closer look.
pub(super) fn plain<'t>(text: &'t str, known_origin: &str) -> Option<Target<'t>> {
    let path = match text.strip_prefix('/') {
        Some(_) => text,
        None if known_origin.is_empty() => return None,
        None => text.strip_prefix(known_origin)?,
    };
    let is_plain =
        spelling::is_plain_path(path) && !path.starts_with("//") && text.len() <= MAX_LEN;
    is_plain.then_some(Target {
        text: Cow::Borrowed(text.as_bytes()),
        origin: u16::try_from(text.len() - path.len()).unwrap_or_default(),
        has_slots: false,
        has_query: false,
        has_fragment: false,
    })
}

/// Checks a target and writes it in the form that is kept.
///
/// `known_origin` is one that was checked before, as it is sent.
pub(super) fn compile<'t>(
    text: &str,
    slots: &[Slot],
    known_origin: &str,
) -> Result<Target<'t>, Flaw> {
    let tokens = tokens(text)?;
    let is_known = text
        .strip_prefix(known_origin)
        .is_some_and(|path| path.starts_with('/') && !known_origin.is_empty());
    let (mut out, behind) = if is_known {
        (known_origin.as_bytes().to_vec(), known_origin.len())
    } else {
        origin(text, &tokens)?
    };
    let origin = out.len();
    let mut place = Place::Path;
    let mut has_slots = false;
    let mut has_query = false;
    if origin > 0 && !text.get(behind..).is_some_and(|rest| rest.starts_with('/')) {
        out.push(b'/');
    }
    for (at, token) in tokens {
        match token {
            Token::Literal(literal) => {
                let skipped = behind.saturating_sub(at);
                let Some(literal) = literal.get(skipped..) else {
                    continue;
                };
                let control = literal.bytes().position(|byte| byte.is_ascii_control());
                if let Some(control) = control {
                    let why = "control characters cannot be sent; remove it";
                    return Err(Flaw::at(at + skipped + control, why));
                }
                push_literal(&mut out, literal, &mut place, &mut has_query);
            }
            Token::Placeholder(inside) => {
                has_slots = true;
                let (write, index) = slot(inside, at, slots, place, out.last() == Some(&b'/'))?;
                out.extend([write as u8, index]);
            }
        }
    }
    let target = Target {
        origin: u16::try_from(origin).unwrap_or_default(),
        has_slots,
        has_query,
        has_fragment: place == Place::Fragment,
        text: Cow::Owned(out),
    };
    target.check(text)?;
    Ok(target)
}

/// The origin of a target as it is sent, empty on this site, and where the path begins.
fn origin(text: &str, tokens: &[(usize, Token<'_>)]) -> Result<(Vec<u8>, usize), Flaw> {
    let first = match tokens.first() {
        Some((_, Token::Literal(first))) => *first,
        Some((at, Token::Placeholder(_))) => {
            let why = "a target begins with `/` or `https://`, so that text of a request cannot say where \
                       it leads";
            return Err(Flaw::at(*at, why));
        }
        None => return Err(Flaw::at(0, "it is empty; write `/` for the first page")),
    };
    if first.starts_with('/') {
        if let Some(b'/' | b'\\') = text.as_bytes().get(1) {
            let error = Location::from_config(text).err();
            return Err(error.map_or_else(
                || Flaw::at(1, "`//` leads to another host"),
                |error| Flaw::location(error, 0),
            ));
        }
        return Ok((Vec::new(), 0));
    }
    let has_scheme = ["https://", "http://"].iter().any(|scheme| {
        first
            .get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    if !has_scheme {
        return Err(match Location::from_config(first) {
            Err(error) => Flaw::location(error, 0),
            Ok(_) => Flaw::at(0, "a target begins with `/` or `https://`"),
        });
    }
    let (origin, rest) = parse_origin(first).map_err(|error| match tokens.get(1) {
        // Nothing is wrong with the host but that it is not all there.
        Some((at, Token::Placeholder(_))) if error.position() + 1 >= first.len() => host_slot(*at),
        _ => Flaw::location(error, 0),
    })?;
    if rest.is_empty() {
        if let Some((at, _)) = tokens.get(1) {
            return Err(host_slot(*at));
        }
    }
    Ok((origin.to_string().into_bytes(), first.len() - rest.len()))
}

fn host_slot(at: usize) -> Flaw {
    Flaw::at(
        at,
        "a host is configuration, never text of a request; write it out, and placeholders behind the \
         `/` that follows it",
    )
}

fn push_literal(out: &mut Vec<u8>, literal: &str, place: &mut Place, has_query: &mut bool) {
    let mut rest = literal;
    loop {
        let (set, marks): (_, &[char]) = match place {
            Place::Path => (RECEIVED_PATH, &['?', '#']),
            Place::Query => (RECEIVED_QUERY, &['#']),
            Place::Fragment => (RECEIVED_QUERY, &[]),
        };
        let end = rest.find(marks).unwrap_or(rest.len());
        let (part, marked) = rest.split_at_checked(end).unwrap_or((rest, ""));
        if spelling::all_plain(part.as_bytes()) {
            out.extend_from_slice(part.as_bytes());
        } else {
            encode(out, part, set);
        }
        match marked.as_bytes() {
            [] => return,
            [mark, ..] => {
                out.push(*mark);
                *has_query |= *mark == b'?';
                *place = if *mark == b'?' {
                    Place::Query
                } else {
                    Place::Fragment
                };
                rest = marked.get(1..).unwrap_or_default();
            }
        }
    }
}

fn slot(
    inside: &str,
    at: usize,
    slots: &[Slot],
    place: Place,
    behind_slash: bool,
) -> Result<(Write, u8), Flaw> {
    let name = inside.strip_prefix("/*").unwrap_or(inside);
    let name = name.strip_prefix('*').unwrap_or(name);
    if !is_name(name) {
        let why = "a placeholder is `{name}`, of letters, digits and `_`; write `{{` for a brace";
        return Err(Flaw::at(at, why));
    }
    let Some(index) = slots.iter().rposition(|slot| slot.name == name) else {
        let known: Vec<_> = slots
            .iter()
            .map(|slot| format!("`{{{}}}`", slot.name))
            .collect();
        let why = if known.is_empty() {
            "the source has no placeholder".to_owned()
        } else {
            format!(
                "the source has no such placeholder, but {}",
                known.join(", ")
            )
        };
        return Err(Flaw::at(at, why));
    };
    let kind = slots.get(index).map_or(Kind::Plain, |slot| slot.kind);
    let write = if inside.starts_with("/*") {
        if kind != Kind::Tail || place != Place::Path || behind_slash {
            let why = "`{/*name}` stands for the tail of the source, its slash included; write it in the \
                       path, and no slash before it";
            return Err(Flaw::at(at, why));
        }
        Write::WholeTail
    } else {
        Write::of(kind, place == Place::Path)
    };
    Ok((write, index.try_into().unwrap_or_default()))
}

impl Target<'_> {
    /// Its origin, where `text` begins with it as it is sent.
    pub(super) fn origin_in<'t>(&self, text: &'t str) -> Option<&'t str> {
        let origin = text.get(..usize::from(self.origin))?;
        let same = self.text.starts_with(origin.as_bytes());
        (same && !origin.is_empty()).then_some(origin)
    }

    /// The same target, the tail of the source behind its path: what a prefix is replaced by.
    pub(super) fn with_tail(self, index: u8) -> Self {
        let mut text = self.text.into_owned();
        let path = text
            .iter()
            .position(|byte| matches!(byte, b'?' | b'#'))
            .unwrap_or(text.len());
        let mut behind = text.split_off(path);
        if text.ends_with(b"/") {
            text.pop();
        }
        text.extend([Write::WholeTail as u8, index]);
        text.append(&mut behind);
        Self {
            text: Cow::Owned(text),
            has_slots: true,
            ..self
        }
    }

    /// What would be wrong with it whatever the request.
    fn check(&self, text: &str) -> Result<(), Flaw> {
        let sample = pieces(&self.text).fold(String::new(), |mut sample, piece| {
            match piece {
                Piece::Text(text) => sample.push_str(&String::from_utf8_lossy(text)),
                Piece::Slot(Write::WholeTail, _) => sample.push_str("/x"),
                Piece::Slot(..) => sample.push('x'),
            }
            sample
        });
        let origin = sample.get(..usize::from(self.origin)).unwrap_or_default();
        if plain(&sample, origin).is_some() {
            return Ok(());
        }
        Location::from_config(&sample).map_err(|error| {
            // The sample is not what was written; the end of what both share is near enough.
            let at = error.position().min(text.len());
            Flaw {
                at,
                ..Flaw::location(error, 0)
            }
        })?;
        Ok(())
    }
}

/// A piece of a finished target.
pub(super) enum Piece<'t> {
    Text(&'t [u8]),
    Slot(Write, usize),
}

/// The pieces of a finished target.
pub(super) fn pieces(target: &[u8]) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = target;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let [byte, index, tail @ ..] = rest {
            if let Some(write) = Write::from_byte(*byte) {
                rest = tail;
                return Some(Piece::Slot(write, usize::from(*index)));
            }
        }
        let end = scan::first(rest, |word| scan::below(word, 0x20));
        let (text, tail) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        rest = tail;
        Some(Piece::Text(text))
    })
}

/// Writes a finished target for one request.
pub(super) fn push(out: &mut Vec<u8>, target: &[u8], captures: &Captures<'_>) {
    let mut rest = target;
    while !rest.is_empty() {
        let end = scan::first(rest, |word| scan::below(word, 0x20));
        let (text, slot) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        out.extend_from_slice(text);
        let [write, at, tail @ ..] = slot else {
            return;
        };
        if let Some(write) = Write::from_byte(*write) {
            write.push(out, captures.get(usize::from(*at)));
        }
        rest = tail;
    }
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
            Piece::Slot(write, at) => {
                let mark = if write == Write::WholeTail { "/*" } else { "" };
                let name = names.get(at).copied().unwrap_or_default();
                text.push_str(&format!("{{{mark}{name}}}"));
            }
        }
        text
    })
}

/// The placeholders that a finished target uses.
pub(super) fn used(target: &[u8]) -> impl Iterator<Item = usize> {
    pieces(target).filter_map(|piece| match piece {
        Piece::Slot(_, at) => Some(at),
        Piece::Text(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Captures, Kind, Slot, compile, push, written};

    fn slots() -> Vec<Slot> {
        [
            ("seg", Kind::Segment),
            ("tail", Kind::Tail),
            ("q", Kind::Query),
            ("plain", Kind::Plain),
        ]
        .map(|(name, kind)| Slot {
            name: name.into(),
            kind,
        })
        .into()
    }

    #[test]
    fn captures_are_encoded_for_their_place() {
        let mut captures = Captures::none();
        for text in ["a&b=c+d%2F\u{e9}", "/x/y&z", "1/2+3%41&", "a b/%"] {
            captures.push(text);
        }
        for (text, expected) in [
            ("/{seg}", "/a&b=c+d%2F%C3%A9"),
            ("/i?id={seg}", "/i?id=a%26b%3Dc%2Bd%2F%C3%A9"),
            ("/t/{tail}", "/t/x/y&z"),
            ("/t{/*tail}", "/t/x/y&z"),
            ("/t?p={tail}", "/t?p=x/y%26z"),
            ("/{q}", "/1%2F2%203%41&"),
            ("/{plain}#{plain}", "/a%20b%2F%25#a%20b%2F%25"),
            (
                "https://new.example/n{/*tail}",
                "https://new.example/n/x/y&z",
            ),
            (
                "HTTPS://New.Example:443/{{{seg}",
                "https://new.example/%7Ba&b=c+d%2F%C3%A9",
            ),
        ] {
            let target = compile(text, &slots(), "").unwrap();
            let mut out = Vec::new();
            push(&mut out, &target.text, &captures);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }

    #[test]
    fn r3_the_host_is_literal_and_ends_before_the_first_placeholder() {
        for (text, at, why) in [
            ("https://x{seg}", 9, "a host is configuration"),
            ("https://{seg}/", 8, "a host is configuration"),
            ("https://new.example:{seg}/", 20, "a host is configuration"),
            ("https://new.example{/*tail}", 19, "a host is configuration"),
            ("{seg}", 0, "begins with `/`"),
            ("", 0, "empty"),
            ("new/{seg}", 0, "begin with `/`"),
            ("//{seg}", 1, "another host"),
            ("/\\{seg}", 1, "another host"),
            ("javascript:{seg}", 0, "https://"),
            ("https://u@x.example/", 9, "user name"),
            ("/{no}", 1, "no such placeholder"),
            ("/{seg", 1, "not closed"),
            ("/a/../{seg}", 3, "`.` and `..`"),
            ("/x{/*seg}", 2, "tail of the source"),
            ("/a\n", 2, "control"),
        ] {
            let flaw = compile(text, &slots(), "").unwrap_err();
            assert!(flaw.sentence().contains(why), "{text}: {flaw}");
            assert_eq!(flaw.at, at, "{text}: {flaw}");
        }
    }

    #[test]
    fn a_target_is_written_as_it_was() {
        let names = ["seg", "tail", "q", "plain"];
        for text in [
            "/a/{seg}-b?c={q}#d",
            "/n{/*tail}",
            "https://new.example/{tail}",
        ] {
            let target = compile(text, &slots(), "").unwrap();
            assert_eq!(written(&target.text, &names), text);
        }
    }
}
