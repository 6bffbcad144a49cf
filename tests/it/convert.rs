//! Rules of one table in another table, and in another format.

use proptest::{collection::vec, prelude::*, test_runner::TestCaseError};
use tower_redirect::rules::{Format, Precedence, Rule, Rules, native};

use crate::{
    cases::config,
    formats::{answer, cases, suites},
    naive::{
        generate::{self, Choices},
        real,
    },
};

fn precedence(format: Format) -> Precedence {
    match format {
        Format::Cloudflare => Precedence::StaticFirst,
        Format::BulkCsv | Format::HaproxyMap | Format::NginxMap => Precedence::MostSpecific,
        _ => Precedence::FirstMatch,
    }
}

/// Returns the rules of a table, each printed and read again.
fn printed_rules(rules: &Rules) -> Vec<Rule> {
    let printed = |rule: Rule| {
        let text = rule.to_string();
        let read: Rule = text
            .parse()
            .unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(read, rule, "{text}");
        read
    };
    rules.iter().map(Rule::from).map(printed).collect()
}

#[test]
fn a_rule_of_any_format_is_a_rule() {
    for (name, format, suite) in suites() {
        for case in cases(&suite) {
            let title = format!("{name}, {}", case.title);
            let rules = format.parse_lossy(&case.file).rules;
            let own = printed_rules(&rules);
            let builder = Rules::builder().precedence(precedence(format));
            let again = builder.rules(own.clone()).build();
            let again = again.unwrap_or_else(|error| panic!("{title}: {error}"));
            for line in &case.requests {
                let (request, _) = line.rsplit_once(" -> ").unwrap();
                let expected = answer(request, &rules).0;
                assert_eq!(answer(request, &again).0, expected, "{title}: {request}");
            }
            let diff = rules.diff(&again);
            assert!(diff.changes().is_empty(), "{title}: {diff}");
            assert_eq!(printed_rules(&again), own, "{title}");
        }
    }
}

#[test]
fn a_rule_of_a_table_has_a_source_that_compiles_to_its_own() {
    for text in [
        "/a -> /new",
        "exact:/:a/* -> /new",
        "/a/{b}.html -> /{b}",
        "pattern:/:a/*/{b} -> /{b}",
        "pattern:/:a/{*b} -> /{b}",
        "prefix:/a -> /new//?q#f",
        "prefix:/a/:b -> gone",
        "prefix:/a/// -> /",
        "prefix:/ -> https://new.example",
        "prefix:/a -> https://new.example?q",
        "/a// -> /new ignore-trailing-slash",
        "/a//{b}// -> /{b} ignore-case ignore-trailing-slash",
        "/{*b} -> /new except=/a// ignore-trailing-slash",
    ] {
        let rules = Rules::new([text.parse().unwrap()]).unwrap();
        let own = printed_rules(&rules);
        assert_eq!(own[0].to_string(), text);
        assert!(Rules::new(own).unwrap().diff(&rules).is_empty(), "{text}");
    }
}

#[test]
fn a_flattened_table_has_rules_too() {
    for (rules, flat) in [
        (
            "/a/{*r} -> /b/{r}\n/b/{*x} -> /c/{x}?y",
            "/a/{*r} -> /c/{r}?y",
        ),
        ("prefix:/a -> /b\nprefix:/b -> /c", "prefix:/a -> /b"),
    ] {
        let rules = native::parse(rules).unwrap().flatten().into_rules();
        let own = printed_rules(&rules);
        assert_eq!(own[0].to_string(), flat);
        assert!(Rules::new(own).unwrap().diff(&rules).is_empty());
    }
}

proptest! {
    #![proptest_config(config(10))]

    #[test]
    fn rules_of_a_table_decide_like_the_table(
        numbers in vec(any::<u16>(), 0..200),
        requests in vec(vec(any::<u16>(), 0..40), 20),
    ) {
        let mut choices = Choices::new(&numbers);
        let precedence = generate::precedence(&mut choices);
        let (table, rules) = real::table(&generate::rules(&mut choices), precedence);
        prop_assume!(!rules.is_empty());
        let own = printed_rules(&table);
        let builder = Rules::builder().precedence(real::precedence(precedence));
        let again = builder.rules(own.clone()).build();
        let again = again.map_err(|error| TestCaseError::fail(error.to_string()))?;
        for numbers in requests {
            let Some((request, scheme)) = generate::request(&mut Choices::new(&numbers), &rules) else {
                continue;
            };
            let expected = real::answer(&table, &request, scheme);
            prop_assert_eq!(real::answer(&again, &request, scheme), expected, "{:?}", own);
        }
        prop_assert_eq!(printed_rules(&again), own);
    }
}
