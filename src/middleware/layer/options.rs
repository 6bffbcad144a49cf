//! The setters: when the layer redirects, and what it sends.

use std::sync::Arc;

use http::{StatusCode, response::Parts};

use super::RedirectLayer;
use crate::{
    middleware::{
        Exemption,
        body::{LinkBody, Unchanged, Wrapped},
    },
    policy::With,
    redirect::{CacheControl, DisabledExemptions},
};

/// The options that apply to every redirect of a layer.
#[derive(Clone, Copy, Default)]
pub(crate) struct Options {
    pub(crate) link_body: bool,
    pub(crate) disabled: DisabledExemptions,
    pub(crate) original_uri: bool,
    pub(crate) inserts_redirected: bool,
    pub(crate) default_max_age: Option<CacheControl>,
}

impl<P, M> RedirectLayer<With<P>, M> {
    /// Redirects only if the inner service responds with 2xx to an unsafe method.
    ///
    /// The inner service handles the request, and the redirect replaces its response. `Set-Cookie`
    /// and the other headers that [`Timing`](crate::redirect::Timing) lists stay. The redirect
    /// never replaces responses to GET, HEAD, OPTIONS, TRACE and QUERY.
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
    /// let response = app.oneshot(Request::put("/upload").body(Body::empty())?).await?;
    /// assert_eq!(response.status(), 303);
    /// assert_eq!(response.headers()["location"], "/receipt");
    /// # Ok(())
    /// # }
    /// ```
    pub fn after_success(self) -> Self {
        self.map_with(With::after_success)
    }

    /// Redirects only if the inner service responds with this status.
    ///
    /// ```
    /// use axum::{Router, body::Body, http::{Request, StatusCode}, routing::get};
    /// use tower::ServiceExt;
    /// use tower_redirect::RedirectLayer;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// // Redirect only URLs that the app doesn't know.
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

    /// Redirects only if the closure returns `true` for the inner service's response.
    ///
    /// The closure sees the status, the headers and the extensions, but not the body.
    ///
    /// ```
    /// use axum::{Router, body::Body, http::{Request, StatusCode}, routing::get};
    /// use tower::ServiceExt;
    /// use tower_redirect::RedirectLayer;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let layer = RedirectLayer::see_other("/login").after_response(|response| {
    ///     response.status == StatusCode::UNAUTHORIZED && !response.headers.contains_key("x-api")
    /// });
    /// let app: Router = Router::new()
    ///     .route("/account", get(|| async { StatusCode::UNAUTHORIZED }))
    ///     .layer(layer);
    ///
    /// let response = app.oneshot(Request::get("/account").body(Body::empty())?).await?;
    /// assert_eq!(response.headers()["location"], "/login");
    /// # Ok(())
    /// # }
    /// ```
    pub fn after_response(
        self,
        condition: impl Fn(&Parts) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.map_with(|with| with.after_response(condition))
    }

    /// Sends `Cache-Control` with each redirect. A `Duration` becomes its `max-age`.
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
    /// let response = app.oneshot(Request::get("/v1").body(Body::empty())?).await?;
    /// assert_eq!(response.headers()["cache-control"], "max-age=86400");
    /// # Ok(())
    /// # }
    /// ```
    pub fn cache(self, cache: impl Into<CacheControl>) -> Self {
        self.map_with(|with| with.cache(cache))
    }

    /// Sends scripts a 401 instead. Use it for redirects to the login page only.
    ///
    #[doc = include_str!("../../docs/unauthorized_for_scripts.md")]
    ///
    /// ```
    /// use axum::{Router, body::Body, http::Request};
    /// use tower::ServiceExt;
    /// use tower_redirect::{RedirectLayer, policy::LoginRedirect};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let login = LoginRedirect::to("/login");
    /// let layer = RedirectLayer::see_other(login).unauthorized_for_scripts();
    /// let app: Router = Router::new().layer(layer);
    ///
    /// // A script's `fetch`:
    /// let request = Request::get("/api/me").header("sec-fetch-mode", "cors");
    /// let response = app.clone().oneshot(request.body(Body::empty())?).await?;
    /// assert_eq!(response.status(), 401);
    /// assert_eq!(response.headers()["www-authenticate"], "Cookie realm=\"login\"");
    /// assert_eq!(response.headers()["location"], "/login?next=%2Fapi%2Fme");
    ///
    /// // A link or a form:
    /// let request = Request::get("/account").header("sec-fetch-mode", "navigate");
    /// let response = app.oneshot(request.body(Body::empty())?).await?;
    /// assert_eq!(response.status(), 303);
    /// # Ok(())
    /// # }
    /// ```
    pub fn unauthorized_for_scripts(self) -> Self {
        self.map_with(With::unauthorized_for_scripts)
    }

    fn map_with(self, change: impl FnOnce(With<P>) -> With<P>) -> Self {
        let with = Arc::unwrap_or_clone(self.policy);
        Self {
            policy: Arc::new(change(with)),
            ..self
        }
    }
}

