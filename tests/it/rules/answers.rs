//! What a rule reads of a request, and what it sends.

use super::*;

#[test]
fn the_answer_names_what_it_depends_on_and_a_cookie_makes_it_private() {
    let header =
        || Rule::permanent("/a", "/b").when(Condition::header("x-device").equal_to("phone"));
    let cookie = || Rule::permanent("/c", "/d").unless(Condition::cookie("session"));
    let rules = || Rules::new([header(), cookie(), Rule::permanent("/e", "/f")]).unwrap();

    let response = ask(rules(), asked("/a", &[("x-device", "phone")]));
    assert_eq!(field(&response, "location"), Some("/b"));
    assert_eq!(field(&response, "vary"), Some("x-device"));
    assert_eq!(field(&response, "cache-control"), None);

    let response = ask(rules(), asked("/c", &[]));
    assert_eq!(field(&response, "location"), Some("/d"));
    assert_eq!(field(&response, "vary"), Some("cookie"));
    assert_eq!(field(&response, "cache-control"), Some("private"));

    // Conditions of other paths were not looked at.
    let response = ask(rules(), asked("/e", &[]));
    assert_eq!(field(&response, "location"), Some("/f"));
    assert_eq!(field(&response, "vary"), None);
}

/// A rule that did not answer because of a field has its part in what the next one answers.
#[test]
fn a_rule_that_fails_by_a_header_is_named_by_the_one_behind_it() {
    let rules = Rules::new([
        Rule::found("/", "/de").when(Condition::header("accept-language").equal_to("de")),
        Rule::found("/", "/en"),
    ]);
    let response = ask(rules.unwrap(), asked("/", &[("accept-language", "fr")]));
    assert_eq!(field(&response, "location"), Some("/en"));
    assert_eq!(field(&response, "vary"), Some("accept-language"));
}

#[test]
fn each_rule_says_how_long_it_is_kept() {
    let rule = |source| Rule::moved_permanently(source, "/b");
    let day = Duration::from_secs(86_400);
    let rules = || {
        Rules::new([
            rule("/a").cache(day),
            rule("/c").cache(day).when(Condition::cookie("x")),
            rule("/d"),
        ])
    };
    for (target, expected) in [
        ("/a", Some("max-age=86400")),
        ("/c", Some("private, max-age=86400")),
        ("/d", None),
    ] {
        let response = ask(rules().unwrap(), asked(target, &[("cookie", "x=1")]));
        assert_eq!(field(&response, "cache-control"), expected, "{target}");
    }
}

/// A cookie with letters that are not ASCII hides no other, and is there itself.
#[test]
fn fields_that_are_not_ascii_are_there() {
    let rules = || {
        Rules::new([
            Rule::found("/account", "/login").unless(Condition::cookie("session")),
            Rule::found("/name", "/{name}").when(Condition::cookie("name").captured_as("name")),
            Rule::found("/old", "/new").when(Condition::header("x-old")),
        ])
        .unwrap()
    };
    let response = ask(
        rules(),
        asked("/account", &[("cookie", "name=Zo\u{eb}; session=1")]),
    );
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    let response = ask(rules(), asked("/name", &[("cookie", "name=Zo\u{eb}")]));
    assert_eq!(field(&response, "location"), Some("/Zo%C3%AB"));
    let mut request = asked("/old", &[]);
    let latin = http::HeaderValue::from_bytes(b"Zo\xeb").unwrap();
    request.headers_mut().insert("x-old", latin);
    assert_eq!(field(&ask(rules(), request), "location"), Some("/new"));
}

