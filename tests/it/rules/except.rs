//! Paths that a rule excludes.

use tower_redirect::rules::{FailedCondition, FindingCode};

use super::*;

fn all(rules: impl IntoIterator<Item = Rule>) -> Rules {
    Rules::new(rules).unwrap()
}

#[track_caller]
fn assert_leads(rules: &Rules, cases: &[(&str, Option<&str>)]) {
    for (target, expected) in cases {
        let answer = testing::get(target).through(rules);
        match expected {
            Some(location) => answer.assert_redirect(location),
            None => answer.assert_pass(),
        };
    }
}

const TO: Option<&str> = Some("/to");

#[test]
fn an_excluded_path_goes_to_the_next_rule() {
    let rules = all([
        Rule::found("/{*rest}", "/to").except(["/api{/*rest}", "/{page}.html", "/to"]),
        Rule::gone("/api/old"),
        Rule::found("/{x}.html", "/html"),
    ]);
    testing::get("/api/old")
        .through(&rules)
        .assert_refused(StatusCode::GONE);
    assert_leads(
        &rules,
        &[
            ("/blog", TO),
            ("/api", None),
            ("/api/", None),
            ("/api/x/y?z", None),
            ("/apis", TO),
            ("/%61pi/x", None),
            ("/a.html", Some("/html")),
            ("/.html", TO),
            ("/a/b.html", TO),
            ("/API", TO),
        ],
    );
}

#[test]
fn an_exception_is_compared_as_the_source_is() {
    let rule = || Rule::found("/{*rest}", "/to").except(["/API/x", "/b/", "/to", "/html"]);
    let cases = [
        ("/api/X", rule(), TO),
        ("/api/X", rule().ignore_case(), None),
        ("/b", rule(), TO),
        ("/b/", rule(), None),
        ("/b", rule().ignore_trailing_slash(), None),
        ("/API/x/", rule().ignore_trailing_slash(), None),
        ("/API/x/", rule(), TO),
    ];
    for (path, rule, expected) in cases {
        assert_leads(&all([rule]), &[(path, expected)]);
    }
    // Options of the whole table come before or after.
    let table = Rules::builder().ignore_case().rule(rule()).build().unwrap();
    assert_leads(&table, &[("/api/X", None)]);
}

#[test]
fn every_source_and_outcome_can_have_exceptions() {
    let prefix = Rule::found(Source::prefix("/old"), "/new").except(["/old/kept{/*rest}"]);
    let refused = Rule::gone("/jobs/{id}").except(["/jobs/all"]);
    let passes = Rule::pass("/api{/*rest}").except(["/api/v1/{*rest}"]);
    let rest = Rule::found("/api/{*rest}", "/v2");
    let rules = all([prefix, refused, passes, rest]);
    testing::get("/jobs/1")
        .through(&rules)
        .assert_refused(StatusCode::GONE);
    assert_leads(
        &rules,
        &[
            ("/old/a", Some("/new/a")),
            ("/old/kept", None),
            ("/old/kept/a", None),
            ("/jobs/all", None),
            ("/api/v2", None),
            ("/api/v1/x", Some("/v2")),
        ],
    );
    #[cfg(feature = "regex")]
    assert_leads(
        &all([Rule::found(Source::regex(r"/(\d+)"), "/to").except(["/404"])]),
        &[("/403", TO), ("/404", None)],
    );
}

/// What is excluded of a source without placeholders is decided when the table is built.
#[test]
fn a_rule_that_is_emptied_is_an_error() {
    let narrow = |source: &str| Rule::found(source, "/to");
    for (rule, at) in [
        (narrow("/a").except(["/b", "/a"]), "/a"),
        (narrow("/a").except(["/{x}"]), "/{x}"),
        (narrow("/a").except(["/%61"]), "/%61"),
        (narrow("/a/b").except(["/a{/*rest}"]), "/a{/*rest}"),
        (narrow("/A").ignore_case().except(["/a"]), "/a"),
        (narrow("/a").ignore_trailing_slash().except(["/a/"]), "/a/"),
        (narrow("/a/{x}").except(["/a/{y}"]), "/a/{y}"),
        (narrow("/a/{x}").except(["/{y}/{z}"]), "/{y}/{z}"),
        (narrow("/a/{x}.html").except(["/a/{y}"]), "/a/{y}"),
        (narrow("/a/{*x}").except(["/a{/*y}"]), "/a{/*y}"),
        (
            Rule::found(Source::prefix("/a"), "/to").except(["/a{/*y}"]),
            "/a{/*y}",
        ),
        (Rule::pass("/a").except(["/a"]), "/a"),
    ] {
        let errors = Rules::new([rule.clone()]).unwrap_err();
        let error = errors.iter().next().unwrap();
        let said = (error.text(), error.part(), sentence_of(error));
        let sentence = "this exception excludes every path of the source; narrow it, or remove \
                        the rule";
        assert_eq!(
            said,
            (Some(at), Some(Part::Source), sentence.to_owned()),
            "{rule:?}"
        );
    }
    for rule in [
        narrow("/a").except(["/b", "/a/", "/A", "/a/{x}"]),
        narrow("/a/{x}").except(["/a/b", "/a/{y}.html", "/{x}", "/a/{x}/"]),
        narrow("/a{/*x}").except(["/a/{*y}"]),
        // A placeholder doesn't end within an escape.
        narrow("/caf\u{e9}").except(["/{x}9"]),
        narrow("/{x}%C3").except(["/{y}C3"]),
    ] {
        assert!(Rules::new([rule.clone()]).is_ok(), "{rule:?}");
    }
}

