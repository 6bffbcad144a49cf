//! The future: the inner service's response, a redirect that is ready, or one that waits for the
//! inner service's response.

use std::{
    fmt,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{HeaderValue, Response, header};
use pin_project_lite::pin_project;

use crate::{
    middleware::{
        body::{BodyMode, Unchanged},
        response::RedirectResponse,
        unauthorized::Unauthorized,
    },
    observe,
    policy::Refusal,
    redirect::{Redirected, ResponseCondition},
};

pin_project! {
    /// The future that [`RedirectService`](crate::middleware::RedirectService) returns.
    ///
    /// It resolves to the inner service's response or error, to a redirect, or to a refusal.
    ///
    /// ```
    /// use std::future::{Ready, ready};
    /// use http::{Request, Response};
    /// use tower::{Service, service_fn};
    /// use tower_redirect::{
    ///     LocalPath, Policy, Status, middleware::{RedirectService, ResponseFuture},
    /// };
    ///
    /// type HttpResult = Result<Response<String>, std::convert::Infallible>;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), std::convert::Infallible> {
    /// let app = service_fn(|_: Request<()>| -> Ready<HttpResult> { ready(Ok(Response::default())) });
    /// let policy = LocalPath::from_static("/x").with(Status::Found);
    /// let mut service = RedirectService::new(app, policy);
    /// let future: ResponseFuture<Ready<HttpResult>, String> = service.call(Request::new(()));
    /// assert_eq!(future.await?.status(), 302);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct ResponseFuture<F, B, M = Unchanged> {
        #[pin]
        state: State<F, B>,
        mode: PhantomData<fn() -> M>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F, B> {
        // The request went through to the inner service.
        Pass { #[pin] inner: F },
        // A redirect or a refusal; the inner service wasn't called.
        Ready { response: Option<Response<B>> },
        // The redirect may replace the inner service's response.
        After { #[pin] inner: F, pending: Option<Pending> },
    }
}

/// A redirect that waits for the inner service's response.
pub(crate) struct Pending {
    pub(crate) condition: ResponseCondition,
    pub(crate) response: PendingResponse,
    pub(crate) vary: Option<HeaderValue>,
}

pub(crate) enum PendingResponse {
    Redirect(RedirectResponse),
    /// A script gets this instead of the redirect.
    Unauthorized(Unauthorized),
}

impl Pending {
    /// Replaces the inner service's response if it meets the condition.
    #[cold]
    fn apply<M, B>(self, response: Response<B>) -> Response<M::Body>
    where
        M: BodyMode<B>,
    {
        let (mut parts, body) = response.into_parts();
        if !self.condition.is_met(&parts) {
            observe::passed();
            return M::pass(Response::from_parts(parts, body));
        }
        // An inner redirect layer left these for the response that is now replaced.
        parts.extensions.remove::<Refusal>();
        parts.extensions.remove::<Redirected>();
        let body = match self.response {
            PendingResponse::Redirect(redirect) => {
                observe::redirected(&redirect.redirected);
                if let Some(redirected) = redirect.extension() {
                    parts.extensions.insert(redirected);
                }
                parts.status = redirect.redirected.status.code();
                let body = M::redirect(redirect.body());
                redirect.replace(&mut parts.headers);
                body
            }
            PendingResponse::Unauthorized(unauthorized) => {
                observe::unauthorized(&unauthorized.redirected);
                parts.extensions.insert(Refusal::LOGIN_REQUIRED);
                if parts.status == Refusal::LOGIN_REQUIRED.status() {
                    unauthorized.add(&mut parts.headers);
                    M::pass(Response::new(body)).into_body()
                } else {
                    parts.status = Refusal::LOGIN_REQUIRED.status();
                    let body = M::redirect(unauthorized.body());
                    unauthorized.replace(&mut parts.headers);
                    body
                }
            }
        };
        if let Some(vary) = self.vary {
            parts.headers.append(header::VARY, vary);
        }
        Response::from_parts(parts, body)
    }
}

impl<F, B, M> ResponseFuture<F, B, M> {
    #[inline]
    pub(crate) const fn pass(inner: F) -> Self {
        Self::from_state(State::Pass { inner })
    }

    #[inline]
    pub(crate) const fn ready(response: Response<B>) -> Self {
        Self::from_state(State::Ready {
            response: Some(response),
        })
    }

    #[inline]
    pub(crate) const fn after(inner: F, pending: Pending) -> Self {
        Self::from_state(State::After {
            inner,
            pending: Some(pending),
        })
    }

    #[inline]
    const fn from_state(state: State<F, B>) -> Self {
        Self {
            state,
            mode: PhantomData,
        }
    }
}

impl<F, M, ResBody, E> Future for ResponseFuture<F, M::Body, M>
where
    F: Future<Output = Result<Response<ResBody>, E>>,
    M: BodyMode<ResBody>,
{
    type Output = Result<Response<M::Body>, E>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Pass { inner } => inner.poll(cx).map_ok(M::pass),
            state => state.poll_redirect::<M, _, _>(cx),
        }
    }
}

impl<F, B> StateProj<'_, F, B> {
    /// Polls every state except `Pass`. `inline(never)` keeps `poll` small enough to inline.
    #[cold]
    #[inline(never)]
    fn poll_redirect<M, ResBody, E>(self, cx: &mut Context<'_>) -> Poll<Result<Response<B>, E>>
    where
        F: Future<Output = Result<Response<ResBody>, E>>,
        M: BodyMode<ResBody, Body = B>,
    {
        match self {
            StateProj::Pass { inner } => inner.poll(cx).map_ok(M::pass),
            StateProj::Ready { response } => Poll::Ready(Ok(take(response))),
            StateProj::After { inner, pending } => {
                // An error isn't replaced: the inner service has handled the request.
                let response = ready!(inner.poll(cx)).inspect_err(|_| observe::passed())?;
                Poll::Ready(Ok(take(pending).apply::<M, _>(response)))
            }
        }
    }
}

#[expect(
    clippy::expect_used,
    reason = "`Future::poll` forbids a poll after completion"
)]
fn take<T>(slot: &mut Option<T>) -> T {
    slot.take().expect("future polled after completion")
}

impl<F, B, M> fmt::Debug for ResponseFuture<F, B, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
