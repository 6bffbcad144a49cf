//! Rows of Cloudflare's bulk redirects.

use crate::rules::{
    QueryPolicy, Rule,
    format::{
        print::{
            Reason,
            entry::{
                Parts, check_no_conditions, is_everything, literal, plain_target, redirect_status,
            },
        },
        rows::field,
    },
    syntax::{Placeholder, Tail, TailKind, Template, TemplatePart},
};

/// A row of Cloudflare's bulk redirects.
pub(super) fn row(rule: &Rule) -> Result<String, Reason> {
    let status = redirect_status(rule)?.as_u16();
    check_no_conditions(&rule.options, &[])?;
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
