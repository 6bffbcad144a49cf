//! From a destination to a target: `:name` becomes a placeholder.

use std::ops::Range;

use super::source::Bound;
use crate::rules::{
    format::{name_of, path_to_regexp::Modifier, quoted},
    pattern,
};

/// What a destination may use, and how it is called in a target.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// What conditions capture, and what they leave no choice about; these come first.
    pub(super) conditions: Vec<(String, String)>,
    pub(super) path: Vec<Bound>,
    /// Whether `$1` is the first group of the path.
    pub(super) by_number: bool,
}

/// What is no destination here.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unknown {
    pub(super) at: usize,
    pub(super) message: String,
    pub(super) cure: &'static str,
    /// The format has it, and it is not done here.
    pub(super) is_known: bool,
}

impl Names {
    /// The placeholder of a name, and the one that brings its slash.
    fn get(&self, name: &str) -> Option<(&str, Option<&str>)> {
        let by_condition = self.conditions.iter().rev().find(|(own, _)| own == name);
        if let Some((_, slot)) = by_condition {
            return Some((slot, None));
        }
        let bound = self
            .path
            .iter()
            .find(|bound| bound.name.as_deref() == Some(name))?;
        Some((&bound.slot, bound.with_slash.as_deref()))
    }

    fn numbered(&self, behind: &str) -> Option<(&str, usize)> {
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        let number: usize = behind.get(..digits)?.parse().ok()?;
        let bound = self.path.get(number.checked_sub(1)?)?;
        self.by_number.then_some((&*bound.slot, digits))
    }
}

/// Whether a destination uses a name.
pub(super) fn uses(destination: &str, name: &str) -> bool {
    destination
        .match_indices(':')
        .filter_map(|(at, _)| destination.get(at + 1..))
        .any(|behind| name_of(behind) == name)
}

/// The target that a destination means.
pub(super) fn translate(destination: &str, names: &Names) -> Result<String, Unknown> {
    let path_at = path_at(destination);
    let mut at = scheme_len(destination);
    let mut out = destination.get(..at).unwrap_or_default().to_owned();
    let mut in_path = true;
    let mut begin = 0;
    while let Some(char) = destination.get(at..).and_then(|rest| rest.chars().next()) {
        let behind = destination.get(at + char.len_utf8()..).unwrap_or_default();
        let in_host = at < path_at;
        if at <= path_at {
            begin = out.len();
        }
        match char {
            '\\' if !in_host => {
                let escaped = behind.chars().next();
                out.push_str(&pattern::escape(
                    &escaped.map(String::from).unwrap_or_default(),
                ));
                at += 1 + escaped.map_or(0, char::len_utf8);
                continue;
            }
            ':' if is_name(behind, in_host) => {
                let name = name_of(behind);
                let Some((slot, with_slash)) = names.get(name) else {
                    return Err(Unknown {
                        at,
                        message: format!(
                            "neither the source nor a condition has the placeholder {}",
                            quoted(&format!(":{name}"))
                        ),
                        cure: "add it to the source, or write `\\\\:` for a plain colon",
                        is_known: false,
                    });
                };
                at += 1 + name.len() + regex_len(behind.get(name.len()..).unwrap_or_default());
                let modifier = destination.get(at..).and_then(|rest| rest.chars().next());
                // A `?` begins the query, even behind a name.
                let modifier = modifier.filter(|mark| *mark != '?').and_then(Modifier::of);
                at += usize::from(modifier.is_some());
                let has_path = out.len() > begin + 1;
                match with_slash {
                    Some(with_slash)
                        if modifier.is_some() && in_path && has_path && out.ends_with('/') =>
                    {
                        out.pop();
                        out.push_str(with_slash);
                    }
                    _ => out.push_str(slot),
                }
                continue;
            }
            '$' if names.numbered(behind).is_some() => {
                let (slot, digits) = names.numbered(behind).unwrap_or_default();
                out.push_str(slot);
                at += 1 + digits;
                continue;
            }
            '{' | '}' => {
                return Err(Unknown {
                    at,
                    message: "groups in braces aren't supported in a destination".to_owned(),
                    cure: "write a redirect for each case, or `\\\\{` for a plain brace",
                    is_known: true,
                });
            }
            // A query without anything in it is none.
            '?' if behind.is_empty() || behind.starts_with('#') => {
                in_path = false;
                at += 1;
                continue;
            }
            '?' | '#' => in_path = false,
            _ => {}
        }
        out.push(char);
        at += char.len_utf8();
    }
    Ok(out)
}

