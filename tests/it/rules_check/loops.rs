//! Loops are errors of the table.

use super::*;

/// Sets with a loop, and what is said about it.
fn loops() -> Vec<Case> {
    let post = || Rule::see_other("/form", "/form").methods([Method::GET]);
    let beta = || Condition::cookie("beta");
    let k = |values: &[&str]| Condition::query("k").one_of(values);
    let kind = |values: &[&str]| Condition::header("x-kind").one_of(values);
    vec![
        // One of several values is left.
        (
            "redirect loop: `/a?k=2` → `/b` → `/a?k=2` (rules 0 and 1)",
            vec![
                Rule::found("/a", "/b")
                    .when(k(&["1", "2"]))
                    .unless(k(&["1"])),
                Rule::found("/b", "/a?k=2"),
            ],
        ),
        (
            "redirect loop: `/a` → `/b` → `/a` (rules 0 and 1)",
            vec![
                Rule::found("/a", "/b")
                    .when(kind(&["1", "2", "3"]))
                    .unless(kind(&["1"]))
                    .unless(kind(&["3", "4"])),
                Rule::found("/b", "/a").when(kind(&["1", "2", "3"])),
            ],
        ),
        (
            "redirect loop: `/a` → `/b` → `/a` (rules 0 and 1)",
            vec![
                Rule::found("/a", "/b")
                    .when(Condition::cookie("c"))
                    .unless(Condition::cookie("c").one_of(["1", "2"])),
                Rule::found("/b", "/a").when(Condition::cookie("c")),
            ],
        ),
        (
            "rule 0, `/a -> /a`: error: endless redirect: `/a` matches this rule again; remove this rule",
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
            "rule 1, `/b -> /a`: error: redirect loop: `/a` → `/b` → `/a` (rules 0 and 1); remove one of these \
             rules or change its target",
            vec![permanent("/a", "/b"), Rule::found("/b", "/a")],
        ),
        (
            "rule 2, `/c -> /a`: error: redirect loop: `/a` → `/b` → `/c` → `/a` (rules 0, 1 and 2)",
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
                Rule::found("/a", "/b").except_methods([Method::GET]),
                Rule::found("/b", "/a"),
                Rule::found("/a", "/c").methods([Method::GET]),
                Rule::found("/c", "/a").except_methods([Method::HEAD]),
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
        assert!(errors.iter().all(|error| error.part() == Some(Part::Rule)));
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
fn loops_of_parameters_that_a_format_sends_on() {
    use tower_redirect::rules::Format;
    let file = r#"[{"source":"/:x*","destination":"/a/:x*","permanent":true,
        "has":[{"type":"query","key":"k","value":"1"}]}]"#;
    let parsed = Format::Next.parse_lossy(file);
    let said = parsed.findings.has_errors() || !parsed.rules.check().is_empty();
    assert!(said, "a loop that nobody mentions");
}

/// Each redirect adds one more `y`, so the URL is never the requested one.
#[test]
fn a_renamed_parameter_that_the_target_has_makes_the_query_grow() {
    let rule = |target: &str| {
        Rule::found("/{y}/c", target)
            .rename_param("x", "y")
            .query(QueryPolicy::Merge)
    };
    let growing = rule("/c/{y}?x=1");
    let found = Rules::new([growing]).map(|rules| rules.check());
    assert!(found.is_err() || !found.unwrap().is_empty());
    // The target has the new name too, or the parameter is removed first: the query stays.
    for ends in [
        rule("/c/{y}?x=1&y=2"),
        rule("/c/{y}?x=1").remove_param("x"),
        rule("/c/{y}?x=1").set_param("y", "2"),
    ] {
        let text = ends.to_string();
        let rules = Rules::new([ends]).unwrap();
        let journey = testing::follow(&rules, testing::get("/c/c"));
        assert!(*journey.end() != End::TooManyRedirects, "{text}: {journey}");
    }
}

/// Loops that a parser of rules, a name or a host could hide. Each request goes round.
#[test]
fn r9_no_loop_hides() {
    for (rules, url) in [
        (
            "/a/{k} -> /b/{k}?{k}=1 302 query=merge\n/b/{k} -> /a/{k}?lang=2 302 query=target-wins not:query:lang=2",
            "/a/lang",
        ),
        (
            "/a -> /a 302 rename=t:u rename=u:t ignore-case",
            "/a?t=1&u=2",
        ),
        (
            "/a -> /a 302 rename=t:u rename=u:t query:t query:u repeat-parameters",
            "/a?t=1&u=2",
        ),
        (
            "/a/{x} -> /b//{x} 302 merge-slashes\n/b/{x} -> /a/{x} 302",
            "/a/y",
        ),
        ("/a -> /b//c 302 merge-slashes\n/b/c -> /a 302", "/a"),
        (
            "/a -> /b{q}c 302 query:q as q? repeat-parameters\n/bc -> /a?q= 302 query=drop",
            "/a?q=",
        ),
    ] {
        let parsed = Format::Native.parse_lossy(rules);
        if parsed.findings.has_errors() {
            continue;
        }
        let is_lost =
            *testing::follow(&parsed.rules, testing::get(url)).end() == End::TooManyRedirects;
        let findings = parsed.rules.check();
        let is_reported = findings.iter().any(|one| {
            use FindingCode::{PossibleEndlessRedirect, PossibleLoop, UndecidedLoop};
            matches!(
                one.code(),
                PossibleLoop | PossibleEndlessRedirect | UndecidedLoop
            )
        });
        assert!(!is_lost || is_reported, "{rules}\n{findings}");
    }
    // On another host, the client sends another `Host`, and perhaps another cookie.
    for header in ["host", "cookie", "authorization"] {
        let value = match header {
            "host" => "h.example",
            _ => "a=1",
        };
        let condition = || Condition::header(header).equal_to(value);
        let rules = [
            Rule::found("/a", "https://a.example/b").when(condition()),
            Rule::found("/b", "https://h.example/a")
                .host("a.example")
                .unless(condition()),
            Rule::found("/x", "/y").host("h.example"),
        ];
        let findings = Rules::new(rules).unwrap().check();
        let is_loop = |one: &Finding| one.code().as_str().contains("loop");
        assert!(findings.iter().any(is_loop), "{header}: {findings}");
    }
    let netlify = Format::Netlify.parse_lossy("/a q=:q /b/:q 302!\n/b/ /a?q= 302!\n");
    assert!(netlify.findings.has_errors() || !netlify.rules.check().is_clean());
}

/// A rule for the hosts below a domain ends after one redirect to one of them.
#[test]
fn a_host_label_is_no_loop_to_itself() {
    for rule in [
        "/{x} -> https://{x}.example.com/{x} 302 host=*.example.com",
        "/{*rest?} -> https://{t}.example.com/{rest} 302 host=*.example.com header:x-tenant as t",
    ] {
        let parsed = Format::Native.parse_lossy(rule);
        assert!(!parsed.findings.has_errors(), "{}", parsed.findings);
    }
}

#[test]
fn many_rules_that_redirect_to_each_other_take_few_rounds() {
    let lines: String = (0..250)
        .map(|at| format!("/* /en{at}/:splat 301!\n"))
        .collect();
    let parsed = Format::Netlify.parse_lossy(&lines);
    assert!(parsed.findings.has_errors());
    assert!(parsed.findings.iter().count() >= 200, "{}", parsed.findings);
}

/// A regex sees the path as it is received, and a redirect may send needless escapes.
#[cfg(feature = "regex")]
#[test]
fn no_loop_of_a_regex_hides_behind_escapes() {
    let regex = |source: &str, target: &str| Rule::found(Source::regex(source), target);
    let two = |source: &str, target: &str, escaped: &str| {
        vec![regex(source, target), Rule::found(target, escaped)]
    };
    for (rules, path) in [
        (vec![regex("/[^a]+", "/%61?q=1")], "/b"),
        (vec![regex("/%61(.*)", "/%61b?q=1")], "/%61"),
        (two("/x%7E", "/y", "/x%7E"), "/y"),
        (two("/x%61", "/y", "/x%61"), "/y"),
        (two("/x%2e", "/y", "/x%2e"), "/y"),
        (two("/x%c3%a9", "/y", "/x%c3%a9"), "/y"),
        (two("/x.{3}", "/y", "/x%61"), "/y"),
        (two("/x[^a]+", "/y", "/x%61"), "/y"),
        (two("/[^a]+", "/a", "/%61b"), "/b"),
    ] {
        let text: Vec<_> = rules.iter().map(ToString::to_string).collect();
        let Ok(table) = Rules::new(rules) else {
            continue;
        };
        let journey = testing::follow(&table, testing::get(path));
        assert_eq!(*journey.end(), End::TooManyRedirects, "{text:?}");
        let findings = table.check();
        let is_loop = |one: &Finding| {
            let code = one.code().as_str();
            code.contains("loop") || code.contains("endless")
        };
        assert!(findings.iter().any(is_loop), "{text:?}: {findings}");
    }
}
