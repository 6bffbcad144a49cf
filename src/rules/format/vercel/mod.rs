// This file is long because the reference of the format stands beside its parser.

//! The `redirects` of a `vercel.json`.
//!
//! ```
//! use tower_redirect::rules::vercel;
//! use tower_redirect::testing;
//!
//! let rules = vercel::parse(
//!     r#"{ "redirects": [
//!         { "source": "/blog/:slug", "destination": "/posts/:slug" },
//!         { "source": "/docs/:path*", "destination": "https://docs.example/:path*", "permanent": false },
//!         { "source": "/", "destination": "/beta", "statusCode": 302,
//!           "has": [{ "type": "cookie", "key": "beta" }] }
//!     ] }"#,
//! )?;
//! testing::get("/blog/hello?a=b").through(&rules).assert_redirect("/posts/hello?a=b");
//! testing::get("/docs/a/b").through(&rules).assert_redirect("https://docs.example/a/b");
//! # Ok::<(), tower_redirect::rules::Findings>(())
//! ```
//!
//! # Syntax
//!
//! The file is a whole `vercel.json`, or only the list from its `redirects`. The first entry that
//! matches wins. What Vercel rejects is an error, and then no rule of the file is used. What Vercel
//! ignores, or what isn't supported here, is a warning about one entry.
//!
//! | key | what it does here |
//! |---|---|
//! | `source` | the path to match, as a [path-to-regexp 6] pattern; required |
//! | `destination` | the path or URL to redirect to; required |
//! | `permanent` | `true` redirects with 308, `false` with 307 |
//! | `statusCode` | redirects with 301, 302, 303, 307 or 308 |
//! | neither of the two | redirects with 308; both are an error |
//! | `has` | a list of conditions that the request must meet |
//! | `missing` | a list of conditions that the request must not meet |
//!
//! Sources and destinations:
//!
//! | syntax | what it does here |
//! |---|---|
//! | `/a` | matches this path, but not `/a/` or `/A` |
//! | `/:name` | matches one segment; `:name` in the destination inserts it |
//! | `/docs/:path*` | matches `/docs` and every path below that has no slash at its end; `:path*` in the destination inserts the part below |
//! | `/docs/:path+` | the same, but doesn't match `/docs` |
//! | `/:path*` | matches every path but `/`, as on Vercel's servers; `/(.*)` matches `/`, too |
//! | `/docs/(.*)` | matches `/docs/` and every path below; `$1` in the destination inserts the part below |
//! | `/((?!api\|_next/).*)` | matches every path that doesn't begin with `/api` or `/_next/` |
//! | `:name?`, `:id(\\d+)`, `(a\|b)`, `{…}?`, or two names in a segment | matches as a regex, on the path as the client sent it; needs the `regex` feature |
//! | `\\:`, `\\(`, … | the character itself |
//! | `/g-{:name}` in a destination | the same as `/g-:name` |
//!
//! Of a placeholder that a source has twice, the destination inserts the last one. After a
//! placeholder that matches nothing, its slash stays: `/a/:path*` redirects `/a` to `/b/` if the
//! destination is `/b/:path*`.
//!
//! Regexes have JavaScript's syntax.
//!
//! The query of the request is appended to the destination, except the parameters that the
//! destination sets ([`QueryPolicy::Merge`](crate::rules::QueryPolicy::Merge)).
//!
//! Conditions in `has` and `missing`:
//!
//! | syntax | what it does here |
//! |---|---|
//! | `"type": "host", "value": "a.example"` | compares the host; `:host` in the destination inserts it |
//! | `"type": "header", "key": "x-a"` | the request has this header; without a `value`, `:xa` in the destination inserts what the request has |
//! | `"type": "cookie"`, `"type": "query"` | the same for cookies and query parameters |
//! | `"value": "…"` after `key` | the value also matches this regex from start to end; `:name` in the destination inserts the group `(?<name>…)` |
//! | `"value": { "eq": "…" }` | the value is equal to this text |
//! | `"value": { "inc": ["…", "…"] }` | the value is one of these texts |
//! | `"value": { "re": "…" }` | the value matches this regex |
//!
//! A value with regex syntax needs the `regex` feature. Plain text doesn't. If a request repeats a
//! query parameter, only its last value counts.
//!
//! # Limits
//!
//! A file has at most 2,048 entries. A source or destination has at most 4,096 characters, and a
//! list of conditions at most 16. Anything beyond is an error.
//!
//! # Not supported
//!
//! | syntax | what happens |
//! |---|---|
//! | look-around, except a negative look-ahead at the start of a group or value | a warning; the entry is skipped |
//! | references to groups | a warning; the entry is skipped |
//! | comparisons other than `eq`, `re` and `inc` | a warning; the entry is skipped |
//! | `env`, a placeholder in the host of a destination | a warning; requests that the entry matches pass through |
//! | a status that isn't a redirect | a warning; requests that the entry matches pass through |
//! | a source without a leading `/`, a relative destination | a warning; the entry is skipped |
//! | `rewrites`, `routes`, `cleanUrls`, `trailingSlash`, `bulkRedirectsPath` | a warning; the key is ignored |
//! | any other key of a redirect | an error |
//!
//! # Differences from Vercel
//!
//! - A `query` condition without `value` is met by a parameter without a value (`?key`).
//! - In the value of a `host` condition that contains no other regex syntax, a dot matches only a
//!   dot.
//! - A redirect whose `Location` would begin with `//` isn't sent.
//!
//! [path-to-regexp 6]: https://github.com/pillarjs/path-to-regexp/tree/v6.3.0

