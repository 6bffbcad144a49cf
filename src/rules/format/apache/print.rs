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
        format::{
            print::{
                Reason,
                entry::{
                    self, Feature, IN_ANY_CASE, Parts, PrintPlaceholder, check_features, dollar,
                    escaped, exact_host, segments, status, unsupported_condition,
                },
                regex::{Numbered, unwrapped},
            },
            rewrite::OriginalEntry,
            spots::ApacheTarget,
        },
        options::Options,
        syntax::{Pattern, TailKind, Template, TemplatePart},
    },
};

pub(super) fn entry(rule: &Rule) -> Result<String, Reason> {
    let options = &rule.options;
    check_features(options, &[Feature::Methods])?;
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
    Ok((self::target(target, &dollar)?, flags))
}

/// Prints a target.
pub(super) fn target(
    target: &Template,
    placeholder: PrintPlaceholder<'_>,
) -> Result<String, Reason> {
    let literal = |text: &str| Ok(escaped(text, |char| "\\$%\"".contains(char)));
    entry::target(target, placeholder, literal)
}

/// Prints a path as a regex.
fn pattern(path: &Pattern, ignores_slash: bool) -> Result<String, Reason> {
    let literal = |text: &str| {
        // Apache decodes the path of a request before it compares it.
        let plain = percent_decode_str(text).decode_utf8().ok();
        let plain = plain.filter(|text| !text.contains('/'));
        let plain = plain.ok_or("the format compares decoded paths")?;
        Ok(regex_escaped(&plain))
    };
    let path_regex = segments(path, literal, |[before, _, after]| {
        match before.is_empty() && after.is_empty() {
            true => Ok("([^/]+)".to_owned()),
            false => Err("a placeholder must be a whole segment in the format".into()),
        }
    })?;
    let tail = match path.tail.as_ref().map(|tail| tail.kind) {
        None if ignores_slash => "/?",
        None => "",
        Some(TailKind::AfterSlash) => "/(.*)",
        Some(TailKind::NonEmpty) => "/(.+)",
        Some(TailKind::Optional) => {
            return Err("`/a/(.*)` doesn't match `/a` in the format".into());
        }
    };
    // The pattern sees the path without its first slash.
    let regex = format!("{path_regex}{tail}");
    Ok(format!("^{}$", regex.strip_prefix('/').unwrap_or(&regex)))
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
    if let Some(host) = exact_host(options)? {
        push("HTTP_HOST", &format!("^{}$", regex_escaped(host)));
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
            return Err(unsupported_condition(place));
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

/// Prints a regex as a word of a line.
fn regex_word(regex: &str) -> String {
    word(regex, "\\x22")
}

/// Prints a word of a line.
fn word(text: &str, quote: &str) -> String {
    let text = unquoted(text, quote);
    match text.contains(char::is_whitespace) {
        true => format!("\"{text}\""),
        false => text,
    }
}

/// Writes quotes in another way, because Apache ends a quoted word at its next quote.
fn unquoted(text: &str, quote: &str) -> String {
    text.replace("\\\"", "\"").replace('"', quote)
}

/// Writes the target of a rule that is rewritten.
pub(super) fn new_target(
    mut target: String,
    query: QueryPolicy,
    old: &OriginalEntry<'_>,
) -> Result<String, Reason> {
    let mut quote = "%22";
    match old.apache {
        Some(ApacheTarget::Rewrite(flags)) => {
            quote = "\\%22";
            let is_new = |mark: char| target.contains(mark) && !old.text.contains(mark);
            if (is_new('#') || is_new('%')) && !flags.keeps_marks {
                return Err("the new target needs the flag `NE`".into());
            }
            match (query, target.contains('?')) {
                (QueryPolicy::Keep, true) if !flags.appends_query => {
                    target.push_str("&%{QUERY_STRING}");
                }
                (QueryPolicy::Keep, false) if flags.drops_query => {
                    target.push_str("?%{QUERY_STRING}");
                }
                (QueryPolicy::Drop, false) if !flags.drops_query => target.push('?'),
                _ => {}
            }
        }
        Some(ApacheTarget::Groups) => {}
        Some(ApacheTarget::Text) | None => {
            target = target.replace("\\$", "$").replace("\\%", "%");
        }
    }
    // A quote at the start keeps its place.
    Ok(match old.target.starts_with(['"', '\'']) {
        true => format!("\"{}\"", unquoted(&target, quote)),
        false => word(&target, quote),
    })
}

/// Writes the status of a rule that is rewritten: the flags, a status, or the name of a directive
/// that has none.
pub(super) fn new_status(status: u16, old: &OriginalEntry<'_>) -> String {
    let Some(written) = old.status else {
        return format!(" [R={status}]");
    };
    if let Some(ApacheTarget::Rewrite(_)) = old.apache {
        let flags = written.trim_start_matches('[').trim_end_matches(']');
        let flags = flags.split(',').map(|flag| {
            let name = flag.split('=').next().unwrap_or_default().trim();
            match name.eq_ignore_ascii_case("R") || name.eq_ignore_ascii_case("redirect") {
                true => format!("R={status}"),
                false => flag.to_owned(),
            }
        });
        let mut flags: Vec<_> = flags.collect();
        if !flags.iter().any(|flag| flag.starts_with("R=")) {
            flags.push(format!("R={status}"));
        }
        return format!("[{}]", flags.join(","));
    }
    match &*written.to_ascii_lowercase() {
        "redirect" | "redirectmatch" => format!("{written} {status}"),
        "redirectpermanent" | "redirecttemp" => format!("Redirect {status}"),
        _ => status.to_string(),
    }
}
