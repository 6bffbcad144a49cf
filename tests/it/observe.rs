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

/// Each policy around the table, with the same answer for this request.
#[test]
fn the_rule_stays_with_its_redirect_whatever_stands_around_the_table() {
    let trust = TrustedProxies::dangerously_any_peer().header(ForwardedHeader::XForwardedProto);
    let here = || Redirect::found(LocalPath::from_static("/elsewhere"));
    let other = || policy_fn(|_| None::<Redirect>);
    let policies: Vec<(&str, tower_redirect::policy::BoxPolicy<Redirect>)> = vec![
        ("alone", table().boxed()),
        ("or", other().or(table()).boxed()),
        ("or, first", table().or(here()).boxed()),
        ("when", table().when(|_| true).boxed()),
        ("unless", table().unless(|_| false).boxed()),
        ("behind", table().trusting(trust.clone()).boxed()),
        ("tuple", (other(), table(), here()).boxed()),
        ("array", [table(), table()].boxed()),
        ("vec", vec![table()].boxed()),
        ("option", Some(table()).boxed()),
        ("arc", Arc::new(table()).boxed()),
        ("box", table().boxed().boxed()),
        ("clone", table().clone().boxed()),
        ("flattened", table().flatten().into_rules().boxed()),
        (
            "canonical",
            Canonical::any_host()
                .trim_trailing_slash()
                .then(table())
                .boxed(),
        ),
        (
            "host",
            Canonical::host("http://new.example")
                .unwrap()
                .then(table())
                .boxed(),
        ),
        (
            "closure",
            policy_fn(move |request| {
                let inner = table();
                inner
                    .decide(request)
                    .map(|redirect| redirect.cache(std::time::Duration::from_secs(60)))
            })
            .boxed(),
        ),
        (
            "all",
            Canonical::any_host()
                .merge_slashes()
                .then((other(), table().when(|_| true)).or(here()))
                .trusting(trust)
                .boxed(),
        ),
    ];
    for (what, policy) in &policies {
        let request = testing::get("/blog/x").header("host", "old.example");
        let decision = policy.decide(&request.head());
        let redirect = decision.into_redirect().expect(what);
        assert!(redirect.location().as_str().ends_with("/posts/x"), "{what}");
        let rule = redirect.rule().expect(what);
        assert_eq!(rule.number(), 1, "{what}");
        assert_eq!(rule.line(), Some(2), "{what}");
        assert_eq!(rule.file(), Some("public/_redirects"), "{what}");
        assert_eq!(rule.name(), None, "{what}");
        let source = "/blog{/*splat}";
        assert!(matches!(rule.id(), RuleId::Source { host: "", source: own, .. } if own == source));
    }
    // A canonical address alone is no rule's.
    let canonical = Canonical::any_host().trim_trailing_slash().then(table());
    let request = testing::get("/contact/");
    let redirect = canonical.decide(&request.head()).into_redirect().unwrap();
    assert!(redirect.rule().is_none());
    let explained = table();
    let request = testing::get("/a");
    let explanation = explained.explain(&request.head());
    assert_eq!(explanation.redirect().unwrap().rule().unwrap().number(), 0);
}

#[test]
fn a_rule_outlives_its_table() {
    let rules = Rules::new([Rule::permanent("/a", "/b").named("launch")]).unwrap();
    let request = testing::get("/a");
    let redirect = rules.decide(&request.head()).into_redirect().unwrap();
    drop(rules);
    let rule = redirect.rule().unwrap();
    assert_eq!(
        (rule.name(), rule.file(), rule.line()),
        (Some("launch"), None, None)
    );
    assert_eq!(format!("{rule:?}"), "MatchedRule(launch)");
}

/// A table that is named is another one than its clone, which keeps its own.
#[test]
fn a_shared_table_is_changed_for_one_only() {
    let first = table();
    let second = first.clone().in_file("other").count_hits();
    let files = |rules: &Rules| rules.iter().next().unwrap().file().map(str::to_owned);
    assert_eq!(files(&first).as_deref(), Some("public/_redirects"));
    assert_eq!(files(&second).as_deref(), Some("other"));
    assert!(first.usage().is_none());
    assert_eq!(second.usage().unwrap().never_hit().count(), second.len());
    for rules in [first, second] {
        testing::get("/blog/x")
            .through(&rules)
            .assert_redirect("/posts/x");
    }
}

