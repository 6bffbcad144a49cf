//! Cloudflare's `_redirects`, of Pages and of Workers' static assets.
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
//! // Behind a rule with placeholders, all stand in one order.
//! testing::get("/blog/latest").through(&rules).assert_redirect("https://blog.example/latest");
//! # Ok::<(), tower_redirect::rules::Diagnostics>(())
//! ```
//!
//! # A line
//!
//! `source destination [status]`, words with white space between them; `#` at the beginning of a word begins
//! a comment.
//!
//! | what | meaning here |
//! |---|---|
//! | `/a` | this path; case and a `/` at the end make a difference |
//! | `/a/*` | everything below, and `/a/`; the target has it as `:splat` |
//! | `/a/:name` | one segment or a part of it; the target has it as `:name` |
//! | no status | 302 |
//!
//! Sources are read as the path of an address: segments `.` and `..` are resolved, query and fragment are
//! no part of it, a `/` that is missing in front is added; each with a warning. Destinations begin with `/` or
//! `https://`. The query of the request is sent on where the destination has none. On this site, runs of `/`
//! in the result become one.
//!
//! Rules without placeholders are asked before all others, up to the first rule that has one; from there on,
//! all stand in one order. Of two lines for one source, the first counts. Beyond 2,000 rules without
//! placeholders and 100 others, and 2,000 characters a line, lines are left out. As on the site, wrong
//! destinations and statuses count too, and a line that is left out may keep a later one of its source out.
//!
//! # What is left out
//!
//! Status 200, with a warning. `/* /index.html`, which the site's own handling of pages sends back, and a source
//! with two `*` or one name twice, which never matches there, are errors.
//!
//! # What is otherwise
//!
//! The site replaces `:id` at the beginning of `:idx`; here names are read as a whole, and a warning says
//! where it matters. A placeholder in the host of a destination is an error. A source in which `*` is not
//! the last segment, or a segment has two placeholders, is a regex, and an error without feature `regex`; it is
//! compared with the path as it was received.

use std::collections::HashMap;

