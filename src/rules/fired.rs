use std::{fmt, sync::Arc};

use super::{RuleRef, table::Table};

/// The rule that a redirect comes from: its name, its number, and where it stands.
///
/// ```
/// use tower_redirect::rules::netlify;
/// use tower_redirect::{Policy, testing};
///
/// let rules = netlify::parse("# moved\n/about-us  /about  301!\n")?.in_file("_redirects");
/// let request = testing::get("/about-us");
/// let redirect = rules.decide(&request.head()).into_redirect().unwrap();
///
/// let rule = redirect.rule().unwrap();
/// assert_eq!((rule.number(), rule.file(), rule.line()), (0, Some("_redirects"), Some(2)));
/// assert_eq!(rule.to_string(), "/about-us -> /about (301 Moved Permanently)");
/// # Ok::<(), tower_redirect::rules::Diagnostics>(())
/// ```
///
/// It stays what it was when the table is swapped for another, and keeps its own table in memory for so
/// long. [`Paths`](super::Paths) say where and not how, and name no rule.
#[derive(Clone)]
pub struct Fired {
    table: Arc<Table>,
    /// Where it begins among the records.
    at: u32,
    number: u32,
}

impl Fired {
    #[inline]
    pub(super) fn new(table: &Arc<Table>, at: u32, number: u32) -> Self {
        Self {
            table: Arc::clone(table),
            at,
            number,
        }
    }

    /// The number of the rule, counted from 0 in the order in which rules were added.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// The path or the regex of the source, in the spelling that is compared.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::{Policy, testing};
    ///
    /// let rules = Rules::new([Rule::permanent("/blog/{slug}", "/posts/{slug}")])?;
    /// let redirect = rules.decide(&testing::get("/blog/hello").head()).into_redirect().unwrap();
    /// let rule = redirect.rule().unwrap();
    /// assert_eq!((rule.source(), rule.target()), ("/blog/{slug}", "/posts/{slug}".to_owned()));
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    #[must_use]
    pub fn source(&self) -> &str {
        self.rule().map(|rule| rule.source()).unwrap_or_default()
    }

    /// The target, as it is sent but for its placeholders.
    #[must_use]
    pub fn target(&self) -> String {
        self.rule().map(|rule| rule.target()).unwrap_or_default()
    }

    /// The name, where it was given one.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::{Policy, testing};
    ///
    /// let rules = Rules::new([Rule::permanent("/a", "/b").named("launch")])?;
    /// let redirect = rules.decide(&testing::get("/a").head()).into_redirect().unwrap();
    /// assert_eq!(redirect.rule().unwrap().name(), Some("launch"));
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.table.name(&self.table.record(self.at)?)
    }

    /// What the rule is called where it is counted: its name, or its number where it has none.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::{Policy, testing};
    ///
    /// let rules = Rules::new([Rule::permanent("/a", "/b"), Rule::permanent("/c", "/d").named("c")])?;
    /// for (path, id) in [("/a", "0"), ("/c", "c")] {
    ///     let redirect = rules.decide(&testing::get(path).head()).into_redirect().unwrap();
    ///     assert_eq!(redirect.rule().unwrap().id().to_string(), id);
    /// }
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    #[must_use]
    pub fn id(&self) -> RuleId<'_> {
        RuleId::new(self.name(), self.number)
    }

    /// The file that it was read from, where that is known.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.table.file.as_deref()
    }

    /// The line of the file, counted from 1.
    #[must_use]
    pub fn line(&self) -> Option<u32> {
        self.table.lines.get(self.number)
    }

    fn rule(&self) -> Option<RuleRef<'_>> {
        Some(RuleRef::new(&self.table, self.table.record(self.at)?))
    }

    /// Counts that its redirect is sent, where its table counts.
    #[inline]
    pub(crate) fn count(&self) {
        if let Some(hits) = &self.table.hits {
            hits.add(self.number);
        }
    }
}

/// Source, target and status, as a [`RuleRef`] has them.
impl fmt::Display for Fired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rule().map_or(Ok(()), |rule| rule.fmt(f))
    }
}

/// Short, because it is a part of each [`Redirect`](crate::Redirect) of a table.
impl fmt::Debug for Fired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fired({})", self.id())
    }
}

/// What a rule is called in events and in labels: its name, or its number where it has none.
///
/// ```
/// use tower_redirect::rules::{Rule, RuleId, Rules};
///
/// let rules = Rules::new([Rule::permanent("/a", "/b"), Rule::permanent("/c", "/d").named("launch")])?;
/// let ids: Vec<_> = rules.iter().map(|rule| rule.id()).collect();
/// assert_eq!(ids, [RuleId::Number(0), RuleId::Name("launch")]);
/// assert_eq!(ids[1].to_string(), "launch");
/// # Ok::<(), tower_redirect::rules::RulesError>(())
/// ```
///
/// A number changes where rules are added before it; what is watched for long has a name. Rules of one
/// name are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleId<'r> {
    /// The number of the rule, counted from 0 in the order in which rules were added.
    Number(u32),
    /// The name that it was given.
    Name(&'r str),
}

impl<'r> RuleId<'r> {
    pub(super) fn new(name: Option<&'r str>, number: u32) -> Self {
        name.map_or(Self::Number(number), Self::Name)
    }
}

impl fmt::Display for RuleId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}
