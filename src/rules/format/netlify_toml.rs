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
//! # Ok::<(), tower_redirect::rules::Findings>(())
//! ```
//!
//! Each `[[redirects]]` entry means the same as a line of [`_redirects`](super::netlify). The first
//! entry that matches wins. The rest of the file isn't read. If the site has a `_redirects` file
//! too, [append](crate::rules::RulesBuilder::append) these rules to those of that file.
//!
//! | key | what it does here |
//! |---|---|
//! | `from` (formerly `origin`) | the source, as in `_redirects`; required |
//! | `to` (formerly `destination`) | the target, as in `_redirects`; required |
//! | `status` | the status; 301 if it is missing |
//! | `force` | `true` redirects even if the app has a page at the source, like the `!` in `_redirects` |
//! | `query` (formerly `params` or `parameters`) | a table of query conditions: `{ key = "value", other = ":name" }` |
//! | `conditions` | a table of `Country`, `Language` and `Cookie`, each a list or one string with commas |
//! | `signed` (formerly `signing` or `sign`) | not supported; a warning, and the rule is skipped unless it is `false` |
//! | `headers`, `rate_limit` | not supported; a warning, and the rule redirects without them |
//! | any other key | a warning; the key is ignored |
//!
//! If an entry has a key under both names, the newer name counts. An entry with an error is
//! skipped. If the file isn't valid TOML, it has no rules at all, since Netlify wouldn't build the
//! site either.

use std::{borrow::Cow, ops::Range};

use toml::de::{DeTable, DeValue};

use super::{
    Parsed,
    document::Document,
    file_format::{FileFormat, FileReader},
    messages::{quoted, similar_name, unknown_key_help},
    netlify::{
        self, Headers, Options,
        entry::{Entry, Pair, Status, Word},
        parse_int,
    },
    print::Reason,
    rewrite::OriginalEntry,
};
use crate::rules::{FindingCode, Findings, Format, Precedence, QueryPolicy, Rule, Rules};

/// Parses a file and returns its rules. Warnings are dropped.
///
/// ```
/// use tower_redirect::rules::netlify_toml;
///
/// let rules = netlify_toml::parse("[[redirects]]\nfrom = '/a'\nto = '/b'")?;
/// assert_eq!(rules.len(), 1);
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
///
/// # Errors
///
/// Returns all findings, warnings included, if one of them is an error.
pub fn parse(text: &str) -> Result<Rules, Findings> {
    Format::NetlifyToml.parse(text)
}

/// Parses a file and returns the valid rules and all findings. Entries with errors are skipped.
///
/// ```
/// use tower_redirect::rules::netlify_toml;
///
/// let parsed = netlify_toml::parse_lossy("[[redirects]]\nfrom = '/a'\nstatus = 'moved'");
/// assert!(parsed.rules.is_empty());
/// assert_eq!(
///     parsed.findings.to_string(),
///     "rules:3:10: error: `status` must be a number; \
///      write a number, for example `status = 301`",
/// );
/// ```
#[must_use]
pub fn parse_lossy(text: &str) -> Parsed {
    Format::NetlifyToml.parse_lossy(text)
}

/// Returns options for reading a file, without any set.
///
/// ```
/// use http::HeaderName;
/// use tower_redirect::rules::netlify_toml;
/// use tower_redirect::testing;
///
/// let header = HeaderName::from_static("cf-ipcountry");
/// let rules = netlify_toml::options().country_header(header).parse(
///     r#"
///     [[redirects]]
///     from = "/"
///     to = "/de"
///     conditions = { Country = ["de", "at"] }
///     "#,
/// )?;
/// testing::get("/").header("cf-ipcountry", "AT").through(&rules).assert_redirect("/de");
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
pub fn options() -> Options {
    Options::new(reader)
}

fn reader(headers: &Headers) -> FileReader {
    let headers = headers.clone();
    FileReader::Document(
        Precedence::FirstMatch,
        Box::new(move |document| read(document, &headers)),
    )
}

/// See [`Format::NetlifyToml`].
pub(super) struct NetlifyToml;

impl FileFormat for NetlifyToml {
    fn reader(&self) -> FileReader {
        reader(&Headers::default())
    }

    fn print_entry(&self, rule: &Rule) -> Result<String, Reason> {
        print(rule)
    }

