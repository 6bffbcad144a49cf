//! A candidate beside the live policy: what counts as a difference, and that it has no part in the answer.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

use http::{Request, Response, StatusCode};
use tower::{Layer, ServiceExt, service_fn};
use tower_redirect::{
    Canonical, Decision, LocalPath, Location, Policy, Redirect, RedirectLayer, RequestHead, Status,
    policy::{BoxPolicy, Https, Refusal, SchemeSource, Shadow},
    policy_fn,
    rules::{Condition, Rule, Rules},
    testing,
};

const X: LocalPath = LocalPath::from_static("/x");
const Y: LocalPath = LocalPath::from_static("/y");

type Texts = Arc<Mutex<Vec<String>>>;

/// Both, and the texts of their differences.
fn shadow<L, C>(live: L, candidate: C) -> (Shadow<L, C>, Texts)
where
    L: Policy<Target = Redirect>,
    C: Policy<Target = Redirect>,
{
    let texts = Texts::default();
    let told = texts.clone();
    let policy = Shadow::new(live, candidate)
        .on_difference(move |difference| told.lock().unwrap().push(difference.to_string()));
    (policy, texts)
}

fn through<P: Policy<Target = Redirect> + Send + Sync + 'static>(
    policy: P,
    request: Request<()>,
) -> Response<()> {
    let app = service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(())));
    let Ok(response) = tokio_test::block_on(RedirectLayer::new(policy).layer(app).oneshot(request));
    response
}

fn get(path: &str) -> Request<()> {
    Request::get(path).body(()).unwrap()
}

