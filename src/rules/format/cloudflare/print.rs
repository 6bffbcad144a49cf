//! Prints lines of a `_redirects` file.

use crate::rules::{
    Rule,
    format::print::{
        Reason,
        entry::{Parts, check_no_conditions, check_no_host, segments, status},
    },
    syntax::TailKind,
};

pub(super) fn line(rule: &Rule) -> Result<String, Reason> {
    let status = status(rule)?;
    check_no_conditions(&rule.options, &[])?;
    check_no_host(&rule.options)?;
    let parts = Parts::of(rule)?;
    let names = parts.names();
    let literal = |text: &str| Ok(text.to_owned());
    let placeholder = |[_, name, _]: [&str; 3]| Ok(format!(":{}", names.get(name)));
    let mut source = segments(&parts.path, literal, placeholder)?;
    match parts.path.tail.as_ref().map(|tail| tail.kind) {
        None => {}
        Some(TailKind::AfterSlash) => source.push_str("/*"),
        Some(_) => return Err("`/*` also matches `/` in the format".into()),
    }
    Ok(match status {
        Some(status) => {
            let target = names.with_colons(&parts.target, "")?;
            format!("{source} {target} {}", status.as_u16())
        }
        // A rewrite to the same URL passes the request through.
        None => format!("{source} {} 200", source.replace("/*", "/:splat")),
    })
}
