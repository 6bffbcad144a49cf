//! The output check (R1): which texts are a valid `Location`.
//!
//! The check runs three times, always with the functions of this file:
//!
//! 1. [`literal_form`] checks a literal, in a `const` at compile time.
//! 2. [`form_and_bounds`] checks a text that was built at run time, and remembers where its parts
//!    begin.
//! 3. [`still_sendable`] checks the finished bytes again before the header is written.
//!
//! For example, `https://a.example/b#c` has the form `Absolute`, its origin ends at byte 17, and
//! its fragment begins at byte 19. `//a.example/` has no valid form, because a browser takes
//! `a.example` for a host.
//!
//! A `const fn` can't call closures or iterators, so most functions here match on slices.

use super::{
    authority::{authority, is_origin},
    limits::MAX_LEN,
    problem::{LocationError, Problem},
    reference, scan,
    valid_bytes::{all_sendable, depends_on_place, has_two_forms, sendable, unsendable},
};

/// The form of a location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `/` followed by the end, or by a byte other than `/` and `\`.
    Local,
    /// `http(s)://host[:port]/…`, as browsers serialize it.
    Absolute,
    /// `?…`, `./…` or `../…`, from a literal.
    Relative,
    /// Any text with valid bytes, from `Location::unchecked`.
    Unchecked,
}

/// Returns the form of a finished location, or why it isn't valid.
///
/// It checks every byte, but no dot segments. Those are for [`dot_segment`].
pub(super) const fn form_of(text: &[u8]) -> Result<Form, LocationError> {
    let form = match form_of_beginning(text) {
        Ok(form) => form,
        Err(error) => return Err(error),
    };
    match unsendable(text, origin_len(text, form)) {
        Some(error) => Err(error),
        None => Ok(form),
    }
}

/// Returns the form and the bounds of a finished location at run time.
///
/// A text without special bytes is scanned sixteen bytes at a time.
pub(super) fn form_and_bounds(text: &[u8]) -> Result<(Form, Bounds), LocationError> {
    let form = form_of_beginning(text)?;
    let ends_fast_path = |byte| !sendable(byte) | (byte == b'#');
    let is_special = |byte| ends_fast_path(byte) | has_two_forms(byte);
    let special = scan::any(text, is_special);
    let origin = origin_len(text, form);
    if special && scan::any(text, |byte| ends_fast_path(byte) | depends_on_place(byte)) {
        if let Some(error) = unsendable(text, origin) {
            return Err(error);
        }
        if scan::any(text, ends_fast_path) {
            return Ok((form, Bounds::of(text, form)));
        }
    }
    let after_origin = text.get(origin..).unwrap_or_default();
    let bounds = Bounds {
        // The length was checked: at most 8,000.
        origin: origin as u16,
        fragment: text.len() as u16,
        may_be_rewritten: text.ends_with(b"?") || special && scan::any(after_origin, has_two_forms),
        dots: false,
    };
    Ok((form, bounds))
}

/// Returns the form without checking the bytes of the path, the query and the fragment.
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

/// Where the parts of a finished location begin and end.
///
/// The location keeps them, so that nothing is searched for on each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    /// The length of the origin.
    pub(super) origin: u16,
    /// The position of the `#`, or the length of the text.
    pub(super) fragment: u16,
    /// Whether some clients rewrite the text after the origin before they request it.
    pub(super) may_be_rewritten: bool,
    /// Whether the client has to resolve dot segments. Only `ReturnTo` allows them.
    pub(super) dots: bool,
}

impl Bounds {
    pub(super) const fn of(text: &[u8], form: Form) -> Self {
        let fragment = text.len() - from_first(text, b'#').len();
        let origin = origin_len(text, form);
        let after_origin = match text.split_at_checked(origin) {
            Some((_, after_origin)) => after_origin,
            None => text,
        };
        Self {
            // The length was checked: at most 8,000.
            origin: origin as u16,
            fragment: fragment as u16,
            may_be_rewritten: may_be_rewritten(after_origin),
            dots: false,
        }
    }
}

/// Returns the length of the scheme, the host and the port together, or 0.
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

/// Returns `true` if the text has an escape, an empty query, or one of `'`, `[` and `]`.
///
/// Some clients rewrite these. See [`may_request`](super::may_request).
const fn may_be_rewritten(text: &[u8]) -> bool {
    let mut rest = text;
    while let [byte, tail @ ..] = rest {
        match (byte, tail) {
            (b'?', [] | [b'#', ..]) => return true,
            (&byte, _) if has_two_forms(byte) => return true,
            _ => rest = tail,
        }
    }
    false
}

/// Returns the text from the first `mark` on, or an empty text.
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

/// Returns the form of a literal that is sent unchanged. Checks its dot segments too.
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

/// Returns an error if a relative reference goes down further than it goes up.
///
/// For example, `./a/b` leads from `/x` to `/a/b`, from there to `/a/a/b`, and so on.
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

/// Checks the finished bytes of a location again.
///
/// It looks at each byte once. It trusts only two facts: where the origin ends, and that the origin
/// comes from configuration.
#[inline]
pub(super) fn still_sendable(text: &[u8], form: Form, bounds: Bounds) -> bool {
    let after_origin = match (form, text) {
        (Form::Local, [b'/', rest @ ..]) if !matches!(rest, [b'/' | b'\\', ..]) => Some(text),
        (Form::Relative, [b'?', ..] | [b'.', b'/', ..] | [b'.', b'.', b'/', ..]) => Some(text),
        (Form::Absolute, _) => text
            .split_at_checked(usize::from(bounds.origin))
            .filter(|(origin, path)| {
                !origin.is_empty() && path.starts_with(b"/") && is_origin(origin)
            })
            .map(|(_, path)| path),
        (Form::Unchecked, [_, ..]) => {
            return text.len() <= MAX_LEN && reference::unsendable(text).is_none();
        }
        _ => None,
    };
    text.len() <= MAX_LEN && after_origin.is_some_and(all_sendable)
}

/// Returns the reason why a text has no valid form.
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

/// Returns an error for the first segment `.` or `..` of a path, even if written with `%2e`.
///
/// The path ends at `?`, at `#`, or at the end of the text.
pub(super) const fn dot_segment(path: &[u8]) -> Option<LocationError> {
    let mut rest = path;
    let mut segment = path;
    // The number of dots so far, or `None` after another byte of the segment.
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

/// Does the same for a received path, faster.
///
/// Few received paths have a segment that begins with a dot or an escape, so it looks for one
/// first.
pub(super) fn dot_segment_of_received(path: &[u8]) -> Option<LocationError> {
    let may_be_dot = |byte| (byte == b'.') | (byte == b'%');
    let may_have_one = path.first().is_some_and(|&byte| may_be_dot(byte))
        || scan::any_pair(path, |slash, byte| (slash == b'/') & may_be_dot(byte));
    may_have_one.then(|| dot_segment(path)).flatten()
}

/// The next piece of a path.
#[derive(Clone, Copy)]
enum Step {
    Dot,
    Other,
    End,
    Last,
}
