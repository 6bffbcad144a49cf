//! Rules that never answer, because another one always answers first.

use super::{address::Address, graph::Finder};
use crate::rules::{
    options::Options,
    record::{PATTERN, REGEX, Record, SLOTS},
};

impl<'t> Finder<'t> {
    /// The rule that answers every request that this one would, and comes first.
    pub(super) fn shadow_of(&mut self, at: u32, record: &Record<'t>) -> Option<Record<'t>> {
        let rank = self.table.rank(record, self.rules.precedence);
        if record.has(REGEX) {
            return self.same_regex(record);
        }
        let others = self.wider(at, record);
        let mut first = None;
        let mut start = None;
        for other in others {
            let Some(other) = self.table.record(other) else {
                continue;
            };
            let other_rank = self.table.rank(&other, self.rules.precedence);
            if other_rank >= rank || first.as_ref().is_some_and(|(best, _)| *best < other_rank) {
                continue;
            }
            if start.is_none() {
                start = self.start(at);
            }
            if self.covers(start.as_ref()?, record, &other) {
                first = Some((other_rank, other));
            }
        }
        first.map(|(_, other)| other)
    }

    /// Whether the second rule answers everything that the first would.
    fn covers(&mut self, start: &Address, record: &Record<'_>, other: &Record<'_>) -> bool {
        if other.has(REGEX) || !self.asks_no_more(record, other) {
            return false;
        }
        let Some(step) = start.step(self.table, other, &mut self.fresh) else {
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
    fn asks_no_more(&self, record: &Record<'_>, other: &Record<'_>) -> bool {
        let Some(other) = self.table.options(other).map(|ready| &ready.options) else {
            return true;
        };
        let nothing = Options::default();
        let own = self.table.options(record).map(|ready| &ready.options);
        let own = own.unwrap_or(&nothing);
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

    fn same_regex(&self, record: &Record<'t>) -> Option<Record<'t>> {
        let regexes = self.regexes();
        let others = regexes.iter().filter_map(|at| self.table.record(*at));
        let host = |record: &Record<'_>| self.table.options(record).map_or(0, |ready| ready.group);
        let same = |other: &Record<'t>| {
            other.number < record.number
                && other.source == record.source
                && host(other) == host(record)
                && self.asks_no_more(record, other)
        };
        let mut others = others;
        others.find(same)
    }

    /// Whether nothing can answer where a rule leads, as far as a short look tells.
    pub(super) fn leads_nowhere(&mut self, record: &Record<'_>) -> bool {
        if record.has(SLOTS | REGEX) {
            return false;
        }
        let mut found = Vec::new();
        self.look_behind(record, &mut found);
        found.is_empty()
    }

    /// Other rules whose path may fit everything that this one fits.
    fn wider(&mut self, at: u32, record: &Record<'_>) -> Vec<u32> {
        let mut found = Vec::new();
        if record.has(PATTERN) {
            if let Some(start) = self.start(at) {
                self.find_wider(&start, &mut found);
            }
        } else {
            let groups = self.groups_of(record);
            self.look(record.source, groups.as_deref(), &mut found);
        }
        found.retain(|other| *other != at);
        found.sort_unstable();
        found.dedup();
        found
    }
}
