//! What may answer a request of which a part is known.

use std::{cell::OnceCell, ops::ControlFlow};

use http::Request;

use crate::{
    request::RequestHead,
    rules::{
        RuleNumber, RuleOffset, Rules,
        analysis::{
            graph::{
                sources::{Hosts, Sources, Wanted},
                whole_hosts::WholeHosts,
            },
            request_set::{RequestSet, Transfer, host::Host, path::Fresh},
            work::Work,
        },
        capture::MatchCache,
        compiled_options::CompiledOptions,
        compiled_rule::{CompiledRule, FRAGMENT, PATTERN, QUERY, REGEX, SLOTS},
        match_input::MatchInput,
        search::Rank,
        table::{HostGroup, Table},
        target,
    },
};

pub(in crate::rules) mod components;
mod growth;
pub(in crate::rules) mod regexes;
mod site_hosts;
mod sources;
mod whole_hosts;

/// What is looked for in a table, and how much was looked at.
pub(in crate::rules) struct RuleGraph<'t> {
    pub(in crate::rules) rules: &'t Rules,
    pub(in crate::rules) table: &'t Table,
    /// Made when they are first needed; `None` where the indexes of the table tell it as well.
    sources: OnceCell<Option<Sources<'t>>>,
    /// Whether requests for any host count, as in a diff.
    pub(in crate::rules) is_for_any_host: bool,
    /// The hosts of the site that the caller names, if it names all that no rule names.
    pub(in crate::rules) site_hosts: Option<Vec<Host>>,
    /// Another host that counts as one of the site.
    pub(in crate::rules) assumed_host: Option<Host>,
    /// The hosts of the table from their ends, made when they are first needed.
    host_ends: OnceCell<Vec<(String, HostGroup)>>,
    /// Made when they are first needed.
    whole_hosts: OnceCell<WholeHosts>,
    pub(in crate::rules) fresh: Fresh,
    pub(in crate::rules) work: Work,
}

impl<'t> RuleGraph<'t> {
    pub(in crate::rules) fn new(rules: &'t Rules) -> Self {
        let table = &rules.table;
        Self {
            rules,
            table,
            sources: OnceCell::new(),
            is_for_any_host: false,
            site_hosts: None,
            assumed_host: None,
            host_ends: OnceCell::new(),
            whole_hosts: OnceCell::new(),
            fresh: Fresh::default(),
            work: Work::for_rules(rules.len()),
        }
    }

    /// The same for requests for any host.
    pub(in crate::rules) fn for_any_host(rules: &'t Rules) -> Self {
        Self {
            is_for_any_host: true,
            ..Self::new(rules)
        }
    }

