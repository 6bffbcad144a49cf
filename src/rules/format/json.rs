//! JSON of which every value knows where it stands.

use std::{collections::BTreeMap, ops::Range};

use serde_json::value::RawValue;

use super::rewrite::OriginalEntry;
use crate::rules::{Finding, text_range::TextRange};

/// A value as it stands in a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value<'t> {
    raw: &'t RawValue,
    at: usize,
}

/// Why a text isn't JSON: the byte, and what is wrong there.
#[derive(Debug)]
pub(super) struct NoJson {
    pub(super) at: usize,
    pub(super) message: String,
}

/// An object; of a key that is there twice, the last value.
pub(super) type Object<'t> = BTreeMap<String, Value<'t>>;

impl<'t> Value<'t> {
    /// The value that a text is, `text` being a part of the whole that begins `at` a byte of it.
    pub(super) fn parse(text: &'t str, at: usize) -> Result<Self, NoJson> {
        match serde_json::from_str::<&RawValue>(text) {
            Ok(raw) => Ok(Self { raw, at }.at_of(text, raw)),
            Err(error) => {
                let message = error.to_string();
                let sentence = message.split(" at line ").next().unwrap_or_default();
                let before = text
                    .split_inclusive('\n')
                    .take(error.line().saturating_sub(1));
                let start: usize = before.map(str::len).sum();
                let byte = start + error.column().saturating_sub(1);
                Err(NoJson {
                    at: at + byte.min(text.len()),
                    message: format!("invalid JSON: {sentence}"),
                })
            }
        }
    }

    /// A value that is a part of a text that begins where this one does.
    fn at_of(self, text: &str, raw: &'t RawValue) -> Self {
        let inside = raw.get().as_ptr().addr().wrapping_sub(text.as_ptr().addr());
        Self {
            raw,
            at: self.at.wrapping_add(inside),
        }
    }

    /// Where it stands.
    pub(super) fn bytes(&self) -> Range<usize> {
        self.at..self.at + self.raw.get().len()
    }

    /// Where the text of a string stands, between its quotes.
    pub(super) fn inside(&self) -> Range<usize> {
        let Range { start, end } = self.bytes();
        match self.raw.get().len() {
            0..3 => start..end,
            _ if self.is_string() => start + 1..end - 1,
            _ => start..end,
        }
    }

    /// Where a part of its text stands, of which the bytes are counted in
    /// [`string`](Self::string).
    pub(super) fn part(&self, part: Range<usize>) -> Range<usize> {
        let inside = self.inside();
        let text = self.raw.get().get(1..).unwrap_or_default();
        let end = inside.end;
        let raw = |at| (inside.start + raw_len(text, at)).min(end);
        raw(part.start)..raw(part.end)
    }

    /// Where it has what an error about its text is about.
    #[cfg(feature = "json")]
    pub(super) fn place(&self, error: &Finding) -> Range<usize> {
        let inside = self.inside();
        let Some(TextRange { start, end }) = error.range() else {
            return inside;
        };
        let bytes = self.part(start..end);
        match end.saturating_sub(start) {
            0 => inside,
            // What is wrong begins there.
            1 => bytes.start..inside.end,
            _ => bytes,
        }
    }

    pub(super) fn is_string(&self) -> bool {
        self.raw.get().starts_with('"')
    }

    pub(super) fn string(&self) -> Option<String> {
        serde_json::from_str(self.raw.get()).ok()
    }

    pub(super) fn bool(&self) -> Option<bool> {
        serde_json::from_str(self.raw.get()).ok()
    }

    pub(super) fn integer(&self) -> Option<u16> {
        serde_json::from_str(self.raw.get()).ok()
    }

    pub(super) fn list(&self) -> Option<Vec<Value<'t>>> {
        let list: Vec<&RawValue> = serde_json::from_str(self.raw.get()).ok()?;
        Some(
            list.into_iter()
                .map(|raw| self.at_of(self.raw.get(), raw))
                .collect(),
        )
    }

    pub(super) fn object(&self) -> Option<Object<'t>> {
        let object: BTreeMap<String, &RawValue> = serde_json::from_str(self.raw.get()).ok()?;
        let values = object.into_iter();
        Some(
            values
                .map(|(key, raw)| (key, self.at_of(self.raw.get(), raw)))
                .collect(),
        )
    }
}

/// Writes a string.
pub(super) fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Writes the status of a rule that is rewritten, under this key if there is none yet.
pub(super) fn status(status: u16, key: &str, old: &OriginalEntry<'_>) -> String {
    match old.status {
        Some(_) => status.to_string(),
        None => format!(", \"{key}\": {status}"),
    }
}

