use std::{error::Error, fmt, slice};

use crate::observe::escaped::Escaped;

/// The severity of a diagnostic or a finding.
///
/// ```
/// use tower_redirect::rules::{Severity, netlify};
///
/// let said = netlify::parse_lossy("/a /b 200\n/c\n").diagnostics;
/// let worst = said.iter().map(|one| one.severity()).max();
/// assert_eq!(worst, Some(Severity::Error));
/// assert_eq!(Severity::Warning.to_string(), "warning");
/// ```
///
/// The enum is exhaustive: rule files need exactly these three severities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Something to know. No change is needed.
    Note,
    /// The rule may not do what its author expects, or the rule is skipped because this crate can't
    /// execute it.
    Warning,
    /// The rule is invalid and is skipped.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// An error, a warning or a note about one position in a rule file.
///
/// ```
/// use tower_redirect::rules::{Severity, netlify};
///
/// let said = netlify::parse_lossy("/a /b\n  /c\n").diagnostics;
/// let one = said.iter().next().unwrap();
/// assert_eq!(one.severity(), Severity::Error);
/// assert_eq!((one.line(), one.column()), (2, 3));
/// assert_eq!(one.message(), "the source `/c` has no target");
/// assert_eq!(one.help(), "write it after the source, for example `/old /new`");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub(super) severity: Severity,
    pub(super) line: u32,
    /// The characters of the line that are meant, counted from 0.
    pub(super) start: usize,
    pub(super) end: usize,
    /// The line, or a part of a long one, and how many characters of it are missing in front.
    pub(super) snippet: Box<str>,
    pub(super) skipped: usize,
    pub(super) message: Box<str>,
    pub(super) help: Box<str>,
}

impl Diagnostic {
    /// Returns the severity.
    ///
    /// ```
    /// use tower_redirect::rules::{Severity, netlify};
    ///
    /// let said = netlify::parse_lossy("/a /b 200").diagnostics;
    /// assert_eq!(said.iter().next().unwrap().severity(), Severity::Warning);
    /// ```
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.severity
    }

    /// Returns the line, counted from 1.
    ///
    /// If the diagnostic is about the whole file, the line is 0.
    ///
    /// ```
    /// let said = tower_redirect::rules::netlify::parse_lossy("\n/a").diagnostics;
    /// assert_eq!(said.iter().next().unwrap().line(), 2);
    /// ```
    #[must_use]
    pub const fn line(&self) -> u32 {
        self.line
    }

    /// Returns the column in characters, counted from 1.
    ///
    /// ```
    /// let said = tower_redirect::rules::netlify::parse_lossy("/\u{e9} /b 200").diagnostics;
    /// assert_eq!(said.iter().next().unwrap().column(), 7);
    /// ```
    #[must_use]
    pub const fn column(&self) -> usize {
        self.start + 1
    }

    /// Returns what is wrong.
    ///
    /// ```
    /// let said = tower_redirect::rules::netlify::parse_lossy("/a").diagnostics;
    /// assert_eq!(said.iter().next().unwrap().message(), "the source `/a` has no target");
    /// ```
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns how to fix it.
    ///
    /// If the message already says how, this is empty.
    ///
    /// ```
    /// let said = tower_redirect::rules::netlify::parse_lossy("/a").diagnostics;
    /// let help = said.iter().next().unwrap().help();
    /// assert_eq!(help, "write it after the source, for example `/old /new`");
    /// ```
    #[must_use]
    pub fn help(&self) -> &str {
        &self.help
    }
}

/// The longest part of a line that is shown.
pub(super) const SHOWN: usize = 120;

/// The most that are kept of one file.
pub(super) const MOST: usize = 1000;

/// The errors, warnings and notes about a rule file, in the order of its lines.
///
/// ```
/// use tower_redirect::rules::netlify;
///
/// let said = netlify::parse("/a /b\n/c javascript:alert(1)\n").unwrap_err();
/// assert_eq!(
///     said.in_file("_redirects").to_string(),
///     "_redirects:2:4: error: `javascript:alert(1)` isn't a target; \
///      write a target that starts with `/`, `http://` or `https://`",
/// );
/// ```
///
/// `Display` writes one line per diagnostic. With the `snippets` feature, `to_snippets` shows the
/// lines of the file with carets. The list keeps the first 1,000 diagnostics and counts the others.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Diagnostics {
    pub(super) file: Option<Box<str>>,
    pub(super) list: Vec<Diagnostic>,
    /// What is not kept of them: all, and the errors among them.
    pub(super) more: usize,
    pub(super) more_errors: usize,
}

