//! Diagnostics with the text they are about.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::{Diagnostic, Diagnostics, Severity};

impl Diagnostics {
    /// Each of them with its line, carets under what is meant, and how to mend it; plain text.
    ///
    /// ```
    /// use tower_redirect::rules::netlify;
    ///
    /// let said = netlify::parse_lossy("/a /b\n/c /d 200\n").diagnostics;
    /// assert_eq!(
    ///     said.in_file("_redirects").to_snippets(),
    ///     "\
    /// warning: status 200 serves another page under this address, which is no redirect
    ///  --> _redirects:2:7
    ///   |
    /// 2 | /c /d 200
    ///   |       ^^^
    ///   |
    ///   = help: let the app answer it; the rule is left out",
    /// );
    /// ```
    ///
    /// Of a long line, the part around the place is shown.
    #[cfg_attr(docsrs, doc(cfg(feature = "snippets")))]
    #[must_use]
    pub fn to_snippets(&self) -> String {
        let renderer = Renderer::plain();
        let mut out = String::new();
        for one in &self.list {
            if !out.is_empty() {
                out.push_str("\n\n");
            }
            out.push_str(&renderer.render(&[report(one, self.file())]));
        }
        if let Some(rest) = self.rest() {
            out.push_str("\n\n");
            out.push_str(&rest);
        }
        out
    }
}

fn report<'d>(one: &'d Diagnostic, file: &'d str) -> Group<'d> {
    let level = match one.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let mut group = level.primary_title(&*one.message).element(
        Origin::path(file)
            .line(one.line as usize)
            .char_column(one.column()),
    );
    if !one.snippet.is_empty() {
        let byte = |chars: usize| {
            let place = one
                .snippet
                .char_indices()
                .nth(chars - one.skipped.min(chars));
            place.map_or(one.snippet.len(), |(at, _)| at)
        };
        let span = byte(one.start)..byte(one.end);
        group = group.element(
            Snippet::source(&*one.snippet)
                .line_start(one.line as usize)
                .annotation(AnnotationKind::Primary.span(span)),
        );
    }
    if !one.cure.is_empty() {
        group = group.element(Level::HELP.message(&*one.cure));
    }
    group
}
