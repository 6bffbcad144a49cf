//! Several tables as one.

use tower_redirect::{
    rules::{Condition, Format, Precedence, Rule, Rules, Source},
    testing,
};

fn netlify(name: &str, text: &str) -> Rules {
    Format::Netlify.parse(text).unwrap().in_file(name)
}

#[test]
fn two_files_are_one_table() {
    let toml =
        "[[redirects]]\nfrom = '/a'\nto = '/3'\n[[redirects]]\nfrom = '/b/*'\nto = '/4/:splat'\n";
    let rules = Rules::builder()
        .append(netlify("_redirects", "# first\n/a /1\n/b/c /2 302!\n"))
        .append(
            Format::NetlifyToml
                .parse(toml)
                .unwrap()
                .in_file("netlify.toml"),
        )
        .build()
        .unwrap();
    for (path, location) in [("/a", "/1"), ("/b/c", "/2"), ("/b/d", "/4/d")] {
        testing::get(path).through(&rules).assert_redirect(location);
    }
    let places: Vec<_> = rules
        .iter()
        .map(|rule| (rule.number(), rule.file().unwrap(), rule.line().unwrap()))
        .collect();
    let expected = [
        (0, "_redirects", 2),
        (1, "_redirects", 3),
        (2, "netlify.toml", 2),
        (3, "netlify.toml", 5),
    ];
    assert_eq!(places, expected);
    // The redirect knows them too.
    let decision = testing::get("/b/d").through(&rules).decision().clone();
    let redirect = decision.into_target().unwrap();
    let rule = redirect.rule().unwrap();
    assert_eq!(
        (rule.number(), rule.file(), rule.line()),
        (3, Some("netlify.toml"), Some(5))
    );
    assert_eq!(
        rules.check().to_string(),
        "netlify.toml:2: warning: unreachable rule (shadowed by line 2 of `_redirects`); \
         move this rule before line 2 of `_redirects`, or remove it",
    );
}

#[test]
fn rules_that_pass_refuse_or_exclude_are_kept() {
    let first = [
        Rule::pass("/api{/*rest}").except(["/api/v1{/*r}"]),
        Rule::gone("/fax"),
    ];
    let second = Rules::new([Rule::found("/{*rest}", "https://n.example/{rest}")]).unwrap();
    let first = Rules::new(first).unwrap();
    let rules = Rules::builder()
        .append(first)
        .append(second)
        .build()
        .unwrap();
    testing::get("/api/v2").through(&rules).assert_pass();
    testing::get("/api/v1")
        .through(&rules)
        .assert_redirect("https://n.example/api/v1");
    testing::get("/fax")
        .through(&rules)
        .assert_refused(http::StatusCode::GONE);
    let texts: Vec<_> = rules.iter().map(|rule| rule.to_string()).collect();
    assert_eq!(texts[..2], ["/api{/*rest} -> pass", "/fax -> 410 Gone"]);
}

#[test]
fn everything_of_a_rule_is_kept() {
    let rules = [
        Rule::permanent("/a/{x}", "https://new.example/{x}?q={q}")
            .host("*.old.example")
            .when(Condition::query("q").captured_as("q"))
            .named("a"),
        Rule::found(Source::regex(r"/(\d+)/b"), "/b/{1}").ignore_case(),
        Rule::see_other(Source::prefix("/p"), "/q"),
        Rule::temporary("/t", "/u").after(http::StatusCode::NOT_FOUND),
        Rule::permanent("/t", "/v").host("x.example"),
    ];
    let one = Rules::new(rules.clone()).unwrap();
    let first = Rules::new([Rule::found("/first", "/").host("y.example")]).unwrap();
    let all = Rules::builder().append(first).append(one.clone());
    let all = all.rule(Rule::found("/last", "/")).build().unwrap();
    assert_eq!(all.len(), rules.len() + 2);
    let text = |rules: &Rules| -> Vec<_> {
        let rules = rules
            .iter()
            .map(|rule| (rule.to_string(), rule.name().map(str::to_owned)));
        rules.collect()
    };
    assert_eq!(text(&all)[1..=rules.len()], text(&one));
    assert!(
        all.iter()
            .all(|rule| rule.file().is_none() && rule.line().is_none())
    );
    for (path, host) in [
        ("/a/1?q=2&r", "www.old.example"),
        ("/a/1", "www.old.example"),
        ("/a/1?q=2", "old.example"),
        ("/12/B", "z.example"),
        ("/p/1/2", "z.example"),
        ("/t", "x.example"),
        ("/t", "z.example"),
        ("/", "z.example"),
    ] {
        let answer = |rules: &Rules| {
            let request = testing::get(path).header("host", host);
            format!(
                "{:?}",
                request
                    .through(rules)
                    .decision()
                    .clone()
                    .into_target()
                    .map(|redirect| {
                        (redirect.location().to_string(), redirect.timing().clone())
                    })
            )
        };
        assert_eq!(answer(&all), answer(&one), "{path} on {host}");
    }
}

