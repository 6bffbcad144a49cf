//! What services in production turn on, one thing at a time, each over the same rules.

use std::sync::{Arc, OnceLock, atomic::Ordering::Relaxed};

use http::{StatusCode, Uri};
use metrics::{
    Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
    set_global_recorder,
};
use metrics_util::registry::{AtomicStorage, Registry};
use tower::{Layer, service_fn};
use tower_redirect_production::{RedirectLayer, Reloadable, Shadow};
use tracing::Level;

use crate::{
    case::{Bounds, Case, Shape},
    rivals::{Group, async_fn},
    rules::{misses, texts},
};

/// A thousand exact rules, in the build of this name.
macro_rules! rules {
    ($build:ident) => {{
        use $build::rules::{Rule, Rules};
        Rules::new(texts().map(|(from, to)| Rule::permanent(from, to))).expect("rules of a blog")
    }};
}

/// The most instructions that a row may add to the rules alone.
type Most = (&'static str, f64);

/// Requests that no rule answers.
pub(crate) fn pass_through() -> Group {
    const MOST: [Most; 6] = [
        ("Reloadable", 110.0),
        ("count_hits", 10.0),
        ("insert_redirected", 10.0),
        ("tracing, no subscriber", 30.0),
        ("tracing, subscriber at info", 30.0),
        ("metrics, no recorder", 50.0),
    ];
    group(
        "In production, pass-through",
        "GET with five header fields and 1k exact rules, for 1k paths in turn; nothing is redirected.",
        &each(misses()).with_fields("https", "www.example.com"),
        StatusCode::OK,
        &MOST,
    )
}

/// Requests that a rule with a fixed target answers.
pub(crate) fn redirect() -> Group {
    const MOST: [Most; 3] = [
        ("Reloadable", 110.0),
        ("tracing, no subscriber", 50.0),
        ("tracing, subscriber at info", 50.0),
    ];
    let mut group = group(
        "In production, redirect to a fixed target",
        "GET with five header fields and 1k exact rules, for the path of each in turn; every row but \
         the first redirects.",
        &each(texts().map(|(from, _)| from)).with_fields("https", "www.example.com"),
        StatusCode::PERMANENT_REDIRECT,
        &MOST,
    );
    // The map of extensions, its table, and what is in it.
    row(&mut group, "insert_redirected").allocations = Some(3.0);
    group
}

fn each(paths: impl Iterator<Item = String>) -> Shape {
    Shape::get_each(paths.map(|path| Uri::try_from(path).expect("the texts are paths")))
}

fn row<'g>(group: &'g mut Group, name: &str) -> &'g mut Bounds {
    let case = group.cases.iter_mut().find(|case| case.name == name);
    &mut case.expect("a row of this name").bounds
}

fn group(
    title: &'static str,
    note: &'static str,
    shape: &Shape,
    status: StatusCode,
    most: &[Most],
) -> Group {
    let inner = service_fn(async_fn);
    let rules = rules!(tower_redirect_production);
    let (reloadable, _) = Reloadable::new(rules.clone());
    let shadow = Shadow::new(rules.clone(), rules!(tower_redirect_production));
    let traced = tower_redirect_tracing::RedirectLayer::new(rules!(tower_redirect_tracing));
    let metered = tower_redirect_metrics::RedirectLayer::new(rules!(tower_redirect_metrics));
    let counts = RedirectLayer::new(rules!(tower_redirect_production).count_hits());
    let inserts = RedirectLayer::new(rules.clone()).insert_redirected();
    let alone = RedirectLayer::new(rules).layer(inner);
    let reloadable = RedirectLayer::new(reloadable).layer(inner);
    let shadow = RedirectLayer::new(shadow).layer(inner);
    let mut cases = vec![
        Case::new("rules alone", shape, status, alone),
        Case::new("Reloadable", shape, status, reloadable),
        Case::new("count_hits", shape, status, counts.layer(inner)),
        Case::new("insert_redirected", shape, status, inserts.layer(inner)),
        Case::new("Shadow, an equal set", shape, status, shadow),
        Case::new("tracing, no subscriber", shape, status, traced.layer(inner)),
        Case::new(
            "tracing, subscriber at info",
            shape,
            status,
            traced.layer(inner),
        )
        .watched(),
        Case::new("metrics, no recorder", shape, status, metered.layer(inner)),
        Case::new(
            "metrics, recorder of atomics",
            shape,
            status,
            metered.layer(inner),
        )
        .watched(),
    ];
    for case in &mut cases {
        case.bounds.allocations = Some(0.0);
    }
    cases.insert(0, Case::of_any_answer("bare", shape, inner));
    let mut group = Group {
        title,
        note,
        reference: "rules alone",
        cases,
    };
    for &(name, instructions) in most {
        row(&mut group, name).over_reference = Some(instructions);
    }
    group
}

/// Installs what watched cases are watched by, for the rest of the process.
pub(crate) fn watch() {
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::INFO)
        .finish();
    tracing::subscriber::set_global_default(subscriber).expect("the only one");
    set_global_recorder(Atomics).expect("the only one");
}

/// What the recorder was told.
pub(crate) fn recorded() -> u64 {
    let mut sum = 0;
    registry().visit_counters(|_, counter| sum += counter.load(Relaxed));
    sum
}

/// The store that exporters are built on.
fn registry() -> &'static Registry<Key, AtomicStorage> {
    static REGISTRY: OnceLock<Registry<Key, AtomicStorage>> = OnceLock::new();
    REGISTRY.get_or_init(Registry::atomic)
}

/// A recorder that does no more than to keep atomics.
struct Atomics;

impl Recorder for Atomics {
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        registry().get_or_create_counter(key, |counter| Counter::from_arc(Arc::clone(counter)))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }

    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
}
