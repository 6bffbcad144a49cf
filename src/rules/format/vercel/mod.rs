//! Vercel's `vercel.json`: its `redirects`, one document in which every entry has to be right.
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
//! The text is a whole `vercel.json`, an object with `redirects`, or their list alone. The first entry that
//! fits answers.
//!
//! | the dialect says | here |
//! |---|---|
//! | `source` | a pattern of path-to-regexp 6 on the whole path, with case |
//! | `:name`, `:path*`, `:path+`, `(.*)` as the last segment | a placeholder, found as fast as in code |
//! | any other regex, `:name?`, two names in a segment | a regex: feature `regex` |
//! | `destination` | `:name` of source and conditions, `$1` for the first group of the source |
//! | `permanent`, `statusCode` | 308 or 307; this status; without both 308 |
//! | `has`, `missing` | `host`, `header`, `cookie`, `query`; the value is a regex on the whole value |
//! | the query of a request | [`QueryPolicy::Merge`](crate::rules::QueryPolicy::Merge), parameters of conditions too |
//! | `env`, comparisons other than `eq`, `inc`, `re`, look-around | a warning, and the entry is left out |
//!
//! Where the dialect's own documentation is silent, its implementation counts, with these differences: `:path*`
//! and `:path+` take a `/` at the end of a path along; a parameter without a value is there; the dots of a
//! `host` that is no regex otherwise are dots.
//!
//! With one error in it, none of the rules of a file serve: 2,048 entries, 4,096 characters in a source or
//! destination and 16 conditions are the most.

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

/// The rules of a text in which nothing is wrong; warnings are not shown.
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
/// Everything to be said about the text, if there is an error among it.
pub fn parse(text: &str) -> Result<Rules, Diagnostics> {
    Format::Vercel.parse(text)
}

/// The rules, none where there is an error, and what is to be said about the text.
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

/// Reads a document of either dialect.
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

    /// Says why a regex does not compile: look-around and references are those of the dialect.
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

    /// Something that the dialect can say and that is not done here.
    fn left_out<T>(&mut self, bytes: Range<usize>, message: &str, cure: &str) -> Option<T> {
        let message = format!("{message}, and the redirect is left out");
        self.document.say(Severity::Warning, &bytes, &message, cure);
        None
    }
}
