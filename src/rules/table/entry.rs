//! What an index finds: one rule, or a list of those that share a key.

use crate::rules::RuleOffset;

/// The bit of an entry that is a list.
const LIST: u32 = RuleOffset::LIMIT.0;

/// What an index has for one key: the offset of a single rule, or the index of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct RuleEntry(RuleOffset);

impl RuleEntry {
    pub(super) const fn of(rule: RuleOffset) -> Self {
        Self(rule)
    }

    /// The index of the list, if this entry is one.
    #[inline]
    const fn list(self) -> Option<usize> {
        match self.0.0 & LIST {
            0 => None,
            _ => Some((self.0.0 & !LIST) as usize),
        }
    }
}

/// Lists of rules that share a key, each in the order in which they answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Lists(Vec<Vec<RuleOffset>>);

impl Lists {
    /// The rules of an entry.
    #[inline]
    pub(super) fn rules<'l>(&'l self, entry: &'l RuleEntry) -> &'l [RuleOffset] {
        match entry.list() {
            None => std::slice::from_ref(&entry.0),
            Some(list) => self.0.get(list).map_or(&[], Vec::as_slice),
        }
    }

    /// The first rule of an entry; all of them have its key.
    #[inline]
    pub(super) fn first(&self, entry: RuleEntry) -> RuleOffset {
        match entry.list() {
            None => entry.0,
            Some(_) => self.first_of_many(entry),
        }
    }

    /// Few are, and those that are one rule need not wait for where lists are.
    #[cold]
    #[inline(never)]
    fn first_of_many(&self, entry: RuleEntry) -> RuleOffset {
        self.rules(&entry).first().copied().unwrap_or_default()
    }

    /// Adds a rule to an entry.
    pub(super) fn add(&mut self, entry: &mut RuleEntry, rule: RuleOffset) {
        match entry.list() {
            None => {
                let list = u32::try_from(self.0.len()).unwrap_or(!LIST);
                self.0.push(vec![entry.0, rule]);
                *entry = RuleEntry(RuleOffset(list | LIST));
            }
            Some(list) => {
                if let Some(list) = self.0.get_mut(list) {
                    list.push(rule);
                }
            }
        }
    }

    /// Puts the rules of each list in the order of their keys.
    pub(super) fn sort_by_key<K: Ord>(&mut self, key: impl Fn(RuleOffset) -> K) {
        for list in &mut self.0 {
            list.sort_by_cached_key(|rule| key(*rule));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Lists, RuleEntry, RuleOffset};

    #[test]
    fn one_rule_or_many() {
        let rules = [7, 9, 12].map(RuleOffset);
        let mut lists = Lists::default();
        let mut entry = RuleEntry::of(rules[0]);
        assert_eq!(lists.rules(&entry), &rules[..1]);
        for rule in &rules[1..] {
            lists.add(&mut entry, *rule);
        }
        assert_eq!(lists.rules(&entry), rules);
        assert_eq!(lists.first(entry), rules[0]);
    }
}
