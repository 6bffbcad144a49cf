//! Redirect chains are made short.

use super::*;

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
            (rule.target().as_str(), rule.status_choice().unwrap()),
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
            permanent("/b", "/c").after(http::StatusCode::NOT_FOUND),
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

/// What a policy means for a target with this query.
fn effect(policy: QueryPolicy, query: &str) -> QueryPolicy {
    match policy {
        QueryPolicy::TargetWins if !query.is_empty() => QueryPolicy::Drop,
        QueryPolicy::TargetWins | QueryPolicy::Merge if query.is_empty() => QueryPolicy::Keep,
        policy => policy,
    }
}

/// Whether a query has all names of another one.
fn has_names(query: &str, of: &str) -> bool {
    let names = |query: &str| -> Vec<String> {
        let query = query.trim_start_matches('?').replace("%78", "x");
        let query = query.replace("%79", "y");
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        pairs.map(|pair| pair[..1].to_owned()).collect()
    };
    let own = names(query);
    names(of).iter().all(|name| own.contains(name))
}

/// Every way of two rules to treat a query, one after the other, as one.
#[test]
fn what_two_rules_do_with_a_query_one_does() {
    use QueryPolicy::{Drop, Keep, Merge, TargetWins};
    let policies = [Keep, Drop, Merge, TargetWins];
    let first_queries = ["", "?x=1", "?y=1&x=2", "?%78=1&y"];
    let second_queries = ["", "?x=3", "?z=4&z=5", "?%79=6", "?x=3&y=6"];
    let requests = [
        "",
        "?",
        "?q",
        "?&&q&",
        "?&x",
        "?x=5&q=1",
        "?y=6&x=7&x=8",
        "?z=1&%78=2&y=+",
    ];
    let mut shortened = 0;
    for first in policies {
        for second in policies {
            for own in first_queries {
                for other in second_queries {
                    let rules = Rules::new([
                        Rule::found("/a", format!("/b{own}")).query(first),
                        Rule::found("/b", format!("/c{other}")).query(second),
                    ]);
                    let rules = rules.unwrap();
                    let flattened = rules.flatten();
                    let what = format!("{first:?} {own:?} {second:?} {other:?}");
                    // Keeping after merging, or before it, is merging if the query of the rule that
                    // merges has all names of the other.
                    let can_be_said = match (effect(first, own), effect(second, other)) {
                        (Keep, Merge) => has_names(other, own),
                        (Merge, Keep) => has_names(own, other),
                        _ => true,
                    };
                    assert_eq!(
                        flattened.changes().len(),
                        usize::from(can_be_said),
                        "{what}"
                    );
                    shortened += flattened.changes().len();
                    for query in requests {
                        let request = testing::get(&format!("/a{query}"));
                        let before = testing::follow(&rules, request.clone());
                        let after = testing::follow(flattened.rules(), request);
                        assert_eq!(before.url(), after.url(), "{what} {query}");
                    }
                }
            }
        }
    }
    assert!(shortened > 200, "{shortened}");
}

#[test]
fn files_that_merge_queries_are_made_short() {
    let vercel = r#"{"redirects": [
        {"source": "/a", "destination": "/b?x=1", "permanent": true},
        {"source": "/b", "destination": "/c?x=2&y=3", "permanent": true},
        {"source": "/c", "destination": "/d", "permanent": true}
    ]}"#;
    for format in [Format::Vercel, Format::Next] {
        let rules = format.parse(vercel).unwrap();
        let flattened = rules.flatten();
        assert_eq!(flattened.remaining_chains(), []);
        assert_eq!(flattened.changes()[0].target(), "/d?x=2&y=3");
        for query in ["", "?x=7&y=8&z=9", "?&z"] {
            let request = testing::get(&format!("/a{query}"));
            let before = testing::follow(&rules, request.clone());
            let after = testing::follow(flattened.rules(), request);
            assert_eq!((before.url(), after.hops().len()), (after.url(), 1));
        }
    }
}

