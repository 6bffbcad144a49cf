//! What the author of a target calls its placeholders, for example `$1`, `${name}` or `:name*`.
//!
//! A new target has no placeholders but those of the old one, so they are written as they were.

use std::collections::HashMap;

use crate::rules::{
    format::{
        print::{OTHER_MEANING, Reason},
        spots::Spot,
    },
    syntax::{Placeholder, Template, TemplatePart},
};

/// The words of one target.
pub(super) struct Words<'s> {
    words: HashMap<&'s str, Word<'s>>,
}

struct Word<'s> {
    text: &'s str,
    /// The slash that `{/*name}` has is before the text.
    is_after_slash: bool,
    /// The text brings the slash that is before `{name}`.
    has_slash: bool,
}

impl<'s> Words<'s> {
    pub(super) fn of(spot: &'s Spot) -> Self {
        let mut words = HashMap::new();
        let mut ends_with_slash = false;
        for part in &spot.template.parts {
            match part {
                TemplatePart::Literal(text) => ends_with_slash = text.text.ends_with('/'),
                TemplatePart::Placeholder(Placeholder {
                    name, has_slash, ..
                }) => {
                    let before = spot.text.get(..name.range.start).unwrap_or_default();
                    let text = spot.text.get(name.range.start..name.range.end);
                    let text = text.unwrap_or_default();
                    words.entry(&*name.text).or_insert(Word {
                        text,
                        is_after_slash: *has_slash && before.ends_with('/'),
                        has_slash: ends_with_slash && !text.is_empty() && !before.ends_with('/'),
                    });
                    ends_with_slash = false;
                }
            }
        }
        Self { words }
    }

    /// Returns a target without the slashes that words bring.
    pub(super) fn shortened(&self, mut template: Template) -> Result<Template, Reason> {
        let mut parts = template.parts.iter_mut().peekable();
        while let Some(part) = parts.next() {
            let (TemplatePart::Literal(text), Some(TemplatePart::Placeholder(next))) =
                (part, parts.peek())
            else {
                continue;
            };
            let word = self.words.get(&*next.name.text);
            if word.is_some_and(|word| word.has_slash) && text.text.pop() != Some('/') {
                return Err(OTHER_MEANING);
            }
        }
        Ok(template)
    }

    /// Returns a placeholder in the words of the author.
    pub(super) fn get(&self, placeholder: &Placeholder) -> Result<String, Reason> {
        let word = self.words.get(&*placeholder.name.text);
        let word = word.ok_or(OTHER_MEANING)?;
        let slash = if word.is_after_slash { "/" } else { "" };
        Ok(format!("{slash}{}", word.text))
    }
}
