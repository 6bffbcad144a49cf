//! The counters and their labels.

use super::*;

#[test]
fn every_request_is_counted_once_by_what_became_of_it() {
    let rules = Rules::new([
        Rule::permanent("/a", "/b").named("launch"),
        Rule::found("/c/{x}", "/d/{x}"),
        Rule::permanent("/late/{x}", "/found/{x}").after(StatusCode::NOT_FOUND),
        Rule::gone("/fax/{x}"),
        Rule::pass("/pass"),
    ])
    .unwrap();
    let gone = policy_fn(|request| match request.path() {
        "/gone" => Decision::<Redirect>::refuse(Refusal::gone("withdrawn")),
        "/fixed" => Decision::redirect(Redirect::see_other(LocalPath::from_static("/x"))),
        "/upload" => Decision::redirect(
            Redirect::see_other(LocalPath::from_static("/receipt")).after_success(),
        ),
        "/x" => Decision::redirect(Redirect::temporary(LocalPath::from_static("/x"))),
        _ => Decision::pass(),
    });
    let layer = RedirectLayer::new(rules.or(gone));
    let preflight = || {
        let mut request = request("OPTIONS", "/a");
        for (name, value) in [
            ("origin", "https://shop.example"),
            ("access-control-request-method", "PUT"),
        ] {
            let headers = request.headers_mut();
            headers.insert(name, value.parse().unwrap());
        }
        request
    };
    let websocket = || {
        let mut request = request("GET", "/a");
        let headers = request.headers_mut();
        headers.insert("upgrade", "websocket".parse().unwrap());
        request
    };
    let redirects = "tower_redirect_redirects_total";
    for (sent, expected) in [
        (
            request("GET", "/a"),
            vec![(format!("{redirects}{{rule=\"launch\",status=\"308\"}}"), 1)],
        ),
        (
            request("GET", "/c/1"),
            vec![(
                format!("{redirects}{{rule=\"/c/{{x}}\",status=\"302\"}}"),
                1,
            )],
        ),
        (
            request("GET", "/fixed"),
            vec![(format!("{redirects}{{rule=\"\",status=\"303\"}}"), 1)],
        ),
        // It waits for the answer: replaced, and not.
        (
            request("GET", "/late/404"),
            vec![(
                format!("{redirects}{{rule=\"/late/{{x}}\",status=\"308\"}}"),
                1,
            )],
        ),
        (
            request("GET", "/late/200"),
            pairs(&[("tower_redirect_passes_total{}", 1)]),
        ),
        (
            request("POST", "/upload"),
            vec![(format!("{redirects}{{rule=\"\",status=\"303\"}}"), 1)],
        ),
        // Nothing was to be sent.
        (
            request("GET", "/upload"),
            pairs(&[("tower_redirect_passes_total{}", 1)]),
        ),
        (
            request("GET", "/none"),
            pairs(&[("tower_redirect_passes_total{}", 1)]),
        ),
        (
            request("GET", "/gone"),
            pairs(&[("tower_redirect_refusals_total{rule=\"\",status=\"410\"}", 1)]),
        ),
        (
            request("GET", "/fax/1"),
            pairs(&[(
                "tower_redirect_refusals_total{rule=\"/fax/{x}\",status=\"410\"}",
                1,
            )]),
        ),
        (
            request("GET", "/pass"),
            pairs(&[("tower_redirect_passes_total{}", 1)]),
        ),
        (
            request("GET", "/x"),
            pairs(&[
                ("tower_redirect_passes_total{}", 1),
                ("tower_redirect_suppressed_total{reason=\"loop\"}", 1),
            ]),
        ),
        (
            preflight(),
            pairs(&[
                ("tower_redirect_passes_total{}", 1),
                ("tower_redirect_suppressed_total{reason=\"preflight\"}", 1),
            ]),
        ),
        (
            websocket(),
            pairs(&[
                ("tower_redirect_passes_total{}", 1),
                ("tower_redirect_suppressed_total{reason=\"websocket\"}", 1),
            ]),
        ),
    ] {
        let what = format!("{} {}", sent.method(), sent.uri());
        let counted = Counters::of(async {
            send(&layer, sent).await;
        });
        assert_eq!(counted, expected, "{what}");
    }
}

