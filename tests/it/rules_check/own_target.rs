//! Rules that wait for a 404, and lead to what they match.

use http::StatusCode;
use tower_redirect::{
    rules::{Condition, Format, Rule, Rules, cloudflare, netlify},
    testing,
};

/// What becomes of a request for a path: where it is redirected to, or nothing.
fn location(rules: &Rules, path: &str) -> Option<String> {
    let decision = testing::get(path).through(rules).decision().clone();
    let redirect = decision.into_target()?;
    Some(redirect.location().to_string())
}

#[test]
fn a_rule_does_not_match_its_own_targets() {
    for (line, yes, no) in [
        (
            "/* /en/:splat",
            &[("/x", "/en/x"), ("/", "/en/"), ("/enx", "/en/enx")][..],
            &["/en", "/en/", "/en/x", "/en/en/x"][..],
        ),
        (
            "/docs/* /docs/latest/:splat",
            &[("/docs", "/docs/latest/"), ("/docs/x", "/docs/latest/x")],
            &["/docs/latest", "/docs/latest/x/y"],
        ),
        (
            "/a/* /a/b/c",
            &[("/a/x", "/a/b/c"), ("/a/b", "/a/b/c")],
            &["/a/b/c"],
        ),
        ("/a/:x /a/b", &[("/a/x", "/a/b")], &["/a/b", "/a/b/"]),
        (
            "/:lang/* /:lang/docs/:splat 302",
            &[("/de/x", "/de/docs/x"), ("/docs/x", "/docs/docs/x")],
            &["/de/docs", "/de/docs/x"],
        ),
        (
            "/p/:a/:b /p/x-:a/:b",
            &[("/p/1/2", "/p/x-1/2")],
            &["/p/x-1/2", "/p/x-x/y"],
        ),
        (
            "https://a.example/* https://a.example/en/:splat",
            &[("https://a.example/x", "https://a.example/en/x")],
            &["https://a.example/en/x"],
        ),
        (
            "/* /en/:splat#top",
            &[("/x?y=1", "/en/x?y=1#top")],
            &["/en/x?y=1"],
        ),
    ] {
        let rules = netlify::parse(line).unwrap_or_else(|errors| panic!("{line}: {errors}"));
        let ask = |url: &str| match url.strip_prefix("https://a.example") {
            None => location(&rules, url),
            Some(path) => {
                let request = testing::get(path).header("host", "a.example");
                let request = request.scheme(tower_redirect::location::HttpScheme::Https);
                let decision = request.through(&rules).decision().clone();
                Some(decision.into_target()?.location().to_string())
            }
        };
        for (path, expected) in yes {
            assert_eq!(ask(path).as_deref(), Some(*expected), "{line}: {path}");
        }
        for path in no {
            assert_eq!(ask(path), None, "{line}: {path}");
        }
    }
}

#[test]
fn the_next_rule_is_tried() {
    let rules = netlify::parse("/* /en/:splat\n/en/old /en/new\n/en/* /de/:splat\n").unwrap();
    for (path, expected) in [("/x", "/en/x"), ("/en/old", "/en/new"), ("/en/x", "/de/x")] {
        assert_eq!(location(&rules, path).as_deref(), Some(expected), "{path}");
    }
}

#[test]
fn it_is_a_warning_and_strict_parsing_takes_the_file() {
    for (file, said) in [
        (
            "/* /en/:splat 301\n",
            "rules:1: warning: the target matches this rule again, so the rule skips the URLs that it \
             redirects to; check that the app has these pages",
        ),
        (
            "/il/* /il/he/:splat 302 Language=he\n",
            "rules:1: warning: the target matches this rule again, so the rule skips the URLs that it \
             redirects to; check that the app has these pages",
        ),
        (
            "/a /b\n/b /a\n",
            "rules:2: warning: possible redirect loop: `/a` \u{2192} `/b` \u{2192} `/a` (lines 1 and 2); \
             remove one of these rules, unless the app has a page at one of these URLs",
        ),
        (
            "/:a/:b /:b/:a\n",
            "rules:1: warning: possible redirect loop: `/x0/x1` \u{2192} `/x1/x0` \u{2192} `/x0/x1` \
             (line 1); change the target of this rule, unless the app has a page there",
        ),
        (
            "/a /b 301!\n/b /a\n",
            "rules:2: warning: possible redirect loop: `/a` \u{2192} `/b` \u{2192} `/a` (lines 1 and 2); \
             remove one of these rules, unless the app has a page at one of these URLs",
        ),
    ] {
        let parsed = netlify::parse_lossy(file);
        assert_eq!(parsed.findings.to_string(), "", "{file}");
        let loops: Vec<_> = parsed
            .rules
            .check()
            .iter()
            .map(ToString::to_string)
            .collect();
        let loops: Vec<_> = loops.iter().filter(|one| one.contains("warning")).collect();
        assert_eq!(loops, [said], "{file}");
    }
    // They serve.
    let rules = netlify::parse("/a /b\n/b /a\n").unwrap();
    testing::get("/a")
        .through(&rules)
        .assert_redirect("/b")
        .assert_after(StatusCode::NOT_FOUND);
    assert_eq!(location(&rules, "/b").as_deref(), Some("/a"));
}

