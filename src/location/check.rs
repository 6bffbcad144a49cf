//! The rule on a finished location (R1), in one place: for literals while compiling, for other
//! texts when they are built, and once more for each redirect that is sent.

use super::{
    authority::authority,
    problem::{LocationError, Problem},
};
use crate::location::scan;

/// The most that is sent; more is not redirected (R10).
pub(crate) const MAX_LEN: usize = 8_000;

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
    let form = match form_of_beginning(text) {
        Ok(form) => form,
        Err(error) => return Err(error),
    };
    match unsendable(text) {
        Some(error) => Err(error),
        None => Ok(form),
    }
}

/// The form of a finished location and where it is divided, at run time: what has nothing special in
/// it is looked at sixteen bytes at a time.
pub(super) fn form_and_bounds(text: &[u8]) -> Result<(Form, Bounds), LocationError> {
    let form = form_of_beginning(text)?;
    let divides = |byte| !sendable(byte) | (byte == b'#');
    let is_special = |byte| divides(byte) | spelled_in_two_ways(byte);
    let special = scan::any(text, is_special);
    if special && scan::any(text, divides) {
        if let Some(error) = unsendable(text) {
            return Err(error);
        }
        return Ok((form, Bounds::of(text, form)));
    }
    let origin = origin_len(text, form);
    let behind = text.get(origin..).unwrap_or_default();
    let bounds = Bounds {
        // At most 8,000: it was checked.
        origin: origin as u16,
        fragment: text.len() as u16,
        respelled: text.ends_with(b"?") || special && scan::any(behind, spelled_in_two_ways),
        dots: false,
    };
    Ok((form, bounds))
}

/// Everything that [`form_of`] says without looking at the bytes of path, query and fragment.
const fn form_of_beginning(text: &[u8]) -> Result<Form, LocationError> {
    if text.len() > MAX_LEN {
        return Err(LocationError::new(Problem::TooLong, MAX_LEN, &[]));
    }
    match text {
        [] => Err(LocationError::new(Problem::Empty, 0, &[])),
        [b'/', rest @ ..] if matches!(rest, [b'/' | b'\\', ..]) => {
            Err(LocationError::new(Problem::OffSite, 1, rest))
        }
        [b'/', ..] => Ok(Form::Local),
        [b'?', ..] => Ok(Form::Relative),
        [b'.', b'/', ..] | [b'.', b'.', b'/', ..] => match deepens(text) {
            Some(error) => Err(error),
            None => Ok(Form::Relative),
        },
        [b'h', b't', b't', b'p', b':', b'/', b'/', rest @ ..] => match authority(rest, b"80") {
            Ok(()) => Ok(Form::Absolute),
            Err(error) => Err(error.moved("http://".len())),
        },
        [b'h', b't', b't', b'p', b's', b':', b'/', b'/', rest @ ..] => {
            match authority(rest, b"443") {
                Ok(()) => Ok(Form::Absolute),
                Err(error) => Err(error.moved("https://".len())),
            }
        }
        _ => Err(no_form(text)),
    }
}

/// Where a finished location is divided: behind its origin, and in front of its `#`.
///
/// Kept beside the text, so that nothing is looked for while a request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) origin: u16,
    pub(super) fragment: u16,
    /// Whether there is anything behind the origin that some clients spell in another way.
    pub(super) respelled: bool,
    /// Whether the client has dot segments to resolve; only one door lets them through.
    pub(super) dots: bool,
}

impl Bounds {
    pub(super) const fn of(text: &[u8], form: Form) -> Self {
        let fragment = text.len() - from_first(text, b'#').len();
        let origin = origin_len(text, form);
        let behind = match text.split_at_checked(origin) {
            Some((_, behind)) => behind,
            None => text,
        };
        Self {
            // At most 8,000: both were checked.
            origin: origin as u16,
            fragment: fragment as u16,
            respelled: has_other_spelling(behind),
            dots: false,
        }
    }
}

/// How long scheme, host and port are together; nothing, where there are none.
const fn origin_len(text: &[u8], form: Form) -> usize {
    match (form, text) {
        (
            Form::Absolute,
            [b'h', b't', b't', b'p', b's', rest @ ..] | [b'h', b't', b't', b'p', rest @ ..],
        ) => {
            let authority = match rest {
                [b':', b'/', b'/', authority @ ..] => authority,
                _ => rest,
            };
            text.len() - from_first(authority, b'/').len()
        }
        _ => 0,
    }
}

/// Whether there is an escape, an empty query or one of `'`, `[` and `]`.
const fn has_other_spelling(text: &[u8]) -> bool {
    let mut rest = text;
    while let [byte, tail @ ..] = rest {
        match (byte, tail) {
            (b'?', [] | [b'#', ..]) => return true,
            (&byte, _) if spelled_in_two_ways(byte) => return true,
            _ => rest = tail,
        }
    }
    false
}

