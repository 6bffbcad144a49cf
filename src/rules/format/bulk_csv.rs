//! The CSV files of Cloudflare Bulk Redirects.
//!
//! ```
//! use tower_redirect::rules::bulk_csv;
//! use tower_redirect::testing;
//!
//! let rules = bulk_csv::parse(
//!     "old.example/about,https://new.example/about-us\n\
//!      old.example/blog,https://new.example/posts,302,TRUE,TRUE,TRUE,TRUE\n",
//! )?;
//! testing::get("/blog/a?b=c")
//!     .header("host", "www.old.example")
//!     .through(&rules)
//!     .assert_redirect("https://new.example/posts/a?b=c");
//! # Ok::<(), tower_redirect::rules::Diagnostics>(())
//! ```
//!
//! # Columns
//!
//! A row is one redirect. There is no header row. Every column after the second may be empty or
//! missing.
//!
//! | column | if it is empty | what it does here |
//! |---|---|---|
//! | 1, source | an error | `host/path`, matched exactly; `http://` or `https://` before it limits the row to this scheme |
//! | 2, target | an error | the URL to redirect to, with scheme and host |
//! | 3, status | 301 | 301, 302, 307 or 308 |
//! | 4, preserve query string | false | appends the query of the request |
//! | 5, include subdomains | false | also matches every subdomain of the host |
//! | 6, subpath matching | false | also matches every path below the source path |
//! | 7, preserve path suffix | false | appends what column 6 matched below the source path to the target |
//!
//! The columns 4 to 7 are `TRUE`, `true`, `FALSE` or `false`. Put a URL that contains a comma in
//! quotes.
//!
//! # Which row wins
//!
//! The most specific row that matches wins, wherever it is in the file:
//!
//! 1. A row for the path itself comes before subpath matching, and a longer path before a shorter
//!    one.
//! 2. For the same path, an exact host comes before subdomains, and a longer domain before a
//!    shorter one.
//! 3. For the same host, a row with a scheme comes before one without.
//!
//! Cloudflare's documentation orders paths and hosts, but not paths against hosts. Here, paths are
//! compared first.
//!
//! # Not supported
//!
//! | syntax | what happens |
//! |---|---|
//! | a header row, a comment, or `;` and tabs as separators | an error; the row is skipped |
//! | a source without a host, or with a port, a user name, a query or a fragment | an error; the row is skipped |
//! | `*` in the host of a source | an error; use column 5 |
//! | `/*` at the end of a source | a warning; it matches only a literal `*`, so use column 6 |
//! | the source of an earlier row | an error; the row is skipped |
//! | column 4 with a query in the target | an error; the row is skipped |
//! | a target that isn't a web page, such as `magnet:` | an error; the row is skipped |
//! | more than 32 KiB in a source or target, or more than 16 slashes in a source with subpath matching | an error; the row is skipped |

use super::{
    Parsed,
    document::{Document, Places},
    rows::{Row, Rows},
    seen::Seen,
};
use crate::{
    location::HttpScheme,
    rules::{Diagnostics, Format, Precedence, QueryPolicy, Rule, Rules, Severity, Source, pattern},
    status::Status,
};

/// Parses a file and returns its rules. Warnings are dropped.
///
/// ```
/// use tower_redirect::rules::bulk_csv;
///
/// assert_eq!(bulk_csv::parse("old.example/a,https://new.example/b")?.len(), 1);
/// assert!(bulk_csv::parse("old.example/a").is_err());
/// # Ok::<(), tower_redirect::rules::Diagnostics>(())
/// ```
///
/// # Errors
///
/// Returns all diagnostics, warnings included, if one of them is an error.
pub fn parse(text: &str) -> Result<Rules, Diagnostics> {
    Format::BulkCsv.parse(text)
}

/// Parses a file and returns the valid rules and all diagnostics. Rows with errors are skipped.
///
/// ```
/// use tower_redirect::rules::bulk_csv;
///
/// let parsed = bulk_csv::parse_lossy("old.example/a,https://new.example/b,303\n");
/// assert_eq!(
///     parsed.diagnostics.to_string(),
///     "rules:1:37: error: this is no status of a bulk redirect; take 301, 302, 307 or 308",
/// );
/// ```
#[must_use]
pub fn parse_lossy(text: &str) -> Parsed {
    Format::BulkCsv.parse_lossy(text)
}

/// The most bytes of an address.
const LONGEST: usize = 32 * 1024;

/// The most slashes in a path that stands for everything below it.
const MOST_SLASHES: usize = 16;

