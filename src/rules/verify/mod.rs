//! Loops: rules that lead a request back to where it was, or on and on.
//!
//! Rules that may follow each other make a graph; where it has circles, requests are followed with
//! all that is not known of them, and samples of them are sent round. What a sample meets is
//! certain; what cannot come back is no loop; the rest is said to be not proven.

use std::collections::HashSet;

use http::StatusCode;

use super::{FindingCode, RuleNumber, RuleOffset, RuleRef, Rules};
use crate::journey::TestRequest;

mod address;
mod beginnings;
mod chains;
mod check;
mod components;
mod except;
mod field;
mod finder;
mod graph;
mod growth;
mod host;
mod leading;
mod leave_out;
mod merge;
mod own_target;
mod path;
mod port;
mod query;
mod region;
mod shadow;
mod site_hosts;
mod sources;
mod target_path;
mod unify;
mod value_set;
mod walk;
mod witness;
mod work;

#[cfg(feature = "regex")]
pub(super) use beginnings::regex_beginning;
pub(super) use except::covers;
pub(super) use finder::Finder;
#[cfg(test)]
pub(super) use finder::path_of_target;
pub(super) use merge::Merged;
pub(super) use path::AskedPath;
pub(super) use region::Overlap;
use walk::Verdict;

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
    pub(super) circle: Vec<RuleOffset>,
}

