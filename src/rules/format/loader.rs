//! What all dialects do with a line: a rule, or something to be said about it.

use std::ops::Range;

use super::Parsed;
use crate::rules::{Diagnostic, Diagnostics, Part, Precedence, Rule, RulesBuilder, Severity};

/// The longest part of a line that is shown.
const SHOWN: usize = 120;

/// Collects the rules of a file and what is to be said about it.
#[derive(Debug, Default)]
pub(super) struct Loader {
    builder: RulesBuilder,
    list: Vec<Diagnostic>,
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
            list: Vec::new(),
        }
    }

    /// Makes room for a file of so many bytes.
    pub(super) fn reserve(&mut self, bytes: usize) {
        self.builder.reserve(bytes);
    }

    /// Adds the rule of a line; what is wrong with it is said there.
    pub(super) fn rule(&mut self, line: Line<'_>, spans: &Spans, rule: Rule) {
        if let Err(error) = self.builder.try_line(line.number, rule) {
            let span = match error.part() {
                Part::Target => spans.target.clone(),
                _ => spans.source.clone(),
            };
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

    /// The rules that can serve.
    pub(super) fn finish(self) -> Parsed {
        let (rules, errors) = self.builder.build_what_is_right();
        let mut list = self.list;
        // What is wrong with one rule was said where it stands; these are wrong together.
        list.extend(errors.iter().map(|error| {
            let (message, cure) = error
                .sentence()
                .split_once("; ")
                .unwrap_or((error.sentence(), ""));
            Diagnostic {
                severity: Severity::Error,
                line: rules.lines.get(error.rule()).unwrap_or_default(),
                start: 0,
                end: error.text().chars().count().max(1),
                snippet: error.text().into(),
                skipped: 0,
                message: message.into(),
                cure: cure.into(),
            }
        }));
        list.sort_by_key(|one| (one.line, one.start));
        Parsed {
            rules,
            diagnostics: Diagnostics { file: None, list },
        }
    }
}
