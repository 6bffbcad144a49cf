//! Escapes untrusted text for terminals and logs.

use std::fmt::{self, Write};

/// Displays a value with control characters, line ends and marks of text direction escaped.
///
/// A terminal or a log viewer would interpret these characters. They become `\n`, `\u{1b}` and the
/// like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Escaped<T>(pub(crate) T);

/// Returns `true` for an invisible character that changes how other text is displayed.
pub(crate) fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{feff}'
        )
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

impl<T: fmt::Display> fmt::Display for Escaped<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{}", self.0)
    }
}

struct Escaping<'f, 'w>(&'f mut fmt::Formatter<'w>);

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for piece in text.split_inclusive(is_unseen) {
            let mut chars = piece.chars();
            match chars.next_back().filter(|c| is_unseen(*c)) {
                Some(last) => write!(self.0, "{}{}", chars.as_str(), last.escape_default())?,
                None => self.0.write_str(piece)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Escaped;

    #[test]
    fn invisible_characters_are_escaped() {
        for (text, shown) in [
            ("", ""),
            (
                "/caf\u{e9} \"a\" \\ \u{4e16}\u{200d}",
                "/caf\u{e9} \"a\" \\ \u{4e16}\u{200d}",
            ),
            ("a\nb\r\t", r"a\nb\r\t"),
            ("\u{1b}[2J\0\u{7f}", r"\u{1b}[2J\u{0}\u{7f}"),
            ("\u{80}\u{85}\u{9f}\u{a0}", "\\u{80}\\u{85}\\u{9f}\u{a0}"),
            ("\u{2027}\u{2028}x\u{2029}", "\u{2027}\\u{2028}x\\u{2029}"),
            ("\u{202a}\u{202e}\u{202f}", "\\u{202a}\\u{202e}\u{202f}"),
            ("\u{2065}\u{2066}\u{2069}", "\u{2065}\\u{2066}\\u{2069}"),
        ] {
            assert_eq!(Escaped(text).to_string(), shown);
        }
    }
}
