//! Locations of tables: written of parts that were checked when the table was built, and looked at once
//! more when they are finished; those that no request changes, when the table is built.

use bytes::Bytes;
use http::HeaderValue;

use super::{
    Location,
    check::{self, Bounds, Form},
};
use crate::location::scan;

/// Why a finished text is no location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Astray {
    TooLong,
    OffSite,
    DotSegments,
}

/// Where a finished text is divided.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ends {
    /// The length of its configured origin, 0 on this site.
    pub(crate) origin: u16,
    /// Where its fragment begins.
    pub(crate) fragment: usize,
}

impl Location {
    /// A text of a table. Every byte is looked at here (R1, R4), unless the text was found to be
    /// [settled](is_settled) when the table was built: the memory that it stands in does not change.
    #[inline]
    pub(crate) fn prepared(text: Bytes, ends: Ends, is_settled: bool) -> Result<Self, Astray> {
        if text.len() > check::MAX_LEN {
            return Err(Astray::TooLong);
        }
        let is_special = !is_settled && is_special(&text, ends.origin)?;
        let address = text.get(..ends.fragment).unwrap_or_default();
        let bounds = Bounds {
            origin: ends.origin,
            // At most 8,000: it was checked.
            fragment: ends.fragment as u16,
            respelled: is_special || address.ends_with(b"?") || text.ends_with(b"?"),
            dots: false,
        };
        let form = match ends.origin {
            0 => Form::Local,
            _ => Form::Absolute,
        };
        Ok(Self {
            value: HeaderValue::from_maybe_shared(text).map_err(|_| Astray::OffSite)?,
            form,
            bounds,
            asked_over: None,
            stays_on_the_host: None,
        })
    }
}

/// Whether some clients spell this location in another way, or why it is none.
#[inline]
fn is_special(text: &[u8], origin: u16) -> Result<bool, Astray> {
    let (origin, behind) = divided(text, origin).ok_or(Astray::OffSite)?;
    if !check::is_origin(origin) {
        return Err(Astray::OffSite);
    }
    // One look at their bytes says everything of most.
    if !scan::any_pair(behind, |byte, next| {
        !is_ordinary(byte) | ((byte == b'/') & (next == b'.'))
    }) {
        return Ok(false);
    }
    let is_special = |byte| !check::sendable(byte) | check::spelled_in_two_ways(byte);
    let has_special = scan::any(behind, is_special);
    if has_special && !check::all_sendable(behind) {
        return Err(Astray::OffSite);
    }
    if has_dot_segment(behind) {
        return Err(Astray::DotSegments);
    }
    Ok(has_special)
}

/// The origin, and the path and all behind it, where that begins as a path does.
#[inline]
fn divided(text: &[u8], origin: u16) -> Option<(&[u8], &[u8])> {
    let (origin, behind) = text.split_at_checked(usize::from(origin))?;
    match behind {
        [b'/', b'/' | b'\\', ..] if origin.is_empty() => None,
        [b'/', ..] => Some((origin, behind)),
        _ => None,
    }
}

/// Whether a text with an origin of this length is a location that is sent as it is, in one spelling: then
/// that need not be found out for each request.
pub(crate) fn is_settled(text: &[u8], origin: u16) -> bool {
    is_special(text, origin) == Ok(false)
}

/// Whether a byte is sent as it is, in one spelling: most are, and it is asked for each.
#[inline]
const fn is_ordinary(byte: u8) -> bool {
    // Signed numbers are compared at once; what is not ASCII is below all of it. `<` and `>` differ in one
    // bit; `[`, `\`, `]` and `^` follow each other.
    (((byte as i8) >= b'-' as i8) | (byte == b'&'))
        & ((byte as i8) <= b'z' as i8)
        & (byte | 0x02 != b'>')
        & (byte.wrapping_sub(b'[') > 3)
        & (byte != b'`')
}

/// Whether a path has a segment `.` or `..`, in any spelling.
pub(crate) fn has_dot_segment(path: &[u8]) -> bool {
    check::dot_segment_of_received(path).is_some()
}

#[cfg(test)]
mod tests {
    use super::{Astray, Bounds, Bytes, Ends, Form, Location, check, is_ordinary, is_settled};

    #[test]
    fn r1_ordinary_bytes_are_sent_as_they_are() {
        for byte in 0..=u8::MAX {
            let ordinary = byte.is_ascii_alphanumeric() || b"-./:;=?@_&".contains(&byte);
            assert_eq!(is_ordinary(byte), ordinary, "{byte:#x}");
            if ordinary {
                assert!(check::sendable(byte) && !check::spelled_in_two_ways(byte));
            }
        }
    }

    fn prepared(text: &str, origin: u16) -> Result<Location, Astray> {
        let fragment = text.find('#').unwrap_or(text.len());
        let text = Bytes::copy_from_slice(text.as_bytes());
        Location::prepared(text, Ends { origin, fragment }, false)
    }

    #[test]
    fn bounds_are_the_same_whoever_finds_them() {
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
    fn r1_each_bad_byte_is_found_wherever_it_stands() {
        let origins = ["", "https://a.example", "http://[::1]:8080"];
        let texts = origins.map(|origin| ["", "#g"].map(|fragment| (origin, fragment)));
        for (origin, fragment) in texts.concat() {
            let good = format!("{origin}/a/b-c.html?d=e&f{fragment}");
            let end = origin.len() as u16;
            assert_eq!(prepared(&good, end).unwrap().as_str(), good);
            assert!(is_settled(good.as_bytes(), end));
            for at in 0..good.len() {
                for byte in (0..0x80).filter(|byte| !check::sendable(*byte)) {
                    let mut bad = good.clone().into_bytes();
                    bad[at] = byte;
                    let bad = String::from_utf8(bad).unwrap();
                    assert_eq!(prepared(&bad, end).err(), Some(Astray::OffSite), "{bad:?}");
                    assert!(!is_settled(bad.as_bytes(), end), "{bad:?}");
                }
            }
        }
    }

    #[test]
    fn r1_r4_a_text_that_leads_elsewhere_is_no_location() {
        let long = format!("/{}", "a".repeat(check::MAX_LEN));
        for (text, origin, astray) in [
            (&*long, 0, Astray::TooLong),
            ("", 0, Astray::OffSite),
            ("a", 0, Astray::OffSite),
            ("//a.example", 0, Astray::OffSite),
            ("/\\a.example", 0, Astray::OffSite),
            ("https://a.example/", 0, Astray::OffSite),
            ("https://a.example", 17, Astray::OffSite),
            ("https://a.example.b/", 17, Astray::OffSite),
            ("https://u@a.example/", 19, Astray::OffSite),
            ("https:///a", 8, Astray::OffSite),
            ("javascript:x/", 12, Astray::OffSite),
            ("https://a/", 99, Astray::OffSite),
            ("/a/../b", 0, Astray::DotSegments),
            ("/a/%2E%2e", 0, Astray::DotSegments),
            ("https://a.example/.?b", 17, Astray::DotSegments),
        ] {
            assert_eq!(prepared(text, origin).err(), Some(astray), "{text}");
            assert!(
                text == long || !is_settled(text.as_bytes(), origin),
                "{text}"
            );
        }
    }
}
