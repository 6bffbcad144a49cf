//! Runs a row: builds its policy, sends its request in three ways, and checks what must hold.

use std::{
    convert::Infallible,
    future::Future,
    panic::{self, AssertUnwindSafe},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, Uri, Version};
use http_body_util::{BodyExt, Full};
use serde_json::Value;
use tokio::runtime::Runtime;
use tower::{Layer, Service, ServiceExt};
use tower_redirect::{Policy, Redirect, RedirectLayer, policy::BoxPolicy, policy_fn};

use crate::http2::{TRANSPORTS, over_http2};

use super::{
    must::holds,
    row::{Asked, Row},
    wire::over_http1,
};

/// A row that was run: the answer, or why nothing was built.
pub(super) struct Run {
    pub(super) seen: Result<Seen, String>,
    pub(super) policy: Option<Shared>,
    pub(super) took: Duration,
}

/// What the inner service received.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Received {
    pub(super) method: Method,
    pub(super) target: String,
    pub(super) headers: Vec<(String, Vec<u8>)>,
}

/// What the client received, and what happened behind the layer.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) body: Vec<u8>,
    pub(super) called: Vec<Received>,
    pub(super) polled: usize,
    pub(super) http2: bool,
}

impl Seen {
    pub(super) fn locations(&self) -> impl Iterator<Item = &[u8]> {
        self.headers
            .iter()
            .filter(|(name, _)| name == "location")
            .map(|(_, value)| value.as_slice())
    }

    pub(super) fn location(&self) -> Option<&str> {
        self.locations()
            .next()
            .and_then(|value| std::str::from_utf8(value).ok())
    }

    pub(super) fn redirects(&self) -> bool {
        (300..400).contains(&self.status) && self.locations().count() > 0
    }

    pub(super) fn rejects(&self) -> bool {
        (400..500).contains(&self.status) && self.locations().count() == 0
    }
}

/// Counts and records its calls, and answers something that nobody takes for a redirect.
#[derive(Clone, Default)]
struct Inner {
    called: Arc<Mutex<Vec<Received>>>,
    polled: Arc<Mutex<usize>>,
}

impl<B> Service<Request<B>> for Inner {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let mut headers: Vec<_> = request
            .headers()
            .iter()
            // What the clients add themselves: to end the connection, and for a body of nothing.
            .filter(|(name, _)| !["connection", "content-length"].contains(&name.as_str()))
            .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
            .collect();
        headers.sort();
        self.called.lock().unwrap().push(Received {
            method: request.method().clone(),
            target: match request.uri().path_and_query() {
                Some(target) if request.version() == Version::HTTP_2 => target.to_string(),
                _ => request.uri().to_string(),
            },
            headers,
        });
        let polled = Arc::clone(&self.polled);
        Box::pin(async move {
            *polled.lock().unwrap() += 1;
            let mut response = Response::new(Full::from("inner"));
            response
                .headers_mut()
                .insert("x-inner", HeaderValue::from_static("1"));
            Ok(response)
        })
    }
}

/// How a request reaches the layer.
#[derive(Clone, Copy)]
pub(crate) enum Transport {
    Direct,
    Http1,
    #[allow(dead_code, reason = "tests/interop uses it")]
    Http2,
}

pub(super) type Shared = Arc<dyn Policy<Target = Redirect>>;

/// How a row becomes a policy.
pub(super) type Build = fn(&Value) -> Result<BoxPolicy<Redirect>, String>;

pub(super) struct Runner {
    runtime: Runtime,
    build: Build,
}

impl Runner {
    pub(super) fn new(build: Build) -> Self {
        Self {
            build,
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap(),
        }
    }

    pub(super) fn assert_refused_on_the_wire(&self, row: &Row) {
        let target = &row.asked.target;
        assert!(
            target.parse::<Uri>().is_err(),
            "{}: {target:?} is a URI",
            row.id
        );
        let nobody: Shared = Arc::new(policy_fn(|_| None::<Redirect>));
        let seen = self
            .exchange(Transport::Http1, &nobody, false, &row.asked)
            .unwrap();
        assert_eq!(seen.status, 400, "{}: {seen:?}", row.id);
        assert!(seen.called.is_empty());
    }

