//! Reads a rule from one line.

use std::ops::Range;

use http::{Method, StatusCode};

use super::{
    condition::condition,
    words::{Cursor, Text},
};
use crate::{
    location::HttpScheme,
    redirect::CacheControl,
    rules::{
        Finding, Outcome, Part, QueryPolicy, Rule,
        format::messages::STATUS_HELP,
        options::Edit,
        source::{Source, SourceKind},
        syntax::{self, Word},
        text_range::TextRange,
    },
    status::{Status, StatusChoice},
};

/// A rule, and where its parts are.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) rule: Rule,
    whole: TextRange,
    source: TextRange,
    target: TextRange,
    /// The status after the target, with the white space before it.
    status: TextRange,
    options: TextRange,
    /// What isn't quoted is written as it is meant, so that an error can point into it.
    is_quoted: [bool; 2],
}

impl Line {
    /// Takes the rule out.
    pub(super) fn take_rule(&mut self) -> Rule {
        std::mem::replace(&mut self.rule, Rule::pass(""))
    }

    /// Returns the bytes of the target with its quotes, and of the status after it.
    pub(super) fn target_and_status(&self) -> [Range<usize>; 2] {
        let quote = usize::from(self.is_quoted[1]);
        [
            self.target.start - quote..self.target.end + quote,
            self.status.start..self.status.end,
        ]
    }

    /// Returns an error of the rule with its position in the line.
    pub(super) fn of_line(&self, error: &Finding) -> Finding {
        let [is_source_quoted, is_target_quoted] = self.is_quoted;
        let (part, is_quoted) = match error.part() {
            Some(Part::Source) => (self.source, is_source_quoted),
            Some(Part::Target) => (self.target, is_target_quoted),
            Some(Part::Condition) => (self.options, true),
            _ => (self.whole, true),
        };
        let range = match error.range() {
            Some(inner) if !is_quoted => TextRange {
                start: (part.start + inner.start).min(part.end),
                end: (part.start + inner.end).min(part.end),
            },
            _ => part,
        };
        let (message, help) = (error.message().to_owned(), error.help().to_owned());
        Finding::new(error.code(), message, help).with_range(range)
    }
}

/// Reads a line. Returns `None` if it has no rule.
pub(super) fn line(text: &str) -> Result<Option<Line>, Finding> {
    let mut cursor = Cursor::new(text);
    if !cursor.next_word() {
        return Ok(None);
    }
    let start = cursor.at;
    let (mut rule, source, is_source_quoted) = source(&mut cursor)?;
    if !cursor.take_word("->") {
        let end = source.end;
        let is_path = text.get(start..).is_some_and(|text| text.starts_with('/'));
        if is_path && text.get(end..).is_some_and(|rest| rest.contains(" -> ")) {
            return Err(Finding::at(
                end..cursor.at.max(end + 1),
                "a source has no spaces",
                "write `%20`, or put the source in quotes",
            ));
        }
        return Err(Finding::at(
            start..end,
            "this rule has no `->`",
            "write it between the source and the target, with spaces around it",
        ));
    }
    if !cursor.next_word() {
        return Err(Finding::at(
            cursor.at - 1..cursor.at,
            "this rule has no target",
            "write it after the `->`, for example `/old -> /new`",
        ));
    }
    let target = outcome(&mut cursor, &mut rule)?;
    let status = target.end()..cursor.at;
    let mut options = TextRange {
        start: cursor.at,
        end: cursor.at,
    };
    let mut cache = Cache::default();
    while cursor.next_word() {
        if options.start == options.end {
            options.start = cursor.at;
        }
        rule = option(&mut cursor, rule, &mut cache)?;
        options.end = cursor.at;
    }
    rule.options.cache = cache.control()?;
    Ok(Some(Line {
        rule,
        whole: (start..options.end.max(target.range.end)).into(),
        source,
        target: target.range,
        status: status.into(),
        options,
        is_quoted: [is_source_quoted, target.is_quoted],
    }))
}

