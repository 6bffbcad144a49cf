//! Collects the rules of a file, and the findings about it, for every format.

use std::{
    collections::{BTreeMap, HashSet},
    io::{self, BufRead},
    ops::Range,
};

use super::{
    Parsed,
    spots::{Recorder, Spot},
};
use crate::rules::{
    Finding, FindingCode, Findings, Part, Precedence, Rule, Rules, RulesBuilder, Severity,
    finding::Excerpt, summary::Skipped,
};

pub(super) const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Collects the rules of a file and the findings about it.
#[derive(Debug, Default)]
pub(super) struct Loader {
    builder: RulesBuilder,
    findings: Findings,
    /// The lines whose source ends in a slash that makes no difference.
    slashed: HashSet<u32>,
    /// Whether there are errors but those of loops, whose rules go and leave the others.
    fails: bool,
    skipped: Skipped,
    /// How many rules and findings there were before the line or entry that is being read.
    before: Option<(u32, usize)>,
    /// Where the targets are, if the file is read to be rewritten.
    pub(super) recorder: Recorder,
}

/// A line of a file, counted from 1, or the part of it that a finding is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'l> {
    pub(super) number: u32,
    pub(super) text: &'l str,
    /// How many characters of the line are missing in front.
    pub(super) before: usize,
}

/// Bytes of a line.
#[derive(Clone, Debug)]
pub(super) struct Place<'l> {
    pub(super) line: Line<'l>,
    pub(super) bytes: Range<usize>,
}

/// What is wrong with a part of a line, so the line is left out.
pub(super) struct LeftOut<'l> {
    code: FindingCode,
    place: Place<'l>,
    message: String,
    help: &'static str,
}

impl<'l> Line<'l> {
    pub(super) const fn new(number: u32, text: &'l str) -> Self {
        let before = 0;
        Self {
            number,
            text,
            before,
        }
    }

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

    /// Returns a part of a text that is in the file as it is, or almost.
    pub(super) fn part(&self, part: &Range<usize>) -> Self {
        let end = self.bytes.end;
        let start = (self.bytes.start + part.start).min(end);
        let start = floor_char_boundary(self.line.text, start);
        Self {
            line: self.line,
            bytes: start..(self.bytes.start + part.end).min(end),
        }
    }

    /// Returns the reason to leave out the line.
    pub(super) fn wrong(
        &self,
        code: FindingCode,
        message: impl Into<String>,
        help: &'static str,
    ) -> LeftOut<'l> {
        LeftOut {
            code,
            place: self.clone(),
            message: message.into(),
            help,
        }
    }
}

impl Loader {
    pub(super) fn new(precedence: Precedence) -> Self {
        Self {
            builder: RulesBuilder::default().precedence(precedence),
            findings: Findings::default(),
            slashed: HashSet::new(),
            fails: false,
            skipped: Skipped::default(),
            before: None,
            recorder: None,
        }
    }

    /// Says where the target of the rules is that are added next.
    pub(super) fn spot(&self, spot: impl FnOnce() -> Spot) {
        if let Some(spots) = &self.recorder {
            spots.borrow_mut().next = Some(spot());
        }
    }

    /// Returns the line that a rule has in the table.
    fn line(&self, line: u32, rule: &Rule) -> u32 {
        match &self.recorder {
            None => line,
            Some(spots) => spots.borrow_mut().number(line, rule),
        }
    }

    /// Counts entries instead of lines.
    pub(super) const fn with_entries(mut self) -> Self {
        self.skipped.are_entries = true;
        self
    }

    /// Begins a line or an entry, and ends the one before.
    pub(super) fn begin_entry(&mut self) {
        self.end_entry();
        if let Some(spots) = &self.recorder {
            // An entry must not get the target of the entry before it.
            spots.borrow_mut().next = None;
        }
        self.before = Some((self.builder.count(), self.findings.count_all()));
    }

    /// Ends a line or an entry. It is skipped if it has findings but no rule.
    pub(super) fn end_entry(&mut self) {
        if let Some((rules, findings)) = self.before.take() {
            let is_skipped = self.builder.count() == rules && self.findings.count_all() > findings;
            self.skipped.count += u32::from(is_skipped);
        }
    }

