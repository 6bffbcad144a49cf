//! What a request must have besides its path: parameters, a language, cookies.

use std::collections::HashSet;

use super::{ARROWS, FindingCode, Headers, LeftOut, Loader, Pair, entry::Entry, source::Names};
use crate::rules::{Condition, format::messages::quoted, parameters};

/// The cookie that overrules the language of the browser.
pub(super) const LANGUAGE_COOKIE: &str = "nf_lang";

impl<'l> Entry<'l> {
    /// What the query must have. If a key is there twice, the last value counts.
    pub(super) fn query(&self, names: &mut Names, loader: &mut Loader) -> Vec<Condition> {
        let mut pairs: Vec<(usize, &Pair<'_>)> = self.query.iter().enumerate().collect();
        pairs.retain(|(at, Pair { key, .. })| {
            let later = self.query.get(at + 1..).unwrap_or_default();
            later.iter().all(|pair| pair.key != *key)
        });
        // If two keys capture under one name, Netlify inserts the value of the smaller key.
        pairs.sort_by(|(_, one), (_, other)| one.key.cmp(&other.key));
        let mut conditions = Vec::new();
        for (_, Pair { key, value, place }) in pairs {
            let has = Condition::query(&parameters::plain(key));
            let Some(value) = value.as_deref() else {
                let (why, help) = if ARROWS.contains(&&**key) {
                    ("isn't part of this format", "remove it".to_owned())
                } else {
                    let pair = quoted(&format!("{key}=:value"));
                    let help = format!("write {pair}, or `%20` for a space in a path");
                    ("has no value", help)
                };
                let message = format!("{} {why}, so it is ignored", quoted(key));
                loader.report_at(FindingCode::UnknownKey, place, &message, &help);
                continue;
            };
            let name = value.strip_prefix(':').filter(|name| !name.is_empty());
            conditions.push(match name {
                Some(name) => has.captured_or_empty_as(&names.add(name)),
                None => has.equal_to(&parameters::plain(value)),
            });
        }
        conditions
    }

    /// What else a request must have, and the cookies of which one is enough. If a condition is
    /// there twice, the last counts.
    pub(super) fn conditions(
        &self,
        headers: &Headers,
        loader: &mut Loader,
    ) -> Result<(Vec<Condition>, Vec<String>), LeftOut<'l>> {
        let mut conditions = Vec::new();
        let mut cookies = Vec::new();
        let mut later = HashSet::new();
        let last_of_kind = |pair: &&Pair<'_>| later.insert(pair.key.to_ascii_lowercase());
        let mut last: Vec<_> = self.conditions.iter().rev().filter(last_of_kind).collect();
        last.reverse();
        for Pair { key, value, place } in last {
            let left_out = |message: String, help| {
                let message = format!("{message}, so this rule is skipped");
                let message = format!("{message} and a later rule can match its URLs");
                Err(place.wrong(FindingCode::UnsupportedCondition, message, help))
            };
            let values = value.as_deref().unwrap_or_default().split(',');
            let values: Vec<_> = values
                .map(str::trim)
                .filter(|value| !value.is_empty())
                .collect();
            match &**key {
                "Country" | "country" if !values.is_empty() => {
                    let Some(header) = &headers.country else {
                        return left_out(
                            "`Country` needs a header that names the country".into(),
                            "read the file with `netlify::options().country_header(…)`",
                        );
                    };
                    let condition = Condition::header_in_any_case(header.as_str());
                    conditions.push(condition.one_of(values));
                }
                "Role" | "role" | "Sign" | "sign" | "signed" => {
                    let message = format!("`{key}` isn't supported");
                    return left_out(message, "check it in the app");
                }
                "Language" | "language" if !values.is_empty() => {
                    let mut others = values.iter().filter(|value| value.len() != 2);
                    if let (None, Some(other)) = (&headers.language, others.next()) {
                        let message = format!("the language {} never matches", quoted(other));
                        let help = "write its two letters, for example `de` for `de-AT`";
                        loader.report_at(FindingCode::NeverMatches, place, &message, help);
                    }
                    let values = values.iter().map(|value| value.to_ascii_lowercase());
                    let condition = match &headers.language {
                        Some(header) => Condition::header_in_any_case(header.as_str()),
                        None => Condition::language(LANGUAGE_COOKIE),
                    };
                    conditions.push(condition.one_of(values));
                }
                "Cookie" | "cookie" if !values.is_empty() => {
                    cookies = values.into_iter().map(str::to_owned).collect();
                }
                "Country" | "country" | "Language" | "language" | "Cookie" | "cookie" => {
                    return left_out(
                        format!("`{key}` has no value"),
                        "add a country or a language such as `de`, or the name of a cookie",
                    );
                }
                _ => {
                    let message = format!("{} isn't a known condition", quoted(key));
                    return left_out(
                        message,
                        "use `Country`, `Language` or `Cookie`, or remove it",
                    );
                }
            }
        }
        Ok((conditions, cookies))
    }
}
