//! This crate's own rule files: one rule a line.
//!
//! ```
//! use tower_redirect::Status;
//! use tower_redirect::rules::native;
//! use tower_redirect::testing;
//!
//! let rules = native::parse(
//!     r#"
//!     ## pages that moved
//!     /about-us -> /about
//!     /blog/{slug} -> /posts/{slug} 301
//!     /index.php?page={id} -> /pages/{id} temporary
//!     https://*.old.example/{*rest} -> https://new.example/{rest}
//!
//!     /api{/*rest} -> pass
//!     /fax -> gone
//!     /{*rest} -> /de/{rest} 302 cookie:language=de except=/de{/*page}
//!     "#,
//! )?;
//! testing::get("/blog/hello").through(&rules)
//!     .assert_redirect("/posts/hello")
//!     .assert_status(Status::MovedPermanently);
//! testing::get("/api/users").through(&rules).assert_pass();
//! # Ok::<(), tower_redirect::rules::Findings>(())
//! ```
//!
//! [`Rule`] has the same syntax: `Display` writes a line, and `FromStr` reads one.
//!
//! # Syntax
//!
//! A line is empty, a comment, or `source -> outcome options`. A `#` at the start of a word begins
//! a comment. The first rule that matches wins. A line with an error is skipped.
//!
//! | source | matches |
//! |---|---|
//! | `/blog/{slug}?page={id}` | a path with [placeholders](Rule#sources), and perhaps a query |
//! | `https://*.old.example/a` | this path on this scheme and on these hosts |
//! | `any://old.example/a` | this path on this host, over http and https |
//! | `exact:/{a}` | this path, in which every character is literal ([`Source::exact`](crate::rules::Source::exact)) |
//! | `prefix:/old` | this path and every path below it ([`Source::prefix`](crate::rules::Source::prefix)) |
//! | `pattern:/:a/{b}` | a path with placeholders, in which `:a` and `*` are literal |
//! | `~"/(\\d+)"` | every path that this regex matches (`Source::regex`) |
//!
//! | outcome | what it does |
//! |---|---|
//! | `/posts/{slug}` | redirects to this [target](Rule#targets) with 308 |
//! | `/posts/{slug} 302` | redirects with this status, or with `temporary`, `permanent` or `see-other` by the method |
//! | `pass` | passes the request through ([`Rule::pass`]) |
//! | `gone` | refuses the request with 410 ([`Rule::gone`]) |
//! | `refuse 403` | refuses the request with this status ([`Rule::refuse`]) |
//!
//! | option | what it does |
//! |---|---|
//! | `name=blog` | names the rule ([`Rule::named`]) |
//! | `scheme=http`, `host=*.old.example` | restricts the rule ([`Rule::scheme`], [`Rule::host`]) |
//! | `methods=GET,HEAD` | restricts the rule ([`Rule::methods`]) |
//! | `not-methods=POST` | excludes methods ([`Rule::except_methods`]) |
//! | `query:id`, `header:x-beta`, `cookie:beta` | requires a parameter, a header or a cookie ([`Rule::when`]) |
//! | `query:id=1\|2` | requires one of these values |
//! | `query:id~"\\d+"` | requires a value that this regex matches as a whole |
//! | `query:id as name` | captures the value for the target. `as name?` captures an empty value too. |
//! | `host:~"(?<sub>.*)\\.old\\.example"` | requires a host that this regex matches |
//! | `language:nf_lang=de\|fr` | requires a language, from this cookie or from `Accept-Language` |
//! | `header-in-any-case:x-country=de\|at` | requires a header, and ignores the case of its value |
//! | `not:cookie:session` | requires that the request doesn't meet the condition ([`Rule::unless`]) |
//! | `except=/api{/*rest},/fax` | excludes paths ([`Rule::except`]) |
//! | `after=404` | redirects only after the app responds with this status ([`Rule::after`]) |
//! | `max-age=60`, `private`, `no-store` | sets the cache lifetime ([`Rule::cache`]) |
//! | `only-these-parameters` | requires that the query has no other parameters ([`Rule::only_these_parameters`]) |
//! | `query=drop` | sets how queries combine: `keep`, `drop`, `merge` or `target-wins` ([`Rule::query`]) |
//! | `remove=key`, `rename=key:new`, `set=key:value` | edits the query ([`Rule::remove_param`], …) |
//! | `ignore-case`, `ignore-trailing-slash` | relaxes the comparison ([`Rule::ignore_case`], …) |
//!
//! Rules of other formats can need more. These options have no method on [`Rule`]:
//!
//! | option | what it does |
//! |---|---|
//! | `path:~"…"`, `path:empty-segment`, `path:begins-with:/a` | requires a path as received that this regex matches, that has an empty segment, or that begins with a text. `path:begins-with-in-any-case:/a` ignores the case. |
//! | `merge-slashes` | merges slashes in the finished target |
//! | `repeat-parameters` | sends the parameters that a condition requires, like all others |
//! | `last-capture` | lets a condition capture under a name that the source has; the last one counts |
//! | `last-value` | if the request repeats a parameter, conditions see only its last value |
//! | `after-exact` | for [`StaticFirst`](crate::rules::Precedence::StaticFirst): orders the rule with the patterns |
//!
//! A text with white space or `"`, and a value with `#`, `|`, `,`, `:`, `=` or `~`, needs quotes. A
//! text in quotes has the escapes of JSON: `\"`, `\\`, `\u00e9`. A regex is always in quotes.

