//! Rules that are not in both tables, or not in the same order, and what is proven of them.

use super::{
    Undecided, UndecidedReason,
    pairs::Partner,
    region::Overlap,
    search::{RuleIn, Search, Which},
};
use crate::{
    request::host::NormalizedHost,
    rules::{
        RuleOffset,
        analysis::{graph::RuleGraph, request_set::RequestSet},
        capture::{Captures, Match, MatchCache},
        compiled_rule::{CompiledRule, PATTERN, QUERY, REGEX, SLOTS},
        condition::Place,
        match_input::MatchInput,
        options::Options,
        outcome::Outcome,
    },
};

/// A rule of the old table, one of the new table, or both for the same requests.
type Pair = (Option<RuleOffset>, Option<RuleOffset>);

/// One of both.
const fn one_of(pair: Pair) -> RuleIn {
    match pair {
        (Some(old), _) => (Which::Old, old),
        (None, Some(new)) => (Which::New, new),
        (None, None) => (Which::New, RuleOffset::LIMIT),
    }
}

/// What overlaps are looked for with.
struct Look<'r> {
    old: RuleGraph<'r>,
    new: RuleGraph<'r>,
}

impl<'r> Search<'r> {
    /// Looks at the rules that are not in both tables, or not in the same order: all that is
    /// answered differently is answered by one of them, before or after.
    pub(super) fn look_at_overlaps(&mut self) {
        let is_same = |pairs: &foldhash::HashMap<RuleOffset, Partner>, at: RuleOffset| {
            pairs.get(&at).is_some_and(|partner| partner.is_same)
        };
        let mut suspects: Vec<Pair> = Vec::new();
        for (at, _) in self.old.table.rules() {
            if !is_same(&self.pairs.of_old, at) || self.pairs.moved.contains(&at) {
                let partner = self.pairs.of_old.get(&at);
                suspects.push((Some(at), partner.map(|partner| partner.at)));
            }
        }
        for (at, _) in self.new.table.rules() {
            if !self.pairs.of_new.contains_key(&at) {
                suspects.push((None, Some(at)));
            }
        }
        if suspects.is_empty() {
            return;
        }
        let mut look = Look {
            old: RuleGraph::for_any_host(self.old),
            new: RuleGraph::for_any_host(self.new),
        };
        let mut doubts: Vec<(Pair, UndecidedReason)> = Vec::new();
        for pair in suspects {
            let doubt = self.doubt(&mut look, pair);
            doubts.extend(doubt.map(|doubt| (pair, doubt)));
        }
        doubts.retain(|(pair, _)| !self.is_listed(*pair));
        let undecided = doubts.into_iter().map(|((old, new), doubt)| Undecided {
            before: old.and_then(|at| self.old.rule_at(at)),
            after: new.and_then(|at| self.new.rule_at(at)),
            reason: doubt,
        });
        self.undecided = undecided.collect();
    }

    /// Returns `true` if a change is known of every rule of a pair.
    fn is_listed(&self, (old, new): Pair) -> bool {
        let is_listed =
            |which, at: Option<RuleOffset>| at.is_none_or(|at| self.listed.contains(&(which, at)));
        is_listed(Which::Old, old) && is_listed(Which::New, new)
    }

    /// What keeps it from being proven that whatever these rules answer is answered the same by the
    /// other table.
    fn doubt(&mut self, look: &mut Look<'r>, pair: Pair) -> Option<UndecidedReason> {
        let own = one_of(pair);
        let (which, at) = own;
        let rules = self.rules(which);
        let rule = rules.table.rule(at)?;
        if rule.has(REGEX) {
            return Some(UndecidedReason::Regex);
        }
        let (old, new) = pair;
        // Both rules of a pair are for the same requests.
        let lists = (look.old.overlaps(rules, at), look.new.overlaps(rules, at));
        let (Some(of_old), Some(of_new)) = lists else {
            let is_over_limit = look.old.is_over_limit() || look.new.is_over_limit();
            return Some(if is_over_limit {
                UndecidedReason::TooManyOverlaps
            } else {
                UndecidedReason::NoWitness
            });
        };
        let both = [(Which::Old, &of_old), (Which::New, &of_new)];
        let overlaps = both.map(|(which, all)| all.iter().map(move |one| (which, one)));
        for (which, overlap) in overlaps.into_iter().flatten() {
            self.explore(&overlap.both, &[own, (which, overlap.at)]);
            if self.is_over_limit() {
                return Some(UndecidedReason::TooManyOverlaps);
            }
        }
        if self.is_same_for(Which::Old, old, &of_old, &of_new)
            && self.is_same_for(Which::New, new, &of_new, &of_old)
        {
            None
        } else if self.fits_its_witness(which, at) {
            Some(UndecidedReason::Overlap)
        } else {
            Some(UndecidedReason::NoWitness)
        }
    }

