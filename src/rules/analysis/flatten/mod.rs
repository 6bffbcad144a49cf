//! Shortens redirect chains.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
};

use crate::{
    rules::{
        RuleNumber, RuleOffset, RuleRef, Rules,
        analysis::graph::RuleGraph,
        compiled_options::CompiledOptions,
        compiled_rule::{Draft, OptionsIndex, PATTERN, REGEX},
        options::{Options, QueryPolicy},
        outcome::Outcome,
    },
    status::StatusChoice,
};

mod chain;
mod merge;
mod query;

use chain::Reason;
pub use chain::RemainingChain;
use merge::Merged;

/// A table with shortened chains, and its changes, returned by [`Rules::flatten`].
///
/// ```
/// use tower_redirect::rules::{Rule, Rules};
/// use tower_redirect::testing;
///
/// let rules = Rules::new([
///     Rule::permanent("/a/{x}", "/b/{x}?from=a"),
///     Rule::found("/b/{*rest}", "/c/{rest}?from=b#top"),
/// ])?;
/// let flattened = rules.flatten();
/// testing::get("/a/1?q")
///     .through(flattened.rules())
///     .assert_redirect("/c/1?from=b&from=a&q#top");
/// assert_eq!(
///     flattened.to_string(),
///     "rule 0: /b/{x}?from=a (308 Permanent Redirect) becomes \
///      /c/{x}?from=b&from=a#top (302 Found), via rule 1",
/// );
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
#[derive(Debug)]
#[must_use = "flattening returns a new table and doesn't change the old one"]
pub struct Flattened {
    pub(in crate::rules) rules: Rules,
    pub(in crate::rules) changes: Vec<TargetChange>,
    chains: Vec<RemainingChain>,
}

/// A rule that flattening changed: its old and its new target.
///
/// ```
/// use tower_redirect::rules::{Rule, Rules};
/// use tower_redirect::{Status, status::StatusChoice};
///
/// let rules = Rules::new([Rule::permanent("/a", "/b"), Rule::found("/b", "/c")])?;
/// let flattened = rules.flatten();
/// let change = &flattened.changes()[0];
/// assert_eq!((change.rule(), change.old_target(), change.target()), (0, "/b", "/c"));
/// assert_eq!(change.status_choice(), StatusChoice::Status(Status::Found));
/// assert_eq!(change.via(), [1]);
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetChange {
    pub(in crate::rules) rule: RuleNumber,
    pub(in crate::rules) line: Option<u32>,
    pub(in crate::rules) old_target: Box<str>,
    pub(in crate::rules) old_status_choice: StatusChoice,
    pub(in crate::rules) target: Box<str>,
    pub(in crate::rules) status_choice: StatusChoice,
    hops: usize,
    via: Vec<u32>,
    /// The same for people, and the rule itself.
    by_name: Box<str>,
    name: Box<str>,
}

/// The rules behind one: how many, and the first of them.
type Way = (usize, Vec<RuleNumber>);

/// So many of them are kept.
const SHOWN: usize = 32;

/// So often all rules are gone through; twice is enough where the end of each chain is found at
/// once.
const MOST: usize = 40;

impl Rules {
    /// Shortens redirect chains: if another rule always redirects the target of a rule, the rule
    /// gets the target of that rule.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    ///
    /// let rules = Rules::new([
    ///     Rule::permanent("/a", "/b"),
    ///     Rule::permanent("/b", "/c"),
    ///     Rule::permanent("/c", "/d"),
    /// ])?;
    /// let flattened = rules.flatten();
    /// assert_eq!(flattened.changes().len(), 2);
    /// assert!(flattened.rules().check().is_empty());
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// Every request reaches the same URL as before, except those with a location that was too long
    /// to be sent. The status of the shortened rule follows from both rules:
    ///
    /// - A permanent redirect before a temporary one becomes temporary.
    /// - A chain with a 303 becomes a 303.
    /// - If one of the redirects turns POST into GET, the shortened one does too.
    ///
    /// A rule stays the same if the table can't prove all of that, and
    /// [`remaining_chains`](Flattened::remaining_chains) says why. These are the usual reasons:
    ///
    /// - The second rule has conditions, except a scheme or methods that the first rule has too.
    /// - The second rule waits for a response, has a cache lifetime, or edits the query.
    /// - The first rule redirects to another host, or its target has a capture that is part of a
    ///   segment.
    /// - One rule merges the query, the other one keeps it, and their targets have different
    ///   parameters.
    /// - [`check`](Self::check) reports that it didn't look at all rules.
    ///
    /// For files, it depends on the [`Format`](crate::rules::Format):
    ///
    /// | format | are chains shortened? |
    /// |---|---|
    /// | `apache`, `cloudflare`, `firebase`, `haproxy-map`, `native`, `next`, `nginx-map`, `vercel`, `vercel-bulk` | yes |
    /// | `netlify`, `netlify-toml` | rarely: a rule waits for a 404, unless the file forces it (`301!`) |
    /// | `bulk-csv` | no: every target names a host |
    ///
    /// [`Format::rewrite`](crate::rules::Format::rewrite) writes the changes back into the file.
    pub fn flatten(&self) -> Flattened {
        let mut by: BTreeMap<RuleNumber, Way> = BTreeMap::new();
        let mut rules = self.copy();
        let mut chains = Vec::new();
        if let Some(loops) = &self.in_loops() {
            for _ in 0..MOST {
                chains.clear();
                let Some(shorter) = rules.shortened(loops, &mut by, &mut chains) else {
                    break;
                };
                rules = shorter;
            }
        }
        chains.sort_unstable_by_key(RemainingChain::rule);
        let changes = self.changes(&rules, by);
        Flattened {
            rules,
            changes,
            chains,
        }
    }

