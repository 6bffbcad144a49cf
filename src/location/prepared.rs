//! Locations of tables: their form was checked when the table was built.

use bytes::Bytes;
use http::HeaderValue;

use super::{
    Location, check,
    check::{Bounds, Form},
};

impl Location {
    /// A text in a form that was checked before, with the length of its configured origin, 0 on this
    /// site, and where its fragment begins; `None` where it is too long, or leads off the site all the
    /// same.
    ///
    /// The bytes are checked where it is sent, as those of every location.
    #[inline]
    pub(crate) fn prepared(text: Bytes, origin: u16, fragment: usize) -> Option<Self> {
        let form = match (origin, &*text) {
            (0, [b'/', b'/' | b'\\', ..]) => return None,
            (0, [b'/', ..]) => Form::Local,
            (0, _) => return None,
            _ => Form::Absolute,
        };
        if text.len() > check::MAX_LEN {
            return None;
        }
        let bounds = Bounds::known(&text, origin, fragment);
        Some(Self {
            value: HeaderValue::from_maybe_shared(text).ok()?,
            form,
            bounds,
            asked_over: None,
            stays_on_the_host: None,
        })
    }
}

/// Whether a path has a segment `.` or `..`, in any spelling.
pub(crate) fn has_dot_segment(path: &[u8]) -> bool {
    check::dot_segment_of_received(path).is_some()
}
