//! Rules from code, and how a report is shown.

use super::*;

#[test]
fn rules_from_code() {
    let beta = || Condition::cookie("beta");
    let post = [http::Method::POST];
    let both = [http::Method::GET, http::Method::POST];
    // By a method that is known.
    let chain = [
        Rule::temporary("/a", "/b").methods(post.clone()),
        Rule::temporary("/b", "/c").methods(both.clone()),
    ];
    assert_eq!(found(chain), [(RedirectChain, 0, vec![1])]);
    let other = [
        Rule::temporary("/a", "/b").methods(both),
        Rule::temporary("/b", "/c").methods(post),
    ];
    assert_eq!(found(other), [(PossibleChain, 0, vec![1])]);
    // Values of one condition.
    let wide = beta().one_of(["1", "2"]);
    let shadowed = |first: &Condition, second: &Condition| {
        let rules = [
            Rule::found("/a", "/x").when(first.clone()),
            Rule::found("/a", "/y").when(second.clone()),
        ];
        found(rules) == [(UnreachableRule, 1, vec![0])]
    };
    assert!(shadowed(&wide, &beta().equal_to("2")) && shadowed(&beta(), &wide));
    assert!(!shadowed(&beta().equal_to("2"), &wide) && !shadowed(&wide, &beta()));
    assert!(!shadowed(&Condition::cookie("alpha"), &beta()));
    let forbidden = |first: &Condition, second: &Condition| {
        let rules = [
            Rule::found("/a", "/x").unless(first.clone()),
            Rule::found("/a", "/y").unless(second.clone()),
        ];
        found(rules) == [(UnreachableRule, 1, vec![0])]
    };
    assert!(forbidden(&wide, &beta()) && forbidden(&beta().equal_to("1"), &wide));
    assert!(!forbidden(&beta(), &wide));
    // A regex, and what it may answer.
    let regex = [
        Rule::found(Source::regex("/a/.*"), "/x"),
        Rule::found("/a/{b}", "/y/{b}"),
        Rule::found("/a/b", "/z"),
        Rule::found("/b", "/z"),
    ];
    assert_eq!(
        found(regex),
        [(Undecided, 1, vec![0]), (UnreachableRule, 2, vec![1])]
    );
}

#[test]
fn what_is_the_same_of_many_rules_is_said_once() {
    let lines = (0..1_000).map(|at| format!("/a{at} /b\n"));
    let file = format!(
        "{}https://h.example/* https://n.example/z/:splat\n",
        lines.collect::<String>()
    );
    let report = netlify::parse(&file).unwrap().check();
    assert_eq!(
        report.to_string(),
        "rules:1: note: possible redirect chain: line 1001 may redirect the target \
         (999 more rules have this finding); \
         point this rule at the final target, if that is always the same URL",
    );
    let one = report.iter().next().unwrap();
    assert!(
        one.also_affected()
            .iter()
            .map(RelatedRule::rule)
            .eq(1..1_000)
    );
}

#[test]
#[should_panic(
    expected = "the rules have problems:\nrule 0: warning: redirect chain: `/b` is redirected again by rule 1; "
)]
fn a_test_fails_with_the_report() {
    let rules = Rules::new([Rule::permanent("/a", "/b"), Rule::permanent("/b", "/c")]);
    rules.unwrap().check().assert_clean();
}

#[test]
fn notes_do_not_fail_a_test() {
    let rules = Rules::new([Rule::found("/a/{x}", "/b/{x}"), Rule::found("/b/c", "/d")]).unwrap();
    let report = rules.check();
    let worst = report.iter().map(Finding::severity).max();
    assert_eq!(worst, Some(Severity::Note));
    report.assert_clean();
}

/// Circles that a request can go round in, each accepted because other requests do not.
#[test]
fn r9_a_circle_for_some_is_said() {
    let said = |rules: Vec<Rule>, asked: &str| {
        let rules = Rules::new(rules).unwrap();
        let report = rules.check();
        let is_circle =
            |kind| [PossibleLoop, PossibleEndlessRedirect, UndecidedLoop].contains(&kind);
        assert!(report.iter().any(|one| is_circle(one.code())), "{report}");
        let journey = testing::follow(&rules, testing::get(asked));
        assert_eq!(journey.end(), &End::TooManyRedirects, "{asked}");
    };
    // In one spelling a rule leads to where it was asked for, in another it does not.
    let swap = |source: &str, target: &str| {
        let rule = Rule::found(source, target);
        vec![rule.ignore_case()]
    };
    said(swap("/b/{p}/{q}", "/{q}/{q}/{p}"), "/b/b/B");
    said(swap("/{p}/{q}/a", "/{q}/{p}/{q}"), "/A/a/a");
    // What stands around two placeholders overlaps.
    let around = [
        Rule::found("/{p}a/a/{q}", "/{p}/b"),
        Rule::found("/{p}/{q}", "/a{p}/{p}/{p}"),
    ];
    said(around.into(), "/a/b");
}

