//! Plaintext is redirected to https, except on exempt paths.

use super::*;

#[tokio::test]
async fn r11_no_plaintext_request_of_any_kind_reaches_the_app() {
    let long = format!("/{}", "a".repeat(9_000));
    let targets = [
        "/",
        "/a/../b",
        "/%2e%2e/",
        "//stranger.example",
        "/\\x",
        "*",
        "http://example.com/x",
        "http://stranger.example/x",
        "https://example.com/x",
        "example.com:80",
        "/x\"{|}?y={|}",
        &long,
        "/.well-known/acme-challenge/",
        "/.well-known/acme-challenge/a/b",
        "/.well-known/acme-challenge/%2e%2e",
        "/.well-known/acme-challenge/a.b",
    ];
    let methods = [
        "GET", "HEAD", "POST", "PUT", "OPTIONS", "CONNECT", "TRACE", "QUERY", "PURGE",
    ];
    let hosts: [&[&str]; 7] = [
        &[],
        &["example.com"],
        &["www.example.com"],
        &["stranger.example"],
        &["a", "b"],
        &["example.com:x"],
        &["example.com", "example.com"],
    ];
    let extras: [&[(&str, &str)]; 5] = [
        &[],
        &[
            ("origin", "https://a.example"),
            ("access-control-request-method", "PUT"),
        ],
        &[("connection", "upgrade"), ("upgrade", "websocket")],
        &[("x-forwarded-proto", "https"), ("forwarded", "proto=https")],
        &[("upgrade-insecure-requests", "1")],
    ];
    let host = || CanonicalHost::with_aliases("example.com", ["www.example.com"]).unwrap();
    let trust = TrustedProxies::networks(["10.0.0.0/8"], |_| None)
        .unwrap()
        .header(ForwardedHeader::XForwardedProto);
    let plaintexts = [
        SchemeSource::plaintext_listener().into(),
        SchemeSource::extension::<Encrypted>().into(),
        SchemeSource::trusted_proxy(trust.and_host()).into(),
        HttpsEnforcement::new(SchemeSource::plaintext_listener())
            .refuse_unsafe_methods()
            .same_host_first(),
    ];
    let (mut asked, mut redirected) = (0, 0);
    for plaintext in plaintexts {
        for unknown in [
            UnknownHost::Refuse,
            UnknownHost::Pass,
            UnknownHost::Redirect,
        ] {
            let https = || Https::on(host().unknown_host(unknown).unwrap(), plaintext.clone());
            let everything = Canonical::on(host().unknown_host(unknown).unwrap())
                .https(plaintext.clone())
                .trim_trailing_slash()
                .then(policy_fn(|request| {
                    (request.path() == "/x").then(|| LocalPath::from_static("/y"))
                }));
            let layers = [
                RedirectLayer::permanent(https().boxed()),
                RedirectLayer::permanent(everything.boxed()),
                // What waits for the app's answer would let the request through first.
                RedirectLayer::see_other(https().boxed()).after_success(),
                RedirectLayer::found(https().boxed()).after(StatusCode::OK),
            ];
            for layer in &layers {
                for target in targets {
                    for method in methods {
                        for (names, extra) in hosts
                            .iter()
                            .flat_map(|h| extras.iter().map(move |e| (h, e)))
                        {
                            let mut request = Request::builder().method(method).uri(target);
                            for name in *names {
                                request = request.header("host", *name);
                            }
                            for (name, value) in *extra {
                                request = request.header(*name, *value);
                            }
                            let request = request.body(()).unwrap();
                            let shown = format!("{request:?}");
                            let (response, calls) = ask(layer, request).await;
                            assert_eq!(calls, 0, "{shown}");
                            match response.headers().get("location") {
                                Some(location) => {
                                    let location = location.to_str().unwrap();
                                    let ours = ["https://example.com/", "https://www.example.com/"];
                                    assert!(
                                        ours.iter().any(|ours| location.starts_with(ours)),
                                        "{shown}: {location}"
                                    );
                                    redirected += 1;
                                }
                                None => assert!(response.status().is_client_error(), "{shown}"),
                            }
                            asked += 1;
                        }
                    }
                }
            }
        }
    }
    println!(
        "{asked} plaintext requests: {redirected} redirected, the others refused, none passed on"
    );
    assert!(redirected > 1_000 && asked > redirected);
}

