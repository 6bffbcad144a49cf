//! From a glob to a source: a native one if one means the same, otherwise a regex.

use std::collections::HashMap;

use super::destination::Capture;
use crate::rules::{
    condition::Condition,
    format::messages::SyntaxError,
    source::Source,
    syntax::{Pattern, TailKind, is_name},
};

mod parse;
#[cfg(feature = "regex")]
mod regex;

use parse::{Token, parse};

/// A source, and what a destination can insert from it.
#[derive(Debug)]
pub(super) struct Translated {
    pub(super) source: Source,
    pub(super) captures: Vec<Capture>,
    /// What the path must not be.
    pub(super) excluded: Vec<Condition>,
    /// Whether a slash at the end of a path makes no difference to the source.
    pub(super) ignores_slash: bool,
}

/// What keeps a glob from being translated.
#[derive(Debug)]
pub(super) enum Problem {
    Glob(SyntaxError),
    /// It needs the `regex` feature.
    #[cfg(not(feature = "regex"))]
    NeedsRegex,
}

/// Translates a glob.
pub(super) fn translate(glob: &str) -> Result<Translated, Problem> {
    let is_negated = glob.starts_with('!') && !glob.starts_with("!(");
    let (tokens, ends) = parse(glob, usize::from(is_negated)).map_err(Problem::Glob)?;
    let captures = captures(&tokens);
    match native(&tokens, &ends, &captures).filter(|_| !is_negated) {
        Some(native) => Ok(native),
        #[cfg(feature = "regex")]
        None => regex::regex(&tokens, captures, is_negated).map_err(Problem::Glob),
        #[cfg(not(feature = "regex"))]
        None => Err(Problem::NeedsRegex),
    }
}

/// The placeholders, with native names. Of two with one name, a destination inserts the last.
fn captures(tokens: &[Token]) -> Vec<Capture> {
    let named = tokens.iter().filter_map(|token| match token {
        Token::Name { name, is_rest } => Some((name.clone(), *is_rest)),
        _ => None,
    });
    let named: Vec<_> = named.collect();
    let mut last: HashMap<&str, usize> = HashMap::new();
    for (at, (name, _)) in named.iter().enumerate() {
        last.insert(name, at);
    }
    let captures = named.iter().enumerate().map(|(at, (name, is_rest))| {
        // A group of a regex can't begin with a digit.
        let is_free = is_name(name)
            && !name.starts_with(|c: char| c.is_ascii_digit() || c == '_')
            && last.get(&**name) == Some(&at);
        Capture {
            native: if is_free {
                name.clone()
            } else {
                format!("_{}", at + 1)
            },
            written: name.clone(),
            is_rest: *is_rest,
        }
    });
    captures.collect()
}

/// A native pattern, if one means the same.
fn native(tokens: &[Token], ends: &[usize], captures: &[Capture]) -> Option<Translated> {
    let mut pattern = Pattern::default();
    let mut names = captures.iter().map(|capture| &*capture.native);
    let mut start = 0;
    for (at, (token, end)) in tokens.iter().zip(ends).enumerate() {
        let bytes = std::mem::replace(&mut start, *end)..*end;
        let is_last = at + 1 == tokens.len();
        // Names of the file don't begin with `_` and a letter.
        let unnamed = format!("_w{at}");
        match token {
            Token::Text(char) => pattern.push_text(char.encode_utf8(&mut [0; 4]), bytes),
            Token::Name { is_rest: true, .. } if is_last => {
                let kind = match pattern.segments.len() {
                    1 => TailKind::AfterSlash,
                    _ => TailKind::Optional,
                };
                pattern.push_tail(kind, names.next()?, bytes)
            }
            Token::Name { is_rest: false, .. } => pattern.push_name(names.next()?, bytes),
            Token::Star { is_segment: true } => pattern.push_name(&unnamed, bytes),
            Token::GlobStar if is_last => pattern.push_tail(TailKind::AfterSlash, &unnamed, bytes),
            Token::Group(group) if is_last && group.is_rest_of_path() => {
                pattern.push_text("/", bytes.clone())?;
                pattern.push_tail(TailKind::Optional, &unnamed, bytes)
            }
            _ => None,
        }?;
    }
    Some(Translated {
        ignores_slash: pattern.tail.is_none(),
        source: pattern.into(),
        captures: captures.to_vec(),
        excluded: Vec::new(),
    })
}

