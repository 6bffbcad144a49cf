use std::{fmt, sync::Arc};

use http::{Request, StatusCode, response::Parts};
use tower_layer::Layer;

use crate::{
    guard::{self, Verdict},
    middleware::{
        Exemption, RedirectService,
        body::{LinkBody, Unchanged, Wrapped},
    },
    policy::{Decision, Policy, With},
    redirect::DisabledExemptions,
    redirect::{CacheControl, Redirect},
    request::{HeaderReads, RequestHead},
};

mod constructors;

/// A layer that answers requests with redirects, where its [`Policy`] says so.
///
/// ```
/// use axum::{Router, body::Body, http::Request, routing::get};
/// use tower::ServiceExt;
/// use tower_redirect::RedirectLayer;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app: Router = Router::new()
///     .route("/", get(|| async { "hello" }))
///     .layer(RedirectLayer::temporary("/maintenance"));
///
/// let answer = app.oneshot(Request::get("/").body(Body::empty())?).await?;
/// assert_eq!(answer.status(), 307);
/// assert_eq!(answer.headers()["location"], "/maintenance");
/// # Ok(())
/// # }
/// ```
///
/// | constructor | status | lifetime | the next request | for |
/// |---|---|---|---|---|
/// | [`moved_permanently`](Self::moved_permanently) | 301 | permanent, cacheable | POST may become GET | old clients, GET pages |
/// | [`found`](Self::found) | 302 | temporary | POST may become GET | old clients, GET pages |
/// | [`see_other`](Self::see_other) | 303 | temporary | becomes GET (HEAD stays HEAD) | answer to a POST or PUT |
/// | [`temporary`](Self::temporary) | 307 | temporary | method and body kept | maintenance, moved for now |
/// | [`permanent`](Self::permanent) | 308 | permanent, cacheable | method and body kept | moved for good, canonical address |
/// | [`for_intent`](Self::for_intent) | by method and version | as the intent | as the intent promises | one rule for GET and POST |
/// | [`new`](Self::new) | the policy's own | | | each redirect has its own status |
///
/// # What is never redirected
///
/// Whatever the policy answers, the service passes on: a request for the very address that the
/// redirect leads to (so that `RedirectLayer::temporary("/maintenance")` does not loop), CORS
/// preflights, WebSocket handshakes, CONNECT and `OPTIONS *`. The last four can be switched with
/// [`without_exemption`](Self::without_exemption). With feature `tracing`, each leaves an event at level
/// debug, as does each redirect that is sent; with feature `metrics`, they are counted.
///
/// A client chooses what it sends, an `Upgrade` field for one: a redirect is **no access control**.
/// What must not be seen, the app has to refuse.
///
/// # Where it stands
///
/// - On an axum `Router`, `.layer(…)` runs for unknown paths and wrong methods too;
///   `.route_layer(…)` only where a route matched.
/// - Inside `.nest("/api", …)` the policy sees the path without `/api` (but answers with the whole
///   one), and the layer does not run for paths that no inner route matches, unless the inner router
///   has a `.fallback`. Feature `axum` has `original_uri` for the whole path; without that feature the
///   address that was asked for is not known there, and a redirect to it loops.
/// - Above a layer that reserves capacity (`ConcurrencyLimit`, `Buffer`): a redirect is answered
///   after `poll_ready` has reserved a place, and the place stays reserved until this service is
///   called again or dropped. Put the redirect below such a layer, or give each request a clone, as
///   axum and hyper's adapters do.
/// - The inner body needs `Default`; where it has none, [`wrap_body`](Self::wrap_body).
/// - Behind a proxy that rewrites `Host` or strips a part of the path, and under a layer that rewrites
///   the path (`NormalizePath`), the address that the client asked for is not what arrives here: write
///   targets on your own site as paths, in the spelling that arrives, or exempt them with
///   [`unless`](crate::policy::Policy::unless).
#[must_use = "a layer does nothing until it is applied"]
pub struct RedirectLayer<P, A = Unchanged> {
    pub(crate) policy: Arc<P>,
    pub(crate) settings: Settings,
    body: A,
}

