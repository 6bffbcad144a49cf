//! The layer: a policy, shared by all clones, and the options.
//!
//! `constructors` has one constructor for each status, `options` the setters.

use std::{fmt, sync::Arc};

use http::Request;
use tower_layer::Layer;

pub(crate) use self::options::Options;
use crate::{
    guard::Verdict,
    middleware::{RedirectService, body::Unchanged, recipient::Recipient},
    policy::{Decision, Policy, Refusal},
    redirect::Redirect,
    request::RequestHead,
};

mod constructors;
mod options;

/// A layer that redirects requests as its [`Policy`] decides.
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
/// let response = app.oneshot(Request::get("/").body(Body::empty())?).await?;
/// assert_eq!(response.status(), 307);
/// assert_eq!(response.headers()["location"], "/maintenance");
/// # Ok(())
/// # }
/// ```
///
/// # Constructors
///
/// | constructor | status | cached by default | next request | use it for |
/// |---|---|---|---|---|
/// | [`moved_permanently`](Self::moved_permanently) | 301 | yes | POST may become GET | GET pages that moved for good; old clients |
/// | [`found`](Self::found) | 302 | no | POST may become GET | GET pages that moved for now; old clients |
/// | [`see_other`](Self::see_other) | 303 | no | becomes GET (HEAD stays HEAD) | a page after a POST or PUT |
/// | [`temporary`](Self::temporary) | 307 | no | same method and body | maintenance, moved for now |
/// | [`permanent`](Self::permanent) | 308 | yes | same method and body | moved for good, canonical URLs |
/// | [`for_intent`](Self::for_intent) | by method and HTTP version | by intent | as the intent promises | one rule for GET and POST |
/// | [`new`](Self::new) | set by the policy | | | a status for each redirect |
///
/// # What is never redirected
///
/// Some requests go through to the inner service even if the policy redirects them:
///
/// - a request for the URL that the redirect leads to, so
///   `RedirectLayer::temporary("/maintenance")` doesn't loop,
/// - CORS preflights,
/// - WebSocket handshakes,
/// - CONNECT,
/// - `OPTIONS *`.
///
/// [`without_exemption`](Self::without_exemption) also redirects the last four. The `tracing`
/// feature logs each redirect at level debug, sent or not. The `metrics` feature counts them.
///
/// Redirects are **not access control**. A client chooses what it sends. For example, a request
/// with `Upgrade: websocket` passes through. Your app must reject requests for what a visitor must
/// not see.
///
/// # Placement
///
/// - On an axum `Router`, `.layer(…)` runs for unknown paths and wrong methods, too.
///   `.route_layer(…)` runs only for requests that match a route.
/// - Inside `.nest("/api", …)`, the policy sees the path without `/api`, but its targets need the
///   whole path. The layer doesn't run for paths that no inner route matches, unless the inner
///   router has a `.fallback`. With the `axum` feature, the loop check compares the whole path, and
///   `original_uri` shows it to the policy. Without that feature, the layer can't recognize a
///   redirect to the requested URL there, and the client loops.
/// - Around a layer that reserves capacity (`ConcurrencyLimit`, `Buffer`), a redirect wastes a
///   slot: `poll_ready` reserves it, and the slot stays reserved until this service is called again
///   or dropped. Put the redirect layer inside that layer, or give each request a clone, as axum
///   and the adapters for hyper do.
/// - The inner body needs `Default`. If the compiler says that the body lacks it, add
///   [`wrap_body`](Self::wrap_body). The [`body`](crate::middleware::body) module lists the layers
///   that need it.
/// - Behind a proxy that rewrites `Host` or strips a part of the path, this layer doesn't see the
///   URL that the client requested. The same is true inside a layer that rewrites the path
///   (`NormalizePath`). Write targets on your own site as paths, in the form in which this layer
///   receives them. Or exempt requests for them with [`unless`](crate::policy::Policy::unless).
#[must_use = "a layer does nothing until it is applied"]
pub struct RedirectLayer<P, M = Unchanged> {
    pub(crate) policy: Arc<P>,
    pub(crate) options: Options,
    body_mode: M,
}

impl<P, M> RedirectLayer<P, M> {
    /// Returns the request head as the policy sees it.
    #[inline]
    pub(crate) fn head<'a, B>(&self, request: &'a Request<B>) -> RequestHead<'a> {
        RequestHead::new(request).reading_original_uri(self.options.original_uri)
    }
}

impl<P: Policy<Target = Redirect>, M> RedirectLayer<P, M> {
    /// Returns what the service does with a request, for tests without an inner service.
    pub(crate) fn decide(&self, head: &RequestHead<'_>) -> Decision {
        let verdict = self.policy.decide(head).judge(head, self.options.disabled);
        match verdict {
            Verdict::Send(sent, _)
                if Recipient::of_401(&sent.redirect, head.headers()).is_some() =>
            {
                Decision::refuse(Refusal::LOGIN_REQUIRED)
            }
            verdict => Decision::of_verdict(verdict),
        }
    }
}

impl<S, P, M: Clone> Layer<S> for RedirectLayer<P, M> {
    type Service = RedirectService<S, P, M>;

    fn layer(&self, inner: S) -> Self::Service {
        RedirectService::from_layer(inner, self.clone())
    }
}

// The policy is shared, so a derived `P: Clone` bound would be too strict.
impl<P, M: Clone> Clone for RedirectLayer<P, M> {
    fn clone(&self) -> Self {
        Self {
            policy: Arc::clone(&self.policy),
            options: self.options,
            body_mode: self.body_mode.clone(),
        }
    }
}

impl<P: fmt::Debug, M: fmt::Debug> fmt::Debug for RedirectLayer<P, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedirectLayer")
            .field("policy", &self.policy)
            .field("body", &self.body_mode)
            .finish_non_exhaustive()
    }
}
