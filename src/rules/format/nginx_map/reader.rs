//! Reads the entries of a map.

use std::{collections::HashMap, ops::Range};

use super::{
    Document, FindingCode, Parsed, Places, QueryPolicy, Rule, Source, StatusChoice, map, quoted,
    tokens::{End, Token, Tokens},
    value::{self, Group, Known},
    variable::Variable,
};
use crate::rules::{Condition, Precedence, ask, pattern};

/// Reads a document.
pub(in crate::rules::format) fn read(text: &str, how: StatusChoice) -> Parsed {
    let mut document = Document::new(text, Precedence::MostSpecific);
    document.reserve();
    let mut reader = Reader {
        document,
        how,
        hostnames: false,
        default: None,
        takes_more: false,
        without_value: Vec::new(),
        variable: Some(Variable::of_entries(text)),
        last_group_has_query: false,
        with_query: HashMap::new(),
    };
    let mut tokens = Tokens::new(text);
    let mut entry = Vec::new();
    loop {
        match tokens.next_entry(&mut entry) {
            Ok(End::Semicolon) if reader.variable.is_none() => {}
            Ok(End::Semicolon) => {
                reader.document.begin_entry();
                reader.entry(&entry);
            }
            Ok(End::Open) => reader.block(&entry),
            Ok(End::Close) => reader.variable = Some(Variable::of_entries("")),
            Ok(End::Text) => break,
            Err(wrong) => {
                let cure = wrong.cure;
                reader
                    .document
                    .report(FindingCode::Syntax, &wrong.bytes, wrong.message, cure);
            }
        }
    }
    reader.finish()
}

/// What else redirects in a configuration of nginx.
const DIRECTIVES: [&str; 4] = ["rewrite", "return", "if", "set"];

/// The most keys without a value that are kept in mind.
const MOST: usize = 1000;

pub(super) struct Reader<'t> {
    pub(super) document: Document<'t>,
    how: StatusChoice,
    hostnames: bool,
    /// What answers where nothing else does, and the entry that says so.
    default: Option<(Rule, Places)>,
    /// Whether one entry answers for more than one address.
    takes_more: bool,
    without_value: Vec<Range<usize>>,
    /// What keys are compared with; `None` in a map of another variable, whose entries are skipped.
    pub(super) variable: Option<Variable>,
    /// Whether the last group of the key covers the query too.
    pub(super) last_group_has_query: bool,
    /// The lines of the keys with a query.
    with_query: HashMap<String, u32>,
}

