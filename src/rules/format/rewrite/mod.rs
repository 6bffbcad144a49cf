//! Files without chains: the changed rules are written anew where they stand, and nothing else is
//! touched.

use std::fmt;

use super::{Format, loader::BYTE_ORDER_MARK, print::Reason};
use crate::rules::{Flattened, TargetChange};

mod words;
mod writer;

pub(super) use writer::OriginalEntry;
use writer::Writer;

/// The text of a file after [`Format::rewrite`], and the changes that it couldn't write.
///
/// ```
/// use tower_redirect::rules::Format;
///
/// let text = "# moved\n/a   /b   # first\n/b   /c   302!\n";
/// let flattened = Format::Netlify.parse(text)?.flatten();
/// let rewritten = Format::Netlify.rewrite(text, &flattened);
/// assert_eq!(rewritten.text(), "# moved\n/a   /c 302   # first\n/b   /c   302!\n");
/// assert!(rewritten.not_rewritten().is_empty());
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "the original text stays as it is"]
pub struct Rewritten {
    text: String,
    kept: Vec<NotRewritten>,
}

/// A change that [`Format::rewrite`] didn't write, and the reason.
///
/// ```
/// use tower_redirect::rules::Format;
///
/// let text = "source,destination\n/a,/b\n/b,/c\n";
/// let flattened = Format::VercelBulk.parse(text)?.flatten();
/// let other = Format::VercelBulk.rewrite("source,destination\n", &flattened);
/// assert_eq!(
///     other.not_rewritten()[0].to_string(),
///     "line 2: /b (307 Temporary Redirect) becomes /c (307 Temporary Redirect), via line 3; \
///      not written, because the text has no such rule that is valid by itself",
/// );
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotRewritten {
    change: TargetChange,
    reason: Reason,
}

impl Rewritten {
    /// Returns the text. Only the targets and statuses of changed rules differ from the original.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Converts this into the text.
    #[must_use]
    pub fn into_text(self) -> String {
        self.text
    }

    /// Returns the changes that aren't in the text. It has their rules as they were.
    #[must_use]
    pub fn not_rewritten(&self) -> &[NotRewritten] {
        &self.kept
    }
}

impl NotRewritten {
    /// Returns the change.
    #[must_use]
    pub const fn change(&self) -> &TargetChange {
        &self.change
    }

    /// Returns the reason why the change isn't in the text.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for NotRewritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; not written, because {}", self.change, self.reason)
    }
}

impl Format {
    /// Writes the changes of [`Rules::flatten`](crate::rules::Rules::flatten) into the text that the rules were parsed from.
    ///
    /// ```
    /// use tower_redirect::rules::Format;
    ///
    /// let text = "/old/:id   /o/:id   301!\n/o/*  https://new.example/p/:splat  302!\n";
    /// let flattened = Format::Netlify.parse(text)?.flatten();
    /// assert_eq!(
    ///     Format::Netlify.rewrite(text, &flattened).text(),
    ///     "/old/:id   https://new.example/p/:id   302!\n/o/*  https://new.example/p/:splat  302!\n",
    /// );
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// Comments, order, white space and all other rules stay byte for byte. A new target has its
    /// placeholders as you wrote them, for example `$1`, `${name}` or `:name*`. The new text is
    /// parsed again and compared with the flattened rules. A change isn't written if
    ///
    /// - the rule would mean something else than the flattened one,
    /// - the format, or the entry with its other options, can't express the new target or status,
    /// - a rule that was rejected for closing a redirect loop would become active.
    ///
    /// A map has no status, so its rules have the status that [`parse`](Self::parse) gives them.
    ///
    /// In the format `bulk-csv`, nothing changes: every target names a host, and flattening leaves
    /// such rules alone.
    pub fn rewrite(self, text: &str, flattened: &Flattened) -> Rewritten {
        let body = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        let mark = text.get(..text.len() - body.len()).unwrap_or_default();
        let writer = Writer::new(self, flattened, body);
        Rewritten {
            text: format!("{mark}{}", writer.applied()),
            kept: writer.kept(),
        }
    }
}
