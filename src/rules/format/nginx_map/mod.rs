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
//! # Ok::<(), tower_redirect::rules::Diagnostics>(())
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
//! | key | what it does here |
//! |---|---|
//! | `/a` | matches this path, and also `/A` |
//! | `example.com/a` | matches this path on this host |
//! | `example.com` | matches every path on this host |
//! | `*.example.com` | matches every path on every subdomain; only below a `hostnames;` entry |
//! | `.example.com` | the same, and the host itself |
//! | `~regex` | matches if the regex is found anywhere in the path; needs the `regex` feature |
//! | `~*regex` | the same, whatever the case |
//! | `default` | matches if no other key does |
//! | `\default`, `\~a` | the plain texts `default` and `~a` |
//!
//! | value | what it does here |
//! |---|---|
//! | `/b`, `https://new.example/` | redirects to this target; the query of the request is dropped |
//! | `/b$is_args$args`, `/b$is_args$query_string` | redirects to `/b` with the query of the request |
//! | `$1`, `$name`, `${name}` | inserts a group of the regex in the key |
//! | `""` | doesn't redirect |
//!
//! Quote a key or value that contains white space, `;` or `{`. A `#` between words starts a
//! comment.
//!
//! # Which entry wins
//!
//! Exact keys come first, then hosts from the longest to the shortest, then the first regex that
//! matches, then `default`. If two entries have the same key, the first counts and the second is an
//! error.
//!
//! Paths are compared as [`Rule`] describes. A regex sees the path as the client sent it, with its
//! percent-encoding.
//!
//! # Not supported
//!
//! | syntax | what happens |
//! |---|---|
//! | any other variable in a value, such as `$host` | a warning; the entry is skipped |
//! | a key with a query, a key `www.example.*`, an empty key | a warning; the entry is skipped |
//! | `*.example.com` or `.example.com` without `hostnames;` | a warning; the entry is skipped |
//! | regex lookaround and backreferences | a warning; the entry is skipped |
//! | `include` | a warning; the other file isn't read |
//! | a key with `""` that a regex or `default` also matches | a warning; the other entry redirects it |
//! | `volatile` | nothing |
//! | a key with a scheme, a block that isn't a `map`, another directive | an error; the entry is skipped |

use std::{io, ops::Range, path::Path};

use super::{
    Kind, Parsed,
    document::{Document, Places},
    map, quoted,
};
use crate::{
    rules::{Diagnostics, Precedence, QueryPolicy, Rule, Rules, Severity, Source},
    status::StatusChoice,
};

pub(super) mod tokens;
mod value;

use tokens::{End, Token, Tokens};

/// Parses a file and returns its rules, which redirect with this status. Warnings are dropped.
///
/// ```
/// use tower_redirect::Status;
/// use tower_redirect::rules::nginx_map;
///
/// assert_eq!(nginx_map::parse("/a /b; /c /d;", Status::Found)?.len(), 2);
/// # Ok::<(), tower_redirect::rules::Diagnostics>(())
/// ```
///
/// # Errors
///
/// Returns all diagnostics, warnings included, if one of them is an error.
pub fn parse(text: &str, status: impl Into<StatusChoice>) -> Result<Rules, Diagnostics> {
    parse_lossy(text, status).into_result()
}

/// Parses a file and returns the valid rules and all diagnostics. Entries with errors are skipped.
///
/// ```
/// use tower_redirect::Status;
/// use tower_redirect::rules::nginx_map;
///
/// let parsed = nginx_map::parse_lossy("/a /b;\n/A /c;\n", Status::Found);
/// assert_eq!(
///     parsed.diagnostics.to_string(),
///     "rules:2:1: error: line 1 already has the key `/A`, so this entry is skipped; \
///      remove one of the two",
/// );
/// ```
#[must_use]
pub fn parse_lossy(text: &str, status: impl Into<StatusChoice>) -> Parsed {
    read(text, status.into())
}

/// Loads a file and parses it like [`parse_lossy`]. Diagnostics and rules name the file.
///
/// ```no_run
/// use tower_redirect::Status;
/// use tower_redirect::rules::nginx_map;
///
/// let parsed = nginx_map::load_lossy("redirects.map", Status::PermanentRedirect)?;
/// eprintln!("{}", parsed.diagnostics);
/// assert!(!parsed.rules.is_empty());
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// Returns an error if the file can't be read.
pub fn load_lossy(path: impl AsRef<Path>, status: impl Into<StatusChoice>) -> io::Result<Parsed> {
    kind(status.into()).load(path.as_ref())
}

/// How such a text is taken apart.
pub(super) fn kind(how: StatusChoice) -> Kind {
    Kind::Document(Box::new(move |text| read(text, how)))
}

