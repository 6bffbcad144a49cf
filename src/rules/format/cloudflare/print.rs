//! Prints lines of a `_redirects` file.

use crate::rules::{
    Rule,
    format::print::{
        Reason,
        entry::{Parts, no_conditions, status},
    },
    syntax::{Segment, TailKind},
};

pub(super) fn line(rule: &Rule) -> Result<String, Reason> {
    let status = status(rule)?;
    no_conditions(&rule.options)?;
    if rule.options.host.is_some() || rule.options.scheme.is_some() {
        return Err("the format has no rules for a host".into());
    }
    let parts = Parts::of(rule)?;
    let names = parts.names();
    let mut source = String::new();
    for segment in &parts.path.segments {
        source.push('/');
        match segment {
            Segment::Literal(text) => source.push_str(&text.text),
            Segment::Placeholder {
                before,
                name,
                after,
            } => {
                let name = names.get(&name.text);
                source.push_str(&format!("{}:{name}{}", before.text, after.text));
            }
        }
    }
    match parts.path.tail.as_ref().map(|tail| tail.kind) {
        None => {}
        Some(TailKind::AfterSlash) => source.push_str("/*"),
        Some(_) => return Err("`/*` also matches `/` in the format".into()),
    }
    Ok(match status {
        Some(status) => {
            let target = names.with_colons(&parts.target);
            format!("{source} {target} {}", status.as_u16())
        }
        // A rewrite to the same URL passes the request through.
        None => format!("{source} {} 200", source.replace("/*", "/:splat")),
    })
}
