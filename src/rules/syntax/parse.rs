//! Reads the native syntax.

use super::{
    Parameter, ParameterValue, Pattern, Placeholder, Segment, SourceText, Tail, TailKind, Template,
    TemplatePart, Word,
};
use crate::{
    location::{HttpScheme, scan},
    rules::{
        Finding, host_pattern::host_placeholder, text_range::TextRange, transform::Transforms,
    },
};

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'t> {
    /// Plain text. `{{` and `}}` are one brace each.
    Literal(&'t str),
    /// What is between braces.
    Placeholder(&'t str),
}

/// Returns `true` if a placeholder can have this name.
pub(in crate::rules) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && name.len() <= 64
}

/// Splits a text into literals and placeholders, each with its range.
///
/// `start` is where the text begins in what the author wrote.
fn tokens(text: &str, start: usize) -> Result<Vec<(TextRange, Token<'_>)>, Finding> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let at = start + text.len() - rest.len();
        let brace = scan::first(rest.as_bytes(), |word| {
            scan::equal(word, b'{') | scan::equal(word, b'}')
        });
        let (literal, marked) = rest.split_at_checked(brace).unwrap_or((rest, ""));
        if !literal.is_empty() {
            found.push(((at..at + brace).into(), Token::Literal(literal)));
        }
        let at = at + brace;
        if marked.starts_with("{{") || marked.starts_with("}}") {
            let brace = marked.get(..1).unwrap_or_default();
            found.push(((at..at + 2).into(), Token::Literal(brace)));
            rest = marked.get(2..).unwrap_or_default();
            continue;
        }
        if marked.starts_with('}') {
            return Err(Finding::at(
                TextRange::byte(at),
                "unmatched `}`",
                "write `}}` for a literal brace",
            ));
        }
        let Some(inside) = marked.strip_prefix('{') else {
            break;
        };
        let end = inside.find(['{', '}']);
        let closed = end.and_then(|end| inside.split_at_checked(end));
        let Some((name, after)) = closed.filter(|(_, after)| after.starts_with('}')) else {
            return Err(Finding::at(
                at..start + text.len(),
                "unclosed `{`",
                "write `{name}`, or `{{` for a literal brace",
            ));
        };
        let range = at..at + name.len() + 2;
        found.push((range.into(), Token::Placeholder(name)));
        rest = after.get(1..).unwrap_or_default();
    }
    Ok(found)
}

/// Reads a source: a path with placeholders, perhaps with an origin before it and a query after it.
pub(in crate::rules) fn source(text: &str) -> Result<SourceText, Finding> {
    let (origin, path_at) = origin(text)?;
    let rest = text.get(path_at..).unwrap_or_default();
    let (path, query) = split_query(rest);
    let query_at = path_at + path.len() + 1;
    if let Some(mark) = query.find('#') {
        return Err(Finding::no_fragment(query_at + mark));
    }
    let path = if origin.is_some() && path.is_empty() {
        pattern("/", path_at)?
    } else {
        pattern(path, path_at)?
    };
    Ok(SourceText {
        origin,
        path,
        query: parameters(query, query_at)?,
    })
}

/// Reads the origin that a source begins with. Returns where the path begins.
fn origin(text: &str) -> Result<(Option<(HttpScheme, Word)>, usize), Finding> {
    let after_scheme = |scheme: HttpScheme| {
        let rest = text.strip_prefix(scheme.as_str())?.strip_prefix("://")?;
        Some((scheme, rest))
    };
    let schemes = [HttpScheme::Http, HttpScheme::Https];
    let Some((scheme, rest)) = schemes.into_iter().find_map(after_scheme) else {
        return Ok((None, 0));
    };
    let start = text.len() - rest.len();
    let end = rest.find(['/', '?', '{']).unwrap_or(rest.len());
    let (host, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
    if after.starts_with('{') && !after.starts_with("{/") {
        return Err(host_placeholder(start + end));
    }
    let host = Word::new(host, start..start + end);
    Ok((Some((scheme, host)), start + end))
}

/// Splits at the first `?` that isn't part of a placeholder.
fn split_query(text: &str) -> (&str, &str) {
    let mut is_inside = false;
    let mut bytes = text.bytes().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        let is_brace = matches!(byte, b'{' | b'}');
        let doubled = bytes.next_if(|(_, next)| *next == byte && !is_inside && is_brace);
        match byte {
            _ if doubled.is_some() => {}
            b'{' => is_inside = true,
            b'}' => is_inside = false,
            b'?' if !is_inside => {
                let (path, query) = text.split_at_checked(at).unwrap_or((text, ""));
                return (path, query.get(1..).unwrap_or_default());
            }
            _ => {}
        }
    }
    (text, "")
}