/// Reads a document.
pub(super) fn read(text: &str, how: StatusChoice) -> Parsed {
    let mut document = Document::new(text, Precedence::MostSpecific);
    document.reserve();
    let mut reader = Reader {
        document,
        how,
        hostnames: false,
        default: None,
        takes_more: false,
        without_value: Vec::new(),
    };
    let mut tokens = Tokens::new(text);
    let mut entry = Vec::new();
    loop {
        match tokens.next_entry(&mut entry) {
            Ok(End::Semicolon) => {
                reader.document.begin_entry();
                reader.entry(&entry);
            }
            Ok(End::Open) => reader.block(&entry),
            Ok(End::Close) => {}
            Ok(End::Text) => break,
            Err(wrong) => {
                let cure = wrong.cure;
                reader
                    .document
                    .say(Severity::Error, &wrong.bytes, wrong.message, cure);
            }
        }
    }
    reader.finish()
}

/// What else redirects in a configuration of nginx.
const DIRECTIVES: [&str; 4] = ["rewrite", "return", "if", "set"];

/// The most keys without a value that are kept in mind.
const MOST: usize = 1000;

struct Reader<'t> {
    document: Document<'t>,
    how: StatusChoice,
    hostnames: bool,
    /// What answers where nothing else does, and the entry that says so.
    default: Option<(Rule, Places)>,
    /// Whether one entry answers for more than one address.
    takes_more: bool,
    without_value: Vec<Range<usize>>,
}

