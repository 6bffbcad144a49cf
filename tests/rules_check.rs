//! What tables know of their own mistakes: loops where they are built (R9), and everything else on
//! demand.

use http::Method;
use tower_redirect::rules::{Finding, FindingKind, Has, Part, QueryPolicy, Rule, Rules, Source};
use tower_redirect::{Scheme, testing};

type Case = (&'static str, Vec<Rule>);

fn permanent(source: &str, target: &str) -> Rule {
    Rule::permanent(source, target)
}

/// Sets with a loop, and what is said about it.
fn loops() -> Vec<Case> {
    let post = || Rule::see_other("/form", "/form").methods([Method::GET]);
    let beta = || Has::cookie("beta");
    vec![
        (
            "rule 0, rule `/a -> /a`, byte 0: it leads to the address that it answers",
            vec![permanent("/a", "/a")],
        ),
        (
            "it leads to the address",
            vec![permanent("/a/{x}", "/a/{x}")],
        ),
        (
            "it leads to the address",
            vec![permanent("/a/{*x}", "/a/{x}")],
        ),
        ("it leads to the address", vec![permanent("/a", "/a#top")]),
        ("it leads to the address", vec![post()]),
        // Only 303 says that the next request is another one.
        (
            "it leads to the address",
            vec![Rule::found("/form", "/form").methods([Method::POST])],
        ),
        (
            "it leads to the address",
            vec![permanent("/a", "https://a.example/a").host("a.example")],
        ),
        (
            "rule 1, rule `/b -> /a`, byte 0: rules 0 and 1 lead round in a circle, from `/a`",
            vec![permanent("/a", "/b"), Rule::found("/b", "/a")],
        ),
        (
            "rule 2, rule `/c -> /a`, byte 0: rules 0, 1 and 2 lead round",
            vec![
                permanent("/a", "/b"),
                permanent("/b", "/c"),
                permanent("/c", "/a"),
            ],
        ),
        (
            "rules 0 and 1 lead round",
            vec![permanent("/a/{x}", "/b/{x}"), permanent("/b/{x}", "/a/{x}")],
        ),
        (
            "rules 0 and 1 lead round",
            vec![
                permanent("/a/{*x}", "/b/{x}"),
                permanent("/b/{x}/c", "/a/{x}/c"),
            ],
        ),
        ("leads round", vec![permanent("/{x}/{y}", "/{y}/{x}")]),
        (
            "rules 0 and 1 lead round",
            vec![
                permanent("/a", "/b").after_not_found(),
                permanent("/b", "/a").after_not_found(),
            ],
        ),
        (
            "lead round",
            vec![
                permanent("/a", "/b").when(beta()),
                permanent("/b", "/a").when(beta()),
            ],
        ),
        (
            "lead round",
            vec![permanent("/a", "/b").when(beta()), permanent("/b", "/a")],
        ),
        (
            "lead round",
            vec![
                permanent("/x", "https://b.example/x").host("a.example"),
                permanent("/x", "https://a.example/x").host("b.example"),
            ],
        ),
        (
            "lead round",
            vec![
                permanent("/a", "/b").scheme(Scheme::Http),
                permanent("/b", "/a").scheme(Scheme::Http),
            ],
        ),
        ("rule 0 leads on and on", vec![permanent("/a", "/a?x=1")]),
        (
            "lead on and on",
            vec![permanent("/a", "/b?x=1"), permanent("/b", "/a")],
        ),
        (
            "rule 0 leads on and on",
            vec![permanent("/a/{*rest}", "/a/b/{rest}")],
        ),
        (
            "rule 0 leads on and on",
            vec![permanent("/{*rest}", "/app/{rest}")],
        ),
        (
            "rule 0 leads on and on",
            vec![permanent("/{x}{/*rest}", "/{x}/{x}{/*rest}")],
        ),
        (
            "rule 0 leads on and on",
            vec![permanent("/{x}.html", "/{x}.html.html")],
        ),
        (
            "rule 0 leads on and on",
            vec![Rule::permanent(Source::prefix("/a"), "/a/b")],
        ),
        (
            "rule 0 leads on and on",
            vec![Rule::permanent(Source::regex("/a/(.*)"), "/a/b/{1}")],
        ),
        (
            "lead",
            vec![
                Rule::permanent(Source::regex(r"/(\d+)"), "/n/{1}"),
                permanent("/n/{x}", "/{x}"),
            ],
        ),
        (
            "lead round",
            vec![permanent("/a", "/B"), permanent("/b", "/a").ignore_case()],
        ),
        (
            "lead round",
            vec![
                permanent("/a", "/b/"),
                permanent("/b", "/a").ignore_trailing_slash(),
            ],
        ),
        (
            "lead round",
            vec![
                Rule::temporary("/a", "/b").methods([Method::POST]),
                Rule::temporary("/b", "/a").methods([Method::POST, Method::GET]),
            ],
        ),
        (
            "lead round",
            vec![
                permanent("/a?id=1", "/b?id=1").query(QueryPolicy::Drop),
                permanent("/b", "/a"),
            ],
        ),
    ]
}

/// Sets without a loop, though they may look so.
fn no_loops() -> Vec<Vec<Rule>> {
    let beta = || Has::cookie("beta");
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
            Rule::found("/account", "/login").unless(Has::cookie("session")),
            Rule::found("/login", "/account").when(Has::cookie("session")),
        ],
        vec![
            permanent("/a", "/b").when(beta().equal_to("1")),
            permanent("/b", "/a").unless(beta()),
        ],
        vec![permanent("/a/{*rest}", "/{rest}")],
        vec![permanent("/{lang}/docs/{*rest}", "/docs/{lang}/{rest}")],
        vec![permanent("/{*rest}", "https://new.example/{rest}")],
        vec![permanent("/a", "https://new.example/a")],
        vec![permanent("/{*rest}", "https://new.example/{rest}").scheme(Scheme::Http)],
        vec![
            permanent("/{*rest}", "https://a.example/{rest}")
                .host("a.example")
                .scheme(Scheme::Http),
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
            permanent("/a", "/b").scheme(Scheme::Http),
            permanent("/b", "/a").scheme(Scheme::Https),
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
        assert!(
            errors
                .errors()
                .iter()
                .all(|error| error.part() == Part::Rule)
        );
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
        .scheme(Scheme::Http)])
    .unwrap();
    let asked = testing::get("/x")
        .header("host", "a.example")
        .scheme(Scheme::Http);
    testing::follow(&rules, asked)
        .assert_arrives_at("https://a.example/x")
        .assert_hops(1);
}

