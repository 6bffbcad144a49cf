//! The rule on a finished location (R1), in one place: for literals while compiling, for other
//! texts when they are built, and once more for each redirect that is sent.

use super::problem::{LocationError, Problem};

/// The most that is sent; more is not redirected (R10).
pub(super) const MAX_LEN: usize = 8_000;

/// Which of the safe forms a location has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `/` followed by the end, or by a byte other than `/` and `\`.
    Local,
    /// `http(s)://host[:port]/…`, serialised.
    Absolute,
    /// `?…`, `./…`, `../…`, from a literal.
    Relative,
    /// Whatever the unchecked door took; only its bytes are checked.
    Unchecked,
}

/// The form of a finished location, or why it is not one.
///
/// Looks at every byte; the dot segments of a path are [`dot_segment`]'s.
pub(super) const fn form_of(text: &[u8]) -> Result<Form, LocationError> {
    if text.len() > MAX_LEN {
        return Err(LocationError::new(Problem::TooLong, MAX_LEN, &[]));
    }
    let form = match text {
        [] => return Err(LocationError::new(Problem::Empty, 0, &[])),
        [b'/', rest @ ..] if matches!(rest, [b'/' | b'\\', ..]) => {
            return Err(LocationError::new(Problem::OffSite, 1, rest));
        }
        [b'/', ..] => Form::Local,
        [b'?', ..] | [b'.', b'/', ..] | [b'.', b'.', b'/', ..] => Form::Relative,
        [b'h', b't', b't', b'p', b':', b'/', b'/', rest @ ..] => match authority(rest, b"80") {
            Ok(()) => Form::Absolute,
            Err(error) => return Err(error.moved("http://".len())),
        },
        [b'h', b't', b't', b'p', b's', b':', b'/', b'/', rest @ ..] => {
            match authority(rest, b"443") {
                Ok(()) => Form::Absolute,
                Err(error) => return Err(error.moved("https://".len())),
            }
        }
        _ => return Err(no_form(text)),
    };
    match unsendable(text) {
        Some(error) => Err(error),
        None => Ok(form),
    }
}

/// Where a finished location is divided: behind its origin, and in front of its `#`.
///
/// Kept beside the text, so that nothing is looked for while a request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) origin: u16,
    pub(super) fragment: u16,
}

impl Bounds {
    pub(super) const fn of(text: &[u8], form: Form) -> Self {
        let origin = match (form, text) {
            (
                Form::Absolute,
                [b'h', b't', b't', b'p', b's', rest @ ..] | [b'h', b't', b't', b'p', rest @ ..],
            ) => {
                let authority = match rest {
                    [b':', b'/', b'/', authority @ ..] => authority,
                    _ => rest,
                };
                let path = from_first(authority, b'/');
                text.len() - path.len()
            }
            _ => 0,
        };
        let fragment = text.len() - from_first(text, b'#').len();
        Self {
            // At most 8,000: both were checked.
            origin: origin as u16,
            fragment: fragment as u16,
        }
    }
}

/// The text from the first `mark` on; empty where there is none.
const fn from_first(text: &[u8], mark: u8) -> &[u8] {
    let mut rest = text;
    while let [byte, tail @ ..] = rest {
        if *byte == mark {
            return rest;
        }
        rest = tail;
    }
    rest
}

/// Whether a location of this form may still be sent: the check on the finished bytes.
///
/// It looks at each byte once and takes nothing on trust but where the origin ends, and that it
/// comes from configuration.
#[inline]
pub(super) fn still_sendable(text: &[u8], form: Form, bounds: Bounds) -> bool {
    let safe_form = match (form, text) {
        (Form::Local, [b'/', rest @ ..]) => !matches!(rest, [b'/' | b'\\', ..]),
        (Form::Relative, [b'?', ..] | [b'.', b'/', ..] | [b'.', b'.', b'/', ..]) => true,
        (Form::Absolute, _) => {
            let (origin, path) = text
                .split_at_checked(usize::from(bounds.origin))
                .unwrap_or_default();
            let authority = origin
                .strip_prefix(b"https://")
                .or_else(|| origin.strip_prefix(b"http://"))
                .unwrap_or_default();
            !authority.is_empty()
                && path.first() == Some(&b'/')
                && authority.iter().all(|byte| {
                    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b':' | b'[' | b']')
                })
        }
        (Form::Unchecked, text) => !text.is_empty(),
        _ => false,
    };
    safe_form && text.len() <= MAX_LEN && all_sendable(text)
}

/// Whether every byte is [`sendable`], sixteen at a time where there are as many.
#[inline]
fn all_sendable(text: &[u8]) -> bool {
    let Some(last) = text.last_chunk() else {
        return text.iter().all(|&byte| sendable(byte));
    };
    let mut bad = [false; 16];
    // The last sixteen overlap with those before.
    for chunk in text.chunks_exact(16).filter_map(<[u8]>::first_chunk) {
        mark_unsendable(chunk, &mut bad);
    }
    mark_unsendable(last, &mut bad);
    bad == [false; 16]
}

#[inline]
fn mark_unsendable(chunk: &[u8; 16], bad: &mut [bool; 16]) {
    for (bad, &byte) in bad.iter_mut().zip(chunk) {
        *bad |= !sendable(byte);
    }
}

