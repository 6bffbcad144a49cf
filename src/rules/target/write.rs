//! Writes a target for one request.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};

use super::{Write, slot};
use crate::{
    location::{RECEIVED_FRAGMENT, RECEIVED_PATH, RECEIVED_QUERY, encode_received, scan},
    rules::{capture::Captures, spelling},
};

/// Received path text that has to stay one segment.
const SEGMENT: &AsciiSet = &RECEIVED_PATH.add(b'/');

/// Received path text that becomes the value of a query, where `+` is a space, or a fragment. What
/// the path encodes is encoded, so that a chain of rules writes the same text as one rule.
const VALUE: &AsciiSet = &RECEIVED_FRAGMENT
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

/// Writes a finished target for one request; `is_plain` says that nothing in the path that was
/// asked for has to be encoded anywhere.
pub(in crate::rules) fn push(
    out: &mut Vec<u8>,
    target: &[u8],
    captures: &Captures<'_>,
    is_plain: bool,
) {
    let mut rest = target;
    while !rest.is_empty() {
        let end = scan::first(rest, |word| scan::below(word, 0x20));
        let (text, slot) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        out.extend_from_slice(text);
        let [write, at, tail @ ..] = slot else {
            return;
        };
        rest = match Write::from_byte(*write) {
            Some(write) => {
                write.push(out, captures.get(usize::from(*at)), is_plain);
                tail
            }
            None => push_transformed(out, slot, captures, is_plain),
        };
    }
}

/// Writes a slot with transforms, and returns the text after it.
///
/// The text is transformed after it is encoded, so each `%` in it begins an escape.
#[cold]
fn push_transformed<'t>(
    out: &mut Vec<u8>,
    text: &'t [u8],
    captures: &Captures<'_>,
    is_plain: bool,
) -> &'t [u8] {
    let Some((write, at, transforms, tail)) = slot(text) else {
        return &[];
    };
    let begin = out.len();
    write.push(out, captures.get(at), is_plain);
    transforms.apply(out.get_mut(begin..).unwrap_or_default());
    tail
}

impl Write {
    /// What is written of a text, before it is encoded.
    #[inline]
    fn part(self, text: &str) -> &str {
        match self {
            Self::TailToPath | Self::TailToQuery => text.strip_prefix('/').unwrap_or(text),
            _ => text,
        }
    }

    #[inline]
    fn push(self, out: &mut Vec<u8>, text: &str, is_plain: bool) {
        let part = self.part(text);
        let is_as_it_is = match self {
            Self::PathToPath
            | Self::TailToPath
            | Self::WholeTail
            | Self::PathToQuery
            | Self::TailToQuery => is_plain || spelling::all_plain(part.as_bytes()),
            Self::QueryToQuery | Self::QueryToFragment => spelling::all_plain(part.as_bytes()),
            // These two sets have a plain byte in them, the slash.
            Self::QueryToPath | Self::Plain => false,
        };
        if is_as_it_is {
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
            Self::QueryToFragment => encode(out, part, RECEIVED_FRAGMENT),
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

/// Encodes a text alone: its `%` never begins an escape with what is written after it.
#[inline]
pub(super) fn encode(out: &mut Vec<u8>, text: &str, set: &'static AsciiSet) {
    for piece in encode_received(text.as_bytes(), set) {
        out.extend_from_slice(piece.as_bytes());
    }
}

/// Received query text, as it can be sent.
pub(in crate::rules) fn push_query(out: &mut Vec<u8>, text: &str) {
    encode(out, text, RECEIVED_QUERY);
}

/// Plain text as it can be sent in a query.
pub(in crate::rules) fn push_plain(out: &mut Vec<u8>, text: &str) {
    encode(out, text, PLAIN);
}

#[cfg(test)]
mod tests {
    use super::super::{compile, tests::slots};
    use super::{Captures, push};
    use crate::rules::syntax::template;

    #[test]
    fn captures_are_encoded_for_their_place() {
        let mut captures = Captures::none();
        for text in [
            "a&b=c+d%2F\u{e9}",
            "/x/y&z",
            "1/2+3%41&[%]",
            "a b/%[",
            "[%4]%",
        ] {
            captures.push(text);
        }
        for (text, expected) in [
            ("/{seg}", "/a&b=c+d%2F%C3%A9"),
            ("/i?id={seg}", "/i?id=a%26b%3Dc%2Bd%2F%C3%A9"),
            ("/t/{tail}", "/t/x/y&z"),
            ("/t{/*tail}", "/t/x/y&z"),
            ("/t?p={tail}", "/t?p=x/y%26z"),
            ("/{q}", "/1%2F2%203%41&%5B%25%5D"),
            ("/a?b={q}", "/a?b=1/2+3%41&[%25]"),
            ("/a#{q}", "/a#1/2+3%41&%5B%25%5D"),
            ("/{plain}#{plain}", "/a%20b%2F%25%5B#a%20b%2F%25%5B"),
            (
                "/{odd}?{odd}#{odd}",
                "/%5B%254%5D%25?%5B%254%5D%25#%5B%254%5D%25",
            ),
            ("/{odd|upper}?{q|lower}", "/%5B%254%5D%25?1/2+3%41&[%25]"),
            ("/{seg|upper}#{tail|upper}", "/A&B=C+D%2F%C3%A9#X/Y%26Z"),
            ("/t{/*tail|upper}/{plain|upper}", "/t/X/Y&Z/A%20B%2F%25%5B"),
            // A digit after a capture doesn't make an escape of its `%`.
            ("/{odd}41", "/%5B%254%5D%2541"),
            ("/%{seg}?[%4]#[%zz", "/%25a&b=c+d%2F%C3%A9?[%254]#%5B%25zz"),
            (
                "https://new.example/n{/*tail}",
                "https://new.example/n/x/y&z",
            ),
            (
                "HTTPS://New.Example:443/{{{seg}",
                "https://new.example/%7Ba&b=c+d%2F%C3%A9",
            ),
        ] {
            let target = compile(&template(text).unwrap(), &slots(), "", true).unwrap();
            let mut out = Vec::new();
            push(&mut out, &target.text, &captures, false);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
