//! The service: decides on each request, then calls the inner service, redirects or refuses.
//!
//! The docs of [`middleware`](super) list the steps. What only a redirect or a refusal needs is
//! `#[cold]` and not inlined: it keeps `call` small enough to inline.

use std::{
    fmt,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use tower_service::Service;

use crate::{
    middleware::{
        RedirectLayer,
        action::Action,
        body::{BodyMode, Unchanged},
        future::ResponseFuture,
        refusal_text::RefusalText,
        response::RedirectResponse,
        unauthorized::Unauthorized,
    },
    observe,
    policy::{Policy, Refusal},
    redirect::{CacheControl, Redirect},
    request::HeaderReads,
};

/// The service that a [`RedirectLayer`] makes: it redirects, refuses, or calls the inner service.
///
/// ```
/// use http::{Request, Response, StatusCode, header};
/// use tower::{ServiceExt, service_fn};
/// use tower_redirect::{LocalPath, Policy, Status, middleware::RedirectService};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = service_fn(async |_: Request<String>| {
///     Ok::<_, std::io::Error>(Response::<String>::default())
/// });
/// let service = RedirectService::new(app, LocalPath::from_static("/new").with(Status::Found));
///
/// let response = service.oneshot(Request::get("/old").body(String::new())?).await?;
/// assert_eq!(response.status(), 302);
/// assert_eq!(response.headers()["location"], "/new");
/// # Ok(())
/// # }
/// ```
///
/// The docs of [`middleware`](crate::middleware) list the steps that each request takes.
///
/// - If the service redirects or refuses a request, it doesn't call the inner service. The
///   exception is a redirect that [waits for the response](crate::redirect::Timing::After).
/// - A redirect drops the request body unread. Over HTTP/1.1, a server may therefore close the
///   connection after a large upload.
/// - Errors come from the inner service only.
/// - A panic in a policy unwinds to the caller. It leaves nothing locked or half done.
pub struct RedirectService<S, P, M = Unchanged> {
    inner: S,
    layer: RedirectLayer<P, M>,
}

impl<S, P: Policy<Target = Redirect>> RedirectService<S, P> {
    /// Wraps a service, with the default options of [`RedirectLayer::new`].
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Policy, Status, middleware::RedirectService};
    ///
    /// let service = RedirectService::new((), LocalPath::from_static("/x").with(Status::Found));
    /// assert_eq!(service.into_inner(), ());
    /// ```
    pub fn new(inner: S, policy: P) -> Self {
        Self::from_layer(inner, RedirectLayer::new(policy))
    }
}

impl<S, P, M> RedirectService<S, P, M> {
    /// Wraps a service with the policy and options of a layer.
    ///
    /// Unlike [`Layer::layer`](tower_layer::Layer::layer), it takes the layer by value and is
    /// `const`.
    ///
    /// ```
    /// use tower_redirect::{RedirectLayer, middleware::RedirectService};
    ///
    /// let layer = RedirectLayer::found("/x").wrap_body();
    /// let service = RedirectService::from_layer("inner", layer);
    /// assert_eq!(service.get_ref(), &"inner");
    /// ```
    pub const fn from_layer(inner: S, layer: RedirectLayer<P, M>) -> Self {
        Self { inner, layer }
    }

    /// Returns a reference to the inner service.
    ///
    /// ```
    /// # use tower_redirect::{RedirectLayer, middleware::RedirectService};
    /// let service = RedirectService::from_layer(1, RedirectLayer::found("/x"));
    /// assert_eq!(service.get_ref(), &1);
    /// ```
    pub const fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Returns a mutable reference to the inner service.
    ///
    /// ```
    /// # use tower_redirect::{RedirectLayer, middleware::RedirectService};
    /// let mut service = RedirectService::from_layer(1, RedirectLayer::found("/x"));
    /// *service.get_mut() += 1;
    /// assert_eq!(service.into_inner(), 2);
    /// ```
    pub const fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Returns the inner service.
    ///
    /// ```
    /// # use tower_redirect::{RedirectLayer, middleware::RedirectService};
    /// let service = RedirectService::from_layer(1, RedirectLayer::found("/x"));
    /// assert_eq!(service.into_inner(), 1);
    /// ```
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, P, M, ReqBody, ResBody> Service<Request<ReqBody>> for RedirectService<S, P, M>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    P: Policy<Target = Redirect>,
    M: BodyMode<ResBody>,
{
    type Response = Response<M::Body>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, M::Body, M>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let reads = HeaderReads::new();
        let head = self.layer.head(&request).recording(&reads);
        let Some(decision) = self.layer.policy.decide(&head).unless_pass() else {
            observe::passed();
            return ResponseFuture::pass(self.inner.call(request));
        };
        let action = self.layer.options.action(decision, head, &reads);
        self.act(action, request)
    }
}

