//! The host and the port of an absolute location, as browsers spell them (WHATWG URL, host parsing).

use super::problem::{LocationError, Problem};

/// `host[:port]/…`, as it is serialised: lower case, no default port, no user name.
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

/// A host name, an IPv4 address or an IPv6 address in brackets; gives what follows it.
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
                    // The dot of a fully qualified name; nothing stood behind it. A number before
                    // it would still make an address.
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

/// Whether the last label of the first `end` bytes makes a browser read an IPv4 address: all
/// digits, or `0x` and hex digits (WHATWG URL, "ends in a number").
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
                // `0x` in front of hex digits, or of nothing.
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

/// Whether a host, up to what ends it, is four numbers.
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

/// Whether the label at the front is a decimal number up to 255 without leading zeros.
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

/// The characters of an IPv6 address in lower case, up to the bracket; whether they make one is for
/// who builds the location, with the parser of `std`.
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

/// A port at the front; gives what follows it.
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

/// Whether `text` up to `rest`, its own tail, is `expected`.
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