/// Reads the path of a source.
fn pattern(text: &str, start: usize) -> Result<Pattern, Finding> {
    if !text.starts_with('/') {
        return Err(Finding::no_slash(start));
    }
    let (front, tail) = match split_tail(text) {
        Some((front, inside)) => tail(front, inside, start)?,
        None => (text, None),
    };
    let mut at = start;
    let mut segments = Vec::new();
    // A tail after the first slash has no segment before it.
    for text in front.split('/').skip(1) {
        at += 1;
        segments.push(segment(text, at)?);
        at += text.len();
    }
    let pattern = Pattern { segments, tail };
    let mut names: Vec<_> = pattern.names().collect();
    names.sort_by(|a, b| (&a.text, a.range.start).cmp(&(&b.text, b.range.start)));
    let twice = names.windows(2).find_map(|pair| match pair {
        [first, second] if first == second => Some(second.range),
        _ => None,
    });
    match twice {
        Some(range) => Err(Finding::duplicate_name().with_range(range)),
        None => Ok(pattern),
    }
}

/// Splits a path before its tail: `/docs/{*rest}` into `/docs/` and `*rest`.
fn split_tail(text: &str) -> Option<(&str, &str)> {
    let inside_and_front = text.strip_suffix('}')?;
    let (front, inside) = inside_and_front.rsplit_once('{')?;
    let is_tail = inside.starts_with('*') || inside.starts_with("/*");
    // `{{` is a literal brace.
    let braces = front.bytes().rev().take_while(|&byte| byte == b'{').count();
    (is_tail && braces % 2 == 0 && !inside.contains('}')).then_some((front, inside))
}

/// Reads a tail. Returns the path before it, without the slash that belongs to the tail.
fn tail<'t>(
    front: &'t str,
    inside: &str,
    start: usize,
) -> Result<(&'t str, Option<Tail>), Finding> {
    let at = start + front.len();
    let range = TextRange::from(at..at + inside.len() + 2);
    let (kind, name) = if let Some(name) = inside.strip_prefix("/*") {
        (TailKind::Optional, name)
    } else {
        let name = inside.strip_prefix('*').unwrap_or(inside);
        match name.strip_suffix('?') {
            Some(name) => (TailKind::AfterSlash, name),
            None => (TailKind::NonEmpty, name),
        }
    };
    let front = match (kind, front.strip_suffix('/')) {
        (TailKind::Optional, None) => front,
        (TailKind::NonEmpty | TailKind::AfterSlash, Some(front)) => front,
        _ => {
            return Err(Finding::at(
                range,
                "`{*name}` must follow exactly one slash",
                "write `/{*name}` or `{/*name}`",
            ));
        }
    };
    let name = read_name(name, range)?;
    Ok((front, Some(Tail { kind, name })))
}

/// Reads the part of a path between two slashes.
fn segment(text: &str, start: usize) -> Result<Segment, Finding> {
    let mut before = String::new();
    let mut placeholder: Option<(TextRange, Word)> = None;
    let mut after = String::new();
    for (range, token) in tokens(text, start)? {
        match token {
            Token::Literal(literal) if placeholder.is_none() => before.push_str(literal),
            Token::Literal(literal) => after.push_str(literal),
            Token::Placeholder(inside) if inside.starts_with('*') => {
                return Err(Finding::at(
                    range,
                    "`{*name}` must be the last part of a source",
                    "move it to the end",
                ));
            }
            Token::Placeholder(_) if placeholder.is_some() => {
                return Err(Finding::at(
                    range,
                    "more than one placeholder in a segment",
                    "use a regex instead",
                ));
            }
            Token::Placeholder(name) => {
                let name = read_name(name, range)?;
                placeholder = Some((range, name));
            }
        }
    }
    let end = start + text.len();
    Ok(match placeholder {
        None => Segment::Literal(Word::new(before, start..end)),
        Some((range, name)) => Segment::Placeholder {
            before: Word::new(before, start..range.start),
            name,
            after: Word::new(after, range.end..end),
        },
    })
}

