//! From the value of a key to a target: `$1` and `$name` become placeholders.

use crate::rules::{format::name_of, pattern};

/// What ends a value that sends the query of a request on.
const QUERY: [&str; 2] = ["$is_args$args", "$is_args$query_string"];

/// The target that a value is, and whether it keeps the query; else the variable that nobody knows
/// here.
///
/// Groups are the names of those of the key, the whole match first.
pub(super) fn target(value: &str, groups: &[Option<String>]) -> Result<(String, bool), String> {
    let without_query = QUERY
        .into_iter()
        .find_map(|query| value.strip_suffix(query));
    let mut rest = without_query.unwrap_or(value);
    let mut out = String::with_capacity(rest.len());
    while let Some((before, behind)) = rest.split_once('$') {
        push_literal(&mut out, before);
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
        out.push_str(&placeholder(name, groups).ok_or_else(|| name.to_owned())?);
        rest = tail;
    }
    push_literal(&mut out, rest);
    Ok((out, without_query.is_some()))
}

fn push_literal(out: &mut String, text: &str) {
    if text.contains(['{', '}']) {
        out.push_str(&pattern::escape(text));
    } else {
        out.push_str(text);
    }
}

fn placeholder(name: &str, groups: &[Option<String>]) -> Option<String> {
    if let Ok(number) = name.parse::<usize>() {
        return match groups.get(number).filter(|_| number > 0)? {
            Some(name) => Some(format!("{{{name}}}")),
            None => Some(format!("{{{number}}}")),
        };
    }
    let known = groups.iter().flatten().any(|group| group == name);
    known.then(|| format!("{{{name}}}"))
}

#[cfg(test)]
mod tests {
    use super::target;

    #[test]
    fn groups_become_placeholders() {
        let groups = [None, None, Some("name".to_owned())];
        for (value, expected) in [
            ("/a", Ok(("/a", false))),
            ("/a{b}", Ok(("/a{{b}}", false))),
            ("/$1/$2x", Ok(("/{1}/{name}x", false))),
            ("/$name/${name}x$10", Ok(("/{name}/{name}x{1}0", false))),
            ("/$1$is_args$args", Ok(("/{1}", true))),
            ("https://$host/", Err("host")),
            ("/$3", Err("3")),
            ("/$0", Err("0")),
            ("/$", Err("")),
            ("/${name", Err("")),
        ] {
            let got = target(value, &groups);
            let got = got
                .as_ref()
                .map(|(text, keeps)| (&**text, *keeps))
                .map_err(|name| &**name);
            assert_eq!(got, expected, "{value}");
        }
    }
}
