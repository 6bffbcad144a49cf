//! The `redirects` of a `firebase.json`.
//!
//! ```
//! use tower_redirect::rules::firebase;
//! use tower_redirect::testing;
//!
//! let rules = firebase::parse(
//!     r#"{ "hosting": { "redirects": [
//!         { "source": "/users/:id/profile", "destination": "/users/:id/home", "type": 301 },
//!         { "source": "/blog/:post*", "destination": "https://blog.example/:post" },
//!         { "source": "/old{,/**}", "destination": "/new", "type": 302 }
//!     ] } }"#,
//! )?;
//! testing::get("/users/7/profile?a=b").through(&rules).assert_redirect("/users/7/home?a=b");
//! testing::get("/blog/a/b").through(&rules).assert_redirect("https://blog.example/a/b");
//! testing::get("/old/a").through(&rules).assert_redirect("/new");
//! # Ok::<(), tower_redirect::rules::Findings>(())
//! ```
//!
//! # Syntax
//!
//! The file is a whole `firebase.json`, its `hosting`, or only the list of redirects. It may have
//! comments. The first entry that matches wins.
//!
//! | key | what it does here |
//! |---|---|
//! | `source` or `glob` | the paths to match, as a glob |
//! | `regex` | the paths to match, as a regex in the syntax of RE2; needs the `regex` feature |
//! | `destination` | the path or URL to redirect to; required |
//! | `type` | redirects with 301, 302, 303, 307 or 308; 301 if it is missing |
//!
//! Globs match paths with and without a slash at the end:
//!
//! | syntax | what it matches |
//! |---|---|
//! | `/a` | this path; the first `/` may be missing |
//! | `/:name` | one segment; `:name` in the destination inserts it |
//! | `/blog/:post*` | `/blog` and every path below; `:post` in the destination inserts the part below |
//! | `/*` | one segment |
//! | `/a/**` | `/a/` and every path below |
//! | `/a{,/**}` | `/a` and every path below |
//! | `a*`, `a?`, `[a-c]`, `[!a]`, `/**/a`, `{a,b}` | the usual; needs the `regex` feature |
//! | `@(a\|b)`, `?(a)`, `*(a)`, `+(a)`, `!(a\|b)` | one of them; once or not at all; any number; at least one; a segment that is none of them; needs the `regex` feature |
//! | `!/a/**` | every path that the glob after the `!` doesn't match; needs the `regex` feature |
//!
//! A `regex` may match anywhere in the path, so begin it with `^` and end it with `$` to match the
//! whole path. `:name` in the destination inserts a group `(?P<name>…)`, and `:1` the first group.
//!
//! A destination has placeholders only if one of them follows a `/`. The query of the request is
//! appended to the destination.
//!
//! Firebase reserves paths below `/__/`, so no entry matches them.
//!
//! # Not supported
//!
//! | syntax | what happens |
//! |---|---|
//! | look-around and references to groups in a regex | a warning; the entry is skipped |
//! | `:name(…)`, `:name?`, `:name+`, `{1..3}`, a `!(…)` beside another wildcard or after `**` | a warning; the entry is skipped |
//! | a placeholder that the source doesn't have | a warning; the entry is skipped |
//! | a placeholder in the host of a destination | a warning; requests that the entry matches pass through |
//! | the redirects of a second site in `hosting` | a warning; they are ignored |
//! | `cleanUrls`, `trailingSlash` | a warning; the key is ignored |
//!
//! # Differences from Firebase
//!
//! - A regex sees the path as the client sent it, with its percent-encoding.
//! - `*` and `**` also match names that begin with a dot.
//! - Case always matters. Firebase's emulator ignores it if the destination has a placeholder.
//! - `:name` in a source is always a placeholder. The emulator takes it as text if the destination
//!   has no placeholders, and inserts `:post*` only for `:post*`.

use super::{
    Parsed,
    document::Document,
    file_format::{FileFormat, FileReader},
    json::{self, NoJson, Object, Value},
    print::Reason,
    rewrite::OriginalEntry,
};
use crate::rules::{FindingCode, Findings, Format, Precedence, QueryPolicy, Rule, Rules};

mod comments;
mod destination;
mod entry;
mod glob;
mod print;

/// Parses a file and returns its rules. Warnings are dropped.
///
/// ```
/// use tower_redirect::rules::firebase;
///
/// assert_eq!(firebase::parse(r#"[{ "source": "/a", "destination": "/b" }]"#)?.len(), 1);
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
///
/// # Errors
///
/// Returns all findings, warnings included, if one of them is an error.
pub fn parse(text: &str) -> Result<Rules, Findings> {
    Format::Firebase.parse(text)
}

