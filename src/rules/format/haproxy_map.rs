//! The map files of HAProxy: a key, white space, and the target.
//!
//! ```
//! use tower_redirect::Status;
//! use tower_redirect::rules::haproxy_map;
//! use tower_redirect::testing;
//!
//! let rules = haproxy_map::parse("/about-us /about\n/old  https://new.example/\n", Status::Found)?;
//! testing::get("/about-us?a=b").through(&rules).assert_redirect("/about");
//! # Ok::<(), tower_redirect::rules::Findings>(())
//! ```
//!
//! In an HAProxy configuration, the file is used like this:
//!
//! ```text
//! http-request redirect code 301 location %[path,map(FILE)] if { path,map(FILE) -m found }
//! ```
//!
//! The file has no status, so you pass one. [`Format::HaproxyMap`](super::Format::HaproxyMap) uses
//! 301.
//!
//! # Syntax
//!
//! A line is one redirect. White space at the start of a line is ignored.
//!
//! | syntax | what it does here |
//! |---|---|
//! | `/a` as the key | matches this path, but not `/a/` or `/A` |
//! | `example.com/a` as the key | matches this path on this host |
//! | `example.com` as the key | matches every path on this host |
//! | the rest of the line | is the target; white space in it is percent-encoded, and the query of the request is dropped |
//! | `#` in the first column | starts a comment |
//!
//! A key with a host comes before a key without one. If two lines have the same key, the first
//! counts and the second is a warning.
//!
//! # Not supported
//!
//! | syntax | what happens |
//! |---|---|
//! | a key without a target, a key with a query, `#` after white space at the start of a line | a warning; the line is skipped |
//! | `#` after the target, `;` at the end of the line | a warning; it is sent as a part of the target |
//! | a key with a scheme, a key that is a regex, quotes, arrows between key and target | a warning, since HAProxy reads them as plain text; the line is skipped |

use std::{borrow::Cow, io, ops::Range, path::Path};

use super::{
    Parsed,
    file_format::{FileFormat, FileReader},
    loader::{Line, Loader, Place},
    map,
    messages::quoted,
    netlify::ARROWS,
    print::{Reason, maps},
    read::ByLine,
    rewrite::OriginalEntry,
    spots::Spot,
};
use crate::{
    rules::{FindingCode, Findings, Part, Precedence, Rule, Rules, target_text::TargetText},
    status::StatusChoice,
};

/// Parses a file and returns its rules, which redirect with this status. Warnings are dropped.
///
/// ```
/// use tower_redirect::status::Intent;
/// use tower_redirect::rules::haproxy_map;
///
/// assert_eq!(haproxy_map::parse("# moved\n/a /b\n", Intent::Permanent)?.len(), 1);
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
///
/// # Errors
///
/// Returns all findings, warnings included, if one of them is an error.
pub fn parse(text: &str, status: impl Into<StatusChoice>) -> Result<Rules, Findings> {
    parse_lossy(text, status).into_result()
}

/// Parses a file and returns the valid rules and all findings. Lines with errors are skipped.
///
/// ```
/// use tower_redirect::Status;
/// use tower_redirect::rules::haproxy_map;
///
/// let parsed = haproxy_map::parse_lossy("/a /b\n/a /c\n", Status::Found);
/// assert_eq!(
///     parsed.findings.to_string(),
///     "rules:2:1: warning: line 1 already has the key `/a`, so this line is skipped; \
///      remove one of the two",
/// );
/// ```
#[must_use]
pub fn parse_lossy(text: &str, status: impl Into<StatusChoice>) -> Parsed {
    HaproxyMap(status.into()).reader().read(text.as_bytes())
}

/// Loads a file and parses it like [`parse_lossy`]. Findings and rules name the file.
///
/// ```no_run
/// use tower_redirect::Status;
/// use tower_redirect::rules::haproxy_map;
///
/// let parsed = haproxy_map::load_lossy("hosts.map", Status::PermanentRedirect)?;
/// eprintln!("{}", parsed.findings);
/// assert!(!parsed.rules.is_empty());
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// Returns an error if the file can't be read.
pub fn load_lossy(path: impl AsRef<Path>, status: impl Into<StatusChoice>) -> io::Result<Parsed> {
    HaproxyMap(status.into()).reader().load(path.as_ref())
}

/// See [`Format::HaproxyMap`](super::Format::HaproxyMap). All rules have this status.
#[derive(Clone, Copy)]
pub(super) struct HaproxyMap(pub(super) StatusChoice);

impl FileFormat for HaproxyMap {
    fn reader(&self) -> FileReader {
        FileReader::Lines(Precedence::MostSpecific, Box::new(*self))
    }

    fn print_entry(&self, rule: &Rule) -> Result<String, Reason> {
        print(rule)
    }

    fn rewrite_status(&self, _: u16, _: &OriginalEntry<'_>) -> Result<String, Reason> {
        Err(maps::ONE_STATUS.into())
    }

    fn is_map(&self) -> bool {
        true
    }
}

const BLANKS: [char; 2] = [' ', '\t'];

