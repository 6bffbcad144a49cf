//! Random tables, against the rules one by one.

use super::*;

pub(super) mod sets {
    //! Small sets of rules, and every request that can tell them apart.

    use proptest::prelude::*;
    use tower_redirect::rules::{Condition, Precedence, QueryPolicy, Rule};
    use tower_redirect::testing::{self, TestRequest};
    use tower_redirect::{Status, location::HttpScheme, status::Intent};

    const SEGMENTS: [&str; 6] = ["a", "b", "c", "{x}", "{y}", "a{x}"];

    fn path(segments: &[usize], tail: bool) -> String {
        let mut seen = Vec::new();
        let mut text = String::new();
        for at in segments {
            let mut segment = SEGMENTS[*at % SEGMENTS.len()];
            // Each name is there once.
            let name = segment.find('{').map(|at| &segment[at..]);
            if name.is_some_and(|name| seen.contains(&name)) {
                segment = "c";
            }
            seen.extend(name);
            text.push('/');
            text.push_str(segment);
        }
        if tail {
            text.push_str("/{*rest}");
        }
        if text.is_empty() {
            "/".to_owned()
        } else {
            text
        }
    }

    fn target(source: &str, pieces: &[usize]) -> String {
        let all = [
            "a",
            "b",
            "c",
            "{x}",
            "{y}",
            "{rest}",
            "a{x}",
            "{x}b",
            "A",
            "{x|lower}",
            "{x|upper}",
            "{rest|lower}",
            "{rest|upper}",
        ];
        let mut text = String::new();
        for at in pieces {
            let piece = all[*at % all.len()];
            let bound = ["x", "y", "rest"].iter().all(|name| {
                !piece.contains(&format!("{{{name}")) || source.contains(&format!("{name}}}"))
            });
            text.push('/');
            text.push_str(if bound { piece } else { "b" });
        }
        if text.is_empty() {
            "/".to_owned()
        } else {
            text
        }
    }

