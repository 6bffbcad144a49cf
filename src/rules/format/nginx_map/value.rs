//! From the value of a key to a target: groups and variables become placeholders.

use crate::rules::{format::name_of, pattern};

/// What a value can insert.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'k> {
    /// The groups of the key, the whole match first.
    pub(super) groups: &'k [Group],
    /// The path of the request as the target writes it, if that is possible.
    pub(super) path: Option<&'k str>,
}

/// A group of a regex: its name, and what the target calls it; empty if it can't be inserted.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) name: Option<String>,
    pub(super) slot: String,
}

/// A target, and whether the query of the request is sent on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) text: String,
    pub(super) keeps_query: bool,
    /// Whether it ends with a group of the key.
    pub(super) ends_with_group: bool,
}

/// The endings that send the query of a request on.
const QUERY: [&str; 6] = [
    "$is_args$args",
    "$is_args$query_string",
    "?$args",
    "?$query_string",
    "&$args",
    "&$query_string",
];

/// The target that a value is; else the variable that isn't supported here.
pub(super) fn target(value: &str, known: Known<'_>) -> Result<Target, String> {
    // The host of a request is never sent (R6), so its own scheme and host become a local path.
    let own = value.strip_prefix("$scheme://$host");
    let own = own.filter(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'));
    let value = match own {
        Some("") => "/",
        Some(rest) => rest,
        None => value,
    };
    let without_query = QUERY.into_iter().find_map(|end| value.strip_suffix(end));
    let mut target = Target {
        text: String::with_capacity(value.len()),
        keeps_query: without_query.is_some(),
        ends_with_group: false,
    };
    let mut rest = without_query.unwrap_or(value);
    while let Some((before, behind)) = rest.split_once('$') {
        push_literal(&mut target.text, before);
        let in_braces = behind
            .strip_prefix('{')
            .and_then(|behind| behind.split_once('}'));
        let (name, tail) = match in_braces {
            Some((name, tail)) => (name, tail),
            // Of digits there is one.
            None if behind.starts_with(|char: char| char.is_ascii_digit()) => {
                behind.split_at_checked(1).unwrap_or_default()
            }
            None => behind
                .split_at_checked(name_of(behind).len())
                .unwrap_or_default(),
        };
        let unknown = || name.to_owned();
        match (name, known.path) {
            ("uri" | "document_uri", Some(path)) => target.text.push_str(path),
            // What follows would stand in the query.
            ("request_uri", Some(path)) if tail.is_empty() && !target.keeps_query => {
                target.text.push_str(path);
                target.keeps_query = true;
            }
            _ => {
                let group = placeholder(name, known.groups).ok_or_else(unknown)?;
                target.text.push_str(&group);
                target.ends_with_group = tail.is_empty();
            }
        }
        rest = tail;
    }
    push_literal(&mut target.text, rest);
    if own.is_some() && !target.text.starts_with('/') {
        return Err("host".to_owned());
    }
    Ok(target)
}

fn push_literal(out: &mut String, text: &str) {
    if text.contains(['{', '}']) {
        out.push_str(&pattern::escape(text));
    } else {
        out.push_str(text);
    }
}

fn placeholder(name: &str, groups: &[Group]) -> Option<String> {
    let group = match name.parse::<usize>() {
        Ok(number) => groups.get(number).filter(|_| number > 0),
        Err(_) => {
            let mut groups = groups.iter();
            groups.find(|group| group.name.as_deref() == Some(name))
        }
    };
    let group = group.filter(|group| !group.slot.is_empty());
    group.map(|group| format!("{{{}}}", group.slot))
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
                Ok(("https://n.example/{p}", true)),
            ),
            (
                "https://n.example${uri}",
                Ok(("https://n.example/{p}", false)),
            ),
            ("/old$uri$is_args$args", Ok(("/old/{p}", true))),
            ("$scheme://$host/$1", Ok(("/{1}", false))),
            ("$scheme://$host", Ok(("/", false))),
            ("$scheme://$host$request_uri", Ok(("/{p}", true))),
            ("$scheme://$host.example/", Err("host")),
            ("$scheme://$hostname/", Err("scheme")),
            ("$scheme://$host:8080/", Err("host")),
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
                path: Some("/{p}"),
            };
            let got = target(value, known);
            let got = got
                .as_ref()
                .map(|target| (&*target.text, target.keeps_query))
                .map_err(|name| &**name);
            assert_eq!(got, expected, "{value}");
        }
        let no_path = Known {
            groups: &groups,
            path: None,
        };
        assert_eq!(target("/a$uri", no_path), Err("uri".to_owned()));
    }
}
