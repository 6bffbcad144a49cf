use std::{fmt, sync::Arc};

use http::{StatusCode, response::Parts};
use tower_layer::Layer;

use crate::{
    CacheControl, Exemption, How, Intent, IntoPolicy, Location, Redirect, RedirectService, Status,
    When, With,
    body::{Noted, Unchanged, Wrapped},
    guard::Lifted,
    head::OriginalUri,
};

/// A layer that answers requests with redirects, where its [`Policy`](crate::Policy) says so.
///
/// ```
/// use axum::{Router, routing::get};
/// use tower_redirect::RedirectLayer;
///
/// let app: Router = Router::new()
///     .route("/", get(|| async { "hello" }))
///     .layer(RedirectLayer::temporary("/maintenance"));
/// # let _ = app;
/// ```
///
/// | constructor | status | lifetime | the next request | for |
/// |---|---|---|---|---|
/// | [`moved_permanently`](Self::moved_permanently) | 301 | permanent, cacheable | POST may become GET | old clients, GET pages |
/// | [`found`](Self::found) | 302 | temporary | POST may become GET | old clients, GET pages |
/// | [`see_other`](Self::see_other) | 303 | temporary | becomes GET (HEAD stays HEAD) | answer to a POST or PUT |
/// | [`temporary`](Self::temporary) | 307 | temporary | method and body kept | maintenance, moved for now |
/// | [`permanent`](Self::permanent) | 308 | permanent, cacheable | method and body kept | moved for good, canonical address |
/// | [`select`](Self::select) | by method and version | as the intent | as the intent promises | one rule for GET and POST |
/// | [`new`](Self::new) | the policy's own | | | each redirect has its own status |
///
/// # What is never redirected
///
/// Whatever the policy answers, the service passes on: a request for the very address that the
/// redirect leads to (so that `RedirectLayer::temporary("/maintenance")` does not loop), CORS
/// preflights, WebSocket handshakes, CONNECT and `OPTIONS *`. The last four can be switched with
/// [`redirect_also`](Self::redirect_also). With feature `tracing`, each leaves an event at level
/// debug.
///
/// # Where it stands
///
/// - On an axum `Router`, `.layer(…)` runs for unknown paths and wrong methods too;
///   `.route_layer(…)` only where a route matched.
/// - Inside `.nest("/api", …)` the policy sees the path without `/api`, and the layer does not run
///   for paths that no inner route matches. Feature `axum` has `original_uri` for the whole path.
/// - Above a layer that reserves capacity (`ConcurrencyLimit`, `Buffer`): a redirect is answered
///   after `poll_ready` has reserved a place, and the place stays reserved until this service is
///   called again or dropped. Put the redirect below such a layer, or give each request a clone, as
///   axum and hyper's adapters do.
/// - The inner body needs `Default`; where it has none, [`wrap_body`](Self::wrap_body).
#[must_use = "a layer does nothing until it is applied"]
pub struct RedirectLayer<P, A = Unchanged> {
    pub(crate) policy: Arc<P>,
    pub(crate) settings: Settings,
    body: A,
}

/// What a service is told beside its policy.
#[derive(Clone, Copy, Default)]
pub(crate) struct Settings {
    pub(crate) note: bool,
    pub(crate) lifted: Lifted,
    pub(crate) original_uri: Option<OriginalUri>,
}

