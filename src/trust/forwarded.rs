//! `Forwarded` (RFC 7239 §4), read line by line from the last one, as far as the hops go.

use std::num::NonZeroU8;

use http::{HeaderValue, header::GetAll};

use super::told::UntrustedReason;

/// What counts here of one element; quotes are off, backslashes are not.
#[derive(Clone, Copy, Default)]
pub(super) struct Element<'a> {
    pub(super) proto: Option<&'a [u8]>,
    pub(super) host: Option<&'a [u8]>,
}

/// The element that so many hops from the right wrote, on lines that are well-formed up to there.
///
/// Quotes end on their line, so that what a client wrote on a line of its own changes nothing about the
/// lines after it. Of the text before it on one line that cannot be said.
pub(super) fn element<'a>(
    lines: &GetAll<'a, HeaderValue>,
    hops: NonZeroU8,
) -> Result<Element<'a>, UntrustedReason> {
    let mut doubt = UntrustedReason::Absent;
    let mut missing = usize::from(hops.get());
    for line in lines.iter().rev() {
        let mut count = 0_usize;
        for element in Elements::of(line) {
            element?;
            count += 1;
        }
        if let Some(place) = count.checked_sub(missing) {
            return Elements::of(line).nth(place).unwrap_or(Err(doubt));
        }
        missing -= count;
        doubt = UntrustedReason::TooFew;
    }
    Err(doubt)
}

/// The elements of one line.
struct Elements<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Elements<'a> {
    fn of(line: &'a HeaderValue) -> Self {
        Self {
            rest: Some(line.as_bytes()),
        }
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<Element<'a>, UntrustedReason>;

    fn next(&mut self) -> Option<Self::Item> {
        let (element, rest) = one_element(self.rest.take()?).map_or_else(
            || (Err(UntrustedReason::Malformed), None),
            |(element, rest)| (Ok(element), rest),
        );
        self.rest = rest;
        Some(element)
    }
}

/// An element, and what follows its comma, where there is one. It may be empty, and so may a pair.
fn one_element(text: &[u8]) -> Option<(Element<'_>, Option<&[u8]>)> {
    let mut element = Element::default();
    let mut names = Names::default();
    let mut rest = text.trim_ascii_start();
    loop {
        if let Some((name, after)) = token(rest) {
            let (value, after) = value(after.strip_prefix(b"=")?)?;
            names.add(name)?;
            if name.eq_ignore_ascii_case(b"proto") {
                element.proto = Some(value);
            } else if name.eq_ignore_ascii_case(b"host") {
                element.host = Some(value);
            }
            rest = after.trim_ascii_start();
        }
        match rest {
            [] => return Some((element, None)),
            [b',', tail @ ..] => return Some((element, Some(tail))),
            [b';', tail @ ..] => rest = tail.trim_ascii_start(),
            _ => return None,
        }
    }
}

/// A token, or what stands between quotes; gives what follows it.
fn value(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let [b'"', quoted @ ..] = text else {
        return token(text);
    };
    let mut rest = quoted;
    loop {
        rest = match rest {
            [b'"', after @ ..] => {
                let length = quoted.len() - rest.len();
                return Some((quoted.get(..length)?, after));
            }
            [b'\\', byte, tail @ ..] if is_text(*byte) => tail,
            [b'\\', ..] => return None,
            [byte, tail @ ..] if is_text(*byte) => tail,
            _ => return None,
        };
    }
}

/// A byte of a field value that is no control character.
const fn is_text(byte: u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'~' | 0x80..)
}

/// A token at the front (RFC 9110 §5.6.2); gives what follows it.
fn token(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = text.iter().take_while(|byte| is_token(**byte)).count();
    (length > 0)
        .then(|| text.split_at_checked(length))
        .flatten()
}

const fn is_token(byte: u8) -> bool {
    matches!(
        byte,
        b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`'
            | b'|' | b'~' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z'
    )
}

/// The names of one element. There is room for four times as many as are registered, so that looking
/// for one that comes twice takes linear time.
#[derive(Default)]
struct Names<'a>([Option<&'a [u8]>; 16]);

impl<'a> Names<'a> {
    /// `None` where the name was there already, and where there is no room.
    fn add(&mut self, name: &'a [u8]) -> Option<()> {
        let mut known = self.0.iter().flatten();
        if known.any(|other| other.eq_ignore_ascii_case(name)) {
            return None;
        }
        *self.0.iter_mut().find(|slot| slot.is_none())? = Some(name);
        Some(())
    }
}
