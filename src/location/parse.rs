//! From a text that somebody wrote to the bytes that are sent.

use std::{borrow::Cow, net::Ipv6Addr};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::{
    authority, check,
    problem::{LocationError, Problem},
};
use crate::location::{HttpScheme, Origin};

/// What may not stand in a location as it is (R1). A `%` stays, and with it what is encoded already.
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

/// In a path as it was received, `?` and `#` would end it.
pub(crate) const RECEIVED_PATH: &AsciiSet = &UNSENDABLE.add(b'?').add(b'#');

/// In a query or a fragment, `#` would begin another fragment.
pub(crate) const RECEIVED_QUERY: &AsciiSet = &UNSENDABLE.add(b'#');

/// In plain text everything that has a meaning anywhere in a URI is encoded; what is left is
/// `unreserved` (RFC 3986 §2.3).
const PLAIN: &AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Adds path text whose `%XX` stay as they are.
pub(super) fn push_path(out: &mut String, received: &str) {
    out.extend(utf8_percent_encode(received, RECEIVED_PATH));
}

/// Adds query or fragment text whose `%XX` stay as they are.
pub(super) fn push_query(out: &mut String, received: &str) {
    out.extend(utf8_percent_encode(received, RECEIVED_QUERY));
}

/// Adds text that is not encoded yet.
pub(super) fn push_plain(out: &mut String, text: &str) {
    out.extend(utf8_percent_encode(text, PLAIN));
}

/// The parts of a relative reference that has no authority: path, `?query`, `#fragment`.
pub(super) fn split(text: &str) -> (&str, &str, &str) {
    let (address, fragment) = split_before(text, '#');
    let (path, query) = split_before(address, '?');
    (path, query, fragment)
}

/// Splits in front of the first `delimiter`, which stays with the second half.
pub(super) fn split_before(text: &str, delimiter: char) -> (&str, &str) {
    let at = text.find(delimiter).unwrap_or(text.len());
    text.split_at_checked(at).unwrap_or((text, ""))
}

/// A text that begins with `/`, `?`, `./` or `../`, encoded component by component.
///
/// `offset` is where it stands in what the caller was given.
pub(super) fn encode(text: &str, out: &mut String, offset: usize) -> Result<(), LocationError> {
    let path = encode_with_dots(text, out);
    match check::dot_segment(path.as_bytes()) {
        Some(error) if path.starts_with('/') => Err(error.moved(offset)),
        _ => Ok(()),
    }
}

/// The same, whatever the segments are; gives the path as it was written.
pub(super) fn encode_with_dots<'a>(text: &'a str, out: &mut String) -> &'a str {
    let (path, query, fragment) = split(text);
    push_path(out, path);
    for (mark, part) in [('?', query), ('#', fragment)] {
        if let Some(part) = part.strip_prefix(mark) {
            out.push(mark);
            push_query(out, part);
        }
    }
    path
}

/// Splits `http(s)://host[:port]` off the front of a text, in any spelling that means one origin.
pub(crate) fn parse_origin(text: &str) -> Result<(Origin, &str), LocationError> {
    check::control(text.as_bytes())?;
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
    // The colon behind the bracket of an IPv6 address, or the only one there may be.
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

/// The scheme at the front, in any case, and where the authority begins.
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

/// What the unchecked door lets through, with what a browser adds and leaves out: `//host/` takes a
/// scheme, a user name changes nothing about the host.
pub(super) fn as_browsers_read(address: &str) -> String {
    let text = match address.strip_prefix("//") {
        Some(authority) => format!("https://{authority}"),
        None => address.to_owned(),
    };
    let Some((scheme, offset)) = scheme(&text) else {
        return text;
    };
    let after = text.get(offset..).unwrap_or_default();
    let end = after.find(['/', '?']).unwrap_or(after.len());
    let (authority, rest) = after.split_at_checked(end).unwrap_or((after, ""));
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{rest}")
}

/// Whether a text begins with a scheme, of whatever kind.
pub(super) fn has_scheme(text: &str) -> bool {
    let (first, rest) = split_before(text, ':');
    !rest.is_empty() && !first.contains(['/', '?', '#'])
}

fn parse_host(host: &str) -> Result<String, LocationError> {
    let fail = |problem| LocationError::new(problem, 0, host.as_bytes());
    if let Some(inside) = host.strip_prefix('[') {
        let address = inside
            .strip_suffix(']')
            .and_then(|inside| inside.parse::<Ipv6Addr>().ok())
            .ok_or_else(|| fail(Problem::Ipv6))?;
        // Browsers write an embedded IPv4 address in hexadecimal.
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
        // A byte that ends a host elsewhere cannot stand here.
        Ok(_) => Err(fail(Problem::Host)),
        Err(error) => Err(error),
    }
}

#[cfg(feature = "idn")]
fn to_ascii(host: &str) -> Result<Cow<'_, str>, LocationError> {
    // ASCII hosts are read alike with and without the feature.
    if host.is_ascii() {
        return Ok(Cow::Owned(host.to_ascii_lowercase()));
    }
    let fail = || LocationError::new(Problem::Host, 0, host.as_bytes());
    // The mapping takes time that grows with the square of a label.
    if is_too_long(host) {
        return Err(fail());
    }
    idna::domain_to_ascii_cow(host.as_bytes(), idna::AsciiDenyList::URL).map_err(|_| fail())
}

/// Whether a name is longer than any in ASCII, or one of its labels is, in characters.
#[cfg(feature = "idn")]
fn is_too_long(host: &str) -> bool {
    // What UTS 46 takes for a dot.
    let mut labels = host.split(['.', '\u{3002}', '\u{ff0e}', '\u{ff61}']);
    host.chars().count() > 255 || labels.any(|label| label.chars().count() > 63)
}

#[cfg(not(feature = "idn"))]
fn to_ascii(host: &str) -> Result<Cow<'_, str>, LocationError> {
    Ok(Cow::Owned(host.to_ascii_lowercase()))
}
