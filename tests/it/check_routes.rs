//! Rules against the app that stands behind them.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use axum::{
    Router,
    http::{StatusCode, header::HOST},
    response::Redirect,
    routing::{get, post},
};
use http::{Request, Response};
use tower::{Service, ServiceExt, service_fn};
use tower_redirect::{
    rules::{Condition, FindingCode, Rule, Rules, Source, nginx_map},
    testing::{self, RouteReport, SkippedReason},
};

fn app() -> Router {
    Router::new()
        .route("/", get(|| async { "home" }))
        .route("/page", get(|| async { "page" }))
        .route("/private", get(|| async { StatusCode::UNAUTHORIZED }))
        .route("/gone", get(|| async { StatusCode::GONE }))
        .route("/broken", get(|| async { StatusCode::BAD_GATEWAY }))
        .route("/form", post(|| async { "done" }))
        .route("/moves", get(|| async { Redirect::permanent("/page") }))
        .route(
            "/query",
            get(|request: axum::extract::Request| async move {
                match request.uri().query() {
                    Some("a=1") => StatusCode::OK,
                    _ => StatusCode::NOT_FOUND,
                }
            }),
        )
        .route(
            "/host",
            get(|request: axum::extract::Request| async move {
                match request.headers().get(HOST) {
                    Some(host) if host == "a.example" => StatusCode::OK,
                    _ => StatusCode::NOT_FOUND,
                }
            }),
        )
}

fn report(rules: impl IntoIterator<Item = Rule>) -> RouteReport {
    let rules = Rules::new(rules).unwrap();
    tokio_test::block_on(testing::check_routes(&app(), &rules))
}

#[test]
fn what_is_found() {
    use FindingCode::{DeadTarget, HiddenPage, NeverApplies, RedirectingTarget};
    for (rule, expected) in [
        (Rule::found("/old", "/page"), &[][..]),
        (Rule::found("/old", "/page?x#y"), &[]),
        (Rule::found("/old", "/private"), &[]),
        (Rule::found("/old", "/"), &[]),
        (
            Rule::found("/old", "/nowhere"),
            &[(DeadTarget, "/nowhere", 404)],
        ),
        (Rule::found("/old", "/gone"), &[(DeadTarget, "/gone", 410)]),
        (
            Rule::found("/old", "/broken"),
            &[(DeadTarget, "/broken", 502)],
        ),
        (Rule::found("/old", "/form"), &[(DeadTarget, "/form", 405)]),
        (
            Rule::found("/old", "/moves"),
            &[(RedirectingTarget, "/moves", 308)],
        ),
        (Rule::found("/page", "/"), &[(HiddenPage, "/page", 200)]),
        (
            Rule::found("/moves", "/page"),
            &[(HiddenPage, "/moves", 308)],
        ),
        (Rule::found("/form", "/page"), &[(HiddenPage, "/form", 405)]),
        (
            Rule::found("/form", "/page").methods([http::Method::GET]),
            &[],
        ),
        (Rule::found("/private", "/page"), &[]),
        (Rule::found("/gone", "/page"), &[]),
        (
            Rule::found("/page", "/").after(StatusCode::NOT_FOUND),
            &[(NeverApplies, "/page", 200)],
        ),
        (
            Rule::found("/moves", "/").after(StatusCode::NOT_FOUND),
            &[(NeverApplies, "/moves", 308)],
        ),
        (
            Rule::found("/form", "/page").after(StatusCode::NOT_FOUND),
            &[],
        ),
        // Whether the app responds so depends on more than the URL.
        (
            Rule::found("/page", "/").after(StatusCode::UNAUTHORIZED),
            &[],
        ),
        (
            Rule::found("/old", "/page").after(StatusCode::NOT_FOUND),
            &[],
        ),
        (
            Rule::found("/page", "/nowhere"),
            &[(HiddenPage, "/page", 200), (DeadTarget, "/nowhere", 404)],
        ),
        (Rule::found("/old", "/query?a=1"), &[]),
        (
            Rule::found("/old", "/query?a=2"),
            &[(DeadTarget, "/query?a=2", 404)],
        ),
        (
            Rule::found("/query?a=1", "/page"),
            &[(HiddenPage, "/query?a=1", 200)],
        ),
        (Rule::found("/query?a=2", "/page"), &[]),
        (
            Rule::found("/host", "/page").host("a.example"),
            &[(HiddenPage, "/host", 200)],
        ),
        (Rule::found("/host", "/page").host("b.example"), &[]),
        (Rule::found("/old", "/host").host("a.example"), &[]),
        (Rule::found("/old", "/host"), &[(DeadTarget, "/host", 404)]),
    ] {
        let told = format!("{rule:?}");
        let report = report([rule]);
        let found = report.findings();
        assert_eq!(found.iter().len(), expected.len(), "{told}\n{report}");
        for (one, (code, url, status)) in found.iter().zip(expected) {
            let message = one.message();
            let has = |text: &str| message.split([' ', ',']).any(|word| word == text);
            assert_eq!(one.code(), *code, "{told}\n{report}");
            assert!(has(url) && has(&status.to_string()), "{told}\n{report}");
        }
        assert_eq!(report.is_clean(), expected.is_empty());
    }
}

