//! Prints redirects of a `firebase.json`.

use crate::rules::{
    Rule,
    format::{
        json::text,
        print::{
            Reason,
            entry::{
                self, Feature, Names, Parts, check_no_conditions, check_no_host, escaped,
                redirect_status, segments,
            },
            regex::Numbered,
        },
    },
    syntax::{Pattern, TailKind, TemplatePart},
};

pub(super) fn entry(rule: &Rule) -> Result<String, Reason> {
    let status = redirect_status(rule)?.as_u16();
    // An entry excludes the paths that Firebase reserves.
    let mut excluded = rule.options.except.iter();
    let excludes: &[Feature] = match excluded.all(|path| **path == *super::entry::RESERVED) {
        true => &[Feature::Excludes],
        false => &[],
    };
    check_no_conditions(&rule.options, excludes)?;
    check_no_host(&rule.options)?;
    let (key, source, target) = match Numbered::of(rule) {
        Some(Numbered { regex, target }) => {
            let target = entry::target(&target, &|one| Ok(format!(":{}", one.name.text)), |text| {
                Ok(text.to_owned())
            });
            ("regex", format!("^(?:{regex})$"), target?)
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
            ("source", source, names.with_colons(&parts.target, "*")?)
        }
    };
    let (source, target) = (text(&source), text(&target));
    Ok(format!(
        "      {{ \"{key}\": {source}, \"destination\": {target}, \"type\": {status} }}"
    ))
}

/// Prints a source as a glob.
fn glob(
    path: &Pattern,
    names: &Names<'_>,
    is_inserted: impl Fn(&str) -> bool,
) -> Result<String, Reason> {
    let literal = |text: &str| Ok(escaped(text, |char| "\\*?[]{}()!@+|,:".contains(char)));
    let placeholder = |[_, name, _]: [&str; 3]| Ok(format!(":{}", names.get(name)));
    let mut out = segments(path, literal, placeholder)?;
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