/// One row for each reason, and whether it is one of the first rule.
#[test]
fn each_chain_that_remains_says_why() {
    let drop = |rule: Rule| rule.query(QueryPolicy::Drop);
    let merge = |rule: Rule| rule.query(QueryPolicy::Merge);
    for (rule, next, of_first, reason) in [
        (
            permanent("/a", "/b").after(http::StatusCode::NOT_FOUND),
            permanent("/b", "/a").after(http::StatusCode::NOT_FOUND),
            true,
            "may be part of a loop",
        ),
        (
            permanent("/a", "https://a.example/b"),
            permanent("/b", "/c").host("a.example"),
            true,
            "redirects to another host, where other rules may match",
        ),
        (
            permanent("/a/{x}", "/b/{x|lower}"),
            permanent("/b/{x}", "/c/{x}"),
            true,
            "transforms a placeholder",
        ),
        (
            permanent("/a/{x}", "/b/{x}"),
            permanent("/b/{x}", "/c/{x|upper}"),
            false,
            "transforms a placeholder",
        ),
        (
            Rule::found("/{*r?}", "/en/{r}").after(http::StatusCode::NOT_FOUND),
            permanent("/en{/*r}", "https://en.example/{r}"),
            true,
            "doesn't match its own targets",
        ),
        (
            permanent("/a", "/b").cache(std::time::Duration::from_secs(9)),
            Rule::found("/b", "/c"),
            true,
            "has a cache lifetime",
        ),
        (
            permanent("/a", "/b"),
            permanent("/b", "/c").cache(std::time::Duration::from_secs(9)),
            false,
            "has a cache lifetime",
        ),
        (
            permanent("/a", "/b"),
            permanent("/b", "/c").after(http::StatusCode::NOT_FOUND),
            false,
            "waits for a response of the app; in a `_redirects` file, write its status with `!`",
        ),
        (
            permanent("/a", "/b"),
            permanent("/b", "/c").set_param("x", "1"),
            false,
            "edits the query",
        ),
        (
            permanent("/a", "/b?x=1"),
            permanent("/b?x=1", "/c"),
            false,
            "requires a parameter of the query",
        ),
        (
            Rule::moved_permanently("/a/{*_r}", "/a/b").methods([Method::POST]),
            permanent("/{*r}", "/c"),
            true,
            "may match its own target with another method",
        ),
        (
            permanent("/a", "/b").methods([Method::POST]),
            Rule::found("/b", "/a"),
            true,
            "may match the final URL",
        ),
        (
            permanent("/a/{x}", "/b/{x}"),
            permanent("/b/{x}", "/c/{x}?y={x}"),
            false,
            "has a placeholder in the query of its target",
        ),
        (
            permanent("/a/{x}", "/b/{x}"),
            permanent("/b/{x}", "/c/{x}#{x}"),
            false,
            "has a placeholder in the fragment of its target",
        ),
        (
            permanent("/a", "/b?"),
            permanent("/b", "/c"),
            true,
            "has an empty query in its target",
        ),
        (
            permanent("/a", "/b"),
            permanent("/b", "/c?"),
            false,
            "has an empty query in its target",
        ),
        (
            permanent("/a", "/b").set_param("x", "1"),
            drop(permanent("/b", "/c")),
            true,
            "sets a parameter that the next rule drops",
        ),
        (
            permanent("/a", "/b").set_param("x", "1"),
            permanent("/b", "/c?x=2"),
            true,
            "sets a parameter that the next target has",
        ),
        (
            permanent("/a/{x}", "/b/{x}?{x}=1"),
            permanent("/b/{x}", "/c/{x}"),
            true,
            "has a placeholder in the name of a parameter",
        ),
        (
            permanent("/a", "/b?x=1"),
            merge(permanent("/b", "/c?y=1")),
            false,
            "merges the query, and the rule before keeps it",
        ),
        (
            merge(permanent("/a", "/b?x=1")),
            permanent("/b", "/c?y=1"),
            true,
            "merges the query, and the next rule keeps it",
        ),
        (
            permanent("/a/{x}", "/b/{x}.html"),
            permanent("/b/{x}", "/c/{x}"),
            true,
            "has a placeholder that is only a part of a segment",
        ),
        (
            permanent("/a/{x}", "/b/{x}"),
            permanent("/b/{x}", "/c/{x}.html"),
            false,
            "has a placeholder that is only a part of a segment",
        ),
        (
            permanent("/a/{*r}", "/b/{r}"),
            permanent("/b/{*r}", "/{r}"),
            false,
            "may redirect to a path that begins with two slashes",
        ),
        (
            permanent("/a/{x}", "/b/{x}"),
            permanent("/b/{_x}", "/d"),
            false,
            "drops a placeholder of the rule before",
        ),
        (
            permanent("/a{/*r}", "/b/{r}"),
            permanent("/b{/*r}", "/c/{r}"),
            true,
            "has a placeholder that may match nothing",
        ),
        (
            permanent("/a", "/%62"),
            permanent("/b", "/c"),
            true,
            "has a target that isn't percent-encoded as usual",
        ),
        (
            Rule::permanent(Source::regex("/a/(.*)"), "/b/{1}"),
            permanent("/b{/*r}", "/c/{r}"),
            true,
            "has a placeholder that isn't one segment or the rest of the path",
        ),
    ] {
        let text = format!("{rule:?} {next:?}");
        let rules = Rules::new([rule, next]).unwrap_or_else(|errors| panic!("{text}: {errors}"));
        let flattened = rules.flatten();
        let chain = flattened.remaining_chains().first();
        let who = u32::from(!of_first);
        let expected = format!("rule 0 stays the same, because rule {who} {reason}");
        assert_eq!(chain.map(ToString::to_string), Some(expected), "{text}");
    }
}

