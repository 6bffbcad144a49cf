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
//! # Ok::<(), tower_redirect::rules::Diagnostics>(())
//! ```
//!
//! # Syntax
//!
//! The file is a whole `vercel.json`, or only the list from its `redirects`. The first entry that
//! matches wins. If an entry has an error, no rule of the file is used.
//!
//! | key | what it does here |
//! |---|---|
//! | `source` | the path to match, as a [path-to-regexp 6] pattern; required |
//! | `destination` | the path or URL to redirect to; required |
//! | `permanent` | `true` redirects with 308, `false` with 307 |
//! | `statusCode` | redirects with 301, 302, 303, 307 or 308; `permanent` wins if both are there, with a warning |
//! | neither of the two | redirects with 308 |
//! | `has` | a list of conditions that the request must meet |
//! | `missing` | a list of conditions that the request must not meet |
//!
//! Sources and destinations:
//!
//! | syntax | what it does here |
//! |---|---|
//! | `/a` | matches this path, but not `/a/` or `/A` |
//! | `/:name` | matches one segment; `:name` in the destination inserts it |
//! | `/docs/:path*` | matches `/docs` and every path below; `:path*` in the destination inserts the part below |
//! | `/docs/:path+` | matches every path below `/docs`, but not `/docs` |
//! | `/docs/(.*)` | matches `/docs/` and every path below; `$1` in the destination inserts the part below |
//! | `:name?`, `:id(\\d+)`, `(a\|b)`, `{…}?`, or two names in a segment | matches as a regex, on the path as the client sent it; needs the `regex` feature |
//! | `\\:`, `\\(`, … | the character itself |
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
//! A value with regex syntax needs the `regex` feature. Plain text doesn't.
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
//! | regex lookaround such as `(?!api/)`, backreferences | a warning; the entry is skipped |
//! | `env`, `{…}` groups in a destination | a warning; the entry is skipped |
//! | comparisons other than `eq`, `re` and `inc` | a warning; the entry is skipped |
//! | a status that isn't a redirect | a warning; the entry is skipped |
//! | `rewrites`, `routes`, `cleanUrls`, `trailingSlash`, `bulkRedirectsPath` | a warning; the key is ignored |
//! | any other key of a redirect | an error |
//!
//! # Differences from Vercel
//!
//! - `:path*` and `:path+` also match a path with a `/` at its end.
//! - A `query` condition without `value` is met by a parameter without a value (`?key`).
//! - In the value of a `host` condition that contains no other regex syntax, a dot matches only a
//!   dot.
//! - A source without a leading `/`, or a relative destination, is an error. On Vercel, the entry
//!   never matches.
//!
//! [path-to-regexp 6]: https://github.com/pillarjs/path-to-regexp/tree/v6.3.0

use std::ops::Range;

use super::{
    Parsed, STATUSES,
    document::{Document, Places},
    json::{self, NoJson, Value},
    near_or,
    path_to_regexp::{self, Wrong},
    quoted,
};
use crate::{
    rules::{Diagnostics, Format, Precedence, QueryPolicy, Rule, Rules, Severity},
    status::Status,
};

mod conditions;
mod destination;
mod source;

use destination::Names;

/// Parses a file and returns its rules. Warnings are dropped.
///
/// ```
/// use tower_redirect::rules::vercel;
///
/// assert_eq!(vercel::parse(r#"[{ "source": "/a", "destination": "/b" }]"#)?.len(), 1);
/// # Ok::<(), tower_redirect::rules::Diagnostics>(())
/// ```
///
/// # Errors
///
/// Returns all diagnostics, warnings included, if one of them is an error.
pub fn parse(text: &str) -> Result<Rules, Diagnostics> {
    Format::Vercel.parse(text)
}

/// Parses a file and returns its rules and all diagnostics. If there is an error, there are no
/// rules.
///
/// ```
/// use tower_redirect::rules::vercel;
///
/// let parsed = vercel::parse_lossy(r#"[{ "source": "/a", "destination": "b" }]"#);
/// assert!(parsed.rules.is_empty());
/// assert!(parsed.diagnostics.to_string().starts_with("rules:1:36: error: "));
/// ```
#[must_use]
pub fn parse_lossy(text: &str) -> Parsed {
    Format::Vercel.parse_lossy(text)
}

