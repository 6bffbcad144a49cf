//! Writes a pattern in the form that is compared.
//!
//! A compiled pattern is text: `/blog/{year}/{slug}.html`, `/docs/{*rest}`. A `{` in it begins a
//! placeholder, because a literal brace has become `%7B`.

use super::{Pattern, Segment, Tail, TailKind, Word};
use crate::rules::{
    Finding, FindingCode,
    pattern::{MAX_CAPTURES, MAX_SEGMENTS},
    spelling,
};

/// Checks a pattern, and writes it in the form that is compared.
pub(in crate::rules) fn compile(
    pattern: &Pattern,
    fold: bool,
    out: &mut Vec<u8>,
) -> Result<(), Finding> {
    let begin = out.len();
    for segment in &pattern.segments {
        out.push(b'/');
        match segment {
            Segment::Literal(text) => {
                let begin = out.len();
                push_literal(text, fold, out)?;
                if matches!(out.get(begin..), Some(b"." | b"..")) {
                    return Err(Finding::at(
                        text.range,
                        "clients resolve `.` and `..` segments and never request them",
                        "remove them",
                    ));
                }
            }
            Segment::Placeholder {
                before,
                name,
                after,
            } => {
                push_literal(before, fold, out)?;
                push_all(out, ["{", &name.text, "}"]);
                push_literal(after, fold, out)?;
            }
        }
    }
    if let Some(Tail { kind, name }) = &pattern.tail {
        let name = &name.text;
        match kind {
            TailKind::NonEmpty => push_all(out, ["/{*", name, "}"]),
            TailKind::AfterSlash => push_all(out, ["/{*", name, "?}"]),
            TailKind::Optional => push_all(out, ["{/*", name, "}"]),
        }
    }
    let names = pattern.names().count();
    if names > MAX_CAPTURES {
        return Err(Finding::new(
            FindingCode::Limit,
            "too many placeholders",
            "a rule can have at most 16",
        ));
    }
    if names > 0 && pattern.segments.len() > MAX_SEGMENTS {
        return Err(Finding::new(
            FindingCode::Limit,
            "too many segments",
            "a path with placeholders can have at most 32",
        ));
    }
    if out.len() - begin > usize::from(u16::MAX) {
        return Err(Finding::new(
            FindingCode::Limit,
            "the path is longer than 65,535 bytes",
            "shorten it",
        ));
    }
    Ok(())
}

/// Writes literal text of a path in the spelling that is compared.
fn push_literal(text: &Word, fold: bool, out: &mut Vec<u8>) -> Result<(), Finding> {
    let is_wrong = |byte: u8| matches!(byte, b'?' | b'#') || byte.is_ascii_control();
    let bytes = text.text.as_bytes();
    if let Some(at) = bytes.iter().position(|byte| is_wrong(*byte)) {
        let range = text.nth(at);
        return Err(match bytes.get(at) {
            Some(b'?') => Finding::no_query(range.start),
            Some(b'#') => Finding::no_fragment(range.start),
            _ => Finding::at(range, "control character in the path", "remove it"),
        });
    }
    spelling::push(out, bytes, fold);
    Ok(())
}

