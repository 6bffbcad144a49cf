//! What was shown already, of what a query finds again and again.

use std::collections::BTreeSet;

/// So many are remembered without memory of their own.
const FEW: usize = 32;

/// The entries of an index that a request was shown.
#[derive(Debug, Default)]
pub(super) struct Escaped {
    few: [Option<u32>; FEW],
    count: usize,
    more: BTreeSet<u32>,
}

impl Escaped {
    /// Whether an entry was not shown before; it counts as shown from here on.
    pub(super) fn is_new(&mut self, entry: u32) -> bool {
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
    use super::{Escaped, FEW};

    #[test]
    fn each_is_new_once() {
        let mut shown = Escaped::default();
        let all = || 0..3 * FEW as u32;
        assert!(all().all(|entry| shown.is_new(entry)));
        assert!(all().all(|entry| !shown.is_new(entry)));
    }
}
