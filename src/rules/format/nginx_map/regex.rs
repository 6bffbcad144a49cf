//! Keys that are regexes.

use super::{
    FindingCode, Places, Source, map, quoted,
    reader::Reader,
    tokens::Token,
    value::Group,
    variable::{Variable, asks_for_query},
};
use crate::rules::{Condition, format::regex_problem, verify::regex_beginning};

impl Reader<'_> {
    pub(super) fn regex(&mut self, text: &str, places: &Places, value: &Token<'_>) {
        let (text, folds) = match text.strip_prefix('*') {
            Some(text) => (text, true),
            None => (text, false),
        };
        let compiled = match self.document.regex(text, folds) {
            Ok(compiled) => compiled,
            Err(error) => {
                let (code, message, cure) = regex_problem(text, &error);
                return self.report(code, &places.source, &message, &cure);
            }
        };
        let variable = self.variable.as_ref();
        let has_query = variable.is_some_and(|variable| variable.has_query);
        if variable.is_some_and(Variable::is_host) {
            return self.host_regex(text, folds, &compiled, places, value);
        }
        if variable.is_some_and(Variable::is_host_and_path) && text.starts_with('^') {
            let key = quoted(text);
            let why = format!("the regex {key} on a host and a path isn't supported");
            let why = format!("{why}, so this entry is skipped");
            let cure = "write keys without a regex, or use a map of `$uri`";
            return self.report(FindingCode::UnsupportedRegex, &places.source, &why, cure);
        }
        if asks_for_query(text) {
            let key = quoted(text);
            let why = match has_query {
                true => format!("the query in the regex {key} isn't supported"),
                false => format!("the regex {key} requires a `?`, which no path has"),
            };
            let why = format!("{why}, so this entry is skipped");
            let cure = "write a regex of the path only, or keys without a regex";
            return self.report(FindingCode::UnsupportedRegex, &places.source, &why, cure);
        }
        let (source, path, shift) = of_path(text, &value.text);
        let slot = |at: usize, name: Option<&str>| match name {
            Some(name) => name.to_owned(),
            None => (at + shift).to_string(),
        };
        let groups = compiled
            .capture_names()
            .enumerate()
            .map(|(at, name)| Group {
                name: name.map(str::to_owned),
                slot: slot(at, name),
            });
        let groups: Vec<_> = groups.collect();
        let ends_with_group = text.strip_suffix('$').unwrap_or(text).ends_with(')');
        self.last_group_has_query = has_query && takes_query(text) && ends_with_group;
        let rule = self.targeted(value, &groups, Source::regex(&source), path);
        self.last_group_has_query = false;
        if let Some(mut rule) = rule {
            rule.options.only_these_parameters = has_query && !takes_query(text);
            let rule = if folds { rule.ignore_case() } else { rule };
            self.document.rule(places, rule);
        }
    }

    /// The entry of a regex on the host, whose named groups a target can insert.
    fn host_regex(
        &mut self,
        text: &str,
        folds: bool,
        compiled: &regex::Regex,
        places: &Places,
        value: &Token<'_>,
    ) {
        let groups = compiled.capture_names().map(|name| Group {
            name: name.map(str::to_owned),
            slot: name.unwrap_or_default().to_owned(),
        });
        let groups: Vec<_> = groups.collect();
        let (source, path) = map::EVERY_PATH;
        let flag = if folds { "i" } else { "" };
        let regex = format!("(?s{flag}:.*?(?:{text}).*)");
        if let Some(rule) = self.targeted(value, &groups, Source::from(source), Some(path)) {
            let rule = rule.when(Condition::host().matching(&regex));
            self.document.rule(places, rule);
        }
    }
}

/// The regex on the path that finds a key anywhere, how a value inserts the whole path, and how
/// many groups stand before those of the key.
///
/// A target has a slash before what it inserts, so the path can be inserted if it is known whether
/// the regex matches its first slash.
fn of_path(text: &str, value: &str) -> (String, Option<&'static str>, usize) {
    let whole = |source| (source, Some("/{_path}"), 1);
    if value.contains("uri") {
        let bound = regex_beginning(text).starts_with('/');
        if let Some(inner) = text.strip_prefix("^/").filter(|_| bound) {
            return whole(format!("/(?<_path>(?:{inner})(?s:.*))"));
        }
        // What it begins with, wherever that is found.
        let begin = regex_beginning(&format!("^{text}"));
        if !text.starts_with('^') && !begin.is_empty() && !begin.starts_with('/') {
            return whole(format!("/(?<_path>(?s:.*?)(?:{text})(?s:.*))"));
        }
    }
    // The first place counts.
    (format!("(?s:.*?)(?:{text})(?s:.*)"), None, 0)
}

/// Whether a regex on `$request_uri` also matches what has a query, which it then covers with its
/// end: `^/a/(.*)$`, or `^/a`.
pub(super) fn takes_query(regex: &str) -> bool {
    let Some(end) = regex.strip_suffix('$').filter(|end| !end.ends_with('\\')) else {
        return true;
    };
    let end = end.trim_end_matches([')', '?']);
    let Some(end) = end.strip_suffix(['*', '+']) else {
        return false;
    };
    end.ends_with('.') && !end.ends_with("\\.") || {
        let class = end.strip_suffix(']').and_then(|end| end.rsplit_once("[^"));
        class.is_some_and(|(_, class)| !class.contains('?'))
    }
}

#[cfg(test)]
mod tests {
    use super::takes_query;

    #[test]
    fn the_end_of_a_regex_covers_a_query_or_not() {
        for (regex, takes) in [
            (r"^/a\?b=1$", false),
            (r"^/a[?]b=(\d+)$", false),
            (r"^/a\?", true),
            (r"^/a(\?.*)?$", true),
            (r"^/a(\?|$)", true),
            (r"^/a\?b|^/c", true),
            (r"^/a\??$", false),
            (r"^/a/(.*)$", true),
            (r"^/a/([^/]+)$", true),
            (r"^/a/([^/?]+)$", false),
            (r"^/a/(\d+)$", false),
            (r"^/a\.*$", false),
            (r"^/a", true),
            (r"^/a\$", true),
            (r"^/[?a]b$", false),
            ("", true),
            ("\\", true),
            ("[", true),
        ] {
            assert_eq!(takes_query(regex), takes, "{regex}");
        }
    }
}
