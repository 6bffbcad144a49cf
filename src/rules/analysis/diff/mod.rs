//! Compares two tables: which requests they decide differently.

use std::fmt;

use crate::{
    journey::TestRequest,
    policy::Decision,
    rules::{RuleRef, Rules},
};

mod overlaps;
mod pairs;
mod region;
mod search;

use search::Search;

/// The difference between two tables, returned by [`Rules::diff`].
///
/// ```
/// use tower_redirect::rules::{ChangeKind, Rule, Rules};
///
/// let live = Rules::new([
///     Rule::permanent("/about-us", "/about"),
///     Rule::permanent("/{page}.php", "/{page}"),
///     Rule::permanent("/fax", "/contact"),
/// ])?;
/// let edited = Rules::new([
///     Rule::permanent("/{page}.php", "/pages/{page}"),
///     Rule::found("/{anything}", "/"),
///     Rule::permanent("/about-us", "/about"),
/// ])?;
/// let diff = live.diff(&edited);
///
/// assert_eq!(
///     diff.to_string(),
///     "! GET /about-us: /{anything} -> / (302 Found) matches \
///      instead of /about-us -> /about (308 Permanent Redirect)\n\
///      ~ /{page}.php -> /{page} (308 Permanent Redirect) becomes /pages/{page}\n\
///      ! GET /fax: /{anything} -> / (302 Found) matches \
///      instead of /fax -> /contact (308 Permanent Redirect)\n\
///      + /{anything} -> / (302 Found)",
/// );
/// let overtaken = diff.changes().iter().filter(|one| one.kind() == ChangeKind::OtherRule);
/// assert_eq!(overtaken.count(), 2);
/// assert!(live.diff(&live).is_empty());
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
///
/// `Display` writes one line per change, and one per undecided rule:
///
/// | mark | meaning |
/// |---|---|
/// | `-` | no rule matches any more |
/// | `+` | a rule matches where none did |
/// | `~` | the rule for the same requests decides differently |
/// | `!` | another rule matches |
/// | `?` | the diff couldn't decide |
#[derive(Clone, Debug, Default)]
#[must_use = "a diff does nothing unless you read it"]
pub struct Diff<'r> {
    changes: Vec<DecisionChange<'r>>,
    undecided: Vec<Undecided<'r>>,
}

/// Requests that two tables decide differently: the rules that match them, and one such request.
///
/// ```
/// use tower_redirect::rules::{ChangeKind, Rule, Rules};
///
/// let old = Rules::new([Rule::permanent("/a/{x}", "/b/{x}")])?;
/// let new = Rules::new([Rule::permanent("/a/{x}", "/c/{x}")])?;
/// let diff = old.diff(&new);
/// let change = &diff.changes()[0];
///
/// assert_eq!(change.kind(), ChangeKind::Modified);
/// assert_eq!(change.before().unwrap().target(), "/b/{x}");
/// assert_eq!(change.after().unwrap().target(), "/c/{x}");
/// change.witness().clone().through(&old).assert_redirect("/b/x0");
/// change.witness().clone().through(&new).assert_redirect("/c/x0");
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
#[derive(Clone, Debug)]
pub struct DecisionChange<'r> {
    before: Option<RuleRef<'r>>,
    after: Option<RuleRef<'r>>,
    decision_before: Decision,
    decision_after: Decision,
    is_same_source: bool,
    witness: TestRequest,
}

/// How a decision changed.
///
/// ```
/// use tower_redirect::rules::{ChangeKind, Rule, Rules};
///
/// let old = Rules::new([Rule::permanent("/a", "/b")])?;
/// let new = Rules::new([])?;
/// let diff = old.diff(&new);
/// assert_eq!(diff.changes()[0].kind(), ChangeKind::Removed);
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChangeKind {
    /// A rule matches. Before, none did.
    Added,
    /// No rule matches. Before, one did.
    Removed,
    /// The rule for the same requests decides differently: its outcome, target, status, query,
    /// cache lifetime or timing changed.
    Modified,
    /// Another rule matches: it wins now, or the rule that won is gone.
    OtherRule,
    /// Only one of the tables refuses requests with an invalid or conflicting host. A table does
    /// that if a rule is for a host.
    HostCheck,
}

/// A rule for which the diff couldn't prove that both tables decide all requests the same.
///
/// ```
/// use tower_redirect::rules::{Rule, Rules, Source, UndecidedReason};
///
/// let rules = |regex: &str| Rules::new([Rule::permanent(Source::regex(regex), "/blog")]);
/// let (old, new) = (rules("/blog/[0-9]+")?, rules("/blog/[0-9]{1,}")?);
/// let diff = old.diff(&new);
///
/// assert!(diff.changes().is_empty() && !diff.is_empty());
/// assert_eq!(diff.undecided()[0].reason(), UndecidedReason::Regex);
/// assert_eq!(
///     diff.to_string(),
///     "? /blog/[0-9]+ -> /blog (308 Permanent Redirect) is removed: the rule is a regex\n\
///      ? /blog/[0-9]{1,} -> /blog (308 Permanent Redirect) is new: the rule is a regex",
/// );
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Undecided<'r> {
    before: Option<RuleRef<'r>>,
    after: Option<RuleRef<'r>>,
    reason: UndecidedReason,
}