impl<P, M> RedirectLayer<P, M> {
    /// Also redirects requests that are [exempt](Exemption) by default.
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
        self.options.disabled = self.options.disabled.with(exemption);
        self
    }

    /// Shows the policy the whole URI of a request to an axum router, even inside `nest`.
    ///
    /// The layer reads it from the `OriginalUri` that axum adds to the request. This is a setter of
    /// its own, so enabling the `axum` feature doesn't change what existing policies match.
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
    ///     // `/old` isn't a route any more: without a fallback, no layer would run for it.
    ///     .fallback(|| async { StatusCode::NOT_FOUND })
    ///     .layer(RedirectLayer::permanent(policy).original_uri());
    /// let app: Router = Router::new().nest("/api", api);
    ///
    /// let response = app.oneshot(Request::get("/api/old").body(Body::empty())?).await?;
    /// assert_eq!(response.headers()["location"], "/api/new");
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "axum")]
    #[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
    pub fn original_uri(mut self) -> Self {
        self.options.original_uri = true;
        self
    }

    /// Sends `Cache-Control` with each permanent redirect that has no cache lifetime of its own.
    ///
    /// For example, redirects from a rule file have none. A `Duration` becomes the `max-age`.
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
    /// Without a cache lifetime, a browser keeps a 301 or 308 for as long as it likes (RFC 9111
    /// §4.2.2). A wrong redirect then stays in its cache. Two kinds of redirects don't get this
    /// value unchanged:
    ///
    /// - A redirect that relies on a presumed scheme (no trusted proxy reported it) stays
    ///   `no-store`.
    /// - A redirect that depends on `Cookie` or `Authorization` becomes `private` and keeps its
    ///   `max-age`: only the visitor's own browser keeps it, for that time. The same holds if it
    ///   replaces a response that [isn't for shared caches](crate::redirect::Timing).
    pub fn default_max_age(mut self, cache: impl Into<CacheControl>) -> Self {
        self.options.default_max_age = Some(cache.into());
        self
    }

    /// Adds a [`Redirected`](crate::redirect::Redirected) to the extensions of each redirect.
    ///
    /// Outer layers can read the location of the redirect and the rule that it comes from. A
    /// redirect that replaces the app's response has this extension, too.
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
    /// let response = app.oneshot(Request::get("/old").body(Body::empty())?).await?;
    /// let redirected = response.extensions().get::<Redirected>().unwrap();
    /// assert_eq!((redirected.status(), redirected.location().as_str()), (Status::Found, "/new"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// This is off by default because the first extension of a response costs three allocations,
    /// and a redirect otherwise costs none. The response to a refused request always has the
    /// [`Refusal`](crate::policy::Refusal) in its extensions.
    pub fn insert_redirected(mut self) -> Self {
        self.options.inserts_redirected = true;
        self
    }

    /// Wraps the inner body in a [`ResponseBody`](crate::middleware::body::ResponseBody), which
    /// needs no `Default`.
    ///
    /// Use it if the compiler says that the inner body lacks `Default`. In an axum `Router`, you
    /// don't need it. The [`body`](crate::middleware::body) module says which layers need it.
    ///
    /// ```
    /// use axum::{Router, body::Body, http::Request};
    /// use tower::{ServiceBuilder, ServiceExt};
    /// use tower_http::trace::TraceLayer;
    /// use tower_redirect::RedirectLayer;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// // The redirect is the outermost layer: `TraceLayer` doesn't see its redirects.
    /// let service = ServiceBuilder::new()
    ///     .layer(RedirectLayer::temporary("/maintenance").wrap_body())
    ///     .layer(TraceLayer::new_for_http())
    ///     .service(Router::new());
    ///
    /// let response = service.oneshot(Request::get("/").body(Body::empty())?).await?;
    /// assert_eq!(response.status(), 307);
    /// # Ok(())
    /// # }
    /// ```
    pub fn wrap_body(self) -> RedirectLayer<P, Wrapped> {
        self.with_body_mode(Wrapped)
    }

    fn with_body_mode<B>(self, body_mode: B) -> RedirectLayer<P, B> {
        RedirectLayer {
            policy: self.policy,
            options: self.options,
            body_mode,
        }
    }
}

impl<P> RedirectLayer<P, Unchanged> {
    /// Sends a short page with a link in the body of each redirect, for people whose client doesn't
    /// follow redirects.
    ///
    /// The page is HTML if the client accepts HTML, and plain text otherwise. The response has the
    /// `Content-Length` of the page and `Vary: accept`. The response to HEAD has no body.
    ///
    /// A refusal gets one line of plain text: its
    /// [public text](crate::policy::Refusal::with_public_text), or the status.
    ///
    /// The inner body needs `From<Bytes>`. If it lacks that, call [`wrap_body`](Self::wrap_body),
    /// too.
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
    /// let response = app.oneshot(Request::get("/old").body(Body::empty())?).await?;
    /// assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
    /// let page = to_bytes(response.into_body(), 1_000).await?;
    /// assert!(page.ends_with(b"<p>Continue at <a href=\"/new\">/new</a>.</p>\n</html>\n"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Source: RFC 9110 §15.4.
    pub fn link_body(mut self) -> RedirectLayer<P, LinkBody> {
        self.options.link_body = true;
        self.with_body_mode(LinkBody)
    }
}

impl<P> RedirectLayer<P, Wrapped> {
    /// Sends a short page with a link in the body of each redirect, as `link_body` does without
    /// `wrap_body`.
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
    /// let response = app.oneshot(Request::get("/old").body(Body::empty())?).await?;
    /// assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
    /// let page = response.into_body().collect().await?.to_bytes();
    /// assert!(page.ends_with(b"<p>Continue at <a href=\"/new\">/new</a>.</p>\n</html>\n"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn link_body(mut self) -> Self {
        self.options.link_body = true;
        self
    }
}
