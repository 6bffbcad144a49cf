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
        future::{Pending, ResponseFuture},
        link_body::LinkPageKind,
        response::{RedirectResponse, cache_of},
    },
    observe,
    policy::{Decision, Policy, Refusal},
    redirect::{Redirect, Timing},
    request::HeaderReads,
};

/// The service that a [`RedirectLayer`] makes: it asks the policy, and the inner service where the
/// policy passes.
///
/// ```
/// use http::{Request, Response, StatusCode, header};
/// use tower::{ServiceExt, service_fn};
/// use tower_redirect::{LocalPath, Policy, Status, middleware::RedirectService};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = service_fn(async |_: Request<String>| Ok::<_, std::io::Error>(Response::<String>::default()));
/// let service = RedirectService::new(app, LocalPath::from_static("/new").with(Status::Found));
///
/// let response = service.oneshot(Request::get("/old").body(String::new())?).await?;
/// assert_eq!(response.status(), 302);
/// assert_eq!(response.headers()["location"], "/new");
/// # Ok(())
/// # }
/// ```
///
/// A redirect drops the body of the request unread: over HTTP/1.1 a server may close the connection
/// after a large upload. Errors are the inner service's, and only those. The inner service is not called
/// when a request is redirected or refused, except for a redirect [after](Timing) its answer.
///
/// A panic in a policy goes to the caller; nothing is left locked or half done by it.
pub struct RedirectService<S, P, A = Unchanged> {
    inner: S,
    layer: RedirectLayer<P, A>,
}

impl<S, P: Policy<Target = Redirect>> RedirectService<S, P> {
    /// Wraps a service without a layer.
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

impl<S, P, A> RedirectService<S, P, A> {
    /// Wraps a service as this layer does; for a layer that is not applied through a builder.
    ///
    /// ```
    /// use tower_redirect::{RedirectLayer, middleware::RedirectService};
    ///
    /// let layer = RedirectLayer::found("/x").wrap_body();
    /// let service = RedirectService::from_layer("inner", layer);
    /// assert_eq!(service.get_ref(), &"inner");
    /// ```
    pub const fn from_layer(inner: S, layer: RedirectLayer<P, A>) -> Self {
        Self { inner, layer }
    }

    /// The inner service.
    ///
    /// ```
    /// # use tower_redirect::{RedirectLayer, middleware::RedirectService};
    /// let service = RedirectService::from_layer(1, RedirectLayer::found("/x"));
    /// assert_eq!(service.get_ref(), &1);
    /// ```
    pub const fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The inner service, to change it.
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

    /// Gives the inner service back.
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

impl<S, P, A, ReqBody, ResBody> Service<Request<ReqBody>> for RedirectService<S, P, A>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    P: Policy<Target = Redirect>,
    A: BodyMode<ResBody>,
{
    type Response = Response<A::Body>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, A::Body, A>;

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
            Decision::Pass if reads.is_closed() => {
                ResponseFuture::ready(refuse::<A, _, _>(request, guard::CLOSED, &reads))
            }
            Decision::Pass => {
                observe::passed();
                ResponseFuture::pass(self.inner.call(request))
            }
            Decision::Redirect(redirect) => self.redirect(request, redirect, &reads),
            Decision::Refuse(refusal) => {
                ResponseFuture::ready(refuse::<A, _, _>(request, refusal, &reads))
            }
        }
    }
}

impl<S, P, A> RedirectService<S, P, A> {
    /// Everything that only a redirect pays for.
    #[cold]
    #[inline(never)]
    fn redirect<ReqBody, ResBody>(
        &mut self,
        request: Request<ReqBody>,
        redirect: Redirect,
        reads: &HeaderReads,
    ) -> ResponseFuture<S::Future, A::Body, A>
    where
        S: Service<Request<ReqBody>, Response = Response<ResBody>>,
        A: BodyMode<ResBody>,
    {
        let head = self.layer.head(&request).recording(reads);
        let settings = &self.layer.settings;
        let status = match guard::judge(&head, &redirect, settings.disabled) {
            Verdict::Send(status) => status,
            Verdict::Pass(reason) => {
                observe::suppressed(&head, &redirect, reason);
                observe::passed();
                return ResponseFuture::pass(self.inner.call(request));
            }
            Verdict::Refuse(reason, refusal) => {
                observe::suppressed(&head, &redirect, reason);
                return ResponseFuture::ready(refuse::<A, _, _>(request, refusal, reads));
            }
        };
        let link_body = settings.link_body.then(|| LinkPageKind::for_request(&head));
        let waits = matches!(guard::timing(&head, &redirect), Timing::After(_));
        let cache = cache_of(redirect.cache, settings.default_max_age, status, reads);
        let (mut response, timing) = RedirectResponse::new(redirect, status, cache, link_body);
        response.inserts_redirected = settings.inserts_redirected;
        match timing {
            Timing::After(condition) if waits => {
                let vary = reads.vary();
                let pending = Pending {
                    condition,
                    redirect: response,
                    vary,
                };
                ResponseFuture::after(self.inner.call(request), pending)
            }
            Timing::Before | Timing::After(_) => {
                observe::redirected(&response.redirected);
                let mut sent = at_once::<A, _, _>(request, status.code(), response.body());
                if let Some(redirected) = response.extension() {
                    sent.extensions_mut().insert(redirected);
                }
                response.write(sent.headers_mut());
                if !reads.is_empty() {
                    vary(sent.headers_mut(), reads);
                }
                ResponseFuture::ready(sent)
            }
        }
    }
}

/// An answer without the app's; the client's own map of header fields, emptied, serves again, so that
/// none is allocated.
#[inline]
fn at_once<A, ReqBody, ResBody>(
    mut request: Request<ReqBody>,
    status: StatusCode,
    body: Bytes,
) -> Response<A::Body>
where
    A: BodyMode<ResBody>,
{
    let mut response = Response::new(A::redirect(body));
    *response.status_mut() = status;
    std::mem::swap(response.headers_mut(), request.headers_mut());
    response.headers_mut().clear();
    response
}

/// Names the fields that the decision depends on.
#[cold]
#[inline(never)]
fn vary(headers: &mut HeaderMap, reads: &HeaderReads) {
    if let Some(vary) = reads.vary() {
        headers.append(header::VARY, vary);
    }
}

/// A 4xx; the refusal itself is among the extensions, for layers in front.
#[cold]
#[inline(never)]
fn refuse<A, ReqBody, ResBody>(
    request: Request<ReqBody>,
    refusal: Refusal,
    reads: &HeaderReads,
) -> Response<A::Body>
where
    A: BodyMode<ResBody>,
{
    observe::refused(&refusal);
    let mut response = at_once::<A, _, _>(request, refusal.status(), Bytes::new());
    vary(response.headers_mut(), reads);
    response.extensions_mut().insert(refusal);
    response
}

impl<S: Clone, P, A: Clone> Clone for RedirectService<S, P, A> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            layer: self.layer.clone(),
        }
    }
}

impl<S: fmt::Debug, P: fmt::Debug, A: fmt::Debug> fmt::Debug for RedirectService<S, P, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedirectService")
            .field("inner", &self.inner)
            .field("layer", &self.layer)
            .finish()
    }
}