    pub(in super::super) fn rule() -> impl Strategy<Value = Rule> {
        // Half of all paths are one literal segment, so that many rules follow each other.
        let pieces = || {
            let one = prop::collection::vec(0_usize..3, 1);
            prop_oneof![prop::collection::vec(0_usize..13, 0..3), one]
        };
        (
            pieces(),
            any::<bool>(),
            pieces(),
            0..8_u8,
            0..28_u8,
            0..10_u8,
            0..8_u8,
            prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(0..10_u8, 1..4)],
        )
            .prop_map(
                |(segments, tail, pieces, how, condition, query, policy, more)| {
                    let mut source = path(&segments, tail);
                    let mut target = target(&source, &pieces);
                    match query {
                        0 => target.push_str("?x=1"),
                        3 => target.push_str("#f"),
                        4 => target.push_str("?y=2#g"),
                        5 => target.push_str("?y=2&&%78=4&y=5"),
                        6 => target.push_str("?z&x="),
                        7 if source.contains("{x}") => target.push_str("?y={x}&{x}"),
                        1 => source.push_str("?x=1"),
                        2 => source.push_str("?x={q}"),
                        _ => {}
                    }
                    match condition {
                        16 => target.insert_str(0, "http://a.example:8080"),
                        17 => target.insert_str(0, "http://a.example"),
                        25..=27 if source.contains("{x}") => {
                            target.insert_str(0, "http://{x}.s.example");
                        }
                        _ => {}
                    }
                    let redirects = how < 6;
                    let rule = match how {
                        6 => Rule::pass(source),
                        7 => Rule::gone(source),
                        0 => Rule::new(Status::Found, source, target),
                        1 => Rule::new(Status::SeeOther, source, target),
                        2 => Rule::new(Intent::Temporary, source, target),
                        3 => Rule::new(Status::MovedPermanently, source, target),
                        _ => Rule::new(Status::PermanentRedirect, source, target),
                    };
                    let rule = more.into_iter().fold(rule, with_condition);
                    let rule = match policy {
                        _ if !redirects => rule,
                        0 => rule.query(QueryPolicy::Drop),
                        1 | 2 => rule.query(QueryPolicy::Merge),
                        3 => rule.query(QueryPolicy::TargetWins),
                        _ => rule,
                    };
                    match condition {
                        4 | 5 | 7 | 9 | 11..=13 if !redirects => rule,
                        0 => rule.when(Condition::cookie("beta")),
                        1 => rule.unless(Condition::cookie("beta")),
                        2 => rule.methods([http::Method::POST]),
                        3 => rule.methods([http::Method::GET]),
                        4 => rule.remove_param("y").set_param("x", "5"),
                        5 => rule.rename_param("y", "z").remove_param("x"),
                        6 => rule.ignore_trailing_slash(),
                        7 => rule.remove_param("x"),
                        9 => rule.set_param("y", "3"),
                        10 => rule.when(Condition::query("y")),
                        11 => rule.rename_param("x", "y"),
                        12 => rule.rename_param("x", "y").set_param("y", "1"),
                        13 => rule.rename_param("x", "a b").set_param("z", "1"),
                        14 | 16 | 17 => rule.host("a.example"),
                        25 => rule.host("a.s.example"),
                        15 | 26 => rule.host("*.example"),
                        18 => rule.scheme(HttpScheme::Https),
                        19 => rule.scheme(HttpScheme::Http),
                        8 => rule.when(Condition::query("x")),
                        20 => rule.except(["/a{/*z}"]),
                        21 => rule.except(["/b", "/{z}/b"]),
                        22 => rule.except_methods([http::Method::POST]),
                        23 => rule.except_methods([http::Method::GET, http::Method::HEAD]),
                        24 => rule.only_these_parameters(),
                        _ => rule,
                    }
                },
            )
    }

    /// Adds a condition that looks at values.
    fn with_condition(rule: Rule, which: u8) -> Rule {
        let x = |values: &[&str]| Condition::query("x").one_of(values);
        let beta = |values: &[&str]| Condition::cookie("beta").one_of(values);
        match which {
            0 => rule.when(x(&["1", "2"])),
            1 => rule.when(x(&["2", "3"])),
            2 => rule.unless(x(&["1"])),
            3 => rule.unless(x(&["2", "3"])),
            4 => rule.unless(Condition::query("x")),
            5 => rule.when(Condition::query("x")),
            6 => rule.when(beta(&["1", "2"])),
            7 => rule.unless(beta(&["1"])),
            8 => rule.when(Condition::cookie("beta")),
            _ => rule.when(Condition::query("y").one_of(["2", "3"])),
        }
    }

    pub(in super::super) fn precedence() -> impl Strategy<Value = Precedence> {
        prop::sample::select(vec![
            Precedence::FirstMatch,
            Precedence::StaticFirst,
            Precedence::MostSpecific,
        ])
    }

    /// Requests of all kinds that the rules above tell apart.
    pub(in super::super) fn requests() -> impl Iterator<Item = TestRequest> {
        let words = ["a", "b", "c", "ab", "z", "A"];
        let mut paths = vec!["/".to_owned()];
        for one in words {
            paths.push(format!("/{one}"));
            paths.push(format!("/{one}/"));
            for two in words {
                paths.push(format!("/{one}/{two}"));
                for three in ["a", "b", "z"] {
                    paths.push(format!("/{one}/{two}/{three}"));
                }
            }
        }
        paths.into_iter().flat_map(|path| {
            let queries = ["", "?x=1", "?x=2", "?x=3&x=1", "?&z&y=2&&"];
            queries.into_iter().flat_map(move |query| {
                let address = format!("{path}{query}");
                let get = testing::get(&address);
                let post = testing::post(&address);
                let beta = testing::get(&address).header("cookie", "beta=1");
                let beta_2 = testing::get(&address).header("cookie", "beta=2");
                let host = testing::get(&address).header("host", "a.example");
                let http = host.clone().scheme(HttpScheme::Http);
                let port = testing::get(&address).header("host", "a.example:8080");
                let https = get.clone().scheme(HttpScheme::Https);
                [get, post, beta, beta_2, host, http, port, https]
            })
        })
    }
}

/// The rules one by one, each in a table of its own: what a table decides without looking for loops.
struct Naive(Vec<Rules>);

impl Policy for Naive {
    type Target = Redirect;

    fn decide(&self, request: &RequestHead<'_>) -> Decision {
        let passes = |rules: &Rules| {
            let rule = rules.find(request);
            rule.is_some_and(|rule| rule.outcome() == Outcome::Pass)
        };
        for rules in &self.0 {
            let decision = rules.decide(request);
            if !decision.is_pass() || passes(rules) {
                return decision;
            }
        }
        Decision::pass()
    }
}

fn ends(policy: &impl Policy<Target = Redirect>, request: testing::TestRequest) -> bool {
    *testing::follow(policy, request).end() != End::TooManyRedirects
}

fn may_loop(findings: &Findings) -> bool {
    let loops = [
        FindingCode::RedirectLoop,
        FindingCode::EndlessRedirect,
        FindingCode::PossibleLoop,
        FindingCode::PossibleEndlessRedirect,
        FindingCode::UndecidedLoop,
    ];
    findings.iter().any(|one| loops.contains(&one.code()))
}

/// Sets that failed once are tried again.
pub(super) fn config() -> ProptestConfig {
    let failures = "tests/it/rules_check.proptest-regressions";
    ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(failures))),
        ..crate::cases::config(20)
    }
}

