//! What was shown already, of what a query finds again and again.

use std::collections::BTreeSet;

use super::entry::RuleEntry;

/// So many are remembered without memory of their own.
const FEW: usize = 32;

/// The entries of an index that a request was shown.
#[derive(Debug, Default)]
pub(super) struct Escaped {
    few: [Option<RuleEntry>; FEW],
    count: usize,
    more: BTreeSet<RuleEntry>,
}

impl Escaped {
    /// Whether an entry was not shown before; it counts as shown from here on.
    pub(super) fn is_new(&mut self, entry: RuleEntry) -> bool {
        if self.few.contains(&Some(entry)) {
            return false;
        }
        match self.few.get_mut(self.count) {
            Some(slot) => {
                (*slot, self.count) = (Some(entry), self.count + 1);
                true
            }
            None => self.more.insert(entry),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Escaped, FEW, RuleEntry};
    use crate::rules::RuleOffset;

    #[test]
    fn each_is_new_once() {
        let mut shown = Escaped::default();
        let all = || (0..3 * FEW).map(|at| RuleEntry::of(RuleOffset::after(at)));
        assert!(all().all(|entry| shown.is_new(entry)));
        assert!(all().all(|entry| !shown.is_new(entry)));
    }
}
