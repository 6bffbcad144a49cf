//! Calls that narrow a rule twice: both hold, or the table isn't built.

use tower_redirect::rules::FindingCode;

use super::*;

/// One call that narrows a condition, and the values that it lets through, by an oracle of its own.
struct Narrowing {
    narrow: fn(Condition) -> Condition,
    lets_through: fn(&str) -> bool,
}

fn narrowings() -> Vec<Narrowing> {
    fn of(narrow: fn(Condition) -> Condition, lets_through: fn(&str) -> bool) -> Narrowing {
        Narrowing {
            narrow,
            lets_through,
        }
    }
    vec![
        of(|has| has.equal_to("a1"), |value| value == "a1"),
        of(|has| has.equal_to("b"), |value| value == "b"),
        of(
            |has| has.one_of(["a1", "b", "c d"]),
            |value| ["a1", "b", "c d"].contains(&value),
        ),
        of(
            |has| has.one_of(["b", "a2"]),
            |value| ["b", "a2"].contains(&value),
        ),
        of(|has| has.captured_as("x"), |value| !value.is_empty()),
        of(|has| has.captured_as("y"), |value| !value.is_empty()),
        of(|has| has.matching("a.*"), |value| value.starts_with('a')),
        of(|has| has.matching(".*[12]?"), |_| true),
        of(
            |has| has.matching(r"(?<z>.).*2"),
            |value| value.len() > 1 && value.ends_with('2'),
        ),
    ]
}

const VALUES: [&str; 7] = ["a1", "a2", "b", "b2", "c d", "", "zz"];

#[test]
fn a_condition_that_is_narrowed_again_needs_one_value_for_all() {
    let all = narrowings();
    let places = [
        (Condition::query("p"), "query"),
        (Condition::header("p"), "header"),
        (Condition::cookie("p"), "cookie"),
    ];
    let mut built = 0;
    for (place, name) in places {
        for one in &all {
            for two in &all {
                // Three of them once for all places.
                let thirds = if name == "query" { &all[..] } else { &all[..1] };
                for three in thirds {
                    let has = (three.narrow)((two.narrow)((one.narrow)(place.clone())));
                    let text = format!("{name}: {has}");
                    let through = |value: &str| {
                        [one, two, three]
                            .iter()
                            .all(|narrowing| (narrowing.lets_through)(value))
                    };
                    let Ok(rules) = Rules::new([Rule::found("/", "/to").when(has.clone())]) else {
                        // Only where there is no value.
                        assert!(!VALUES.iter().any(|value| through(value)), "{text}");
                        continue;
                    };
                    built += 1;
                    for value in VALUES {
                        let request = match name {
                            "query" => testing::get(&format!("/?p={}", value.replace(' ', "+"))),
                            "header" => testing::get("/").header("p", value),
                            _ if value.contains(' ') => continue,
                            _ => testing::get("/").header("cookie", &format!("p={value}")),
                        };
                        let is_redirected = rules.find(&request.head()).is_some();
                        assert_eq!(is_redirected, through(value), "{text}, {value:?}");
                    }
                }
            }
        }
    }
    assert!(built > 300, "{built}");
}

#[test]
fn one_value_for_all_and_its_captures() {
    let has = Condition::query("p")
        .matching(r"(?<letter>.)\d")
        .captured_as("whole")
        .one_of(["a1", "b2", "cc"]);
    assert_eq!(
        has.to_string(),
        "query parameter `p` with a1 or b2 or cc and matching `(?<letter>.)\\d` and as `{whole}`",
    );
    let rules = Rules::new([Rule::found("/", "/{letter}/{whole}").when(has)]).unwrap();
    // The first of several values that meets all of it; nothing of the others is captured.
    testing::get("/?p=d4&p=cc&p=b%32&p=a1")
        .through(&rules)
        .assert_redirect("/b/b%32");
    testing::get("/?p=d4&p=cc").through(&rules).assert_pass();

    // What must not be there is one value with all of it.
    let forbidden = Condition::header("p").matching("a.*").one_of(["a1", "b"]);
    let rules = Rules::new([Rule::found("/", "/to").unless(forbidden)]).unwrap();
    for (value, is_redirected) in [("a1", false), ("a2", true), ("b", true)] {
        let request = testing::get("/").header("p", value);
        assert_eq!(
            rules.find(&request.head()).is_some(),
            is_redirected,
            "{value}"
        );
    }

    // Many conditions read the query once.
    let rule = |id: u32| {
        let id = id.to_string();
        let has = Condition::query("p").captured_as("id").one_of([&*id]);
        Rule::found("/", "/{id}").when(has)
    };
    let rules = Rules::new((0..40).map(rule)).unwrap();
    testing::get("/?p=x&p=37")
        .through(&rules)
        .assert_redirect("/37");
}