#[tokio::test]
async fn a_rule_after_a_404_asks_the_app_first() {
    let rules = Rules::new([
        Rule::moved_permanently("/blog/{slug}", "/posts/{slug}").after(StatusCode::NOT_FOUND),
        Rule::found("/blog/{slug}", "/never"),
        Rule::found("/about-us", "/about"),
    ]);
    let app = Router::new()
        .route("/blog/kept", get(async || ([("x-app", "1")], "kept")))
        .route(
            "/blog/broken",
            get(async || StatusCode::INTERNAL_SERVER_ERROR),
        )
        .route("/about-us", get(async || "never seen"))
        .fallback(async || {
            (
                StatusCode::NOT_FOUND,
                [("x-app", "1")],
                "the page of the app",
            )
        })
        .layer(RedirectLayer::new(rules.unwrap()));
    for (target, status, location) in [
        ("/blog/kept", 200, None),
        ("/blog/broken", 500, None),
        ("/blog/gone?x=y", 301, Some("/posts/gone?x=y")),
        ("/about-us", 302, Some("/about")),
        ("/elsewhere", 404, None),
    ] {
        for method in [Method::GET, Method::HEAD] {
            let mut request = Request::new(axum::body::Body::empty());
            *request.method_mut() = method.clone();
            *request.uri_mut() = target.parse().unwrap();
            let response = app.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), status, "{method} {target}");
            let sent = response.headers().get(header::LOCATION);
            assert_eq!(
                sent.map(|value| value.to_str().unwrap()),
                location,
                "{target}"
            );
            if status == 301 {
                let body = axum::body::to_bytes(response.into_body(), 100)
                    .await
                    .unwrap();
                assert!(body.is_empty(), "the app's page is gone");
            }
        }
    }
}

#[test]
fn a_request_that_contradicts_itself_is_refused_only_where_hosts_matter() {
    let plain = || Rules::new([Rule::permanent("/a", "/b")]).unwrap();
    let hosted = || {
        Rules::new([
            Rule::permanent("/x", "/y").host("a.example"),
            Rule::permanent("/a", "/b"),
        ])
        .unwrap()
    };
    let twice = || {
        testing::get("/a")
            .header("host", "a.example")
            .header("host", "b.example")
    };
    let other = || testing::get("http://a.example/a").header("host", "b.example");
    let named = || testing::get("/a").header("host", "user@a.example");
    let no_host = || testing::get("/a").header("host", "a example");
    for request in [twice(), other(), named(), no_host()] {
        request.clone().through(&plain()).assert_redirect("/b");
        request
            .through(&hosted())
            .assert_refused(StatusCode::BAD_REQUEST);
    }
    for request in [
        testing::get("/a"),
        testing::get("http://a.example/a").header("host", "A.example"),
        testing::get("/a").header("host", "[::1]:8080"),
    ] {
        request.through(&hosted()).assert_redirect("/b");
    }
    // No path, no answer.
    testing::options("*")
        .header("host", "?")
        .through(&hosted())
        .assert_pass();
}

#[test]
fn head_is_redirected_as_get_is_unless_methods_are_said() {
    let rules = || {
        Rules::new([
            Rule::permanent("/a", "/b"),
            Rule::permanent("/c", "/d").methods([Method::GET]),
        ])
    };
    let rules = rules().unwrap();
    testing::head("/a")
        .through(&rules)
        .assert_redirect("/b")
        .assert_status(Status::PermanentRedirect);
    testing::head("/c").through(&rules).assert_pass();
    testing::get("/c").through(&rules).assert_redirect("/d");
}

#[test]
fn the_scheme_is_the_one_that_is_known() {
    let rules = Rules::new([Rule::permanent("https://*.a.example/x", "/y")]).unwrap();
    let asked = testing::get("/x").header("host", "www.a.example");
    asked.clone().through(&rules).assert_pass();
    asked
        .clone()
        .scheme(HttpScheme::Http)
        .through(&rules)
        .assert_pass();
    asked
        .scheme(HttpScheme::Https)
        .through(&rules)
        .assert_redirect("/y");
}