#[test]
fn a_file_that_is_loaded_is_named() {
    let path = std::env::temp_dir().join(format!("observe-{}", std::process::id()));
    std::fs::write(&path, "# moved\n/a /b\n").unwrap();
    let loaded = tower_redirect::rules::Format::Netlify
        .load_lossy(&path)
        .unwrap();
    std::fs::remove_file(&path).unwrap();
    let rule = loaded.rules.iter().next().unwrap();
    assert_eq!(rule.file(), path.to_str());
    assert_eq!(rule.line(), Some(2));
}

#[tokio::test]
async fn an_extension_is_left_where_it_was_asked_for() {
    let silent = RedirectLayer::new(table());
    let answer = send(&silent, request("GET", "/a")).await;
    assert!(answer.extensions().is_empty());

    let layer = RedirectLayer::new(table()).insert_redirected();
    let answer = send(&layer, request("GET", "/blog/x?y")).await;
    let redirected = answer.extensions().get::<Redirected>().unwrap();
    assert_eq!(redirected.status(), Status::Found);
    assert_eq!(answer.headers()["location"], redirected.location().as_str());
    assert_eq!(redirected.rule().unwrap().line(), Some(2));

    let passed = send(&layer, request("GET", "/none")).await;
    assert!(passed.extensions().is_empty());

    // No rule, no number.
    let layer = RedirectLayer::see_other("/x").insert_redirected();
    let suppressed = send(&layer, request("GET", "/x")).await;
    assert!(suppressed.extensions().is_empty());
    let answer = send(&layer, request("POST", "/y")).await;
    let redirected = answer.extensions().get::<Redirected>().unwrap();
    assert!(redirected.rule().is_none());
}

#[tokio::test]
async fn an_answer_that_is_replaced_leaves_nothing_of_the_one_before() {
    let gone = Refusal::gone("withdrawn");
    let below = RedirectLayer::new(policy_fn(move |request| match request.path() {
        "/gone" => Decision::Refuse(gone),
        "/moved" => Decision::Redirect(Redirect::found(LocalPath::from_static("/new"))),
        _ => Decision::Pass,
    }))
    .insert_redirected();
    let replaced = |answer: &http::response::Parts| !answer.status.is_success();
    let above = RedirectLayer::permanent("/home").after_response(replaced);
    for (path, inserts, expected) in [
        ("/gone", false, None),
        ("/moved", false, None),
        ("/404", false, None),
        ("/gone", true, Some("/home")),
        ("/moved", true, Some("/home")),
        ("/404", true, Some("/home")),
        ("/200", true, None),
    ] {
        let above = if inserts {
            above.clone().insert_redirected()
        } else {
            above.clone()
        };
        let app = above.layer(below.layer(service_fn(by_path)));
        let answer = app.oneshot(request("GET", path)).await.unwrap();
        let found = answer.extensions().get::<Redirected>();
        let found = found.map(|redirected| redirected.location().as_str());
        assert_eq!(found, expected, "{path} {inserts}");
        assert!(answer.extensions().get::<Refusal>().is_none(), "{path}");
    }
    // An answer that stands keeps what was left in it.
    let app = RedirectLayer::permanent("/home")
        .after(StatusCode::NOT_FOUND)
        .layer(below.layer(service_fn(by_path)));
    let answer = app.clone().oneshot(request("GET", "/moved")).await.unwrap();
    assert!(answer.extensions().get::<Redirected>().is_some());
    let answer = app.oneshot(request("GET", "/gone")).await.unwrap();
    assert_eq!(answer.extensions().get(), Some(&gone));
}

