//! Compares rules by what they decide. The names of their placeholders make no difference.

use http::StatusCode;

use super::{
    Parts, Rule, Rules, RulesBuilder,
    regex::{self, Numbered},
};
use crate::rules::{
    Finding, Outcome, QueryPolicy,
    condition::{Condition, Place},
    options::Options,
    source::SourceKind,
    syntax::{TemplatePart, Word},
};

/// Returns `true` if a rule decides the same as the one that it was printed from.
pub(in crate::rules::format) fn is_same(printed: &Rule, read: &Rule) -> bool {
    let (printed, read) = (normal(printed), normal(read));
    if printed == read {
        return true;
    }
    let (own, errors) = table([&printed]);
    let (again, _) = table([&read]);
    errors.is_empty() && own.diff(&again).is_empty()
}

/// Returns a rule without what makes no difference to its decisions.
pub(super) fn normal(rule: &Rule) -> Rule {
    let mut rule = rule.clone();
    simplify(&mut rule);
    let parts = Parts::of(&rule);
    let options = &mut rule.options;
    options.name = None;
    // It's about the order among several rules.
    options.stands_with_patterns = false;
    let is_of_query = |(_, one): &(bool, Condition)| matches!(one.place, Place::Query(_));
    if !options.conditions.iter().any(is_of_query) {
        options.last_value = false;
        options.repeats_asked = false;
    }
    for (_, one) in &mut options.conditions {
        for regex in &mut one.value.regexes {
            *regex = regex::unwrapped(regex).into();
        }
    }
    let mut in_conditions = options.conditions.iter().map(|(_, one)| &one.value);
    let captures = in_conditions.any(|one| {
        let mut regexes = one.regexes.iter();
        let has_names =
            regexes.any(|regex| ["(?<", "(?P<"].iter().any(|open| regex.contains(open)));
        has_names || !one.captures.is_empty()
    });
    options.shadows &= captures;
    if let Some(numbered) = Numbered::of(&rule).filter(|_| !captures) {
        rule.source.kind = SourceKind::Regex(Word::new(numbered.regex, 0..0));
        rule.target = numbered.target.into();
    }
    let Ok(mut parts) = parts else {
        return rule;
    };
    rule.options.merge_slashes &= captures || may_have_slashes(&parts);
    if !captures {
        parts.number("_");
    }
    rule.source.kind = SourceKind::Pattern(parts.path);
    rule.target = parts.target.into();
    rule
}

/// Returns `true` if a query can't be empty.
fn is_plain(query: &str, options: &Options) -> bool {
    options.edits.is_empty() && !query.is_empty() && !query.starts_with(['{', '&'])
}

/// Removes what makes no difference to the decisions of a rule, but may to a printer.
pub(super) fn simplify(rule: &mut Rule) {
    let options = &mut rule.options;
    if let SourceKind::Regex(text) = &rule.source.kind {
        let regex = regex::unwrapped(&text.text);
        options.except.retain(|pattern| !is_apart(regex, pattern));
    }
    let target = rule.target.native();
    let query = target.split('#').next().and_then(|to| to.split_once('?'));
    match query {
        None if options.query != QueryPolicy::Drop && options.edits.is_empty() => {
            options.query = QueryPolicy::Keep;
        }
        // It isn't empty, so it wins as a whole.
        Some((_, query))
            if options.query == QueryPolicy::TargetWins && is_plain(query, options) =>
        {
            options.query = QueryPolicy::Drop;
        }
        _ => {}
    }
}

/// Returns `true` if a regex matches no path that this pattern matches, because they begin with
/// other text.
fn is_apart(regex: &str, pattern: &str) -> bool {
    let pattern = pattern.split(['{', '%']).next().unwrap_or_default();
    let mut pairs = regex::beginning(regex).bytes().zip(pattern.bytes());
    pairs.any(|(own, other)| !own.eq_ignore_ascii_case(&other))
}

/// Returns `true` if the path of a target can have several slashes in a row.
fn may_have_slashes(parts: &Parts) -> bool {
    let mut path = String::new();
    for part in &parts.target.parts {
        match part {
            TemplatePart::Literal(text) => path.push_str(&text.text),
            TemplatePart::Placeholder(one) if parts.names().is_tail(&one.name.text) => return true,
            TemplatePart::Placeholder(_) => path.push('x'),
        }
    }
    let path = path.split(['?', '#']).next().unwrap_or_default();
    path.contains("//")
}

/// A table of rules that are compared. Alone, a rule that passes does nothing, so it refuses here.
fn table<'r>(rules: impl IntoIterator<Item = &'r Rule>) -> (Rules, Vec<Finding>) {
    let visible = rules.into_iter().cloned().map(|mut rule| {
        if rule.outcome == Outcome::Pass {
            rule.outcome = Outcome::Refuse(StatusCode::GONE);
        }
        rule
    });
    RulesBuilder::default().rules(visible).build_what_is_right()
}
