//! How much was looked at, so that no set of rules takes more than its size allows.

use crate::rules::Rules;

/// So much is looked at whatever the size of a table, and so much more for each of its rules.
const MOST: usize = 8_000_000;
const FOR_EACH: usize = 200;

impl Rules {
    /// Returns the limit on the work of [`check`](Self::check), [`flatten`](Self::flatten) and
    /// [`diff`](Self::diff): 8,000,000, and 200 for each rule.
    ///
    /// ```
    /// use tower_redirect::rules::{Condition, FindingCode, Rule, Rules};
    ///
    /// let rules = Rules::new([Rule::found("/a", "/b"), Rule::found("/b", "/c")])?;
    /// assert_eq!(rules.work_limit(), 8_000_400);
    ///
    /// // Each of these rules overlaps with each other.
    /// let rule = |id| Rule::found("/a", "/b").when(Condition::cookie(&format!("c{id}")));
    /// let findings = Rules::new((0..2_000).map(rule))?.check();
    /// let codes: Vec<_> = findings.iter().map(|finding| finding.code()).collect();
    /// assert!(codes.contains(&FindingCode::IncompleteCheck));
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// One unit is a look at one rule, condition or parameter. It takes some tens of nanoseconds.
    /// The limit doesn't depend on the machine, so neither does the result.
    ///
    /// Beyond the limit,
    ///
    /// - `check` adds a finding with the code [`IncompleteCheck`]. Its search for loops has a limit
    ///   of its own.
    /// - `flatten` leaves the other chains as they are.
    /// - `diff` reports [`TooManyOverlaps`]. Its limit is that of both tables together.
    ///
    /// Building a table looks for loops up to the same limit. [`explain`](Self::explain) has no
    /// limit, because it looks at each rule once.
    ///
    /// [`IncompleteCheck`]: crate::rules::FindingCode::IncompleteCheck
    /// [`TooManyOverlaps`]: crate::rules::UndecidedReason::TooManyOverlaps
    #[must_use]
    pub fn work_limit(&self) -> usize {
        Work::for_rules(self.len()).most
    }
}

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

    /// Returns `true` if so much was looked at that the rest is left.
    pub(super) const fn is_over(&self) -> bool {
        self.done > self.most
    }

    /// Returns `true` if so much was looked at that only what is needed most is looked at further.
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
