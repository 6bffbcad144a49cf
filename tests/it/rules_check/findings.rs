//! What `check` reports of a table without errors.

use super::*;

/// What a report says of a set, as kind, rule and related rules.
fn findings(rules: Vec<Rule>) -> Vec<(FindingCode, u32, Vec<u32>)> {
    let rules = Rules::new(rules).unwrap();
    let found = |one: &Finding| {
        (
            one.code(),
            one.rule().unwrap(),
            one.related().iter().map(RelatedRule::rule).collect(),
        )
    };
    rules.check().iter().map(found).collect()
}

#[test]
fn one_finding_for_each_mistake() {
    use FindingCode::{
        DuplicateRule, PermanentPerUser, PermanentToTemporary, PossibleChain, PossibleLoop,
        RedirectChain, UndecidedLoop, UnknownHost, UnreachableRule, UnusedCapture,
    };
    let beta = || Condition::cookie("beta");
    let x = |values: &[&str]| Condition::query("x").one_of(values);
    let found = Rule::found;
    for (rules, expected) in [
        (
            vec![found("/a", "/b"), found("/b", "/c")],
            vec![(RedirectChain, 0, vec![1])],
        ),
        (
            vec![found("/a", "/b"), found("/b", "/c"), found("/c", "/d")],
            vec![(RedirectChain, 0, vec![1, 2]), (RedirectChain, 1, vec![2])],
        ),
        (
            vec![found("/a/{x}", "/b/{x}"), found("/b/{*x}", "/c/{x}")],
            vec![(RedirectChain, 0, vec![1])],
        ),
        (
            vec![found("/a/{x}", "/b/{x}"), found("/b/c", "/d")],
            vec![(PossibleChain, 0, vec![1])],
        ),
        // The target has what the next rule requires.
        (
            vec![
                found("/a", "/b?x=1"),
                found("/b", "/c").when(x(&["1", "2"])),
            ],
            vec![(RedirectChain, 0, vec![1])],
        ),
        (
            vec![
                found("/a", "/b?x=1").query(QueryPolicy::Drop),
                found("/b", "/c").unless(x(&["2"])),
            ],
            vec![(RedirectChain, 0, vec![1])],
        ),
        (
            vec![found("/a", "/b?x=1"), found("/b", "/c").unless(x(&["2"]))],
            vec![(PossibleChain, 0, vec![1])],
        ),
        (
            vec![found("/a", "/b?x=1"), found("/b", "/c").unless(x(&["1"]))],
            vec![],
        ),
        // What is left of the values of one is covered by another.
        (
            vec![
                found("/a", "/b").when(x(&["2", "3"])),
                found("/a", "/c").when(x(&["1", "2"])).unless(x(&["1"])),
            ],
            vec![(UnreachableRule, 1, vec![0])],
        ),
        (
            vec![
                found("/a", "/b").when(x(&["2", "3"])),
                found("/a", "/c").when(x(&["1", "2"])),
            ],
            vec![],
        ),
        // Without the parameter, it leads to where it was asked for, and is not sent.
        (
            vec![found("/b", "/b").remove_param("x"), found("/a", "/b")],
            vec![(PossibleChain, 1, vec![0])],
        ),
        (
            vec![found("/{x}", "/b/{x}"), found("/a", "/c/d")],
            vec![(UnreachableRule, 1, vec![0])],
        ),
        (
            vec![found("/{*x}", "/b"), found("/a/{y}", "/c/{y}")],
            vec![
                (UnusedCapture, 0, vec![]),
                (RedirectChain, 1, vec![0]),
                (UnreachableRule, 1, vec![0]),
            ],
        ),
        (
            vec![found("/a", "/b"), found("/a", "/c")],
            vec![(UnreachableRule, 1, vec![0])],
        ),
        (
            vec![found("/a", "/b"), found("/a", "/b")],
            vec![(DuplicateRule, 1, vec![0])],
        ),
        (
            vec![found("/a", "/b"), found("/a", "/b").when(beta())],
            vec![(UnreachableRule, 1, vec![0])],
        ),
        (
            vec![found("/a", "/b").when(beta()), found("/a", "/c")],
            vec![],
        ),
        (
            vec![found("/a", "/b").host("a.example"), found("/a", "/c")],
            vec![],
        ),
        (
            vec![
                found("/a", "/b").host("*.a.example"),
                found("/a", "/c").host("b.a.example"),
            ],
            vec![(UnreachableRule, 1, vec![0])],
        ),
        (
            vec![found("/a", "/b").ignore_case(), found("/a", "/c")],
            vec![(UnreachableRule, 1, vec![0])],
        ),
        (
            vec![found("/a", "/b"), found("/a", "/c").ignore_case()],
            vec![],
        ),
        (
            vec![
                Rule::found(Source::regex("/a+"), "/b"),
                Rule::found(Source::regex("/a+"), "/c"),
            ],
            vec![(UnreachableRule, 1, vec![0])],
        ),
        (vec![found("/{x}/{_y}", "/{x}")], vec![]),
        (
            vec![found("/{x}/{y}", "/{x}")],
            vec![(UnusedCapture, 0, vec![])],
        ),
        (
            vec![permanent("/a", "/b").when(beta())],
            vec![(PermanentPerUser, 0, vec![])],
        ),
        (
            vec![permanent("/a", "/b").unless(Condition::header("Authorization"))],
            vec![(PermanentPerUser, 0, vec![])],
        ),
        (vec![found("/a", "/b").when(beta())], vec![]),
        (
            vec![permanent("/a", "/b"), found("/b", "/c")],
            vec![
                (RedirectChain, 0, vec![1]),
                (PermanentToTemporary, 0, vec![1]),
            ],
        ),
        (
            vec![
                found("/a", "/b").when(beta()),
                found("/b", "/a").when(Condition::header("x")),
            ],
            vec![
                (PossibleLoop, 1, vec![0]),
                (PossibleChain, 0, vec![1]),
                (PossibleChain, 1, vec![0]),
            ],
        ),
        (
            vec![found("/{*rest}", "https://new.example/app/{rest}")],
            vec![(UnknownHost, 0, vec![])],
        ),
        (
            vec![found("/a/{*rest}", "/{rest}/a")],
            vec![(UndecidedLoop, 0, vec![]), (PossibleChain, 0, vec![0])],
        ),
    ] {
        let text = format!("{rules:?}");
        let mut expected = expected;
        expected.sort_by_key(|(kind, rule, _)| (*rule, *kind));
        assert_eq!(findings(rules), expected, "{text}");
    }
}

#[test]
fn a_clean_table_is_clean() {
    for rules in no_loops() {
        let text = format!("{rules:?}");
        let report = Rules::new(rules).unwrap().check();
        let loops = [
            FindingCode::PossibleLoop,
            FindingCode::PossibleEndlessRedirect,
            FindingCode::UndecidedLoop,
        ];
        let found = report.iter().find(|one| loops.contains(&one.code()));
        assert_eq!(found, None, "{text}");
    }
}
