//! Whether a group of rules that may come round does.

use std::collections::HashSet;

use super::{
    RuleOffset,
    address::Address,
    finder::Finder,
    witness::{Round, request},
};

/// So many rules of a group are each asked with a request of their own.
const STARTS: usize = 64;
/// So deep addresses are followed that are known in part only.
const DEEPEST: usize = 48;
/// So many of them in one group.
const MOST: usize = 4_000;

/// What is known of a group of rules.
#[derive(Debug)]
pub(super) enum Verdict {
    /// No request goes round.
    Ends,
    /// This request does.
    Round(Box<Round>),
    /// A request may.
    Unknown,
}

/// Follows every request that a group of rules may answer.
struct Walk<'w, 't> {
    finder: &'w mut Finder<'t>,
    /// In their order.
    rules: &'w [RuleOffset],
    /// The addresses from the first to this one.
    way: Vec<Address>,
    done: HashSet<Address>,
    left: usize,
    unknown: bool,
    round: Option<Round>,
}

impl Finder<'_> {
    /// Looks closer at a group of rules, given in their order.
    pub(super) fn judge(&mut self, rules: &[RuleOffset]) -> Verdict {
        let hops = 2 * rules.len() + 200;
        let mut possible = None;
        for at in rules.iter().take(STARTS) {
            if self.is_tired() {
                break;
            }
            for request in self.requests(*at) {
                let Some(round) = self.round(request, hops) else {
                    continue;
                };
                if self.rules.is_certain(&round) {
                    return Verdict::Round(Box::new(round));
                }
                possible.get_or_insert(round);
            }
        }
        let mut walk = Walk {
            left: MOST,
            unknown: self.is_tired(),
            finder: self,
            rules,
            way: Vec::new(),
            done: HashSet::new(),
            round: possible,
        };
        for at in rules {
            if walk.left == 0 || walk.finder.is_tired() {
                walk.unknown = true;
                break;
            }
            if let Some(start) = walk.finder.start(*at) {
                walk.follow(&start);
            }
        }
        match (walk.round, walk.unknown) {
            (Some(round), _) => Verdict::Round(Box::new(round)),
            (None, true) => Verdict::Unknown,
            (None, false) => Verdict::Ends,
        }
    }

    /// Some requests that a rule answers, or that follow its answer.
    pub(super) fn requests(&mut self, at: RuleOffset) -> Vec<crate::journey::TestRequest> {
        let Some(start) = self.start(at) else {
            return Vec::new();
        };
        let samples = ["x", "1"].into_iter();
        let paths = samples.filter_map(|word| self.rules.sample_target(at, word));
        let mut requests: Vec<_> = start.request().into_iter().collect();
        requests.extend(paths.filter_map(|path| request(&start, &path)));
        requests
    }
}

impl Walk<'_, '_> {
    fn follow(&mut self, address: &Address) {
        let done_key = address.exact_key();
        self.finder.work.add(self.way.len());
        if self.done.contains(&done_key) {
            return;
        }
        let key = address.key();
        if self.way.contains(&key) {
            self.came_round(address);
            return;
        }
        if self.way.len() > DEEPEST || self.left == 0 || self.finder.is_tired() {
            self.unknown = true;
            return;
        }
        self.left -= 1;
        self.way.push(key);
        for (at, step) in self.finder.successors(address) {
            let next = step.next.filter(|_| !step.suppressed);
            if let Some(next) = next.filter(|_| self.rules.binary_search(&at).is_ok()) {
                self.follow(&next);
            }
        }
        self.way.pop();
        self.done.insert(done_key);
    }

    /// The address has been there before, as far as is known.
    fn came_round(&mut self, address: &Address) {
        let hops = 2 * self.rules.len() + 200;
        let rules = self.finder.rules;
        let request = address.request();
        let round = request.and_then(|request| self.finder.round(request, hops));
        match round {
            Some(round) if self.round.is_none() || rules.is_certain(&round) => {
                self.round = Some(round);
            }
            Some(_) => {}
            None => self.unknown = true,
        }
    }
}
