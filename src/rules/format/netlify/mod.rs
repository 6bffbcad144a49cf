//! Netlify's `_redirects`.
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
//! # A line
//!
//! `from [key=value …] [to] [status[!]] [Condition=value …] [# comment]`, words with white space between
//! them. The first line that fits answers.
//!
//! | what | meaning here |
//! |---|---|
//! | `/a` | `/a` and `/a/`; case makes a difference |
//! | `/a/*` | everything below, `/a/` and `/a`; the target has it as `:splat` |
//! | `/a/:name` | one segment; the target has it as `:name` |
//! | `http://old.example/a` | on this host and this scheme, where somebody has [established](crate::policy::Plaintext) the scheme |
//! | `key=value`, `key=:name` | the query has it, with this value or any; the key is not repeated |
//! | no status | 301 |
//! | `301` without `!` | only where the app answers 404 |
//! | `301!` | whatever the app has |
//! | `Language=de,en` | the first two letters of what is asked for first, or the cookie `nf_lang` |
//! | `Cookie=a,b` | one of these is there |
//!
//! The query of the request is sent on where the target has none. Of lines that say the same, the last one
//! counts.
//!
//! # What is left out, with a warning
//!
//! Status 200 (rewrites, proxies), 404 and other pages; `Country`, `Role` and `Sign`; a `*` or `:name` that
//! does not stand as the site needs it, and so never matches.
//!
//! # What is otherwise
//!
//! The site compares the decoded path with the text of the file; here both are compared as [`Rule`] says, so
//! that `/caf%C3%A9` answers too. The site replaces `:id` at the beginning of `:idx`; here names are read as a
//! whole, and a warning says where it matters. A key of the query without a value asks for its presence,
//! with a warning. Conditions may stand without a status before them, which the site does not read, with a
//! warning, too. 303, 307 and 308 are redirects like 301. Redirects that have to wait for a 404 wait for
//! every method.

use super::{
    Parsed,
    loader::{Line, Loader, Place},
    read::ByLine,
};
use crate::rules::{Diagnostics, Format, Rule, Rules, Severity};

pub(super) mod entry;

use entry::{Entry, Pair, Status, Word};

/// The rules of a file with which nothing is wrong; warnings are not shown.
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
/// Everything to be said about the text, if there is an error among it.
pub fn parse(text: &str) -> Result<Rules, Diagnostics> {
    Format::Netlify.parse(text)
}

/// The rules that can serve, and what is to be said about the text.
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
