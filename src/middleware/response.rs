//! The headers of a redirect, for a response of its own and for one that replaces the app's
//! response.
//!
//! A redirect sends `Location`, `Cache-Control` if it has a cache lifetime, and the headers of the
//! link page if the layer sends one. The service adds `Vary`.
//!
//! A redirect that replaces the app's response keeps the app's headers, except those that describe
//! the replaced content (`ETag`, `Content-*`, `Cache-Control` and others). The replaced response
//! may have been for one visitor only: it set a cookie or forbade caching. Then shared caches must
//! not store the redirect either. `replaced` decides both.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use super::{
    link_body::{LinkPage, LinkPageKind},
    recipient::Recipient,
    replaced,
};
use crate::{
    redirect::{CacheControl, Redirect, Redirected, Timing},
    request::HeaderReads,
    status::{Status, StatusChoice},
};

/// A redirect, ready to write into a response.
pub(crate) struct RedirectResponse {
    pub(crate) redirected: Redirected,
    cache: Option<CacheControl>,
    link_page: Option<LinkPage>,
    /// Whether scripts get a 401 instead.
    pub(crate) has_401_for_scripts: bool,
    /// Whether outer layers find `redirected` among the extensions of the response.
    pub(crate) inserts_redirected: bool,
}

impl RedirectResponse {
    /// Takes a redirect apart: its response and its timing.
    #[inline]
    pub(crate) fn new(
        redirect: Redirect,
        status: Status,
        cache: Option<CacheControl>,
        page_kind: Option<LinkPageKind>,
    ) -> (Self, Timing) {
        let link_page = page_kind.map(|kind| LinkPage::new(kind, status, &redirect.location));
        let response = Self {
            redirected: Redirected {
                status,
                location: redirect.location,
                #[cfg(feature = "rules")]
                rule: redirect.rule,
            },
            cache,
            link_page,
            has_401_for_scripts: redirect.has_401_for_scripts,
            inserts_redirected: false,
        };
        (response, redirect.timing)
    }

    /// Returns the extension for outer layers, if the layer inserts one.
    pub(crate) fn extension(&self) -> Option<Redirected> {
        self.inserts_redirected.then(|| self.redirected.clone())
    }

    /// Returns the link page, or an empty body.
    #[inline]
    pub(crate) fn body(&self) -> Bytes {
        self.link_page
            .as_ref()
            .map_or_else(Bytes::new, LinkPage::body)
    }

    /// Writes the headers.
    #[inline]
    pub(crate) fn write(self, headers: &mut HeaderMap) {
        if self.has_401_for_scripts {
            Recipient::append_vary(headers);
        } else if self.link_page.is_some() {
            headers.append(header::VARY, HeaderValue::from_static("accept"));
        }
        if let Some(page) = self.link_page {
            page.write(headers);
        }
        if let Some(cache) = self.cache {
            headers.insert(header::CACHE_CONTROL, cache.into());
        }
        headers.insert(
            header::LOCATION,
            HeaderValue::from(self.redirected.location),
        );
    }

    /// Replaces the headers that describe the app's response.
    pub(crate) fn replace(mut self, headers: &mut HeaderMap) {
        if headers.contains_key(header::SET_COOKIE) || replaced::forbids_caching(headers) {
            self.cache = match self.cache {
                // `private` without `max-age` comes from `cache_control`. It sets no cache
                // lifetime.
                Some(cache) if cache == CacheControl::private_only() => {
                    Some(CacheControl::no_store())
                }
                Some(cache) => Some(cache.private()),
                // Caches store a permanent redirect even without `Cache-Control`.
                None if self.redirected.status.is_permanent() => Some(CacheControl::no_store()),
                None => None,
            };
        }
        replaced::remove(headers);
        self.write(headers);
    }
}

/// Returns the `Cache-Control` of a redirect, given what the policy read of the request.
#[inline]
pub(crate) fn cache_control(
    cache: Option<CacheControl>,
    default_max_age: Option<CacheControl>,
    status: Status,
    scheme_is_presumed: bool,
    reads: &HeaderReads,
) -> Option<CacheControl> {
    // If the presumed scheme is wrong, the redirect leads to the requested URL. Caches must not
    // keep that loop.
    if scheme_is_presumed && cache.is_none() && status.is_permanent() {
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

/// Converts a redirect into a response, for a handler that redirects without a layer.
///
/// The conversion doesn't know the request:
///
/// - An [`Intent`](crate::status::Intent) becomes the status that fits every method (307, 308 or
///   303).
/// - [`timing`](Redirect::timing) has no effect.
/// - It doesn't detect loops.
///
/// If the location fails the output check, the response is an empty 500.
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
        let (mut sent, _) = RedirectResponse::new(redirect, status, cache, None);
        // A handler can't choose without the request.
        sent.has_401_for_scripts = false;
        *response.status_mut() = status.code();
        sent.write(response.headers_mut());
        response
    }
}

/// Lets an axum handler return a redirect.
///
/// ```
/// use axum::{Router, routing::post};
/// use tower_redirect::{LocalPath, Redirect};
///
/// async fn save() -> Redirect {
///     Redirect::see_other(LocalPath::from_static("/receipt"))
/// }
///
/// let app: Router = Router::new().route("/save", post(save));
/// ```
#[cfg(feature = "axum")]
#[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
impl axum::response::IntoResponse for Redirect {
    fn into_response(self) -> axum::response::Response {
        self.into()
    }
}
