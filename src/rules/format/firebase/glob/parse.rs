//! The parts of a glob.

use std::ops::Range;

use crate::rules::format::{messages::SyntaxError, placeholders::name_of};

/// A part of a glob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Text(char),
    /// `?`: any character.
    Any,
    /// `*`: any part of a segment, or a whole one that isn't empty.
    Star {
        is_segment: bool,
    },
    /// `**`: any segments.
    GlobStar,
    /// `[a-z]` or `[!a-z]`, with what a class of a regex has between its brackets.
    Class {
        is_negated: bool,
        inside: String,
    },
    /// `:name` or `:name*`.
    Name {
        name: String,
        is_rest: bool,
    },
    Group(Group),
}

/// `@(a|b)`, `{a,b}` and the like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// `@`, `?`, `*`, `+` or `!`.
    pub(super) mark: char,
    pub(super) alternatives: Vec<Vec<Token>>,
    pub(super) bytes: Range<usize>,
    /// Whether it is all of its segment.
    pub(super) is_segment: bool,
}

impl Group {
    /// Returns `true` for `{,/**}`.
    pub(super) fn is_rest_of_path(&self) -> bool {
        let rest = [Token::Text('/'), Token::GlobStar];
        match &*self.alternatives {
            [first, second] => self.mark != '!' && first.is_empty() && **second == rest,
            _ => false,
        }
    }
}

/// So deep groups may be nested.
const MAX_DEPTH: usize = 8;

/// Splits a glob into its parts, from this byte on. Returns where each part ends, too.
pub(super) fn parse(glob: &str, at: usize) -> Result<(Vec<Token>, Vec<usize>), SyntaxError> {
    let mut parser = Parser {
        glob,
        at,
        depth: 0,
        ends: Vec::new(),
    };
    let mut tokens = Vec::new();
    if !parser.rest().starts_with('/') {
        tokens.push(Token::Text('/'));
        parser.ends.push(at);
    }
    parser.tokens(&mut tokens, &[])?;
    Ok((tokens, parser.ends))
}

struct Parser<'g> {
    glob: &'g str,
    at: usize,
    depth: usize,
    /// Where each part ends that isn't in a group.
    ends: Vec<usize>,
}

