//! Which line of which file each rule stands on.

use std::{fmt, sync::Arc};

use super::{RuleNumber, summary::Skipped};
use crate::observe::escaped::Escaped;

/// The lines and the files of the rules, one entry for each run of rules on lines that follow each
/// other, and one for each run of rules of one file.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    /// The number of the first rule of a run, and its line; 0 for rules that stand on none.
    runs: Vec<(RuleNumber, u32)>,
    /// The same for the names of files; `None` for rules of no file.
    files: Vec<(RuleNumber, Option<Arc<str>>)>,
    /// What of the files has no rule.
    pub(super) skipped: Skipped,
}

impl Lines {
    /// Sets the file of all rules.
    pub(super) fn in_file(&mut self, name: &str) {
        self.files = vec![(RuleNumber(0), Some(name.into()))];
    }

    /// The file of a rule, `None` where none was named.
    pub(super) fn file(&self, number: RuleNumber) -> Option<&Arc<str>> {
        let behind = self.files.partition_point(|(first, _)| *first <= number);
        self.files.get(behind.checked_sub(1)?)?.1.as_ref()
    }

    /// Whether rules stand in more than one file, so that a line alone doesn't name a rule.
    pub(super) fn has_files(&self) -> bool {
        let mut names = self.files.iter().filter_map(|(_, file)| file.as_ref());
        let first = names.next();
        names.any(|file| Some(file) != first)
    }

    /// Adds a rule, whose number is higher than those before, as it stands among others; `None` for
    /// one that stands nowhere.
    pub(super) fn push_as(&mut self, number: RuleNumber, other: Option<(&Self, RuleNumber)>) {
        let line = other.and_then(|(lines, number)| lines.get(number));
        if self.get(number) != line {
            self.runs.push((number, line.unwrap_or_default()));
        }
        let file = other.and_then(|(lines, number)| lines.file(number));
        if self.file(number) != file {
            self.files.push((number, file.cloned()));
        }
    }

    /// Adds a rule, whose number is higher than those before.
    pub(super) fn push(&mut self, number: RuleNumber, line: u32) {
        self.push_run(number, line);
    }

    /// The lines of the rules that are left, where those with these numbers, in their order, are
    /// gone and the others are numbered anew.
    pub(super) fn without(&self, gone: &[RuleNumber]) -> Self {
        let mut left = Self {
            skipped: self.skipped,
            ..Self::default()
        };
        for (at, (first, line)) in self.runs.iter().enumerate() {
            let end = (self.runs.get(at + 1)).map_or(RuleNumber::MAX, |(first, _)| *first);
            let before = gone.partition_point(|number| number < first);
            let line_of = |number: RuleNumber| match line {
                0 => 0,
                line => line + (number.0 - first.0),
            };
            let mut next = first.less(before);
            let mut from = *first;
            let inside = gone.get(before..).unwrap_or_default();
            for number in inside.iter().take_while(|number| **number < end) {
                if *number > from {
                    left.push_run(next, line_of(from));
                    next.0 += number.0 - from.0;
                }
                from = RuleNumber(number.0 + 1);
            }
            if from < end {
                left.push_run(next, line_of(from));
            }
        }
        left.files.extend(self.files.iter().map(|(first, file)| {
            let before = gone.partition_point(|number| number < first);
            (first.less(before), file.clone())
        }));
        left
    }

    fn push_run(&mut self, number: RuleNumber, line: u32) {
        if self.get(number).unwrap_or_default() != line {
            self.runs.push((number, line));
        }
    }

    /// How messages name a rule.
    pub(super) const fn place(&self, number: RuleNumber) -> RulePlace<'_> {
        let lines = self;
        RulePlace { lines, number }
    }

    /// The line of a rule, `None` where none was read from a file.
    pub(super) fn get(&self, number: RuleNumber) -> Option<u32> {
        let behind = self.runs.partition_point(|(first, _)| *first <= number);
        let (first, line) = self.runs.get(behind.checked_sub(1)?)?;
        (*line > 0).then(|| line + (number.0 - first.0))
    }
}

/// A rule for people: by its line, with the file if there are several, or by its number.
#[derive(Clone, Copy, Debug)]
pub(super) struct RulePlace<'l> {
    lines: &'l Lines,
    number: RuleNumber,
}

impl fmt::Display for RulePlace<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.lines.file(self.number);
        let file = file.filter(|_| self.lines.has_files());
        match (self.lines.get(self.number), file) {
            (Some(line), Some(file)) => write!(f, "line {line} of `{}`", Escaped(file)),
            (Some(line), None) => write!(f, "line {line}"),
            (None, _) => write!(f, "rule {}", self.number.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Lines, RuleNumber};

    fn numbers() -> impl Iterator<Item = RuleNumber> {
        (0..).map(RuleNumber)
    }

    #[test]
    fn what_is_left_is_numbered_anew() {
        let lines = [3, 4, 5, 6, 9, 10, 10, 12];
        for gone in 0_u32..1 << lines.len() {
            let mut all = Lines::default();
            for (number, line) in numbers().zip(lines) {
                all.push(number, line);
            }
            let removed = numbers().take(8).filter(|number| gone >> number.0 & 1 == 1);
            let removed: Vec<_> = removed.collect();
            let left = all.without(&removed);
            let expected = (0..8).filter(|at| gone >> at & 1 == 0);
            for (number, old) in numbers().zip(expected) {
                assert_eq!(left.get(number), Some(lines[old]), "{removed:?}");
            }
        }
    }

    #[test]
    fn rules_of_several_files_keep_their_places() {
        let file = |name: &str, line| {
            let mut lines = Lines::default();
            lines.push(RuleNumber(0), line);
            lines.in_file(name);
            lines
        };
        let (a, b) = (file("a", 7), file("b", 8));
        let mut all = Lines::default();
        let others = [None, Some((&a, 0)), Some((&a, 1)), Some((&b, 0)), None];
        for (number, other) in numbers().zip(others) {
            all.push_as(number, other.map(|(lines, at)| (lines, RuleNumber(at))));
        }
        let expected = [None, Some(("a", 7)), Some(("a", 8)), Some(("b", 8)), None];
        let place = |lines: &Lines, number| lines.file(number).cloned().zip(lines.get(number));
        for (number, expected) in numbers().zip(expected) {
            let expected = expected.map(|(file, line)| (file.into(), line));
            assert_eq!(place(&all, number), expected, "{number:?}");
        }
        assert!(all.has_files() && !a.has_files() && !Lines::default().has_files());
        // Without the rules 1 and 3.
        let left = all.without(&[1, 3].map(RuleNumber));
        assert_eq!(place(&left, RuleNumber(0)), None);
        assert_eq!(place(&left, RuleNumber(1)), Some(("a".into(), 8)));
        assert_eq!(place(&left, RuleNumber(2)), None);
    }

    #[test]
    fn runs_of_lines() {
        let mut lines = Lines::default();
        let expected = [3, 4, 9, 10, 10];
        for (number, line) in numbers().zip(expected) {
            lines.push(number, line);
        }
        assert_eq!(lines.runs.len(), 3);
        let read = [0, 1, 2, 3, 4].map(|at| lines.get(RuleNumber(at)).unwrap());
        assert_eq!(read, expected);
        assert_eq!(Lines::default().get(RuleNumber(0)), None);
    }
}
