//! What tables know of their own mistakes: loops where they are built (R9), and everything else on
//! demand.

use http::Method;
use proptest::{
    prelude::{ProptestConfig, prop, prop_assert, prop_assert_eq, proptest},
    test_runner::FileFailurePersistence,
};
use tower_redirect::rules::{
    Condition, Finding, FindingKind, Part, QueryPolicy, Rule, RuleRef, Rules, Source, TargetChange,
};
use tower_redirect::testing::End;
use tower_redirect::{Decision, Policy, Redirect, RequestHead, location::HttpScheme, testing};

type Case = (&'static str, Vec<Rule>);

fn permanent(source: &str, target: &str) -> Rule {
    Rule::permanent(source, target)
}

/// Sets with a loop, and what is said about it.
fn loops() -> Vec<Case> {
    let post = || Rule::see_other("/form", "/form").methods([Method::GET]);
    let beta = || Condition::cookie("beta");
    vec![
        (
            "rule 0, `/a -> /a`: endless redirect: `/a` matches this rule again; remove this rule",
            vec![permanent("/a", "/a")],
        ),
        (
            "matches this rule again",
            vec![permanent("/a/{x}", "/a/{x}")],
        ),
        (
            "matches this rule again",
            vec![permanent("/a/{*x}", "/a/{x}")],
        ),
        ("matches this rule again", vec![permanent("/a", "/a#top")]),
        ("matches this rule again", vec![post()]),
        // Only 303 says that the next request is another one.
        (
            "matches this rule again",
            vec![Rule::found("/form", "/form").methods([Method::POST])],
        ),
        (
            "matches this rule again",
            vec![permanent("/a", "https://a.example/a").host("a.example")],
        ),
        (
            "rule 1, `/b -> /a`: redirect loop: `/a` → `/b` → `/a` (rules 0 and 1); remove one of these \
             rules or change its target",
            vec![permanent("/a", "/b"), Rule::found("/b", "/a")],
        ),
        (
            "rule 2, `/c -> /a`: redirect loop: `/a` → `/b` → `/c` → `/a` (rules 0, 1 and 2)",
            vec![
                permanent("/a", "/b"),
                permanent("/b", "/c"),
                permanent("/c", "/a"),
            ],
        ),
        (
            "(rules 0 and 1)",
            vec![permanent("/a/{x}", "/b/{x}"), permanent("/b/{x}", "/a/{x}")],
        ),
        (
            "(rules 0 and 1)",
            vec![
                permanent("/a/{*x}", "/b/{x}"),
                permanent("/b/{x}/c", "/a/{x}/c"),
            ],
        ),
        ("redirect loop: ", vec![permanent("/{x}/{y}", "/{y}/{x}")]),
        (
            "(rules 0 and 1)",
            vec![
                permanent("/a", "/b").after_not_found(),
                permanent("/b", "/a").after_not_found(),
            ],
        ),
        (
            "redirect loop: ",
            vec![
                permanent("/a", "/b").when(beta()),
                permanent("/b", "/a").when(beta()),
            ],
        ),
        (
            "redirect loop: ",
            vec![permanent("/a", "/b").when(beta()), permanent("/b", "/a")],
        ),
        (
            "redirect loop: ",
            vec![
                permanent("/x", "https://b.example/x").host("a.example"),
                permanent("/x", "https://a.example/x").host("b.example"),
            ],
        ),
        (
            "redirect loop: ",
            vec![
                permanent("/a", "/b").scheme(HttpScheme::Http),
                permanent("/b", "/a").scheme(HttpScheme::Http),
            ],
        ),
        (
            "endless redirect: `/a?x=1` matches this rule again",
            vec![permanent("/a", "/a?x=1")],
        ),
        (
            "endless redirect: `/a` → `/b?x=1` → `/a?x=1` → … (rules 0 and 1)",
            vec![permanent("/a", "/b?x=1"), permanent("/b", "/a")],
        ),
        (
            "endless redirect: ",
            vec![permanent("/a/{*rest}", "/a/b/{rest}")],
        ),
        (
            "endless redirect: ",
            vec![permanent("/{*rest}", "/app/{rest}")],
        ),
        (
            "endless redirect: ",
            vec![permanent("/{x}{/*rest}", "/{x}/{x}{/*rest}")],
        ),
        (
            "endless redirect: ",
            vec![permanent("/{x}.html", "/{x}.html.html")],
        ),
        (
            "endless redirect: ",
            vec![Rule::permanent(Source::prefix("/a"), "/a/b")],
        ),
        (
            "endless redirect: ",
            vec![Rule::permanent(Source::regex("/a/(.*)"), "/a/b/{1}")],
        ),
        (
            "redirect loop: ",
            vec![
                Rule::permanent(Source::regex(r"/(\d+)"), "/n/{1}"),
                permanent("/n/{x}", "/{x}"),
            ],
        ),
        (
            "redirect loop: ",
            vec![permanent("/a", "/B"), permanent("/b", "/a").ignore_case()],
        ),
        (
            "redirect loop: ",
            vec![
                permanent("/a", "/b/"),
                permanent("/b", "/a").ignore_trailing_slash(),
            ],
        ),
        (
            "redirect loop: ",
            vec![
                Rule::temporary("/a", "/b").methods([Method::POST]),
                Rule::temporary("/b", "/a").methods([Method::POST, Method::GET]),
            ],
        ),
        (
            "redirect loop: ",
            vec![
                permanent("/a?id=1", "/b?id=1").query(QueryPolicy::Drop),
                permanent("/b", "/a"),
            ],
        ),
    ]
}

/// Sets without a loop, though they may look so.
fn no_loops() -> Vec<Vec<Rule>> {
    let beta = || Condition::cookie("beta");
    vec![
        vec![permanent("/a", "/b"), permanent("/b", "/c")],
        // Post/Redirect/Get to the same path.
        vec![Rule::see_other("/form", "/form").methods([Method::POST])],
        vec![Rule::see_other("/form", "/form")],
        // There and back again, but with another method.
        vec![
            Rule::see_other("/a", "/b").methods([Method::POST]),
            permanent("/b", "/a").methods([Method::GET]),
        ],
        // Where the app lives under the old path for those who are logged in.
        vec![
            Rule::found("/account", "/login").unless(Condition::cookie("session")),
            Rule::found("/login", "/account").when(Condition::cookie("session")),
        ],
        vec![
            permanent("/a", "/b").when(beta().equal_to("1")),
            permanent("/b", "/a").unless(beta()),
        ],
        vec![permanent("/a/{*rest}", "/{rest}")],
        vec![permanent("/{lang}/docs/{*rest}", "/docs/{lang}/{rest}")],
        vec![permanent("/{*rest}", "https://new.example/{rest}")],
        vec![permanent("/a", "https://new.example/a")],
        vec![permanent("/{*rest}", "https://new.example/{rest}").scheme(HttpScheme::Http)],
        vec![
            permanent("/{*rest}", "https://a.example/{rest}")
                .host("a.example")
                .scheme(HttpScheme::Http),
        ],
        vec![permanent("/{*rest}", "https://a.example/{rest}").host("www.a.example")],
        vec![permanent("/page?id={id}", "/page")],
        vec![permanent("/page", "/page").remove_param("utm")],
        vec![permanent("/page", "/page").query(QueryPolicy::Drop)],
        vec![permanent("/page", "/page?x=1").query(QueryPolicy::Merge)],
        vec![permanent("/About", "/about").ignore_case()],
        vec![permanent("/about", "/about").ignore_trailing_slash()],
        vec![permanent("/a/b", "/c"), permanent("/a/{x}", "/a/b")],
        vec![permanent("/{*rest}", "/")],
        vec![permanent("/{*rest}", "/404")],
        vec![
            permanent("/a{/*rest}", "/b{/*rest}"),
            permanent("/b/c/{x}", "/d/{x}"),
        ],
        vec![
            permanent("/a", "/b").scheme(HttpScheme::Http),
            permanent("/b", "/a").scheme(HttpScheme::Https),
        ],
        vec![
            permanent("/a/{x}", "/b/{x}").host("a.example"),
            permanent("/b/{x}", "/a/{x}").host("b.example"),
        ],
    ]
}

#[test]
fn loops_are_errors_where_a_table_is_built() {
    for (expected, rules) in loops() {
        let text = format!("{rules:?}");
        let errors = match Rules::new(rules) {
            Err(errors) => errors,
            Ok(_) => panic!("no loop was found in {text}"),
        };
        let said = errors.to_string();
        assert!(said.contains(expected), "{said}\n{text}");
        assert!(errors.iter().all(|error| error.part() == Part::Rule));
    }
}

#[test]
fn what_comes_to_an_end_is_built() {
    for rules in no_loops() {
        let text = format!("{rules:?}");
        if let Err(errors) = Rules::new(rules) {
            panic!("{errors}\n{text}");
        }
    }
}

#[test]
fn http_to_https_by_a_rule() {
    let rules = Rules::new([permanent("/{*rest}", "https://a.example/{rest}")
        .host("a.example")
        .scheme(HttpScheme::Http)])
    .unwrap();
    let asked = testing::get("/x")
        .header("host", "a.example")
        .scheme(HttpScheme::Http);
    testing::follow(&rules, asked)
        .assert_arrives_at("https://a.example/x")
        .assert_hops(1);
}

/// What a report says of a set, as kind, rule and related rules.
fn findings(rules: Vec<Rule>) -> Vec<(FindingKind, u32, Vec<u32>)> {
    let rules = Rules::new(rules).unwrap();
    let found = |one: &Finding| (one.kind(), one.rule(), one.related_rules().to_vec());
    rules.check().iter().map(found).collect()
}

#[test]
fn one_finding_for_each_mistake() {
    use FindingKind::{
        Chain, Duplicate, EndlessRedirect, Loop, PermanentPerUser, PermanentToTemporary,
        PossibleChain, Undecided, Unreachable, UnusedCapture,
    };
    let beta = || Condition::cookie("beta");
    let found = Rule::found;
    for (rules, expected) in [
        (
            vec![found("/a", "/b"), found("/b", "/c")],
            vec![(Chain, 0, vec![1])],
        ),
        (
            vec![found("/a", "/b"), found("/b", "/c"), found("/c", "/d")],
            vec![(Chain, 0, vec![1, 2]), (Chain, 1, vec![2])],
        ),
        (
            vec![found("/a/{x}", "/b/{x}"), found("/b/{*x}", "/c/{x}")],
            vec![(Chain, 0, vec![1])],
        ),
        (
            vec![found("/a/{x}", "/b/{x}"), found("/b/c", "/d")],
            vec![(PossibleChain, 0, vec![1])],
        ),
        // Without the parameter, it leads to where it was asked for, and is not sent.
        (
            vec![found("/b", "/b").remove_param("x"), found("/a", "/b")],
            vec![(PossibleChain, 1, vec![0])],
        ),
        (
            vec![found("/{x}", "/b/{x}"), found("/a", "/c/d")],
            vec![(Unreachable, 1, vec![0])],
        ),
        (
            vec![found("/{*x}", "/b"), found("/a/{y}", "/c/{y}")],
            vec![
                (UnusedCapture, 0, vec![]),
                (Chain, 1, vec![0]),
                (Unreachable, 1, vec![0]),
            ],
        ),
        (
            vec![found("/a", "/b"), found("/a", "/c")],
            vec![(Unreachable, 1, vec![0])],
        ),
        (
            vec![found("/a", "/b"), found("/a", "/b")],
            vec![(Duplicate, 1, vec![0])],
        ),
        (
            vec![found("/a", "/b"), found("/a", "/b").when(beta())],
            vec![(Unreachable, 1, vec![0])],
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
            vec![(Unreachable, 1, vec![0])],
        ),
        (
            vec![found("/a", "/b").ignore_case(), found("/a", "/c")],
            vec![(Unreachable, 1, vec![0])],
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
            vec![(Unreachable, 1, vec![0])],
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
            vec![(Chain, 0, vec![1]), (PermanentToTemporary, 0, vec![1])],
        ),
        (
            vec![
                found("/a", "/b").when(beta()),
                found("/b", "/a").when(Condition::header("x")),
            ],
            vec![
                (Loop, 1, vec![0]),
                (PossibleChain, 0, vec![1]),
                (PossibleChain, 1, vec![0]),
            ],
        ),
        (
            vec![found("/{*rest}", "https://new.example/app/{rest}")],
            vec![(EndlessRedirect, 0, vec![]), (PossibleChain, 0, vec![0])],
        ),
        (
            vec![found("/a/{*rest}", "/{rest}/a")],
            vec![(Undecided, 0, vec![]), (PossibleChain, 0, vec![0])],
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
            FindingKind::Loop,
            FindingKind::EndlessRedirect,
            FindingKind::Undecided,
        ];
        let found = report.iter().find(|one| loops.contains(&one.kind()));
        assert_eq!(found, None, "{text}");
    }
}

mod sets {
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
        let all = ["a", "b", "c", "{x}", "{y}", "{rest}", "a{x}", "{x}b"];
        let mut text = String::new();
        for at in pieces {
            let piece = all[*at % all.len()];
            let bound = ["x", "y", "rest"].iter().all(|name| {
                !piece.contains(&format!("{{{name}}}")) || source.contains(&format!("{name}}}"))
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

    pub(super) fn rule() -> impl Strategy<Value = Rule> {
        let pieces = || prop::collection::vec(0_usize..8, 0..3);
        (
            pieces(),
            any::<bool>(),
            pieces(),
            0..6_u8,
            0..20_u8,
            0..8_u8,
        )
            .prop_map(|(segments, tail, pieces, how, condition, query)| {
                let mut source = path(&segments, tail);
                let mut target = target(&source, &pieces);
                match query {
                    0 => target.push_str("?x=1"),
                    3 => target.push_str("#f"),
                    4 => target.push_str("?y=2#g"),
                    1 => source.push_str("?x=1"),
                    2 => source.push_str("?x={q}"),
                    _ => {}
                }
                let rule = match how {
                    0 => Rule::new(Status::Found, source, target),
                    1 => Rule::new(Status::SeeOther, source, target),
                    2 => Rule::new(Intent::Temporary, source, target),
                    3 => Rule::new(Status::MovedPermanently, source, target),
                    _ => Rule::new(Status::PermanentRedirect, source, target),
                };
                match condition {
                    0 => rule.when(Condition::cookie("beta")),
                    1 => rule.unless(Condition::cookie("beta")),
                    2 => rule.methods([http::Method::POST]),
                    3 => rule.methods([http::Method::GET]),
                    4 => rule.query(QueryPolicy::Drop),
                    5 => rule.query(QueryPolicy::Merge),
                    6 => rule.ignore_trailing_slash(),
                    7 => rule.remove_param("x"),
                    9 => rule.set_param("y", "3"),
                    10 => rule.query(QueryPolicy::TargetWins),
                    11 => rule.rename_param("x", "y"),
                    12 => rule.rename_param("x", "y").set_param("y", "1"),
                    13 => rule.rename_param("x", "y").query(QueryPolicy::Merge),
                    14 => rule.host("a.example"),
                    15 => rule.host("*.example"),
                    18 => rule.scheme(HttpScheme::Https),
                    19 => rule.scheme(HttpScheme::Http),
                    8 => rule.when(Condition::query("x")),
                    _ => rule,
                }
            })
    }

    pub(super) fn precedence() -> impl Strategy<Value = Precedence> {
        prop::sample::select(vec![
            Precedence::FirstMatch,
            Precedence::StaticFirst,
            Precedence::MostSpecific,
        ])
    }

    /// Requests of all kinds that the rules above tell apart.
    pub(super) fn requests() -> impl Iterator<Item = TestRequest> {
        let words = ["a", "b", "c", "ab", "z"];
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
            ["", "?x=1", "?x=2"].into_iter().flat_map(move |query| {
                let address = format!("{path}{query}");
                let get = testing::get(&address);
                let post = testing::post(&address);
                let beta = testing::get(&address).header("cookie", "beta=1");
                let host = testing::get(&address).header("host", "a.example");
                let https = get.clone().scheme(HttpScheme::Https);
                [get, post, beta, host, https]
            })
        })
    }
}

/// The rules one by one, each in a table of its own: what a table decides without looking for loops.
struct Naive(Vec<Rules>);

impl Policy for Naive {
    type Target = Redirect;

    fn decide(&self, request: &RequestHead<'_>) -> Decision {
        let mut answers = self.0.iter().map(|rules| rules.decide(request));
        let first = answers.find(|decision| !matches!(decision, Decision::Pass));
        first.unwrap_or(Decision::Pass)
    }
}

fn ends(policy: &impl Policy<Target = Redirect>, request: testing::TestRequest) -> bool {
    *testing::follow(policy, request).end() != End::TooManyRedirects
}

fn may_loop(rules: &Rules) -> bool {
    let loops = [
        FindingKind::Loop,
        FindingKind::EndlessRedirect,
        FindingKind::Undecided,
    ];
    let report = rules.check();
    report.iter().any(|one| loops.contains(&one.kind()))
}

/// Sets that failed once are tried again.
fn config() -> ProptestConfig {
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
        let lost = sets::requests().find(|request| !ends(&naive, request.clone()));
        match (built, lost) {
            (Ok(rules), Some(lost)) => prop_assert!(may_loop(&rules), "nobody says that {lost:?} loops"),
            (Ok(_), None) | (Err(_), Some(_)) => {}
            (Err(errors), None) => {
                // It may take an address that is not among those.
                let said = errors.to_string();
                let from = said.split(" redirect: `").nth(1).or(said.split(" loop: `").nth(1));
                let from = from.and_then(|rest| rest.split('`').next());
                let from = from.unwrap_or_else(|| panic!("no loop is known: {said}"));
                let loops = [testing::get(from), testing::post(from)]
                    .into_iter()
                    .flat_map(|asked| [asked.clone(), asked.header("cookie", "beta=1")])
                    .flat_map(|asked| {
                        let [http, https] = [HttpScheme::Http, HttpScheme::Https];
                        [asked.clone(), asked.clone().scheme(http), asked.scheme(https)]
                    })
                    .any(|asked| !ends(&naive, asked));
                prop_assert!(loops, "{said}");
            }
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
        let of = |kinds: &[FindingKind]| -> Vec<u32> {
            let found = report.iter().filter(|one| kinds.contains(&one.kind()));
            found.map(Finding::rule).collect()
        };
        let hidden = of(&[FindingKind::Unreachable, FindingKind::Duplicate]);
        let chained = of(&[FindingKind::Chain]);
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
            let decided = match rules.decide(&head) {
                Decision::Redirect(redirect) => Some(redirect),
                _ => None,
            };
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

#[test]
fn chains_are_made_short_with_the_right_status() {
    use tower_redirect::{
        Status,
        status::{Intent, StatusChoice},
    };
    let status = |code: u16| StatusChoice::from(Status::try_from(code).unwrap());
    let intent = StatusChoice::from;
    for (first, second, both) in [
        (status(301), status(301), status(301)),
        (status(308), status(308), status(308)),
        (status(308), status(301), status(301)),
        (status(301), status(308), status(301)),
        (status(301), status(302), status(302)),
        (status(308), status(302), status(302)),
        (status(308), status(307), status(307)),
        (status(307), status(308), status(307)),
        (status(302), status(308), status(302)),
        (status(301), status(307), status(302)),
        (status(303), status(308), status(303)),
        (status(307), status(303), status(303)),
        (
            intent(Intent::Permanent),
            intent(Intent::Permanent),
            intent(Intent::Permanent),
        ),
        (
            intent(Intent::Permanent),
            intent(Intent::Temporary),
            intent(Intent::Temporary),
        ),
        (
            intent(Intent::SeeOther),
            intent(Intent::Permanent),
            intent(Intent::SeeOther),
        ),
        (intent(Intent::Permanent), status(301), status(301)),
        (status(308), intent(Intent::Temporary), status(307)),
    ] {
        let rules = Rules::new([Rule::new(first, "/a", "/b"), Rule::new(second, "/b", "/c")]);
        let flattened = rules.unwrap().flatten();
        let rule = flattened.rules().iter().next().unwrap();
        assert_eq!(
            (rule.target().as_str(), rule.status_choice()),
            ("/c", both),
            "{first:?} {second:?}"
        );
    }
}

#[test]
fn what_is_proven_is_made_short() {
    for (rules, expected) in [
        (vec![permanent("/a", "/b"), permanent("/b", "/c")], "/c"),
        (
            vec![permanent("/a?x=1", "/b"), permanent("/b", "/c?y=2")],
            "/c?y=2",
        ),
        (
            vec![permanent("/a", "/b?x=1#f"), permanent("/b", "/c?y=2")],
            "/c?y=2&x=1#f",
        ),
        (
            vec![permanent("/a", "/b#f"), permanent("/b", "/c#g")],
            "/c#g",
        ),
        (
            vec![
                permanent("/a", "/b?x=1"),
                permanent("/b", "/c").query(QueryPolicy::Drop),
            ],
            "/c",
        ),
        (
            vec![
                permanent("/a/{x}", "/b/{x}"),
                permanent("/b/{y}", "/c/{y}?b"),
            ],
            "/c/{x}?b",
        ),
        (
            vec![
                permanent("/a/{x}/{y}", "/b/{y}/{x}"),
                permanent("/b/{*r}", "/c/{r}"),
            ],
            "/c/{y}/{x}",
        ),
        (
            vec![
                permanent("/a/{*r}", "/b/{r}"),
                permanent("/b/{*r}", "/c/d/{r}"),
            ],
            "/c/d/{r}",
        ),
        (
            vec![
                permanent("/a/{*r}", "/b/{r}"),
                permanent("/b/{*r}", "https://c.example/{r}"),
            ],
            "https://c.example/{r}",
        ),
        (
            vec![
                Rule::permanent(Source::regex("/a+"), "/b"),
                permanent("/b", "/c"),
            ],
            "/c",
        ),
        // What is known after the first is no condition of the second.
        (
            vec![
                permanent("/a", "/b").scheme(HttpScheme::Https),
                permanent("/b", "/c").scheme(HttpScheme::Https),
            ],
            "/c",
        ),
        (
            vec![
                Rule::temporary("/a", "/b").methods([Method::POST]),
                Rule::temporary("/b", "/c").methods([Method::GET, Method::POST]),
            ],
            "/c",
        ),
        (
            vec![permanent("/a", "/b/c"), permanent("/b/{x}", "/d/{x}.html")],
            "/d/c.html",
        ),
        (
            vec![
                permanent("/a", "/b").host("a.example"),
                permanent("/b", "/c").host("a.example"),
            ],
            "/c",
        ),
    ] {
        let text = format!("{rules:?}");
        let flattened = Rules::new(rules).unwrap().flatten();
        let target = flattened.changes().first().map(TargetChange::target);
        assert_eq!(target, Some(expected), "{text}");
    }
}

#[test]
fn what_is_not_proven_stays() {
    let beta = || Condition::cookie("beta");
    for rules in [
        vec![permanent("/a", "/b"), permanent("/b", "/c").when(beta())],
        vec![
            permanent("/a", "/b"),
            permanent("/b", "/c").methods([Method::GET]),
        ],
        vec![
            permanent("/a", "/b"),
            permanent("/b", "/c").scheme(HttpScheme::Https),
        ],
        vec![
            permanent("/a", "/b").scheme(HttpScheme::Http),
            permanent("/b", "/c").scheme(HttpScheme::Https),
        ],
        vec![
            permanent("/a", "/b"),
            permanent("/b", "/c").after_not_found(),
        ],
        vec![
            permanent("/a", "/b"),
            permanent("/b", "/c").host("a.example"),
        ],
        vec![
            permanent("/a", "/b"),
            permanent("/b", "/c").remove_param("x"),
        ],
        vec![permanent("/a/{x}", "/b/{x}"), permanent("/b/c", "/d")],
        // A segment `..` is refused at the first, and would not be seen at the end.
        vec![permanent("/a/{x}", "/b/{x}"), permanent("/b/{_x}", "/d")],
        // The tail may begin with a slash.
        vec![permanent("/a/{*r}", "/b/{r}"), permanent("/b/{*r}", "/{r}")],
        // The other host may be another app.
        vec![
            permanent("/a", "https://a.example/b"),
            permanent("/b", "/c"),
        ],
        // POST is not led to where it is, and GET is not asked for.
        vec![
            Rule::moved_permanently("/a/{*_r}", "/a/b").methods([Method::POST]),
            permanent("/{*r}", "/c"),
        ],
        // By POST it leads back, but by GET.
        vec![
            permanent("/a", "/b").methods([Method::POST]),
            Rule::found("/b", "/a"),
        ],
    ] {
        let text = format!("{rules:?}");
        let flattened = Rules::new(rules).unwrap().flatten();
        assert_eq!(flattened.changes(), [], "{text}");
    }
}

#[test]
fn a_long_chain_is_made_short_at_once() {
    let chain = (0..500).map(|at| permanent(&format!("/{at}"), &format!("/{}", at + 1)));
    let rules = Rules::new(chain).unwrap();
    let longest = rules.check().iter().next().unwrap().to_string();
    assert_eq!(
        longest,
        "rule 0: warning: redirect chain: `/1` is redirected 499 more times, first by rule 1; point this \
         rule at `/500`"
    );
    let flattened = rules.flatten();
    assert_eq!(flattened.changes().len(), 499);
    let first = &flattened.changes()[0];
    assert_eq!((first.hops(), first.via().len()), (500, 32));
    assert!(first.to_string().ends_with("rule 32, 467 more"), "{first}");
    assert!(flattened.rules().check().is_clean());
    testing::follow(flattened.rules(), testing::get("/7"))
        .assert_arrives_at("/500")
        .assert_hops(1);
}

#[test]
fn loops_on_a_host_and_what_is_below_it() {
    for rules in [
        [
            Rule::permanent("/a", "/b").host(".h.example"),
            Rule::permanent("/b", "/a").host("h.example"),
        ],
        [
            Rule::permanent("/a", "/b").host(".h.example"),
            Rule::permanent("/b", "/a").host("*.h.example"),
        ],
        [
            Rule::permanent("/a", "/b").host(".h.example"),
            Rule::permanent("/b", "/a").host(".x.h.example"),
        ],
    ] {
        let found = Rules::new(rules).map(|rules| rules.check());
        assert!(found.is_err() || !found.unwrap().is_empty());
    }
    // Different hosts: no loop, and nothing to be said.
    let apart = Rules::new([
        Rule::permanent("/a", "/b").host(".h.example"),
        Rule::permanent("/b", "/a").host("i.example"),
    ]);
    assert!(apart.unwrap().check().is_empty());
}

#[test]
fn a_host_and_what_is_below_it_is_flattened_by_its_own_rule() {
    let rules = Rules::new([
        Rule::permanent("/a", "/b").host("h.example"),
        Rule::permanent("/b", "/c").host(".h.example"),
        Rule::permanent("/b", "/d"),
    ])
    .unwrap();
    let flattened = rules.flatten();
    let asked = |target| testing::get(target).header("host", "h.example");
    testing::follow(flattened.rules(), asked("/a")).assert_arrives_at("https://h.example/c");
}

#[test]
fn loops_of_parameters_that_a_dialect_sends_on() {
    use tower_redirect::rules::Format;
    let file = r#"[{"source":"/:x*","destination":"/a/:x*","permanent":true,
        "has":[{"type":"query","key":"k","value":"1"}]}]"#;
    let parsed = Format::Next.parse_lossy(file);
    let said = parsed.diagnostics.has_errors() || !parsed.rules.check().is_empty();
    assert!(said, "a loop that nobody mentions");
}

/// What is explained for a request, each rule by its number and what it lacks first.
fn lacks(rules: &Rules, request: &testing::TestRequest) -> Vec<(u32, Option<String>)> {
    let explanation = rules.explain(&request.head());
    let lacks = explanation.candidates().iter();
    lacks
        .map(|one| {
            (
                one.rule().number(),
                one.failed_condition().map(ToString::to_string),
            )
        })
        .collect()
}

#[test]
fn every_rule_for_a_path_is_explained() {
    let found = Rule::found;
    let rules = Rules::new([
        found("/a?id=1", "/0"),
        found("/a?id=2", "/1"),
        found("/a", "/2").host("h.example"),
        found("/a", "/3").host("*.i.example"),
        found("/A", "/4"),
        found("/a/", "/5"),
        found("/A/", "/6"),
        found("/{x}?id=3", "/7"),
        found("/{x}", "/8").host("h.example"),
        found("/{x}/", "/9"),
        found("/{*r}", "/10").methods([Method::POST]),
        Rule::found(Source::regex("/[a-c]"), "/11").host("h.example"),
        found("/a", "/12").scheme(HttpScheme::Https),
        found("/a", "/13").when(Condition::header("x")),
        found("/a", "/14").ignore_case(),
        found("/a", "/15").ignore_trailing_slash(),
        // These are for other paths.
        found("/b", "/16"),
        found("/a/b", "/17"),
        found("/a/{x}", "/18"),
        found("/b{x}", "/19").host("h.example"),
        Rule::found(Source::regex("/[b-c]"), "/20"),
    ])
    .unwrap();
    let host = "it is for another host";
    let id = |value: u32| format!("it requires query parameter `id` with {value}");
    let slash = "its path differs in the trailing slash";
    let case = "its path differs in case";
    let expected: Vec<(u32, Option<String>)> = [
        (0, Some(&*id(1))),
        (1, Some(&*id(2))),
        (2, Some(host)),
        (3, Some(host)),
        (4, Some(case)),
        (5, Some(slash)),
        (6, Some(case)),
        (7, Some(&*id(3))),
        (8, Some(host)),
        (9, Some(slash)),
        (10, Some("it is for other methods")),
        (11, Some(host)),
        (
            12,
            Some("it is for another scheme, or the scheme isn't known"),
        ),
        (13, Some("it requires header `x`")),
        (14, None),
        (15, Some("another rule wins")),
    ]
    .map(|(rule, unmet)| (rule, unmet.map(str::to_owned)))
    .into();
    let asked = testing::get("/a?id=5").header("host", "j.example");
    assert_eq!(lacks(&rules, &asked), expected);
    // Escapes are spelled in one way.
    let asked = testing::get("/%61?id=5").header("host", "j.example");
    let numbers = |rules: Vec<(u32, _)>| rules.into_iter().map(|(rule, _)| rule);
    let but_regex = numbers(expected).filter(|rule| *rule != 11);
    assert!(numbers(lacks(&rules, &asked)).eq(but_regex));
}

#[test]
fn of_many_rules_for_a_path_some_are_explained_and_the_others_counted() {
    let rules = (0..1_000).map(|id| Rule::found(format!("/a?id={id}"), "/b"));
    let rules = Rules::new(rules).unwrap();
    let request = testing::get("/a?id=700");
    let explanation = rules.explain(&request.head());
    let told = explanation.candidates();
    assert_eq!((told.len(), explanation.omitted()), (101, 899));
    let last = told.last().unwrap();
    assert_eq!((last.rule().number(), last.failed_condition()), (700, None));
    let text = explanation.to_string();
    assert!(
        text.ends_with(": matches\nand 899 more rules for this path"),
        "{text}"
    );
}
