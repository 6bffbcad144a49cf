//! A redirect of Netlify's, from whichever of its files: what it says, and the rules that it becomes.

use std::{borrow::Cow, collections::HashSet};

use super::{Line, Loader, Place, Rule, Severity};
use crate::{
    rules::{
        Condition, QueryPolicy, ask,
        format::{
            STATUSES,
            placeholders::{self, Name, is_of_name},
            quoted,
        },
        pattern,
    },
    status::Status as OurStatus,
};

/// What a redirect says.
#[derive(Clone, Debug)]
pub(in crate::rules::format) struct Entry<'l> {
    pub(in crate::rules::format) from: Word<'l>,
    pub(in crate::rules::format) query: Vec<Pair<'l>>,
    pub(in crate::rules::format) to: Option<Word<'l>>,
    pub(in crate::rules::format) status: Option<Status<'l>>,
    pub(in crate::rules::format) force: bool,
    pub(in crate::rules::format) conditions: Vec<Pair<'l>>,
    /// Whether it is written as TOML, for the fixes that show how.
    pub(in crate::rules::format) in_toml: bool,
}

/// A text, and where it stands.
#[derive(Clone, Debug)]
pub(in crate::rules::format) struct Word<'l> {
    pub(in crate::rules::format) text: Cow<'l, str>,
    pub(in crate::rules::format) place: Place<'l>,
}

/// A key and perhaps a value; conditions have lists, with `,` between their parts.
#[derive(Clone, Debug)]
pub(in crate::rules::format) struct Pair<'l> {
    pub(in crate::rules::format) key: Cow<'l, str>,
    pub(in crate::rules::format) value: Option<Cow<'l, str>>,
    pub(in crate::rules::format) place: Place<'l>,
}

/// A status, whatever it is.
#[derive(Clone, Debug)]
pub(in crate::rules::format) struct Status<'l> {
    pub(in crate::rules::format) code: i64,
    pub(in crate::rules::format) place: Place<'l>,
}

/// The name of the tail in a target.
const SPLAT: &str = "splat";

/// The cookie that overrules the language of the browser.
const LANGUAGE_COOKIE: &str = "nf_lang";

/// That a rule was left out, and why.
struct LeftOut<'l>(Severity, Place<'l>, String, &'static str);

impl<'l> Word<'l> {
    pub(super) fn of(place: Place<'l>) -> Self {
        Self {
            text: place.text().into(),
            place,
        }
    }
}

impl<'l> Pair<'l> {
    /// What is left and right of the first `=`, up to the next.
    pub(super) fn of(word: &Word<'l>) -> Self {
        let mut parts = word.text.split('=');
        Self {
            key: parts.next().unwrap_or_default().to_owned().into(),
            value: parts.next().map(|value| value.to_owned().into()),
            place: word.place.clone(),
        }
    }
}

impl<'l> Entry<'l> {
    /// Adds the rules, or says why there are none.
    pub(in crate::rules::format) fn add(&self, loader: &mut Loader) {
        if let Err(LeftOut(severity, place, message, cure)) = self.try_add(loader) {
            loader.say_at(severity, &place, &message, cure);
        }
    }

    fn try_add(&self, loader: &mut Loader) -> Result<(), LeftOut<'l>> {
        let target = self.target()?;
        let status = self.redirect_status()?;
        self.warn_of_slashes(&target, loader);
        let mut names = Vec::new();
        let source = self.source(&mut names, loader)?;
        let (conditions, cookies) = self.conditions(loader)?;
        let mut rule_options = self.query(&mut names, loader);
        rule_options.extend(conditions);

