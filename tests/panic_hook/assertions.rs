//! The assertions for users' own tests: what they print, and whose line they name.

use std::{
    panic::{AssertUnwindSafe, Location as Line, catch_unwind},
    time::Duration,
};

use http::StatusCode;
use tower_redirect::{
    Decision, LocalPath, Location, Policy, Redirect, Status,
    location::HttpScheme,
    policy::Refusal,
    policy_fn,
    testing::{self, End},
};

use crate::one_at_a_time;

const NEW: LocalPath = LocalPath::from_static("/new");

/// What a failing assertion prints, and where it points.
fn failure<T>(assertion: impl FnOnce() -> T) -> (String, u32) {
    let _alone = one_at_a_time();
    let hook = std::panic::take_hook();
    let (sender, places) = std::sync::mpsc::channel();
    std::panic::set_hook(Box::new(move |info| {
        let line = info.location().map_or(0, Line::line);
        sender.send((message_of(info.payload()), line)).unwrap();
    }));
    let outcome = catch_unwind(AssertUnwindSafe(assertion));
    std::panic::set_hook(hook);
    assert!(outcome.is_err(), "the assertion should have failed");
    places.recv().unwrap()
}

fn message_of(payload: &dyn std::any::Any) -> String {
    let literal = payload.downcast_ref::<&str>().copied();
    let text = payload.downcast_ref::<String>().map(String::as_str);
    literal.or(text).unwrap_or_default().to_owned()
}

#[test]
fn a_failing_assertion_says_what_was_expected_and_what_came() {
    let policy = NEW.with(Status::Found);
    let refuse = policy_fn(|_| Decision::<Location>::refuse(Refusal::gone("withdrawn")));
    let here = line!();
    let wrong_place = failure(|| {
        testing::get("/old?x")
            .through(&policy)
            .assert_redirect("/other")
    });
    assert_eq!(
        wrong_place.0,
        "GET /old?x\n  expected: a redirect to /other\n       got: a redirect to /new"
    );
    assert!(
        (here..here + 5).contains(&wrong_place.1),
        "{}",
        wrong_place.1
    );

    let (text, _) = failure(|| testing::put("/old").through(&policy).assert_pass());
    assert_eq!(
        text,
        "PUT /old\n  expected: pass\n       got: a redirect to /new"
    );
    let (text, _) = failure(|| {
        testing::get("/old")
            .through(&policy)
            .assert_status(Status::SeeOther)
    });
    assert_eq!(
        text,
        "GET /old\n  expected: 303 See Other\n       got: 302 Found"
    );
    let (text, _) = failure(|| {
        testing::get("/")
            .through(&None::<LocalPath>)
            .assert_redirect("/x")
    });
    assert_eq!(
        text,
        "GET /\n  expected: a redirect to /x\n       got: pass"
    );
    let (text, _) = failure(|| testing::get("/").through(&refuse).assert_pass());
    assert_eq!(
        text,
        "GET /\n  expected: pass\n       got: a refusal with 410 Gone: withdrawn"
    );
    let (text, _) = failure(|| {
        testing::get("/")
            .through(&NEW)
            .assert_refused(StatusCode::BAD_REQUEST)
    });
    assert_eq!(
        text,
        "GET /\n  expected: a refusal with 400 Bad Request\n       got: a redirect to /new"
    );
    for (request, asked) in [
        (
            testing::get("/a?b#c").header("host", "a.example"),
            "GET /a?b#c, host a.example",
        ),
        (
            testing::get("/a").scheme(HttpScheme::Http),
            "GET /a, over http",
        ),
        (
            testing::get("/a#c")
                .scheme(HttpScheme::Https)
                .header("host", "a.example:8443"),
            "GET https://a.example:8443/a#c",
        ),
        (
            testing::get("http://a.example/a").scheme(HttpScheme::Https),
            "GET http://a.example/a",
        ),
        (
            testing::options("*").header("host", "a.example"),
            "OPTIONS *",
        ),
    ] {
        let (text, _) = failure(|| request.through(&None::<LocalPath>).assert_redirect("/x"));
        assert_eq!(
            text,
            format!("{asked}\n  expected: a redirect to /x\n       got: pass")
        );
    }
    let (text, _) = failure(|| {
        testing::get("/")
            .through(&policy)
            .assert_after(StatusCode::NOT_FOUND)
    });
    assert_eq!(
        text,
        "GET /\n  expected: after 404 Not Found\n       got: Before"
    );
    let later = NEW.with(Status::Found).after(StatusCode::UNAUTHORIZED);
    let (text, _) = failure(|| {
        testing::get("/")
            .through(&later)
            .assert_after(StatusCode::NOT_FOUND)
    });
    assert_eq!(
        text,
        "GET /\n  expected: after 404 Not Found\n       got: After(Status(401))"
    );
    let (text, _) = failure(|| {
        testing::get("/")
            .through(&policy)
            .assert_cache(Duration::from_secs(60))
    });
    assert_eq!(
        text,
        "GET /\n  expected: max-age=60\n       got: no Cache-Control"
    );
    let (text, _) = failure(|| testing::get("not a target"));
    assert_eq!(
        text,
        "invalid request target \"not a target\": invalid uri character"
    );
    let (text, _) = failure(|| testing::get("/").header("a b", "c"));
    assert_eq!(text, "invalid header name \"a b\"");
}

