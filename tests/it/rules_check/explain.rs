//! Why a rule matches or does not.

use super::*;

/// What is explained for a request, each rule by its number and what it lacks first.
fn lacks(rules: &Rules, request: &testing::TestRequest) -> Vec<(u32, Option<String>)> {
    let explanation = rules.explain(&request.head());
    let lacks = explanation.candidates().iter();
    lacks
        .map(|one| {
            (
                one.rule().number(),
                one.failed_condition().map(ToString::to_string),
            )
        })
        .collect()
}

#[test]
fn every_rule_for_a_path_is_explained() {
    let found = Rule::found;
    let rules = Rules::new([
        found("/a?id=1", "/0"),
        found("/a?id=2", "/1"),
        found("/a", "/2").host("h.example"),
        found("/a", "/3").host("*.i.example"),
        found("/A", "/4"),
        found("/a/", "/5"),
        found("/A/", "/6"),
        found("/{x}?id=3", "/7"),
        found("/{x}", "/8").host("h.example"),
        found("/{x}/", "/9"),
        found("/{*r}", "/10").methods([Method::POST]),
        Rule::found(Source::regex("/[a-c]"), "/11").host("h.example"),
        found("/a", "/12").scheme(HttpScheme::Https),
        found("/a", "/13").when(Condition::header("x")),
        found("/a", "/14").ignore_case(),
        found("/a", "/15").ignore_trailing_slash(),
        // These are for other paths.
        found("/b", "/16"),
        found("/a/b", "/17"),
        found("/a/{x}", "/18"),
        found("/b{x}", "/19").host("h.example"),
        Rule::found(Source::regex("/[b-c]"), "/20"),
    ])
    .unwrap();
    let host = "it is for another host";
    let id = |value: u32| format!("it requires query parameter `id` with {value}");
    let slash = "its path differs in the trailing slash";
    let case = "its path differs in case";
    let expected: Vec<(u32, Option<String>)> = [
        (0, Some(&*id(1))),
        (1, Some(&*id(2))),
        (2, Some(host)),
        (3, Some(host)),
        (4, Some(case)),
        (5, Some(slash)),
        (6, Some(case)),
        (7, Some(&*id(3))),
        (8, Some(host)),
        (9, Some(slash)),
        (10, Some("it is for other methods")),
        (11, Some(host)),
        (
            12,
            Some("it is for another scheme, or the scheme isn't known"),
        ),
        (13, Some("it requires header `x`")),
        (14, None),
        (15, Some("another rule wins")),
    ]
    .map(|(rule, unmet)| (rule, unmet.map(str::to_owned)))
    .into();
    let asked = testing::get("/a?id=5").header("host", "j.example");
    assert_eq!(lacks(&rules, &asked), expected);
    // Escapes are spelled in one way.
    let asked = testing::get("/%61?id=5").header("host", "j.example");
    let numbers = |rules: Vec<(u32, _)>| rules.into_iter().map(|(rule, _)| rule);
    let but_regex = numbers(expected).filter(|rule| *rule != 11);
    assert!(numbers(lacks(&rules, &asked)).eq(but_regex));
}

#[test]
fn of_many_rules_for_a_path_some_are_explained_and_the_others_counted() {
    let rules = (0..1_000).map(|id| Rule::found(format!("/a?id={id}"), "/b"));
    let rules = Rules::new(rules).unwrap();
    let request = testing::get("/a?id=700");
    let explanation = rules.explain(&request.head());
    let told = explanation.candidates();
    assert_eq!((told.len(), explanation.omitted()), (101, 899));
    let last = told.last().unwrap();
    assert_eq!((last.rule().number(), last.failed_condition()), (700, None));
    let text = explanation.to_string();
    assert!(
        text.ends_with(": matches\nand 899 more rules for this path"),
        "{text}"
    );
}
