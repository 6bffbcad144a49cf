//! The chains that flattening leaves, and why.

use std::{collections::HashSet, fmt};

use crate::rules::{
    QueryPolicy, RuleNumber, Rules,
    analysis::graph::RuleGraph,
    compiled_rule::{CompiledRule, REGEX},
    options::Options,
    target::{self, Piece},
};

/// A redirect chain that flattening can't shorten, and why.
///
/// ```
/// use tower_redirect::rules::{Rule, Rules};
///
/// let rules = Rules::new([
///     Rule::permanent("/a", "/b"),
///     Rule::permanent("/b", "/c").remove_param("p"),
/// ])?;
/// let flattened = rules.flatten();
/// let chain = &flattened.remaining_chains()[0];
/// assert_eq!((chain.rule(), chain.next()), (0, 1));
/// assert_eq!(
///     chain.to_string(),
///     "rule 0 stays the same, because rule 1 edits the query",
/// );
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemainingChain {
    rule: RuleNumber,
    next: RuleNumber,
    reason: &'static str,
    /// Both by their lines, where they have any.
    names: [Box<str>; 2],
    /// Whether the reason is one of the second rule.
    is_of_next: bool,
}

impl RemainingChain {
    /// Returns the number of the first rule of the chain.
    #[must_use]
    pub const fn rule(&self) -> u32 {
        self.rule.0
    }

    /// Returns the number of the rule that redirects the target of the first rule.
    #[must_use]
    pub const fn next(&self) -> u32 {
        self.next.0
    }

    /// Returns why both rules can't become one, as the end of a sentence about one of them.
    #[must_use]
    pub const fn reason(&self) -> &str {
        self.reason
    }
}

impl fmt::Display for RemainingChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [rule, next] = &self.names;
        let who = if self.is_of_next { next } else { rule };
        let reason = self.reason;
        write!(f, "{rule} stays the same, because {who} {reason}")
    }
}

impl Rules {
    /// The rules whose target another one surely redirects.
    pub(super) fn chains(&self, loops: &HashSet<RuleNumber>) -> Vec<RemainingChain> {
        let mut graph = RuleGraph::new(self);
        let mut chains = Vec::new();
        for (_, rule) in self.table.rules() {
            if graph.is_tired() {
                break;
            }
            let next = graph.surely_behind(&rule);
            let Some(second) = next.and_then(|at| self.table.rule(at)) else {
                continue;
            };
            let (is_of_next, reason) = self.reason(loops, &rule, &second);
            let (rule, next) = (rule.number, second.number);
            chains.push(RemainingChain {
                rule,
                next,
                reason,
                names: [rule, next].map(|rule| self.name_of(rule).into()),
                is_of_next,
            });
        }
        chains
    }

    /// Why two rules are not one, and whether that lies with the second.
    fn reason(
        &self,
        loops: &HashSet<RuleNumber>,
        first: &CompiledRule<'_>,
        second: &CompiledRule<'_>,
    ) -> (bool, &'static str) {
        let nothing = Options::default();
        let options =
            |rule: &CompiledRule<'_>| self.table.options(rule).map(|compiled| &compiled.options);
        let (own, other) = (options(first), options(second));
        let (own, other) = (own.unwrap_or(&nothing), other.unwrap_or(&nothing));
        let transforms = |rule: &CompiledRule<'_>| {
            let mut pieces = target::pieces(rule.target);
            pieces.any(|piece| matches!(piece, Piece::Slot(.., one) if !one.is_none()))
        };
        let of_next = [
            (
                other.after.is_some(),
                "waits for a response of the app; in a `_redirects` file, write its status with `!`",
            ),
            (second.has(REGEX), "is a regex"),
            (transforms(second), "transforms a placeholder"),
            (
                other.host_label.is_some(),
                "has a placeholder in the host of its target",
            ),
            (other.cache.is_some(), "has a cache lifetime"),
            (!other.edits.is_empty(), "edits the query"),
            (other.merge_slashes, "merges slashes"),
            (
                other.query_keys().next().is_some(),
                "requires a parameter of the query",
            ),
            (
                other.query == QueryPolicy::Merge && own.query != QueryPolicy::Merge,
                "merges the query",
            ),
        ];
        let of_first = [
            (loops.contains(&first.number), "may be part of a loop"),
            (
                first.origin > 0,
                "redirects to another host, where other rules may match",
            ),
            (transforms(first), "transforms a placeholder"),
            (own.own_target.is_some(), "doesn't match its own targets"),
            (own.cache.is_some(), "has a cache lifetime"),
            (own.merge_slashes, "merges slashes"),
            (
                own.query == QueryPolicy::Merge && other.query != QueryPolicy::Merge,
                "merges the query",
            ),
        ];
        let found = |reasons: &[(bool, &'static str)]| {
            let mut reasons = reasons.iter().filter(|(is_so, _)| *is_so);
            reasons.next().map(|(_, reason)| *reason)
        };
        if let Some(reason) = found(&of_first) {
            (false, reason)
        } else if let Some(reason) = found(&of_next) {
            (true, reason)
        } else {
            (
                false,
                "can't be proven to keep the final URL of every request",
            )
        }
    }
}
