//! The `_redirects` file of Netlify.
//!
//! ```
//! use tower_redirect::rules::netlify;
//! use tower_redirect::{Status, testing};
//!
//! let rules = netlify::parse(
//!     "# moved
//!      /about-us          /about
//!      /blog/:year/:slug  /posts/:slug?year=:year  302
//!      /docs/*            https://docs.example/:splat  308!
//!      /index.php p=:id   /pages/:id
//!      /                  /de  302  Language=de",
//! )?;
//!
//! testing::get("/about-us/").through(&rules).assert_redirect("/about");
//! testing::get("/blog/2024/hello").through(&rules)
//!     .assert_redirect("/posts/hello?year=2024")
//!     .assert_status(Status::Found);
//! testing::get("/docs").through(&rules).assert_redirect("https://docs.example/");
//! testing::get("/index.php?p=7&x=1").through(&rules).assert_redirect("/pages/7?x=1");
//! testing::get("/").header("accept-language", "de-CH, en").through(&rules).assert_redirect("/de");
//! # Ok::<(), tower_redirect::rules::Findings>(())
//! ```
//!
//! # Syntax
//!
//! A file has one rule per line. White space separates its parts:
//!
//! ```text
//! source [key=value …] target [status[!]] [Condition=value …] [# comment]
//! ```
//!
//! The first line that matches wins.
//!
//! | syntax | what it does here |
//! |---|---|
//! | `/a` | matches `/a` and `/a/`, but not `/A` |
//! | `a` | the same as `/a` |
//! | `/a/*` | matches `/a`, `/a/` and every path below; `:splat` in the target inserts what `*` matched |
//! | `/a*` | matches every path that starts with `/a`; needs the `regex` feature |
//! | `/a/*/b` | matches `/a/b`, `/a/x/b`, `/a/x/y/b`, …; needs the `regex` feature |
//! | `/a/:name` | matches one segment; `:name` in the target inserts it |
//! | `http://old.example/a` | matches only this scheme and host, and only if the [scheme is known](crate::policy::SchemeSource) |
//! | `key=value` | the query must contain `key`, the last time with this value |
//! | `key=:name` | the query must contain `key`; `:name` in the target inserts its last value |
//! | `302` (or 301, 303, 307, 308) | redirects with this status if the app responds with 404 |
//! | no status | the same as `301` |
//! | `302!` | redirects with this status even if the app has a page at the source |
//! | `Language=de,en` | `Accept-Language` must start with one of these; the cookie `nf_lang` overrides the header. [`Options::language_header`] names another header |
//! | `Country=de,at` | the header that [`Options::country_header`] names must be one of these |
//! | `Cookie=a,b` | the request must have one of these cookies |
//! | `#` at the start of a word | starts a comment |
//!
//! A rule without `!` may match its own targets, such as `/:a/:b /:b/:a`, because existing pages
//! come first. A loop of such rules is a warning of [`Rules::check`]. A rule with `*` doesn't match
//! the URLs that it redirects to, so `/* /en/:splat 301!` doesn't match `/en` and what is below.
//!
//! If a source and its query use a name twice, the target inserts the first.
//!
//! If the target has no query, the query of the request is appended, except the parameters that the
//! rule compares or inserts. If two lines are the same, the last one counts.
//!
//! # Together with `netlify.toml`
//!
//! Netlify reads this file first, then `netlify.toml`, and both are one table.
//! [`RulesBuilder::append`](crate::rules::RulesBuilder::append) shows how to build it. If both
//! files have the same rule, the one that is appended first counts.
//!
//! # Not supported
//!
//! | syntax | what happens |
//! |---|---|
//! | status 200 (a rewrite or proxy), 404 (an error page), or another status that isn't a redirect | a warning; requests that match pass through, and later lines don't apply to them |
//! | `Role=…`, `Sign=…`, an unknown condition, or `Country=…` without a header that names the country | a warning; the rule is skipped |
//! | `/a*` or `/a/*/b` without the `regex` feature | a warning; the rule is skipped |
//! | `*` that isn't at the end of a segment, a segment `.` or `..`, a query or fragment in a source path | a warning; the rule is skipped, since it never matches |
//! | `:name` after other text of its segment | a warning; it is plain text |
//! | a query or fragment in a source URL, a parameter without `=` | a warning; it is ignored |
//! | a condition without a status before it | an error; the rule is skipped |
//! | a source below `/.netlify` | an error; the rule is skipped |
//!
//! A later line can match the URLs of a skipped rule.
//!
//! # Differences from Netlify
//!
//! - Netlify compares the decoded path with the text of the file. Here, both are compared as
//!   [`Rule`] describes, so a source `/caf%C3%A9` matches too. What `*` and `:name` insert stays
//!   percent-encoded as the client sent it.
//! - A source with `*` before the last segment or after other text is a regex. It sees the path as
//!   the client sent it, so `/blog*` doesn't match `/%62log`. If such a source has several `*`, the
//!   first covers as much as it can. Of two in a row, the second covers everything, as on Netlify.
//! - A parameter without `=` in the URL (`?key`) has an empty value. Netlify doesn't see it.
//! - A second `#` in a target is sent as `%23`, since a fragment can't contain `#` (RFC 3986 §3.5).
//! - Netlify replaces `:id` at the start of `:idx`. Here, a name ends where its characters end. A
//!   warning names each placeholder for which this makes a difference.
//! - A line after a rule that doesn't match its own targets can match them. Netlify's own
//!   implementation tries no further line.
//! - A rule without `!` waits for the 404 of the app whatever the method of the request is.

