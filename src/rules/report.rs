use std::{fmt, slice};

use super::Severity;

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
/// Its text has a line for each finding.
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
    pub(super) severity: Severity,
    pub(super) rule: u32,
    pub(super) line: Option<u32>,
    pub(super) related: Vec<u32>,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FindingKind {
    /// Rules may lead round in a circle, if conditions hold together, or other hosts are served too.
    Loop,
    /// The same, and each time the address grows.
    Growth,
    /// It is not proven that rules do not lead back to each other, or not all of them were looked at.
    NotProven,
    /// The target is redirected again.
    Chain,
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
            .all(|finding| finding.severity == Severity::Note)
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
        self.severity
    }

    /// The number of the rule, counted from 0 in the order in which rules were added.
    #[must_use]
    pub const fn rule(&self) -> u32 {
        self.rule
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

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loop => "loop",
            Self::Growth => "growth",
            Self::NotProven => "not proven",
            Self::Chain => "chain",
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
        match self.line {
            Some(line) => write!(f, "line {line}"),
            None => write!(f, "rule {}", self.rule),
        }?;
        let Self {
            severity,
            message,
            cure,
            ..
        } = self;
        write!(f, ": {severity}: {message}; {cure}")
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
