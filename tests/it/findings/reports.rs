//! Rules from code, and how a report is shown.

use super::*;

#[test]
fn rules_from_code() {
    let beta = || Has::cookie("beta");
    let post = [http::Method::POST];
    let both = [http::Method::GET, http::Method::POST];
    // By a method that is known.
    let chain = [
        Rule::temporary("/a", "/b").methods(post.clone()),
        Rule::temporary("/b", "/c").methods(both.clone()),
    ];
    assert_eq!(found(chain), [(Chain, 0, vec![1])]);
    let other = [
        Rule::temporary("/a", "/b").methods(both),
        Rule::temporary("/b", "/c").methods(post),
    ];
    assert_eq!(found(other), [(PossibleChain, 0, vec![1])]);
    // Values of one condition.
    let wide = beta().one_of(["1", "2"]);
    let shadowed = |first: &Has, second: &Has| {
        let rules = [
            Rule::found("/a", "/x").when(first.clone()),
            Rule::found("/a", "/y").when(second.clone()),
        ];
        found(rules) == [(Shadowed, 1, vec![0])]
    };
    assert!(shadowed(&wide, &beta().equal_to("2")) && shadowed(&beta(), &wide));
    assert!(!shadowed(&beta().equal_to("2"), &wide) && !shadowed(&wide, &beta()));
    assert!(!shadowed(&Has::cookie("alpha"), &beta()));
    let forbidden = |first: &Has, second: &Has| {
        let rules = [
            Rule::found("/a", "/x").unless(first.clone()),
            Rule::found("/a", "/y").unless(second.clone()),
        ];
        found(rules) == [(Shadowed, 1, vec![0])]
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
        [(NotProven, 1, vec![0]), (Shadowed, 2, vec![1])]
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
        "line 1: note: line 1001 may redirect the target again (the same of 999 more rules); \
         lead to the end at once where that is one address",
    );
    let one = report.iter().next().unwrap();
    assert!(one.others().iter().copied().eq(1..1_000));
}

#[test]
#[should_panic(
    expected = "the rules are not clean:\nrule 0: warning: 2 redirects to reach /c, by rule 1; "
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
        let is_circle = |kind| [Loop, Growth, NotProven].contains(&kind);
        assert!(report.iter().any(|one| is_circle(one.kind())), "{report}");
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
    for scheme in [Scheme::Http, Scheme::Https] {
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
        "public/_redirects:1: warning: 3 redirects to reach where line 3 leads, by line 2, unless the app has a page \
         on the way; lead there at once, or flatten the table\n\
         public/_redirects:2: warning: 2 redirects to reach where line 3 leads, unless the app has a page on the \
         way; lead there at once, or flatten the table",
    );
}

#[test]
fn findings_are_shown_with_their_lines() {
    let file = "\u{feff}# moved\r\n  /a/:b /c  \r\n\r\n/* /d 301!\r\n/e /f\r\n";
    let rules = netlify::parse_lossy(file).rules.in_file("_redirects");
    assert_eq!(
        rules.check().to_snippets(file),
        "\
warning: 2 redirects to reach /d, by line 4
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
  = help: lead there at once, or flatten the table

note: the target does not use the placeholder `b`
 --> _redirects:2:3
  |
2 |   /a/:b /c  
  |   ^^^^^^^^
  |
  = help: use it where its text is needed

warning: 2 redirects to reach /d, by line 4
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
  = help: lead there at once, or flatten the table

warning: line 4 answers everything that this one would
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
  = help: put this one before it, or remove this one",
    );
}

#[test]
fn findings_are_shown_without_a_line_too() {
    let rules = Rules::new([Rule::found("/a/{x}", "/b")]).unwrap();
    assert_eq!(
        rules.check().to_snippets(""),
        "\
note: the target does not use `{x}`
  |
  = note: this is rule 0
  = help: use it, or begin its name with `_`",
    );
    // A text that is not the one that was read.
    let rules = netlify::parse("/a/:x /b\n").unwrap();
    assert_eq!(
        rules.check().to_snippets(""),
        "\
note: the target does not use the placeholder `x`
 --> rules:1
  = help: use it where its text is needed",
    );
    let long = format!("/{}/:x /b # {}\n", "a".repeat(5_000), "b".repeat(5_000));
    let shown = netlify::parse(&long).unwrap().check().to_snippets(&long);
    assert!(shown.len() < 600, "{shown}");
}
