//! `RewriteCond`.

use http::{Method, StatusCode};

use super::{
    lines::Word,
    regex::{self, Unsupported},
};
use crate::{
    location::HttpScheme,
    rules::{
        Outcome, Rule,
        condition::{Condition, PathTest},
    },
};

/// A condition on the next rewrite rule.
#[derive(Debug)]
pub(super) struct Cond {
    pub(super) test: Word,
    pub(super) pattern: Word,
    pub(super) ignores_case: bool,
    /// Whether this condition or the next one must be met.
    pub(super) or_next: bool,
}

/// What a condition requires of a rule.
#[derive(Clone, Debug)]
pub(super) enum Requirement {
    Scheme(HttpScheme),
    Host(String),
    /// One of these methods, or any other one.
    Methods(bool, Vec<Method>),
    Condition(bool, Condition),
    /// This parameter, and no other one.
    OnlyParameter(Option<Condition>),
    /// The app has no such page.
    NotFound,
}

impl Requirement {
    pub(super) fn apply(self, mut rule: Rule) -> Rule {
        // Apache keeps the whole query.
        rule.options.repeats_asked = true;
        match self {
            Self::Scheme(scheme) => rule.scheme(scheme),
            Self::Host(host) => rule.host(&host),
            Self::Methods(true, methods) => rule.methods(methods),
            Self::Methods(false, methods) => rule.except_methods(methods),
            Self::Condition(true, condition) => rule.when(condition),
            Self::Condition(false, condition) => rule.unless(condition),
            Self::OnlyParameter(condition) => {
                rule.options.only_these_parameters = true;
                condition.into_iter().fold(rule, Rule::when)
            }
            // Only a redirect waits for a 404.
            Self::NotFound if !matches!(rule.outcome, Outcome::Redirect(_)) => rule,
            Self::NotFound => rule.after(StatusCode::NOT_FOUND),
        }
    }

    /// Returns `true` if the groups of its regex can be inserted.
    pub(super) fn captures(&self) -> bool {
        match self {
            Self::Condition(true, condition) | Self::OnlyParameter(Some(condition)) => {
                !condition.value.regexes.is_empty()
            }
            _ => false,
        }
    }
}

impl Cond {
    /// Translates a condition. Its groups have names if the target inserts them.
    pub(super) fn translate(&self, has_names: bool) -> Result<Requirement, Unsupported> {
        let pattern = self.pattern.text.strip_prefix('!');
        let (expected, pattern) = pattern.map_or((true, &*self.pattern.text), |rest| (false, rest));
        let variable = self
            .test
            .text
            .strip_prefix("%{")
            .and_then(|rest| rest.strip_suffix('}'));
        let Some(variable) = variable.filter(|name| !name.contains(['{', '}', '%'])) else {
            return Err(OTHER);
        };
        let literal = literal(pattern).map(|text| match self.ignores_case {
            true => text.to_ascii_lowercase(),
            false => text,
        });
        let matching = |condition: Condition| {
            let regex = match pattern.strip_prefix('=') {
                Some(_) => {
                    return Ok(Requirement::Condition(
                        expected,
                        condition.equal_to(literal.as_deref().unwrap_or_default()),
                    ));
                }
                None => regex::of_value(pattern, self.ignores_case, has_names && expected)?,
            };
            let mut condition = condition;
            condition.value.regexes.push(regex.into());
            Ok(Requirement::Condition(expected, condition))
        };
        let scheme = |secure: &[&str], plain: &[&str]| {
            let text = pattern.trim_matches(['^', '$', '=']).to_ascii_lowercase();
            match (secure.contains(&&*text), plain.contains(&&*text)) {
                (true, _) => Ok(Requirement::Scheme(scheme_of(expected))),
                (_, true) => Ok(Requirement::Scheme(scheme_of(!expected))),
                _ => Err(OTHER),
            }
        };
        match variable {
            "HTTPS" => scheme(&["on"], &["off"]),
            "REQUEST_SCHEME" => scheme(&["https"], &["http"]),
            "SERVER_PORT" => scheme(&["443"], &["80"]),
            "HTTP_HOST" | "SERVER_NAME" => match host(pattern) {
                Some(host) if expected => Ok(Requirement::Host(host)),
                Some(host) => Ok(Requirement::Condition(
                    false,
                    Condition::host().equal_to(&host),
                )),
                None => matching(Condition::host()),
            },
            "REQUEST_METHOD" => methods(pattern, expected).ok_or(OTHER),
            "REQUEST_URI" => match pattern.strip_prefix('^').and_then(literal_text) {
                Some(start) if !self.ignores_case || cfg!(not(feature = "regex")) => {
                    let test = PathTest::BeginsWith(start.into(), self.ignores_case);
                    Ok(Requirement::Condition(expected, Condition::path(test)))
                }
                _ => matching(Condition::path(PathTest::Any)),
            },
            "QUERY_STRING" => query(pattern, expected, has_names).ok_or((
                "this condition on the query isn't supported",
                "write it as `^key=value$` or `(^|&)key=value(&|$)`",
            )),
            "REQUEST_FILENAME" if !expected && matches!(pattern, "-f" | "-d" | "-l" | "-F") => {
                Ok(Requirement::NotFound)
            }
            _ => match header(variable) {
                Some(name) if pattern == "^$" => {
                    Ok(Requirement::Condition(!expected, Condition::header(&name)))
                }
                Some(name) => matching(Condition::header(&name)),
                None => Err(OTHER),
            },
        }
    }
}

