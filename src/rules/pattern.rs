//! The left side of a rule: a path with placeholders, in the spelling that is compared.
//!
//! A finished pattern is its own text: `/blog/{year}/{slug}.html`, `/docs/{*rest}`. A `{` in it
//! begins a placeholder, because one that is meant literally has become `%7B`.

use super::{error::Flaw, spelling};
use crate::location::scan;

/// The most segments that a pattern may have; paths without placeholders have no such bound.
pub(super) const MAX_SEGMENTS: usize = 32;

/// The most placeholders of a rule, those of its conditions included.
pub(super) const MAX_CAPTURES: usize = 16;

/// What stands at the end of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Tail {
    /// The last segment is the end.
    None,
    /// `/{*rest}`: something has to follow.
    Some,
    /// `/{*rest?}`: the slash is enough.
    Any,
    /// `{/*rest}`: not even the slash is needed.
    Optional,
}

/// How one segment of a pattern is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Segment<'p> {
    /// It is this text.
    Literal(&'p [u8]),
    /// Something stands between the two texts.
    Named {
        before: &'p [u8],
        name: &'p [u8],
        behind: &'p [u8],
    },
}

/// The parts of a finished pattern.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts<'p> {
    /// What stands before the tail.
    pub(super) front: &'p [u8],
    pub(super) tail: Tail,
    pub(super) tail_name: &'p [u8],
}

impl<'p> Parts<'p> {
    /// Takes a finished pattern apart.
    pub(super) fn of(pattern: &'p [u8]) -> Self {
        let (front, tail, tail_name) = split_tail(pattern);
        Self {
            front,
            tail,
            tail_name,
        }
    }

    /// The parts of a source without placeholders.
    pub(super) const fn literal(path: &'p [u8]) -> Self {
        Self {
            front: path,
            tail: Tail::None,
            tail_name: &[],
        }
    }

    /// The segments before the tail.
    pub(super) fn segments(&self) -> impl Iterator<Item = Segment<'p>> + use<'p> {
        self.front
            .strip_prefix(b"/")
            .map(|front| front.split(|&byte| byte == b'/'))
            .into_iter()
            .flatten()
            .map(segment)
    }

    /// The names of the placeholders, from left to right.
    pub(super) fn names(&self) -> impl Iterator<Item = &'p [u8]> + use<'p> {
        let tail = (self.tail != Tail::None).then_some(self.tail_name);
        self.segments()
            .filter_map(|segment| match segment {
                Segment::Named { name, .. } => Some(name),
                Segment::Literal(_) => None,
            })
            .chain(tail)
    }
}

fn split_tail(pattern: &[u8]) -> (&[u8], Tail, &[u8]) {
    let open = pattern.iter().rposition(|&byte| byte == b'{');
    let inner = open
        .and_then(|at| pattern.get(at + 1..))
        .and_then(|inner| inner.strip_suffix(b"}"));
    let front = pattern.get(..open.unwrap_or_default()).unwrap_or_default();
    let without_slash = front.strip_suffix(b"/").unwrap_or(front);
    match inner {
        Some([b'/', b'*', name @ ..]) => (front, Tail::Optional, name),
        Some([b'*', name @ .., b'?']) => (without_slash, Tail::Any, name),
        Some([b'*', name @ ..]) => (without_slash, Tail::Some, name),
        _ => (pattern, Tail::None, &[]),
    }
}

fn segment(text: &[u8]) -> Segment<'_> {
    let mut around = text.splitn(2, |&byte| byte == b'{');
    match (around.next(), around.next()) {
        (Some(before), Some(inside)) => {
            let mut inside = inside.splitn(2, |&byte| byte == b'}');
            Segment::Named {
                before,
                name: inside.next().unwrap_or_default(),
                behind: inside.next().unwrap_or_default(),
            }
        }
        _ => Segment::Literal(text),
    }
}

