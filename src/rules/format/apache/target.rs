//! From the target of a directive to a target of this crate.

use std::ops::Range;

use super::regex::{Matched, Slot, Unsupported};
use crate::{
    location::HttpScheme,
    rules::{QueryPolicy, format::spots::TargetFlags, syntax::Template},
};

/// What a target can insert.
#[derive(Debug)]
pub(super) struct Known<'k> {
    pub(super) matched: &'k Matched,
    /// How many groups the last condition has.
    pub(super) of_condition: usize,
    /// Whether the last condition captures its groups.
    pub(super) captures: bool,
    /// The scheme that a condition requires.
    pub(super) scheme: Option<HttpScheme>,
    /// Whether `#` is sent as it is.
    pub(super) keeps_marks: bool,
}

const OF_REQUEST: &str = "a target can't insert the host of the request";

/// Translates a target. `base` is what a relative one follows.
pub(super) fn translate(
    text: &str,
    base: &str,
    known: &Known<'_>,
) -> Result<Template, Unsupported> {
    let mut rest = same_site(text, known.scheme)?;
    let mut template = Template::default();
    let is_absolute = rest.is_empty() || rest.contains("://") || rest.starts_with(['/', '%']);
    if !is_absolute {
        let base = format!("{}/", base.trim_end_matches('/'));
        template.push_text(&base, 0..0);
    }
    while let Some(char) = rest.chars().next() {
        let begin = text.len() - rest.len();
        let after = rest.get(char.len_utf8()..).unwrap_or_default();
        let next = after.chars().next();
        let number = next
            .and_then(|char| char.to_digit(10))
            .map(|digit| digit as usize);
        let mut length = char.len_utf8() + usize::from(number.is_some());
        match (char, number) {
            ('\\', _) => {
                length = 1 + next.map_or(0, char::len_utf8);
                let digits = rest.get(length..).filter(|rest| is_escape(rest));
                let digits = digits.and_then(|rest| rest.get(..2));
                match (next, digits) {
                    // With `NE`, this is sent as a percent-encoded byte.
                    (Some('%'), Some(digits)) if known.keeps_marks => {
                        length += digits.len();
                        let text = format!("%{digits}");
                        template.push_text(&text, begin..begin + length);
                    }
                    (next, _) => {
                        let escaped = next.unwrap_or('\\');
                        push_literal(&mut template, escaped, begin..begin + length, known);
                    }
                }
            }
            ('$' | '%', Some(0)) if char == '$' || known.of_condition > 0 => {
                return Err((
                    "`$0` and `%0` aren't supported",
                    "put the regex in a group, and write `$1`",
                ));
            }
            ('$', Some(number)) => {
                let is_after_host = template.ends_with_host();
                // A group that isn't there is empty.
                if let Some(slot) = known.matched.slot(number, is_after_host) {
                    slot.push(&mut template, begin..begin + length);
                }
            }
            ('%', Some(number)) if number <= known.of_condition => {
                if !known.captures {
                    return Err((
                        "a target can't insert the groups of the last condition",
                        "write what they match into the target, in a rule for each case",
                    ));
                }
                template.push_placeholder(&format!("_c{number}"), begin..begin + length, false);
            }
            // A group that isn't there is empty, but many files have `%20`.
            ('%', Some(_)) if !is_escape(after) => {}
            ('%', None) if next == Some('{') => {
                length = rest.find('}').map_or(rest.len(), |end| end + 1);
                match rest.get(..length).unwrap_or_default() {
                    "%{REQUEST_URI}" => {
                        let path = &known.matched.path;
                        path.push(&mut template, begin..begin + length);
                    }
                    "%{HTTP_HOST}" | "%{SERVER_NAME}" => {
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
            }
            _ => {
                length = char.len_utf8();
                push_literal(&mut template, char, begin..begin + length, known);
            }
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(template)
}

/// Returns `true` if a text begins with the digits of a percent-encoded byte.
fn is_escape(text: &str) -> bool {
    let digits = text.as_bytes().get(..2);
    digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

/// Adds a character that is plain text.
fn push_literal(template: &mut Template, char: char, range: Range<usize>, known: &Known<'_>) {
    match char {
        '#' if !known.keeps_marks => template.push_text("%23", range),
        _ => template.push_text(char.encode_utf8(&mut [0; 4]), range),
    }
}

impl Slot {
    /// Adds the placeholder. A slash that both bring is there once.
    fn push(&self, template: &mut Template, range: Range<usize>) {
        if self.has_slash && !template.ends_with_slash() {
            template.push_text("/", range.start..range.start);
        }
        template.push_placeholder(&self.name, range, false);
    }
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

/// Splits off what a target says about the query of the request.
pub(super) fn split_query(text: &str, flags: TargetFlags) -> (&str, QueryPolicy) {
    let (front, keeps) = match text.split_once('?') {
        None => (text, !flags.drops_query),
        Some((path, query)) => {
            let own = text.strip_suffix("%{QUERY_STRING}");
            let keeps = own.is_some() || flags.appends_query && !flags.drops_query;
            let end = match query {
                "" => path.len(),
                _ => own.unwrap_or(text).trim_end_matches('&').len(),
            };
            let front = text.get(..end).unwrap_or_default();
            (front.strip_suffix('?').unwrap_or(front), keeps)
        }
    };
    let policy = match keeps {
        true => QueryPolicy::Keep,
        false => QueryPolicy::Drop,
    };
    (front, policy)
}
