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

    /// What the rule is called where it is counted: its name, or its source where it has none.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::{Policy, testing};
    ///
    /// let rules = Rules::new([Rule::permanent("/a", "/b"), Rule::permanent("/c", "/d").named("c")])?;
    /// for (path, id) in [("/a", "/a"), ("/c", "c")] {
    ///     let redirect = rules.decide(&testing::get(path).head()).into_redirect().unwrap();
    ///     assert_eq!(redirect.rule().unwrap().id().to_string(), id);
    /// }
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    #[must_use]
    pub fn id(&self) -> RuleId<'_> {
        self.rule().map_or(RuleId::Name(""), |rule| rule.id())
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
        if let Some(hits) = self.table.hits.get() {
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

/// What a rule is called in events and in labels: its name, or its source where it has none.
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
/// # Ok::<(), tower_redirect::rules::RulesError>(())
/// ```
///
/// It stays where rules are added before it, and where its target changes. Rules of one name or of one source,
/// for another scheme, other methods or on other conditions, are counted together; what is to be told apart has a name. The
/// text of a source is its author's, and no more than its first 100 bytes are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleId<'r> {
    /// The name that it was given.
    Name(&'r str),
    /// What it is for, where it has no name.
    #[non_exhaustive]
    Source {
        /// The host, if it is for one alone, or for those below one.
        host: &'r str,
        /// The path or the regex, in the spelling that is compared.
        source: &'r str,
    },
}

/// So many bytes of a source are shown.
const MOST_SHOWN: usize = 100;

impl<'r> RuleId<'r> {
    /// Its text in pieces, so that it is written without `fmt`.
    pub(crate) fn pieces(self) -> [&'r str; 3] {
        let (host, source) = match self {
            Self::Name(name) => return [name, "", ""],
            Self::Source { host, source } => (host, source),
        };
        let shown = cut(host, MOST_SHOWN);
        let rest = cut(source, MOST_SHOWN - shown.len());
        let is_all = (shown.len(), rest.len()) == (host.len(), source.len());
        [shown, rest, if is_all { "" } else { "\u{2026}" }]
    }
}

/// The beginning of a text, in whole characters.
fn cut(text: &str, most: usize) -> &str {
    let mut ends = (0..=most.min(text.len())).rev();
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
    fn a_long_source_is_cut_between_characters() {
        let shown = |host, source| RuleId::Source { host, source }.to_string();
        let (a, e) = ("a".repeat(101), "\u{e9}".repeat(51));
        assert_eq!(shown("", &a[1..]), a[1..]);
        assert_eq!(shown("", &a), format!("{}\u{2026}", &a[1..]));
        assert_eq!(shown("", &e), format!("{}\u{2026}", &e[2..]));
        assert_eq!(shown("b", &e), format!("b{}\u{2026}", &e[4..]));
        assert_eq!(shown(&a[1..], "/"), format!("{}\u{2026}", &a[1..]));
        assert_eq!(RuleId::Name(&a).to_string(), a);
    }
}
