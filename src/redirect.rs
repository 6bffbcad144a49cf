use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Version, header};

use crate::{CacheControl, How, Intent, Location, Status, When};

/// Where a request goes, with which status, when, and what else the answer carries.
///
/// It is what a policy answers that decides more than the place.
///
/// ```
/// use std::time::Duration;
/// use http::StatusCode;
/// use tower_redirect::{CacheControl, LocalPath, Redirect};
///
/// const ARCHIVE: LocalPath = LocalPath::from_static("/archive");
/// let redirect = Redirect::permanent(ARCHIVE)
///     .after(StatusCode::NOT_FOUND)
///     .cache(CacheControl::max_age(Duration::from_secs(86_400)));
///
/// assert_eq!(redirect.location(), &"/archive");
/// ```
///
/// | constructor | status | lifetime | the next request |
/// |---|---|---|---|
/// | [`moved_permanently`](Self::moved_permanently) | 301 | permanent | POST may become GET |
/// | [`found`](Self::found) | 302 | temporary | POST may become GET |
/// | [`see_other`](Self::see_other) | 303 | temporary | becomes GET |
/// | [`temporary`](Self::temporary) | 307 | temporary | method and body kept |
/// | [`permanent`](Self::permanent) | 308 | permanent | method and body kept |
/// | [`select`](Self::select) | by method and version | as the intent | as the intent promises |
///
/// Source: RFC 9110 §15.4.
#[derive(Clone, Debug)]
#[must_use = "a redirect does nothing until it is answered"]
pub struct Redirect {
    pub(crate) location: Location,
    pub(crate) how: How,
    pub(crate) when: When,
    pub(crate) cache: Option<CacheControl>,
}

impl Redirect {
    /// 301: moved for good; a client may turn POST into GET.
    ///
    /// Method and body: browsers turn POST into GET and drop the body; other methods are kept by
    /// browsers and turned into GET by some clients. Caching: kept by caches without being told for
    /// how long; [`cache`](Self::cache) bounds it. Search engines give the new address the standing
    /// of the old one. Take [`permanent`](Self::permanent) where a POST must arrive as it was sent.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Redirect, Status};
    ///
    /// let redirect = Redirect::moved_permanently(LocalPath::from_static("/about"));
    /// assert_eq!(redirect.how(), Status::MovedPermanently.into());
    /// ```
    ///
    /// Source: RFC 9110 §15.4.2.
    pub fn moved_permanently(location: impl Into<Location>) -> Self {
        Self::new(Status::MovedPermanently, location)
    }

    /// 302: elsewhere for now; a client may turn POST into GET.
    ///
    /// Method and body: browsers turn POST into GET and drop the body; other methods are kept by
    /// browsers and turned into GET by some clients. Caching: not kept unless
    /// [`cache`](Self::cache) says so. Search engines keep the old address. Take
    /// [`temporary`](Self::temporary) where method and body must stay, [`see_other`](Self::see_other)
    /// where the answer to a POST is another page.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Redirect, Status};
    ///
    /// let redirect = Redirect::found(LocalPath::from_static("/today"));
    /// assert_eq!(redirect.how(), Status::Found.into());
    /// ```
    ///
    /// Source: RFC 9110 §15.4.3.
    pub fn found(location: impl Into<Location>) -> Self {
        Self::new(Status::Found, location)
    }

    /// 303: the answer is another page, fetched by GET.
    ///
    /// Method and body: every method but GET and HEAD becomes GET, without a body. Caching: not
    /// kept unless [`cache`](Self::cache) says so. Search engines take the other page for a page of
    /// its own. Take it to answer a POST or PUT that was carried out; take
    /// [`temporary`](Self::temporary) where it has to be carried out elsewhere.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Redirect, Status};
    ///
    /// let redirect = Redirect::see_other(LocalPath::from_static("/receipt"));
    /// assert_eq!(redirect.how(), Status::SeeOther.into());
    /// ```
    ///
    /// Source: RFC 9110 §15.4.4.
    pub fn see_other(location: impl Into<Location>) -> Self {
        Self::new(Status::SeeOther, location)
    }

