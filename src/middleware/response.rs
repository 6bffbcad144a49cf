//! The response that a redirect becomes, instead of the app's response or in its place.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};

use super::link_body::{LinkPage, LinkPageKind};
use crate::{
    redirect::{CacheControl, Redirect, Redirected, Timing},
    request::HeaderReads,
    status::{Status, StatusChoice},
};

/// Everything of a redirect and its request that is sent.
pub(crate) struct RedirectResponse {
    pub(crate) redirected: Redirected,
    cache: Option<CacheControl>,
    link_body: Option<LinkPage>,
    /// Whether layers in front find `redirected` among the extensions of the response.
    pub(crate) inserts_redirected: bool,
}

impl RedirectResponse {
    /// The response of a redirect, and its timing.
    #[inline]
    pub(crate) fn new(
        redirect: Redirect,
        status: Status,
        cache: Option<CacheControl>,
        link_body: Option<LinkPageKind>,
    ) -> (Self, Timing) {
        let link_body = link_body.map(|kind| LinkPage::new(kind, status, &redirect.location));
        let response = Self {
            redirected: Redirected {
                status,
                location: redirect.location,
                #[cfg(feature = "rules")]
                rule: redirect.rule,
            },
            cache,
            link_body,
            inserts_redirected: false,
        };
        (response, redirect.timing)
    }

    /// The extension for layers in front, if the layer inserts one.
    pub(crate) fn extension(&self) -> Option<Redirected> {
        self.inserts_redirected.then(|| self.redirected.clone())
    }

    /// The link body, or an empty one.
    #[inline]
    pub(crate) fn body(&self) -> Bytes {
        self.link_body
            .as_ref()
            .map_or_else(Bytes::new, LinkPage::body)
    }

    /// Writes the header fields.
    #[inline]
    pub(crate) fn write(self, headers: &mut HeaderMap) {
        if let Some(body) = self.link_body {
            body.write(headers);
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
    default_max_age: Option<CacheControl>,
    status: Status,
    reads: &HeaderReads,
) -> Option<CacheControl> {
    // Where the presumption is wrong, it leads to the address that was asked for.
    if reads.has_presumed_scheme() && cache.is_none() && status.is_permanent() {
        return Some(CacheControl::no_store());
    }
    let cache = cache.or(default_max_age.filter(|_| status.is_permanent()));
    if reads.is_empty() || !reads.is_personal() {
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

/// The answer itself, for a handler that redirects without a layer.
///
/// There is no request to look at, so that an [`Intent`] takes the status that keeps its promise for
/// every method (307, 308, 303), and [`timing`](Redirect::timing) has no say.
///
/// ```
/// use axum::response::Response;
/// use tower_redirect::{LocalPath, Redirect};
///
/// async fn save() -> Response {
///     Redirect::see_other(LocalPath::from_static("/receipt")).into()
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let response = save().await;
/// assert_eq!(response.status(), 303);
/// assert_eq!(response.headers()["location"], "/receipt");
/// # }
/// ```
impl<B: Default> From<Redirect> for Response<B> {
    fn from(redirect: Redirect) -> Self {
        let mut response = Self::new(B::default());
        if !redirect.location.is_sendable() {
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            return response;
        }
        let status = match redirect.status_choice {
            StatusChoice::Status(status) => status,
            StatusChoice::Intent(intent) => intent.strict_status(),
        };
        let cache = redirect.cache;
        let (sent, _) = RedirectResponse::new(redirect, status, cache, None);
        *response.status_mut() = status.code();
        sent.write(response.headers_mut());
        response
    }
}
