//! Parses origins, and percent-encodes text for a location.
//!
//! Sets of bytes decide what is encoded. Received text keeps its `%XX` (R2), and a `%` that begins
//! no escape becomes `%25` (R1). Plain text has no escapes yet, so each `%` is encoded:
//!
//! | text | as a received path | as a received query | as a fragment | as plain text |
//! |---|---|---|---|---|
//! | `a%20b` | `a%20b` | `a%20b` | `a%20b` | `a%2520b` |
//! | `a b` | `a%20b` | `a%20b` | `a%20b` | `a%20b` |
//! | `a?b#c` | `a%3Fb%23c` | `a?b%23c` | `a?b%23c` | `a%3Fb%23c` |
//! | `a[1]` | `a%5B1%5D` | `a[1]` | `a%5B1%5D` | `a%5B1%5D` |
//! | `100%` | `100%25` | `100%25` | `100%25` | `100%25` |

use std::{borrow::Cow, iter, net::Ipv6Addr};

use percent_encoding::{AsciiSet, CONTROLS, percent_encode, utf8_percent_encode};

use super::{
    HttpScheme, Origin, authority, check,
    problem::{LocationError, Problem},
    valid_bytes,
};

/// The bytes that a location can't contain (R1). `%` isn't one of them, so escapes stay.
/// [`encode_received`] finds the `%` that begin none.
const UNSENDABLE: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The bytes to encode in a received path. `?` and `#` would end the path.
pub(crate) const RECEIVED_PATH: &AsciiSet = &RECEIVED_FRAGMENT.add(b'?');

/// The bytes to encode in a received query. `#` would begin a fragment. Brackets are common in the
/// names of parameters, so they stay.
pub(crate) const RECEIVED_QUERY: &AsciiSet = &UNSENDABLE.add(b'#');

/// The bytes to encode in a received fragment.
pub(crate) const RECEIVED_FRAGMENT: &AsciiSet = &RECEIVED_QUERY.add(b'[').add(b']');

/// The bytes to encode in plain text: all except `unreserved` (RFC 3986 §2.3).
const PLAIN: &AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Encodes received text piece by piece. Keeps its escapes, and encodes each other `%`.
///
/// The text is encoded alone: in `%4`, the `%` begins no escape, even if a digit is appended later.
pub(crate) fn encode_received<'t>(
    text: &'t [u8],
    set: &'static AsciiSet,
) -> impl Iterator<Item = &'t str> {
    let mut rest = Some(text);
    let pieces = iter::from_fn(move || {
        let text = rest.take()?;
        let (piece, after_percent) = match split_at_lone_percent(text) {
            Some((piece, tail)) => (piece, Some(tail)),
            None => (text, None),
        };
        rest = after_percent;
        Some((piece, after_percent.is_some()))
    });
    pieces.flat_map(move |(piece, is_before_percent)| {
        percent_encode(piece, set).chain(is_before_percent.then_some("%25"))
    })
}

/// Returns the text before and after the first `%` that begins no escape.
fn split_at_lone_percent(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut from = 0;
    loop {
        let rest = text.get(from..)?;
        let at = from + rest.iter().position(|&byte| byte == b'%')?;
        let (piece, from_percent) = text.split_at_checked(at)?;
        if !valid_bytes::begins_escape(from_percent) {
            return Some((piece, from_percent.get(1..)?));
        }
        from = at + 3;
    }
}

/// Appends received path text. Keeps its escapes.
pub(super) fn push_path(out: &mut String, received: &str) {
    out.extend(encode_received(received.as_bytes(), RECEIVED_PATH));
}

/// Appends received query text. Keeps its escapes.
pub(super) fn push_query(out: &mut String, received: &str) {
    out.extend(encode_received(received.as_bytes(), RECEIVED_QUERY));
}

/// Appends received fragment text. Keeps its escapes.
pub(super) fn push_fragment(out: &mut String, received: &str) {
    out.extend(encode_received(received.as_bytes(), RECEIVED_FRAGMENT));
}

/// Appends plain text.
pub(super) fn push_plain(out: &mut String, text: &str) {
    out.extend(utf8_percent_encode(text, PLAIN));
}

/// Splits a reference without an authority into path, `?query` and `#fragment`.
pub(super) fn split(text: &str) -> (&str, &str, &str) {
    let (before_fragment, fragment) = split_before(text, '#');
    let (path, query) = split_before(before_fragment, '?');
    (path, query, fragment)
}

/// Splits before the first `delimiter`, which begins the second half.
pub(super) fn split_before(text: &str, delimiter: char) -> (&str, &str) {
    let at = text.find(delimiter).unwrap_or(text.len());
    text.split_at_checked(at).unwrap_or((text, ""))
}

/// Appends a text that begins with `/`, `?`, `./` or `../`. Encodes each component.
///
/// `offset` is the position of the text in the caller's text.
pub(super) fn encode(text: &str, out: &mut String, offset: usize) -> Result<(), LocationError> {
    let path = encode_with_dots(text, out);
    match check::dot_segment(path.as_bytes()) {
        Some(error) if path.starts_with('/') => Err(error.moved(offset)),
        _ => Ok(()),
    }
}

