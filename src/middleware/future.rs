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
    },
    observe,
    policy::Refusal,
    redirect::{Redirected, ResponseCondition},
};

pin_project! {
    /// The future of a [`RedirectService`](crate::middleware::RedirectService): the inner service's, or an answer
    /// that is there already.
    ///
    /// ```
    /// use std::future::{Ready, ready};
    /// use http::{Request, Response};
    /// use tower::{Service, service_fn};
    /// use tower_redirect::{
    ///     LocalPath, Policy, Status, middleware::{RedirectService, ResponseFuture},
    /// };
    ///
    /// type Answer = Result<Response<String>, std::convert::Infallible>;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), std::convert::Infallible> {
    /// let app = service_fn(|_: Request<()>| -> Ready<Answer> { ready(Ok(Response::default())) });
    /// let mut service = RedirectService::new(app, LocalPath::from_static("/x").with(Status::Found));
    /// let future: ResponseFuture<Ready<Answer>, String> = service.call(Request::new(()));
    /// assert_eq!(future.await?.status(), 302);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct ResponseFuture<F, B, A = Unchanged> {
        #[pin]
        state: State<F, B>,
        body: PhantomData<fn() -> A>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F, B> {
        Pass { #[pin] inner: F },
        Ready { response: Option<Response<B>> },
        After { #[pin] inner: F, pending: Option<Pending> },
    }
}

/// A redirect that waits for the inner service's answer.
pub(crate) struct Pending {
    pub(crate) condition: ResponseCondition,
    pub(crate) redirect: RedirectResponse,
    pub(crate) vary: Option<HeaderValue>,
}

impl Pending {
    /// Replaces the inner service's answer if it meets the condition.
    #[cold]
    fn apply<A, B>(self, response: Response<B>) -> Response<A::Body>
    where
        A: BodyMode<B>,
    {
        let (mut parts, body) = response.into_parts();
        if !self.condition.is_met(&parts) {
            observe::passed();
            return A::pass(Response::from_parts(parts, body));
        }
        observe::redirected(&self.redirect.redirected);
        // What a layer below left there is about an answer that is not sent.
        parts.extensions.remove::<Refusal>();
        parts.extensions.remove::<Redirected>();
        if let Some(redirected) = self.redirect.extension() {
            parts.extensions.insert(redirected);
        }
        parts.status = self.redirect.redirected.status.code();
        let body = A::redirect(self.redirect.body());
        self.redirect.replace(&mut parts.headers);
        if let Some(vary) = self.vary {
            parts.headers.append(header::VARY, vary);
        }
        Response::from_parts(parts, body)
    }
}

impl<F, B, A> ResponseFuture<F, B, A> {
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
            body: PhantomData,
        }
    }
}

impl<F, A, ResBody, E> Future for ResponseFuture<F, A::Body, A>
where
    F: Future<Output = Result<Response<ResBody>, E>>,
    A: BodyMode<ResBody>,
{
    type Output = Result<Response<A::Body>, E>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Pass { inner } => inner.poll(cx).map_ok(A::pass),
            answered => answered.poll_answered::<A, _, _>(cx),
        }
    }
}

impl<F, B> StateProj<'_, F, B> {
    /// All but passing on, so that `poll` stays small enough to be inlined where it is called.
    #[cold]
    #[inline(never)]
    fn poll_answered<A, ResBody, E>(self, cx: &mut Context<'_>) -> Poll<Result<Response<B>, E>>
    where
        F: Future<Output = Result<Response<ResBody>, E>>,
        A: BodyMode<ResBody, Body = B>,
    {
        match self {
            StateProj::Pass { inner } => inner.poll(cx).map_ok(A::pass),
            StateProj::Ready { response } => Poll::Ready(Ok(take(response))),
            StateProj::After { inner, pending } => {
                let response = ready!(inner.poll(cx)).inspect_err(|_| observe::passed())?;
                Poll::Ready(Ok(take(pending).apply::<A, _>(response)))
            }
        }
    }
}

#[expect(clippy::expect_used, reason = "the contract of `Future::poll`")]
fn take<T>(slot: &mut Option<T>) -> T {
    slot.take().expect("future polled after completion")
}

impl<F, B, A> fmt::Debug for ResponseFuture<F, B, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
