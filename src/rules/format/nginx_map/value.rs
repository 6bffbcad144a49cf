//! From the value of a key to a target: groups and variables become placeholders.

use std::ops::Range;

use crate::rules::{format::placeholders::name_of, syntax::Template};

/// What a value can insert.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known<'k> {
    /// The groups of the key, the whole match first.
    pub(super) groups: &'k [Group],
    /// Whether the last group of the key covers the query too.
    pub(super) last_group_has_query: bool,
}

/// The placeholder of the path of the request.
pub(super) const PATH: &str = "_path";

/// A group of a regex.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) name: Option<String>,
    /// The placeholder.
    pub(super) slot: String,
    /// The placeholder of what follows the slash that the group begins with.
    pub(super) after_slash: Option<&'static str>,
}

/// A target, and whether the query of the request is sent on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) template: Template,
    pub(super) keeps_query: bool,
    /// Whether it inserts the path of the request.
    pub(super) has_path: bool,
}

/// The endings that send the query of a request on.
pub(super) const QUERY: [&str; 6] = [
    "$is_args$args",
    "$is_args$query_string",
    "?$args",
    "?$query_string",
    "&$args",
    "&$query_string",
];

/// The name of a variable that a text begins with after its `$`, and what follows the variable.
fn split_name(text: &str) -> (&str, &str) {
    let in_braces = text.strip_prefix('{').and_then(|text| text.split_once('}'));
    // A number has one digit.
    let is_number = text.starts_with(|char: char| char.is_ascii_digit());
    let length = if is_number { 1 } else { name_of(text).len() };
    in_braces.unwrap_or_else(|| text.split_at_checked(length).unwrap_or_default())
}

/// The variable that directly follows the host of a value.
#[cfg(feature = "regex")]
pub(super) fn after_host(value: &str) -> Option<&str> {
    crate::rules::format::regex_groups::after_host(value).map(|text| split_name(text).0)
}

/// The target that a value is; else the variable that isn't supported here.
pub(super) fn target<'v>(value: &'v str, known: Known<'_>) -> Result<Target, &'v str> {
    let without_query = QUERY.into_iter().find_map(|end| value.strip_suffix(end));
    let mut target = Target {
        template: Template::default(),
        keeps_query: without_query.is_some(),
        has_path: false,
    };
    let text = without_query.unwrap_or(value);
    // The host of a request is never sent (R6), so its own scheme and host become a local path.
    let own = text.strip_prefix("$scheme://$host");
    let own = own.filter(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'));
    let mut rest = own.unwrap_or(text);
    if own == Some("") {
        target.template.push_text("/", 0..text.len());
    }
    while let Some((before, after)) = rest.split_once('$') {
        let (name, tail) = split_name(after);
        let begin = text.len() - rest.len();
        let range = begin + before.len()..text.len() - tail.len();
        target.template.push_text(before, begin..range.start);
        // What follows `$request_uri` would stand in the query.
        let is_whole = name == "request_uri" && tail.is_empty() && !target.keeps_query;
        if is_whole || matches!(name, "uri" | "document_uri") {
            push_after_slash(&mut target.template, PATH, range);
            target.has_path = true;
            target.keeps_query |= is_whole;
        } else {
            let group = group(name, known.groups).ok_or(name)?;
            match group
                .after_slash
                .filter(|_| target.template.ends_with_host())
            {
                Some(inner) => push_after_slash(&mut target.template, inner, range),
                None => target.template.push_placeholder(&group.slot, range, false),
            }
            target.keeps_query |= tail.is_empty() && known.last_group_has_query;
        }
        rest = tail;
    }
    target
        .template
        .push_text(rest, text.len() - rest.len()..text.len());
    match own.is_none() || target.template.is_local() {
        true => Ok(target),
        false => Err("host"),
    }
}

/// Adds a placeholder that doesn't have the slash before it.
fn push_after_slash(template: &mut Template, name: &str, range: Range<usize>) {
    template.push_text("/", range.start..range.start);
    template.push_placeholder(name, range, false);
}

fn group<'g>(name: &str, groups: &'g [Group]) -> Option<&'g Group> {
    match name.parse::<usize>() {
        Ok(number) => groups.get(number).filter(|_| number > 0),
        Err(_) => {
            let mut groups = groups.iter();
            groups.find(|group| group.name.as_deref() == Some(name))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Group, Known, target};

    #[test]
    fn groups_and_variables_become_placeholders() {
        let groups = [(None, "0"), (None, "1"), (Some("name"), "name")];
        let groups = groups.map(|(name, slot)| Group {
            name: name.map(str::to_owned),
            slot: slot.to_owned(),
            after_slash: (slot == "1").then_some("a"),
        });
        for (value, expected) in [
            ("/a", Ok(("/a", false))),
            ("/a{b}", Ok(("/a{{b}}", false))),
            ("/$1/$2x", Ok(("/{1}/{name}x", false))),
            ("/$name/${name}x$10", Ok(("/{name}/{name}x{1}0", false))),
            ("/$1$is_args$args", Ok(("/{1}", true))),
            ("/a?$args", Ok(("/a", true))),
            ("/a?b=c&$query_string", Ok(("/a?b=c", true))),
            (
                "https://n.example$request_uri",
                Ok(("https://n.example/{_path}", true)),
            ),
            (
                "https://n.example${uri}",
                Ok(("https://n.example/{_path}", false)),
            ),
            (
                "https://n.example$1?x=$1",
                Ok(("https://n.example/{a}?x={1}", false)),
            ),
            ("https://$name", Ok(("https://{name}", false))),
            ("/old$uri$is_args$args", Ok(("/old/{_path}", true))),
            ("$scheme://$host/$1", Ok(("/{1}", false))),
            ("$scheme://$host", Ok(("/", false))),
            ("$scheme://$host$is_args$args", Ok(("/", true))),
            ("$scheme://$host$request_uri", Ok(("/{_path}", true))),
            ("$scheme://$host.example/", Err("host")),
            ("$scheme://$hostname/", Err("scheme")),
            ("$scheme://$host:8080/", Err("host")),
            ("$scheme://$host$1", Err("host")),
            ("$scheme://n.example/", Err("scheme")),
            ("$request_uri/x", Err("request_uri")),
            ("/a$request_uri$is_args$args", Err("request_uri")),
            ("/$args/a", Err("args")),
            ("https://$host/", Err("host")),
            ("/$3", Err("3")),
            ("/$0", Err("0")),
            ("/$", Err("")),
            ("/${name", Err("")),
        ] {
            let known = Known {
                groups: &groups,
                last_group_has_query: false,
            };
            let got = target(value, known);
            let got = got.map(|target| (target.template.to_string(), target.keeps_query));
            let expected = expected.map(|(text, keeps_query)| (text.to_owned(), keeps_query));
            assert_eq!(got, expected, "{value}");
        }
    }
}
