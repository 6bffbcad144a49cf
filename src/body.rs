//! What body the answer has: the inner service's own type, or one that wraps it.
//!
//! ```
//! use tower_redirect::{RedirectLayer, body::Wrapped, testing};
//!
//! // The inner body has no `Default`: Trace and Timeout bodies, hyper's `Incoming`.
//! let layer: RedirectLayer<_, Wrapped> = RedirectLayer::temporary("/maintenance").wrap_body();
//! testing::get("/").through_layer(&layer).assert_redirect("/maintenance");
//! ```

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::Response;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

/// How a layer makes the body of an answer, for an inner service with the body `B`.
///
/// [`Unchanged`] keeps `B` and needs `B: Default`; [`Noted`] keeps `B` and needs `B: From<Bytes>`;
/// [`Wrapped`] makes a [`ResponseBody<B>`] and asks nothing of `B` (to be sent, it has to be a
/// `Body<Data = Bytes>`). The trait is closed.
///
/// ```
/// use http_body_util::Full;
/// use bytes::Bytes;
/// use tower_redirect::body::{AnswerBody, ResponseBody, Unchanged, Wrapped};
///
/// fn outer<A: AnswerBody<B, Body = O>, B, O>() {}
/// outer::<Unchanged, Full<Bytes>, Full<Bytes>>();
/// outer::<Wrapped, hyper::body::Incoming, ResponseBody<hyper::body::Incoming>>();
/// ```
#[diagnostic::on_unimplemented(
    message = "a redirect cannot be answered with the body `{B}` of the inner service",
    label = "needs `Default` for an empty body, `From<Bytes>` for the hypertext note",
    note = "call `.wrap_body()` on the `RedirectLayer`: the body becomes `ResponseBody<{B}>`"
)]
pub trait AnswerBody<B>: sealed::Sealed {
    /// The body of the service that the layer makes.
    type Body;

    /// An answer of the inner service, on its way out.
    #[doc(hidden)]
    fn pass(response: Response<B>) -> Response<Self::Body>;

    /// The body of a redirect; `note` is empty where there is none.
    #[doc(hidden)]
    fn answer(note: Bytes) -> Self::Body;
}

mod sealed {
    #[expect(unnameable_types, reason = "what closes the trait")]
    pub trait Sealed {}

    impl Sealed for super::Unchanged {}
    impl Sealed for super::Noted {}
    impl Sealed for super::Wrapped {}
}

/// The inner body type, empty on a redirect; the default.
///
/// ```
/// use tower_redirect::{RedirectLayer, body::Unchanged, testing};
///
/// let layer: RedirectLayer<_, Unchanged> = RedirectLayer::found("/x");
/// testing::get("/").through_layer(&layer).assert_redirect("/x");
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Unchanged;

#[diagnostic::do_not_recommend]
impl<B: Default> AnswerBody<B> for Unchanged {
    type Body = B;

    #[inline]
    fn pass(response: Response<B>) -> Response<B> {
        response
    }

    #[inline]
    fn answer(_: Bytes) -> B {
        B::default()
    }
}

/// The inner body type, made from the hypertext note;
/// [`hypertext_note`](crate::RedirectLayer::hypertext_note) chooses it.
///
/// ```
/// use tower_redirect::{RedirectLayer, body::Noted, testing};
///
/// let layer: RedirectLayer<_, Noted> = RedirectLayer::found("/x").hypertext_note();
/// testing::get("/").through_layer(&layer).assert_redirect("/x");
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Noted;

#[diagnostic::do_not_recommend]
impl<B: From<Bytes>> AnswerBody<B> for Noted {
    type Body = B;

    #[inline]
    fn pass(response: Response<B>) -> Response<B> {
        response
    }

    #[inline]
    fn answer(note: Bytes) -> B {
        B::from(note)
    }
}

/// A [`ResponseBody`] around the inner body;
/// [`wrap_body`](crate::RedirectLayer::wrap_body) chooses it.
///
/// ```
/// use tower_redirect::{RedirectLayer, body::Wrapped, testing};
///
/// let layer: RedirectLayer<_, Wrapped> = RedirectLayer::found("/x").wrap_body();
/// testing::get("/").through_layer(&layer).assert_redirect("/x");
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Wrapped;

impl<B> AnswerBody<B> for Wrapped {
    type Body = ResponseBody<B>;

    #[inline]
    fn pass(response: Response<B>) -> Response<ResponseBody<B>> {
        response.map(|inner| ResponseBody {
            kind: Kind::Inner { inner },
        })
    }

    #[inline]
    fn answer(note: Bytes) -> ResponseBody<B> {
        ResponseBody {
            kind: Kind::Note { note },
        }
    }
}

pin_project! {
    /// The inner service's body, or that of a redirect.
    ///
    /// Frames, trailers, end of stream and size hint of the inner body come through as they are.
    ///
    /// ```
    /// use http_body::Body;
    /// use http_body_util::Full;
    /// use bytes::Bytes;
    /// use tower_redirect::body::ResponseBody;
    ///
    /// let empty = ResponseBody::<Full<Bytes>>::default();
    /// assert!(empty.is_end_stream());
    /// assert_eq!(empty.size_hint().exact(), Some(0));
    /// ```
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        #[pin]
        kind: Kind<B>,
    }
}

pin_project! {
    #[project = KindProj]
    #[derive(Debug)]
    enum Kind<B> {
        Inner { #[pin] inner: B },
        Note { note: Bytes },
    }
}

impl<B> Default for ResponseBody<B> {
    fn default() -> Self {
        <Wrapped as AnswerBody<B>>::answer(Bytes::new())
    }
}

impl<B> Body for ResponseBody<B>
where
    B: Body<Data = Bytes>,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match self.project().kind.project() {
            KindProj::Inner { inner } => inner.poll_frame(cx),
            KindProj::Note { note } => {
                let note = std::mem::take(note);
                Poll::Ready((!note.is_empty()).then(|| Ok(Frame::data(note))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Inner { inner } => inner.is_end_stream(),
            Kind::Note { note } => note.is_empty(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Inner { inner } => inner.size_hint(),
            Kind::Note { note } => SizeHint::with_exact(note.len() as u64),
        }
    }
}
