//! Prints entries of a map.

use crate::rules::{
    QueryPolicy, Rule,
    format::print::{
        Reason,
        entry::with_numbers,
        maps::{check, pair},
        regex::Numbered,
    },
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
            let literal = |text: &str| match text.contains('$') {
                true => Err("a target can't contain `$` in the format".into()),
                false => Ok(text.to_owned()),
            };
            let target = with_numbers(&target, literal)?;
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

/// Prints a word of nginx.
fn word(text: &str) -> String {
    if !text.contains([';', '{', '}', '"', '\'', '\\', ' ']) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
