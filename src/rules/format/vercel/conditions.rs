//! `has` and `missing`: what a request has to have besides its path, and what it must not.

use std::ops::Range;

use super::{
    entry::Entry,
    js_regex::{self, Groups},
    names::{Slot, uses},
};
use crate::rules::{
    FindingCode,
    condition::Condition,
    format::{
        json::{self, Object, Value},
        messages::quoted,
        placeholders::name_of,
    },
    rule::Rule,
    syntax::is_name,
};

/// The most conditions of one list.
const MOST: usize = 16;

impl Entry<'_, '_> {
    /// Adds the conditions of one list to a rule.
    pub(super) fn conditions(
        &mut self,
        list: Value<'_>,
        expected: bool,
        rule: Rule,
    ) -> Option<Rule> {
        let name = if expected { "has" } else { "missing" };
        let Some(conditions) = list.list() else {
            let message = format!("`{name}` must be a list of conditions");
            return self.error(
                FindingCode::InvalidCondition,
                list.bytes(),
                &message,
                "write `[ … ]` around them",
            );
        };
        if conditions.len() > MOST {
            let count = conditions.len();
            let message = format!("`{name}` has {count} conditions, and at most 16 are allowed");
            return self.error(
                FindingCode::Limit,
                list.bytes(),
                &message,
                "remove some of them",
            );
        }
        conditions.into_iter().try_fold(rule, |rule, condition| {
            self.condition(condition, expected, rule)
        })
    }

    fn condition(&mut self, condition: Value<'_>, expected: bool, rule: Rule) -> Option<Rule> {
        let Some(object) = condition.object() else {
            return self.error(
                FindingCode::InvalidCondition,
                condition.bytes(),
                "a condition must be an object",
                "write it as `{ \"type\": …, \"key\": …, \"value\": … }`",
            );
        };
        for (name, value) in &object {
            if !matches!(&**name, "type" | "key" | "value") {
                self.unknown_key(name, *value)?;
            }
        }
        let kind = object.get("type").and_then(Value::string);
        let key = object.get("key").and_then(Value::string);
        if let (Some("header"), Some(name)) = (kind.as_deref(), &key) {
            if name.parse::<http::HeaderName>().is_err() {
                let at = object.get("key").unwrap_or(&condition).inside();
                let message = format!("{} isn't a valid header name", quoted(name));
                return self.never_matches(at, &message, "use letters, digits and `-`");
            }
        }
        let (has, name) = match (kind.as_deref(), key) {
            (Some("host"), None) => (Condition::host(), "host".to_owned()),
            (Some("query"), Some(key)) => (Condition::query(&key), capture_name(&key)),
            (Some("header"), Some(key)) => (Condition::header(&key), capture_name(&key)),
            (Some("cookie"), Some(key)) => (Condition::cookie(&key), capture_name(&key)),
            (Some("host"), Some(_)) => {
                let key = object.get("key").unwrap_or(&condition);
                return self.error(
                    FindingCode::InvalidCondition,
                    json::key(self.document.text, "key", key),
                    "a `host` condition can't have a `key`",
                    "remove `key`, and write the host as `value`",
                );
            }
            (Some(kind @ ("query" | "header" | "cookie")), None) => {
                let message = format!("this `{kind}` condition has no `key`");
                let what = if kind == "query" {
                    "query parameter"
                } else {
                    kind
                };
                let help = format!("add `\"key\": \"…\"` with the name of the {what}");
                let first = json::first_key(self.document.text, &object, &condition);
                return self.error(FindingCode::InvalidCondition, first, &message, &help);
            }
            _ => {
                let given = object.get("type").map(Value::bytes);
                let message = match &given {
                    Some(bytes) => {
                        let text = self.document.text.get(bytes.clone()).unwrap_or_default();
                        format!(
                            "{} isn't a type of condition",
                            quoted(text.trim_matches('"'))
                        )
                    }
                    None => "this condition has no `type`".to_owned(),
                };
                return self.error(
                    FindingCode::InvalidCondition,
                    given.unwrap_or(json::first_key(self.document.text, &object, &condition)),
                    &message,
                    "use `host`, `header`, `cookie` or `query`",
                );
            }
        };
        let is_host = kind.as_deref() == Some("host");
        let Some(value) = object.get("value") else {
            if is_host {
                return self.error(
                    FindingCode::InvalidCondition,
                    json::first_key(self.document.text, &object, &condition),
                    "this `host` condition has no `value`",
                    "add the host, for example `\"value\": \"example.com\"`",
                );
            }
            return Some(self.present(has, &name, expected, rule));
        };
        if is_host {
            self.host(*value, expected, rule)
        } else {
            self.tested(has, *value, expected, rule)
        }
    }

    /// Whatever its value; the destination may use it under its key.
    fn present(&mut self, has: Condition, name: &str, expected: bool, rule: Rule) -> Rule {
        if !expected {
            return rule.unless(has);
        }
        if !uses(&self.destination, name) {
            return rule.when(has);
        }
        self.names.capture(name);
        rule.when(has.captured_as(name))
    }

    /// A host that is one text is found without looking at each rule.
    fn host(&mut self, value: Value<'_>, expected: bool, mut rule: Rule) -> Option<Rule> {
        let host = value.string().map(|host| host.to_ascii_lowercase());
        let Some(host) = host.filter(|host| is_host(host)) else {
            return self.tested(Condition::host(), value, expected, rule);
        };
        if !expected {
            return Some(rule.unless(Condition::host().equal_to(&host)));
        }
        let slot = Slot::Text(host.clone());
        self.names.conditions.push(("host".to_owned(), slot));
        if rule.options.host.is_some() {
            return Some(rule.when(Condition::host().equal_to(&host)));
        }
        rule.options.host = Some(host.into());
        Some(rule)
    }