use super::{
    Parsed,
    loader::{Line, Loader, Place, floor_char_boundary},
    netlify::{APACHE, ARROWS},
    placeholders,
    read::ByLine,
};
use crate::{
    rules::{Diagnostics, Format, QueryPolicy, Rule, Rules, Severity},
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

/// The rules of a file with which nothing is wrong; warnings are not shown.
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
/// Everything to be said about the text, if there is an error among it.
pub fn parse(text: &str) -> Result<Rules, Diagnostics> {
    Format::Cloudflare.parse(text)
}

/// The rules that can serve, and what is to be said about the text.
///
/// ```
/// use tower_redirect::rules::cloudflare;
///
/// let parsed = cloudflare::parse_lossy("/a /b\n/a /c\n");
/// assert_eq!(parsed.rules.len(), 1);
/// assert_eq!(
///     parsed.diagnostics.to_string(),
///     "rules:2:1: warning: line 1 has this source already, and only the first counts; remove one of them",
/// );
/// ```
#[must_use]
pub fn parse_lossy(text: &str) -> Parsed {
    Format::Cloudflare.parse_lossy(text)
}

/// Reads line by line.
#[derive(Debug, Default)]
pub(super) struct Reader {
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
            let message = "the destination follows its source without an arrow";
            return Err(LeftOut::error(arrow, message, "remove it"));
        }
        if APACHE.contains(&first.text()) {
            let message = "a source is a path";
            let cure = "this is a directive of Apache's; write `/old /new 301`";
            return Err(LeftOut::error(first, message, cure));
        }
        let (from, to, status) = match &*words {
            [from, to] => (from, to, None),
            [from, to, status] => (from, to, Some(status)),
            [from] => {
                return Err(LeftOut::error(
                    from,
                    "this rule has no destination",
                    "write where it leads behind the source",
                ));
            }
            _ => {
                let fourth = words.get(3).unwrap_or(first);
                return Err(LeftOut::error(
                    fourth,
                    "a rule is a source, a destination and a status, and nothing more",
                    "remove this",
                ));
            }
        };

        let source = source_path(from, loader)?;
        let pattern = Pattern::of(&source);
        let is_static = pattern.is_static() && self.count_dynamic == 0;
        self.count(is_static, from)?;
        let destination = destination(to, loader)?;
        let status = self::status(status)?;
        if is_loop(&source, &destination) {
            return Err(LeftOut::error(
                to,
                "the site sends this page back to where it came from",
                "lead to the folder, without `index.html`",
            ));
        }
        if let Some(line) = self.seen.get(&source) {
            return Err(LeftOut(
                Severity::Warning,
                from.clone(),
                format!("line {line} has this source already, and only the first counts"),
                "remove one of them",
            ));
        }
        self.seen.insert(source.clone(), line.number);
        let Some(status) = status else {
            return Err(LeftOut(
                Severity::Warning,
                words.get(2).unwrap_or(to).clone(),
                "status 200 serves another page under this address, which is no redirect".into(),
                "let the app answer it; the rule is left out",
            ));
        };
        let names = pattern.names().map_err(|name| {
            LeftOut::error(
                from,
                &format!("`{name}` is there twice, and the site never matches this"),
                "have one `*`, and give each placeholder its own name",
            )
        })?;
        let (native, findings) = placeholders::target(&destination, &names);
        for (bytes, message, cure) in findings {
            let start =
                floor_char_boundary(line.text, (to.bytes.start + bytes.start).min(to.bytes.end));
            let end = (to.bytes.start + bytes.end).min(to.bytes.end);
            loader.say(Severity::Warning, line, start..end, &message, cure);
        }
        let mut rule = Rule::new(status, pattern.source(), native).query(QueryPolicy::TargetWins);
        rule.options.stands_with_patterns = pattern.is_static() && !is_static;
        rule.options.merge_slashes = !names.is_empty() && destination.starts_with('/');
        loader.rule_at(from, to, rule);
        Ok(())
    }

    /// Counts a rule, as long as the site takes any.
    fn count<'l>(&mut self, is_static: bool, from: &Place<'l>) -> Result<(), LeftOut<'l>> {
        if is_static {
            self.count_static += 1;
            if self.count_static > MOST_STATIC {
                return Err(LeftOut::error(
                    from,
                    "these are more than 2,000 rules without placeholders",
                    "use fewer, or take a bulk redirect; the line is left out",
                ));
            }
        } else {
            self.count_dynamic += 1;
            if self.count_dynamic > MOST_DYNAMIC {
                self.is_full = true;
                return Err(LeftOut::error(
                    from,
                    "these are more than 100 rules with placeholders, or behind one that has them",
                    "use fewer, and write those without placeholders first; the rest of the file is left out",
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
        return Err(LeftOut::error(
            from,
            "a source is a path, whatever the host",
            "leave scheme and host out",
        ));
    }
    let Path {
        path,
        query,
        fragment,
        resolved,
    } = Path::of(text);
    let mut warn = |message: &str, cure| loader.say_at(Severity::Warning, from, message, cure);
    if !text.starts_with('/') {
        warn(
            &format!("this is read as the path `{path}`"),
            "begin it with `/`",
        );
    }
    if !query.is_empty() || !fragment.is_empty() {
        warn(
            &format!("only the path is compared, which is `{path}`"),
            "remove what stands behind it",
        );
    }
    if resolved {
        warn(
            &format!("segments `.` and `..` are resolved, which gives `{path}`"),
            "write that",
        );
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
        return Err(LeftOut::error(
            to,
            "a destination begins with `/` or `https://`",
            if text.starts_with("http://") {
                "the site does not lead to `http://`; write `https://`"
            } else {
                "write the path from `/`, or the whole address"
            },
        ));
    };
    let Path {
        path,
        query,
        fragment,
        resolved,
    } = Path::of(rest);
    if resolved {
        loader.say_at(
            Severity::Warning,
            to,
            &format!("segments `.` and `..` are resolved, which gives `{origin}{path}`"),
            "write that",
        );
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
            "this is no status that the site takes",
            match word.text() {
                text if text.ends_with('!') => "leave the `!` out; rules come before pages anyway",
                text if text.contains('=') => "remove it; rules have no conditions there",
                _ => "take 301, 302, 303, 307 or 308",
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
            "rules:2001:1: error: these are more than 2,000 rules without placeholders; use fewer, or take a \
             bulk redirect; the line is left out\n\
             rules:2002:1: error: these are more than 2,000 rules without placeholders; use fewer, or take a \
             bulk redirect; the line is left out\n\
             rules:2103:1: error: these are more than 100 rules with placeholders, or behind one that has \
             them; use fewer, and write those without placeholders first; the rest of the file is left out"
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