    fn sources(&self) -> Option<&Sources<'t>> {
        let make = || {
            let needed = self.is_for_any_host || !self.table.is_plain();
            needed.then(|| Sources::of(self.table))
        };
        self.sources.get_or_init(make).as_ref()
    }

    /// Returns `true` if so much was looked at that the rest is left.
    pub(in crate::rules) const fn is_over_limit(&self) -> bool {
        self.work.is_over()
    }

    /// What becomes of those of these requests that a rule answers.
    pub(in crate::rules) fn transfer(
        &mut self,
        set: &RequestSet,
        rule: &CompiledRule<'_>,
    ) -> Option<Transfer> {
        let options = self.table.options(rule).map(|compiled| &compiled.options);
        self.work.add(16 + set.cost(rule, options));
        let mut transfer = set.transfer(self.table, rule, &mut self.fresh)?;
        if let Some(next) = transfer.next.as_mut().filter(|_| rule.origin == 0) {
            let before = self.whole_hosts().before(self.rank(rule));
            let passed = if transfer.matched.path.may_be_root() {
                0
            } else {
                before
            };
            next.passed_hosts = set.passed_hosts.max(passed);
        }
        Some(transfer)
    }

    pub(super) fn rank(&self, rule: &CompiledRule<'_>) -> Rank {
        self.table.rank(rule, self.rules.precedence)
    }

    /// Returns `true` if a rule surely matches each request of a set.
    pub(in crate::rules) fn covers(&mut self, rule: &CompiledRule<'_>, set: &RequestSet) -> bool {
        let options = self.table.options(rule).map(|compiled| &compiled.options);
        self.work.add(16 + set.cost(rule, options));
        set.is_covered_by(self.table, rule, &mut self.fresh)
    }

    /// What becomes of the requests that a rule answers, whatever else they have.
    pub(in crate::rules) fn transfer_of(&mut self, rule: &CompiledRule<'_>) -> Option<Transfer> {
        let all = RequestSet::anything(&mut self.fresh);
        self.transfer(&all, rule)
    }

    /// The requests that a rule answers.
    pub(in crate::rules) fn start(&mut self, at: RuleOffset) -> Option<RequestSet> {
        let rule = self.table.rule(at)?;
        Some(self.transfer_of(&rule)?.matched)
    }

    /// The request that follows the redirect of a rule, whatever it answered.
    pub(in crate::rules) fn after(&mut self, rule: &CompiledRule<'_>) -> Option<RequestSet> {
        self.transfer_of(rule)?.next
    }

    /// The rules whose path fits where one without placeholders in its target leads; mostly none.
    pub(in crate::rules) fn look_behind(
        &mut self,
        rule: &CompiledRule<'_>,
        found: &mut Vec<RuleOffset>,
    ) {
        let host = self.host_after(rule);
        if !self.is_site_host(&host) {
            return;
        }
        let groups = self.groups(&host);
        self.look(
            path_of_target(rule),
            groups.as_deref().map_or(Hosts::All, Hosts::These),
            found,
        );
        if leads_elsewhere_to_its_own_path(rule) {
            found.retain(|at| {
                self.table
                    .rule(*at)
                    .is_none_or(|other| other.number != rule.number)
            });
        }
    }

    /// Returns `true` if nothing can answer where a rule leads, as far as a short look tells.
    pub(in crate::rules) fn leads_nowhere(&mut self, rule: &CompiledRule<'_>) -> bool {
        if !rule.redirects() {
            return true;
        }
        if rule.has(SLOTS | REGEX) {
            return false;
        }
        let mut found = Vec::new();
        self.look_behind(rule, &mut found);
        found.is_empty()
    }

    fn host_after(&self, rule: &CompiledRule<'_>) -> Host {
        if let Some((host, _)) = rule.target_origin() {
            return host;
        }
        let options = self.table.options(rule);
        Host::of_rule(options.and_then(|compiled| compiled.options.host.as_deref()))
    }

    /// The groups of the hosts that a request may be for; `None` for all.
    pub(in crate::rules) fn groups(&self, host: &Host) -> Option<Vec<HostGroup>> {
        let hosts = &self.table.hosts;
        if hosts.is_empty() {
            return None;
        }
        let domain = match host {
            Host::Any => return None,
            Host::Is(host) => return Some(hosts.fitting(Some(host)).collect()),
            Host::Below(domain) | Host::Domain(domain) => domain,
        };
        let reversed = |name: &str| name.chars().rev().collect::<String>();
        let ends = self.host_ends.get_or_init(|| {
            let mut ends: Vec<_> = hosts
                .all()
                .map(|(name, group)| (reversed(name), group))
                .collect();
            ends.sort_unstable();
            ends
        });
        let end = format!("{}.", reversed(domain));
        let first = ends.partition_point(|(own, _)| *own < end);
        let below = ends.get(first..).into_iter().flatten();
        let below = below.take_while(|(own, _)| own.starts_with(&end));
        // Those for the domain itself, and for what it is below.
        let mut groups: Vec<_> = hosts.fitting(Some(domain)).collect();
        groups.extend(hosts.fitting(Some(&format!("x.{domain}"))));
        groups.extend(below.map(|(_, group)| *group));
        groups.sort_unstable();
        groups.dedup();
        Some(groups)
    }

    /// The rules whose path and host fit this path, regexes among them.
    fn look(&mut self, path: &[u8], hosts: Hosts<'_>, found: &mut Vec<RuleOffset>) {
        self.look_sources(path, hosts, found);
        #[cfg(feature = "regex")]
        if let Some(sources) = self.sources() {
            if sources.regexes.may_match(path) {
                let path = String::from_utf8_lossy(path).into_owned();
                self.work.add(path.len() + self.table.regexes_len());
                found.extend(self.table.regexes.matching(&path));
            }
        }
    }

    /// The same without regexes.
    fn look_sources(&mut self, path: &[u8], hosts: Hosts<'_>, found: &mut Vec<RuleOffset>) {
        let before = found.len();
        let Some(sources) = self.sources() else {
            let request = Request::new(());
            let Ok(path) = std::str::from_utf8(path) else {
                return;
            };
            let ask = MatchInput {
                head: &RequestHead::new(&request),
                path,
                query: None,
                host: None,
                cache: &MatchCache::new(),
            };
            self.table.candidates(
                &ask,
                || RuleNumber::MAX,
                |at, _, _| {
                    found.push(at);
                    ControlFlow::Continue(())
                },
            );
            self.work.add(1 + found.len() - before);
            return;
        };
        let work = sources.find(Wanted::Known(path), hosts, |at| found.push(at));
        self.work.add(work);
    }

    /// The rules without regexes whose path, host and parameters may fit all requests that a rule
    /// answers.
    pub(in crate::rules) fn wider(
        &mut self,
        at: RuleOffset,
        rule: &CompiledRule<'_>,
        found: &mut Vec<RuleOffset>,
    ) {
        let options = self.table.options(rule).map(|compiled| &compiled.options);
        let host = Host::of_rule(options.and_then(|options| options.host.as_deref()));
        let sample = host.sample();
        let groups: Vec<_> = self.table.hosts.fitting(sample.as_deref()).collect();
        let conditions = options.map_or(&[][..], |options| &options.conditions);
        let pairs: Vec<_> = conditions
            .iter()
            .filter_map(CompiledOptions::pair)
            .collect();
        let hosts = Hosts::Wider(&groups, &pairs);
        if !rule.has(PATTERN) {
            self.look_sources(rule.source, hosts, found);
        } else if let Some(start) = self.start(at) {
            if let Some(sources) = self.sources() {
                let work = sources.find(Wanted::Wider(&start.path), hosts, |at| found.push(at));
                self.work.add(work);
            }
        }
    }

    /// The rules whose path and host may fit, but for those that may match any path where one is
    /// known in part only; says whether it is.
    pub(in crate::rules) fn find_most(
        &mut self,
        set: &RequestSet,
        found: &mut Vec<RuleOffset>,
    ) -> bool {
        if !self.is_site_host(&set.host) {
            return false;
        }
        let groups = self.groups(&set.host);
        let hosts = groups.as_deref().map_or(Hosts::All, Hosts::These);
        let known = set.path.known().or_else(|| {
            // All rules of a plain table compare paths in one way, so any spelling finds them.
            let is_plain = self.sources().is_none();
            is_plain.then(|| set.path.sample().into_bytes())
        });
        if let Some(path) = &known {
            // A regex sees the path as it is received.
            if set.is_spelled || self.table.regexes_len() == 0 {
                self.look(path, hosts, found);
                return false;
            }
            self.look_sources(path, hosts, found);
            if let Some(sources) = self.sources() {
                let work = sources.regexes.find(&set.path, |at| found.push(at));
                self.work.add(work);
            }
            return true;
        }
        if let Some(sources) = self.sources() {
            let wanted = Wanted::Partly(&set.path);
            let work = sources.find(wanted, hosts, |at| found.push(at));
            let more = sources.regexes.find(&set.path, |at| found.push(at));
            self.work.add(work + more);
        }
        true
    }

    /// The rules whose path and host may fit.
    pub(in crate::rules) fn find(&mut self, set: &RequestSet, found: &mut Vec<RuleOffset>) {
        if self.find_most(set, found) {
            found.extend_from_slice(self.regexes_anywhere());
        }
    }

    /// The rules that may answer a request, each with what becomes of it, the first first; those
    /// behind one that surely answers are not among them.
    pub(in crate::rules) fn successors(&mut self, set: &RequestSet) -> Vec<(RuleOffset, Transfer)> {
        let mut found = Vec::new();
        self.find(set, &mut found);
        let ranked = self.ranked(found);
        let mut successors = Vec::new();
        for (_, at, rule) in ranked {
            // An earlier redirect on the same host shows that this rule isn't for it.
            if self.whole_hosts().is_among_first(at, set.passed_hosts) {
                continue;
            }
            if let Some(transfer) = self.transfer(set, &rule) {
                let covers = transfer.covers;
                successors.push((at, transfer));
                if covers {
                    break;
                }
            }
        }
        successors
    }

    /// Rules in the order in which they answer, each once.
    pub(in crate::rules) fn ranked(
        &self,
        rules: Vec<RuleOffset>,
    ) -> Vec<(Rank, RuleOffset, CompiledRule<'t>)> {
        let ranked = |at: RuleOffset| {
            let rule = self.table.rule(at)?;
            Some((self.table.rank(&rule, self.rules.precedence), at, rule))
        };
        let mut ranked: Vec<_> = rules.into_iter().filter_map(ranked).collect();
        ranked.sort_unstable_by_key(|(rank, ..)| *rank);
        ranked.dedup_by_key(|(_, at, _)| *at);
        ranked
    }

    /// The rule that answers first, what follows its redirect, and whether it surely redirects.
    pub(in crate::rules) fn next(
        &mut self,
        set: &RequestSet,
    ) -> Option<(RuleOffset, RequestSet, bool)> {
        let (at, transfer) = self.successors(set).into_iter().next()?;
        let is_sure = transfer.covers && self.leads_on(at, set, &transfer);
        let next = transfer.next.filter(|_| !transfer.suppressed)?;
        Some((at, next, is_sure))
    }

    /// Returns `true` if a rule redirects, and never to where it was asked for, which is not sent.
    pub(in crate::rules) fn leads_on(
        &self,
        at: RuleOffset,
        set: &RequestSet,
        transfer: &Transfer,
    ) -> bool {
        let Some(next) = &transfer.next else {
            return false;
        };
        let rule = self.table.rule(at);
        let growth = rule.and_then(|rule| rule.growth());
        growth.is_some_and(|by| by < 0)
            || set.host.and(&next.host).is_none()
            || set.leaves_port(next)
            || !set.path.may_be(&next.path)
    }
}

