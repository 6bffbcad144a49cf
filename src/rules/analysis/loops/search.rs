//! Whether a group of rules that may come round does.

use std::collections::HashSet;

use crate::rules::{
    RuleOffset,
    analysis::{graph::RuleGraph, loops::cycle::Cycle, request_set::RequestSet},
};

/// How many rules of a group are tried with requests of their own.
const STARTS: usize = 64;
/// How many redirects in a row are followed.
const DEEPEST: usize = 48;
/// How many sets are followed in one group.
const MOST: usize = 4_000;

/// What is known of a group of rules.
#[derive(Debug)]
pub(in crate::rules) enum Verdict {
    /// No request goes round.
    Ends,
    /// This request does.
    Cycle(Box<Cycle>),
    /// A request may.
    Unknown,
}

/// Follows every request that a group of rules may answer.
struct Walk<'w, 't> {
    graph: &'w mut RuleGraph<'t>,
    /// In their order.
    rules: &'w [RuleOffset],
    /// The sets from the first to this one.
    way: Vec<RequestSet>,
    done: HashSet<RequestSet>,
    left: usize,
    unknown: bool,
    cycle: Option<Cycle>,
}

impl RuleGraph<'_> {
    /// Looks closer at a group of rules, given in their order.
    pub(in crate::rules) fn judge(&mut self, rules: &[RuleOffset]) -> Verdict {
        let hops = 2 * rules.len() + 200;
        let mut possible = None;
        for at in rules.iter().take(STARTS) {
            if self.is_over_limit() {
                break;
            }
            for request in self.requests(*at) {
                let Some(cycle) = self.cycle(request, hops) else {
                    continue;
                };
                if self.rules.is_certain(&cycle) {
                    return Verdict::Cycle(Box::new(cycle));
                }
                possible.get_or_insert(cycle);
            }
        }
        let mut walk = Walk {
            left: MOST,
            unknown: self.is_over_limit(),
            graph: self,
            rules,
            way: Vec::new(),
            done: HashSet::new(),
            cycle: possible,
        };
        for at in rules {
            if walk.left == 0 || walk.graph.is_over_limit() {
                walk.unknown = true;
                break;
            }
            if let Some(start) = walk.graph.start(*at) {
                walk.follow(&start);
            }
        }
        match (walk.cycle, walk.unknown) {
            (Some(cycle), _) => Verdict::Cycle(Box::new(cycle)),
            (None, true) => Verdict::Unknown,
            (None, false) => Verdict::Ends,
        }
    }

    /// Some requests that a rule answers, or that follow its answer.
    pub(in crate::rules) fn requests(
        &mut self,
        at: RuleOffset,
    ) -> Vec<crate::journey::TestRequest> {
        let Some(start) = self.start(at) else {
            return Vec::new();
        };
        let samples = ["x", "1"].into_iter();
        let paths = samples.filter_map(|word| self.rules.sample_target(at, word));
        let mut requests: Vec<_> = start.request().into_iter().collect();
        requests.extend(paths.filter_map(|path| start.request_for(&path)));
        requests
    }
}

impl Walk<'_, '_> {
    fn follow(&mut self, set: &RequestSet) {
        let done_key = set.exact_key();
        self.graph.work.add(self.way.len());
        if self.done.contains(&done_key) {
            return;
        }
        let key = set.key();
        if self.way.contains(&key) {
            self.came_round(set);
            return;
        }
        if self.way.len() > DEEPEST || self.left == 0 || self.graph.is_over_limit() {
            self.unknown = true;
            return;
        }
        self.left -= 1;
        self.way.push(key);
        for (at, transfer) in self.graph.successors(set) {
            let next = transfer.next.filter(|_| !transfer.suppressed);
            if let Some(next) = next.filter(|_| self.rules.binary_search(&at).is_ok()) {
                self.follow(&next);
            }
        }
        self.way.pop();
        self.done.insert(done_key);
    }

    /// The set has been met before.
    fn came_round(&mut self, set: &RequestSet) {
        let hops = 2 * self.rules.len() + 200;
        let rules = self.graph.rules;
        let request = set.request();
        let cycle = request.and_then(|request| self.graph.cycle(request, hops));
        match cycle {
            Some(cycle) if self.cycle.is_none() || rules.is_certain(&cycle) => {
                self.cycle = Some(cycle);
            }
            Some(_) => {}
            None => self.unknown = true,
        }
    }
}
