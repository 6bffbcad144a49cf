//! Rules that a file says twice, of which the last copy counts.

use std::hash::BuildHasher;

use hashbrown::{HashTable, hash_table::Entry};

use super::{
    RuleNumber, RuleOffset,
    compiled_rule::{CompiledRule, REGEX},
};

/// The rules of a file, found by everything but their number.
#[derive(Debug, Default)]
pub(super) struct Copies {
    state: foldhash::fast::RandomState,
    known: HashTable<RuleOffset>,
    /// Where the earlier copies begin.
    earlier: Vec<RuleOffset>,
}

impl Copies {
    /// Adds the rule that begins here; gives the number of the copy that it replaces.
    ///
    /// Regexes are known by their place, and are not for tables from which copies go.
    pub(super) fn add(&mut self, compiled: &[u8], at: RuleOffset) -> Option<RuleNumber> {
        let key = |at: RuleOffset| {
            let rule = CompiledRule::read(compiled, at)?;
            let CompiledRule {
                flags,
                origin,
                options,
                source,
                target,
                ..
            } = rule;
            Some((flags, origin, options, source, target))
        };
        let own = key(at)?;
        if own.0 & REGEX != 0 {
            return None;
        }
        let hash = |at: &RuleOffset| self.state.hash_one(key(*at));
        let is_same = |other: &RuleOffset| key(*other) == Some(own);
        match self.known.entry(hash(&at), is_same, hash) {
            Entry::Vacant(place) => {
                place.insert(at);
                None
            }
            Entry::Occupied(mut place) => {
                let before = std::mem::replace(place.get_mut(), at);
                self.earlier.push(before);
                CompiledRule::read(compiled, before).map(|rule| rule.number)
            }
        }
    }

    /// Takes the earlier copies out and numbers the others anew; gives the numbers that they had.
    pub(super) fn take_out(mut self, compiled: &mut Vec<u8>) -> Vec<RuleNumber> {
        self.earlier.sort_unstable();
        let Some(first) = self.earlier.first() else {
            return Vec::new();
        };
        let mut earlier = self.earlier.iter().peekable();
        let mut gone = Vec::with_capacity(self.earlier.len());
        let (mut from, mut to) = (*first, first.get());
        while let Some(rule) = CompiledRule::read(compiled, from) {
            let (number, next) = (rule.number, rule.next());
            if earlier.next_if_eq(&&from).is_some() {
                gone.push(number);
            } else {
                let length = next.get() - from.get();
                compiled.copy_within(from.get()..next.get(), to);
                CompiledRule::renumber(compiled, to, number.less(gone.len()));
                to += length;
            }
            from = next;
        }
        compiled.truncate(to);
        gone
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::{Precedence, Rule, RulesBuilder};

    #[test]
    fn the_last_copy_of_each_rule_is_left() {
        const RULES: [(&str, &str); 3] = [("/a", "/1"), ("/a", "/22"), ("/{b}", "/3/{b}")];
        for length in 0..7 {
            for number in 0..RULES.len().pow(length) {
                let all: Vec<_> = (0..length)
                    .map(|at| RULES[number / RULES.len().pow(at) % RULES.len()])
                    .collect();
                let mut builder = RulesBuilder::default().precedence(Precedence::FirstMatch);
                for ((source, target), line) in all.iter().zip(1..) {
                    let rule = Rule::permanent(*source, *target);
                    let before = builder.try_line_again(line, rule).unwrap();
                    let earlier = all[..line as usize - 1].iter().zip(1..);
                    let last = earlier
                        .filter(|(rule, _)| *rule == &(*source, *target))
                        .last();
                    assert_eq!(before, last.map(|(_, line)| line), "{all:?}");
                }
                let (rules, errors) = builder.build_what_is_right();
                assert!(errors.is_empty());
                let left: Vec<_> = rules
                    .iter()
                    .map(|rule| (rule.number(), rule.line(), rule.target()))
                    .collect();
                let expected: Vec<_> = all
                    .iter()
                    .zip(1..)
                    .filter(|(rule, line)| !all[*line as usize..].contains(rule))
                    .zip(0..)
                    .map(|(((_, target), line), number)| (number, Some(line), (*target).to_owned()))
                    .collect();
                assert_eq!(left, expected, "{all:?}");
                assert_eq!(rules.len(), expected.len());
            }
        }
    }
}
