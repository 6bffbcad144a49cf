//! Sources that are regexes.

use std::fmt::Write;

use super::{
    Translated,
    parse::{Group, Token},
};
use crate::{
    location::sendable,
    rules::{
        condition::Condition,
        format::{firebase::destination::Capture, messages::SyntaxError},
        source::Source,
    },
};

/// A source that is a regex.
///
/// `!(a)` is any segment in the regex, and a condition excludes the paths with `a` there. That is
/// the same if there is one way to find the segment in a path.
pub(super) fn regex(
    tokens: &[Token],
    captures: Vec<Capture>,
    is_negated: bool,
) -> Result<Translated, SyntaxError> {
    let negations = tokens
        .iter()
        .enumerate()
        .filter_map(|(at, token)| match token {
            Token::Group(group) if group.mark == '!' => Some((at, group)),
            _ => None,
        });
    let negations: Vec<_> = negations.collect();
    for (at, group) in &negations {
        if is_negated || !is_definite(tokens, *at) {
            return Err(SyntaxError {
                bytes: group.bytes.clone(),
                message: "this `!(…)` isn't supported",
                help: "let it be the only wildcard of its segment, without `**` before it",
            });
        }
    }
    let excluded = |negation| Condition::path_matching(&Regex::of(tokens, &[], Some(negation)));
    if is_negated {
        return Ok(Translated {
            source: Source::from("/{*_w?}"),
            captures: Vec::new(),
            excluded: vec![excluded(usize::MAX)],
            ignores_slash: false,
        });
    }
    Ok(Translated {
        source: Source::regex(&Regex::of(tokens, &captures, None)),
        captures,
        excluded: negations.into_iter().map(|(at, _)| excluded(at)).collect(),
        ignores_slash: false,
    })
}

/// Whether there is one way to find the group in a path.
fn is_definite(tokens: &[Token], at: usize) -> bool {
    let (before, behind) = tokens.split_at_checked(at).unwrap_or((tokens, &[]));
    let is_slash = |token: &&Token| **token == Token::Text('/');
    let is_literal = |token: &Token| matches!(token, Token::Text(_));
    let is_rest_of_path =
        |token: &Token| matches!(token, Token::Group(group) if group.is_rest_of_path());
    let many = |token: &Token| {
        matches!(token, Token::GlobStar | Token::Name { is_rest: true, .. })
            || matches!(token, Token::Group(group) if group.mark != '!')
    };
    let mut own_before = before.iter().rev().take_while(|token| !is_slash(token));
    let mut own_behind = behind.iter().skip(1).take_while(|token| !is_slash(token));
    !before.iter().any(many)
        && own_before.all(is_literal)
        && own_behind.all(|token| is_literal(token) || is_rest_of_path(token))
}

/// Writes a regex.
struct Regex<'c> {
    out: String,
    names: std::slice::Iter<'c, Capture>,
    /// The `!(…)` that is written as if it were `@(…)`.
    positive: Option<usize>,
}

impl<'c> Regex<'c> {
    /// The regex of a glob. Without captures, its groups capture nothing.
    fn of(tokens: &[Token], captures: &'c [Capture], positive: Option<usize>) -> String {
        let names = captures.iter();
        let out = String::new();
        let mut regex = Self {
            out,
            names,
            positive,
        };
        regex.tokens(tokens, true);
        let is_rest = matches!(
            tokens.last(),
            Some(Token::GlobStar | Token::Name { is_rest: true, .. })
        );
        if !is_rest {
            regex.out.push_str("/?");
        }
        regex.out
    }

    fn tokens(&mut self, tokens: &[Token], is_top: bool) {
        let mut skips_slash = false;
        for (at, token) in tokens.iter().enumerate() {
            let behind = tokens.get(at + 1);
            // `**/` brings its slash.
            if std::mem::take(&mut skips_slash) && *token == Token::Text('/') {
                continue;
            }
            match token {
                Token::Text(char) => self.text(*char),
                Token::Any => self.out.push_str("[^/]"),
                Token::Star { is_segment } => {
                    self.out
                        .push_str(if *is_segment { "[^/]+" } else { "[^/]*" });
                }
                Token::GlobStar => {
                    skips_slash = behind.is_some();
                    self.out
                        .push_str(if skips_slash { "(?:[^/]+/)*" } else { ".*" });
                }
                Token::Class {
                    is_negated: false,
                    inside,
                } => {
                    let _ = write!(self.out, "[{inside}]");
                }
                Token::Class {
                    is_negated: true,
                    inside,
                } => {
                    let _ = write!(self.out, "[^{inside}/]");
                }
                Token::Name { is_rest, .. } => self.name(*is_rest),
                Token::Group(group) => {
                    let is_positive = is_top && self.positive == Some(at);
                    self.group(group, is_positive);
                }
            }
        }
    }

    fn name(&mut self, is_rest: bool) {
        let name = self
            .names
            .next()
            .map(|capture| format!("?<{}>", capture.native));
        let open = name.as_deref().unwrap_or("?:");
        if !is_rest {
            let _ = write!(self.out, "({open}[^/]+)");
        } else if self.out.ends_with('/') {
            self.out.pop();
            let _ = write!(self.out, "(?:/({open}.*))?");
        } else {
            let _ = write!(self.out, "({open}.*)");
        }
    }

    fn group(&mut self, group: &Group, is_positive: bool) {
        if group.mark == '!' && !is_positive {
            let any = if group.is_segment { "[^/]+" } else { "[^/]*" };
            return self.out.push_str(any);
        }
        self.out.push_str("(?:");
        for (at, alternative) in group.alternatives.iter().enumerate() {
            if at > 0 {
                self.out.push('|');
            }
            self.tokens(alternative, false);
        }
        self.out.push(')');
        if matches!(group.mark, '?' | '*' | '+') {
            self.out.push(group.mark);
        }
    }

    /// Text as a request has it: percent-encoded if a path can't contain it.
    fn text(&mut self, char: char) {
        let mut bytes = [0; 4];
        for byte in char.encode_utf8(&mut bytes).bytes() {
            let _ = match byte {
                b'/' | b'%' | b'_' | b'~' => write!(self.out, "{}", char::from(byte)),
                _ if byte.is_ascii_alphanumeric() => write!(self.out, "{}", char::from(byte)),
                _ if sendable(byte) => write!(self.out, "\\{}", char::from(byte)),
                _ => write!(self.out, "(?i:%{byte:02X})"),
            };
        }
    }
}
