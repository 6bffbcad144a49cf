//! How a browser takes an unchecked reference apart.
//!
//! A browser reads the host of a reference after the scheme and the slashes. It reads `\` as `/`,
//! and `http:host` and `http:////host` as `http://host`. Encoding a byte there could change the
//! host, so [`Location::unchecked`](super::Location::unchecked) doesn't: such a byte is an error.
//!
//! For example, a browser reads the host `a.example` in `https://a.example\@b.example/`. If the `\`
//! was sent as `%5C`, it would read `b.example`.
//!
//! Source: WHATWG URL, basic URL parser.

use std::{net::Ipv6Addr, ops::Range};

use super::{
    problem::{LocationError, Problem},
    valid_bytes::{self, begins_escape, sendable},
};

/// The schemes that have a host after any number of slashes.
const SPECIAL: [&[u8]; 6] = [b"http", b"https", b"ws", b"wss", b"ftp", b"file"];

/// Returns the length of the scheme with its `:`, or 0.
///
/// Source: RFC 3986 §3.1.
pub(super) fn scheme_len(text: &[u8]) -> usize {
    let is_scheme_byte = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
    let length = text.iter().take_while(|byte| is_scheme_byte(byte)).count();
    let starts_with_letter = text.first().is_some_and(u8::is_ascii_alphabetic);
    match text.get(length) {
        Some(b':') if starts_with_letter => length + 1,
        _ => 0,
    }
}

/// Returns where a browser or another client may read an authority, whatever the requested URL is.
///
/// The range begins after the scheme and includes the slashes. It's empty if the reference has no
/// authority.
fn authority(text: &[u8]) -> Range<usize> {
    let start = scheme_len(text);
    let scheme = text.get(..start.saturating_sub(1)).unwrap_or_default();
    let is_special = SPECIAL
        .iter()
        .any(|special| special.eq_ignore_ascii_case(scheme));
    let after = text.get(start..).unwrap_or_default();
    let is_slash = |byte: &&u8| matches!(byte, b'/' | b'\\');
    let slashes = after.iter().take_while(is_slash).count();
    let begins_host = match start {
        0 => slashes > 1 || after.starts_with(b"\\"),
        _ => is_special || after.starts_with(b"//"),
    };
    if !begins_host {
        return start..start;
    }
    let host = after.get(slashes..).unwrap_or_default();
    let length = host
        .iter()
        .position(|byte| matches!(byte, b'/' | b'?' | b'#'))
        .unwrap_or(host.len());
    start..start + slashes + length
}

/// Checks the part of an unchecked reference that must be sent as it was given.
///
/// Bytes outside ASCII are the exception: a browser reads the same host in their escapes.
pub(super) fn check_authority(text: &[u8]) -> Result<Range<usize>, LocationError> {
    let range = authority(text);
    let fail = |problem, at: usize| {
        let rest = text.get(at..).unwrap_or_default();
        Err(LocationError::new(problem, at, rest))
    };
    if text.starts_with(b" ") {
        return fail(Problem::LeadingSpace, 0);
    }
    let bracketed = ipv6(text, &range);
    for at in range.clone() {
        let rest = text.get(at..).unwrap_or_default();
        match rest.first().copied().unwrap_or_default() {
            b'\\' => return fail(Problem::Backslash, at),
            b'%' if !begins_escape(rest) => return fail(Problem::LonePercent, at),
            b'[' | b']' if bracketed.contains(&at) => {}
            b'[' | b']' => return fail(Problem::Ipv6, at),
            byte if byte.is_ascii() && !sendable(byte) => {
                return fail(Problem::UncheckedHost, at);
            }
            _ => {}
        }
    }
    Ok(range)
}

/// Returns where an IPv6 address in brackets stands in the authority, or an empty range.
fn ipv6(text: &[u8], authority: &Range<usize>) -> Range<usize> {
    let find = |range: Range<usize>, byte: u8| {
        let part = text.get(range.clone()).unwrap_or_default();
        part.iter()
            .position(|other| *other == byte)
            .map(|at| range.start + at)
    };
    let none = authority.start..authority.start;
    // The host begins after the slashes, and after the user name.
    let part = text.get(authority.clone()).unwrap_or_default();
    let before_host = part.iter().rposition(|byte| matches!(byte, b'/' | b'@'));
    let open = authority.start + before_host.map_or(0, |at| at + 1);
    let Some(close) = find(open..authority.end, b']') else {
        return none;
    };
    let Some([b'[', inside @ ..]) = text.get(open..close) else {
        return none;
    };
    let is_address = std::str::from_utf8(inside).is_ok_and(|inside| {
        // Some parsers accept a zone after `%`, and others don't.
        inside.parse::<Ipv6Addr>().is_ok()
    });
    let ends_host = matches!(text.get(close + 1..authority.end), Some([] | [b':', ..]));
    if is_address && ends_host {
        open..close + 1
    } else {
        none
    }
}

/// Returns an error for the first byte of a finished reference that can't be sent where it stands.
pub(super) fn unsendable(text: &[u8]) -> Option<LocationError> {
    match check_authority(text) {
        Ok(authority) => valid_bytes::unsendable(text, authority.end),
        Err(error) => Some(error),
    }
}
