//! Files of rules, each in a dialect with a name and semantics of its own.

use super::{Diagnostics, Rules};

mod loader;

/// A dialect of rule files; the same line means different things in different ones, so that it is named and
/// never guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {}

/// What a file gave: the rules that serve, and everything to be said about the file.
#[derive(Debug)]
pub struct Parsed {
    /// The rules that can serve; those with errors are left out.
    pub rules: Rules,
    /// Errors, warnings and notes.
    pub diagnostics: Diagnostics,
}

impl Parsed {
    /// The rules, if nothing had to be left out.
    ///
    /// # Errors
    ///
    /// All diagnostics, if there is an error among them.
    pub fn into_result(self) -> Result<Rules, Diagnostics> {
        if self.diagnostics.has_errors() {
            Err(self.diagnostics)
        } else {
            Ok(self.rules)
        }
    }
}