/// Whose redirects these are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
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

/// Reads a document of either format.
pub(super) fn read(text: &str, dialect: Dialect) -> Parsed {
    let mut document = Document::new(text, Precedence::FirstMatch);
    match Value::parse(text, 0) {
        Ok(value) => redirects(&mut document, value, dialect),
        Err(NoJson { at, message }) => {
            let (message, cure) = if text.trim().is_empty() {
                let cure = "write `{ \"redirects\": [] }` if there are no redirects";
                ("the file is empty", cure)
            } else {
                let cure = "fix the syntax, and remove comments and the comma after the last entry";
                (&*message, cure)
            };
            document.say(Severity::Error, &(at..at + 1), message, cure);
        }
    }
    document.finish_whole()
}

fn redirects(document: &mut Document<'_>, value: Value<'_>, dialect: Dialect) {
    let mut value = value;
    if let Some(object) = value.object() {
        for (name, cure) in OTHERS {
            let Some(other) = object.get(name) else {
                continue;
            };
            // Without a slash at the end is a redirect, too.
            let is_nothing = match other.list() {
                Some(list) => list.is_empty(),
                None => other.bool() == Some(false) && name != "trailingSlash",
            };
            if dialect == Dialect::Vercel && !is_nothing {
                let key = json::key(document.text, name, other);
                let message = format!("`{name}` isn't supported, so it is ignored");
                document.say(Severity::Warning, &key, &message, cure);
            }
        }
        let Some(redirects) = object.get("redirects") else {
            let bytes = value.bytes();
            let message = "this object has no `redirects`";
            let cure = "add `\"redirects\": [ … ]`";
            document.say(Severity::Warning, &bytes, message, cure);
            return;
        };
        value = *redirects;
    }
    let Some(entries) = value.list() else {
        let cure = "write `[ … ]`, or an object with `\"redirects\": [ … ]`";
        let message = "the redirects must be a list";
        document.say(Severity::Error, &value.bytes(), message, cure);
        return;
    };
    if dialect == Dialect::Vercel && entries.len() > MOST {
        if let Some(first) = entries.get(MOST) {
            let message =
                "the file has more than 2,048 redirects, so this one and all after it aren't read";
            let cure = "move some to a file of bulk redirects";
            document.say(Severity::Error, &first.bytes(), message, cure);
        }
    }
    let most = match dialect {
        Dialect::Vercel => MOST,
        Dialect::Next => usize::MAX,
    };
    for entry in entries.into_iter().take(most) {
        Entry {
            document,
            dialect,
            destination: String::new(),
            names: Names::default(),
        }
        .read(entry);
    }
}

/// An entry that is being read.
#[derive(Debug)]
struct Entry<'d, 't> {
    document: &'d mut Document<'t>,
    dialect: Dialect,
    destination: String,
    names: Names,
}