    /// A regex as a rule would have it, where there is room for more of them.
    #[cfg(feature = "regex")]
    pub(super) fn regex(&mut self, text: &str, ignore_case: bool) -> Result<regex::Regex, Finding> {
        self.builder.regex(text, ignore_case)
    }

    /// Makes room for a file of so many bytes.
    pub(super) fn reserve(&mut self, bytes: usize) {
        self.builder.reserve(bytes);
    }

    /// Adds the rule of a source and a target, or reports what is wrong with it there.
    pub(super) fn rule_at(&mut self, source: &Place<'_>, target: &Place<'_>, rule: Rule) {
        if let Err(error) = self.try_rule(source.line.number, rule) {
            self.report_at_part(source, target, &error);
        }
    }

    /// Adds a rule and takes out an earlier one that says the same; gives the line of that, unless
    /// the two only differ in a slash at the end.
    pub(super) fn last_copy(
        &mut self,
        source: &Place<'_>,
        target: &Place<'_>,
        rule: Rule,
    ) -> Option<u32> {
        let line = source.line.number;
        let is_slashed = source.text().ends_with('/');
        if is_slashed {
            self.slashed.insert(line);
        }
        let number = self.line(line, &rule);
        let added = self.builder.try_line_again(number, rule);
        let before = added.unwrap_or_else(|error| {
            self.report_at_part(source, target, &error);
            None
        });
        before.filter(|before| self.slashed.contains(before) == is_slashed)
    }

    /// Adds the rule of a line, unless there is one for the same path and host; gives the line of
    /// that.
    pub(super) fn try_first(&mut self, line: u32, rule: Rule) -> Result<Option<u32>, Finding> {
        let line = self.line(line, &rule);
        self.builder.try_line_once(line, rule)
    }

    /// Adds the rule of a line, where nothing is wrong with it.
    pub(super) fn try_rule(&mut self, line: u32, rule: Rule) -> Result<(), Finding> {
        let line = self.line(line, &rule);
        self.builder.try_line(line, rule)
    }

    /// Adds the native rule of a line.
    pub(super) fn try_native(&mut self, line: u32, rule: Rule) -> Result<(), Finding> {
        let line = self.line(line, &rule);
        self.builder.try_native_line(line, rule)
    }

    fn report_at_part(&mut self, source: &Place<'_>, target: &Place<'_>, error: &Finding) {
        let Place { line, bytes } = match error.part() {
            Some(Part::Target) => target,
            _ => source,
        };
        // The message about a loop has the target as the file writes it.
        let in_file = error
            .code()
            .is_loop()
            .then(|| Finding::to_itself(target.text()));
        self.report_error(*line, bytes, in_file.as_ref().unwrap_or(error));
    }

    /// Reports what is wrong with the part of a rule that has these bytes of a line.
    pub(super) fn report_error(&mut self, line: Line<'_>, part: &Range<usize>, error: &Finding) {
        // What the format writes otherwise moves the position a little; it stays in its part.
        let position = match error.part() {
            Some(Part::Source | Part::Target) => error.position().unwrap_or_default(),
            _ => 0,
        };
        let start = (part.start + position).min(part.end.saturating_sub(1));
        let start = floor_char_boundary(line.text, start).max(part.start);
        self.report_again(line, start..part.end, error);
    }

    /// Reports an error of a rule at exactly these bytes of a line.
    pub(super) fn report_again(&mut self, line: Line<'_>, bytes: Range<usize>, error: &Finding) {
        self.report(error.code(), line, bytes, error.message(), error.help());
    }

    /// Returns `true` if further findings are only counted.
    pub(super) fn is_full(&self) -> bool {
        self.findings.is_full()
    }

    /// Counts a finding that isn't kept.
    pub(super) fn omit(&mut self, code: FindingCode) {
        self.findings.omit(code);
        self.fails |= fails(code);
    }

    /// Reports a problem with a word, or with other bytes of a line.
    pub(super) fn report_at(
        &mut self,
        code: FindingCode,
        place: &Place<'_>,
        message: &str,
        help: &str,
    ) {
        self.report(code, place.line, place.bytes.clone(), message, help);
    }

