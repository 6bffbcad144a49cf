//! Which bytes may be sent in a location, and where (R1).
//!
//! | byte | where |
//! |---|---|
//! | `%` | before two hex digits |
//! | `[`, `]` | in an IPv6 host and in the query |
//! | other visible ASCII | everywhere, but only one `#` |
//!
//! These are never sent: ``" < > \ ^ ` { | }``.
//!
//! For example, `/a?b[]=50%25` may be sent. `/a[1]` and `/50%` may not, so the constructors write
//! `/a%5B1%5D` and `/50%25`.
//!
//! A `const fn` can't call closures or iterators, so most functions here match on slices.

use super::{
    problem::{LocationError, Problem},
    scan,
};

/// Returns `true` if every byte of the text after the origin may be sent where it stands.
#[inline]
pub(super) fn all_sendable(after_origin: &[u8]) -> bool {
    !scan::any(after_origin, |byte| {
        !sendable(byte) | depends_on_place(byte)
    }) || unsendable(after_origin, 0).is_none()
}

/// Returns `true` if the byte may occur in a `Location`: visible ASCII without
/// `" < > \ ^ backtick { | }`.
///
/// It doesn't look at the place of a `%`, `[` or `]`. [`unsendable`] does.
#[inline]
pub(crate) const fn sendable(byte: u8) -> bool {
    // `<` and `>` differ in one bit, and so do `\` and `^`. `{`, `|` and `}` are consecutive.
    (byte.wrapping_sub(0x21) < 0x5e)
        & (byte != b'"')
        & (byte | 0x02 != b'>')
        & (byte | 0x02 != b'^')
        & (byte != b'`')
        & (byte.wrapping_sub(b'{') > 2)
}

/// Returns `true` if some clients write the byte in another form: `'` as `%27`, for example.
#[inline]
pub(super) const fn has_two_forms(byte: u8) -> bool {
    depends_on_place(byte) | (byte == b'\'')
}

/// Returns `true` if the byte can be sent in some places only: `%` before two hex digits, `[` and
/// `]` in IPv6 hosts and queries.
#[inline]
pub(super) const fn depends_on_place(byte: u8) -> bool {
    (byte == b'%') | (byte == b'[') | (byte == b']')
}

/// Returns `true` if the text begins with `%` and two hex digits.
#[inline]
pub(super) const fn begins_escape(text: &[u8]) -> bool {
    matches!(text, [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}

/// Returns an error for the first byte that can't be sent where it stands.
///
/// The first `origin` bytes are an origin, whose brackets were checked already.
pub(super) const fn unsendable(text: &[u8], origin: usize) -> Option<LocationError> {
    let mut rest = text;
    // Brackets may stand in the origin and in the query.
    let mut takes_brackets = true;
    let mut in_fragment = false;
    while let [byte, tail @ ..] = rest {
        let at = text.len() - rest.len();
        if at == origin {
            takes_brackets = false;
        }
        let problem = match *byte {
            0..0x20 | 0x7f => Some(Problem::Control),
            b'#' if in_fragment => Some(Problem::Unencoded),
            b'[' | b']' if !takes_brackets => Some(Problem::Unencoded),
            b'%' if !begins_escape(rest) => Some(Problem::LonePercent),
            byte if !sendable(byte) => Some(Problem::Unencoded),
            _ => None,
        };
        if let Some(problem) = problem {
            return Some(LocationError::new(problem, at, rest));
        }
        match *byte {
            b'#' => {
                in_fragment = true;
                takes_brackets = false;
            }
            b'?' if !in_fragment => takes_brackets = true,
            _ => {}
        }
        rest = tail;
    }
    None
}

/// Returns an error for the first control character. No location may contain one.
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

#[cfg(test)]
mod tests {
    use super::{all_sendable, sendable, unsendable};

    #[test]
    fn r1_the_bytes_of_a_location() {
        for byte in 0..=u8::MAX {
            let visible = (0x21..=0x7e).contains(&byte);
            let listed = b"\"<>\\^`{|}".contains(&byte);
            assert_eq!(sendable(byte), visible && !listed, "{byte:#x}");
        }
    }

    #[test]
    fn r1_one_bad_byte_is_found_at_any_position() {
        for length in (0..100).chain([8_000]) {
            let mut text = vec![b'a'; length];
            assert!(all_sendable(&text), "{length}");
            for at in (0..length).step_by(length / 100 + 1) {
                text[at] = b'\\';
                assert!(!all_sendable(&text), "{at} of {length}");
                text[at] = b'a';
            }
        }
    }

    #[test]
    fn r1_percent_and_brackets_depend_on_their_place() {
        for (text, origin, expected) in [
            ("/a%20b?c%5b#%5D", 0, None),
            ("/%", 0, Some(1)),
            ("/%4", 0, Some(1)),
            ("/%zz", 0, Some(1)),
            ("/%4g", 0, Some(1)),
            ("/%%41", 0, Some(1)),
            ("/a%41%", 0, Some(5)),
            ("/a?b%", 0, Some(4)),
            ("/a#%4", 0, Some(3)),
            ("/a?b[]=c", 0, None),
            ("/a?b?[", 0, None),
            ("/a[", 0, Some(2)),
            ("/a]", 0, Some(2)),
            ("/a#[", 0, Some(3)),
            ("/a#b?[", 0, Some(5)),
            ("/a?[#]", 0, Some(5)),
            ("http://[::1]/a", 12, None),
            ("http://[::1]/a]", 12, Some(14)),
            ("http://[::1]/", 0, Some(7)),
        ] {
            let error = unsendable(text.as_bytes(), origin);
            assert_eq!(error.map(|error| error.position()), expected, "{text}");
            if origin == 0 {
                assert_eq!(all_sendable(text.as_bytes()), expected.is_none(), "{text}");
            }
        }
    }
}