    /// The same rules in a table of their own.
    pub(in crate::rules) fn copy(&self) -> Self {
        self.rewritten(self.table.options.clone(), |_, rule, compiled| {
            compiled.extend_from_slice(self.table.bytes(rule));
        })
    }

    /// The table with each rule merged with the one that follows it, the last of a chain first;
    /// `None` where none can be. The chains that can't be shortened are added to `chains`.
    fn shortened(
        &self,
        loops: &HashSet<RuleNumber>,
        by: &mut BTreeMap<RuleNumber, Way>,
        chains: &mut Vec<RemainingChain>,
    ) -> Option<Self> {
        let mut graph = RuleGraph::new(self);
        let mut merged: HashMap<RuleOffset, Merged> = HashMap::new();
        let mut seen: HashSet<RuleOffset> = HashSet::new();
        let before = by.clone();
        for (mut at, _) in self.table.rules() {
            let mut way = Vec::new();
            while seen.insert(at) {
                let Some(next) = self.next(&mut graph, at) else {
                    break;
                };
                way.push((at, next));
                at = next;
            }
            for (at, next) in way.into_iter().rev() {
                let (Some(rule), Some(second)) = (self.number_at(at), self.number_at(next)) else {
                    continue;
                };
                let looping = Reason::of_loop(loops, [rule, second]);
                let next_merged = merged.get(&next).filter(|_| looping.is_none());
                let all = next_merged.and_then(|merged| graph.merged(at, next, Some(merged)).ok());
                let by_now = if all.is_some() { &*by } else { &before };
                let one = match (all, looping) {
                    (Some(one), _) => Ok(one),
                    (None, Some(reason)) => Err(reason),
                    (None, None) => graph.merged(at, next, None),
                };
                let one = match one {
                    Ok(one) => one,
                    Err(reason) => {
                        chains.push(RemainingChain::new(self, [rule, second], reason));
                        continue;
                    }
                };
                let (more, behind) = by_now.get(&second).cloned().unwrap_or_default();
                let (count, way) = by.entry(rule).or_default();
                *count += 1 + more;
                way.push(second);
                way.extend(behind);
                way.truncate(SHOWN);
                merged.insert(at, one);
            }
        }
        if merged.is_empty() {
            return None;
        }
        let mut options = Policies::of(&self.table.options);
        let new_options: HashMap<RuleOffset, Option<OptionsIndex>> = merged
            .iter()
            .filter_map(|(at, merged)| {
                let own = self.table.rule(*at)?.options;
                Some((*at, options.with_policy(own, merged.policy)))
            })
            .collect();
        let options = options.all;
        Some(self.rewritten(options, |at, rule, compiled| {
            let written =
                merged
                    .get(&at)
                    .zip(new_options.get(&at))
                    .and_then(|(merged, options)| {
                        let draft = Draft {
                            flags: rule.flags & (PATTERN | REGEX) | merged.flags,
                            outcome: Outcome::Redirect(merged.how),
                            number: rule.number,
                            origin: merged.origin,
                            options: *options,
                            source: rule.source,
                            target: &merged.target,
                        };
                        draft.push(compiled)
                    });
            if written.is_none() {
                compiled.extend_from_slice(self.table.bytes(rule));
            }
        }))
    }