    /// With this value, a regex as a rule.
    fn tested(
        &mut self,
        has: Condition,
        value: Value<'_>,
        expected: bool,
        rule: Rule,
    ) -> Option<Rule> {
        let with = |test| match expected {
            true => rule.clone().when(test),
            false => rule.clone().unless(test),
        };
        match (value.string(), value.object()) {
            (Some(text), _) if is_literal(&text) => Some(with(has.equal_to(&text))),
            (Some(text), _) => self.matching(has, value, &text, expected, rule),
            (None, Some(operators)) => self.operators(has, value, &operators, expected, rule),
            (None, None) => self.error(
                FindingCode::InvalidCondition,
                value.bytes(),
                "the `value` of a condition must be text",
                "write a text or regex in quotes",
            ),
        }
    }

    fn operators(
        &mut self,
        has: Condition,
        value: Value<'_>,
        operators: &Object<'_>,
        expected: bool,
        rule: Rule,
    ) -> Option<Rule> {
        let with = |test| match expected {
            true => rule.clone().when(test),
            false => rule.clone().unless(test),
        };
        let mut only = operators.iter();
        if let (Some((operator, operand)), None) = (only.next(), only.next()) {
            match (&**operator, operand.string(), operand.list()) {
                ("eq", Some(text), _) => return Some(with(has.equal_to(&text))),
                ("re", Some(text), _) => {
                    return self.matching(has, *operand, &text, expected, rule);
                }
                ("inc", _, Some(list)) => {
                    let texts: Option<Vec<_>> = list.iter().map(Value::string).collect();
                    if let Some(texts) = texts {
                        return Some(with(has.one_of(texts.iter().map(String::as_str))));
                    }
                }
                _ => {}
            }
        }
        let text = self.document.text.get(value.bytes()).unwrap_or_default();
        let message = format!("the comparison {} isn't supported", quoted(text));
        let help = "use one of `eq`, `re` and `inc`, or a regex in quotes";
        self.never_matches(value.bytes(), &message, help)
    }

    /// With a value that this regex matches from start to end.
    fn matching(
        &mut self,
        has: Condition,
        value: Value<'_>,
        text: &str,
        expected: bool,
        rule: Rule,
    ) -> Option<Rule> {
        let regex = match js_regex::translate(text, Groups::Named) {
            // A value must match, and the text of a look-ahead must not follow where it starts.
            Ok(regex) if expected || regex.excluded.is_empty() => regex,
            Ok(_) => {
                let message = "a look-around in `missing` isn't supported";
                let help = "list the values without it, as `{ \"inc\": [ … ] }`";
                return self.never_matches(value.inside(), message, help);
            }
            Err(wrong) if wrong.is_known => {
                return self.never_matches(value.part(wrong.bytes), wrong.message, wrong.help);
            }
            Err(wrong) => {
                return self.error(
                    FindingCode::InvalidRegex,
                    value.part(wrong.bytes),
                    wrong.message,
                    wrong.help,
                );
            }
        };
        self.add_regex(has, value, regex, expected, rule)
    }

    #[cfg(feature = "regex")]
    fn add_regex(
        &mut self,
        has: Condition,
        value: Value<'_>,
        regex: js_regex::Translated,
        expected: bool,
        mut rule: Rule,
    ) -> Option<Rule> {
        let mut text = regex.text;
        if let Err(error) = self.document.regex(&text, false) {
            return self.never_matches(value.inside(), error.message(), error.help());
        }
        if !expected {
            return Some(rule.unless(has.matching(&text)));
        }
        for look_ahead in regex.excluded {
            let excluded = format!("(?:{})(?s:.*)", look_ahead.regex);
            rule = rule.unless(has.clone().matching(&excluded));
        }
        for name in &regex.names {
            self.names.capture(name);
        }
        let is_named = regex.names.iter().any(|name| name == "host");
        if has == Condition::host() && !is_named && uses(&self.destination, "host") {
            self.names.capture("host");
            text = format!("(?<host>{text})");
        }
        Some(rule.when(has.matching(&text)))
    }

    #[cfg(not(feature = "regex"))]
    fn add_regex(
        &mut self,
        _: Condition,
        value: Value<'_>,
        _: js_regex::Translated,
        _: bool,
        _: Rule,
    ) -> Option<Rule> {
        self.needs_regex(value.inside())
    }

    /// Says that a condition can't be evaluated, so that its redirect never matches.
    fn never_matches<T>(&mut self, bytes: Range<usize>, message: &str, help: &str) -> Option<T> {
        let message =
            format!("{message}, so this redirect never matches, and later ones may match its URLs");
        self.document
            .report(FindingCode::UnsupportedCondition, &bytes, &message, help);
        None
    }
}

/// The name under which a destination uses a value: its key, without what no name has.
pub(in crate::rules::format) fn capture_name(key: &str) -> String {
    if name_of(key) == key && is_name(key) {
        return key.to_owned();
    }
    let name: String = key.chars().filter(char::is_ascii_alphabetic).collect();
    name.chars().take(64).collect()
}

/// Whether a regex means only itself.
fn is_literal(text: &str) -> bool {
    !text.contains([
        '\\', '^', '$', '.', '|', '?', '*', '+', '(', ')', '[', ']', '{', '}',
    ])
}

/// Returns `true` if a text is one host, whose dots don't stand for any character.
fn is_host(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('.')
        && text
            .chars()
            .all(|char| char.is_alphanumeric() || matches!(char, '-' | '.' | ':'))
}
