//! Rules as text: what is printed is read again as the same rule.

use std::time::Duration;

use http::{Method, StatusCode};
use proptest::{collection::vec, prelude::*, test_runner::TestCaseError};
use tower_redirect::{
    location::HttpScheme,
    redirect::CacheControl,
    rules::{Condition, QueryPolicy, Rule, Rules, Source, native},
    status::Intent,
};

use crate::{
    cases::config,
    naive::{
        generate::{self, Choices},
        real,
    },
};

fn assert_text(rule: &Rule, text: &str) {
    assert_eq!(rule.to_string(), text);
    assert_eq!(text.parse::<Rule>().as_ref(), Ok(rule), "{text}");
}

#[test]
fn each_part_of_a_rule_has_a_text() {
    let permanent = |source: &str| Rule::permanent(source, "/b");
    for (rule, text) in [
        (permanent("/a"), "/a -> /b"),
        (
            Rule::found("/a/{x}.html", "/{x}#y"),
            "/a/{x}.html -> /{x}#y 302",
        ),
        (
            Rule::for_intent(Intent::SeeOther, "/a", "/b"),
            "/a -> /b see-other",
        ),
        (Rule::pass("/a"), "/a -> pass"),
        (Rule::gone("/a"), "/a -> gone"),
        (
            Rule::refuse(StatusCode::FORBIDDEN, "/a"),
            "/a -> refuse 403",
        ),
        (permanent("/a b\u{2028}"), r#""/a b\u2028" -> /b"#),
        (Rule::permanent("/a", "/b c\"\\"), r#"/a -> "/b c\"\\""#),
        (
            Rule::permanent(Source::exact("/a b"), "/b"),
            r#"exact:"/a b" -> /b"#,
        ),
        (
            Rule::permanent(Source::prefix("/a"), "/b"),
            "prefix:/a -> /b",
        ),
        (
            Rule::permanent(Source::regex(r#"/\d"+"#), "/b"),
            r#"~"/\\d\"+" -> /b"#,
        ),
        (
            "pattern:/:a/{b} -> /b".parse().unwrap(),
            "pattern:/:a/{b} -> /b",
        ),
        (
            permanent("/a").named("one two"),
            r#"/a -> /b name="one two""#,
        ),
        (
            permanent("/a").scheme(HttpScheme::Http),
            "/a -> /b scheme=http",
        ),
        (
            permanent("/a").host("*.c.example"),
            "/a -> /b host=*.c.example",
        ),
        (
            permanent("/a").methods([Method::GET, Method::PUT]),
            "/a -> /b methods=GET,PUT",
        ),
        (
            permanent("/a").except_methods([Method::POST, Method::PUT, Method::POST]),
            "/a -> /b not-methods=POST,PUT",
        ),
        (
            permanent("/a")
                .methods([Method::GET, Method::PUT])
                .except_methods([Method::PUT]),
            "/a -> /b methods=GET",
        ),
        (
            permanent("/a").after(StatusCode::UNAUTHORIZED),
            "/a -> /b after=401",
        ),
        (
            permanent("/a?p={x}").only_these_parameters(),
            "/a?p={x} -> /b only-these-parameters",
        ),
        (
            permanent("/a").after(StatusCode::NOT_FOUND),
            "/a -> /b after=404",
        ),
        (
            permanent("/a").cache(Duration::from_secs(60)),
            "/a -> /b max-age=60",
        ),
        (
            permanent("/{*x}").except(["/api{/*y}", "/a,b"]),
            r#"/{*x} -> /b except=/api{/*y} except="/a,b""#,
        ),
        (
            permanent("/a").cache(CacheControl::no_store()),
            "/a -> /b no-store",
        ),
        (
            permanent("/a").cache(CacheControl::max_age(Duration::from_secs(60)).private()),
            "/a -> /b private max-age=60",
        ),
        (
            permanent("/a").query(QueryPolicy::TargetWins),
            "/a -> /b query=target-wins",
        ),
        (
            permanent("/a")
                .remove_param("u,v")
                .rename_param("p", "q")
                .set_param("r", "a:b"),
            r#"/a -> /b remove="u,v" rename=p:q set=r:"a:b""#,
        ),
        (
            permanent("/a").ignore_case().ignore_trailing_slash(),
            "/a -> /b ignore-case ignore-trailing-slash",
        ),
        (
            permanent("/a").when(Condition::query("p")),
            "/a -> /b query:p",
        ),
        (
            permanent("/a").when(Condition::query("p").equal_to("")),
            r#"/a -> /b query:p="""#,
        ),
        (
            permanent("/a").unless(Condition::cookie("c").one_of(["x", "y|z"])),
            r#"/a -> /b not:cookie:c=x|"y|z""#,
        ),
        (
            permanent("/a").when(Condition::header("X-H").matching("a b").captured_as("h")),
            r#"/a -> /b header:x-h~"a b" as h"#,
        ),
        (
            permanent("/a").when(Condition::query("p").captured_as("h").equal_to("1")),
            "/a -> /b query:p=1 as h",
        ),
    ] {
        assert_text(&rule, text);
    }
}

#[test]
fn the_text_of_a_wrong_rule_is_refused() {
    for (text, at, message) in [
        ("", 0, "there is no rule"),
        (" # /a -> /b", 0, "there is no rule"),
        ("/a -> /b x", 9, "unknown option `x`"),
        ("\u{e9} /a -> /b", 0, "this rule has no `->`"),
        ("/a b -> /c", 2, "a source has no spaces"),
        ("/\u{e9}/{ -> /b", 4, "unclosed `{`"),
        ("  /a -> /../{b}", 12, "unknown placeholder `{b}`"),
        (
            "/a -> /b host=x:1",
            0,
            "a rule matches every port of its host",
        ),
        ("/a/:b -> /c", 3, "`:name` isn't a placeholder"),
        ("/a -> /b after=4", 15, "`4` isn't a value of `after`"),
        (
            "/a -> /b not-methods=(",
            21,
            "`(` isn't a value of `not-methods`",
        ),
    ] {
        let error = text.parse::<Rule>().unwrap_err();
        assert_eq!(
            (error.position().unwrap_or_default(), error.message()),
            (at, message),
            "{text}"
        );
    }
}

#[test]
fn a_line_can_be_any_text() {
    for text in [
        "->",
        "-> ->",
        "\"",
        "~",
        "~\"",
        "any://",
        "a ->",
        "/a -> \"",
        "/a -> /b =",
        "/a -> /b :",
    ] {
        assert!(text.parse::<Rule>().is_err(), "{text}");
        assert!(native::parse_lossy(text).findings.has_errors(), "{text}");
    }
}

proptest! {
    #![proptest_config(config(20))]

    #[test]
    fn what_is_printed_is_read_again(numbers in vec(any::<u16>(), 0..200)) {
        let mut choices = Choices::new(&numbers);
        let precedence = generate::precedence(&mut choices);
        let (_, rules) = real::table(&generate::rules(&mut choices), precedence);
        for rule in &rules {
            let rule = real::rule(rule);
            let text = rule.to_string();
            let read: Rule = text.parse().map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
            prop_assert_eq!(&read, &rule, "{}", text);
            prop_assert_eq!(read.to_string(), text);
        }
    }
}

proptest! {
    #![proptest_config(config(100))]

    #[test]
    fn a_file_is_its_rules(numbers in vec(any::<u16>(), 0..200)) {
        let (_, rules) = real::table(&generate::rules(&mut Choices::new(&numbers)), crate::naive::Precedence::FirstMatch);
        let lines: Vec<String> = rules.iter().map(|rule| real::rule(rule).to_string()).collect();
        let read = native::parse(&lines.join("\n"));
        let read = read.map_err(|error| TestCaseError::fail(error.to_string()))?;
        let built = Rules::new(rules.iter().map(real::rule)).unwrap();
        prop_assert!(read.diff(&built).is_empty(), "{}", lines.join("\n"));
    }
}

proptest! {
    #![proptest_config(config(1))]

    #[test]
    fn any_text_is_read_without_a_panic(text in "[/a{}*\" ~#|:=>\\\\-]{0,40}") {
        if let Ok(rule) = text.parse::<Rule>() {
            prop_assert_eq!(rule.to_string().parse(), Ok(rule));
        }
    }
}
