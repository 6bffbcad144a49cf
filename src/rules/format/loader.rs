//! What all dialects do with a line: a rule, or something to be said about it.

use std::ops::Range;

use super::Parsed;
use crate::rules::{
    Diagnostic, Diagnostics, Part, Precedence, Rule, RuleError, RulesBuilder, Severity,
};

/// The longest part of a line that is shown.
const SHOWN: usize = 120;

/// The most that is said about one file.
const MOST: usize = 1000;

/// Collects the rules of a file and what is to be said about it.
#[derive(Debug, Default)]
pub(super) struct Loader {
    builder: RulesBuilder,
    list: Vec<Diagnostic>,
    errors: bool,
    /// How much was found beyond what is kept.
    unsaid: u64,
}

/// A line of a file, counted from 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'l> {
    pub(super) number: u32,
    pub(super) text: &'l str,
}

/// Where source and target stand in their line, in bytes.
#[derive(Clone, Debug)]
pub(super) struct Spans {
    pub(super) source: Range<usize>,
    pub(super) target: Range<usize>,
}

impl Loader {
    pub(super) fn new(precedence: Precedence) -> Self {
        Self {
            builder: RulesBuilder::default().precedence(precedence),
            ..Self::default()
        }
    }

    /// Makes room for a file of so many bytes.
    pub(super) fn reserve(&mut self, bytes: usize) {
        self.builder.reserve(bytes);
    }

    /// Adds the rule of a line; what is wrong with it is said there.
    pub(super) fn rule(&mut self, line: Line<'_>, spans: &Spans, rule: Rule) {
        if let Err(error) = self.try_rule(line.number, rule) {
            let span = match error.part() {
                Part::Target => spans.target.clone(),
                _ => spans.source.clone(),
            };
            self.say_error(line, &span, &error);
        }
    }

    /// Adds the rule of a line, where nothing is wrong with it.
    pub(super) fn try_rule(&mut self, line: u32, rule: Rule) -> Result<(), RuleError> {
        self.builder.try_line(line, rule)
    }

    /// Says what is wrong with the part of a rule that stands at these bytes of a line.
    pub(super) fn say_error(&mut self, line: Line<'_>, span: &Range<usize>, error: &RuleError) {
        // What the dialect writes otherwise moves the place a little; it stays in its part.
        let start = (span.start + error.position()).min(span.end.saturating_sub(1));
        let (message, cure) = error
            .sentence()
            .split_once("; ")
            .unwrap_or((error.sentence(), ""));
        self.say(
            Severity::Error,
            line,
            start.max(span.start)..span.end,
            message,
            cure,
        );
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
        self.errors |= severity == Severity::Error;
        if self.list.len() >= MOST {
            self.unsaid += 1;
            return;
        }
        let chars = |end: usize| line.text.get(..end).map_or(0, |text| text.chars().count());
        let (start, end) = (chars(bytes.start), chars(bytes.end));
        let skipped = if end > SHOWN {
            start.saturating_sub(SHOWN / 2)
        } else {
            0
        };
        self.list.push(Diagnostic {
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
        });
    }

    /// The rules that can serve, none where an error is one of the whole file.
    #[cfg(feature = "json")]
    pub(super) fn finish_whole(mut self) -> Parsed {
        if self.errors {
            self.builder = RulesBuilder::default();
        }
        self.finish()
    }

    /// The rules that can serve.
    pub(super) fn finish(mut self) -> Parsed {
        let (rules, errors) = std::mem::take(&mut self.builder).build_what_is_right();
        let mut list = self.list;
        list.sort_by_key(|one| (one.line, one.start));
        let about_all = |severity, text: &str, cure: &str| Diagnostic {
            severity,
            line: 0,
            start: 0,
            end: 1,
            snippet: "".into(),
            skipped: 0,
            message: text.into(),
            cure: cure.into(),
        };
        for error in errors {
            let (message, cure) = error.sentence().split_once("; ").unwrap_or_default();
            list.push(about_all(Severity::Error, message, cure));
        }
        if self.unsaid > 0 {
            let severity = if self.errors {
                Severity::Error
            } else {
                Severity::Warning
            };
            let text = format!("{} more findings are not shown", self.unsaid);
            list.push(about_all(
                severity,
                &text,
                "mend the first ones and read the file again",
            ));
        }
        Parsed {
            rules,
            diagnostics: Diagnostics { file: None, list },
        }
    }
}