/// What a layer in front of an axum router reads, over a connection of hyper's.
#[tokio::test]
async fn a_layer_in_front_reads_the_extension_in_axum_and_over_hyper() {
    async fn in_front(request: AxumRequest, next: middleware::Next) -> axum::response::Response {
        let mut response = next.run(request).await;
        let redirected = response.extensions().get::<Redirected>().cloned();
        if let Some(rule) = redirected.as_ref().and_then(Redirected::rule) {
            let value = format!("{}:{}", rule.file().unwrap(), rule.line().unwrap());
            let headers = response.headers_mut();
            headers.insert("x-rule", value.parse().unwrap());
        }
        response
    }
    let app = Router::new()
        .route(
            "/404",
            axum::routing::get(|| async { StatusCode::NOT_FOUND }),
        )
        .layer(RedirectLayer::new(table()).insert_redirected())
        .layer(middleware::from_fn(in_front));
    let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
        .await
        .unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let io = hyper_util::rt::TokioIo::new(stream);
    let (mut client, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
    let connection = tokio::spawn(connection);
    for (path, expected) in [("/a", Some("public/_redirects:1")), ("/404", None)] {
        let request = Request::get(path).header("host", "x").body(Body::empty());
        let answer = client.send_request(request.unwrap()).await.unwrap();
        let found = answer.headers().get("x-rule");
        assert_eq!(found.map(|value| value.to_str().unwrap()), expected);
    }
    connection.abort();
    server.abort();
}

#[test]
fn every_request_is_counted_once_by_what_became_of_it() {
    let rules = Rules::new([
        Rule::permanent("/a", "/b").named("launch"),
        Rule::found("/c/{x}", "/d/{x}"),
        Rule::permanent("/late/{x}", "/found/{x}").after_not_found(),
    ])
    .unwrap();
    let gone = policy_fn(|request| match request.path() {
        "/gone" => Decision::<Redirect>::Refuse(Refusal::gone("withdrawn")),
        "/fixed" => Decision::Redirect(Redirect::see_other(LocalPath::from_static("/x"))),
        "/upload" => Decision::Redirect(
            Redirect::see_other(LocalPath::from_static("/receipt")).after_success(),
        ),
        "/x" => Decision::Redirect(Redirect::temporary(LocalPath::from_static("/x"))),
        _ => Decision::Pass,
    });
    let layer = RedirectLayer::new(rules.or(gone));
    let preflight = || {
        let mut request = request("OPTIONS", "/a");
        for (name, value) in [
            ("origin", "https://shop.example"),
            ("access-control-request-method", "PUT"),
        ] {
            let headers = request.headers_mut();
            headers.insert(name, value.parse().unwrap());
        }
        request
    };
    let websocket = || {
        let mut request = request("GET", "/a");
        let headers = request.headers_mut();
        headers.insert("upgrade", "websocket".parse().unwrap());
        request
    };
    let redirects = "tower_redirect_redirects_total";
    for (sent, expected) in [
        (
            request("GET", "/a"),
            vec![(format!("{redirects}{{rule=\"launch\",status=\"308\"}}"), 1)],
        ),
        (
            request("GET", "/c/1"),
            vec![(
                format!("{redirects}{{rule=\"/c/{{x}}\",status=\"302\"}}"),
                1,
            )],
        ),
        (
            request("GET", "/fixed"),
            vec![(format!("{redirects}{{rule=\"\",status=\"303\"}}"), 1)],
        ),
        // It waits for the answer: replaced, and not.
        (
            request("GET", "/late/404"),
            vec![(
                format!("{redirects}{{rule=\"/late/{{x}}\",status=\"308\"}}"),
                1,
            )],
        ),
        (
            request("GET", "/late/200"),
            pairs(&[("tower_redirect_passes_total{}", 1)]),
        ),
        (
            request("POST", "/upload"),
            vec![(format!("{redirects}{{rule=\"\",status=\"303\"}}"), 1)],
        ),
        // Nothing was to be sent.
        (
            request("GET", "/upload"),
            pairs(&[("tower_redirect_passes_total{}", 1)]),
        ),
        (
            request("GET", "/none"),
            pairs(&[("tower_redirect_passes_total{}", 1)]),
        ),
        (
            request("GET", "/gone"),
            pairs(&[("tower_redirect_refusals_total{status=\"410\"}", 1)]),
        ),
        (
            request("GET", "/x"),
            pairs(&[
                ("tower_redirect_passes_total{}", 1),
                ("tower_redirect_suppressed_total{reason=\"loop\"}", 1),
            ]),
        ),
        (
            preflight(),
            pairs(&[
                ("tower_redirect_passes_total{}", 1),
                ("tower_redirect_suppressed_total{reason=\"preflight\"}", 1),
            ]),
        ),
        (
            websocket(),
            pairs(&[
                ("tower_redirect_passes_total{}", 1),
                ("tower_redirect_suppressed_total{reason=\"websocket\"}", 1),
            ]),
        ),
    ] {
        let what = format!("{} {}", sent.method(), sent.uri());
        let counted = Counters::of(async {
            send(&layer, sent).await;
        });
        assert_eq!(counted, expected, "{what}");
    }
}

/// What a rule is counted under stays when rules are added before it, and none is taken for another.
#[test]
fn a_rule_is_counted_under_its_name_or_its_source() {
    let counted = |rules: Rules, host: &'static str, path: &str| {
        let mut request = request("GET", path);
        request.headers_mut().insert("host", host.parse().unwrap());
        let (_, labels) = Counters::with_labels(async {
            send(&RedirectLayer::new(rules), request).await;
        });
        let mut rules = labels.into_iter().filter(|(name, _)| name == "rule");
        rules.next().expect(path).1
    };
    let old = "/b /c 301!\n";
    for file in [old.to_owned(), format!("/a /c 301!\n{old}")] {
        assert_eq!(counted(netlify::parse(&file).unwrap(), "x", "/b"), "/b");
    }
    let rules = || {
        Rules::new([
            Rule::found("/zero", "/x"),
            Rule::found("/one", "/x").named("0"),
            Rule::found("/{x}/{y}", "/x").host("a.example"),
            Rule::found("/{x}/{y}", "/x").host("*.b.example"),
            Rule::found(format!("/{}", "d".repeat(200)), "/x"),
        ])
        .unwrap()
    };
    let (long, cut) = ("d".repeat(200), "d".repeat(99));
    for (host, path, label) in [
        ("x", "/zero", "/zero"),
        ("x", "/one", "0"),
        ("a.example", "/1/2", "a.example/{x}/{y}"),
        ("www.b.example", "/1/2", "*.b.example/{x}/{y}"),
        ("x", &format!("/{long}"), &format!("/{cut}\u{2026}")),
    ] {
        assert_eq!(counted(rules(), host, path), label);
    }
}