/// The path of a target that has no placeholders.
pub(in crate::rules) fn path_of_target<'t>(rule: &CompiledRule<'t>) -> &'t [u8] {
    let rest = rule.target.get(rule.origin.into()..);
    let rest = rest.unwrap_or_default();
    if rule.has(QUERY | FRAGMENT) {
        target::split(rest).0
    } else {
        rest
    }
}

/// Returns `true` if a rule leads to its own path on an origin: a whole site that has moved,
/// address by address, meets itself everywhere.
pub(in crate::rules) fn leads_elsewhere_to_its_own_path(rule: &CompiledRule<'_>) -> bool {
    rule.origin > 0
        && rule.options.is_none()
        && rule.target.get(rule.origin.into()..) == Some(rule.source)
}

impl Table {
    /// Returns `true` if every source is a path without anything unknown, on any host.
    pub(in crate::rules) fn is_plain(&self) -> bool {
        let plain = |rule: &CompiledRule<'_>| {
            !rule.has(PATTERN | REGEX | SLOTS)
                && self.options(rule).is_none_or(|compiled| {
                    compiled.group == HostGroup::EVERY && compiled.options.conditions.is_empty()
                })
        };
        self.hosts.is_empty() && self.rules().all(|(_, rule)| plain(&rule))
    }
}
