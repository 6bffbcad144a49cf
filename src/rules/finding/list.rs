use std::{collections::HashMap, error::Error, fmt, slice};

use super::{Arc, Excerpt, Finding, FindingCode, RelatedRule, Severity};

/// The most findings of one file that are kept.
pub(super) const MOST: usize = 1000;

/// So many related lines are shown with a finding.
const MOST_RELATED: usize = 2;

/// Among so many findings one is looked for that says the same of the same line.
const NEAR: usize = 8;

/// A list of findings: about a file, about rules from code, or from [`Rules::check`].
///
/// The parsers and [`Rules::new`] return it as an error if one of the findings is an error.
///
/// ```
/// use tower_redirect::rules::{FindingCode, Rule, Rules, netlify};
///
/// let findings = netlify::parse("/a /b\n/c javascript:alert(1)\n").unwrap_err();
/// assert_eq!(
///     findings.in_file("_redirects").to_string(),
///     "_redirects:2:4: error: `javascript:alert(1)` isn't a target; \
///      write a target that starts with `/`, `http://` or `https://`",
/// );
///
/// let rules = Rules::new([
///     Rule::permanent("/a", "/b"),
///     Rule::found("/b", "/c"),
///     Rule::permanent("/{page}", "/pages/{page}"),
///     Rule::permanent("/d", "/e"),
/// ])?;
/// let codes: Vec<_> = rules.check().iter().map(|finding| finding.code()).collect();
/// assert!(codes.contains(&FindingCode::RedirectChain));
/// assert!(codes.contains(&FindingCode::UnreachableRule));
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
///
/// `Display` writes one line for each finding. With the `snippets` feature, `to_snippets` shows the
/// lines of the file with carets. In a test, call [`assert_clean`](Self::assert_clean).
///
/// A parser keeps the first 1,000 findings of a file and counts the others. If many rules have the
/// same note, the list has it once: see [`Finding::also_affected`].
///
/// [`Rules::check`]: crate::rules::Rules::check
/// [`Rules::new`]: crate::rules::Rules::new
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Findings {
    pub(crate) list: Vec<Finding>,
    /// How many aren't kept, and how many of them are errors.
    omitted: usize,
    omitted_errors: usize,
}

impl Findings {
    /// Returns the findings that the list keeps. Those about a file are in the order of its lines,
    /// others in the order of the rules.
    ///
    /// ```
    /// let findings = tower_redirect::rules::netlify::parse_lossy("/a\n/b\n").findings;
    /// assert_eq!(findings.iter().map(|one| one.line()).collect::<Vec<_>>(), [Some(1), Some(2)]);
    /// ```
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Finding> + DoubleEndedIterator + Clone {
        self.list.iter()
    }

    /// Returns how many findings the list omits, because it keeps only the first 1,000 of a file.
    ///
    /// ```
    /// let findings = tower_redirect::rules::netlify::parse_lossy(&"/a\n".repeat(1_003)).findings;
    /// assert_eq!((findings.iter().count(), findings.omitted()), (1_000, 3));
    /// assert!(findings.to_string().ends_with("\n3 more, 3 of them errors"));
    /// ```
    #[must_use]
    pub const fn omitted(&self) -> usize {
        self.omitted
    }

