//! Words of a line: bare, or in quotes as JSON has them.

use std::{borrow::Cow, fmt};

use crate::rules::{Finding, format::messages::unknown_key_help, text_range::TextRange};

/// The names of all options.
const OPTIONS: [&str; 28] = [
    "after",
    "after-exact",
    "cookie",
    "except",
    "header",
    "header-in-any-case",
    "host",
    "ignore-case",
    "ignore-trailing-slash",
    "language",
    "last-capture",
    "last-value",
    "max-age",
    "merge-slashes",
    "methods",
    "name",
    "no-store",
    "not",
    "not-methods",
    "only-these-parameters",
    "path",
    "private",
    "query",
    "remove",
    "rename",
    "repeat-parameters",
    "scheme",
    "set",
];

/// A word, and where it is.
#[derive(Clone, Debug)]
pub(super) struct Text<'l> {
    pub(super) text: Cow<'l, str>,
    /// The bytes of the line, without the quotes.
    pub(super) range: TextRange,
    pub(super) is_quoted: bool,
}

impl Text<'_> {
    /// Returns where the word ends, after its quotes.
    pub(super) fn end(&self) -> usize {
        self.range.end + usize::from(self.is_quoted)
    }

    /// The error of an option that doesn't exist.
    pub(super) fn unknown(&self) -> Finding {
        let help = unknown_key_help(&self.text, &OPTIONS);
        Finding::at(self.range, format!("unknown option `{}`", self.text), help)
    }

    /// Returns `true` for this bare word.
    pub(super) fn is(&self, word: &str) -> bool {
        !self.is_quoted && self.text == word
    }
}

/// Reads a line from left to right.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'l> {
    line: &'l str,
    pub(super) at: usize,
}

impl<'l> Cursor<'l> {
    pub(super) const fn new(line: &'l str) -> Self {
        Self { line, at: 0 }
    }

    fn rest(&self) -> &'l str {
        self.line.get(self.at..).unwrap_or_default()
    }

    /// Goes to the next word. Returns `false` if there is only a comment, or nothing.
    pub(super) fn next_word(&mut self) -> bool {
        let rest = self.rest();
        let word = rest.trim_start();
        self.at += rest.len() - word.len();
        !word.is_empty() && !word.starts_with('#')
    }

    /// Goes past this text if it's next.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let is_next = self.rest().starts_with(text);
        self.at += if is_next { text.len() } else { 0 };
        is_next
    }

    /// Goes past this bare word if it's next.
    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let mut after = self.clone();
        let is_next = after.next_word() && after.take(word) && after.is_at_end_of_word();
        if is_next {
            *self = after;
        }
        is_next
    }

    /// Returns an error if the next word, which is a regex, isn't in quotes.
    pub(super) fn check_quote(&mut self) -> Result<(), Finding> {
        if self.rest().starts_with('"') {
            return Ok(());
        }
        Err(Finding::at(
            self.text(&[])?.range,
            "a regex must be in quotes",
            "for example, write `~\"/(\\\\d+)\"`",
        ))
    }

    pub(super) fn is_at_end_of_word(&self) -> bool {
        self.rest().chars().next().is_none_or(char::is_whitespace)
    }

    /// Reads a word in quotes, or a bare one up to white space or one of these characters.
    pub(super) fn text(&mut self, ends: &[char]) -> Result<Text<'l>, Finding> {
        let start = self.at;
        if self.take("\"") {
            return self.quoted(start);
        }
        let rest = self.rest();
        let is_end = |c: char| c.is_whitespace() || ends.contains(&c);
        let text = rest.split(is_end).next().unwrap_or_default();
        self.at += text.len();
        Ok(Text {
            text: text.into(),
            range: (start..self.at).into(),
            is_quoted: false,
        })
    }

    /// Returns an error if something follows a word without a space.
    pub(super) fn end_word(&mut self) -> Result<(), Finding> {
        if self.is_at_end_of_word() {
            return Ok(());
        }
        let rest = self.text(&[])?;
        Err(Finding::at(
            rest.range,
            format!("`{}` must not follow here", rest.text),
            "remove it, or put a space before it",
        ))
    }

    /// Reads the rest of a word in quotes.
    fn quoted(&mut self, start: usize) -> Result<Text<'l>, Finding> {
        let mut text = String::new();
        let mut chars = self.rest().char_indices();
        while let Some((at, char)) = chars.next() {
            let escape = self.at + at;
            text.push(match char {
                '"' => {
                    let range = start + 1..escape;
                    self.at = escape + 1;
                    return Ok(Text {
                        text: text.into(),
                        range: range.into(),
                        is_quoted: true,
                    });
                }
                '\\' => match unescaped(&mut chars) {
                    Some(char) => char,
                    None => {
                        return Err(Finding::at(
                            escape..escape + 1,
                            "invalid escape",
                            "write `\\\\` for a backslash",
                        ));
                    }
                },
                char => char,
            });
        }
        Err(Finding::at(
            start..self.line.len(),
            "unclosed quote",
            "add a `\"` at the end of the text",
        ))
    }
}