/// Where a destination has `$1` and the like for which the source has no group.
pub(super) fn unknown_groups(destination: &str, names: &Names) -> Vec<Range<usize>> {
    let dollars = destination.match_indices('$').filter(|_| names.by_number);
    dollars
        .filter_map(|(at, _)| {
            let behind = destination.get(at + 1..)?;
            let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
            (digits > 0 && names.numbered(behind).is_none()).then_some(at..at + 1 + digits)
        })
        .collect()
}

/// Whether a `:` begins a name; in an origin it may begin a port, too.
fn is_name(behind: &str, in_host: bool) -> bool {
    match behind.bytes().next() {
        Some(first) if in_host => first.is_ascii_alphabetic() || first == b'_',
        Some(first) => first.is_ascii_alphanumeric() || first == b'_',
        None => false,
    }
}

/// The length of a scheme, with its colon.
fn scheme_len(destination: &str) -> usize {
    let of_scheme = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let end = destination.bytes().position(|byte| !of_scheme(byte));
    end.filter(|&end| end > 0 && destination.as_bytes().get(end) == Some(&b':'))
        .map_or(0, |end| end + 1)
}

/// Where the path begins.
fn path_at(destination: &str) -> usize {
    let Some(scheme) = destination
        .find("://")
        .filter(|_| !destination.starts_with('/'))
    else {
        return 0;
    };
    let host = destination.get(scheme + 3..).unwrap_or_default();
    let length = host.find(['/', '?', '#']).unwrap_or(host.len());
    scheme + 3 + length
}

/// The length of a regex in parentheses; in a destination it says nothing.
fn regex_len(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if std::mem::take(&mut escaped) => {}
            b'\\' => escaped = true,
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return if byte == b')' { at + 1 } else { 0 };
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::{Bound, Names, translate, uses};

    fn names() -> Names {
        let bound = |name: &str, slot: &str, with_slash: Option<&str>| Bound {
            name: Some(name.to_owned()),
            slot: slot.to_owned(),
            with_slash: with_slash.map(str::to_owned),
        };
        Names {
            conditions: vec![
                ("c".into(), "{c}".into()),
                ("host".into(), "x.example".into()),
            ],
            path: vec![
                bound("a", "{a}", None),
                bound("p", "{p}", Some("{/*p}")),
                bound("c", "{2}", None),
            ],
            by_number: true,
        }
    }

    #[test]
    fn names_become_placeholders() {
        for (text, expected) in [
            ("/x", "/x"),
            ("/x/:a/:a-y", "/x/{a}/{a}-y"),
            ("/x/:p*", "/x{/*p}"),
            ("/x/:p", "/x/{p}"),
            ("/x/:a*", "/x/{a}"),
            ("/x/:p*?q=:p*#:p*", "/x{/*p}?q={p}#{p}"),
            ("/:p*", "/{p}"),
            ("/x?a=:a&b=:c", "/x?a={a}&b={c}"),
            ("/x/:a?b=c", "/x/{a}?b=c"),
            ("/x/:a?", "/x/{a}"),
            ("/x?#:a", "/x#{a}"),
            (r"/x/:a(\d+\))/y", "/x/{a}/y"),
            (r"/x\:a\{", "/x:a{{"),
            ("https://x.example:8443/:p*", "https://x.example:8443/{p}"),
            ("https://x.example/y/:p*", "https://x.example/y{/*p}"),
            ("https://:host/:a", "https://x.example/{a}"),
            ("/x/$1/$3/$4", "/x/{a}/{2}/$4"),
        ] {
            assert_eq!(translate(text, &names()).as_deref(), Ok(expected), "{text}");
        }
        assert!(uses("/x?y=:abc", "abc") && !uses("/:abcd", "abc") && !uses("/abc", "abc"));
    }

    #[test]
    fn what_is_not_known() {
        for (text, at, is_known) in [("/x/:no", 3, false), ("/:ax", 1, false), ("/{a}", 1, true)] {
            let unknown = translate(text, &names()).unwrap_err();
            assert_eq!((unknown.at, unknown.is_known), (at, is_known), "{text}");
        }
    }
}