/// A piece of a text that somebody wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// Text, `{{` and `}}` taken for one brace each.
    Literal(&'t str),
    /// What stands between braces.
    Placeholder(&'t str),
}

/// Splits a text into literals and placeholders, each with where it begins.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token<'_>)>, Flaw> {
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        let at = text.len() - rest.len();
        let brace = scan::first(rest.as_bytes(), |word| {
            scan::equal(word, b'{') | scan::equal(word, b'}')
        });
        if brace == rest.len() {
            if !rest.is_empty() {
                found.push((at, Token::Literal(rest)));
            }
            return Ok(found);
        }
        let (literal, marked) = rest.split_at_checked(brace).unwrap_or((rest, ""));
        if !literal.is_empty() {
            found.push((at, Token::Literal(literal)));
        }
        let at = at + brace;
        if marked.starts_with("{{") || marked.starts_with("}}") {
            found.push((at, Token::Literal(marked.get(..1).unwrap_or_default())));
            rest = marked.get(2..).unwrap_or_default();
            continue;
        }
        let Some(inside) = marked.strip_prefix('{') else {
            return Err(Flaw::at(
                at,
                "unmatched `}`; write `}}` for a literal brace",
            ));
        };
        let Some(end) = inside
            .find(['{', '}'])
            .filter(|&end| inside.as_bytes().get(end) == Some(&b'}'))
        else {
            return Err(Flaw::at(
                at,
                "unclosed `{`; write `{name}`, or `{{` for a literal brace",
            ));
        };
        found.push((
            at,
            Token::Placeholder(inside.get(..end).unwrap_or_default()),
        ));
        rest = inside.get(end + 1..).unwrap_or_default();
    }
}

/// Writes a text so that braces in it are taken literally.
pub(super) fn escape(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

/// Whether a text can name a placeholder.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && name.len() <= 64
}

/// Checks the path of a source and writes it in the spelling that is compared; says whether it has
/// placeholders.
pub(super) fn compile(text: &str, fold: bool, out: &mut Vec<u8>) -> Result<bool, Flaw> {
    if !text.starts_with('/') {
        return Err(Flaw::at(0, "a source path must start with `/`"));
    }
    let begin = out.len();
    if spelling::is_plain_path(text) && text.len() <= usize::from(u16::MAX) {
        out.extend_from_slice(text.as_bytes());
        if let Some(path) = out.get_mut(begin..).filter(|_| fold) {
            path.make_ascii_lowercase();
        }
        return Ok(false);
    }
    let mut names: Vec<&str> = Vec::new();
    let mut tail_at = None;
    for (at, token) in tokens(text)? {
        if tail_at.is_some() {
            return Err(Flaw::at(
                at,
                "`{*name}` must be the last part of a source; move it to the end",
            ));
        }
        match token {
            Token::Literal(literal) => {
                if let Some(mark) = literal.find(['?', '#']) {
                    return Err(Flaw::at(
                        at + mark,
                        "a source path can't contain `?` or `#`; match the query with a condition, \
                         or write `%3F` or `%23`",
                    ));
                }
                if let Some(control) = literal.bytes().position(|byte| byte.is_ascii_control()) {
                    return Err(Flaw::at(
                        at + control,
                        "control character in the path; remove it",
                    ));
                }
                spelling::push(out, literal.as_bytes(), fold);
            }
            Token::Placeholder(inside) => {
                let name = inside.strip_prefix("/*").or_else(|| {
                    inside
                        .strip_prefix('*')
                        .map(|n| n.strip_suffix('?').unwrap_or(n))
                });
                if name.is_some() {
                    tail_at = Some(at);
                    let slash = out.get(begin..).is_some_and(|text| text.ends_with(b"/"));
                    if slash == inside.starts_with('/') {
                        return Err(Flaw::at(
                            at,
                            "`{*name}` must follow exactly one slash; write `/{*name}` or `{/*name}`",
                        ));
                    }
                }
                let name = name.unwrap_or(inside);
                if !is_name(name) {
                    return Err(Flaw::at(
                        at,
                        "invalid placeholder name; use letters, digits and `_`, or write `{{` for a literal brace",
                    ));
                }
                if names.contains(&name) {
                    return Err(Flaw::at(
                        at,
                        "duplicate placeholder name; give each placeholder its own name",
                    ));
                }
                names.push(name);
                out.push(b'{');
                out.extend_from_slice(inside.as_bytes());
                out.push(b'}');
            }
        }
    }
    let written = out.get(begin..).unwrap_or_default();
    check_segments(text, written)?;
    if names.len() > MAX_CAPTURES {
        return Err(Flaw::at(
            0,
            "too many placeholders; a rule can have at most 16",
        ));
    }
    Ok(!names.is_empty())
}

