//! The rules that come into question for a request, and what keeps each of them from answering.

use std::{collections::HashSet, ops::ControlFlow};

use super::{Candidate, FailedCondition};
use crate::rules::{
    RuleNumber, RuleOffset, RuleRef, Rules,
    analysis::request_set::{
        path::{Fresh, Path},
        unify::unify,
    },
    capture::{Captures, Match},
    compiled_options::Missing,
    compiled_rule::CompiledRule,
    match_input::MatchInput,
    options::Matching,
    pattern::PatternRef,
    search::Rank,
    spelling,
    table::Table,
};

/// So many of them are told.
const MOST: usize = 100;

/// A path that is asked for, to be compared with many sources.
struct AskedPath {
    text: Vec<u8>,
    path: Path,
}

impl AskedPath {
    /// A path as it was received.
    fn new(received: &str) -> Self {
        let mut text = Vec::new();
        spelling::push(&mut text, received.as_bytes(), false);
        let path = Path::literal(&text);
        Self { text, path }
    }

    /// Returns `true` if a source matches it.
    fn is_matched_by(&self, source: PatternRef<'_>, matching: Matching) -> bool {
        // Most sources begin otherwise.
        let literal = source.front.split(|byte| *byte == b'{').next();
        let literal = literal.unwrap_or_default();
        let literal = literal.strip_suffix(b"/").unwrap_or(literal);
        let start = self.text.get(..literal.len());
        let begins = |start: &[u8]| match matching.ignore_case {
            true => start.eq_ignore_ascii_case(literal),
            false => start == literal,
        };
        start.is_some_and(begins)
            && unify(self.path.clone(), source, matching, &mut Fresh::default()).is_some()
    }
}

/// A path that is asked for, and the same with a slash at its end more or less.
struct Paths {
    asked: AskedPath,
    other: AskedPath,
    /// The regexes that match the first.
    regexes: HashSet<RuleOffset>,
}

/// Whether a rule is for a path.
enum Fit {
    Whole,
    /// But for this.
    Nearly(FailedCondition),
    Another,
}

impl Rules {
    /// The rules whose path fits, in any case and with a slash at its end or without, the one that
    /// is asked first first; and how many more there are.
    pub(super) fn in_question<'r>(
        &'r self,
        ask: &MatchInput<'_, '_>,
        winner: Option<RuleOffset>,
    ) -> (Vec<Candidate<'r>>, usize) {
        let found = self.table.found(ask);
        let paths = self.table.paths(ask.path);
        let mut ranked: Vec<(Rank, RuleOffset, Option<FailedCondition>)> = Vec::new();
        for (at, rule) in self.table.rules() {
            let unmet = if found.contains(&at) {
                None
            } else {
                let Some(unmet) = self.table.misses(ask, &paths, at, &rule) else {
                    continue;
                };
                Some(unmet)
            };
            ranked.push((self.table.rank(&rule, self.precedence), at, unmet));
        }
        ranked.sort_unstable_by_key(|(rank, ..)| *rank);
        let mut candidates = Vec::new();
        let mut more = 0;
        for (place, (_, at, unmet)) in ranked.into_iter().enumerate() {
            if place >= MOST && winner != Some(at) {
                more += 1;
                continue;
            }
            let Some(rule) = self.table.rule(at) else {
                continue;
            };
            let unmet = match unmet.or_else(|| self.table.lacks(ask, &rule)) {
                None if winner != Some(at) => Some(FailedCondition::LowerPrecedence),
                unmet => unmet,
            };
            candidates.push(Candidate {
                rule: RuleRef::new(&self.table, rule),
                failed_condition: unmet,
            });
        }
        (candidates, more)
    }
}

impl Table {
    /// The rules whose path and host fit a request, as they are found where it is answered.
    fn found(&self, ask: &MatchInput<'_, '_>) -> HashSet<RuleOffset> {
        let mut found = HashSet::new();
        self.candidates(
            ask,
            || RuleNumber::MAX,
            |at, _, _| {
                found.insert(at);
                ControlFlow::Continue(())
            },
        );
        found
    }

    /// What is missing first for a rule to be found; `None` where its path is another.
    fn misses(
        &self,
        ask: &MatchInput<'_, '_>,
        paths: &Paths,
        at: RuleOffset,
        rule: &CompiledRule<'_>,
    ) -> Option<FailedCondition> {
        match paths.fit(at, rule, self.matching(rule)) {
            Fit::Another => return None,
            Fit::Nearly(unmet) => return Some(unmet),
            Fit::Whole => {}
        }
        let group = self.group(rule);
        if !self.hosts.fitting(ask.host).any(|own| own == group) {
            return Some(FailedCondition::Host);
        }
        self.lacks(ask, rule)
    }

    /// What a request lacks whose path and host fit.
    fn lacks(&self, ask: &MatchInput<'_, '_>, rule: &CompiledRule<'_>) -> Option<FailedCondition> {
        let compiled = self.options(rule)?;
        let Some(missing) = compiled.missing(ask, &mut Captures::none()) else {
            let label = compiled.options.host_label?;
            let has_label = self.has_host_label(label, &Match::of(rule.begin()), rule, ask);
            return (!has_label).then_some(FailedCondition::HostLabel);
        };
        Some(match missing {
            Missing::Scheme => FailedCondition::Scheme,
            Missing::Method => FailedCondition::Method,
            Missing::Except(pattern) => FailedCondition::Except(pattern.into()),
            Missing::OtherParameters => FailedCondition::OtherParameters,
            Missing::OwnTarget => FailedCondition::OwnTarget,
            Missing::Condition(true, has) => FailedCondition::Missing(has.clone()),
            Missing::Condition(false, has) => FailedCondition::Forbidden(has.clone()),
        })
    }

    #[cfg_attr(
        not(feature = "regex"),
        expect(clippy::unused_self, reason = "with the feature it is used")
    )]
    fn paths(&self, asked: &str) -> Paths {
        let other = match asked.strip_suffix('/') {
            Some(first) if !first.is_empty() => first,
            _ => &format!("{asked}/"),
        };
        Paths {
            asked: AskedPath::new(asked),
            other: AskedPath::new(other),
            #[cfg(feature = "regex")]
            regexes: self.regexes.matching(asked).collect(),
            #[cfg(not(feature = "regex"))]
            regexes: HashSet::new(),
        }
    }
}

impl Paths {
    /// Returns how a rule fits the path.
    fn fit(&self, at: RuleOffset, rule: &CompiledRule<'_>, matching: Matching) -> Fit {
        let Some(parts) = rule.parts() else {
            return if self.regexes.contains(&at) {
                Fit::Whole
            } else {
                Fit::Another
            };
        };
        let fits = |path: &AskedPath, ignore_case| {
            let matching = Matching {
                ignore_case: ignore_case || matching.ignore_case,
                ..matching
            };
            path.is_matched_by(parts, matching)
        };
        // Nearly all fit in no way.
        if fits(&self.asked, true) {
            match fits(&self.asked, false) {
                true => Fit::Whole,
                false => Fit::Nearly(FailedCondition::Case),
            }
        } else if fits(&self.other, true) {
            Fit::Nearly(match fits(&self.other, false) {
                true => FailedCondition::TrailingSlash,
                false => FailedCondition::Case,
            })
        } else {
            Fit::Another
        }
    }
}
