//! Features of production services, one per row, all with the same rules.

use std::sync::{Arc, OnceLock, atomic::Ordering::Relaxed};

use http::{StatusCode, Uri};
use metrics::{
    Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
    set_global_recorder,
};
use metrics_util::registry::{AtomicStorage, Registry};
use tower::{Layer, service_fn};
use tower_redirect_production::{RedirectLayer, live::Reloadable, policy::Shadow};
use tracing::Level;

use crate::{
    case::{Case, Limits, RequestTemplate},
    rules::{misses, texts},
    services::{Group, async_fn},
};

/// A thousand exact rules, of the build with this name.
macro_rules! rules {
    ($build:ident) => {{
        use $build::rules::{Rule, Rules};
        Rules::new(texts().map(|(from, to)| Rule::permanent(from, to)))
            .expect("the rules are valid")
    }};
}

/// A row, and the most instructions that it may add to the row `rules alone`.
type Limit = (&'static str, f64);

/// Requests that no rule matches.
pub(crate) fn pass_through() -> Group {
    const LIMITS: [Limit; 6] = [
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
        &get_each(misses()).with_fields("https", "www.example.com"),
        StatusCode::OK,
        &LIMITS,
    )
}

/// Requests that match a rule with a fixed target.
pub(crate) fn redirect() -> Group {
    const LIMITS: [Limit; 3] = [
        ("Reloadable", 110.0),
        ("tracing, no subscriber", 50.0),
        ("tracing, subscriber at info", 50.0),
    ];
    let mut group = group(
        "In production, redirect to a fixed target",
        "GET with five header fields and 1k exact rules, for the path of each in turn; every row but \
         the first redirects.",
        &get_each(texts().map(|(from, _)| from)).with_fields("https", "www.example.com"),
        StatusCode::PERMANENT_REDIRECT,
        &LIMITS,
    );
    // The extensions: their map, its table, and the value.
    limits_of(&mut group, "insert_redirected").allocations = Some(3.0);
    group
}

fn get_each(paths: impl Iterator<Item = String>) -> RequestTemplate {
    RequestTemplate::get_each(paths.map(|path| Uri::try_from(path).expect("the texts are paths")))
}

fn limits_of<'g>(group: &'g mut Group, name: &str) -> &'g mut Limits {
    let case = group.cases.iter_mut().find(|case| case.name == name);
    &mut case.expect("a row has this name").limits
}

fn group(
    title: &'static str,
    note: &'static str,
    template: &RequestTemplate,
    status: StatusCode,
    limits: &[Limit],
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
        Case::new("rules alone", template, status, alone),
        Case::new("Reloadable", template, status, reloadable),
        Case::new("count_hits", template, status, counts.layer(inner)),
        Case::new("insert_redirected", template, status, inserts.layer(inner)),
        Case::new("Shadow, an equal rule set", template, status, shadow),
        Case::new(
            "tracing, no subscriber",
            template,
            status,
            traced.layer(inner),
        ),
        Case::new(
            "tracing, subscriber at info",
            template,
            status,
            traced.layer(inner),
        )
        .observed(),
        Case::new(
            "metrics, no recorder",
            template,
            status,
            metered.layer(inner),
        ),
        Case::new(
            "metrics, recorder of atomics",
            template,
            status,
            metered.layer(inner),
        )
        .observed(),
    ];
    for case in &mut cases {
        case.limits.allocations = Some(0.0);
    }
    cases.insert(0, Case::with_any_status("bare", template, inner));
    let mut group = Group {
        title,
        note,
        reference: "rules alone",
        cases,
    };
    for &(name, instructions) in limits {
        limits_of(&mut group, name).over_reference = Some(instructions);
    }
    group
}

/// Installs a subscriber and a recorder, for the rest of the process.
pub(crate) fn install_observers() {
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::INFO)
        .finish();
    tracing::subscriber::set_global_default(subscriber).expect("nothing else installs one");
    set_global_recorder(Atomics).expect("nothing else installs one");
}

/// Returns how many events the recorder has counted.
pub(crate) fn recorded_count() -> u64 {
    let mut sum = 0;
    registry().visit_counters(|_, counter| sum += counter.load(Relaxed));
    sum
}

/// The registry that exporters are built on.
fn registry() -> &'static Registry<Key, AtomicStorage> {
    static REGISTRY: OnceLock<Registry<Key, AtomicStorage>> = OnceLock::new();
    REGISTRY.get_or_init(Registry::atomic)
}

/// A recorder that keeps atomic counters and nothing else.
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