impl<S, P, M> RedirectService<S, P, M> {
    /// Carries out what was decided about a request that doesn't simply pass.
    #[cold]
    #[inline(never)]
    fn act<ReqBody, ResBody>(
        &mut self,
        action: Action,
        request: Request<ReqBody>,
    ) -> ResponseFuture<S::Future, M::Body, M>
    where
        S: Service<Request<ReqBody>, Response = Response<ResBody>>,
        M: BodyMode<ResBody>,
    {
        match action {
            Action::Pass => {
                observe::passed();
                ResponseFuture::pass(self.inner.call(request))
            }
            Action::RespondAfter(pending) => {
                ResponseFuture::after(self.inner.call(request), pending)
            }
            Action::Redirect(redirect, vary) => {
                ResponseFuture::ready(send::<M, _, _>(request, redirect, vary))
            }
            Action::Unauthorized(unauthorized, vary) => {
                ResponseFuture::ready(challenge::<M, _, _>(request, unauthorized, vary))
            }
            Action::Refuse(refusal, text, vary, is_personal) => {
                let mut response = refuse::<M, _, _>(request, refusal, text, vary);
                if is_personal {
                    // Caches may keep some refusals, for example a 410, even without a lifetime.
                    let cache = CacheControl::private_only();
                    response
                        .headers_mut()
                        .insert(header::CACHE_CONTROL, cache.into());
                }
                ResponseFuture::ready(response)
            }
        }
    }
}

/// Makes the response of a redirect that doesn't wait for the inner service.
#[inline]
fn send<M, ReqBody, ResBody>(
    request: Request<ReqBody>,
    redirect: RedirectResponse,
    vary: Option<HeaderValue>,
) -> Response<M::Body>
where
    M: BodyMode<ResBody>,
{
    observe::redirected(&redirect.redirected);
    let status = redirect.redirected.status.code();
    let mut sent = respond_without_app::<M, _, _>(request, status, redirect.body());
    if let Some(redirected) = redirect.extension() {
        sent.extensions_mut().insert(redirected);
    }
    redirect.write(sent.headers_mut());
    append_vary(sent.headers_mut(), vary);
    sent
}

/// Makes the 401 that a script gets instead of a redirect.
#[cold]
#[inline(never)]
fn challenge<M, ReqBody, ResBody>(
    request: Request<ReqBody>,
    unauthorized: Unauthorized,
    vary: Option<HeaderValue>,
) -> Response<M::Body>
where
    M: BodyMode<ResBody>,
{
    observe::unauthorized(&unauthorized.redirected);
    let refusal = Refusal::LOGIN_REQUIRED;
    let body = unauthorized.body();
    let mut response = respond_without_app::<M, _, _>(request, refusal.status(), body);
    unauthorized.write(response.headers_mut());
    append_vary(response.headers_mut(), vary);
    response.extensions_mut().insert(refusal);
    response
}

/// Makes a response without calling the inner service.
///
/// It reuses the header map of the request, cleared, and so allocates none.
#[inline]
fn respond_without_app<M, ReqBody, ResBody>(
    mut request: Request<ReqBody>,
    status: StatusCode,
    body: Bytes,
) -> Response<M::Body>
where
    M: BodyMode<ResBody>,
{
    let mut response = Response::new(M::redirect(body));
    *response.status_mut() = status;
    std::mem::swap(response.headers_mut(), request.headers_mut());
    response.headers_mut().clear();
    response
}

/// Lists in `Vary` the headers that the policy read.
fn append_vary(headers: &mut HeaderMap, vary: Option<HeaderValue>) {
    if let Some(vary) = vary {
        headers.append(header::VARY, vary);
    }
}

/// Makes the 4xx response of a refusal. Outer layers find the refusal among its extensions.
#[inline]
fn refuse<M, ReqBody, ResBody>(
    request: Request<ReqBody>,
    refusal: Refusal,
    text: Option<RefusalText>,
    vary: Option<HeaderValue>,
) -> Response<M::Body>
where
    M: BodyMode<ResBody>,
{
    observe::refused(&refusal);
    let body = text.as_ref().map_or_else(Bytes::new, RefusalText::body);
    let mut response = respond_without_app::<M, _, _>(request, refusal.status(), body);
    if let Some(text) = text {
        text.write(response.headers_mut());
    }
    append_vary(response.headers_mut(), vary);
    response.extensions_mut().insert(refusal);
    response
}

impl<S: Clone, P, M: Clone> Clone for RedirectService<S, P, M> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            layer: self.layer.clone(),
        }
    }
}

impl<S: fmt::Debug, P: fmt::Debug, M: fmt::Debug> fmt::Debug for RedirectService<S, P, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedirectService")
            .field("inner", &self.inner)
            .field("layer", &self.layer)
            .finish()
    }
}
