//! Prints entries of a map.

use super::value::QUERY;
use crate::rules::{
    QueryPolicy, Rule,
    format::{
        print::{
            Reason,
            entry::{self, PrintPlaceholder, dollar, escaped},
            maps::{check, pair},
            regex::Numbered,
        },
        rewrite::OriginalEntry,
    },
    syntax::Template,
};

pub(super) fn entry(rule: &Rule) -> Result<String, Reason> {
    let (key, mut target) = match Numbered::of(rule) {
        Some(Numbered { regex, target }) => {
            check(rule)?;
            if rule.options.host.is_some() {
                return Err("a regex has no host in the format".into());
            }
            let mark = if rule.options.matching.ignore_case {
                "~*"
            } else {
                "~"
            };
            let target = self::target(&target, &dollar)?;
            (word(&format!("{mark}^(?:{regex})$")), target)
        }
        None => {
            let (key, target) = pair(rule)?;
            match &*key {
                "" => ("default".to_owned(), target),
                key => (word(key), target),
            }
        }
    };
    if rule.options.query != QueryPolicy::Drop {
        target.push_str("$is_args$args");
    }
    Ok(format!("{key} {};", word(&target)))
}

/// Prints a target.
pub(super) fn target(
    target: &Template,
    placeholder: PrintPlaceholder<'_>,
) -> Result<String, Reason> {
    entry::target(target, placeholder, |text| match text.contains('$') {
        true => Err("a target can't contain `$` in the format".into()),
        false => Ok(text.to_owned()),
    })
}

/// Writes the target of a rule that is rewritten.
pub(super) fn new_word(mut target: String, keeps_query: bool, old: &OriginalEntry<'_>) -> String {
    // Otherwise, a variable or a group has the query.
    if keeps_query && QUERY.iter().any(|query| old.text.ends_with(query)) {
        target.push_str("$is_args$args");
    }
    match old.target.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let text = escaped(&target, |char| matches!(char, '\\' | '"' | '\''));
            format!("{quote}{text}{quote}")
        }
        _ => word(&target),
    }
}

/// Prints a word of nginx.
fn word(text: &str) -> String {
    if !text.contains([';', '{', '}', '"', '\'', '\\', ' ']) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