#[tokio::test]
async fn r11_an_exemption_that_is_lifted_is_redirected() {
    let https = Https::new(["example.com"], SchemeSource::plaintext_listener()).unwrap();
    let layer = RedirectLayer::permanent(https);
    let preflight = || {
        Request::options("/x")
            .header("host", "example.com")
            .header("origin", "https://a.example")
            .header("access-control-request-method", "PUT")
            .body(())
            .unwrap()
    };
    assert_eq!(ask(&layer, preflight()).await.0.status(), 400);
    let layer = layer.without_exemption(Exemption::Preflight);
    let (response, _) = ask(&layer, preflight()).await;
    assert_eq!(response.headers()["location"], "https://example.com/x");
}

#[test]
fn r12_challenges_of_certificate_authorities_pass_and_nothing_that_looks_like_one() {
    let https = Https::new(["example.com"], SchemeSource::plaintext_listener()).unwrap();
    let at = |path: &str| testing::get(path).header("host", "10.0.0.7");
    at("/.well-known/acme-challenge/aZ0-_")
        .through(&https)
        .assert_pass();
    at("/.well-known/acme-challenge/aZ0?x=/../")
        .through(&https)
        .assert_pass();
    for path in ["", "a/b", "a%2fb", "..", "%2e%2e", "a/", "a.b", "a;b"] {
        let answer = at(&format!("/.well-known/acme-challenge/{path}")).through(&https);
        assert!(!answer.decision().is_pass(), "{path}");
    }
    let post = testing::post("/.well-known/acme-challenge/a").header("host", "example.com");
    assert!(!post.through(&https).decision().is_pass());
}

#[test]
fn r12_no_step_respells_a_challenge() {
    const CHALLENGE: &str = "/.well-known/acme-challenge/aZ0-_";
    let host = || CanonicalHost::with_aliases("example.com", ["www.example.com"]).unwrap();
    let https = |plaintext| {
        Canonical::on(host())
            .https(plaintext)
            .lower_case()
            .append_trailing_slash()
            .index_file(IndexFile::new(["aZ0-_"]).unwrap())
    };
    let ask = |host: &str| testing::get(CHALLENGE).header("host", host);
    // The authority follows the redirect, and asks again over https.
    let canonical = https(
        HttpsEnforcement::new(SchemeSource::extension::<Encrypted>()).redirect_acme_challenges(),
    );
    ask("www.example.com")
        .through(&canonical)
        .assert_redirect(&format!("https://example.com{CHALLENGE}"));
    ask("example.com")
        .extension(Encrypted)
        .through(&canonical)
        .assert_pass();
    for policy in paths(Canonical::any_host) {
        testing::get(CHALLENGE).through(&policy).assert_pass();
    }
    testing::get(CHALLENGE).through(&LowerCase).assert_pass();
    testing::get(CHALLENGE)
        .through(&TrailingSlash::Append)
        .assert_pass();
    testing::get(CHALLENGE)
        .through(&LowerCase.normalize_well_known())
        .assert_pass();
    // What is no challenge is a path like others.
    testing::get("/.well-known/acme-challenge/A.b")
        .through(&LowerCase.normalize_well_known())
        .assert_redirect("/.well-known/acme-challenge/a.b");
    testing::get("/.well-known/acme-challenge/A/")
        .through(&TrailingSlash::Trim.normalize_well_known())
        .assert_redirect("/.well-known/acme-challenge/A");
}

#[test]
fn only_exactly_the_exempt_path_passes() {
    let health = LocalPath::from_static("/health");
    let https = Https::new(
        ["example.com"],
        HttpsEnforcement::new(SchemeSource::plaintext_listener()).exempt(health),
    )
    .unwrap();
    let at = |path: &str| testing::get(path).header("host", "10.0.0.7");
    for path in ["/health", "/health?x"] {
        at(path).through(&https).assert_pass();
    }
    for path in [
        "/HEALTH",
        "/health/",
        "/health;x=1",
        "//health",
        "/health%2f",
        "/a/../health",
        "/%68ealth",
    ] {
        assert!(!at(path).through(&https).decision().is_pass(), "{path}");
    }
}

