//! One thing that is measured: a service that answers one request after the other.

use std::{
    convert::Infallible,
    future::Future,
    hint::black_box,
    pin::pin,
    task::{Context, Poll, Waker},
    time::Instant,
};

use axum::body::Body;
use http::{
    Extensions, HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri,
    header,
};
use tower::Service;

use crate::{
    callgrind::set_mark,
    count::{Allocations, allocations},
};

/// The requests that a case sends: for one URL, or for many of equal length in turn.
///
/// Every request is built anew, in the same way for all cases of a table.
#[derive(Clone)]
pub(crate) struct Shape {
    method: Method,
    urls: Vec<Uri>,
    headers: HeaderMap,
    extensions: Extensions,
}

impl Shape {
    /// A GET request without header fields.
    pub(crate) fn get(path: &'static str) -> Self {
        Self::get_each([Uri::from_static(path)])
    }

    /// One GET request for each of these URLs, in turn.
    pub(crate) fn get_each(urls: impl IntoIterator<Item = Uri>) -> Self {
        Self {
            method: Method::GET,
            urls: urls.into_iter().collect(),
            headers: HeaderMap::new(),
            extensions: Extensions::new(),
        }
    }

    /// The same as a POST.
    pub(crate) fn post(mut self) -> Self {
        self.method = Method::POST;
        self
    }

    /// With the five fields of a browser behind a proxy.
    pub(crate) fn with_fields(mut self, scheme: &'static str, host: &'static str) -> Self {
        for (name, value) in [
            (header::HOST, host),
            (header::USER_AGENT, "Mozilla/5.0 (X11; Linux x86_64)"),
            (header::ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8"),
            (header::ACCEPT_ENCODING, "gzip, br"),
            (HeaderName::from_static("x-forwarded-proto"), scheme),
        ] {
            self.headers.insert(name, HeaderValue::from_static(value));
        }
        self
    }

    /// With something that a layer or a server in front has left.
    pub(crate) fn with_extension<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.extensions.insert(value);
        self
    }

    // Never inlined, so building a request costs the same in every case.
    #[inline(never)]
    fn request(&self, url: &Uri) -> Request<Body> {
        let mut request = Request::new(Body::empty());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = url.clone();
        *request.headers_mut() = self.headers.clone();
        if !self.extensions.is_empty() {
            *request.extensions_mut() = self.extensions.clone();
        }
        request
    }
}

/// What must hold of a case, whatever machine it runs on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bounds {
    /// The most calls of the allocator beyond those of the bare service.
    pub(crate) allocations: Option<f64>,
    /// The most instructions beyond those of the bare service.
    pub(crate) instructions: Option<f64>,
    /// The most instructions beyond those of the row that its table refers to.
    pub(crate) over_reference: Option<f64>,
}

/// A service and the request that it answers, again and again.
pub(crate) struct Case {
    /// What the row is called.
    pub(crate) name: &'static str,
    /// What must hold.
    pub(crate) bounds: Bounds,
    /// Whether it is measured where a subscriber and a recorder are installed.
    pub(crate) is_watched: bool,
    /// How many different URLs it requests.
    urls: usize,
    batch: Box<dyn FnMut(usize)>,
}

impl Case {
    /// A case, once it has given the answer that it is meant to give.
    pub(crate) fn new<S, B>(
        name: &'static str,
        shape: &Shape,
        answer: StatusCode,
        mut service: S,
    ) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + 'static,
    {
        let mut cx = Context::from_waker(Waker::noop());
        for url in &shape.urls {
            let status = call(&mut service, shape.request(url), &mut cx).status();
            assert_eq!(status, answer, "{name}: {url}");
        }
        Self::of_any_answer(name, shape, service)
    }

    /// A case whose answer is of no matter.
    pub(crate) fn of_any_answer<S, B>(name: &'static str, shape: &Shape, mut service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + 'static,
    {
        let shape = shape.clone();
        Self {
            name,
            bounds: Bounds::default(),
            is_watched: false,
            urls: shape.urls.len(),
            batch: Box::new(move |count| {
                let mut cx = Context::from_waker(Waker::noop());
                for url in shape.urls.iter().cycle().take(count) {
                    let request = black_box(shape.request(url));
                    black_box(call(&mut service, request, &mut cx));
                }
            }),
        }
    }

    /// Is measured last, where a subscriber and a recorder are installed.
    pub(crate) fn watched(mut self) -> Self {
        self.is_watched = true;
        self
    }

    /// Must not allocate more than the bare service.
    pub(crate) fn allocates_nothing(self) -> Self {
        self.allocates(0.0)
    }

    /// Must not call the allocator more than so many times beyond the bare service.
    pub(crate) fn allocates(mut self, calls: f64) -> Self {
        self.bounds.allocations = Some(calls);
        self
    }

    /// Must not cost more than so many instructions beyond those of the bare service.
    pub(crate) fn at_most(mut self, instructions: f64) -> Self {
        self.bounds.instructions = Some(instructions);
        self
    }

    /// Rounds a number of requests up, so every URL is requested equally often.
    ///
    /// A rule table is hashed with a random seed. What one lookup costs depends on that seed; the
    /// average over a thousand URLs doesn't.
    pub(crate) fn whole_passes(&self, requests: usize) -> usize {
        requests.next_multiple_of(self.urls)
    }

    /// Returns the nanoseconds per request of one short batch.
    pub(crate) fn nanoseconds(&mut self, count: usize) -> f64 {
        let count = self.whole_passes(count);
        let start = Instant::now();
        (self.batch)(count);
        start.elapsed().as_nanos() as f64 / count as f64
    }

    /// What so many requests allocate.
    pub(crate) fn allocations(&mut self, count: usize) -> Allocations {
        allocations(|| (self.batch)(count))
    }

    /// Answers so many requests and twice as many, with three marks around them.
    pub(crate) fn counted(&mut self, count: usize) {
        set_mark();
        (self.batch)(count);
        set_mark();
        (self.batch)(2 * count);
        set_mark();
    }
}

/// One `poll_ready`, one `call`, one `poll`.
// Never inlined, so that every case pays the same for a call of this function.
#[inline(never)]
fn call<S, B>(service: &mut S, request: Request<Body>, cx: &mut Context<'_>) -> Response<B>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
{
    match service.poll_ready(cx) {
        Poll::Ready(Ok(())) => {}
        Poll::Pending => unreachable!("all services here are ready"),
    }
    match pin!(service.call(request)).poll(cx) {
        Poll::Ready(Ok(response)) => response,
        Poll::Pending => unreachable!("all answers here are ready"),
    }
}