const OTHER: Unsupported = (
    "this condition isn't supported",
    "write it as a policy in the app, or remove the rule",
);

const fn scheme_of(is_secure: bool) -> HttpScheme {
    match is_secure {
        true => HttpScheme::Https,
        false => HttpScheme::Http,
    }
}

/// The name of the header that a variable has.
fn header(variable: &str) -> Option<String> {
    let name = match variable.strip_prefix("HTTP:") {
        Some(name) => name.to_owned(),
        None => match variable {
            "HTTP_USER_AGENT" | "HTTP_REFERER" | "HTTP_ACCEPT" | "HTTP_COOKIE"
            | "HTTP_FORWARDED" => variable.strip_prefix("HTTP_")?.replace('_', "-"),
            _ => return None,
        },
    };
    let is_name = http::HeaderName::from_bytes(name.as_bytes()).is_ok();
    is_name.then_some(name)
}

/// The text that a pattern compares with: `=text` or `^text$`.
fn literal(pattern: &str) -> Option<String> {
    match pattern.strip_prefix('=') {
        Some(text) => Some(text.to_owned()),
        None => literal_text(pattern.strip_prefix('^')?.strip_suffix('$')?),
    }
}

/// The text that a regex matches, if it has no other syntax than escapes.
fn literal_text(regex: &str) -> Option<String> {
    let mut text = String::new();
    let mut chars = regex.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => text.push(chars.next().filter(char::is_ascii_punctuation)?),
            '.' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '^' | '$' => {
                return None;
            }
            char => text.push(char),
        }
    }
    Some(text)
}

/// The host that a pattern compares with. As many files forget to escape dots, a plain one is one.
fn host(pattern: &str) -> Option<String> {
    let text = match pattern.strip_prefix('=') {
        Some(host) => host.to_owned(),
        None => pattern
            .strip_prefix('^')?
            .strip_suffix('$')?
            .replace("\\.", "."),
    };
    let is_of_host = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    let is_host = !text.is_empty() && text.bytes().all(is_of_host);
    is_host.then(|| text.to_ascii_lowercase())
}

/// `GET`, `^GET$`, `=GET` or `^(GET|HEAD)$`.
fn methods(pattern: &str, expected: bool) -> Option<Requirement> {
    let list = pattern.trim_start_matches(['=', '^']).trim_end_matches('$');
    let list = list.trim_start_matches('(').trim_end_matches(')');
    let method = |name: &str| {
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase());
        name.parse().ok().filter(|_| is_name)
    };
    let methods = list.split('|').map(method).collect::<Option<_>>()?;
    Some(Requirement::Methods(expected, methods))
}

/// `^key=value$`, the same between `(^|&)` and `(&|$)`, or `^$`.
fn query(pattern: &str, expected: bool, has_names: bool) -> Option<Requirement> {
    let between = |start, end| pattern.strip_prefix(start)?.strip_suffix(end);
    if let Some(inside) = between("^", "$") {
        let condition = match inside {
            "" => None,
            _ => Some(parameter(inside, has_names)?),
        };
        return expected.then_some(Requirement::OnlyParameter(condition));
    }
    // The groups around it are counted before its own.
    let counted = between("(^|&)", "(&|$)").filter(|inside| !inside.contains('('));
    let inside = between("(?:^|&)", "(?:&|$)").or(counted)?;
    let condition = parameter(inside, has_names)?;
    Some(Requirement::Condition(expected, condition))
}

/// `key=value`, where the value is text or a regex.
fn parameter(text: &str, has_names: bool) -> Option<Condition> {
    let (key, value) = text.split_once('=')?;
    let mut condition = Condition::query(&literal_text(key)?);
    if value.contains('&') || key.contains('&') {
        return None;
    }
    if let Some(text) = literal_text(value) {
        return Some(condition.equal_to(&text));
    }
    let regex = regex::of_value(&format!("^{value}$"), false, has_names).ok()?;
    condition.value.regexes.push(regex.into());
    Some(condition)
}