/// Why the diff couldn't decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UndecidedReason {
    /// The rule is a regex. Both tables decide the tried requests the same, and the diff can't
    /// try all paths that a regex matches.
    Regex,
    /// The diff couldn't construct a request that the rule redirects: a request that meets its
    /// conditions, or one with a location that isn't too long.
    NoWitness,
    /// Both tables decide the tried requests the same, but other rules overlap with this one, and
    /// the diff can't try all requests.
    Overlap,
    /// Too many rules overlap. The diff didn't look at all of them.
    TooManyOverlaps,
}

impl Rules {
    /// Compares this table with a newer one.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    ///
    /// let old = Rules::new([Rule::permanent("/a", "/b"), Rule::permanent("/c", "/d")])?;
    /// let new = Rules::new([Rule::found("/a", "/b"), Rule::permanent("/e", "/f")])?;
    /// assert_eq!(
    ///     old.diff(&new).to_string(),
    ///     "~ /a -> /b (308 Permanent Redirect) becomes /b (302 Found)\n\
    ///      - /c -> /d (308 Permanent Redirect)\n\
    ///      + /e -> /f (308 Permanent Redirect)",
    /// );
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// The diff sends requests to both tables: some for each rule, and some for each overlap with a
    /// rule that is new, removed, changed or moved. If another rule wins, the diff changes the
    /// request so that the other rule no longer matches. Two decisions are the same if kind,
    /// status, location, cache lifetime and timing are the same. Names of rules and placeholders
    /// make no difference. If the diff [is empty](Diff::is_empty), both tables decide every request
    /// the same.
    ///
    /// The diff doesn't compare `Vary` and `Cache-Control: private`. They depend on what a table
    /// looks at before it decides, and two tables can look at different headers and decide the
    /// same.
    ///
    /// If a rule with placeholders replaces a literal rule, requests with needless escapes may
    /// change: `/%61` matches the source `/a`, and a placeholder keeps `%61` as received. The diff
    /// shows such a request.
    ///
    /// The diff takes about as long as building both tables, and longer if many rules with
    /// placeholders overlap. Beyond the [limit](Self::work_limit) of both tables together, it
    /// stops and reports [`UndecidedReason::TooManyOverlaps`].
    pub fn diff<'r>(&'r self, newer: &'r Self) -> Diff<'r> {
        Search::new(self, newer).run()
    }
}

impl<'r> Diff<'r> {
    /// Returns the changes, one for each pair of rules.
    ///
    /// They are in the order of the old rules. Changes without an old rule come last.
    #[must_use]
    pub fn changes(&self) -> &[DecisionChange<'r>] {
        &self.changes
    }

    /// Returns the rules that the diff couldn't decide.
    #[must_use]
    pub fn undecided(&self) -> &[Undecided<'r>] {
        &self.undecided
    }

    /// Returns `true` if both tables decide every request the same, as [`Rules::diff`] defines it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.undecided.is_empty()
    }
}

impl<'r> DecisionChange<'r> {
    /// Returns how the decision changed.
    #[must_use]
    pub const fn kind(&self) -> ChangeKind {
        match (&self.before, &self.after) {
            _ if self.is_about_hosts() => ChangeKind::HostCheck,
            (None, _) => ChangeKind::Added,
            (Some(_), None) => ChangeKind::Removed,
            (Some(_), Some(_)) if self.is_same_source => ChangeKind::Modified,
            (Some(_), Some(_)) => ChangeKind::OtherRule,
        }
    }

    const fn is_about_hosts(&self) -> bool {
        refuses_host(&self.decision_before) || refuses_host(&self.decision_after)
    }

