//! Prints redirects of a `vercel.json`.

use super::{VercelFormat, capture_name};
use crate::rules::{
    Rule,
    condition::{Condition, PathTest, Place},
    format::{
        json::{self, text},
        print::{
            Reason,
            entry::{
                IN_ANY_CASE, Names, Parts, PrintPlaceholder, check_features, check_no_scheme,
                check_no_wait, escaped, exact_host, redirect_status, segments,
                unsupported_condition,
            },
            regex::Numbered,
        },
        regex_groups::marks,
        rewrite::OriginalEntry,
    },
    syntax::{Pattern, TailKind, Template, TemplatePart},
};

/// A source and a target.
enum Printable {
    Regex(Numbered),
    Path(Parts),
}

/// What the conditions on the path say, which a source says in these formats.
#[derive(Default)]
struct Excluded<'r> {
    empty_segments: bool,
    beginnings: Vec<&'r str>,
}

pub(in crate::rules::format) fn entry(rule: &Rule, format: VercelFormat) -> Result<String, Reason> {
    let status = redirect_status(rule)?.as_u16();
    check_features(&rule.options, &[])?;
    let printable = match Numbered::of(rule) {
        Some(numbered) => Printable::Regex(numbered),
        None => Printable::Path(Parts::of(rule)?),
    };
    let names = match &printable {
        Printable::Regex(_) => Names::default(),
        Printable::Path(parts) => parts.names(),
    };
    let mut has = Vec::new();
    let mut missing = Vec::new();
    if let Some(host) = exact_host(&rule.options)? {
        has.push(format!(r#"{{ "type": "host", "value": {} }}"#, text(host)));
    }
    check_no_scheme(&rule.options)?;
    check_no_wait(&rule.options)?;
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
    let (source, to) = match &printable {
        Printable::Regex(own) => (regex(&own.regex, format, &excluded)?, &own.target),
        Printable::Path(own) => (path(&own.path, &names, &excluded)?, &own.target),
    };
    // In Next, the slash of a tail that is missing is missing, too.
    let target = target(to, &|one| {
        let by_condition = captured.iter().rfind(|(own, _)| *own == one.name.text);
        Ok(match by_condition {
            Some((_, written)) => format!(":{written}"),
            None => names.colon(one, "*"),
        })
    })?;
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
        Place::Language(_) => return Err(unsupported_condition(place)),
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
    let placeholder =
        |[_, name, after]: [&str; 3]| Ok(before(&format!(":{}", names.get(name)), after));
    let mut out = segments(path, |text| Ok(escape(text)), placeholder)?;
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

const NO_SUCH_REGEX: &str = "only groups can be regexes in the format";

/// Writes a regex as path-to-regexp reads it: text, and groups that capture.
fn regex(regex: &str, format: VercelFormat, excluded: &Excluded<'_>) -> Result<String, Reason> {
    if excluded.empty_segments || !excluded.beginnings.is_empty() {
        return Err("such a source can't exclude paths in the format".into());
    }
    let mut out = String::new();
    let mut number = 0;
    let mut rest = regex;
    while !rest.is_empty() {
        let (group, after) = next_group(rest, format, &mut number).ok_or(NO_SUCH_REGEX)?;
        out.push_str(&group);
        rest = after;
    }
    Ok(out)
}

/// Writes the text and the group that a regex begins with. Returns what follows them, too.
fn next_group<'r>(
    regex: &'r str,
    format: VercelFormat,
    number: &mut u32,
) -> Option<(String, &'r str)> {
    let (text, rest) = literal(regex)?;
    let text = escape(&text);
    if rest.is_empty() {
        return Some((text, rest));
    }
    let (inner, after) = group(rest)?;
    let rest = after.strip_prefix('?').unwrap_or(after);
    let mark = if rest.len() < after.len() { "?" } else { "" };
    if rest.starts_with(['?', '*', '+', '{']) {
        return None;
    }
    // If a slash is missing with its group, Next captures both.
    let has_slash = format == VercelFormat::Next && !mark.is_empty() && inner.starts_with("/(");
    let around = inner.strip_prefix("?:").or(has_slash.then_some(inner));
    let (before, inner, end) = match around {
        None => (String::new(), inner, String::new()),
        Some(around) => {
            let (before, own) = literal(around)?;
            let (inner, after) = group(own)?;
            let (end, nothing) = literal(after)?;
            nothing.is_empty().then_some((before, inner, end))?
        }
    };
    if inner.starts_with('?') {
        return None;
    }
    *number += 1 + u32::from(has_slash);
    // After one character, a name without a regex doesn't match that character in Next.
    let segment = match (format, if before.is_empty() { &*text } else { &*before }) {
        (VercelFormat::Next, one) if one.len() == 1 && one != "/" => format!("[^/{one}]+?"),
        _ => "[^/]+?".to_owned(),
    };
    let is_of_name = |char: char| char.is_alphanumeric() || matches!(char, '_' | '(');
    let is_segment = inner == segment && !format!("{end}{rest}").starts_with(is_of_name);
    let group = match is_segment {
        true => format!(":p{number}"),
        false => format!(":p{number}({inner})"),
    };
    let text = match mark.is_empty() && before.is_empty() && end.is_empty() {
        true => format!("{text}{group}"),
        false => format!("{text}{{{}{group}{}}}{mark}", escape(&before), escape(&end)),
    };
    Some((text, rest))
}

/// Splits off the text that a regex begins with, without its escapes.
fn literal(regex: &str) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut rest = regex;
    while let Some(char) = rest.chars().next() {
        if let Some((byte, after)) = rest
            .strip_prefix("(?i:")
            .and_then(|rest| rest.split_once(')'))
            .filter(|(byte, _)| byte.starts_with('%') && byte.len() == 3)
        {
            text.push_str(byte);
            rest = after;
            continue;
        }
        let escaped = rest
            .strip_prefix('\\')
            .map(|rest| (rest, rest.chars().next()));
        let (char, after) = match (char, escaped) {
            ('(', _) => break,
            (_, Some((rest, Some(char)))) if !char.is_alphanumeric() => (char, rest),
            ('\\' | '[' | '.' | '^' | '$' | '|' | '?' | '*' | '+' | '{' | ')', _) => return None,
            _ => (char, rest),
        };
        text.push(char);
        rest = after.get(char.len_utf8()..)?;
    }
    Some((text, rest))
}

/// Splits off the group that a regex begins with, without its parentheses.
fn group(regex: &str) -> Option<(&str, &str)> {
    let mut marks = marks(regex).into_iter();
    let begin = marks
        .next()
        .filter(|mark| (mark.at, mark.char) == (0, '('))?;
    let end = marks.find(|mark| mark.char == ')' && mark.depth == begin.depth)?;
    Some((regex.get(1..end.at)?, regex.get(end.at + 1..)?))
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

/// Writes a destination. In its origin, a colon is before a port.
pub(in crate::rules::format) fn target(
    target: &Template,
    placeholder: PrintPlaceholder<'_>,
) -> Result<String, Reason> {
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
                // A `?` begins the query of a destination.
                out.push_str(&escaped(path, |char| "(){}:*+$\\".contains(char)));
            }
            TemplatePart::Placeholder(one) => {
                let after = match target.parts.get(at + 1) {
                    Some(TemplatePart::Literal(text)) => &*text.text,
                    _ => "",
                };
                out.push_str(&before(&placeholder(one)?, after));
            }
        }
    }
    Ok(out)
}

/// Writes a placeholder before this text, in braces if its name wouldn't end.
fn before(placeholder: &str, after: &str) -> String {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    match placeholder.ends_with(is_of_name) && after.starts_with(is_of_name) {
        true => format!("{{{placeholder}}}"),
        false => placeholder.to_owned(),
    }
}

fn escape(text: &str) -> String {
    escaped(text, |char| "(){}:*+?\\".contains(char))
}

/// Writes the status of a rule that is rewritten.
pub(in crate::rules::format) fn status(
    status: u16,
    old: &OriginalEntry<'_>,
) -> Result<String, Reason> {
    Ok(match (old.status, status) {
        (Some("true" | "false"), 308) => "true".to_owned(),
        (Some("true" | "false"), 307) => "false".to_owned(),
        (Some("true" | "false"), _) => {
            return Err("`permanent` can't express the new status".into());
        }
        _ => json::status(status, "statusCode", old),
    })
}