#[test]
fn other_loops_are_still_errors() {
    for text in [
        "/:a/* /en/:a/:splat 301!\n",
        "/a /b 301!\n/b /a 301!\n",
        "/a /a 301!\n",
    ] {
        assert!(netlify::parse(text).is_err(), "{text}");
    }
    for text in ["/* /en/:splat\n", "/a /b\n/b /a\n"] {
        assert!(cloudflare::parse(text).is_err(), "{text}");
    }
    let rule = Rule::permanent("/{*rest?}", "/en/{rest}");
    assert!(Rules::new([rule.clone()]).is_err());
    let rules = Rules::new([rule.after(StatusCode::NOT_FOUND)]).unwrap();
    assert_eq!(location(&rules, "/en/x"), None);
    assert_eq!(location(&rules, "/x").as_deref(), Some("/en/x"));
}

/// Netlify's engine does so with and without `!`.
#[test]
fn an_asterisk_of_netlify_excludes_its_own_target() {
    let rules = netlify::parse("/* /en/:splat 301!\n/en/old /en/new 301!\n").unwrap();
    assert_eq!(location(&rules, "/x").as_deref(), Some("/en/x"));
    assert_eq!(location(&rules, "/en/x"), None);
    assert_eq!(location(&rules, "/en/old").as_deref(), Some("/en/new"));
}

#[test]
fn a_rule_whose_targets_are_not_all_its_own_matches_them() {
    for (line, path, expected) in [
        // As many as it matches, so that it would match nothing.
        ("/:a/:b /:b/:a", "/1/2", "/2/1"),
        // Not each `/x/1/2` is a target.
        ("/:a/* /x/:a/:a", "/x/1/2", "/x/x/x"),
        // The query is a part of a URL.
        ("/* /en/:splat?x=1", "/en/y", "/en/en/y?x=1"),
        // The next request has no `k`, and is for another rule.
        ("/* k=:k /en/:splat", "/en/x?k=1", "/en/en/x"),
        (
            "/* https://new.example/en/:splat",
            "/en/x",
            "https://new.example/en/en/x",
        ),
    ] {
        let rules = netlify::parse(line).unwrap_or_else(|errors| panic!("{line}: {errors}"));
        assert_eq!(location(&rules, path).as_deref(), Some(expected), "{line}");
    }
}

#[test]
fn an_explanation_says_so() {
    let rules = netlify::parse("/* /en/:splat\n/en/* /de/:splat 302\n").unwrap();
    let explained = rules.explain(&testing::get("/en/x").head()).to_string();
    assert!(
        explained.contains("no match, it redirects to this URL"),
        "{explained}"
    );
    assert!(explained.contains("location: /de/x"), "{explained}");
}

#[test]
fn a_rule_after_it_is_reached_by_its_targets_only() {
    let report = |text: &str| netlify::parse(text).unwrap().check().to_string();
    let shadowed = report("/* /en/:splat\n/old /new\n");
    assert!(
        shadowed.contains("rules:2: warning: unreachable rule (shadowed by line 1)"),
        "{shadowed}"
    );
    let reached = report("/* /en/:splat\n/en/old /new\n/en/* /de/:splat\n");
    assert!(!reached.contains("unreachable"), "{reached}");
}

#[test]
fn they_keep_their_conditions_in_one_table_of_several() {
    let one = netlify::parse("/il/* /il/he/:splat 302 Language=he\n").unwrap();
    let two = Rules::new([
        Rule::found("/{*rest?}", "/m/{rest}")
            .when(Condition::cookie("m"))
            .after(StatusCode::NOT_FOUND),
        Rule::found("/il/he/x", "/y"),
    ]);
    let rules = Rules::builder()
        .append(one)
        .append(two.unwrap())
        .build()
        .unwrap();
    for (path, cookie, expected) in [
        ("/il/x", "", Some("/il/he/x")),
        ("/il/he/x", "", Some("/y")),
        ("/il/he/x", "m=1", Some("/m/il/he/x")),
        ("/m/x", "m=1", None),
    ] {
        let request = testing::get(path)
            .header("accept-language", "he")
            .header("cookie", cookie);
        let decision = request.through(&rules).decision().clone();
        let location = decision
            .into_target()
            .map(|redirect| redirect.location().to_string());
        assert_eq!(location.as_deref(), expected, "{path} {cookie}");
    }
}

/// The excluded paths are compared as the source is.
#[test]
fn the_own_target_is_compared_as_the_source_is() {
    for (rule, url) in [
        ("/{*rest} -> /EN/{rest} 302 after=404 ignore-case", "/en/x"),
        ("/{*rest} -> /EN/{rest} 302 after=404 ignore-case", "/EN/x"),
        (
            "/{a}/{b} -> /x/{a}/ 302 after=404 ignore-trailing-slash",
            "/x/y/",
        ),
        (
            "/{a}/{b} -> /x/{a}/ 302 after=404 ignore-trailing-slash",
            "/x/y",
        ),
    ] {
        let rules = Format::Native.parse(rule).unwrap();
        testing::get(url).through(&rules).assert_pass();
    }
}
