//! The chains that flattening leaves, and why.

use std::{collections::HashSet, fmt};

use crate::rules::{RuleNumber, Rules};

/// Why two rules can't become one: the end of a sentence about one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    First(&'static str),
    Next(&'static str),
}

impl Reason {
    /// For what no known pair of rules does.
    pub(super) const UNPROVEN: Self =
        Self::First("can't be proven to keep the final URL of every request");

    /// Another target would change which requests go round.
    pub(super) fn of_loop(
        loops: &HashSet<RuleNumber>,
        [rule, next]: [RuleNumber; 2],
    ) -> Option<Self> {
        const REASON: &str = "may be part of a loop";
        if loops.contains(&rule) {
            return Some(Self::First(REASON));
        }
        loops.contains(&next).then_some(Self::Next(REASON))
    }
}

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
    reason: Reason,
    /// The rule that the reason is about, and the first one, for people.
    who: Box<str>,
    name: Box<str>,
}

impl RemainingChain {
    pub(super) fn new(rules: &Rules, [rule, next]: [RuleNumber; 2], reason: Reason) -> Self {
        let who = match reason {
            Reason::First(_) => rule,
            Reason::Next(_) => next,
        };
        Self {
            rule,
            next,
            reason,
            who: rules.name_of(who).into(),
            name: rules.name_of(rule).into(),
        }
    }

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
        match self.reason {
            Reason::First(text) | Reason::Next(text) => text,
        }
    }
}

impl fmt::Display for RemainingChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, who, reason) = (&self.name, &self.who, self.reason());
        write!(f, "{name} stays the same, because {who} {reason}")
    }
}