    /// The rule that always answers where one leads.
    fn next<'t>(&'t self, graph: &mut RuleGraph<'t>, at: RuleOffset) -> Option<RuleOffset> {
        let rule = self.table.rule(at).filter(|_| !graph.is_over_limit())?;
        graph.surely_behind(&rule)
    }

    fn number_at(&self, at: RuleOffset) -> Option<RuleNumber> {
        self.table.rule(at).map(|rule| rule.number)
    }

    fn changes(&self, after: &Self, mut by: BTreeMap<RuleNumber, Way>) -> Vec<TargetChange> {
        let pairs = self.iter().zip(after.iter());
        pairs
            .filter_map(|(old, new)| {
                let (count, by) = by.remove(&old.rule_number())?;
                let mut names: Vec<_> = by.iter().map(|rule| self.name_of(*rule)).collect();
                if count > names.len() {
                    names.push(format!("{} more", count - names.len()));
                }
                Some(TargetChange {
                    rule: old.rule_number(),
                    line: old.line(),
                    old_target: RuleRef::target(&old).into(),
                    old_status_choice: old.status_choice()?,
                    target: RuleRef::target(&new).into(),
                    status_choice: new.status_choice()?,
                    hops: count + 1,
                    via: by.iter().map(|rule| rule.0).collect(),
                    by_name: names.join(", ").into(),
                    name: old.place().to_string().into(),
                })
            })
            .collect()
    }
}

/// Options of rules, and more of them with another policy for the query.
struct Policies {
    all: Vec<CompiledOptions>,
    known: HashMap<Options, OptionsIndex>,
}

impl Policies {
    fn of(all: &[CompiledOptions]) -> Self {
        let known = all.iter().zip((0..).map(OptionsIndex::after));
        Self {
            all: all.to_vec(),
            known: known
                .map(|(compiled, at)| (compiled.options.clone(), at))
                .collect(),
        }
    }

    /// The options with this policy, new ones where there are none like that.
    fn with_policy(
        &mut self,
        own: Option<OptionsIndex>,
        policy: QueryPolicy,
    ) -> Option<OptionsIndex> {
        let compiled = match own {
            Some(at) => self.all.get(at.get())?.clone(),
            None if policy == QueryPolicy::Keep => return None,
            None => CompiledOptions::default(),
        };
        if compiled.options.query == policy {
            return own;
        }
        let compiled = compiled.with_query_policy(policy);
        if let Some(at) = self.known.get(&compiled.options) {
            return Some(*at);
        }
        let at = OptionsIndex::after(self.all.len());
        self.known.insert(compiled.options.clone(), at);
        self.all.push(compiled);
        Some(at)
    }
}

impl Flattened {
    /// Returns the rules with their new targets, in the same order.
    #[must_use]
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Converts this into the rules with their new targets.
    #[must_use]
    pub fn into_rules(self) -> Rules {
        self.rules
    }

    /// Returns the changes, in the order of the rules.
    #[must_use]
    pub fn changes(&self) -> &[TargetChange] {
        &self.changes
    }

    /// Returns the chains that remain, in the order of the rules.
    #[must_use]
    pub fn remaining_chains(&self) -> &[RemainingChain] {
        &self.chains
    }
}

impl TargetChange {
    /// Returns the number of the rule.
    #[must_use]
    pub const fn rule(&self) -> u32 {
        self.rule.0
    }

    /// Returns the line of the rule, if it was read from a file.
    #[must_use]
    pub const fn line(&self) -> Option<u32> {
        self.line
    }

    /// Returns the old target.
    #[must_use]
    pub fn old_target(&self) -> &str {
        &self.old_target
    }

    /// Returns the old status or intent.
    #[must_use]
    pub const fn old_status_choice(&self) -> StatusChoice {
        self.old_status_choice
    }

    /// Returns the new target.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Returns the new status or intent.
    #[must_use]
    pub const fn status_choice(&self) -> StatusChoice {
        self.status_choice
    }

    /// Returns how many redirects a client followed before, from this rule to the end of the chain.
    #[must_use]
    pub const fn hops(&self) -> usize {
        self.hops
    }

    /// Returns the numbers of the rules that redirected after this one, at most the first 32.
    #[must_use]
    pub fn via(&self) -> &[u32] {
        &self.via
    }
}

impl fmt::Display for TargetChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} (", self.name, self.old_target)?;
        write_how(f, self.old_status_choice)?;
        write!(f, ") becomes {} (", self.target)?;
        write_how(f, self.status_choice)?;
        write!(f, "), via {}", self.by_name)
    }
}

fn write_how(f: &mut fmt::Formatter<'_>, how: StatusChoice) -> fmt::Result {
    match how {
        StatusChoice::Status(status) => write!(f, "{status}"),
        StatusChoice::Intent(intent) => write!(f, "{intent:?}"),
    }
}

impl fmt::Display for Flattened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, change) in self.changes.iter().enumerate() {
            let separator = if at == 0 { "" } else { "\n" };
            write!(f, "{separator}{change}")?;
        }
        Ok(())
    }
}
