use std::{error::Error, fmt};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// The rule serves, but perhaps not as its author thinks.
    Warning,
    /// The rule was left out.
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
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.severity
    }

    /// The line, counted from 1; 0 where the whole file is meant.
    #[must_use]
    pub const fn line(&self) -> u32 {
        self.line
    }

    /// The column, in characters counted from 1.
    #[must_use]
    pub const fn column(&self) -> usize {
        self.start + 1
    }

    /// What is wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// How to mend it.
    #[must_use]
    pub fn cure(&self) -> &str {
        &self.cure
    }
}

/// Everything to be said about a file of rules, in the order of its lines.
///
/// Its text shows each place, with a caret under what is meant.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Diagnostics {
    pub(super) file: Option<Box<str>>,
    pub(super) list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }

    /// Whether a rule was left out.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|one| one.severity == Severity::Error)
    }

    /// Whether there is nothing to be said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// These, and then others about the same file.
    pub(super) fn and(mut self, others: Self) -> Self {
        self.list.extend(others.list);
        self
    }

    /// Names the file in what is printed.
    #[must_use]
    pub fn in_file(mut self, name: &str) -> Self {
        self.file = Some(name.into());
        self
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.as_deref().unwrap_or("rules");
        for (at, one) in self.list.iter().enumerate() {
            let Diagnostic {
                severity,
                line,
                message,
                cure,
                ..
            } = one;
            let separator = if at == 0 { "" } else { "\n" };
            write!(
                f,
                "{separator}{file}:{line}:{}: {severity}: {message}; {cure}",
                one.column()
            )?;
        }
        Ok(())
    }
}

impl fmt::Debug for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Diagnostics({self})")
    }
}

impl Error for Diagnostics {}
