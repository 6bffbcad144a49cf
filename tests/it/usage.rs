//! How often each rule of a table was of use: counted where its redirect is sent, and nowhere else.

use std::{
    convert::Infallible,
    time::{Duration, SystemTime},
};

use http::{Request, Response, StatusCode};
use proptest::prelude::*;
use tower::{Layer, ServiceExt, service_fn};
use tower_redirect::{
    Canonical, Policy, Redirect, RedirectLayer, RequestHead,
    rules::{Format, Rule, Rules},
    testing,
};

/// Answers with 404 below `/late/`.
async fn send<P: Policy<Target = Redirect>>(policy: P, method: &str, path: &str) -> u16 {
    let app = service_fn(async |request: Request<()>| {
        let mut response = Response::<String>::default();
        if request.uri().path().starts_with("/late/") {
            *response.status_mut() = StatusCode::NOT_FOUND;
        }
        Ok::<_, Infallible>(response)
    });
    let request = Request::builder()
        .method(method)
        .uri(path)
        .body(())
        .unwrap();
    let answer = RedirectLayer::new(policy).layer(app).oneshot(request).await;
    answer.unwrap().status().as_u16()
}

fn rules() -> Rules {
    Rules::new([
        Rule::permanent("/a", "/b"),
        Rule::found("/c/{x}", "/d/{x}"),
        Rule::found("/late/{x}", "/archive/{x}").after(StatusCode::NOT_FOUND),
        Rule::found("/alive/{x}", "/archive/{x}").after(StatusCode::NOT_FOUND),
        Rule::temporary("/never", "/x").named("old campaign"),
    ])
    .unwrap()
    .count_hits()
}

fn hits(rules: &Rules) -> Vec<u64> {
    rules
        .usage()
        .unwrap()
        .iter()
        .map(|usage| usage.hits())
        .collect()
}

#[tokio::test]
async fn counting_goes_on_in_the_table_that_replaces_one() {
    let before = rules();
    for path in ["/a", "/a", "/c/1"] {
        send(before.clone(), "GET", path).await;
    }
    // One is gone, one has moved and leads elsewhere, one has another name for what it captures, and one is
    // for other requests.
    let after = Rules::new([
        Rule::found("/new", "/x"),
        Rule::found("/c/{y}", "/d/{y}"),
        Rule::found("/a", "/elsewhere"),
        Rule::found("/a", "/b").host("a.example"),
    ]);
    let after = after.unwrap().count_hits_from(&before);
    assert_eq!(hits(&after), [0, 1, 2, 0]);
    let last_hits = |rules: &Rules| -> Vec<_> {
        let usage = rules.usage().unwrap();
        usage.iter().map(|rule| rule.last_hit()).collect()
    };
    assert_eq!(last_hits(&after)[1], last_hits(&before)[1]);
    assert_eq!(
        after.usage().unwrap().since(),
        before.usage().unwrap().since()
    );
    // From here on, each counts its own.
    send(before.clone(), "GET", "/a").await;
    assert_eq!(hits(&after), [0, 1, 2, 0]);
    assert_eq!(send(after.clone(), "GET", "/c/1").await, 302);
    assert_eq!(hits(&after), [0, 2, 2, 0]);

    // From a table that counts nothing, one goes on as it is.
    let uncounted = || Rules::new([Rule::found("/a", "/b")]).unwrap();
    assert_eq!(hits(&uncounted().count_hits_from(&uncounted())), [0]);
    assert_eq!(hits(&after.count_hits_from(&uncounted())), [0, 2, 2, 0]);
}