/// The columns, from left to right.
const SOURCE: usize = 0;
const TARGET: usize = 1;
const STATUS: usize = 2;
const PRESERVE_QUERY: usize = 3;
const INCLUDE_SUBDOMAINS: usize = 4;
const SUBPATH_MATCHING: usize = 5;
const PRESERVE_SUFFIX: usize = 6;

/// Reads a document.
pub(super) fn read(text: &str) -> Parsed {
    let mut document = Document::new(text, Precedence::MostSpecific);
    document.reserve();
    let mut seen = Seen::default();
    let mut rows = Rows::new(text);
    let mut is_first = true;
    while let Some(row) = rows.next_row() {
        if std::mem::take(&mut is_first) && is_header(&row) {
            let message = "this dialect has no header row";
            document.say(Severity::Error, &row.bytes, message, "remove it");
            continue;
        }
        if row.get(SOURCE).ends_with("/*") {
            let message = "`*` stands for itself here, and nothing below is answered";
            let cure = "leave it out, and write `TRUE` for the paths below in the sixth column";
            document.say(Severity::Warning, &row.place(SOURCE), message, cure);
        }
        match rule(&row) {
            Ok(rule) => add(&mut document, &mut seen, &row, rule),
            Err(Wrong {
                column,
                message,
                cure,
            }) => {
                document.say(Severity::Error, &row.place(column), message, cure);
            }
        }
    }
    document.finish()
}

/// Whether a row names its columns: no address has neither a dot, a slash nor a colon.
fn is_header(row: &Row<'_>) -> bool {
    let is_name = |field: &str| !field.is_empty() && !field.contains(['.', '/', ':']);
    is_name(row.get(SOURCE)) && (row.len() == 1 || is_name(row.get(TARGET)))
}

/// What keeps a row from being a rule.
struct Wrong {
    column: usize,
    message: &'static str,
    cure: &'static str,
}

const fn wrong(column: usize, message: &'static str, cure: &'static str) -> Wrong {
    Wrong {
        column,
        message,
        cure,
    }
}

fn add(document: &mut Document<'_>, seen: &mut Seen, row: &Row<'_>, rule: Rule) {
    let line = document.line_number(row.bytes.start);
    let (scheme, host, path) = split(row.get(SOURCE));
    let scheme = scheme.map_or("", HttpScheme::as_str);
    let key = format!("{scheme}://{}{path}", host.to_ascii_lowercase());
    if let Some(before) = seen.add(&key, line) {
        let message = format!("this source is that of line {before}, which counts");
        let cure = "remove one of the rows";
        document.say(Severity::Error, &row.place(SOURCE), &message, cure);
        return;
    }
    let path_at = row.get(SOURCE).strip_suffix(path).map(str::len);
    let mut places = Places {
        entry: row.bytes.clone(),
        source: row.place(SOURCE),
        host: row.place(SOURCE),
        target: row.place(TARGET),
        conditions: row.bytes.clone(),
    };
    // A source without a path is that of the first page.
    if let Some(path_at) = path_at {
        places.source.start = (places.source.start + path_at).min(places.source.end);
    }
    document.rule(&places, rule);
}

/// Scheme, host and path of a source.
fn split(source: &str) -> (Option<HttpScheme>, &str, &str) {
    let schemes = [HttpScheme::Http, HttpScheme::Https].into_iter();
    let mut named = schemes.filter_map(|scheme| {
        let (start, rest) = source.split_once("://")?;
        start
            .eq_ignore_ascii_case(scheme.as_str())
            .then_some((Some(scheme), rest))
    });
    let (scheme, rest) = named.next().unwrap_or((None, source));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
    (scheme, host, if path.is_empty() { "/" } else { path })
}