/// Parses a file and returns the valid rules and all findings. Entries with errors are skipped.
///
/// ```
/// use tower_redirect::rules::firebase;
///
/// let parsed = firebase::parse_lossy(r#"[{ "source": "/a", "destination": "/b", "type": 200 }]"#);
/// assert_eq!(
///     parsed.findings.to_string(),
///     "rules:1:49: error: `200` isn't a redirect status; use 301, 302, 303, 307 or 308",
/// );
/// ```
#[must_use]
pub fn parse_lossy(text: &str) -> Parsed {
    Format::Firebase.parse_lossy(text)
}

/// See [`Format::Firebase`].
pub(super) struct Firebase;

impl FileFormat for Firebase {
    fn reader(&self) -> FileReader {
        FileReader::Document(Precedence::FirstMatch, Box::new(read))
    }

    fn print_entry(&self, rule: &Rule) -> Result<String, Reason> {
        print::entry(rule)
    }

    fn frame(&self) -> [&'static str; 3] {
        [
            "{\n  \"hosting\": {\n    \"redirects\": [\n",
            ",\n",
            "\n    ]\n  }\n}\n",
        ]
    }

    fn rewrite_target(
        &self,
        target: String,
        _: QueryPolicy,
        _: &OriginalEntry<'_>,
    ) -> Result<String, Reason> {
        Ok(json::text(&target))
    }

    fn rewrite_status(&self, status: u16, old: &OriginalEntry<'_>) -> Result<String, Reason> {
        Ok(json::status(status, "type", old))
    }
}

/// Other keys of a site that redirect.
const OTHERS: [(&str, &str); 2] = [
    ("cleanUrls", "add a redirect for each page"),
    ("trailingSlash", "use the policy `TrailingSlash` in the app"),
];

fn read(document: Document<'_>) -> Parsed {
    let mut document = document.with_sources();
    let plain = comments::blanked(document.text);
    match Value::parse(&plain, 0) {
        Ok(value) => top(&mut document, value),
        Err(NoJson { at, message }) => {
            let is_empty = plain.trim().is_empty();
            let message = if is_empty {
                "the file is empty"
            } else {
                &*message
            };
            let help = match is_empty {
                true => "write `{ \"hosting\": { \"redirects\": [] } }` if there are no redirects",
                false => "fix the syntax, and remove the comma after the last entry",
            };
            document.report(FindingCode::Syntax, &(at..at + 1), message, help);
        }
    }
    document.finish()
}

/// Reads a whole file, one or several sites, or a list of redirects.
fn top<'t>(document: &mut Document<'_>, value: Value<'t>) {
    let Some(object) = value.object() else {
        return list(document, value);
    };
    let Some(hosting) = object.get("hosting") else {
        if !site(document, &object) {
            no_redirects(document, &value);
        }
        return;
    };
    let sites = hosting.list().unwrap_or_else(|| vec![*hosting]);
    let sites: Vec<_> = sites.iter().filter_map(Value::object).collect();
    let mut with_redirects = sites.iter().filter(|site| site.contains_key("redirects"));
    match with_redirects.next() {
        Some(first) => _ = site(document, first),
        None => no_redirects(document, hosting),
    }
    for other in with_redirects {
        if let Some(redirects) = other.get("redirects") {
            let key = json::key(document.text, "redirects", redirects);
            let message = "these are the redirects of another site, so they are ignored";
            let help = "move them to a file of their own";
            document.report(FindingCode::UnsupportedOption, &key, message, help);
        }
    }
}

fn no_redirects(document: &mut Document<'_>, value: &Value<'_>) {
    let message = "this object has no `redirects`";
    let help = "add `\"redirects\": [ … ]` to `hosting`";
    document.report(FindingCode::UnknownKey, &value.bytes(), message, help);
}

/// Reads a site. Returns `false` if it has no redirects.
fn site(document: &mut Document<'_>, site: &Object<'_>) -> bool {
    for (name, help) in OTHERS {
        // Without a slash at the end is a redirect, too.
        let is_set = |value: &&Value<'_>| name == "trailingSlash" || value.bool() != Some(false);
        if let Some(value) = site.get(name).filter(is_set) {
            let key = json::key(document.text, name, value);
            let message = format!("`{name}` isn't supported, so it is ignored");
            document.report(FindingCode::UnsupportedOption, &key, &message, help);
        }
    }
    let redirects = site.get("redirects");
    if let Some(redirects) = redirects {
        list(document, *redirects);
    }
    redirects.is_some()
}

fn list(document: &mut Document<'_>, value: Value<'_>) {
    let Some(entries) = value.list() else {
        let message = "the redirects must be a list";
        let help = "write `[ … ]`, or an object with `\"redirects\": [ … ]`";
        return document.report(FindingCode::InvalidEntry, &value.bytes(), message, help);
    };
    for entry in entries {
        document.begin_entry();
        // An entry that is left out has said why.
        let _ = entry::read(document, entry);
    }
}
