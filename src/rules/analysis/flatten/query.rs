//! What two rules make of a query, one after the other, as one rule.

use super::chain::Reason;
use crate::rules::{
    compiled_options::CompiledOptions,
    compiled_rule::{CompiledRule, QUERY},
    options::{Edit, QueryPolicy},
    parameters::{means, pairs, plain},
};

/// One of two rules: its policy, and the query of its target with the `?`.
#[derive(Clone, Copy)]
pub(super) struct QueryStep<'q> {
    pub(super) policy: QueryPolicy,
    pub(super) query: &'q str,
}

impl<'q> QueryStep<'q> {
    pub(super) fn new(
        rule: &CompiledRule<'_>,
        policy: QueryPolicy,
        query: &'q [u8],
    ) -> Option<Self> {
        let policy = policy.for_target(rule.has(QUERY));
        let query = std::str::from_utf8(query).ok()?;
        Some(Self { policy, query })
    }

    fn pairs(self) -> &'q str {
        self.query.get(1..).unwrap_or_default()
    }

    fn has(self, name: &str) -> bool {
        pairs(self.pairs()).any(|(own, _)| means(name, &plain(own)))
    }

    /// Returns `true` if the other target has every parameter of this one.
    fn is_subset_of(self, other: Self) -> bool {
        pairs(self.pairs()).all(|(name, _)| !has_slots(name) && other.has(name))
    }

    /// Returns the policy and the query of one rule that does what this one and the next do.
    ///
    /// The first rule has these options, and the one rule keeps them but for the policy.
    pub(super) fn then(
        self,
        next: Self,
        own: Option<&CompiledOptions>,
    ) -> Result<(QueryPolicy, String), Reason> {
        let edits = own.map_or(&[][..], |own| &own.options.edits);
        let is_set = |name: &str| {
            let mut edits = edits.iter();
            edits.any(|edit| edit.sets(|own| means(name, own)))
        };
        let sets = edits.iter().any(|edit| matches!(edit, Edit::Set(..)));
        if has_slots(next.query) {
            return Err(Reason::Next("has a placeholder in the query of its target"));
        }
        if self.query == "?" {
            return Err(Reason::First("has an empty query in its target"));
        }
        if next.query == "?" {
            return Err(Reason::Next("has an empty query in its target"));
        }
        if next.policy == QueryPolicy::Drop && sets {
            return Err(Reason::First("sets a parameter that the next rule drops"));
        }
        // A target in which a parameter is replaced loses its empty parameters.
        if sets && next.pairs().split('&').any(str::is_empty) && !next.query.is_empty() {
            return Err(Reason::Next("has an empty parameter in its target"));
        }
        // One rule would replace it, and two send both.
        if pairs(next.pairs()).any(|(name, _)| is_set(name)) {
            return Err(Reason::First("sets a parameter that the next target has"));
        }
        let policy = self.compose(next)?;
        let mut query = next.query.to_owned();
        if next.policy == QueryPolicy::Drop || self.query.is_empty() {
            return Ok((policy, query));
        }
        let merges = next.policy == QueryPolicy::Merge;
        for pair in self.pairs().split('&') {
            let name = pair.split('=').next().unwrap_or_default();
            // It may be the name of another parameter, or nothing.
            if has_slots(name) {
                let reason = "has a placeholder in the name of a parameter";
                return Err(Reason::First(reason));
            }
            if merges && (pair.is_empty() || next.has(name)) {
                continue;
            }
            query.push(if query.is_empty() { '?' } else { '&' });
            query.push_str(pair);
        }
        Ok((policy, query))
    }

    /// What one rule does with the query of a request, if one rule can do it.
    ///
    /// Let `a` and `b` be the queries of the targets and `q` that of the request. Keeping twice
    /// sends `b a q`. Merging twice sends `b`, of `a` what `b` doesn't have, and of `q` what
    /// neither has, and so does merging `q` with the first two. Keeping and then merging sends
    /// parameters of `q` that `a` has, unless `b` has them. No policy does that, so `b` must have
    /// all of `a`. For the same reason, merging and then keeping needs an `a` that has all of `b`.
    fn compose(self, next: Self) -> Result<QueryPolicy, Reason> {
        use QueryPolicy::{Drop, Keep, Merge};
        match (self.policy, next.policy) {
            (Drop, _) | (_, Drop) => Ok(Drop),
            (Merge, Merge) => Ok(Merge),
            (Keep, Merge) if self.is_subset_of(next) => Ok(Merge),
            (Merge, Keep) if next.is_subset_of(self) => Ok(Merge),
            (_, Merge) => Err(Reason::Next(
                "merges the query, and the rule before keeps it",
            )),
            (Merge, _) => Err(Reason::First(
                "merges the query, and the next rule keeps it",
            )),
            _ => Ok(Keep),
        }
    }
}

pub(super) fn has_slots(text: &str) -> bool {
    text.bytes().any(|byte| byte < 0x20)
}
