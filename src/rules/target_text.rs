//! The target of a rule, as native syntax or as a tree.

use std::{borrow::Cow, fmt};

use super::{
    Finding,
    rule::Rule,
    source::Source,
    syntax::{self, Template, TemplatePart, Word},
};
use crate::status::StatusChoice;

/// The target of a rule, as its author wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TargetText {
    /// Native syntax, which is read when the table is built.
    Native(String),
    /// What a format has read.
    Template(Template),
}

impl TargetText {
    /// A target without placeholders, in which braces are literal.
    pub(super) fn literal(text: &str) -> Self {
        let text = Word::new(text, 0..text.len());
        Self::Template(Template {
            parts: vec![TemplatePart::Literal(text)],
        })
    }

    /// Returns native text, or the only literal of a tree. `target::plain` rejects a text with
    /// braces.
    pub(super) fn plain(&self) -> Option<&str> {
        match self {
            Self::Native(text) => Some(text),
            Self::Template(template) => match &*template.parts {
                [TemplatePart::Literal(only)] => Some(&only.text),
                _ => None,
            },
        }
    }

    /// Returns the parts of the target.
    pub(super) fn template(&self) -> Result<Cow<'_, Template>, Finding> {
        match self {
            Self::Native(text) => syntax::template(text).map(Cow::Owned),
            Self::Template(template) => Ok(Cow::Borrowed(template)),
        }
    }

    /// Returns the target in native syntax.
    pub(super) fn native(&self) -> Cow<'_, str> {
        match self {
            Self::Native(text) => Cow::Borrowed(text),
            Self::Template(template) => Cow::Owned(template.to_string()),
        }
    }
}

impl From<String> for TargetText {
    fn from(text: String) -> Self {
        Self::Native(text)
    }
}

impl From<Template> for TargetText {
    fn from(template: Template) -> Self {
        Self::Template(template)
    }
}

impl fmt::Display for TargetText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.native())
    }
}

impl Rule {
    /// Creates the rule of a file.
    pub(super) fn of_file(
        status: impl Into<StatusChoice>,
        source: impl Into<Source>,
        target: impl Into<TargetText>,
    ) -> Self {
        Self {
            target: target.into(),
            ..Self::new(status, source, String::new())
        }
    }
}
