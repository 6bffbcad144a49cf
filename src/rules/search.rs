//! Which of the rules that fit a path answers the request.

use std::{cell::Cell, ops::ControlFlow};

use super::{
    RuleNumber,
    capture::{Captures, Match},
    compiled_rule::{CompiledRule, PATTERN, REGEX},
    match_input::MatchInput,
    pattern::{PatternRef, Segment},
    table::Table,
};

/// Which rule wins if several match a request.
///
/// ```
/// use tower_redirect::rules::{Precedence, Rule, Rules};
/// use tower_redirect::testing;
///
/// let rules = || [Rule::permanent("/a/{*rest}", "/first"), Rule::permanent("/a/b", "/exact")];
/// for (precedence, expected) in [
///     (Precedence::FirstMatch, "/first"),
///     (Precedence::StaticFirst, "/exact"),
///     (Precedence::MostSpecific, "/exact"),
/// ] {
///     let rules = Rules::builder().rules(rules()).precedence(precedence).build()?;
///     testing::get("/a/b").through(&rules).assert_redirect(expected);
/// }
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Precedence {
    /// The rule that was added first.
    #[default]
    FirstMatch,
    /// A rule without placeholders wins over a rule with placeholders or a regex. Among equals, the
    /// rule that was added first wins.
    StaticFirst,
    /// The most specific rule. These criteria decide, in this order:
    ///
    /// 1. a rule without placeholders
    /// 2. the longest literal text in the path
    /// 3. an exact host, then a host pattern (`*.` or `.`), then no host
    /// 4. the longer host
    /// 5. a rule with a scheme
    /// 6. the rule that was added first
    MostSpecific,
}

/// What is compared of two rules; the smaller answers.
pub(super) type Rank = ([u32; 5], RuleNumber);

impl Table {
    /// The rule that answers a request.
    #[inline]
    pub(super) fn search<'a>(
        &self,
        ask: &MatchInput<'_, 'a>,
        precedence: Precedence,
    ) -> Option<Match<'a>> {
        self.search_seen(ask, precedence, || {})
    }

    /// The same; `seen` hears of every rule that is looked at.
    #[inline]
    pub(super) fn search_seen<'a>(
        &self,
        ask: &MatchInput<'_, 'a>,
        precedence: Precedence,
        mut seen: impl FnMut(),
    ) -> Option<Match<'a>> {
        let mut best: Option<(Match<'a>, Rank)> = None;
        let lowest = Cell::new(RuleNumber::MAX);
        self.candidates(
            ask,
            || lowest.get(),
            |at, rule, path| {
                seen();
                let rank = self.rank(rule, precedence);
                if best.is_some_and(|(_, other)| other < rank) {
                    return ControlFlow::Break(());
                }
                let found = || Match { at, path: *path };
                let answers = match self.options(rule) {
                    Some(ready) => {
                        let fits = |label| self.has_host_label(label, &found(), rule, ask);
                        ready.admits(ask, &mut Captures::none())
                            && ready.options.host_label.is_none_or(fits)
                    }
                    None => true,
                };
                if !answers {
                    return ControlFlow::Continue(());
                }
                best = Some((found(), rank));
                lowest.set(wanted_below(&rank, precedence));
                ControlFlow::Break(())
            },
        );
        best.map(|(found, _)| found)
    }

    /// What decides whether a rule comes before another.
    pub(super) fn rank(&self, rule: &CompiledRule<'_>, precedence: Precedence) -> Rank {
        let by_class = match precedence {
            Precedence::FirstMatch => [0; 5],
            Precedence::StaticFirst => {
                let options = self.options(rule);
                let moved = options.is_some_and(|ready| ready.options.stands_with_patterns);
                [u32::from(moved || rule.has(PATTERN | REGEX)), 0, 0, 0, 0]
            }
            Precedence::MostSpecific => self.specificity(rule),
        };
        (by_class, rule.number)
    }

    fn specificity(&self, rule: &CompiledRule<'_>) -> [u32; 5] {
        let options = self.options(rule).map(|ready| &ready.options);
        let host = options.and_then(|options| options.host.as_deref());
        let below = host.is_some_and(|host| host.starts_with(['*', '.']));
        let host_length = host.map_or(0, str::len);
        let scheme = options.is_some_and(|options| options.scheme.is_some());
        let short = |length: usize| u32::MAX - u32::try_from(length).unwrap_or(u32::MAX);
        [
            u32::from(rule.has(PATTERN | REGEX)),
            short(literal_length(rule)),
            u32::from(host.is_none()) * 2 + u32::from(below),
            short(host_length),
            u32::from(!scheme),
        ]
    }
}