    /// Reports why a line is left out.
    pub(super) fn leave_out(&mut self, left_out: &LeftOut<'_>) {
        let LeftOut {
            code,
            place,
            message,
            help,
        } = left_out;
        self.report_at(*code, place, message, help);
    }

    /// Reports a problem with these bytes of a line.
    pub(super) fn report(
        &mut self,
        code: FindingCode,
        line: Line<'_>,
        bytes: Range<usize>,
        message: &str,
        help: &str,
    ) {
        self.fails |= fails(code);
        self.findings.push(code, || {
            let excerpt = Excerpt::new(line.number, line.text, line.before, bytes);
            Finding::new(code, message.to_owned(), help.to_owned()).on_line(excerpt)
        });
    }

    /// Forgets all rules if an error is one of the whole file.
    #[cfg(feature = "json")]
    pub(super) fn drop_rules_that_fail(&mut self) {
        if self.fails {
            self.end_entry();
            self.skipped.count += self.builder.count();
            self.builder = RulesBuilder::default();
        }
    }

    /// The rules that can serve, and what is wrong with others together.
    pub(super) fn build(&mut self) -> (Rules, Vec<Finding>) {
        self.end_entry();
        let added = self.builder.count();
        let (rules, errors) = std::mem::take(&mut self.builder).build_what_is_right();
        // Earlier copies of a rule are gone, too.
        let left = u32::try_from(rules.len()).unwrap_or(added);
        self.skipped.count += added.saturating_sub(left);
        (rules, errors)
    }

    /// Returns the rules and the findings.
    pub(super) fn end(self, rules: Rules) -> Parsed {
        let mut findings = self.findings;
        findings.list.sort_by_key(|one| (one.line(), one.column()));
        if rules.is_empty() && self.skipped.count > 0 && !findings.has_errors() {
            let message = format!(
                "every {} is skipped, so this file has no rule",
                self.skipped.noun()
            );
            let help = "fix one of them, or remove them if nothing should be redirected";
            findings.push_front(Finding::new(FindingCode::NoRules, message, help));
        }
        let rules = match self.skipped.count {
            0 => rules,
            _ => rules.with_skipped(self.skipped),
        };
        Parsed { rules, findings }
    }

    /// The rules that can serve; the file is asked for once more only where its rules are wrong
    /// together.
    pub(super) fn finish<R: BufRead>(mut self, file: impl FnOnce() -> io::Result<R>) -> Parsed {
        let (rules, errors) = self.build();
        // Errors of a single rule have been reported.
        let mut together: BTreeMap<u32, Vec<&Finding>> = BTreeMap::new();
        for error in &errors {
            let line = error.line().unwrap_or_default();
            together.entry(line).or_default().push(error);
        }
        if !together.is_empty() {
            // Where it is gone, the lines are told by their numbers alone.
            let _ = file().and_then(|file| self.report_together(file, &mut together));
        }
        for (number, errors) in together {
            self.report_whole(Line::new(number, ""), &errors);
        }
        self.end(rules)
    }

    /// Reports what is wrong with the rules of these lines, and removes the lines that it finds.
    fn report_together(
        &mut self,
        file: impl BufRead,
        wrong: &mut BTreeMap<u32, Vec<&Finding>>,
    ) -> io::Result<()> {
        for (number, line) in (1..).zip(file.split(b'\n')) {
            if wrong.is_empty() {
                break;
            }
            let line = line?;
            if let Some(errors) = wrong.remove(&number) {
                let text = &*String::from_utf8_lossy(&line);
                let text = text.strip_suffix('\r').unwrap_or(text);
                let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
                self.report_whole(Line::new(number, text), &errors);
            }
        }
        Ok(())
    }

    /// Reports what is wrong with a line as a whole.
    fn report_whole(&mut self, line: Line<'_>, errors: &[&Finding]) {
        let text = line.text.trim_end();
        let start = text.len() - text.trim_start().len();
        for error in errors {
            self.report_again(line, start..text.len(), error);
        }
    }
}

/// Returns `true` for an error that fails a file whose format is read as a whole or not at all. A
/// loop costs only its own rule.
fn fails(code: FindingCode) -> bool {
    code.severity() == Severity::Error && !code.is_loop()
}

/// The character of a text that this byte belongs to.
pub(super) fn floor_char_boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or_default()
}
