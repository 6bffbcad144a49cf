//! The entries of an nginx `map` block: `key value;`.
//!
//! ```
//! use tower_redirect::Status;
//! use tower_redirect::rules::nginx_map;
//! use tower_redirect::testing;
//!
//! let text = r#"
//!     /about-us  /about;   # moved
//!     "/with space" https://new.example/;
//! "#;
//! let rules = nginx_map::parse(text, Status::MovedPermanently)?;
//! testing::get("/About-Us?a=b").through(&rules).assert_redirect("/about");
//! testing::get("/with%20space").through(&rules).assert_redirect("https://new.example/");
//! # Ok::<(), tower_redirect::rules::Findings>(())
//! ```
//!
//! In an nginx configuration, the file is used like this:
//!
//! ```text
//! map $uri $new { include FILE; }
//! server { if ($new) { return 301 $new; } }
//! ```
//!
//! The file has no status, so you pass one. [`Format::NginxMap`](super::Format::NginxMap) uses 301.
//!
//! # Syntax
//!
//! An entry is a key, white space, a value and a `;`. The file may contain the `map … {` line and
//! its `}`, or only the entries between them.
//!
//! The line says what the keys are compared with:
//!
//! | line | keys |
//! |---|---|
//! | `map $uri $new {` | paths; the query of the request makes no difference |
//! | `map $request_uri $new {` | paths with their query: `/a` doesn't match `/a?b=1` |
//! | `map $host $new {` | hosts |
//! | `map $host$uri $new {`, `map $host$request_uri $new {` | hosts with a path |
//! | no such line | paths, hosts, or hosts with a path; if any key has a query, the map is one of `$request_uri` |
//!
//! | key | what it does here |
//! |---|---|
//! | `/a` | matches this path, and also `/A` |
//! | `/a?b=1&c=2` | matches this path if the query has exactly these parameters, in any order |
//! | `example.com/a` | matches this path on this host |
//! | `example.com` | matches every path on this host |
//! | `*.example.com` | matches every path on every subdomain; only below a `hostnames;` entry |
//! | `.example.com` | the same, and the host itself |
//! | `~regex` | matches if the regex is found anywhere in the path, or in the host in a map of `$host`; needs the `regex` feature |
//! | `~*regex` | the same, whatever the case |
//! | `default` | matches if no other key does |
//! | `\default`, `\~a` | the plain texts `default` and `~a` |
//!
//! | value | what it does here |
//! |---|---|
//! | `/b`, `https://new.example/` | redirects to this target; the query of the request is dropped |
//! | `/b$is_args$args`, `/b?$args`, `/b?c=d&$args` | redirects to `/b` with the query of the request; `$query_string` is the same as `$args` |
//! | `$1`, `$name`, `${name}` | inserts a group of the regex in the key; right after a host, only a group that begins with a slash or is empty, such as `(/.*)?` |
//! | `$uri` | inserts the path of the request |
//! | `$request_uri` at the end | the same, with the query |
//! | `$scheme://$host/b` | redirects to `/b` on the same site |
//! | `""` | requests for this key pass through |
//!
//! Quote a key or value that contains white space, `;` or `{`. A `#` between words starts a
//! comment.
//!
//! # Which entry wins
//!
//! Exact keys come first, then hosts from the longest to the shortest, then the first regex that
//! matches, then `default`. If two entries have the same key, the first counts and the second is an
//! error. An entry whose value isn't supported keeps its URLs from the other entries.
//!
//! Paths are compared as [`Rule`] describes, and queries with their case.
//!
//! A regex sees the path as the client sent it, with its percent-encoding. In a map of `$uri`, a
//! space or a letter such as `é` in a regex matches its percent-encoded form, if it isn't in
//! square brackets. A regex doesn't see the query, even in a map of `$request_uri`. There, these
//! rules apply:
//!
//! - A regex such as `^/a/(\d+)$`, whose end can't cover a query, matches only without a query.
//! - If a group such as `(.*)` at the end covers the query, and the value ends with that group, the
//!   query is sent on.
//!
//! # Not supported
//!
//! | syntax | what happens |
//! |---|---|
//! | any other variable in a value, such as `$remote_addr`, or `$host` in another place | a warning; requests for the key pass through |
//! | a value that isn't a path or an `http` or `https` URL | an error; requests for the key pass through |
//! | an empty key, a key that can't match, such as a host in a map of `$uri` | a warning; the entry is skipped |
//! | a key `www.example.*`, a regex that requires a `?`, such as `~^/a\?b=1` | a warning; the key never matches, and other keys may redirect its URLs |
//! | a map of another variable, such as `$http_user_agent` | a warning; its entries are skipped |
//! | `*.example.com` or `.example.com` without `hostnames;` | a warning; the entry is skipped |
//! | regex look-around and backreferences | a warning; the key never matches, and other keys may redirect its URLs |
//! | `include` | a warning; the other file isn't read |
//! | `volatile` | nothing |
//! | a key with a scheme | a warning; the entry is skipped |
//! | a block that isn't a `map`, another directive | an error; the entry is skipped |
//!
//! # Differences from nginx
//!
//! - nginx compares `$uri` decoded, and `$request_uri` as the client sent it. Here, a key without a
//!   regex matches its path in any percent-encoding.
//! - nginx merges slashes in `$uri`. Here, `//a` isn't `/a`.
//! - An entry that redirects to itself or closes a redirect loop is an error and is skipped.
//! - nginx rejects a map with both `a.example` and `.a.example`. Here, the first wins.

