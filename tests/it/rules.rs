//! Tables of rules behind the layer: what the answer carries, what waits for the app, what is refused, and
//! requests at the bounds.

use std::{convert::Infallible, time::Duration};

use axum::{Router, routing::get};
use http::{Method, Request, Response, StatusCode, header};
use tower::{Layer, ServiceExt, service_fn};
use tower_redirect::{
    Decision, RedirectLayer, Status,
    location::HttpScheme,
    middleware::Exemption,
    rules::{
        Condition, NotSentReason, Part, PathMap, Precedence, QueryPolicy, Rule, RuleError, Rules,
        RulesBuilder, Source, haproxy_map,
    },
    testing,
};

/// What a service of nothing but these rules answers; the app behind answers 404.
fn ask(rules: Rules, request: Request<()>) -> Response<()> {
    let app = service_fn(async |_: Request<()>| {
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::NOT_FOUND;
        Ok::<_, Infallible>(response)
    });
    let Ok(response) = tokio_test::block_on(RedirectLayer::new(rules).layer(app).oneshot(request));
    response
}

fn asked(target: &str, fields: &[(&'static str, &str)]) -> Request<()> {
    let mut request = Request::get(target);
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap()
}

fn field<'r>(response: &'r Response<()>, name: &str) -> Option<&'r str> {
    response
        .headers()
        .get(name)
        .map(|value| value.to_str().unwrap())
}

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
async fn a_rule_after_not_found_asks_the_app_first() {
    let rules = Rules::new([
        Rule::moved_permanently("/blog/{slug}", "/posts/{slug}").after_not_found(),
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
            match answer.decision() {
                Decision::Redirect(redirect) => {
                    assert!(redirect.location().as_str().len() <= 8_000, "{front}{with}");
                }
                other => assert!(other.is_pass(), "{front}{with}: {other:?}"),
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

/// Patterns of very many shapes are all found.
#[test]
fn more_shapes_than_anybody_has() {
    let rule = |n: usize| {
        let (before, behind) = ("a".repeat(n % 40), "b".repeat(n / 40));
        Rule::permanent(
            format!("/{before}{{x}}{behind}/{{y}}/{n}"),
            format!("/{n}/{{x}}/{{y}}"),
        )
    };
    let rules = Rules::new((0..1_600).map(rule)).unwrap();
    for n in (0..1_600).step_by(7) {
        let (before, behind) = ("a".repeat(n % 40), "b".repeat(n / 40));
        testing::get(&format!("/{before}x1{behind}/y1/{n}"))
            .through(&rules)
            .assert_redirect(&format!("/{n}/x1/y1"));
        testing::get(&format!("/{before}{behind}/y1/{n}/"))
            .through(&rules)
            .assert_pass();
    }
}

#[test]
fn a_plain_map_is_a_table() {
    let pairs = [("/a", "/b"), ("/c/{x}", "/d/{x}")];
    let rules = pairs.into_iter().collect::<RulesBuilder>().build().unwrap();
    let paths = PathMap::new(pairs).unwrap();
    let layer = RedirectLayer::see_other(paths);
    for (target, expected) in [("/a", "/b"), ("/c/1?q", "/d/1?q")] {
        testing::get(target)
            .through(&rules)
            .assert_redirect(expected)
            .assert_status(Status::PermanentRedirect);
        testing::get(target)
            .through_layer(&layer)
            .assert_redirect(expected)
            .assert_status(Status::SeeOther);
    }
    testing::get("/c/").through_layer(&layer).assert_pass();
}

/// What the property against the naive interpreter has found, in its smallest form.
#[test]
fn what_was_wrong_once() {
    let one = |rule: Rule, target: &str, expected: Option<&str>| {
        let rules = Rules::new([rule]).unwrap();
        let answer = testing::get(target).through(&rules);
        match expected {
            Some(location) => answer.assert_redirect(location),
            None => answer.assert_pass(),
        };
    };
    let rule = |source: &str| Rule::permanent(source, "/to");
    one(rule("/a/{*rest?}"), "/a/", Some("/to"));
    one(rule("/a/{*rest?}?q"), "/a/?q", Some("/to?q"));
    one(
        rule("/a/{*rest?}").ignore_trailing_slash(),
        "/a",
        Some("/to"),
    );
    one(rule("/{*rest}").ignore_trailing_slash(), "//", Some("/to"));
    one(rule("/a%2Fb"), "/a%%32Fb", None);
    one(rule("/100%"), "/100%25", Some("/to"));
    one(rule("/{x}9"), "/caf%C3%A9", None);
    one(rule("/a%{x}"), "/a%C3%A9", None);
    one(
        Rule::permanent("/{y}\u{e9}", "/{y}"),
        "/100%\u{e9}",
        Some("/100%"),
    );
    let blog = Rule::permanent(Source::regex(r"/blog/(\d+)"), "/{1}").ignore_case();
    one(blog, "/Blog/7", Some("/7"));
    let unless = Rule::permanent("/a", "/b").unless(Condition::query("x").equal_to("1"));
    one(unless, "/a?b&&c", Some("/b?b&&c"));
    assert!(Rules::new([Rule::permanent(Source::regex("/a)|(/b"), "/c")]).is_err());
}

/// Each table hashes with a seed of its own, so that a mistake of the index shows in some of them only.
#[test]
fn a_pattern_is_found_beside_every_other_that_fits() {
    for number in 0..2_000 {
        let rules = Rules::new([
            Rule::permanent("/a/{x}/c", "/post").methods([Method::POST]),
            Rule::permanent("/a/{*rest}", "/put").methods([Method::PUT]),
            Rule::permanent("/{x}/{y}/{z}", "/other"),
        ])
        .unwrap();
        let asked = testing::get("/a/b/c");
        let found = rules.explain(&asked.head()).candidates().len();
        assert_eq!(found, 3, "table {number}");
        asked.through(&rules).assert_redirect("/other");
    }
}

#[test]
fn r10_a_query_that_repeats_itself_has_each_rule_looked_at_once() {
    let rules = Rules::new([
        Rule::permanent("/a?k=1&j=2", "/b"),
        Rule::permanent("/a?k=2", "/c"),
    ])
    .unwrap();
    let repeated = format!("/a?{}k=2&k=1", "k=1&k=2&".repeat(5_000));
    let asked = testing::get(&repeated);
    assert_eq!(rules.explain(&asked.head()).candidates().len(), 2);
    asked.through(&rules).assert_redirect("/c");
}

#[test]
fn what_is_a_placeholder_elsewhere_is_no_text_by_chance() {
    let colon =
        "`:name` isn't a placeholder; write `{name}`, or use `Source::exact` for a literal `:`";
    let star = "`*` isn't a placeholder; write `{*rest}`, or use `Source::exact` for a literal `*`";
    let host =
        "a host can't contain a placeholder; write `*.` before a domain to match its subdomains";
    let scheme = "a host has no scheme; remove it, and use `scheme` instead";
    for (rule, at, sentence) in [
        (Rule::permanent("/a/:id", "/b"), 3, colon),
        (Rule::permanent("/:id?a=b", "/b"), 1, colon),
        (Rule::permanent("https://a.example/:id", "/b"), 18, colon),
        (Rule::permanent("/a/*", "/b"), 3, star),
        (Rule::permanent("/*/b", "/b"), 1, star),
        (Rule::permanent("/a/*rest", "/b"), 3, star),
        (Rule::permanent("/{x}/**", "/b"), 5, star),
        (Rule::permanent("https://{x}.a.example/a", "/b"), 8, host),
        (Rule::permanent("/a", "/b").host("{x}.a.example"), 0, host),
        (Rule::permanent("/a", "/b").host(":x.a.example"), 0, host),
        (
            Rule::permanent("/a", "/b").host("https://a.example"),
            5,
            scheme,
        ),
    ] {
        let shown = format!("{rule:?}");
        // The others keep their numbers.
        let other = Rule::permanent("/a", "b");
        let errors = Rules::new([rule, other]).unwrap_err();
        let [error, other] = errors.iter().collect::<Vec<_>>()[..] else {
            panic!("{shown}: {errors}");
        };
        assert_eq!(
            (error.position(), &*sentence_of(error)),
            (at, sentence),
            "{shown}"
        );
        assert_eq!((error.rule(), other.rule()), (0, 1));
    }
    for source in [
        "/a:b",
        "/a/:",
        "/a/:1",
        "/a/b*",
        "/a/*.html",
        "/a{/*rest}",
        "/a?b=:c&d=*",
    ] {
        assert!(
            Rules::new([Rule::permanent(source, "/x")]).is_ok(),
            "{source}"
        );
    }
    for path in ["/a/:id", "/*"] {
        let rules = Rules::new([Rule::permanent(Source::exact(path), "/x")]).unwrap();
        testing::get(path).through(&rules).assert_redirect("/x");
    }
}

#[test]
fn the_first_match_answers_however_many_parameters_match() {
    let rules = (0..=200).map(|id| Rule::found(&*format!("/a?id={id}"), format!("/{id}")));
    let rules = Rules::new(rules).unwrap();
    let query: Vec<_> = (0..=200).rev().map(|id| format!("id={id}")).collect();
    let request = testing::get(&format!("/a?{}", query.join("&")));
    request.through(&rules).assert_redirect("/0");
}

#[test]
fn a_rule_in_error_makes_no_table_that_knows_hosts() {
    let parsed = haproxy_map::parse_lossy("old.example/a javascript:x\n/b /c\n", Status::Found);
    assert_eq!(
        (parsed.rules.len(), parsed.diagnostics.iter().count()),
        (1, 1)
    );
    let request = testing::get("/b").header("host", "a example");
    request.through(&parsed.rules).assert_redirect("/c");
}

#[test]
fn what_is_not_sent_is_explained() {
    let rules = Rules::new([
        Rule::found("/a", "/b"),
        Rule::found("/c", "/d").after_not_found(),
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

/// Message and help of an error, as one sentence.
fn sentence_of(error: &RuleError) -> String {
    match error.help() {
        "" => error.message().to_owned(),
        help => format!("{}; {help}", error.message()),
    }
}

/// What is wrong with one rule: the part, the byte, and the sentence.
fn wrong(rule: Rule) -> (Part, usize, String) {
    let errors = Rules::new([rule]).unwrap_err();
    let error = errors.iter().next().unwrap();
    (error.part(), error.position(), sentence_of(error))
}

#[test]
fn what_is_said_twice_is_an_error_of_its_part() {
    let own = || Rule::permanent("http://a.example/x", "/y");
    let id = || Rule::permanent("/a/{id}", "/b/{id}");
    for (rule, part, why) in [
        (own().host("b.example"), Part::Host, "two hosts"),
        (own().scheme(HttpScheme::Https), Part::Source, "two schemes"),
        (
            id().when(Condition::query("id").captured_as("id")),
            Part::Condition,
            "duplicate placeholder",
        ),
        (
            id().when(Condition::cookie("c").matching("(?<id>.)")),
            Part::Condition,
            "duplicate placeholder",
        ),
        (
            Rule::permanent("/a/{id}?id={id}", "/b"),
            Part::Condition,
            "duplicate placeholder",
        ),
    ] {
        let (own_part, _, sentence) = wrong(rule);
        assert!(
            own_part == part && sentence.contains(why),
            "{own_part}: {sentence}"
        );
    }
}

#[test]
fn braces_and_fragments_in_the_query_of_a_source() {
    let rules = Rules::new([
        Rule::found("/a?x={{y}}", "/1"),
        Rule::found("/a{{?x=1", "/2"),
        Rule::found("/a?{{k}}={v}", "/3/{v}"),
    ]);
    let rules = rules.unwrap();
    for (target, expected) in [
        ("/a?x=%7By%7D", "/1"),
        ("/a%7B?x=1", "/2"),
        ("/a?%7Bk%7D=5", "/3/5"),
    ] {
        testing::get(target)
            .through(&rules)
            .assert_redirect(expected);
    }
    for (source, at, why) in [
        ("/a?x=1#b", 6, "a request has no fragment"),
        ("http://a.example/a?#", 19, "a request has no fragment"),
        ("/a?b&x={y", 5, "unclosed"),
        ("/a?b&x={y}z", 5, "a whole value"),
        ("/a?b&{x}=y", 5, "a whole value"),
    ] {
        let (part, position, sentence) = wrong(Rule::found(source, "/"));
        assert!(
            part == Part::Source && position == at,
            "{source}: {part} {position}"
        );
        assert!(sentence.contains(why), "{source}: {sentence}");
    }
}

#[test]
fn changes_to_the_query_go_by_the_name_that_is_sent() {
    let renamed = |target| Rule::found("/a", target).rename_param("p", "page");
    for (rule, query, expected) in [
        (renamed("/b").set_param("page", "9"), "p=2", "/b?page=9"),
        (renamed("/b").set_param("p", "9"), "p=2", "/b?page=2&p=9"),
        (
            renamed("/b?page=1").query(QueryPolicy::Merge),
            "p=2&q=3",
            "/b?page=1&q=3",
        ),
        (
            renamed("/b?p=1").query(QueryPolicy::Merge),
            "p=2",
            "/b?p=1&page=2",
        ),
        (
            renamed("/b").remove_param("page"),
            "p=2&page=3",
            "/b?page=2",
        ),
        (
            Rule::found("/a", "/b?page=1").set_param("page", "9"),
            "q=1",
            "/b?q=1&page=9",
        ),
        (
            Rule::found("/a", "/b?x&pa%67e=1#f").set_param("page", "9"),
            "",
            "/b?x&page=9#f",
        ),
        (
            Rule::found("/a", "/b")
                .set_param("p", "1")
                .set_param("p", "2"),
            "",
            "/b?p=2",
        ),
    ] {
        let rules = Rules::new([rule]).unwrap();
        let request = testing::get(&format!("/a?{query}"));
        request.through(&rules).assert_redirect(expected);
    }
}

#[test]
fn a_long_regex_is_told_its_own_limit() {
    let regex = format!("/{}", "a".repeat(70_000));
    let (_, _, sentence) = wrong(Rule::found(Source::regex(&regex), "/"));
    assert!(sentence.contains("65,535 bytes"), "{sentence}");
}

#[test]
fn the_rules_of_a_table_are_counted_and_equal_themselves() {
    let rules = || Rules::new((0..5).map(|at| Rule::found(format!("/{at}"), "/to"))).unwrap();
    let (one, other) = (rules(), rules());
    let mut iter = one.iter();
    for left in (0..5).rev() {
        assert!(iter.next().is_some());
        assert_eq!(iter.len(), left);
    }
    assert!(iter.next().is_none() && iter.next().is_none());
    assert!((&one).into_iter().eq(one.iter()));
    assert!(
        (&one)
            .into_iter()
            .zip(&other)
            .all(|(one, other)| one != other)
    );
    assert!(
        one.iter()
            .zip(one.iter().skip(1))
            .all(|(one, next)| one != next)
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
        if let Decision::Redirect(redirect) = asked.through(&rules).decision() {
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
