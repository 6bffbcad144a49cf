//! The rule that a redirect or a refusal comes from, without the table that holds it.
//!
//! A redirect names its rule for logs, metrics and tests. The table lives in `rules`, which imports
//! this module, so the table is known here only as a [`RuleTable`]. Converting its `Arc` allocates
//! nothing.

use std::{fmt, sync::Arc};

/// What a table of rules says about the rule at an offset.
pub(crate) trait RuleTable: Send + Sync {
    /// The path or the regex of the source, as it is compared.
    fn source(&self, at: RuleOffset) -> &str;
    /// The target, with its placeholders.
    fn target(&self, at: RuleOffset) -> String;
    /// The name that the author gave the rule.
    fn name(&self, at: RuleOffset) -> Option<&str>;
    /// The name, or host and source.
    fn id(&self, at: RuleOffset) -> RuleId<'_>;
    /// The file that the table was read from.
    fn file(&self, number: RuleNumber) -> Option<&str>;
    /// The line of a rule in that file, counted from 1.
    fn line(&self, number: RuleNumber) -> Option<u32>;
    /// Writes source, target and status.
    fn describe(&self, at: RuleOffset, f: &mut fmt::Formatter<'_>) -> fmt::Result;
    /// Adds one hit to a rule, if the table counts hits.
    fn count_hit(&self, number: RuleNumber);
}

/// The offset of a rule in its table. The default is that of the first rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RuleOffset(pub(crate) u32);

/// The number of a rule, counted from 0 in the order in which rules were added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RuleNumber(pub(crate) u32);

/// The rule that a redirect or a refusal comes from: its name, its number, and where it was
/// written.
///
/// ```
/// use tower_redirect::rules::netlify;
/// use tower_redirect::{Policy, testing};
///
/// let rules = netlify::parse("# moved\n/about-us  /about  301!\n")?.in_file("_redirects");
/// let request = testing::get("/about-us");
/// let redirect = rules.decide(&request.head()).into_target().unwrap();
///
/// let rule = redirect.rule().unwrap();
/// assert_eq!((rule.number(), rule.file(), rule.line()), (0, Some("_redirects"), Some(2)));
/// assert_eq!(rule.to_string(), "/about-us -> /about (301 Moved Permanently)");
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
///
/// It keeps the table that matched in memory, and doesn't change when the active table is replaced.
/// A [`PathMap`](crate::rules::PathMap) chooses no status, so its redirects name no rule.
#[derive(Clone)]
pub struct MatchedRule {
    table: Arc<dyn RuleTable>,
    at: RuleOffset,
    number: RuleNumber,
}

impl MatchedRule {
    #[inline]
    pub(crate) fn new(table: Arc<dyn RuleTable>, at: RuleOffset, number: RuleNumber) -> Self {
        Self { table, at, number }
    }

    /// Returns the number of the rule, counted from 0 in the order in which rules were added.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number.0
    }

    /// Returns the path of the source, in the form that the table compares, or its regex.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::{Policy, testing};
    ///
    /// let rules = Rules::new([Rule::permanent("/blog/{slug}", "/posts/{slug}")])?;
    /// let redirect = rules.decide(&testing::get("/blog/hello").head()).into_target().unwrap();
    /// let rule = redirect.rule().unwrap();
    /// assert_eq!((rule.source(), rule.target()), ("/blog/{slug}", "/posts/{slug}".to_owned()));
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    #[must_use]
    pub fn source(&self) -> &str {
        self.table.source(self.at)
    }

    /// Returns the target with its placeholders unfilled. It is empty for a rule that refuses.
    #[must_use]
    pub fn target(&self) -> String {
        self.table.target(self.at)
    }

    /// Returns the name, if the rule has one.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::{Policy, testing};
    ///
    /// let rules = Rules::new([Rule::permanent("/a", "/b").named("launch")])?;
    /// let redirect = rules.decide(&testing::get("/a").head()).into_target().unwrap();
    /// assert_eq!(redirect.rule().unwrap().name(), Some("launch"));
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.table.name(self.at)
    }

    /// Returns what the rule is called in logs and metrics: its name, or its source if it has none.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::{Policy, testing};
    ///
    /// let rules = [Rule::permanent("/a", "/b"), Rule::permanent("/c", "/d").named("c")];
    /// let rules = Rules::new(rules)?;
    /// for (path, id) in [("/a", "/a"), ("/c", "c")] {
    ///     let redirect = rules.decide(&testing::get(path).head()).into_target().unwrap();
    ///     assert_eq!(redirect.rule().unwrap().id().to_string(), id);
    /// }
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    #[must_use]
    pub fn id(&self) -> RuleId<'_> {
        self.table.id(self.at)
    }

    /// Returns the file that the rule was read from, if it is known.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.table.file(self.number)
    }

    /// Returns the line in that file, counted from 1.
    #[must_use]
    pub fn line(&self) -> Option<u32> {
        self.table.line(self.number)
    }

    /// Adds one hit, if the table counts hits.
    #[inline]
    pub(crate) fn count_hit(&self) {
        self.table.count_hit(self.number);
    }
}

