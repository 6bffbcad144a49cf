//! Rows and objects of Vercel's bulk redirects.

#[cfg(feature = "csv")]
use crate::rules::format::rows::field;
use crate::rules::{
    QueryPolicy, Rule,
    format::print::{
        Reason,
        entry::{Parts, literal, no_conditions, plain_target, redirect_status},
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
        no_conditions(&rule.options)?;
        if rule.options.host.is_some() || rule.options.scheme.is_some() {
            return Err("the format has no rules for a host".into());
        }
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
