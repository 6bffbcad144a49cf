//! One redirect of a list.

use std::ops::Range;

use super::{
    destination::{self, Capture},
    glob::{self, Problem, Translated},
};
use crate::{
    rules::{
        FindingCode, Outcome, Part, Rule,
        format::{
            document::Document,
            json::{self, Object, Value},
            messages::{STATUS_HELP, quoted, unknown_key_help},
            spots::Spot,
        },
        source::SourceKind,
    },
    status::Status,
};

const KEYS: [&str; 5] = ["source", "glob", "regex", "destination", "type"];

/// Paths that Firebase serves itself.
pub(super) const RESERVED: &str = "/__/{*_rest?}";

/// A text of the entry, and where it stands.
struct Text<'t> {
    value: Value<'t>,
    text: String,
}

/// Reads an entry. Returns `None` if it was left out, after saying why.
pub(super) fn read(document: &mut Document<'_>, entry: Value<'_>) -> Option<()> {
    let mut reader = Reader { document };
    let Some(object) = entry.object() else {
        let help = "write it as `{ \"source\": …, \"destination\": … }`";
        return reader.error(&entry.bytes(), "a redirect must be an object", help);
    };
    for (name, value) in object.iter().filter(|(name, _)| !KEYS.contains(&&***name)) {
        let key = json::key(reader.document.text, name, value);
        let message = format!("unknown key {} is ignored", quoted(name));
        let help = unknown_key_help(name, &KEYS);
        reader
            .document
            .report(FindingCode::UnknownKey, &key, &message, &help);
    }
    let (key, source) = reader.source(&entry, &object)?;
    let target = reader.text(&entry, &object, "destination")?;
    let status = reader.status(&object)?;
    let (rule, captures) = reader.matched(key, &source)?;
    reader.document.spot(|| {
        let status = object.get("type").map(Value::bytes);
        Spot::new(&target.text, target.value.bytes()).status(status)
    });
    reader.add(&entry, (&source, rule), (&target, status), &captures)
}

struct Reader<'d, 't> {
    document: &'d mut Document<'t>,
}

