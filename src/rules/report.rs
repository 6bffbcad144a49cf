use std::{borrow::Cow, collections::HashMap, fmt, slice, sync::Arc};

use super::Severity;
use crate::observe::escaped::Escaped;

/// The findings of [`Rules::check`](super::Rules::check): loops, chains, unreachable rules and
/// others.
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
/// assert_eq!(kinds[2..], [FindingKind::Chain, FindingKind::Unreachable]);
/// assert!(!report.is_clean());
/// # Ok::<(), tower_redirect::rules::RulesError>(())
/// ```
///
/// In a test, call [`assert_clean`](Self::assert_clean). `Display` writes one line per finding.
/// With the `snippets` feature, `to_snippets` also shows the lines of the file. If many rules have
/// the same note, the report has it once: see [`Finding::also_affected`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "a report does nothing unless you read it"]
pub struct Report {
    pub(super) findings: Vec<Finding>,
}

/// One finding about a rule: what is wrong, how severe it is, and how to fix it.
///
/// ```
/// use tower_redirect::rules::{FindingKind, Rule, Rules, Severity};
///
/// let rules = Rules::new([Rule::found("/{x}", "/a/{x}"), Rule::found("/b", "/c")])?;
/// let report = rules.check();
/// let unreachable = report.iter().find(|one| one.kind() == FindingKind::Unreachable).unwrap();
/// assert_eq!((unreachable.rule(), unreachable.related_rules()), (1, &[0][..]));
/// assert_eq!(unreachable.severity(), Severity::Warning);
/// assert_eq!(
///     unreachable.to_string(),
///     "rule 1: warning: unreachable rule (shadowed by rule 0); \
///      move this rule before rule 0, or remove it",
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
    pub(super) related_rules: Box<[u32]>,
    pub(super) related_lines: Box<[u32]>,
    pub(super) also_affected: Vec<u32>,
    pub(super) message: Box<str>,
    pub(super) help: Cow<'static, str>,
}

/// The kind of a finding.
///
/// ```
/// use tower_redirect::rules::FindingKind;
///
/// assert_eq!(FindingKind::Unreachable.to_string(), "unreachable rule");
/// ```
///
/// All findings of a kind have the same [`severity`](Self::severity).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FindingKind {
    /// Rules may redirect to each other in a loop. A loop that doesn't depend on conditions, on
    /// other hosts or on other ports is an error when the table is built.
    Loop,
    /// Rules may redirect to each other without end, and the URL grows each time.
    EndlessRedirect,
    /// The check couldn't decide whether there is a loop or an unreachable rule, or it didn't look
    /// at all rules.
    Undecided,
    /// Another rule redirects the target again. If that rule waits for a 404, it does so only if
    /// the app has no page there.
    Chain,
    /// Another rule may redirect the target again: for some of the URLs, or if its conditions are
    /// met.
    PossibleChain,
    /// Another rule wins for every request that this rule matches.
    Unreachable,
    /// The table has the same rule twice.
    Duplicate,
    /// The target doesn't use a capture.
    UnusedCapture,
    /// Clients cache this permanent redirect, but it depends on a cookie or on `Authorization`.
    PermanentPerUser,
    /// Clients cache this permanent redirect, but the redirect that follows it is temporary.
    PermanentToTemporary,
    /// The target differs only by its port from a URL that the rule matches. If a proxy drops the
    /// port from `Host`, that is a redirect loop (R9).
    OtherPort,
}

/// Among so many findings one is looked for that says the same of the same line.
const NEAR: usize = 8;