/// What a service is told beside its policy.
#[derive(Clone, Copy, Default)]
pub(crate) struct Settings {
    pub(crate) link_body: bool,
    pub(crate) disabled: DisabledExemptions,
    pub(crate) reads_original_uri: bool,
    pub(crate) inserts_redirected: bool,
    pub(crate) default_max_age: Option<CacheControl>,
}

impl<P, A> RedirectLayer<With<P>, A> {
    /// Redirects only after the inner service answered an unsafe method with 2xx.
    ///
    /// The request is carried out; its answer is replaced, except for `Set-Cookie` and what else
    /// [`Timing`](crate::redirect::Timing) lists. Answers to GET, HEAD, OPTIONS, TRACE and QUERY stand.
    ///
    /// ```
    /// use axum::{Router, body::Body, http::Request, routing::put};
    /// use tower::ServiceExt;
    /// use tower_redirect::RedirectLayer;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let app: Router = Router::new()
    ///     .route("/upload", put(|| async { "stored" }))
    ///     .layer(RedirectLayer::see_other("/receipt").after_success());
    ///
    /// let answer = app.oneshot(Request::put("/upload").body(Body::empty())?).await?;
    /// assert_eq!(answer.status(), 303);
    /// assert_eq!(answer.headers()["location"], "/receipt");
    /// # Ok(())
    /// # }
    /// ```
    pub fn after_success(self) -> Self {
        self.map_with(With::after_success)
    }

    /// Redirects only after the inner service answered with this status.
    ///
    /// ```
    /// use axum::{Router, body::Body, http::{Request, StatusCode}, routing::get};
    /// use tower::ServiceExt;
    /// use tower_redirect::RedirectLayer;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// // Only where nothing lives any more.
    /// let app: Router = Router::new()
    ///     .route("/alive", get(|| async { "here" }))
    ///     .layer(RedirectLayer::permanent("/archive").after(StatusCode::NOT_FOUND));
    ///
    /// let alive = app.clone().oneshot(Request::get("/alive").body(Body::empty())?).await?;
    /// assert_eq!(alive.status(), 200);
    /// let retired = app.oneshot(Request::get("/retired").body(Body::empty())?).await?;
    /// assert_eq!(retired.headers()["location"], "/archive");
    /// # Ok(())
    /// # }
    /// ```
    pub fn after(self, status: StatusCode) -> Self {
        self.map_with(|with| with.after(status))
    }

    /// Redirects only after the inner service gave an answer of which the closure says yes.
    ///
    /// ```
    /// use axum::{Router, body::Body, http::{Request, StatusCode}, routing::get};
    /// use tower::ServiceExt;
    /// use tower_redirect::RedirectLayer;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let layer = RedirectLayer::see_other("/login").after_response(|answer| {
    ///     answer.status == StatusCode::UNAUTHORIZED && !answer.headers.contains_key("x-api")
    /// });
    /// let app: Router = Router::new()
    ///     .route("/account", get(|| async { StatusCode::UNAUTHORIZED }))
    ///     .layer(layer);
    ///
    /// let answer = app.oneshot(Request::get("/account").body(Body::empty())?).await?;
    /// assert_eq!(answer.headers()["location"], "/login");
    /// # Ok(())
    /// # }
    /// ```
    pub fn after_response(
        self,
        condition: impl Fn(&Parts) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.map_with(|with| with.after_response(condition))
    }

    /// Sends `Cache-Control` with each redirect; a `Duration` is its `max-age`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use axum::{Router, body::Body, http::Request};
    /// use tower::ServiceExt;
    /// use tower_redirect::RedirectLayer;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let day = Duration::from_secs(86_400);
    /// let app: Router = Router::new().layer(RedirectLayer::permanent("/v2").cache(day));
    ///
    /// let answer = app.oneshot(Request::get("/v1").body(Body::empty())?).await?;
    /// assert_eq!(answer.headers()["cache-control"], "max-age=86400");
    /// # Ok(())
    /// # }
    /// ```
    pub fn cache(self, cache: impl Into<CacheControl>) -> Self {
        self.map_with(|with| with.cache(cache))
    }

