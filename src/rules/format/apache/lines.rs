//! The lines of a file, and their words.

use std::ops::Range;

use super::Directive;
use crate::rules::format::{
    escapes::{Meant, raw_offset, unescaped},
    loader::floor_char_boundary,
};

/// A word and its bytes.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) bytes: Range<usize>,
    meant: Meant,
}

/// A directive with its arguments.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) name: Word,
    pub(super) arguments: Vec<Word>,
}

/// Returns the directives of a text. A `\` at the end of a line joins the next line to it.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < text.len() {
            let mut joined = String::new();
            // Where each line begins, in what is joined and in the text.
            let mut starts = Vec::new();
            for line in text.get(at..).unwrap_or_default().split_inclusive('\n') {
                starts.push((joined.len(), at));
                at += line.len();
                let content = line.strip_suffix('\n');
                let content = content.map(|content| content.strip_suffix('\r').unwrap_or(content));
                let continued = content.and_then(|content| content.strip_suffix('\\'));
                joined.push_str(continued.or(content).unwrap_or(line));
                if continued.is_none() {
                    break;
                }
            }
            if joined.trim_start().starts_with('#') {
                continue;
            }
            let mut words = Words {
                line: joined.trim_end(),
                starts,
                at: 0,
            };
            if let Some(name) = words.next(false) {
                let rewrites = matches!(
                    Directive::of(&name.text),
                    Some(Directive::RewriteCond | Directive::RewriteRule)
                );
                let arguments = std::iter::from_fn(|| words.next(rewrites)).collect();
                return Some(Line { name, arguments });
            }
        }
        None
    })
}

/// The words of a line.
struct Words<'l> {
    line: &'l str,
    starts: Vec<(usize, usize)>,
    at: usize,
}

impl Words<'_> {
    /// Returns the next word.
    ///
    /// `RewriteCond` and `RewriteRule` have a parser of their own. It ends a quoted word at the
    /// next quote, doesn't end a word at a blank after a `\`, and keeps each `\`. For other
    /// directives, `\` escapes itself and, in a quoted word, the quote.
    fn next(&mut self, rewrites: bool) -> Option<Word> {
        let rest = self.line.get(self.at..)?.trim_ascii_start();
        let quote = rest.chars().next()?;
        let quote = Some(quote).filter(|first| matches!(first, '"' | '\''));
        let start = self.line.len() - rest.len() + usize::from(quote.is_some());
        let rest = self.line.get(start..)?;
        let meant: Meant = match quote {
            _ if rewrites => |_| None,
            None => |char| (char == '\\').then_some(char),
            Some('"') => |char| matches!(char, '\\' | '"').then_some(char),
            Some(_) => |char| matches!(char, '\\' | '\'').then_some(char),
        };
        let mut end = rest.len();
        let mut chars = rest.char_indices().peekable();
        while let Some((at, char)) = chars.next() {
            if quote.map_or(char.is_ascii_whitespace(), |quote| char == quote) {
                end = at;
                break;
            }
            let is_escaped = |next: char| match rewrites {
                true => next.is_ascii_whitespace(),
                false => meant(next).is_some(),
            };
            if char == '\\' {
                chars.next_if(|(_, next)| is_escaped(*next));
            }
        }
        let raw = rest.get(..end)?;
        let end = start + end;
        self.at = end + usize::from(quote.is_some());
        let first = self.in_text(start, 0);
        let last = self.in_text(end, 1);
        Some(Word {
            text: unescaped(raw, meant).into_owned(),
            bytes: first..last.max(first),
            meant,
        })
    }

    /// Returns where a byte of the line is in the text, on a line that begins at least so many
    /// bytes before it.
    fn in_text(&self, at: usize, before: usize) -> usize {
        let mut starts = self.starts.iter().rev();
        let start = starts.find(|(joined, _)| joined + before <= at);
        start.map_or(at, |(joined, text)| text + at - joined)
    }
}

impl Word {
    /// Returns the bytes in a text from an offset in this word on.
    pub(super) fn bytes_from(&self, text: &str, offset: usize) -> Range<usize> {
        let raw = text.get(self.bytes.clone()).unwrap_or_default();
        let offset = raw_offset(raw, self.meant, offset).min(raw.len().saturating_sub(1));
        self.bytes.start + floor_char_boundary(raw, offset)..self.bytes.end
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, lines};

    fn words(line: Line) -> String {
        let words = [line.name].into_iter().chain(line.arguments);
        words.map(|word| word.text).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn words_are_quoted_and_lines_continued() {
        let text =
            "# a \\\nb\nA \"x y\" 'z\"' \\\r\n  c\\ d #e\n\n \"open\nF \u{e9}\\\n\\\ng \u{a0} \\";
        let found = lines(text).map(words);
        let expected = ["A|x y|z\"|c\\|d|#e", "open", "F|\u{e9}g|\u{a0}|\\"];
        assert_eq!(found.collect::<Vec<_>>(), expected);
    }

    /// Apache has two parsers of words.
    #[test]
    fn quotes_and_backslashes_depend_on_the_directive() {
        for (text, expected) in [
            (r#"Redirect "/a\"b" "/t\'u\\v"#, r#"Redirect|/a"b|/t\'u\v"#),
            (r#"Redirect '/a\'b' /t\"u\\v"#, r#"Redirect|/a'b|/t\"u\v"#),
            (r#"Redirect "/a"/t"#, "Redirect|/a|/t"),
            (r"RedirectMatch ^/a\ b", r"RedirectMatch|^/a\|b"),
            (
                r#"RewriteRule ^a\"\\b$ "/t\" [R]"#,
                r#"RewriteRule|^a\"\\b$|/t\|[R]"#,
            ),
            (r#"rewritecond '^a"\\'b$' c"#, r#"rewritecond|^a"\\|b$'|c"#),
            (
                r#"RewriteRule ^a\ b "c\ d" "e"f"#,
                r"RewriteRule|^a\ b|c\ d|e|f",
            ),
        ] {
            let found = lines(text).map(words);
            assert_eq!(found.collect::<Vec<_>>(), [expected]);
        }
    }

    #[test]
    fn a_word_knows_its_bytes() {
        let text = "Red\\\nirect \"/\\\\\u{e9}\\\n\\\n\\\"b\" /c\\\n";
        let line = lines(text).next().unwrap();
        let [path, target] = &line.arguments[..] else {
            panic!("{line:?}");
        };
        assert_eq!((&*path.text, &*target.text), ("/\\\u{e9}\"b", "/c"));
        assert_eq!(&text[line.name.bytes], "Red\\\nirect");
        assert_eq!(&text[target.bytes.clone()], "/c");
        assert!(text[path.bytes_from(text, 2)].starts_with('\u{e9}'));
        assert_eq!(&text[target.bytes_from(text, 9)], "c");
    }
}
