//! What is said of rules that pass or refuse: explanations, checks, diffs and flattened tables.

use tower_redirect::rules::{Finding, FindingCode};

use super::*;

fn all(rules: impl IntoIterator<Item = Rule>) -> Rules {
    Rules::new(rules).unwrap()
}

fn explained(rules: &Rules, request: &testing::TestRequest) -> String {
    rules.explain(&request.head()).to_string()
}

#[test]
fn an_explanation_says_what_becomes_of_the_request() {
    let rules = all([
        Rule::pass("/api{/*rest}"),
        Rule::gone("/api/{x}").methods([Method::POST]),
        Rule::gone("/fax").host("a.example"),
        Rule::found("/{*rest}", "https://n.example/{rest}"),
    ]);
    assert_eq!(
        explained(&rules, &testing::get("/api/x")),
        "GET /api/x\n\
         rule 0: /api{/*rest} -> pass: matches\n\
         rule 1: /api/{x} -> 410 Gone: no match, it is for other methods\n\
         rule 3: /{*rest} -> https://n.example/{rest} (302 Found): no match, another rule wins\n\
         the request passes through"
    );
    let request = testing::get("/fax").header("host", "a.example");
    assert_eq!(
        explained(&rules, &request),
        "GET /fax, host a.example\n\
         rule 2: a.example/fax -> 410 Gone: matches\n\
         rule 3: /{*rest} -> https://n.example/{rest} (302 Found): no match, another rule wins\n\
         refused with 410 Gone"
    );
    let head = request.head();
    let explanation = rules.explain(&head);
    assert_eq!(explanation.winner().unwrap().number(), 2);
    assert_eq!(explanation.refusal().unwrap().rule().unwrap().number(), 2);
    assert!(explanation.redirect().is_none() && explanation.not_sent().is_none());

    let invalid = testing::get("/fax").header("host", "a example");
    let text = explained(&rules, &invalid);
    assert!(
        text.ends_with("refused with 400: invalid `Host` header"),
        "{text}"
    );
}

#[test]
fn a_check_knows_where_a_rule_ends_the_way() {
    for rules in [
        // No chain: the target passes, or is refused.
        vec![
            Rule::pass("/b"),
            Rule::found("/a", "/b"),
            Rule::found("/{x}/c", "/{x}/d"),
        ],
        vec![Rule::gone("/b"), Rule::found("/a", "/b")],
        vec![Rule::gone("/a/b"), Rule::found("/c/{x}", "/a/{x}")],
        // Nothing uses what it captures, and nobody caches it.
        vec![Rule::gone("/a/{x}").when(Condition::cookie("c").captured_as("y"))],
        vec![Rule::pass("/a/{x}/{*rest}")],
    ] {
        let report = all(rules.clone()).check().to_string();
        assert_eq!(report, "", "{rules:?}");
    }
    // A rule before them interrupts the loop.
    for ends in [Rule::pass("/b"), Rule::gone("/b")] {
        let rules = [ends, Rule::found("/a", "/b"), Rule::found("/b", "/a")];
        let loops = Rules::new(rules.iter().skip(1).cloned()).unwrap_err();
        assert!(loops.to_string().contains("redirect loop"));
        let report = all(rules).check();
        assert!(report.iter().all(|one| one.rule() == Some(2)), "{report}");
        let mut kinds = report.iter().map(Finding::code);
        assert!(kinds.all(|kind| matches!(
            kind,
            FindingCode::RedirectChain | FindingCode::UnreachableRule
        )));
    }
    let endless = Rule::found("/x/{*rest}", "/x/y/{rest}");
    assert!(Rules::new([endless.clone()]).is_err());
    assert!(Rules::new([Rule::pass("/x/y/{*rest}"), endless.clone()]).is_ok());
    assert!(Rules::new([endless, Rule::pass("/x/y/{*rest}")]).is_err());
}

#[test]
fn a_check_finds_what_rules_without_a_redirect_hide_and_repeat() {
    for (rules, expected) in [
        (
            vec![Rule::pass("/a/{*rest}"), Rule::found("/a/b", "/c")],
            "rule 1: warning: unreachable rule (shadowed by rule 0); move this rule before rule 0, \
             or remove it",
        ),
        (
            vec![Rule::found("/a{/*_}", "/c"), Rule::gone("/a")],
            "rule 1: warning: unreachable rule (shadowed by rule 0); move this rule before rule 0, \
             or remove it",
        ),
        (
            vec![Rule::gone("/a"), Rule::gone("/a")],
            "rule 1: note: duplicate rule (same as rule 0); remove one of them",
        ),
        (
            vec![Rule::gone("/a"), Rule::pass("/a")],
            "rule 1: warning: unreachable rule (shadowed by rule 0); move this rule before rule 0, \
             or remove it",
        ),
        (
            vec![Rule::gone("/a"), Rule::refuse(StatusCode::NOT_FOUND, "/a")],
            "rule 1: warning: unreachable rule (shadowed by rule 0); move this rule before rule 0, \
             or remove it",
        ),
        // Some requests pass, and the others are redirected again.
        (
            vec![
                Rule::pass("/b").when(Condition::cookie("beta")),
                Rule::found("/a", "/b"),
                Rule::found("/b", "/c"),
            ],
            "rule 1: note: possible redirect chain: rule 2 may redirect the target; point this rule \
             at the final target, if that is always the same URL",
        ),
    ] {
        assert_eq!(
            all(rules.clone()).check().to_string(),
            expected,
            "{rules:?}"
        );
    }
}