        let (native, findings) = placeholders::target(&target.text, &names, "Netlify replaces");
        for (bytes, message, cure) in findings {
            let place = within(&target.place, bytes);
            loader.say_at(Severity::Warning, &place, &message, cure);
        }
        let mut rule = Rule::new(status, source, native).query(QueryPolicy::TargetWins);
        if !rule_is_splat(&self.from.text) {
            rule = rule.ignore_trailing_slash();
        }
        if !self.force {
            rule = rule.after_not_found();
        }
        for has in rule_options {
            rule = rule.when(has);
        }
        rule.options.shadows = !self.query.is_empty();
        // One of the cookies is enough: a rule for each.
        let rules: Vec<_> = match &*cookies {
            [] => vec![rule],
            some => some
                .iter()
                .map(|name| rule.clone().when(Condition::cookie(name)))
                .collect(),
        };
        for rule in rules {
            if let Some(line) = loader.last_copy(&self.from.place, &target.place, rule) {
                let message =
                    format!("line {line} has the same rule, and only the last one counts");
                let cure = "remove one of the two";
                loader.say_at(Severity::Warning, &self.from.place, &message, cure);
            }
        }
        Ok(())
    }

    /// Where it leads; a rewrite of everything below a path may leave it out.
    fn target(&self) -> Result<Word<'l>, LeftOut<'l>> {
        if let Some(to) = &self.to {
            return Ok(to.clone());
        }
        let front = self.from.text.strip_suffix("/*");
        let code = self.status.as_ref().map_or(0, |status| status.code);
        match front.filter(|_| (200..300).contains(&code)) {
            Some(front) => Ok(Word {
                text: format!("{front}/:{SPLAT}").into(),
                place: self.from.place.clone(),
            }),
            None => Err(LeftOut(
                Severity::Error,
                self.from.place.clone(),
                format!("the source {} has no target", quoted(&self.from.text)),
                if self.in_toml {
                    "add it, for example `to = \"/new\"`"
                } else {
                    "write it after the source, for example `/old /new`"
                },
            )),
        }
    }

    /// Says where only a slash at the end is appended or trimmed.
    fn warn_of_slashes(&self, target: &Word<'_>, loader: &mut Loader) {
        let (from, to) = (&*self.from.text, &*target.text);
        let is_one = from.trim_end_matches('/') == to.trim_end_matches('/');
        if from != to && is_one && self.query.is_empty() {
            let (from, to) = (quoted(from), quoted(to));
            let message =
                format!("Netlify treats {from} and {to} as one URL, so this is a loop there");
            let cure = "remove the rule, and use the policy `TrailingSlash` in the app";
            loader.say_at(Severity::Warning, &target.place, &message, cure);
        }
    }

    fn redirect_status(&self) -> Result<OurStatus, LeftOut<'l>> {
        let Some(Status { code, place }) = &self.status else {
            return Ok(OurStatus::MovedPermanently);
        };
        let known = u16::try_from(*code).ok();
        if let Some(status) = known.and_then(|code| OurStatus::try_from(code).ok()) {
            return Ok(status);
        }
        let (severity, message, cure) = match code {
            200 => (
                Severity::Warning,
                "status 200 is a rewrite, not a redirect, so this rule is skipped".into(),
                "remove the rule, and serve these URLs from the app",
            ),
            404 => (
                Severity::Warning,
                "status 404 is an error page, not a redirect, so this rule is skipped".into(),
                "remove the rule, and send the error page from the app",
            ),
            100..=599 => (
                Severity::Warning,
                format!("status {code} isn't a redirect, so this rule is skipped"),
                STATUSES,
            ),
            _ => (
                Severity::Error,
                format!("`{code}` isn't a valid status"),
                STATUSES,
            ),
        };
        Err(LeftOut(severity, place.clone(), message, cure))
    }

    /// The native source, perhaps with scheme and host.
    fn source(&self, names: &mut Vec<Name>, loader: &mut Loader) -> Result<String, LeftOut<'l>> {
        let from = &*self.from.text;
        let address = ["http://", "https://"]
            .iter()
            .find_map(|scheme| from.strip_prefix(scheme));
        let path_at = match address {
            Some(rest) => {
                from.len() - rest.len() + rest.find(['/', '?', '#']).unwrap_or(rest.len())
            }
            None => 0,
        };
        let (origin, mut path) = from.split_at_checked(path_at).unwrap_or(("", from));
        if let Some(mark) = path.find(['?', '#']) {
            let place = within(&self.from.place, path_at + mark..from.len());
            let rest = path.get(mark..).unwrap_or_default();
            let (what, cure) = match (rest.starts_with('?'), self.in_toml) {
                (true, true) => (
                    "query",
                    "write it as a condition, for example `query = { key = \"value\" }`",
                ),
                (true, false) => (
                    "query",
                    "write it as a condition, for example `/old key=value /new`",
                ),
                (false, _) => ("fragment", "remove it, since browsers don't send it"),
            };
            let rest = quoted(rest);
            if address.is_none() {
                let message = format!("a source path can't have a {what} ({rest})");
                return Err(LeftOut(Severity::Error, place, message, cure));
            }
            let message = format!("the {what} {rest} of a source URL is ignored");
            loader.say_at(Severity::Warning, &place, &message, cure);
            path = path.get(..mark).unwrap_or_default();
        }
        if path.starts_with("/.netlify") {
            return Err(LeftOut(
                Severity::Error,
                self.from.place.clone(),
                "paths that start with `/.netlify` are reserved by Netlify".into(),
                "use another source",
            ));
        }
        // Most sources are themselves.
        if !from.contains(['{', '}', '*', ':']) {
            return Ok(from.to_owned());
        }
        let mut native = pattern::escape(origin);
        let mut at = path_at;
        let mut segments = path.split('/').peekable();
        if path.starts_with('/') {
            segments.next();
            at += 1;
        } else if !path.is_empty() {
            // It is refused where rules are built, with the place.
            return Ok(pattern::escape(path));
        }
        while let Some(segment) = segments.next() {
            let place = within(&self.from.place, at..at + segment.len());
            let is_last = segments.peek().is_none();
            if segment == "*" && is_last {
                names.push(Name::new(SPLAT));
                native.push_str(if native.len() == origin.len() {
                    "/{*splat?}"
                } else {
                    "{/*splat}"
                });
                break;
            }
            native.push('/');
            if let Some(name) = segment
                .strip_prefix(':')
                .filter(|name| is_placeholder(name))
            {
                let name = Name::new(name);
                native.push_str(&format!("{{{}}}", name.native));
                names.push(name);
            } else if has_marks(segment) {
                return Err(LeftOut(
                    Severity::Warning,
                    place,
                    format!(
                        "the segment {} isn't supported, so this rule is skipped",
                        quoted(segment)
                    ),
                    "use `*` only as the last segment, and `:name` only as a whole segment",
                ));
            } else {
                native.push_str(&pattern::escape(segment));
            }
            at += segment.len() + 1;
        }
        Ok(native)
    }

    /// What the query has to have; of a key that is there twice, the last value counts.
    fn query(&self, names: &mut Vec<Name>, loader: &mut Loader) -> Vec<Condition> {
        let mut conditions = Vec::new();
        for (at, Pair { key, value, place }) in self.query.iter().enumerate() {
            let later = self.query.get(at + 1..).unwrap_or_default();
            if later.iter().any(|pair| pair.key == *key) {
                continue;
            }
            let has = Condition::query(&ask::plain(key));
            let value = value.as_deref().unwrap_or_default();
            conditions.push(match value.strip_prefix(':') {
                Some(name) if is_placeholder(name) => {
                    let name = Name::new(name);
                    let has = has.captured_as(&name.native);
                    names.push(name);
                    has
                }
                _ if value.is_empty() => {
                    let name = quoted(key);
                    let message =
                        format!("{name} has no value, and Netlify doesn't match it reliably");
                    let name = name.trim_matches('`');
                    let cure = if self.in_toml {
                        format!("write `{name} = \":value\"`")
                    } else {
                        format!("write `{name}=:value`, or `%20` for a space in a path")
                    };
                    loader.say_at(Severity::Warning, place, &message, &cure);
                    has
                }
                _ => has.equal_to(&ask::plain(value)),
            });
        }
        conditions
    }

    /// What else a request has to have, and the cookies of which one is enough; the last of a kind counts.
    fn conditions(
        &self,
        loader: &mut Loader,
    ) -> Result<(Vec<Condition>, Vec<String>), LeftOut<'l>> {
        let mut conditions = Vec::new();
        let mut cookies = Vec::new();
        let mut later = HashSet::new();
        let last_of_kind = |pair: &&Pair<'_>| later.insert(pair.key.to_ascii_lowercase());
        let mut last: Vec<_> = self.conditions.iter().rev().filter(last_of_kind).collect();
        last.reverse();
        for Pair { key, value, place } in last {
            let left_out = |message: String, cure| {
                Err(LeftOut(Severity::Warning, place.clone(), message, cure))
            };
            let values = value.as_deref().unwrap_or_default().split(',');
            let values: Vec<_> = values
                .map(str::trim)
                .filter(|value| !value.is_empty())
                .collect();
            match &**key {
                "Country" | "country" => {
                    return left_out(
                        "`Country` isn't supported, so this rule is skipped".into(),
                        "redirect by country in front of the app, for example in a CDN",
                    );
                }
                "Role" | "role" | "Sign" | "sign" | "signed" => {
                    return left_out(
                        format!("`{key}` isn't supported, so this rule is skipped"),
                        "check it in the app",
                    );
                }
                "Language" | "language" if !values.is_empty() => {
                    if let Some(other) = values.iter().find(|value| value.len() != 2) {
                        let message = format!("the language {} never matches", quoted(other));
                        let cure = "write its two letters, for example `de` for `de-AT`";
                        loader.say_at(Severity::Warning, place, &message, cure);
                    }
                    let values: Vec<_> = values.iter().map(|v| v.to_ascii_lowercase()).collect();
                    let values = values.iter().map(String::as_str);
                    conditions.push(Condition::language(LANGUAGE_COOKIE).one_of(values));
                }
                "Cookie" | "cookie" if !values.is_empty() => {
                    cookies = values.into_iter().map(str::to_owned).collect();
                }
                "Language" | "language" | "Cookie" | "cookie" => {
                    return left_out(
                        format!("`{key}` has no value, so this rule is skipped"),
                        "add a language such as `de`, or the name of a cookie",
                    );
                }
                _ => {
                    let key = quoted(key);
                    return left_out(
                        format!("{key} isn't a known condition, so this rule is skipped"),
                        "use `Language` or `Cookie`, or remove it",
                    );
                }
            }
        }
        Ok((conditions, cookies))
    }
}

/// Whether a source ends in a tail, which brings its own slash.
fn rule_is_splat(from: &str) -> bool {
    from.ends_with("/*")
}

fn is_placeholder(name: &str) -> bool {
    name.starts_with(|c: char| is_of_name(c)) && name.chars().all(|c| is_of_name(c) || c == '-')
}

/// Whether a segment has something that looks like a placeholder.
fn has_marks(segment: &str) -> bool {
    let mut colons = segment.split(':').skip(1);
    segment.contains('*')
        || colons.any(|behind| behind.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// A part of a text that stands in the file as it is.
fn within<'l>(place: &Place<'l>, part: std::ops::Range<usize>) -> Place<'l> {
    let end = place.bytes.end;
    let (line, start): (Line<'l>, _) = (place.line, place.bytes.start);
    Place {
        line,
        bytes: (start + part.start).min(end)..(start + part.end).min(end),
    }
}
