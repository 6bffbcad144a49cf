//! Prints rules of mod_rewrite.
//!
//! A file has no rules of mod_alias, because those of mod_rewrite come before them.

use http::{Method, StatusCode};
use percent_encoding::percent_decode_str;

use crate::{
    location::HttpScheme,
    rules::{
        Outcome, QueryPolicy, Rule,
        condition::{Condition, PathTest, Place},
        format::print::{
            Reason,
            entry::{IN_ANY_CASE, Parts, common, no_conditions, status, with_numbers},
            regex::{Numbered, unwrapped},
        },
        methods::Methods,
        options::Options,
        syntax::{Pattern, Segment, TailKind, Template, TemplatePart},
    },
};

pub(super) fn entry(rule: &Rule) -> Result<String, Reason> {
    let options = &rule.options;
    common(&Options {
        methods: Methods::default(),
        ..options.clone()
    })?;
    let mut lines = conditions(options)?;
    let (pattern, target) = match Numbered::of(rule) {
        Some(Numbered { regex, target }) => {
            // The pattern sees the path without its first slash.
            let Some(regex) = regex.strip_prefix('/') else {
                return Err("a regex must begin with `/` in the format".into());
            };
            (format!("^{regex}$"), target)
        }
        None => {
            let mut parts = Parts::of(rule)?;
            parts.number("");
            let pattern = pattern(&parts.path, options.matching.ignore_trailing_slash)?;
            (pattern, parts.target)
        }
    };
    let (target, mut flags) = outcome(rule, &target)?;
    if options.matching.ignore_case {
        flags.push("NC".to_owned());
    }
    let (pattern, target) = (regex_word(&pattern), word(&target, "\\%22"));
    lines.push_str(&format!(
        "RewriteRule {pattern} {target} [{}]",
        flags.join(",")
    ));
    Ok(lines)
}

/// Returns the target, and the flags.
fn outcome(rule: &Rule, target: &Template) -> Result<(String, Vec<String>), Reason> {
    let status = match rule.outcome {
        Outcome::Refuse(code) => {
            return Ok(("-".to_owned(), vec![format!("R={}", code.as_u16())]));
        }
        _ => status(rule)?,
    };
    let Some(status) = status else {
        return Ok(("-".to_owned(), vec!["L".to_owned()]));
    };
    let mut flags = vec![format!("R={}", status.as_u16()), "L".to_owned()];
    let literals = target.parts.iter().filter_map(|part| match part {
        TemplatePart::Literal(text) => Some(&*text.text),
        TemplatePart::Placeholder(_) => None,
    });
    let has = |marks: &[char]| literals.clone().any(|text| text.contains(marks));
    match (rule.options.query, has(&['?'])) {
        (QueryPolicy::Keep, true) => flags.push("QSA".to_owned()),
        (QueryPolicy::Drop, false) => flags.push("QSD".to_owned()),
        _ => {}
    }
    if has(&['#', '%']) {
        flags.push("NE".to_owned());
    }
    let literal = |text: &str| Ok(escaped(text, |char| matches!(char, '\\' | '$' | '%' | '"')));
    Ok((with_numbers(target, literal)?, flags))
}

/// Prints a path as a regex.
fn pattern(path: &Pattern, ignores_slash: bool) -> Result<String, Reason> {
    let mut segments = Vec::new();
    for segment in &path.segments {
        segments.push(match segment {
            Segment::Literal(text) => {
                // Apache decodes the path of a request before it compares it.
                let plain = percent_decode_str(&text.text).decode_utf8().ok();
                let plain = plain.filter(|text| !text.contains('/'));
                let Some(plain) = plain else {
                    return Err("the format compares decoded paths".into());
                };
                regex_escaped(&plain)
            }
            Segment::Placeholder { before, after, .. }
                if before.text.is_empty() && after.text.is_empty() =>
            {
                "([^/]+)".to_owned()
            }
            Segment::Placeholder { .. } => {
                return Err("a placeholder must be a whole segment in the format".into());
            }
        });
    }
    match path.tail.as_ref().map(|tail| tail.kind) {
        None if ignores_slash => return Ok(format!("^{}/?$", segments.join("/"))),
        None => {}
        Some(TailKind::AfterSlash) => segments.push("(.*)".to_owned()),
        Some(TailKind::NonEmpty) => segments.push("(.+)".to_owned()),
        Some(TailKind::Optional) => {
            return Err("`/a/(.*)` doesn't match `/a` in the format".into());
        }
    }
    Ok(format!("^{}$", segments.join("/")))
}

