//! The redirects of a `netlify.toml`.
//!
//! ```
//! use tower_redirect::rules::netlify_toml;
//! use tower_redirect::testing;
//!
//! let rules = netlify_toml::parse(
//!     r#"
//!     [build]
//!     publish = "public"
//!
//!     [[redirects]]
//!     from = "/blog/:year/*"
//!     to = "/posts/:splat"
//!     force = true
//!
//!     [[redirects]]
//!     from = "/index.php"
//!     to = "/pages/:id"
//!     status = 302
//!     query = { p = ":id" }
//!     conditions = { Language = ["de", "fr"] }
//!     "#,
//! )?;
//!
//! testing::get("/blog/2024/hello").through(&rules).assert_redirect("/posts/hello");
//! testing::get("/index.php?p=7").header("accept-language", "fr")
//!     .through(&rules)
//!     .assert_redirect("/pages/7");
//! # Ok::<(), tower_redirect::rules::Diagnostics>(())
//! ```
//!
//! Each `[[redirects]]` entry means the same as a line of [`_redirects`](super::netlify). The first
//! entry that matches wins. The rest of the file isn't read.
//!
//! | key | what it does here |
//! |---|---|
//! | `from` (formerly `origin`) | the source, as in `_redirects`; required |
//! | `to` (formerly `destination`) | the target, as in `_redirects`; required |
//! | `status` | the status as a number; 301 if it is missing |
//! | `force` | `true` redirects even if the app has a page at the source, like the `!` in `_redirects` |
//! | `query` (formerly `params` or `parameters`) | a table of query conditions: `{ key = "value", other = ":name" }` |
//! | `conditions` | a table of `Language` and `Cookie`, each a list or one string with commas |
//! | `signed` (formerly `signing` or `sign`) | not supported; a warning, and the rule is skipped unless it is `false` |
//! | `headers`, `rate_limit` | not supported; a warning, and the rule redirects without them |
//! | any other key | a warning; the key is ignored |
//!
//! If an entry has a key under both names, the newer name counts. An entry with an error is
//! skipped. If the file isn't valid TOML, it has no rules at all, since Netlify wouldn't build the
//! site either.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::{
    Parsed,
    document::Document,
    netlify::entry::{Entry, Pair, Status, Word},
};
use crate::rules::{Diagnostics, Format, Precedence, Rules, Severity};

/// Parses a file and returns its rules. Warnings are dropped.
///
/// ```
/// use tower_redirect::rules::netlify_toml;
///
/// let rules = netlify_toml::parse("[[redirects]]\nfrom = '/a'\nto = '/b'")?;
/// assert_eq!(rules.len(), 1);
/// # Ok::<(), tower_redirect::rules::Diagnostics>(())
/// ```
///
/// # Errors
///
/// Returns all diagnostics, warnings included, if one of them is an error.
pub fn parse(text: &str) -> Result<Rules, Diagnostics> {
    Format::NetlifyToml.parse(text)
}

/// Parses a file and returns the valid rules and all diagnostics. Entries with errors are skipped.
///
/// ```
/// use tower_redirect::rules::netlify_toml;
///
/// let parsed = netlify_toml::parse_lossy("[[redirects]]\nfrom = '/a'\nstatus = '301'");
/// assert!(parsed.rules.is_empty());
/// assert_eq!(
///     parsed.diagnostics.to_string(),
///     "rules:3:10: error: a status is a number; write it without quotes",
/// );
/// ```
#[must_use]
pub fn parse_lossy(text: &str) -> Parsed {
    Format::NetlifyToml.parse_lossy(text)
}

pub(super) fn read(text: &str) -> Parsed {
    let mut document = Document::new(text, Precedence::FirstMatch);
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let span = error.span().unwrap_or(0..0);
        document.say(
            Severity::Error,
            &span,
            &format!("this is no TOML: {}", error.message()),
            "mend it; until then no rule of the file serves",
        );
    }
    if !errors.is_empty() {
        return document.finish();
    }
    for key in table.get_ref().keys() {
        if super::near(key.get_ref(), &["redirects"]).is_some() {
            let message = "nothing is read from here";
            let cure = "did you mean `redirects`?";
            document.say(Severity::Warning, &key.span(), message, cure);
        }
    }
    if let Some(redirects) = table.get_ref().get("redirects") {
        let span = redirects.span();
        let Some(list) = redirects.get_ref().as_array() else {
            document.say(
                Severity::Error,
                &span,
                "redirects are a list",
                "begin each with `[[redirects]]`",
            );
            return document.finish();
        };
        for one in list.iter() {
            let span = one.span();
            let entry = match one.get_ref().as_table() {
                Some(table) => entry(table, &span, &mut document),
                None => Err((
                    span,
                    "a redirect is a table",
                    "write `[[redirects]]` and its keys",
                )),
            };
            match entry {
                Ok(entry) => entry.add(document.loader()),
                Err((span, message, cure)) => {
                    document.say(Severity::Error, &span, message, cure);
                }
            }
        }
    }
    document.finish()
}

