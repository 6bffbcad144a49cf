//! Reads the entries of a map.

use std::{collections::HashMap, ops::Range};

use super::{
    Document, FindingCode, Parsed, QueryPolicy, Rule, Source, StatusChoice, map, quoted,
    tokens::{End, Token, Tokens},
    value::{self, Known, PATH},
    variable::Variable,
};
use crate::rules::{
    Condition, Finding, Part, condition::PathTest, format::spots::Spot, parameters,
    source::SourceKind,
};

/// Reads a document.
pub(in crate::rules::format) fn read(mut document: Document<'_>, how: StatusChoice) -> Parsed {
    let text = document.text;
    document.reserve();
    let mut reader = Reader {
        document,
        how,
        hostnames: false,
        default: None,
        variable: Some(Variable::of_entries(text)),
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
                let help = wrong.help;
                reader
                    .document
                    .report(FindingCode::Syntax, &wrong.bytes, wrong.message, help);
            }
        }
    }
    reader.finish()
}

/// What else redirects in a configuration of nginx.
const DIRECTIVES: [&str; 4] = ["rewrite", "return", "if", "set"];

pub(super) struct Reader<'t> {
    pub(super) document: Document<'t>,
    how: StatusChoice,
    hostnames: bool,
    /// The key, the value and the rule of the `default`, which comes last.
    default: Option<(Token<'t>, Token<'t>, Rule)>,
    /// What keys are compared with; `None` in a map of another variable, whose entries are skipped.
    pub(super) variable: Option<Variable>,
    /// Where the keys with a query begin.
    with_query: HashMap<String, usize>,
}

impl<'t> Reader<'t> {
    pub(super) fn report(
        &mut self,
        code: FindingCode,
        bytes: &Range<usize>,
        message: &str,
        help: &str,
    ) {
        self.document.report(code, bytes, message, help);
    }