    pub(super) fn run(&self, row: &Row) -> Vec<String> {
        let mut failures = Vec::new();
        for &transport in TRANSPORTS {
            let names = match transport {
                Transport::Direct => ["called", "called with note"],
                Transport::Http1 => ["HTTP/1.1", "HTTP/1.1 with note"],
                Transport::Http2 => ["HTTP/2", "HTTP/2 with note"],
            };
            if let Err(reason) = row.can_be_sent(transport) {
                println!("{}: not over {}: {reason}", row.id, names[0]);
                continue;
            }
            for (note, how) in [false, true].into_iter().zip(names) {
                let run = || self.run_once(row, transport, note);
                let why = match panic::catch_unwind(AssertUnwindSafe(run)) {
                    Ok(Ok(())) => continue,
                    Ok(Err(why)) => why,
                    Err(_) => "panicked".to_owned(),
                };
                failures.push(format!("{} ({}), {how}: {why}", row.id, row.source));
            }
        }
        failures
    }

    fn run_once(&self, row: &Row, transport: Transport, note: bool) -> Result<(), String> {
        let began = Instant::now();
        let run = match (self.build)(&row.config) {
            Err(error) => Run {
                seen: Err(error.to_string()),
                policy: None,
                took: began.elapsed(),
            },
            Ok(policy) => {
                let policy = Shared::from(policy);
                let seen = self.exchange(transport, &policy, note, &row.asked)?;
                Run {
                    took: began.elapsed(),
                    seen: Ok(seen),
                    policy: Some(policy),
                }
            }
        };
        let has_note = run.seen.as_ref().is_ok_and(|seen| {
            !seen.redirects() || row.asked.method == Method::HEAD || !seen.body.is_empty()
        });
        if note && run.seen.is_ok() && !has_note {
            return Err("the note is missing".to_owned());
        }
        let again = |asked: &Asked| match &run.policy {
            Some(policy) => self.exchange(transport, policy, note, asked),
            None => Err("nothing was built".to_owned()),
        };
        for (key, value) in &row.must {
            holds(key, value, row, &run, &again)
                .map_err(|why| format!("{key} {value}: {why}; {:?}", run.seen))?;
        }
        Ok(())
    }

    pub(super) fn exchange(
        &self,
        transport: Transport,
        policy: &Shared,
        note: bool,
        asked: &Asked,
    ) -> Result<Seen, String> {
        let layer = RedirectLayer::new(Arc::clone(policy));
        let inner = Inner::default();
        match note {
            true => self.send(
                transport,
                layer.link_body().layer(inner.clone()),
                &inner,
                asked,
            ),
            false => self.send(transport, layer.layer(inner.clone()), &inner, asked),
        }
    }

    fn send<S>(
        &self,
        transport: Transport,
        service: S,
        inner: &Inner,
        asked: &Asked,
    ) -> Result<Seen, String>
    where
        S: Service<Request<()>, Response = Response<Full<Bytes>>, Error = Infallible>,
        S: Service<
                Request<hyper::body::Incoming>,
                Response = Response<Full<Bytes>>,
                Error = Infallible,
            >,
        S: Clone + Send + 'static,
        <S as Service<Request<hyper::body::Incoming>>>::Future: Send,
    {
        let (status, headers, body) = match transport {
            Transport::Direct => {
                let request = asked.request(asked.pseudo_fields);
                let Ok(response) = self.runtime.block_on(service.oneshot(request));
                let (parts, body) = response.into_parts();
                let Ok(body) = self.runtime.block_on(body.collect());
                let headers = parts
                    .headers
                    .iter()
                    .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
                    .collect();
                (parts.status.as_u16(), headers, body.to_bytes().to_vec())
            }
            Transport::Http1 => self.runtime.block_on(over_http1(service, asked))?,
            Transport::Http2 => self.runtime.block_on(over_http2(service, asked))?,
        };
        let called = inner.called.lock().unwrap().clone();
        let polled = *inner.polled.lock().unwrap();
        Ok(Seen {
            status,
            headers,
            body,
            called,
            polled,
            http2: matches!(transport, Transport::Http2)
                || matches!(transport, Transport::Direct) && asked.pseudo_fields,
        })
    }
}