use super::{
    Parsed,
    document::Document,
    file_format::{FileFormat, FileReader},
    json::{self, NoJson, Value},
    print::{Reason, entry::PrintPlaceholder},
    rewrite::OriginalEntry,
};
use crate::rules::{
    FindingCode, Findings, Format, Precedence, QueryPolicy, Rule, Rules, syntax::Template,
};

mod conditions;
mod destination;
mod entry;
mod fields;
mod js_regex;
mod names;
pub(super) mod print;
mod source;
mod url;

pub(super) use conditions::capture_name;
use entry::Entry;
pub(super) use url::path_at;

/// Parses a file and returns its rules. Warnings are dropped.
///
/// ```
/// use tower_redirect::rules::vercel;
///
/// assert_eq!(vercel::parse(r#"[{ "source": "/a", "destination": "/b" }]"#)?.len(), 1);
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
///
/// # Errors
///
/// Returns all findings, warnings included, if one of them is an error.
pub fn parse(text: &str) -> Result<Rules, Findings> {
    Format::Vercel.parse(text)
}

/// Parses a file and returns its rules and all findings. If there is an error, there are no
/// rules.
///
/// ```
/// use tower_redirect::rules::vercel;
///
/// let parsed = vercel::parse_lossy(r#"[{ "source": "/a", "destination": "/:b" }]"#);
/// assert!(parsed.rules.is_empty());
/// assert!(parsed.findings.to_string().starts_with("rules:1:37: error: "));
/// ```
#[must_use]
pub fn parse_lossy(text: &str) -> Parsed {
    Format::Vercel.parse_lossy(text)
}

/// The formats with this syntax.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum VercelFormat {
    Vercel,
    Next,
}

/// The most entries of a `vercel.json`.
const MOST: usize = 2048;

/// The most characters of a source or a destination.
const LONGEST: usize = 4096;

/// What a redirect and its conditions may say.
const KEYS: [&str; 10] = [
    "source",
    "destination",
    "permanent",
    "statusCode",
    "has",
    "missing",
    "type",
    "key",
    "value",
    "env",
];

