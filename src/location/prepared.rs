//! Locations that a rule table builds.
//!
//! The parts of such a location were checked when the table was built. The finished text is checked
//! here once more (R1, R4). If a target has no placeholders, its text never changes, so the table
//! checks it once and remembers that it [is settled](is_settled).

use bytes::Bytes;
use http::HeaderValue;

use super::{
    LabelledOrigin, Location, authority,
    check::{self, Bounds, Form},
    limits::MAX_LEN,
    scan, valid_bytes,
};

/// Why a finished text isn't a location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PrepareError {
    TooLong,
    OffSite,
    DotSegments,
}

/// Where the parts of a finished text end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PartEnds {
    /// The length of the configured origin, or 0 on this site.
    pub(crate) origin: u16,
    /// The position of the fragment.
    pub(crate) fragment: usize,
}

impl Location {
    /// Creates a location on an origin with a label from a request (R3). The text begins with the
    /// origin.
    pub(crate) fn prepared_on(
        origin: &LabelledOrigin,
        text: Bytes,
        fragment: usize,
    ) -> Result<Self, PrepareError> {
        let origin = origin.as_str();
        let length = u16::try_from(origin.len()).map_err(|_| PrepareError::TooLong)?;
        if !text.starts_with(origin.as_bytes()) {
            return Err(PrepareError::OffSite);
        }
        let ends = PartEnds {
            origin: length,
            fragment,
        };
        Self::prepared(text, ends, false)
    }

    /// Creates a location from the text of a table. Checks every byte, unless the text is
    /// [settled](is_settled).
    #[inline]
    pub(crate) fn prepared(
        text: Bytes,
        ends: PartEnds,
        is_settled: bool,
    ) -> Result<Self, PrepareError> {
        if text.len() > MAX_LEN {
            return Err(PrepareError::TooLong);
        }
        let is_special = !is_settled && is_special(&text, ends.origin)?;
        let before_fragment = text.get(..ends.fragment).unwrap_or_default();
        let bounds = Bounds {
            origin: ends.origin,
            // The length was checked: at most 8,000.
            fragment: ends.fragment as u16,
            may_be_rewritten: is_special || before_fragment.ends_with(b"?") || text.ends_with(b"?"),
            dots: false,
        };
        let form = match ends.origin {
            0 => Form::Local,
            _ => Form::Absolute,
        };
        Ok(Self {
            value: HeaderValue::from_maybe_shared(text).map_err(|_| PrepareError::OffSite)?,
            form,
            bounds,
        })
    }
}

/// Returns `true` if some clients rewrite this location, or an error if it isn't valid.
#[inline]
fn is_special(text: &[u8], origin: u16) -> Result<bool, PrepareError> {
    let (origin, path_on) = split_origin(text, origin).ok_or(PrepareError::OffSite)?;
    if !authority::is_origin(origin) {
        return Err(PrepareError::OffSite);
    }
    // Most texts have ordinary bytes only. One scan is enough for them.
    if !scan::any_pair(path_on, |byte, next| {
        !is_ordinary(byte) | ((byte == b'/') & (next == b'.'))
    }) {
        return Ok(false);
    }
    let is_special = |byte| !valid_bytes::sendable(byte) | valid_bytes::has_two_forms(byte);
    let has_special = scan::any(path_on, is_special);
    if has_special && !valid_bytes::all_sendable(path_on) {
        return Err(PrepareError::OffSite);
    }
    if has_dot_segment(path_on) {
        return Err(PrepareError::DotSegments);
    }
    Ok(has_special)
}

/// Splits the text after the origin. Returns `None` if no path of this site or origin follows.
#[inline]
fn split_origin(text: &[u8], origin: u16) -> Option<(&[u8], &[u8])> {
    let (origin, path_on) = text.split_at_checked(usize::from(origin))?;
    match path_on {
        [b'/', b'/' | b'\\', ..] if origin.is_empty() => None,
        [b'/', ..] => Some((origin, path_on)),
        _ => None,
    }
}

/// Returns `true` if the text is a valid location that no client rewrites.
///
/// The table then doesn't check it again for each request.
pub(crate) fn is_settled(text: &[u8], origin: u16) -> bool {
    is_special(text, origin) == Ok(false)
}

/// Returns `true` if the byte can be sent and no client rewrites it.
///
/// It leaves out some rare bytes for which that's true as well, because it's called for every byte.
#[inline]
const fn is_ordinary(byte: u8) -> bool {
    // As signed numbers, bytes outside ASCII are negative, so two comparisons exclude them. `<` and
    // `>` differ in one bit. `[`, `\`, `]` and `^` are consecutive.
    (((byte as i8) >= b'-' as i8) | (byte == b'&'))
        & ((byte as i8) <= b'z' as i8)
        & (byte | 0x02 != b'>')
        & (byte.wrapping_sub(b'[') > 3)
        & (byte != b'`')
}