/// Does the same, but allows dot segments. Returns the path before encoding.
pub(super) fn encode_with_dots<'a>(text: &'a str, out: &mut String) -> &'a str {
    let (path, query, fragment) = split(text);
    push_path(out, path);
    if let Some(query) = query.strip_prefix('?') {
        out.push('?');
        push_query(out, query);
    }
    if let Some(fragment) = fragment.strip_prefix('#') {
        out.push('#');
        push_fragment(out, fragment);
    }
    path
}

/// Parses `http(s)://host[:port]` at the front of a text, in any form that has one meaning.
///
/// Returns the origin in its canonical form, and the text after it.
pub(crate) fn parse_origin(text: &str) -> Result<(Origin, &str), LocationError> {
    valid_bytes::control(text.as_bytes())?;
    let Some((scheme, offset)) = scheme(text) else {
        return Err(LocationError::new(Problem::HttpScheme, 0, text.as_bytes()));
    };
    let after = text.get(offset..).unwrap_or_default();
    let end = after.find(['/', '?', '#', '\\']).unwrap_or(after.len());
    let (written, rest) = after.split_at_checked(end).unwrap_or((after, ""));
    let fail = |problem, at: usize| {
        let rest = after.as_bytes().get(at..).unwrap_or_default();
        LocationError::new(problem, offset + at, rest)
    };
    if let Some(at) = written.find('@') {
        return Err(fail(Problem::Userinfo, at));
    }
    if rest.starts_with('\\') {
        return Err(fail(Problem::Host, end));
    }
    // The colon after an IPv6 address in brackets, or else the first colon.
    let colon = match written.rfind(']') {
        Some(bracket) => written
            .get(bracket..)
            .and_then(|tail| tail.find(':'))
            .map(|at| bracket + at),
        None => written.find(':'),
    };
    let (host, port) = match colon {
        Some(at) => (written.get(..at).unwrap_or_default(), written.get(at + 1..)),
        None => (written, None),
    };
    let host = parse_host(host).map_err(|error| error.moved(offset))?;
    let port = match port {
        Some(digits) => match authority::port(digits.as_bytes()) {
            Ok([]) => digits.parse::<u16>().ok(),
            _ => return Err(fail(Problem::Port, written.len() - digits.len())),
        },
        None => None,
    };
    let port = port.filter(|&port| port != scheme.default_port());
    Ok((Origin::from_parts(scheme, host.into(), port), rest))
}

/// Returns the scheme at the front, in upper or lower case, and the position of the authority.
pub(super) fn scheme(text: &str) -> Option<(HttpScheme, usize)> {
    [HttpScheme::Https, HttpScheme::Http]
        .into_iter()
        .find_map(|scheme| {
            let name = scheme.as_str();
            let end = name.len() + "://".len();
            let prefix = text.get(..end)?;
            let written = prefix.strip_suffix("://")?;
            written.eq_ignore_ascii_case(name).then_some((scheme, end))
        })
}

/// Parses a host without a port, and returns it as browsers serialize it.
pub(super) fn parse_host(host: &str) -> Result<String, LocationError> {
    let fail = |problem| LocationError::new(problem, 0, host.as_bytes());
    if let Some(inside) = host.strip_prefix('[') {
        let address = inside
            .strip_suffix(']')
            .and_then(|inside| inside.parse::<Ipv6Addr>().ok())
            .ok_or_else(|| fail(Problem::Ipv6))?;
        // Browsers serialize an embedded IPv4 address in hexadecimal.
        return Ok(match address.to_ipv4_mapped().map(|v4| v4.octets()) {
            Some([a, b, c, d]) => {
                let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
                format!("[::ffff:{high:x}:{low:x}]")
            }
            None => format!("[{address}]"),
        });
    }
    let ascii = to_ascii(host)?;
    match authority::host(ascii.as_bytes()) {
        Ok([]) => Ok(ascii.into_owned()),
        // A byte that ends a host in other contexts isn't allowed here.
        Ok(_) => Err(fail(Problem::Host)),
        Err(error) => Err(error),
    }
}

#[cfg(feature = "idn")]
fn to_ascii(host: &str) -> Result<Cow<'_, str>, LocationError> {
    // An ASCII host must mean the same with and without the `idn` feature.
    if host.is_ascii() {
        return Ok(Cow::Owned(host.to_ascii_lowercase()));
    }
    let fail = || LocationError::new(Problem::Host, 0, host.as_bytes());
    // The mapping takes quadratic time in the length of a label.
    if is_too_long(host) {
        return Err(fail());
    }
    idna::domain_to_ascii_cow(host.as_bytes(), idna::AsciiDenyList::URL).map_err(|_| fail())
}

/// Returns `true` if the name or one of its labels has more characters than ASCII would allow.
#[cfg(feature = "idn")]
fn is_too_long(host: &str) -> bool {
    // The characters that UTS 46 maps to a dot.
    let mut labels = host.split(['.', '\u{3002}', '\u{ff0e}', '\u{ff61}']);
    host.chars().count() > 255 || labels.any(|label| label.chars().count() > 63)
}

#[cfg(not(feature = "idn"))]
fn to_ascii(host: &str) -> Result<Cow<'_, str>, LocationError> {
    Ok(Cow::Owned(host.to_ascii_lowercase()))
}