fn rule(row: &Row<'_>) -> Result<Rule, Wrong> {
    let target = row.get(TARGET);
    check(row)?;
    let status = status(row)?;
    let [
        preserve_query,
        include_subdomains,
        subpath_matching,
        preserve_suffix,
    ] = [
        PRESERVE_QUERY,
        INCLUDE_SUBDOMAINS,
        SUBPATH_MATCHING,
        PRESERVE_SUFFIX,
    ]
    .map(|column| is_true(row, column));
    let (preserve_query, subpath_matching) = (preserve_query?, subpath_matching?);
    let (scheme, host, path) = split(row.get(SOURCE));
    if preserve_query && target.split('#').next().unwrap_or_default().contains('?') {
        return Err(wrong(
            PRESERVE_QUERY,
            "the target has a query, and that of the request cannot be kept beside it",
            "write `FALSE`, or take the query off the target",
        ));
    }
    let slashes = path.bytes().filter(|&byte| byte == b'/').count();
    if subpath_matching && slashes > MOST_SLASHES {
        return Err(wrong(
            SOURCE,
            "a path that stands for those below it has at most 16 slashes",
            "shorten it",
        ));
    }
    let source = match (subpath_matching, preserve_suffix?) {
        (false, _) => Source::exact(path),
        (true, true) => Source::prefix(path),
        (true, false) => below(path),
    };
    let host = match include_subdomains? {
        true => format!(".{host}"),
        false => host.to_owned(),
    };
    let query = match preserve_query {
        true => QueryPolicy::Keep,
        false => QueryPolicy::Drop,
    };
    let rule = Rule::new(status, source, pattern::escape(target))
        .host(&host)
        .query(query);
    Ok(match scheme {
        Some(scheme) => rule.scheme(scheme),
        None => rule,
    })
}

/// A path and everything below it, none of which the target has.
fn below(path: &str) -> Source {
    let path = pattern::escape(path.strip_suffix('/').unwrap_or(path));
    Source::from(if path.is_empty() {
        "/{*_rest?}".to_owned()
    } else {
        format!("{path}{{/*_rest}}")
    })
}

/// What is wrong with a row whatever its options say.
fn check(row: &Row<'_>) -> Result<(), Wrong> {
    let (source, target) = (row.get(SOURCE), row.get(TARGET));
    if source.starts_with('#') {
        let message = "this dialect has no comments, and this is no address";
        return Err(wrong(SOURCE, message, "remove the row"));
    }
    if target.is_empty() && source.contains([';', '\t', '|']) {
        let message = "the columns of a row are separated by commas";
        return Err(wrong(SOURCE, message, "write `,` between them"));
    }
    for (column, address) in [(SOURCE, source), (TARGET, target)] {
        if address.is_empty() {
            let cure = "write both, the source and behind a comma the target";
            return Err(wrong(column, "an address is missing", cure));
        }
        if address.contains('\n') {
            let cure = "close the quote before it";
            return Err(wrong(column, "this address goes on beyond its line", cure));
        }
        if address.len() > LONGEST {
            return Err(wrong(
                column,
                "this address has more than 32 KiB",
                "shorten it",
            ));
        }
    }
    for column in PRESERVE_SUFFIX + 1..row.len() {
        if !row.get(column).is_empty() {
            let cure = "put an address that holds a comma in quotes";
            return Err(wrong(column, "a row has seven columns", cure));
        }
    }
    let (_, host, path) = split(source);
    if source.starts_with('/') || host.is_empty() {
        let cure = "write host and path, `example.com/path`";
        return Err(wrong(SOURCE, "this source has no host", cure));
    }
    if host.ends_with(':') && path.starts_with("//") {
        return Err(wrong(
            SOURCE,
            "this is no scheme of a request",
            "write `http://`, `https://`, or none for both",
        ));
    }
    if host.contains('*') {
        let message = "a host has no `*`";
        let cure = "leave it out, and write `TRUE` for the subdomains in the fifth column";
        return Err(wrong(SOURCE, message, cure));
    }
    if host.contains('@') {
        return Err(wrong(SOURCE, "a source has no user name", "remove it"));
    }
    if path.contains(['?', '#']) {
        return Err(wrong(
            SOURCE,
            "a source has no query and no fragment",
            "remove it; the row answers whatever the query is",
        ));
    }
    if target.starts_with('/') {
        let cure = "write it with scheme and host, `https://example.com/path`";
        return Err(wrong(TARGET, "a target is a whole address", cure));
    }
    Ok(())
}

fn status(row: &Row<'_>) -> Result<Status, Wrong> {
    Ok(match row.get(STATUS) {
        "" | "301" => Status::MovedPermanently,
        "302" => Status::Found,
        "307" => Status::TemporaryRedirect,
        "308" => Status::PermanentRedirect,
        _ => {
            let cure = "take 301, 302, 307 or 308";
            return Err(wrong(STATUS, "this is no status of a bulk redirect", cure));
        }
    })
}

fn is_true(row: &Row<'_>, column: usize) -> Result<bool, Wrong> {
    match row.get(column) {
        "TRUE" | "true" => Ok(true),
        "" | "FALSE" | "false" => Ok(false),
        _ => {
            let cure = "write `TRUE` or `FALSE`";
            Err(wrong(column, "this is neither true nor false", cure))
        }
    }
}
