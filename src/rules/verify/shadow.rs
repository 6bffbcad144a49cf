//! Rules that never answer, because another one always answers first.

use super::{address::Address, finder::Finder};
use crate::rules::{
    options::Options,
    record::{REGEX, Record},
};

impl<'t> Finder<'t> {
    /// The rule that answers every request that this one would, and comes first.
    pub(super) fn shadow_of(&mut self, at: u32, record: &Record<'t>) -> Option<Record<'t>> {
        if record.has(REGEX) {
            return self.same_regex(record);
        }
        let mut others = Vec::new();
        self.wider(at, record, &mut others);
        if matches!(&*others, [] | [_]) && others.iter().all(|other| *other == at) {
            return None;
        }
        let rank = self.table.rank(record, self.rules.precedence);
        let start = self.start(at)?;
        for (other_rank, _, other) in self.ranked(others) {
            if other_rank >= rank || self.is_tired() {
                return None;
            }
            if self.covers(&start, record, &other) {
                return Some(other);
            }
        }
        None
    }

    /// Whether the second rule answers everything that the first would.
    fn covers(&mut self, start: &Address, record: &Record<'_>, other: &Record<'_>) -> bool {
        if other.has(REGEX) || !self.asks_no_more(record, other) {
            return false;
        }
        let Some(step) = self.step(start, other) else {
            return false;
        };
        // A path that may end in a slash is wider than it is written.
        let loose = |record: &Record<'_>| {
            let ready = self.table.options(record);
            ready.is_some_and(|ready| ready.options.matching.ignore_trailing_slash)
        };
        let case = |record: &Record<'_>| {
            let ready = self.table.options(record);
            ready.is_some_and(|ready| ready.options.matching.ignore_case)
        };
        step.answered.path == start.path
            && step.answered.host == start.host
            && (!loose(record) || loose(other))
            && (!case(record) || case(other))
    }

    /// Whether the second rule asks for nothing that the first does not ask for.
    fn asks_no_more(&mut self, record: &Record<'_>, other: &Record<'_>) -> bool {
        let Some(other) = self.table.options(other).map(|ready| &ready.options) else {
            return true;
        };
        let nothing = Options::default();
        let own = self.table.options(record).map(|ready| &ready.options);
        let own = own.unwrap_or(&nothing);
        self.work
            .add(4 + own.conditions.len() * other.conditions.len());
        let methods = other.methods.is_empty()
            || !own.methods.is_empty()
                && own
                    .methods
                    .iter()
                    .all(|method| other.methods.contains(method));
        methods
            && (other.scheme.is_none() || other.scheme == own.scheme)
            && other
                .conditions
                .iter()
                .all(|condition| own.conditions.contains(condition))
    }

    fn same_regex(&mut self, record: &Record<'t>) -> Option<Record<'t>> {
        let host = |record: &Record<'_>| self.table.options(record).map_or(0, |ready| ready.group);
        let own_host = host(record);
        let others = self.same_regexes(record).iter();
        let others: Vec<_> = others
            .filter_map(|at| self.table.record(*at))
            .take_while(|other| other.number < record.number)
            .filter(|other| host(other) == own_host)
            .collect();
        self.work.add(others.len());
        others
            .into_iter()
            .find(|other| self.asks_no_more(record, other))
    }
}
