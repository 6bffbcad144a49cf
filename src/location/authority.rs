//! The grammar of hosts and ports, in the form in which browsers serialize them.
//!
//! The host is in lower case, and the default port and the user name are left out. For example,
//! `a.example:8080/x` is valid for `http`, but `A.example/x` and `a.example:80/x` aren't.
//!
//! A host whose last label is a number is an IPv4 address to browsers: `1.2.3` and `0x7f.1` too.
//! Only four decimal numbers are accepted, so that a text has one meaning.
//!
//! Source: WHATWG URL, host parsing.

use std::net::Ipv6Addr;

use super::{
    problem::{LocationError, Problem},
    scan,
};

/// Checks `host[:port]/…`.
pub(super) const fn authority(text: &[u8], default_port: &[u8]) -> Result<(), LocationError> {
    let after_host = match host(text) {
        Ok(rest) => rest,
        Err(error) => return Err(error),
    };
    let at = text.len() - after_host.len();
    let after_port = match after_host {
        [b':', digits @ ..] => match port(digits) {
            Ok(rest) => {
                if same(digits, rest, default_port) {
                    return Err(LocationError::new(Problem::DefaultPort, at, after_host));
                }
                rest
            }
            Err(error) => return Err(error.moved(at + 1)),
        },
        _ => after_host,
    };
    match after_port {
        [b'/', ..] => Ok(()),
        [] | [b'?' | b'#', ..] => {
            let at = text.len() - after_port.len();
            Err(LocationError::new(Problem::NoPath, at, after_port))
        }
        [b'@', ..] => {
            let at = text.len() - after_port.len();
            Err(LocationError::new(Problem::Userinfo, at, after_port))
        }
        _ => {
            let at = text.len() - after_port.len();
            Err(LocationError::new(Problem::Port, at, after_port))
        }
    }
}

/// Returns the host of `host[:port]` in any letter case. Returns `None` if the text isn't valid.
///
/// It allocates nothing: it checks a copy in lower case on the stack.
pub(crate) fn host_of(text: &str) -> Option<&str> {
    // A name, its last dot, a colon and a port.
    const MAX_LEN: usize = 253 + 1 + 1 + 5;
    let mut buffer = [0_u8; MAX_LEN];
    let lower = buffer.get_mut(..text.len())?;
    lower.copy_from_slice(text.as_bytes());
    lower.make_ascii_lowercase();
    let rest = host(lower).ok()?;
    let is_port = match rest {
        [] => true,
        [b':', digits @ ..] => matches!(port(digits), Ok([])),
        _ => false,
    };
    let name = text.get(..text.len() - rest.len()).filter(|_| is_port)?;
    match name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'))
    {
        // `host` only checks the characters of an IPv6 address.
        Some(address) => address.parse::<Ipv6Addr>().ok().map(|_| name),
        None => Some(name),
    }
}

/// Checks a host name, an IPv4 address or an IPv6 address in brackets. Returns the text after it.
pub(super) const fn host(text: &[u8]) -> Result<&[u8], LocationError> {
    if let [b'[', inside @ ..] = text {
        return ipv6(text, inside);
    }
    let mut rest = text;
    let mut label = 0_usize;
    loop {
        let at = text.len() - rest.len();
        match rest {
            [b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_', tail @ ..] => {
                label += 1;
                if label > 63 || at >= 253 {
                    return Err(LocationError::new(Problem::Host, at, rest));
                }
                rest = tail;
            }
            [b'.', tail @ ..] if label > 0 => {
                label = 0;
                rest = tail;
            }
            [] | [b'/' | b':' | b'?' | b'#', ..] => {
                if at == 0 {
                    return Err(LocationError::new(Problem::Host, at, rest));
                }
                if label == 0 {
                    // The text ends in the dot of a fully qualified name. If the last label is a
                    // number, it's still an IPv4 address.
                    return if ends_in_number(text, at - 1) {
                        Err(LocationError::new(Problem::HostNumber, 0, text))
                    } else {
                        Ok(rest)
                    };
                }
                return if ends_in_number(text, at) && !is_ipv4(text) {
                    Err(LocationError::new(Problem::HostNumber, 0, text))
                } else {
                    Ok(rest)
                };
            }
            [b'@', ..] => return Err(LocationError::new(Problem::Userinfo, at, rest)),
            [b'A'..=b'Z', ..] => return Err(LocationError::new(Problem::HostUpperCase, at, rest)),
            [0x80..=0xff, ..] => return Err(LocationError::new(Problem::HostNotAscii, at, rest)),
            [..] => return Err(LocationError::new(Problem::Host, at, rest)),
        }
    }
}

