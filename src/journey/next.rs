//! The next request of a client that gets a redirect.
//!
//! A browser resolves the `Location` against the requested URL, and encodes the result once more.
//! For example, `//a.example\b c` on `http://shop.example/` is `http://a.example/b%20c`.
//!
//! This crate accepts fewer hosts than browsers do. Any other host is
//! [`Unresolvable`](NextRequest::Unresolvable): a test must not take it for the requested one.

use http::Method;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::fail;
use crate::{
    location::{HttpScheme, Origin, Resolved, WebTarget, resolve},
    status::Status,
};

/// WHATWG URL, fragment percent-encode set.
const FRAGMENT: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`');

/// WHATWG URL, path percent-encode set.
const PATH: &AsciiSet = &FRAGMENT.add(b'#').add(b'?').add(b'^').add(b'{').add(b'}');

/// WHATWG URL, special-query percent-encode set.
const QUERY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'\'');

/// What a client does after a redirect.
///
/// ```
/// use http::Method;
/// use tower_redirect::{Status, testing::{self, NextRequest}};
///
/// let next = testing::next_request(&Method::GET, "https://a.example/", Status::Found, "mailto:b");
/// assert_eq!(next, NextRequest::UnsupportedScheme);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NextRequest {
    /// The client sends a request.
    #[non_exhaustive]
    Http {
        /// The method of the request.
        method: Method,
        /// The absolute URL with its fragment, as a browser serializes it, without a user name.
        url: String,
    },
    /// The location has no host, or not one that this crate accepts. Browsers may accept it.
    Unresolvable,
    /// The scheme isn't http or https. A browser doesn't follow the location itself.
    UnsupportedScheme,
}

/// Returns the request that a browser sends after a redirect.
///
/// It reads any `Location`, even one that this crate never sends. Use it to test what an app or
/// another server sends.
///
/// - [`Status::next_method`] chooses the method.
/// - The location is resolved against the requested URL. For example, `//host`, `/\host` and
///   `https:host` may name a host.
/// - A location without a fragment inherits the fragment of the requested URL.
///
/// ```
/// use http::Method;
/// use tower_redirect::{Status, testing::{self, NextRequest}};
///
/// let next = |location| {
///     let page = "http://shop.example/cart/pay#total";
///     match testing::next_request(&Method::POST, page, Status::SeeOther, location) {
///         NextRequest::Http { method, url, .. } => format!("{method} {url}"),
///         other => format!("{other:?}"),
///     }
/// };
/// assert_eq!(next("../receipt?n=1"), "GET http://shop.example/receipt?n=1#total");
/// assert_eq!(next("#top"), "GET http://shop.example/cart/pay#top");
/// assert_eq!(next("/\\evil.example"), "GET http://evil.example/#total");
///
/// // Browsers read this host as 127.0.0.1.
/// assert_eq!(next("http://0x7f.1/"), "Unresolvable");
/// assert_eq!(next("javascript:alert(1)"), "UnsupportedScheme");
/// ```
///
/// Hosts in punycode are unresolvable without the `idn` feature, because browsers reject some of
/// them.
///
/// # Panics
///
/// If `url` isn't an absolute `http://` or `https://` URL with a host that this crate accepts.
///
/// Source: Fetch §4.4 (HTTP-redirect fetch), WHATWG URL (basic URL parser).
#[must_use]
#[track_caller]
pub fn next_request(method: &Method, url: &str, status: Status, location: &str) -> NextRequest {
    let Some(base) = absolute(url) else {
        fail(format_args!(
            "invalid request URL {url:?}: write an absolute `http://` or `https://` URL"
        ));
    };
    let scheme = base
        .origin
        .as_ref()
        .map_or(HttpScheme::Https, Origin::scheme);
    let mut next = match resolve(location, scheme, &path_and_query(&base)) {
        Resolved::Web(next) => next,
        Resolved::Unresolvable => return NextRequest::Unresolvable,
        Resolved::UnsupportedScheme => return NextRequest::UnsupportedScheme,
    };
    if next.origin.is_none() {
        next.origin = base.origin;
    }
    if next.fragment.is_empty() {
        next.fragment = base.fragment;
    }
    let origin = next.origin.as_ref().map(ToString::to_string);
    NextRequest::Http {
        method: status.next_method(method),
        url: format!(
            "{}{}{}",
            origin.unwrap_or_default(),
            path_and_query(&next),
            fragment(&next.fragment)
        ),
    }
}

/// Reads an absolute URL.
fn absolute(url: &str) -> Option<WebTarget> {
    // A scheme and two slashes are absolute on every page.
    let is_absolute = ["http://", "https://"].iter().any(|begin| {
        url.get(..begin.len())
            .is_some_and(|front| front.eq_ignore_ascii_case(begin))
    });
    match resolve(url, HttpScheme::Https, "/") {
        Resolved::Web(target) if is_absolute => Some(target),
        _ => None,
    }
}

/// Returns the path and query as a browser requests them.
pub(super) fn path_and_query(target: &WebTarget) -> String {
    let mut text = utf8_percent_encode(&target.path, PATH).to_string();
    if let Some(query) = target.query.strip_prefix('?') {
        text.push('?');
        text.extend(utf8_percent_encode(query, QUERY));
    }
    text
}

/// Returns a fragment with its `#` as a browser keeps it.
pub(super) fn fragment(text: &str) -> String {
    utf8_percent_encode(text, FRAGMENT).to_string()
}
