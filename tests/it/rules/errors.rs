//! Errors of single rules.

use super::*;

/// What is wrong with one rule: the part, the byte, and the sentence.
fn wrong(rule: Rule) -> (Part, usize, String) {
    let errors = Rules::new([rule]).unwrap_err();
    let error = errors.iter().next().unwrap();
    let position = error.position().unwrap_or_default();
    (error.part().unwrap(), position, sentence_of(error))
}

#[test]
fn what_is_said_twice_is_an_error_of_its_part() {
    let own = || Rule::permanent("http://a.example/x", "/y");
    let id = || Rule::permanent("/a/{id}", "/b/{id}");
    for (rule, part, why) in [
        (own().host("b.example"), Part::Host, "two hosts"),
        (own().scheme(HttpScheme::Https), Part::Source, "two schemes"),
        (
            id().when(Condition::query("id").captured_as("id")),
            Part::Condition,
            "duplicate placeholder",
        ),
        (
            id().when(Condition::cookie("c").matching("(?<id>.)")),
            Part::Condition,
            "duplicate placeholder",
        ),
        (
            Rule::permanent("/a/{id}?id={id}", "/b"),
            Part::Condition,
            "duplicate placeholder",
        ),
    ] {
        let (own_part, _, sentence) = wrong(rule);
        assert!(
            own_part == part && sentence.contains(why),
            "{own_part}: {sentence}"
        );
    }
}

#[test]
fn braces_and_fragments_in_the_query_of_a_source() {
    let rules = Rules::new([
        Rule::found("/a?x={{y}}", "/1"),
        Rule::found("/a{{?x=1", "/2"),
        Rule::found("/a?{{k}}={v}", "/3/{v}"),
    ]);
    let rules = rules.unwrap();
    for (target, expected) in [
        ("/a?x=%7By%7D", "/1"),
        ("/a%7B?x=1", "/2"),
        ("/a?%7Bk%7D=5", "/3/5"),
    ] {
        testing::get(target)
            .through(&rules)
            .assert_redirect(expected);
    }
    for (source, at, why) in [
        ("/a?x=1#b", 6, "a request has no fragment"),
        ("http://a.example/a?#", 19, "a request has no fragment"),
        ("/a?b&x={y", 7, "unclosed"),
        ("/a?b&x={y}z", 7, "a whole value"),
        ("/a?b&{x}=y", 5, "a whole value"),
    ] {
        let (part, position, sentence) = wrong(Rule::found(source, "/"));
        assert!(
            part == Part::Source && position == at,
            "{source}: {part} {position}"
        );
        assert!(sentence.contains(why), "{source}: {sentence}");
    }
}

#[test]
fn changes_to_the_query_go_by_the_name_that_is_sent() {
    let renamed = |target| Rule::found("/a", target).rename_param("p", "page");
    for (rule, query, expected) in [
        (renamed("/b").set_param("page", "9"), "p=2", "/b?page=9"),
        (renamed("/b").set_param("p", "9"), "p=2", "/b?page=2&p=9"),
        (
            renamed("/b?page=1").query(QueryPolicy::Merge),
            "p=2&q=3",
            "/b?page=1&q=3",
        ),
        (
            renamed("/b?p=1").query(QueryPolicy::Merge),
            "p=2",
            "/b?p=1&page=2",
        ),
        (
            renamed("/b").remove_param("page"),
            "p=2&page=3",
            "/b?page=2",
        ),
        (
            Rule::found("/a", "/b?page=1").set_param("page", "9"),
            "q=1",
            "/b?q=1&page=9",
        ),
        (
            Rule::found("/a", "/b?x&pa%67e=1#f").set_param("page", "9"),
            "",
            "/b?x&page=9#f",
        ),
        (
            Rule::found("/a", "/b")
                .set_param("p", "1")
                .set_param("p", "2"),
            "",
            "/b?p=2",
        ),
    ] {
        let rules = Rules::new([rule]).unwrap();
        let request = testing::get(&format!("/a?{query}"));
        request.through(&rules).assert_redirect(expected);
    }
}

#[test]
fn a_long_regex_is_told_its_own_limit() {
    let regex = format!("/{}", "a".repeat(70_000));
    let (_, _, sentence) = wrong(Rule::found(Source::regex(&regex), "/"));
    assert!(sentence.contains("65,535 bytes"), "{sentence}");
}

#[test]
fn a_source_path_has_no_query() {
    let query = "a source path can't contain `?`; match the query with a condition, \
                 or write `%3F`";
    let fragment = "a request has no fragment; remove it, or write `%23`";
    let regex = |text: &str| Source::regex(text);
    for (source, at, why) in [
        (Source::prefix("/a?b=1"), 2, query),
        (Source::prefix("/a?"), 2, query),
        (Source::prefix("/a/#b"), 3, fragment),
        (Source::prefix("/{a}?b"), 4, query),
        (Source::exact("/a?b=1"), 2, query),
        (Source::exact("/?"), 1, query),
        (Source::exact("/a#b?c"), 2, fragment),
        (regex(r"/a\?b=(\d+)"), 2, query),
        (regex(r"^/a\?$"), 3, query),
        (regex("/a#b"), 2, fragment),
        (regex(r"/a#b\?"), 2, fragment),
        ("/a#b".into(), 2, fragment),
        ("/a?b#c".into(), 4, fragment),
    ] {
        let text = format!("{source:?}");
        let rule = || Rule::found(source.clone(), "/to");
        for rule in [
            rule(),
            rule().ignore_case(),
            rule().ignore_trailing_slash(),
            rule().host("a.example"),
        ] {
            let (part, position, sentence) = wrong(rule);
            assert_eq!((part, position), (Part::Source, at), "{text}: {sentence}");
            assert!(sentence.contains(why), "{text}: {sentence}");
        }
        // A map of paths is built by the same rules.
        assert!(PathMap::new([(source.clone(), "/to")]).is_err(), "{text}");
    }
    // Percent-encoded, both are text of a path.
    for source in [
        Source::exact("/a%3Fb%23c"),
        Source::prefix("/a%3Fb%23c"),
        "/a%3Fb%23c".into(),
        regex("/a%3Fb%23c"),
        // A regex in which `?` or `#` is no text that has to be there.
        regex(r"/a(\?x)?%3Fb%23c"),
        regex("(?x) /a%3Fb%23c # comment"),
        regex(r"/a\??%3Fb[?#]?%23c"),
        regex(r"/a\?x|/a%3Fb%23c"),
    ] {
        let text = format!("{source:?}");
        let rules = Rules::new([Rule::found(source, "/to")]).unwrap();
        testing::get("/a%3Fb%23c")
            .through(&rules)
            .assert_redirect("/to");
        let decision = rules
            .explain(&testing::get("/a?b").head())
            .winner()
            .is_none();
        assert!(decision, "{text}");
    }
}
