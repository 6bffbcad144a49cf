//! From a destination to a target: `:name` becomes a placeholder.

use std::{collections::HashMap, ops::Range};

use crate::rules::{
    format::{placeholders::name_of, vercel::path_at},
    syntax::Template,
};

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
pub(super) fn translate(text: &str, captures: &[Capture]) -> Result<Template, Range<usize>> {
    let mut template = Template::default();
    let has_names = text.starts_with(':') || text.contains("/:");
    // Of two captures with one name, the last is inserted.
    let by_name: HashMap<&str, &Capture> = captures
        .iter()
        .map(|capture| (&*capture.written, capture))
        .collect();
    let path_at = path_at(text);
    // Where the literal text before the next placeholder begins.
    let mut literal = 0;
    for (at, _) in text.match_indices(':').filter(|_| has_names) {
        let name = name_of(text.get(at + 1..).unwrap_or_default());
        // In an origin it may begin a port, too.
        let is_port = at < path_at && !name.starts_with(|c: char| c.is_ascii_alphabetic());
        if name.is_empty() || is_port {
            continue;
        }
        let end = at + 1 + name.len();
        let Some(Capture {
            native, is_rest, ..
        }) = by_name.get(name)
        else {
            return Err(at..end);
        };
        let behind = text.get(end..).unwrap_or_default();
        let repeats = behind.starts_with(['*', '+']);
        let bytes = at..end + usize::from(repeats);
        template.push_literal(text, literal..at);
        literal = bytes.end;
        // The slash at the start of the path stays.
        let has_slash = repeats && *is_rest && at > path_at + 1 && template.pop_slash();
        template.push_placeholder(native, bytes, has_slash);
    }
    template.push_literal(text, literal..text.len());
    Ok(template)
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
            ("/:r*", Ok("/{r}")),
            ("https://h/:r*", Ok("https://h/{r}")),
            ("/:a*", Ok("/{a}")),
            ("/:a/:", Ok("/{a}/:")),
            ("/:a/:none", Err(4..9)),
        ] {
            let translated = translate(text, &captures).map(|target| target.to_string());
            assert_eq!(translated, expected.map(str::to_owned), "{text}");
        }
    }
}