/// How what a redirect says is called.
const KEYS: [&str; 8] = [
    "from",
    "to",
    "status",
    "force",
    "query",
    "conditions",
    "headers",
    "signed",
];

pub(super) type Wrong = (Range<usize>, &'static str, &'static str);

/// What one table says.
pub(super) fn entry<'t>(
    table: &DeTable<'_>,
    span: &Range<usize>,
    document: &mut Document<'t>,
) -> Result<Entry<'t>, Wrong> {
    let mut entry = Entry {
        from: Word {
            text: "".into(),
            place: document.place(span),
        },
        query: Vec::new(),
        to: None,
        status: None,
        force: false,
        conditions: Vec::new(),
    };
    let mut has_from = false;
    for (key, value) in table {
        let (value, span) = (value.get_ref(), value.span());
        // An older name counts where the newer one is missing.
        let newer = |names: &[&str]| names.iter().any(|name| table.contains_key(*name));
        match &**key.get_ref() {
            "origin" if newer(&["from"]) => {}
            "from" | "origin" => {
                entry.from = word(value, &span, document)?;
                has_from = true;
            }
            "destination" if newer(&["to"]) => {}
            "to" | "destination" => entry.to = Some(word(value, &span, document)?),
            "status" => {
                entry.status = Some(Status {
                    code: integer(value).ok_or_else(|| {
                        (
                            span.clone(),
                            "a status is a number",
                            "write it without quotes",
                        )
                    })?,
                    place: document.place(&span),
                });
            }
            "force" => {
                let wrong = (
                    span,
                    "this is neither true nor false",
                    "write `true` or `false`",
                );
                entry.force = value.as_bool().ok_or(wrong)?;
            }
            "params" if newer(&["query"]) => {}
            "parameters" if newer(&["query", "params"]) => {}
            "query" | "params" | "parameters" => {
                entry.query = pairs(value, &span, document)?;
            }
            "conditions" => entry.conditions.extend(pairs(value, &span, document)?),
            "signed" | "signing" | "sign" => {
                if value.as_bool() != Some(false) {
                    entry.conditions.push(Pair {
                        key: "signed".into(),
                        value: None,
                        place: document.place(&span),
                    });
                }
            }
            "headers" => document.say(
                Severity::Warning,
                &key.span(),
                "headers are for what is proxied, and a redirect has none",
                "remove them",
            ),
            "rate_limit" => document.say(
                Severity::Warning,
                &key.span(),
                "nothing is limited here",
                "let something in front limit it",
            ),
            name => {
                let message = "a redirect has no such key";
                let cure = match super::near(name, &KEYS) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "remove it, or look for a slip of the pen".to_owned(),
                };
                document.say(Severity::Warning, &key.span(), message, &cure);
            }
        }
    }
    if has_from {
        Ok(entry)
    } else {
        let cure = "write `from = \"/path\"`";
        Err((span.clone(), "this redirect has no source", cure))
    }
}

fn word<'t>(
    value: &DeValue<'_>,
    span: &Range<usize>,
    document: &mut Document<'t>,
) -> Result<Word<'t>, Wrong> {
    let Some(text) = value.as_str() else {
        return Err((span.clone(), "this is no text", "write it in quotes"));
    };
    let quotes = span.len().saturating_sub(text.len()) / 2;
    let inside = span.start + quotes..span.end.saturating_sub(quotes);
    Ok(Word {
        text: text.to_owned().into(),
        place: document.place(&inside),
    })
}

/// The pairs of a table; a list of texts becomes one, with commas.
fn pairs<'t>(
    value: &DeValue<'_>,
    span: &Range<usize>,
    document: &mut Document<'t>,
) -> Result<Vec<Pair<'t>>, Wrong> {
    let Some(table) = value.as_table() else {
        let cure = "write `{ key = \"value\" }`";
        return Err((span.clone(), "this is no table", cure));
    };
    let mut pairs = Vec::new();
    for (key, value) in table {
        let span = value.span();
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Array(list) => {
                let texts: Option<Vec<_>> = list.iter().map(|one| one.get_ref().as_str()).collect();
                let wrong = (span, "this is no list of texts", "write each in quotes");
                texts.ok_or(wrong)?.join(",")
            }
            _ => return Err((span, "this is no text", "write it in quotes")),
        };
        pairs.push(Pair {
            key: key.get_ref().to_string().into(),
            value: Some(text.into()),
            place: document.place(&(key.span().start..value.span().end)),
        });
    }
    Ok(pairs)
}

fn integer(value: &DeValue<'_>) -> Option<i64> {
    let integer = value.as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}