impl<P> RedirectLayer<With<P>> {
    /// 301: moved for good; a client may turn POST into GET.
    ///
    /// Method and body: browsers turn POST into GET and drop the body; other methods are kept by
    /// browsers and turned into GET by some clients. Caching: kept by caches without being told for
    /// how long; [`cache`](Self::cache) bounds it. Search engines give the new address the standing
    /// of the old one. Take [`permanent`](Self::permanent) where a POST must arrive as it was sent.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, RedirectLayer, policy_fn};
    ///
    /// let layer = RedirectLayer::moved_permanently(policy_fn(|request| {
    ///     (request.path() == "/about-us").then_some(LocalPath::from_static("/about"))
    /// }));
    /// # let _ = layer;
    /// ```
    ///
    /// # Panics
    ///
    /// When it is handed a literal that is not a location, at the caller's line.
    ///
    /// Source: RFC 9110 §15.4.2.
    #[track_caller]
    pub fn moved_permanently<I>(policy: I) -> Self
    where
        I: IntoPolicy<Target = Location, Policy = P>,
    {
        Self::with(policy.into_policy(), Status::MovedPermanently.into())
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
    /// use tower_redirect::RedirectLayer;
    ///
    /// let layer = RedirectLayer::found("/today");
    /// # let _ = layer;
    /// ```
    ///
    /// # Panics
    ///
    /// When it is handed a literal that is not a location, at the caller's line.
    ///
    /// Source: RFC 9110 §15.4.3.
    #[track_caller]
    pub fn found<I>(policy: I) -> Self
    where
        I: IntoPolicy<Target = Location, Policy = P>,
    {
        Self::with(policy.into_policy(), Status::Found.into())
    }

    /// 303: the answer is another page, fetched by GET.
    ///
    /// Method and body: every method but GET and HEAD becomes GET, without a body. Caching: not
    /// kept unless [`cache`](Self::cache) says so. Search engines take the other page for a page of
    /// its own. Mostly followed by [`after_success`](Self::after_success). Take
    /// [`temporary`](Self::temporary) where the request has to be carried out elsewhere.
    ///
    /// ```
    /// use tower_redirect::RedirectLayer;
    ///
    /// // The app stores the upload; the browser then shows the receipt.
    /// let layer = RedirectLayer::see_other("/receipt").after_success();
    /// # let _ = layer;
    /// ```
    ///
    /// # Panics
    ///
    /// When it is handed a literal that is not a location, at the caller's line.
    ///
    /// Source: RFC 9110 §15.4.4.
    #[track_caller]
    pub fn see_other<I>(policy: I) -> Self
    where
        I: IntoPolicy<Target = Location, Policy = P>,
    {
        Self::with(policy.into_policy(), Status::SeeOther.into())
    }

    /// 307: elsewhere for now, with the same method and body.
    ///
    /// Method and body: kept; a browser sends a POST again without asking. Caching: not kept unless
    /// [`cache`](Self::cache) says so. Search engines keep the old address. Take
    /// [`see_other`](Self::see_other) to answer a POST with a page, [`permanent`](Self::permanent)
    /// for a move for good.
    ///
    /// ```
    /// use tower_redirect::RedirectLayer;
    ///
    /// let layer = RedirectLayer::temporary("/maintenance");
    /// # let _ = layer;
    /// ```
    ///
    /// # Panics
    ///
    /// When it is handed a literal that is not a location, at the caller's line.
    ///
    /// Source: RFC 9110 §15.4.8.
    #[track_caller]
    pub fn temporary<I>(policy: I) -> Self
    where
        I: IntoPolicy<Target = Location, Policy = P>,
    {
        Self::with(policy.into_policy(), Status::TemporaryRedirect.into())
    }

    /// 308: moved for good, with the same method and body.
    ///
    /// Method and body: kept. Caching: kept by caches without being told for how long;
    /// [`cache`](Self::cache) bounds it. Search engines give the new address the standing of the old
    /// one. Take [`moved_permanently`](Self::moved_permanently) for clients from before 2014, which
    /// do not know this status.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, RedirectLayer, policy_fn};
    ///
    /// let layer = RedirectLayer::permanent(policy_fn(|request| {
    ///     let rest = request.path().strip_prefix("/v1/")?;
    ///     LocalPath::from_static("/v2").join(rest).ok()?.with_query(request.query()).ok()
    /// }));
    /// # let _ = layer;
    /// ```
    ///
    /// # Panics
    ///
    /// When it is handed a literal that is not a location, at the caller's line.
    ///
    /// Source: RFC 9110 §15.4.9.
    #[track_caller]
    pub fn permanent<I>(policy: I) -> Self
    where
        I: IntoPolicy<Target = Location, Policy = P>,
    {
        Self::with(policy.into_policy(), Status::PermanentRedirect.into())
    }

    /// The status that an [`Intent`] picks from the request's method and version.
    ///
    /// Method, body, caching and search engines are as the picked status has them: 302 or 307 for
    /// [`Intent::Temporary`], 301 or 308 for [`Intent::Permanent`], 303 for [`Intent::SeeOther`].
    /// Take a constructor with a number where clients are told to expect that number.
    ///
    /// ```
    /// use tower_redirect::{Intent, RedirectLayer};
    ///
    /// let layer = RedirectLayer::select(Intent::Temporary, "/maintenance");
    /// # let _ = layer;
    /// ```
    ///
    /// # Panics
    ///
    /// When it is handed a literal that is not a location, at the caller's line.
    #[track_caller]
    pub fn select<I>(intent: Intent, policy: I) -> Self
    where
        I: IntoPolicy<Target = Location, Policy = P>,
    {
        Self::with(policy.into_policy(), intent.into())
    }

    fn with(policy: P, how: How) -> Self {
        Self::of(With::new(policy, how))
    }
}

impl<P> RedirectLayer<P> {
    /// Takes a policy that says where and how: each [`Redirect`] has its own status.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Redirect, RedirectLayer, policy_fn};
    ///
    /// const NEWS: LocalPath = LocalPath::from_static("/news");
    /// const SALE: LocalPath = LocalPath::from_static("/sale");
    ///
    /// let layer = RedirectLayer::new(policy_fn(|request| match request.path() {
    ///     "/blog" => Some(Redirect::permanent(NEWS)),
    ///     "/today" => Some(Redirect::found(SALE)),
    ///     _ => None,
    /// }));
    /// # let _ = layer;
    /// ```
    pub fn new<I>(policy: I) -> Self
    where
        I: IntoPolicy<Target = Redirect, Policy = P>,
    {
        Self::of(policy.into_policy())
    }
}

impl<P> RedirectLayer<P> {
    fn of(policy: P) -> Self {
        Self {
            policy: Arc::new(policy),
            settings: Settings::default(),
            body: Unchanged,
        }
    }
}

impl<P, A> RedirectLayer<With<P>, A> {
    /// Redirects only after the inner service answered an unsafe method with 2xx.
    ///
    /// The request is carried out; its answer is replaced, except for `Set-Cookie` and what else
    /// [`When`] lists. Answers to GET, HEAD, OPTIONS, TRACE and QUERY stand.
    ///
    /// ```
    /// use axum::{Router, routing::put};
    /// use tower_redirect::RedirectLayer;
    ///
    /// let app: Router = Router::new()
    ///     .route("/upload", put(|| async { "stored" }))
    ///     .layer(RedirectLayer::see_other("/receipt").after_success());
    /// # let _ = app;
    /// ```
    pub fn after_success(self) -> Self {
        self.when(When::after_success())
    }

