//! A text that is read as a whole. Findings point at bytes, and get a line when they are reported.

use std::ops::Range;

#[cfg(feature = "toml")]
use super::loader::Place;
use super::{
    Parsed,
    loader::{Line, Loader, floor_char_boundary},
    spots::{Recorder, Spot},
};
#[cfg(any(feature = "csv", feature = "json"))]
use crate::rules::Part;
use crate::rules::{Finding, FindingCode, Precedence, Rule, finding::SHOWN};

/// A text that is read as a whole, and the rules found in it.
#[derive(Debug)]
pub(super) struct Document<'t> {
    pub(super) text: &'t str,
    loader: Loader,
    /// The source of each rule, if findings about several rules point there.
    sources: Option<Vec<(u32, u32)>>,
    /// The byte that was looked at last, where its line begins, and the number of that line.
    at: usize,
    start: usize,
    number: u32,
    /// A byte of a line, where that line begins, and how many of its characters stand before the
    /// byte.
    column: Column,
}

#[derive(Debug, Default)]
struct Column {
    at: usize,
    start: usize,
    chars: usize,
}

/// The bytes of a line around a place that are looked at: what is shown, in its widest characters.
const AROUND: usize = 4 * SHOWN;

/// The bytes of an entry that errors of its rule are about.
#[cfg(any(feature = "csv", feature = "json"))]
#[derive(Clone, Debug)]
pub(super) struct Places {
    pub(super) entry: Range<usize>,
    /// The path of a source, or all of it.
    pub(super) source: Range<usize>,
    pub(super) host: Range<usize>,
    pub(super) target: Range<usize>,
    pub(super) conditions: Range<usize>,
}

impl<'t> Document<'t> {
    pub(super) fn new(text: &'t str, precedence: Precedence) -> Self {
        Self {
            text,
            loader: Loader::new(precedence).with_entries(),
            sources: None,
            at: 0,
            start: 0,
            number: 1,
            column: Column::default(),
        }
    }

    /// Keeps the sources, because several rules may stand on one line.
    pub(super) fn with_sources(mut self) -> Self {
        self.sources = Some(Vec::new());
        self
    }

    /// Keeps where the targets are.
    pub(super) fn recording(mut self, recorder: Recorder) -> Self {
        self.loader.recorder = recorder;
        self
    }

    /// Says where the target of the rules is that are added next.
    pub(super) fn spot(&self, spot: impl FnOnce() -> Spot) {
        self.loader.spot(spot);
    }

    /// Makes room for all rules of the text.
    pub(super) fn reserve(&mut self) {
        self.loader.reserve(self.text.len());
    }

    /// Begins an entry, and ends the one before.
    pub(super) fn begin_entry(&mut self) {
        self.loader.begin_entry();
    }

    /// Ends an entry, if one has begun.
    pub(super) fn end_entry(&mut self) {
        self.loader.end_entry();
    }

    /// A regex as a rule would have it, where there is room for more of them.
    #[cfg(feature = "regex")]
    pub(super) fn regex(&mut self, text: &str, ignore_case: bool) -> Result<regex::Regex, Finding> {
        self.loader.regex(text, ignore_case)
    }

    /// The number of the line in which a byte stands; near ones are found fast.
    pub(super) fn line_number(&mut self, at: usize) -> u32 {
        let breaks = |text: Option<&str>| {
            let count = text.unwrap_or_default().bytes().filter(|&b| b == b'\n');
            u32::try_from(count.count()).unwrap_or(u32::MAX)
        };
        let text = self.text;
        if at >= self.at {
            let between = text.get(self.at..at);
            self.number = self.number.saturating_add(breaks(between));
            if let Some(line_break) = between.and_then(|between| between.rfind('\n')) {
                self.start = self.at + line_break + 1;
            }
        } else {
            let back = breaks(text.get(at..self.at));
            if back > 0 {
                self.number = self.number.saturating_sub(back);
                let before = text.get(..at).unwrap_or_default();
                self.start = before.rfind('\n').map_or(0, |line_break| line_break + 1);
            }
        }
        self.at = at;
        self.number
    }

    /// The line of some bytes, as far as it is shown, and where in it they stand; those on further
    /// lines are left out.
    fn line(&mut self, bytes: &Range<usize>) -> (Line<'t>, Range<usize>) {
        let number = self.line_number(bytes.start);
        let from = bytes.start.saturating_sub(AROUND).max(self.start);
        let from = floor_char_boundary(self.text, from);
        let end = floor_char_boundary(self.text, bytes.end.max(bytes.start).saturating_add(AROUND));
        let around = self.text.get(from..end).unwrap_or_default();
        let text = around.split('\n').next().unwrap_or_default();
        let text = text.strip_suffix('\r').unwrap_or(text);
        let before = self.chars_before(from);
        let start = bytes.start.saturating_sub(from);
        let end = bytes.end.saturating_sub(from).min(text.len());
        let line = Line {
            number,
            text,
            before,
        };
        (line, start..end.max(start))
    }

    /// How many characters of the line that was looked at last stand before a byte of it.
    fn chars_before(&mut self, at: usize) -> usize {
        let mut column = std::mem::take(&mut self.column);
        if column.start != self.start {
            column = Column {
                at: self.start,
                start: self.start,
                chars: 0,
            };
        }
        let chars =
            |bytes: Range<usize>| self.text.get(bytes).map_or(0, |text| text.chars().count());
        column.chars += chars(column.at..at);
        column.chars = column.chars.saturating_sub(chars(at..column.at));
        column.at = at;
        self.column = column;
        self.column.chars
    }

