//! Parser for the `Forwarded` header (RFC 7239 §4).
//!
//! A trusted proxy appends its element at the right end. To the left of it stands text of the
//! client, which may be anything. So the parser reads the lines from the last one, and stops at the
//! line that has the element for the configured number of hops. With two hops:
//!
//! ```text
//! forwarded: anything the client sends            never read
//! forwarded: for=192.0.2.43;proto=https           element 2 from the right: this one counts
//! forwarded: for=10.0.0.7;proto=http              element 1 from the right
//! ```
//!
//! - Quotes end on their line, so a line of the client can't swallow the lines after it.
//! - Within one line, an open quote can swallow what follows. Therefore the whole line must be
//!   valid.
//! - The values are slices of the header. Nothing is allocated, and the time is linear in its
//!   length.

use std::num::NonZeroU8;

use http::{HeaderValue, header::GetAll};

use super::values::UntrustedReason;

/// The parameters of one element that the crate uses, without quotes. Backslashes are kept.
#[derive(Clone, Copy, Default)]
pub(super) struct Element<'a> {
    pub(super) proto: Option<&'a [u8]>,
    pub(super) host: Option<&'a [u8]>,
}

/// Returns the element at position `hops`, counted from the right.
///
/// All lines from the last one to the line of that element must be valid.
pub(super) fn element<'a>(
    lines: &GetAll<'a, HeaderValue>,
    hops: NonZeroU8,
) -> Result<Element<'a>, UntrustedReason> {
    let mut reason = UntrustedReason::NoHeader;
    let mut missing = usize::from(hops.get());
    for line in lines.iter().rev() {
        let mut count = 0_usize;
        for element in Elements::of(line) {
            element?;
            count += 1;
        }
        if let Some(index) = count.checked_sub(missing) {
            return Elements::of(line).nth(index).unwrap_or(Err(reason));
        }
        missing -= count;
        reason = UntrustedReason::TooFewElements;
    }
    Err(reason)
}

/// Iterates over the elements of one line. It ends after the first malformed one.
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

/// Parses an element. Returns it with the text after its comma, if there is a comma. An element may
/// be empty, and so may a parameter.
fn one_element(text: &[u8]) -> Option<(Element<'_>, Option<&[u8]>)> {
    let mut element = Element::default();
    let mut names = ParameterNames::default();
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

/// Parses a token or a quoted string. Returns it without quotes, and the text after it.
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

/// Whether a byte may occur in a field value: it isn't a control character, except for the tab.
const fn is_text(byte: u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'~' | 0x80..)
}

/// Parses a token (RFC 9110 §5.6.2). Returns it with the text after it.
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

/// The parameter names of one element, to find duplicates.
///
/// The array has room for four times the registered parameters. The bound keeps the search linear
/// in the length of the header.
#[derive(Default)]
struct ParameterNames<'a>([Option<&'a [u8]>; 16]);

impl<'a> ParameterNames<'a> {
    /// Adds a name. Returns `None` if it is a duplicate or if there is no room.
    fn add(&mut self, name: &'a [u8]) -> Option<()> {
        let mut known = self.0.iter().flatten();
        if known.any(|other| other.eq_ignore_ascii_case(name)) {
            return None;
        }
        *self.0.iter_mut().find(|slot| slot.is_none())? = Some(name);
        Some(())
    }
}