    /// Redirects only after the inner service answered with this status.
    ///
    /// ```
    /// use http::StatusCode;
    /// use tower_redirect::{LocalPath, RedirectLayer, policy_fn};
    ///
    /// // Retired addresses, only where nothing lives any more.
    /// let retired = policy_fn(|request| {
    ///     (request.path() == "/old").then_some(LocalPath::from_static("/new"))
    /// });
    /// let layer = RedirectLayer::permanent(retired).after(StatusCode::NOT_FOUND);
    /// # let _ = layer;
    /// ```
    pub fn after(self, status: StatusCode) -> Self {
        self.when(When::after(status))
    }

    /// Redirects only after the inner service gave an answer of which the closure says yes.
    ///
    /// ```
    /// use tower_redirect::RedirectLayer;
    ///
    /// let layer = RedirectLayer::see_other("/login")
    ///     .after_response(|answer| answer.status.as_u16() == 401);
    /// # let _ = layer;
    /// ```
    pub fn after_response(
        self,
        condition: impl Fn(&Parts) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.when(When::after_response(condition))
    }

    /// Sends `Cache-Control` with each redirect.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_redirect::{CacheControl, RedirectLayer};
    ///
    /// let day = CacheControl::max_age(Duration::from_secs(86_400));
    /// let layer = RedirectLayer::permanent("/v2").cache(day);
    /// # let _ = layer;
    /// ```
    pub fn cache(mut self, cache: CacheControl) -> Self {
        Arc::make_mut(&mut self.policy).cache = Some(cache);
        self
    }

    fn when(mut self, when: When) -> Self {
        Arc::make_mut(&mut self.policy).when = when;
        self
    }
}

impl<P, A> RedirectLayer<P, A> {
    /// Redirects also what would be [exempt](Exemption).
    ///
    /// ```
    /// use tower_redirect::{Exemption, RedirectLayer};
    ///
    /// let layer = RedirectLayer::temporary("/v2").redirect_also(Exemption::WebSocket);
    /// # let _ = layer;
    /// ```
    pub fn redirect_also(mut self, exemption: Exemption) -> Self {
        self.settings.lifted = self.settings.lifted.with(exemption);
        self
    }

