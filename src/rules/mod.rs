//! Tables of redirect rules, from code or from files.
//!
//! ```
//! use tower_redirect::rules::{Rule, Rules};
//! use tower_redirect::{RedirectLayer, testing};
//!
//! let rules = Rules::new([
//!     Rule::permanent("/about-us", "/about"),
//!     Rule::permanent("/blog/{slug}", "/posts/{slug}"),
//!     Rule::found("/index.php?page={id}", "/pages/{id}"),
//! ])?;
//!
//! testing::get("/blog/hello?page=2").through(&rules).assert_redirect("/posts/hello?page=2");
//! let layer = RedirectLayer::new(rules);
//! # Ok::<(), tower_redirect::rules::Findings>(())
//! ```
//!
//! # Which rule wins
//!
//! By default, the first rule that matches wins. [`Precedence`] has other orders. [`Rule::pass`]
//! keeps later rules away from a URL, and [`Rule::gone`] refuses requests for it.
//!
//! # From a file
//!
//! [`Format`] names the file formats, for example [`netlify`]. The errors and warnings for a file
//! have a line and a column:
//!
//! ```
//! use tower_redirect::rules::netlify;
//!
//! let parsed = netlify::parse_lossy("/about-us /about\n/blog\n");
//! assert_eq!(parsed.rules.len(), 1);
//! assert!(parsed.findings.to_string().starts_with("rules:2:1: error: "));
//! ```
//!
//! # Check, explain, compare
//!
//! | method | what it does |
//! |---|---|
//! | [`Rules::check`] | finds loops, chains, and unreachable rules |
//! | [`Rules::explain`] | shows why a request is redirected, or isn't |
//! | [`Rules::diff`] | shows which requests two tables decide differently |
//! | [`Rules::flatten`] | shortens redirect chains |
//! | [`Format::print`] | converts rules to another format |
//! | [`Rules::leading_to`] | lists the rules that may lead to a URL |
//! | [`Rules::count_hits`] | counts the redirects of each rule |
//!
//! # Performance
//!
//! A lookup takes the same number of steps with ten rules as with a million. The table hashes the
//! path once for rules without placeholders, and once for each shape of path that occurs in rules
//! with placeholders. Only memory access gets slower in a large table. Two kinds of rules make a
//! lookup slower the more of them there are:
//!
//! - regexes
//! - rules with the same path and different conditions, which the table tries one after the other
//!
//! A request that no rule matches costs no allocation, except in these cases:
//!
//! - The path has more than a kilobyte, and is percent-encoded in another way than the rules.
//! - The query has more than 32 different parameters that each equal one that a rule for this path
//!   requires, as `id=1` does for `/a?id=1`. The table then keeps a list of the rules that it has
//!   tried, so that a repeated parameter costs no more.
//! - More than eight conditions look at the query or at cookies.
//! - A regex looks at a percent-encoded value of the query.
//! - A regex matches the path, but the rest of its rule doesn't match.
//!
//! The charts show how long one lookup takes on one machine, first for exact paths, then for paths
//! with placeholders. They compare the table with other ways to find a path. `benches/tables` in
//! the repository measures these times, and also memory, loading and whole servers.
//!
#![doc = include_str!("../docs/tables-exact.svg")]
//!
#![doc = include_str!("../docs/tables-patterns.svg")]

use std::{fmt, sync::Arc};

use crate::{
    location::Location,
    policy::{Decision, Policy, Refusal},
    redirect::{Redirect, RuleNumber, RuleOffset},
    request::{RequestHead, host::NormalizedHost},
};

mod analysis;
mod answer;
mod builder;
mod capture;
mod compiled_options;
mod compiled_rule;
mod condition;
mod copies;
mod except;
mod finding;
mod firsts;
mod format;
mod host_label;
mod host_pattern;
mod lines;
mod match_input;
mod methods;
mod named;
mod options;
mod outcome;
mod parameters;
mod paths;
mod pattern;
#[cfg(feature = "regex")]
mod regexes;
mod rule;
mod rule_query;
pub(crate) mod rule_ref;
mod search;
mod self_target;
mod sent_parameters;
mod source;
mod spelling;
mod summary;
mod syntax;
mod table;
mod target;
mod target_text;
mod text_range;
mod transform;
mod usage;
mod value;

pub use crate::redirect::{MatchedRule, RuleId};
pub use analysis::{
    Candidate, ChangeKind, DecisionChange, Diff, Explanation, FailedCondition, Flattened,
    NotSentReason, RemainingChain, TargetChange, Undecided, UndecidedReason,
};
pub use builder::RulesBuilder;
use capture::{Captures, Match, MatchCache};
use compiled_rule::SLOTS;
pub use condition::Condition;
pub use finding::{
    Finding, FindingCode, Findings, Part, RelatedRule, Severity, UnknownFindingCode,
};
pub use format::*;
use match_input::{MatchInput, asked_host};
pub use options::QueryPolicy;
pub use outcome::Outcome;
pub use paths::PathMap;
pub use rule::Rule;
pub use rule_ref::{Iter, RuleRef};
pub use search::Precedence;
pub use source::Source;
pub use summary::Summary;
use table::{ByPath, Table};
pub use usage::{RuleUsage, Usage};