    fn frame(&self) -> [&'static str; 3] {
        ["", "\n\n", "\n"]
    }

    fn rewrite_target(
        &self,
        target: String,
        _: QueryPolicy,
        _: &OriginalEntry<'_>,
    ) -> Result<String, Reason> {
        Ok(string(&target))
    }

    fn rewrite_status(&self, status: u16, old: &OriginalEntry<'_>) -> Result<String, Reason> {
        // In a table on one line, something follows each value.
        let is_inline = old.around[1].trim_start().starts_with([',', '}']);
        Ok(match old.status {
            Some(_) => status.to_string(),
            None if is_inline => format!(", status = {status}"),
            None => format!("\nstatus = {status}"),
        })
    }
}

fn read(mut document: Document<'_>, headers: &Headers) -> Parsed {
    let (table, errors) = DeTable::parse_recoverable(document.text);
    for error in &errors {
        let span = error.span().unwrap_or(0..0);
        document.report(
            FindingCode::Syntax,
            &span,
            &format!("invalid TOML: {}", error.message()),
            "fix the syntax, since the file has no rules until then",
        );
    }
    if !errors.is_empty() {
        return document.finish();
    }
    let redirects = table.get_ref().get("redirects");
    let mut has_near = false;
    for key in table.get_ref().keys() {
        if similar_name(key.get_ref(), &["redirects"]).is_some() {
            let message = format!("the key {} is ignored", quoted(key.get_ref()));
            let help = "did you mean `redirects`?";
            let code = match redirects {
                Some(_) => FindingCode::UnknownKey,
                None => FindingCode::InvalidEntry,
            };
            document.report(code, &key.span(), &message, help);
            has_near = true;
        }
    }
    if let Some(redirects) = redirects {
        let span = redirects.span();
        let Some(list) = redirects.get_ref().as_array() else {
            document.report(
                FindingCode::InvalidEntry,
                &span,
                "`redirects` must be a list",
                "start each redirect with `[[redirects]]`",
            );
            return document.finish();
        };
        for one in list.iter() {
            document.begin_entry();
            let span = one.span();
            let entry = match one.get_ref().as_table() {
                Some(table) => entry(table, &span, &mut document),
                None => Err((
                    span,
                    "a redirect must be a table".into(),
                    "start it with `[[redirects]]`, and write `from` and `to` below",
                )),
            };
            match entry {
                Ok(entry) => entry.add(headers, document.loader()),
                Err((span, message, help)) => {
                    document.report(FindingCode::InvalidEntry, &span, &message, help);
                }
            }
        }
    } else if let Some(key) = table.get_ref().keys().next().filter(|_| !has_near) {
        let message = "this file has no `[[redirects]]`";
        let help = "add one, or don't load this file";
        document.report(FindingCode::InvalidEntry, &key.span(), message, help);
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

pub(super) type Wrong = (Range<usize>, Cow<'static, str>, &'static str);

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
        in_toml: true,
    };
    let mut has_from = false;
    for (key, value) in table {
        let (value, span) = (value.get_ref(), value.span());
        // An older name counts where the newer one is missing.
        let newer = |names: &[&str]| names.iter().any(|name| table.contains_key(*name));
        match &**key.get_ref() {
            "origin" if newer(&["from"]) => {}
            "from" | "origin" => {
                entry.from = word(key.get_ref(), value, &span, document)?;
                has_from = true;
            }
            "destination" if newer(&["to"]) => {}
            "to" | "destination" => {
                entry.to = Some(word(key.get_ref(), value, &span, document)?);
            }
            "status" => {
                entry.status = Some(Status {
                    code: status(value).ok_or_else(|| {
                        (
                            span.clone(),
                            "`status` must be a number".into(),
                            "write a number, for example `status = 301`",
                        )
                    })?,
                    place: document.place(&span),
                });
            }
            "force" => {
                let wrong = (
                    span,
                    "`force` must be true or false".into(),
                    "write `true` or `false` without quotes",
                );
                entry.force = value.as_bool().ok_or(wrong)?;
            }
            "params" if newer(&["query"]) => {}
            "parameters" if newer(&["query", "params"]) => {}
            "query" | "params" | "parameters" => {
                entry.query = pairs(key.get_ref(), value, &span, document)?;
            }
            name @ "conditions" => {
                entry
                    .conditions
                    .extend(pairs(name, value, &span, document)?);
            }
            "signed" | "signing" | "sign" => {
                if value.as_bool() != Some(false) {
                    entry.conditions.push(Pair {
                        key: "signed".into(),
                        value: None,
                        place: document.place(&span),
                    });
                }
            }
            "headers" => document.report(
                FindingCode::UnsupportedOption,
                &key.span(),
                "`headers` only apply to proxies, so they are ignored",
                "remove them",
            ),
            "rate_limit" => document.report(
                FindingCode::UnsupportedOption,
                &key.span(),
                "`rate_limit` isn't supported, so it is ignored",
                "limit requests in front of the app",
            ),
            name => {
                let message = format!("the key {} is ignored", quoted(name));
                let help = unknown_key_help(name, &KEYS);
                document.report(FindingCode::UnknownKey, &key.span(), &message, &help);
            }
        }
    }
    if has_from {
        Ok(entry)
    } else {
        let help = "add it, for example `from = \"/old\"`";
        Err((span.clone(), "this redirect has no `from`".into(), help))
    }
}

