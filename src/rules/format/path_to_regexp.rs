//! The patterns of path-to-regexp 6: `/blog/:slug`, `/docs/:path*`, `/:id(\d+)`, `/a{-:b}?`.

use std::ops::Range;

use super::{messages::SyntaxError, placeholders::name_of};

/// A piece of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Text(Literal),
    Group(Group),
}

/// Text that is compared as it stands, and the bytes of the pattern that say it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Literal {
    pub(super) text: String,
    pub(super) bytes: Range<usize>,
}

/// A piece that is captured or may be missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) prefix: String,
    pub(super) matched: Matched,
    pub(super) suffix: String,
    pub(super) modifier: Modifier,
    /// Its name; those that have none are counted.
    pub(super) name: Option<String>,
    /// Its bytes in the pattern.
    pub(super) bytes: Range<usize>,
}

/// What a group captures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Matched {
    /// Nothing: it is there for its modifier.
    Nothing,
    /// One segment, or a part of one.
    Segment,
    Regex(Literal),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Modifier {
    One,
    Optional,
    ZeroOrMore,
    OneOrMore,
}

impl Modifier {
    /// As a regex writes it.
    #[cfg(any(test, feature = "regex"))]
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::One => "",
            Self::Optional => "?",
            Self::ZeroOrMore => "*",
            Self::OneOrMore => "+",
        }
    }

    pub(super) const fn of(mark: char) -> Option<Self> {
        match mark {
            '?' => Some(Self::Optional),
            '*' => Some(Self::ZeroOrMore),
            '+' => Some(Self::OneOrMore),
            _ => None,
        }
    }
}

