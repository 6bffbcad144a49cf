//! Rules that never answer, because another one always answers first.

use crate::rules::{
    RuleOffset, Rules,
    analysis::{graph::RuleGraph, request_set::RequestSet},
    compiled_rule::{CompiledRule, REGEX},
    options::Options,
};

impl<'t> RuleGraph<'t> {
    /// The rule that answers every request that this one would, and comes first.
    pub(super) fn shadow_of(
        &mut self,
        at: RuleOffset,
        rule: &CompiledRule<'t>,
    ) -> Option<CompiledRule<'t>> {
        let mut others = Vec::new();
        if rule.has(REGEX) {
            others.extend_from_slice(self.same_regexes(rule));
        } else {
            self.wider(at, rule, &mut others);
        }
        if matches!(&*others, [] | [_]) && others.iter().all(|other| *other == at) {
            return None;
        }
        let start = self.start(at)?;
        self.first_that_covers(&start, rule, others)
    }

    /// The first of these rules that comes before this one and matches all of its requests.
    fn first_that_covers(
        &mut self,
        start: &RequestSet,
        rule: &CompiledRule<'t>,
        others: Vec<RuleOffset>,
    ) -> Option<CompiledRule<'t>> {
        let rank = self.table.rank(rule, self.rules.precedence);
        for (other_rank, _, other) in self.ranked(others) {
            if other_rank >= rank || self.is_over_limit() {
                return None;
            }
            if self.rules.is_duplicate(rule, &other) || self.covers(&other, start) {
                return Some(other);
            }
        }
        None
    }

    /// A regex that comes first and matches some of what this rule is for; that it matches all of
    /// it, in every spelling, is not proven.
    #[cfg(feature = "regex")]
    pub(super) fn regex_before(
        &mut self,
        at: RuleOffset,
        rule: &CompiledRule<'t>,
    ) -> Option<CompiledRule<'t>> {
        if rule.has(REGEX) || !self.has_regexes_for(rule) {
            return None;
        }
        let start = self.start(at)?;
        let rank = self.table.rank(rule, self.rules.precedence);
        let samples = [
            start.path.canonical(),
            start.with_words("y", "-z", &["y-z", "", "z"]).path,
        ];
        let samples = samples.map(|path| path.sample());
        let regexes = self.regexes_for(&start.path);
        let ranked = self.ranked(regexes).into_iter();
        for (_, regex, other) in ranked.take_while(|(own, ..)| *own < rank) {
            if self.is_over_limit() {
                break;
            }
            self.work
                .add(4 + samples.iter().map(String::len).sum::<usize>());
            let matches = |sample: &String| {
                let regex = self.table.regexes.get(regex);
                regex.is_some_and(|regex| regex.is_match(sample))
            };
            if !samples.iter().all(matches) {
                continue;
            }
            // Is the rest of the rule met, if the regex matches all of it?
            let mut start = start.clone();
            let matching = self.table.matching(&other);
            start.regexes.push((other.source.into(), matching));
            if self.covers(&other, &start) {
                return Some(other);
            }
        }
        None
    }
}

impl Rules {
    /// Returns `true` if two rules are the same, but for their names.
    pub(super) fn is_duplicate(&self, rule: &CompiledRule<'_>, other: &CompiledRule<'_>) -> bool {
        let options = |rule: &CompiledRule<'_>| {
            let compiled = self.table.options(rule);
            compiled.map(|compiled| Options {
                name: None,
                ..compiled.options.clone()
            })
        };
        (rule.source, rule.target, rule.outcome()) == (other.source, other.target, other.outcome())
            && options(rule).unwrap_or_default() == options(other).unwrap_or_default()
    }
}
