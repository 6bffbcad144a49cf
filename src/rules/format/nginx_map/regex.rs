//! Keys that are regexes.

use super::{
    FindingCode, Source, map, quoted,
    reader::Reader,
    tokens::Token,
    value::{self, Group, Known, PATH},
    variable::{Variable, asks_for_query},
};
use crate::rules::{
    Condition, Severity,
    format::{
        messages::regex_problem,
        regex_groups::{AFTER_SLASH, encoded, with_inner_group, with_names},
    },
};

impl<'t> Reader<'t> {
    pub(super) fn regex(&mut self, text: &str, key: &Token<'t>, value: &Token<'t>) {
        let (text, folds) = match text.strip_prefix('*') {
            Some(text) => (text, true),
            None => (text, false),
        };
        let compiled = match self.document.regex(text, folds) {
            Ok(compiled) => compiled,
            Err(error) => {
                let (code, message, help) = regex_problem(&error);
                if code.severity() == Severity::Error {
                    return self.report(code, &key.bytes, &message, &help);
                }
                let why = "regex look-around and backreferences aren't supported";
                return self.never_matches(code, key, why, &help);
            }
        };
        let variable = self.variable.as_ref();
        let has_query = variable.is_some_and(|variable| variable.has_query);
        let name = quoted(text);
        if variable.is_some_and(Variable::is_host) {
            return self.host_regex(text, folds, &compiled, key, value);
        }
        if variable.is_some_and(Variable::is_host_and_path) && text.starts_with('^') {
            let why = format!("the regex {name} on a host and a path isn't supported");
            let help = "write keys without a regex, or use a map of `$uri`";
            return self.never_matches(FindingCode::UnsupportedRegex, key, &why, help);
        }
        if asks_for_query(text) {
            let help = "write a regex of the path only, or keys without a regex";
            if has_query {
                let why = format!("the query in the regex {name} isn't supported");
                return self.never_matches(FindingCode::UnsupportedRegex, key, &why, help);
            }
            let why = format!("the regex {name} requires a `?`, which no path has");
            let why = format!("{why}, so this entry is skipped");
            return self.report(FindingCode::NeverMatches, &key.bytes, &why, help);
        }
        let names: Vec<_> = compiled.capture_names().collect();
        let after_host = value::after_host(&value.text).and_then(|variable| {
            let is_it = |(at, name): &(usize, &Option<&str>)| {
                **name == Some(variable) || variable.parse() == Ok(*at)
            };
            let (at, _) = names.iter().enumerate().find(is_it)?;
            Some((at, with_inner_group(text, at)?))
        });
        let split = after_host.as_ref().map_or(usize::MAX, |(at, _)| *at);
        let regex = after_host.as_ref().map_or(text, |(_, regex)| regex);
        // Of `$uri` a regex sees the decoded path.
        let regex = if has_query {
            regex.to_owned()
        } else {
            encoded(regex)
        };
        // The first place counts in which it is found.
        let source = Source::regex(&format!("(?s:.*?)(?:{regex})(?s:.*)"));
        let group = |(at, name): (usize, &Option<&str>)| Group {
            name: name.map(str::to_owned),
            slot: name.map_or_else(|| (at + usize::from(at > split)).to_string(), str::to_owned),
            after_slash: (at == split).then_some(AFTER_SLASH),
        };
        let groups: Vec<_> = names.iter().enumerate().map(group).collect();
        let ends_with_group = text.strip_suffix('$').unwrap_or(text).ends_with([')', '?']);
        let known = Known {
            groups: &groups,
            last_group_has_query: has_query && takes_query(text) && ends_with_group,
        };
        let mut rule = self.rule(source, value, known);
        rule.options.only_these_parameters = has_query && !takes_query(text);
        let rule = if folds { rule.ignore_case() } else { rule };
        self.add(key, value, rule);
    }

    /// The entry of a regex on the host.
    fn host_regex(
        &mut self,
        text: &str,
        folds: bool,
        compiled: &regex::Regex,
        key: &Token<'t>,
        value: &Token<'t>,
    ) {
        let group = |(at, name): (usize, Option<&str>)| Group {
            name: name.map(str::to_owned),
            slot: format!("_c{at}"),
            after_slash: None,
        };
        let groups: Vec<_> = compiled.capture_names().enumerate().map(group).collect();
        let known = Known {
            groups: &groups,
            last_group_has_query: false,
        };
        let flag = if folds { "i" } else { "" };
        let regex = format!("(?s{flag}:.*?(?:{}).*)", with_names(text));
        let rule = self.rule(map::every_path(PATH), value, known);
        let rule = rule.when(Condition::host().matching(&regex));
        self.add(key, value, rule);
    }
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
