//! Which line of which file each rule stands on.

use std::sync::Arc;

use super::summary::Skipped;

/// The lines and the files of the rules, one entry for each run of rules on lines that follow each
/// other, and one for each run of rules of one file.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    /// The number of the first rule of a run, and its line; 0 for rules that stand on none.
    runs: Vec<(u32, u32)>,
    /// The same for the names of files; `None` for rules of no file.
    files: Vec<(u32, Option<Arc<str>>)>,
    /// What of the files has no rule.
    pub(super) skipped: Skipped,
}

impl Lines {
    /// Sets the file of all rules.
    pub(super) fn in_file(&mut self, name: &str) {
        self.files = vec![(0, Some(name.into()))];
    }

    /// The file of a rule, `None` where none was named.
    pub(super) fn file(&self, number: u32) -> Option<&Arc<str>> {
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
    pub(super) fn push_as(&mut self, number: u32, other: Option<(&Self, u32)>) {
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
    pub(super) fn push(&mut self, number: u32, line: u32) {
        self.push_run(number, line);
    }

    /// The lines of the rules that are left, where those with these numbers, in their order, are
    /// gone and the others are numbered anew.
    pub(super) fn without(&self, gone: &[u32]) -> Self {
        let mut left = Self {
            skipped: self.skipped,
            ..Self::default()
        };
        for (at, (first, line)) in self.runs.iter().enumerate() {
            let end = self.runs.get(at + 1).map_or(u32::MAX, |(first, _)| *first);
            let before = gone.partition_point(|number| number < first);
            let line_of = |number: u32| match line {
                0 => 0,
                line => line + (number - first),
            };
            let mut next = first - u32::try_from(before).unwrap_or_default();
            let mut from = *first;
            let inside = gone.get(before..).unwrap_or_default();
            for number in inside.iter().take_while(|number| **number < end) {
                if *number > from {
                    left.push_run(next, line_of(from));
                    next += number - from;
                }
                from = number + 1;
            }
            if from < end {
                left.push_run(next, line_of(from));
            }
        }
        left.files.extend(self.files.iter().map(|(first, file)| {
            let before = gone.partition_point(|number| number < first);
            let before = u32::try_from(before).unwrap_or_default();
            (first - before, file.clone())
        }));
        left
    }

    fn push_run(&mut self, number: u32, line: u32) {
        if self.get(number).unwrap_or_default() != line {
            self.runs.push((number, line));
        }
    }

    /// The line of a rule, `None` where none was read from a file.
    pub(super) fn get(&self, number: u32) -> Option<u32> {
        let behind = self.runs.partition_point(|(first, _)| *first <= number);
        let (first, line) = self.runs.get(behind.checked_sub(1)?)?;
        (*line > 0).then(|| line + (number - first))
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;

    #[test]
    fn what_is_left_is_numbered_anew() {
        let lines = [3, 4, 5, 6, 9, 10, 10, 12];
        for gone in 0_u32..1 << lines.len() {
            let mut all = Lines::default();
            for (number, line) in (0..).zip(lines) {
                all.push(number, line);
            }
            let numbers: Vec<u32> = (0..8).filter(|at| gone >> at & 1 == 1).collect();
            let left = all.without(&numbers);
            let expected = (0..8).filter(|at| gone >> at & 1 == 0);
            for (number, old) in (0..).zip(expected) {
                assert_eq!(left.get(number), Some(lines[old]), "{numbers:?}");
            }
        }
    }

    #[test]
    fn rules_of_several_files_keep_their_places() {
        let file = |name: &str, line| {
            let mut lines = Lines::default();
            lines.push(0, line);
            lines.in_file(name);
            lines
        };
        let (a, b) = (file("a", 7), file("b", 8));
        let mut all = Lines::default();
        all.push_as(0, None);
        all.push_as(1, Some((&a, 0)));
        all.push_as(2, Some((&a, 1)));
        all.push_as(3, Some((&b, 0)));
        all.push_as(4, None);
        let expected = [None, Some(("a", 7)), Some(("a", 8)), Some(("b", 8)), None];
        let place = |lines: &Lines, number| lines.file(number).cloned().zip(lines.get(number));
        for (number, expected) in (0..).zip(expected) {
            let expected = expected.map(|(file, line)| (file.into(), line));
            assert_eq!(place(&all, number), expected, "{number}");
        }
        assert!(all.has_files() && !a.has_files() && !Lines::default().has_files());
        // Without the rules 1 and 3.
        let left = all.without(&[1, 3]);
        assert_eq!(place(&left, 0), None);
        assert_eq!(place(&left, 1), Some(("a".into(), 8)));
        assert_eq!(place(&left, 2), None);
    }

    #[test]
    fn runs_of_lines() {
        let mut lines = Lines::default();
        for (number, line) in [(0, 3), (1, 4), (2, 9), (3, 10), (4, 10)] {
            lines.push(number, line);
        }
        assert_eq!(lines.runs.len(), 3);
        assert_eq!(
            [0, 1, 2, 3, 4].map(|number| lines.get(number).unwrap()),
            [3, 4, 9, 10, 10]
        );
        assert_eq!(Lines::default().get(0), None);
    }
}
