//! Findings with the lines that they are about.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::{Excerpt, Finding, Findings, Severity, list::MOST};
use crate::observe::escaped::{Escaped, is_unseen};

impl Findings {
    /// Formats the findings as plain text, each with its lines, carets, and how to fix it.
    ///
    /// ```
    /// use tower_redirect::rules::netlify;
    ///
    /// let findings = netlify::parse_lossy("/a /b\n/c /d 200\n").findings;
    /// assert_eq!(
    ///     findings.in_file("_redirects").to_snippets(),
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
    /// Findings of [`Rules::check`] show their lines if you add the [text](Self::with_text):
    ///
    /// ```
    /// use tower_redirect::rules::netlify;
    ///
    /// let text = "/a /b\n/b /c\n";
    /// let findings = netlify::parse(text)?.in_file("_redirects").check();
    /// assert_eq!(
    ///     findings.with_text(text).to_snippets(),
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
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// A long line is cut around the position, and the text after 1,000 findings. A finding whose
    /// line isn't known shows its place alone: the file and the line, or the rule.
    ///
    /// [`Rules::check`]: crate::rules::Rules::check
    #[cfg_attr(docsrs, doc(cfg(feature = "snippets")))]
    #[must_use]
    pub fn to_snippets(&self) -> String {
        let renderer = Renderer::plain();
        let listed = self.list.iter().take(MOST);
        let rendered = listed.map(|finding| renderer.render(&[group(finding)]));
        let mut out: Vec<String> = rendered.collect();
        out.extend(self.rest(out.len()));
        out.join("\n\n")
    }
}

fn group(finding: &Finding) -> Group<'static> {
    let level = match finding.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let mut group = Group::with_title(level.primary_title(Escaped(finding.title()).to_string()));
    let file = Escaped(finding.file_or_default()).to_string();
    let mut place = String::new();
    // Writing to memory can't fail.
    let _ = finding.write_place(&mut place);
    let excerpts = &finding.0.excerpts;
    match (finding.line(), &**excerpts) {
        (None, _) => group = group.element(Level::NOTE.message(place)),
        (Some(line), []) => group = group.element(Origin::path(file).line(line as usize)),
        (Some(line), [one, ..]) if one.text.is_empty() => {
            let origin = Origin::path(file).line(line as usize);
            group = group.element(origin.char_column(one.marked.start + 1));
        }
        (Some(_), [one]) if one.skipped > 0 => {
            // The column in the part that is shown isn't the column in the line.
            let place = Level::NOTE.message(format!("at {place}"));
            let snippet = snippet(one, AnnotationKind::Primary);
            group = group.element(snippet).element(place);
        }
        (Some(_), all) => {
            let own = std::iter::once(AnnotationKind::Primary);
            let kinds = own.chain(std::iter::repeat(AnnotationKind::Context));
            for (excerpt, kind) in all.iter().zip(kinds) {
                group = group.element(snippet(excerpt, kind).path(file.clone()));
            }
        }
    }
    match finding.help() {
        "" => group,
        help => group.element(Level::HELP.message(Escaped(help).to_string())),
    }
}

/// A line with the characters marked that are meant.
fn snippet(excerpt: &Excerpt, kind: AnnotationKind) -> Snippet<'static, Annotation<'static>> {
    // The renderer has signs for those of ASCII; the others stay one character.
    let is_raw = |c: char| is_unseen(c) && !c.is_ascii();
    let text = excerpt.text.replace(is_raw, "\u{fffd}");
    let byte = |chars: usize| {
        let mut starts = text.char_indices().map(|(at, _)| at);
        let start = starts.nth(chars.saturating_sub(excerpt.skipped));
        start.unwrap_or(text.len())
    };
    let marked = byte(excerpt.marked.start)..byte(excerpt.marked.end);
    Snippet::source(text)
        .line_start(excerpt.line as usize)
        .annotation(kind.span(marked))
}

#[cfg(test)]
mod tests {
    use crate::rules::Format;

    fn snippets(bytes: &[u8]) -> String {
        Format::Netlify.read_lossy(bytes).findings.to_snippets()
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
        let findings = Format::Netlify.read_lossy(text.as_bytes()).findings;
        let shown = findings.in_file("a\n\u{1b}\u{9b}b").to_snippets();
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
