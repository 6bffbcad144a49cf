// This file is long because the reference of the format stands beside its parser.

//! The `_redirects` file of Cloudflare Pages and of Workers static assets.
//!
//! ```
//! use tower_redirect::rules::cloudflare;
//! use tower_redirect::{Status, testing};
//!
//! let rules = cloudflare::parse(
//!     "/blog/*          https://blog.example/:splat  301
//!      /u/:name/posts   /people/:name
//!      /blog/latest     /news",
//! )?;
//!
//! testing::get("/blog/a/b?c").through(&rules)
//!     .assert_redirect("https://blog.example/a/b?c")
//!     .assert_status(Status::MovedPermanently);
//! testing::get("/u/ada/posts").through(&rules)
//!     .assert_redirect("/people/ada")
//!     .assert_status(Status::Found);
//! // The first line that matches wins.
//! testing::get("/blog/latest").through(&rules).assert_redirect("https://blog.example/latest");
//! # Ok::<(), tower_redirect::rules::Diagnostics>(())
//! ```
//!
//! # Syntax
//!
//! A file has one rule per line. White space separates its parts:
//!
//! ```text
//! source destination [status] [# comment]
//! ```
//!
//! | syntax | what it does here |
//! |---|---|
//! | `/a` | matches this path, but not `/a/` or `/A` |
//! | `/a/*` | matches `/a/` and every path below; `:splat` in the destination inserts what `*` matched |
//! | `/a/:name`, `/a/x-:name` | matches one segment or a part of it; `:name` in the destination inserts it |
//! | `/a*`, `/a/*/b`, `/:from-:to` | matches as a regex, on the path as the client sent it; needs the `regex` feature |
//! | a source without `/` at its start | a warning; the `/` is added |
//! | a query or fragment in a source | a warning; it is ignored |
//! | `.` and `..` as segments | a warning; they are resolved |
//! | a destination that starts with `/` or `https://` | redirects to it; within this site, several `/` in a row become one |
//! | no status | redirects with 302 |
//! | 301, 302, 303, 307 or 308 | redirects with this status |
//! | `#` at the start of a word | starts a comment |
//!
//! The first line that matches wins. If two lines have the same source, the second is a warning.
//! Rules apply before the app is called, so a page of the app can't override them. If the
//! destination has no query, the query of the request is appended.
//!
//! # Limits
//!
//! | limit | beyond it |
//! |---|---|
//! | 2,000 characters in a line | an error; the line is skipped |
//! | 2,000 rules without placeholders | an error; the line is skipped |
//! | 100 other rules, counted from the first one with a placeholder | an error; the rest of the file is skipped |
//!
//! As on Cloudflare, a line with an invalid destination or status counts, and a skipped line can
//! keep out a later line with the same source.
//!
//! # Not supported
//!
//! | syntax | what happens |
//! |---|---|
//! | status 200 (a rewrite or proxy) | a warning; its URLs pass through, and later lines don't match them |
//! | `/* /index.html`, or any rule from `…/` or `…/*` to a path that ends in `/index` or `/index.html` | an error, since Cloudflare rejects it as a loop |
//! | a source with two `*`, or with one name twice | an error, since Cloudflare never matches it |
//! | a source with a host, a destination with `http://`, conditions, `!` | an error, as on Cloudflare |
//! | a placeholder in the host of a destination | an error, since a request must not choose the host |
//!
//! # Differences from Cloudflare
//!
//! - Older versions of Cloudflare's tools replace `:id` at the start of `:idx`. Here, a name ends
//!   where its letters, digits and `_` end. A warning names each placeholder for which this makes a
//!   difference.

use std::collections::HashMap;

use super::{
    Parsed, STATUSES,
    file_format::{FileFormat, FileReader},
    loader::{Line, Loader, Place, floor_char_boundary},
    netlify::{APACHE, ARROWS},
    placeholders, quoted,
    read::ByLine,
    rewrite::{Writer, lines},
};
use crate::{
    rules::{Diagnostics, Format, Precedence, QueryPolicy, Rule, Rules, Severity},
    status::Status,
};

mod path;
mod source;

use path::Path;
use source::Pattern;

/// The most characters of a line.
const LONGEST: usize = 2_000;

/// The most rules without placeholders.
const MOST_STATIC: usize = 2_000;

/// The most other rules.
const MOST_DYNAMIC: usize = 100;