impl ByLine for HaproxyMap {
    fn line(&mut self, line: Line<'_>, loader: &mut Loader) {
        let Some((source, target_at)) = pair(line.text) else {
            return;
        };
        let part = |bytes: &Range<usize>| line.text.get(bytes.clone()).unwrap_or_default();
        let (key, value) = (part(&source), part(&target_at));
        let warn = |loader: &mut Loader, message: &str, help| {
            loader.report(
                FindingCode::NeverMatches,
                line,
                source.clone(),
                message,
                help,
            );
        };
        if value.is_empty() {
            let message = format!(
                "the key {} has no target, so this line is skipped",
                quoted(key)
            );
            let help = "write it after the key, for example `/old /new`";
            return warn(loader, &message, help);
        }
        if key.contains('?') {
            let key = quoted(key);
            let message =
                format!("the query in the key {key} isn't supported, so this line is skipped");
            return warn(loader, &message, "write only the path");
        }
        if let Some(Slip {
            in_value,
            message,
            help,
        }) = slip(key, value)
        {
            let bytes = if in_value { target_at.clone() } else { source };
            return loader.report(FindingCode::Misleading, line, bytes, &message, help);
        }
        if let Some(at) = value.len().checked_sub(1).filter(|_| value.ends_with(';')) {
            let bytes = target_at.start + at..target_at.end;
            let message = "the `;` is sent as a part of the target";
            let help = "remove it, or load the file in the format `nginx-map`";
            loader.report(FindingCode::Misleading, line, bytes, message, help);
        }
        if let Some(at) = [" #", "\t#"]
            .iter()
            .filter_map(|mark| value.find(mark))
            .min()
        {
            let bytes = target_at.start + at + 1..target_at.end;
            let comment = quoted(part(&bytes));
            let message = format!("{comment} isn't a comment, and is sent as a part of the target");
            let help = "put the comment on a line of its own, or write `%20` for the space";
            loader.report(FindingCode::Misleading, line, bytes, &message, help);
        }
        loader.spot(|| {
            let bytes = target_at.clone();
            Spot::new(value, &Place { line, bytes })
        });
        let target = TargetText::literal(&value.replace('\t', "%09"));
        match loader.try_first(line.number, map::rule(self.0, key, target)) {
            Ok(None) => {}
            Ok(Some(before)) => {
                let key = quoted(key);
                let message =
                    format!("line {before} already has the key {key}, so this line is skipped");
                let help = "remove one of the two";
                loader.report(FindingCode::UnreachableRule, line, source, &message, help);
            }
            Err(error) if error.part() == Some(Part::Target) => {
                loader.report_error(line, &target_at, &error);
            }
            Err(error) => loader.report_error(line, &source, &error),
        }
    }
}

/// Something that maps have elsewhere, and not here.
struct Slip {
    in_value: bool,
    message: Cow<'static, str>,
    help: &'static str,
}

/// What a line was meant to be.
fn slip(key: &str, value: &str) -> Option<Slip> {
    let is_quoted = |text: &str| text.starts_with(['"', '\'']);
    let first = value.split(BLANKS).next().unwrap_or_default();
    let (in_value, message, help) = if key.starts_with('#') {
        return Some(Slip {
            in_value: false,
            message: "`#` only starts a comment in the first column, so this line is skipped"
                .into(),
            help: "remove the white space before it",
        });
    } else if is_quoted(key) {
        let message = format!(
            "the quotes are a part of the key {}, so this line is skipped",
            quoted(key)
        );
        (false, message, "remove them")
    } else if is_quoted(value) {
        let message = format!(
            "the quotes are a part of the target {}, so this line is skipped",
            quoted(value)
        );
        (true, message, "remove them")
    } else if key.starts_with(['^', '~']) {
        let message = format!(
            "the key {} is a regex, which isn't supported, so this line is skipped",
            quoted(key)
        );
        let help = "write a line for each path, or use the format `nginx-map`";
        (false, message, help)
    } else if map::has_scheme(key) {
        let (message, help) = map::no_scheme(key);
        (false, message, help)
    } else if first == "=" || ARROWS.contains(&first) {
        let message = format!(
            "{} isn't part of this format, so this line is skipped",
            quoted(first)
        );
        (true, message, "remove it")
    } else {
        return None;
    };
    Some(Slip {
        in_value,
        message: message.into(),
        help,
    })
}

/// Where key and value of a line stand; nothing, where it is empty or a comment.
pub(super) fn pair(line: &str) -> Option<(Range<usize>, Range<usize>)> {
    let text = line.trim_end_matches(BLANKS);
    let entry = text.trim_start_matches(BLANKS);
    if text.starts_with('#') || entry.is_empty() {
        return None;
    }
    let start = text.len() - entry.len();
    let end = entry.find(BLANKS).unwrap_or(entry.len());
    let value = entry
        .get(end..)
        .unwrap_or_default()
        .trim_start_matches(BLANKS);
    Some((start..start + end, text.len() - value.len()..text.len()))
}

/// Prints a line.
fn print(rule: &Rule) -> Result<String, Reason> {
    let (key, target) = maps::pair(rule)?;
    if key.is_empty() {
        return Err("a key needs a path or a host in the format".into());
    }
    Ok(format!("{key} {target}"))
}
