//! Chains made short.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
};

use super::{
    RuleRef, Rules,
    condition::Ready,
    options::{Options, QueryPolicy},
    record::{Draft, PATTERN, REGEX, Record},
    verify::{Finder, Merged},
};
use crate::status::StatusChoice;

mod chain;

pub use chain::Chain;

/// A table without chains, and what was changed for that.
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
///     "rule 0: /b/{x}?from=a (308 Permanent Redirect) becomes /c/{x}?from=b&from=a#top (302 Found), by rule 1",
/// );
/// # Ok::<(), tower_redirect::rules::RulesError>(())
/// ```
#[derive(Debug)]
#[must_use = "the table that was flattened is as it was"]
pub struct Flattened {
    pub(super) rules: Rules,
    pub(super) changes: Vec<Change>,
    chains: Vec<Chain>,
}

/// One rule whose target was redirected again.
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
/// assert_eq!(change.by(), [1]);
/// # Ok::<(), tower_redirect::rules::RulesError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub(super) rule: u32,
    pub(super) line: Option<u32>,
    pub(super) old_target: Box<str>,
    pub(super) old_status_choice: StatusChoice,
    pub(super) target: Box<str>,
    pub(super) how: StatusChoice,
    hops: usize,
    by: Vec<u32>,
    /// The same by their lines, where they have any.
    by_name: Box<str>,
}

/// The rules behind one: how many, and the first of them.
type Way = (usize, Vec<u32>);

/// So many of them are kept.
const SHOWN: usize = 32;

/// So often all rules are gone through; twice is enough where the end of each chain is found at once.
const MOST: usize = 40;

impl Rules {
    /// Shortens chains: a rule whose target another rule always redirects leads where that one does.
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
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    ///
    /// Every request ends where it did, but for locations so long that they were not sent. A permanent
    /// answer that leads to a temporary one becomes temporary, 303 stays 303, and what turns POST into GET
    /// once turns it at once. A rule stays as it is where any of that is not proven: where the second one
    /// has conditions (other than a scheme or methods that the first has too), waits for a 404, says how long it may be kept, merges or edits the query; where the
    /// first leads to another host, or places a part of a segment; where [`check`](Self::check) says that not
    /// all rules were looked at.
    ///
    /// Of files, by their [`Format`](super::Format):
    ///
    /// | dialect | chains |
    /// |---|---|
    /// | `cloudflare`, `haproxy-map`, `nginx-map`, `vercel-bulk` | become short |
    /// | `netlify`, `netlify-toml` | mostly not: a rule waits for a 404, unless it is forced (`301!`) |
    /// | `vercel`, `next` | not: every rule merges the query |
    /// | `bulk-csv` | not: every target names its host |
    ///
    /// The first two lines are [written back](super::Format::rewrite) into their text.
    pub fn flatten(&self) -> Flattened {
        let mut by: BTreeMap<u32, Way> = BTreeMap::new();
        let mut rules = self.copy();
        let loops = self.in_loops();
        if let Some(loops) = &loops {
            for _ in 0..MOST {
                let Some(shorter) = rules.shortened(loops, &mut by) else {
                    break;
                };
                rules = shorter;
            }
        }
        let changes = self.changes(&rules, by);
        let chains = loops.map_or_else(Vec::new, |loops| rules.chains(&loops));
        Flattened {
            rules,
            changes,
            chains,
        }
    }

    /// The same rules in a table of their own.
    pub(super) fn copy(&self) -> Self {
        self.rewritten(self.table.options.clone(), |at, record, records| {
            self.keep(at, record, records);
        })
    }

    fn keep(&self, at: u32, record: &Record<'_>, records: &mut Vec<u8>) {
        let whole = at as usize..record.next() as usize;
        records.extend_from_slice(self.table.records.get(whole).unwrap_or_default());
    }

