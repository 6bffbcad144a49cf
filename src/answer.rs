//! The answer that a redirect becomes, with or without an answer of the app in front of it.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::{
    CacheControl, Redirected, Status,
    head::Reads,
    note::{Note, NoteKind},
};

/// Everything that is sent; nothing else of a redirect or of its request is.
pub(crate) struct Answer {
    redirected: Redirected,
    cache: Option<CacheControl>,
    note: Option<Note>,
}

impl Answer {
    #[inline]
    pub(crate) fn new(
        redirected: Redirected,
        cache: Option<CacheControl>,
        note: Option<NoteKind>,
    ) -> Self {
        let note = note.map(|kind| Note::new(kind, redirected.status, &redirected.location));
        Self {
            redirected,
            cache,
            note,
        }
    }

    pub(crate) const fn status(&self) -> StatusCode {
        self.redirected.status.code()
    }

    pub(crate) const fn redirected(&self) -> &Redirected {
        &self.redirected
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
        headers.insert(
            header::LOCATION,
            HeaderValue::from(self.redirected.location),
        );
    }

    /// Writes the header fields over those of the app's answer.
    pub(crate) fn replace(mut self, headers: &mut HeaderMap) {
        if headers.contains_key(header::SET_COOKIE) || is_to_be_kept_by_nobody(headers) {
            // A permanent redirect is kept by caches that nobody told to.
            self.cache = match self.cache {
                // `private` alone is what the request made of it; that sets no lifetime either.
                Some(cache) if cache == CacheControl::private_only() => {
                    Some(CacheControl::no_store())
                }
                Some(cache) => Some(cache.private()),
                None if self.redirected.status.is_permanent() => Some(CacheControl::no_store()),
                None => None,
            };
        }
        remove_replaced(headers);
        self.write(headers);
    }
}

/// The cache lifetime of an answer that depends on this of its request.
#[inline]
pub(crate) fn cache_of(
    cache: Option<CacheControl>,
    status: Status,
    reads: &Reads,
) -> Option<CacheControl> {
    // Where the presumption is wrong, it leads to the address that was asked for.
    if reads.is_presumed() && cache.is_none() && status.is_permanent() {
        return Some(CacheControl::no_store());
    }
    if reads.is_empty() || !reads.personal() {
        return cache;
    }
    match cache {
        Some(cache) => Some(cache.private()),
        None if status.is_permanent() => Some(CacheControl::private_only()),
        None => None,
    }
}

const CDN_CACHE_CONTROL: HeaderName = HeaderName::from_static("cdn-cache-control");
const SURROGATE_CONTROL: HeaderName = HeaderName::from_static("surrogate-control");

/// Whether the app keeps its answer out of caches, or of those that several visitors share.
fn is_to_be_kept_by_nobody(headers: &HeaderMap) -> bool {
    let says_so = |directive: &[u8]| {
        let name = directive.split(|&byte| byte == b'=').next();
        let name = name.unwrap_or_default().trim_ascii();
        [&b"no-store"[..], b"private", b"no-cache"]
            .iter()
            .any(|wanted| wanted.eq_ignore_ascii_case(name))
    };
    [header::CACHE_CONTROL, CDN_CACHE_CONTROL, SURROGATE_CONTROL]
        .iter()
        .flat_map(|name| headers.get_all(name))
        .flat_map(|line| line.as_bytes().split(|&byte| byte == b','))
        .any(says_so)
}

/// `Content-*`, but for the policy of the site that has no more than the name of content in it.
fn describes_content(name: &str) -> bool {
    name.starts_with("content-") && !name.starts_with("content-security-policy")
}

/// Takes away what described the app's answer that a redirect replaces; all else stays.
fn remove_replaced(headers: &mut HeaderMap) {
    const REPLACED: [HeaderName; 14] = [
        header::TRANSFER_ENCODING,
        header::TRAILER,
        header::ETAG,
        header::LAST_MODIFIED,
        header::ACCEPT_RANGES,
        header::CACHE_CONTROL,
        header::EXPIRES,
        header::AGE,
        header::LOCATION,
        CDN_CACHE_CONTROL,
        SURROGATE_CONTROL,
        HeaderName::from_static("digest"),
        HeaderName::from_static("repr-digest"),
        HeaderName::from_static("refresh"),
    ];
    for name in &REPLACED {
        headers.remove(name);
    }
    let content: Vec<HeaderName> = headers
        .keys()
        .filter(|name| describes_content(name.as_str()))
        .cloned()
        .collect();
    for name in content {
        headers.remove(name);
    }
}
