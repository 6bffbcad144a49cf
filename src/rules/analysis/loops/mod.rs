//! Loops: rules that lead a request back to where it was, or on and on.
//!
//! Rules that may follow each other make a graph. Where it has cycles, sets of requests are
//! followed, and samples of them are sent round. What a sample meets is certain. What can't come
//! back is no loop. The rest is undecided.

use std::collections::HashSet;

use http::StatusCode;

use self::search::Verdict;
use super::graph::RuleGraph;
use crate::{
    journey::TestRequest,
    rules::{FindingCode, RuleNumber, RuleOffset, RuleRef, Rules},
};

mod cycle;
mod cycles;
mod leave_out;
mod own_target;
mod port;
mod search;

pub(super) use leave_out::target_text;

/// Rules that redirect to each other, or a rule that redirects to itself.
#[derive(Debug)]
pub(super) struct Loop {
    /// The rules, in the order in which they match if that is known.
    pub(super) rules: Vec<RuleOffset>,
    pub(super) kind: LoopKind,
    /// The number of redirects in the loop.
    pub(super) hops: usize,
    /// Every request that the first rule matches enters the loop.
    pub(super) is_certain: bool,
    /// The URLs of the loop, if they are known. Of a long loop, these are the first few.
    pub(super) urls: Vec<String>,
    /// A request that enters the loop, if one is known.
    pub(super) request: Option<TestRequest>,
    /// The rules among which this was found. Without them, there is no loop of these rules.
    pub(super) component: Vec<RuleOffset>,
}

impl Loop {
    pub(super) const fn code(&self) -> FindingCode {
        match (self.kind, self.is_certain) {
            (LoopKind::Unknown, _) => FindingCode::UndecidedLoop,
            (LoopKind::Cycle, true) => FindingCode::RedirectLoop,
            (LoopKind::Cycle, false) => FindingCode::PossibleLoop,
            (LoopKind::SelfLoop | LoopKind::Grows, true) => FindingCode::EndlessRedirect,
            (LoopKind::SelfLoop | LoopKind::Grows, false) => FindingCode::PossibleEndlessRedirect,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LoopKind {
    /// The rule leads to the URL that it matches, and nowhere else.
    SelfLoop,
    Cycle,
    Grows,
    /// Nothing is proven.
    Unknown,
}

/// The loops of a table.
#[derive(Debug)]
pub(super) struct Loops {
    pub(super) found: Vec<Loop>,
    /// Whether there are no others.
    pub(super) are_all: bool,
}

impl Rules {
    /// Looks for loops.
    pub(super) fn loops(&self, graph: &mut RuleGraph<'_>) -> Loops {
        let mut self_loops = Vec::new();
        let mut found = Vec::new();
        let (groups, are_all) = graph.groups_of_rules();
        for group in groups {
            for component in graph.components(group, &mut self_loops) {
                let verdict = graph.judge(&component);
                found.extend(
                    self.loop_of(&component, verdict)
                        .map(|one| (component, one)),
                );
            }
        }
        found.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        self_loops.sort_unstable();
        let self_loops = self_loops.into_iter().map(|at| Loop {
            is_certain: self.waits_for(&[at]).is_none(),
            rules: vec![at],
            kind: LoopKind::SelfLoop,
            hops: 1,
            urls: Vec::new(),
            request: None,
            component: vec![at],
        });
        Loops {
            found: self_loops
                .chain(found.into_iter().map(|(_, one)| one))
                .collect(),
            are_all,
        }
    }

    fn loop_of(&self, component: &[RuleOffset], verdict: Verdict) -> Option<Loop> {
        match verdict {
            Verdict::Ends => None,
            Verdict::Cycle(cycle) => Some(Loop {
                is_certain: self.is_certain(&cycle) && self.waits_for(&cycle.rules).is_none(),
                kind: if cycle.grows {
                    LoopKind::Grows
                } else {
                    LoopKind::Cycle
                },
                hops: cycle.rules.len(),
                rules: each_once(cycle.rules),
                urls: cycle.urls,
                request: Some(cycle.request),
                component: component.to_vec(),
            }),
            Verdict::Unknown => Some(Loop {
                rules: component.to_vec(),
                kind: LoopKind::Unknown,
                is_certain: false,
                hops: 0,
                urls: Vec::new(),
                request: None,
                component: Vec::new(),
            }),
        }
    }

    /// Returns the first status that one of these rules waits for. Another response of the app
    /// ends a loop.
    pub(super) fn waits_for(&self, rules: &[RuleOffset]) -> Option<StatusCode> {
        rules.iter().find_map(|at| {
            let rule = self.table.rule(*at)?;
            self.table.options(&rule)?.options.after
        })
    }

    /// The numbers of the rules that may lead round; `None` where any may.
    pub(super) fn in_loops(&self) -> Option<HashSet<RuleNumber>> {
        let loops = self.loops(&mut RuleGraph::new(self));
        let rules = loops.found.iter().flat_map(|one| &one.rules);
        let rules = rules.filter_map(|at| self.table.rule(*at));
        loops
            .are_all
            .then(|| rules.map(|rule| rule.number).collect())
    }

    /// The rule at an offset.
    pub(super) fn rule_at(&self, at: RuleOffset) -> Option<RuleRef<'_>> {
        Some(RuleRef::new(&self.table, self.table.rule(at)?))
    }
}

fn each_once(rules: Vec<RuleOffset>) -> Vec<RuleOffset> {
    let mut seen = HashSet::new();
    rules.into_iter().filter(|at| seen.insert(*at)).collect()
}
