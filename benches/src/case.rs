//! One case that is measured: a service that handles one request after the other.

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
pub(crate) struct RequestTemplate {
    method: Method,
    urls: Vec<Uri>,
    headers: HeaderMap,
    extensions: Extensions,
}

impl RequestTemplate {
    /// Creates GET requests for one URL, without header fields.
    pub(crate) fn get(path: &'static str) -> Self {
        Self::get_each([Uri::from_static(path)])
    }

    /// Creates GET requests for these URLs in turn.
    pub(crate) fn get_each(urls: impl IntoIterator<Item = Uri>) -> Self {
        Self {
            method: Method::GET,
            urls: urls.into_iter().collect(),
            headers: HeaderMap::new(),
            extensions: Extensions::new(),
        }
    }

    /// Turns the requests into POST requests.
    pub(crate) fn post(mut self) -> Self {
        self.method = Method::POST;
        self
    }

    /// Adds five header fields, as a browser and a proxy send them.
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

    /// Adds an extension, as a server or an outer layer inserts it.
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

/// The limits of a case. They hold on every machine.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limits {
    /// The most allocations in addition to those of the bare service.
    pub(crate) allocations: Option<f64>,
    /// The most instructions in addition to those of the bare service.
    pub(crate) instructions: Option<f64>,
    /// The most instructions in addition to those of the table's reference row.
    pub(crate) over_reference: Option<f64>,
}

/// A service, and the requests that it handles again and again.
pub(crate) struct Case {
    /// The name of the row.
    pub(crate) name: &'static str,
    /// Its limits.
    pub(crate) limits: Limits,
    /// Whether it is measured after a subscriber and a recorder are installed.
    pub(crate) is_observed: bool,
    /// How many different URLs it requests.
    urls: usize,
    batch: Box<dyn FnMut(usize)>,
}

impl Case {
    /// Creates a case. Panics unless the service responds with this status to every URL.
    pub(crate) fn new<S, B>(
        name: &'static str,
        template: &RequestTemplate,
        status: StatusCode,
        mut service: S,
    ) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + 'static,
    {
        let mut cx = Context::from_waker(Waker::noop());
        for url in &template.urls {
            let response = call(&mut service, template.request(url), &mut cx);
            assert_eq!(response.status(), status, "{name}: {url}");
        }
        Self::with_any_status(name, template, service)
    }

    /// Creates a case that accepts every response.
    pub(crate) fn with_any_status<S, B>(
        name: &'static str,
        template: &RequestTemplate,
        mut service: S,
    ) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + 'static,
    {
        let template = template.clone();
        Self {
            name,
            limits: Limits::default(),
            is_observed: false,
            urls: template.urls.len(),
            batch: Box::new(move |count| {
                let mut cx = Context::from_waker(Waker::noop());
                for url in template.urls.iter().cycle().take(count) {
                    let request = black_box(template.request(url));
                    black_box(call(&mut service, request, &mut cx));
                }
            }),
        }
    }

    /// Measures the case last, after a subscriber and a recorder are installed.
    pub(crate) fn observed(mut self) -> Self {
        self.is_observed = true;
        self
    }

    /// Allows no allocations in addition to those of the bare service.
    pub(crate) fn allocates_nothing(self) -> Self {
        self.allocates(0.0)
    }

    /// Limits the allocations in addition to those of the bare service.
    pub(crate) fn allocates(mut self, calls: f64) -> Self {
        self.limits.allocations = Some(calls);
        self
    }

    /// Limits the instructions in addition to those of the bare service.
    pub(crate) fn at_most(mut self, instructions: f64) -> Self {
        self.limits.instructions = Some(instructions);
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

    /// Returns what this number of requests allocates.
    pub(crate) fn allocations(&mut self, count: usize) -> Allocations {
        allocations(|| (self.batch)(count))
    }

    /// Runs this number of requests and twice as many, with three marks around them.
    pub(crate) fn counted(&mut self, count: usize) {
        set_mark();
        (self.batch)(count);
        set_mark();
        (self.batch)(2 * count);
        set_mark();
    }
}

/// Handles one request: one `poll_ready`, one `call`, one `poll`.
// Never inlined, so calling this function costs the same in every case.
#[inline(never)]
fn call<S, B>(service: &mut S, request: Request<Body>, cx: &mut Context<'_>) -> Response<B>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
{
    match service.poll_ready(cx) {
        Poll::Ready(Ok(())) => {}
        Poll::Pending => unreachable!("every service here is ready"),
    }
    match pin!(service.call(request)).poll(cx) {
        Poll::Ready(Ok(response)) => response,
        Poll::Pending => unreachable!("every response here is ready"),
    }
}
