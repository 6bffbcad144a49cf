//! Backslashes that mean the character after them, as nginx and Apache have them.

use std::{borrow::Cow, str::Chars};

/// What a character after a backslash means, if the backslash doesn't stay.
pub(super) type Meant = fn(char) -> Option<char>;

struct Unescaped<'t> {
    rest: Chars<'t>,
    meant: Meant,
}

impl Iterator for Unescaped<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let char = self.rest.next()?;
        let mut after = self.rest.clone();
        let escaped = after.next().filter(|_| char == '\\').and_then(self.meant);
        if escaped.is_some() {
            self.rest = after;
        }
        Some(escaped.unwrap_or(char))
    }
}

/// Returns the text that is meant.
pub(super) fn unescaped(raw: &str, meant: Meant) -> Cow<'_, str> {
    if !raw.contains('\\') {
        return raw.into();
    }
    let rest = raw.chars();
    Unescaped { rest, meant }.collect()
}

/// Returns where in `raw` the byte of the text that is meant was written.
pub(super) fn raw_offset(raw: &str, meant: Meant, offset: usize) -> usize {
    let rest = raw.chars();
    let mut chars = Unescaped { rest, meant };
    let mut left = offset;
    loop {
        let at = raw.len() - chars.rest.as_str().len();
        match chars.next() {
            Some(char) if left >= char.len_utf8() => left -= char.len_utf8(),
            _ => return at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{raw_offset, unescaped};

    #[test]
    fn a_byte_is_found_where_it_was_written() {
        let meant = |char| match char {
            'n' => Some('\n'),
            '\\' | '"' => Some(char),
            _ => None,
        };
        let raw = "\u{e9}\\\"\\a\\\\n\\n\\";
        assert_eq!(unescaped(raw, meant), "\u{e9}\"\\a\\n\n\\");
        for (offset, expected) in [
            (0, 0),
            (2, 2),
            (3, 4),
            (4, 5),
            (5, 6),
            (6, 8),
            (7, 9),
            (8, 11),
            (20, 12),
        ] {
            assert_eq!(raw_offset(raw, meant, offset), expected, "{offset}");
        }
    }
}
