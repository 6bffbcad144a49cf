//! What tables know of their own mistakes: loops where they are built (R9), and everything else on
//! demand.

use http::Method;
use proptest::{
    prelude::{ProptestConfig, prop, prop_assert, prop_assert_eq, proptest},
    test_runner::FileFailurePersistence,
};
use tower_redirect::rules::{
    Condition, Finding, FindingCode, Findings, Format, NotSentReason, Outcome, Part, QueryPolicy,
    RelatedRule, Rule, RuleRef, Rules, Severity, Source, TargetChange,
};
use tower_redirect::testing::End;
use tower_redirect::{Decision, Policy, Redirect, RequestHead, location::HttpScheme, testing};

mod explain;
mod findings;
mod flatten;
mod leading;
mod loops;
mod own_target;
mod ports;
mod random;

type Case = (&'static str, Vec<Rule>);

fn permanent(source: &str, target: &str) -> Rule {
    Rule::permanent(source, target)
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
