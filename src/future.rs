use std::{
    fmt,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{HeaderMap, HeaderName, Response, header};
use pin_project_lite::pin_project;

use crate::{
    Redirect, Status, When,
    body::{AnswerBody, Unchanged},
    note::Note,
    service::write_answer,
};

pin_project! {
    /// The future of a [`RedirectService`](crate::RedirectService): the inner service's, or an answer
    /// that is there already.
    ///
    /// ```
    /// use std::future::{Ready, ready};
    /// use http::{Request, Response};
    /// use tower::{Service, service_fn};
    /// use tower_redirect::{LocalPath, Policy, RedirectService, ResponseFuture, Status};
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
    redirect: Redirect,
    status: Status,
    note: Option<Note>,
}

impl Pending {
    pub(crate) const fn new(redirect: Redirect, status: Status, note: Option<Note>) -> Self {
        Self {
            redirect,
            status,
            note,
        }
    }

    /// Replaces the answer if it meets the condition.
    #[cold]
    fn apply<A, B>(self, response: Response<B>) -> Response<A::Body>
    where
        A: AnswerBody<B>,
    {
        let (mut parts, body) = response.into_parts();
        let stands = match &self.redirect.when {
            When::Before => false,
            When::After(condition) => !condition.is_met(&parts),
        };
        if stands {
            return A::pass(Response::from_parts(parts, body));
        }
        remove_replaced(&mut parts.headers);
        let note = write_answer(self.redirect, self.status, self.note, &mut parts.headers);
        parts.status = self.status.code();
        Response::from_parts(parts, A::answer(note))
    }
}

/// Takes away what described the answer that is replaced; all else stays.
fn remove_replaced(headers: &mut HeaderMap) {
    const REPLACED: [HeaderName; 9] = [
        header::TRANSFER_ENCODING,
        header::TRAILER,
        header::ETAG,
        header::LAST_MODIFIED,
        header::ACCEPT_RANGES,
        header::CACHE_CONTROL,
        header::EXPIRES,
        header::AGE,
        header::LOCATION,
    ];
    for name in &REPLACED {
        headers.remove(name);
    }
    let content: Vec<HeaderName> = headers
        .keys()
        .filter(|name| name.as_str().starts_with("content-"))
        .cloned()
        .collect();
    for name in content {
        headers.remove(name);
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
    A: AnswerBody<ResBody>,
{
    type Output = Result<Response<A::Body>, E>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Pass { inner } => inner.poll(cx).map_ok(A::pass),
            StateProj::Ready { response } => Poll::Ready(Ok(take(response))),
            StateProj::After { inner, pending } => {
                let response = ready!(inner.poll(cx))?;
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