/// The bytes of a string in JSON that become so many bytes of text.
fn raw_len(raw: &str, wanted: usize) -> usize {
    let unit = |at: usize| {
        let digits = raw.get(at..)?.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let (mut at, mut plain) = (0, 0);
    while plain < wanted {
        let Some(char) = raw.get(at..).and_then(|rest| rest.chars().next()) else {
            break;
        };
        (at, plain) = match (unit(at), char) {
            (Some(0xD800..=0xDBFF), _) => (at + 12, plain + 4),
            (Some(0..0x80), _) => (at + 6, plain + 1),
            (Some(0x80..0x800), _) => (at + 6, plain + 2),
            (Some(_), _) => (at + 6, plain + 3),
            (None, '\\') => (at + 2, plain + 1),
            (None, char) => (at + char.len_utf8(), plain + char.len_utf8()),
        };
    }
    at
}

/// Where the key of a value stands in a text.
pub(super) fn key(text: &str, key: &str, value: &Value<'_>) -> Range<usize> {
    let before = text.get(..value.at).unwrap_or_default().trim_end();
    let before = before.strip_suffix(':').unwrap_or(before).trim_end();
    let mut rest = before;
    while let Some(start) = rest.rfind('"') {
        let written = before.get(start..).unwrap_or_default();
        if serde_json::from_str::<String>(written).is_ok_and(|own| own == key) {
            return start..before.len();
        }
        rest = rest.get(..start).unwrap_or_default();
        // Keys of this length aren't looked at from each quote in them.
        if before.len() - start > MOST_KEY {
            break;
        }
    }
    value.bytes()
}

/// The longest key that is looked for, in bytes.
const MOST_KEY: usize = 1 << 10;

/// Where an object's first key stands, or the object if it is empty.
pub(super) fn first_key(text: &str, object: &Object<'_>, whole: &Value<'_>) -> Range<usize> {
    let first = object.iter().min_by_key(|(_, value)| value.at);
    first.map_or(whole.bytes(), |(name, value)| key(text, name, value))
}

#[cfg(test)]
mod tests {
    use super::{Value, first_key, key};

    #[test]
    fn every_value_knows_where_it_stands() {
        let text = " {\n \"a\" : [\"x\\u0041\", {\"b\": 301}],\n \"a\\n\": true }";
        let value = Value::parse(text, 0).unwrap();
        let object = value.object().unwrap();
        let list = object["a"].list().unwrap();
        let inner = list[1].object().unwrap();
        for (value, expected) in [(object["a"], "["), (list[0], "\"x"), (inner["b"], "301")] {
            assert!(text[value.bytes()].starts_with(expected), "{expected}");
        }
        assert_eq!(list[0].string().as_deref(), Some("xA"));
        assert_eq!(&text[list[0].inside()], "x\\u0041");
        assert_eq!(
            (inner["b"].integer(), object["a\n"].bool()),
            (Some(301), Some(true))
        );
        assert_eq!(&text[key(text, "a", &object["a"])], "\"a\"");
        assert_eq!(&text[key(text, "a\n", &object["a\n"])], "\"a\\n\"");
        assert_eq!(&text[first_key(text, &object, &value)], "\"a\"");
        assert_eq!(
            first_key(text, &super::Object::new(), &inner["b"]),
            inner["b"].bytes()
        );
    }

    #[test]
    fn parts_of_a_text_are_found_behind_escapes() {
        let text = r#" "\/a\u00e9\ud83d\ude00\nz\u4e16y" "#;
        let value = Value::parse(text, 0).unwrap();
        let string = value.string().unwrap();
        for (part, raw) in [
            ("/", r"\/"),
            ("a", "a"),
            ("\u{e9}", r"\u00e9"),
            ("\u{1f600}", r"\ud83d\ude00"),
            ("\nz", r"\nz"),
            ("\u{4e16}", r"\u4e16"),
            ("y", "y"),
        ] {
            let at = string.find(part).unwrap();
            assert_eq!(&text[value.part(at..at + part.len())], raw, "{part}");
        }
        assert_eq!(value.part(0..99), value.inside());
    }

    #[test]
    fn what_is_no_json_says_where() {
        for (text, at) in [
            ("", 0),
            ("{\n\"a\": }", 7),
            ("[1,]", 3),
            ("{} x", 3),
            ("\"a", 1),
        ] {
            assert_eq!(Value::parse(text, 0).unwrap_err().at, at, "{text}");
        }
        assert!(Value::parse(&"[".repeat(1_000_000), 0).is_err());
    }
}
