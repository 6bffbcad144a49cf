//! What another table answers differently.

use std::fmt;

use super::{RuleRef, Rules};
use crate::{journey::TestRequest, policy::Decision, redirect::Timing, status::StatusChoice};

mod overlaps;
mod pairs;
mod search;

use search::Search;

/// What one table answers differently from another.
///
/// ```
/// use tower_redirect::rules::{ChangedKind, Rule, Rules};
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
///     "! GET /about-us: /{anything} -> / (302 Found) answers, \
///      in place of /about-us -> /about (308 Permanent Redirect)\n\
///      ~ /{page}.php -> /{page} (308 Permanent Redirect) becomes /pages/{page}\n\
///      ! GET /fax: /{anything} -> / (302 Found) answers, \
///      in place of /fax -> /contact (308 Permanent Redirect)\n\
///      + /{anything} -> / (302 Found)",
/// );
/// let overtaken = diff.changes().iter().filter(|one| one.kind() == ChangedKind::OtherRule);
/// assert_eq!(overtaken.count(), 2);
/// assert!(live.diff(&live).is_empty());
/// # Ok::<(), tower_redirect::rules::RulesError>(())
/// ```
///
/// Its text has a line for each change, and one for each rule of which nothing is proven: `-` where
/// nothing answers any more, `+` where nothing did, `~` where the rule for the same requests answers
/// otherwise, `!` where another rule answers, `?` where it is not known.
#[derive(Clone, Debug, Default)]
#[must_use = "a diff is to be read"]
pub struct Diff<'r> {
    changes: Vec<Changed<'r>>,
    undecided: Vec<Undecided<'r>>,
}

/// Requests that one rule answered and another one answers, or none, with one of them.
///
/// ```
/// use tower_redirect::rules::{ChangedKind, Rule, Rules};
///
/// let old = Rules::new([Rule::permanent("/a/{x}", "/b/{x}")])?;
/// let new = Rules::new([Rule::permanent("/a/{x}", "/c/{x}")])?;
/// let diff = old.diff(&new);
/// let change = &diff.changes()[0];
///
/// assert_eq!(change.kind(), ChangedKind::Altered);
/// assert_eq!(change.before().unwrap().target(), "/b/{x}");
/// assert_eq!(change.after().unwrap().target(), "/c/{x}");
/// change.witness().clone().through(&old).assert_redirect("/b/x0");
/// change.witness().clone().through(&new).assert_redirect("/c/x0");
/// # Ok::<(), tower_redirect::rules::RulesError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Changed<'r> {
    before: Option<RuleRef<'r>>,
    after: Option<RuleRef<'r>>,
    decision_before: Decision,
    decision_after: Decision,
    is_same_source: bool,
    witness: TestRequest,
}

/// How an answer changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChangedKind {
    /// No rule answered, one does.
    Added,
    /// A rule answered, none does.
    Gone,
    /// The rule for the same requests answers otherwise: target, status, query, lifetime, or when.
    Altered,
    /// Another rule answers: it comes first now, or the one that came first is gone.
    OtherRule,
    /// Requests that contradict themselves about their host are refused by a table with rules for hosts,
    /// and by one of the two only.
    Hosts,
}

/// A rule of which it is not proven that all its requests are answered the same.
///
/// ```
/// use tower_redirect::rules::{Rule, Rules, Source, UndecidedReason};
///
/// let rules = |target: &str| Rules::new([Rule::permanent(Source::regex(r"/blog/\d+"), target)]);
/// let (old, new) = (rules("/blog")?, rules("/posts")?);
/// let diff = old.diff(&new);
///
/// assert!(diff.changes().is_empty() && !diff.is_empty());
/// assert_eq!(diff.undecided()[0].doubt(), UndecidedReason::Regex);
/// assert_eq!(
///     diff.to_string(),
///     r"? /blog/\d+ -> /blog (308 Permanent Redirect) becomes /posts: it is a regex",
/// );
/// # Ok::<(), tower_redirect::rules::RulesError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Undecided<'r> {
    before: Option<RuleRef<'r>>,
    after: Option<RuleRef<'r>>,
    doubt: UndecidedReason,
}

