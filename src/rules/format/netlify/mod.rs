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
//! # Ok::<(), tower_redirect::rules::Diagnostics>(())
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
//! | `/a/*` | matches `/a`, `/a/` and every path below; `:splat` in the target inserts what `*` matched |
//! | `/a/:name` | matches one segment; `:name` in the target inserts it |
//! | `http://old.example/a` | matches only this scheme and host, and only if the [scheme is known](crate::policy::SchemeSource) |
//! | `key=value` | the query must contain `key` with this value |
//! | `key=:name` | the query must contain `key` with any value except an empty one; `:name` in the target inserts it |
//! | no status | redirects with 301 |
//! | `302` (or 301, 303, 307, 308) | redirects with this status if the app responds with 404 |
//! | `302!` | redirects with this status even if the app has a page at the source |
//! | `Language=de,en` | `Accept-Language` must start with one of these; the cookie `nf_lang` overrides the header |
//! | `Cookie=a,b` | the request must have one of these cookies |
//! | `#` at the start of a word | starts a comment |
//!
//! If the target has no query, the query of the request is appended, except the parameters that the
//! rule compares or inserts. If two lines are the same, the last one counts.
//!
//! # Not supported
//!
//! | syntax | what happens |
//! |---|---|
//! | status 200 (a rewrite or proxy), 404 (an error page), or another status that isn't a redirect | a warning; the rule is skipped |
//! | `Country=…`, `Role=…`, `Sign=…`, or an unknown condition | a warning; the rule is skipped |
//! | `*` that isn't the last segment, or `:name` that isn't a whole segment | a warning; the rule is skipped |
//! | a query or fragment in a source URL | a warning; it is ignored |
//! | a query or fragment in a source path | an error; the rule is skipped |
//! | a source that doesn't start with `/`, `http://` or `https://` | an error; the rule is skipped |
//! | a source below `/.netlify` | an error; the rule is skipped |
//!
//! A later line can match the URLs of a skipped rule.
//!
//! # Differences from Netlify
//!
//! - Netlify compares the decoded path with the text of the file. Here, both are compared as
//!   [`Rule`] describes, so a source `/caf%C3%A9` matches too.
//! - Netlify replaces `:id` at the start of `:idx`. Here, a name ends where its characters end. A
//!   warning names each placeholder for which this makes a difference.
//! - A query condition without a value (`key`) matches if the query contains the key. It is
//!   reported as a warning, since Netlify doesn't match it reliably.
//! - A condition without a status before it counts, with a warning. Netlify doesn't read it.
//! - A rule without `!` waits for the 404 of the app whatever the method of the request is.

use super::{
    Parsed,
    loader::{Line, Loader, Place},
    read::ByLine,
};
use crate::rules::{Diagnostics, Format, Rule, Rules, Severity};

pub(super) mod entry;

use entry::{Entry, Pair, Status, Word};

/// Parses a file and returns its rules. Warnings are dropped.
///
/// ```
/// use tower_redirect::rules::netlify;
///
/// assert_eq!(netlify::parse("/a /b # moved")?.len(), 1);
/// assert!(netlify::parse("/a b").is_err());
/// # Ok::<(), tower_redirect::rules::Diagnostics>(())
/// ```
///
/// # Errors
///
/// Returns all diagnostics, warnings included, if one of them is an error.
pub fn parse(text: &str) -> Result<Rules, Diagnostics> {
    Format::Netlify.parse(text)
}

/// Parses a file and returns the valid rules and all diagnostics. Lines with errors are skipped.
///
/// ```
/// use tower_redirect::rules::netlify;
///
/// let parsed = netlify::parse_lossy("/a /b\n/c /d 302 Country=at\n");
/// assert_eq!(parsed.rules.len(), 1);
/// assert_eq!(
///     parsed.diagnostics.to_string(),
///     "rules:2:11: warning: `Country` needs to know where visitors are, which nobody tells here; \
///      let something in front decide it; the rule is left out",
/// );
/// ```
#[must_use]
pub fn parse_lossy(text: &str) -> Parsed {
    Format::Netlify.parse_lossy(text)
}

/// Reads line by line.
#[derive(Debug, Default)]
pub(super) struct Reader;

impl ByLine for Reader {
    fn line(&mut self, line: Line<'_>, loader: &mut Loader) {
        match entry(line) {
            Ok(Some(entry)) => {
                let first = entry.conditions.first().filter(|_| entry.status.is_none());
                if let Some(Pair { place, .. }) = first {
                    loader.say_at(
                        Severity::Warning,
                        place,
                        "the site looks for a status here",
                        "write `301` before it, which is meant",
                    );
                }
                entry.add(loader);
            }
            Ok(None) => {}
            Err((place, message, cure)) => loader.say_at(Severity::Error, &place, message, cure),
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

pub(super) type Wrong<'l> = (Place<'l>, &'static str, &'static str);

/// What a line says; nothing, where it is empty or a comment.
pub(super) fn entry(line: Line<'_>) -> Result<Option<Entry<'_>>, Wrong<'_>> {
    let mut words = line
        .words()
        .map(Word::of)
        .take_while(|word| !word.text.starts_with('#'));
    let Some(from) = words.next() else {
        return Ok(None);
    };
    if !is_target(&from) {
        let cure = if APACHE.contains(&&*from.text) {
            "this is a directive of Apache's; write `/old /new 301`"
        } else {
            "write the path from `/`, or the whole address"
        };
        let message = "a source begins with `/`, `http://` or `https://`";
        return Err((from.place, message, cure));
    }
    let rest: Vec<_> = words.collect();
    let arrow = rest.iter().find(|word| ARROWS.contains(&&*word.text));
    if let Some(arrow) = arrow {
        let message = "the target follows its source without an arrow";
        return Err((arrow.place.clone(), message, "remove it"));
    }
    let Some(first) = rest.first() else {
        return Err((
            from.place,
            "this rule has no target",
            "write where it leads behind the source",
        ));
    };
    let mut query = Vec::new();
    let mut to = None;
    let mut behind = &*rest;
    if parse_int(&first.text).is_none() {
        let Some(at) = rest.iter().position(is_target) else {
            return Err((
                first.place.clone(),
                "no target is here",
                "one begins with `/`, `http://` or `https://`",
            ));
        };
        query = rest.iter().take(at).map(Pair::of).collect();
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
        } else if !word.text.contains('=') {
            return Err((
                word.place.clone(),
                "this is neither a status nor a condition",
                "remove it, or write `%20` for a blank before it",
            ));
        }
    }
    Ok(Some(Entry {
        from,
        query,
        to,
        status,
        force,
        conditions: conditions.iter().map(Pair::of).collect(),
    }))
}

fn is_target(word: &Word<'_>) -> bool {
    ["/", "http://", "https://"]
        .iter()
        .any(|start| word.text.starts_with(start))
}

/// The integer at the beginning of a text, as JavaScript's `parseInt` reads it.
fn parse_int(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    let digits = digits.get(..end).filter(|digits| !digits.is_empty())?;
    let value = digits.parse().unwrap_or(i64::MAX);
    Some(if text.starts_with('-') { -value } else { value })
}