#[test]
fn follow_rewrites_methods_and_inherits_fragments() {
    let policy = policy_fn(|request| match request.path() {
        "/1" => Some(Redirect::temporary(LocalPath::from_static("/2"))),
        "/2" => Some(Redirect::see_other(LocalPath::from_static("/3#three"))),
        "/3" => Some(Redirect::permanent(LocalPath::from_static("/4"))),
        _ => None,
    });
    let journey = testing::follow(&policy, testing::put("/1#one"));
    assert_eq!(
        journey.to_string(),
        "PUT /1#one -> 307 /2\nPUT /2#one -> 303 /3#three\nGET /3#three -> 308 /4\n\
         GET /4#three: arrived"
    );
    journey
        .assert_arrives_at("/4#three")
        .assert_method("GET")
        .assert_hops(3);
}

#[test]
fn follow_begins_at_the_address_that_was_asked_for() {
    let policy = policy_fn(|request| {
        (request.path() == "/a").then(|| Redirect::found(LocalPath::from_static("/b")))
    });
    for (request, origin) in [
        (testing::get("http://a.example/a"), "http://a.example"),
        (testing::get("https://a.example/a"), "https://a.example"),
        (
            testing::get("http://a.example/a").scheme(HttpScheme::Https),
            "https://a.example",
        ),
        (
            testing::get("/a")
                .header("host", "a.example")
                .scheme(HttpScheme::Http),
            "http://a.example",
        ),
    ] {
        let journey = testing::follow(&policy, request);
        assert_eq!(journey.hops()[0].url, format!("{origin}/a"));
        journey.assert_arrives_at(&format!("{origin}/b"));
    }
}

#[test]
fn follow_at_most_stops_at_the_limit() {
    let policy = policy_fn(|request| {
        let n: usize = request.path().strip_prefix('/')?.parse().ok()?;
        let next = LocalPath::new(&format!("/{}", n.checked_sub(1)?)).ok()?;
        Some(Redirect::found(next))
    });
    for (redirects, limit) in [(0, 0), (1, 0), (1, 1), (5, 4), (5, 5), (21, 20), (21, 21)] {
        let journey =
            testing::follow_at_most(&policy, testing::get(&format!("/{redirects}")), limit);
        let case = format!("{redirects} redirects, at most {limit}");
        assert_eq!(journey.hops().len(), redirects.min(limit), "{case}");
        if redirects <= limit {
            assert_eq!(*journey.end(), End::Arrived, "{case}");
        } else {
            assert_eq!(*journey.end(), End::TooManyRedirects, "{case}");
            let noun = if limit == 1 { "redirect" } else { "redirects" };
            let end = format!("more than {limit} {noun}");
            assert!(journey.to_string().ends_with(&end), "{journey}");
        }
    }
    let journey = testing::follow(&policy, testing::get("/21"));
    assert_eq!(journey.hops().len(), 20);
}