    /// Returns `true` if there are no findings.
    ///
    /// ```
    /// assert!(tower_redirect::rules::netlify::parse_lossy("/a /b").findings.is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty() && self.omitted == 0
    }

    /// Returns `true` if there is an error.
    ///
    /// ```
    /// use tower_redirect::rules::netlify;
    ///
    /// assert!(netlify::parse_lossy("/a").findings.has_errors());
    /// assert!(!netlify::parse_lossy("/a /b 200").findings.has_errors());
    /// ```
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.omitted_errors > 0 || self.list.iter().any(is_error)
    }

    /// Returns `true` if all findings are notes, and none is [omitted](Self::omitted).
    ///
    /// ```
    /// use tower_redirect::rules::netlify;
    ///
    /// assert!(netlify::parse_lossy("/a /b").findings.is_clean());
    /// assert!(!netlify::parse_lossy("/a /b 200").findings.is_clean());
    /// ```
    #[must_use]
    pub fn is_clean(&self) -> bool {
        let is_note = |finding: &Finding| finding.severity() == Severity::Note;
        self.omitted == 0 && self.list.iter().all(is_note)
    }

    /// Asserts that there are no errors and no warnings.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    ///
    /// // In a `#[test]`:
    /// Rules::new([Rule::permanent("/a", "/b")])?.check().assert_clean();
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If there is an error or a warning. The message lists all findings.
    #[track_caller]
    pub fn assert_clean(&self) {
        assert!(self.is_clean(), "the rules have problems:\n{self}");
    }

    /// Asserts that there are no errors.
    ///
    /// ```
    /// // In a `#[test]`:
    /// tower_redirect::rules::netlify::parse_lossy("/a /b 200").findings.assert_no_errors();
    /// ```
    ///
    /// # Panics
    ///
    /// If there is an error. The message lists all findings.
    #[track_caller]
    pub fn assert_no_errors(&self) {
        assert!(!self.has_errors(), "the rules have errors:\n{self}");
    }

    /// Asserts that the check found no certain, possible or undecided redirect loop.
    ///
    /// A redirect to another host counts only if a rule names the host, or if you pass it to
    /// [`check_for_hosts`](crate::rules::Rules::check_for_hosts).
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    ///
    /// // In a `#[test]`:
    /// let rules = Rules::new([Rule::permanent("/a", "/b"), Rule::permanent("/b", "/c")])?;
    /// rules.check().assert_no_loops();
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If there is such a loop, if the check didn't look at all rules, if a host is invalid, or if
    /// findings are [omitted](Self::omitted). The message lists these findings.
    #[track_caller]
    pub fn assert_no_loops(&self) {
        let matters = |finding: &&Finding| {
            let code = finding.code();
            code.may_be_loop()
                || matches!(
                    code,
                    FindingCode::IncompleteCheck | FindingCode::InvalidHost
                )
        };
        let loops = Self {
            list: self.iter().filter(matters).cloned().collect(),
            ..self.clone()
        };
        assert!(
            loops.is_empty(),
            "the rules may redirect in a loop:\n{loops}"
        );
    }

    /// Returns the findings except those with one of these codes, for example the warnings that a
    /// file needs to have.
    ///
    /// ```
    /// use tower_redirect::rules::{FindingCode, netlify};
    ///
    /// // In a `#[test]`. The app serves `/app`, so the rewrite is fine.
    /// let parsed = netlify::parse_lossy("/app/* /app/index.html 200\n/old /new\n");
    /// parsed.findings.without(&[FindingCode::UnsupportedOutcome]).assert_clean();
    /// parsed.rules.check().assert_clean();
    /// ```
    #[must_use]
    pub fn without(mut self, codes: &[FindingCode]) -> Self {
        self.list.retain(|finding| !codes.contains(&finding.code()));
        self
    }

    /// Names the file of all findings that are about a line.
    ///
    /// ```
    /// use tower_redirect::rules::netlify;
    ///
    /// let findings = netlify::parse_lossy("/a").findings.in_file("public/_redirects");
    /// assert!(findings.to_string().starts_with("public/_redirects:1:1: error: "));
    /// ```
    #[must_use]
    pub fn in_file(mut self, name: &str) -> Self {
        let name = Arc::from(name);
        self.list
            .iter_mut()
            .for_each(|finding| finding.in_file(&name));
        self
    }

    /// Adds the text that the rules were read from, so that findings of [`Rules::check`] have
    /// columns and `to_snippets` shows their lines.
    ///
    /// ```
    /// use tower_redirect::rules::netlify;
    ///
    /// let text = "/a /b\n  /b /c\n /c /d\n";
    /// let findings = netlify::parse(text)?.check().with_text(text);
    /// let columns: Vec<_> = findings.iter().map(|finding| finding.column()).collect();
    /// assert_eq!(columns, [Some(1), Some(3)]);
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// If the findings aren't all about one file, this changes nothing. Findings of a parser know
    /// their text already.
    ///
    /// [`Rules::check`]: crate::rules::Rules::check
    #[must_use]
    pub fn with_text(mut self, text: &str) -> Self {
        let mut files = self.list.iter().map(Finding::file);
        let first = files.next();
        if !files.all(|file| Some(file) == first) {
            return self;
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let lines: Vec<&str> = text.lines().collect();
        for finding in &mut self.list {
            let fields = &mut finding.0;
            let Some(own) = fields.line.filter(|_| fields.excerpts.is_empty()) else {
                continue;
            };
            // The text has no lines of other files.
            let in_file = |other: &&RelatedRule| other.file() == fields.file.as_deref();
            let others = fields.related.iter().filter(in_file);
            let mut others: Vec<_> = others.filter_map(RelatedRule::line).collect();
            others.retain(|other| *other != own);
            others.dedup();
            let excerpt = |line: u32| {
                let at = (line as usize).checked_sub(1)?;
                Excerpt::whole(line, lines.get(at)?)
            };
            let Some(own) = excerpt(own) else {
                continue;
            };
            let others = others.into_iter().take(MOST_RELATED).filter_map(excerpt);
            fields.excerpts = std::iter::once(own).chain(others).collect();
        }
        self
    }

    /// A text about the findings after the first ones, which are listed.
    pub(super) fn rest(&self, listed: usize) -> Option<String> {
        let rest = self.list.get(listed..).unwrap_or_default();
        let errors = rest.iter().filter(|one| is_error(one)).count() + self.omitted_errors;
        match (rest.len() + self.omitted, errors) {
            (0, _) => None,
            (more, 0) => Some(format!("{more} more")),
            (more, errors) => Some(format!("{more} more, {errors} of them errors")),
        }
    }

    /// Adds a finding of a file, or counts it if there are enough.
    pub(in crate::rules) fn push(&mut self, code: FindingCode, finding: impl FnOnce() -> Finding) {
        if self.is_full() {
            self.omit(code);
        } else {
            self.list.push(finding());
        }
    }

    /// Returns `true` if no more findings of a file are kept.
    pub(in crate::rules) fn is_full(&self) -> bool {
        self.list.len() >= MOST
    }

    /// Counts a finding that isn't kept.
    pub(in crate::rules) fn omit(&mut self, code: FindingCode) {
        self.omitted += 1;
        self.omitted_errors += usize::from(code.severity() == Severity::Error);
    }

    /// How many findings there are, kept or not.
    pub(in crate::rules) fn count_all(&self) -> usize {
        self.list.len() + self.omitted
    }

    /// Adds findings before the others. The last ones are omitted if there are too many.
    pub(in crate::rules) fn prepend(&mut self, first: Self) {
        self.list.splice(0..0, first.list);
        while self.list.len() > MOST {
            if let Some(last) = self.list.pop() {
                self.omit(last.code());
            }
        }
    }

    /// Adds a finding about all others, where the first one is.
    pub(in crate::rules) fn push_front(&mut self, mut finding: Finding) {
        let Some(first) = self.list.first() else {
            return;
        };
        finding.0.line = first.0.line;
        finding.0.excerpts.clone_from(&first.0.excerpts);
        self.list.insert(0, finding);
        if self.list.len() > MOST {
            if let Some(last) = self.list.pop() {
                self.omit(last.code());
            }
        }
    }

    /// Lists a note that many rules have once: the first of them has the numbers of the others.
    pub(in crate::rules) fn fold(&mut self) {
        let mut firsts: HashMap<(FindingCode, Box<[u32]>), usize> = HashMap::new();
        let mut folded: Vec<Finding> = Vec::with_capacity(self.list.len());
        for finding in std::mem::take(&mut self.list) {
            // One line may be several rules.
            let is_same = |before: &Finding| {
                before.line().is_some()
                    && before.line() == finding.line()
                    && before.file() == finding.file()
                    && before.code() == finding.code()
                    && before.message() == finding.message()
            };
            if folded.iter().rev().take(NEAR).any(is_same) {
                continue;
            }
            // Each rule that needs a change has its own finding.
            let rule = finding
                .rule()
                .filter(|_| finding.severity() == Severity::Note && !finding.related().is_empty());
            let Some(rule) = rule else {
                folded.push(finding);
                continue;
            };
            let related = finding.related().iter().map(RelatedRule::rule);
            let key = (finding.code(), related.collect());
            let first = firsts.get(&key).and_then(|at| folded.get_mut(*at));
            match first.filter(|first| first.message() == finding.message()) {
                Some(first) => first.0.also_affected.push(finding.as_related(rule)),
                None => {
                    firsts.insert(key, folded.len());
                    folded.push(finding);
                }
            }
        }
        self.list = folded;
    }
}

fn is_error(finding: &Finding) -> bool {
    finding.severity() == Severity::Error
}

impl From<Vec<Finding>> for Findings {
    fn from(list: Vec<Finding>) -> Self {
        Self {
            list,
            ..Self::default()
        }
    }
}

impl<'f> IntoIterator for &'f Findings {
    type Item = &'f Finding;
    type IntoIter = slice::Iter<'f, Finding>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, finding) in self.list.iter().enumerate() {
            let separator = if at == 0 { "" } else { "\n" };
            write!(f, "{separator}{finding}")?;
        }
        match self.rest(self.list.len()) {
            Some(rest) => write!(f, "\n{rest}"),
            None => Ok(()),
        }
    }
}

// `main() -> Result<(), Findings>` prints this; it has to help as much.
impl fmt::Debug for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Findings({self})")
    }
}

impl Error for Findings {}
