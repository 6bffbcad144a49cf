//! Netlify's `_redirects`.

use super::{
    Parsed,
    loader::{Line, Loader, Spans},
    read::ByLine,
};
use crate::{
    Status,
    rules::{Diagnostics, Format, Rule, Rules},
};

/// The rules of a file in which nothing is wrong.
///
/// # Errors
///
/// Everything to be said about the text, if there is an error among it.
pub fn parse(text: &str) -> Result<Rules, Diagnostics> {
    Format::Netlify.parse(text)
}

/// The rules that can serve, and what is to be said about the text.
#[must_use]
pub fn parse_lossy(text: &str) -> Parsed {
    Format::Netlify.parse_lossy(text)
}

/// Reads lines.
#[derive(Debug, Default)]
pub(super) struct Reader;

impl ByLine for Reader {
    fn line(&mut self, line: Line<'_>, loader: &mut Loader) {
        let mut words = line.text.split_whitespace();
        if let (Some(source), Some(target)) = (words.next(), words.next()) {
            let rule = Rule::new(Status::MovedPermanently, source, target).ignore_trailing_slash();
            let spans = Spans {
                source: 0..1,
                target: 0..1,
            };
            loader.rule(line, &spans, rule);
        }
    }
}