#[test]
fn follow_resolves_relative_and_absolute_locations() {
    let policy = policy_fn(|request| match (request.authority()?, request.path()) {
        ("a.example", "/x/y") => Some(Redirect::found(Location::from_static("../z?q"))),
        ("a.example", "/z") => Some(Redirect::found(Location::from_static(
            "https://b.example:8443/w",
        ))),
        ("b.example:8443", "/w") => Some(Redirect::found(Location::from_static("?page=1"))),
        _ => None,
    });
    let request = testing::get("/x/y").header("host", "a.example");
    testing::follow(&policy, request)
        .assert_hops(3)
        .assert_arrives_at("https://b.example:8443/w?page=1");
}

#[test]
fn follow_keeps_what_was_established() {
    let policy = policy_fn(|request| {
        (request.scheme() == Some(HttpScheme::Http))
            .then(|| Redirect::permanent(Location::from_static("https://a.example/")))
    });
    let request = testing::get("/")
        .header("host", "a.example")
        .scheme(HttpScheme::Http);
    testing::follow(&policy, request)
        .assert_hops(1)
        .assert_arrives_at("https://a.example/");
}

#[test]
fn follow_keeps_the_host_that_the_target_named() {
    let policy = policy_fn(|request| {
        assert_eq!(request.authority(), Some("example.com"));
        match request.path() {
            "/a" => Some(Redirect::found(LocalPath::from_static("/b"))),
            "/b" => Some(Redirect::found(LocalPath::from_static("/c"))),
            _ => None,
        }
    });
    testing::follow(&policy, testing::get("https://example.com/a"))
        .assert_hops(2)
        .assert_arrives_at("https://example.com/c");
}

#[test]
fn follow_finds_loops_and_reports_the_way() {
    let policy = policy_fn(|request| match request.path() {
        "/a" => Some(Redirect::found(LocalPath::from_static("/b"))),
        "/b" => Some(Redirect::found(LocalPath::from_static("/a"))),
        path => Some(Redirect::found(
            LocalPath::new(path).ok()?.join_encoded("more").ok()?,
        )),
    });
    let journey = testing::follow(&policy, testing::get("/a"));
    assert_eq!(journey.end(), &End::TooManyRedirects);
    assert_eq!(journey.hops().len(), 20);
    let (text, _) = failure(|| journey.assert_arrives_at("/a"));
    assert!(
        text.starts_with("expected to arrive at /a\nGET /a -> 302 /b\nGET /b -> 302 /a\n"),
        "{text}"
    );
    assert!(text.ends_with("GET /a: more than 20 redirects"), "{text}");

    let growing = testing::follow(&policy, testing::get("/c"));
    assert_eq!(growing.end(), &End::TooManyRedirects);
    let self_target = testing::follow(&NEW.with(Status::Found), testing::get("/new"));
    assert_eq!(
        (self_target.end(), self_target.hops().len()),
        (&End::Arrived, 0)
    );
}

#[test]
fn follow_ends_at_refusals_and_outside_the_web() {
    let policy = policy_fn(|request| match request.path() {
        "/gone" => Decision::refuse(Refusal::gone("withdrawn")),
        "/app" => Decision::redirect(Redirect::found(
            Location::unchecked("myapp://open").unwrap(),
        )),
        "/far" if request.authority().is_none() => Decision::redirect(Redirect::found(
            Location::unchecked("//far.example/").unwrap(),
        )),
        "/" if request.authority().is_some() => Decision::pass(),
        _ => Decision::redirect(Redirect::found(LocalPath::from_static("/gone"))),
    });
    let refused = testing::follow(&policy, testing::get("/"));
    assert_eq!(refused.end(), &End::Refused(Refusal::gone("withdrawn")));
    let left = testing::follow(&policy, testing::get("/app"));
    assert!(matches!(left.end(), End::UnsupportedScheme(_)), "{left}");
    let far = testing::follow(&policy, testing::get("/far"));
    far.assert_arrives_at("https://far.example/");
}