    fn map_with(self, change: impl FnOnce(With<P>) -> With<P>) -> Self {
        let with = Arc::unwrap_or_clone(self.policy);
        Self {
            policy: Arc::new(change(with)),
            ..self
        }
    }
}

impl<P, A> RedirectLayer<P, A> {
    /// Redirects also what would be [exempt](Exemption).
    ///
    /// ```
    /// use tower_redirect::{RedirectLayer, middleware::Exemption, testing};
    ///
    /// let handshake = testing::get("/v1").header("upgrade", "websocket");
    /// let layer = RedirectLayer::temporary("/v2");
    /// handshake.clone().through_layer(&layer).assert_pass();
    ///
    /// let layer = layer.without_exemption(Exemption::WebSocket);
    /// handshake.through_layer(&layer).assert_redirect("/v2");
    /// ```
    pub fn without_exemption(mut self, exemption: Exemption) -> Self {
        self.settings.disabled = self.settings.disabled.with(exemption);
        self
    }

    /// Shows the policy the whole URI that an axum router was asked for, also inside `nest`.
    ///
    /// It is read from the `OriginalUri` that axum leaves on the request, and has to be asked for,
    /// so that enabling feature `axum` changes nobody's matching.
    ///
    /// ```
    /// use axum::{Router, body::Body, http::{Request, StatusCode}, routing::get};
    /// use tower::ServiceExt;
    /// use tower_redirect::{LocalPath, RedirectLayer, policy_fn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let policy = policy_fn(|request| {
    ///     (request.path() == "/api/old").then(|| LocalPath::from_static("/api/new"))
    /// });
    /// let api = Router::new()
    ///     .route("/new", get(|| async {}))
    ///     // What has moved is no route any more; without a fallback no layer would run for it.
    ///     .fallback(|| async { StatusCode::NOT_FOUND })
    ///     .layer(RedirectLayer::permanent(policy).original_uri());
    /// let app: Router = Router::new().nest("/api", api);
    ///
    /// let answer = app.oneshot(Request::get("/api/old").body(Body::empty())?).await?;
    /// assert_eq!(answer.headers()["location"], "/api/new");
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "axum")]
    #[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
    pub fn original_uri(mut self) -> Self {
        self.settings.reads_original_uri = true;
        self
    }

    /// Gives each permanent redirect a lifetime that has none of its own: those of a file of rules, for one.
    ///
    /// ```
    /// use std::time::Duration;
    /// use axum::{Router, body::Body, http::Request};
    /// use tower::ServiceExt;
    /// use tower_redirect::{RedirectLayer, rules::netlify};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let rules = netlify::parse("/a /b 301!\n/c /d 302!")?;
    /// let hour = Duration::from_secs(3_600);
    /// let app: Router = Router::new().layer(RedirectLayer::new(rules).default_max_age(hour));
    ///
    /// let permanent = app.clone().oneshot(Request::get("/a").body(Body::empty())?).await?;
    /// assert_eq!(permanent.headers()["cache-control"], "max-age=3600");
    /// let temporary = app.oneshot(Request::get("/c").body(Body::empty())?).await?;
    /// assert!(!temporary.headers().contains_key("cache-control"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Without it, a browser keeps a 301 or 308 for as long as it likes (RFC 9111 §4.2.2), and so a mistake. A
    /// redirect on a scheme that was presumed stays `no-store`, and one that depends on who asks `private`.
    pub fn default_max_age(mut self, cache: impl Into<CacheControl>) -> Self {
        self.settings.default_max_age = Some(cache.into());
        self
    }

    /// Leaves a [`Redirected`](crate::redirect::Redirected) among the extensions of each redirect, also of one that
    /// replaces the app's answer, for layers in front: where it leads, and which rule it comes from.
    ///
    /// ```
    /// use axum::{Router, body::Body, http::Request};
    /// use tower::ServiceExt;
    /// use tower_redirect::{RedirectLayer, Status, redirect::Redirected};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let app: Router = Router::new().layer(RedirectLayer::found("/new").insert_redirected());
    ///
    /// let answer = app.oneshot(Request::get("/old").body(Body::empty())?).await?;
    /// let redirected = answer.extensions().get::<Redirected>().unwrap();
    /// assert_eq!((redirected.status(), redirected.location().as_str()), (Status::Found, "/new"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// It has to be asked for, because the first extension of a response is three allocations, and a
    /// redirect is none. The [`Refusal`](crate::policy::Refusal) of a refused request is always there.
    pub fn insert_redirected(mut self) -> Self {
        self.settings.inserts_redirected = true;
        self
    }

    /// Wraps the inner body in a [`ResponseBody`](crate::middleware::body::ResponseBody), so that it needs no
    /// `Default`.
    ///
    /// ```
    /// use axum::{Router, body::Body, http::Request};
    /// use tower::{ServiceBuilder, ServiceExt};
    /// use tower_http::trace::TraceLayer;
    /// use tower_redirect::RedirectLayer;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// // The redirect stands outermost: what it answers is not traced.
    /// let service = ServiceBuilder::new()
    ///     .layer(RedirectLayer::temporary("/maintenance").wrap_body())
    ///     .layer(TraceLayer::new_for_http())
    ///     .service(Router::new());
    ///
    /// let answer = service.oneshot(Request::get("/").body(Body::empty())?).await?;
    /// assert_eq!(answer.status(), 307);
    /// # Ok(())
    /// # }
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
    /// none, call [`wrap_body`](Self::wrap_body) too.
    ///
    /// ```
    /// use axum::{Router, body::{Body, to_bytes}, http::Request};
    /// use tower::ServiceExt;
    /// use tower_redirect::RedirectLayer;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let layer = RedirectLayer::moved_permanently("/new").link_body();
    /// let app: Router = Router::new().layer(layer);
    ///
    /// let answer = app.oneshot(Request::get("/old").body(Body::empty())?).await?;
    /// assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
    /// let note = to_bytes(answer.into_body(), 1_000).await?;
    /// assert!(note.ends_with(b"<p>Continue at <a href=\"/new\">/new</a>.</p>\n</html>\n"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Source: RFC 9110 §15.4.
    pub fn link_body(mut self) -> RedirectLayer<P, LinkBody> {
        self.settings.link_body = true;
        self.with_body(LinkBody)
    }
}