    /// 307: elsewhere for now, with the same method and body.
    ///
    /// Method and body: kept; a browser sends a POST again without asking. Caching: not kept unless
    /// [`cache`](Self::cache) says so. Search engines keep the old address. Take
    /// [`see_other`](Self::see_other) to answer a POST with a page, [`permanent`](Self::permanent)
    /// for a move for good.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Redirect, Status};
    ///
    /// let redirect = Redirect::temporary(LocalPath::from_static("/maintenance"));
    /// assert_eq!(redirect.how(), Status::TemporaryRedirect.into());
    /// ```
    ///
    /// Source: RFC 9110 §15.4.8.
    pub fn temporary(location: impl Into<Location>) -> Self {
        Self::new(Status::TemporaryRedirect, location)
    }

    /// 308: moved for good, with the same method and body.
    ///
    /// Method and body: kept. Caching: kept by caches without being told for how long;
    /// [`cache`](Self::cache) bounds it. Search engines give the new address the standing of the old
    /// one. Take [`moved_permanently`](Self::moved_permanently) for clients from before 2014, which
    /// do not know this status.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Redirect, Status};
    ///
    /// let redirect = Redirect::permanent(LocalPath::from_static("/v2"));
    /// assert_eq!(redirect.how(), Status::PermanentRedirect.into());
    /// ```
    ///
    /// Source: RFC 9110 §15.4.9.
    pub fn permanent(location: impl Into<Location>) -> Self {
        Self::new(Status::PermanentRedirect, location)
    }

    /// The status that an [`Intent`] picks from the request's method and version.
    ///
    /// Method, body, caching and search engines are as the picked status has them: 302 or 307 for
    /// [`Intent::Temporary`], 301 or 308 for [`Intent::Permanent`], 303 for [`Intent::SeeOther`].
    /// Take a constructor with a number where clients are told to expect that number.
    ///
    /// ```
    /// use http::{Method, Version};
    /// use tower_redirect::{Intent, LocalPath, Redirect, Status};
    ///
    /// let redirect = Redirect::select(Intent::Permanent, LocalPath::from_static("/v2"));
    /// assert_eq!(redirect.status(&Method::GET, Version::HTTP_11), Status::MovedPermanently);
    /// assert_eq!(redirect.status(&Method::PUT, Version::HTTP_11), Status::PermanentRedirect);
    /// ```
    pub fn select(intent: Intent, location: impl Into<Location>) -> Self {
        Self::new(intent, location)
    }

    /// A redirect that is made as a [`Status`] or an [`Intent`] says, for code that is handed one.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Redirect, Status};
    ///
    /// let status = Status::try_from(308)?;
    /// let redirect = Redirect::new(status, LocalPath::from_static("/v2"));
    /// assert_eq!(redirect.how(), status.into());
    /// # Ok::<(), tower_redirect::InvalidStatus>(())
    /// ```
    pub fn new(how: impl Into<How>, location: impl Into<Location>) -> Self {
        Self {
            location: location.into(),
            how: how.into(),
            when: When::Before,
            cache: None,
        }
    }

    /// Redirects only after the inner service answered an unsafe method with 2xx.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Redirect, When};
    ///
    /// let redirect = Redirect::see_other(LocalPath::from_static("/receipt")).after_success();
    /// assert!(!matches!(redirect.when(), When::Before));
    /// ```
    pub fn after_success(mut self) -> Self {
        self.when = When::after_success();
        self
    }

    /// Redirects only after the inner service answered with this status.
    ///
    /// ```
    /// use http::StatusCode;
    /// use tower_redirect::{LocalPath, Redirect, When};
    ///
    /// let redirect = Redirect::permanent(LocalPath::from_static("/new"))
    ///     .after(StatusCode::NOT_FOUND);
    /// assert!(!matches!(redirect.when(), When::Before));
    /// ```
    pub fn after(mut self, status: StatusCode) -> Self {
        self.when = When::after(status);
        self
    }

    /// Redirects only after the inner service gave an answer of which the closure says yes.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Redirect, When};
    ///
    /// let redirect = Redirect::found(LocalPath::from_static("/login"))
    ///     .after_response(|answer| answer.headers.contains_key("x-login-needed"));
    /// assert!(!matches!(redirect.when(), When::Before));
    /// ```
    pub fn after_response(
        mut self,
        condition: impl Fn(&http::response::Parts) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.when = When::after_response(condition);
        self
    }

