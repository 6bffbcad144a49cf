//! Rules that never answer, because another one always answers first.

#[cfg(feature = "regex")]
use crate::rules::analysis::request_set::host::Host;
use crate::rules::{
    RuleOffset,
    analysis::{
        graph::RuleGraph,
        request_set::{
            RequestSet,
            path::{End, Path},
            value_set::ValueSet,
        },
        work::Work,
    },
    compiled_rule::{CompiledRule, REGEX},
    condition::Condition,
    options::Options,
};

impl<'t> RuleGraph<'t> {
    /// The rule that answers every request that this one would, and comes first.
    pub(super) fn shadow_of(
        &mut self,
        at: RuleOffset,
        rule: &CompiledRule<'t>,
    ) -> Option<CompiledRule<'t>> {
        if rule.has(REGEX) {
            return self.same_regex(rule);
        }
        let mut others = Vec::new();
        self.wider(at, rule, &mut others);
        if matches!(&*others, [] | [_]) && others.iter().all(|other| *other == at) {
            return None;
        }
        let rank = self.table.rank(rule, self.rules.precedence);
        let start = self.start(at)?;
        for (other_rank, _, other) in self.ranked(others) {
            if other_rank >= rank || self.is_tired() {
                return None;
            }
            if self.covers(&start, rule, &other) {
                return Some(other);
            }
        }
        None
    }

    /// Whether the second rule answers everything that the first would.
    fn covers(
        &mut self,
        start: &RequestSet,
        rule: &CompiledRule<'t>,
        other: &CompiledRule<'t>,
    ) -> bool {
        if other.has(REGEX) || !self.asks_no_more(start, rule, other) {
            return false;
        }
        let matching = self.table.matching(rule);
        let covers = |graph: &mut Self, start: &RequestSet| {
            let transfer = graph.transfer(start, other);
            transfer.is_some_and(|transfer| {
                transfer.matched.path == start.path && transfer.matched.host == start.host
            }) && graph.excludes_all_of(rule, other, &start.path)
        };
        if !covers(self, start) || matching.ignore_case && !self.table.matching(other).ignore_case {
            return false;
        }
        // A path that may end in a slash is wider than it is written.
        !matching.ignore_trailing_slash
            || start.path.end != End::Closed
            || covers(self, &start.with_slash())
    }

    /// Whether the second rule asks for nothing that the first does not ask for, but for path and
    /// host.
    fn asks_no_more(
        &mut self,
        start: &RequestSet,
        rule: &CompiledRule<'t>,
        other: &CompiledRule<'t>,
    ) -> bool {
        let nothing = Options::default();
        let options = |rule| {
            let compiled = self.table.options(rule);
            compiled.map_or(&nothing, |compiled| &compiled.options)
        };
        let is_copy = (rule.source, rule.target) == (other.source, other.target);
        let (own, other) = (options(rule), options(other));
        // Which text is a host label isn't known, but for a copy it's the same text.
        let has_label = other.host_label.is_none() || is_copy && own.host_label == other.host_label;
        has_label && own.asks_for_all_of(other, start, &mut self.work)
    }

    /// Whether the second rule excludes none of these paths but those that the first one excludes.
    fn excludes_all_of(
        &mut self,
        rule: &CompiledRule<'t>,
        other: &CompiledRule<'t>,
        path: &Path,
    ) -> bool {
        let nothing = Options::default();
        let options = |rule| {
            let compiled = self.table.options(rule);
            compiled.map_or(&nothing, |compiled| &compiled.options)
        };
        let (own, other) = (options(rule), options(other));
        self.work
            .add(other.exceptions().count() * (1 + own.exceptions().count()));
        own.excludes_all_of(other, path, &mut self.fresh)
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
        let samples = [start.path.canonical(), start.with_other_words().path];
        let samples = samples.map(|path| path.sample());
        let regexes = self.regexes_for(&start.path);
        let ranked = self.ranked(regexes).into_iter();
        for (_, regex, other) in ranked.take_while(|(own, ..)| *own < rank) {
            if self.is_tired() {
                break;
            }
            self.work
                .add(4 + samples.iter().map(String::len).sum::<usize>());
            let options = self.table.options(&other).map(|compiled| &compiled.options);
            let host = Host::of_rule(options.and_then(|options| options.host.as_deref()));
            let matches = |sample: &String| {
                let regex = self.table.regexes.get(regex);
                regex.is_some_and(|regex| regex.is_match(sample))
            };
            if samples.iter().all(matches)
                && host.and(&start.host).as_ref() == Some(&start.host)
                && self.asks_no_more(&start, rule, &other)
                && self.excludes_all_of(rule, &other, &start.path)
            {
                return Some(other);
            }
        }
        None
    }

    fn same_regex(&mut self, rule: &CompiledRule<'t>) -> Option<CompiledRule<'t>> {
        let own_group = self.table.group(rule);
        let others = self.same_regexes(rule).iter();
        let others: Vec<_> = others
            .filter_map(|at| self.table.rule(*at))
            .take_while(|other| other.number < rule.number)
            .filter(|other| self.table.group(other) == own_group)
            .collect();
        self.work.add(others.len());
        let start = RequestSet::anything(&mut self.fresh);
        others.into_iter().find(|other| {
            self.asks_no_more(&start, rule, other) && self.excludes_all_of(rule, other, &start.path)
        })
    }
}

impl Options {
    /// Whether a request at this address that has what these ask for has what the others ask for,
    /// but for path and host.
    pub(super) fn asks_for_all_of(&self, other: &Self, at: &RequestSet, work: &mut Work) -> bool {
        work.add(4 + self.conditions.len() * other.conditions.len());
        // One that sees only the last value of a parameter sees less.
        let sees_as_much = !other.last_value
            || self.last_value
            || other.conditions.iter().all(|(_, has)| !has.is_of_query());
        let allows_as_much = !other.only_these_parameters
            || self.only_these_parameters
                && self
                    .query_keys()
                    .all(|key| other.query_keys().any(|own| own == key));
        self.methods.is_subset(&other.methods)
            && sees_as_much
            && allows_as_much
            && (other.scheme.is_none() || other.scheme == self.scheme)
            && other.conditions.iter().all(|condition| {
                let mut own = self.conditions.iter();
                own.any(|own| own == condition || implies(own, condition, work))
                    || at.meets(condition, other.last_value)
            })
    }
}

/// Returns `true` if a request that meets the first condition certainly meets the second.
fn implies(
    (expected, own): &(bool, Condition),
    (other_expected, other): &(bool, Condition),
    work: &mut Work,
) -> bool {
    if expected != other_expected || own.place != other.place {
        return false;
    }
    let (own, other) = (ValueSet::of(&own.value), ValueSet::of(&other.value));
    work.add(own.text_count() + other.text_count());
    if *expected {
        own.is_subset(&other)
    } else {
        other.is_subset(&own)
    }
}
