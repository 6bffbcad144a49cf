//! Why a rule isn't printed, in words.

use std::collections::HashMap;

use super::{OTHER_MEANING, Reason, Severity, same::normal};
use crate::rules::{Finding, Findings, Rule, RuleRef, condition::Place, options::Options};

/// The format reads no rule.
pub(super) fn rejected(findings: &Findings) -> Reason {
    missing(findings, findings.iter().next())
}

/// The format doesn't read an entry, about which it says this.
pub(super) fn missing(findings: &Findings, finding: Option<&Finding>) -> Reason {
    // A limit is reported once, where it's reached.
    let is_error = |one: &&Finding| one.severity() == Severity::Error;
    match finding.or_else(|| findings.iter().find(is_error)) {
        Some(finding) => format!("the format rejects it: {}", finding.message()).into(),
        None => OTHER_MEANING,
    }
}

/// The first finding of each entry.
pub(super) fn first_of_each(
    findings: &Findings,
    on_line: impl Fn(u32) -> Option<usize>,
) -> HashMap<usize, &Finding> {
    let mut first = HashMap::new();
    for one in findings.iter() {
        if let Some(entry) = one.line().and_then(&on_line) {
            first.entry(entry).or_insert(one);
        }
    }
    first
}

/// Another rule of the file would win.
pub(super) fn of_order(other: Option<RuleRef<'_>>) -> Reason {
    match other {
        Some(other) => {
            let other = match other.redirects() {
                true => format!("{} -> {}", other.source(), other.target()),
                false => other.source().to_owned(),
            };
            format!("in the format's order, it would win over `{other}`").into()
        }
        None => OTHER_MEANING,
    }
}

/// What the format can't say of a rule that it reads as another one.
pub(super) fn of_difference(wanted: &Rule, read: &Rule) -> Reason {
    let (wanted, read) = (&normal(wanted), &normal(read));
    let reasons = [
        (
            wanted.outcome != read.outcome,
            "the format would give it another status",
        ),
        (
            !wanted.options.matching.ignore_case && read.options.matching.ignore_case,
            "the format ignores the case of paths",
        ),
        (
            wanted.options.matching.ignore_case && !read.options.matching.ignore_case,
            "the format can't ignore the case of paths",
        ),
        (
            ignores_slash(read) && !ignores_slash(wanted),
            "the format ignores a slash at the end of paths",
        ),
        (
            wanted.options.after != read.options.after,
            "the format has no rules that wait for this response",
        ),
        (
            has_query(&wanted.options) && wanted.options.last_value != read.options.last_value,
            "the format compares other values of a repeated parameter",
        ),
        (
            has_query(&wanted.options)
                && wanted.options.repeats_asked != read.options.repeats_asked,
            "the format treats the parameters that a rule requires in another way",
        ),
        (
            wanted.options.query != read.options.query,
            "the format combines the queries of target and request in another way",
        ),
        (
            wanted.options.except != read.options.except,
            "the format excludes other paths",
        ),
        (
            wanted.options.merge_slashes != read.options.merge_slashes,
            "the format treats several slashes in a target in another way",
        ),
    ];
    let found = reasons.iter().find(|(is_it, _)| *is_it);
    found.map_or(OTHER_MEANING, |(_, reason)| (*reason).into())
}

fn ignores_slash(rule: &Rule) -> bool {
    rule.options.matching.ignore_trailing_slash
}

fn has_query(options: &Options) -> bool {
    let mut conditions = options.conditions.iter();
    conditions.any(|(_, condition)| matches!(condition.place, Place::Query(_)))
}