/// Parses a file and returns its rules. Warnings are dropped.
///
/// ```
/// use tower_redirect::rules::cloudflare;
///
/// assert_eq!(cloudflare::parse("/a /b # moved")?.len(), 1);
/// assert!(cloudflare::parse("/a http://other.example/").is_err());
/// # Ok::<(), tower_redirect::rules::Diagnostics>(())
/// ```
///
/// # Errors
///
/// Returns all diagnostics, warnings included, if one of them is an error.
pub fn parse(text: &str) -> Result<Rules, Diagnostics> {
    Format::Cloudflare.parse(text)
}

/// Parses a file and returns the valid rules and all diagnostics. Lines with errors are skipped.
///
/// ```
/// use tower_redirect::rules::cloudflare;
///
/// let parsed = cloudflare::parse_lossy("/a /b\n/a /c\n");
/// assert_eq!(parsed.rules.len(), 1);
/// assert_eq!(
///     parsed.diagnostics.to_string(),
///     "rules:2:1: warning: line 1 already has the source `/a`, so this rule is skipped; \
///      remove one of the two",
/// );
/// ```
#[must_use]
pub fn parse_lossy(text: &str) -> Parsed {
    Format::Cloudflare.parse_lossy(text)
}

/// See [`Format::Cloudflare`].
pub(super) struct Cloudflare;

impl FileFormat for Cloudflare {
    fn reader(&self) -> FileReader {
        FileReader::Lines(Precedence::StaticFirst, Box::<Reader>::default())
    }

    fn rewrite(&self, text: &str, writer: &mut Writer<'_>) {
        lines::cloudflare(text, writer);
    }
}

/// Reads line by line.
#[derive(Debug, Default)]
struct Reader {
    /// Each source, and its line.
    seen: HashMap<String, u32>,
    count_static: usize,
    count_dynamic: usize,
    is_full: bool,
}

/// That a line was left out, and why.
struct LeftOut<'l>(Severity, Place<'l>, String, &'static str);

impl<'l> LeftOut<'l> {
    fn error(place: &Place<'l>, message: &str, cure: &'static str) -> Self {
        Self(Severity::Error, place.clone(), message.to_owned(), cure)
    }
}

impl ByLine for Reader {
    fn line(&mut self, line: Line<'_>, loader: &mut Loader) {
        if let Err(LeftOut(severity, place, message, cure)) = self.try_line(line, loader) {
            loader.say_at(severity, &place, &message, cure);
        }
    }
}

