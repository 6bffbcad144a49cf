//! What an index finds: one rule, or a list of those that share a key.

/// The bit that says that an entry is the number of a list.
const LIST: u32 = 1 << 31;

/// Lists of rules that share a key, each in the order in which they answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Lists(Vec<Vec<u32>>);

impl Lists {
    /// The rules of an entry.
    #[inline]
    pub(super) fn rules<'l>(&'l self, entry: &'l u32) -> &'l [u32] {
        if *entry & LIST == 0 {
            std::slice::from_ref(entry)
        } else {
            self.0
                .get((*entry & !LIST) as usize)
                .map_or(&[], Vec::as_slice)
        }
    }

    /// The first rule of an entry; all of them have its key.
    #[inline]
    pub(super) fn first(&self, entry: u32) -> u32 {
        if entry & LIST == 0 {
            entry
        } else {
            self.first_of_many(entry)
        }
    }

    /// Few are, and those that are one rule need not wait for where lists are.
    #[cold]
    #[inline(never)]
    fn first_of_many(&self, entry: u32) -> u32 {
        self.rules(&entry).first().copied().unwrap_or_default()
    }

    /// Adds a rule to an entry.
    pub(super) fn add(&mut self, entry: &mut u32, rule: u32) {
        if *entry & LIST == 0 {
            let list = u32::try_from(self.0.len()).unwrap_or(!LIST) & !LIST;
            self.0.push(vec![*entry, rule]);
            *entry = list | LIST;
        } else if let Some(list) = self.0.get_mut((*entry & !LIST) as usize) {
            list.push(rule);
        }
    }

    /// Puts the rules of each list in the order of their keys.
    pub(super) fn sort_by_key<K: Ord>(&mut self, key: impl Fn(u32) -> K) {
        for list in &mut self.0 {
            list.sort_by_cached_key(|rule| key(*rule));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Lists;

    #[test]
    fn one_rule_or_many() {
        let mut lists = Lists::default();
        let mut entry = 7;
        assert_eq!(lists.rules(&entry), [7]);
        for rule in [9, 12] {
            lists.add(&mut entry, rule);
        }
        assert_eq!(lists.rules(&entry), [7, 9, 12]);
        assert_eq!(lists.first(entry), 7);
    }
}