/// A compiled table of redirect rules.
///
/// It is a policy that decides the target and the status.
///
/// ```
/// use tower_redirect::rules::{Rule, Rules};
/// use tower_redirect::{RedirectLayer, testing};
///
/// let rules = Rules::new([
///     Rule::permanent("/about-us", "/about"),
///     Rule::see_other("/old-form", "/form"),
/// ])?;
/// testing::get("/about-us").through(&rules).assert_redirect("/about");
///
/// let layer = RedirectLayer::new(rules);
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
///
/// [`Rule`] describes how a rule matches a path. A matching rule sends no redirect in these cases:
///
/// - The rule has placeholders or a regex, and the path has a `.` or `..` segment, percent-encoded
///   or not (R4). It doesn't matter whether the target uses that segment.
/// - The path of the location would have such a segment.
/// - The captured text would redirect to another host.
///
/// If no rule matches, the request passes through. If any rule is for a host, the table refuses
/// requests with an invalid or conflicting host (400).
///
/// Cloning is cheap: clones share one table.
#[derive(Clone)]
pub struct Rules {
    table: Arc<Table>,
    precedence: Precedence,
    count: u32,
}

impl Rules {
    /// Compiles a table in which the first rule that matches wins.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::new([Rule::permanent("/a/{b}", "/c/{b}")])?;
    /// testing::get("/a/x").through(&rules).assert_redirect("/c/x");
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if a rule is invalid, or if rules form a redirect loop. The error lists
    /// every invalid rule, with the part, the position and the fix.
    pub fn new(rules: impl IntoIterator<Item = Rule>) -> Result<Self, Findings> {
        Self::builder().rules(rules).build()
    }

    /// Returns a builder, to set options of the table.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    ///
    /// let rules = Rules::builder().ignore_case().rule(Rule::permanent("/a", "/b")).build()?;
    /// assert_eq!(rules.len(), 1);
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    pub fn builder() -> RulesBuilder {
        RulesBuilder::default()
    }