impl Diagnostics {
    /// Returns the diagnostics that the list keeps.
    ///
    /// ```
    /// let said = tower_redirect::rules::netlify::parse_lossy("/a\n/b\n").diagnostics;
    /// assert_eq!(said.iter().map(|one| one.line()).collect::<Vec<_>>(), [1, 2]);
    /// ```
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Diagnostic> + DoubleEndedIterator + Clone {
        self.list.iter()
    }

    /// Returns how many diagnostics the list omits, because it keeps only the first 1,000.
    ///
    /// ```
    /// let said = tower_redirect::rules::netlify::parse_lossy(&"/a\n".repeat(1_003)).diagnostics;
    /// assert_eq!((said.iter().count(), said.omitted()), (1_000, 3));
    /// assert!(said.to_string().ends_with("rules: 3 more, 3 of them errors"));
    /// ```
    #[must_use]
    pub const fn omitted(&self) -> usize {
        self.more
    }

    /// Returns `true` if there is an error.
    ///
    /// ```
    /// use tower_redirect::rules::netlify;
    ///
    /// assert!(netlify::parse_lossy("/a").diagnostics.has_errors());
    /// assert!(!netlify::parse_lossy("/a /b 200").diagnostics.has_errors());
    /// ```
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.more_errors > 0 || self.list.iter().any(|one| one.severity == Severity::Error)
    }

    /// Returns `true` if there are no errors, warnings or notes.
    ///
    /// ```
    /// assert!(tower_redirect::rules::netlify::parse_lossy("/a /b").diagnostics.is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty() && self.more == 0
    }

    /// Sets the file name that `Display` and `to_snippets` write.
    ///
    /// ```
    /// use tower_redirect::rules::netlify;
    ///
    /// let said = netlify::parse_lossy("/a").diagnostics.in_file("public/_redirects");
    /// assert!(said.to_string().starts_with("public/_redirects:1:1: error: "));
    /// ```
    #[must_use]
    pub fn in_file(mut self, name: &str) -> Self {
        self.file = Some(name.into());
        self
    }

    /// Returns the file name to print.
    pub(super) fn file(&self) -> &str {
        self.file.as_deref().unwrap_or("rules")
    }

    /// Returns a text about the diagnostics that aren't kept.
    pub(super) fn rest(&self) -> Option<String> {
        let Self {
            more, more_errors, ..
        } = self;
        (self.more > 0).then(|| format!("{more} more, {more_errors} of them errors"))
    }

    /// Adds one, or counts it where there are enough.
    pub(super) fn push(&mut self, severity: Severity, one: impl FnOnce() -> Diagnostic) {
        if self.is_full() {
            self.count(severity);
        } else {
            self.list.push(one());
        }
    }

    /// Whether no more are kept.
    pub(super) fn is_full(&self) -> bool {
        self.list.len() >= MOST
    }

    /// How many there are, kept or not.
    pub(super) fn count_all(&self) -> usize {
        self.list.len() + self.more
    }

    /// Adds an error about all of them, in front of the first.
    pub(super) fn fail(&mut self, message: &str, help: &str) {
        let Some(first) = self.list.first() else {
            return;
        };
        let error = Diagnostic {
            severity: Severity::Error,
            message: message.into(),
            help: help.into(),
            ..first.clone()
        };
        self.list.insert(0, error);
        if self.list.len() > MOST {
            if let Some(last) = self.list.pop() {
                self.count(last.severity);
            }
        }
    }

    /// Counts one that is not kept.
    pub(super) fn count(&mut self, severity: Severity) {
        self.more += 1;
        self.more_errors += usize::from(severity == Severity::Error);
    }
}

impl<'d> IntoIterator for &'d Diagnostics {
    type Item = &'d Diagnostic;
    type IntoIter = slice::Iter<'d, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = Escaped(self.file());
        for (at, one) in self.list.iter().enumerate() {
            let Diagnostic {
                severity,
                line,
                message,
                help,
                ..
            } = one;
            let separator = if at == 0 { "" } else { "\n" };
            let column = one.column();
            let message = Escaped(message);
            write!(
                f,
                "{separator}{file}:{line}:{column}: {severity}: {message}"
            )?;
            if !help.is_empty() {
                write!(f, "; {}", Escaped(help))?;
            }
        }
        match self.rest() {
            Some(rest) => write!(f, "\n{file}: {rest}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Diagnostics({self})")
    }
}

impl Error for Diagnostics {}
