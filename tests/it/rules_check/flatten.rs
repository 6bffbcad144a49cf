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

/// Every way of two rules to treat a query, one after the other, as one.
#[test]
fn what_two_rules_do_with_a_query_one_does() {
    use QueryPolicy::{Drop, Keep, Merge, TargetWins};
    let policies = [Keep, Drop, Merge, TargetWins];
    let first_queries = ["", "?x=1", "?y=1&x=2", "?%78=1&y"];
    let second_queries = ["", "?x=3", "?z=4&z=5", "?%79=6"];
    let requests = ["", "?", "?q", "?x=5&q=1", "?y=6&x=7&x=8", "?z=1&%78=2&y=+"];
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
                    let can_be_said = match (first, second) {
                        (Keep, Merge) | (Merge, Keep) => own.is_empty() || other.is_empty(),
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
