//! Diagnostics and reports with the text they are about.

use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::{
    Diagnostic, Diagnostics, Finding, Report, Severity,
    diagnostic::{MOST, SHOWN},
};
use crate::observe::escaped::{Escaped, is_unseen};

impl Diagnostics {
    /// Formats the diagnostics as plain text, each with its line, carets, and how to fix it.
    ///
    /// ```
    /// use tower_redirect::rules::netlify;
    ///
    /// let said = netlify::parse_lossy("/a /b\n/c /d 200\n").diagnostics;
    /// assert_eq!(
    ///     said.in_file("_redirects").to_snippets(),
    ///     "\
    /// warning: status 200 is a rewrite, not a redirect, so these URLs pass through
    ///  --> _redirects:2:7
    ///   |
    /// 2 | /c /d 200
    ///   |       ^^^
    ///   |
    ///   = help: serve these URLs from the app",
    /// );
    /// ```
    ///
    /// A long line is cut around the position.
    #[cfg_attr(docsrs, doc(cfg(feature = "snippets")))]
    #[must_use]
    pub fn to_snippets(&self) -> String {
        let renderer = Renderer::plain();
        let file = Escaped(self.file()).to_string();
        let mut out = String::new();
        for one in &self.list {
            if !out.is_empty() {
                out.push_str("\n\n");
            }
            out.push_str(&renderer.render(&[report(one, &file)]));
        }
        if let Some(rest) = self.rest() {
            out.push_str("\n\n");
            out.push_str(&rest);
        }
        out
    }
}

impl Report {
    /// Formats the findings as plain text, each with its lines and how to fix it.
    ///
    /// `text` is the text that the rules were read from.
    ///
    /// ```
    /// use tower_redirect::rules::netlify;
    ///
    /// let text = "/a /b\n/b /c\n";
    /// let report = netlify::parse(text)?.in_file("_redirects").check();
    /// assert_eq!(
    ///     report.to_snippets(text),
    ///     "\
    /// warning: redirect chain: `/b` is redirected again by line 2
    ///  --> _redirects:1:1
    ///   |
    /// 1 | /a /b
    ///   | ^^^^^
    ///   |
    ///  ::: _redirects:2:1
    ///   |
    /// 2 | /b /c
    ///   | -----
    ///   |
    ///   = help: point this rule at `/c`, unless the app has a page at `/b`",
    /// );
    /// # Ok::<(), tower_redirect::rules::Diagnostics>(())
    /// ```
    ///
    /// Long lines are cut after 120 characters, and a report after 1,000 findings. Rules that
    /// weren't read from a file appear by their number. If the report is about several files, it
    /// shows no lines.
    #[cfg_attr(docsrs, doc(cfg(feature = "snippets")))]
    #[must_use]
    pub fn to_snippets(&self, text: &str) -> String {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let lines: Vec<&str> = text.lines().collect();
        // One text isn't that of several files.
        let mut files = self.findings.iter().map(Finding::file);
        let first = files.next();
        let is_one_file = files.all(|file| Some(file) == first);
        let line = |number: u32| {
            let at = (number as usize).checked_sub(1).filter(|_| is_one_file)?;
            lines.get(at).copied()
        };
        let renderer = Renderer::plain();
        let mut out = String::new();
        for finding in self.findings.iter().take(MOST) {
            if !out.is_empty() {
                out.push_str("\n\n");
            }
            let file = Escaped(finding.file().unwrap_or("rules")).to_string();
            out.push_str(&renderer.render(&[found(finding, &file, line)]));
        }
        if let Some(more) = self
            .findings
            .len()
            .checked_sub(MOST)
            .filter(|more| *more > 0)
        {
            out.push_str(&format!("\n\n{more} more"));
        }
        out
    }
}

/// So many lines of other rules are shown with a finding.
const MOST_RELATED: usize = 2;

fn found<'f, 't>(
    one: &'f Finding,
    file: &'f str,
    line: impl Fn(u32) -> Option<&'t str>,
) -> Group<'f> {
    let title = level(one.severity()).primary_title(Escaped(one.said()).to_string());
    let group = match one.line {
        None => title.element(Level::NOTE.message(format!("rule {}", one.rule))),
        Some(own) => {
            let mut others: Vec<u32> = one.related_lines().to_vec();
            others.retain(|other| *other != own);
            others.dedup();
            let others = others.into_iter().take(MOST_RELATED);
            let marked = std::iter::once((own, AnnotationKind::Primary))
                .chain(others.map(|other| (other, AnnotationKind::Context)));
            let shown: Vec<_> = marked
                .filter_map(|(number, kind)| {
                    let text = line(number)?;
                    let start = text.len() - text.trim_start().len();
                    let start = text.get(..start)?.chars().count();
                    let end = text.trim_end().chars().count().min(SHOWN);
                    let text: String = text.chars().take(SHOWN).collect();
                    (start < end).then(|| snippet(&text, number, start..end, kind).path(file))
                })
                .collect();
            if shown.is_empty() {
                title.element(Origin::path(file).line(own as usize))
            } else {
                title.elements(shown)
            }
        }
    };
    group.element(Level::HELP.message(one.help()))
}

const fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    }
}