/// Why nothing is proven of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UndecidedReason {
    /// It is a regex; no request is made up for one.
    Regex,
    /// No request could be made up that it answers: one that has all it asks for, or one that is not too
    /// long, as its target may be.
    NoRequest,
    /// It is literal, and one with placeholders takes its place, or the other way round. Both lead to the
    /// same address, but for requests that have escapes where none are needed: `/%61` is for `/a`, and a
    /// placeholder passes `%61` on as it was received.
    Spelling,
    /// Requests that were tried are answered the same, but other rules overlap with it, and not all that
    /// is asked can be tried.
    Overlap,
    /// So many rules overlap that not all were looked at.
    TooMany,
}

impl Rules {
    /// Says what another table, a newer one, answers differently.
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
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    ///
    /// Both tables are asked for what each of their rules is for, and for what two rules share of which
    /// one is new, gone, changed or moved. Answers are the same where decision, status, location, lifetime
    /// and timing are; what rules and placeholders are called makes no difference. Where the diff
    /// [is empty](Diff::is_empty), every request is decided the same. The fields `Vary` and
    /// `Cache-Control: private` are not compared: they say what a table looked at before it decided, and
    /// one decides the same with a condition more or less.
    ///
    /// Where one rule with placeholders takes the place of literal ones, each of these that is answered as
    /// before has a doubt of its own ([`UndecidedReason::Spelling`]).
    ///
    /// It takes about as long as building the tables, and longer where many rules with placeholders
    /// overlap; beyond a bound it says so ([`UndecidedReason::TooMany`]).
    pub fn diff<'r>(&'r self, newer: &'r Self) -> Diff<'r> {
        Search::new(self, newer).run()
    }
}

impl<'r> Diff<'r> {
    /// The changes, each pair of rules once: in the order of the rules that answered before, then those
    /// where none did.
    #[must_use]
    pub fn changes(&self) -> &[Changed<'r>] {
        &self.changes
    }

    /// The rules of which nothing is proven.
    #[must_use]
    pub fn undecided(&self) -> &[Undecided<'r>] {
        &self.undecided
    }

    /// Whether every request is decided the same; [`Rules::diff`] says what that is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.undecided.is_empty()
    }
}

impl<'r> Changed<'r> {
    /// How it changed.
    #[must_use]
    pub const fn kind(&self) -> ChangedKind {
        match (&self.before, &self.after) {
            _ if self.is_about_hosts() => ChangedKind::Hosts,
            (None, _) => ChangedKind::Added,
            (Some(_), None) => ChangedKind::Gone,
            (Some(_), Some(_)) if self.is_same_source => ChangedKind::Altered,
            (Some(_), Some(_)) => ChangedKind::OtherRule,
        }
    }

    const fn is_about_hosts(&self) -> bool {
        matches!(self.decision_before, Decision::Refuse(_))
            || matches!(self.decision_after, Decision::Refuse(_))
    }

