//! How much was looked at, so that no set of rules takes more than its size allows.

/// So much is looked at whatever the size of a table, and so much more for each of its rules.
const MOST: usize = 8_000_000;
const FOR_EACH: usize = 200;

/// A count of places that were looked at, some tens of nanoseconds each.
#[derive(Debug)]
pub(super) struct Work {
    done: usize,
    most: usize,
}

impl Work {
    pub(super) const fn for_rules(count: usize) -> Self {
        Self {
            done: 0,
            most: MOST + FOR_EACH * count,
        }
    }

    pub(super) const fn add(&mut self, places: usize) {
        self.done = self.done.saturating_add(places);
    }

    /// Whether so much was looked at that the rest is left.
    pub(super) const fn is_over(&self) -> bool {
        self.done > self.most
    }

    /// Whether so much was looked at that only what is needed most is looked at further.
    pub(super) const fn is_half_over(&self) -> bool {
        self.done > self.most / 2
    }

    #[cfg(test)]
    pub(super) const fn at_most(most: usize) -> Self {
        Self { done: 0, most }
    }

    #[cfg(test)]
    pub(super) const fn done(&self) -> usize {
        self.done
    }
}