fn report<'d>(one: &'d Diagnostic, file: &'d str) -> Group<'d> {
    let (line, column) = (one.line as usize, one.column());
    let title = level(one.severity).primary_title(Escaped(&one.message).to_string());
    let mut group = if one.snippet.is_empty() {
        title.element(Origin::path(file).line(line).char_column(column))
    } else {
        let meant = one.start.saturating_sub(one.skipped)..one.end.saturating_sub(one.skipped);
        let shown = snippet(&one.snippet, one.line, meant, AnnotationKind::Primary);
        if one.skipped == 0 {
            title.element(shown.path(file))
        } else {
            // The column in the part that is shown is not the one that is meant.
            let place = format!("at {file}:{line}:{column}");
            let group = title.element(shown);
            group.element(Level::NOTE.message(place))
        }
    };
    if !one.help.is_empty() {
        group = group.element(Level::HELP.message(Escaped(&one.help).to_string()));
    }
    group
}

/// A line with these of its characters marked.
fn snippet<'s>(
    text: &str,
    line: u32,
    meant: Range<usize>,
    kind: AnnotationKind,
) -> Snippet<'s, Annotation<'s>> {
    // The renderer has signs for those of ASCII; the others stay one character.
    let is_raw = |c: char| is_unseen(c) && !c.is_ascii();
    let text = text.replace(is_raw, "\u{fffd}");
    let byte = |chars: usize| {
        let place = text.char_indices().nth(chars);
        place.map_or(text.len(), |(at, _)| at)
    };
    let span = byte(meant.start)..byte(meant.end);
    Snippet::source(text)
        .line_start(line as usize)
        .annotation(kind.span(span))
}

#[cfg(test)]
mod tests {
    use crate::rules::Format;

    fn snippets(bytes: &[u8]) -> String {
        Format::Netlify.read_lossy(bytes).diagnostics.to_snippets()
    }

    #[test]
    fn carets_stand_under_what_is_meant() {
        assert_eq!(
            snippets("/a /b\n\n\t/\u{e9}\u{4e16}  /b 200 # x".as_bytes()),
            "\
warning: status 200 is a rewrite, not a redirect, so these URLs pass through
 --> rules:3:10
  |
3 |     /\u{e9}\u{4e16}  /b 200 # x
  |              ^^^
  |
  = help: serve these URLs from the app"
        );
        assert_eq!(
            snippets(b"/a /b\n/c /d\xffe\n"),
            "\
error: the byte 0xFF isn't valid UTF-8
 --> rules:2:6
  |
2 | /c /d\u{fffd}e
  |      ^
  |
  = help: save the file as UTF-8, or write the byte as `%FF`"
        );
        assert_eq!(
            snippets(b"\xef\xbb\xbf/a /b\n"),
            "\
warning: the file starts with a byte-order mark (BOM), which is ignored
 --> rules:1:1
  |
1 | /a /b
  | ^
  |
  = help: save it as UTF-8 without BOM"
        );
    }

    #[test]
    fn what_is_not_seen_is_shown() {
        let text = "/a\u{85}/b\u{9b}\u{202e}\u{2066}\u{1b}[2J\u{2028}200";
        let said = Format::Netlify.read_lossy(text.as_bytes()).diagnostics;
        let shown = said.in_file("a\n\u{1b}\u{9b}b").to_snippets();
        assert_eq!(
            shown,
            "\
warning: status 200 is a rewrite, not a redirect, so these URLs pass through
 --> a\\n\\u{1b}\\u{9b}b:1:14
  |
1 | /a\u{fffd}/b\u{fffd}\u{fffd}\u{fffd}\u{241b}[2J\u{fffd}200
  |              ^^^
  |
  = help: serve these URLs from the app"
        );
    }

    #[test]
    fn a_circle_is_shown_where_it_stands() {
        let meant = "\
error: redirect loop: `/a` → `/b` → `/a` (lines 1 and 2)
 --> rules:2:2
  |
2 |  /b /a 301! # back
  |  ^^^^^^^^^^^^^^^^^
  |
  = help: remove one of these rules or change its target";
        assert_eq!(snippets(b"/a /b 301!\r\n /b /a 301! # back\r\n"), meant);
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let line = format!("/{} /b 200 #{}", "x".repeat(50_000), "y".repeat(10_000));
        let shown = snippets(line.as_bytes());
        assert!(shown.len() < 600, "{shown}");
        let meant =
            "warning: status 200 is a rewrite, not a redirect, so these URLs pass through\n";
        assert!(shown.starts_with(meant), "{shown}");
        assert!(shown.contains("= note: at rules:1:50006\n"), "{shown}");
        let lines: Vec<_> = shown.lines().collect();
        let at = lines
            .iter()
            .position(|line| line.contains("/b 200"))
            .unwrap();
        let caret = lines[at + 1].find("^^^").unwrap();
        assert_eq!(lines[at].get(caret..caret + 3), Some("200"), "{shown}");
    }

    #[test]
    fn much_that_is_wrong_is_counted() {
        let shown = snippets("/a\n".repeat(5_000).as_bytes());
        assert_eq!(
            shown.matches("the source `/a` has no target").count(),
            1_000
        );
        assert!(shown.ends_with("4000 more, 4000 of them errors"));
    }
}
