//! Whether two rules decide the same, whatever their placeholders are called.

use http::StatusCode;

use super::{Parts, Rule, Rules, RulesBuilder};
use crate::rules::{
    Finding, Outcome, QueryPolicy,
    has::{Condition, Place},
    source::SourceKind,
    syntax::{Placeholder, Segment, Template, TemplatePart},
};

/// Returns a rule without what makes no difference to its decisions.
pub(super) fn normal(rule: &Rule) -> Rule {
    let mut rule = rule.clone();
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
    let target = rule.target.native();
    let has_query = target.split('#').next().is_some_and(|to| to.contains('?'));
    if !has_query && options.query != QueryPolicy::Drop && options.edits.is_empty() {
        options.query = QueryPolicy::Keep;
    }
    let mut in_conditions = options.conditions.iter().map(|(_, one)| &one.value);
    let captures = in_conditions.any(|one| !one.captures.is_empty() || !one.regexes.is_empty());
    let Ok(mut parts) = parts else {
        return rule;
    };
    options.shadows &= captures;
    options.merge_slashes &= captures || may_have_slashes(&parts);
    if !captures {
        rename(&mut parts);
    }
    rule.source.kind = SourceKind::Pattern(parts.path);
    rule.target = parts.target.into();
    rule
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

/// Names the placeholders by their numbers.
fn rename(parts: &mut Parts) {
    let names: Vec<String> = parts.path.names().map(|name| name.text.clone()).collect();
    let numbered = |name: &str| {
        let at = names.iter().position(|own| own == name);
        format!("_{}", at.unwrap_or_default())
    };
    for segment in &mut parts.path.segments {
        if let Segment::Placeholder { name, .. } = segment {
            name.text = numbered(&name.text);
        }
    }
    if let Some(tail) = &mut parts.path.tail {
        tail.name.text = numbered(&tail.name.text);
    }
    let Template { parts } = &mut parts.target;
    for part in parts {
        if let TemplatePart::Placeholder(Placeholder { name, .. }) = part {
            name.text = numbered(&name.text);
        }
    }
}

/// A table of rules that are compared. Alone, a rule that passes does nothing, so it refuses here.
pub(super) fn table<'r>(rules: impl IntoIterator<Item = &'r Rule>) -> (Rules, Vec<Finding>) {
    let visible = rules.into_iter().cloned().map(|mut rule| {
        if rule.outcome == Outcome::Pass {
            rule.outcome = Outcome::Refuse(StatusCode::GONE);
        }
        rule
    });
    RulesBuilder::default().rules(visible).build_what_is_right()
}