/// Returns `true` if the path has a segment `.` or `..`, even if written with `%2e`.
pub(crate) fn has_dot_segment(path: &[u8]) -> bool {
    check::dot_segment_of_received(path).is_some()
}

#[cfg(test)]
mod tests {
    use super::{
        Bounds, Bytes, Form, Location, MAX_LEN, PartEnds, PrepareError, check, is_ordinary,
        is_settled, valid_bytes,
    };

    #[test]
    fn r1_ordinary_bytes_are_sent_as_they_are() {
        for byte in 0..=u8::MAX {
            let ordinary = byte.is_ascii_alphanumeric() || b"-./:;=?@_&".contains(&byte);
            assert_eq!(is_ordinary(byte), ordinary, "{byte:#x}");
            if ordinary {
                assert!(valid_bytes::sendable(byte) && !valid_bytes::has_two_forms(byte));
            }
        }
    }

    fn prepared(text: &str, origin: u16) -> Result<Location, PrepareError> {
        let fragment = text.find('#').unwrap_or(text.len());
        let text = Bytes::copy_from_slice(text.as_bytes());
        Location::prepared(text, PartEnds { origin, fragment }, false)
    }

    #[test]
    fn all_functions_find_the_same_bounds() {
        for (text, form) in [
            ("/a-b/c.html", Form::Local),
            ("/a~b?c=d#e?f", Form::Local),
            ("/a~b?c=d#e?", Form::Local),
            ("/a?#b", Form::Local),
            ("/a?", Form::Local),
            ("/a%20b", Form::Local),
            ("https://a.example/b", Form::Absolute),
            ("https://a.example:8080/b?", Form::Absolute),
            ("http://[::1]/b", Form::Absolute),
        ] {
            let bounds = Bounds::of(text.as_bytes(), form);
            let location = prepared(text, bounds.origin).unwrap();
            assert_eq!((location.form, location.bounds), (form, bounds), "{text}");
            assert_eq!(check::form_and_bounds(text.as_bytes()), Ok((form, bounds)));
        }
    }

    #[test]
    fn r1_each_bad_byte_is_found_at_any_position() {
        let origins = ["", "https://a.example", "http://[::1]:8080"];
        let texts = origins.map(|origin| ["", "#g"].map(|fragment| (origin, fragment)));
        for (origin, fragment) in texts.concat() {
            let good = format!("{origin}/a/b-c.html?d=e&f{fragment}");
            let end = origin.len() as u16;
            assert_eq!(prepared(&good, end).unwrap().as_str(), good);
            assert!(is_settled(good.as_bytes(), end));
            for at in 0..good.len() {
                for byte in (0..0x80).filter(|byte| !valid_bytes::sendable(*byte)) {
                    let mut bad = good.clone().into_bytes();
                    bad[at] = byte;
                    let bad = String::from_utf8(bad).unwrap();
                    assert_eq!(
                        prepared(&bad, end).err(),
                        Some(PrepareError::OffSite),
                        "{bad:?}"
                    );
                    assert!(!is_settled(bad.as_bytes(), end), "{bad:?}");
                }
            }
        }
    }

    #[test]
    fn r1_r4_a_text_that_leaves_the_site_is_not_a_location() {
        let long = format!("/{}", "a".repeat(MAX_LEN));
        for (text, origin, error) in [
            (&*long, 0, PrepareError::TooLong),
            ("", 0, PrepareError::OffSite),
            ("a", 0, PrepareError::OffSite),
            ("//a.example", 0, PrepareError::OffSite),
            ("/\\a.example", 0, PrepareError::OffSite),
            ("https://a.example/", 0, PrepareError::OffSite),
            ("https://a.example", 17, PrepareError::OffSite),
            ("https://a.example.b/", 17, PrepareError::OffSite),
            ("https://u@a.example/", 19, PrepareError::OffSite),
            ("https:///a", 8, PrepareError::OffSite),
            ("javascript:x/", 12, PrepareError::OffSite),
            ("https://a/", 99, PrepareError::OffSite),
            ("/a/../b", 0, PrepareError::DotSegments),
            ("/a/%2E%2e", 0, PrepareError::DotSegments),
            ("https://a.example/.?b", 17, PrepareError::DotSegments),
        ] {
            assert_eq!(prepared(text, origin).err(), Some(error), "{text}");
            assert!(
                text == long || !is_settled(text.as_bytes(), origin),
                "{text}"
            );
        }
    }
}