use super::{
    Parsed,
    file_format::{FileFormat, FileReader},
    loader::{LeftOut, Line, Loader, Place},
    messages::quoted,
    print::Reason,
    read::ByLine,
};
use crate::rules::{FindingCode, Findings, Format, Precedence, Rule, Rules};

mod conditions;
pub(super) mod entry;
mod options;
pub(super) mod print;
mod source;

pub(super) use options::Headers;
pub use options::Options;

use entry::{Entry, Pair, Status, Word};

/// Parses a file and returns its rules. Warnings are dropped.
///
/// ```
/// use tower_redirect::rules::netlify;
///
/// assert_eq!(netlify::parse("/a /b # moved")?.len(), 1);
/// assert!(netlify::parse("/a b").is_err());
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
///
/// # Errors
///
/// Returns all findings, warnings included, if one of them is an error.
pub fn parse(text: &str) -> Result<Rules, Findings> {
    Format::Netlify.parse(text)
}

/// Parses a file and returns the valid rules and all findings. Lines with errors are skipped.
///
/// ```
/// use tower_redirect::rules::netlify;
///
/// let parsed = netlify::parse_lossy("/a /b\n/c /d 302 Role=admin\n");
/// assert_eq!(parsed.rules.len(), 1);
/// assert_eq!(
///     parsed.findings.to_string(),
///     "rules:2:11: warning: `Role` isn't supported, so this rule is skipped and a later rule \
///      can match its URLs; check it in the app",
/// );
/// ```
#[must_use]
pub fn parse_lossy(text: &str) -> Parsed {
    Format::Netlify.parse_lossy(text)
}

/// Returns options for reading a file, without any set.
///
/// ```
/// use http::HeaderName;
/// use tower_redirect::rules::netlify;
///
/// let options = netlify::options().country_header(HeaderName::from_static("cf-ipcountry"));
/// assert!(options.parse_lossy("/ /de 302 Country=de").findings.is_empty());
/// ```
pub fn options() -> Options {
    Options::new(reader)
}

fn reader(headers: &Headers) -> FileReader {
    FileReader::Lines(Precedence::FirstMatch, Box::new(Reader(headers.clone())))
}

/// Reads the lines of a file.
struct Reader(Headers);

/// See [`Format::Netlify`].
pub(super) struct Netlify;

impl FileFormat for Netlify {
    fn reader(&self) -> FileReader {
        reader(&Headers::default())
    }