impl Loop {
    const fn code(&self) -> FindingCode {
        match (self.kind, self.is_certain) {
            (LoopKind::Unknown, _) => FindingCode::UndecidedLoop,
            (LoopKind::Circle, true) => FindingCode::RedirectLoop,
            (LoopKind::Circle, false) => FindingCode::PossibleLoop,
            (LoopKind::ToItself | LoopKind::Grows, true) => FindingCode::EndlessRedirect,
            (LoopKind::ToItself | LoopKind::Grows, false) => FindingCode::PossibleEndlessRedirect,
        }
    }
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
    fn loops(&self, finder: &mut Finder<'_>) -> Loops {
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
            is_certain: self.waits_for(&[at]).is_none(),
            rules: vec![at],
            kind: LoopKind::ToItself,
            hops: 1,
            urls: Vec::new(),
            request: None,
            circle: vec![at],
        });
        Loops {
            found: idle.chain(found.into_iter().map(|(_, one)| one)).collect(),
            are_all,
        }
    }

    fn loop_of(&self, circle: &[RuleOffset], verdict: Verdict) -> Option<Loop> {
        match verdict {
            Verdict::Ends => None,
            Verdict::Round(round) => Some(Loop {
                is_certain: self.is_certain(&round) && self.waits_for(&round.rules).is_none(),
                kind: if round.grows {
                    LoopKind::Grows
                } else {
                    LoopKind::Circle
                },
                hops: round.rules.len(),
                rules: each_once(round.rules),
                urls: round.urls,
                request: Some(round.request),
                circle: circle.to_vec(),
            }),
            Verdict::Unknown => Some(Loop {
                rules: circle.to_vec(),
                kind: LoopKind::Unknown,
                is_certain: false,
                hops: 0,
                urls: Vec::new(),
                request: None,
                circle: Vec::new(),
            }),
        }
    }

    /// Returns the first status that one of these rules waits for. Another response of the app
    /// ends a loop.
    fn waits_for(&self, rules: &[RuleOffset]) -> Option<StatusCode> {
        rules.iter().find_map(|at| {
            let rule = self.table.rule(*at)?;
            self.table.options(&rule)?.options.after
        })
    }

    /// The numbers of the rules that may lead round; `None` where any may.
    pub(super) fn in_loops(&self) -> Option<HashSet<RuleNumber>> {
        let loops = self.loops(&mut Finder::new(self));
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

#[cfg(test)]
mod tests {
    use super::{Finder, work::Work};
    use crate::rules::{Condition, FindingCode, Rule, Rules};

    /// The rules of a number.
    type Make = fn(usize) -> Rule;

    /// What is looked at in so many rules, for loops and for everything else.
    fn work(count: usize, make: Make) -> [usize; 2] {
        let rules = Rules::new((0..count).map(make)).unwrap();
        let (mut loops, mut rest) = (Finder::new(&rules), Finder::new(&rules));
        let _ = rules.check_with(&mut loops, &mut rest);
        for (at, _) in rules.table.rules() {
            let _ = rest.surely_next(at);
        }
        assert!(!loops.is_tired() && !rest.is_tired());
        [loops.work.done(), rest.work.done()]
    }

    #[test]
    fn ten_times_the_rules_are_ten_times_the_work() {
        let sets: &[Make] = &[
            |at| Rule::permanent(format!("/old/{at}"), format!("/new/{at}")),
            |at| Rule::permanent(format!("/p{at}"), format!("/p{}", at + 1)),
            |at| Rule::permanent(format!("/p{at}/{{x}}"), format!("/p{}/{{x}}", at + 1)),
            |at| Rule::permanent(format!("/p/{{*r}}?id={at}"), format!("/q/{at}/{{r}}")),
            |at| Rule::permanent(format!("/index.php?id={at}"), format!("/page/{at}")),
            |at| Rule::permanent("/a", "/b").host(&format!("*.h{at}.example")),
            #[cfg(feature = "regex")]
            |at| {
                let regex = format!(r"/old/{at}/(.*)\.html");
                Rule::permanent(
                    crate::rules::Source::regex(&regex),
                    format!("/new/{at}/{{1}}"),
                )
            },
        ];
        for (number, make) in sets.iter().enumerate() {
            let (few, many) = (work(60, *make), work(600, *make));
            for (few, many) in few.into_iter().zip(many) {
                assert!(many <= 12 * few.max(600), "set {number}: {few}, {many}");
            }
        }
    }

    #[test]
    fn rules_that_lead_to_no_source_are_not_looked_at() {
        let source = |at: usize| match at % 3 {
            0 => format!("/old/{at}/{{*r}}"),
            1 => format!("/old/{at}/{{x}}/{{r}}"),
            _ => format!("/old/{{r}}.{at}"),
        };
        let rule = |at| Rule::permanent(source(at), format!("/new/{at}/{{r}}"));
        let work = |_| {
            let rules = Rules::new((0..600).map(rule)).unwrap();
            let mut finder = Finder::new(&rules);
            assert!(rules.loops(&mut finder).found.is_empty());
            finder.work.done()
        };
        // By chance, some are in few tables.
        let least = (0..3).map(work).min();
        assert!(least.is_some_and(|least| least < 1_000), "{least:?}");
    }

    #[test]
    fn what_is_given_up_is_said_to_be_not_proven() {
        const MOST: usize = 20_000;
        let sets: &[Make] = &[
            // Each may follow each other.
            |at| Rule::found(format!("/a?k{at}={{v}}"), format!("/a?k{}={{v}}", at + 1)),
            // Each may be hidden by each other.
            |at| Rule::found("/a", format!("/b/{at}")).when(Condition::cookie(&format!("c{at}"))),
            |at| Rule::found(format!("/{{x}}-{at}"), format!("/b/{at}")),
            #[cfg(feature = "regex")]
            |at| {
                let regex = format!("/.*{at}/(.*)");
                Rule::found(crate::rules::Source::regex(&regex), format!("/b{at}/{{1}}"))
            },
        ];
        for (number, make) in sets.iter().enumerate() {
            let rules = Rules::new((0..200).map(*make));
            let rules = rules.unwrap_or_else(|errors| panic!("set {number}: {errors}"));
            let finder = || {
                let mut finder = Finder::new(&rules);
                finder.work = Work::at_most(MOST);
                finder
            };
            let (mut loops, mut rest) = (finder(), finder());
            let report = rules.check_with(&mut loops, &mut rest);
            let findings = report.iter();
            let said = findings.filter(|finding| finding.code() == FindingCode::IncompleteCheck);
            assert!(said.count() > 0, "set {number}");
            for finder in [loops, rest] {
                assert!(
                    finder.work.done() <= 2 * MOST,
                    "set {number}: {:?}",
                    finder.work
                );
            }
        }
    }
}