/// What a rule is counted under stays when rules are added before it, and none is taken for another.
#[test]
fn a_rule_is_counted_under_its_name_or_its_source() {
    let counted = |rules: Rules, host: &'static str, path: &str| {
        let mut request = request("GET", path);
        request.headers_mut().insert("host", host.parse().unwrap());
        let (_, labels) = Counters::with_labels(async {
            send(&RedirectLayer::new(rules), request).await;
        });
        let mut rules = labels.into_iter().filter(|(name, _)| name == "rule");
        rules.next().expect(path).1
    };
    let old = "/b /c 301!\n";
    for file in [old.to_owned(), format!("/a /c 301!\n{old}")] {
        assert_eq!(counted(netlify::parse(&file).unwrap(), "x", "/b"), "/b");
    }
    let rules = || {
        Rules::new([
            Rule::found("/zero", "/x"),
            Rule::found("/one", "/x").named("0"),
            Rule::found("/{x}/{y}", "/x").host("a.example"),
            Rule::found("/{x}/{y}", "/x").host("*.b.example"),
            Rule::found(format!("/{}", "d".repeat(200)), "/x"),
        ])
        .unwrap()
    };
    let (long, cut) = ("d".repeat(200), "d".repeat(99));
    for (host, path, label) in [
        ("x", "/zero", "/zero"),
        ("x", "/one", "0"),
        ("a.example", "/1/2", "a.example/{x}/{y}"),
        ("www.b.example", "/1/2", "*.b.example/{x}/{y}"),
        ("x", &format!("/{long}"), &format!("/{cut}\u{2026}")),
    ] {
        assert_eq!(counted(rules(), host, path), label);
    }
}

#[test]
fn what_names_no_path_and_what_cannot_be_sent_have_their_reasons() {
    let layer = RedirectLayer::temporary("/x");
    for (method, target, reason) in [
        ("CONNECT", "example.com:443", "connect"),
        ("OPTIONS", "*", "no_path"),
    ] {
        let counted = Counters::of(async {
            send(&layer, request(method, target)).await;
        });
        let suppressed = format!("tower_redirect_suppressed_total{{reason={reason:?}}}");
        assert_eq!(counted[1], (suppressed, 1), "{method} {target}");
        assert_eq!(counted.len(), 2);
    }
    // Plaintext that must not pass: the redirect is suppressed, and the request refused.
    let https = Https::new(["example.com"], SchemeSource::plaintext_listener()).unwrap();
    let layer = RedirectLayer::permanent(https);
    let mut handshake = request("GET", "/chat");
    for (name, value) in [("host", "example.com"), ("upgrade", "websocket")] {
        let headers = handshake.headers_mut();
        headers.insert(name, value.parse().unwrap());
    }
    let counted = Counters::of(async {
        send(&layer, handshake).await;
    });
    assert_eq!(
        counted,
        pairs(&[
            ("tower_redirect_refusals_total{rule=\"\",status=\"400\"}", 1),
            ("tower_redirect_suppressed_total{reason=\"websocket\"}", 1),
        ])
    );
}

#[test]
fn an_app_that_fails_is_a_pass() {
    let layer = RedirectLayer::found("/x").after(StatusCode::NOT_FOUND);
    let broken = service_fn(async |_: Request<String>| Err::<Response<String>, _>("broken"));
    let counted = Counters::of(async {
        let answer = layer.layer(broken).oneshot(request("GET", "/")).await;
        assert_eq!(answer.unwrap_err(), "broken");
    });
    assert_eq!(counted, pairs(&[("tower_redirect_passes_total{}", 1)]));
}