fn word<'t>(
    key: &str,
    value: &DeValue<'_>,
    span: &Range<usize>,
    document: &mut Document<'t>,
) -> Result<Word<'t>, Wrong> {
    let Some(text) = value.as_str() else {
        return Err(no_text(key, span.clone()));
    };
    let quotes = span.len().saturating_sub(text.len()) / 2;
    let inside = span.start + quotes..span.end.saturating_sub(quotes);
    Ok(Word {
        text: text.to_owned().into(),
        place: document.place(&inside),
    })
}

fn no_text(key: &str, span: Range<usize>) -> Wrong {
    let message = format!("{} must be text", quoted(key));
    (span, message.into(), "write it in quotes")
}

/// The pairs of a table; a list of texts becomes one, with commas.
fn pairs<'t>(
    name: &str,
    value: &DeValue<'_>,
    span: &Range<usize>,
    document: &mut Document<'t>,
) -> Result<Vec<Pair<'t>>, Wrong> {
    let Some(table) = value.as_table() else {
        let message = format!("{} must be a table", quoted(name));
        let help = "write it as `{ key = \"value\" }`";
        return Err((span.clone(), message.into(), help));
    };
    let mut pairs = Vec::new();
    for (key, value) in table {
        let span = value.span();
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Array(list) => {
                let texts: Option<Vec<_>> = list.iter().map(|one| one.get_ref().as_str()).collect();
                let wrong = || {
                    let message = format!("the values of {} must be text", quoted(key.get_ref()));
                    (span, message.into(), "write each of them in quotes")
                };
                texts.ok_or_else(wrong)?.join(",")
            }
            _ => return Err(no_text(key.get_ref(), span)),
        };
        pairs.push(Pair {
            key: key.get_ref().to_string().into(),
            value: Some(text.into()),
            place: document.place(&(key.span().start..value.span().end)),
        });
    }
    Ok(pairs)
}

/// The number that a status is. In quotes it counts too, whatever follows it.
fn status(value: &DeValue<'_>) -> Option<i64> {
    if let Some(text) = value.as_str() {
        return parse_int(text);
    }
    let integer = value.as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// A table of a `netlify.toml`.
fn print(rule: &Rule) -> Result<String, Reason> {
    let redirect = netlify::print::redirect(rule)?;
    let mut table = format!(
        "[[redirects]]\nfrom = {}\nto = {}\nstatus = {}",
        string(&redirect.from),
        string(&redirect.to),
        redirect.status
    );
    if redirect.force {
        table.push_str("\nforce = true");
    }
    let query = redirect.query.iter();
    let query = query.map(|(key, value)| format!("{} = {}", string(key), string(value)));
    let conditions = redirect.conditions.iter();
    let conditions = conditions.map(|(key, value)| format!("{key} = {}", string(value)));
    for (key, pairs) in [
        ("query", query.collect::<Vec<_>>()),
        ("conditions", conditions.collect()),
    ] {
        if !pairs.is_empty() {
            table.push_str(&format!("\n{key} = {{ {} }}", pairs.join(", ")));
        }
    }
    Ok(table)
}

fn string(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