impl Entry<'_, '_> {
    /// Reads it; `None` where it was left out and why was said.
    fn read(&mut self, entry: Value<'_>) -> Option<()> {
        let Some(object) = entry.object() else {
            let cure = "write it as `{ \"source\": …, \"destination\": … }`";
            return self.error(entry.bytes(), "a redirect must be an object", cure);
        };
        for (name, value) in &object {
            match (&**name, self.dialect) {
                ("source" | "destination" | "permanent" | "statusCode" | "has" | "missing", _)
                | ("env", Dialect::Vercel) => {}
                ("basePath" | "locale", Dialect::Next) => {
                    self.document.say(
                        Severity::Warning,
                        &json::key(self.document.text, name, value),
                        &format!("`{name}` is ignored, since paths are used as written"),
                        "remove it, and write whole paths in `source` and `destination`",
                    );
                }
                _ => self.unknown_key(name, *value)?,
            }
        }
        let (source_at, source) = self.text(entry, object.get("source").copied(), "source")?;
        let (target_at, destination) =
            self.text(entry, object.get("destination").copied(), "destination")?;
        self.destination = destination;
        if !source.starts_with(['/', '(', '{', ':']) {
            let message = format!("the source {} isn't a path", quoted(&source));
            let cure = if source.contains("://") {
                "start it with `/`, and write the host as a condition in `has`"
            } else {
                "start it with `/`"
            };
            return self.error(source_at, &message, cure);
        }
        if let Some(env) = object.get("env") {
            return self.left_out(
                env.bytes(),
                "`env` isn't supported",
                "remove it, and write the values into the destination",
            );
        }
        let status = self.status(
            entry,
            object.get("permanent").copied(),
            object.get("statusCode").copied(),
        )?;

        let pieces = match path_to_regexp::parse(&source) {
            Ok(pieces) => pieces,
            Err(Wrong { at, message, cure }) => {
                let start = (source_at.start + at).min(source_at.end);
                return self.error(start..source_at.end, message, cure);
            }
        };
        let Some(translated) = source::translate(&pieces) else {
            return self.needs_regex(source_at);
        };
        self.check_source(source_at.clone(), &translated.source)?;
        self.names.path = translated.bound;
        self.names.by_number = self.dialect == Dialect::Vercel;
        let mut rule = Rule::new(status, translated.source, "").query(QueryPolicy::Merge);
        rule.options.repeats_asked = true;
        if self.dialect == Dialect::Next {
            rule = rule.ignore_case();
        }
        let mut conditions = entry.bytes();
        for (key, expected) in [("has", true), ("missing", false)] {
            if let Some(list) = object.get(key) {
                conditions = list.bytes();
                rule = self.conditions(*list, expected, rule)?;
            }
        }
        rule.options.shadows = !self.names.conditions.is_empty();
        match destination::translate(&self.destination, &self.names) {
            Ok(target) => rule.target = target,
            Err(unknown) => {
                let start = (target_at.start + unknown.at).min(target_at.end);
                let bytes = start..target_at.end;
                return if unknown.is_known {
                    self.left_out(bytes, &unknown.message, unknown.cure)
                } else {
                    self.error(bytes, &unknown.message, unknown.cure)
                };
            }
        }
        for group in destination::unknown_groups(&self.destination, &self.names) {
            let written = self.destination.get(group.clone()).unwrap_or_default();
            let written = quoted(written);
            let message = format!("the source has no group {written}, so it is sent as text");
            let place = |at: usize| (target_at.start + at).min(target_at.end);
            let bytes = place(group.start)..place(group.end);
            let cure = "add the group to the source, or write `%24` for the dollar sign";
            self.document.say(Severity::Warning, &bytes, &message, cure);
        }
        let places = Places {
            entry: entry.bytes(),
            host: source_at.clone(),
            source: source_at,
            target: target_at,
            conditions,
        };
        self.document.rule(&places, rule);
        Some(())
    }

    /// A text that has to be there.
    fn text(
        &mut self,
        entry: Value<'_>,
        value: Option<Value<'_>>,
        key: &str,
    ) -> Option<(Range<usize>, String)> {
        let Some(value) = value else {
            let message = format!("this redirect has no `{key}`");
            let cure = format!("add `\"{key}\": \"…\"`");
            return self.error(entry.bytes(), &message, &cure);
        };
        let Some(text) = value.string() else {
            let message = format!("`{key}` must be text");
            return self.error(value.bytes(), &message, "write it in quotes");
        };
        if text.chars().nth(LONGEST).is_some() {
            let message = format!("`{key}` has more than 4,096 characters");
            return self.error(value.inside(), &message, "shorten it");
        }
        Some((value.inside(), text))
    }