fn check_segments(text: &str, written: &[u8]) -> Result<(), Flaw> {
    let parts = Parts::of(written);
    let mut count = 0;
    for segment in parts.segments() {
        count += 1;
        match segment {
            Segment::Literal(b"." | b"..") => {
                return Err(Flaw::at(
                    text.find("/.").map_or(0, |at| at + 1),
                    "clients resolve `.` and `..` segments and never request them; remove them",
                ));
            }
            Segment::Named { behind, .. } if behind.contains(&b'{') => {
                return Err(Flaw::at(
                    text.rfind('{').unwrap_or_default(),
                    "more than one placeholder in a segment; use a regex instead",
                ));
            }
            Segment::Literal(_) | Segment::Named { .. } => {}
        }
    }
    let named = written.contains(&b'{');
    if named && count > MAX_SEGMENTS {
        return Err(Flaw::at(
            0,
            "too many segments; a path with placeholders can have at most 32",
        ));
    }
    if written.len() > usize::from(u16::MAX) {
        return Err(Flaw::at(
            0,
            "the path is longer than 65,535 bytes; shorten it",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Parts, Segment, Tail, compile};

    fn compiled(text: &str) -> Result<(String, bool), String> {
        let mut out = Vec::new();
        compile(text, false, &mut out)
            .map(|named| (String::from_utf8(out).unwrap(), named))
            .map_err(|flaw| flaw.to_string())
    }

    #[test]
    fn sources_in_the_spelling_that_is_compared() {
        for (text, expected, named) in [
            ("/", "/", false),
            ("/a b/é", "/a%20b/%C3%A9", false),
            ("/a{{b}}", "/a%7Bb%7D", false),
            ("/blog/{slug}", "/blog/{slug}", true),
            ("/{a}.html", "/{a}.html", true),
            ("/docs/{*rest}", "/docs/{*rest}", true),
            ("/docs/{*rest?}", "/docs/{*rest?}", true),
            ("/docs{/*rest}", "/docs{/*rest}", true),
            ("/{*rest}", "/{*rest}", true),
        ] {
            assert_eq!(compiled(text), Ok((expected.to_owned(), named)));
        }
    }

    #[test]
    fn what_is_no_source() {
        for (text, at, why) in [
            ("", 0, "start with `/`"),
            ("a", 0, "start with `/`"),
            ("/a?b", 2, "with a condition"),
            ("/a/../b", 3, "`.` and `..`"),
            ("/%2e/b", 0, "`.` and `..`"),
            ("/{a", 1, "unclosed"),
            ("/a}", 2, "unmatched"),
            ("/{}", 1, "letters, digits"),
            ("/{a-b}", 1, "letters, digits"),
            ("/{a}{b}", 4, "more than one placeholder"),
            ("/{a}/{a}", 5, "duplicate"),
            ("/{*a}/b", 5, "must be the last part"),
            ("/x{*a}", 2, "exactly one slash"),
            ("/x/{/*a}", 3, "exactly one slash"),
            ("/a\tb", 2, "control"),
        ] {
            let error = compiled(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
            assert!(error.contains(&format!("byte {at}")), "{text}: {error}");
        }
    }

    #[test]
    fn the_parts_of_a_pattern() {
        let parts = Parts::of(b"/a/x{n}.y/{*r}");
        assert_eq!(
            parts.segments().collect::<Vec<_>>(),
            [
                Segment::Literal(b"a"),
                Segment::Named {
                    before: b"x",
                    name: b"n",
                    behind: b".y"
                },
            ]
        );
        assert_eq!((parts.tail, parts.tail_name), (Tail::Some, &b"r"[..]));
        assert_eq!(parts.names().collect::<Vec<_>>(), [&b"n"[..], b"r"]);
        assert_eq!(Parts::of(b"/{*r}").segments().count(), 0);
        assert_eq!(Parts::of(b"{/*r}").segments().count(), 0);
        assert_eq!(Parts::of(b"/a{/*r}").segments().count(), 1);
        assert_eq!(Parts::of(b"/{a}").segments().count(), 1);
    }
}
