//! Rules behind a canonical address: one hop in every form of a request, and no plaintext through it.

use std::convert::Infallible;

use http::{Request, Response, StatusCode, Version, header};
use tower::{Layer, ServiceExt, service_fn};
use tower_redirect::{
    Canonical, LocalPath, Location, Policy, Redirect, RedirectLayer, Status,
    location::HttpScheme,
    policy::{CanonicalHost, Https, HttpsEnforcement, LoginRedirect, SchemeSource},
    policy_fn,
    testing::{self, TestRequest},
};

const NEW: LocalPath = LocalPath::from_static("/new");
const HEALTH: LocalPath = LocalPath::from_static("/health");
const CHALLENGE: &str = "/.well-known/acme-challenge/aZ0-_";

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
            .https(SchemeSource::extension::<Encrypted>())
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
                for scheme in [HttpScheme::Http, HttpScheme::Https] {
                    let sent = if n == 0 { scheme } else { HttpScheme::Https };
                    testing::follow(policy, request.clone().scheme(scheme))
                        .assert_hops(1)
                        .assert_arrives_at(&format!("{sent}://example.com/new"));
                }
            }
        }
    }
}

/// The answer, and whether the app was asked.
async fn ask<P>(layer: &RedirectLayer<P>, request: Request<()>) -> (u16, bool)
where
    P: Policy<Target = Redirect>,
{
    let app = service_fn(async |_: Request<()>| {
        let response = Response::builder().header("x-app", "1");
        Ok::<_, Infallible>(response.body(String::new()).unwrap())
    });
    let Ok(response) = layer.layer(app).oneshot(request).await;
    let asked = response.headers().contains_key("x-app");
    (response.status().as_u16(), asked)
}

fn websocket(target: &str) -> Request<()> {
    Request::get(target)
        .header(header::HOST, "example.com")
        .header(header::CONNECTION, "upgrade")
        .header(header::UPGRADE, "websocket")
        .body(())
        .unwrap()
}

fn preflight(target: &str) -> Request<()> {
    Request::options(target)
        .header(header::HOST, "example.com")
        .header(header::ORIGIN, "https://a.example")
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "PUT")
        .body(())
        .unwrap()
}

#[tokio::test]
async fn r11_no_plaintext_passes_where_the_rules_enforce_https() {
    let https = || {
        Https::new(
            ["example.com"],
            HttpsEnforcement::new(SchemeSource::plaintext_listener()).exempt(HEALTH),
        )
        .unwrap()
    };
    let start = || Canonical::any_host().trim_trailing_slash();
    let how = || https().with(Status::PermanentRedirect);
    // An enforced redirect never waits, and the exemption of `/health` isn't for `/health/`.
    for rules in [how(), how().after_success(), how().after(StatusCode::OK)] {
        let layer = &RedirectLayer::new(start().then(rules));
        for target in ["/a", "/a/", "/health/", "/health//", "/a/../b/"] {
            for request in [websocket(target), preflight(target)] {
                let shown = format!("{request:?}");
                assert_eq!(ask(layer, request).await, (400, false), "{shown}");
            }
        }
        for (target, location) in [
            ("/a", "https://example.com/a"),
            ("/a/", "https://example.com/a"),
            ("/health/", "https://example.com/health"),
        ] {
            testing::get(target)
                .header("host", "example.com")
                .through_layer(layer)
                .assert_enforced(location);
            let get = Request::get(target).header(header::HOST, "example.com");
            let answer = ask(layer, get.body(()).unwrap()).await;
            assert_eq!(answer, (308, false), "{target}");
        }
        assert_eq!(ask(layer, websocket("/health")).await, (200, true));
    }
}

#[test]
fn r12_what_may_come_in_plaintext_is_no_business_of_the_rules() {
    let policy = Canonical::host("example.com")
        .unwrap()
        .https(HttpsEnforcement::new(SchemeSource::extension::<Encrypted>()).exempt(HEALTH))
        .trim_trailing_slash()
        .then(LoginRedirect::to(LocalPath::from_static("/login")));
    for target in ["/health", "/health?x", CHALLENGE] {
        for host in ["example.com", "10.0.0.7:8080", "www.example.com"] {
            testing::get(target)
                .header("host", host)
                .through(&policy)
                .assert_pass();
        }
    }
    let encrypted = testing::get("/health")
        .header("host", "example.com")
        .extension(Encrypted);
    encrypted
        .through(&policy)
        .assert_redirect("/login?next=%2Fhealth");
    testing::get("/a/")
        .header("host", "example.com")
        .through(&policy)
        .assert_redirect("https://example.com/login?next=%2Fa");
}

#[test]
fn r9_a_scheme_that_rules_know_does_not_hide_the_requested_one() {
    let rules =
        Location::from_static("https://example.com/home").scheme_from(SchemeSource::tls_listener());
    let policy = Canonical::host("example.com")
        .unwrap()
        .https(SchemeSource::extension::<Encrypted>())
        .lower_case()
        .then(rules);
    let layer = RedirectLayer::permanent(policy);
    for target in ["/home", "/HOME", "/a"] {
        testing::get(target)
            .header("host", "example.com")
            .through_layer(&layer)
            .assert_redirect("https://example.com/home");
    }
    let home = testing::get("/home").header("host", "example.com");
    home.extension(Encrypted)
        .through_layer(&layer)
        .assert_pass();
}

#[test]
fn an_unchecked_path_is_on_the_canonical_site_too() {
    let rules = policy_fn(|request| match request.path() {
        "/local" => Location::unchecked("/home?a#b").ok(),
        "/network" => Location::unchecked("//docs.example/x").ok(),
        "/app" => Location::unchecked("myapp://open/1").ok(),
        "/same" => Location::unchecked("/same").ok(),
        _ => None,
    });
    let policy = Canonical::host("example.com")
        .unwrap()
        .https(SchemeSource::plaintext_listener())
        .lower_case()
        .then(rules);
    let layer = RedirectLayer::permanent(policy);
    for (target, location) in [
        ("/LOCAL", "https://example.com/home?a#b"),
        ("/same", "https://example.com/same"),
        ("/network", "//docs.example/x"),
        ("/app", "myapp://open/1"),
    ] {
        for host in ["example.com", "www.example.com"] {
            testing::get(target)
                .header("host", host)
                .through_layer(&layer)
                .assert_redirect(location);
        }
    }
}

#[test]
fn our_spelling_leaves_an_unchecked_location_what_it_is() {
    let rules = policy_fn(|request| match request.path() {
        "/network" => Location::unchecked("//example.com//x").ok(),
        "/here" => Location::unchecked("/A/../here").ok(),
        _ => None,
    });
    let policy = Canonical::host("example.com")
        .unwrap()
        .merge_slashes()
        .lower_case()
        .then(rules);
    let layer = RedirectLayer::permanent(policy);
    let get = |path| testing::get(path).header("host", "example.com");
    // Two slashes begin a host, and not a path.
    get("/network")
        .through_layer(&layer)
        .assert_redirect("//example.com//x");
    // A client resolves the dots, and would ask the same again.
    get("/here").through_layer(&layer).assert_pass();
}
