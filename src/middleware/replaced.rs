//! The headers of a response that a redirect replaces: which ones go, and what they say about
//! caching.
//!
//! An app that keeps its response out of caches has a reason: the response depends on the visitor,
//! or it may change at any time. The redirect that replaces the response has the same reason, but
//! caches keep a permanent redirect even without `Cache-Control`. So the redirect must say what the
//! response said, in any form that caches know:
//!
//! | header | forbids caching |
//! |---|---|
//! | `Cache-Control`, `*-Cache-Control` (RFC 9213), `Surrogate-Control` | `no-store`, `no-cache`, `private`, and `max-age` or `s-maxage` of zero seconds |
//! | `Pragma` | `no-cache` |
//! | `Expires`, if no `Cache-Control` has `max-age` or `s-maxage` | any value |
//! | `X-Accel-Expires` (nginx) | `0` |
//!
//! If in doubt, the response forbids caching: an invalid number counts as zero (RFC 9111 §4.2.1),
//! and dates aren't compared. The wrong doubt costs one more request. The wrong trust shows a
//! redirect to the wrong visitor.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::list;

const SURROGATE_CONTROL: HeaderName = HeaderName::from_static("surrogate-control");
const X_ACCEL_EXPIRES: HeaderName = HeaderName::from_static("x-accel-expires");

/// Returns `true` if the response forbids some or all caches to reuse it.
pub(super) fn forbids_caching(headers: &HeaderMap) -> bool {
    let mut has_lifetime = false;
    for (name, line) in headers {
        if !controls_caches(name) {
            continue;
        }
        for (directive, value) in directives(line) {
            let is = |other: &str| directive.eq_ignore_ascii_case(other.as_bytes());
            if is("no-store") || is("no-cache") || is("private") {
                return true;
            }
            if is("max-age") || is("s-maxage") {
                if is_zero_or_invalid(value) {
                    return true;
                }
                has_lifetime |= name == header::CACHE_CONTROL;
            }
        }
    }
    let pragma = headers.get_all(header::PRAGMA).iter();
    let accel = headers.get_all(&X_ACCEL_EXPIRES).iter();
    pragma
        .flat_map(directives)
        .any(|(directive, _)| directive.eq_ignore_ascii_case(b"no-cache"))
        || !has_lifetime && headers.contains_key(header::EXPIRES)
        || accel.map(HeaderValue::as_bytes).any(is_zero_or_invalid)
}

/// Returns `true` for `Cache-Control`, and for its siblings that address one cache only, for
/// example `CDN-Cache-Control`.
fn controls_caches(name: &HeaderName) -> bool {
    name.as_str().ends_with("cache-control") || *name == SURROGATE_CONTROL
}

/// Returns the directives of a line, each with the text after its `=`.
fn directives(line: &HeaderValue) -> impl Iterator<Item = (&[u8], &[u8])> {
    list::elements(line).map(|element| {
        let equals = element.iter().position(|&byte| byte == b'=');
        let (name, value) = element.split_at(equals.unwrap_or(element.len()));
        let value = value.strip_prefix(b"=").unwrap_or_default();
        (name.trim_ascii(), value.trim_ascii())
    })
}

/// Returns `true` for zero seconds, in any number of digits, and for a text that isn't a number.
fn is_zero_or_invalid(value: &[u8]) -> bool {
    let unquoted = value.strip_prefix(b"\"").unwrap_or(value);
    let unquoted = unquoted.strip_suffix(b"\"").unwrap_or(unquoted);
    // `Surrogate-Control: max-age=60+30` may be used for 30 more seconds after it's stale.
    let seconds = unquoted.split(|&byte| byte == b'+').next();
    let seconds = seconds.unwrap_or_default();
    !seconds.iter().all(u8::is_ascii_digit) || seconds.iter().all(|&digit| digit == b'0')
}

/// Returns `true` for `Content-*`, except `Content-Security-Policy*`, which is about the site.
fn describes_content(name: &str) -> bool {
    name.starts_with("content-") && !name.starts_with("content-security-policy")
}

/// Removes the headers that describe the replaced response; all others stay.
pub(super) fn remove(headers: &mut HeaderMap) {
    const REPLACED: [HeaderName; 9] = [
        header::TRANSFER_ENCODING,
        header::TRAILER,
        header::ETAG,
        header::LAST_MODIFIED,
        header::ACCEPT_RANGES,
        header::LOCATION,
        HeaderName::from_static("digest"),
        HeaderName::from_static("repr-digest"),
        HeaderName::from_static("refresh"),
    ];
    remove_caching(headers);
    remove_where(headers, |name| {
        REPLACED.contains(name) || describes_content(name.as_str())
    });
}

/// Removes the headers that tell caches what to do.
pub(super) fn remove_caching(headers: &mut HeaderMap) {
    const CACHING: [HeaderName; 4] = [
        header::EXPIRES,
        header::PRAGMA,
        header::AGE,
        X_ACCEL_EXPIRES,
    ];
    remove_where(headers, |name| {
        CACHING.contains(name) || controls_caches(name)
    });
}

fn remove_where(headers: &mut HeaderMap, is_removed: impl Fn(&HeaderName) -> bool) {
    let names: Vec<_> = headers
        .keys()
        .filter(|name| is_removed(name))
        .cloned()
        .collect();
    for name in names {
        headers.remove(name);
    }
}