/// 65,534 bytes are the most that `http::Uri` takes; what would be too long to send passes.
#[test]
fn r10_the_longest_targets_are_decided() {
    const MOST: usize = 65_534;
    let rules = Rules::builder()
        .rules([
            Rule::permanent("/short/{*rest}", "/to"),
            Rule::permanent("/long/{*rest}", "/to/{rest}"),
            Rule::permanent("/twice/{*rest}", "/to/{rest}/{rest}/{rest}"),
            Rule::permanent("/{a}/{b}/{c}.html", "/{c}").ignore_case(),
            Rule::permanent("/deep/{a}/{b}/{c}/{d}/{e}", "/{e}"),
            Rule::permanent(Source::regex("/regex/(a+)+"), "/to").ignore_trailing_slash(),
            Rule::permanent("/q", "/to").remove_param("x"),
        ])
        .precedence(Precedence::MostSpecific)
        .build()
        .unwrap();
    let filled = |front: &str, with: &str| {
        let count = (MOST - front.len()) / with.len();
        format!("{front}{}", with.repeat(count))
    };
    for with in [
        "a", "/", "%c3%a9", "%41", "\u{e9}", "%", "/.", "a/", "%2f", "&x=%",
    ] {
        let target = filled("/short/", with);
        let rules = &rules;
        let answer = testing::get(&target).through(rules);
        // R4: a tail with dot segments is not redirected, whether the target has it or not.
        match with {
            "/." => answer.assert_pass(),
            _ => answer.assert_redirect("/to"),
        };
        for front in [
            "/long/", "/twice/", "/a/", "/a/b/", "/deep/", "/regex/", "/", "/q?",
        ] {
            let target = filled(front, with);
            let answer = testing::get(&target).through(rules);
            // Nothing that long can be sent; what removes it all can.
            match answer.decision().kind() {
                DecisionKind::Redirect(redirect) => {
                    assert!(redirect.location().as_str().len() <= 8_000, "{front}{with}");
                }
                other => assert!(
                    matches!(other, DecisionKind::Pass),
                    "{front}{with}: {other:?}"
                ),
            }
        }
    }
    let fits = format!("/long/{}", "a".repeat(7_996));
    let target = format!("/to/{}", "a".repeat(7_996));
    testing::get(&fits).through(&rules).assert_redirect(&target);
    testing::get(&format!("{fits}a"))
        .through(&rules)
        .assert_pass();
}

#[test]
fn what_is_not_sent_is_explained() {
    let rules = Rules::new([
        Rule::found("/a", "/b"),
        Rule::found("/c", "/d").after(StatusCode::NOT_FOUND),
    ]);
    let rules = rules.unwrap();
    let request = testing::get("/a")
        .header("connection", "upgrade")
        .header("upgrade", "websocket");
    let explanation = rules.explain(&request.head());
    assert_eq!(
        explanation.not_sent(),
        Some(NotSentReason::Exempt(Exemption::WebSocket))
    );
    assert!(
        explanation
            .to_string()
            .ends_with(": matches\nnot sent: WebSocket handshake")
    );

    let request = testing::get("/c");
    let explanation = rules.explain(&request.head());
    assert!(
        explanation
            .to_string()
            .ends_with(": matches, if the app responds with 404")
    );
}

/// Behind the first few conditions, values come out of a map, and are no more than text there, either.
#[test]
fn r1_what_many_conditions_capture_stays_on_the_site() {
    let rule = |at: usize| Rule::found(format!("/a?k{at}={{v}}"), "/t/{v}/end");
    let rules = Rules::new((0..40).map(rule)).unwrap();
    let mut redirects = 0;
    for value in [
        "//evil.example",
        "%2F%2Fevil.example",
        "https://evil.example",
        "%5C%5Cevil.example",
        "javascript:alert(1)",
        "%0D%0ALocation:%20//evil.example",
        "..",
        "%2e%2E",
        "../..//evil.example",
        "a&k39=//evil.example",
        "%C2%85%E2%80%A8",
        "",
    ] {
        let asked = testing::get(&format!("/a?x=1&k39={value}&k39=2"));
        if let Some(redirect) = asked.through(&rules).decision().target() {
            redirects += 1;
            let location = redirect.location().as_str();
            let path = location.split('?').next().unwrap();
            let middle = path
                .strip_prefix("/t/")
                .and_then(|path| path.strip_suffix("/end"));
            let middle = middle.unwrap_or_else(|| panic!("{value}: {location}"));
            assert!(!middle.contains(['/', '\\']), "{value}: {location}");
            assert!(!["", ".", ".."].contains(&middle), "{value}: {location}");
            assert!(
                location.bytes().all(|byte| byte.is_ascii_graphic()),
                "{location}"
            );
        }
    }
    assert!(redirects >= 6, "{redirects}");
}