/// A rule for a scheme answers only where somebody tells which one a request came over.
#[test]
fn r9_a_circle_behind_a_rule_for_a_scheme_is_refused() {
    for scheme in [HttpScheme::Http, HttpScheme::Https] {
        let rule = |source: &str, target: &str| {
            Rule::found(source, format!("{}://h.example{target}", scheme.as_str()))
                .host("h.example")
        };
        let circle = [rule("/a", "/b"), rule("/b", "/a")];
        let on_scheme = rule("/a", "/c").scheme(scheme);
        assert!(Rules::new(circle.clone()).is_err());
        assert!(Rules::new([on_scheme].into_iter().chain(circle)).is_err());
    }
}

#[test]
fn findings_of_a_file_name_it() {
    let file = "/a/:slug /b/:slug\n/b/:slug /c/:slug\n/c/* https://n.example/z/:splat\n";
    let rules = netlify::parse(file).unwrap().in_file("public/_redirects");
    assert_eq!(
        rules.check().to_string(),
        "public/_redirects:1: warning: redirect chain: the target is redirected 2 more times, first by line 2; \
         point this rule at the target of line 3, unless the app has a page at the target\n\
         public/_redirects:2: warning: redirect chain: the target is redirected again by line 3; \
         point this rule at the target of line 3, unless the app has a page at the target",
    );
}

#[test]
fn findings_are_shown_with_their_lines() {
    let file = "\u{feff}# moved\r\n  /a/:b /c  \r\n\r\n/* /d 301!\r\n/e /f\r\n";
    let rules = netlify::parse_lossy(file).rules.in_file("_redirects");
    assert_eq!(
        rules.check().with_text(file).to_snippets(),
        "\
warning: redirect chain: `/c` is redirected again by line 4
 --> _redirects:2:3
  |
2 |   /a/:b /c  
  |   ^^^^^^^^
  |
 ::: _redirects:4:1
  |
4 | /* /d 301!
  | ----------
  |
  = help: point this rule at `/d`

note: the target doesn't use the placeholder `b`
 --> _redirects:2:3
  |
2 |   /a/:b /c  
  |   ^^^^^^^^
  |
  = help: check whether the target needs it

warning: redirect chain: `/f` is redirected again by line 4
 --> _redirects:5:1
  |
5 | /e /f
  | ^^^^^
  |
 ::: _redirects:4:1
  |
4 | /* /d 301!
  | ----------
  |
  = help: point this rule at `/d`

warning: unreachable rule (shadowed by line 4)
 --> _redirects:5:1
  |
5 | /e /f
  | ^^^^^
  |
 ::: _redirects:4:1
  |
4 | /* /d 301!
  | ----------
  |
  = help: move this rule before line 4, or remove it",
    );
}

#[test]
fn findings_are_shown_without_a_line_too() {
    let rules = Rules::new([Rule::found("/a/{x}", "/b")]).unwrap();
    assert_eq!(
        rules.check().with_text("").to_snippets(),
        "\
note: the target doesn't use `{x}`
  |
  = note: rule 0
  = help: use it in the target, or start its name with `_`",
    );
    // A text that is not the one that was read.
    let rules = netlify::parse("/a/:x /b\n").unwrap();
    assert_eq!(
        rules.check().with_text("").to_snippets(),
        "\
note: the target doesn't use the placeholder `x`
 --> rules:1
  = help: check whether the target needs it",
    );
    let long = format!("/{}/:x /b # {}\n", "a".repeat(5_000), "b".repeat(5_000));
    let shown = netlify::parse(&long)
        .unwrap()
        .check()
        .with_text(&long)
        .to_snippets();
    assert!(shown.len() < 600, "{shown}");
}

#[test]
fn a_finding_about_the_whole_table_has_a_place() {
    let rule =
        |id| Rule::found("/a", format!("/b/{id}")).when(Condition::cookie(&format!("c{id}")));
    let findings = Rules::new((0..2_000).map(rule)).unwrap().check();
    let is_incomplete = |one: &&Finding| one.code() == FindingCode::IncompleteCheck;
    let finding = findings.iter().find(is_incomplete).unwrap();
    assert_eq!(
        finding.to_string(),
        "rules: note: too many rules overlap, so not all of them were checked; \
         split the table, or use narrower patterns",
    );
}

#[test]
#[should_panic(expected = "host `https://example.com`, byte 5: error: a host has no scheme")]
fn a_table_is_not_free_of_loops_if_a_host_is_invalid() {
    let rules = Rules::new([Rule::found("/a", "/b")]).unwrap();
    rules
        .check_for_hosts(["https://example.com"])
        .assert_no_loops();
}
