//! What layers in front and counters see of a redirect, and that no label has text of a request.

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{Router, body::Body, extract::Request as AxumRequest, middleware};
use http::{Method, Request, Response, StatusCode, Version};
use metrics::{
    Counter, CounterFn, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use proptest::prelude::*;
use tower::{Layer, ServiceExt, service_fn};
use tower_redirect::{
    Canonical, Decision, LocalPath, Policy, Redirect, RedirectLayer, Status,
    policy::{Https, Refusal, SchemeSource},
    policy_fn,
    redirect::Redirected,
    rules::{Rule, RuleId, Rules, netlify},
    testing,
    trust::{ForwardedHeader, TrustedProxies},
};

mod counters;
mod redirected;

/// Keeps every counter by its name and its labels, as Prometheus writes them.
#[derive(Default)]
struct Counters {
    series: Mutex<BTreeMap<String, Arc<One>>>,
    labels: Mutex<Labels>,
    described: Mutex<BTreeSet<String>>,
}

#[derive(Default)]
struct One(AtomicU64);

impl CounterFn for One {
    fn increment(&self, value: u64) {
        self.0.fetch_add(value, Ordering::Relaxed);
    }

    fn absolute(&self, _: u64) {
        panic!("a counter of this crate is never set");
    }
}

impl Recorder for Counters {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, what: SharedString) {
        assert_eq!(unit, Some(Unit::Count));
        assert!(!what.is_empty());
        self.described
            .lock()
            .unwrap()
            .insert(key.as_str().to_owned());
    }

    fn describe_gauge(&self, key: KeyName, _: Option<Unit>, what: SharedString) {
        assert!(!what.is_empty());
        self.described
            .lock()
            .unwrap()
            .insert(key.as_str().to_owned());
    }

    fn describe_histogram(&self, key: KeyName, _: Option<Unit>, _: SharedString) {
        panic!("no histogram: {key:?}");
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let mut labels: Vec<_> = key
            .labels()
            .map(|label| (label.key().to_owned(), label.value().to_owned()))
            .collect();
        labels.sort();
        self.labels.lock().unwrap().extend(labels.iter().cloned());
        let labels: Vec<_> = labels
            .iter()
            .map(|(name, value)| format!("{name}={value:?}"))
            .collect();
        let name = format!("{}{{{}}}", key.name(), labels.join(","));
        let mut series = self.series.lock().unwrap();
        Counter::from_arc(Arc::clone(series.entry(name).or_default()))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        panic!("no gauge: {key}");
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        panic!("no histogram: {key}");
    }
}

/// Series by name and labels, with their counts.
type Series = Vec<(String, u64)>;
/// Names and values of labels.
type Labels = BTreeSet<(String, String)>;

impl Counters {
    /// What the work counts.
    fn of(work: impl Future<Output = ()>) -> Series {
        Self::with_labels(work).0
    }

    fn with_labels(work: impl Future<Output = ()>) -> (Series, Labels) {
        let counters = Self::default();
        metrics::with_local_recorder(&counters, || tokio_test::block_on(work));
        let series = counters.series.into_inner().unwrap();
        let values = series
            .into_iter()
            .map(|(name, one)| (name, one.0.load(Ordering::Relaxed)))
            .collect();
        (values, counters.labels.into_inner().unwrap())
    }
}

fn pairs(expected: &[(&str, u64)]) -> Series {
    let owned = expected
        .iter()
        .map(|(name, count)| ((*name).to_owned(), *count));
    owned.collect()
}

fn request(method: &str, target: &str) -> Request<String> {
    Request::builder()
        .method(method)
        .uri(target)
        .body(String::new())
        .unwrap()
}

/// Answers with the status that the last segment names.
async fn by_path(request: Request<String>) -> Result<Response<String>, Infallible> {
    let status = request.uri().path().rsplit('/').next().unwrap().parse();
    let status = status.ok().and_then(|code| StatusCode::from_u16(code).ok());
    let mut response = Response::<String>::default();
    *response.status_mut() = status.unwrap_or_default();
    Ok(response)
}

async fn send<P>(layer: &RedirectLayer<P>, request: Request<String>) -> Response<String>
where
    P: Policy<Target = Redirect>,
{
    let app = layer.layer(service_fn(by_path));
    app.oneshot(request).await.unwrap()
}

fn table() -> Rules {
    let file = "/a /b 301!\n/blog/* /posts/:splat 302!\n";
    netlify::parse(file).unwrap().in_file("public/_redirects")
}