/// R1: `%` stays before two hex digits only, and brackets stay in queries only, wherever they come
/// from. R2: the escapes of a request stay as they were received.
#[test]
fn r1_percents_and_brackets_of_targets_and_captures_are_encoded() {
    for (source, target, asked, expected) in [
        ("/a", "/100%done", "/a", "/100%25done"),
        ("/a", "/%", "/a", "/%25"),
        ("/a", "/%4", "/a", "/%254"),
        ("/a", "/%zz%41", "/a", "/%25zz%41"),
        (
            "/a",
            "/b[1]?c[]=[%]#d[1]%",
            "/a",
            "/b%5B1%5D?c[]=[%25]#d%5B1%5D%25",
        ),
        (
            "/a",
            "https://new.example/[%]",
            "/a",
            "https://new.example/%5B%25%5D",
        ),
        ("/a", "http://[::1]/[", "/a", "http://[::1]/%5B"),
        ("/a", "/%{{", "/a", "/%25%7B"),
        ("/a/{x}", "/b/{x}", "/a/100%", "/b/100%25"),
        ("/a/{x}", "/b/{x}", "/a/%c3%A9%", "/b/%c3%A9%25"),
        ("/a/{x}", "/b/{x}41", "/a/%", "/b/%2541"),
        ("/a/{x}", "/b/%{x}", "/a/41", "/b/%2541"),
        (
            "/a/{x}",
            "/b?x={x}#{x}",
            "/a/[%]",
            "/b?x=%5B%25%5D#%5B%25%5D",
        ),
        ("/a/{*rest}", "/b/{*rest}", "/a/[1]/%2", "/b/%5B1%5D/%252"),
        ("/a{/*rest}", "/b{/*rest}?c", "/a/]%zz", "/b/%5D%25zz?c"),
        ("/a", "/b", "/a?c[]=100%&d=%41", "/b?c[]=100%25&d=%41"),
        ("/a", "/b?c[]=%", "/a?d[]=%4", "/b?c[]=%25&d[]=%254"),
        // A source matches both ways to write a bracket.
        ("/a[1]", "/b", "/a[1]", "/b"),
        ("/a[1]", "/b", "/a%5B1%5d", "/b"),
        ("/a%5B1%5D", "/b", "/a[1]", "/b"),
        ("/[{x}]", "/b/{x}", "/%5Bc[%5D", "/b/c%5B"),
    ] {
        let rules = Rules::new([Rule::permanent(source, target)]).unwrap();
        testing::get(asked)
            .through(&rules)
            .assert_redirect(expected);
        testing::get(asked)
            .through_layer(&RedirectLayer::new(rules))
            .assert_redirect(expected);
    }
    let prefix = Rules::new([Rule::permanent(Source::prefix("/a"), "/b")]).unwrap();
    testing::get("/a/[%]?[%]")
        .through(&prefix)
        .assert_redirect("/b/%5B%25%5D?[%25]");
    let regex = Rules::new([Rule::permanent(Source::regex("/a(.)(.*)"), "/b/{1}{2}?{2}")]).unwrap();
    // The capture ends within an escape, and is no escape any more.
    testing::get("/a%5B[")
        .through(&regex)
        .assert_redirect("/b/%255B%5B?5B%5B");
}

/// R9: what is asked for after such a redirect is never redirected to itself.
#[test]
fn r9_percents_and_brackets_are_no_loops() {
    for (source, target) in [
        ("/a[1]", "/a[1]"),
        ("/a[1]", "/a%5B1%5D"),
        ("/a%5b1%5d", "/a[1]"),
        ("/100%", "/100%25"),
        ("/100%25", "/100%"),
    ] {
        let error = Rules::new([Rule::permanent(source, target)]).unwrap_err();
        assert!(
            error.to_string().contains("endless redirect"),
            "{source}: {error}"
        );
    }
    let chain = [
        Rule::permanent("/a", "/b[1]"),
        Rule::permanent("/b%5B1%5D", "/c%"),
        Rule::permanent("/c%25", "/a"),
    ];
    assert!(Rules::new(chain).is_err());
}
