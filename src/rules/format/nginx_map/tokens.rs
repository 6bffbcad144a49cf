//! Words, quotes, escapes and comments of nginx's configuration files.

use std::{borrow::Cow, ops::Range};

use crate::rules::format::{
    escapes::{raw_offset, unescaped},
    messages::SyntaxError,
};

/// A word, without its quotes and escapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::rules::format) struct Token<'t> {
    pub(in crate::rules::format) text: Cow<'t, str>,
    /// Where it stands, without its quotes.
    pub(in crate::rules::format) bytes: Range<usize>,
}

impl Token<'_> {
    /// Returns where the byte at this offset of the text stands in the file.
    pub(super) fn at(&self, file: &str, offset: usize) -> usize {
        let raw = file.get(self.bytes.clone()).unwrap_or_default();
        self.bytes.start + raw_offset(raw, meant, offset)
    }
}

/// What ends an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules::format) enum End {
    Semicolon,
    Open,
    Close,
    /// The text is at its end, and there is no entry.
    Text,
}

/// The most words of an entry that are kept; none has as many.
const MOST: usize = 8;

#[derive(Debug)]
pub(in crate::rules::format) struct Tokens<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Tokens<'t> {
    pub(in crate::rules::format) const fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Puts the words of the next entry into a list.
    pub(in crate::rules::format) fn next_entry(
        &mut self,
        entry: &mut Vec<Token<'t>>,
    ) -> Result<End, SyntaxError> {
        entry.clear();
        loop {
            self.skip_blanks();
            let Some(byte) = self.byte() else {
                return match entry.first() {
                    None => Ok(End::Text),
                    Some(first) => Err(SyntaxError {
                        bytes: first.bytes.clone(),
                        message: "this entry has no `;` at its end",
                        help: "add it",
                    }),
                };
            };
            let end = match byte {
                b';' => Some(End::Semicolon),
                b'{' => Some(End::Open),
                b'}' => Some(End::Close),
                _ => None,
            };
            if let Some(end) = end {
                self.at += 1;
                return Ok(end);
            }
            let token = match byte {
                b'"' | b'\'' => self.quoted(byte)?,
                _ => self.word(),
            };
            if entry.len() < MOST {
                entry.push(token);
            }
        }
    }

    /// Skips blanks and comments.
    fn skip_blanks(&mut self) {
        while let Some(byte) = self.byte() {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b'#' => {
                    let rest = self.text.get(self.at..).unwrap_or_default();
                    self.at += rest.find('\n').unwrap_or(rest.len());
                }
                _ => return,
            }
        }
    }

    /// Goes on to the first byte that ends a word.
    fn until(&mut self, is_end: impl Fn(u8) -> bool) -> Range<usize> {
        let start = self.at;
        let mut variable = false;
        while let Some(byte) = self.byte() {
            if byte == b'\\' {
                self.at += 1;
            } else if is_end(byte) && !(variable && byte == b'{') {
                break;
            }
            variable = byte == b'$';
            self.at += 1;
        }
        // The character behind a `\` may have more than one byte.
        self.at = self.at.min(self.text.len());
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
        start..self.at
    }

    fn word(&mut self) -> Token<'t> {
        let bytes = self.until(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b';' | b'{'));
        self.token(bytes)
    }

    fn quoted(&mut self, quote: u8) -> Result<Token<'t>, SyntaxError> {
        self.at += 1;
        let bytes = self.until(|byte| byte == quote);
        if self.byte().is_none() {
            return Err(SyntaxError {
                bytes: bytes.start - 1..bytes.end,
                message: "this quote isn't closed, so the rest of the file isn't read",
                help: "add the closing quote",
            });
        }
        self.at += 1;
        match self.byte() {
            None | Some(b' ' | b'\t' | b'\r' | b'\n' | b';' | b'{' | b')') => {}
            Some(_) => {
                let behind = self.at;
                self.until(|byte| byte == b';');
                self.at += 1;
                return Err(SyntaxError {
                    bytes: behind..behind + 1,
                    message: "the closing quote is in the middle of a word",
                    help: "put the whole word in quotes, or add a space or `;` after the quote",
                });
            }
        }
        Ok(self.token(bytes))
    }

    fn token(&self, bytes: Range<usize>) -> Token<'t> {
        let raw = self.text.get(bytes.clone()).unwrap_or_default();
        Token {
            text: unescaped(raw, meant),
            bytes,
        }
    }
}

/// A `\` before anything but these stays.
const fn meant(char: char) -> Option<char> {
    match char {
        '"' | '\'' | '\\' => Some(char),
        't' => Some('\t'),
        'r' => Some('\r'),
        'n' => Some('\n'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{End, Tokens};

    /// All entries of a text, words between bars.
    fn entries(text: &str) -> String {
        let mut tokens = Tokens::new(text);
        let mut entry = Vec::new();
        let mut out = String::new();
        loop {
            let end = tokens.next_entry(&mut entry);
            let words: Vec<_> = entry.iter().map(|token| &*token.text).collect();
            if end.is_ok() {
                out += &words.join("|");
            }
            out += match end {
                Ok(End::Semicolon) => ";",
                Ok(End::Open) => "{",
                Ok(End::Close) => "}",
                Ok(End::Text) => return out,
                Err(wrong) => wrong.message,
            };
        }
    }

    #[test]
    fn words_are_those_of_nginx() {
        for (text, expected) in [
            ("a b;\n c\td ; # x;\r\n", "a|b;c|d;"),
            ("a#b c; #d\n#e f;", "a#b|c;"),
            (r#""a b" 'c;"d';"#, "a b|c;\"d;"),
            (r#""a\"b" a\;b;"#, r#"a"b|a\;b;"#),
            (r#""~^/a\.b\d{2}$" \~x;"#, r"~^/a\.b\d{2}$|\~x;"),
            ("a{b} c;", "a{b}|c;"),
            ("a ${b}c;", "a|${b}c;"),
            ("map $uri $new { a b; }", "map|$uri|$new{a|b;}"),
            ("a b", "this entry has no `;`"),
            ("a \"b", "this quote isn't closed"),
            (
                "a \"b\"c; d e;",
                "the closing quote is in the middle of a wordd|e;",
            ),
            ("a 'b\\", "this quote isn't closed"),
            ("a b\\\u{e9};", "a|b\\\u{e9};"),
            ("\\", "this entry has no `;`"),
            ("", ""),
        ] {
            let got = entries(text);
            assert!(got.starts_with(expected), "{text}: {got}");
        }
    }
}
