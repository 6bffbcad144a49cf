//! The bulk redirects of Vercel: paths without placeholders, as CSV, a JSON list or JSON lines.
//!
//! ```
//! use tower_redirect::Status;
//! use tower_redirect::rules::vercel_bulk;
//! use tower_redirect::testing;
//!
//! let csv = "source,destination,permanent,query\n/about-us,/about,t,t\n";
//! let json = r#"[
//!     { "source": "/about-us", "destination": "/about", "permanent": true, "query": true }
//! ]"#;
//! for text in [csv, json] {
//!     let rules = vercel_bulk::parse(text)?;
//!     testing::get("/About-Us?a=b")
//!         .through(&rules)
//!         .assert_redirect("/about?a=b")
//!         .assert_status(Status::PermanentRedirect);
//! }
//! # Ok::<(), tower_redirect::rules::Findings>(())
//! ```
//!
//! # Syntax
//!
//! The first character decides how a file is read:
//!
//! | first character | syntax | feature |
//! |---|---|---|
//! | `[` | a JSON list of objects | `json` |
//! | `{` | one JSON object per line | `json` |
//! | any other | CSV; the first row names the columns | `csv` |
//!
//! An entry is one redirect. The first entry that matches wins.
//!
//! | column or key | if it is missing | what it does here |
//! |---|---|---|
//! | `source` | an error | the path to match, compared literally |
//! | `destination` | an error | the path or URL to redirect to |
//! | `statusCode` | see `permanent` | redirects with 301, 302, 303, 307 or 308 |
//! | `permanent` | false | redirects with 308 if true and with 307 if false; `statusCode` overrides it |
//! | `caseSensitive` (formerly `sensitive`) | false | if true, `/a` doesn't match `/A` |
//! | `query` | false | if true, appends the query of the request |
//!
//! CSV also has `t` and `f` for true and false. Put a URL that contains a comma in quotes.
//!
//! # Not supported
//!
//! | syntax | what happens |
//! |---|---|
//! | placeholders such as `:id` or `*` in a source | a warning; they match only as literal text |
//! | a source with a host | an error; the entry is skipped |
//! | any other column or key, such as `has` | a warning; it is ignored |
//! | a whole `vercel.json` | an error |
//! | more than 2,048 characters in a source or destination | an error; the entry is skipped |
//! | more than 1,000,000 entries | an error; the rest of the file isn't read |

use std::ops::Range;

use super::{
    Parsed,
    document::{Document, Places},
    file_format::{FileFormat, FileReader},
    messages::{quoted, unknown_key_help},
    print::Reason,
    rewrite::OriginalEntry,
};
use crate::{
    rules::{
        FindingCode, Findings, Format, Precedence, QueryPolicy, Rule, Rules, Source,
        target_text::TargetText,
    },
    status::Status,
};

#[cfg(feature = "csv")]
mod csv;
#[cfg(feature = "json")]
mod json;
mod print;

/// Parses a file and returns its rules. Warnings are dropped.
///
/// ```
/// use tower_redirect::rules::vercel_bulk;
///
/// let text = "source,destination\n/a,/b\n";
/// assert_eq!(vercel_bulk::parse(text)?.len(), 1);
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
///
/// # Errors
///
/// Returns all findings, warnings included, if one of them is an error.
pub fn parse(text: &str) -> Result<Rules, Findings> {
    Format::VercelBulk.parse(text)
}

/// Parses a file and returns the valid rules and all findings. Entries with errors are skipped.
///
/// ```
/// use tower_redirect::rules::vercel_bulk;
///
/// let parsed = vercel_bulk::parse_lossy("source,destination\n/a,/b\n/c,d\n");
/// assert_eq!(parsed.rules.len(), 1);
/// assert!(parsed.findings.to_string().starts_with("rules:3:4: error: "));
/// ```
#[must_use]
pub fn parse_lossy(text: &str) -> Parsed {
    Format::VercelBulk.parse_lossy(text)
}

/// The most characters of a source or a destination.
const LONGEST: usize = 2048;

/// The most entries of a file.
const MOST: usize = 1_000_000;

/// How what an entry says is called.
const NAMES: [&str; 6] = [
    "source",
    "destination",
    "statusCode",
    "permanent",
    "caseSensitive",
    "query",
];

/// What an entry says about one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Source,
    Destination,
    StatusCode,
    Permanent,
    CaseSensitive,
    Query,
}

impl Field {
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "source" => Self::Source,
            "destination" => Self::Destination,
            "statusCode" => Self::StatusCode,
            "permanent" => Self::Permanent,
            "caseSensitive" | "sensitive" => Self::CaseSensitive,
            "query" => Self::Query,
            _ => return None,
        })
    }
}

/// An entry, whatever it was written in.
#[derive(Debug)]
struct Entry<'e> {
    source: &'e str,
    destination: &'e str,
    status: Option<Status>,
    permanent: bool,
    case_sensitive: bool,
    query: bool,
}