#[test]
fn what_no_request_can_meet_is_an_error() {
    let rule = || Rule::found("/a", "/b");
    for (rule, part, expected) in [
        (
            rule().when(Condition::query("p").equal_to("a").equal_to("b")),
            Part::Condition,
            "no value can meet this condition",
        ),
        (
            rule().when(Condition::query("p").one_of(["a"]).matching("b")),
            Part::Condition,
            "no value can meet this condition",
        ),
        (
            rule().when(Condition::cookie("p").equal_to("").captured_as("x")),
            Part::Condition,
            "no value can meet this condition",
        ),
        (
            rule().unless(Condition::header("p").one_of([""; 0])),
            Part::Condition,
            "no value can meet this condition",
        ),
        (
            rule().when(
                Condition::query("p")
                    .captured_as("x")
                    .captured_as("x")
                    .captured_as("y"),
            ),
            Part::Rule,
            "",
        ),
        (
            rule().host("a.example").host("b.example"),
            Part::Host,
            "the rule has two hosts; remove one of them",
        ),
        (
            Rule::found("https://a.example/a", "/b").host("a.example"),
            Part::Host,
            "the rule has two hosts; remove one of them",
        ),
        (
            rule().scheme(HttpScheme::Http).scheme(HttpScheme::Https),
            Part::Rule,
            "the rule has two schemes; remove one of them",
        ),
        (
            rule().methods([Method::GET]).methods([Method::POST]),
            Part::Rule,
            "no method is left",
        ),
        (rule().methods([]), Part::Rule, "no method is left"),
        (
            rule().except_methods([Method::PUT]).methods([Method::PUT]),
            Part::Rule,
            "no method is left",
        ),
        (rule().except_methods([]), Part::Rule, ""),
    ] {
        let text = format!("{rule:?}");
        let built = Rules::new([rule]);
        if expected.is_empty() {
            // The same capture twice is one.
            built.unwrap();
            continue;
        }
        let errors = built.map(|rules| rules.len()).expect_err(&text);
        let error = errors.iter().next().unwrap();
        assert_eq!(error.part(), Some(part), "{errors}");
        assert!(errors.to_string().contains(expected), "{errors}");
    }
}

#[test]
fn calls_that_say_the_same_twice_are_one() {
    let rules = Rules::new([Rule::found("/a", "/b")
        .host("a.example")
        .host("a.example")
        .scheme(HttpScheme::Http)
        .scheme(HttpScheme::Http)
        .methods([Method::GET, Method::POST])
        .methods([Method::POST, Method::PUT])
        .when(Condition::query("p").equal_to("x").equal_to("x"))]);
    let rules = rules.unwrap();
    let request = |method: Method| {
        testing::request(method, "/a?p=x")
            .header("host", "a.example")
            .scheme(HttpScheme::Http)
    };
    request(Method::POST).through(&rules).assert_redirect("/b");
    request(Method::GET).through(&rules).assert_pass();
    request(Method::PUT).through(&rules).assert_pass();
}

/// Calls that choose what the redirect is, not which requests get one: the last one counts.
#[test]
fn settings_are_replaced() {
    use std::time::Duration;
    let [hour, day] = [3_600, 86_400].map(Duration::from_secs);
    let rules = Rules::new([Rule::permanent("/a", "/b")
        .named("first")
        .named("second")
        .query(QueryPolicy::Keep)
        .query(QueryPolicy::Drop)
        .cache(hour)
        .cache(day)
        .rename_param("x", "y")
        .set_param("k", "1")
        .set_param("k", "2")])
    .unwrap();
    assert_eq!(rules.iter().next().unwrap().name(), Some("second"));
    testing::get("/a?z=1")
        .through(&rules)
        .assert_redirect("/b?k=2")
        .assert_cache(day);
}

/// Two conditions on one name are two: each can be met by a value of its own.
#[test]
fn two_conditions_may_be_met_by_two_values() {
    let rules = Rules::new([Rule::found("/a", "/b")
        .when(Condition::query("p").equal_to("1"))
        .when(Condition::query("p").equal_to("2"))])
    .unwrap();
    testing::get("/a?p=1&p=2")
        .through(&rules)
        .assert_redirect("/b");
    testing::get("/a?p=1").through(&rules).assert_pass();
}

/// What is known of narrowed conditions is a superset: no rule is called unreachable that isn't.
#[test]
fn checks_know_narrowed_conditions() {
    let of = |rules: Vec<Rule>| {
        let rules = Rules::new(rules).unwrap();
        rules
            .check()
            .iter()
            .map(|one| (one.code(), one.rule().unwrap()))
            .collect::<Vec<_>>()
    };
    let both = || Condition::header("p").matching("a.*").captured_as("x");
    let to = |path: &str, has| Rule::found("/a", path.to_owned()).when(has);
    for wide in [
        Condition::header("p"),
        Condition::header("p").matching("a.*"),
        Condition::header("p").captured_as("_z"),
        Condition::header("p").captured_as("_z").matching("a.*"),
    ] {
        let text = wide.to_string();
        let found = of(vec![to("/1", wide.clone()), to("/z/{x}", both())]);
        assert_eq!(found, [(FindingCode::UnreachableRule, 1)], "{text}");
        let found = of(vec![to("/z/{x}", both()), to("/1", wide)]);
        if text.contains("matching") && text.contains(" as ") {
            assert_eq!(found, [(FindingCode::UnreachableRule, 1)], "{text}");
        } else {
            assert_eq!(found, [], "{text}");
        }
    }
    // A loop under narrowed conditions is found.
    let errors = Rules::new([
        Rule::found("/a", "/b").when(both()),
        Rule::found("/b", "/a").when(both()),
    ])
    .map(|rules| rules.check().to_string());
    let said = errors.unwrap_or_else(|errors| errors.to_string());
    assert!(said.contains("loop"), "{said}");
}