impl Reader {
    fn try_line<'l>(&mut self, line: Line<'l>, loader: &mut Loader) -> Result<(), LeftOut<'l>> {
        let words: Vec<_> = line
            .words()
            .take_while(|word| !word.text().starts_with('#'))
            .collect();
        let Some(first) = words.first().filter(|_| !self.is_full) else {
            return Ok(());
        };
        if line.text.trim().encode_utf16().nth(LONGEST).is_some() {
            return Err(LeftOut::error(
                first,
                "this line has more than 2,000 characters",
                "shorten it",
            ));
        }
        if let Some(arrow) = words.iter().find(|word| ARROWS.contains(&word.text())) {
            let message = format!("{} isn't part of this format", quoted(arrow.text()));
            return Err(LeftOut::error(arrow, &message, "remove it"));
        }
        if APACHE.contains(&first.text()) {
            let message = format!("{} is a directive of Apache", quoted(first.text()));
            let cure = "write it as `/old /new 301`";
            return Err(LeftOut::error(first, &message, cure));
        }
        let (from, to, status) = match &*words {
            [from, to] => (from, to, None),
            [from, to, status] => (from, to, Some(status)),
            [from] => {
                let message = format!("the source {} has no destination", quoted(from.text()));
                let cure = "write it after the source, for example `/old /new`";
                return Err(LeftOut::error(from, &message, cure));
            }
            _ => {
                let fourth = words.get(3).unwrap_or(first);
                let message = format!("unexpected {} after the status", quoted(fourth.text()));
                let cure = "remove it, since a line has only a source, a destination and a status";
                return Err(LeftOut::error(fourth, &message, cure));
            }
        };

        let source = source_path(from, loader)?;
        let pattern = Pattern::of(&source);
        let is_static = pattern.is_static() && self.count_dynamic == 0;
        self.count(is_static, from)?;
        // The first of them was reported.
        if is_static && self.count_static > MOST_STATIC {
            return Ok(());
        }
        let destination = destination(to, loader)?;
        let status = self::status(status)?;
        if is_loop(&source, &destination) {
            let message = format!(
                "Cloudflare rejects this rule as a loop, since it redirects {} to its folder",
                quoted(to.text())
            );
            let cure = "remove it, or redirect to a page that isn't called `index` or `index.html`";
            return Err(LeftOut::error(to, &message, cure));
        }
        if let Some(line) = self.seen.get(&source) {
            let source = quoted(from.text());
            return Err(LeftOut(
                Severity::Warning,
                from.clone(),
                format!("line {line} already has the source {source}, so this rule is skipped"),
                "remove one of the two",
            ));
        }
        self.seen.insert(source.clone(), line.number);
        let names = pattern.names().map_err(|name| {
            let (message, cure) = match &*name {
                "*" => (
                    "the source has more than one `*`".to_owned(),
                    "use `*` once, which counts as `:splat`",
                ),
                ":splat" => (
                    "the source has the placeholder `:splat` twice".to_owned(),
                    "use another name, since `*` counts as `:splat`",
                ),
                name => (
                    format!("the source has the placeholder {} twice", quoted(name)),
                    "give each placeholder its own name",
                ),
            };
            LeftOut::error(from, &message, cure)
        })?;
        let mut rule = if let Some(status) = status {
            let (template, findings) =
                placeholders::target(&destination, &names, "older Cloudflare versions replace");
            for (bytes, message, cure) in findings {
                let start = (to.bytes.start + bytes.start).min(to.bytes.end);
                let start = floor_char_boundary(line.text, start);
                let end = (to.bytes.start + bytes.end).min(to.bytes.end);
                loader.say(Severity::Warning, line, start..end, &message, cure);
            }
            let mut rule = Rule::of_file(status, pattern.source(), template);
            rule.options.merge_slashes = !names.is_empty() && destination.starts_with('/');
            rule.query(QueryPolicy::TargetWins)
        } else {
            let message = "status 200 is a rewrite, not a redirect, so these URLs pass through";
            let place = words.get(2).unwrap_or(to);
            let cure = "serve these URLs from the app";
            loader.say_at(Severity::Warning, place, message, cure);
            Rule::pass(pattern.source())
        };
        rule.options.stands_with_patterns = pattern.is_static() && !is_static;
        loader.rule_at(from, to, rule);
        Ok(())
    }

    /// Counts a rule, as long as the site takes any.
    fn count<'l>(&mut self, is_static: bool, from: &Place<'l>) -> Result<(), LeftOut<'l>> {
        if is_static {
            self.count_static += 1;
            if self.count_static == MOST_STATIC + 1 {
                return Err(LeftOut::error(
                    from,
                    "the file has more than 2,000 rules without placeholders, so this one and those \
                     after it are skipped",
                    "remove some, or move them to a file of bulk redirects",
                ));
            }
        } else {
            self.count_dynamic += 1;
            if self.count_dynamic > MOST_DYNAMIC {
                self.is_full = true;
                return Err(LeftOut::error(
                    from,
                    "the file has more than 100 rules from the first one with a placeholder on, so the \
                     rest is skipped",
                    "remove some, and move the rules without placeholders to the top",
                ));
            }
        }
        Ok(())
    }
}

/// The path that a source means, in the spelling of an address.
fn source_path<'l>(from: &Place<'l>, loader: &mut Loader) -> Result<String, LeftOut<'l>> {
    let text = from.text();
    if has_host(text) {
        let message = format!("the source {} has a host", quoted(text));
        let cure = "write only the path, which matches on every host";
        return Err(LeftOut::error(from, &message, cure));
    }
    let Path {
        path,
        query,
        fragment,
        resolved,
    } = Path::of(text);
    let mut warn =
        |message: &str, cure: &str| loader.say_at(Severity::Warning, from, message, cure);
    let read_as = || format!("the source {} is read as {}", quoted(text), quoted(&path));
    if !text.starts_with('/') {
        let cure = if text.contains("://") {
            "write only the path, which matches on every host"
        } else {
            "start it with `/`"
        };
        warn(&read_as(), cure);
    }
    if !query.is_empty() || !fragment.is_empty() {
        let ignored = quoted(&format!("{query}{fragment}"));
        let message = format!("{ignored} is ignored, since only the path of a source is compared");
        warn(&message, "remove it");
    }
    if resolved {
        let cure = format!("write {}, without `.` and `..`", quoted(&path));
        warn(&read_as(), &cure);
    }
    Ok(path)
}

