//! Rules that pass or refuse, in tables and in policies around them.

use tower_redirect::{
    Canonical, LocalPath, Policy,
    policy::Refusal,
    rules::{Outcome, RuleRef},
};

use super::*;

/// What a table says to a request: a location, a status, or nothing.
fn said(rules: &Rules, request: &testing::TestRequest) -> String {
    match rules.decide(&request.head()).kind() {
        DecisionKind::Pass => "pass".to_owned(),
        DecisionKind::Refuse(refusal) => refusal.status().as_str().to_owned(),
        DecisionKind::Redirect(redirect) | DecisionKind::Enforce(redirect) => {
            redirect.location().to_string()
        }
    }
}

#[track_caller]
fn assert_says(rules: &Rules, cases: &[(&str, &str)]) {
    for (target, expected) in cases {
        assert_eq!(said(rules, &testing::get(target)), *expected, "{target}");
    }
}

fn all(rules: impl IntoIterator<Item = Rule>) -> Rules {
    Rules::new(rules).unwrap()
}

#[test]
fn rules_that_pass_or_refuse_end_the_search_of_a_table() {
    let rules = all([
        Rule::pass("/api/{*rest}"),
        Rule::refuse(StatusCode::FORBIDDEN, "/private{/*rest}"),
        Rule::gone("/fax"),
        Rule::found("/{*rest}", "https://new.example/{rest}"),
    ]);
    assert_says(
        &rules,
        &[
            ("/api/x?y", "pass"),
            ("/api/", "https://new.example/api/"),
            ("/private", "403"),
            ("/private/a/../b", "403"),
            ("/fax?page=2", "410"),
            ("/%66ax", "410"),
            ("/fax/", "https://new.example/fax/"),
            ("/a/../b", "pass"),
        ],
    );
}

#[test]
fn every_source_and_condition_applies() {
    let cookie = || Condition::cookie("session");
    let rules = all([
        Rule::pass("/a").host("a.example"),
        Rule::gone("/b").methods([Method::POST]),
        Rule::pass("/c").when(cookie()),
        Rule::gone("/d").unless(cookie()),
        Rule::pass("/E").ignore_case(),
        Rule::gone("/f").ignore_trailing_slash(),
        Rule::pass("/g?x={y}"),
        Rule::gone(Source::exact("/{h}")),
        Rule::pass(Source::prefix("/i")),
        Rule::gone("http://b.example/j"),
        Rule::pass("/k").scheme(HttpScheme::Https),
        Rule::found("/{*rest}", "https://n.example/{rest}"),
    ]);
    let get = testing::get;
    for (request, expected) in [
        (get("/a").header("host", "a.example"), "pass"),
        (get("/a").header("host", "b.example"), "https://n.example/a"),
        (testing::post("/b"), "410"),
        (get("/b"), "https://n.example/b"),
        (get("/c").header("cookie", "session=1"), "pass"),
        (get("/c"), "https://n.example/c"),
        (
            get("/d").header("cookie", "session=1"),
            "https://n.example/d",
        ),
        (get("/d"), "410"),
        (get("/e"), "pass"),
        (get("/f/"), "410"),
        (get("/g?x=1"), "pass"),
        (get("/g?x="), "https://n.example/g?x="),
        (get("/%7Bh%7D"), "410"),
        (get("/i/j"), "pass"),
        (get("/ij"), "https://n.example/ij"),
        (
            get("/j")
                .header("host", "b.example")
                .scheme(HttpScheme::Http),
            "410",
        ),
        (get("/j").header("host", "b.example"), "https://n.example/j"),
        (get("/k").scheme(HttpScheme::Https), "pass"),
        (get("/k"), "https://n.example/k"),
        // A table with a host refuses requests that contradict themselves about theirs.
        (get("/x").header("host", "a example"), "400"),
    ] {
        assert_eq!(said(&rules, &request), expected, "{request:?}");
    }
}

#[cfg(feature = "regex")]
#[test]
fn a_regex_can_pass_or_refuse() {
    let rules = all([
        Rule::pass(Source::regex(r"/blog/(?<id>\d+)")),
        Rule::gone(Source::regex(r"/(.*)\.php")),
        Rule::found("/{*rest}", "https://n.example/{rest}"),
    ]);
    let cases = [
        ("/blog/1", "pass"),
        ("/x.php", "410"),
        ("/blog/a", "https://n.example/blog/a"),
    ];
    assert_says(&rules, &cases);
}