#[test]
fn what_names_no_path_and_what_cannot_be_sent_have_their_reasons() {
    let layer = RedirectLayer::temporary("/x");
    for (method, target, reason) in [
        ("CONNECT", "example.com:443", "connect"),
        ("OPTIONS", "*", "no_path"),
    ] {
        let counted = Counters::of(async {
            send(&layer, request(method, target)).await;
        });
        let suppressed = format!("tower_redirect_suppressed_total{{reason={reason:?}}}");
        assert_eq!(counted[1], (suppressed, 1), "{method} {target}");
        assert_eq!(counted.len(), 2);
    }
    // Plaintext that must not pass: the redirect is suppressed, and the request refused.
    let https = Https::new(["example.com"], SchemeSource::plaintext_listener()).unwrap();
    let layer = RedirectLayer::permanent(https);
    let mut handshake = request("GET", "/chat");
    for (name, value) in [("host", "example.com"), ("upgrade", "websocket")] {
        let headers = handshake.headers_mut();
        headers.insert(name, value.parse().unwrap());
    }
    let counted = Counters::of(async {
        send(&layer, handshake).await;
    });
    assert_eq!(
        counted,
        pairs(&[
            ("tower_redirect_refusals_total{status=\"400\"}", 1),
            ("tower_redirect_suppressed_total{reason=\"websocket\"}", 1),
        ])
    );
}

#[test]
fn an_app_that_fails_is_a_pass() {
    let layer = RedirectLayer::found("/x").after(StatusCode::NOT_FOUND);
    let broken = service_fn(async |_: Request<String>| Err::<Response<String>, _>("broken"));
    let counted = Counters::of(async {
        let answer = layer.layer(broken).oneshot(request("GET", "/")).await;
        assert_eq!(answer.unwrap_err(), "broken");
    });
    assert_eq!(counted, pairs(&[("tower_redirect_passes_total{}", 1)]));
}