#[test]
fn rules_without_a_file_between_files() {
    let rules = Rules::builder()
        .rule(Rule::found("/x", "/0"))
        .append(netlify("one", "/a /1\n/b /2\n"))
        .rules([Rule::found("/y", "/0"), Rule::found("/z", "/0")])
        .append(netlify("two", "\n\n/c /3\n"))
        .append(Rules::new([]).unwrap())
        .rule(Rule::found("/w", "/0"))
        .build()
        .unwrap();
    let places: Vec<_> = rules
        .iter()
        .map(|rule| rule.file().zip(rule.line()))
        .collect();
    let expected = [
        None,
        Some(("one", 1)),
        Some(("one", 2)),
        None,
        None,
        Some(("two", 3)),
        None,
    ];
    assert_eq!(places, expected);
    let report = Rules::builder()
        .append(rules)
        .rule(Rule::found("/c", "/9"))
        .build();
    assert_eq!(
        report.unwrap().check().to_string(),
        "rule 7: warning: unreachable rule (shadowed by line 3 of `two`); \
         move this rule before line 3 of `two`, or remove it",
    );
}

#[test]
fn every_report_names_the_file_if_there_are_several() {
    let rules = Rules::builder()
        .append(netlify("one", "/a /b 301!\n/c /a 301!\n/d /e 301!\n"))
        .append(netlify("two", "/b /z 301!\n/e /f\n"))
        .build()
        .unwrap();
    let flattened = rules.flatten();
    assert_eq!(
        flattened.changes()[0].to_string(),
        "line 1 of `one`: /b (301 Moved Permanently) becomes /z (301 Moved Permanently), \
         via line 1 of `two`",
    );
    let chain = flattened.remaining_chains()[0].to_string();
    let expected = "line 3 of `one` stays the same, because line 2 of `two` waits for a response";
    assert!(chain.starts_with(expected), "{chain}");
    assert_eq!(
        rules.diff(&Rules::new([]).unwrap()).changes()[3].to_string(),
        "- line 1 of `two`: /b -> /z (301 Moved Permanently)",
    );
    let explained = rules.explain(&testing::get("/b").head()).to_string();
    assert!(
        explained.contains("\nrule 3 (line 1 of `two`): /b"),
        "{explained}"
    );
}

#[test]
fn a_loop_through_two_files_is_an_error() {
    let one = netlify("one", "/a /b 301!\n");
    let two = netlify("two", "/x /y\n/b /a 301!\n");
    let errors = Rules::builder()
        .append(one)
        .append(two)
        .build()
        .unwrap_err();
    assert_eq!(
        errors.to_string(),
        "two:2, `/b -> /a`: error: redirect loop: `/a` \u{2192} `/b` \u{2192} `/a` (line 1 of `one` and \
         line 2 of `two`); remove one of these rules or change its target",
    );
}

#[test]
fn the_builder_says_which_rule_wins() {
    let general = || netlify("one", "/* /general 301!\n");
    let exact = || netlify("two", "/a /exact 301!\n");
    for (precedence, location) in [
        (Precedence::FirstMatch, "/general"),
        (Precedence::StaticFirst, "/exact"),
    ] {
        let rules = Rules::builder().append(general()).append(exact());
        let rules = rules.precedence(precedence).build().unwrap();
        testing::get("/a").through(&rules).assert_redirect(location);
    }
}

#[test]
fn snippets_of_several_files_show_no_lines_of_one() {
    let rules = Rules::builder()
        .append(netlify("one", "/a /1 301!\n/a /2 301!\n"))
        .append(netlify("two", "/a /3 301!\n"));
    let report = rules.build().unwrap().check();
    let text = report.with_text("/a /1 301!\n/a /2 301!\n").to_snippets();
    assert!(
        text.contains("--> one:2") && text.contains("--> two:1"),
        "{text}"
    );
    assert!(!text.contains("/a /2 301!"), "{text}");
}