    /// Returns the number of rules.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    ///
    /// assert_eq!(Rules::new([Rule::permanent("/a", "/b")])?.len(), 1);
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count as usize
    }

    /// Returns `true` if the table has no rules.
    ///
    /// ```
    /// use tower_redirect::rules::Rules;
    ///
    /// assert!(Rules::new([])?.is_empty());
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Returns the rules, in the order in which they were added.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    ///
    /// let rules = Rules::new([Rule::permanent("/caf\u{e9}/{x}", "/{x}")])?;
    /// let rule = rules.iter().next().unwrap();
    /// assert_eq!((rule.source(), rule.target().as_str()), ("/caf%C3%A9/{x}", "/{x}"));
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    #[must_use]
    pub const fn iter(&self) -> Iter<'_> {
        Iter::new(self)
    }

    /// Returns the rule that wins for a request, without its redirect.
    ///
    /// Use it in tests, or for your own logs and counts.
    ///
    /// ```
    /// use http::Request;
    /// use tower_redirect::RequestHead;
    /// use tower_redirect::rules::{Rule, Rules};
    ///
    /// let rules = Rules::new([
    ///     Rule::permanent("/about-us", "/about"),
    ///     Rule::found("/blog/{slug}", "/posts/{slug}").named("blog"),
    /// ])?;
    /// let find = |path: &str| {
    ///     let request = Request::get(path).body(()).unwrap();
    ///     rules.find(&RequestHead::new(&request)).map(|rule| rule.id().to_string())
    /// };
    /// assert_eq!(find("/about-us?from=mail").as_deref(), Some("/about-us"));
    /// assert_eq!(find("/blog/hello").as_deref(), Some("blog"));
    /// assert_eq!(find("/about"), None);
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// This is as fast as a decision, and doesn't count as a [hit](Self::count_hits). It doesn't
    /// check whether the redirect is sent. The location can be invalid, or be the requested URL. A
    /// layer also [exempts](crate::middleware::Exemption) some requests. [`explain`](Self::explain)
    /// checks all of this.
    ///
    /// If the table refuses the request because of its host, this returns `None`.
    #[inline]
    #[must_use]
    pub fn find(&self, request: &RequestHead<'_>) -> Option<RuleRef<'_>> {
        let at = match self.table.by_path(request.named_path()?) {
            ByPath::Nothing => return None,
            ByPath::Rule(at) => at,
            ByPath::Unknown => self.find_by_all(request)?,
        };
        Some(RuleRef::at(&self.table, at))
    }

    /// Sets the name of the file that the rules were read from.
    ///
    /// [`MatchedRule::file`] and [`RuleRef::file`] return it. [`Format::load_lossy`] sets it for
    /// you.
    ///
    /// ```
    /// use tower_redirect::rules::netlify;
    ///
    /// let rules = netlify::parse("/a /b")?.in_file("public/_redirects");
    /// let rule = rules.iter().next().unwrap();
    /// assert_eq!((rule.file(), rule.line()), (Some("public/_redirects"), Some(1)));
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    #[must_use]
    pub fn in_file(self, name: &str) -> Self {
        self.with_table(|table| table.lines.in_file(name))
    }

    /// The same rules with a table that is changed; a copy of it where others have it too.
    fn with_table(mut self, change: impl FnOnce(&mut Table)) -> Self {
        if Arc::get_mut(&mut self.table).is_none() {
            self = self.copy();
        }
        // A copy is nobody else's.
        if let Some(table) = Arc::get_mut(&mut self.table) {
            change(table);
        }
        self
    }

    /// The rule that answers a request, and its redirect; `seen` hears of every rule that is looked
    /// at.
    fn answered(
        &self,
        head: &RequestHead<'_>,
        seen: impl FnMut(),
    ) -> Option<(RuleOffset, Redirect)> {
        let host = self.host(head).ok()?;
        let cache = MatchCache::new();
        let ask = MatchInput::new(head, host.as_ref(), &cache);
        let found = self.table.search_seen(&ask, self.precedence, seen)?;
        Some((found.at, self.redirect(&found, &ask).into_target()?))
    }

    /// The host that a request is for, where a rule looks at it.
    #[inline]
    fn host<'h>(&self, head: &'h RequestHead<'_>) -> Result<Option<NormalizedHost<'h>>, Refusal> {
        if self.table.reads_host {
            asked_host(head)
        } else {
            Ok(None)
        }
    }

    #[inline(never)]
    fn redirect<'a>(&self, found: &Match<'a>, ask: &MatchInput<'_, 'a>) -> Decision {
        let Some(rule) = self.table.rule(found.at) else {
            return Decision::pass();
        };
        if !rule.redirects() {
            return self.table.without_redirect(found.at, &rule);
        }
        let mut captures;
        let captures = if rule.has(SLOTS) {
            captures = Captures::none();
            let all = self.table.captures(found, &rule, ask, &mut captures);
            if all.is_none() {
                return Decision::pass();
            }
            &captures
        } else {
            &NO_CAPTURES
        };
        match self.table.location(&rule, captures, ask) {
            Ok(location) => Decision::redirect(self.table.redirect(found.at, &rule, location)),
            Err(_) => Decision::pass(),
        }
    }

    /// The redirect that a request gets, of the rule that its path alone finds, or of the one that
    /// is searched.
    #[inline(never)]
    fn decide_by(&self, known: Option<RuleOffset>, request: &RequestHead<'_>) -> Decision {
        let host = match self.host(request) {
            Ok(host) => host,
            Err(refusal) => return Decision::refuse(refusal),
        };
        let cache = MatchCache::new();
        let ask = MatchInput::new(request, host.as_ref(), &cache);
        let found = match known {
            Some(rule) => Some(Match::of(rule)),
            None => self.table.search(&ask, self.precedence),
        };
        found.map_or_else(Decision::pass, |found| self.redirect(&found, &ask))
    }

    /// The rule that answers a request, of which more than the path has to be looked at.
    #[inline(never)]
    fn find_by_all(&self, request: &RequestHead<'_>) -> Option<RuleOffset> {
        let host = self.host(request).ok()?;
        let cache = MatchCache::new();
        let ask = MatchInput::new(request, host.as_ref(), &cache);
        Some(self.table.search(&ask, self.precedence)?.at)
    }
}

/// For targets that use none.
static NO_CAPTURES: Captures<'static> = Captures::none();

impl Policy for Rules {
    type Target = Redirect;

    #[inline]
    fn decide(&self, request: &RequestHead<'_>) -> Decision {
        let Some(path) = request.named_path() else {
            return Decision::pass();
        };
        match self.table.by_path(path) {
            ByPath::Nothing => Decision::pass(),
            ByPath::Rule(at) => self.decide_by(Some(at), request),
            ByPath::Unknown => self.decide_by(None, request),
        }
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules")
            .field("rules", &self.count)
            .field("precedence", &self.precedence)
            .finish_non_exhaustive()
    }
}

/// The location of the redirect that a decision is for.
fn place_of(decision: Decision) -> Decision<Location> {
    decision.map(|redirect| redirect.location)
}