fn always(decision: Decision) -> BoxPolicy<Redirect> {
    policy_fn(move |_: &RequestHead<'_>| decision.clone()).boxed()
}

#[test]
fn what_is_a_difference() {
    let redirect = |redirect| Decision::redirect(redirect);
    let minute = Duration::from_secs(60);
    for (live, candidate, expected) in [
        (Decision::pass(), Decision::pass(), None),
        (
            redirect(Redirect::found(X)),
            redirect(Redirect::found(X)),
            None,
        ),
        // For GET these are the same status.
        (
            redirect(Redirect::found(X)),
            redirect(Redirect::for_intent(
                tower_redirect::status::Intent::Temporary,
                X,
            )),
            None,
        ),
        (
            redirect(Redirect::found(X)),
            redirect(Redirect::permanent(X)),
            Some("302 Found to /x; candidate: 308 Permanent Redirect to /x"),
        ),
        (
            redirect(Redirect::found(X)),
            redirect(Redirect::found(Y)),
            Some("302 Found to /x; candidate: 302 Found to /y"),
        ),
        (
            redirect(Redirect::found(X)),
            redirect(Redirect::found(X).cache(minute)),
            Some("302 Found to /x; candidate: 302 Found to /x with max-age=60"),
        ),
        (
            redirect(Redirect::found(X)),
            redirect(Redirect::found(X).after(StatusCode::NOT_FOUND)),
            Some("302 Found to /x; candidate: 302 Found to /x after Status(404)"),
        ),
        (
            redirect(Redirect::found(X).after(StatusCode::GONE)),
            redirect(Redirect::found(X).after(StatusCode::NOT_FOUND)),
            Some("302 Found to /x after Status(410); candidate: 302 Found to /x after Status(404)"),
        ),
        (
            redirect(Redirect::found(X).after_response(|_| true)),
            redirect(Redirect::found(X).after_response(|_| false)),
            None,
        ),
        (
            Decision::refuse(Refusal::gone("a")),
            Decision::refuse(Refusal::gone("b")),
            None,
        ),
        (
            Decision::pass(),
            Decision::refuse(Refusal::gone("withdrawn")),
            Some("pass; candidate: 410 Gone: withdrawn"),
        ),
    ] {
        let (policy, texts) = shadow(always(live.clone()), always(candidate));
        let decided = policy.decide(&testing::get("/a?b").head());
        assert_eq!(format!("{decided:?}"), format!("{live:?}"));
        let texts = texts.lock().unwrap();
        let expected: Vec<_> = expected
            .iter()
            .map(|text| format!("GET /a?b: {text}"))
            .collect();
        assert_eq!(*texts, expected);
    }
}

#[test]
fn what_the_candidate_reads_is_not_named_in_vary() {
    let on = |name: &str, to: &str| {
        Rules::new([Rule::permanent("/a", to).when(Condition::header(name))]).unwrap()
    };
    let (policy, texts) = shadow(on("x-live", "/x"), on("x-candidate", "/y"));
    let request = Request::get("/a")
        .header("x-live", "1")
        .header("x-candidate", "1");
    let response = through(policy, request.body(()).unwrap());
    assert_eq!(response.headers()["location"], "/x");
    assert_eq!(response.headers()["vary"], "x-live");
    assert_eq!(texts.lock().unwrap().len(), 1);

    // A cookie that only the candidate reads does not make the answer private.
    let live = Rules::new([Rule::permanent("/a", "/x")]).unwrap();
    let candidate = Rules::new([Rule::permanent("/a", "/x").when(Condition::cookie("c"))]).unwrap();
    let (policy, texts) = shadow(live, candidate);
    let response = through(policy, get("/a"));
    assert!(!response.headers().contains_key("vary"));
    assert!(!response.headers().contains_key("cache-control"));
    assert_eq!(texts.lock().unwrap().len(), 1);
}

#[test]
fn r11_the_candidate_enforces_nothing_and_the_live_policy_still_does() {
    let https = || {
        Https::new(["example.com"], SchemeSource::plaintext_listener())
            .unwrap()
            .with(Status::PermanentRedirect)
    };
    let nobody = || None::<Redirect>;
    // No host: plaintext that cannot be redirected.
    let (policy, texts) = shadow(nobody(), https());
    assert_eq!(through(policy, get("/a")).status(), 200);
    assert_eq!(texts.lock().unwrap().len(), 1, "{texts:?}");

    let (policy, texts) = shadow(https(), nobody());
    assert_eq!(through(policy, get("/a")).status(), 400);
    assert_eq!(texts.lock().unwrap().len(), 1, "{texts:?}");

    // The same decision, in a layer and without one.
    let (policy, texts) = shadow(https(), https());
    let host = || testing::get("/a").header("host", "example.com");
    host()
        .through(&policy)
        .assert_enforced("https://example.com/a");
    assert_eq!(through(policy, get("/a")).status(), 400);
    assert!(texts.lock().unwrap().is_empty(), "{texts:?}");

    // An enforced redirect isn't an ordinary one, even to the same location.
    let target = Redirect::permanent(Location::from_static("https://example.com/a"));
    let (policy, texts) = shadow(https(), target);
    host()
        .through(&policy)
        .assert_enforced("https://example.com/a");
    let expected = "GET /a: 308 Permanent Redirect to https://example.com/a, enforced; \
                    candidate: 308 Permanent Redirect to https://example.com/a";
    assert_eq!(*texts.lock().unwrap(), [expected]);
}

#[test]
fn what_stands_in_front_is_no_part_of_a_difference() {
    let rules = |target: &str| Rules::new([Rule::found("/a", target)]).unwrap();
    let (policy, texts) = shadow(Rules::new([]).unwrap(), rules("/b"));
    let canonical = Canonical::host("example.com").unwrap();
    let policy = canonical
        .https(SchemeSource::plaintext_listener())
        .then(policy);
    let request = Request::get("/a").header("host", "example.com");
    let response = through(policy, request.body(()).unwrap());
    // Canonical answers where the rules pass, and refuses nothing.
    assert_eq!(response.status(), 308);
    let texts = texts.lock().unwrap();
    assert_eq!(*texts, ["GET /a: pass; candidate: 302 Found to /b"]);
}

#[test]
fn a_panic_of_the_candidate_or_of_the_callback_is_only_a_difference() {
    let panics = || policy_fn(|_: &RequestHead<'_>| -> Option<Redirect> { panic!("on purpose") });
    let (policy, texts) = shadow(Redirect::found(X), panics());
    for _ in 0..2 {
        testing::get("/").through(&policy).assert_redirect("/x");
    }
    let expected = "GET /: 302 Found to /x; candidate: panic";
    assert_eq!(*texts.lock().unwrap(), [expected, expected]);

    let policy = Shadow::new(Redirect::found(X), panics()).on_difference(|_| panic!("on purpose"));
    testing::get("/").through(&policy).assert_redirect("/x");
}

#[test]
#[should_panic = "live"]
fn a_panic_of_the_live_policy_goes_to_the_caller() {
    let live = policy_fn(|_: &RequestHead<'_>| -> Option<Redirect> { panic!("live") });
    let _ = Shadow::new(live, None::<Redirect>).decide(&testing::get("/").head());
}

#[test]
fn one_request_in_so_many_is_compared() {
    for (one_in, of_nine) in [(0, 0), (1, 9), (2, 5), (3, 3), (100, 1)] {
        let (policy, texts) = shadow(Redirect::found(X), None::<Redirect>);
        let policy = policy.one_in(one_in);
        for _ in 0..9 {
            testing::get("/").through(&policy).assert_redirect("/x");
        }
        assert_eq!(texts.lock().unwrap().len(), of_nine, "{one_in}");
    }
}

#[test]
fn it_composes_and_is_read_by_many() {
    let moved = || Rules::new([Rule::permanent("/a", "/b")]).unwrap();
    let (policy, texts) = shadow(moved(), None::<Redirect>);
    let policy = Arc::new(
        Canonical::any_host()
            .trim_trailing_slash()
            .then(policy.or(Redirect::found(Y))),
    );
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let policy = policy.clone();
            scope.spawn(move || {
                for _ in 0..100 {
                    testing::get("/a/").through(&policy).assert_redirect("/b");
                }
            });
        }
    });
    let texts = texts.lock().unwrap();
    assert_eq!(texts.len(), 400);
    assert!(
        texts.iter().all(|text| text.starts_with("GET /a: 308")),
        "{}",
        texts[0]
    );
}

#[test]
fn hostile_requests_are_told_on_one_line() {
    let (policy, texts) = shadow(Redirect::found(X), None::<Redirect>);
    for path in [
        "/%0d%0aSet-Cookie:x",
        "/a?<script>",
        "*",
        "http://u@x.example/",
        "/\u{e9}",
    ] {
        if let Ok(uri) = path.parse() {
            let mut request = Request::new(());
            *request.uri_mut() = uri;
            let _ = policy.decide(&RequestHead::new(&request));
        }
    }
    let texts = texts.lock().unwrap();
    assert!(texts.len() >= 3);
    assert!(texts.iter().all(|text| !text.contains(['\r', '\n'])));
}