    /// Returns the old rule, if one matched.
    #[must_use]
    pub const fn before(&self) -> Option<RuleRef<'r>> {
        self.before
    }

    /// Returns the new rule, if one matches.
    #[must_use]
    pub const fn after(&self) -> Option<RuleRef<'r>> {
        self.after
    }

    /// Returns a request that the tables decide differently.
    pub const fn witness(&self) -> &TestRequest {
        &self.witness
    }

    /// Returns the decision of the old table about the witness.
    pub const fn decision_before(&self) -> &Decision {
        &self.decision_before
    }

    /// Returns the decision of the new table about the witness.
    pub const fn decision_after(&self) -> &Decision {
        &self.decision_after
    }

    /// What is new of a rule for the same requests.
    fn write_news(
        &self,
        f: &mut fmt::Formatter<'_>,
        old: RuleRef<'_>,
        new: RuleRef<'_>,
    ) -> fmt::Result {
        let mut news = Vec::new();
        if old.outcome() != new.outcome() {
            news.push(new.outcome_text());
        } else if old.target() != new.target() {
            news.push(new.target());
        }
        let redirects = (self.decision_before.target(), self.decision_after.target());
        if let (Some(before), Some(after)) = redirects {
            match (old.waits_for(), new.waits_for()) {
                (before, after) if before == after => {}
                (_, Some(status)) => {
                    news.push(format!("a rule that waits for a {}", status.as_u16()));
                }
                (Some(status), None) => {
                    news.push(format!(
                        "a rule that doesn't wait for a {}",
                        status.as_u16()
                    ));
                }
                (None, None) => {}
            }
            if before.cache != after.cache {
                news.push(match after.cache {
                    Some(cache) => format!("a rule with {cache}"),
                    None => "a rule without a cache lifetime".to_owned(),
                });
            }
        }
        if news.is_empty() {
            let (before, after) = (led(&self.decision_before), led(&self.decision_after));
            return write!(
                f,
                ": {}: {before} before, {after} now",
                asked(&self.witness)
            );
        }
        write!(f, " becomes {}", news.join(", "))
    }
}

impl<'r> Undecided<'r> {
    /// Returns the rule of the old table.
    #[must_use]
    pub const fn before(&self) -> Option<RuleRef<'r>> {
        self.before
    }

    /// Returns the rule of the new table.
    #[must_use]
    pub const fn after(&self) -> Option<RuleRef<'r>> {
        self.after
    }

    /// Returns why the diff couldn't decide.
    #[must_use]
    pub const fn reason(&self) -> UndecidedReason {
        self.reason
    }
}

/// Where a decision leads.
fn led(decision: &Decision) -> &str {
    let redirect = decision.target();
    redirect.map_or("no redirect", |redirect| redirect.location.as_str())
}

/// Returns `true` if a table refuses a request because of its host, before it looks at any rule.
const fn refuses_host(decision: &Decision) -> bool {
    match decision.refusal() {
        Some(refusal) => refusal.rule().is_none(),
        None => false,
    }
}

/// The method and the URL, with the host if the request names one.
fn asked(witness: &TestRequest) -> String {
    let head = witness.head();
    let host = head.authority().unwrap_or_default();
    format!("{} {host}{}", head.method(), head.path_and_query())
}

/// A rule, with its place in a file where it has one.
fn placed(rule: RuleRef<'_>) -> String {
    match rule.line() {
        Some(_) => format!("{}: {rule}", rule.place()),
        None => rule.to_string(),
    }
}

impl fmt::Display for DecisionChange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.before, self.after) {
            _ if self.is_about_hosts() => {
                let now = refuses_host(&self.decision_after);
                let now = if now { "now" } else { "no longer" };
                write!(
                    f,
                    "! requests with an invalid or conflicting host are {now} refused"
                )
            }
            (None, None) => Ok(()),
            (None, Some(after)) => write!(f, "+ {}", placed(after)),
            (Some(before), None) => write!(f, "- {}", placed(before)),
            (Some(before), Some(after)) if self.is_same_source => {
                write!(f, "~ {}", placed(before))?;
                self.write_news(f, before, after)
            }
            (Some(before), Some(after)) => {
                let (before, after) = (placed(before), placed(after));
                write!(
                    f,
                    "! {}: {after} matches instead of {before}",
                    asked(&self.witness)
                )
            }
        }
    }
}

impl fmt::Display for Undecided<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.before, self.after) {
            (None, None) => Ok(()),
            (None, Some(after)) => write!(f, "? {} is new", placed(after)),
            (Some(before), None) => write!(f, "? {} is removed", placed(before)),
            (Some(before), Some(after)) => {
                write!(f, "? {}", placed(before))?;
                if before.outcome() != after.outcome() {
                    write!(f, " becomes {}", after.outcome_text())
                } else if before.target() != after.target() {
                    write!(f, " becomes {}", after.target())
                } else {
                    f.write_str(" changed, or its position did")
                }
            }
        }?;
        write!(f, ": {}", self.reason)
    }
}

impl fmt::Display for UndecidedReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Regex => "the rule is a regex",
            Self::NoWitness => "couldn't construct a request that the rule redirects",
            Self::Overlap => {
                "the tried requests are decided the same, but other rules overlap with this one"
            }
            Self::TooManyOverlaps => "too many rules overlap to check each one",
        })
    }
}

impl fmt::Display for Diff<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for change in &self.changes {
            write!(f, "{separator}{change}")?;
            separator = "\n";
        }
        for undecided in &self.undecided {
            write!(f, "{separator}{undecided}")?;
            separator = "\n";
        }
        Ok(())
    }
}
