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
//!
//! Otherwise, if Vercel's documentation doesn't define something, this crate does what Vercel's
//! code does.
//!
//! [path-to-regexp 6]: https://github.com/pillarjs/path-to-regexp/tree/v6.3.0

use std::ops::Range;

use super::{
    Parsed,
    document::{Document, Places},
    json::{self, NoJson, Value},
    path_to_regexp::{self, Wrong},
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
    ("routes", "write them as `redirects`"),
    ("rewrites", "let the app answer those addresses"),
    (
        "cleanUrls",
        "write a redirect for `.html`, or take a canonical policy",
    ),
    (
        "trailingSlash",
        "take a canonical policy that trims or appends the slash",
    ),
    ("bulkRedirectsPath", "read that file as `vercel-bulk`"),
];

/// Reads a document of either format.
pub(super) fn read(text: &str, dialect: Dialect) -> Parsed {
    let mut document = Document::new(text, Precedence::FirstMatch);
    match Value::parse(text, 0) {
        Ok(value) => redirects(&mut document, value, dialect),
        Err(NoJson { at, message }) => {
            let (message, cure) = if text.trim().is_empty() {
                let cure = "write `{ \"redirects\": [] }` where there are none";
                ("the file is empty, which is no JSON", cure)
            } else {
                let cure = "mend it; JSON has no comments, and no comma behind the last entry";
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
                document.say(Severity::Warning, &key, "this is not done here", cure);
            }
        }
        let Some(redirects) = object.get("redirects") else {
            let bytes = value.bytes();
            let message = "there are no `redirects` in this object";
            document.say(
                Severity::Warning,
                &bytes,
                message,
                "write `\"redirects\": [ … ]`",
            );
            return;
        };
        value = *redirects;
    }
    let Some(entries) = value.list() else {
        let cure = "write `[ … ]`, or an object with `\"redirects\": [ … ]`";
        document.say(
            Severity::Error,
            &value.bytes(),
            "this is no list of redirects",
            cure,
        );
        return;
    };
    if dialect == Dialect::Vercel && entries.len() > MOST {
        if let Some(first) = entries.get(MOST) {
            let message =
                "there are more than 2,048 redirects; this one and those behind it are not read";
            let cure = "write them as a bulk file";
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
            let cure = "write `{ \"source\": …, \"destination\": … }`";
            return self.error(entry.bytes(), "this is no redirect", cure);
        };
        for (name, value) in &object {
            match (&**name, self.dialect) {
                ("source" | "destination" | "permanent" | "statusCode" | "has" | "missing", _)
                | ("env", Dialect::Vercel) => {}
                ("basePath" | "locale", Dialect::Next) => {
                    self.document.say(
                        Severity::Warning,
                        &json::key(self.document.text, name, value),
                        "there is no base path and no locale here; the path is taken as it stands",
                        "write the whole path in source and destination",
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
            let cure = "begin it with `/`; a host is a condition of `has`";
            return self.error(source_at, "a source is a path", cure);
        }
        if let Some(env) = object.get("env") {
            return self.left_out(
                env.bytes(),
                "variables of the environment are not put in here",
                "write the destination without them",
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
            let message = format!("the source has no such group, and `{written}` is sent as it is");
            let place = |at: usize| (target_at.start + at).min(target_at.end);
            let bytes = place(group.start)..place(group.end);
            let cure = "give the source that group, or write `%24` for the dollar sign";
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
            return self.error(
                entry.bytes(),
                &message,
                "write both, `source` and `destination`",
            );
        };
        let Some(text) = value.string() else {
            let message = format!("this `{key}` is no text");
            return self.error(value.bytes(), &message, "write a text in quotes");
        };
        if text.chars().nth(LONGEST).is_some() {
            let message = format!("this `{key}` has more than 4,096 characters");
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
                    let cure = "write `true` or `false`";
                    return self.error(value.bytes(), "this is neither true nor false", cure);
                }
            },
        };
        match (by_permanent, code) {
            (Some(_), Some(code)) if is_next => self.error(
                code.bytes(),
                "this redirect has `permanent` and `statusCode`",
                "write one of them",
            ),
            (Some(status), Some(code)) => {
                self.document.say(
                    Severity::Warning,
                    &code.bytes(),
                    "`permanent` counts, and this does not",
                    "write one of them",
                );
                Some(status)
            }
            (Some(status), None) => Some(status),
            (None, Some(code)) => match code.integer().map(Status::try_from) {
                Some(Ok(status)) => Some(status),
                Some(Err(_)) if !is_next => self.left_out(
                    code.bytes(),
                    "this status is no redirect, and no other answer is given here",
                    "take 301, 302, 303, 307 or 308",
                ),
                _ => self.error(
                    code.bytes(),
                    "this is no status of a redirect",
                    "take 301, 302, 303, 307 or 308",
                ),
            },
            (None, None) if is_next => self.error(
                entry.bytes(),
                "this redirect has neither `permanent` nor `statusCode`",
                "write one of them",
            ),
            (None, None) => Some(Status::PermanentRedirect),
        }
    }

    /// Whether a source that is a regex can be one.
    #[cfg(feature = "regex")]
    fn check_source(&mut self, bytes: Range<usize>, source: &crate::rules::Source) -> Option<()> {
        use crate::rules::source::SourceKind;
        if source.kind == SourceKind::Regex {
            if let Err(flaw) = self.document.regex(&source.text, false) {
                return self.no_regex(bytes, &source.text, flaw.sentence());
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
    fn no_regex<T>(&mut self, bytes: Range<usize>, text: &str, sentence: &str) -> Option<T> {
        let (severity, message, cure) = super::regex_problem(text, sentence);
        self.document.say(severity, &bytes, &message, &cure);
        None
    }

    #[cfg(not(feature = "regex"))]
    fn needs_regex<T>(&mut self, bytes: Range<usize>) -> Option<T> {
        self.error(
            bytes,
            "this needs a regex, and the crate was built without them",
            "build it with the feature `regex`",
        )
    }

    /// Nothing does.
    #[cfg(feature = "regex")]
    fn needs_regex<T>(&mut self, bytes: Range<usize>) -> Option<T> {
        self.error(bytes, "this is no pattern", "write it otherwise")
    }

    fn unknown_key(&mut self, name: &str, value: Value<'_>) -> Option<()> {
        let key = json::key(self.document.text, name, &value);
        let message = format!("nothing is called `{}` here", name.escape_debug());
        match super::near(name, &KEYS) {
            Some(meant) => self.error(key, &message, &format!("did you mean `{meant}`?")),
            None => self.error(
                key,
                &message,
                "remove it, or write the name as the documentation does",
            ),
        }
    }

    /// Something that fails the whole file.
    fn error<T>(&mut self, bytes: Range<usize>, message: &str, cure: &str) -> Option<T> {
        self.document.say(Severity::Error, &bytes, message, cure);
        None
    }

    /// Something that the format can say and that is not done here.
    fn left_out<T>(&mut self, bytes: Range<usize>, message: &str, cure: &str) -> Option<T> {
        let message = format!("{message}, and the redirect is left out");
        self.document.say(Severity::Warning, &bytes, &message, cure);
        None
    }
}
