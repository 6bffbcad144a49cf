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
//! # Ok::<(), tower_redirect::rules::Findings>(())
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

use std::borrow::Cow;

use super::{
    Parsed,
    document::{Document, Places},
    file_format::{FileFormat, FileReader},
    messages::quoted,
    print::Reason,
    rows::{Row, Rows},
    seen::Seen,
};
use crate::{
    location::HttpScheme,
    rules::{
        FindingCode, Findings, Format, Precedence, QueryPolicy, Rule, Rules, Source,
        syntax::{Pattern, Word},
        target_text::TargetText,
    },
    status::Status,
};

mod print;

/// Parses a file and returns its rules. Warnings are dropped.
///
/// ```
/// use tower_redirect::rules::bulk_csv;
///
/// assert_eq!(bulk_csv::parse("old.example/a,https://new.example/b")?.len(), 1);
/// assert!(bulk_csv::parse("old.example/a").is_err());
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
///
/// # Errors
///
/// Returns all findings, warnings included, if one of them is an error.
pub fn parse(text: &str) -> Result<Rules, Findings> {
    Format::BulkCsv.parse(text)
}

/// Parses a file and returns the valid rules and all findings. Rows with errors are skipped.
///
/// ```
/// use tower_redirect::rules::bulk_csv;
///
/// let parsed = bulk_csv::parse_lossy("old.example/a,https://new.example/b,303\n");
/// assert_eq!(
///     parsed.findings.to_string(),
///     "rules:1:37: error: `303` isn't a status of a bulk redirect; use 301, 302, 307 or 308",
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

/// See [`Format::BulkCsv`].
pub(super) struct BulkCsv;

impl FileFormat for BulkCsv {
    fn reader(&self) -> FileReader {
        FileReader::Document(Precedence::MostSpecific, Box::new(read))
    }

    fn print_entry(&self, rule: &Rule) -> Result<String, Reason> {
        print::row(rule)
    }
}

