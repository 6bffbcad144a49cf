//! Prints redirects of a `vercel.json`.

use serde_json::Value;

use super::{VercelFormat, capture_name};
use crate::rules::{
    Rule,
    condition::{Condition, PathTest, Place},
    format::print::{
        Reason,
        entry::{IN_ANY_CASE, Names, Parts, common, redirect_status},
    },
    syntax::{Pattern, Placeholder, Segment, TailKind, Template, TemplatePart},
};

/// What the conditions on the path say, which a source says in these formats.
#[derive(Default)]
struct Excluded<'r> {
    empty_segments: bool,
    beginnings: Vec<&'r str>,
}

pub(in crate::rules::format) fn entry(rule: &Rule, format: VercelFormat) -> Result<String, Reason> {
    let status = redirect_status(rule)?.as_u16();
    common(&rule.options)?;
    let parts = Parts::of(rule)?;
    let names = parts.names();
    let mut has = Vec::new();
    let mut missing = Vec::new();
    match &rule.options.host {
        Some(host) if host.starts_with(['*', '.']) => {
            return Err("the format has no hosts with subdomains".into());
        }
        Some(host) => has.push(format!(r#"{{ "type": "host", "value": {} }}"#, text(host))),
        None => {}
    }
    if rule.options.scheme.is_some() {
        return Err("the format has no rules for a scheme".into());
    }
    if rule.options.after.is_some() {
        return Err("the format has no rules that wait for a response".into());
    }
    let mut captured = Vec::new();
    let mut excluded = Excluded::default();
    for (is_expected, one) in &rule.options.conditions {
        match &one.place {
            Place::Path(PathTest::EmptySegment) if !is_expected => {
                excluded.empty_segments = true;
                continue;
            }
            // Next redirects nothing below it.
            Place::Path(PathTest::BeginsWith(text, _))
                if !is_expected && format == VercelFormat::Next && **text == *"/_next" =>
            {
                continue;
            }
            Place::Path(PathTest::BeginsWith(text, _)) if !is_expected => {
                excluded.beginnings.push(text);
                continue;
            }
            _ => {}
        }
        let list = if *is_expected { &mut has } else { &mut missing };
        list.push(condition(one, &mut captured)?);
    }
    let source = path(&parts.path, &names, &excluded)?;
    let target = target(&parts.target, |name| {
        let by_condition = captured.iter().rfind(|(own, _)| own == name);
        by_condition.map_or_else(|| names.get(name), |(_, written)| written.clone())
    });
    let mut fields = vec![
        format!("\"source\": {}", text(&source)),
        format!("\"destination\": {}", text(&target)),
        format!("\"statusCode\": {status}"),
    ];
    for (key, list) in [("has", has), ("missing", missing)] {
        if !list.is_empty() {
            fields.push(format!("\"{key}\": [{}]", list.join(", ")));
        }
    }
    Ok(format!("    {{ {} }}", fields.join(", ")))
}

/// Writes a string of JSON.
pub(in crate::rules::format) fn text(text: &str) -> String {
    Value::from(text).to_string()
}

fn condition(
    condition: &Condition,
    captured: &mut Vec<(String, String)>,
) -> Result<String, Reason> {
    let Condition { place, value } = condition;
    let (kind, key) = match place {
        Place::Query(key) => ("query", Some(key)),
        Place::Header(key) => ("header", Some(key)),
        Place::HeaderInAnyCase(_) => return Err(IN_ANY_CASE.into()),
        Place::Cookie(key) => ("cookie", Some(key)),
        Place::Host => ("host", None),
        Place::Path(_) => return Err("the format has no such conditions on the path".into()),
        Place::Language(_) => return Err("the format has no conditions on the language".into()),
    };
    let mut fields = vec![format!(r#""type": "{kind}""#)];
    fields.extend(key.map(|key| format!(r#""key": {}"#, text(key))));
    let comparison = match (value.one_of.as_deref(), &*value.regexes, &*value.captures) {
        (None, [], []) => None,
        (None, [], [name]) => {
            let own = capture_name(key.map_or("", |key| key));
            captured.push((name.to_string(), own));
            None
        }
        (Some([one]), [], []) => Some(format!(r#""eq": {}"#, text(one))),
        (Some(list), [], []) => {
            let list: Vec<_> = list.iter().map(|value| text(value)).collect();
            Some(format!(r#""inc": [{}]"#, list.join(", ")))
        }
        (None, [regex], []) => Some(format!(r#""re": {}"#, text(regex))),
        _ => return Err("a condition can have only one comparison in the format".into()),
    };
    fields.extend(comparison.map(|one| format!(r#""value": {{ {one} }}"#)));
    Ok(format!("{{ {} }}", fields.join(", ")))
}

/// Writes a source as path-to-regexp reads it.
fn path(path: &Pattern, names: &Names<'_>, excluded: &Excluded<'_>) -> Result<String, Reason> {
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
                placeholder(&mut out, &names.get(&name.text), &after.text);
                escape(&mut out, &after.text);
            }
        }
    }
    let Some(tail) = &path.tail else {
        return match excluded.beginnings.is_empty() && !excluded.empty_segments {
            true => Ok(out),
            false => Err("only a source with a tail excludes paths in the format".into()),
        };
    };
    let name = names.get(&tail.name.text);
    let look_ahead = look_ahead(&format!("{out}/"), &excluded.beginnings)?;
    out.push_str(&match (tail.kind, excluded.empty_segments) {
        (TailKind::NonEmpty, false) => format!("/:{name}({look_ahead}.+)"),
        (TailKind::AfterSlash, false) => format!("/:{name}({look_ahead}.*)"),
        (TailKind::Optional, false) => {
            return Err("`/a/:b*` doesn't match empty segments in the format".into());
        }
        _ if !look_ahead.is_empty() => {
            return Err("such a source can't exclude paths in the format".into());
        }
        (TailKind::NonEmpty, true) => format!("/:{name}+"),
        (_, true) => format!("/:{name}*"),
    });
    Ok(out)
}

/// Writes the beginnings of the excluded paths, all of which are below this path.
fn look_ahead(front: &str, beginnings: &[&str]) -> Result<String, Reason> {
    let mut out = String::new();
    for beginning in beginnings {
        let Some(text) = beginning.strip_prefix(front) else {
            return Err("only paths below the source can be excluded in the format".into());
        };
        out.push_str(if out.is_empty() { "(?!" } else { "|" });
        out.push_str(&text.replace('.', "\\."));
    }
    out.push_str(if out.is_empty() { "" } else { ")" });
    Ok(out)
}

/// Writes a destination. In its origin, a colon is before a port. `written` returns what a
/// placeholder is called there.
pub(in crate::rules::format) fn target(
    target: &Template,
    written: impl Fn(&str) -> String,
) -> String {
    let mut out = String::new();
    for (at, part) in target.parts.iter().enumerate() {
        match part {
            TemplatePart::Literal(text) => {
                let path_at = match text.text.find("://").filter(|_| at == 0) {
                    Some(scheme) => {
                        let host = text.text.get(scheme + 3..).unwrap_or_default();
                        let end = host.find(['/', '?', '#']).unwrap_or(host.len());
                        scheme + 3 + end
                    }
                    None => 0,
                };
                let (origin, path) = text.text.split_at_checked(path_at).unwrap_or_default();
                out.push_str(origin);
                escape_target(&mut out, path);
            }
            TemplatePart::Placeholder(Placeholder {
                name, has_slash, ..
            }) => {
                out.push_str(if *has_slash { "/" } else { "" });
                let after = match target.parts.get(at + 1) {
                    Some(TemplatePart::Literal(text)) => &*text.text,
                    _ => "",
                };
                placeholder(&mut out, &written(&name.text), after);
                // In Next, the slash of a tail that is missing is missing, too.
                out.push_str(if *has_slash { "*" } else { "" });
            }
        }
    }
    out
}

/// Writes a placeholder, in braces if its name wouldn't end.
fn placeholder(out: &mut String, name: &str, after: &str) {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    out.push_str(&match after.starts_with(is_of_name) {
        true => format!("{{:{name}}}"),
        false => format!(":{name}"),
    });
}

fn escape(out: &mut String, text: &str) {
    for char in text.chars() {
        if matches!(char, '(' | ')' | '{' | '}' | ':' | '*' | '+' | '?' | '\\') {
            out.push('\\');
        }
        out.push(char);
    }
}

/// A `?` begins the query of a destination.
fn escape_target(out: &mut String, text: &str) {
    for char in text.chars() {
        if matches!(char, '(' | ')' | '{' | '}' | ':' | '*' | '+' | '$' | '\\') {
            out.push('\\');
        }
        out.push(char);
    }
}
