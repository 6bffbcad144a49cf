//! The answer that a redirect becomes, with or without an answer of the app in front of it.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::{
    CacheControl, Location, Status,
    note::{Note, NoteKind},
};

/// Everything that is sent; nothing else of a redirect or of its request is.
pub(crate) struct Answer {
    status: Status,
    location: Location,
    cache: Option<CacheControl>,
    note: Option<Note>,
}

impl Answer {
    #[inline]
    pub(crate) fn new(
        status: Status,
        location: Location,
        cache: Option<CacheControl>,
        note: Option<NoteKind>,
    ) -> Self {
        let note = note.map(|kind| Note::new(kind, status, &location));
        Self {
            status,
            location,
            cache,
            note,
        }
    }

    pub(crate) const fn status(&self) -> StatusCode {
        self.status.code()
    }

    /// The note, or nothing.
    #[inline]
    pub(crate) fn body(&self) -> Bytes {
        self.note.as_ref().map_or_else(Bytes::new, Note::body)
    }

    /// Writes the header fields.
    #[inline]
    pub(crate) fn write(self, headers: &mut HeaderMap) {
        if let Some(note) = self.note {
            note.write(headers);
        }
        if let Some(cache) = self.cache {
            headers.insert(header::CACHE_CONTROL, cache.into());
        }
        headers.insert(header::LOCATION, HeaderValue::from(self.location));
    }
}

/// Takes away what described the app's answer that a redirect replaces; all else stays.
pub(crate) fn remove_replaced(headers: &mut HeaderMap) {
    const REPLACED: [HeaderName; 9] = [
        header::TRANSFER_ENCODING,
        header::TRAILER,
        header::ETAG,
        header::LAST_MODIFIED,
        header::ACCEPT_RANGES,
        header::CACHE_CONTROL,
        header::EXPIRES,
        header::AGE,
        header::LOCATION,
    ];
    for name in &REPLACED {
        headers.remove(name);
    }
    let content: Vec<HeaderName> = headers
        .keys()
        .filter(|name| name.as_str().starts_with("content-"))
        .cloned()
        .collect();
    for name in content {
        headers.remove(name);
    }
}
