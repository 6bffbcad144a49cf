//! What maps of other servers have in common: a key is a path, a host, or both, and a value is a
//! whole target.

use super::messages::quoted;
use crate::{
    rules::{
        QueryPolicy, Rule, Source,
        source::SourceKind,
        syntax::{Pattern, Tail, TailKind, Word},
        target_text::TargetText,
    },
    status::{Status, StatusChoice},
};

/// The status of a map whose reader gives none.
pub(super) const DEFAULT: StatusChoice = StatusChoice::Status(Status::MovedPermanently);

/// The source of every path, which the target can insert.
pub(super) fn every_path(name: &str) -> Source {
    let tail = Tail {
        kind: TailKind::AfterSlash,
        name: Word::new(name, 0..0),
    };
    Source::from(Pattern {
        segments: Vec::new(),
        tail: Some(tail),
    })
}

/// What is wrong with a key that is a whole address, and the fix.
pub(super) fn no_scheme(key: &str) -> (String, &'static str) {
    let key = quoted(key);
    let message = format!("the key {key} has a scheme and never matches, so it is skipped");
    (
        message,
        "remove the scheme, for example write `example.com/path`",
    )
}

/// Whether a key is a whole address, as no key is here.
pub(super) fn has_scheme(key: &str) -> bool {
    let front = key.split_once("://").map_or("", |(front, _)| front);
    front.starts_with(|c: char| c.is_ascii_alphabetic()) && !front.contains(['/', '.'])
}

/// The source of a key and its host, which is empty if the key has none.
///
/// Paths begin with `/`; what stands before one, or alone, is a host.
pub(super) fn split(key: &str) -> (Source, &str) {
    let slash = key.find('/').unwrap_or(key.len());
    let (host, path) = key.split_at_checked(slash).unwrap_or((key, ""));
    let source = if path.is_empty() {
        every_path("_path")
    } else {
        // A map compares the text; a URL has a `#` only as `%23`.
        let path = Word::new(path.replace('#', "%23"), slash..key.len());
        Source::new(SourceKind::Exact(path))
    };
    (source, host)
}

/// The rule of a key and a target, which is sent as it is: nothing of a request's query goes on.
pub(super) fn rule(how: StatusChoice, key: &str, target: impl Into<TargetText>) -> Rule {
    let (source, host) = split(key);
    let rule = Rule::of_file(how, source, target).query(QueryPolicy::Drop);
    if host.is_empty() {
        rule
    } else {
        rule.host(host)
    }
}
