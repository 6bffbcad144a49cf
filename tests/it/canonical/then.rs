//! The canonical form of the targets of another policy.

use super::*;

#[test]
fn then_brings_the_targets_of_this_site_into_the_canonical_spelling() {
    let to = |text| Redirect::found(Location::from_config(text).unwrap());
    let rules = policy_fn(move |request| match request.path() {
        "/about-us" => Some(to("/About/?Q=/#Top/")),
        "/absolute" => Some(to("https://example.com/About//Us/")),
        "/alias" => Some(to("https://www.example.com/About/")),
        "/elsewhere" => Some(to("https://docs.example/About/")),
        "/relative" => Some(Redirect::found(Location::from_static("./Here"))),
        "/root" => Some(to("/index.html")),
        "/same" => Some(to("/SAME/")),
        _ => None,
    });
    let canonical = Canonical::host("example.com")
        .unwrap()
        .https(SchemeSource::extension::<Encrypted>())
        .trim_trailing_slash()
        .merge_slashes()
        .index_file(IndexFile::new(["index.html"]).unwrap())
        .lower_case();
    let policy = canonical.clone().then(rules);
    for (asked, local, absolute) in [
        ("/about-us", "/about?Q=/#Top/", true),
        ("/absolute", "https://example.com/about/us", true),
        ("/alias", "https://www.example.com/About/", false),
        ("/elsewhere", "https://docs.example/About/", false),
        ("/relative", "./Here", false),
        ("/root", "/", true),
    ] {
        let ask = |host, target: &str| testing::get(target).header("host", host);
        let here = ask("example.com", asked).extension(Encrypted);
        here.through(&policy).assert_redirect(local);
        let there = ask("www.example.com", &asked.to_ascii_uppercase()).through(&policy);
        let Some(redirect) = there.decision().target() else {
            panic!("{there:?}");
        };
        let sent = redirect.location().to_string();
        match local.strip_prefix('/') {
            Some(path) => assert_eq!(sent, format!("https://example.com/{path}")),
            None if absolute => assert_eq!(sent, local),
            None if local.starts_with('.') => assert_eq!(sent, "https://example.com/here"),
            None => assert_eq!(sent, local),
        }
        // One redirect: what is sent is canonical, where it is on this site.
        if let Some(path) = sent.strip_prefix("https://example.com") {
            let path = path.split('#').next().unwrap();
            ask("example.com", path)
                .extension(Encrypted)
                .through(&canonical)
                .assert_pass();
        }
    }
    // One that leads to itself in the end is not sent.
    let layer = RedirectLayer::new(policy);
    testing::get("/same")
        .header("host", "example.com")
        .extension(Encrypted)
        .through_layer(&layer)
        .assert_pass();
}

#[test]
fn then_is_one_hop() {
    const NEW: LocalPath = LocalPath::from_static("/new?a#b");
    let rules = policy_fn(|request| match request.path() {
        "/old" => Some(Redirect::moved_permanently(NEW)),
        "/docs" => Some(Redirect::found(Location::from_static(
            "https://docs.example/",
        ))),
        "/here" => Some(Redirect::found(Location::from_static("./there"))),
        "/gone" => Some(Redirect::found(NEW).after(StatusCode::NOT_FOUND)),
        _ => None,
    });
    let policy = Canonical::host("example.com")
        .unwrap()
        .https(SchemeSource::extension::<Encrypted>())
        .trim_trailing_slash()
        .lower_case()
        .then(rules)
        .otherwise(Intent::Permanent);
    let ask = |target: &str| testing::get(target).header("host", "www.example.com");
    let ask_h2 = |target: &str| {
        testing::get(&format!("https://www.example.com{target}")).version(Version::HTTP_2)
    };
    for (asked, location, status) in [
        (
            "/OLD/?x",
            "https://example.com/new?a#b",
            Status::MovedPermanently,
        ),
        ("/docs/", "https://docs.example/", Status::Found),
        ("/Here/", "https://example.com/there", Status::Found),
        (
            "/gone/",
            "https://example.com/gone",
            Status::MovedPermanently,
        ),
        (
            "/other/",
            "https://example.com/other",
            Status::MovedPermanently,
        ),
    ] {
        for request in [ask(asked), ask_h2(asked)] {
            request
                .clone()
                .through(&policy)
                .assert_redirect(location)
                .assert_status(status);
            if location.starts_with("https://example.com/") {
                let hops = 1 + usize::from(asked == "/gone/");
                testing::follow(&policy, request).assert_hops(hops);
            }
        }
    }
    let canonical = |target: &str| {
        testing::get(target)
            .header("host", "example.com")
            .extension(Encrypted)
    };
    canonical("/old")
        .through(&policy)
        .assert_redirect("/new?a#b");
    canonical("/gone")
        .through(&policy)
        .assert_redirect("/new?a#b");
    canonical("/other").through(&policy).assert_pass();
    canonical("/OLD/")
        .through(&policy)
        .assert_redirect("/new?a#b");
    canonical("/HERE")
        .through(&policy)
        .assert_redirect("/there");
    // Only the path is brought into order: the host is the one that the target names.
    testing::get("https://example.com/OLD/")
        .version(Version::HTTP_2)
        .extension(Encrypted)
        .through(&policy)
        .assert_redirect("/new?a#b");

    // The rules see the address that the client is sent to.
    let seen = Canonical::host("example.com")
        .unwrap()
        .https(SchemeSource::plaintext_listener())
        .lower_case()
        .then(policy_fn(|head| {
            assert_eq!(head.path_and_query(), "/a?B");
            assert_eq!(
                (head.scheme(), head.authority()),
                (Some(HttpScheme::Https), Some("example.com"))
            );
            None::<LocalPath>
        }));
    ask("/A?B")
        .through(&seen)
        .assert_redirect("https://example.com/a?B");
}

