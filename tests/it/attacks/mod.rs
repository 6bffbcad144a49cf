//! Requests that broke redirect code elsewhere: the rows of `vectors/attacks.jsonl`, one module per policy and
//! one test per class of attack.
//!
//! Each row is sent directly through `Service::call` and over HTTP/1.1, with and without the link body;
//! `tests/interop` sends it over HTTP/2. A further policy is a module with a function from `config` to the policy.

use std::collections::BTreeSet;

use serde_json::Value;
use tower_redirect::{
    Location, Policy, Redirect, Status,
    policy::BoxPolicy,
    rules::{Rule, Rules},
};

mod must;
pub(crate) mod row;
pub(crate) mod run;
pub(crate) mod wire;

use row::Row;
use run::{Build, Runner};

/// Makes a test for each class of attack on a policy, and one that finds rows without a test.
macro_rules! classes {
    ($policy:literal, $rows:literal, $build:expr, [$($class:ident),+ $(,)?]) => {
        $(
            #[test]
            fn $class() {
                crate::attacks::check($policy, stringify!($class), $build);
            }
        )+

        #[test]
        fn every_row_is_in_a_test() {
            crate::attacks::assert_classes($policy, $rows, &[$(stringify!($class)),+]);
        }
    };
}

mod canonical_host;
mod capture;
mod fixed;
mod https;
mod merge_slashes;
mod prefix_map;
mod regex;
mod return_to;
mod splat;
mod trailing_slash_append;
mod trailing_slash_trim;

const ROWS: &str = include_str!("../../vectors/attacks.jsonl");

/// Runs the rows of a policy and a class.
fn check(policy: &str, class: &str, build: Build) {
    let class = class.trim_start_matches("r#");
    let runner = Runner::new(build);
    let mut failures = Vec::new();
    for row in rows(policy).filter(|row| row.class == class) {
        if row.refused_by_parsers {
            runner.assert_refused_on_the_wire(&row);
        }
        failures.extend(runner.run(&row));
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

fn assert_classes(policy: &str, count: usize, classes: &[&str]) {
    let rows: Vec<Row> = rows(policy).collect();
    assert_eq!(rows.len(), count);
    let listed: BTreeSet<&str> = rows.iter().map(|row| row.class.as_str()).collect();
    assert_eq!(
        listed,
        BTreeSet::from_iter(classes.iter().map(|class| class.trim_start_matches("r#")))
    );
}

#[test]
fn every_policy_has_a_module() {
    let rows: Vec<Row> = ROWS.lines().map(Row::read).collect();
    assert_eq!(rows.len(), 331);
    let policies: BTreeSet<&str> = rows.iter().map(|row| row.policy.as_str()).collect();
    let modules = [
        "canonical_host",
        "capture",
        "fixed",
        "https",
        "merge_slashes",
        "prefix_map",
        "regex",
        "return_to",
        "splat",
        "trailing_slash_append",
        "trailing_slash_trim",
    ];
    assert_eq!(policies, BTreeSet::from(modules));
}

fn rows(policy: &str) -> impl Iterator<Item = Row> {
    let rows = ROWS.lines().map(Row::read);
    rows.filter(move |row| row.policy == policy)
}

fn permanent(
    policy: impl Policy<Target = Location> + 'static,
) -> Result<BoxPolicy<Redirect>, String> {
    Ok(policy.with(Status::PermanentRedirect).boxed())
}

fn table(rules: Vec<Rule>) -> Result<BoxPolicy<Redirect>, String> {
    let rules = Rules::new(rules).map_err(|error| error.to_string())?;
    Ok(rules.boxed())
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().map(text).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
