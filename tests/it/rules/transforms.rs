//! Targets that transform what they capture.

use tower_redirect::rules::{Finding, FindingCode, RemainingChain};

use super::*;

fn all(rules: impl IntoIterator<Item = Rule>) -> Rules {
    Rules::new(rules).unwrap()
}

#[test]
fn r2_escapes_stay_and_other_letters_change() {
    let rules = all([
        Rule::found("/l/{*x}", "/{x|lower}"),
        Rule::found("/u/{x}", "/{x|upper}?{x|lower}#{x|dash}"),
        Rule::found("/d?q={q}", "/{q|dash|upper}"),
        Rule::found("/h", "/{h|dash|lower}").when(Condition::header("h").captured_as("h")),
        Rule::found(Source::regex("/r/(?<a>.+)"), "/{a|dash}"),
    ]);
    for (target, expected) in [
        ("/l/A%2FB/C_D%c3%89", "/a%2Fb/c_d%c3%89"),
        ("/l/%41", "/%41"),
        ("/l/%zZ%", "/%25zz%25"),
        ("/u/a_%2f", "/A_%2f?a_%2f#a-%2f"),
        ("/d?q=a_b+%5f", "/A-B%20%5f"),
        ("/r/_%5F_", "/-%5F-"),
    ] {
        testing::get(target)
            .through(&rules)
            .assert_redirect(expected);
    }
    // A header has no escapes.
    let request = testing::get("/h").header("h", "A_%4A");
    request.through(&rules).assert_redirect("/a-%254a");
}

#[test]
fn what_is_transformed_already_is_not_redirected() {
    let rules = all([Rule::permanent("/{x}", "/{x|lower}")]);
    testing::get("/AbC?Q=R")
        .through(&rules)
        .assert_redirect("/abc?Q=R");
    let explanation = |path: &str| rules.explain(&testing::get(path).head()).not_sent();
    assert_eq!(explanation("/abc"), Some(NotSentReason::SelfTarget));
    assert_eq!(explanation("/%41"), Some(NotSentReason::SelfTarget));
    assert_eq!(explanation("/A"), None);
    assert_eq!(
        rules.iter().next().unwrap().to_string(),
        "/{x} -> /{x|lower} (308 Permanent Redirect)"
    );
}

/// A redirect to the same text in lower case comes to an end, so there is nothing to report.
#[test]
fn one_transform_of_a_path_is_no_loop() {
    for rules in [
        vec![Rule::permanent("/{x}", "/{x|lower}")],
        vec![Rule::permanent("/{x}", "/{x|dash|upper}")],
        vec![Rule::permanent("/{*rest}", "/{rest|lower}")],
        vec![Rule::permanent(
            "/a/{x}{/*rest}",
            "/a/{x|lower}{/*rest|dash}",
        )],
        vec![
            Rule::permanent("/a/{x}", "/b/{x|lower}"),
            Rule::permanent("/c/{x}", "/a/{x|upper}").except(["/c/{_a}/b"]),
        ],
        vec![Rule::found("/{x}", "/{x|lower}").after(StatusCode::NOT_FOUND)],
    ] {
        let rules = all(rules);
        let report = rules.check();
        let loops = [
            FindingCode::PossibleLoop,
            FindingCode::PossibleEndlessRedirect,
            FindingCode::UndecidedLoop,
        ];
        assert!(
            !report.iter().any(|one| loops.contains(&one.code())),
            "{report}"
        );
    }
}

#[test]
fn transforms_that_undo_each_other_are_a_loop() {
    for rules in [
        vec![
            Rule::permanent("/l/{x}", "/u/{x|upper}"),
            Rule::permanent("/u/{x}", "/l/{x|lower}"),
        ],
        vec![
            Rule::permanent("/l/{*x}", "/u/{x|upper}"),
            Rule::permanent("/u/{*x}", "/l/{x|lower}"),
        ],
        vec![Rule::permanent("/{x}/{y}", "/{y|lower}/{x|dash}")],
        vec![Rule::permanent("/{x}{/*rest}", "/{x}/{x|lower}{/*rest}")],
    ] {
        let text = format!("{rules:?}");
        match Rules::new(rules) {
            Err(errors) => assert!(errors.to_string().contains("redirect"), "{errors}"),
            Ok(rules) => {
                let report = rules.check();
                let loops = [
                    FindingCode::PossibleLoop,
                    FindingCode::PossibleEndlessRedirect,
                    FindingCode::UndecidedLoop,
                ];
                assert!(
                    report.iter().any(|one| loops.contains(&one.code())),
                    "{text}: {report}"
                );
            }
        }
    }
}

/// Two rules for one path, of which only the first is asked, lead a letter back and forth.
#[test]
fn a_loop_of_some_letters_is_not_silent() {
    let conditional = [
        Rule::found("/{x}", "/{x|lower}").when(Condition::cookie("l")),
        Rule::found("/{x}", "/{x|upper}"),
    ];
    let report = all(conditional).check();
    // With the cookie, the first always answers; without it, the second.
    assert!(
        !report
            .iter()
            .any(|one| one.code() == FindingCode::PossibleLoop),
        "{report}"
    );

    let by_letter = [
        Rule::found("/a{x}", "/A{x|upper}"),
        Rule::found("/A{x}", "/a{x|lower}"),
    ];
    let errors = Rules::new(by_letter).map(|rules| rules.check().to_string());
    let text = errors.unwrap_or_else(|errors| errors.to_string());
    assert!(
        text.contains("loop") || text.contains("undecided"),
        "{text}"
    );
}

#[test]
fn chains_and_leading_rules_are_found() {
    let rules = all([
        Rule::permanent("/a/{x}", "/b/{x|lower}"),
        Rule::permanent("/b/{x}", "/c/{x}"),
    ]);
    let kinds: Vec<FindingCode> = rules.check().iter().map(Finding::code).collect();
    assert_eq!(kinds, [FindingCode::RedirectChain]);
    let flat = rules.flatten();
    assert!(flat.changes().is_empty());
    let reasons: Vec<&str> = flat
        .remaining_chains()
        .iter()
        .map(RemainingChain::reason)
        .collect();
    assert_eq!(reasons, ["transforms a placeholder"]);

    let leading = |url: &str| {
        rules
            .leading_to(url)
            .unwrap()
            .map(|rule| rule.number())
            .collect::<Vec<_>>()
    };
    assert_eq!(leading("/b/abc"), [0]);
    assert_eq!(leading("/b/a/b"), [] as [u32; 0]);
    assert_eq!(leading("/c/ABC"), [1]);
}

#[test]
fn another_transform_is_a_difference() {
    let of = |target: &str| all([Rule::found("/{x}", target)]);
    assert!(
        of("/n/{x|lower|dash}")
            .diff(&of("/n/{x|dash|lower}"))
            .is_empty()
    );
    let (before, after) = (of("/n/{x}"), of("/n/{x|lower}"));
    assert!(!before.diff(&after).is_empty());
}

#[test]
fn a_rule_that_waits_skips_only_a_part_of_its_urls() {
    let after = |source: &str, target: &str| {
        all([Rule::found(source, target).after(StatusCode::NOT_FOUND)])
    };
    let lower = after("/{x}", "/{x|lower}");
    testing::get("/A").through(&lower).assert_redirect("/a");
    let english = after("/{*rest?}", "/en/{rest|lower}");
    testing::get("/A")
        .through(&english)
        .assert_redirect("/en/a");
    testing::get("/en/A").through(&english).assert_pass();
}
