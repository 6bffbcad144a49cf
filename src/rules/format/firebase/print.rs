//! Prints redirects of a `firebase.json`.

use serde_json::Value;

use crate::rules::{
    Rule,
    format::print::{
        Reason,
        entry::{Names, Parts, common, no_conditions, redirect_status},
        regex::Numbered,
    },
    options::Options,
    syntax::{Pattern, Segment, TailKind, TemplatePart},
};

pub(super) fn entry(rule: &Rule) -> Result<String, Reason> {
    let status = redirect_status(rule)?.as_u16();
    // An entry excludes the paths that Firebase reserves.
    no_conditions(&Options {
        except: Vec::new(),
        ..rule.options.clone()
    })?;
    if rule
        .options
        .except
        .iter()
        .any(|path| **path != *super::entry::RESERVED)
    {
        common(&rule.options)?;
    }
    if rule.options.host.is_some() || rule.options.scheme.is_some() {
        return Err("the format has no rules for a host".into());
    }
    let (key, source, target) = match Numbered::of(rule) {
        Some(Numbered { regex, target }) => {
            let target = target.parts.iter().map(|part| match part {
                TemplatePart::Literal(text) => text.text.clone(),
                TemplatePart::Placeholder(one) => format!(":{}", one.name.text),
            });
            ("regex", format!("^(?:{regex})$"), target.collect())
        }
        None => {
            let parts = Parts::of(rule)?;
            let names = parts.names();
            let is_inserted = |name: &str| {
                let mut parts = parts.target.parts.iter();
                parts.any(
                    |part| matches!(part, TemplatePart::Placeholder(one) if one.name.text == name),
                )
            };
            let source = glob(&parts.path, &names, is_inserted)?;
            ("source", source, target(&parts, &names))
        }
    };
    let (source, target) = (Value::from(source), Value::from(target));
    Ok(format!(
        "      {{ \"{key}\": {source}, \"destination\": {target}, \"type\": {status} }}"
    ))
}

fn target(parts: &Parts, names: &Names<'_>) -> String {
    let mut target = String::new();
    for part in &parts.target.parts {
        match part {
            TemplatePart::Literal(text) => target.push_str(&text.text),
            TemplatePart::Placeholder(one) => {
                let name = names.get(&one.name.text);
                target.push_str(&match one.has_slash {
                    true => format!("/:{name}*"),
                    false => format!(":{name}"),
                });
            }
        }
    }
    target
}

/// Prints a source as a glob.
fn glob(
    path: &Pattern,
    names: &Names<'_>,
    is_inserted: impl Fn(&str) -> bool,
) -> Result<String, Reason> {
    let mut out = String::new();
    for segment in &path.segments {
        out.push('/');
        match segment {
            Segment::Literal(text) => escape(&mut out, &text.text),
            Segment::Placeholder {
                before,
                name,
                after,
            } => {
                escape(&mut out, &before.text);
                out.push_str(&format!(":{}", names.get(&name.text)));
                escape(&mut out, &after.text);
            }
        }
    }
    let Some(tail) = &path.tail else {
        return Ok(out);
    };
    let name = names.get(&tail.name.text);
    match (tail.kind, out.is_empty() || !is_inserted(&tail.name.text)) {
        (TailKind::NonEmpty, _) => return Err("`/a/**` also matches `/a/` in the format".into()),
        (TailKind::AfterSlash, false) => {
            return Err("`/a/:b*` also matches `/a` in the format".into());
        }
        (TailKind::AfterSlash, true) if !out.is_empty() => out.push_str("/**"),
        _ => out.push_str(&format!("/:{name}*")),
    }
    Ok(out)
}

fn escape(out: &mut String, text: &str) {
    for char in text.chars() {
        if "\\*?[]{}()!@+|,:".contains(char) {
            out.push('\\');
        }
        out.push(char);
    }
}
