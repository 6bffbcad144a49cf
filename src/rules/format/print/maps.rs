//! Prints the keys and values of maps: a path, a host, or both, and a target without placeholders.

use super::{
    Parts, Reason,
    entry::{
        check_no_conditions, check_no_scheme, is_everything, literal, plain_target, redirect_status,
    },
};
use crate::{rules::Rule, status::Status};

/// The reason to keep a status.
pub(in crate::rules::format) const ONE_STATUS: &str = "a map has one status for all its rules";

/// The key and the target of a rule.
pub(in crate::rules::format) fn pair(rule: &Rule) -> Result<(String, String), Reason> {
    check(rule)?;
    let parts = Parts::of(rule)?;
    let host = rule.options.host.as_deref().unwrap_or_default();
    let path = if is_everything(&parts.path) {
        String::new()
    } else {
        literal(&parts.path)?
    };
    Ok((format!("{host}{path}"), plain_target(&parts.target)?))
}

/// Says what no map can say.
pub(in crate::rules::format) fn check(rule: &Rule) -> Result<(), Reason> {
    if redirect_status(rule)? != Status::MovedPermanently {
        return Err("a map has one status for all its rules, and here it is 301".into());
    }
    check_no_conditions(&rule.options, &[])?;
    check_no_scheme(&rule.options)
}