#[tokio::test]
async fn what_is_sent_is_counted() {
    let rules = rules();
    for (path, status, expected) in [
        ("/a", 308, [1, 0, 0, 0, 0]),
        ("/a?x", 308, [2, 0, 0, 0, 0]),
        ("/c/1", 302, [2, 1, 0, 0, 0]),
        // One waits for a 404 that comes, and one for a 404 that does not.
        ("/late/1", 302, [2, 1, 1, 0, 0]),
        ("/alive/1", 200, [2, 1, 1, 0, 0]),
        ("/none", 200, [2, 1, 1, 0, 0]),
        // A segment that leads up is no location.
        ("/c/..", 200, [2, 1, 1, 0, 0]),
    ] {
        assert_eq!(send(rules.clone(), "GET", path).await, status, "{path}");
        assert_eq!(hits(&rules), expected, "{path}");
    }
    let usage = rules.usage().unwrap();
    let idle: Vec<_> = usage
        .never_hit()
        .map(|rule| rule.id().to_string())
        .collect();
    assert_eq!(idle, ["/alive/{x}", "old campaign"]);
    for one in usage.iter() {
        assert_eq!(one.hits() > 0, one.last_hit().is_some(), "{:?}", one.rule());
        assert!(one.last_hit().is_none_or(|last| last >= usage.since()));
    }
    // Of all that answered, none did after a moment that is yet to come.
    assert_eq!(usage.not_hit_since(usage.since()).count(), 2);
    let later = SystemTime::now() + Duration::from_secs(3_600);
    assert_eq!(usage.not_hit_since(later).count(), 5);
}

#[tokio::test]
async fn what_is_not_sent_is_not_counted() {
    let rules = rules();
    let request = testing::get("/a");
    assert!(!rules.decide(&request.head()).is_pass());
    let _ = rules.explain(&request.head());
    let _ = rules.check();
    request.clone().through(&rules).assert_redirect("/b");
    let layer = RedirectLayer::new(rules.clone());
    request.through_layer(&layer).assert_redirect("/b");
    // The first answers; the others were not asked, or passed.
    let first = Rules::new([Rule::permanent("/a", "/first")]).unwrap();
    assert_eq!(send(first.or(rules.clone()), "GET", "/a").await, 308);
    // What is exempt passes, and so does a redirect to where the visitor is.
    assert_eq!(send(rules.clone(), "CONNECT", "/a").await, 200);
    let itself = Rules::new([Rule::found("/x", "/{q}?q={q}")
        .when(tower_redirect::rules::Condition::query("q").captured_as("q"))])
    .unwrap()
    .count_hits();
    assert_eq!(send(itself.clone(), "GET", "/x?q=x").await, 200);
    assert_eq!(send(itself.clone(), "GET", "/x?q=y").await, 302);
    assert_eq!(hits(&itself), [1]);
    assert_eq!(hits(&rules), [0; 5]);
}

#[tokio::test]
async fn a_table_inside_of_others_counts() {
    let rules = rules();
    let canonical = Canonical::any_host().trim_trailing_slash();
    assert_eq!(send(canonical.then(rules.clone()), "GET", "/a/").await, 308);
    assert_eq!(
        send((None::<Redirect>, rules.clone()), "GET", "/a").await,
        308
    );
    assert_eq!(
        send(std::sync::Arc::new(rules.clone()), "GET", "/a").await,
        308
    );
    assert_eq!(hits(&rules), [3, 0, 0, 0, 0]);
    // A table that counts already goes on.
    assert_eq!(hits(&rules.count_hits()), [3, 0, 0, 0, 0]);
}

#[tokio::test]
async fn another_table_begins_at_zero() {
    let rules = Rules::new([Rule::permanent("/a", "/b"), Rule::permanent("/b", "/c")]);
    let rules = rules.unwrap().count_hits();
    assert_eq!(send(rules.clone(), "GET", "/a").await, 308);
    let flattened = rules.flatten().into_rules();
    assert_eq!(hits(&flattened), [0, 0]);
    assert_eq!(send(flattened.clone(), "GET", "/b").await, 308);
    assert_eq!((hits(&rules), hits(&flattened)), (vec![1, 0], vec![0, 1]));
}