/// The number from which on no pattern comes before a rule of this rank.
#[inline]
const fn wanted_below(rank: &Rank, precedence: Precedence) -> RuleNumber {
    match (precedence, rank.0) {
        (Precedence::FirstMatch, _) => rank.1,
        // Patterns are of class 1.
        (Precedence::StaticFirst | Precedence::MostSpecific, [0, ..]) => RuleNumber(0),
        (Precedence::StaticFirst, _) => rank.1,
        (Precedence::MostSpecific, _) => RuleNumber::MAX,
    }
}

/// How many bytes of a source are literal.
fn literal_length(rule: &CompiledRule<'_>) -> usize {
    if rule.has(REGEX) {
        return 0;
    }
    if !rule.has(PATTERN) {
        return rule.source.len();
    }
    PatternRef::of(rule.source)
        .segments()
        .map(|segment| match segment {
            Segment::Literal(text) => 1 + text.len(),
            Segment::Named { before, behind, .. } => 1 + before.len() + behind.len(),
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::Precedence;
    use crate::{
        request::RequestHead,
        rules::{Condition, Rule, Rules, capture::MatchCache, match_input::MatchInput},
    };

    /// How many rules are looked at for a path.
    fn looks(rules: &Rules, path: &str) -> usize {
        let mut request = Request::new(());
        request
            .headers_mut()
            .insert("host", "a.example".parse().unwrap());
        let ask = MatchInput {
            head: &RequestHead::new(&request),
            path,
            query: None,
            host: Some("a.example"),
            cache: &MatchCache::new(),
        };
        let mut count = 0;
        let found = rules
            .table
            .search_seen(&ask, rules.precedence, || count += 1);
        assert!(found.is_some());
        count
    }

    const ALL: [Precedence; 3] = [
        Precedence::FirstMatch,
        Precedence::StaticFirst,
        Precedence::MostSpecific,
    ];

    #[test]
    fn rules_behind_one_that_answers_are_not_looked_at() {
        for source in ["/a", "/{x}"] {
            for precedence in ALL {
                // On every host, and on one.
                let rules = (0..1_000).flat_map(|at| {
                    let target = format!("/b/{at}");
                    let rule =
                        Rule::found(source, target).unless(Condition::header(&format!("x-{at}")));
                    [rule.clone(), rule.host("a.example")]
                });
                let rules = Rules::builder().rules(rules).precedence(precedence);
                assert!(looks(&rules.build().unwrap(), "/a") <= 3, "{source}");
            }
        }
    }

    #[test]
    fn patterns_of_many_shapes_behind_one_that_answers_are_not_looked_at() {
        // Every choice of placeholders that fits one path, the first of them first.
        let pattern = |choice: usize| {
            let segment = |at: usize| match choice >> at & 1 {
                0 => format!("/{{p{at}}}"),
                _ => format!("/{at}"),
            };
            (0..6).map(segment).collect::<String>()
        };
        // By the chance of a hash, another one is met on the way to the first, in few tables.
        let looked = (0..100).map(|_| {
            let rules = (0..1 << 6).map(|choice| Rule::found(pattern(choice), "/"));
            looks(&Rules::new(rules).unwrap(), "/0/1/2/3/4/5")
        });
        let looked: Vec<usize> = looked.collect();
        assert!(looked.iter().sum::<usize>() <= 300, "{looked:?}");
    }
}
