//! Which rule may answer next, and the circles in that.

use std::collections::{HashMap, HashSet};

use http::Request;

use super::{
    address::{Address, Host, Step, host_of, origin_of},
    components::components,
    path::{Fresh, Path},
    sources::{Groups, Sources, Wanted},
};
use crate::{
    RequestHead,
    rules::{
        Rules,
        ask::Ask,
        options::Matching,
        record::{FRAGMENT, PATTERN, QUERY, REGEX, Record, SLOTS},
        table::{EVERY_HOST, Table},
        target,
    },
};

/// The bit of a node that stands for an address, not for a rule.
const ADDRESS: u32 = 1 << 31;

/// What is looked for in a table, and how much was looked at.
pub(in crate::rules) struct Finder<'t> {
    pub(super) rules: &'t Rules,
    pub(super) table: &'t Table,
    /// `None` where the indexes of the table tell it as well.
    sources: Option<Sources<'t>>,
    pub(super) fresh: Fresh,
    pub(super) work: usize,
    most: usize,
}

impl<'t> Finder<'t> {
    pub(in crate::rules) fn new(rules: &'t Rules) -> Self {
        let table = &rules.table;
        let sources = (!table.is_plain()).then(|| Sources::of(table));
        Self {
            rules,
            table,
            sources,
            fresh: Fresh::default(),
            work: 0,
            most: 4_000_000 + 100 * rules.len(),
        }
    }

    /// The same for addresses that no rule of the table leads to.
    pub(in crate::rules) fn for_any_address(rules: &'t Rules) -> Self {
        let mut finder = Self::new(rules);
        finder
            .sources
            .get_or_insert_with(|| Sources::of(&rules.table));
        finder
    }

    /// Whether so much was looked at that the rest is left.
    pub(in crate::rules) fn is_tired(&self) -> bool {
        self.work > self.most
    }

    /// Pairs of rules of which the second may answer after the first, and more pairs than that: only
    /// paths and hosts are looked at.
    fn edges(&mut self) -> Vec<(u32, u32)> {
        let mut edges = Vec::new();
        let mut addresses: HashMap<(Path, Host), u32> = HashMap::new();
        let mut found = Vec::new();
        for (at, record) in self.table.records() {
            if self.is_tired() {
                break;
            }
            found.clear();
            if !record.has(SLOTS | REGEX) {
                self.look_behind(&record, &mut found);
                edges.extend(found.iter().map(|to| (at, *to)));
                continue;
            }
            let Some(next) = self.after(&record) else {
                continue;
            };
            // Many rules lead to addresses of one form; what answers there is found once.
            let form = (next.path.canonical(), next.host.clone());
            let number = u32::try_from(addresses.len()).unwrap_or(ADDRESS) | ADDRESS;
            let node = *addresses.entry(form).or_insert(number);
            if node == number {
                self.find(&next, &mut found);
                edges.extend(found.iter().map(|to| (node, *to)));
            }
            edges.push((at, node));
        }
        edges
    }

    /// The rules whose path fits where one without placeholders in its target leads; mostly none.
    pub(super) fn look_behind(&mut self, record: &Record<'_>, found: &mut Vec<u32>) {
        let (_, rest) = record
            .target
            .split_at_checked(record.origin.into())
            .unwrap_or((&[], record.target));
        let path = if record.has(QUERY | FRAGMENT) {
            target::split(rest).0
        } else {
            rest
        };
        let groups = if self.table.hosts.is_empty() {
            None
        } else {
            self.groups(&self.host_after(record))
        };
        self.look(path, groups.as_deref(), found);
        // A whole site that has moved, address by address, meets itself everywhere.
        if record.origin > 0 && record.options.is_none() && rest == record.source {
            found.retain(|at| {
                self.table
                    .record(*at)
                    .is_none_or(|other| other.number != record.number)
            });
        }
    }

    fn host_after(&self, record: &Record<'_>) -> Host {
        let origin = record
            .target
            .get(..record.origin.into())
            .unwrap_or_default();
        if let Some(origin) = origin_of(origin) {
            return Host::Is(host_of(&origin).into());
        }
        let options = self.table.options(record);
        Host::of_rule(options.and_then(|ready| ready.options.host.as_deref()))
    }

    /// The numbers of the hosts that a request may be for; `None` for all.
    fn groups(&self, host: &Host) -> Option<Vec<u32>> {
        if self.table.hosts.is_empty() {
            return None;
        }
        match host {
            Host::Is(host) => Some(self.table.hosts.fitting(Some(host)).collect()),
            Host::Any | Host::Below(_) | Host::Domain(_) => None,
        }
    }