/// Reads a document.
fn read(mut document: Document<'_>) -> Parsed {
    document.reserve();
    let mut seen = Seen::default();
    let mut rows = Rows::new(document.text);
    let mut is_first = true;
    while let Some(row) = rows.next_row() {
        document.begin_entry();
        if std::mem::take(&mut is_first) && is_header(&row) {
            let message = "this format has no header row";
            document.report(FindingCode::Syntax, &row.bytes, message, "remove this row");
            continue;
        }
        if row.get(SOURCE).ends_with("/*") {
            let message = "`*` only matches a literal `*` here, and not the paths below";
            let help = "remove `/*`, and write `TRUE` in the sixth column to match the paths below";
            document.report(FindingCode::Misleading, &row.place(SOURCE), message, help);
        }
        match rule(&row) {
            Ok(rule) => add(&mut document, &mut seen, &row, rule),
            Err(Wrong {
                column,
                message,
                help,
            }) => {
                document.report(code_of(column), &row.place(column), &message, help);
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

/// The code of a problem in a column.
const fn code_of(column: usize) -> FindingCode {
    match column {
        SOURCE => FindingCode::InvalidSource,
        TARGET => FindingCode::InvalidTarget,
        STATUS => FindingCode::InvalidStatus,
        _ => FindingCode::InvalidOption,
    }
}

/// What keeps a row from being a rule.
struct Wrong {
    column: usize,
    message: Cow<'static, str>,
    help: &'static str,
}

fn wrong(column: usize, message: impl Into<Cow<'static, str>>, help: &'static str) -> Wrong {
    Wrong {
        column,
        message: message.into(),
        help,
    }
}

/// How a column is called in a message.
const fn name(column: usize) -> &'static str {
    if column == SOURCE { "source" } else { "target" }
}

fn add(document: &mut Document<'_>, seen: &mut Seen, row: &Row<'_>, rule: Rule) {
    let line = document.line_number(row.bytes.start);
    let (scheme, host, path) = split(row.get(SOURCE));
    let scheme = scheme.map_or("", HttpScheme::as_str);
    let key = format!("{scheme}://{}{path}", host.to_ascii_lowercase());
    if let Some(before) = seen.add(&key, line) {
        let source = quoted(row.get(SOURCE));
        let message =
            format!("line {before} already has the source {source}, so this row is skipped");
        let help = "remove one of the two";
        document.report(
            FindingCode::DuplicateSource,
            &row.place(SOURCE),
            &message,
            help,
        );
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
            "the target already has a query, so the query of the request can't be preserved",
            "write `FALSE` here, or remove the query from the target",
        ));
    }
    let slashes = path.bytes().filter(|&byte| byte == b'/').count();
    if subpath_matching && slashes > MOST_SLASHES {
        return Err(wrong(
            SOURCE,
            format!(
                "the source has {slashes} slashes, and with subpath matching at most 16 are allowed"
            ),
            "shorten the path, or write `FALSE` in the sixth column",
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
    let rule = Rule::of_file(status, source, TargetText::literal(target))
        .host(&host)
        .query(query);
    Ok(match scheme {
        Some(scheme) => rule.scheme(scheme),
        None => rule,
    })
}

/// A path and everything below it, none of which the target has.
fn below(path: &str) -> Source {
    match Pattern::literal(&Word::new(path, 0..path.len())) {
        Ok(pattern) => pattern.with_unused_tail().into(),
        // It's an error when the table is built.
        Err(_) => Source::exact(path),
    }
}

/// What is wrong with a row whatever its options say.
fn check(row: &Row<'_>) -> Result<(), Wrong> {
    let (source, target) = (row.get(SOURCE), row.get(TARGET));
    if source.starts_with('#') {
        let message = "this format has no comments";
        return Err(wrong(SOURCE, message, "remove this row"));
    }
    if target.is_empty() && source.contains([';', '\t', '|']) {
        let message = "this row has only one column";
        let help = "separate the columns with commas, not with `;`, `|` or tabs";
        return Err(wrong(SOURCE, message, help));
    }
    for (column, address) in [(SOURCE, source), (TARGET, target)] {
        let name = name(column);
        if address.is_empty() {
            let message = format!("this row has no {name}");
            let help = "write it as `example.com/old,https://example.com/new`";
            return Err(wrong(column, message, help));
        }
        if address.contains('\n') {
            let message = format!("the quote around this {name} isn't closed on its line");
            return Err(wrong(column, message, "write `\"` after the URL"));
        }
        if address.len() > LONGEST {
            let message = format!("the {name} is longer than 32 KiB");
            return Err(wrong(column, message, "shorten it"));
        }
    }
    for column in PRESERVE_SUFFIX + 1..row.len() {
        let field = row.get(column);
        if !field.is_empty() {
            let message = format!("{} is after the last of the seven columns", quoted(field));
            let help = "remove it, or put a URL that contains a comma in quotes";
            return Err(wrong(column, message, help));
        }
    }
    let (_, host, path) = split(source);
    if source.starts_with('/') || host.is_empty() {
        let message = format!("the source {} has no host", quoted(source));
        let help = "write host and path, for example `example.com/path`";
        return Err(wrong(SOURCE, message, help));
    }
    if host.ends_with(':') && path.starts_with("//") {
        let message = format!(
            "the scheme {} isn't supported",
            quoted(&format!("{host}//"))
        );
        let help = "write `http://`, `https://`, or no scheme to match both";
        return Err(wrong(SOURCE, message, help));
    }
    if host.contains('*') {
        let message = format!("the host {} contains `*`", quoted(host));
        let help = "remove `*.`, and write `TRUE` in the fifth column to match subdomains";
        return Err(wrong(SOURCE, message, help));
    }
    if host.contains('@') {
        let message = format!("the source {} contains a user name", quoted(source));
        return Err(wrong(SOURCE, message, "remove everything up to the `@`"));
    }
    if let Some(at) = path.find(['?', '#']) {
        let rest = path.get(at..).unwrap_or_default();
        let what = if rest.starts_with('?') {
            "query"
        } else {
            "fragment"
        };
        let message = format!("a source can't have a {what} ({})", quoted(rest));
        let help = "remove it, since a row matches any query";
        return Err(wrong(SOURCE, message, help));
    }
    if target.starts_with('/') {
        let message = format!("the target {} has no host", quoted(target));
        let help = "write the whole URL, for example `https://example.com/path`";
        return Err(wrong(TARGET, message, help));
    }
    Ok(())
}

fn status(row: &Row<'_>) -> Result<Status, Wrong> {
    Ok(match row.get(STATUS) {
        "" | "301" => Status::MovedPermanently,
        "302" => Status::Found,
        "307" => Status::TemporaryRedirect,
        "308" => Status::PermanentRedirect,
        other => {
            let message = format!("{} isn't a status of a bulk redirect", quoted(other));
            return Err(wrong(STATUS, message, "use 301, 302, 307 or 308"));
        }
    })
}

fn is_true(row: &Row<'_>, column: usize) -> Result<bool, Wrong> {
    match row.get(column) {
        "TRUE" | "true" => Ok(true),
        "" | "FALSE" | "false" => Ok(false),
        other => {
            let message = format!("{} isn't `TRUE` or `FALSE`", quoted(other));
            Err(wrong(column, message, "write one of them"))
        }
    }
}