/// Parts of a `vercel.json` that say where requests go, too.
const OTHERS: [(&str, &str); 5] = [
    ("routes", "write its redirects in `redirects`"),
    ("rewrites", "serve these URLs from the app"),
    ("cleanUrls", "add a redirect from `/(.*).html` to `/$1`"),
    ("trailingSlash", "use the policy `TrailingSlash` in the app"),
    (
        "bulkRedirectsPath",
        "load that file in the format `vercel-bulk`",
    ),
];

/// See [`Format::Vercel`] and [`Format::Next`].
pub(super) struct Vercel(pub(super) VercelFormat);

impl FileFormat for Vercel {
    fn reader(&self) -> FileReader {
        let format = self.0;
        let read = move |document: Document<'_>| read(document.with_sources(), format);
        FileReader::Document(Precedence::FirstMatch, Box::new(read))
    }

    fn print_entry(&self, rule: &Rule) -> Result<String, Reason> {
        print::entry(rule, self.0)
    }

    fn frame(&self) -> [&'static str; 3] {
        match self.0 {
            VercelFormat::Vercel => ["{\n  \"redirects\": [\n", ",\n", "\n  ]\n}\n"],
            VercelFormat::Next => ["[\n", ",\n", "\n]\n"],
        }
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
        _: QueryPolicy,
        _: &OriginalEntry<'_>,
    ) -> Result<String, Reason> {
        Ok(json::text(&target))
    }

    fn rewrite_status(&self, status: u16, old: &OriginalEntry<'_>) -> Result<String, Reason> {
        print::status(status, old)
    }
}

/// Reads a document of either format.
fn read(mut document: Document<'_>, format: VercelFormat) -> Parsed {
    let text = document.text;
    match Value::parse(text, 0) {
        Ok(value) => redirects(&mut document, value, format),
        Err(NoJson { at, message }) => {
            let (message, help) = if text.trim().is_empty() {
                let help = "write `{ \"redirects\": [] }` if there are no redirects";
                ("the file is empty", help)
            } else {
                let help = "fix the syntax, and remove comments and the comma after the last entry";
                (&*message, help)
            };
            document.report(FindingCode::Syntax, &(at..at + 1), message, help);
        }
    }
    document.finish_whole()
}

fn redirects<'t>(document: &mut Document<'t>, value: Value<'t>, format: VercelFormat) {
    let mut value = value;
    if let Some(object) = value.object() {
        for (name, help) in OTHERS {
            let Some(other) = object.get(name) else {
                continue;
            };
            // Without a slash at the end is a redirect, too.
            let is_nothing = match other.list() {
                Some(list) => list.is_empty(),
                None => other.bool() == Some(false) && name != "trailingSlash",
            };
            if format == VercelFormat::Vercel && !is_nothing {
                let key = json::key(document.text, name, other);
                let message = format!("`{name}` isn't supported, so it is ignored");
                document.report(FindingCode::UnsupportedOption, &key, &message, help);
            }
        }
        let Some(redirects) = object.get("redirects") else {
            let bytes = value.bytes();
            let message = "this object has no `redirects`";
            let help = "add `\"redirects\": [ … ]`";
            document.report(FindingCode::InvalidEntry, &bytes, message, help);
            return;
        };
        value = *redirects;
    }
    let Some(entries) = value.list() else {
        let help = "write `[ … ]`, or an object with `\"redirects\": [ … ]`";
        let message = "the redirects must be a list";
        document.report(FindingCode::InvalidEntry, &value.bytes(), message, help);
        return;
    };
    if format == VercelFormat::Vercel && entries.len() > MOST {
        if let Some(first) = entries.get(MOST) {
            let message =
                "the file has more than 2,048 redirects, so this one and all after it aren't read";
            let help = "move some to a file of bulk redirects";
            document.report(FindingCode::Limit, &first.bytes(), message, help);
        }
    }
    let most = match format {
        VercelFormat::Vercel => MOST,
        VercelFormat::Next => usize::MAX,
    };
    for entry in entries.into_iter().take(most) {
        document.begin_entry();
        Entry::read(document, format, entry);
    }
}
