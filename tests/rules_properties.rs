//! Compiled tables against the naive interpreter, which is the specification: the same answer to every
//! request, alone and among others.
//!
//! `PROPTEST_CASES` sets how many tables are tried; each is asked thirty times.

use http::Request;
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestCaseError},
};

mod naive;

use naive::{
    Answer, Interpreter, Rule,
    generate::{self, Choices},
    real,
};

fn config(cases: u32) -> Config {
    let asked = std::env::var("PROPTEST_CASES").ok();
    Config {
        cases: asked.map_or(cases, |cases| cases.parse().unwrap()),
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..Config::default()
    }
}

fn numbers() -> impl Strategy<Value = (Vec<u16>, Vec<Vec<u16>>)> {
    (vec(any::<u16>(), 0..200), vec(vec(any::<u16>(), 0..40), 30))
}

fn same(
    expected: &Answer,
    got: &Answer,
    request: &Request<()>,
    rules: &[Rule],
) -> Result<(), TestCaseError> {
    prop_assert!(
        expected == got,
        "specified {expected:?}\n got {got:?}\n{} {} {:?}\n{rules:#?}",
        request.method(),
        request.uri(),
        request.headers(),
    );
    Ok(())
}

proptest! {
    #![proptest_config(config(2_000))]

    #[test]
    fn a_table_answers_as_its_rules_do_one_by_one((table, requests) in numbers()) {
        let mut choices = Choices::new(&table);
        let precedence = generate::precedence(&mut choices);
        let (table, rules) = real::table(&generate::rules(&mut choices), precedence);
        prop_assume!(!rules.is_empty());
        let specified = Interpreter::new(&rules, precedence);
        for numbers in requests {
            let Some((request, scheme)) = generate::request(&mut Choices::new(&numbers), &rules) else {
                continue;
            };
            let expected = specified.answer(&request, scheme);
            same(&expected, &real::answer(&table, &request, scheme), &request, &rules)?;
        }
    }
}
