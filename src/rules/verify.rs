//! Loops: rules that lead a request back to where it was, or on and on.
//!
//! Rules that may follow each other make a graph; where it has circles, requests are followed with all
//! that is not known of them, and samples of them are sent round. What a sample meets is certain; what
//! cannot come back is no loop; the rest is said to be not proven.

use std::collections::HashSet;

use super::{RuleRef, Rules};

mod address;
mod beginnings;
mod chains;
mod check;
mod components;
mod finder;
mod graph;
mod leave_out;
mod merge;
mod path;
mod query;
mod region;
mod shadow;
mod sources;
mod unify;
mod walk;
mod witness;
mod work;

pub(super) use finder::Finder;
pub(super) use merge::Merged;
pub(super) use region::Overlap;
use walk::Verdict;

/// Rules that lead to each other, or one to itself.
#[derive(Debug)]
pub(super) struct Loop {
    /// Where each begins among the records, in the order in which they answer where that is known.
    pub(super) rules: Vec<u32>,
    pub(super) kind: LoopKind,
    /// Whether it is there whatever else a request has.
    pub(super) is_certain: bool,
    /// An address that goes round, where one is known.
    pub(super) from: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LoopKind {
    /// The rule leads to the address that it answers, and nowhere else.
    ToItself,
    Circle,
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
    fn loops(&self) -> Loops {
        let mut finder = Finder::new(self);
        let mut idle = Vec::new();
        let mut found = Vec::new();
        let (groups, are_all) = finder.groups_of_rules();
        for group in groups {
            for circle in finder.circles(group, &mut idle) {
                let verdict = finder.judge(&circle);
                found.extend(self.loop_of(&circle, verdict).map(|one| (circle, one)));
            }
        }
        found.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        idle.sort_unstable();
        let idle = idle.into_iter().map(|at| Loop {
            rules: vec![at],
            kind: LoopKind::ToItself,
            is_certain: true,
            from: None,
        });
        Loops {
            found: idle.chain(found.into_iter().map(|(_, one)| one)).collect(),
            are_all,
        }
    }

    fn loop_of(&self, circle: &[u32], verdict: Verdict) -> Option<Loop> {
        match verdict {
            Verdict::Ends => None,
            Verdict::Round(round) => Some(Loop {
                is_certain: self.is_certain(&round),
                kind: if round.grows {
                    LoopKind::Grows
                } else {
                    LoopKind::Circle
                },
                rules: each_once(round.rules),
                from: Some(round.from),
            }),
            Verdict::Unknown => Some(Loop {
                rules: circle.to_vec(),
                kind: LoopKind::Unknown,
                is_certain: false,
                from: None,
            }),
        }
    }

    /// The numbers of the rules that may lead round; `None` where any may.
    pub(super) fn in_loops(&self) -> Option<HashSet<u32>> {
        let loops = self.loops();
        let rules = loops.found.iter().flat_map(|one| &one.rules);
        let rules = rules.filter_map(|at| self.table.record(*at));
        loops
            .are_all
            .then(|| rules.map(|record| record.number).collect())
    }

    /// The rule that begins at a place among the records.
    pub(super) fn rule_at(&self, at: u32) -> Option<RuleRef<'_>> {
        Some(RuleRef::new(self, self.table.record(at)?))
    }
}

fn each_once(rules: Vec<u32>) -> Vec<u32> {
    let mut seen = HashSet::new();
    rules.into_iter().filter(|at| seen.insert(*at)).collect()
}
