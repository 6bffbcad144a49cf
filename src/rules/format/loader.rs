//! What all dialects do with a line: a rule, or something to be said about it.

use std::ops::Range;

use super::Parsed;
#[cfg(feature = "regex")]
use crate::rules::error::Flaw;
use crate::rules::{
    Diagnostic, Diagnostics, Part, Precedence, Rule, RuleError, RulesBuilder, Severity,
};

/// The longest part of a line that is shown.
const SHOWN: usize = 120;

/// Collects the rules of a file and what is to be said about it.
#[derive(Debug, Default)]
pub(super) struct Loader {
    builder: RulesBuilder,
    said: Diagnostics,
}

/// A line of a file, counted from 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'l> {
    pub(super) number: u32,
    pub(super) text: &'l str,
}

/// Bytes of a line.
#[derive(Clone, Debug)]
pub(super) struct Place<'l> {
    pub(super) line: Line<'l>,
    pub(super) bytes: Range<usize>,
}

impl<'l> Line<'l> {
    /// What stands between white space.
    pub(super) fn words(self) -> impl Iterator<Item = Place<'l>> {
        let is_space = |c: char| c.is_whitespace() || c == '\u{feff}';
        let mut at = 0;
        std::iter::from_fn(move || {
            let start = at + self.text.get(at..)?.find(|c| !is_space(c))?;
            let word = self.text.get(start..)?;
            at = start + word.find(is_space).unwrap_or(word.len());
            Some(Place {
                line: self,
                bytes: start..at,
            })
        })
    }
}

impl<'l> Place<'l> {
    pub(super) fn text(&self) -> &'l str {
        self.line.text.get(self.bytes.clone()).unwrap_or_default()
    }
}

impl Loader {
    pub(super) fn new(precedence: Precedence) -> Self {
        Self {
            builder: RulesBuilder::default().precedence(precedence),
            said: Diagnostics::default(),
        }
    }

    /// A regex as a rule would have it, where there is room for more of them.
    #[cfg(feature = "regex")]
    pub(super) fn regex(&self, text: &str, ignore_case: bool) -> Result<regex::Regex, Flaw> {
        self.builder.regex(text, ignore_case)
    }

    /// Makes room for a file of so many bytes.
    pub(super) fn reserve(&mut self, bytes: usize) {
        self.builder.reserve(bytes);
    }

    /// Adds the rule of a source and a target; what is wrong with it is said there.
    pub(super) fn rule_at(&mut self, source: &Place<'_>, target: &Place<'_>, rule: Rule) {
        if let Err(error) = self.builder.try_line(source.line.number, rule) {
            self.wrong(source, target, &error);
        }
    }

    /// Adds a rule and takes out an earlier one that says the same; gives the line of that.
    pub(super) fn last_copy(
        &mut self,
        source: &Place<'_>,
        target: &Place<'_>,
        rule: Rule,
    ) -> Option<u32> {
        let added = self.builder.try_line_again(source.line.number, rule);
        added.unwrap_or_else(|error| {
            self.wrong(source, target, &error);
            None
        })
    }

    /// Adds the rule of a line, unless there is one for the same path and host; gives the line of that.
    pub(super) fn try_first(&mut self, line: u32, rule: Rule) -> Result<Option<u32>, RuleError> {
        self.builder.try_line_once(line, rule)
    }

    /// Adds the rule of a line, where nothing is wrong with it.
    pub(super) fn try_rule(&mut self, line: u32, rule: Rule) -> Result<(), RuleError> {
        self.builder.try_line(line, rule)
    }

    fn wrong(&mut self, source: &Place<'_>, target: &Place<'_>, error: &RuleError) {
        let Place { line, bytes } = match error.part() {
            Part::Target => target,
            _ => source,
        };
        self.say_error(*line, bytes, error);
    }

    /// Says what is wrong with the part of a rule that stands at these bytes of a line.
    pub(super) fn say_error(&mut self, line: Line<'_>, span: &Range<usize>, error: &RuleError) {
        // What the dialect writes otherwise moves the place a little; it stays in its part.
        let behind = match error.part() {
            Part::Source | Part::Target => error.position(),
            _ => 0,
        };
        let start = (span.start + behind).min(span.end.saturating_sub(1));
        let start = floor_char_boundary(line.text, start).max(span.start);
        let (message, cure) = error
            .sentence()
            .split_once("; ")
            .unwrap_or((error.sentence(), ""));
        self.say(Severity::Error, line, start..span.end, message, cure);
    }

    /// Says something about a place.
    pub(super) fn say_at(
        &mut self,
        severity: Severity,
        place: &Place<'_>,
        message: &str,
        cure: &str,
    ) {
        self.say(severity, place.line, place.bytes.clone(), message, cure);
    }

    /// Says something about bytes of a line.
    pub(super) fn say(
        &mut self,
        severity: Severity,
        line: Line<'_>,
        bytes: Range<usize>,
        message: &str,
        cure: &str,
    ) {
        self.said.push(severity, || {
            let chars = |end: usize| line.text.get(..end).map_or(0, |text| text.chars().count());
            let (start, end) = (chars(bytes.start), chars(bytes.end));
            let skipped = if end > SHOWN {
                start.saturating_sub(SHOWN / 2)
            } else {
                0
            };
            Diagnostic {
                severity,
                line: line.number,
                start,
                end: end.max(start + 1),
                snippet: line
                    .text
                    .chars()
                    .skip(skipped)
                    .take(SHOWN)
                    .collect::<String>()
                    .into(),
                skipped,
                message: message.into(),
                cure: cure.into(),
            }
        });
    }

    /// The rules that can serve, none where an error is one of the whole file.
    #[cfg(feature = "json")]
    pub(super) fn finish_whole(mut self) -> Parsed {
        if self.said.has_errors() {
            self.builder = RulesBuilder::default();
        }
        self.finish()
    }

    /// The rules that can serve.
    pub(super) fn finish(self) -> Parsed {
        let (rules, errors) = self.builder.build_what_is_right();
        let mut diagnostics = self.said;
        // What is wrong with one rule was said where it stands; these are wrong together.
        for error in errors {
            let (message, cure) = error
                .sentence()
                .split_once("; ")
                .unwrap_or((error.sentence(), ""));
            diagnostics.push(Severity::Error, || Diagnostic {
                severity: Severity::Error,
                line: rules.table.lines.get(error.rule()).unwrap_or_default(),
                start: 0,
                end: error.text().chars().count().max(1),
                snippet: error.text().into(),
                skipped: 0,
                message: message.into(),
                cure: cure.into(),
            });
        }
        diagnostics.list.sort_by_key(|one| (one.line, one.start));
        Parsed { rules, diagnostics }
    }
}

/// The character of a text that this byte belongs to.
pub(super) fn floor_char_boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or_default()
}