    fn print_entry(&self, rule: &Rule) -> Result<String, Reason> {
        print::line(rule)
    }
}

impl ByLine for Reader {
    fn line(&mut self, line: Line<'_>, loader: &mut Loader) {
        match entry(line) {
            Ok(Some(entry)) => entry.add(&self.0, loader),
            Ok(None) => {}
            Err(left_out) => loader.leave_out(&left_out),
        }
    }
}

/// What other files have between a source and a target.
pub(super) const ARROWS: [&str; 4] = ["->", "=>", "\u{2192}", "\u{21d2}"];

/// How lines begin that redirect in the configuration of Apache.
pub(super) const APACHE: [&str; 6] = [
    "Redirect",
    "RedirectMatch",
    "RedirectPermanent",
    "RedirectTemp",
    "RewriteCond",
    "RewriteRule",
];

/// What a line says; nothing, where it is empty or a comment.
pub(super) fn entry(line: Line<'_>) -> Result<Option<Entry<'_>>, LeftOut<'_>> {
    let mut words = line
        .words()
        .map(Word::of)
        .take_while(|word| !word.text.starts_with('#'));
    let Some(from) = words.next() else {
        return Ok(None);
    };
    if APACHE.contains(&&*from.text) {
        let message = format!("{} is a directive of Apache", quoted(&from.text));
        return Err(from
            .place
            .wrong(FindingCode::Syntax, message, "write it as `/old /new 301`"));
    }
    let rest: Vec<_> = words.collect();
    let Some(first) = rest.first() else {
        let message = format!("the source {} has no target", quoted(&from.text));
        let help = "write it after the source, for example `/old /new`";
        return Err(from.place.wrong(FindingCode::InvalidEntry, message, help));
    };
    let mut query = Vec::new();
    let mut to = None;
    let mut behind = &*rest;
    if parse_int(&first.text).is_none() {
        let Some(at) = rest.iter().position(is_target) else {
            let message = format!("{} isn't a target", quoted(&first.text));
            let help = "write a target that starts with `/`, `http://` or `https://`";
            return Err(first.place.wrong(FindingCode::InvalidTarget, message, help));
        };
        let words = rest.iter().take(at);
        // Netlify reads it as a parameter that no request has.
        if let Some(arrow) = words.clone().find(|word| word.text == "=>") {
            let message = "`=>` isn't part of this format, so this rule is skipped";
            let place = arrow.place.clone();
            return Err(place.wrong(FindingCode::NeverMatches, message, "remove it"));
        }
        query = words.map(Pair::of).collect();
        to = rest.get(at).cloned();
        behind = rest.get(at + 1..).unwrap_or_default();
    }
    let mut force = false;
    let mut status = None;
    let mut conditions = behind;
    if let Some((word, rest)) = behind.split_first() {
        if let Some(code) = parse_int(&word.text) {
            force = word.text.ends_with('!');
            let place = word.place.clone();
            status = Some(Status { code, place });
            conditions = rest;
        } else {
            let message = format!("{} isn't a status", quoted(&word.text));
            let help = if word.text.contains('=') {
                "write a status before the conditions, for example `301`"
            } else {
                "remove it, or write `%20` for a space in the target"
            };
            return Err(word.place.wrong(FindingCode::InvalidStatus, message, help));
        }
    }
    Ok(Some(Entry {
        from,
        query,
        to,
        status,
        force,
        conditions: conditions.iter().map(Pair::of).collect(),
        in_toml: false,
    }))
}

fn is_target(word: &Word<'_>) -> bool {
    ["/", "http://", "https://"]
        .iter()
        .any(|start| word.text.starts_with(start))
}

/// The integer at the beginning of a text, as JavaScript's `parseInt` reads it.
pub(super) fn parse_int(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    let digits = digits.get(..end).filter(|digits| !digits.is_empty())?;
    let value = digits.parse().unwrap_or(i64::MAX);
    Some(if text.starts_with('-') { -value } else { value })
}