    pub(super) fn look(&mut self, path: &[u8], groups: Option<&[u32]>, found: &mut Vec<u32>) {
        let Some(sources) = &self.sources else {
            let request = Request::new(());
            let Ok(path) = std::str::from_utf8(path) else {
                return;
            };
            let ask = Ask {
                head: &RequestHead::new(&request),
                path,
                query: None,
                host: None,
            };
            self.table
                .candidates(&ask, || u32::MAX, |at, _| found.push(at));
            self.work += 1 + found.len();
            return;
        };
        let groups = groups.map_or(Groups::All, Groups::These);
        self.work += sources.find(Wanted::Known(path), groups, |at| found.push(at));
        #[cfg(feature = "regex")]
        if !sources.regexes.is_empty() {
            let path = String::from_utf8_lossy(path).into_owned();
            found.extend(self.table.regexes.matching(&path));
        }
    }

    /// The request that follows the answer of a rule, whatever it answered.
    pub(super) fn after(&mut self, record: &Record<'_>) -> Option<Address> {
        let all = Address::anything(&mut self.fresh);
        let step = all.step(self.table, record, &mut self.fresh)?;
        Some(step.next)
    }

    /// The numbers of the hosts that a rule is for.
    pub(super) fn groups_of(&self, record: &Record<'_>) -> Option<Vec<u32>> {
        let ready = self.table.options(record);
        let host = ready.and_then(|ready| ready.options.host.as_deref());
        self.groups(&Host::of_rule(host))
    }

    /// The rules that are regexes.
    pub(super) fn regexes(&self) -> &[u32] {
        self.sources
            .as_ref()
            .map_or(&[][..], |sources| &sources.regexes)
    }

    /// The rules whose path and host may fit every one of these requests.
    pub(super) fn find_wider(&mut self, address: &Address, found: &mut Vec<u32>) {
        let groups = self.groups(&address.host);
        if let Some(sources) = &self.sources {
            let groups = groups.as_deref().map_or(Groups::All, Groups::These);
            let wanted = Wanted::Wider(&address.path);
            self.work += sources.find(wanted, groups, |at| found.push(at));
        }
    }

    /// The rules whose path and host may fit.
    pub(super) fn find(&mut self, address: &Address, found: &mut Vec<u32>) {
        found.clear();
        let groups = self.groups(&address.host);
        if let Some(path) = address.path.known() {
            self.look(&path, groups.as_deref(), found);
        } else if let Some(sources) = &self.sources {
            let groups = groups.as_deref().map_or(Groups::All, Groups::These);
            let wanted = Wanted::Partly(&address.path);
            self.work += sources.find(wanted, groups, |at| found.push(at));
            found.extend(&sources.regexes);
        }
    }

    /// The rules that may answer a request, each with what becomes of it, the first first; those behind
    /// one that surely answers are not among them.
    pub(super) fn successors(&mut self, address: &Address) -> Vec<(u32, Step)> {
        let mut found = Vec::new();
        self.find(address, &mut found);
        found.sort_unstable();
        found.dedup();
        let mut ranked = Vec::new();
        for at in found {
            self.work += 16;
            let Some(record) = self.table.record(at) else {
                continue;
            };
            if let Some(step) = address.step(self.table, &record, &mut self.fresh) {
                let rank = self.table.rank(&record, self.rules.precedence);
                ranked.push((rank, at, step));
            }
        }
        ranked.sort_unstable_by_key(|(rank, ..)| *rank);
        let last = ranked.iter().position(|(.., step)| step.surely);
        ranked.truncate(last.map_or(ranked.len(), |last| last + 1));
        ranked.into_iter().map(|(_, at, step)| (at, step)).collect()
    }