use std::str::FromStr;

use super::{
    Parsed,
    file_format::{FileFormat, FileReader},
    loader::{Line, Loader, Place},
    print::{Reason, entry::PrintPlaceholder},
    read::ByLine,
    rewrite::OriginalEntry,
    spots::Spot,
};
use crate::rules::{
    Finding, Findings, Format, Part, Precedence, QueryPolicy, Rule, Rules, RulesBuilder,
    syntax::Template,
};

mod condition;
mod read;
mod words;
mod write;

/// Parses a file and returns its rules.
///
/// ```
/// use tower_redirect::rules::native;
///
/// assert_eq!(native::parse("/a -> /b # moved")?.len(), 1);
/// assert!(native::parse("/a /b").is_err());
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
///
/// # Errors
///
/// Returns all findings if one of them is an error.
pub fn parse(text: &str) -> Result<Rules, Findings> {
    Format::Native.parse(text)
}

/// Parses a file and returns the valid rules and all findings.
///
/// ```
/// use tower_redirect::rules::native;
///
/// let parsed = native::parse_lossy("/a -> /b\n/c -> /{d}\n");
/// assert_eq!(parsed.rules.len(), 1);
/// assert_eq!(
///     parsed.findings.to_string(),
///     "rules:2:8: error: unknown placeholder `{d}`; the source has no placeholders",
/// );
/// ```
#[must_use]
pub fn parse_lossy(text: &str) -> Parsed {
    Format::Native.parse_lossy(text)
}

/// See [`Format::Native`].
pub(super) struct Native;

impl FileFormat for Native {
    fn reader(&self) -> FileReader {
        FileReader::Lines(Precedence::FirstMatch, Box::new(Native))
    }

    fn print_entry(&self, rule: &Rule) -> Result<String, Reason> {
        Ok(rule.to_string())
    }

    fn print_target(&self, target: &Template, _: PrintPlaceholder<'_>) -> Result<String, Reason> {
        Ok(target.to_string())
    }

    fn rewrite_target(
        &self,
        target: String,
        _: QueryPolicy,
        _: &OriginalEntry<'_>,
    ) -> Result<String, Reason> {
        Ok(write::Target(&target).to_string())
    }

    fn rewrite_status(&self, status: u16, _: &OriginalEntry<'_>) -> Result<String, Reason> {
        Ok(format!(" {status}"))
    }
}

impl ByLine for Native {
    fn line(&mut self, line: Line<'_>, loader: &mut Loader) {
        let read = read::line(line.text).and_then(|read| match read {
            None => Ok(()),
            Some(mut read) => {
                let rule = read.take_rule();
                loader.spot(|| {
                    let places = read.target_and_status();
                    let [target, status] = places.map(|bytes| Place { line, bytes });
                    Spot::new(&rule.target.native(), &target).status(Some(&status))
                });
                let added = loader.try_native(line.number, rule);
                added.map_err(|error| read.of_line(&error))
            }
        });
        if let Err(error) = read {
            let bytes = error.range().unwrap_or_default();
            loader.report_again(line, bytes.start..bytes.end, &error);
        }
    }
}

/// Reads one line of a [native file](crate::rules::native).
///
/// ```
/// use tower_redirect::rules::{Rule, Rules};
/// use tower_redirect::testing;
///
/// let rule: Rule = "/blog/{slug} -> /posts/{slug} 301 ignore-case".parse()?;
/// assert_eq!(rule.to_string(), "/blog/{slug} -> /posts/{slug} 301 ignore-case");
///
/// let rules = Rules::new([rule])?;
/// testing::get("/Blog/a").through(&rules).assert_redirect("/posts/a");
/// let error = "/old -> new".parse::<Rule>().unwrap_err();
/// assert_eq!(error.position(), Some(8));
/// assert_eq!(
///     error.to_string(),
///     "`/old -> new`, byte 8: error: it is relative to the requested page; \
///      begin with `/` or `https://`",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl FromStr for Rule {
    type Err = Finding;

    fn from_str(text: &str) -> Result<Self, Finding> {
        let read = read::line(text).and_then(|read| {
            let help = "for example, write `/old -> /new`";
            read.ok_or_else(|| Finding::whole("there is no rule", help))
        });
        let rule =
            read.and_then(
                |read| match RulesBuilder::default().try_native(read.rule.clone()) {
                    Ok(()) => Ok(read.rule),
                    Err(error) => Err(read.of_line(&error)),
                },
            );
        rule.map_err(|error| error.in_part(Part::Rule, text))
    }
}
