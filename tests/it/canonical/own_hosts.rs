//! The targets of rules on our own hosts (`Canonical::then`).

use proptest::{prelude::*, sample::select};

use super::*;
use crate::cases::config;

#[path = "../../support/own_hosts.rs"]
mod model;

proptest! {
    #![proptest_config(config(1))]

    #[test]
    fn r9_a_target_on_our_own_hosts_is_one_redirect(
        numbers in any::<[u8; 7]>(),
        request in select(&["", "/", "//", "?a=//B", "/?x"][..]),
        target in prop_oneof![
            2 => select(&[
                "/new", "/OLD/", "/old", "/old?", "/old?x#y", "/%6fld", "/New//Page/?Q=/#Top/", "", "/",
                "?x", "/.well-known/App/", "/.WELL-KNOWN/App/", "/a%2fB/", "/a\\B",
            ][..]).prop_map(str::to_owned),
            1 => "[/a-cA-C%.;]{0,4}(/[%25eEfFa-zA-Z\\\\;=.]{0,6}){0,3}(\\?[a-zA-Z/%'\\[]{0,6})?",
        ],
    ) {
        model::check(&model::Case { numbers, request, target: &target });
    }
}

fn rule_to(target: &'static str) -> impl Policy<Target = Redirect> {
    policy_fn(move |request| {
        (request.path() == "/x").then(|| Redirect::found(Location::from_config(target).unwrap()))
    })
}