#[test]
fn r12_an_exempt_subtree_is_whole_segments_that_every_server_reads_alike() {
    for top in ["/health", "/health/"] {
        let enforcement = HttpsEnforcement::new(SchemeSource::plaintext_listener());
        let enforcement = enforcement.exempt_subtree(LocalPath::from_static(top));
        let https = Https::new(["example.com"], enforcement.clone()).unwrap();
        let canonical = Canonical::host("example.com").unwrap().https(enforcement);
        let canonical = canonical.merge_slashes().trim_trailing_slash();
        for host in ["example.com", "10.0.0.7:8080"] {
            for path in [
                "/health",
                "/health/",
                "/health?x=/../y",
                "/health/db",
                "/health/db/replica.json?x",
                "/health/.hidden",
                "/health/%20a;b=c",
            ] {
                let at = || testing::get(path).header("host", host);
                at().through(&https).assert_pass();
                at().through(&canonical).assert_pass();
            }
        }
        for path in [
            "/healthz",
            "/health.json",
            "/health;x",
            "/health%2fdb",
            "/HEALTH/db",
            "/%68ealth/db",
            "//health/db",
            "/a/health/db",
            "/health//db",
            "/health/../admin",
            "/health/./db",
            "/health/..",
            "/health/%2e%2e/admin",
            "/health/.%2E/admin",
            "/health/%252e%252e/admin",
            "/health/..;/admin",
            "/health/x%2fy",
            "/health/x%2F..%2Fadmin",
            "/health/x%5c..%5cadmin",
            "/health/x\\..\\admin",
            "/health\\admin",
            "/",
        ] {
            let at = || testing::get(path).header("host", "example.com");
            assert!(!at().through(&https).decision().is_pass(), "{path}");
            assert!(!at().through(&canonical).decision().is_pass(), "{path}");
        }
    }
    // Everything is below `/`, so only `/` itself is exempt.
    let enforcement = HttpsEnforcement::new(SchemeSource::plaintext_listener()).exempt_subtree("/");
    let https = Https::new(["example.com"], enforcement).unwrap();
    let at = |path: &str| testing::get(path).header("host", "example.com");
    at("/").through(&https).assert_pass();
    at("/a")
        .through(&https)
        .assert_redirect("https://example.com/a");
    at("//")
        .through(&https)
        .assert_redirect("https://example.com//");
}

#[test]
fn r11_a_path_that_then_rewrote_is_in_no_exempt_subtree() {
    let enforcement = HttpsEnforcement::new(SchemeSource::plaintext_listener());
    let https = Https::new(["example.com"], enforcement.exempt_subtree("/health")).unwrap();
    let policy = Canonical::any_host()
        .merge_slashes()
        .trim_trailing_slash()
        .then(https.with(Status::PermanentRedirect));
    for (path, location) in [
        ("/health//db", "https://example.com/health/db"),
        ("/health/db/", "https://example.com/health/db"),
        ("//health", "https://example.com/health"),
    ] {
        testing::get(path)
            .header("host", "example.com")
            .through(&policy)
            .assert_enforced(location);
    }
    testing::get("/health/db")
        .header("host", "example.com")
        .through(&policy)
        .assert_pass();
}

#[test]
fn the_scheme_is_left_alone_until_https_is_asked_for() {
    let host = CanonicalHost::new("example.com").unwrap();
    let www = || testing::get("/").header("host", "www.example.com");
    www()
        .scheme(HttpScheme::Http)
        .through(&host)
        .assert_redirect("http://example.com/");
    www()
        .scheme(HttpScheme::Https)
        .through(&host)
        .assert_redirect("https://example.com/");
    www().through(&host).assert_redirect("https://example.com/");
    let dev = CanonicalHost::new("http://localhost:3000").unwrap();
    www()
        .through(&dev)
        .assert_redirect("http://localhost:3000/");
    testing::get("/")
        .header("host", "localhost:3000")
        .through(&dev)
        .assert_pass();
}