/// A request that the first rule matches never gets to the others.
#[test]
fn a_rule_for_a_whole_host_before_the_others_hides_no_chain() {
    let old_host =
        |source: &str, host: &str| Rule::permanent(source, "https://www.example/x").host(host);
    for (first, is_hidden) in [
        (old_host("/{*rest}", "old.example"), false),
        (old_host("/{*rest?}", "*.old.example"), false),
        (old_host("/{*rest?}", ".old.example"), false),
        (old_host("/b", "old.example"), true),
        (old_host("/{*rest}", "old.example").except(["/a"]), true),
        (
            old_host("/{*rest}", "old.example").methods([Method::GET]),
            true,
        ),
    ] {
        let text = first.to_string();
        let chain = [Rule::permanent("/a", "/b"), Rule::permanent("/b", "/c")];
        let rules = Rules::new([first].into_iter().chain(chain)).unwrap();
        let findings = rules.check().to_string();
        let is_known = findings.contains("point this rule at `/c`");
        assert_eq!(!is_known, is_hidden, "{text}: {findings}");
        assert_eq!(rules.flatten().changes().is_empty(), is_hidden, "{text}");
    }
    // A redirect for `/` passes no rule that needs more than that.
    let rules = Rules::new([
        old_host("/{*rest}", "old.example"),
        Rule::permanent("/", "/b"),
        Rule::permanent("/b", "/c"),
    ]);
    let rules = rules.unwrap();
    assert!(rules.flatten().changes().is_empty());
    let request = testing::get("/").header("host", "old.example");
    testing::follow(&rules, request).assert_arrives_at("https://www.example/x");
}

/// A client that changes POST to GET leaves out the headers of the body.
#[test]
fn a_chain_with_a_condition_on_the_body_stays() {
    let content_type = || Condition::header("content-type");
    for status in [303, 302] {
        let rule = |source, target| match status {
            303 => Rule::see_other(source, target),
            _ => Rule::found(source, target),
        };
        for is_expected in [true, false] {
            let rules = [rule("/a", "/b"), rule("/b", "/c")].map(|rule| match is_expected {
                true => rule.when(content_type()),
                false => rule.unless(content_type()),
            });
            let rules = Rules::new(rules).unwrap();
            let flattened = rules.flatten();
            for request in [testing::post("/a"), testing::get("/a")] {
                for request in [
                    request.clone(),
                    request.header("content-type", "text/plain"),
                ] {
                    let before = testing::follow(&rules, request.clone());
                    let after = testing::follow(flattened.rules(), request);
                    assert_eq!(before.url(), after.url(), "{status} {is_expected}");
                }
            }
        }
    }
}

#[test]
fn an_empty_parameter_that_one_rule_would_lose_keeps_a_chain() {
    let rules = Rules::new([
        Rule::permanent("/b/{x}", "/a/?&p=1&&"),
        Rule::permanent("/c", "/b/a?p=1&q=2").set_param("q", "1"),
    ]);
    let rules = rules.unwrap();
    let before = testing::follow(&rules, testing::get("/c"));
    let after = testing::follow(rules.flatten().rules(), testing::get("/c"));
    assert_eq!(before.url(), after.url());
}