/// Checks the name of a placeholder. The range includes the braces.
fn read_name(name: &str, range: TextRange) -> Result<Word, Finding> {
    if is_name(name) {
        return Ok(Word::new(name, range));
    }
    Err(match name.split_once('|') {
        Some((name, _)) if is_name(name) => Finding::at(
            range,
            "only a target has transforms",
            "write the name here, and the transforms in the target",
        ),
        _ => Finding::at(
            range,
            "invalid placeholder name",
            "use at most 64 letters, digits and `_`, or write `{{` for a literal brace",
        ),
    })
}

/// Reads the query of a source.
fn parameters(query: &str, start: usize) -> Result<Vec<Parameter>, Finding> {
    let mut at = start;
    let mut parameters = Vec::new();
    for pair in query.split('&') {
        if !pair.is_empty() {
            parameters.push(parameter(pair, at)?);
        }
        at += pair.len() + 1;
    }
    Ok(parameters)
}

fn parameter(pair: &str, start: usize) -> Result<Parameter, Finding> {
    let (key, value) = match pair.split_once('=') {
        Some((key, value)) => (key, Some(value)),
        None => (pair, None),
    };
    let value_at = start + key.len() + 1;
    let value = match value {
        None => None,
        Some(value) => Some(match *tokens(value, value_at)? {
            [(range, Token::Placeholder(name))] => {
                ParameterValue::Placeholder(read_name(name, range)?)
            }
            ref tokens => ParameterValue::Literal(literal(tokens, value, value_at)?),
        }),
    };
    Ok(Parameter {
        key: literal(&tokens(key, start)?, key, start)?,
        value,
    })
}

/// Joins the tokens of a part of a query, which has no placeholder.
fn literal(tokens: &[(TextRange, Token<'_>)], text: &str, start: usize) -> Result<Word, Finding> {
    let mut joined = String::new();
    for (range, token) in tokens {
        match token {
            Token::Literal(literal) => joined.push_str(literal),
            Token::Placeholder(_) => {
                return Err(Finding::at(
                    *range,
                    "a placeholder in a query must be a whole value",
                    "write `key={name}`",
                ));
            }
        }
    }
    Ok(Word::new(joined, start..start + text.len()))
}

/// Splits the inside of a placeholder before its transforms. The range includes the braces.
fn transforms(inside: &str, range: TextRange) -> Result<(&str, Transforms), Finding> {
    let mut words = inside.split('|');
    let name = words.next().unwrap_or_default();
    let mut transforms = Transforms::default();
    let mut at = range.start + 1 + name.len();
    for word in words {
        let place = at..at + 1 + word.len();
        at = place.end;
        transforms
            .add(word)
            .map_err(|(message, help)| Finding::at(place, message, help))?;
    }
    Ok((name, transforms))
}

/// Reads a target.
pub(in crate::rules) fn template(text: &str) -> Result<Template, Finding> {
    let part = |(range, token): (TextRange, Token<'_>)| {
        Ok(match token {
            Token::Literal(literal) => TemplatePart::Literal(Word::new(literal, range)),
            Token::Placeholder(inside) => {
                let (inside, transforms) = transforms(inside, range)?;
                // `{*rest}` is the tail too, as it is written in a source.
                let with_slash = inside.strip_prefix("/*");
                let name = with_slash.or(inside.strip_prefix('*')).unwrap_or(inside);
                TemplatePart::Placeholder(Placeholder {
                    name: read_name(name, range)?,
                    has_slash: with_slash.is_some(),
                    transforms,
                })
            }
        })
    };
    let parts = tokens(text, 0)?.into_iter().map(part);
    parts
        .collect::<Result<_, _>>()
        .map(|parts| Template { parts })
}