/// Prints a line for each condition of a rule.
fn conditions(options: &Options) -> Result<String, Reason> {
    let mut lines = Vec::new();
    let mut push = |variable: &str, pattern: &str| {
        lines.push(format!(
            "RewriteCond %{{{variable}}} {}\n",
            regex_word(pattern)
        ));
    };
    if let Some(scheme) = options.scheme {
        push(
            "HTTPS",
            if scheme == HttpScheme::Https {
                "on"
            } else {
                "off"
            },
        );
    }
    match options.host.as_deref() {
        Some(host) if host.starts_with(['*', '.']) => {
            return Err("the format has no hosts with subdomains".into());
        }
        Some(host) => push("HTTP_HOST", &format!("^{}$", regex_escaped(host))),
        None => {}
    }
    if !options.methods.is_all() {
        let methods: Vec<_> = options.methods.list.iter().map(Method::as_str).collect();
        let not = if options.methods.is_excluded { "!" } else { "" };
        push("REQUEST_METHOD", &format!("{not}^({})$", methods.join("|")));
    }
    if options.only_these_parameters && options.query_keys().next().is_none() {
        push("QUERY_STRING", "^$");
    }
    for (is_expected, condition) in &options.conditions {
        let (variable, pattern) = test(condition, options)?;
        let not = match pattern.strip_prefix('!') {
            Some(pattern) if !is_expected => {
                push(&variable, pattern);
                continue;
            }
            None if !is_expected => "!",
            _ => "",
        };
        push(&variable, &format!("{not}{pattern}"));
    }
    match options.after {
        Some(StatusCode::NOT_FOUND) => {
            push("REQUEST_FILENAME", "!-f");
            push("REQUEST_FILENAME", "!-d");
        }
        Some(_) => return Err("the format has only rules that wait for a 404".into()),
        None => {}
    }
    Ok(lines.concat())
}

/// Returns the variable and the pattern of a condition.
fn test(condition: &Condition, options: &Options) -> Result<(String, String), Reason> {
    let Condition { place, value } = condition;
    let only = value.only_listed();
    let regex = match (&value.one_of, &*value.regexes, &*value.captures) {
        (None, [regex], []) => Some(format!("^(?:{})$", unwrapped(regex))),
        _ => None,
    };
    let (variable, pattern) = match place {
        Place::Header(name) => {
            let pattern = match only {
                Some([value]) => Some(format!("={value}")),
                // A header that is missing is empty.
                _ if value.is_any() => Some("!^$".to_owned()),
                _ => regex,
            };
            (format!("HTTP:{name}"), pattern)
        }
        Place::Query(key) => {
            let pattern = only.and_then(|values| match values {
                [value] => Some(format!("{}={}", regex_escaped(key), regex_escaped(value))),
                _ => None,
            });
            let pattern = pattern.map(|pair| match options.only_these_parameters {
                true => format!("^{pair}$"),
                false => format!("(?:^|&){pair}(?:&|$)"),
            });
            ("QUERY_STRING".to_owned(), pattern)
        }
        Place::Path(PathTest::BeginsWith(text, false)) => {
            let pattern = value.is_any().then(|| format!("^{}", regex_escaped(text)));
            ("REQUEST_URI".to_owned(), pattern)
        }
        Place::Path(PathTest::Any) => ("REQUEST_URI".to_owned(), regex),
        Place::Host => ("HTTP_HOST".to_owned(), regex),
        Place::HeaderInAnyCase(_) => return Err(IN_ANY_CASE.into()),
        Place::Path(_) | Place::Cookie(_) | Place::Language(_) => {
            no_conditions(&Options {
                conditions: vec![(true, condition.clone())],
                ..Options::default()
            })?;
            (String::new(), None)
        }
    };
    let pattern = pattern.ok_or("a condition can have only one comparison in the format")?;
    Ok((variable, pattern))
}

/// Escapes what isn't plain text in a regex.
fn regex_escaped(text: &str) -> String {
    let is_plain = |char: char| !char.is_ascii_punctuation() || "-_/~%,:;=@&".contains(char);
    escaped(text, |char| !is_plain(char))
}

/// Writes a `\` before some characters.
fn escaped(text: &str, is_special: impl Fn(char) -> bool) -> String {
    let mut out = String::new();
    for char in text.chars() {
        if is_special(char) {
            out.push('\\');
        }
        out.push(char);
    }
    out
}

/// Prints a regex as a word of a line.
fn regex_word(regex: &str) -> String {
    word(regex, "\\x22")
}

/// Prints a word of a line. Apache ends a quoted word at its next quote, so quotes are written in
/// another way.
fn word(text: &str, quote: &str) -> String {
    let text = text.replace("\\\"", "\"").replace('"', quote);
    match text.contains(char::is_whitespace) {
        true => format!("\"{text}\""),
        false => text,
    }
}