#[cfg(all(test, feature = "regex"))]
mod tests {
    use super::{Problem, translate};

    #[test]
    fn native_if_one_means_the_same_and_a_regex_if_not() {
        for (glob, source, excluded) in [
            ("/a", "/a", ""),
            ("a/b{c}#", "/a/b{{c}}%23", ""),
            ("/a/:b/:1", "/a/{b}/{_2}", ""),
            ("/:a/:a", "/{_1}/{a}", ""),
            ("/x:a.b", "/x{a}.b", ""),
            ("/a/:b*", "/a{/*b}", ""),
            ("/:b*", "/{*b?}", ""),
            ("/*/b", "/{_w1}/b", ""),
            ("**", "/{*_w1?}", ""),
            ("/a/**", "/a/{*_w3?}", ""),
            ("/a{,/**}", "/a{/*_w2}", ""),
            ("/a*", "/a[^/]*/?", ""),
            ("/a?", "/a[^/]/?", ""),
            ("/[ab]/[!c]/\\*", "/[ab]/[^c/]/\\*/?", ""),
            ("/:a-:b", "/(?<a>[^/]+)\\-(?<b>[^/]+)/?", ""),
            ("/**/a", "/(?:[^/]+/)*a/?", ""),
            ("/a/:b*/c", "/a(?:/(?<b>.*))?/c/?", ""),
            ("/{a,b*}/x", "/(?:a|b[^/]*)/x/?", ""),
            ("/@(a|b)", "/(?:a|b)/?", ""),
            ("/?(a)+(b)*(c)", "/(?:a)?(?:b)+(?:c)*/?", ""),
            ("/\u{e9}.x*", "/(?i:%C3)(?i:%A9)\\.x[^/]*/?", ""),
            ("!/a/**", "/{*_w?}", "a path matching `/a/.*`"),
            (
                "!(a|b)/:c",
                "/[^/]+/(?<c>[^/]+)/?",
                "a path matching `/(?:a|b)/(?:[^/]+)/?`",
            ),
            (
                "/x!(a)/!(b){,/**}",
                "/x[^/]*/[^/]+(?:|/.*)/?",
                "a path matching `/x(?:a)/[^/]+(?:|/.*)/?`, a path matching `/x[^/]*/(?:b)(?:|/.*)/?`",
            ),
        ] {
            let translated = translate(glob).unwrap();
            let own: Vec<_> = translated
                .excluded
                .iter()
                .map(ToString::to_string)
                .collect();
            assert_eq!(
                (&*translated.source.text(), &*own.join(", ")),
                (source, excluded),
                "{glob}"
            );
        }
    }

    #[test]
    fn what_is_not_supported_knows_where_it_stands() {
        for (glob, bytes) in [
            ("/:a(b)", ":a("),
            ("/:a?", ":a?"),
            ("/a{1..3}", "{1..3}"),
            ("/@(a", "@("),
            ("/[a", "["),
            ("/[z-a]", "[z-a]"),
            ("/**/!(a)", "!(a)"),
            ("/*!(a)", "!(a)"),
            ("/@(!(a))", "!("),
            ("/@(:a)", ":a"),
            ("/a\\", "\\"),
        ] {
            let Err(Problem::Glob(wrong)) = translate(glob) else {
                panic!("{glob}");
            };
            assert_eq!(&glob[wrong.bytes], bytes, "{glob}");
        }
    }
}
