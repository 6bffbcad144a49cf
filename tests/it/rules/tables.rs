//! Which rule of a table matches.

use super::*;

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
        Some("/100%25"),
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
        "`:name` isn't a placeholder; write `{name}`, or make the source exact for a literal `:`";
    let star =
        "`*` isn't a placeholder; write `{*rest}`, or make the source exact for a literal `*`";
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
            (error.position().unwrap_or_default(), &*sentence_of(error)),
            (at, sentence),
            "{shown}"
        );
        assert_eq!((error.rule(), other.rule()), (Some(0), Some(1)));
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
    assert_eq!((parsed.rules.len(), parsed.findings.iter().count()), (1, 1));
    let request = testing::get("/b").header("host", "a example");
    request.through(&parsed.rules).assert_redirect("/c");
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