    /// The same of one of them, by the rules of both tables that may answer what it is for.
    fn is_same_for(
        &self,
        which: Which,
        at: Option<RuleOffset>,
        own: &[Overlap],
        others: &[Overlap],
    ) -> bool {
        let Some((at, rule)) = at.and_then(|at| Some((at, self.rules(which).table.rule(at)?)))
        else {
            return true;
        };
        let may_answer = own.iter().any(|overlap| overlap.at == at);
        !may_answer
            || self.listed.contains(&(which, at))
            || self.is_same_everywhere(which, at, &rule, others)
    }

    /// Returns `true` if the other table answers the same wherever this rule answers, by the rules
    /// that may answer there.
    fn is_same_everywhere(
        &self,
        which: Which,
        at: RuleOffset,
        rule: &CompiledRule<'_>,
        others: &[Overlap],
    ) -> bool {
        let rules = self.rules(which);
        let rank = rules.table.rank(rule, rules.precedence);
        for other in others {
            let partner = self.partner(which.other(), other.at);
            let same = partner.filter(|partner| partner.is_same);
            let is_this = same.is_some_and(|same| same.at == at);
            // Where that one answers there, it would come before this rule here.
            let comes_before = same.is_some_and(|same| {
                let same = rules.table.rule(same.at);
                same.is_some_and(|same| rules.table.rank(&same, rules.precedence) < rank)
            });
            let has_same_effect = || self.has_same_effect(which, rule, other.at);
            if !is_this && !comes_before && !has_same_effect() {
                return false;
            }
            if other.covers {
                return true;
            }
        }
        // A request that no rule matches passes through, too.
        rule.outcome() == Outcome::Pass
    }

    /// Returns `true` if a rule has the same effect as one of the other table that matches the same
    /// request.
    ///
    /// A redirect is compared only if its source has no placeholders.
    fn has_same_effect(&self, which: Which, rule: &CompiledRule<'_>, other: RuleOffset) -> bool {
        let (own_rules, other_rules) = (self.rules(which), self.rules(which.other()));
        let Some(other_rule) = other_rules.table.rule(other) else {
            return false;
        };
        if !rule.redirects() {
            return rule.outcome() == other_rule.outcome();
        }
        if rule.has(PATTERN | REGEX | SLOTS) || other_rule.has(REGEX | SLOTS) {
            return false;
        }
        let nothing = Options::default();
        let own_ready = own_rules.table.options(rule);
        let other_ready = other_rules.table.options(&other_rule);
        let own = own_ready.map_or(&nothing, |compiled| &compiled.options);
        let options = other_ready.map_or(&nothing, |compiled| &compiled.options);
        let asks_query = |options: &Options| {
            let mut conditions = options.conditions.iter();
            conditions.any(|(_, has)| matches!(has.place, Place::Query(_)))
        };
        let is_plain = !asks_query(own)
            && !asks_query(options)
            && other_ready.is_none_or(|compiled| compiled.slots.is_empty());
        let is_same = rule.outcome() == other_rule.outcome()
            && rule.has(QUERY) == other_rule.has(QUERY)
            && own.query == options.query
            && own.edits == options.edits
            && own.cache == options.cache
            && own.after == options.after
            && own.merge_slashes == options.merge_slashes
            && own.scheme == options.scheme;
        is_plain && is_same && rule.origin == other_rule.origin && rule.target == other_rule.target
    }

    /// Returns `true` if the request that was made for a rule is one that it is for.
    fn fits_its_witness(&self, which: Which, at: RuleOffset) -> bool {
        let rules = self.rules(which);
        let sets = rules.requests(at);
        let request = sets.first().and_then(RequestSet::request);
        request.is_some_and(|request| {
            let head = request.head();
            let host = head.authority().and_then(NormalizedHost::read);
            let ask = MatchInput {
                head: &head,
                path: head.path(),
                query: head.query(),
                host: host.as_ref().map(|host| &*host.name),
                cache: &MatchCache::new(),
            };
            let Some(rule) = rules.table.rule(at) else {
                return false;
            };
            rules.table.options(&rule).is_none_or(|compiled| {
                let has = |label| {
                    rules
                        .table
                        .has_host_label(label, &Match::of(at), &rule, &ask)
                };
                compiled.admits(&ask, &mut Captures::none())
                    && compiled.options.host_label.is_none_or(has)
            })
        })
    }
}
