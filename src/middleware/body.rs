//! What body the answer has: the inner service's own type, or one that wraps it.
//!
//! ```
//! use tower_redirect::{RedirectLayer, middleware::body::Wrapped, testing};
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
/// [`Unchanged`] keeps `B` and needs `B: Default`; [`LinkBody`] keeps `B` and needs `B: From<Bytes>`;
/// [`Wrapped`] makes a [`ResponseBody<B>`] and asks nothing of `B` (to be sent, it has to be a
/// `Body<Data = Bytes>`). The trait is closed.
///
/// ```
/// use http_body_util::Full;
/// use bytes::Bytes;
/// use tower_redirect::middleware::body::{BodyMode, ResponseBody, Unchanged, Wrapped};
///
/// fn outer<A: BodyMode<B, Body = O>, B, O>() {}
/// outer::<Unchanged, Full<Bytes>, Full<Bytes>>();
/// outer::<Wrapped, hyper::body::Incoming, ResponseBody<hyper::body::Incoming>>();
/// ```
#[diagnostic::on_unimplemented(
    message = "a redirect cannot be answered with the body `{B}` of the inner service",
    label = "needs `Default` for an empty body, `From<Bytes>` for the hypertext note",
    note = "call `.wrap_body()` on the `RedirectLayer`: the body becomes `ResponseBody<{B}>`"
)]
pub trait BodyMode<B>: sealed::Sealed {
    /// The body of the service that the layer makes.
    type Body;

    /// An answer of the inner service, on its way out.
    #[doc(hidden)]
    fn pass(response: Response<B>) -> Response<Self::Body>;

    /// The body of a redirect; `page` is empty if the layer sends no link body.
    #[doc(hidden)]
    fn redirect(page: Bytes) -> Self::Body;
}

mod sealed {
    #[expect(unnameable_types, reason = "what closes the trait")]
    pub trait Sealed {}

    impl Sealed for super::Unchanged {}
    impl Sealed for super::LinkBody {}
    impl Sealed for super::Wrapped {}
}

/// The inner body type, empty on a redirect; the default.
///
/// ```
/// use tower_redirect::{RedirectLayer, middleware::body::Unchanged, testing};
///
/// let layer: RedirectLayer<_, Unchanged> = RedirectLayer::found("/x");
/// testing::get("/").through_layer(&layer).assert_redirect("/x");
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Unchanged;

#[diagnostic::do_not_recommend]
impl<B: Default> BodyMode<B> for Unchanged {
    type Body = B;

    #[inline]
    fn pass(response: Response<B>) -> Response<B> {
        response
    }

    #[inline]
    fn redirect(_: Bytes) -> B {
        B::default()
    }
}

/// The inner body type, made from the hypertext note;
/// [`link_body`](crate::middleware::RedirectLayer::link_body) chooses it.
///
/// ```
/// use tower_redirect::{RedirectLayer, middleware::body::LinkBody, testing};
///
/// let layer: RedirectLayer<_, LinkBody> = RedirectLayer::found("/x").link_body();
/// testing::get("/").through_layer(&layer).assert_redirect("/x");
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct LinkBody;

#[diagnostic::do_not_recommend]
impl<B: From<Bytes>> BodyMode<B> for LinkBody {
    type Body = B;

    #[inline]
    fn pass(response: Response<B>) -> Response<B> {
        response
    }

    #[inline]
    fn redirect(page: Bytes) -> B {
        B::from(page)
    }
}

/// A [`ResponseBody`] around the inner body;
/// [`wrap_body`](crate::middleware::RedirectLayer::wrap_body) chooses it.
///
/// ```
/// use tower_redirect::{RedirectLayer, middleware::body::Wrapped, testing};
///
/// let layer: RedirectLayer<_, Wrapped> = RedirectLayer::found("/x").wrap_body();
/// testing::get("/").through_layer(&layer).assert_redirect("/x");
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Wrapped;

impl<B> BodyMode<B> for Wrapped {
    type Body = ResponseBody<B>;

    #[inline]
    fn pass(response: Response<B>) -> Response<ResponseBody<B>> {
        response.map(|inner| ResponseBody {
            kind: Kind::Inner { inner },
        })
    }

    #[inline]
    fn redirect(page: Bytes) -> ResponseBody<B> {
        ResponseBody {
            kind: Kind::Redirect { page },
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
    /// use tower_redirect::middleware::body::ResponseBody;
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
        Redirect { page: Bytes },
    }
}

impl<B> Default for ResponseBody<B> {
    fn default() -> Self {
        <Wrapped as BodyMode<B>>::redirect(Bytes::new())
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
            KindProj::Redirect { page } => {
                let page = std::mem::take(page);
                Poll::Ready((!page.is_empty()).then(|| Ok(Frame::data(page))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Inner { inner } => inner.is_end_stream(),
            Kind::Redirect { page } => page.is_empty(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Inner { inner } => inner.size_hint(),
            Kind::Redirect { page } => SizeHint::with_exact(page.len() as u64),
        }
    }
}
