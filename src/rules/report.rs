use std::{collections::HashMap, fmt, slice, sync::Arc};

use super::Severity;
use crate::observe::escaped::Escaped;

/// What a table knows of its own mistakes.
///
/// ```
/// use tower_redirect::rules::{FindingKind, Rule, Rules};
///
/// let rules = Rules::new([
///     Rule::permanent("/a", "/b"),
///     Rule::permanent("/b", "/c"),
///     Rule::permanent("/{page}", "/pages/{page}"),
///     Rule::permanent("/d", "/e"),
/// ])?;
/// let report = rules.check();
/// let kinds: Vec<_> = report.iter().map(|finding| finding.kind()).collect();
/// assert_eq!(kinds[2..], [FindingKind::Chain, FindingKind::Shadowed]);
/// assert!(!report.is_clean());
/// # Ok::<(), tower_redirect::rules::RulesError>(())
/// ```
///
/// In a test, one line is enough: [`assert_clean`](Self::assert_clean). Its text has a line for each finding;
/// with feature `snippets`, `to_snippets` shows the lines of the file too. What is the same of many rules is
/// said once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "a report is to be read"]
pub struct Report {
    pub(super) findings: Vec<Finding>,
}

/// One thing that may not be as its author thinks: which rule, what, and how to mend it.
///
/// ```
/// use tower_redirect::rules::{FindingKind, Rule, Rules, Severity};
///
/// let rules = Rules::new([Rule::found("/{x}", "/a/{x}"), Rule::found("/b", "/c")])?;
/// let report = rules.check();
/// let shadowed = report.iter().find(|one| one.kind() == FindingKind::Shadowed).unwrap();
/// assert_eq!((shadowed.rule(), shadowed.related()), (1, &[0][..]));
/// assert_eq!(shadowed.severity(), Severity::Warning);
/// assert_eq!(
///     shadowed.to_string(),
///     "rule 1: warning: rule 0 answers everything that this one would; put this one before it, or remove this one",
/// );
/// # Ok::<(), tower_redirect::rules::RulesError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub(super) kind: FindingKind,
    pub(super) rule: u32,
    /// The file and the line in it.
    pub(super) file: Option<Arc<str>>,
    pub(super) line: Option<u32>,
    pub(super) related: Box<[u32]>,
    pub(super) related_lines: Box<[u32]>,
    pub(super) others: Vec<u32>,
    pub(super) message: Box<str>,
    pub(super) cure: &'static str,
}

/// What a finding is about.
///
/// ```
/// use tower_redirect::rules::FindingKind;
///
/// assert_eq!(FindingKind::PermanentForSome.to_string(), "permanent for some");
/// ```
///
/// All findings of a kind are equally bad: [`severity`](Self::severity) says how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FindingKind {
    /// Rules may lead round in a circle, if conditions hold together, or other hosts are served too.
    Loop,
    /// The same, and each time the address grows.
    Growth,
    /// It is not proven that rules do not lead back to each other, or not all of them were looked at.
    NotProven,
    /// The target is redirected again; where all rules that do so wait for a 404, unless the app has a page
    /// there.
    Chain,
    /// The target may be redirected again: for some of its addresses, or where conditions hold.
    PossibleChain,
    /// A rule that comes first answers everything that this one would.
    Shadowed,
    /// The same rule is there twice.
    Duplicate,
    /// A placeholder is not used in the target.
    UnusedCapture,
    /// The answer is kept by clients for good, but depends on a cookie or on `Authorization`.
    PermanentForSome,
    /// The answer is kept for good, but leads to one that is for now.
    PermanentToTemporary,
}

/// Among so many findings one is looked for that says the same of the same line.
const NEAR: usize = 8;

impl Report {
    /// Everything that was found, in the order of the rules.
    pub fn iter(&self) -> slice::Iter<'_, Finding> {
        self.findings.iter()
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// Whether nothing was found but notes.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings
            .iter()
            .all(|finding| finding.severity() == Severity::Note)
    }

    /// Nothing, where nothing was found but notes.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    ///
    /// // In a `#[test]`:
    /// Rules::new([Rule::permanent("/a", "/b")])?.check().assert_clean();
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// Where there is a warning or an error, with all that was found.
    #[track_caller]
    pub fn assert_clean(&self) {
        assert!(self.is_clean(), "the rules are not clean:\n{self}");
    }

    /// Says once what is the same of many rules: those behind the first of them are among its others.
    pub(super) fn fold(&mut self) {
        let mut firsts: HashMap<(FindingKind, Box<[u32]>), usize> = HashMap::new();
        let mut folded: Vec<Finding> = Vec::with_capacity(self.findings.len());
        for finding in std::mem::take(&mut self.findings) {
            // One line may be several rules.
            let is_said = |before: &Finding| {
                before.line.is_some()
                    && before.line == finding.line
                    && before.kind == finding.kind
                    && before.message == finding.message
            };
            if folded.iter().rev().take(NEAR).any(is_said) {
                continue;
            }
            // What is to be mended is said of each rule.
            if finding.severity() > Severity::Note || finding.related.is_empty() {
                folded.push(finding);
                continue;
            }
            let key = (finding.kind, finding.related.clone());
            let first = firsts.get(&key).and_then(|at| folded.get_mut(*at));
            match first.filter(|first| first.message == finding.message) {
                Some(first) => first.others.push(finding.rule),
                None => {
                    firsts.insert(key, folded.len());
                    folded.push(finding);
                }
            }
        }
        self.findings = folded;
    }
}

