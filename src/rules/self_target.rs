//! Rules of files whose target is their own source.

use super::{has::Condition, rule::Rule, source::SourceKind};
use crate::status::{Status, StatusChoice};

impl Rule {
    /// Whether source and target are written as the same address, so that where other servers read
    /// the file clients go round in it, though here a redirect to what was asked for is never sent.
    pub(super) fn names_one_address_twice(&self) -> bool {
        let Self {
            source,
            target,
            how,
            options,
            ..
        } = self;
        // Behind its own origin, a target is as one without.
        let origin = options.scheme.zip(options.host.as_deref());
        let path = origin.and_then(|(scheme, host)| {
            let host_and_path = target.strip_prefix(scheme.as_str())?.strip_prefix("://")?;
            let path = host_and_path.strip_prefix(host)?;
            path.starts_with('/').then_some(path)
        });
        let target = path.unwrap_or(target);
        let is_same = match source.kind {
            SourceKind::Native => source.text == target || is_with_tail(&source.text, target),
            SourceKind::Exact => source.text == target && !target.contains(['{', '}']),
            SourceKind::Prefix | SourceKind::Regex => false,
        };
        // A form may be answered with itself, and what a query lacks afterwards is asked for no
        // more.
        let is_other_request = || {
            let takes_away = |(wanted, has): &(bool, Condition)| *wanted && has.is_of_query();
            *how == StatusChoice::Status(Status::SeeOther)
                || !options.edits.is_empty()
                || !options.repeats_asked && options.conditions.iter().any(takes_away)
        };
        is_same && !is_other_request()
    }
}

/// Whether a target has the tail of its source where that has it: `/a{/*rest}` and `/a/{rest}`.
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