#[test]
fn targets_on_our_own_hosts_get_the_canonical_form() {
    let host = || {
        CanonicalHost::with_aliases(
            "example.com",
            ["www.example.com", "*.old.example", "alt.example:8080"],
        )
        .unwrap()
    };
    let source = SchemeSource::extension::<Encrypted>;
    let enforced = || {
        (
            Canonical::on(host()).https(source()).trim_trailing_slash(),
            "example.com",
        )
    };
    let open = || (Canonical::on(host()).trim_trailing_slash(), "example.com");
    let local_host = || Canonical::host("http://localhost:3000").unwrap();
    let local = || (local_host(), "localhost:3000");
    let with_port = || {
        (
            local_host().https(HttpsEnforcement::new(source()).port(8443)),
            "localhost:8443",
        )
    };
    for (start, target, location) in [
        (
            &enforced as &dyn Fn() -> (Canonical, &'static str),
            "http://example.com/new/",
            "https://example.com/new",
        ),
        (
            &enforced,
            "HTTP://Example.COM:80/new",
            "https://example.com/new",
        ),
        (
            &enforced,
            "http://www.example.com/new/?q#f/",
            "https://example.com/new?q#f/",
        ),
        (
            &enforced,
            "https://WWW.example.com/new",
            "https://example.com/new",
        ),
        (
            &enforced,
            "http://alt.example:8080/new",
            "https://example.com/new",
        ),
        (
            &enforced,
            "https://example.com/new/",
            "https://example.com/new",
        ),
        // Another port is another service, a host below a wildcard may be one, and a stranger is one.
        (
            &enforced,
            "http://example.com:8080/new/",
            "http://example.com:8080/new/",
        ),
        (
            &enforced,
            "http://example.com:443/new/",
            "http://example.com:443/new/",
        ),
        (
            &enforced,
            "http://a.old.example/new/",
            "http://a.old.example/new/",
        ),
        (
            &enforced,
            "http://docs.example.com/new/",
            "http://docs.example.com/new/",
        ),
        (
            &enforced,
            "http://example.com.evil.example/",
            "http://example.com.evil.example/",
        ),
        // Without https, the scheme of the request counts, and https is never taken back.
        (
            &open,
            "http://www.example.com/new/",
            "https://example.com/new",
        ),
        (
            &open,
            "https://www.example.com/new/",
            "https://example.com/new",
        ),
        (&local, "http://localhost/new", "http://localhost:3000/new"),
        (
            &local,
            "http://LOCALHOST:3000/new",
            "http://localhost:3000/new",
        ),
        (
            &local,
            "http://localhost:4000/new",
            "http://localhost:4000/new",
        ),
        (
            &with_port,
            "http://localhost:3000/new",
            "https://localhost:8443/new",
        ),
        (
            &with_port,
            "http://localhost/new",
            "https://localhost:8443/new",
        ),
        (
            &with_port,
            "https://localhost:8443/new",
            "https://localhost:8443/new",
        ),
        (
            &with_port,
            "https://localhost:3001/new",
            "https://localhost:3001/new",
        ),
    ] {
        let (canonical, name) = start();
        let policy = canonical.then(rule_to(target));
        testing::get("/x")
            .header("host", name)
            .extension(Encrypted)
            .through(&policy)
            .assert_redirect(location)
            .assert_status(Status::Found);
    }
}

#[test]
fn r11_a_rule_never_sends_a_client_back_to_plaintext() {
    let canonical = || Canonical::host("example.com").unwrap();
    let to_http = |scheme| {
        let policy = canonical().then(rule_to("http://example.com/y"));
        testing::get("/x")
            .header("host", "example.com")
            .scheme(scheme)
            .through(&policy)
    };
    to_http(HttpScheme::Https).assert_redirect("https://example.com/y");
    to_http(HttpScheme::Http).assert_redirect("http://example.com/y");
    // A rule may lead from http to https.
    let upgrade = |source| {
        let policy = canonical().then(rule_to("https://example.com/x"));
        let layer = RedirectLayer::new(policy.scheme_from(source));
        testing::get("/x")
            .header("host", "example.com")
            .through_layer(&layer)
    };
    upgrade(SchemeSource::plaintext_listener()).assert_redirect("https://example.com/x");
    upgrade(SchemeSource::tls_listener()).assert_pass();
}

#[test]
fn r9_a_target_that_is_the_requested_url_passes_or_is_the_canonical_redirect() {
    for target in [
        "http://example.com/x",
        "https://www.example.com/X/",
        "http://WWW.example.com:80/x#top",
        "https://example.com/x",
        "/x",
        "/X/#top",
    ] {
        let host = CanonicalHost::with_aliases("example.com", ["www.example.com"]).unwrap();
        let policy = Canonical::on(host)
            .https(SchemeSource::extension::<Encrypted>())
            .trim_trailing_slash()
            .lower_case()
            .then(rule_to(target));
        let get = |path: &str, host: &str| testing::get(path).header("host", host);
        let encrypted = |path, host| get(path, host).extension(Encrypted);
        for request in [
            get("/x", "example.com"),
            get("/X/", "www.example.com"),
            encrypted("/x", "www.example.com"),
            encrypted("/X/", "www.example.com"),
        ] {
            request
                .clone()
                .through(&policy)
                .assert_redirect("https://example.com/x")
                .assert_status(Status::PermanentRedirect);
            testing::follow(&policy, request).assert_hops(1);
        }
        encrypted("/X/", "example.com")
            .through(&policy)
            .assert_redirect("/x")
            .assert_status(Status::PermanentRedirect);
        // The rule drops the query, so this is another URL.
        encrypted("/x?q", "www.example.com")
            .through(&policy)
            .assert_status(Status::Found);
        let layer = RedirectLayer::new(policy);
        encrypted("/x", "example.com")
            .through_layer(&layer)
            .assert_pass();
    }
}

#[test]
fn unchecked_and_relative_targets_and_every_host_stay_as_they_are() {
    let rules = policy_fn(|request| match request.path() {
        "/unchecked" => Location::unchecked("http://www.example.com/A/").ok(),
        "/path" => Location::unchecked("/A/").ok(),
        "/relative" => Some(Location::from_static("./A")),
        "/own" => Some(Location::from_static("http://example.com/A/")),
        _ => None,
    });
    let canonical = Canonical::host("example.com")
        .unwrap()
        .trim_trailing_slash()
        .lower_case()
        .then(rules);
    let get = |path| testing::get(path).header("host", "example.com");
    get("/unchecked")
        .through(&canonical)
        .assert_redirect("http://www.example.com/A/");
    get("/path").through(&canonical).assert_redirect("/A/");
    get("/relative").through(&canonical).assert_redirect("./A");
    get("/relative/").through(&canonical).assert_redirect("/a");
    get("/own")
        .through(&canonical)
        .assert_redirect("https://example.com/a");
    let any_host = Canonical::any_host().trim_trailing_slash().then(rules);
    get("/own")
        .through(&any_host)
        .assert_redirect("http://example.com/A/");
}

#[test]
fn with_the_same_host_first_an_own_target_waits_for_the_second_redirect() {
    let host =
        || CanonicalHost::with_aliases("www.example.com", ["example.com", "alt.example"]).unwrap();
    let source = SchemeSource::extension::<Encrypted>;
    let first = HttpsEnforcement::new(source()).same_host_first();
    for target in [
        "http://example.com/y/",
        "https://www.example.com/y",
        "http://alt.example/y",
        "/y/",
    ] {
        let policy = Canonical::on(host())
            .https(first.clone())
            .trim_trailing_slash()
            .then(rule_to(target));
        let get = || testing::get("/x").header("host", "example.com");
        get()
            .through(&policy)
            .assert_redirect("https://example.com/y");
        let last = get().extension(Encrypted).through(&policy);
        last.assert_redirect("https://www.example.com/y");
    }
}

/// A trusted proxy forwards the host to the rules only. What they knew is right for another target, too.
#[test]
fn r9_what_rules_knew_about_the_host_holds_for_the_canonical_target() {
    let proxies = TrustedProxies::dangerously_any_peer()
        .header(ForwardedHeader::XForwardedProto)
        .and_host();
    let rules = rule_to("https://www.example.com/x").trusting(proxies);
    let host = CanonicalHost::with_aliases("example.com", ["www.example.com"])
        .unwrap()
        .unknown_host(UnknownHost::Pass)
        .unwrap();
    let layer = RedirectLayer::new(Canonical::on(host).then(rules));
    let get = |host: &str| {
        testing::get("/x")
            .header("host", "backend")
            .header("x-forwarded-proto", "https")
            .header("x-forwarded-host", host)
    };
    get("www.example.com")
        .through_layer(&layer)
        .assert_redirect("https://example.com/x");
    get("example.com").through_layer(&layer).assert_pass();
    get("example.com:443").through_layer(&layer).assert_pass();
    get("docs.example")
        .through_layer(&layer)
        .assert_redirect("https://example.com/x");
    // A host that isn't valid may be any host.
    get("a b").through_layer(&layer).assert_pass();
}
