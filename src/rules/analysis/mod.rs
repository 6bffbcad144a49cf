//! What a table says about its own rules: loops, chains, rules that never match, differences.
//!
//! All of it asks the same questions: which requests does a rule match, and which request follows
//! its redirect? A [`RequestSet`](request_set::RequestSet) answers them for many requests at once,
//! and a [`RuleGraph`](graph::RuleGraph) finds the rules for such a set.

mod chains;
mod check;
mod diff;
mod explain;
mod flatten;
mod graph;
mod leading;
mod loops;
#[cfg(feature = "regex")]
mod regex_text;
mod request_set;
mod shadowing;
mod work;

pub use diff::{ChangeKind, DecisionChange, Diff, Undecided, UndecidedReason};
pub use explain::{Candidate, Explanation, FailedCondition, NotSentReason};
pub use flatten::{Flattened, RemainingChain, TargetChange};
#[cfg(test)]
pub(super) use graph::path_of_target;
#[cfg(feature = "regex")]
pub(super) use regex_text::Beginning;
pub(super) use request_set::covers;

#[cfg(test)]
mod tests {
    use super::{graph::RuleGraph, work::Work};
    use crate::rules::{Condition, FindingCode, Rule, Rules};

    /// The rules of a number.
    type Make = fn(usize) -> Rule;

    /// What is looked at in so many rules, for loops and for everything else.
    fn work(count: usize, make: Make) -> [usize; 2] {
        let rules = Rules::new((0..count).map(make)).unwrap();
        let (mut loops, mut rest) = (RuleGraph::new(&rules), RuleGraph::new(&rules));
        let _ = rules.check_with(&mut loops, &mut rest);
        for (at, _) in rules.table.rules() {
            let rule = rules.table.rule(at);
            let _ = rule.and_then(|rule| rest.surely_behind(&rule));
        }
        assert!(!loops.is_over_limit() && !rest.is_over_limit());
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
            let mut graph = RuleGraph::new(&rules);
            assert!(rules.loops(&mut graph).found.is_empty());
            graph.work.done()
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
            let graph = || {
                let mut graph = RuleGraph::new(&rules);
                graph.work = Work::at_most(MOST);
                graph
            };
            let (mut loops, mut rest) = (graph(), graph());
            let report = rules.check_with(&mut loops, &mut rest);
            let findings = report.iter();
            let said = findings.filter(|finding| finding.code() == FindingCode::IncompleteCheck);
            assert!(said.count() > 0, "set {number}");
            for graph in [loops, rest] {
                assert!(
                    graph.work.done() <= 2 * MOST,
                    "set {number}: {:?}",
                    graph.work
                );
            }
        }
    }
}