/// Takes a pattern apart.
pub(super) fn parse(text: &str) -> Result<Vec<Piece>, SyntaxError> {
    let mut parser = Parser {
        text,
        at: 0,
        pieces: Vec::new(),
        path: Literal::default(),
    };
    while let Some(next) = parser.peek() {
        match next {
            ':' | '(' => parser.group(String::new(), parser.at)?,
            '{' => parser.braces()?,
            '}' => {
                let help = "remove it, or write `\\\\}` for a plain brace";
                return Err(parser.wrong("this `}` has no matching `{`", help));
            }
            '*' | '+' | '?' => {
                let (message, help) = match next {
                    '*' => (
                        "`*` has no placeholder before it",
                        "write `(.*)` to match anything, or `\\\\*` for a plain `*`",
                    ),
                    '?' => (
                        "`?` has no placeholder before it",
                        "write a query as a condition in `has`, or `\\\\?` for a plain `?`",
                    ),
                    _ => (
                        "`+` has no placeholder before it",
                        "write `(.+)` to match anything, or `\\\\+` for a plain `+`",
                    ),
                };
                return Err(parser.wrong(message, help));
            }
            '\\' => {
                let start = parser.at;
                let escaped = parser.escaped()?;
                parser.push(escaped, start);
            }
            char => {
                let start = parser.at;
                parser.at += char.len_utf8();
                // Only these two go together with what follows them.
                match (char, parser.peek()) {
                    ('/' | '.', Some(':' | '(')) => parser.group(char.to_string(), start)?,
                    _ => parser.push(char, start),
                }
            }
        }
    }
    parser.end_text();
    Ok(parser.pieces)
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    pieces: Vec<Piece>,
    /// The text since the last group.
    path: Literal,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    const fn wrong(&self, message: &'static str, help: &'static str) -> SyntaxError {
        SyntaxError {
            bytes: self.at..self.at + 1,
            message,
            help,
        }
    }

    /// Adds a character that begins at this byte and ends before the next one.
    fn push(&mut self, char: char, start: usize) {
        if self.path.text.is_empty() {
            self.path.bytes.start = start;
        }
        self.path.text.push(char);
        self.path.bytes.end = self.at;
    }

    fn end_text(&mut self) {
        if !self.path.text.is_empty() {
            let text = std::mem::take(&mut self.path);
            self.pieces.push(Piece::Text(text));
        }
    }

    /// The character behind a `\`.
    fn escaped(&mut self) -> Result<char, SyntaxError> {
        let escaped = self.rest().chars().nth(1);
        let escaped = escaped.ok_or_else(|| {
            self.wrong(
                "this `\\\\` has no character after it",
                "write the character after it, or remove it",
            )
        })?;
        self.at += 1 + escaped.len_utf8();
        Ok(escaped)
    }

    /// `:name`, `:name(regex)` or `(regex)`, and what says how often.
    fn group(&mut self, prefix: String, start: usize) -> Result<(), SyntaxError> {
        self.end_text();
        let (name, matched) = self.captured()?;
        let modifier = self.modifier();
        self.pieces.push(Piece::Group(Group {
            prefix,
            matched,
            suffix: String::new(),
            modifier,
            name,
            bytes: start..self.at,
        }));
        Ok(())
    }

    /// `{prefix:name(regex)suffix}`.
    fn braces(&mut self) -> Result<(), SyntaxError> {
        self.end_text();
        let open = self.at;
        self.at += 1;
        let prefix = self.text_in_braces()?;
        let (name, matched) = self.captured()?;
        let suffix = self.text_in_braces()?;
        if self.peek() != Some('}') {
            return Err(SyntaxError {
                bytes: open..self.at,
                message: "this `{` isn't closed, or contains more than one group",
                help: "close it after one `:name` or `(…)`, or write `\\\\{` for a plain brace",
            });
        }
        self.at += 1;
        let modifier = self.modifier();
        self.pieces.push(Piece::Group(Group {
            prefix,
            matched,
            suffix,
            modifier,
            name,
            bytes: open..self.at,
        }));
        Ok(())
    }

    fn text_in_braces(&mut self) -> Result<String, SyntaxError> {
        let mut text = String::new();
        loop {
            match self.peek() {
                Some('\\') => text.push(self.escaped()?),
                None | Some('{' | '}' | ':' | '(' | '*' | '+' | '?') => return Ok(text),
                Some(char) => {
                    self.at += char.len_utf8();
                    text.push(char);
                }
            }
        }
    }

    fn modifier(&mut self) -> Modifier {
        let modifier = self.peek().and_then(Modifier::of);
        self.at += usize::from(modifier.is_some());
        modifier.unwrap_or(Modifier::One)
    }

    fn captured(&mut self) -> Result<(Option<String>, Matched), SyntaxError> {
        let mut name = None;
        if let Some(rest) = self.rest().strip_prefix(':') {
            let own = name_of(rest);
            if own.is_empty() {
                return Err(self.wrong(
                    "this `:` has no name after it",
                    "write a name of letters, digits and `_`, or `\\\\:` for a plain colon",
                ));
            }
            self.at += 1 + own.len();
            name = Some(own.to_owned());
        }
        let matched = match self.regex()? {
            Some(regex) => Matched::Regex(regex),
            None if name.is_some() => Matched::Segment,
            None => Matched::Nothing,
        };
        Ok((name, matched))
    }

    /// A regex in parentheses.
    fn regex(&mut self) -> Result<Option<Literal>, SyntaxError> {
        let Some(inside) = self.rest().strip_prefix('(') else {
            return Ok(None);
        };
        if inside.starts_with('?') {
            let mut wrong = self.wrong(
                "a group can't start with `?`",
                "put it in another group, for example `((?:…))`",
            );
            wrong.bytes.end += 1;
            return Err(wrong);
        }
        let mut depth = 1_u32;
        let mut escaped = false;
        for (at, char) in inside.char_indices() {
            if std::mem::take(&mut escaped) {
                continue;
            }
            match char {
                '\\' => escaped = true,
                ')' => depth -= 1,
                '(' => {
                    depth += 1;
                    // A group with a name is let through.
                    if !inside
                        .get(at + 1..)
                        .is_some_and(|rest| rest.starts_with('?'))
                    {
                        self.at += 1 + at;
                        return Err(self.wrong(
                            "a group inside a group can't capture",
                            "write the inner group as `(?:…)`",
                        ));
                    }
                }
                _ => {}
            }
            if depth == 0 {
                if at == 0 {
                    return Err(self.wrong(
                        "this group is empty",
                        "write a regex between `(` and `)`, or remove both",
                    ));
                }
                let start = self.at + 1;
                self.at += at + 2;
                return Ok(Some(Literal {
                    text: inside.get(..at).unwrap_or_default().to_owned(),
                    bytes: start..start + at,
                }));
            }
        }
        Err(self.wrong(
            "this `(` isn't closed",
            "add `)`, or write `\\\\(` for a plain parenthesis",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::{Matched, Piece, parse};

    /// A pattern in one line: text, and groups as `<prefix|name|regex|suffix>` with what says how
    /// often.
    fn parsed(text: &str) -> String {
        let pieces = parse(text).unwrap();
        pieces.iter().fold(String::new(), |out, piece| match piece {
            Piece::Text(text) => out + &text.text,
            Piece::Group(group) => {
                let regex = match &group.matched {
                    Matched::Nothing => "-",
                    Matched::Segment => "",
                    Matched::Regex(regex) => &regex.text,
                };
                let name = group.name.as_deref().unwrap_or_default();
                let (prefix, suffix) = (&group.prefix, &group.suffix);
                let modifier = group.modifier.as_str();
                format!("{out}<{prefix}|{name}|{regex}|{suffix}>{modifier}")
            }
        })
    }

    #[test]
    fn patterns_are_taken_apart_as_path_to_regexp_6_does() {
        for (text, expected) in [
            ("/a/b", "/a/b"),
            ("/a/:b", "/a</|b||>"),
            ("/a/x:b-y", "/a/x<|b||>-y"),
            ("/:a.:b", "</|a||><.|b||>"),
            ("/a/:b*", "/a</|b||>*"),
            ("/:a?/:b+", "</|a||>?</|b||>+"),
            (r"/:a(\d+)/(x|y)", r"</|a|\d+|></||x|y|>"),
            ("/(.*)", "</||.*|>"),
            (r"/a\?b\:c", "/a?b:c"),
            (r"/\(:a\)", "/(<|a||>)"),
            ("/a{-:b(x)-}?", "/a<-|b|x|->?"),
            ("/a{/b}?", "/a</b||-|>?"),
            (r"/:a((?:x|\))+)", r"</|a|(?:x|\))+|>"),
            ("/(a(?<n>b))", "</||a(?<n>b)|>"),
            ("/((?!a|b).*)", "</||(?!a|b).*|>"),
        ] {
            assert_eq!(parsed(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_pattern() {
        for (text, at, why) in [
            ("/a*", 2, "`*` has no placeholder before it"),
            ("/a?b", 2, "`?` has no placeholder before it"),
            ("/a+", 2, "`+` has no placeholder before it"),
            ("/:", 1, "no name"),
            ("/:-a", 1, "no name"),
            ("/(a", 1, "isn't closed"),
            ("/()", 1, "empty"),
            ("/(?:a)", 1, "start with `?`"),
            ("/(a(b))", 3, "can't capture"),
            ("/{a", 1, "isn't closed"),
            ("/{:a:b}", 1, "more than one"),
            ("/a}", 2, "no matching `{`"),
            ("/a\\", 2, "no character after"),
        ] {
            let wrong = parse(text).unwrap_err();
            assert!(wrong.message.contains(why), "{text}: {wrong:?}");
            assert_eq!(wrong.bytes.start, at, "{text}: {wrong:?}");
        }
    }

    #[test]
    fn pieces_know_their_bytes() {
        let text = r"/a\?é/:id(\d+)*{-:b(x)}?z(y)";
        let pieces = parse(text).unwrap();
        let bytes = pieces.iter().map(|piece| match piece {
            Piece::Text(literal) => literal.bytes.clone(),
            Piece::Group(group) => group.bytes.clone(),
        });
        let written: Vec<_> = bytes.map(|bytes| &text[bytes]).collect();
        assert_eq!(written, [r"/a\?é", r"/:id(\d+)*", "{-:b(x)}?", "z", "(y)"]);
        let regexes = pieces.iter().filter_map(|piece| match piece {
            Piece::Group(group) => match &group.matched {
                Matched::Regex(regex) => Some(&text[regex.bytes.clone()]),
                _ => None,
            },
            Piece::Text(_) => None,
        });
        assert_eq!(regexes.collect::<Vec<_>>(), [r"\d+", "x", "y"]);
    }
}
