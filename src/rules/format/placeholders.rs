//! `:name` and `:splat` of a target, as both Netlify and Cloudflare write them.
//!
//! Both replace these texts one after the other, so `:id` also replaces the start of `:idx`. Here a
//! name ends where its letters, digits and `_` end. A finding says if that makes a difference.

use std::ops::Range;

use super::messages::quoted;
use crate::rules::syntax::Template;

/// A placeholder, as the file writes it and as the rule does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) written: String,
    pub(super) native: String,
}

impl Name {
    pub(super) fn new(written: &str) -> Self {
        let native = |c: char| if is_of_name(c) { c } else { '_' };
        Self {
            written: written.to_owned(),
            native: written.chars().map(native).collect(),
        }
    }
}

pub(super) const fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Returns the letters, digits and `_` that a text begins with.
pub(super) fn name_of(text: &str) -> &str {
    let end = text.find(|c| !is_of_name(c)).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

fn has_splat(names: &[Name]) -> bool {
    names.iter().any(|name| name.written == "splat")
}

/// A warning about a target: its bytes, message and help.
pub(super) type Finding = (Range<usize>, String, &'static str);

/// Reads a target, and what it means otherwise than its author may think.
///
/// `replaces` says who replaces the beginnings of names.
pub(super) fn target(text: &str, names: &[Name], replaces: &str) -> (Template, Vec<Finding>) {
    let mut findings = Vec::new();
    if let Some(at) = text.find('*').filter(|_| has_splat(names)) {
        findings.push((
            at..at + 1,
            "`*` isn't replaced here".to_owned(),
            "write `:splat` to insert what `*` matched in the source",
        ));
    }
    let mut template = Template::default();
    // Where the literal text before the next placeholder begins.
    let mut literal = 0;
    let mut rest = text;
    while let Some((_, behind)) = rest.split_once(':') {
        let at = text.len() - behind.len() - 1;
        let bound = names
            .iter()
            .enumerate()
            .filter(|(_, name)| behind.starts_with(&name.written))
            .max_by_key(|(_, name)| name.written.len());
        let tail = bound.and_then(|(_, name)| behind.strip_prefix(&*name.written));
        let mut length = name_of(behind).len();
        let mut eaten = None;
        if let (Some((order, name)), Some(tail)) = (bound, tail) {
            let before = names.get(..order).unwrap_or_default();
            let is_part = |other: &&Name| {
                name.written != other.written && name.written.starts_with(&other.written)
            };
            eaten = before.iter().find(is_part).map(|other| &other.written);
            if !tail.starts_with(is_of_name) {
                let end = text.len() - tail.len();
                template.push_literal(text, literal..at);
                template.push_placeholder(&name.native, at..end, false);
                literal = end;
                rest = tail;
                if let Some(other) = eaten {
                    let place = at..at + 1 + name.written.len();
                    let (other, name) = (quoted_name(other), quoted_name(&name.written));
                    let message = format!(
                        "{replaces} {other} at the start of {name}, but here {name} is one placeholder"
                    );
                    let help = "rename one, so that neither name starts with the other";
                    findings.push((place, message, help));
                }
                continue;
            }
            length = name.written.len() + name_of(tail).len();
            eaten = Some(&name.written);
        }
        rest = behind;
        let place = at..at + 1 + length;
        let token = behind.get(..length).unwrap_or_default();
        if let Some(written) = eaten {
            let (written, token) = (quoted_name(written), quoted_name(token));
            let message = format!(
                "{replaces} {written} at the start of {token}, but here {token} is sent as text"
            );
            let help =
                "put `/`, `-` or `.` after the placeholder, or add the longer name to the source";
            findings.push((place, message, help));
        } else if token.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let token = quoted_name(token);
            let message = format!("the source has no placeholder {token}, so it is sent as text");
            let help = "add the placeholder to the source, or write `%3A` for the colon";
            findings.push((place, message, help));
        }
    }
    template.push_literal(text, literal..text.len());
    (template, findings)
}

fn quoted_name(name: &str) -> String {
    quoted(&format!(":{name}"))
}

#[cfg(test)]
mod tests {
    use super::{Name, target};
    use crate::rules::syntax::TemplatePart;

    #[test]
    fn names_end_where_their_characters_end() {
        let names = ["longer", "long", "id", "post-id", "splat", "ids"].map(Name::new);
        for (text, expected, said) in [
            ("/:id/x", "/{id}/x", 0),
            ("/:id-:ids.html", "/{id}-{ids}.html", 1),
            ("/:longer", "/{longer}", 0),
            ("/:long", "/{long}", 0),
            ("/:idx", "/:idx", 1),
            ("/:idsx", "/:idsx", 1),
            ("/:post-id/:splat", "/{post_id}/{splat}", 0),
            ("/:post-idx", "/:post-idx", 1),
            ("/:no/{:id}", "/:no/{{{id}}}", 1),
            (
                "https://x.example:8080/:id",
                "https://x.example:8080/{id}",
                0,
            ),
            ("/:ids", "/{ids}", 1),
            ("/a:", "/a:", 0),
            ("/::id", "/:{id}", 0),
        ] {
            let (template, findings) = target(text, &names, "Netlify replaces");
            let native = template.to_string();
            assert_eq!((&*native, findings.len()), (expected, said), "{text}");
            for part in template.parts {
                let range = part.range();
                let written = &text[range.start..range.end];
                match part {
                    TemplatePart::Literal(literal) => assert_eq!(literal.text, written),
                    TemplatePart::Placeholder(_) => assert!(written.starts_with(':'), "{written}"),
                }
            }
            for (place, ..) in findings {
                assert!(text[place].starts_with(':'));
            }
        }
    }
}