    /// Shows the policy the whole URI that an axum router was asked for, also inside `nest`.
    ///
    /// It is read from the `OriginalUri` that axum leaves on the request, and has to be asked for,
    /// so that enabling feature `axum` changes nobody's matching.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use tower_redirect::{LocalPath, RedirectLayer, policy_fn};
    ///
    /// let policy = policy_fn(|request| {
    ///     (request.path() == "/api/old").then_some(LocalPath::from_static("/api/new"))
    /// });
    /// let api = Router::new()
    ///     .route("/old", get(|| async {}))
    ///     .layer(RedirectLayer::permanent(policy).original_uri());
    /// let app: Router = Router::new().nest("/api", api);
    /// # let _ = app;
    /// ```
    #[cfg(feature = "axum")]
    #[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
    pub fn original_uri(mut self) -> Self {
        self.settings.original_uri = Some(crate::head::whole_uri);
        self
    }

    /// Wraps the inner body in a [`ResponseBody`](crate::body::ResponseBody), so that it needs no
    /// `Default`.
    ///
    /// ```
    /// use axum::{Router, body::Body};
    /// use tower::ServiceBuilder;
    /// use tower_http::trace::TraceLayer;
    /// use tower_redirect::RedirectLayer;
    ///
    /// // The redirect stands outermost: what it answers is not traced.
    /// let service = ServiceBuilder::new()
    ///     .layer(RedirectLayer::temporary("/maintenance").wrap_body())
    ///     .layer(TraceLayer::new_for_http())
    ///     .service(Router::new());
    /// # fn check<S: tower::Service<http::Request<Body>>>(_: S) {}
    /// # check(service);
    /// ```
    pub fn wrap_body(self) -> RedirectLayer<P, Wrapped> {
        self.with_body(Wrapped)
    }

    fn with_body<B>(self, body: B) -> RedirectLayer<P, B> {
        RedirectLayer {
            policy: self.policy,
            settings: self.settings,
            body,
        }
    }
}

impl<P> RedirectLayer<P, Unchanged> {
    /// Sends the short hypertext note of RFC 9110 with each redirect, for people whose client does
    /// not follow.
    ///
    /// It is HTML where the client accepts it and plain text where not, has its `Content-Length` and
    /// `Vary: accept`, and is left out for HEAD. The inner body needs `From<Bytes>`; where it has
    /// none, call [`wrap_body`](Self::wrap_body) first.
    ///
    /// ```
    /// use tower_redirect::RedirectLayer;
    ///
    /// let layer = RedirectLayer::moved_permanently("/new").hypertext_note();
    /// # let _ = layer;
    /// ```
    ///
    /// Source: RFC 9110 §15.4.
    pub fn hypertext_note(mut self) -> RedirectLayer<P, Noted> {
        self.settings.note = true;
        self.with_body(Noted)
    }
}

impl<P> RedirectLayer<P, Wrapped> {
    /// Sends the short hypertext note of RFC 9110 with each redirect, in the wrapping body.
    ///
    /// ```
    /// use tower_redirect::RedirectLayer;
    ///
    /// let layer = RedirectLayer::moved_permanently("/new").wrap_body().hypertext_note();
    /// # let _ = layer;
    /// ```
    pub fn hypertext_note(mut self) -> Self {
        self.settings.note = true;
        self
    }
}

impl<S, P, A: Clone> Layer<S> for RedirectLayer<P, A> {
    type Service = RedirectService<S, P, A>;

    fn layer(&self, inner: S) -> Self::Service {
        RedirectService::from_layer(inner, self.clone())
    }
}

// The policy is shared, so that this needs no `P: Clone`.
impl<P, A: Clone> Clone for RedirectLayer<P, A> {
    fn clone(&self) -> Self {
        Self {
            policy: Arc::clone(&self.policy),
            settings: self.settings,
            body: self.body.clone(),
        }
    }
}

impl<P: fmt::Debug, A: fmt::Debug> fmt::Debug for RedirectLayer<P, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedirectLayer")
            .field("policy", &self.policy)
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}