#[test]
fn precedence_orders_rules_of_all_outcomes() {
    let table = |precedence, rules: Vec<Rule>| {
        Rules::builder()
            .rules(rules)
            .precedence(precedence)
            .build()
            .unwrap()
    };
    let wide = |target: &str| match target {
        "pass" => Rule::pass("/{*rest}"),
        "410" => Rule::gone("/{*rest}"),
        target => Rule::found("/{*rest}", target),
    };
    for (first, narrow, expected) in [
        ("pass", Rule::gone("/a/b"), "410"),
        ("410", Rule::pass("/a/b"), "pass"),
        ("/to", Rule::pass("/a/b"), "pass"),
        ("pass", Rule::found("/a/b", "/to"), "/to"),
    ] {
        let all = || vec![wide(first), narrow.clone()];
        for (precedence, expected) in [
            (Precedence::FirstMatch, first),
            (Precedence::StaticFirst, expected),
            (Precedence::MostSpecific, expected),
        ] {
            assert_says(
                &table(precedence, all()),
                &[("/a/b", expected), ("/c", first)],
            );
        }
    }
    let patterns = vec![Rule::found("/{x}/{y}", "/to"), Rule::pass("/a/{y}")];
    let specific = table(Precedence::MostSpecific, patterns.clone());
    assert_says(&specific, &[("/a/b", "pass"), ("/b/b", "/to")]);
    let static_first = table(Precedence::StaticFirst, patterns);
    assert_says(&static_first, &[("/a/b", "/to")]);
}

/// Tables of plain paths are looked up in one step; others, with the same rules, are searched.
#[test]
fn plain_paths_and_others_agree() {
    let plain = || {
        [
            Rule::pass("/a"),
            Rule::found("/a", "/to"),
            Rule::gone("/b"),
            Rule::found("/c", "/to"),
            Rule::pass("/c"),
        ]
    };
    let searched = plain().into_iter().chain([Rule::found("/{x}/{y}", "/z")]);
    for rules in [all(plain()), all(searched)] {
        assert_says(
            &rules,
            &[
                ("/a", "pass"),
                ("/%61", "pass"),
                ("/b?q", "410"),
                ("/c", "/to"),
                ("/d", "pass"),
            ],
        );
        let find = |path| {
            let request = testing::get(path);
            rules.find(&request.head()).map(|rule| rule.number())
        };
        assert_eq!(
            [find("/a"), find("/b"), find("/c")],
            [Some(0), Some(2), Some(3)]
        );
    }
}

#[test]
fn a_rule_that_passes_ends_its_own_table_only() {
    const HOME: LocalPath = LocalPath::from_static("/home");
    let rules = || all([Rule::pass("/a/"), Rule::gone("/b/"), Rule::pass("/a")]);
    let home = || Some(tower_redirect::Redirect::found(HOME));
    testing::get("/a/")
        .through(&(rules(), home()))
        .assert_redirect("/home");
    testing::get("/a/")
        .through(&rules().or(home()))
        .assert_redirect("/home");
    testing::get("/b/")
        .through(&(rules(), home()))
        .assert_refused(StatusCode::GONE);

    let canonical = || Canonical::any_host().trim_trailing_slash();
    let policy = canonical().then(all([
        Rule::pass("/a"),
        Rule::gone("/b"),
        Rule::found("/{x}", "/to"),
    ]));
    testing::get("/a/").through(&policy).assert_redirect("/a");
    testing::get("/a").through(&policy).assert_pass();
    testing::get("/b/")
        .through(&policy)
        .assert_refused(StatusCode::GONE);
    testing::get("/c/").through(&policy).assert_redirect("/to");
}