/// Reads the source of a rule. Its outcome is read later.
fn source(cursor: &mut Cursor<'_>) -> Result<(Rule, TextRange, bool), Finding> {
    let start = cursor.at;
    let kind: fn(Word) -> Result<SourceKind, Finding> = if cursor.take("~") {
        cursor.check_quote()?;
        |regex| Ok(SourceKind::Regex(regex))
    } else if cursor.take("prefix:") {
        |path| Ok(SourceKind::Prefix(path))
    } else if cursor.take("exact:") {
        |path| Ok(SourceKind::Exact(path))
    } else if cursor.take("pattern:") {
        pattern
    } else {
        |word| Ok(SourceKind::Text(word.text))
    };
    let is_path = cursor.at == start;
    let any_host = is_path && cursor.take("any://");
    let host = match any_host {
        true => Some(cursor.text(&['/'])?),
        false => None,
    };
    let text = cursor.text(&[])?;
    cursor.end_word()?;
    let range = text.range;
    let path = match host {
        Some(_) if text.text.is_empty() => "/".to_owned(),
        _ => text.text.into_owned(),
    };
    let length = path.len();
    let kind = kind(Word::new(path, 0..length))
        .map_err(|error| error.in_part(Part::Source, "").with_range(range));
    let source = Source::new(kind?);
    let mut rule = Rule::pass(source);
    if let Some(host) = host {
        rule = rule.host(&host.text);
    }
    Ok((rule, range, text.is_quoted))
}

/// Reads a path in which `:name` and `*` are literal.
fn pattern(word: Word) -> Result<SourceKind, Finding> {
    let Word { text, range } = word;
    let read = syntax::source(&text)?;
    match read.origin.is_none() && read.query.is_empty() {
        true => Ok(SourceKind::Pattern(read.path)),
        false => Err(Finding::at(
            range,
            "a pattern is a path",
            "write the host as `host=`, and the query as `query:`",
        )),
    }
}

/// Reads what the rule does.
fn outcome<'l>(cursor: &mut Cursor<'l>, rule: &mut Rule) -> Result<Text<'l>, Finding> {
    let text = cursor.text(&[])?;
    cursor.end_word()?;
    rule.outcome = if text.is("pass") {
        Outcome::Pass
    } else if text.is("gone") {
        Outcome::Refuse(StatusCode::GONE)
    } else if text.is("refuse") {
        cursor.next_word();
        let status = cursor.text(&[])?;
        let code = read_status(&status.text);
        Outcome::Refuse(code.ok_or_else(|| {
            Finding::at(
                status.range,
                format!("`{}` isn't a status", status.text),
                "write a status after `refuse`, for example `refuse 403`",
            )
        })?)
    } else {
        rule.target = text.text.clone().into_owned().into();
        Outcome::Redirect(status(cursor)?)
    };
    Ok(text)
}

fn read_status(text: &str) -> Option<StatusCode> {
    let code = text.parse().ok()?;
    StatusCode::from_u16(code).ok()
}

/// Reads the status of a redirect, if there is one.
fn status(cursor: &mut Cursor<'_>) -> Result<StatusChoice, Finding> {
    let mut after = cursor.clone();
    if !after.next_word() {
        return Ok(Status::PermanentRedirect.into());
    }
    let word = after.text(&[])?;
    let text = &*word.text;
    match text.parse() {
        Ok(choice) => {
            *cursor = after;
            Ok(choice)
        }
        Err(_) if text.bytes().all(|byte| byte.is_ascii_digit()) => Err(Finding::at(
            word.range,
            format!("`{text}` isn't a redirect status"),
            STATUS_HELP,
        )),
        // It's an option.
        Err(_) => Ok(Status::PermanentRedirect.into()),
    }
}

/// The directives of a `Cache-Control` header.
#[derive(Default)]
struct Cache {
    max_age: Option<u64>,
    is_private: Option<TextRange>,
    no_store: bool,
}

impl Cache {
    fn control(self) -> Result<Option<CacheControl>, Finding> {
        let control = match (self.no_store, self.max_age) {
            (true, _) => CacheControl::no_store(),
            (false, Some(seconds)) => {
                CacheControl::max_age(std::time::Duration::from_secs(seconds))
            }
            (false, None) => {
                return match self.is_private {
                    None => Ok(None),
                    Some(range) => Err(Finding::at(
                        range,
                        "`private` needs a `max-age`",
                        "for example, write `private max-age=60`",
                    )),
                };
            }
        };
        Ok(Some(match self.is_private {
            Some(_) => control.private(),
            None => control,
        }))
    }
}