    /// The rule that answered.
    #[must_use]
    pub const fn before(&self) -> Option<RuleRef<'r>> {
        self.before
    }

    /// The rule that answers.
    #[must_use]
    pub const fn after(&self) -> Option<RuleRef<'r>> {
        self.after
    }

    /// A request that shows it: ask both tables.
    pub const fn witness(&self) -> &TestRequest {
        &self.witness
    }

    /// What was decided for the witness.
    pub const fn decision_before(&self) -> &Decision {
        &self.decision_before
    }

    /// What is decided for the witness.
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
        let target = (old.target() != new.target()).then(|| new.target());
        let how = (old.status_choice() != new.status_choice()).then(|| new.status_choice());
        match (target, how) {
            (Some(target), Some(how)) => news.push(format!("{target} ({})", said(how))),
            (Some(target), None) => news.push(target),
            (None, Some(how)) => news.push(format!("{} ({})", new.target(), said(how))),
            (None, None) => {}
        }
        if let (Decision::Redirect(old), Decision::Redirect(new)) =
            (&self.decision_before, &self.decision_after)
        {
            match (old.timing(), new.timing()) {
                (Timing::Before, Timing::After(_)) => {
                    news.push("one after a 404 of the app".to_owned());
                }
                (Timing::After(_), Timing::Before) => news.push("one before the app".to_owned()),
                _ => {}
            }
            if old.cache != new.cache {
                news.push(match new.cache {
                    Some(cache) => format!("one with {cache}"),
                    None => "one without a lifetime".to_owned(),
                });
            }
        }
        if news.is_empty() {
            let (before, after) = (led(&self.decision_before), led(&self.decision_after));
            return write!(
                f,
                ": {} led to {before}, and leads to {after}",
                asked(&self.witness)
            );
        }
        write!(f, " becomes {}", news.join(", "))
    }
}

impl<'r> Undecided<'r> {
    /// The rule of the older table.
    #[must_use]
    pub const fn before(&self) -> Option<RuleRef<'r>> {
        self.before
    }

    /// The rule of the newer table.
    #[must_use]
    pub const fn after(&self) -> Option<RuleRef<'r>> {
        self.after
    }

    /// Why nothing is proven.
    #[must_use]
    pub const fn doubt(&self) -> UndecidedReason {
        self.doubt
    }
}

/// Where a decision leads.
fn led(decision: &Decision) -> &str {
    match decision {
        Decision::Redirect(redirect) => redirect.location.as_str(),
        Decision::Pass | Decision::Refuse(_) => "nothing that is sent",
    }
}

fn said(how: StatusChoice) -> String {
    match how {
        StatusChoice::Status(status) => status.to_string(),
        StatusChoice::Intent(intent) => format!("{intent:?}"),
    }
}

/// Method and address, with the host where one is named.
fn asked(witness: &TestRequest) -> String {
    let head = witness.head();
    let host = head.authority().unwrap_or_default();
    format!("{} {host}{}", head.method(), head.path_and_query())
}

/// A rule, with its line where it has one.
fn placed(rule: RuleRef<'_>) -> String {
    match rule.line() {
        Some(line) => format!("line {line}: {rule}"),
        None => rule.to_string(),
    }
}

impl fmt::Display for Changed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.before, self.after) {
            _ if self.is_about_hosts() => {
                let now = matches!(self.decision_after, Decision::Refuse(_));
                let now = if now { "now" } else { "no longer" };
                write!(
                    f,
                    "! requests that contradict themselves about their host are {now} refused"
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
                    "! {}: {after} answers, in place of {before}",
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
            (Some(before), None) => write!(f, "? {} is gone", placed(before)),
            (Some(before), Some(after)) => {
                write!(f, "? {}", placed(before))?;
                match (
                    before.target() != after.target(),
                    before.status_choice() != after.status_choice(),
                ) {
                    (_, true) => write!(
                        f,
                        " becomes {} ({})",
                        after.target(),
                        said(after.status_choice())
                    ),
                    (true, false) => write!(f, " becomes {}", after.target()),
                    (false, false) => f.write_str(" has changed, or its place has"),
                }
            }
        }?;
        write!(f, ": {}", self.doubt)
    }
}

impl fmt::Display for UndecidedReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Regex => "it is a regex",
            Self::NoRequest => "no request could be made up that it answers",
            Self::Spelling => {
                "what was tried is answered the same, and a placeholder passes escapes on as they came"
            }
            Self::Overlap => "what was tried is answered the same, and other rules overlap with it",
            Self::TooMany => "too many rules overlap to look at each",
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
