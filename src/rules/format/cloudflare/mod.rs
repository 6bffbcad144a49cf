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
//! # Ok::<(), tower_redirect::rules::Findings>(())
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

use super::{
    Parsed,
    file_format::{FileFormat, FileReader},
    print::Reason,
};
use crate::rules::{Findings, Format, Precedence, Rule, Rules};

mod path;
mod print;
mod reader;
mod source;

use reader::Reader;

/// Parses a file and returns its rules. Warnings are dropped.
///
/// ```
/// use tower_redirect::rules::cloudflare;
///
/// assert_eq!(cloudflare::parse("/a /b # moved")?.len(), 1);
/// assert!(cloudflare::parse("/a http://other.example/").is_err());
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
///
/// # Errors
///
/// Returns all findings, warnings included, if one of them is an error.
pub fn parse(text: &str) -> Result<Rules, Findings> {
    Format::Cloudflare.parse(text)
}

/// Parses a file and returns the valid rules and all findings. Lines with errors are skipped.
///
/// ```
/// use tower_redirect::rules::cloudflare;
///
/// let parsed = cloudflare::parse_lossy("/a /b\n/a /c\n");
/// assert_eq!(parsed.rules.len(), 1);
/// assert_eq!(
///     parsed.findings.to_string(),
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

    fn print_entry(&self, rule: &Rule) -> Result<String, Reason> {
        print::line(rule)
    }
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
            parsed.findings.to_string(),
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
            let said = parsed.findings.to_string();
            let long = "rules:1:3: error: this line has more than 2,000 characters; shorten it";
            assert_eq!(said, if served == 1 { "" } else { long });
        }
    }
}
