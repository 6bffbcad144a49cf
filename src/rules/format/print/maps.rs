//! Entries of maps: a path, a host, or both, and a target without placeholders.

use super::{
    Parts, Reason, Rule,
    entry::{literal, no_conditions, plain_target, redirect_status},
};
use crate::{
    rules::{
        QueryPolicy,
        syntax::{Pattern, TailKind},
    },
    status::Status,
};

/// A line of an HAProxy map.
pub(super) fn haproxy(rule: &Rule) -> Result<String, Reason> {
    let (key, target) = pair(rule)?;
    if key.is_empty() {
        return Err("a key needs a path or a host in the format".into());
    }
    Ok(format!("{key} {target}"))
}

/// An entry of an nginx map.
pub(super) fn nginx(rule: &Rule) -> Result<String, Reason> {
    let (key, mut target) = pair(rule)?;
    if rule.options.query != QueryPolicy::Drop {
        target.push_str("$is_args$args");
    }
    let key = match &*key {
        "" => "default".to_owned(),
        key => word(key),
    };
    Ok(format!("{key} {};", word(&target)))
}

/// The key and the target of a rule.
fn pair(rule: &Rule) -> Result<(String, String), Reason> {
    if redirect_status(rule)? != Status::MovedPermanently {
        return Err("a map has one status for all its rules, and here it is 301".into());
    }
    no_conditions(&rule.options)?;
    if rule.options.scheme.is_some() {
        return Err("the format has no rules for a scheme".into());
    }
    let parts = Parts::of(rule)?;
    let host = rule.options.host.as_deref().unwrap_or_default();
    let path = if is_everything(&parts.path) {
        String::new()
    } else {
        literal(&parts.path)?
    };
    Ok((format!("{host}{path}"), plain_target(&parts.target)?))
}

/// Returns `true` for `/{*rest?}`.
pub(super) fn is_everything(path: &Pattern) -> bool {
    let tail = path.tail.as_ref().map(|tail| tail.kind);
    path.segments.is_empty() && tail == Some(TailKind::AfterSlash)
}

/// Writes a word of nginx.
fn word(text: &str) -> String {
    if !text.contains([';', '{', '}', '"', '\'', '\\', ' ']) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