#[test]
fn flattening_ends_where_a_rule_passes_or_refuses() {
    for ends in [Rule::pass("/c"), Rule::gone("/c")] {
        let rules = all([
            ends.clone(),
            Rule::found("/a", "/b"),
            Rule::found("/b", "/c"),
            Rule::found("/c", "/d"),
        ]);
        let flattened = rules.flatten();
        assert_eq!(
            flattened.to_string(),
            "rule 1: /b (302 Found) becomes /c (302 Found), via rule 2",
            "{ends:?}"
        );
        let kept = flattened.rules().iter().next().unwrap();
        assert_eq!(kept.to_string(), rules.iter().next().unwrap().to_string());
        assert!(flattened.remaining_chains().is_empty());
    }
}

#[test]
fn a_diff_compares_outcomes() {
    let rest = || Rule::found("/{*rest}", "https://n.example/{rest}");
    for (old, new, expected) in [
        (vec![Rule::pass("/a")], vec![Rule::pass("/a")], vec![]),
        // Without a rule behind them, they make no difference.
        (vec![Rule::pass("/a")], vec![], vec![]),
        (vec![], vec![Rule::pass("/a/{x}")], vec![]),
        (
            vec![Rule::pass("/a")],
            vec![Rule::gone("/a")],
            vec!["~ /a -> pass becomes 410 Gone"],
        ),
        (
            vec![Rule::gone("/a")],
            vec![Rule::refuse(StatusCode::NOT_FOUND, "/a")],
            vec!["~ /a -> 410 Gone becomes 404 Not Found"],
        ),
        (
            vec![Rule::found("/a", "/b")],
            vec![Rule::pass("/a")],
            vec!["~ /a -> /b (302 Found) becomes pass"],
        ),
        (
            vec![Rule::gone("/a")],
            vec![Rule::found("/a", "/b")],
            vec!["~ /a -> 410 Gone becomes /b (302 Found)"],
        ),
        (vec![], vec![Rule::gone("/a")], vec!["+ /a -> 410 Gone"]),
        (vec![Rule::gone("/a")], vec![], vec!["- /a -> 410 Gone"]),
        (
            vec![rest()],
            vec![Rule::pass("/a"), rest()],
            vec![
                "! GET /a: /a -> pass matches instead of \
                  /{*rest} -> https://n.example/{rest} (302 Found)",
            ],
        ),
        // One rule for all of them.
        (
            vec![Rule::gone("/a/b"), Rule::gone("/a/{x}")],
            vec![Rule::gone("/a/{x}")],
            vec![],
        ),
    ] {
        let (old, new) = (all(old), all(new));
        let text = old.diff(&new).to_string();
        assert_eq!(text.lines().collect::<Vec<_>>(), expected, "{old:?}");
    }
}

#[test]
fn only_redirects_lead_to_a_url() {
    let rules = all([
        Rule::pass("/a"),
        Rule::gone("/{x}"),
        Rule::found("/b/{x}", "/{x}"),
    ]);
    let leading: Vec<_> = rules
        .leading_to("/410")
        .unwrap()
        .map(|rule| rule.number())
        .collect();
    assert_eq!(leading, [2]);
}

/// Routes are compared with redirects: only these hide a page or lead to none.
#[tokio::test]
async fn a_check_of_routes_knows_what_a_rule_refuses() {
    let app: Router = Router::new()
        .route("/page", get(|| async {}))
        .route("/api", get(|| async {}));
    let rules = all([
        Rule::pass("/api"),
        Rule::gone("/page"),
        Rule::refuse(StatusCode::FORBIDDEN, "/secret"),
        Rule::found("/old", "/page"),
        Rule::found("/older", "/api"),
        Rule::found("/oldest", "/secret"),
    ]);
    let report = testing::check_routes(&app, &rules).await;
    assert_eq!(
        report.to_string(),
        "rule 3, `/old -> /page`: warning: the target /page responds with 410 Gone; fix the \
         target, or remove the rule\n\
         4 URLs checked"
    );
}
