//! Sources that a file has twice, of which the first counts.

use std::hash::BuildHasher;

use hashbrown::{HashTable, hash_table::Entry};

use super::{
    RuleNumber, RuleOffset,
    compiled_options::CompiledOptions,
    compiled_rule::{CompiledRule, PATTERN, REGEX},
    table::HostGroup,
};

/// The rules of a file, found by path and host.
#[derive(Debug, Default)]
pub(super) struct Firsts {
    state: foldhash::fast::RandomState,
    known: HashTable<RuleOffset>,
}

impl Firsts {
    /// Adds the rule that begins here; gives the number of an earlier one with the same path and
    /// host.
    ///
    /// Regexes are not compared.
    pub(super) fn add(
        &mut self,
        compiled: &[u8],
        options: &[CompiledOptions],
        at: RuleOffset,
    ) -> Option<RuleNumber> {
        let key = |at: RuleOffset| {
            let rule = CompiledRule::read(compiled, at)?;
            let ready = rule.options.and_then(|own| options.get(own.get()));
            let group = ready.map_or(HostGroup::EVERY, |ready| ready.group);
            Some((rule.flags & (PATTERN | REGEX), group, rule.source))
        };
        let own = key(at)?;
        if own.0 & REGEX != 0 {
            return None;
        }
        let hash = |at: &RuleOffset| self.state.hash_one(key(*at));
        match self
            .known
            .entry(hash(&at), |other| key(*other) == Some(own), hash)
        {
            Entry::Occupied(before) => {
                CompiledRule::read(compiled, *before.get()).map(|rule| rule.number)
            }
            Entry::Vacant(place) => {
                place.insert(at);
                None
            }
        }
    }
}