#[tokio::test]
async fn what_a_decision_read_is_named_in_vary() {
    let get = |headers: &[(&str, &str)]| {
        let mut request = Request::get("/").header("host", "example.com");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap()
    };
    let german = policy_fn(|request: &RequestHead<'_>| {
        let wanted = request
            .header("Accept-Language")
            .is_none_or(|language| language == "de");
        wanted.then(|| LocalPath::from_static("/de/"))
    });
    let layer = RedirectLayer::found(german);
    for headers in [&[][..], &[("accept-language", "de")]] {
        let (response, _) = ask(&layer, get(headers)).await;
        assert_eq!(response.headers()["vary"], "accept-language");
        assert!(!response.headers().contains_key("cache-control"));
    }
    let (response, calls) = ask(&layer, get(&[("accept-language", "fr")])).await;
    assert!(calls == 1 && !response.headers().contains_key("vary"));

    for name in ["cookie", "authorization"] {
        let personal = policy_fn(move |request: &RequestHead<'_>| {
            request
                .header(name)
                .is_none()
                .then(|| LocalPath::from_static("/welcome"))
        });
        let (response, _) = ask(&RedirectLayer::permanent(personal), get(&[])).await;
        assert_eq!(response.headers()["vary"], name);
        assert_eq!(response.headers()["cache-control"], "private");
        let day = std::time::Duration::from_secs(86_400);
        let (response, _) = ask(&RedirectLayer::found(personal).cache(day), get(&[])).await;
        assert_eq!(
            response.headers()["cache-control"],
            "private, max-age=86400"
        );
        let (response, _) = ask(&RedirectLayer::found(personal), get(&[])).await;
        assert!(!response.headers().contains_key("cache-control"));
    }

    // The host is part of the target.
    let (response, _) = ask(
        &RedirectLayer::permanent(CanonicalHost::new("a.example").unwrap()),
        get(&[]),
    )
    .await;
    assert!(
        response.headers().contains_key("location") && !response.headers().contains_key("vary")
    );

    let trust = TrustedProxies::dangerously_any_peer().header(ForwardedHeader::XForwardedProto);
    let https = Https::new(["example.com"], SchemeSource::trusted_proxy(trust)).unwrap();
    let (response, _) = ask(&RedirectLayer::permanent(https), get(&[])).await;
    assert_eq!(response.headers()["vary"], "x-forwarded-proto");
}

#[tokio::test]
async fn in_a_nested_router_the_whole_address_is_the_one_that_was_asked_for() {
    use axum::{Router, body::Body, routing::get};
    let inner = Router::new()
        .route("/page", get(|| async { "page" }))
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(RedirectLayer::permanent(TrailingSlash::Trim));
    let app: Router = Router::new().nest("/api", inner);
    let request = Request::get("/api/page/?x").body(Body::empty()).unwrap();
    let answer = app.oneshot(request).await.unwrap();
    assert_eq!(answer.headers()["location"], "/api/page?x");
}