#[test]
fn only_a_4xx_refuses_and_only_a_redirect_has_options_of_one() {
    let sentence = |rule: Rule| {
        let errors = Rules::new([Rule::found("/x", "/y"), rule]).unwrap_err();
        let error = errors.iter().next().unwrap();
        assert_eq!((error.rule(), error.part()), (Some(1), Some(Part::Rule)));
        sentence_of(error)
    };
    let day = Duration::from_secs(86_400);
    for rule in [Rule::pass("/a"), Rule::gone("/a")] {
        let rule = || rule.clone();
        for (wrong, expected) in [
            (
                rule().cache(day),
                "cache lifetime; remove the cache lifetime",
            ),
            (
                rule().after(StatusCode::NOT_FOUND),
                "waits for a response; remove the status",
            ),
            (
                rule().query(QueryPolicy::Drop),
                "query policy; remove the query policy",
            ),
            (
                rule().remove_param("x"),
                "edits the query; remove the edits",
            ),
            (
                rule().set_param("x", "y"),
                "edits the query; remove the edits",
            ),
            (
                rule().rename_param("x", "y"),
                "edits the query; remove the edits",
            ),
        ] {
            let sentence = sentence(wrong);
            assert!(sentence.contains(expected), "{sentence}");
        }
        assert!(Rules::new([rule().query(QueryPolicy::Keep)]).is_ok());
    }
    for status in [100, 200, 302, 399, 500, 999] {
        let status = StatusCode::from_u16(status).unwrap();
        let sentence = sentence(Rule::refuse(status, "/a"));
        assert!(
            sentence.contains("only with a 4xx status; use 410"),
            "{sentence}"
        );
    }
    for status in 400..500 {
        let status = StatusCode::from_u16(status).unwrap();
        let rules = all([Rule::refuse(status, "/a")]);
        assert_eq!(
            rules.iter().next().unwrap().outcome(),
            Outcome::Refuse(status)
        );
        testing::get("/a").through(&rules).assert_refused(status);
    }
    let errors = Rules::new([Rule::pass("a"), Rule::gone("/{x"), Rule::pass("/:x")]).unwrap_err();
    assert_eq!(errors.iter().len(), 3);
}

#[test]
fn a_rule_says_what_it_does() {
    let rules = all([
        Rule::pass("/a").host("a.example"),
        Rule::gone("/b/{x}").named("b"),
        Rule::found("/c", "/d"),
    ]);
    let say = |rule: RuleRef<'_>| (rule.to_string(), rule.target(), rule.status_choice());
    let said: Vec<_> = rules.iter().map(say).collect();
    let found = Some(Status::Found.into());
    assert_eq!(
        said,
        [
            ("a.example/a -> pass".to_owned(), String::new(), None),
            ("/b/{x} -> 410 Gone".to_owned(), String::new(), None),
            ("/c -> /d (302 Found)".to_owned(), "/d".to_owned(), found),
        ]
    );
}

/// A response that a rule refuses names the rule, and the app behind isn't asked.
#[test]
fn a_refusal_names_its_rule() {
    let file = all([Rule::found("/x", "/y"), Rule::gone("/b/{x}").named("b")]).in_file("rules");
    let response = ask(file, asked("/b/1", &[]));
    assert_eq!(response.status(), 410);
    let refusal = response.extensions().get::<Refusal>().unwrap();
    let rule = refusal.rule().unwrap();
    assert_eq!(
        (rule.number(), rule.name(), rule.file()),
        (1, Some("b"), Some("rules"))
    );
    assert_eq!((rule.source(), rule.target().as_str()), ("/b/{x}", ""));
    assert_eq!(rule.to_string(), "/b/{x} -> 410 Gone");
    assert_eq!(refusal.to_string(), "410 Gone: refused by a rule");
}

/// What a rule reads is named, so that a cache doesn't give it to another client.
#[test]
fn a_refusal_that_depends_on_a_header_says_so() {
    let secret = Rule::refuse(StatusCode::FORBIDDEN, "/a").unless(Condition::cookie("session"));
    let response = ask(all([secret]), asked("/a", &[]));
    assert_eq!(response.status(), 403);
    assert_eq!(field(&response, "vary"), Some("cookie"));
    assert_eq!(field(&response, "cache-control"), Some("private"));
}

#[test]
fn hits_are_those_of_redirects_and_refusals() {
    let rules = all([
        Rule::pass("/pass"),
        Rule::gone("/gone"),
        Rule::gone("/idle"),
        Rule::found("/found", "/to"),
    ])
    .count_hits();
    for path in ["/pass", "/gone", "/gone", "/found", "/none"] {
        ask(rules.clone(), asked(path, &[]));
    }
    let usage = rules.usage().unwrap();
    let hits: Vec<_> = usage.iter().map(|rule| rule.hits()).collect();
    assert_eq!(hits, [0, 2, 0, 1]);
    // A rule that passes has none, and isn't listed for that.
    let idle: Vec<_> = usage.never_hit().map(|rule| rule.source()).collect();
    assert_eq!(idle, ["/idle"]);
    let never = usage.not_hit_since(std::time::SystemTime::UNIX_EPOCH);
    assert_eq!(
        never.map(|rule| rule.source()).collect::<Vec<_>>(),
        ["/idle"]
    );
    let next = all([Rule::found("/new", "/to"), Rule::gone("/gone")]).count_hits_from(&rules);
    let hits: Vec<_> = next
        .usage()
        .unwrap()
        .iter()
        .map(|rule| rule.hits())
        .collect();
    assert_eq!(hits, [0, 2]);
}