    fn status(
        &mut self,
        entry: Value<'_>,
        permanent: Option<Value<'_>>,
        code: Option<Value<'_>>,
    ) -> Option<Status> {
        let is_next = self.dialect == Dialect::Next;
        let by_permanent = match permanent {
            None => None,
            Some(value) => match value.bool() {
                Some(true) => Some(Status::PermanentRedirect),
                Some(false) => Some(Status::TemporaryRedirect),
                None => {
                    let message = "`permanent` must be true or false";
                    let cure = "write `true` or `false` without quotes";
                    return self.error(value.bytes(), message, cure);
                }
            },
        };
        match (by_permanent, code) {
            (Some(_), Some(code)) if is_next => self.error(
                code.bytes(),
                "this redirect has both `permanent` and `statusCode`",
                "remove one of them",
            ),
            (Some(status), Some(code)) => {
                self.document.say(
                    Severity::Warning,
                    &code.bytes(),
                    "`statusCode` is ignored, since `permanent` is set",
                    "remove one of them",
                );
                Some(status)
            }
            (Some(status), None) => Some(status),
            (None, Some(code)) => {
                let text = self.document.text.get(code.bytes()).unwrap_or_default();
                let message = format!("{} isn't a redirect status", quoted(text));
                match code.integer().map(Status::try_from) {
                    Some(Ok(status)) => Some(status),
                    Some(Err(_)) if !is_next => self.left_out(code.bytes(), &message, STATUSES),
                    Some(Err(_)) => self.error(code.bytes(), &message, STATUSES),
                    None => {
                        let cure = "use 301, 302, 303, 307 or 308 without quotes";
                        self.error(code.bytes(), &message, cure)
                    }
                }
            }
            (None, None) if is_next => self.error(
                entry.bytes(),
                "this redirect has neither `permanent` nor `statusCode`",
                "add one of them, for example `\"permanent\": true`",
            ),
            (None, None) => Some(Status::PermanentRedirect),
        }
    }

    /// Whether a source that is a regex can be one.
    #[cfg(feature = "regex")]
    fn check_source(&mut self, bytes: Range<usize>, source: &crate::rules::Source) -> Option<()> {
        use crate::rules::source::SourceKind;
        if let SourceKind::Regex(regex) = &source.kind {
            if let Err(flaw) = self.document.regex(&regex.text, false) {
                return self.no_regex(bytes, &regex.text, &flaw);
            }
        }
        Some(())
    }

    #[cfg(not(feature = "regex"))]
    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "the same call with it"
    )]
    fn check_source(&mut self, _: Range<usize>, _: &crate::rules::Source) -> Option<()> {
        Some(())
    }

    /// Says why a regex does not compile: look-around and references are those of the format.
    #[cfg(feature = "regex")]
    fn no_regex<T>(
        &mut self,
        bytes: Range<usize>,
        text: &str,
        flaw: &crate::rules::error::Flaw,
    ) -> Option<T> {
        let (severity, message, cure) = super::regex_problem(text, flaw);
        self.document.say(severity, &bytes, &message, &cure);
        None
    }

    #[cfg(not(feature = "regex"))]
    fn needs_regex<T>(&mut self, bytes: Range<usize>) -> Option<T> {
        self.error(
            bytes,
            "this pattern needs a regex, and the `regex` feature is off",
            "enable the `regex` feature of tower-redirect",
        )
    }

    /// Nothing does.
    #[cfg(feature = "regex")]
    fn needs_regex<T>(&mut self, bytes: Range<usize>) -> Option<T> {
        self.error(bytes, "this pattern isn't supported", "write another one")
    }

    fn unknown_key(&mut self, name: &str, value: Value<'_>) -> Option<()> {
        let key = json::key(self.document.text, name, &value);
        let message = format!("unknown key {}", quoted(name));
        self.error(key, &message, &near_or(name, &KEYS))
    }

    /// Something that fails the whole file.
    fn error<T>(&mut self, bytes: Range<usize>, message: &str, cure: &str) -> Option<T> {
        self.document.say(Severity::Error, &bytes, message, cure);
        None
    }

    /// Something that the format can say and that is not done here.
    fn left_out<T>(&mut self, bytes: Range<usize>, message: &str, cure: &str) -> Option<T> {
        let message = format!("{message}, so this redirect is skipped");
        self.document.say(Severity::Warning, &bytes, &message, cure);
        None
    }
}