/// See [`Format::VercelBulk`].
pub(super) struct VercelBulk;

impl FileFormat for VercelBulk {
    fn reader(&self) -> FileReader {
        FileReader::Document(Precedence::FirstMatch, Box::new(read))
    }

    fn print_entry(&self, rule: &Rule) -> Result<String, Reason> {
        print::entry(rule)
    }

    fn frame(&self) -> [&'static str; 3] {
        let head = match cfg!(feature = "csv") {
            true => "source,destination,statusCode,caseSensitive,query\n",
            false => "",
        };
        [head, "\n", "\n"]
    }

    fn rewrite_target(
        &self,
        target: String,
        _: QueryPolicy,
        old: &OriginalEntry<'_>,
    ) -> Result<String, Reason> {
        Ok(print::new_word(&target, old))
    }

    fn rewrite_status(&self, status: u16, old: &OriginalEntry<'_>) -> Result<String, Reason> {
        print::new_status(status, old)
    }
}

/// Reads a document.
fn read(mut document: Document<'_>) -> Parsed {
    let text = document.text;
    #[cfg(feature = "json")]
    if is_json(text) {
        document = document.with_sources();
    }
    document.reserve();
    if is_json(text) {
        read_json(&mut document);
    } else if !text.trim_start().is_empty() {
        read_csv(&mut document);
    }
    document.finish()
}

/// Returns `true` if a file is JSON, not CSV.
fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['[', '{'])
}

#[cfg(feature = "json")]
fn read_json(document: &mut Document<'_>) {
    json::read(document);
}

#[cfg(not(feature = "json"))]
fn read_json(document: &mut Document<'_>) {
    let help = "enable the `json` feature of tower-redirect";
    let message = "this file is JSON, and the `json` feature is off";
    document.report(FindingCode::MissingFeature, &(0..1), message, help);
}

#[cfg(feature = "csv")]
fn read_csv(document: &mut Document<'_>) {
    csv::read(document);
}

#[cfg(not(feature = "csv"))]
fn read_csv(document: &mut Document<'_>) {
    let help = "enable the `csv` feature of tower-redirect";
    let message = "this file is CSV, and the `csv` feature is off";
    document.report(FindingCode::MissingFeature, &(0..1), message, help);
}

/// Adds the rule of an entry.
fn add(document: &mut Document<'_>, places: &Places, entry: &Entry<'_>) {
    for (name, address, bytes) in [
        ("source", entry.source, &places.source),
        ("destination", entry.destination, &places.target),
    ] {
        if address.chars().nth(LONGEST).is_some() {
            let message = format!("the {name} has more than 2,048 characters");
            document.report(FindingCode::Limit, bytes, &message, "shorten it");
            return;
        }
    }
    let source = || quoted(entry.source);
    if !entry.source.starts_with('/') {
        let message = format!("the source {} isn't a path", source());
        let help = "start it with `/`, without scheme and host";
        document.report(FindingCode::InvalidSource, &places.source, &message, help);
        return;
    }
    if has_placeholder(entry.source) {
        let message = format!(
            "{} only matches this literal text, since bulk redirects have no placeholders",
            source()
        );
        let help = "write an entry for each path, or move it to `vercel.json`";
        document.report(FindingCode::Misleading, &places.source, &message, help);
    }
    let by_permanent = match entry.permanent {
        true => Status::PermanentRedirect,
        false => Status::TemporaryRedirect,
    };
    let query = match entry.query {
        true => QueryPolicy::Keep,
        false => QueryPolicy::Drop,
    };
    let rule = Rule::of_file(
        entry.status.unwrap_or(by_permanent),
        Source::exact(entry.source),
        TargetText::literal(entry.destination),
    )
    .query(query);
    document.rule(
        places,
        if entry.case_sensitive {
            rule
        } else {
            rule.ignore_case()
        },
    );
}

/// Whether a source has what is a placeholder elsewhere.
fn has_placeholder(source: &str) -> bool {
    let name = |behind: &str| behind.starts_with(|c: char| c.is_ascii_alphabetic());
    source.contains('*') || source.split("/:").skip(1).any(name)
}

/// Says that a file has more entries than are read.
fn too_many(document: &mut Document<'_>, bytes: &Range<usize>) {
    let message =
        "the file has more than 1,000,000 redirects, so this one and all after it are skipped";
    document.report(FindingCode::Limit, bytes, message, "split the file");
}

/// Says that a name of a column or a key has no meaning.
fn unknown(document: &mut Document<'_>, what: &str, bytes: &Range<usize>, name: &str) {
    let message = format!("the {what} {} is ignored", quoted(name));
    let help = unknown_key_help(name, &NAMES);
    document.report(FindingCode::UnknownKey, bytes, &message, &help);
}