impl<'g> Parser<'g> {
    fn rest(&self) -> &'g str {
        self.glob.get(self.at..).unwrap_or_default()
    }

    fn wrong<T>(
        &self,
        length: usize,
        message: &'static str,
        help: &'static str,
    ) -> Result<T, SyntaxError> {
        let end = (self.at + length).min(self.glob.len());
        let bytes = self.at..end;
        Err(SyntaxError {
            bytes,
            message,
            help,
        })
    }

    /// Reads up to one of these characters.
    fn tokens(&mut self, tokens: &mut Vec<Token>, ends: &[char]) -> Result<(), SyntaxError> {
        while let Some(char) = self
            .rest()
            .chars()
            .next()
            .filter(|char| !ends.contains(char))
        {
            let is_start = matches!(tokens.last(), None | Some(Token::Text('/')));
            let rest = self.rest();
            let behind = rest.get(char.len_utf8()..).unwrap_or_default();
            let ends_segment =
                |rest: &str| rest.is_empty() || rest.starts_with('/') || rest.starts_with(ends);
            let token = match char {
                '@' | '?' | '*' | '+' | '!' if behind.starts_with('(') => {
                    self.group(char, 2, '|', ')', is_start && self.depth == 0)?
                }
                '{' => match braces(behind) {
                    Braces::List => self.group('@', 1, ',', '}', false)?,
                    Braces::Range(length) => {
                        let message = "a range in braces isn't supported";
                        return self.wrong(length, message, "list the alternatives, as `{1,2,3}`");
                    }
                    Braces::Text => {
                        self.at += 1;
                        Token::Text('{')
                    }
                },
                '*' if behind.starts_with('*') => {
                    let length = rest.len() - rest.trim_start_matches('*').len();
                    self.at += length;
                    match length == 2 && is_start && ends_segment(self.rest()) {
                        true => Token::GlobStar,
                        false => Token::Star { is_segment: false },
                    }
                }
                '*' => {
                    self.at += 1;
                    Token::Star {
                        is_segment: is_start && ends_segment(behind) && self.depth == 0,
                    }
                }
                '?' => {
                    self.at += 1;
                    Token::Any
                }
                '[' => self.class()?,
                ':' if !name_of(behind).is_empty() => self.name(name_of(behind))?,
                '\\' => {
                    let Some(escaped) = behind.chars().next() else {
                        return self.wrong(1, "nothing follows this `\\`", "remove it");
                    };
                    self.at += 1 + escaped.len_utf8();
                    Token::Text(escaped)
                }
                _ => {
                    self.at += char.len_utf8();
                    Token::Text(char)
                }
            };
            tokens.push(token);
            if self.depth == 0 {
                self.ends.push(self.at);
            }
        }
        Ok(())
    }

    fn group(
        &mut self,
        mark: char,
        opening: usize,
        separator: char,
        close: char,
        is_segment: bool,
    ) -> Result<Token, SyntaxError> {
        let start = self.at;
        if self.depth == MAX_DEPTH || mark == '!' && self.depth > 0 {
            let message = "this group isn't supported inside another one";
            return self.wrong(opening, message, "write an entry for each alternative");
        }
        self.depth += 1;
        self.at += opening;
        let mut alternatives = Vec::new();
        loop {
            let mut alternative = Vec::new();
            self.tokens(&mut alternative, &[separator, close])?;
            alternatives.push(alternative);
            let Some(end) = self.rest().chars().next() else {
                self.at = start;
                return self.wrong(
                    opening,
                    "this group isn't closed",
                    "close it, or write `\\` before it",
                );
            };
            self.at += 1;
            if end == close {
                break;
            }
        }
        self.depth -= 1;
        let ends_segment = self.rest().is_empty() || self.rest().starts_with(['/', '{']);
        Ok(Token::Group(Group {
            mark,
            alternatives,
            bytes: start..self.at,
            is_segment: is_segment && ends_segment,
        }))
    }

    fn class(&mut self) -> Result<Token, SyntaxError> {
        let inside = self.rest().get(1..).unwrap_or_default();
        let is_negated = inside.starts_with(['!', '^']);
        let skipped = usize::from(is_negated);
        let inside = inside.get(skipped..).unwrap_or_default();
        // A `]` at the beginning is one of the characters.
        let first = inside.chars().next().map_or(0, char::len_utf8);
        let end = inside.get(first..).and_then(|rest| rest.find(']'));
        let Some(end) = end.map(|end| first + end) else {
            return self.wrong(1, "this `[` isn't closed", "add `]`, or write `\\[`");
        };
        let length = 1 + skipped + end + 1;
        let characters: Vec<char> = inside.get(..end).unwrap_or_default().chars().collect();
        let is_plain = |char: &char| char.is_ascii_alphanumeric() || "-._~".contains(*char);
        let is_range = |three: &[char]| match three {
            [low, '-', high] => low <= high,
            _ => true,
        };
        if !characters.iter().all(is_plain) || !characters.windows(3).all(is_range) {
            let message = "this class of characters isn't supported";
            return self.wrong(
                length,
                message,
                "use letters, digits, `-`, `.`, `_` and `~`",
            );
        }
        self.at += length;
        let inside = characters.into_iter().collect();
        Ok(Token::Class { is_negated, inside })
    }

    fn name(&mut self, name: &str) -> Result<Token, SyntaxError> {
        let length = 1 + name.len();
        let behind = self.rest().get(length..).unwrap_or_default();
        if self.depth > 0 {
            let message = "a placeholder in a group isn't supported";
            return self.wrong(length, message, "write an entry for each alternative");
        }
        if behind.starts_with(['(', '?', '+']) {
            let message = "this kind of placeholder isn't supported";
            return self.wrong(
                length + 1,
                message,
                "write `:name` or `:name*`, or use `regex`",
            );
        }
        let is_rest = behind.starts_with('*');
        self.at += length + usize::from(is_rest);
        let name = name.to_owned();
        Ok(Token::Name { name, is_rest })
    }
}

/// What braces are.
enum Braces {
    Text,
    List,
    /// `{1..3}`, and its length.
    Range(usize),
}

/// Returns what the braces are before this text. Without a comma, they are text.
fn braces(behind: &str) -> Braces {
    let mut depth = 0_usize;
    for (at, char) in behind.char_indices() {
        match char {
            '{' => depth += 1,
            '}' if depth == 0 => {
                let inside = behind.get(..at).unwrap_or_default();
                return match inside.contains("..") {
                    true => Braces::Range(at + 2),
                    false => Braces::Text,
                };
            }
            '}' => depth -= 1,
            ',' if depth == 0 => return Braces::List,
            _ => {}
        }
    }
    Braces::Text
}