fn push_all(out: &mut Vec<u8>, texts: [&str; 3]) {
    for text in texts {
        out.extend_from_slice(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::compile;
    use crate::rules::{
        Finding,
        syntax::{source, template},
    };

    fn compiled(text: &str) -> Result<String, Finding> {
        let mut out = Vec::new();
        compile(&source(text)?.path, false, &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn sources_are_compared_in_one_spelling() {
        for (text, expected) in [
            ("/", "/"),
            ("/a b/\u{e9}", "/a%20b/%C3%A9"),
            ("/a{{b}}/%7e", "/a%7Bb%7D/~"),
            ("//a//", "//a//"),
            ("/blog/{slug}", "/blog/{slug}"),
            ("/{a}.html/{{{b}}}", "/{a}.html/%7B{b}%7D"),
            ("/docs/{*rest}", "/docs/{*rest}"),
            ("/docs/{*rest?}", "/docs/{*rest?}"),
            ("/docs{/*rest}", "/docs{/*rest}"),
            ("/docs//{*rest}", "/docs//{*rest}"),
            ("/{*rest}", "/{*rest}"),
            ("/a{{*b}}", "/a%7B*b%7D"),
            ("/{{{{/{*b}", "/%7B%7B/{*b}"),
        ] {
            assert_eq!(compiled(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_flaw_marks_what_is_wrong() {
        for (text, marked, message) in [
            ("a/b", "a", "a source path must start with `/`"),
            ("/a?b#c", "#", "a request has no fragment"),
            ("/a/b#c", "#", "a request has no fragment"),
            (
                "/a/../b",
                "..",
                "clients resolve `.` and `..` segments and never request them",
            ),
            (
                "/%2e/b",
                "%2e",
                "clients resolve `.` and `..` segments and never request them",
            ),
            ("/x/{a/b", "{a", "unclosed `{`"),
            ("/x/{{{a", "{a", "unclosed `{`"),
            ("/x/a}", "}", "unmatched `}`"),
            ("/x/a}}}/b", "}", "unmatched `}`"),
            ("/{}", "{}", "invalid placeholder name"),
            ("/\u{e9}/{a-b}", "{a-b}", "invalid placeholder name"),
            ("/x/{*a-b}", "{*a-b}", "invalid placeholder name"),
            ("/x/{a|lower}", "{a|lower}", "only a target has transforms"),
            ("/{a}-{b}", "{b}", "more than one placeholder in a segment"),
            ("/{a}/{b}/{a}/{b}", "{a}", "duplicate placeholder name"),
            ("/{a}/{*a}", "{*a}", "duplicate placeholder name"),
            (
                "/{*a}/b",
                "{*a}",
                "`{*name}` must be the last part of a source",
            ),
            ("/x{*a}", "{*a}", "`{*name}` must follow exactly one slash"),
            (
                "/x/{/*a}",
                "{/*a}",
                "`{*name}` must follow exactly one slash",
            ),
            ("/a\tb", "\t", "control character in the path"),
            ("https://a{b}/", "{", "a host can't contain a placeholder"),
            (
                "/a?b={c}d",
                "{c}",
                "a placeholder in a query must be a whole value",
            ),
            (
                "/a?{b}=c",
                "{b}",
                "a placeholder in a query must be a whole value",
            ),
            ("/a?x&b={c", "{c", "unclosed `{`"),
        ] {
            let error = compiled(text).unwrap_err();
            let range = error.range().unwrap();
            assert_eq!(
                (&text[range.start..range.end], error.message()),
                (marked, message),
                "{text}"
            );
        }
        assert_eq!(compiled("").unwrap_err().position(), Some(0));
    }

    #[test]
    fn the_second_of_two_names_is_marked() {
        assert_eq!(compiled("/{a}/{b}/{a}").unwrap_err().position(), Some(9));
    }

    #[test]
    fn what_is_printed_is_read_again() {
        for text in [
            "/",
            "/a{{b}}/%7e?x",
            "//a//",
            "https://*.old.example/a/{b}.html{/*c}?d=e=f&g={h}&{{i}}",
            "/{*rest?}?a=b%20c",
            "/{{{a}}}/{{{{/{*b}",
        ] {
            let read = source(text).unwrap();
            assert_eq!(read.to_string(), text);
            assert_eq!(source(&read.to_string()).unwrap(), read);
        }
        for text in [
            "/{a}-{b}?c={{{d}}}#{/*e}",
            "https://x.example{/*a}",
            "{{",
            "/{a|dash|lower}{/*b|upper}",
        ] {
            assert_eq!(template(text).unwrap().to_string(), text);
        }
    }
}