impl Reader<'_> {
    fn say(&mut self, severity: Severity, bytes: &Range<usize>, message: &str, cure: &str) {
        self.document.say(severity, bytes, message, cure);
    }

    /// The head of a block.
    fn block(&mut self, entry: &[Token<'_>]) {
        match entry {
            [map, _, _] if map.text == "map" => {}
            [first, ..] => {
                let message = format!("{} starts a block that isn't a `map`", quoted(&first.text));
                let cure =
                    "put a word that contains `{` in quotes, or load only the entries of one map";
                self.say(Severity::Error, &first.bytes, &message, cure);
            }
            [] => {}
        }
    }

    fn entry(&mut self, entry: &[Token<'_>]) {
        match entry {
            [] => {}
            [word] if word.text == "hostnames" => self.hostnames = true,
            [word] if word.text == "volatile" => {}
            [word, file] if word.text == "include" => {
                let message = format!(
                    "`include` isn't supported, so {} isn't read",
                    quoted(&file.text)
                );
                let cure = "load that file on its own, or copy its entries here";
                self.say(Severity::Warning, &word.bytes, &message, cure);
            }
            [key, value] => self.pair(key, value),
            [first, rest @ ..] => {
                let key = quoted(&first.text);
                let (message, cure) = if DIRECTIVES.contains(&&*first.text) {
                    let message = format!("{key} is a directive of nginx, not an entry of a map");
                    (message, "load only the entries of one map")
                } else if let Some(value) = rest.first() {
                    let message = format!("expected `;` after the value {}", quoted(&value.text));
                    (
                        message,
                        "add it, or put a value that contains spaces in quotes",
                    )
                } else {
                    let message = format!("the key {key} has no value");
                    (
                        message,
                        "write one before the `;`, for example `/old /new;`",
                    )
                };
                self.say(Severity::Error, &first.bytes, &message, cure);
            }
        }
    }

    fn pair(&mut self, key: &Token<'_>, value: &Token<'_>) {
        let is_default = key.text == "default";
        let regex = key.text.strip_prefix('~');
        let text = key.text.strip_prefix('\\').unwrap_or(&key.text);
        if map::has_scheme(text) {
            let (message, cure) = map::no_scheme(text);
            return self.say(Severity::Error, &key.bytes, &message, cure);
        }
        if value.text.is_empty() {
            if !is_default && self.without_value.len() < MOST {
                self.without_value.push(key.bytes.clone());
            }
            return;
        }
        let places = Places {
            entry: key.bytes.clone(),
            source: key.bytes.clone(),
            host: key.bytes.clone(),
            target: value.bytes.clone(),
            conditions: key.bytes.clone(),
        };
        if is_default && self.default.is_some() {
            let message = "there is already a `default`, so this one is skipped";
            self.say(
                Severity::Error,
                &key.bytes,
                message,
                "remove one of the two",
            );
        } else if is_default {
            self.takes_more = true;
            if let Some(rule) = self.targeted(value, &[], Source::from("/{*_rest?}")) {
                self.default = Some((rule, places));
            }
        } else if let Some(regex) = regex {
            self.takes_more = true;
            self.regex(regex, &places, value);
        } else if self.can_be_asked(text, &key.bytes) {
            let Some(mut rule) = self.targeted(value, &[], Source::from("")) else {
                return;
            };
            let of_key = map::rule(self.how, text, String::new());
            self.takes_more |= !text.contains('/');
            rule.source = of_key.source;
            rule.options.host = of_key.options.host;
            self.document.first(&places, rule.ignore_case());
        }
    }

    /// A rule with the target that a value is; `None` where why there is none was said.
    fn targeted(
        &mut self,
        value: &Token<'_>,
        groups: &[Option<String>],
        source: Source,
    ) -> Option<Rule> {
        match value::target(&value.text, groups) {
            Ok((target, keeps_query)) => {
                let policy = if keeps_query {
                    QueryPolicy::Keep
                } else {
                    QueryPolicy::Drop
                };
                Some(Rule::new(self.how, source, target).query(policy))
            }
            Err(variable) => {
                let name = quoted(&format!("${variable}"));
                let (message, cure) = if variable.is_empty() {
                    let message = format!("{name} isn't followed by the name of a variable");
                    (message, "write `%24` for a plain `$`")
                } else if variable.bytes().all(|byte| byte.is_ascii_digit()) {
                    let message = format!("the key has no group {name}");
                    (
                        message,
                        "add the group to the key, or remove it from the value",
                    )
                } else {
                    let message = format!("the variable {name} isn't supported");
                    (
                        message,
                        "write its value instead, or insert a group of the key",
                    )
                };
                let message = format!("{message}, so this entry is skipped");
                self.say(Severity::Warning, &value.bytes, &message, cure);
                None
            }
        }
    }

    /// Whether a key is one of a path or a host.
    fn can_be_asked(&mut self, text: &str, bytes: &Range<usize>) -> bool {
        let host = text.split('/').next().unwrap_or_default();
        let key = quoted(text);
        let (why, cure) = if text.is_empty() {
            ("an empty key never matches".to_owned(), "remove it")
        } else if text.contains('?') {
            let why = format!("the query in the key {key} isn't supported");
            (why, "write only the path")
        } else if host.ends_with(".*") {
            let why = format!("`.*` at the end of the host {key} isn't supported");
            (why, "write an entry for each host")
        } else if !self.hostnames && (host.starts_with("*.") || host.starts_with('.')) {
            let why = format!("{key} only matches subdomains after `hostnames;`");
            (why, "write `hostnames;` on a line above")
        } else {
            return true;
        };
        let message = format!("{why}, so this entry is skipped");
        self.say(Severity::Warning, bytes, &message, cure);
        false
    }

    #[cfg(feature = "regex")]
    fn regex(&mut self, text: &str, places: &Places, value: &Token<'_>) {
        use super::regex_problem;
        use crate::rules::verify::regex_beginning;
        let (text, folds) = match text.strip_prefix('*') {
            Some(text) => (text, true),
            None => (text, false),
        };
        let compiled = match self.document.regex(text, folds) {
            Ok(compiled) => compiled,
            Err(flaw) => {
                let (severity, message, cure) = regex_problem(text, &flaw);
                return self.say(severity, &places.source, &message, &cure);
            }
        };
        let groups: Vec<_> = compiled
            .capture_names()
            .map(|name| name.map(str::to_owned))
            .collect();
        if regex_beginning(text.strip_prefix('^').unwrap_or(text)).contains('?') {
            let key = quoted(text);
            let why =
                format!("the query in the key {key} isn't supported, so this entry is skipped");
            return self.say(
                Severity::Warning,
                &places.source,
                &why,
                "write only the path",
            );
        }
        // It is found anywhere, and the first place counts.
        let source = Source::regex(&format!("(?s:.*?)(?:{text})(?s:.*)"));
        if let Some(rule) = self.targeted(value, &groups, source) {
            let rule = if folds { rule.ignore_case() } else { rule };
            self.document.rule(places, rule);
        }
    }

    #[cfg(not(feature = "regex"))]
    fn regex(&mut self, _: &str, places: &Places, _: &Token<'_>) {
        let message = "this key is a regex, and the `regex` feature is off";
        let cure = "enable the `regex` feature of tower-redirect";
        self.say(Severity::Error, &places.source, message, cure);
    }

    fn finish(mut self) -> Parsed {
        self.document.end_entry();
        if let Some((rule, places)) = self.default.take() {
            self.document.begin_entry();
            self.document.rule(&places, rule);
            self.document.end_entry();
        }
        if self.takes_more {
            for bytes in std::mem::take(&mut self.without_value) {
                let key = quoted(self.document.text.get(bytes.clone()).unwrap_or_default());
                let message =
                    format!("{key} has an empty value, but another entry can still redirect it");
                let cure = "change the hosts, regexes and `default` that match it";
                self.say(Severity::Warning, &bytes, &message, cure);
            }
        }
        self.document.finish()
    }
}