#[test]
fn what_is_skipped_and_why() {
    for (rule, expected) in [
        (
            Rule::found("/a/{x}", "/b/{x}"),
            &[
                SkippedReason::SourceWithPlaceholders,
                SkippedReason::TargetWithPlaceholders,
            ][..],
        ),
        (
            Rule::found("/a?id={id}", "/page"),
            &[SkippedReason::SourceWithPlaceholders],
        ),
        (
            Rule::found(Source::regex("/a+"), "/page"),
            &[SkippedReason::Regex],
        ),
        (
            Rule::found("/a", "/page").when(Condition::cookie("c")),
            &[SkippedReason::Conditions],
        ),
        (
            Rule::found("/a", "/page").when(Condition::header("x-a")),
            &[SkippedReason::Conditions],
        ),
        (
            Rule::found("/a", "/page").when(Condition::query("a").matching("b+")),
            &[SkippedReason::Conditions],
        ),
        (
            Rule::found("/a", "/page").unless(Condition::cookie("c")),
            &[],
        ),
        (
            Rule::found("/a", "/page").methods([http::Method::POST]),
            &[SkippedReason::OtherMethods],
        ),
        (
            Rule::found("/a", "/page").host("*.a.example"),
            &[SkippedReason::Hosts, SkippedReason::Hosts],
        ),
        (
            Rule::found("/a", "https://new.example/"),
            &[SkippedReason::OtherOrigin],
        ),
    ] {
        let told = format!("{rule:?}");
        let report = report([rule]);
        let skipped: Vec<_> = report
            .skipped()
            .iter()
            .flat_map(|(why, count)| vec![*why; *count])
            .collect();
        assert_eq!(skipped, expected, "{told}");
        assert!(report.is_clean());
        assert_eq!(report.checked(), 2 - expected.len(), "{told}");
    }
    let report = report([
        Rule::found("/{x}", "/page/").methods([http::Method::POST, http::Method::GET]),
        Rule::found("/a", "/b"),
    ]);
    let expected = [
        (SkippedReason::SourceWithPlaceholders, 1),
        (SkippedReason::OtherRule, 1),
        (SkippedReason::Chain, 1),
    ];
    assert_eq!(report.skipped(), expected);
}

#[test]
fn a_target_that_another_rule_answers_after_a_404_is_not_dead() {
    let report = report([
        Rule::found("/old", "/older"),
        Rule::found("/older", "/page").after(StatusCode::NOT_FOUND),
    ]);
    report.assert_clean();
}

#[test]
fn rules_of_files_have_their_lines() {
    let rules =
        nginx_map::parse("/a /page;\n\n/b /nowhere;\n", tower_redirect::Status::Found).unwrap();
    let report = tokio_test::block_on(testing::check_routes(&app(), &rules));
    assert_eq!(
        report.to_string(),
        "rules:3, `/b -> /nowhere`: warning: the target /nowhere responds with 404 Not Found; fix the target, \
         or remove the rule\n4 URLs checked"
    );
    assert_eq!(report.findings().iter().next().unwrap().line(), Some(3));
}

#[test]
#[should_panic = "/nowhere responds with 404 Not Found"]
fn what_was_found_fails_a_test() {
    report([Rule::found("/a", "/nowhere")]).assert_clean();
}