/// Writes the source, the target and the status, as [`RuleRef`](crate::rules::RuleRef) does.
impl fmt::Display for MatchedRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.table.describe(self.at, f)
    }
}

// Short, because every redirect of a table contains one.
impl fmt::Debug for MatchedRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MatchedRule({})", self.id())
    }
}

/// The identifier of a rule in events and labels: its name, or its source if it has no name.
///
/// ```
/// use tower_redirect::rules::{Rule, RuleId, Rules};
///
/// let rules = Rules::new([
///     Rule::permanent("https://old.example/a/{x}", "/b/{x}"),
///     Rule::permanent("/c", "/d").named("launch"),
/// ])?;
/// let ids: Vec<_> = rules.iter().map(|rule| rule.id()).collect();
/// assert!(matches!(ids[0], RuleId::Source { host: "old.example", source: "/a/{x}", .. }));
/// assert_eq!(ids[0].to_string(), "old.example/a/{x}");
/// assert_eq!(ids[1], RuleId::Name("launch"));
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
///
/// The identifier stays the same if you insert rules before this one, or change its target.
///
/// Two rules can have the same identifier: if you give them the same name, or if they have the same
/// source and only differ in their scheme, methods or conditions. Metrics then count these rules
/// together. Give them names to tell them apart.
///
/// The text of a source comes from the author of the rules. `Display` writes its first 100 bytes.
///
/// The enum is exhaustive: a rule without a name always has a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleId<'r> {
    /// The name of the rule.
    Name(&'r str),
    /// The source of a rule without a name.
    #[non_exhaustive]
    Source {
        /// The host or the parent domain of the rule, or an empty text if it's not for one host.
        host: &'r str,
        /// The path or the regex, as it's compared.
        source: &'r str,
    },
}

/// The maximum length of a displayed source in bytes.
const MAX_DISPLAYED: usize = 100;

impl<'r> RuleId<'r> {
    /// Returns the text in pieces, so that callers can write it without `fmt`.
    pub(crate) fn pieces(self) -> [&'r str; 3] {
        let (host, source) = match self {
            Self::Name(name) => return [name, "", ""],
            Self::Source { host, source } => (host, source),
        };
        let host_start = truncate(host, MAX_DISPLAYED);
        let source_start = truncate(source, MAX_DISPLAYED - host_start.len());
        let is_all = (host_start.len(), source_start.len()) == (host.len(), source.len());
        [
            host_start,
            source_start,
            if is_all { "" } else { "\u{2026}" },
        ]
    }
}

/// Returns at most `max_len` bytes from the beginning of a text, without splitting a character.
fn truncate(text: &str, max_len: usize) -> &str {
    let mut ends = (0..=max_len.min(text.len())).rev();
    ends.find_map(|end| text.get(..end)).unwrap_or_default()
}

impl fmt::Display for RuleId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut pieces = self.pieces().into_iter();
        pieces.try_for_each(|piece| f.write_str(piece))
    }
}

#[cfg(test)]
mod tests {
    use super::RuleId;

    #[test]
    fn a_long_source_is_truncated_between_characters() {
        let displayed = |host, source| RuleId::Source { host, source }.to_string();
        let (a, e) = ("a".repeat(101), "\u{e9}".repeat(51));
        assert_eq!(displayed("", &a[1..]), a[1..]);
        assert_eq!(displayed("", &a), format!("{}\u{2026}", &a[1..]));
        assert_eq!(displayed("", &e), format!("{}\u{2026}", &e[2..]));
        assert_eq!(displayed("b", &e), format!("b{}\u{2026}", &e[4..]));
        assert_eq!(displayed(&a[1..], "/"), format!("{}\u{2026}", &a[1..]));
        assert_eq!(RuleId::Name(&a).to_string(), a);
    }
}
