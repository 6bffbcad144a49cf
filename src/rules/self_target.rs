//! Rules of files whose target is their own source.

use super::{condition::Condition, outcome::Outcome, rule::Rule, source::SourceKind};
use crate::status::{Status, StatusChoice};

impl Rule {
    /// Returns `true` if the source and the target are the same URL. This layer never sends that
    /// redirect, but other servers that read the file would loop.
    pub(super) fn names_one_address_twice(&self) -> bool {
        let Self {
            source,
            target,
            outcome: Outcome::Redirect(how),
            options,
            ..
        } = self
        else {
            return false;
        };
        // A target with the rule's own origin is the same as one without an origin.
        let target = &*target.native();
        let origin = options.scheme.zip(options.host.as_deref());
        let path = origin.and_then(|(scheme, host)| {
            let host_and_path = target.strip_prefix(scheme.as_str())?.strip_prefix("://")?;
            let path = host_and_path.strip_prefix(host)?;
            path.starts_with('/').then_some(path)
        });
        let target = path.unwrap_or(target);
        let is_same = match &source.kind {
            SourceKind::Text(text) => text == target || is_with_tail(text, target),
            SourceKind::Pattern(pattern) => {
                let text = pattern.to_string();
                text == target || is_with_tail(&text, target)
            }
            SourceKind::Exact(path) => path.text == target && !target.contains(['{', '}']),
            SourceKind::Prefix(_) | SourceKind::Regex(_) => false,
        };
        // After a POST, 303 may lead to the same URL. If the redirect removes a parameter that the
        // rule requires, the next request doesn't match.
        let is_other_request = || {
            let takes_away = |(wanted, has): &(bool, Condition)| *wanted && has.is_of_query();
            *how == StatusChoice::Status(Status::SeeOther)
                || !options.edits.is_empty()
                || !options.repeats_asked && options.conditions.iter().any(takes_away)
        };
        is_same && !is_other_request()
    }
}

/// Returns `true` if the target ends with the tail of its source: `/a{/*rest}` and `/a/{rest}`.
fn is_with_tail(source: &str, target: &str) -> bool {
    let Some((front, name)) = source.rsplit_once('*') else {
        return false;
    };
    let front = front.strip_suffix("{/").or(front.strip_suffix("/{"));
    let name = name.trim_end_matches(['?', '}']);
    front
        .and_then(|front| target.strip_prefix(front)?.strip_prefix("/{"))
        .and_then(|rest| rest.strip_suffix('}'))
        .is_some_and(|rest| rest == name)
}