/// Rules that were left out leave their numbers behind, and those after them count all the same.
#[tokio::test]
async fn the_rules_of_a_file_with_mistakes_count() {
    let text = "/l /m 301!\n/m /l 301!\n/x\n/a /b 301!\n/c /d 301!\n";
    let parsed = Format::Netlify.parse_lossy(text);
    assert!(parsed.findings.has_errors());
    let rules = parsed.rules.count_hits();
    for path in ["/c", "/a", "/c"] {
        assert_eq!(send(rules.clone(), "GET", path).await, 301);
    }
    let usage = rules.usage().unwrap();
    let counted: Vec<_> = usage
        .iter()
        .map(|usage| (usage.rule().line().unwrap(), usage.hits()))
        .collect();
    assert_eq!(counted, [(1, 0), (4, 1), (5, 2)]);
}

#[test]
fn no_hit_is_lost_between_threads() {
    const THREADS: u64 = 4;
    const EACH: u64 = 2_000;
    let rules = rules();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let rules = &rules;
            scope.spawn(move || {
                for n in 0..EACH {
                    let path = if (n + thread) % 2 == 0 { "/a" } else { "/c/x" };
                    tokio_test::block_on(send(rules, "GET", path));
                }
            });
        }
    });
    let half = THREADS * EACH / 2;
    assert_eq!(hits(&rules), [half, half, 0, 0, 0]);
}

/// By the path alone, by all that a rule asks for, and where there is none.
#[test]
fn a_rule_is_found_and_not_counted() {
    let found = |rules: &Rules, path: &str, host: &str| {
        let request = Request::get(path).header("host", host).body(()).unwrap();
        let rule = rules.find(&RequestHead::new(&request));
        rule.map(|rule| rule.number())
    };
    let exact = [Rule::found("/a", "/b"), Rule::found("/c%2Fd", "/e")];
    let more = [
        Rule::found("/{x}/y", "/z"),
        Rule::found("/h", "/i").host("a.example"),
    ];
    let plain = Rules::new(exact.clone()).unwrap().count_hits();
    let all = Rules::new(exact.into_iter().chain(more))
        .unwrap()
        .count_hits();
    for (path, host, in_plain, in_all) in [
        ("/a?q", "a.example", Some(0), Some(0)),
        ("/%61", "a.example", Some(0), Some(0)),
        ("/c%2fd", "a.example", Some(1), Some(1)),
        ("/x/y", "a.example", None, Some(2)),
        ("/h", "a.example", None, Some(3)),
        ("/h", "b.example", None, None),
        // Refused, where rules are for hosts.
        ("/a", "a.example@b", Some(0), None),
        ("*", "a.example", None, None),
    ] {
        assert_eq!(found(&plain, path, host), in_plain, "{path} on {host}");
        assert_eq!(found(&all, path, host), in_all, "{path} on {host}");
    }
    assert_eq!(plain.usage().unwrap().never_hit().count(), 2);
    assert_eq!(all.usage().unwrap().never_hit().count(), 4);
}

proptest! {
    #![proptest_config(crate::cases::config(16))]

    /// The hits of a table are the redirects that were seen, by the location that each rule alone has.
    #[test]
    fn hits_are_the_redirects_that_were_sent(
        size in 1_usize..40,
        asked in prop::collection::vec(0_usize..60, 0..80),
    ) {
        let rule = |n| Rule::found(format!("/from/{n}"), format!("/to/{n}"));
        let rules = Rules::new((0..size).map(rule)).unwrap().count_hits();
        let mut expected = vec![0_u64; size];
        for n in asked {
            let status = tokio_test::block_on(send(&rules, "GET", &format!("/from/{n}")));
            prop_assert_eq!(status == 302, n < size);
            if let Some(count) = expected.get_mut(n) {
                *count += 1;
            }
        }
        let idle = expected.iter().filter(|count| **count == 0).count();
        prop_assert_eq!(rules.usage().unwrap().never_hit().count(), idle);
        prop_assert_eq!(hits(&rules), expected);
    }
}
