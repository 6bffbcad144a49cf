//! Rules behind a canonical address: one hop in every form of a request.

use http::{StatusCode, Version};
use tower_redirect::{
    Canonical, CanonicalHost, LocalPath, Plaintext, Redirect, RedirectLayer, Scheme, policy_fn,
    testing::{self, TestRequest},
};

const NEW: LocalPath = LocalPath::from_static("/new");

/// What an acceptor of TLS leaves on a request.
#[derive(Clone)]
struct Encrypted;

/// A request as a browser sends it, as it is sent to a proxy, and over HTTP/2 with and without `Host`.
fn in_every_form(host: &str, target: &str) -> [TestRequest; 4] {
    let whole = format!("https://{host}{target}");
    [
        testing::get(target).header("host", host),
        testing::get(&format!("http://{host}{target}")).header("host", host),
        testing::get(&whole).version(Version::HTTP_2),
        testing::get(&whole)
            .version(Version::HTTP_2)
            .header("host", host),
    ]
}

#[test]
fn r5_rules_see_the_host_that_was_asked_for_in_every_form() {
    let rules = policy_fn(|request| {
        let moved = request.authority()? == "example.com" && request.path() == "/old";
        moved.then_some(NEW)
    });
    let policy = Canonical::host("example.com")
        .unwrap()
        .trim_trailing_slash()
        .then(rules);
    let layer = RedirectLayer::permanent(policy);
    for request in in_every_form("example.com", "/old/") {
        request
            .clone()
            .through_layer(&layer)
            .assert_redirect("/new");
    }
    for request in in_every_form("example.com", "/other/") {
        request
            .clone()
            .through_layer(&layer)
            .assert_redirect("/other");
    }

    let host = CanonicalHost::with_aliases("example.com", ["www.example.com"]).unwrap();
    let policy = Canonical::any_host().trim_trailing_slash().then(host);
    let layer = RedirectLayer::permanent(policy);
    for request in in_every_form("example.com", "/a/") {
        request.through_layer(&layer).assert_redirect("/a");
    }
    for request in in_every_form("www.example.com", "/a/") {
        request
            .through_layer(&layer)
            .assert_redirect("https://example.com/a");
    }
    for request in in_every_form("stranger.example", "/a/") {
        request
            .through_layer(&layer)
            .assert_refused(StatusCode::MISDIRECTED_REQUEST);
    }
    for contradiction in [
        testing::get("http://stranger.example/a/").header("host", "example.com"),
        testing::get("https://example.com/a/")
            .version(Version::HTTP_2)
            .header("host", "www.example.com"),
        testing::get("https://user@example.com/a/"),
        testing::get("/a/")
            .header("host", "example.com")
            .header("host", "example.com"),
    ] {
        contradiction
            .through_layer(&layer)
            .assert_refused(StatusCode::BAD_REQUEST);
    }
}

#[test]
fn in_every_form_there_is_one_hop() {
    let rules = || {
        policy_fn(|request| match (request.authority()?, request.path()) {
            ("example.com", "/old") => Some(Redirect::moved_permanently(NEW)),
            _ => None,
        })
    };
    let start = || Canonical::host("example.com").unwrap();
    let policies = [
        start().trim_trailing_slash().lower_case().then(rules()),
        start()
            .https(Plaintext::by_extension::<Encrypted>())
            .trim_trailing_slash()
            .lower_case()
            .then(rules()),
    ];
    for (n, policy) in policies.iter().enumerate() {
        for (host, target) in [
            ("example.com", "/old/"),
            ("example.com", "/OLD"),
            ("www.example.com", "/old"),
            ("www.example.com", "/Old/"),
        ] {
            for request in in_every_form(host, target) {
                for scheme in [Scheme::Http, Scheme::Https] {
                    let sent = if n == 0 { scheme } else { Scheme::Https };
                    testing::follow(policy, request.clone().scheme(scheme))
                        .assert_hops(1)
                        .assert_arrives_at(&format!("{sent}://example.com/new"));
                }
            }
        }
    }
}