use std::{io, path::Path};

use super::{
    Parsed,
    document::Document,
    file_format::{FileFormat, FileReader},
    map,
    messages::quoted,
    print::{Reason, entry::PrintPlaceholder, maps},
    rewrite::OriginalEntry,
};
use crate::{
    rules::{
        FindingCode, Findings, Precedence, QueryPolicy, Rule, Rules, Source, syntax::Template,
    },
    status::StatusChoice,
};

mod print;
mod reader;
#[cfg(feature = "regex")]
mod regex;
pub(super) mod tokens;
mod value;
mod variable;

use reader::read;

/// Parses a file and returns its rules, which redirect with this status. Warnings are dropped.
///
/// ```
/// use tower_redirect::Status;
/// use tower_redirect::rules::nginx_map;
///
/// assert_eq!(nginx_map::parse("/a /b; /c /d;", Status::Found)?.len(), 2);
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
///
/// # Errors
///
/// Returns all findings, warnings included, if one of them is an error.
pub fn parse(text: &str, status: impl Into<StatusChoice>) -> Result<Rules, Findings> {
    parse_lossy(text, status).into_result()
}

/// Parses a file and returns the valid rules and all findings. Entries with errors are skipped.
///
/// ```
/// use tower_redirect::Status;
/// use tower_redirect::rules::nginx_map;
///
/// let parsed = nginx_map::parse_lossy("/a /b;\n/A /c;\n", Status::Found);
/// assert_eq!(
///     parsed.findings.to_string(),
///     "rules:2:1: error: line 1 already has the key `/A`, so this entry is skipped; \
///      remove one of the two",
/// );
/// ```
#[must_use]
pub fn parse_lossy(text: &str, status: impl Into<StatusChoice>) -> Parsed {
    NginxMap(status.into()).reader().read(text.as_bytes())
}

/// Loads a file and parses it like [`parse_lossy`]. Findings and rules name the file.
///
/// ```no_run
/// use tower_redirect::Status;
/// use tower_redirect::rules::nginx_map;
///
/// let parsed = nginx_map::load_lossy("redirects.map", Status::PermanentRedirect)?;
/// eprintln!("{}", parsed.findings);
/// assert!(!parsed.rules.is_empty());
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// Returns an error if the file can't be read.
pub fn load_lossy(path: impl AsRef<Path>, status: impl Into<StatusChoice>) -> io::Result<Parsed> {
    NginxMap(status.into()).reader().load(path.as_ref())
}

/// See [`Format::NginxMap`](super::Format::NginxMap). All rules have this status.
pub(super) struct NginxMap(pub(super) StatusChoice);

impl FileFormat for NginxMap {
    fn reader(&self) -> FileReader {
        let status = self.0;
        let read = move |document: Document<'_>| read(document, status);
        FileReader::Document(Precedence::MostSpecific, Box::new(read))
    }

    fn print_entry(&self, rule: &Rule) -> Result<String, Reason> {
        print::entry(rule)
    }

    fn print_target(
        &self,
        target: &Template,
        placeholder: PrintPlaceholder<'_>,
    ) -> Result<String, Reason> {
        print::target(target, placeholder)
    }

    fn rewrite_target(
        &self,
        target: String,
        query: QueryPolicy,
        old: &OriginalEntry<'_>,
    ) -> Result<String, Reason> {
        Ok(print::new_word(target, query == QueryPolicy::Keep, old))
    }

    fn rewrite_status(&self, _: u16, _: &OriginalEntry<'_>) -> Result<String, Reason> {
        Err(maps::ONE_STATUS.into())
    }

    fn is_map(&self) -> bool {
        true
    }
}