impl Report {
    /// Returns the findings in the order of the rules.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Finding> + DoubleEndedIterator + Clone {
        self.findings.iter()
    }

    /// Returns `true` if there are no findings.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// Returns `true` if all findings are notes.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings
            .iter()
            .all(|finding| finding.severity() == Severity::Note)
    }

    /// Asserts that all findings are notes.
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
    /// If there is a warning. The message lists all findings.
    #[track_caller]
    pub fn assert_clean(&self) {
        assert!(self.is_clean(), "the rules have warnings:\n{self}");
    }

    /// Says once what is the same of many rules: those behind the first of them are among its
    /// others.
    pub(super) fn fold(&mut self) {
        let mut firsts: HashMap<(FindingKind, Box<[u32]>), usize> = HashMap::new();
        let mut folded: Vec<Finding> = Vec::with_capacity(self.findings.len());
        for finding in std::mem::take(&mut self.findings) {
            // One line may be several rules.
            let is_said = |before: &Finding| {
                before.line.is_some()
                    && before.line == finding.line
                    && before.file == finding.file
                    && before.kind == finding.kind
                    && before.message == finding.message
            };
            if folded.iter().rev().take(NEAR).any(is_said) {
                continue;
            }
            // What is to be mended is said of each rule.
            if finding.severity() > Severity::Note || finding.related_rules.is_empty() {
                folded.push(finding);
                continue;
            }
            let key = (finding.kind, finding.related_rules.clone());
            let first = firsts.get(&key).and_then(|at| folded.get_mut(*at));
            match first.filter(|first| first.message == finding.message) {
                Some(first) => first.also_affected.push(finding.rule),
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
        self.findings.iter()
    }
}

impl Finding {
    /// Returns the kind of the finding.
    #[must_use]
    pub const fn kind(&self) -> FindingKind {
        self.kind
    }

    /// Returns the severity, which depends only on the kind.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.kind.severity()
    }

    /// Returns the number of the rule, counted from 0 in the order in which the rules were added.
    #[must_use]
    pub const fn rule(&self) -> u32 {
        self.rule
    }

    /// Returns the file that the rule was read from, if [`Rules::in_file`](super::Rules::in_file)
    /// named it.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// Returns the line of the rule, counted from 1, if the rule was read from a file.
    #[must_use]
    pub const fn line(&self) -> Option<u32> {
        self.line
    }

    /// Returns the numbers of the other rules in the finding: the rest of the loop or chain, or the
    /// rule that shadows this one.
    #[must_use]
    pub fn related_rules(&self) -> &[u32] {
        &self.related_rules
    }

    /// Returns the lines of the [related rules](Self::related_rules), if they were read from the
    /// same file.
    #[must_use]
    pub fn related_lines(&self) -> &[u32] {
        &self.related_lines
    }

    /// Returns the numbers of later rules that have the same finding.
    ///
    /// The report lists such a finding once, for the first rule.
    ///
    /// ```
    /// use tower_redirect::rules::netlify;
    ///
    /// let file = "/a /x/1\n/b /x/2\n/c /x/3\n/x/:id /y/:id 302 Language=de\n";
    /// let report = netlify::parse(file)?.check();
    /// let finding = report.iter().next().unwrap();
    /// assert_eq!((finding.rule(), finding.also_affected()), (0, &[1, 2][..]));
    /// assert_eq!(
    ///     finding.to_string(),
    ///     "line 1: note: possible redirect chain: line 4 may redirect the target \
    ///      (2 more rules have this finding); \
    ///      point this rule at the final target, if that is always the same URL",
    /// );
    /// # Ok::<(), tower_redirect::rules::Diagnostics>(())
    /// ```
    #[must_use]
    pub fn also_affected(&self) -> &[u32] {
        &self.also_affected
    }

    /// Returns what is wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns how to fix it.
    #[must_use]
    pub fn help(&self) -> &str {
        &self.help
    }
}

impl FindingKind {
    /// Returns the severity of findings of this kind.
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
            Self::Loop
            | Self::EndlessRedirect
            | Self::Chain
            | Self::Unreachable
            | Self::PermanentPerUser => Severity::Warning,
            Self::Undecided
            | Self::PossibleChain
            | Self::Duplicate
            | Self::UnusedCapture
            | Self::PermanentToTemporary
            | Self::OtherPort => Severity::Note,
        }
    }
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loop => "redirect loop",
            Self::EndlessRedirect => "endless redirect",
            Self::Undecided => "undecided",
            Self::Chain => "redirect chain",
            Self::PossibleChain => "possible redirect chain",
            Self::Unreachable => "unreachable rule",
            Self::Duplicate => "duplicate rule",
            Self::UnusedCapture => "unused capture",
            Self::PermanentPerUser => "permanent redirect per user",
            Self::PermanentToTemporary => "permanent redirect to temporary",
            Self::OtherPort => "target on another port",
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
            Escaped(&self.help)
        )
    }
}

impl Finding {
    /// The message, and of how many rules it is true besides.
    pub(super) fn said(&self) -> String {
        let message = &self.message;
        match self.also_affected.len() {
            0 => message.to_string(),
            1 => format!("{message} (1 more rule has this finding)"),
            more => format!("{message} ({more} more rules have this finding)"),
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
