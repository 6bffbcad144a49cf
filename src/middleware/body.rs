//! Which body type the service returns: the inner service's own, or a wrapper around it.
//!
//! A redirect needs a body of its own, and so does a refusal. A [`BodyMode`] says how the layer
//! makes it.
//!
//! | setters | mode | body type | body of a redirect | the inner body `B` needs |
//! |---|---|---|---|---|
//! | none | [`Unchanged`] | `B` | empty | `B: Default` |
//! | [`link_body`] | [`LinkBody`] | `B` | the link page | `B: From<Bytes>` |
//! | [`wrap_body`] | [`Wrapped`] | [`ResponseBody<B>`] | empty | `B: Body<Data = Bytes>` |
//! | `wrap_body` and `link_body` | [`Wrapped`] | [`ResponseBody<B>`] | the link page | `B: Body<Data = Bytes>` |
//!
//! - **In an axum `Router`**, add no setter: `axum::body::Body` has `Default` and `From<Bytes>`.
//! - **Use [`link_body`]** to show a link to people whose client doesn't follow redirects. Other
//!   clients ignore the page. It also gives each refusal one line of text
//!   ([`with_public_text`](crate::policy::Refusal::with_public_text)).
//! - **Use [`wrap_body`]** if the compiler says that the inner body lacks `Default` or
//!   `From<Bytes>`. For example, the bodies of tower-http's `TraceLayer` and
//!   `ResponseBodyTimeoutLayer` and hyper's `Incoming` have neither. The body of `CompressionLayer`
//!   has `Default`, but no `From<Bytes>`.
//!
//! ```
//! use axum::{Router, body::Body, http::Request};
//! use tower::{ServiceBuilder, ServiceExt};
//! use tower_http::{compression::CompressionLayer, trace::TraceLayer};
//! use tower_redirect::RedirectLayer;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // The body of `CompressionLayer` has `Default`: the redirect needs no setter.
//! let compressed = ServiceBuilder::new()
//!     .layer(RedirectLayer::temporary("/maintenance"))
//!     .layer(CompressionLayer::new())
//!     .service(Router::new());
//! let response = compressed.oneshot(Request::get("/").body(Body::empty())?).await?;
//! assert_eq!(response.headers()["location"], "/maintenance");
//!
//! // The body of `TraceLayer` has none: wrap it.
//! let traced = ServiceBuilder::new()
//!     .layer(RedirectLayer::temporary("/maintenance").wrap_body())
//!     .layer(TraceLayer::new_for_http())
//!     .service(Router::new());
//! let response = traced.oneshot(Request::get("/").body(Body::empty())?).await?;
//! assert_eq!(response.headers()["location"], "/maintenance");
//! # Ok(())
//! # }
//! ```
//!
//! [`link_body`]: crate::RedirectLayer::link_body
//! [`wrap_body`]: crate::RedirectLayer::wrap_body

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::Response;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

/// A way to make the body of a redirect, for an inner service whose body type is `B`.
///
/// - [`Unchanged`] keeps `B` and needs `B: Default`.
/// - [`LinkBody`] keeps `B` and needs `B: From<Bytes>`.
/// - [`Wrapped`] returns a [`ResponseBody<B>`]. It accepts any `B`, but a server can only send it
///   if `B: Body<Data = Bytes>`.
///
/// The [module docs](self) say which one to use. Other crates can't implement this trait.
///
/// ```
/// use http_body_util::Full;
/// use bytes::Bytes;
/// use tower_redirect::middleware::body::{BodyMode, ResponseBody, Unchanged, Wrapped};
///
/// fn assert_body<M: BodyMode<Inner, Body = Outer>, Inner, Outer>() {}
/// assert_body::<Unchanged, Full<Bytes>, Full<Bytes>>();
/// assert_body::<Wrapped, hyper::body::Incoming, ResponseBody<hyper::body::Incoming>>();
/// ```
#[diagnostic::on_unimplemented(
    message = "the inner body `{B}` cannot be the body of a redirect",
    label = "needs `Default` for an empty body, or `From<Bytes>` for `link_body`",
    note = "call `.wrap_body()` on the `RedirectLayer`: the body becomes `ResponseBody<{B}>`"
)]
pub trait BodyMode<B>: sealed::Sealed {
    /// The body type that the service returns.
    type Body;

    /// Converts the inner service's response.
    #[doc(hidden)]
    fn pass(response: Response<B>) -> Response<Self::Body>;

    /// Makes the body of a redirect or a refusal. `page` is empty if the layer sends none.
    #[doc(hidden)]
    fn redirect(page: Bytes) -> Self::Body;
}

mod sealed {
    #[expect(unnameable_types, reason = "seals `BodyMode`")]
    pub trait Sealed {}

    impl Sealed for super::Unchanged {}
    impl Sealed for super::LinkBody {}
    impl Sealed for super::Wrapped {}
}

/// Keeps the inner body type `B`; a redirect has the empty body `B::default()`.
///
/// This is the default. Use it if `B: Default`, as in every axum `Router`.
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

/// Keeps the inner body type `B`; the body of a redirect is a short page with a link.
///
/// [`RedirectLayer::link_body`](crate::RedirectLayer::link_body) selects it. Use it to show people
/// a link if their client doesn't follow redirects, and if `B: From<Bytes>`, as in every axum
/// `Router`.
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

/// Wraps the inner body in a [`ResponseBody`]; a redirect has an empty body, or the link page.
///
/// [`RedirectLayer::wrap_body`](crate::RedirectLayer::wrap_body) selects it. Use it if the inner
/// body lacks `Default` (or `From<Bytes>`, for [`link_body`](crate::RedirectLayer::link_body)).
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
    /// The body of the inner service's response, or of a redirect.
    ///
    /// It forwards frames, trailers, end of stream and size hint of the inner body unchanged.
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
