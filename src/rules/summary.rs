//! How many rules of a file are active, and how much of it was skipped.

use std::fmt;

use super::Rules;

/// How many rules are active, and how many lines or entries of their file were skipped.
///
/// [`Rules::summary`] returns it. Its `Display` text is for logs and terminals.
///
/// ```
/// use tower_redirect::rules::Format;
///
/// let rules = Format::Netlify.parse_lossy("/a /b\n/c\n").rules;
/// assert_eq!(rules.summary().to_string(), "1 rule active, 1 line skipped");
///
/// let rules = Format::Netlify.parse("# moved\n/a /b\n/c /d\n")?;
/// assert_eq!(rules.summary().to_string(), "2 rules active");
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    active: usize,
    skipped: Skipped,
}

/// The lines or entries that were skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Skipped {
    pub(super) count: u32,
    /// The file is one document, so several entries can be on one line.
    pub(super) are_entries: bool,
}

impl Summary {
    /// Returns how many rules are active.
    ///
    /// ```
    /// let rules = tower_redirect::rules::netlify::parse_lossy("/a /b\n/c\n").rules;
    /// assert_eq!(rules.summary().active(), 1);
    /// ```
    #[must_use]
    pub const fn active(&self) -> usize {
        self.active
    }

    /// Returns how many lines or entries of the file were skipped.
    ///
    /// Each of them has an error or a warning in
    /// [`Parsed::findings`](super::Parsed::findings).
    ///
    /// ```
    /// let rules = tower_redirect::rules::netlify::parse_lossy("/a /b\n/c\n").rules;
    /// assert_eq!(rules.summary().skipped(), 1);
    /// ```
    #[must_use]
    pub const fn skipped(&self) -> usize {
        self.skipped.count as usize
    }
}

impl Skipped {
    pub(super) const fn noun(self) -> &'static str {
        if self.are_entries { "entry" } else { "line" }
    }

    /// Adds what was skipped in another file. Lines and entries together are entries.
    pub(super) const fn add(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        // A line of one file and an entry of another are both entries.
        if other.are_entries {
            self.are_entries = true;
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { active, skipped } = self;
        write!(f, "{active} rule{} active", plural(*active))?;
        match (skipped.count, skipped.are_entries) {
            (0, _) => Ok(()),
            (1, _) => write!(f, ", 1 {} skipped", skipped.noun()),
            (count, true) => write!(f, ", {count} entries skipped"),
            (count, false) => write!(f, ", {count} lines skipped"),
        }
    }
}

const fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

impl Rules {
    /// Returns how many rules are active, and how much of their file was skipped.
    ///
    /// Print it after each load, so that a skipped line doesn't stay unnoticed.
    ///
    /// ```
    /// use tower_redirect::rules::Format;
    ///
    /// let parsed = Format::Netlify.parse_lossy("/a /b\n/x /y 301 Role=admin\n");
    /// assert_eq!(parsed.rules.summary().to_string(), "1 rule active, 1 line skipped");
    /// ```
    ///
    /// After [`RulesBuilder::append`](super::RulesBuilder::append), this counts what was skipped in
    /// all files. Rules from code skip nothing.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary {
            active: self.len(),
            skipped: self.table.lines.skipped,
        }
    }

    /// Sets how much of the file was skipped.
    pub(super) fn with_skipped(self, skipped: Skipped) -> Self {
        self.with_table(|table| table.lines.skipped = skipped)
    }
}
