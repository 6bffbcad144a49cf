//! Which line of a file each rule stands on.

/// The lines of the rules of a file, one entry for each run of rules on lines that follow each other.
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