impl Reader<'_> {
    pub(super) fn report(
        &mut self,
        code: FindingCode,
        bytes: &Range<usize>,
        message: &str,
        cure: &str,
    ) {
        self.document.report(code, bytes, message, cure);
    }

    /// The head of a block.
    fn block(&mut self, entry: &[Token<'_>]) {
        match entry {
            [map, variable, _] if map.text == "map" => {
                self.variable = Variable::new(&variable.text);
                if self.variable.is_none() {
                    let name = quoted(&variable.text);
                    let message = format!("a map of {name} isn't supported, so it is skipped");
                    let cure = "use a map of `$uri`, `$request_uri` or `$host`";
                    self.report(
                        FindingCode::UnsupportedOption,
                        &variable.bytes,
                        &message,
                        cure,
                    );
                }
            }
            [first, ..] => {
                let message = format!("{} starts a block that isn't a `map`", quoted(&first.text));
                let cure =
                    "put a word that contains `{` in quotes, or load only the entries of one map";
                self.report(FindingCode::Syntax, &first.bytes, &message, cure);
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
                self.report(FindingCode::UnsupportedOption, &word.bytes, &message, cure);
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
                self.report(FindingCode::InvalidEntry, &first.bytes, &message, cure);
            }
        }
    }

    fn pair(&mut self, key: &Token<'_>, value: &Token<'_>) {
        let is_default = key.text == "default";
        let regex = key.text.strip_prefix('~');
        let text = key.text.strip_prefix('\\').unwrap_or(&key.text);
        if map::has_scheme(text) {
            let (message, cure) = map::no_scheme(text);
            return self.report(FindingCode::NeverMatches, &key.bytes, &message, cure);
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
            self.report(
                FindingCode::DuplicateSource,
                &key.bytes,
                message,
                "remove one of the two",
            );
        } else if is_default {
            self.takes_more = true;
            let (source, path) = map::EVERY_PATH;
            if let Some(rule) = self.targeted(value, &[], Source::from(source), Some(path)) {
                self.default = Some((rule, places));
            }
        } else if let Some(regex) = regex {
            self.takes_more = true;
            self.regex(regex, &places, value);
        } else if self.can_match(text, &key.bytes) {
            self.exact(text, &places, value);
        }
    }

    /// The entry of a host, a path or both, perhaps with a query.
    fn exact(&mut self, text: &str, places: &Places, value: &Token<'_>) {
        let (front, query) = text.split_once('?').unwrap_or((text, ""));
        let path_at = front.find('/').unwrap_or(front.len());
        let path = front.get(path_at..).unwrap_or_default();
        self.takes_more |= path.is_empty();
        let literal = pattern::escape(path).replace('#', "%23");
        let path = if path.is_empty() {
            map::EVERY_PATH.1
        } else {
            &literal
        };
        let Some(mut rule) = self.targeted(value, &[], Source::from(""), Some(path)) else {
            return;
        };
        let of_key = map::rule(self.how, front, String::new());
        rule.source = of_key.source;
        rule.options.host = of_key.options.host;
        rule = rule.ignore_case();
        let has_query = |variable: &Variable| variable.has_query && path_at < front.len();
        if !self.variable.as_ref().is_some_and(has_query) {
            return self.document.first(places, rule);
        }
        rule.options.only_these_parameters = true;
        for (key, value) in ask::pairs(query) {
            rule = rule.when(Condition::query(&ask::plain(key)).equal_to(&ask::plain(value)));
        }
        if query.is_empty() {
            return self.document.first(places, rule);
        }
        let line = self.document.line_number(places.entry.start);
        let before = *self
            .with_query
            .entry(text.to_ascii_lowercase())
            .or_insert(line);
        if before == line {
            return self.document.rule(places, rule);
        }
        let key = quoted(text);
        let message = format!("line {before} already has the key {key}, so this entry is skipped");
        self.report(
            FindingCode::DuplicateSource,
            &places.entry,
            &message,
            "remove one of the two",
        );
    }

    /// Creates a rule with the target of a value, or reports why there is none.
    pub(super) fn targeted(
        &mut self,
        value: &Token<'_>,
        groups: &[Group],
        source: Source,
        path: Option<&str>,
    ) -> Option<Rule> {
        let known = Known { groups, path };
        match value::target(&value.text, known) {
            Ok(target) => {
                let takes_rest = target.ends_with_group && self.last_group_has_query;
                let policy = if target.keeps_query || takes_rest {
                    QueryPolicy::Keep
                } else {
                    QueryPolicy::Drop
                };
                let mut rule = Rule::new(self.how, source, target.text).query(policy);
                rule.options.repeats_asked = true;
                Some(rule)
            }
            Err(variable) => {
                let name = quoted(&format!("${variable}"));
                let (message, cure) = if variable.is_empty() {
                    let message = format!("{name} isn't followed by the name of a variable");
                    (message, "write `%24` for a plain `$`")
                } else if variable
                    .parse()
                    .is_ok_and(|at: usize| at > 0 && at < groups.len())
                {
                    let message = format!("{name} is a group of a host without a name");
                    (
                        message,
                        "write `(?<name>…)` in the key, and `$name` in the value",
                    )
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
                self.report(FindingCode::UnsupportedTarget, &value.bytes, &message, cure);
                None
            }
        }
    }

    /// Whether a key can match a request.
    fn can_match(&mut self, text: &str, bytes: &Range<usize>) -> bool {
        let front = text.split('?').next().unwrap_or_default();
        let slash = front.find('/').unwrap_or(front.len());
        let (host, path) = front.split_at_checked(slash).unwrap_or((front, ""));
        let variable = self.variable.as_ref();
        let of = variable
            .map(|variable| quoted(&variable.text))
            .unwrap_or_default();
        let rejected = variable.and_then(|variable| variable.rejects(host, path));
        let has_query = variable.is_some_and(|variable| variable.has_query);
        let key = quoted(text);
        let (why, cure) = if text.is_empty() {
            ("an empty key never matches".to_owned(), "remove it")
        } else if let Some(cure) = rejected {
            (format!("{key} never matches in a map of {of}"), cure)
        } else if text.contains('?') && (!has_query || path.is_empty()) {
            let why = format!("the query in the key {key} never matches");
            (why, "write only the path, or use a map of `$request_uri`")
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
        self.report(FindingCode::NeverMatches, bytes, &message, cure);
        false
    }

    #[cfg(not(feature = "regex"))]
    fn regex(&mut self, _: &str, places: &Places, _: &Token<'_>) {
        let message = "this key is a regex, and the `regex` feature is off";
        let cure = "enable the `regex` feature of tower-redirect";
        self.report(FindingCode::MissingFeature, &places.source, message, cure);
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
                self.report(FindingCode::Misleading, &bytes, &message, cure);
            }
        }
        self.document.finish()
    }
}
