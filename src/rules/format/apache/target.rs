//! From the target of a directive to a target of this crate.

use super::regex::{Matched, Unsupported};
use crate::{location::HttpScheme, rules::QueryPolicy};

/// What a target can insert.
#[derive(Debug)]
pub(super) struct Known<'k> {
    pub(super) matched: &'k Matched,
    /// How many groups the last condition has.
    pub(super) of_condition: usize,
    /// The scheme that a condition requires.
    pub(super) scheme: Option<HttpScheme>,
    /// Whether `#` is sent as it is.
    pub(super) keeps_marks: bool,
}

const OF_REQUEST: &str = "a target can't insert the host of the request";

/// Translates a target. `base` is what a relative one follows.
pub(super) fn translate(text: &str, base: &str, known: &Known<'_>) -> Result<String, Unsupported> {
    let text = same_site(text, known.scheme)?;
    let is_absolute = text.is_empty() || text.contains("://") || text.starts_with(['/', '%']);
    let mut out = match is_absolute {
        true => String::new(),
        false => format!("{}/", base.trim_end_matches('/')),
    };
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        let behind = rest.get(char.len_utf8()..).unwrap_or_default();
        let digit = behind.chars().next().and_then(|char| char.to_digit(10));
        let number = digit.map(|digit| digit as usize);
        rest = behind;
        match (char, number) {
            ('\\', _) => {
                if let Some(escaped) = behind.chars().next() {
                    push_literal(&mut out, escaped, known);
                    rest = behind.get(escaped.len_utf8()..).unwrap_or_default();
                }
            }
            ('$' | '%', Some(0)) if char == '$' || known.of_condition > 0 => {
                return Err((
                    "`$0` and `%0` aren't supported",
                    "put the regex in a group, and write `$1`",
                ));
            }
            ('$', Some(number)) => {
                // A group that isn't there is empty.
                let group = known
                    .matched
                    .groups
                    .get(number - 1)
                    .map_or("", |group| group);
                insert(&mut out, group);
                rest = behind.get(1..).unwrap_or_default();
            }
            ('%', Some(number)) if number <= known.of_condition => {
                out.push_str(&format!("{{_c{number}}}"));
                rest = behind.get(1..).unwrap_or_default();
            }
            ('%', None) if behind.starts_with('{') => {
                let end = behind.find('}').map_or(behind.len(), |end| end + 1);
                let (name, behind) = behind.split_at_checked(end).unwrap_or((behind, ""));
                match name {
                    "{REQUEST_URI}" => insert(&mut out, &known.matched.path),
                    "{HTTP_HOST}" | "{SERVER_NAME}" => {
                        return Err((
                            OF_REQUEST,
                            "write the host out, or use the policy `CanonicalHost`",
                        ));
                    }
                    _ => {
                        return Err((
                            "this variable isn't supported in a target",
                            "write its value out",
                        ));
                    }
                }
                rest = behind;
            }
            _ => push_literal(&mut out, char, known),
        }
    }
    Ok(out)
}

/// Adds a character that is plain text.
fn push_literal(out: &mut String, char: char, known: &Known<'_>) {
    match char {
        '{' | '}' => out.extend([char, char]),
        '#' if !known.keeps_marks => out.push_str("%23"),
        _ => out.push(char),
    }
}

/// Adds a placeholder. A slash that both bring is there once.
fn insert(out: &mut String, placeholder: &str) {
    let twice = out.ends_with('/') && placeholder.starts_with('/');
    out.push_str(placeholder.get(usize::from(twice)..).unwrap_or_default());
}

/// A target without the origin of the request, if it begins with that.
fn same_site(text: &str, scheme: Option<HttpScheme>) -> Result<&str, Unsupported> {
    let Some((front, rest)) = text.split_once("://") else {
        return Ok(text);
    };
    let host = ["%{HTTP_HOST}", "%{SERVER_NAME}"];
    let Some(path) = host.iter().find_map(|host| rest.strip_prefix(host)) else {
        return Ok(text);
    };
    if !path.starts_with('/') && !path.starts_with("%{REQUEST_URI}") {
        return Err((OF_REQUEST, "put a `/` after the host"));
    }
    match front == "%{REQUEST_SCHEME}" || scheme.is_some_and(|scheme| front == scheme.as_str()) {
        true => Ok(path),
        false => Err((OF_REQUEST, "use the policy `Https`, or write the host out")),
    }
}

/// Splits the query off a target. Returns what becomes of the query of the request.
pub(super) fn split_query(text: &str, appends: bool, drops: bool) -> (String, QueryPolicy) {
    let (path, query) = match text.split_once('?') {
        None if drops => return (text.to_owned(), QueryPolicy::Drop),
        None => return (text.to_owned(), QueryPolicy::Keep),
        Some(parts) => parts,
    };
    let own = query.strip_suffix("%{QUERY_STRING}");
    let keeps = (appends || own.is_some()) && !drops;
    let query = own.unwrap_or(query).trim_end_matches('&');
    let separator = if query.is_empty() { "" } else { "?" };
    let policy = if keeps {
        QueryPolicy::Keep
    } else {
        QueryPolicy::Drop
    };
    (format!("{path}{separator}{query}"), policy)
}