    /// The table with each rule merged with the one that follows it, the last of a chain first; `None` where
    /// none can be.
    fn shortened(&self, loops: &HashSet<u32>, by: &mut BTreeMap<u32, Way>) -> Option<Self> {
        let mut finder = Finder::new(self);
        let mut merged: HashMap<u32, Merged> = HashMap::new();
        let mut seen: HashSet<u32> = HashSet::new();
        let before = by.clone();
        for (mut at, _) in self.table.records() {
            let mut way = Vec::new();
            while seen.insert(at) {
                let Some(next) = self.next(&mut finder, loops, at) else {
                    break;
                };
                way.push((at, next));
                at = next;
            }
            for (at, next) in way.into_iter().rev() {
                let next_merged = merged.get(&next);
                let all =
                    next_merged.and_then(|next_merged| finder.merged(at, next, Some(next_merged)));
                let by_now = if all.is_some() { &*by } else { &before };
                let Some(one) = all.or_else(|| finder.merged(at, next, None)) else {
                    continue;
                };
                let (Some(rule), Some(second)) = (self.number_at(at), self.number_at(next)) else {
                    continue;
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
        let ready: HashMap<u32, Option<u32>> = merged
            .iter()
            .filter_map(|(at, merged)| {
                let own = self.table.record(*at)?.options;
                Some((*at, options.with_policy(own, merged.policy)))
            })
            .collect();
        let options = options.all;
        Some(self.rewritten(options, |at, record, records| {
            let written = merged
                .get(&at)
                .zip(ready.get(&at))
                .and_then(|(merged, options)| {
                    let draft = Draft {
                        flags: record.flags & (PATTERN | REGEX) | merged.flags,
                        how: merged.how,
                        number: record.number,
                        origin: merged.origin,
                        options: *options,
                        source: record.source,
                        target: &merged.target,
                    };
                    draft.push(records)
                });
            if written.is_none() {
                self.keep(at, record, records);
            }
        }))
    }

    /// The rule that always answers where one leads, neither of them in a loop.
    fn next(&self, finder: &mut Finder<'_>, loops: &HashSet<u32>, at: u32) -> Option<u32> {
        let is_free = |at| {
            self.number_at(at)
                .is_some_and(|rule| !loops.contains(&rule))
        };
        if finder.is_tired() || !is_free(at) {
            return None;
        }
        finder.surely_next(at).filter(|next| is_free(*next))
    }

    fn number_at(&self, at: u32) -> Option<u32> {
        self.table.record(at).map(|record| record.number)
    }

    fn changes(&self, after: &Self, mut by: BTreeMap<u32, Way>) -> Vec<Change> {
        let pairs = self.iter().zip(after.iter());
        pairs
            .filter_map(|(old, new)| {
                let (count, by) = by.remove(&old.number())?;
                let mut names: Vec<_> = by.iter().map(|rule| self.name_of(*rule)).collect();
                if count > names.len() {
                    names.push(format!("{} more", count - names.len()));
                }
                Some(Change {
                    rule: old.number(),
                    line: old.line(),
                    old_target: RuleRef::target(&old).into(),
                    old_status_choice: old.status_choice(),
                    target: RuleRef::target(&new).into(),
                    how: new.status_choice(),
                    hops: count + 1,
                    by,
                    by_name: names.join(", ").into(),
                })
            })
            .collect()
    }
}

/// Options of rules, and more of them with another policy for the query.
struct Policies {
    all: Vec<Ready>,
    known: HashMap<Options, u32>,
}

impl Policies {
    fn of(all: &[Ready]) -> Self {
        let known = all.iter().zip(0..);
        Self {
            all: all.to_vec(),
            known: known
                .map(|(ready, at)| (ready.options.clone(), at))
                .collect(),
        }
    }

    /// The options with this policy, new ones where there are none like that.
    fn with_policy(&mut self, own: Option<u32>, policy: QueryPolicy) -> Option<u32> {
        let ready = match own {
            Some(at) => self.all.get(at as usize)?.clone(),
            None if policy == QueryPolicy::Keep => return None,
            None => Ready::default(),
        };
        if ready.options.query == policy {
            return own;
        }
        let ready = ready.append_encoded_query(policy);
        if let Some(at) = self.known.get(&ready.options) {
            return Some(*at);
        }
        let at = u32::try_from(self.all.len()).ok()?;
        self.known.insert(ready.options.clone(), at);
        self.all.push(ready);
        Some(at)
    }
}

impl Flattened {
    /// The same rules in the same order, with other targets.
    #[must_use]
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The same, to be kept.
    #[must_use]
    pub fn into_rules(self) -> Rules {
        self.rules
    }

    /// What was changed, in the order of the rules.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The chains that are left, in the order of the rules.
    #[must_use]
    pub fn chains(&self) -> &[Chain] {
        &self.chains
    }
}

impl Change {
    /// The number of the rule.
    #[must_use]
    pub const fn rule(&self) -> u32 {
        self.rule
    }

    /// The line of the rule, where it was read from a file.
    #[must_use]
    pub const fn line(&self) -> Option<u32> {
        self.line
    }

    /// The target as it was.
    #[must_use]
    pub fn old_target(&self) -> &str {
        &self.old_target
    }

    /// The status or the intent as it was.
    #[must_use]
    pub const fn old_status_choice(&self) -> StatusChoice {
        self.old_status_choice
    }

    /// The target as it is.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The status or the intent as it is.
    #[must_use]
    pub const fn status_choice(&self) -> StatusChoice {
        self.how
    }

    /// How many redirects it took before.
    #[must_use]
    pub const fn hops(&self) -> usize {
        self.hops
    }

    /// The numbers of the rules that answered behind this one, of a long chain the first 32.
    #[must_use]
    pub fn by(&self) -> &[u32] {
        &self.by
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}"),
            None => write!(f, "rule {}", self.rule),
        }?;
        write!(f, ": {} (", self.old_target)?;
        write_how(f, self.old_status_choice)?;
        write!(f, ") becomes {} (", self.target)?;
        write_how(f, self.how)?;
        write!(f, "), by {}", self.by_name)
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
