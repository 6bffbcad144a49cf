//! Rows of bulk redirects, of Cloudflare and of Vercel.

#[cfg(feature = "csv")]
use super::maps::is_everything;
use super::{
    Parts, Reason, Rule,
    entry::{literal, no_conditions, plain_target, redirect_status},
};
use crate::rules::QueryPolicy;
#[cfg(feature = "csv")]
use crate::rules::syntax::{Placeholder, Tail, TailKind, Template, TemplatePart};

/// A row of Cloudflare's bulk redirects.
#[cfg(feature = "csv")]
pub(super) fn cloudflare(rule: &Rule) -> Result<String, Reason> {
    let status = redirect_status(rule)?.as_u16();
    no_conditions(&rule.options)?;
    let Some(host) = rule.options.host.as_deref() else {
        return Err("a row needs a host in the format".into());
    };
    if host.starts_with('*') {
        return Err("subdomains include the host itself in the format".into());
    }
    let mut parts = Parts::of(rule)?;
    let scheme = match rule.options.scheme {
        Some(scheme) => format!("{scheme}://"),
        None => String::new(),
    };
    let is_everything = is_everything(&parts.path);
    let tail = parts.path.tail.take();
    let is_below = match &tail {
        Some(tail) if tail.kind == TailKind::Optional || is_everything => true,
        Some(_) => return Err("a row for the paths below also matches the path itself".into()),
        None => false,
    };
    let has_suffix = tail.is_some_and(|tail| take_tail(&mut parts.target, &tail, is_everything));
    let target = plain_target(&parts.target)?;
    let without_dot = host.strip_prefix('.');
    let source = format!(
        "{scheme}{}{}",
        without_dot.unwrap_or(host),
        literal(&parts.path)?
    );
    let flags = [
        rule.options.query != QueryPolicy::Drop,
        without_dot.is_some(),
        is_below,
        has_suffix,
    ];
    let flags = flags.map(|flag| if flag { "TRUE" } else { "FALSE" });
    let (source, target) = (field(&source), field(&target));
    Ok(format!("{source},{target},{status},{}", flags.join(",")))
}

/// Removes the tail from the end of the path of a target.
#[cfg(feature = "csv")]
fn take_tail(target: &mut Template, tail: &Tail, is_everything: bool) -> bool {
    let is_tail = |part: &TemplatePart| match part {
        TemplatePart::Placeholder(Placeholder {
            name, has_slash, ..
        }) => *name == tail.name && (*has_slash || is_everything),
        TemplatePart::Literal(_) => false,
    };
    let at = target.parts.iter().position(is_tail);
    if let Some(at) = at {
        target.parts.remove(at);
    }
    at.is_some()
}

/// A row of Vercel's bulk redirects.
#[cfg(feature = "csv")]
pub(super) fn vercel(rule: &Rule) -> Result<String, Reason> {
    let row = Row::of(rule)?;
    let (source, target) = (field(&row.source), field(&row.target));
    let (status, case_sensitive, query) = (row.status, row.case_sensitive, row.query);
    Ok(format!(
        "{source},{target},{status},{case_sensitive},{query}"
    ))
}

/// An object of Vercel's bulk redirects, on one line.
#[cfg(not(feature = "csv"))]
pub(super) fn vercel(rule: &Rule) -> Result<String, Reason> {
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

/// Writes a field of a row.
#[cfg(feature = "csv")]
fn field(text: &str) -> String {
    match text.contains([',', '"']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}