/// Returns `true` if a browser takes the first `end` bytes for an IPv4 address.
///
/// The last label is then all digits, or `0x` and hex digits.
///
/// Source: WHATWG URL, "ends in a number".
const fn ends_in_number(text: &[u8], end: usize) -> bool {
    let (mut rest, _) = match text.split_at_checked(end) {
        Some(halves) => halves,
        None => return false,
    };
    let mut digits_only = true;
    let mut length = 0_usize;
    while let [head @ .., byte] = rest {
        match byte {
            b'.' => break,
            b'0'..=b'9' => {}
            b'a'..=b'f' => digits_only = false,
            b'x' => {
                // `0x`, followed by the hex digits seen so far, or by nothing.
                let prefix = matches!(head, [b'0'] | [.., b'.', b'0']);
                return prefix;
            }
            _ => return false,
        }
        length += 1;
        rest = head;
    }
    length > 0 && digits_only
}

/// Returns `true` if the host at the front of the text is four decimal numbers.
const fn is_ipv4(host: &[u8]) -> bool {
    let mut rest = host;
    let mut labels = 1_usize;
    let mut numbers = ipv4_number(host) as usize;
    while let [byte, tail @ ..] = rest {
        match byte {
            b'/' | b':' | b'?' | b'#' => break,
            b'.' => {
                labels += 1;
                numbers += ipv4_number(tail) as usize;
            }
            _ => {}
        }
        rest = tail;
    }
    labels == 4 && numbers == 4
}

/// Returns `true` if the label at the front is a decimal number up to 255 without leading zeros.
const fn ipv4_number(label: &[u8]) -> bool {
    let mut rest = label;
    let mut value = 0_u32;
    let mut digits = 0_usize;
    while let [byte @ b'0'..=b'9', tail @ ..] = rest {
        if digits == 1 && value == 0 || digits == 3 {
            return false;
        }
        value = value * 10 + (*byte - b'0') as u32;
        digits += 1;
        rest = tail;
    }
    digits > 0 && value <= 255 && matches!(rest, [] | [b'.' | b'/' | b':' | b'?' | b'#', ..])
}

/// Checks the characters of an IPv6 address, up to the bracket.
///
/// It doesn't check that they form an address, because the parser of `std` isn't `const`. The code
/// that builds the location calls that parser.
const fn ipv6<'a>(text: &'a [u8], inside: &'a [u8]) -> Result<&'a [u8], LocationError> {
    let mut rest = inside;
    let mut length = 0_usize;
    while let [byte, tail @ ..] = rest {
        match byte {
            b'0'..=b'9' | b'a'..=b'f' | b':' | b'.' if length < 45 => length += 1,
            b']' if length > 1 => return Ok(tail),
            _ => break,
        }
        rest = tail;
    }
    Err(LocationError::new(
        Problem::Ipv6,
        text.len() - rest.len(),
        rest,
    ))
}

/// Checks a port at the front. Returns the text after it.
pub(super) const fn port(text: &[u8]) -> Result<&[u8], LocationError> {
    let mut rest = text;
    let mut value = 0_u32;
    let mut digits = 0_usize;
    while let [byte @ b'0'..=b'9', tail @ ..] = rest {
        if digits == 1 && value == 0 || digits == 5 {
            return Err(LocationError::new(Problem::Port, 0, text));
        }
        value = value * 10 + (*byte - b'0') as u32;
        digits += 1;
        rest = tail;
    }
    if digits == 0 || value > 65_535 {
        return Err(LocationError::new(Problem::Port, 0, text));
    }
    Ok(rest)
}

/// Returns `true` if `text` without its tail `rest` equals `expected`.
const fn same(text: &[u8], rest: &[u8], expected: &[u8]) -> bool {
    let mut text = text;
    let mut expected = expected;
    while text.len() > rest.len() {
        match (text, expected) {
            ([a, text_tail @ ..], [b, expected_tail @ ..]) if *a == *b => {
                text = text_tail;
                expected = expected_tail;
            }
            _ => return false,
        }
    }
    expected.is_empty()
}

/// Returns `true` if the text is a scheme, a host and a port as they are sent, or empty.
///
/// It looks at the bytes only. The host comes from configuration and was parsed there.
#[inline]
pub(super) fn is_origin(text: &[u8]) -> bool {
    let authority = text
        .strip_prefix(b"https://")
        .or_else(|| text.strip_prefix(b"http://"));
    match authority {
        Some(authority) => {
            !authority.is_empty() && !scan::any(authority, |byte| !is_authority_byte(byte))
        }
        None => text.is_empty(),
    }
}

/// Returns `true` if the byte may occur in a host or a port as they are sent.
#[inline]
const fn is_authority_byte(byte: u8) -> bool {
    // One range covers the digits, `-`, `.` and `:`. It contains `/` too.
    (byte.wrapping_sub(b'a') < 26)
        | ((byte.wrapping_sub(b'-') < 14) & (byte != b'/'))
        | (byte == b'_')
        | (byte == b'[')
        | (byte == b']')
}

#[cfg(test)]
mod tests {
    use super::is_authority_byte;

    #[test]
    fn r1_the_bytes_of_an_authority() {
        for byte in 0..=u8::MAX {
            let expected = byte.is_ascii_lowercase() || byte.is_ascii_digit();
            let expected = expected || b"-._:[]".contains(&byte);
            assert_eq!(is_authority_byte(byte), expected, "{byte:#x}");
        }
    }
}