/// What a report says of a set, as kind, rule and related rules.
fn findings(rules: Vec<Rule>) -> Vec<(FindingKind, u32, Vec<u32>)> {
    let rules = Rules::new(rules).unwrap();
    let found = |one: &Finding| (one.kind(), one.rule(), one.related().to_vec());
    rules.check().findings().iter().map(found).collect()
}

#[test]
fn one_finding_for_each_mistake() {
    use FindingKind::{
        Chain, Duplicate, Growth, Loop, NotProven, PermanentForSome, PermanentToTemporary,
        Shadowed, UnusedCapture,
    };
    let beta = || Has::cookie("beta");
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
            vec![(Chain, 0, vec![1])],
        ),
        (
            vec![found("/{x}", "/b/{x}"), found("/a", "/c/d")],
            vec![(Shadowed, 1, vec![0])],
        ),
        (
            vec![found("/{*x}", "/b"), found("/a/{y}", "/c/{y}")],
            vec![
                (UnusedCapture, 0, vec![]),
                (Chain, 1, vec![0]),
                (Shadowed, 1, vec![0]),
            ],
        ),
        (
            vec![found("/a", "/b"), found("/a", "/c")],
            vec![(Shadowed, 1, vec![0])],
        ),
        (
            vec![found("/a", "/b"), found("/a", "/b")],
            vec![(Duplicate, 1, vec![0])],
        ),
        (
            vec![found("/a", "/b"), found("/a", "/b").when(beta())],
            vec![(Shadowed, 1, vec![0])],
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
            vec![(Shadowed, 1, vec![0])],
        ),
        (
            vec![found("/a", "/b").ignore_case(), found("/a", "/c")],
            vec![(Shadowed, 1, vec![0])],
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
            vec![(Shadowed, 1, vec![0])],
        ),
        (vec![found("/{x}/{_y}", "/{x}")], vec![]),
        (
            vec![found("/{x}/{y}", "/{x}")],
            vec![(UnusedCapture, 0, vec![])],
        ),
        (
            vec![permanent("/a", "/b").when(beta())],
            vec![(PermanentForSome, 0, vec![])],
        ),
        (
            vec![permanent("/a", "/b").unless(Has::header("Authorization"))],
            vec![(PermanentForSome, 0, vec![])],
        ),
        (vec![found("/a", "/b").when(beta())], vec![]),
        (
            vec![permanent("/a", "/b"), found("/b", "/c")],
            vec![(Chain, 0, vec![1]), (PermanentToTemporary, 0, vec![1])],
        ),
        (
            vec![
                found("/a", "/b").when(beta()),
                found("/b", "/a").when(Has::header("x")),
            ],
            vec![(Loop, 1, vec![0]), (Chain, 0, vec![1]), (Chain, 1, vec![0])],
        ),
        (
            vec![found("/{*rest}", "https://new.example/app/{rest}")],
            vec![(Growth, 0, vec![]), (Chain, 0, vec![0])],
        ),
        (
            vec![found("/a/{*rest}", "/{rest}/a")],
            vec![(NotProven, 0, vec![]), (Chain, 0, vec![0])],
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
            FindingKind::Growth,
            FindingKind::NotProven,
        ];
        let found = report
            .findings()
            .iter()
            .find(|one| loops.contains(&one.kind()));
        assert_eq!(found, None, "{text}");
    }
}
