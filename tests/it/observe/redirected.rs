//! The extension that names the rule.

use super::*;

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
        let redirect = decision.into_target().expect(what);
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
    let redirect = canonical.decide(&request.head()).into_target().unwrap();
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
    let redirect = rules.decide(&request.head()).into_target().unwrap();
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
    const GONE: Refusal = Refusal::gone("withdrawn");
    let below = RedirectLayer::new(policy_fn(|request| match request.path() {
        "/gone" => Decision::refuse(GONE),
        "/moved" => Decision::redirect(Redirect::found(LocalPath::from_static("/new"))),
        _ => Decision::pass(),
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
    assert_eq!(answer.extensions().get(), Some(&GONE));
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