/// The bytes of a `Location`: visible ASCII without `" < > \ ^ backtick { | }`.
#[inline]
pub(super) const fn sendable(byte: u8) -> bool {
    // `<` and `>`, `\` and `^` differ in one bit; `{`, `|` and `}` follow each other.
    (byte.wrapping_sub(0x21) < 0x5e)
        & (byte != b'"')
        & (byte | 0x02 != b'>')
        & (byte | 0x02 != b'^')
        & (byte != b'`')
        & (byte.wrapping_sub(b'{') > 2)
}

/// Why a text has none of the safe forms, for the one who wrote it.
const fn no_form(text: &[u8]) -> LocationError {
    let mut rest = text;
    while let [byte, tail @ ..] = rest {
        match byte {
            b':' => return LocationError::new(Problem::Scheme, 0, text),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'+' | b'-' | b'.' => rest = tail,
            _ => break,
        }
    }
    LocationError::new(Problem::NoSlash, 0, text)
}

const fn unsendable(text: &[u8]) -> Option<LocationError> {
    let mut rest = text;
    while let [byte, tail @ ..] = rest {
        let at = text.len() - rest.len();
        if *byte < 0x20 || *byte == 0x7f {
            return Some(LocationError::new(Problem::Control, at, rest));
        }
        if !sendable(*byte) {
            return Some(LocationError::new(Problem::Unencoded, at, rest));
        }
        rest = tail;
    }
    None
}

/// The first control character: no text that has one becomes a location.
pub(super) fn control(text: &[u8]) -> Result<(), LocationError> {
    match text.iter().position(u8::is_ascii_control) {
        Some(at) => Err(LocationError::new(
            Problem::Control,
            at,
            text.get(at..).unwrap_or_default(),
        )),
        None => Ok(()),
    }
}

/// The first segment `.` or `..` of a path, `%2e` included; the path ends at `?`, `#` or the end.
pub(super) const fn dot_segment(path: &[u8]) -> Option<LocationError> {
    let mut rest = path;
    let mut segment = path;
    // How many dots the segment has so far, while it has nothing else.
    let mut dots = Some(0_usize);
    loop {
        let (step, tail) = match rest {
            [b'.', tail @ ..] | [b'%', b'2', b'e' | b'E', tail @ ..] => (Step::Dot, tail),
            [b'/', tail @ ..] => (Step::End, tail),
            [] | [b'?' | b'#', ..] => (Step::Last, rest),
            [_, tail @ ..] => (Step::Other, tail),
        };
        dots = match (step, dots) {
            (Step::Dot, Some(count)) => Some(count + 1),
            (Step::End | Step::Last, Some(1 | 2)) => {
                let at = path.len() - segment.len();
                return Some(LocationError::new(Problem::DotSegment, at, segment));
            }
            (Step::Last, _) => return None,
            (Step::End, _) => {
                segment = tail;
                Some(0)
            }
            (Step::Dot | Step::Other, _) => None,
        };
        rest = tail;
    }
}

#[derive(Clone, Copy)]
enum Step {
    Dot,
    Other,
    End,
    Last,
}

/// `host[:port]/…`, as it is serialised: lower case, no default port, no user name.
const fn authority(text: &[u8], default_port: &[u8]) -> Result<(), LocationError> {
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
    let mut labels = 0_usize;
    let mut last = text;
    let mut numbers = 0_usize;
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
                labels += 1;
                numbers += ipv4_number(last) as usize;
                label = 0;
                last = tail;
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
                labels += 1;
                numbers += ipv4_number(last) as usize;
                let address = labels == 4 && numbers == 4;
                return if ends_in_number(text, at) && !address {
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
    let mut hex_only = true;
    let mut length = 0_usize;
    while let [head @ .., byte] = rest {
        match byte {
            b'.' => break,
            b'0'..=b'9' => {}
            b'a'..=b'f' => digits_only = false,
            b'x' => {
                // `0x` in front of hex digits, or of nothing.
                let prefix = matches!(head, [b'0'] | [.., b'.', b'0']);
                return hex_only && prefix;
            }
            _ => {
                digits_only = false;
                hex_only = false;
            }
        }
        length += 1;
        rest = head;
    }
    length > 0 && digits_only
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

#[cfg(test)]
mod tests {
    use super::{MAX_LEN, all_sendable, sendable};

    #[test]
    fn r1_the_bytes_of_a_location() {
        for byte in 0..=u8::MAX {
            let visible = (0x21..=0x7e).contains(&byte);
            let listed = b"\"<>\\^`{|}".contains(&byte);
            assert_eq!(sendable(byte), visible && !listed, "{byte:#x}");
        }
    }

    #[test]
    fn r1_one_bad_byte_is_found_wherever_it_stands() {
        for length in (0..100).chain([MAX_LEN]) {
            let mut text = vec![b'a'; length];
            assert!(all_sendable(&text), "{length}");
            for at in (0..length).step_by(length / 100 + 1) {
                text[at] = b'\\';
                assert!(!all_sendable(&text), "{at} of {length}");
                text[at] = b'a';
            }
        }
    }
}
