//! `:name` and `:splat` of a target, as both Netlify and Cloudflare write them.
//!
//! Both replace these texts one after the other wherever they stand, so that `:id` also eats the beginning
//! of `:idx`. Here a name ends where its letters, digits and `_` end, and where that makes a difference it
//! is said.

use std::ops::Range;

use crate::rules::pattern;

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

fn has_splat(names: &[Name]) -> bool {
    names.iter().any(|name| name.written == "splat")
}

/// What is to be said about bytes of a target: where, what, and how to mend it.
pub(super) type Finding = (Range<usize>, String, &'static str);

/// The native form of a target, and what it means otherwise than its author may think.
pub(super) fn target(text: &str, names: &[Name]) -> (String, Vec<Finding>) {
    let mut findings = Vec::new();
    if let Some(at) = text.find('*').filter(|_| has_splat(names)) {
        findings.push((
            at..at + 1,
            "this is sent as it stands".to_owned(),
            "write `:splat` for what the source has there",
        ));
    }
    // Most targets are themselves.
    if !text.contains(['{', '}', ':']) {
        return (text.to_owned(), findings);
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once(':') {
        out.push_str(&pattern::escape(before));
        let at = text.len() - behind.len() - 1;
        let bound = names
            .iter()
            .enumerate()
            .filter(|(_, name)| behind.starts_with(&name.written))
            .max_by_key(|(_, name)| name.written.len());
        let tail = bound.and_then(|(_, name)| behind.strip_prefix(&*name.written));
        let length = behind.find(|c| !is_of_name(c)).unwrap_or(behind.len());
        let token = behind.get(..length).unwrap_or_default();
        let mut eaten = None;
        if let (Some((order, name)), Some(tail)) = (bound, tail) {
            let before = names.get(..order).unwrap_or_default();
            let is_part = |other: &&Name| name.written.starts_with(&other.written);
            eaten = before.iter().find(is_part).map(|other| &other.written);
            if !tail.starts_with(is_of_name) {
                out.push_str(&format!("{{{}}}", name.native));
                rest = tail;
                if let Some(other) = eaten {
                    findings.push(trap(at..at + 1 + name.written.len(), other, &name.written));
                }
                continue;
            }
            eaten = Some(&name.written);
        }
        out.push(':');
        rest = behind;
        let place = at..at + 1 + length;
        if let Some(written) = eaten {
            findings.push(trap(place, written, token));
        } else if token.starts_with(|c: char| c.is_ascii_alphabetic()) {
            findings.push((
                place,
                format!(
                    "the source has no placeholder `:{token}`, so that it is sent as it stands"
                ),
                "give the source that placeholder, or write `%3A` for the colon",
            ));
        }
    }
    out.push_str(&pattern::escape(rest));
    (out, findings)
}

fn trap(place: Range<usize>, short: &str, long: &str) -> Finding {
    (
        place,
        format!(
            "the site replaces `:{short}` at the beginning of `:{long}`, and here names are whole"
        ),
        "give the placeholders names of which none begins another",
    )
}

#[cfg(test)]
mod tests {
    use super::{Name, target};

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
            ("/a:", "/a:", 0),
            ("/::id", "/:{id}", 0),
        ] {
            let (native, findings) = target(text, &names);
            assert_eq!((&*native, findings.len()), (expected, said), "{text}");
            for (place, ..) in findings {
                assert!(text[place].starts_with(':'));
            }
        }
    }
}