pub(super) const fn spelled_in_two_ways(byte: u8) -> bool {
    (byte == b'%') | (byte == b'\'') | (byte == b'[') | (byte == b']')
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

/// The form of a literal that is sent as it is written, its path looked at too.
pub(super) const fn literal_form(text: &[u8]) -> Result<Form, LocationError> {
    let form = match form_of(text) {
        Ok(form) => form,
        Err(error) => return Err(error),
    };
    let Some((origin, path)) = text.split_at_checked(Bounds::of(text, form).origin as usize) else {
        return Ok(form);
    };
    let bracket = from_first(origin, b'[');
    if !bracket.is_empty() {
        let at = origin.len() - bracket.len();
        return Err(LocationError::new(Problem::Ipv6Literal, at, bracket));
    }
    match form {
        Form::Relative | Form::Unchecked => Ok(form),
        Form::Local | Form::Absolute => match dot_segment(path) {
            Some(error) => Err(error.moved(origin.len())),
            None => Ok(form),
        },
    }
}

/// Whether a relative reference goes down further than up, so that it leads elsewhere each time.
const fn deepens(text: &[u8]) -> Option<LocationError> {
    let mut rest = text;
    let mut ups = 0_usize;
    loop {
        rest = match rest {
            [b'.', b'.', b'/', tail @ ..] => {
                ups += 1;
                tail
            }
            [b'.', b'/', tail @ ..] => tail,
            _ => break,
        };
    }
    while let [byte, tail @ ..] = rest {
        match byte {
            b'?' | b'#' => return None,
            b'/' if ups == 0 => {
                let at = text.len() - rest.len();
                return Some(LocationError::new(Problem::Grows, at, rest));
            }
            b'/' => ups -= 1,
            _ => {}
        }
        rest = tail;
    }
    None
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
        (Form::Absolute, _) => text
            .split_at_checked(usize::from(bounds.origin))
            .is_some_and(|(origin, path)| {
                !origin.is_empty() && path.starts_with(b"/") && is_origin(origin)
            }),
        (Form::Unchecked, text) => !text.is_empty(),
        _ => false,
    };
    safe_form && text.len() <= MAX_LEN && all_sendable(text)
}

/// Whether this is scheme, host and port as they are sent, or nothing.
#[inline]
pub(super) fn is_origin(text: &[u8]) -> bool {
    let authority = text
        .strip_prefix(b"https://")
        .or_else(|| text.strip_prefix(b"http://"));
    match authority {
        Some(authority) => {
            !authority.is_empty() && !scan::any(authority, |byte| !is_of_authority(byte))
        }
        None => text.is_empty(),
    }
}

/// Whether a byte stands in a host or a port as they are sent.
#[inline]
const fn is_of_authority(byte: u8) -> bool {
    // The digits, `-`, `.` and `:` are near each other.
    (byte.wrapping_sub(b'a') < 26)
        | ((byte.wrapping_sub(b'-') < 14) & (byte != b'/'))
        | (byte == b'_')
        | (byte == b'[')
        | (byte == b']')
}

/// Whether every byte is [`sendable`].
#[inline]
pub(super) fn all_sendable(text: &[u8]) -> bool {
    !scan::any(text, |byte| !sendable(byte))
}

/// The bytes of a `Location`: visible ASCII without `" < > \ ^ backtick { | }`.
#[inline]
pub(crate) const fn sendable(byte: u8) -> bool {
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
            b':' => return LocationError::new(Problem::HttpScheme, 0, text),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'+' | b'-' | b'.' => rest = tail,
            _ => break,
        }
    }
    LocationError::new(Problem::NoSlash, 0, text)
}

pub(super) const fn unsendable(text: &[u8]) -> Option<LocationError> {
    let mut rest = text;
    let mut in_fragment = false;
    while let [byte, tail @ ..] = rest {
        let at = text.len() - rest.len();
        let second_mark = *byte == b'#' && in_fragment;
        in_fragment |= *byte == b'#';
        if *byte < 0x20 || *byte == 0x7f {
            return Some(LocationError::new(Problem::Control, at, rest));
        }
        if second_mark || !sendable(*byte) {
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

/// The same of a path as it was received; most have no segment that begins with a dot or an escape.
pub(super) fn dot_segment_of_received(path: &[u8]) -> Option<LocationError> {
    let begins = |byte| (byte == b'.') | (byte == b'%');
    let may_have_one = path.first().is_some_and(|&byte| begins(byte))
        || scan::any_pair(path, |slash, byte| (slash == b'/') & begins(byte));
    may_have_one.then(|| dot_segment(path)).flatten()
}

#[derive(Clone, Copy)]
enum Step {
    Dot,
    Other,
    End,
    Last,
}

#[cfg(test)]
mod tests {
    use super::{MAX_LEN, all_sendable, is_of_authority, sendable};

    #[test]
    fn r1_the_bytes_of_a_location() {
        for byte in 0..=u8::MAX {
            let visible = (0x21..=0x7e).contains(&byte);
            let listed = b"\"<>\\^`{|}".contains(&byte);
            assert_eq!(sendable(byte), visible && !listed, "{byte:#x}");
            let of_authority = byte.is_ascii_lowercase() || byte.is_ascii_digit();
            let of_authority = of_authority || b"-._:[]".contains(&byte);
            assert_eq!(is_of_authority(byte), of_authority, "{byte:#x}");
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
