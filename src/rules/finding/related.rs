use std::sync::Arc;

use super::Lines;
use crate::rules::RuleNumber;

/// Another rule that a finding is about, and where it was written.
///
/// ```
/// use tower_redirect::rules::netlify;
///
/// let file = "/blog/* /posts/:splat\n/blog/hello /hello\n";
/// let findings = netlify::parse(file)?.in_file("_redirects").check();
/// let shadowed = findings.iter().next().unwrap();
/// let shadow = &shadowed.related()[0];
/// assert_eq!((shadow.rule(), shadow.file(), shadow.line()), (0, Some("_redirects"), Some(1)));
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelatedRule {
    rule: u32,
    file: Option<Arc<str>>,
    line: Option<u32>,
}

impl RelatedRule {
    pub(super) fn new(rule: RuleNumber, lines: &Lines) -> Self {
        Self {
            rule: rule.0,
            file: lines.file(rule).cloned(),
            line: lines.get(rule),
        }
    }

    pub(super) const fn of(rule: u32, file: Option<Arc<str>>, line: Option<u32>) -> Self {
        Self { rule, file, line }
    }

    /// Returns the number of the rule, counted from 0 in the order in which the rules were added.
    #[must_use]
    pub const fn rule(&self) -> u32 {
        self.rule
    }

    /// Returns the file, if the rule was read from a file and its name is known.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// Returns the line, counted from 1, if the rule was read from a file.
    #[must_use]
    pub const fn line(&self) -> Option<u32> {
        self.line
    }
}
