//! Which rules may lead to a URL.

use super::*;

fn leading_to(rules: &Rules, url: &str) -> Vec<u32> {
    let found = rules.leading_to(url);
    let found = found.unwrap_or_else(|error| panic!("{url}: {error}"));
    found.map(|rule| rule.number()).collect()
}

/// One rule, and URLs with whether it may lead there.
#[test]
fn what_a_rule_may_lead_to() {
    let host = |rule: Rule| rule.host("a.example");
    let regex = || Source::regex(r"/old/(\d+)-(?<rest>.*)");
    let cases: Vec<(Rule, &[&str], &[&str])> = vec![
        (
            permanent("/a", "/b"),
            &["/b", "/%62", "/b?x=1", "/b#f", "https://any.example/b"],
            &["/a", "/", "/b/", "/B", "/b/c"],
        ),
        (permanent("/a", "/"), &["/"], &["/a", "/a/"]),
        // A placeholder is what the source can capture for it.
        (
            permanent("/blog/{slug}.html", "/posts/{slug}"),
            &["/posts/a", "/posts/a.html", "/posts/%2F"],
            &["/posts/", "/posts", "/posts/a/b", "/post/a", "/blog/a.html"],
        ),
        (
            permanent("/blog/{y}/{slug}", "/posts/{y}-{slug}.html"),
            &["/posts/2024-a.html", "/posts/a-b-c.html"],
            &["/posts/a.html/", "/posts/.html", "/posts/2024-a"],
        ),
        (
            permanent("/{x}", "/{x}/a/{x}"),
            &["/b/a/b", "/%62/a/b"],
            &["/b/a/c", "/b/a", "/b/b/b"],
        ),
        (
            permanent("/docs/{*rest}", "/d/{rest}"),
            &["/d/a", "/d/a/b", "/d/a/"],
            &["/d/", "/d", "/docs/a"],
        ),
        (
            permanent("/docs/{*rest?}", "/d/{rest}"),
            &["/d/", "/d/a", "/d/a/b/"],
            &["/d", "/dd"],
        ),
        (
            permanent("/docs{/*rest}", "/d{/*rest}"),
            &["/d", "/d/", "/d/a/b"],
            &["/da", "/"],
        ),
        (
            Rule::permanent(Source::prefix("/old"), "/new/x"),
            &["/new/x", "/new/x/", "/new/x/a/b"],
            &["/new", "/new/xa", "/old"],
        ),
        (
            permanent("/page?id={id}", "/pages/{id}"),
            &["/pages/5", "/pages/5?x=1"],
            &["/pages/", "/pages", "/pages/5/a", "/pages/5?id=5"],
        ),
        (
            Rule::permanent(regex(), "/new/{1}/{rest}"),
            &["/new/1/a", "/new/1/"],
            &["/new", "/old/1-a"],
        ),
        (Rule::permanent(regex(), "/new"), &["/new"], &["/new/1"]),
        (
            permanent("/A", "/Caf\u{e9}/a b").ignore_case(),
            &["/Caf\u{e9}/a%20b", "/Caf%C3%A9/a b", "/Caf%c3%a9/%61%20b"],
            &["/caf\u{e9}/a b", "/Caf%E9/a%20b"],
        ),
        (permanent("/a", "/b%2Fc"), &["/b%2Fc", "/b%2fc"], &["/b/c"]),
        // Origins.
        (
            permanent("/{*r}", "https://new.example/x/{r}"),
            &[
                "https://new.example/x/a",
                "https://NEW.example:443/x/a",
                "https://new.example./x/a",
            ],
            &[
                "/x/a",
                "http://new.example/x/a",
                "https://new.example:8443/x/a",
                "https://www.new.example/x/a",
                "https://new.example/a",
            ],
        ),
        (
            host(permanent("/a", "http://a.example:8080/b")),
            &["http://a.example:8080/b"],
            &["/b", "http://a.example/b", "https://a.example:8080/b"],
        ),
        (
            permanent("/a", "https://a.example"),
            &[
                "https://a.example/",
                "https://a.example",
                "https://a.example?x",
            ],
            &["/", "https://a.example/a"],
        ),
        // A target without an origin stays where the rule matches.
        (
            host(permanent("/a", "/b")),
            &["/b", "http://a.example/b", "https://a.example:8443/b"],
            &["https://b.example/b", "https://x.a.example/b"],
        ),
        (
            permanent("/a", "/b").host("*.a.example"),
            &["/b", "https://x.a.example/b", "https://y.x.a.example/b"],
            &["https://a.example/b", "https://xa.example/b"],
        ),
        (
            permanent("/a", "/b").scheme(HttpScheme::Http),
            &["/b", "http://a.example/b"],
            &["https://a.example/b"],
        ),
        // Queries: those of the request go on, or not.
        (
            permanent("/a", "/b?x=1"),
            &["/b", "/b?x=1", "/b?x=1&y=2", "/b?x=1&x=2", "/b?%78=%31"],
            &["/b?", "/b?x=2", "/b?y=2"],
        ),
        (
            permanent("/a", "/b?x=1").query(QueryPolicy::Drop),
            &["/b", "/b?x=1"],
            &["/b?x=1&y=2", "/b?", "/b?x=1&x=2"],
        ),
        (
            permanent("/a", "/b").query(QueryPolicy::Drop),
            &["/b", "/b?"],
            &["/b?x=1"],
        ),
        (
            permanent("/a", "/b?x=1").query(QueryPolicy::Merge),
            &["/b?x=1", "/b?x=1&y=2"],
            &["/b?x=2", "/b?x=1&x=2"],
        ),
        (
            permanent("/a", "/b?x=1").query(QueryPolicy::TargetWins),
            &["/b?x=1"],
            &["/b?x=1&y=2"],
        ),
        (
            permanent("/a", "/b").query(QueryPolicy::TargetWins),
            &["/b?x=1"],
            &[],
        ),
        (
            permanent("/p/{id}", "/b?id={id}"),
            &["/b?id=5", "/b?id=5&y=1"],
            &["/b?y=1"],
        ),
        (
            permanent("/a?k=1", "/b"),
            &["/b", "/b?y=1"],
            &["/b?k=1", "/b?k=2"],
        ),
        (permanent("/a?k", "/b"), &["/b?k=1", "/b?k"], &[]),
        (
            permanent("/a", "/b").remove_param("utm"),
            &["/b?x=1"],
            &["/b?utm=1"],
        ),
        (
            permanent("/a", "/b").rename_param("p", "page"),
            &["/b?page=1", "/b?x=1"],
            &["/b?p=1"],
        ),
        (
            permanent("/a", "/b?from=x").set_param("from", "old site"),
            &["/b?from=old%20site", "/b?y&from=old+site"],
            &["/b?from=x", "/b?y", "/b?from=old%20site&from=x"],
        ),
        (
            permanent("/a", "/b").when(Condition::query("k").one_of(["1", "2"]).captured_as("_k")),
            &["/b"],
            &["/b?k=2"],
        ),
        // A client keeps its fragment, unless the target has one.
        (permanent("/a", "/b#f"), &["/b", "/b#f"], &["/b#g", "/b#"]),
        (permanent("/a", "/b"), &["/b#f"], &[]),
    ];
    for (rule, may, never) in cases {
        let text = format!("{rule:?}");
        let rules = Rules::new([rule]).unwrap_or_else(|errors| panic!("{errors}\n{text}"));
        for url in may {
            assert_eq!(leading_to(&rules, url), [0], "{url}: {text}");
        }
        for url in never {
            assert_eq!(leading_to(&rules, url), [0_u32; 0], "{url}: {text}");
        }
    }
}

