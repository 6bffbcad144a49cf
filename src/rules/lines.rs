//! Which line of a file each rule stands on.

/// The lines of the rules of a file, one entry for each run of rules on lines that follow each
/// other.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    /// The number of the first rule of a run, and its line.
    runs: Vec<(u32, u32)>,
}

impl Lines {
    /// Adds a rule, whose number is higher than those before.
    pub(super) fn push(&mut self, number: u32, line: u32) {
        if self.get(number) != Some(line) {
            self.runs.push((number, line));
        }
    }

    /// The lines of the rules that are left, where those with these numbers, in their order, are
    /// gone and the others are numbered anew.
    pub(super) fn without(&self, gone: &[u32]) -> Self {
        let mut left = Self::default();
        for (at, (first, line)) in self.runs.iter().enumerate() {
            let end = self.runs.get(at + 1).map_or(u32::MAX, |(first, _)| *first);
            let before = gone.partition_point(|number| number < first);
            let mut next = first - u32::try_from(before).unwrap_or_default();
            let mut from = *first;
            let inside = gone.get(before..).unwrap_or_default();
            for number in inside.iter().take_while(|number| **number < end) {
                if *number > from {
                    left.push(next, line + (from - first));
                    next += number - from;
                }
                from = number + 1;
            }
            if from < end {
                left.push(next, line + (from - first));
            }
        }
        left
    }

    /// The line of a rule, `None` where none was read from a file.
    pub(super) fn get(&self, number: u32) -> Option<u32> {
        let behind = self.runs.partition_point(|(first, _)| *first <= number);
        let (first, line) = self.runs.get(behind.checked_sub(1)?)?;
        Some(line + (number - first))
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