proptest! {
    #![proptest_config(config())]

    /// R9: whatever loops is an error or a finding, and every error is a loop.
    #[test]
    fn r9_no_loop_is_silent_and_no_error_is_made_up(
        set in prop::collection::vec(sets::rule(), 1..5),
    ) {
        let built = Rules::new(set.clone());
        let alone: Result<Vec<_>, _> = set.iter().map(|rule| Rules::new([rule.clone()])).collect();
        // One that loops by itself may be shadowed in the set; the tables above have these.
        let Ok(alone) = alone else {
            return Ok(());
        };
        let naive = Naive(alone);
        let findings = match built {
            Err(errors) => errors,
            Ok(rules) => {
                let lost = sets::requests().find(|request| !ends(&naive, request.clone()));
                // Without names of hosts, a loop over another host is at least a note.
                let plain = rules.check();
                let has_note = plain.iter().any(|one| one.code() == FindingCode::UnknownHost);
                prop_assert!(
                    lost.is_none() || has_note || may_loop(&plain),
                    "{lost:?} loops:\n{plain}"
                );
                // Every host of a target is one of the site.
                let findings = rules.check_for_hosts(["a.example", "*.s.example"]);
                prop_assert!(lost.is_none() || may_loop(&findings), "{lost:?} loops:\n{findings}");
                findings
            }
        };
        // Each loop has a request that goes round, unless it is undecided.
        for finding in &findings {
            let is_certain = finding.severity() == Severity::Error;
            prop_assert!(finding.request().is_some() || !is_certain, "{finding}");
            let request = finding.request().cloned();
            prop_assert!(!request.is_some_and(|request| ends(&naive, request)), "{finding}");
        }
    }

    /// A flattened table leads every request where it led before, by the same method or GET.
    #[test]
    fn flattened_rules_lead_where_they_led(
        set in prop::collection::vec(sets::rule(), 1..6),
        precedence in sets::precedence(),
    ) {
        let Ok(rules) = Rules::builder().precedence(precedence).rules(set).build() else {
            return Ok(());
        };
        let flattened = rules.flatten();
        for chain in flattened.remaining_chains() {
            let (rule, next, reason) = (chain.rule(), chain.next(), chain.reason());
            let said = [rule, next]
                .map(|who| format!("rule {rule} stays the same, because rule {who} {reason}"));
            prop_assert!(rule != next || reason.contains("loop"), "{}", chain);
            prop_assert!(said.contains(&chain.to_string()), "{}", chain);
        }
        for request in sets::requests() {
            let before = testing::follow(&rules, request.clone());
            let after = testing::follow(flattened.rules(), request);
            if *before.end() == End::TooManyRedirects {
                continue;
            }
            let told = || format!("{flattened}\n{before}\n{after}");
            prop_assert_eq!(before.end(), after.end(), "{}", told());
            prop_assert_eq!(before.url(), after.url(), "{}", told());
            prop_assert_eq!(before.method(), after.method(), "{}", told());
            prop_assert!(after.hops().len() <= before.hops().len(), "{}", told());
            let lasts = |journey: &testing::Journey| {
                journey.hops().iter().all(|hop| hop.status.is_permanent())
            };
            prop_assert_eq!(lasts(&before), lasts(&after), "{}", told());
        }
    }

    /// What is said never to answer does not, and what is said to be redirected again is.
    #[test]
    fn what_is_found_is_so(
        set in prop::collection::vec(sets::rule(), 1..6),
        precedence in sets::precedence(),
    ) {
        let Ok(rules) = Rules::builder().precedence(precedence).rules(set).build() else {
            return Ok(());
        };
        let report = rules.check();
        let of = |kinds: &[FindingCode]| -> Vec<u32> {
            let found = report.iter().filter(|one| kinds.contains(&one.code()));
            found.filter_map(Finding::rule).collect()
        };
        let hidden = of(&[FindingCode::UnreachableRule, FindingCode::DuplicateRule]);
        let chained = of(&[FindingCode::RedirectChain]);
        for request in sets::requests() {
            let head = request.head();
            let explanation = rules.explain(&head);
            let Some(winner) = explanation.winner() else {
                continue;
            };
            prop_assert!(!hidden.contains(&winner.number()), "{explanation}\n{report}");
            let is_sent = explanation.location().is_some() && explanation.not_sent().is_none();
            if is_sent && chained.contains(&winner.number()) {
                let journey = testing::follow(&rules, request.clone());
                prop_assert!(journey.hops().len() > 1, "{journey}\n{report}");
            }
        }
    }

    /// What is explained is what is decided.
    #[test]
    fn an_explanation_agrees_with_the_decision(
        set in prop::collection::vec(sets::rule(), 1..6),
        precedence in sets::precedence(),
    ) {
        let Ok(rules) = Rules::builder().precedence(precedence).rules(set).build() else {
            return Ok(());
        };
        for request in sets::requests() {
            let head = request.head();
            let explanation = rules.explain(&head);
            let decided = rules.decide(&head);
            prop_assert_eq!(explanation.refusal(), decided.refusal());
            let decided = decided.into_target();
            let location = decided.as_ref().map(|redirect| redirect.location().as_str());
            prop_assert_eq!(explanation.location(), location);
            let met: Vec<_> = explanation
                .candidates()
                .iter()
                .filter(|candidate| candidate.failed_condition().is_none())
                .map(|candidate| candidate.rule().number())
                .collect();
            let winner: Vec<_> = explanation.winner().iter().map(RuleRef::number).collect();
            prop_assert_eq!(met, winner);
        }
    }
}