    /// The head of a block.
    fn block(&mut self, entry: &[Token<'_>]) {
        match entry {
            [map, variable, _] if map.text == "map" => {
                self.variable = Variable::new(&variable.text);
                if self.variable.is_none() {
                    let name = quoted(&variable.text);
                    let message = format!("a map of {name} isn't supported, so it is skipped");
                    let help = "use a map of `$uri`, `$request_uri` or `$host`";
                    self.report(
                        FindingCode::UnsupportedOption,
                        &variable.bytes,
                        &message,
                        help,
                    );
                }
            }
            [first, ..] => {
                let message = format!("{} starts a block that isn't a `map`", quoted(&first.text));
                let help =
                    "put a word that contains `{` in quotes, or load only the entries of one map";
                self.report(FindingCode::Syntax, &first.bytes, &message, help);
            }
            [] => {}
        }
    }

    fn entry(&mut self, entry: &[Token<'t>]) {
        match entry {
            [] => {}
            [word] if word.text == "hostnames" => self.hostnames = true,
            [word] if word.text == "volatile" => {}
            [word, file] if word.text == "include" => {
                let message = format!(
                    "`include` isn't supported, so {} isn't read",
                    quoted(&file.text)
                );
                let help = "load that file on its own, or copy its entries here";
                self.report(FindingCode::UnsupportedOption, &word.bytes, &message, help);
            }
            [key, value] => self.pair(key, value),
            [first, rest @ ..] => {
                let key = quoted(&first.text);
                let (message, help) = if DIRECTIVES.contains(&&*first.text) {
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
                self.report(FindingCode::InvalidEntry, &first.bytes, &message, help);
            }
        }
    }

    fn pair(&mut self, key: &Token<'t>, value: &Token<'t>) {
        let text = key.text.strip_prefix('\\').unwrap_or(&key.text);
        if map::has_scheme(text) {
            let (message, help) = map::no_scheme(text);
            return self.report(FindingCode::NeverMatches, &key.bytes, &message, help);
        }
        if key.text == "default" && self.default.is_some() {
            let message = "there is already a `default`, so this one is skipped";
            let help = "remove one of the two";
            self.report(FindingCode::DuplicateSource, &key.bytes, message, help);
        } else if key.text == "default" {
            let rule = self.rule(map::every_path(PATH), value, Known::default());
            self.default = Some((key.clone(), value.clone(), rule));
        } else if let Some(regex) = key.text.strip_prefix('~') {
            self.regex(regex, key, value);
        } else if self.can_match(text, key) {
            self.exact(text, key, value);
        }
    }

    /// The entry of a host, a path or both, perhaps with a query.
    fn exact(&mut self, text: &str, key: &Token<'t>, value: &Token<'t>) {
        let (front, query) = text.split_once('?').unwrap_or((text, ""));
        let path_at = front.find('/').unwrap_or(front.len());
        let (source, host) = map::split(front);
        let mut rule = self.rule(source, value, Known::default()).ignore_case();
        if !host.is_empty() {
            rule = rule.host(host);
        }
        let has_query = |variable: &Variable| variable.has_query && path_at < front.len();
        if self.variable.as_ref().is_some_and(has_query) {
            rule.options.only_these_parameters = true;
            for (key, value) in parameters::pairs(query) {
                rule = rule.when(
                    Condition::query(&parameters::plain(key)).equal_to(&parameters::plain(value)),
                );
            }
        }
        let begin = key.bytes.start;
        self.spot(value);
        let before = if query.is_empty() {
            match self.document.try_first(begin, rule) {
                Ok(None) => return,
                Ok(Some(before)) => before,
                Err(error) => return self.report_error(key, value, &error),
            }
        } else {
            let at = self.with_query.entry(text.to_ascii_lowercase());
            let at = *at.or_insert(begin);
            if at == begin {
                return self.add(key, value, rule);
            }
            self.document.line_number(at)
        };
        let text = quoted(text);
        let message = format!("line {before} already has the key {text}, so this entry is skipped");
        let help = "remove one of the two";
        self.report(FindingCode::DuplicateSource, &key.bytes, &message, help);
    }

    /// Says where the target of the next rule is.
    fn spot(&self, value: &Token<'t>) {
        self.document
            .spot(|| Spot::new(&value.text, value.bytes.clone()));
    }

    /// Adds the rule of an entry.
    pub(super) fn add(&mut self, key: &Token<'t>, value: &Token<'t>, rule: Rule) {
        self.spot(value);
        let added = self.document.try_rule(key.bytes.start, &key.bytes, rule);
        if let Err(error) = added {
            self.report_error(key, value, &error);
        }
    }

    /// Reports what is wrong with the rule of an entry. If it is the target, the entry keeps its
    /// URLs from others.
    fn report_error(&mut self, key: &Token<'t>, value: &Token<'t>, error: &Finding) {
        let is_target = error.part() == Some(Part::Target);
        let token = if is_target { value } else { key };
        let start = match error.part() {
            Some(Part::Source | Part::Target) => {
                token.at(self.document.text, error.position().unwrap_or_default())
            }
            _ => token.bytes.start,
        };
        let start = start
            .min(token.bytes.end.saturating_sub(1))
            .max(token.bytes.start);
        let bytes = start..token.bytes.end;
        self.report(error.code(), &bytes, error.message(), error.help());
        if (is_target || error.code().is_loop()) && !value.text.is_empty() {
            let passes = Token {
                text: "".into(),
                bytes: value.bytes.clone(),
            };
            self.pair(key, &passes);
        }
    }

    /// Creates the rule of an entry. If its value can't be sent, requests pass through.
    pub(super) fn rule(&mut self, source: Source, value: &Token<'_>, known: Known<'_>) -> Rule {
        if value.text.is_empty() {
            return Rule::pass(source);
        }
        let variable = match value::target(&value.text, known) {
            Ok(target) => {
                let policy = match target.keeps_query {
                    true => QueryPolicy::Keep,
                    false => QueryPolicy::Drop,
                };
                let is_captured = matches!(&source.kind, SourceKind::Pattern(_));
                let mut rule = Rule::of_file(self.how, source, target.template).query(policy);
                if target.has_path && !is_captured {
                    let path = Condition::path(PathTest::Any);
                    rule = rule.when(path.captured_as(PATH));
                }
                rule.options.repeats_asked = true;
                return rule;
            }
            Err(variable) => variable,
        };
        let name = quoted(&format!("${variable}"));
        let (message, help) = if variable.is_empty() {
            let message = format!("{name} isn't followed by the name of a variable");
            (message, "write `%24` for a plain `$`")
        } else if variable.bytes().all(|byte| byte.is_ascii_digit()) {
            let message = format!("the key has no group {name}");
            let help = "add the group to the key, or remove it from the value";
            (message, help)
        } else {
            let message = format!("the variable {name} isn't supported");
            let help = "write its value instead, or insert a group of the key";
            (message, help)
        };
        let message = format!("{message}, so requests for this key pass through");
        self.report(FindingCode::UnsupportedTarget, &value.bytes, &message, help);
        Rule::pass(source)
    }

    /// Whether a key can match a request.
    fn can_match(&mut self, text: &str, token: &Token<'_>) -> bool {
        let front = text.split('?').next().unwrap_or_default();
        let slash = front.find('/').unwrap_or(front.len());
        let (host, path) = front.split_at_checked(slash).unwrap_or((front, ""));
        if host.ends_with(".*") {
            let why = format!(
                "`.*` at the end of the host {} isn't supported",
                quoted(text)
            );
            let code = FindingCode::UnsupportedSource;
            self.never_matches(code, token, &why, "write an entry for each host");
            return false;
        }
        let variable = self.variable.as_ref();
        let of = variable
            .map(|variable| quoted(&variable.text))
            .unwrap_or_default();
        let rejected = variable.and_then(|variable| variable.rejects(host, path));
        let has_query = variable.is_some_and(|variable| variable.has_query);
        let key = quoted(text);
        let (why, help) = if text.is_empty() {
            ("an empty key never matches".to_owned(), "remove it")
        } else if let Some(help) = rejected {
            (format!("{key} never matches in a map of {of}"), help)
        } else if text.contains('?') && (!has_query || path.is_empty()) {
            let why = format!("the query in the key {key} never matches");
            (why, "write only the path, or use a map of `$request_uri`")
        } else if !self.hostnames && (host.starts_with("*.") || host.starts_with('.')) {
            let why = format!("{key} only matches subdomains after `hostnames;`");
            (why, "write `hostnames;` on a line above")
        } else {
            return true;
        };
        let message = format!("{why}, so this entry is skipped");
        self.report(FindingCode::NeverMatches, &token.bytes, &message, help);
        false
    }

    /// Reports a key whose URLs aren't known.
    pub(super) fn never_matches(
        &mut self,
        code: FindingCode,
        key: &Token<'_>,
        why: &str,
        help: &str,
    ) {
        let message = format!("{why}, so it never matches, and other keys may redirect its URLs");
        self.report(code, &key.bytes, &message, help);
    }

    #[cfg(not(feature = "regex"))]
    fn regex(&mut self, _: &str, key: &Token<'_>, _: &Token<'_>) {
        let message = "this key is a regex, and the `regex` feature is off";
        let help = "enable the `regex` feature of tower-redirect";
        self.report(FindingCode::MissingFeature, &key.bytes, message, help);
    }

    fn finish(mut self) -> Parsed {
        self.document.end_entry();
        if let Some((key, value, rule)) = self.default.take() {
            self.document.begin_entry();
            self.add(&key, &value, rule);
            self.document.end_entry();
        }
        self.document.finish()
    }
}