/// Where a rule leads, in the spelling of an address.
fn destination<'l>(to: &Place<'l>, loader: &mut Loader) -> Result<String, LeftOut<'l>> {
    let text = to.text();
    let (origin, rest) = if text.starts_with('/') {
        ("", text)
    } else if has_host(text) {
        let at = text
            .get(HTTPS.len()..)
            .and_then(|rest| rest.find(['/', '?', '#']));
        let end = at.map_or(text.len(), |at| at + HTTPS.len());
        text.split_at_checked(end).unwrap_or((text, ""))
    } else {
        let text = quoted(text);
        let (message, cure) = if text.starts_with("`http://") {
            let message = format!("Cloudflare doesn't redirect to `http://` ({text})");
            (message, "write `https://`")
        } else {
            let message = format!("the destination {text} isn't a path or URL");
            (message, "start it with `/` or `https://`")
        };
        return Err(LeftOut::error(to, &message, cure));
    };
    let Path {
        path,
        query,
        fragment,
        resolved,
    } = Path::of(rest);
    if resolved {
        let read = quoted(&format!("{origin}{path}"));
        let message = format!("the destination {} is read as {read}", quoted(text));
        let cure = format!("write {read}, without `.` and `..`");
        loader.say_at(Severity::Warning, to, &message, &cure);
    }
    // What leads to another host is left for the check of targets.
    let is_local = origin.is_empty() && !path.starts_with("//");
    let path = if is_local { path::merged(&path) } else { path };
    Ok(format!("{origin}{path}{query}{fragment}"))
}

const HTTPS: &str = "https://";

fn has_host(text: &str) -> bool {
    text.strip_prefix(HTTPS)
        .is_some_and(|rest| !rest.is_empty())
}

/// The status; nothing, where it is that of a page.
fn status<'l>(word: Option<&Place<'l>>) -> Result<Option<Status>, LeftOut<'l>> {
    let Some(word) = word else {
        return Ok(Some(Status::Found));
    };
    let code = word.text().parse::<u16>().unwrap_or_default();
    match Status::try_from(code) {
        Ok(status) => Ok(Some(status)),
        Err(_) if code == 200 => Ok(None),
        Err(_) => Err(LeftOut::error(
            word,
            &format!("{} isn't a redirect status", quoted(word.text())),
            match word.text() {
                text if text.ends_with('!') => {
                    "remove the `!`, since rules come before pages on Cloudflare"
                }
                text if text.contains('=') => {
                    "remove it, since rules have no conditions on Cloudflare"
                }
                _ => STATUSES,
            },
        )),
    }
}

/// Whether the site's handling of pages leads back to the source.
fn is_loop(source: &str, destination: &str) -> bool {
    let from_all = source.ends_with("/*") || source.ends_with('/');
    let to_index = destination.ends_with("/index") || destination.ends_with("/index.html");
    from_all && to_index && destination.starts_with('/')
}

#[cfg(test)]
mod tests {
    use super::parse_lossy;
    use crate::testing;

    #[test]
    fn how_much_the_site_takes() {
        let statics = (1..=2_002).map(|at| format!("/s{at} /t{at}\n"));
        let dynamics = (1..=103).map(|at| format!("/d{at}/* /t/:splat\n"));
        let text: String = statics.chain(dynamics).chain(["/a /b\n".into()]).collect();
        let parsed = parse_lossy(&text);
        assert_eq!(parsed.rules.len(), 2_100);
        testing::get("/s2000")
            .through(&parsed.rules)
            .assert_redirect("/t2000");
        testing::get("/s2001").through(&parsed.rules).assert_pass();
        testing::get("/d100/x")
            .through(&parsed.rules)
            .assert_redirect("/t/x");
        testing::get("/a").through(&parsed.rules).assert_pass();
        assert_eq!(
            parsed.diagnostics.to_string(),
            "rules:2001:1: error: the file has more than 2,000 rules without placeholders, so this one and \
             those after it are skipped; remove some, or move them to a file of bulk redirects\n\
             rules:2103:1: error: the file has more than 100 rules from the first one with a placeholder on, \
             so the rest is skipped; remove some, and move the rules without placeholders to the top"
        );
    }

    #[test]
    fn how_long_a_line_may_be() {
        for (length, served) in [(1_994, 1), (1_995, 0)] {
            // Sixteen bits are counted, and blanks around a line are not.
            let text = format!("  /a /\u{10000}{}  \n/b /c", "x".repeat(length));
            let parsed = parse_lossy(&text);
            assert_eq!(parsed.rules.len(), 1 + served);
            let said = parsed.diagnostics.to_string();
            let long = "rules:1:3: error: this line has more than 2,000 characters; shorten it";
            assert_eq!(said, if served == 1 { "" } else { long });
        }
    }
}