/// Reads one option.
fn option(cursor: &mut Cursor<'_>, rule: Rule, cache: &mut Cache) -> Result<Rule, Finding> {
    let key = cursor.text(&['=', ':'])?;
    if cursor.take(":") {
        return condition(cursor, rule, &key);
    }
    let has_value = cursor.take("=");
    let rule = if has_value {
        with_value(cursor, rule, cache, &key)?
    } else {
        flag(rule, cache, &key)?
    };
    cursor.end_word()?;
    Ok(rule)
}

fn flag(mut rule: Rule, cache: &mut Cache, key: &Text<'_>) -> Result<Rule, Finding> {
    let options = &mut rule.options;
    match &*key.text {
        "ignore-case" => options.matching.ignore_case = true,
        "ignore-trailing-slash" => options.matching.ignore_trailing_slash = true,
        "merge-slashes" => options.merge_slashes = true,
        "repeat-parameters" => options.repeats_asked = true,
        "last-capture" => options.shadows = true,
        "last-value" => options.last_value = true,
        "only-these-parameters" => options.only_these_parameters = true,
        "after-exact" => options.stands_with_patterns = true,
        "no-store" => cache.no_store = true,
        "private" => cache.is_private = Some(key.range),
        _ => return Err(key.unknown()),
    }
    Ok(rule)
}

fn with_value(
    cursor: &mut Cursor<'_>,
    mut rule: Rule,
    cache: &mut Cache,
    key: &Text<'_>,
) -> Result<Rule, Finding> {
    let is_pair = ["rename", "set"].contains(&&*key.text);
    let ends: &[char] = if is_pair { &[':'] } else { &[] };
    let value = cursor.text(ends)?;
    let invalid = |help: &'static str| {
        let message = format!("`{}` isn't a value of `{}`", value.text, key.text);
        Finding::at(value.range, message, help)
    };
    match &*key.text {
        "name" => return Ok(rule.named(&value.text)),
        "host" => return Ok(rule.host(&value.text)),
        "scheme" => {
            let scheme: Option<HttpScheme> = value.text.parse().ok();
            let scheme = scheme.ok_or_else(|| invalid("write `http` or `https`"))?;
            return Ok(rule.scheme(scheme));
        }
        "methods" | "not-methods" => {
            let methods = value.text.split(',').map(str::parse::<Method>);
            let methods = methods.collect::<Result<Vec<_>, _>>();
            let help = "list methods with commas, for example `methods=GET,HEAD`";
            let methods = methods.map_err(|_| invalid(help))?;
            return Ok(match &*key.text {
                "methods" => rule.methods(methods),
                _ => rule.except_methods(methods),
            });
        }
        "after" => {
            let status = read_status(&value.text);
            return Ok(rule.after(status.ok_or_else(|| invalid("for example, write `after=404`"))?));
        }
        "max-age" => {
            let seconds = value.text.parse().ok();
            let help = "write whole seconds, for example `max-age=60`";
            cache.max_age = Some(seconds.ok_or_else(|| invalid(help))?);
        }
        "query" => {
            rule.options.query = match &*value.text {
                "keep" => QueryPolicy::Keep,
                "drop" => QueryPolicy::Drop,
                "merge" => QueryPolicy::Merge,
                "target-wins" => QueryPolicy::TargetWins,
                _ => return Err(invalid("write `keep`, `drop`, `merge` or `target-wins`")),
            };
        }
        "except" if value.is_quoted => return Ok(rule.except([value.text])),
        "except" => return Ok(rule.except(value.text.split(','))),
        "remove" if value.is_quoted => rule.options.edits.push(Edit::Remove((*value.text).into())),
        "remove" => {
            let keys = value.text.split(',');
            rule.options
                .edits
                .extend(keys.map(|key| Edit::Remove(key.into())));
        }
        "rename" | "set" => {
            if !cursor.take(":") {
                return Err(invalid("write two values with a `:` between them"));
            }
            let second = cursor.text(&[])?;
            let (first, second) = ((*value.text).into(), (*second.text).into());
            rule.options.edits.push(match &*key.text {
                "set" => Edit::Set(first, second),
                _ => Edit::Rename(first, second),
            });
        }
        _ => return Err(key.unknown()),
    }
    Ok(rule)
}
