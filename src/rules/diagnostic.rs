use std::{error::Error, fmt, slice};

use crate::observe::escaped::Escaped;

/// How bad a finding is.
///
/// ```
/// use tower_redirect::rules::{Severity, netlify};
///
/// let said = netlify::parse_lossy("/a /b 200\n/c\n").diagnostics;
/// let worst = said.iter().map(|one| one.severity()).max();
/// assert_eq!(worst, Some(Severity::Error));
/// assert_eq!(Severity::Warning.to_string(), "warning");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// The rule serves otherwise than its author may think, or says what only its own site does, and is
    /// left out.
    Warning,
    /// The rule is wrong, and is left out.
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

/// Something to be said about one place of a file of rules: where it is, what, and how to mend it.
///
/// ```
/// use tower_redirect::rules::{Severity, netlify};
///
/// let said = netlify::parse_lossy("/a /b\n  /c\n").diagnostics;
/// let one = said.iter().next().unwrap();
/// assert_eq!(one.severity(), Severity::Error);
/// assert_eq!((one.line(), one.column()), (2, 3));
/// assert_eq!(one.message(), "the source `/c` has no target");
/// assert_eq!(one.cure(), "write it after the source, for example `/old /new`");
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
    pub(super) cure: Box<str>,
}

impl Diagnostic {
    /// How bad it is.
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

    /// The line, counted from 1; 0 where the whole file is meant.
    ///
    /// ```
    /// let said = tower_redirect::rules::netlify::parse_lossy("\n/a").diagnostics;
    /// assert_eq!(said.iter().next().unwrap().line(), 2);
    /// ```
    #[must_use]
    pub const fn line(&self) -> u32 {
        self.line
    }

    /// The column, in characters counted from 1.
    ///
    /// ```
    /// let said = tower_redirect::rules::netlify::parse_lossy("/\u{e9} /b 200").diagnostics;
    /// assert_eq!(said.iter().next().unwrap().column(), 7);
    /// ```
    #[must_use]
    pub const fn column(&self) -> usize {
        self.start + 1
    }

    /// What is wrong.
    ///
    /// ```
    /// let said = tower_redirect::rules::netlify::parse_lossy("/a").diagnostics;
    /// assert_eq!(said.iter().next().unwrap().message(), "the source `/a` has no target");
    /// ```
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// How to mend it; empty where the message says so.
    ///
    /// ```
    /// let said = tower_redirect::rules::netlify::parse_lossy("/a").diagnostics;
    /// let cure = said.iter().next().unwrap().cure();
    /// assert_eq!(cure, "write it after the source, for example `/old /new`");
    /// ```
    #[must_use]
    pub fn cure(&self) -> &str {
        &self.cure
    }
}

/// The longest part of a line that is shown.
pub(super) const SHOWN: usize = 120;

/// The most that are kept of one file.
pub(super) const MOST: usize = 1000;

/// Everything to be said about a file of rules, in the order of its lines.
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
/// Its text is one line for each. With feature `snippets`, `to_snippets` shows each place, with carets
/// under what is meant. Of a file with much wrong, the first thousand are kept, and the others counted.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Diagnostics {
    pub(super) file: Option<Box<str>>,
    pub(super) list: Vec<Diagnostic>,
    /// What is not kept of them: all, and the errors among them.
    pub(super) more: usize,
    pub(super) more_errors: usize,
}

impl Diagnostics {
    /// Each of them that is kept.
    ///
    /// ```
    /// let said = tower_redirect::rules::netlify::parse_lossy("/a\n/b\n").diagnostics;
    /// assert_eq!(said.iter().map(|one| one.line()).collect::<Vec<_>>(), [1, 2]);
    /// ```
    pub fn iter(&self) -> slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }

    /// How many more there are than are kept.
    ///
    /// ```
    /// let said = tower_redirect::rules::netlify::parse_lossy(&"/a\n".repeat(1_003)).diagnostics;
    /// assert_eq!((said.iter().count(), said.more()), (1_000, 3));
    /// assert!(said.to_string().ends_with("rules: 3 more, 3 of them errors"));
    /// ```
    #[must_use]
    pub const fn more(&self) -> usize {
        self.more
    }

    /// Whether something is wrong with the file.
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

    /// Whether there is nothing to be said.
    ///
    /// ```
    /// assert!(tower_redirect::rules::netlify::parse_lossy("/a /b").diagnostics.is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty() && self.more == 0
    }

    /// Names the file in what is printed.
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

    /// The name of the file in what is printed.
    pub(super) fn file(&self) -> &str {
        self.file.as_deref().unwrap_or("rules")
    }

    /// What is said of those that are not kept.
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
        self.iter()
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
                cure,
                ..
            } = one;
            let separator = if at == 0 { "" } else { "\n" };
            let column = one.column();
            let message = Escaped(message);
            write!(
                f,
                "{separator}{file}:{line}:{column}: {severity}: {message}"
            )?;
            if !cure.is_empty() {
                write!(f, "; {}", Escaped(cure))?;
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