    /// Sends `Cache-Control` along.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_redirect::{CacheControl, LocalPath, Redirect};
    ///
    /// let hour = CacheControl::max_age(Duration::from_secs(3600));
    /// let redirect = Redirect::permanent(LocalPath::from_static("/new")).cache(hour);
    /// # let response = redirect.into_response::<String>();
    /// # assert_eq!(response.headers()["cache-control"], "max-age=3600");
    /// ```
    pub fn cache(mut self, cache: CacheControl) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Where to.
    ///
    /// ```
    /// # use tower_redirect::{LocalPath, Redirect};
    /// let redirect = Redirect::found(LocalPath::from_static("/x"));
    /// assert_eq!(redirect.location().as_str(), "/x");
    /// ```
    #[must_use]
    pub const fn location(&self) -> &Location {
        &self.location
    }

    /// With which status, or by which intent.
    ///
    /// ```
    /// # use tower_redirect::{How, Intent, LocalPath, Redirect};
    /// let redirect = Redirect::select(Intent::Temporary, LocalPath::from_static("/x"));
    /// assert_eq!(redirect.how(), How::Intent(Intent::Temporary));
    /// ```
    #[must_use]
    pub const fn how(&self) -> How {
        self.how
    }

    /// Before the inner service is asked, or after it answered.
    ///
    /// ```
    /// # use tower_redirect::{LocalPath, Redirect, When};
    /// assert!(matches!(Redirect::found(LocalPath::from_static("/x")).when(), When::Before));
    /// ```
    #[must_use]
    pub const fn when(&self) -> &When {
        &self.when
    }

    /// The status for a request with this method and version.
    ///
    /// ```
    /// use http::{Method, Version};
    /// # use tower_redirect::{LocalPath, Redirect, Status};
    ///
    /// let redirect = Redirect::see_other(LocalPath::from_static("/x"));
    /// assert_eq!(redirect.status(&Method::PUT, Version::HTTP_2), Status::SeeOther);
    /// ```
    #[must_use]
    pub fn status(&self, method: &Method, version: Version) -> Status {
        self.how.status(method, version)
    }

    /// The answer itself, for a handler that redirects without a layer.
    ///
    /// There is no request to look at, so that an [`Intent`] takes the status that keeps its promise
    /// for every method (307, 308, 303), and [`when`](Self::when) has no say. With feature `axum`,
    /// `Redirect` is also an `axum::response::IntoResponse`.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Redirect};
    ///
    /// let response = Redirect::see_other(LocalPath::from_static("/receipt")).into_response::<String>();
    /// assert_eq!(response.status(), 303);
    /// assert_eq!(response.headers()["location"], "/receipt");
    /// ```
    pub fn into_response<B: Default>(self) -> Response<B> {
        let mut response = Response::new(B::default());
        if !self.location.is_sendable() {
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            return response;
        }
        let status = match self.how {
            How::Status(status) => status,
            How::Intent(intent) => intent.strict_status(),
        };
        *response.status_mut() = status.code();
        self.write_headers(response.headers_mut());
        response
    }

    /// The header fields of the answer; no more than these come from a redirect.
    #[inline]
    pub(crate) fn write_headers(self, headers: &mut HeaderMap) {
        headers.insert(header::LOCATION, HeaderValue::from(self.location));
        if let Some(cache) = self.cache {
            headers.insert(header::CACHE_CONTROL, cache.into());
        }
    }
}

/// The answer of [`Redirect::into_response`], from an axum handler.
///
/// ```
/// use tower_redirect::{LocalPath, Redirect};
///
/// async fn save() -> Redirect {
///     Redirect::see_other(LocalPath::from_static("/receipt"))
/// }
/// # let _: axum::routing::MethodRouter = axum::routing::post(save);
/// ```
#[cfg(feature = "axum")]
impl axum::response::IntoResponse for Redirect {
    fn into_response(self) -> axum::response::Response {
        Self::into_response(self)
    }
}