#[test]
fn the_rules_are_in_their_order_and_conditions_do_not_count() {
    let rules = Rules::builder()
        .precedence(tower_redirect::rules::Precedence::MostSpecific)
        .rules([
            permanent("/{x}", "/to"),
            permanent("/a", "/to").when(Condition::cookie("c")),
            permanent("/b", "/other"),
            permanent("/a", "/to").methods([Method::POST]),
            // It is never reached.
            permanent("/a", "/to").when(Condition::cookie("c")),
        ])
        .build()
        .unwrap();
    assert_eq!(leading_to(&rules, "/to"), [0, 1, 3, 4]);
    let file = "/a /to\n/b /x\n/c/:id /:id\n";
    let rules = tower_redirect::rules::netlify::parse(file).unwrap();
    let lines: Vec<_> = rules
        .leading_to("/to")
        .unwrap()
        .map(|rule| rule.line())
        .collect();
    assert_eq!(lines, [Some(1), Some(3)]);

    // Next sends on the parameters that a rule requires.
    let file = r#"[{"source":"/a","destination":"/b","permanent":true,
        "has":[{"type":"query","key":"k","value":"(1|2)"}]}]"#;
    let rules = tower_redirect::rules::next::parse(file).unwrap();
    testing::get("/a?k=2")
        .through(&rules)
        .assert_redirect("/b?k=2");
    assert_eq!(leading_to(&rules, "/b?k=2"), [0]);
}

#[test]
fn what_is_no_url_is_an_error() {
    let rules = Rules::new([permanent("/a", "/b")]).unwrap();
    for url in [
        "", "b", "?x", "#f", "./b", "//b", "mailto:b", "ftp://b/", "/a\n", "https://",
    ] {
        assert!(rules.leading_to(url).is_err(), "{url:?}");
    }
}

/// Rules have no relative targets, so there is nothing to resolve.
#[test]
fn rules_have_no_relative_targets() {
    for target in ["b", "./b", "../b", "?x=1", "#f", ""] {
        assert!(Rules::new([permanent("/a", target)]).is_err(), "{target:?}");
    }
}

proptest! {
    #![proptest_config(random::config())]

    /// Whatever is sent leads where it leads: no rule is missing.
    #[test]
    fn no_rule_that_leads_to_a_url_is_missing(
        set in prop::collection::vec(random::sets::rule(), 1..6),
        precedence in random::sets::precedence(),
    ) {
        let Ok(rules) = Rules::builder().precedence(precedence).rules(set).build() else {
            return Ok(());
        };
        for request in random::sets::requests() {
            let explanation = rules.explain(&request.head());
            let (Some(winner), Some(location)) = (explanation.winner(), explanation.location())
            else {
                continue;
            };
            let found = |url: &str| leading_to(&rules, url).contains(&winner.number());
            prop_assert!(found(location), "{location}\n{explanation}");
            // Also without its query and its fragment.
            let address = location.split('#').next().unwrap_or_default();
            let path = address.split('?').next().unwrap_or_default();
            prop_assert!(found(address) && found(path), "{location}\n{explanation}");
            // And on the host of the request.
            if let (Some(host), true) = (request.head().authority(), location.starts_with('/')) {
                let scheme = request.head().scheme().unwrap_or(HttpScheme::Http);
                let url = format!("{scheme}://{host}{location}");
                prop_assert!(found(&url), "{url}\n{explanation}");
            }
        }
    }
}