impl<P> RedirectLayer<P, Wrapped> {
    /// Sends the short hypertext note of RFC 9110 with each redirect, in the wrapping body.
    ///
    /// ```
    /// use axum::{Router, body::Body, http::Request};
    /// use http_body_util::BodyExt;
    /// use tower::{Layer, ServiceExt};
    /// use tower_redirect::RedirectLayer;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let layer = RedirectLayer::moved_permanently("/new").wrap_body().link_body();
    /// let app = layer.layer(Router::new());
    ///
    /// let answer = app.oneshot(Request::get("/old").body(Body::empty())?).await?;
    /// assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
    /// let note = answer.into_body().collect().await?.to_bytes();
    /// assert!(note.ends_with(b"<p>Continue at <a href=\"/new\">/new</a>.</p>\n</html>\n"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn link_body(mut self) -> Self {
        self.settings.link_body = true;
        self
    }
}

impl<P: Policy<Target = Redirect>, A> RedirectLayer<P, A> {
    /// What the service would do, for tests without one.
    pub(crate) fn decide(&self, head: &RequestHead<'_>) -> Decision {
        let reads = HeaderReads::new();
        let head = head.recording(&reads);
        match self.policy.decide(&head) {
            Decision::Redirect(redirect) => {
                match guard::judge(&head, &redirect, self.settings.disabled) {
                    Verdict::Send(_) => Decision::Redirect(redirect),
                    Verdict::Pass(_) => Decision::Pass,
                    Verdict::Refuse(_, refusal) => Decision::Refuse(refusal),
                }
            }
            Decision::Pass if reads.is_closed() => Decision::Refuse(guard::CLOSED),
            answer => answer,
        }
    }
}

impl<P, A> RedirectLayer<P, A> {
    /// The head of a request, as the policy is shown it.
    #[inline]
    pub(crate) fn head<'a, B>(&self, request: &'a Request<B>) -> RequestHead<'a> {
        RequestHead::new(request).reading_original_uri(self.settings.reads_original_uri)
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