#[test]
fn an_exception_is_a_path_of_the_native_syntax() {
    for (pattern, expected) in [
        ("a", "a source path must start with `/`"),
        (
            "/{a",
            "unclosed `{`; write `{name}`, or `{{` for a literal brace",
        ),
        (
            "/:a",
            "`:name` isn't a placeholder; write `{name}`, or make the source exact for a literal \
                 `:`",
        ),
        ("/a?b=c", "an exception is a path; remove the query"),
        (
            "https://a.example/b",
            "an exception is a path; remove the scheme and the host",
        ),
        (
            "/a/../b",
            "clients resolve `.` and `..` segments and never request them; remove them",
        ),
    ] {
        let errors = Rules::new([Rule::found("/{*x}", "/to").except([pattern])]).unwrap_err();
        let error = errors.iter().next().unwrap();
        assert_eq!(
            (error.text(), error.part()),
            (Some(pattern), Some(Part::Source))
        );
        assert_eq!(sentence_of(error), expected);
    }
}

/// The usual redirect to a folder of a language is no loop.
#[test]
fn what_a_rule_excludes_is_no_loop_and_no_chain() {
    let english = || Rule::found("/{*rest}", "/en/{rest}");
    assert!(Rules::new([english()]).is_err());
    let rules = all([english().except(["/en{/*rest}"])]);
    assert_eq!(rules.check().to_string(), "");
    assert_leads(
        &rules,
        &[("/a", Some("/en/a")), ("/en/a", None), ("/en", None)],
    );

    // The target of each is excluded by the other.
    let rules = all([
        Rule::found("/a/{x}", "/b/{x}").except(["/a/c"]),
        Rule::found("/b/{x}", "/a/c"),
    ]);
    assert!(
        rules
            .check()
            .iter()
            .all(|one| one.code() != FindingCode::PossibleLoop)
    );
    let partly = Rules::new([
        Rule::found("/a/{x}", "/b/{x}").except(["/a/c"]),
        Rule::found("/b/{x}", "/a/{x}"),
    ]);
    assert!(partly.unwrap_err().to_string().contains("redirect loop"));

    let rules = all([
        Rule::found("/old", "/api/old"),
        Rule::found("/{*rest}", "/x/{rest}").except(["/api{/*r}", "/x{/*r}"]),
    ]);
    assert_eq!(rules.check().to_string(), "");
    assert!(rules.flatten().changes().is_empty());
}

#[test]
fn a_rule_hides_nothing_that_it_excludes() {
    let wide = || Rule::found("/{*_}", "/to").except(["/api{/*r}", "/to"]);
    for (behind, is_hidden) in [
        (Rule::found("/blog", "/x"), true),
        (Rule::found("/api/v1", "/x"), false),
        (Rule::gone("/{y}"), false),
        (
            Rule::found("/{*_}", "/x").except(["/api{/*r}", "/to", "/x"]),
            true,
        ),
        (Rule::found("/{*_}", "/x").except(["/to", "/x"]), false),
        (Rule::found("/blog/{*_}", "/x"), true),
    ] {
        let report = all([wide(), behind.clone()]).check();
        let hidden = report
            .iter()
            .any(|one| one.code() == FindingCode::UnreachableRule);
        assert_eq!(hidden, is_hidden, "{behind:?}\n{report}");
    }
}

#[test]
fn an_explanation_names_the_exception() {
    let rules = all([Rule::found("/{*rest}", "/to").except(["/b", "/api{/*x}", "/to"])]);
    let request = testing::get("/api/1");
    let head = request.head();
    let explanation = rules.explain(&head);
    let [candidate] = explanation.candidates() else {
        panic!("{explanation}");
    };
    let expected = FailedCondition::Except("/api{/*x}".into());
    assert_eq!(candidate.failed_condition(), Some(&expected));
    let text = explanation.to_string();
    assert!(text.contains("no match, it excludes `/api{/*x}`"), "{text}");
}

#[test]
fn a_diff_compares_exceptions() {
    let rule = |except: &[&str]| all([Rule::gone("/a/{x}").except(except.iter().copied())]);
    for (old, new, expected) in [
        (&["/a/b"][..], &["/a/b"][..], ""),
        (&["/a/{b}.x"], &["/a/{c}.x"], ""),
        (&["/a/b"], &[], "+ /a/{x} -> 410 Gone"),
        (&[], &["/a/b"], "- /a/{x} -> 410 Gone"),
    ] {
        let diff = rule(old).diff(&rule(new)).to_string();
        assert_eq!(diff, expected, "{old:?} {new:?}");
    }
}
