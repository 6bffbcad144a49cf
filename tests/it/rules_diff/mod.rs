//! What `Rules::diff` says, case by case, and that it is true: each change is shown by its witness, and
//! where nothing is said no request is answered differently.
//!
//! `CASES` sets how many pairs of tables are tried. See `tests/support/cases.rs`.

use std::time::Duration;

use http::Response;
use proptest::{collection::vec, prelude::*, test_runner::TestCaseError};
use tower_redirect::{
    Decision, Policy, RequestHead,
    policy::DecisionKind,
    rules::{
        ChangeKind, Condition, DecisionChange, Diff, Precedence, QueryPolicy, Rule, RuleRef, Rules,
        Source, Undecided, UndecidedReason, nginx_map,
    },
    testing,
};

use crate::cases::config;
use crate::naive::{
    Edit, How, Query, Rule as NaiveRule,
    generate::{self, Choices},
    real,
};

pub(crate) mod found;
mod random;
mod tables;

fn rules(rules: impl IntoIterator<Item = Rule>) -> Rules {
    Rules::new(rules).unwrap()
}

/// Asks both tables for what each change is about.
fn assert_shown(diff: &Diff<'_>, old: &Rules, new: &Rules) {
    for change in diff.changes() {
        let head = change.witness().head();
        let (before, after) = (old.decide(&head), new.decide(&head));
        assert_ne!(
            answer(&before, &head),
            answer(&after, &head),
            "{change}: {head:?}"
        );
        assert_eq!(
            answer(change.decision_before(), &head),
            answer(&before, &head)
        );
        assert_eq!(
            answer(change.decision_after(), &head),
            answer(&after, &head)
        );
    }
}

/// Everything of an answer that counts.
fn answer(decision: &Decision, head: &RequestHead<'_>) -> String {
    let redirect = match decision.kind() {
        DecisionKind::Redirect(redirect) | DecisionKind::Enforce(redirect) => redirect.clone(),
        DecisionKind::Pass => return "pass".to_owned(),
        DecisionKind::Refuse(refusal) => return refusal.to_string(),
    };
    let status = redirect.status(head.method(), head.version());
    let (location, timing) = (
        redirect.location().to_string(),
        format!("{:?}", redirect.timing()),
    );
    let cache = Response::<String>::from(redirect)
        .headers()
        .get("cache-control")
        .cloned();
    format!("{status} {location} {timing} {cache:?}")
}

#[track_caller]
fn assert_says(old: &Rules, new: &Rules, expected: &[&str]) {
    let diff = old.diff(new);
    let text = diff.to_string();
    assert_eq!(text.lines().collect::<Vec<_>>(), expected);
    assert_eq!(diff.is_empty(), expected.is_empty());
    assert_shown(&diff, old, new);
}