    /// The same, for what is handed on.
    #[cfg(feature = "toml")]
    pub(super) fn place(&mut self, bytes: &Range<usize>) -> Place<'t> {
        let (line, bytes) = self.line(bytes);
        Place { line, bytes }
    }

    /// Where rules are added by those who know their places.
    #[cfg(feature = "toml")]
    pub(super) fn loader(&mut self) -> &mut Loader {
        &mut self.loader
    }

    /// Reports a problem with these bytes of the text.
    pub(super) fn report(
        &mut self,
        code: FindingCode,
        bytes: &Range<usize>,
        message: &str,
        help: &str,
    ) {
        if self.loader.is_full() {
            return self.loader.omit(code);
        }
        let (line, bytes) = self.line(bytes);
        self.loader.report(code, line, bytes, message, help);
    }

    /// Adds the rule of an entry, or reports what is wrong with it there.
    #[cfg(any(feature = "csv", feature = "json"))]
    pub(super) fn rule(&mut self, places: &Places, rule: Rule) {
        if let Err(error) = self.try_rule(places.entry.start, &places.source, rule) {
            self.report_error(places, &error);
        }
    }

    /// Adds the rule of an entry that begins at this byte, unless something is wrong with it.
    pub(super) fn try_rule(
        &mut self,
        entry: usize,
        source: &Range<usize>,
        rule: Rule,
    ) -> Result<(), Finding> {
        let line = self.line_number(entry);
        self.loader.try_rule(line, rule)?;
        if let Some(sources) = &mut self.sources {
            let byte = |at| u32::try_from(at).unwrap_or(u32::MAX);
            sources.push((byte(source.start), byte(source.end)));
        }
        Ok(())
    }

    /// Reports what is wrong with the part of a rule that has these bytes.
    #[cfg(any(feature = "csv", feature = "json"))]
    pub(super) fn report_in(&mut self, part: &Range<usize>, error: &Finding) {
        if self.loader.is_full() {
            return self.loader.omit(error.code());
        }
        let (line, bytes) = self.line(part);
        self.loader.report_error(line, &bytes, error);
    }

    /// Adds the rule of an entry that begins at this byte, unless an earlier one has the same path
    /// and host. Returns the line of that one.
    pub(super) fn try_first(&mut self, entry: usize, rule: Rule) -> Result<Option<u32>, Finding> {
        let line = self.line_number(entry);
        self.loader.try_first(line, rule)
    }

    #[cfg(any(feature = "csv", feature = "json"))]
    #[cold]
    fn report_error(&mut self, places: &Places, error: &Finding) {
        let part = match error.part() {
            Some(Part::Target) => &places.target,
            Some(Part::Condition) => &places.conditions,
            Some(Part::Source) => &places.source,
            _ => &places.host,
        };
        self.report_in(part, error);
    }

    /// The rules that can serve.
    pub(super) fn finish(mut self) -> Parsed {
        let text = self.text;
        let Some(sources) = self.sources.take() else {
            return self.loader.finish(|| Ok(text.as_bytes()));
        };
        let (rules, errors) = self.loader.build();
        for error in &errors {
            let source = error.rule().and_then(|rule| sources.get(rule as usize));
            let (start, end) = source.copied().unwrap_or_default();
            let byte = |at| usize::try_from(at).unwrap_or(usize::MAX);
            let bytes = byte(start)..byte(end);
            self.report(error.code(), &bytes, error.message(), error.help());
        }
        self.loader.end(rules)
    }

    /// The rules, none where an error is one of the whole file.
    #[cfg(feature = "json")]
    pub(super) fn finish_whole(mut self) -> Parsed {
        self.loader.drop_rules_that_fail();
        self.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::{AROUND, Document, Precedence, floor_char_boundary};

    #[test]
    fn lines_are_found_in_any_order() {
        let text = "a\nbc\r\n\nd";
        let mut document = Document::new(text, Precedence::default());
        for (at, number, line, start) in [
            (7, 4, "d", 0),
            (0, 1, "a", 0),
            (3, 2, "bc", 1),
            (6, 3, "", 0),
            (2, 2, "bc", 0),
            (8, 4, "d", 1),
        ] {
            let (found, span) = document.line(&(at..text.len()));
            assert_eq!(
                (found.number, found.text, span.start),
                (number, line, start)
            );
        }
    }

    #[test]
    fn of_a_long_line_a_part_is_looked_at() {
        let text = "a\u{e9}\u{4e16}\u{1f600}\r".repeat(10_000) + "\n" + &"\u{e9}b".repeat(20_000);
        let mut document = Document::new(&text, Precedence::default());
        // Forth and back, and from one line to the other.
        let (mut at, mut looked) = (0, 0);
        for step in 0..2_000 {
            at = (at + [7_919, 101, text.len() - 211][step % 3]) % text.len();
            let start = floor_char_boundary(&text, at);
            let (found, span) = document.line(&(start..start + 5));
            looked += found.text.len();

            let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
            let line = &text[line_start..];
            let column = found.before + found.text[..span.start].chars().count();
            assert_eq!(column, text[line_start..start].chars().count());
            assert_eq!(found.number, 1 + u32::from(line_start > 0));
            assert!(line.split('\n').next().unwrap().contains(found.text));
            assert!(
                text[start..].starts_with(&found.text[span.start..])
                    || text[start..].starts_with('\n')
            );
        }
        assert!(looked <= 2_000 * (2 * AROUND + 16), "{looked}");
    }
}
