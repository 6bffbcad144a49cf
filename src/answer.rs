//! The answer that a redirect becomes, with or without an answer of the app in front of it.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};

#[cfg(feature = "rules")]
use crate::rules::Fired;
use crate::{
    CacheControl, Location, Redirect, Redirected, Status, When,
    head::Reads,
    note::{Note, NoteKind},
};

/// Everything that is sent; nothing else of a redirect or of its request is.
pub(crate) struct Answer {
    pub(crate) status: Status,
    pub(crate) location: Location,
    /// The rule that it comes from.
    #[cfg(feature = "rules")]
    pub(crate) rule: Option<Fired>,
    cache: Option<CacheControl>,
    note: Option<Note>,
    /// Whether a [`Redirected`] goes with it, to layers in front.
    pub(crate) inserts_redirected: bool,
}

impl Answer {
    /// The answer that a redirect becomes, and when that is sent.
    #[inline]
    pub(crate) fn new(
        redirect: Redirect,
        status: Status,
        cache: Option<CacheControl>,
        note: Option<NoteKind>,
    ) -> (Self, When) {
        let note = note.map(|kind| Note::new(kind, status, &redirect.location));
        let answer = Self {
            status,
            location: redirect.location,
            #[cfg(feature = "rules")]
            rule: redirect.rule,
            cache,
            note,
            inserts_redirected: false,
        };
        (answer, redirect.when)
    }

    /// What layers in front are told of it, where that was asked for.
    pub(crate) fn redirected(&self) -> Option<Redirected> {
        self.inserts_redirected.then(|| Redirected {
            status: self.status,
            location: self.location.clone(),
            #[cfg(feature = "rules")]
            rule: self.rule.clone(),
        })
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
                None if self.status.is_permanent() => Some(CacheControl::no_store()),
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
    permanent_cache: Option<CacheControl>,
    status: Status,
    reads: &Reads,
) -> Option<CacheControl> {
    // Where the presumption is wrong, it leads to the address that was asked for.
    if reads.is_presumed() && cache.is_none() && status.is_permanent() {
        return Some(CacheControl::no_store());
    }
    let cache = cache.or(permanent_cache.filter(|_| status.is_permanent()));
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