impl Reader<'_, '_> {
    /// The key that says what to match, and its text.
    fn source<'v>(
        &mut self,
        entry: &Value<'v>,
        object: &Object<'v>,
    ) -> Option<(&'static str, Text<'v>)> {
        let mut keys = ["source", "glob", "regex"].into_iter();
        let mut keys = keys.by_ref().filter(|key| object.contains_key(*key));
        let Some(key) = keys.next() else {
            return self.missing(entry, object, "source");
        };
        if let Some((other, value)) = keys.next().and_then(|key| Some((key, object.get(key)?))) {
            let bytes = json::key(self.document.text, other, value);
            let message = format!("this redirect has both `{key}` and `{other}`");
            return self.error(&bytes, &message, "remove one of them");
        }
        Some((key, self.text(entry, object, key)?))
    }

    fn text<'v>(&mut self, entry: &Value<'v>, object: &Object<'v>, key: &str) -> Option<Text<'v>> {
        let Some(value) = object.get(key).copied() else {
            return self.missing(entry, object, key);
        };
        let Some(text) = value.string() else {
            let message = format!("`{key}` must be text");
            return self.error(&value.bytes(), &message, "write it in quotes");
        };
        Some(Text { value, text })
    }

    fn missing<T>(&mut self, entry: &Value<'_>, object: &Object<'_>, key: &str) -> Option<T> {
        let first = json::first_key(self.document.text, object, entry);
        let message = format!("this redirect has no `{key}`");
        self.error(&first, &message, &format!("add `\"{key}\": \"…\"`"))
    }

    fn status(&mut self, object: &Object<'_>) -> Option<Status> {
        let Some(value) = object.get("type") else {
            return Some(Status::MovedPermanently);
        };
        let status = value.integer().and_then(|code| Status::try_from(code).ok());
        if status.is_none() {
            let written = self.document.text.get(value.bytes()).unwrap_or_default();
            let message = format!("{} isn't a redirect status", quoted(written));
            self.document.report(
                FindingCode::InvalidStatus,
                &value.bytes(),
                &message,
                STATUS_HELP,
            );
        }
        status
    }

    /// The rule of a source, which passes requests through so far, and its placeholders.
    fn matched(&mut self, key: &str, source: &Text<'_>) -> Option<(Rule, Vec<Capture>)> {
        if key == "regex" {
            let (source, captures) = self.regex(source)?;
            return Some((Rule::pass(source).except([RESERVED]), captures));
        }
        let inside = source.value.inside();
        let path = source.text.trim_start_matches('/');
        if path.starts_with("__/") {
            let message = "Firebase reserves the paths below `/__/`";
            return self.skip(
                FindingCode::NeverMatches,
                &inside,
                message,
                "choose another path",
            );
        }
        let Translated {
            source: own,
            captures,
            excluded,
            ignores_slash,
        } = match glob::translate(&source.text) {
            Ok(translated) => translated,
            Err(Problem::Glob(wrong)) => {
                let bytes = source.value.part(wrong.bytes);
                return self.skip(
                    FindingCode::UnsupportedSource,
                    &bytes,
                    wrong.message,
                    wrong.help,
                );
            }
            #[cfg(not(feature = "regex"))]
            Err(Problem::NeedsRegex) => return self.needs_regex(&inside),
        };
        let mut rule = Rule::pass(own);
        if ignores_slash {
            rule = rule.ignore_trailing_slash();
        }
        for condition in excluded {
            rule = rule.unless(condition);
        }
        // A glob that begins with other text matches no such path anyway.
        let has_wildcard = path.starts_with([':', '*', '?', '[', '{', '@', '+', '!']);
        if has_wildcard || path.starts_with('_') {
            rule = rule.except([RESERVED]);
        }
        Some((rule, captures))
    }

    #[cfg(feature = "regex")]
    fn regex(&mut self, source: &Text<'_>) -> Option<(crate::rules::Source, Vec<Capture>)> {
        let text = &source.text;
        // It may match anywhere in the path.
        let is_whole = !text.contains('|');
        let start = if is_whole && text.starts_with('^') {
            ""
        } else {
            ".*?"
        };
        let ends = text.ends_with('$') && !text.ends_with("\\$");
        let end = if is_whole && ends { "" } else { ".*" };
        let whole = format!("{start}(?:{text}){end}");
        let regex = match self.document.regex(text, false) {
            Ok(_) => self.document.regex(&whole, false),
            Err(error) => Err(error),
        };
        let regex = match regex {
            Ok(regex) => regex,
            Err(error) => {
                let (code, message, help) = crate::rules::format::messages::regex_problem(&error);
                let inside = source.value.inside();
                self.document.report(code, &inside, &message, &help);
                return None;
            }
        };
        let mut captures = Vec::new();
        for (number, name) in regex.capture_names().enumerate().skip(1) {
            let number = number.to_string();
            let native = name.unwrap_or(&number).to_owned();
            captures.extend(
                [Some(&*number), name]
                    .into_iter()
                    .flatten()
                    .map(|written| Capture {
                        written: written.to_owned(),
                        native: native.clone(),
                        is_rest: false,
                    }),
            );
        }
        Some((crate::rules::Source::regex(&whole), captures))
    }

    #[cfg(not(feature = "regex"))]
    fn regex(&mut self, source: &Text<'_>) -> Option<(crate::rules::Source, Vec<Capture>)> {
        self.needs_regex(&source.value.inside())
    }

    #[cfg(not(feature = "regex"))]
    fn needs_regex<T>(&mut self, bytes: &Range<usize>) -> Option<T> {
        let message = "this pattern needs a regex, and the `regex` feature is off";
        self.skip(
            FindingCode::UnsupportedRegex,
            bytes,
            message,
            "enable the `regex` feature of tower-redirect",
        )
    }

    /// Adds a redirect, or a rule that passes requests through if its target isn't supported.
    fn add(
        &mut self,
        entry: &Value<'_>,
        (source, rule): (&Text<'_>, Rule),
        (target, status): (&Text<'_>, Status),
        captures: &[Capture],
    ) -> Option<()> {
        let at = entry.bytes().start;
        let place = source.value.inside();
        let is_regex = matches!(rule.source.kind, SourceKind::Regex(_));
        let mut redirect = rule.clone();
        redirect.outcome = Outcome::Redirect(status.into());
        redirect.target = match destination::translate(&target.text, captures) {
            Ok(target) => target.into(),
            Err(name) => {
                let written = quoted(target.text.get(name.clone()).unwrap_or_default());
                let message = format!("the source doesn't have the placeholder {written}");
                let help = "add it to the source, or write `%3A` for a plain colon";
                return self.skip(
                    FindingCode::UnsupportedTarget,
                    &target.value.part(name),
                    &message,
                    help,
                );
            }
        };
        let error = match self.document.try_rule(at, &place, redirect) {
            Ok(()) => return Some(()),
            Err(error) => error,
        };
        let (message, help) = (error.message(), error.help());
        match error.part() {
            _ if error.code().is_loop() => self.document.report_in(&place, &error),
            Some(Part::Target) => {
                // Later redirects must not take the URLs of one that can't be sent.
                let message = format!("{message}, so requests for this redirect pass through");
                let bytes = target.value.place(&error);
                self.document
                    .report(FindingCode::UnsupportedTarget, &bytes, &message, help);
                if let Err(error) = self.document.try_rule(at, &place, rule) {
                    return self.skip(
                        FindingCode::UnsupportedSource,
                        &place,
                        error.message(),
                        error.help(),
                    );
                }
            }
            // The places in a regex are those of its own text.
            Some(Part::Source) if !is_regex => {
                let bytes = source.value.place(&error);
                return self.skip(FindingCode::UnsupportedSource, &bytes, message, help);
            }
            _ => return self.skip(FindingCode::UnsupportedSource, &place, message, help),
        }
        None
    }

    /// Something that Firebase rejects.
    fn error<T>(&mut self, bytes: &Range<usize>, message: &str, help: &str) -> Option<T> {
        self.document
            .report(FindingCode::InvalidEntry, bytes, message, help);
        None
    }

    /// Something that isn't supported, or that Firebase never matches.
    fn skip<T>(
        &mut self,
        code: FindingCode,
        bytes: &Range<usize>,
        message: &str,
        help: &str,
    ) -> Option<T> {
        let message = format!("{message}, so this redirect is skipped");
        self.document.report(code, bytes, &message, help);
        None
    }
}