#[test]
fn everything_that_is_measured_is_described() {
    let counters = Counters::default();
    metrics::with_local_recorder(&counters, tower_redirect::observe::describe_metrics);
    let series: Vec<_> = counters.series.lock().unwrap().keys().cloned().collect();
    let reloads = "tower_redirect_reloads_total";
    let suppressed = "tower_redirect_suppressed_total";
    assert_eq!(series.len(), 10, "{series:?}");
    for expected in [
        format!("{reloads}{{outcome=\"bad\"}}"),
        format!("{suppressed}{{reason=\"loop\"}}"),
        "tower_redirect_passes_total{}".to_owned(),
    ] {
        assert!(series.contains(&expected), "{series:?}");
    }
    let described = counters.described.into_inner().unwrap();
    let described: Vec<_> = described.iter().map(String::as_str).collect();
    assert_eq!(
        described,
        [
            "tower_redirect_differences_total",
            "tower_redirect_last_reload_good",
            "tower_redirect_passes_total",
            "tower_redirect_redirects_total",
            "tower_redirect_refusals_total",
            "tower_redirect_reloads_total",
            "tower_redirect_suppressed_total",
        ]
    );
}

/// Text that an attacker would like to see in labels, in every place of a request.
fn hostile() -> impl Strategy<Value = String> {
    let special = prop::sample::select(vec![
        "%22%7D",
        "\"",
        "{",
        "}",
        "%0A",
        "%0d%0aSet-Cookie:x",
        ",",
        "=",
        "rule",
        "launch",
        "%00",
        "..",
        "//",
        "\\",
        "<script>",
        "'",
        "%",
        "status=\"200\"",
        "\u{e9}",
        "0",
        "1",
    ]);
    prop::collection::vec(
        prop_oneof![
            special.prop_map(str::to_owned),
            "[ -~]{0,8}",
            "[a-z0-9]{1,40}"
        ],
        0..6,
    )
    .prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(crate::cases::config(2))]

    #[test]
    fn no_label_has_text_of_a_request(
        segments in prop::collection::vec(hostile(), 0..4),
        query in hostile(),
        value in hostile(),
        front in prop::sample::select(vec!["/a", "/blog/", "/q", "/h", "/late/", "/gone", "/", ""]),
        method in prop::sample::select(vec!["GET", "POST", "OPTIONS", "HEAD", "PURGE", "CONNECT"]),
        upgrade in any::<bool>(),
        http_10 in any::<bool>(),
    ) {
        use tower_redirect::rules::Condition;
        let rules = Rules::new([
            Rule::permanent("/a{x}", "/b/{x}").named("with \"marks\", {x} and more"),
            Rule::found("/blog/{*rest}", "/posts/{rest}"),
            Rule::permanent("/q", "/to/{q}").when(Condition::query("q").captured_as("q")),
            Rule::permanent("/h", "/to/{h}").when(Condition::header("x-h").captured_as("h")),
            Rule::permanent("/late/{*rest}", "/{rest}").after(StatusCode::NOT_FOUND),
        ]).unwrap();
        let ids: BTreeSet<String> = rules.iter().map(|rule| rule.id().to_string()).collect();
        let gone = policy_fn(|request| match request.path().starts_with("/gone") {
            true => Decision::<Redirect>::refuse(Refusal::gone("withdrawn")),
            false => Decision::pass(),
        });
        let layer = RedirectLayer::new(rules.or(gone));
        let target = format!("{front}{}?q={query}", segments.join("/"));
        let mut built = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap());
        if http_10 {
            built = built.version(Version::HTTP_10);
        }
        if upgrade {
            built = built.header("upgrade", "websocket");
        }
        let built = built.header("x-h", &value).uri(&target).body(String::new());
        let Ok(request) = built else {
            return Ok(());
        };
        let (counted, labels) = Counters::with_labels(async {
            send(&layer, request).await;
        });
        let answers = counted.iter().filter(|(name, _)| !name.contains("suppressed"));
        prop_assert_eq!(answers.map(|(_, count)| count).sum::<u64>(), 1, "{:?}", counted);
        for (name, value) in labels {
            let known = match name.as_str() {
                "rule" => ids.contains(&value) || value.is_empty(),
                "status" => ["301", "302", "303", "307", "308", "400", "410"].contains(&&*value),
                "reason" => ["loop", "preflight", "websocket", "connect", "no_path", "unsendable"]
                    .contains(&&*value),
                _ => false,
            };
            prop_assert!(known, "{}={:?} of {}", name, value, target);
        }
    }
}
