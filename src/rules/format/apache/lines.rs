//! The lines of a file, and their words.

use std::ops::Range;

use crate::rules::format::escapes::unescaped;

/// A word and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) bytes: Range<usize>,
}

/// A directive with its arguments.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) name: Word,
    pub(super) arguments: Vec<Word>,
}

/// Returns the directives of a text. A `\` at the end of a line continues it.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < text.len() {
            let begin = at;
            loop {
                let rest = text.get(at..).unwrap_or_default();
                let line = rest.split_inclusive('\n').next().unwrap_or_default();
                at += line.len();
                let content = line.trim_end_matches(['\r', '\n']);
                if line.is_empty() || content == line || !content.ends_with('\\') {
                    break;
                }
            }
            let line = text.get(begin..at).unwrap_or_default();
            if line.trim_start().starts_with('#') {
                continue;
            }
            let mut words = words(line, begin).into_iter();
            if let Some(name) = words.next() {
                let arguments = words.collect();
                return Some(Line { name, arguments });
            }
        }
        None
    })
}

/// Splits a line into words. A word may be quoted, and `\` before a quote or a space is kept, as
/// it is a part of a regex.
fn words(line: &str, begin: usize) -> Vec<Word> {
    let is_blank = |rest: &str| match rest.chars().next() {
        Some('\\') => rest
            .get(1..)
            .is_some_and(|rest| rest.trim_start_matches('\r').starts_with('\n')),
        first => first.is_some_and(char::is_whitespace),
    };
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(char) = line.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = line.get(at..).unwrap_or_default();
        if is_blank(rest) {
            at += char.len_utf8();
            continue;
        }
        let quote = Some(char).filter(|char| matches!(char, '"' | '\''));
        let start = at + quote.map_or(0, char::len_utf8);
        let mut end = start;
        while let Some(char) = line.get(end..).and_then(|rest| rest.chars().next()) {
            let rest = line.get(end..).unwrap_or_default();
            let is_end = match quote {
                Some(quote) => char == quote || char == '\n',
                None => is_blank(rest),
            };
            if is_end {
                break;
            }
            end += char.len_utf8();
            if char == '\\' {
                let escaped = line.get(end..).and_then(|rest| rest.chars().next());
                end += escaped
                    .filter(|char| *char != '\n')
                    .map_or(0, char::len_utf8);
            }
        }
        words.push(Word {
            text: line.get(start..end).unwrap_or_default().to_owned(),
            bytes: begin + start..begin + end,
        });
        at = end
            + usize::from(
                quote.is_some()
                    && line
                        .get(end..)
                        .is_some_and(|rest| rest.starts_with(['"', '\''])),
            );
    }
    words
}

/// The directives that don't rewrite read `\` before a quote or itself as an escape.
pub(super) const fn meant(char: char) -> Option<char> {
    match char {
        '\\' | '"' => Some(char),
        _ => None,
    }
}

impl Word {
    /// The word as directives that don't rewrite read it.
    pub(super) fn unescaped(&self) -> Self {
        Self {
            text: unescaped(&self.text, meant).into_owned(),
            bytes: self.bytes.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn words_are_quoted_and_lines_continued() {
        let text = "# a \\\nb\nA \"x y\" 'z\"' \\\r\n  c\\ d #e\n\n \"open\nF \u{e9}\\";
        let found = lines(text).map(|line| {
            let words = [line.name].into_iter().chain(line.arguments);
            let words = words.inspect(|word| assert_eq!(text[word.bytes.clone()], word.text));
            words.map(|word| word.text).collect::<Vec<_>>().join("|")
        });
        let expected = ["A|x y|z\"|c\\ d|#e", "open", "F|\u{e9}\\"];
        assert_eq!(found.collect::<Vec<_>>(), expected);
    }
}