#[tokio::test]
async fn r11_a_policy_around_https_does_not_open_plaintext() {
    let https = || Https::new(["example.com"], SchemeSource::plaintext_listener()).unwrap();
    let rebuilt = policy_fn(move |request: &RequestHead<'_>| {
        https().decide(request).map(|location| {
            let location = Location::from_config(location.as_str()).unwrap();
            Redirect::permanent(location).after_success()
        })
    });
    async fn outcome<P>(policy: P, method: &str, target: &str) -> (u16, usize)
    where
        P: Policy<Target = Redirect>,
    {
        let request = Request::builder()
            .method(method)
            .uri(target)
            .header("host", "example.com")
            .header("origin", "https://shop.example")
            .header("access-control-request-method", "PUT")
            .body(());
        let layer = RedirectLayer::new(policy);
        let (response, calls) = ask(&layer, request.unwrap()).await;
        (response.status().as_u16(), calls)
    }
    for (method, target, status) in [
        ("GET", "/x", 308),
        ("POST", "/x", 308),
        ("OPTIONS", "/x", 400),
        ("OPTIONS", "*", 400),
        ("GET", "/a/../b", 400),
        ("CONNECT", "example.com:80", 400),
    ] {
        let shown = format!("{method} {target}");
        let nothing = || policy_fn(|_| None::<Redirect>);
        let other = || Redirect::found(LocalPath::from_static("/other"));
        let answer = outcome(rebuilt, method, target).await;
        assert_eq!(answer, (status, 0), "{shown}");
        // Every combinator keeps it.
        let combined: Vec<BoxPolicy<Redirect>> = vec![
            nothing().or(rebuilt).boxed(),
            rebuilt.or(other()).boxed(),
            (nothing(), rebuilt, other()).boxed(),
            [rebuilt, rebuilt].boxed(),
            vec![nothing().boxed(), Arc::new(rebuilt).boxed()].boxed(),
            Some(rebuilt).boxed(),
            rebuilt.when(|_| true).boxed(),
            rebuilt.unless(|_| false).boxed(),
            rebuilt
                .scheme_from(SchemeSource::plaintext_listener())
                .boxed(),
            Shadow::new(rebuilt, nothing()).boxed(),
            Shadow::new(nothing().or(rebuilt), rebuilt).boxed(),
            https()
                .with(Status::PermanentRedirect)
                .after_success()
                .boxed(),
            Canonical::any_host().merge_slashes().then(rebuilt).boxed(),
            Canonical::any_host()
                .merge_slashes()
                .then(https().with(Status::PermanentRedirect))
                .boxed(),
        ];
        for (number, policy) in combined.into_iter().enumerate() {
            let answer = outcome(policy, method, target).await;
            assert_eq!(answer, (status, 0), "{shown}, policy {number}");
        }
    }
    // The tools of `testing` see it as the service does.
    let layer = RedirectLayer::new(rebuilt);
    let preflight = testing::options("/x")
        .header("host", "example.com")
        .header("origin", "https://shop.example")
        .header("access-control-request-method", "PUT");
    preflight
        .clone()
        .through_layer(&layer)
        .assert_refused(StatusCode::BAD_REQUEST);
    let journey = testing::follow(&rebuilt, preflight);
    assert!(matches!(journey.end(), End::Refused(refusal) if refusal.status() == 400));
}

#[tokio::test]
async fn no_cache_keeps_a_redirect_of_what_nobody_said_to_be_plaintext() {
    const PROXY: [u8; 4] = [10, 0, 0, 7];
    const STRANGER: [u8; 4] = [198, 51, 100, 7];
    let trust = TrustedProxies::networks(["10.0.0.0/8"], |extensions| extensions.get().copied())
        .unwrap()
        .header(ForwardedHeader::Forwarded);
    let https = |plaintext| Https::new(["example.com"], plaintext).unwrap();
    let behind = || RedirectLayer::permanent(https(SchemeSource::trusted_proxy(trust.clone())));
    let found = RedirectLayer::found(https(SchemeSource::trusted_proxy(trust.clone())));
    let listener = RedirectLayer::permanent(https(SchemeSource::plaintext_listener()));
    let hour = std::time::Duration::from_secs(3_600);
    for (layer, peer, forwarded, cache) in [
        (behind(), PROXY, "proto=http", None),
        (behind(), PROXY, "proto=gopher", Some("no-store")),
        (behind(), PROXY, "for=_x", Some("no-store")),
        // What the client wrote on the proxy's line breaks it: that must not be remembered.
        (behind(), PROXY, "\", proto=https", Some("no-store")),
        (behind(), STRANGER, "proto=https", Some("no-store")),
        (behind().cache(hour), PROXY, "for=_x", Some("max-age=3600")),
        (
            behind().default_max_age(hour),
            PROXY,
            "for=_x",
            Some("no-store"),
        ),
        (
            behind().default_max_age(hour),
            PROXY,
            "proto=http",
            Some("max-age=3600"),
        ),
        (found, PROXY, "for=_x", None),
        (listener, PROXY, "for=_x", None),
    ] {
        let mut request = Request::get("/a")
            .header("host", "example.com")
            .header("forwarded", forwarded)
            .body(())
            .unwrap();
        request.extensions_mut().insert(IpAddr::from(peer));
        let (response, calls) = ask(&layer, request).await;
        assert_eq!(response.headers()["location"], "https://example.com/a");
        let sent = response.headers().get("cache-control");
        assert_eq!(
            sent.map(|value| value.to_str().unwrap()),
            cache,
            "{forwarded}"
        );
        assert_eq!(calls, 0);
    }
}