    /// The rules that may come round to themselves, in groups.
    ///
    /// Those that lead to the very address that they answer are kept apart, in `idle`.
    pub(super) fn circles(&mut self, idle: &mut Vec<u32>) -> Vec<Vec<u32>> {
        let edges = self.edges();
        let mut open = Vec::new();
        for circle in components(&edges) {
            let mut rules: Vec<_> = circle
                .into_iter()
                .filter(|node| node & ADDRESS == 0)
                .collect();
            rules.sort_unstable();
            rules.retain(|at| {
                let leads_to_itself = self.leads_to_itself(*at);
                idle.extend(leads_to_itself.then_some(*at));
                !leads_to_itself
            });
            open.push(self.exact_edges(&rules));
        }
        let mut circles = Vec::new();
        while let Some(edges) = open.pop() {
            for circle in components(&edges) {
                let growth: Vec<_> = circle.iter().map(|at| self.growth(*at)).collect();
                let never_grows = growth.iter().all(|by| by.is_some_and(|by| by <= 0));
                let shrinks = |at: &u32| self.shortens(*at);
                if !never_grows || !circle.iter().any(shrinks) {
                    circles.push(circle);
                    continue;
                }
                // What shortens a path each time comes to an end.
                let left: HashSet<u32> = circle.into_iter().filter(|at| !shrinks(at)).collect();
                let inside = |(from, to): &(u32, u32)| left.contains(from) && left.contains(to);
                open.push(edges.iter().copied().filter(inside).collect());
            }
        }
        circles.sort_unstable();
        circles
    }

    /// The pairs among these rules of which the second may answer after the first.
    fn exact_edges(&mut self, rules: &[u32]) -> Vec<(u32, u32)> {
        let mut edges = Vec::new();
        for at in rules {
            let next = self
                .table
                .record(*at)
                .and_then(|record| self.after(&record));
            let Some(next) = next else {
                continue;
            };
            if self.is_tired() {
                // Not looked at, and therefore perhaps.
                edges.push((*at, *at));
                continue;
            }
            let successors = self.successors(&next).into_iter();
            edges.extend(
                successors
                    .filter(|(to, step)| rules.binary_search(to).is_ok() && !step.suppressed)
                    .map(|(to, _)| (*at, to)),
            );
        }
        edges
    }

    /// Whether a rule leads to the address that was asked for, whatever request it answers.
    fn leads_to_itself(&mut self, at: u32) -> bool {
        let Some(record) = self.table.record(at).filter(|record| !record.has(REGEX)) else {
            return false;
        };
        let ready = self.table.options(&record);
        let matching = ready.map_or_else(Matching::default, |ready| ready.options.matching);
        let all = Address::anything(&mut self.fresh);
        let step = all.step(self.table, &record, &mut self.fresh);
        matching == Matching::default() && step.is_some_and(|step| step.suppressed)
    }

    /// Whether a rule makes every path shorter, so that it never leads to where it was asked for.
    pub(super) fn shortens(&self, at: u32) -> bool {
        self.growth(at).is_some_and(|by| by < 0)
    }

    /// By how many bytes a rule makes a path longer at most, where that can be said.
    fn growth(&self, at: u32) -> Option<i64> {
        let record = self.table.record(at)?;
        if record.has(REGEX) {
            return None;
        }
        let rest = record.target.get(record.origin.into()..)?;
        let (path, ..) = target::split(rest);
        target::growth(record.source, record.has(PATTERN), path)
    }
}

impl Table {
    /// Whether every source is a path without anything unknown, on any host.
    fn is_plain(&self) -> bool {
        let plain = |record: &Record<'_>| {
            !record.has(PATTERN | REGEX | SLOTS)
                && self.options(record).is_none_or(|ready| {
                    ready.group == EVERY_HOST && ready.options.conditions.is_empty()
                })
        };
        self.hosts.is_empty() && self.records().all(|(_, record)| plain(&record))
    }
}

#[cfg(test)]
mod tests {
    use super::Finder;
    use crate::rules::{Rule, Rules};

    /// How many places are looked at in a table of so many rules of each kind.
    fn work(rules: usize) -> usize {
        let rule = |at: usize| {
            [
                Rule::permanent(format!("/old/{at}"), format!("/new/{at}")),
                Rule::permanent(format!("/b/{at}/{{x}}"), format!("/c/{at}/{{x}}")),
                Rule::permanent(format!("/h{at}"), format!("/i{at}")),
                Rule::permanent(format!("/{{x}}/d{at}"), format!("/{{x}}/e{at}")),
                Rule::permanent(format!("/f/{at}/{{*r}}"), "/g/{r}".to_owned()),
            ]
        };
        let rules = Rules::new((0..rules).flat_map(rule)).unwrap();
        let mut finder = Finder::new(&rules);
        assert!(finder.circles(&mut Vec::new()).is_empty());
        finder.work
    }

    #[test]
    fn ten_times_the_rules_are_ten_times_the_work() {
        assert!(work(1_000) <= 11 * work(100));
    }
}