/// Reads an escape after its backslash (RFC 8259 §7).
fn unescaped(chars: &mut std::str::CharIndices<'_>) -> Option<char> {
    Some(match chars.next()?.1 {
        char @ ('"' | '\\' | '/') => char,
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let first = unit(chars)?;
            if !(0xd800..0xdc00).contains(&first) {
                return char::from_u32(first);
            }
            // Two escapes are one character outside the basic plane.
            if chars.next()?.1 != '\\' || chars.next()?.1 != 'u' {
                return None;
            }
            let second = unit(chars).filter(|unit| (0xdc00..0xe000).contains(unit))?;
            return char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00));
        }
        _ => return None,
    })
}

/// Reads four hex digits.
fn unit(chars: &mut std::str::CharIndices<'_>) -> Option<u32> {
    (0..4).try_fold(0, |unit, _| Some(unit << 4 | chars.next()?.1.to_digit(16)?))
}

/// Writes a text in quotes.
pub(super) struct Quoted<'t>(pub(super) &'t str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for char in self.0.chars() {
            match char {
                '"' => f.write_str("\\\""),
                '\\' => f.write_str("\\\\"),
                // Line breaks of all kinds, and what turns text around, stay visible.
                char if char.is_control() || char.is_whitespace() && char != ' ' => {
                    let mut units = [0; 2];
                    let units = char.encode_utf16(&mut units);
                    units.iter().try_for_each(|unit| write!(f, "\\u{unit:04x}"))
                }
                char => write!(f, "{char}"),
            }?;
        }
        f.write_str("\"")
    }
}

/// Writes a text, in quotes if it isn't a bare word or has one of these characters.
pub(super) struct Bare<'t>(pub(super) &'t str, pub(super) &'static [char]);

impl fmt::Display for Bare<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text, marks) = *self;
        let is_odd =
            |c: char| c.is_whitespace() || c.is_control() || c == '"' || marks.contains(&c);
        if text.is_empty() || text.starts_with('#') || text.contains(is_odd) {
            Quoted(text).fmt(f)
        } else {
            f.write_str(text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Bare, Cursor, Quoted};

    #[test]
    fn what_is_quoted_is_read() {
        for text in [
            "",
            "a b",
            "\"\\/",
            "\u{1}\t\n\r\u{2028}\u{7f}",
            "\u{e9}\u{1f600}",
            "#",
        ] {
            let line = format!("{} x", Quoted(text));
            let mut cursor = Cursor::new(&line);
            let read = cursor.text(&[]).unwrap();
            assert_eq!((&*read.text, read.is_quoted), (text, true), "{line}");
            assert!(cursor.is_at_end_of_word());
        }
        let mut cursor = Cursor::new(r#""\u0041\uD83D\ude00\b\f\/""#);
        assert_eq!(cursor.text(&[]).unwrap().text, "A\u{1f600}\u{8}\u{c}/");
    }

    #[test]
    fn wrong_quotes_are_marked() {
        for (line, start, end, message) in [
            (r#""a"#, 0, 2, "unclosed quote"),
            (r#""a\"#, 2, 3, "invalid escape"),
            (r#""\x""#, 1, 2, "invalid escape"),
            (r#""\u12""#, 1, 2, "invalid escape"),
            (r#""\ud83d""#, 1, 2, "invalid escape"),
            (r#""\ud83d\u0041""#, 1, 2, "invalid escape"),
            (r#""\udc00""#, 1, 2, "invalid escape"),
        ] {
            let error = Cursor::new(line).text(&[]).unwrap_err();
            assert_eq!(error.range(), Some((start..end).into()), "{line}");
            assert_eq!(error.message(), message, "{line}");
        }
    }

    #[test]
    fn a_bare_word_needs_no_quotes() {
        for (text, written) in [
            ("/a#b", "/a#b"),
            ("#b", "\"#b\""),
            ("", "\"\""),
            ("a|b", "\"a|b\""),
            ("a b", "\"a b\""),
        ] {
            assert_eq!(Bare(text, &['|']).to_string(), written);
        }
    }
}
