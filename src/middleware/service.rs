//! The service: decides on each request, then calls the inner service, redirects or refuses.
//!
//! The docs of [`middleware`](super) list the steps. What only a redirect or a refusal needs is
//! `#[cold]` and not inlined: it keeps `call` small enough to inline.

use std::{
    fmt,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header};
use tower_service::Service;

use crate::{
    guard::{self, Verdict},
    middleware::{
        RedirectLayer,
        body::{BodyMode, Unchanged},
        future::{Pending, PendingResponse, ResponseFuture},
        link_body::LinkPageKind,
        recipient::Recipient,
        refusal_text::RefusalText,
        response::{RedirectResponse, cache_control},
        unauthorized::Unauthorized,
    },
    observe,
    policy::{Decision, Policy, Refusal},
    redirect::{CacheControl, Redirect, Timing},
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
///   exception is a redirect that [waits for the response](Timing::After).
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
        match self
            .layer
            .policy
            .decide(&self.layer.head(&request).recording(&reads))
        {
            // A policy around `Https` turned its redirect into a pass. Plaintext still must not
            // pass (R11).
            Decision::Pass if reads.is_closed() => self.refuse(request, guard::CLOSED, &reads),
            Decision::Pass => {
                observe::passed();
                ResponseFuture::pass(self.inner.call(request))
            }
            Decision::Redirect(redirect) => self.redirect(request, redirect, &reads),
            Decision::Refuse(refusal) => self.refuse(request, refusal, &reads),
        }
    }
}

impl<S, P, M> RedirectService<S, P, M> {
    /// Checks a redirect, then sends it, waits for the response, or suppresses it.
    #[cold]
    #[inline(never)]
    fn redirect<ReqBody, ResBody>(
        &mut self,
        request: Request<ReqBody>,
        redirect: Redirect,
        reads: &HeaderReads,
    ) -> ResponseFuture<S::Future, M::Body, M>
    where
        S: Service<Request<ReqBody>, Response = Response<ResBody>>,
        M: BodyMode<ResBody>,
    {
        let head = self.layer.head(&request).recording(reads);
        let options = &self.layer.options;
        let status = match guard::judge(&head, &redirect, options.disabled) {
            Verdict::Send(status) => status,
            Verdict::Pass(reason) => {
                observe::suppressed(&head, &redirect, reason);
                observe::passed();
                return ResponseFuture::pass(self.inner.call(request));
            }
            Verdict::Refuse(reason, refusal) => {
                observe::suppressed(&head, &redirect, reason);
                return self.refuse(request, refusal, reads);
            }
        };
        let waits = matches!(guard::timing(&head, &redirect), Timing::After(_));
        if redirect.has_401_for_scripts && !head.is_closed() {
            let recipient = Recipient::of(head.headers());
            if recipient != Recipient::Page {
                let refusal = &Refusal::LOGIN_REQUIRED;
                let text = options
                    .link_body
                    .then(|| RefusalText::new(refusal, head.method()));
                let (redirect, timing) = RedirectResponse::new(redirect, status, None, None);
                let response = Unauthorized::new(redirect.redirected, recipient, text);
                return self.unauthorized(request, response, timing, reads);
            }
        }
        let page_kind = options.link_body.then(|| LinkPageKind::for_request(&head));
        let varies = redirect.has_401_for_scripts && !head.is_closed();
        let cache = if varies {
            Some(CacheControl::no_store())
        } else {
            cache_control(redirect.cache, options.default_max_age, status, reads)
        };
        let (mut response, timing) = RedirectResponse::new(redirect, status, cache, page_kind);
        response.has_401_for_scripts = varies;
        response.inserts_redirected = options.inserts_redirected;
        match timing {
            Timing::After(condition) if waits => {
                let vary = reads.vary();
                let pending = Pending {
                    condition,
                    response: PendingResponse::Redirect(response),
                    vary,
                };
                ResponseFuture::after(self.inner.call(request), pending)
            }
            Timing::Before | Timing::After(_) => {
                observe::redirected(&response.redirected);
                let mut sent =
                    respond_without_app::<M, _, _>(request, status.code(), response.body());
                if let Some(redirected) = response.extension() {
                    sent.extensions_mut().insert(redirected);
                }
                response.write(sent.headers_mut());
                if !reads.is_empty() {
                    append_vary(sent.headers_mut(), reads);
                }
                ResponseFuture::ready(sent)
            }
        }
    }

    /// Sends a script the 401 instead of a redirect, or adds to the app's 401.
    #[cold]
    #[inline(never)]
    fn unauthorized<ReqBody, ResBody>(
        &mut self,
        request: Request<ReqBody>,
        unauthorized: Unauthorized,
        timing: Timing,
        reads: &HeaderReads,
    ) -> ResponseFuture<S::Future, M::Body, M>
    where
        S: Service<Request<ReqBody>, Response = Response<ResBody>>,
        M: BodyMode<ResBody>,
    {
        if let Timing::After(condition) = timing {
            let pending = Pending {
                condition,
                response: PendingResponse::Unauthorized(unauthorized),
                vary: reads.vary(),
            };
            return ResponseFuture::after(self.inner.call(request), pending);
        }
        observe::unauthorized(&unauthorized.redirected);
        let refusal = Refusal::LOGIN_REQUIRED;
        let body = unauthorized.body();
        let mut response = respond_without_app::<M, _, _>(request, refusal.status(), body);
        unauthorized.write(response.headers_mut());
        append_vary(response.headers_mut(), reads);
        response.extensions_mut().insert(refusal);
        ResponseFuture::ready(response)
    }

    /// Sends the 4xx response of a refusal. Outer layers find the refusal among its extensions.
    #[cold]
    #[inline(never)]
    fn refuse<ReqBody, ResBody>(
        &self,
        request: Request<ReqBody>,
        refusal: Refusal,
        reads: &HeaderReads,
    ) -> ResponseFuture<S::Future, M::Body, M>
    where
        S: Service<Request<ReqBody>, Response = Response<ResBody>>,
        M: BodyMode<ResBody>,
    {
        observe::refused(&refusal);
        let sends_text = self.layer.options.link_body;
        let text = sends_text.then(|| RefusalText::new(&refusal, request.method()));
        let body = text.as_ref().map_or_else(Bytes::new, RefusalText::body);
        let mut response = respond_without_app::<M, _, _>(request, refusal.status(), body);
        if let Some(text) = text {
            text.write(response.headers_mut());
        }
        append_vary(response.headers_mut(), reads);
        response.extensions_mut().insert(refusal);
        ResponseFuture::ready(response)
    }
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
#[cold]
#[inline(never)]
fn append_vary(headers: &mut HeaderMap, reads: &HeaderReads) {
    if let Some(vary) = reads.vary() {
        headers.append(header::VARY, vary);
    }
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
