//! From a destination to a target: `:name` becomes a placeholder.

use std::{collections::HashMap, ops::Range};

use crate::rules::{format::name_of, pattern};

/// A placeholder of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Capture {
    /// The name in the file.
    pub(super) written: String,
    /// The name in native syntax.
    pub(super) native: String,
    /// Whether it is the rest of a path, which `{/*name}` inserts with its slash.
    pub(super) is_rest: bool,
}

/// Translates a destination. Returns the bytes of a placeholder that the source doesn't have.
pub(super) fn translate(text: &str, captures: &[Capture]) -> Result<String, Range<usize>> {
    if !text.starts_with(':') && !text.contains("/:") {
        return Ok(pattern::escape(text));
    }
    // Of two captures with one name, the last is inserted.
    let by_name: HashMap<&str, &Capture> = captures
        .iter()
        .map(|capture| (&*capture.written, capture))
        .collect();
    let path_at = path_at(text);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let colon = rest.find(':').unwrap_or(rest.len());
        out.push_str(&pattern::escape(rest.get(..colon).unwrap_or_default()));
        at += colon;
        let Some(behind) = text.get(at + 1..) else {
            break;
        };
        let name = name_of(behind);
        // In an origin it may begin a port, too.
        let is_port = at < path_at && !name.starts_with(|c: char| c.is_ascii_alphabetic());
        if name.is_empty() || is_port {
            out.push(':');
            at += 1;
            continue;
        }
        let end = at + 1 + name.len();
        let Some(Capture {
            native, is_rest, ..
        }) = by_name.get(name)
        else {
            return Err(at..end);
        };
        let repeats = text
            .get(end..)
            .is_some_and(|rest| rest.starts_with(['*', '+']));
        at = end + usize::from(repeats);
        match repeats && *is_rest && out.ends_with('/') {
            true => {
                out.pop();
                out.push_str(&format!("{{/*{native}}}"));
            }
            false => out.push_str(&format!("{{{native}}}")),
        }
    }
    Ok(out)
}

/// Where the path of a destination begins.
fn path_at(text: &str) -> usize {
    let host = text.find("://").filter(|_| !text.starts_with('/'));
    host.map_or(0, |scheme| {
        let host = text.get(scheme + 3..).unwrap_or_default();
        scheme + 3 + host.find(['/', '?', '#']).unwrap_or(host.len())
    })
}

#[cfg(test)]
mod tests {
    use super::{Capture, translate};

    #[test]
    fn names_become_placeholders() {
        let capture = |written: &str, native: &str, is_rest| Capture {
            written: written.into(),
            native: native.into(),
            is_rest,
        };
        let captures = [
            capture("a", "_1", false),
            capture("a", "a", false),
            capture("1", "1", false),
            capture("r", "r", true),
        ];
        for (text, expected) in [
            ("/x:a", Ok("/x:a")),
            ("/{:a/:a-:1", Ok("/{{{a}/{a}-{1}")),
            ("https://h:8080/:a?b=:1", Ok("https://h:8080/{a}?b={1}")),
            ("https://:a/", Ok("https://{a}/")),
            ("/:r", Ok("/{r}")),
            ("/x/:r*", Ok("/x{/*r}")),
            ("/:a*", Ok("/{a}")),
            ("/:a/:", Ok("/{a}/:")),
            ("/:a/:none", Err(4..9)),
        ] {
            let expected = expected.map(str::to_owned);
            assert_eq!(translate(text, &captures), expected, "{text}");
        }
    }
}
