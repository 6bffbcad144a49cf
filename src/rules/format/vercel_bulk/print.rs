//! Rows and objects of Vercel's bulk redirects.

#[cfg(feature = "csv")]
use super::csv;
use super::is_json;
#[cfg(feature = "json")]
use crate::rules::format::json;
#[cfg(feature = "csv")]
use crate::rules::format::rows::field;
use crate::rules::{
    QueryPolicy, Rule,
    format::{
        print::{
            Reason,
            entry::{
                Parts, check_no_conditions, check_no_host, literal, plain_target, redirect_status,
            },
        },
        rewrite::OriginalEntry,
    },
};

/// A row of Vercel's bulk redirects.
#[cfg(feature = "csv")]
pub(super) fn entry(rule: &Rule) -> Result<String, Reason> {
    let row = Row::of(rule)?;
    let (source, target) = (field(&row.source), field(&row.target));
    let (status, case_sensitive, query) = (row.status, row.case_sensitive, row.query);
    Ok(format!(
        "{source},{target},{status},{case_sensitive},{query}"
    ))
}

/// An object of Vercel's bulk redirects, on one line.
#[cfg(not(feature = "csv"))]
pub(super) fn entry(rule: &Rule) -> Result<String, Reason> {
    let row = Row::of(rule)?;
    let object = serde_json::json!({
        "source": row.source,
        "destination": row.target,
        "statusCode": row.status,
        "caseSensitive": row.case_sensitive,
        "query": row.query,
    });
    Ok(object.to_string())
}

/// What a row of Vercel says.
struct Row {
    source: String,
    target: String,
    status: u16,
    case_sensitive: bool,
    query: bool,
}

impl Row {
    fn of(rule: &Rule) -> Result<Self, Reason> {
        let status = redirect_status(rule)?.as_u16();
        check_no_conditions(&rule.options, &[])?;
        check_no_host(&rule.options)?;
        let parts = Parts::of(rule)?;
        Ok(Self {
            source: literal(&parts.path)?,
            target: plain_target(&parts.target)?,
            status,
            case_sensitive: !rule.options.matching.ignore_case,
            query: rule.options.query != QueryPolicy::Drop,
        })
    }
}

/// Writes the target of a rule that is rewritten.
pub(super) fn new_word(target: &str, old: &OriginalEntry<'_>) -> String {
    match is_json(old.around[0]) {
        #[cfg(feature = "json")]
        true => json::text(target),
        #[cfg(feature = "csv")]
        false if old.target.starts_with('"') => format!("\"{}\"", target.replace('"', "\"\"")),
        #[cfg(feature = "csv")]
        false => field(target),
        #[cfg(not(all(feature = "csv", feature = "json")))]
        _ => target.to_owned(),
    }
}

/// Writes the status of a rule that is rewritten.
pub(super) fn new_status(status: u16, old: &OriginalEntry<'_>) -> Result<String, Reason> {
    match is_json(old.around[0]) {
        #[cfg(feature = "json")]
        true => Ok(json::status(status, "statusCode", old)),
        #[cfg(feature = "csv")]
        false => csv::new_status(status, old),
        #[cfg(not(all(feature = "csv", feature = "json")))]
        _ => Ok(status.to_string()),
    }
}