#[test]
fn everything_that_is_measured_is_described() {
    let counters = Counters::default();
    metrics::with_local_recorder(&counters, tower_redirect::observe::describe_metrics);
    let series: Vec<_> = counters.series.lock().unwrap().keys().cloned().collect();
    let reloads = "tower_redirect_reloads_total";
    let suppressed = "tower_redirect_suppressed_total";
    assert_eq!(series.len(), 10, "{series:?}");
    for expected in [
        format!("{reloads}{{outcome=\"bad\"}}"),
        format!("{suppressed}{{reason=\"loop\"}}"),
        "tower_redirect_passes_total{}".to_owned(),
    ] {
        assert!(series.contains(&expected), "{series:?}");
    }
    let described = counters.described.into_inner().unwrap();
    let described: Vec<_> = described.iter().map(String::as_str).collect();
    assert_eq!(
        described,
        [
            "tower_redirect_differences_total",
            "tower_redirect_last_reload_good",
            "tower_redirect_passes_total",
            "tower_redirect_redirects_total",
            "tower_redirect_refusals_total",
            "tower_redirect_reloads_total",
            "tower_redirect_suppressed_total",
        ]
    );
}

/// Text that an attacker would like to see in labels, in every place of a request.
fn hostile() -> impl Strategy<Value = String> {
    let special = prop::sample::select(vec![
        "%22%7D",
        "\"",
        "{",
        "}",
        "%0A",
        "%0d%0aSet-Cookie:x",
        ",",
        "=",
        "rule",
        "launch",
        "%00",
        "..",
        "//",
        "\\",
        "<script>",
        "'",
        "%",
        "status=\"200\"",
        "\u{e9}",
        "0",
        "1",
    ]);
    prop::collection::vec(
        prop_oneof![
            special.prop_map(str::to_owned),
            "[ -~]{0,8}",
            "[a-z0-9]{1,40}"
        ],
        0..6,
    )
    .prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(crate::cases::config(2))]

    #[test]
    fn no_label_has_text_of_a_request(
        segments in prop::collection::vec(hostile(), 0..4),
        query in hostile(),
        value in hostile(),
        front in prop::sample::select(vec!["/a", "/blog/", "/q", "/h", "/late/", "/gone", "/", ""]),
        method in prop::sample::select(vec!["GET", "POST", "OPTIONS", "HEAD", "PURGE", "CONNECT"]),
        upgrade in any::<bool>(),
        http_10 in any::<bool>(),
    ) {
        use tower_redirect::rules::Condition;
        let rules = Rules::new([
            Rule::permanent("/a{x}", "/b/{x}").named("with \"marks\", {x} and more"),
            Rule::found("/blog/{*rest}", "/posts/{rest}"),
            Rule::permanent("/q", "/to/{q}").when(Condition::query("q").captured_as("q")),
            Rule::permanent("/h", "/to/{h}").when(Condition::header("x-h").captured_as("h")),
            Rule::permanent("/late/{*rest}", "/{rest}").after_not_found(),
        ]).unwrap();
        let ids: BTreeSet<String> = rules.iter().map(|rule| rule.id().to_string()).collect();
        let gone = policy_fn(|request| match request.path().starts_with("/gone") {
            true => Decision::<Redirect>::Refuse(Refusal::gone("withdrawn")),
            false => Decision::Pass,
        });
        let layer = RedirectLayer::new(rules.or(gone));
        let target = format!("{front}{}?q={query}", segments.join("/"));
        let mut built = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap());
        if http_10 {
            built = built.version(Version::HTTP_10);
        }
        if upgrade {
            built = built.header("upgrade", "websocket");
        }
        let built = built.header("x-h", &value).uri(&target).body(String::new());
        let Ok(request) = built else {
            return Ok(());
        };
        let (counted, labels) = Counters::with_labels(async {
            send(&layer, request).await;
        });
        let answers = counted.iter().filter(|(name, _)| !name.contains("suppressed"));
        prop_assert_eq!(answers.map(|(_, count)| count).sum::<u64>(), 1, "{:?}", counted);
        for (name, value) in labels {
            let known = match name.as_str() {
                "rule" => ids.contains(&value) || value.is_empty(),
                "status" => ["301", "302", "303", "307", "308", "400", "410"].contains(&&*value),
                "reason" => ["loop", "preflight", "websocket", "connect", "no_path", "unsendable"]
                    .contains(&&*value),
                _ => false,
            };
            prop_assert!(known, "{}={:?} of {}", name, value, target);
        }
    }
}
