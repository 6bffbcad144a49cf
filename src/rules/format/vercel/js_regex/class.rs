//! Escapes and classes: where JavaScript differs most.

use std::fmt::Write;

use super::{Reader, Wrong, wrong};

/// An item of a class.
#[derive(Clone, Copy)]
enum Item {
    Char(char),
    /// Several characters, and whether the slash is one of them.
    Set(&'static str, bool),
}

impl Reader<'_> {
    pub(super) fn escape(&mut self, start: usize) -> Result<(), Wrong> {
        match self.next() {
            None => Err(wrong(
                start..self.at,
                "this `\\\\` has no character after it",
                "write the character after it, or remove it",
            )),
            Some('b') => {
                self.put(r"(?-u:\b)", false);
                Ok(())
            }
            Some('B') => {
                self.put(r"\B", false);
                Ok(())
            }
            Some('1'..='9' | 'k') => Err(Wrong {
                is_known: true,
                ..wrong(
                    start..self.at,
                    "references to groups aren't supported",
                    "write a redirect for each text that the group can match",
                )
            }),
            Some(char) => {
                match self.escaped(char) {
                    Item::Char(char) => self.literal(char),
                    Item::Set(set, has_slash) => {
                        self.out.may_have_slash |= has_slash;
                        self.put(&format!("[{set}]"), true);
                    }
                }
                Ok(())
            }
        }
    }

    /// What an escape means, of which the first character was taken.
    fn escaped(&mut self, char: char) -> Item {
        let digits = |length: usize| {
            let digits = self.rest().get(..length)?;
            let code = u32::from_str_radix(digits, 16).ok()?;
            let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            char::from_u32(code)
                .filter(|_| is_hex)
                .map(|char| (char, length))
        };
        let control = || {
            let letter = self.rest().bytes().next().filter(u8::is_ascii_alphabetic)?;
            Some((char::from(letter % 32), 1))
        };
        let code = match char {
            'x' => digits(2),
            'u' => digits(4),
            'c' => control(),
            _ => None,
        };
        if let Some((char, length)) = code {
            self.at += length;
            return Item::Char(char);
        }
        match char {
            'd' => Item::Set("0-9", false),
            'D' => Item::Set("^0-9", true),
            'w' => Item::Set("0-9A-Za-z_", false),
            'W' => Item::Set("^0-9A-Za-z_", true),
            's' => Item::Set(r"\s\x{feff}", false),
            'S' => Item::Set(r"^\s\x{feff}", true),
            't' => Item::Char('\t'),
            'n' => Item::Char('\n'),
            'v' => Item::Char('\u{b}'),
            'f' => Item::Char('\u{c}'),
            'r' => Item::Char('\r'),
            '0' => Item::Char('\0'),
            char => Item::Char(char),
        }
    }

    /// A class: `]` closes it, even as its first character.
    pub(super) fn class(&mut self, start: usize) -> Result<(), Wrong> {
        let is_negated = self.next_if("^");
        let mut items = String::new();
        let mut has_slash = false;
        loop {
            let item_start = self.at;
            let Some(first) = self.item(start)? else {
                break;
            };
            if !self.rest().starts_with('-') || self.rest().starts_with("-]") {
                has_slash |= push_item(&mut items, first);
                continue;
            }
            self.at += 1;
            match (first, self.item(start)?) {
                (Item::Char(first), Some(Item::Char(last))) if first <= last => {
                    push(&mut items, first);
                    items.push('-');
                    push(&mut items, last);
                    has_slash |= (first..=last).contains(&'/');
                }
                (Item::Char(_), Some(Item::Char(_))) => {
                    let message = "this range ends before it begins";
                    let help = "exchange its ends, or write `\\\\-` for a plain hyphen";
                    return Err(wrong(item_start..self.at, message, help));
                }
                // Beside a set, a hyphen is text.
                (first, last) => {
                    has_slash |= push_item(&mut items, first);
                    push(&mut items, '-');
                    has_slash |= last.is_some_and(|last| push_item(&mut items, last));
                }
            }
        }
        self.out.may_have_slash |= has_slash != is_negated;
        match (items.is_empty(), is_negated) {
            (true, true) => self.put(r"[\s\S]", true),
            // Nothing is in it.
            (true, false) => self.put(r"[^\s\S]", true),
            (false, true) => self.put(&format!("[^{items}]"), true),
            (false, false) => self.put(&format!("[{items}]"), true),
        }
        Ok(())
    }

    /// The next item of a class that begins here; `None` at its end.
    fn item(&mut self, class: usize) -> Result<Option<Item>, Wrong> {
        let help = "add `]`, or write `\\\\[` for a plain bracket";
        let unclosed = || wrong(class..class + 1, "this `[` isn't closed", help);
        Ok(match self.next().ok_or_else(unclosed)? {
            ']' => None,
            '\\' => Some(match self.next().ok_or_else(unclosed)? {
                'b' => Item::Char('\u{8}'),
                char => self.escaped(char),
            }),
            char => Some(Item::Char(char)),
        })
    }
}

/// Adds an item to a class, and says whether it has the slash.
fn push_item(items: &mut String, item: Item) -> bool {
    match item {
        Item::Char(char) => {
            push(items, char);
            char == '/'
        }
        Item::Set(set, has_slash) => {
            if set.starts_with('^') {
                let _ = write!(items, "[{set}]");
            } else {
                items.push_str(set);
            }
            has_slash
        }
    }
}

/// Adds a character that means itself, in and outside of classes.
pub(super) fn push(out: &mut String, char: char) {
    match char {
        '/' | '_' | ' ' | '"' | '%' | '\'' | ',' | ':' | ';' | '<' | '=' | '>' | '@' | '`'
        | '!' => {
            out.push(char);
        }
        char if char.is_ascii_punctuation() => {
            out.push('\\');
            out.push(char);
        }
        char if char.is_control() => {
            let _ = write!(out, "\\x{{{:x}}}", u32::from(char));
        }
        char => out.push(char),
    }
}