impl<'r> IntoIterator for &'r Report {
    type Item = &'r Finding;
    type IntoIter = slice::Iter<'r, Finding>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Finding {
    /// What it is about.
    #[must_use]
    pub const fn kind(&self) -> FindingKind {
        self.kind
    }

    /// How bad it is.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.kind.severity()
    }

    /// The number of the rule, counted from 0 in the order in which rules were added.
    #[must_use]
    pub const fn rule(&self) -> u32 {
        self.rule
    }

    /// The file that the rule was read from, where that is known; [`Rules::in_file`](super::Rules::in_file) says
    /// it.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// The line of the rule, where it was read from a file, counted from 1.
    #[must_use]
    pub const fn line(&self) -> Option<u32> {
        self.line
    }

    /// The numbers of the other rules that it is about.
    #[must_use]
    pub fn related(&self) -> &[u32] {
        &self.related
    }

    /// The lines of these, where they were read from a file.
    #[must_use]
    pub fn related_lines(&self) -> &[u32] {
        &self.related_lines
    }

    /// The numbers of the rules behind this one of which the same is said.
    ///
    /// ```
    /// use tower_redirect::rules::netlify;
    ///
    /// let file = "/a /x/1\n/b /x/2\n/c /x/3\n/x/:id /y/:id 302 Language=de\n";
    /// let report = netlify::parse(file)?.check();
    /// let finding = report.iter().next().unwrap();
    /// assert_eq!((finding.rule(), finding.others()), (0, &[1, 2][..]));
    /// assert_eq!(
    ///     finding.to_string(),
    ///     "line 1: note: line 4 may redirect the target again (the same of 2 more rules); \
    ///      lead to the end at once where that is one address",
    /// );
    /// # Ok::<(), tower_redirect::rules::Diagnostics>(())
    /// ```
    #[must_use]
    pub fn others(&self) -> &[u32] {
        &self.others
    }

    /// What was found.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// How to mend it.
    #[must_use]
    pub const fn cure(&self) -> &str {
        self.cure
    }
}

impl FindingKind {
    /// How bad it is: notes are worth knowing, warnings are to be mended.
    ///
    /// ```
    /// use tower_redirect::rules::{FindingKind, Severity};
    ///
    /// assert_eq!(FindingKind::Chain.severity(), Severity::Warning);
    /// assert_eq!(FindingKind::PossibleChain.severity(), Severity::Note);
    /// ```
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::Loop | Self::Growth | Self::Chain | Self::Shadowed | Self::PermanentForSome => {
                Severity::Warning
            }
            Self::NotProven
            | Self::PossibleChain
            | Self::Duplicate
            | Self::UnusedCapture
            | Self::PermanentToTemporary => Severity::Note,
        }
    }
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loop => "loop",
            Self::Growth => "growth",
            Self::NotProven => "not proven",
            Self::Chain => "chain",
            Self::PossibleChain => "possible chain",
            Self::Shadowed => "shadowed",
            Self::Duplicate => "duplicate",
            Self::UnusedCapture => "unused capture",
            Self::PermanentForSome => "permanent for some",
            Self::PermanentToTemporary => "permanent to temporary",
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(f, "{}:{line}", Escaped(file)),
            (_, Some(line)) => write!(f, "line {line}"),
            (_, None) => write!(f, "rule {}", self.rule),
        }?;
        write!(
            f,
            ": {}: {}; {}",
            self.severity(),
            Escaped(&self.said()),
            self.cure
        )
    }
}

impl Finding {
    /// The message, and of how many rules it is true besides.
    pub(super) fn said(&self) -> String {
        let message = &self.message;
        match self.others.len() {
            0 => message.to_string(),
            1 => format!("{message} (the same of 1 more rule)"),
            more => format!("{message} (the same of {more} more rules)"),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, finding) in self.findings.iter().enumerate() {
            let separator = if at == 0 { "" } else { "\n" };
            write!(f, "{separator}{finding}")?;
        }
        Ok(())
    }
}