/// Ready at the second time, one request at a time, and an error for some.
#[derive(Clone)]
struct Slow {
    asked: Arc<Mutex<Vec<String>>>,
    polled: usize,
}

impl Service<Request<String>> for Slow {
    type Response = Response<()>;
    type Error = String;
    type Future = Ready<Result<Response<()>, String>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), String>> {
        self.polled += 1;
        if self.polled < 2 {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        match self.asked.lock().unwrap().len() {
            3 => Poll::Ready(Err("overloaded".to_owned())),
            _ => Poll::Ready(Ok(())),
        }
    }

    fn call(&mut self, request: Request<String>) -> Self::Future {
        assert!(self.polled >= 2, "not ready");
        assert_eq!(
            (request.method(), &**request.body()),
            (&http::Method::GET, "")
        );
        let path = request.uri().path().to_owned();
        self.asked.lock().unwrap().push(path.clone());
        ready(match path.as_str() {
            "/fails" => Err("on purpose".to_owned()),
            "/a" | "/b" => {
                let mut response = Response::new(());
                *response.status_mut() = StatusCode::NOT_FOUND;
                Ok(response)
            }
            _ => Ok(Response::new(())),
        })
    }
}

#[test]
fn errors_are_findings_and_each_address_is_asked_once() {
    let app = Slow {
        asked: Arc::default(),
        polled: 0,
    };
    let rules = Rules::new([
        Rule::found("/a", "/fails").after(StatusCode::NOT_FOUND),
        Rule::found("/b", "/fails").after(StatusCode::NOT_FOUND),
        Rule::found("/c", "/d").after(StatusCode::NOT_FOUND),
    ])
    .unwrap();
    let report = tokio_test::block_on(testing::check_routes(&app, &rules));
    let texts: Vec<_> = report.findings().iter().map(ToString::to_string).collect();
    assert_eq!(*app.asked.lock().unwrap(), ["/a", "/fails", "/b"]);
    assert_eq!(texts.len(), 4, "{report}");
    assert!(texts[0].contains("failed on /fails: on purpose"));
    assert!(texts[2].contains("/c: overloaded") && texts[3].contains("/d: overloaded"));
    assert!(
        report
            .findings()
            .iter()
            .all(|one| one.code() == FindingCode::AppError)
    );
}

/// Is built, never run: a test on a runtime of several threads may spawn it.
#[allow(dead_code, reason = "that it is built is the test")]
fn the_future_is_for_other_threads() {
    fn is_send<T: Send>(_: T) {}
    let (app, rules) = (app(), Rules::new([]).unwrap());
    is_send(testing::check_routes(&app, &rules));
}

#[test]
fn apps_with_another_body() {
    #[derive(Default)]
    struct Own(String);
    let count = Arc::new(AtomicUsize::new(0));
    let counter = count.clone();
    let app = service_fn(move |request: Request<Own>| {
        assert!(request.body().0.is_empty());
        counter.fetch_add(1, Ordering::Relaxed);
        ready(Ok::<_, Infallible>(Response::new(Own::default())))
    })
    .map_request(|request: Request<String>| request.map(Own));
    let rules = Rules::new([Rule::found("/a/{x}", "/b")]).unwrap();
    tokio_test::block_on(testing::check_routes(&app, &rules)).assert_clean();
    assert_eq!(count.load(Ordering::Relaxed), 1);
}

#[test]
fn hostile_rules_and_answers() {
    let long = format!("/{}", "a".repeat(7_000));
    let app = service_fn(|_: Request<String>| {
        let response = Response::builder()
            .status(302)
            .header("location", &b"/\xff"[..]);
        ready(Ok::<_, Infallible>(response.body(()).unwrap_or_default()))
    });
    let rules = Rules::new([
        Rule::found(&*long, "/%00"),
        Rule::found("/caf\u{e9}", "/\u{e9}?\u{e9}#\u{e9}"),
        Rule::found(Source::exact("/{x}"), "/{{y}}"),
    ])
    .unwrap();
    let report = tokio_test::block_on(testing::check_routes(&app, &rules));
    assert_eq!(
        (report.checked(), report.findings().iter().len()),
        (6, 6),
        "{report}"
    );
    assert!(
        report
            .findings()
            .iter()
            .all(|one| one.to_string().lines().count() == 1)
    );
}
