//! Compares the value of a parameter, a header or a cookie.

use std::borrow::Cow;

use super::{
    capture::Captures,
    parameters::{means, plain},
};

/// A [`ValueMatcher`](super::condition::ValueMatcher) with its regexes compiled.
#[derive(Clone, Debug)]
pub(super) struct CompiledMatcher {
    pub(super) one_of: Option<Box<[Box<str>]>>,
    #[cfg(feature = "regex")]
    pub(super) regexes: Box<[CompiledRegex]>,
    /// How many names capture the value.
    pub(super) captures: usize,
    pub(super) rejects_empty: bool,
}

#[cfg(feature = "regex")]
#[derive(Clone, Debug)]
pub(super) struct CompiledRegex {
    pub(super) regex: regex::Regex,
    pub(super) has_names: bool,
}

impl CompiledMatcher {
    #[cfg(feature = "regex")]
    fn has_regex(&self) -> bool {
        !self.regexes.is_empty()
    }

    #[cfg(not(feature = "regex"))]
    #[expect(clippy::unused_self, reason = "with the feature it is used")]
    const fn has_regex(&self) -> bool {
        false
    }

    /// Returns the list of values if nothing else is required.
    pub(super) fn only_listed(&self) -> Option<&[Box<str>]> {
        let values = self.one_of.as_deref()?;
        (self.captures == 0 && !self.has_regex()).then_some(values)
    }

    /// Returns `false` if no value of the list matches.
    pub(super) fn can_match(&self) -> bool {
        let can_match = |values: &[Box<str>]| values.iter().any(|value| self.is_met_by(value));
        self.one_of.as_deref().is_none_or(can_match)
    }

    /// Returns `true` if all regexes match.
    #[cfg(feature = "regex")]
    fn is_match(&self, value: &str) -> bool {
        self.regexes.iter().all(|one| one.regex.is_match(value))
    }

    #[cfg(not(feature = "regex"))]
    #[expect(clippy::unused_self, reason = "with the feature it is used")]
    const fn is_match(&self, _: &str) -> bool {
        true
    }

    /// Tries a query parameter as received, and captures it if it matches.
    pub(super) fn admits_parameter<'a>(&self, value: &'a str, captures: &mut Captures<'a>) -> bool {
        if let Some(values) = &self.one_of {
            if !values.iter().any(|one| means(value, one)) {
                return false;
            }
        }
        if self.rejects_empty && value.is_empty() {
            return false;
        }
        if self.has_regex() {
            let plain = plain(value);
            if !self.is_match(&plain) {
                return false;
            }
            self.capture_text(value, captures);
            self.capture_groups(&plain, captures);
        } else {
            // The redirect sends a captured parameter as received.
            self.capture_text(value, captures);
        }
        true
    }

    /// Tries a value that lives as long as the request, and captures it if it matches.
    pub(super) fn admits<'a>(&self, value: Cow<'a, str>, captures: &mut Captures<'a>) -> bool {
        let is_met = self.is_met_by(&value);
        if is_met {
            self.capture(value, captures);
        }
        is_met
    }

    /// Tries a value that doesn't live as long, and captures it if it matches.
    pub(super) fn admits_text(&self, value: &str, captures: &mut Captures<'_>) -> bool {
        let is_met = self.is_met_by(value);
        if is_met && (self.captures > 0 || self.has_regex()) {
            self.capture(Cow::Owned(value.to_owned()), captures);
        }
        is_met
    }

    fn is_met_by(&self, value: &str) -> bool {
        let is_listed = |values: &[Box<str>]| values.iter().any(|one| **one == *value);
        self.one_of.as_deref().is_none_or(is_listed)
            && !(self.rejects_empty && value.is_empty())
            && self.is_match(value)
    }

    fn capture<'a>(&self, value: Cow<'a, str>, captures: &mut Captures<'a>) {
        match value {
            Cow::Borrowed(text) => {
                self.capture_text(text, captures);
                self.capture_groups(text, captures);
            }
            Cow::Owned(text) => {
                for _ in 0..self.captures {
                    captures.push(text.clone());
                }
                self.capture_groups(&text, captures);
            }
        }
    }

    /// Captures a part of the request, which isn't copied.
    fn capture_text<'a>(&self, text: &'a str, captures: &mut Captures<'a>) {
        for _ in 0..self.captures {
            captures.push(text);
        }
    }

    /// Captures what the named groups of the regexes match.
    #[cfg(feature = "regex")]
    fn capture_groups(&self, value: &str, captures: &mut Captures<'_>) {
        // Searching for groups allocates, so this happens only if there are any.
        for CompiledRegex { regex, .. } in self.regexes.iter().filter(|one| one.has_names) {
            let found = regex.captures(value);
            for name in regex.capture_names().flatten() {
                let group = found.as_ref().and_then(|found| found.name(name));
                captures.push(group.map_or("", |group| group.as_str()).to_owned());
            }
        }
    }

    #[cfg(not(feature = "regex"))]
    #[expect(clippy::unused_self, reason = "with the feature it is used")]
    const fn capture_groups(&self, _: &str, _: &mut Captures<'_>) {}
}
