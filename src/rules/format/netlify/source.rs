//! The source of a redirect: literal segments, `:name` and `*`.
//!
//! A `*` covers everything from its place on, and may end the source (`/a/*`), follow a prefix
//! (`/blog*`) or stand in the middle (`/a/*/b`). The first is a native pattern, the others are a
//! regex.

use std::{collections::HashSet, ops::Range};

use super::{
    FindingCode, LeftOut, Loader, Place, Rule,
    entry::{Entry, SPLAT},
};
use crate::{
    location::HttpScheme,
    rules::{
        Source,
        format::{
            messages::quoted,
            placeholders::{Name, is_of_name},
        },
        pattern,
        syntax::{self, Pattern, Tail, TailKind},
    },
};

/// Which requests a source matches.
pub(super) struct Matched<'e> {
    pub(super) source: Source,
    origin: Option<(HttpScheme, &'e str)>,
    /// Whether a slash at the end makes no difference. A tail and a regex have their own.
    ignores_slash: bool,
}

impl Matched<'_> {
    /// Restricts a rule to what the source says besides its path.
    pub(super) fn restrict(&self, mut rule: Rule) -> Rule {
        if let Some((scheme, host)) = self.origin {
            rule = rule.scheme(scheme).host(host);
        }
        if self.ignores_slash {
            rule = rule.ignore_trailing_slash();
        }
        rule
    }
}

/// The placeholders of a source and a query.
///
/// If a name is used twice, the target inserts the first. The others get names that no target can
/// write.
#[derive(Debug, Default)]
pub(super) struct Names {
    in_target: Vec<Name>,
    /// The names that the file has.
    written: HashSet<String>,
    taken: HashSet<String>,
}

impl Names {
    /// Adds a placeholder and returns what the rule calls it.
    pub(super) fn add(&mut self, written: &str) -> String {
        let is_first = self.written.insert(written.to_owned());
        let mut name = Name::new(written);
        // A group of a regex can't start with a digit.
        let starts_well = !name.native.starts_with(|c: char| c.is_ascii_digit());
        if !is_first {
            // Longer prefixes one after the other would take cubic time.
            name.native = format!("_{}_{}", self.taken.len(), name.native);
        } else if !starts_well {
            name.native.insert(0, '_');
        }
        while self.taken.contains(&name.native) {
            name.native.insert(0, '_');
        }
        let native = name.native.clone();
        self.taken.insert(native.clone());
        self.in_target.extend(is_first.then_some(name));
        native
    }

    /// Those that a target can insert.
    pub(super) fn in_target(&self) -> &[Name] {
        &self.in_target
    }
}

/// A segment of a source.
enum Segment<'s> {
    Literal(&'s str),
    Placeholder(String),
    /// Text before a `*`, often none, and what the rule calls that `*`.
    Splat(&'s str, String),
}

impl<'l> Entry<'l> {
    /// The source, and what restricts it to a scheme and a host.
    pub(super) fn source(
        &self,
        names: &mut Names,
        loader: &mut Loader,
    ) -> Result<Matched<'_>, LeftOut<'l>> {
        let from = &*self.from.text;
        let (origin, path_at) = split_origin(from);
        let path = from.get(path_at..).unwrap_or_default();
        let path = self.without_query(path, path_at, origin.is_some(), loader)?;
        if path.starts_with("/.netlify") {
            return Err(self.from.place.wrong(
                FindingCode::InvalidSource,
                "paths that start with `/.netlify` are reserved by Netlify",
                "use another source",
            ));
        }
        let segments = self.segments(path, path_at, names, loader)?;
        let source = native(&segments);
        let ignores_slash = match (&source, &*segments) {
            (None, _) | (_, [.., (Segment::Splat(..), _)]) => false,
            (Some(_), _) => true,
        };
        Ok(Matched {
            source: match source {
                Some(pattern) => pattern.into(),
                None => regex_source(&segments).ok_or_else(|| self.needs_regex())?,
            },
            origin,
            ignores_slash,
        })
    }

    /// The path without a query or a fragment, which no source can have.
    fn without_query<'s>(
        &self,
        path: &'s str,
        path_at: usize,
        is_url: bool,
        loader: &mut Loader,
    ) -> Result<&'s str, LeftOut<'l>> {
        let Some(mark) = path.find(['?', '#']) else {
            return Ok(path);
        };
        let (path, rest) = path.split_at_checked(mark).unwrap_or((path, ""));
        let place = self.within_from(path_at + mark..self.from.text.len());
        let (what, help) = match (rest.starts_with('?'), self.in_toml) {
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
        if !is_url {
            let message = format!("a source path with a {what} ({rest}) never matches");
            let message = format!("{message}, so this rule is skipped");
            return Err(place.wrong(FindingCode::NeverMatches, message, help));
        }
        let message = format!("the {what} {rest} of a source URL is ignored");
        loader.report_at(FindingCode::Misleading, &place, &message, help);
        Ok(path)
    }

    fn segments<'s>(
        &self,
        path: &'s str,
        path_at: usize,
        names: &mut Names,
        loader: &mut Loader,
    ) -> Result<Vec<(Segment<'s>, Range<usize>)>, LeftOut<'l>> {
        // Netlify reads `old` as `/old`.
        let inner = path.strip_prefix('/').unwrap_or(path);
        let mut at = path_at + path.len() - inner.len();
        let mut segments = Vec::new();
        for text in inner.split('/') {
            let bytes = at..at + text.len();
            let place = self.within_from(bytes.clone());
            at = bytes.end + 1;
            let name = text.strip_prefix(':').filter(|name| !name.is_empty());
            if matches!(text, "." | "..") {
                let message = format!("no URL has the segment {}", quoted(text));
                let message = format!("{message}, so this rule is skipped");
                let help = "remove the segment, since clients resolve it";
                return Err(place.wrong(FindingCode::NeverMatches, message, help));
            }
            let segment = if let Some(name) = name {
                Segment::Placeholder(names.add(name))
            } else if let Some(before) = text.strip_suffix('*').filter(|text| !text.contains('*')) {
                Segment::Splat(before, names.add(SPLAT))
            } else if text.contains('*') {
                let text = quoted(text);
                return Err(place.wrong(
                    FindingCode::NeverMatches,
                    format!("the segment {text} never matches, so this rule is skipped"),
                    "write one `*` at the end of a segment",
                ));
            } else {
                if let Some(colon) = find_name(text) {
                    let start = place.bytes.start + colon;
                    let place = Place {
                        bytes: start..place.bytes.end,
                        ..place
                    };
                    let name = quoted(text.get(colon..).unwrap_or_default());
                    let message = format!("{name} is plain text here");
                    let help = "make the placeholder a segment of its own, for example `/:name`";
                    loader.report_at(FindingCode::Misleading, &place, &message, help);
                }
                Segment::Literal(text)
            };
            segments.push((segment, bytes));
        }
        Ok(segments)
    }

    /// Returns the paths that a rule with `*` doesn't match on Netlify, because its target begins
    /// with them: `/en` and those below for `/* /en/:splat`.
    ///
    /// A rule without `!` doesn't match its own targets anyway.
    pub(super) fn own_target(&self, target: &str) -> Option<String> {
        let (_, path_at) = split_origin(&self.from.text);
        let (origin, path) = self.from.text.split_at_checked(path_at)?;
        let target = target.strip_prefix(origin)?;
        let front = target.split("/:splat").next()?.trim_end_matches('/');
        if !front.starts_with('/') || front.contains([':', '?', '#', '*']) {
            return None;
        }
        let (before, _) = path.trim_start_matches('/').split_once('*')?;
        let (folders, last) = before
            .rsplit_once('/')
            .map_or((None, before), |(folders, last)| {
                (Some(folders.split('/')), last)
            });
        let mut segments = front.split('/').skip(1);
        let mut folders = folders.into_iter().flatten();
        let is_below = folders.all(|own| {
            let other = segments.next();
            other.is_some_and(|other| own == other || own.starts_with(':'))
        });
        let is_below = is_below && segments.next().is_some_and(|other| other.starts_with(last));
        is_below.then(|| format!("{}{{/*_rest}}", pattern::escape(front)))
    }

    fn within_from(&self, bytes: Range<usize>) -> Place<'l> {
        self.from.place.part(&bytes)
    }

    /// The finding about a source that needs a regex, in a build without regexes.
    fn needs_regex(&self) -> LeftOut<'l> {
        let message = "`*` before the last segment or after a prefix needs the `regex` feature, so \
                       this rule is skipped";
        self.from.place.wrong(
            FindingCode::UnsupportedSource,
            message,
            "enable the `regex` feature of tower-redirect, or use `*` only as the last segment",
        )
    }
}

#[cfg(feature = "regex")]
#[expect(clippy::unnecessary_wraps, reason = "without the feature it is `None`")]
fn regex_source(segments: &[(Segment<'_>, Range<usize>)]) -> Option<Source> {
    Some(Source::regex(&regex(segments)))
}

#[cfg(not(feature = "regex"))]
const fn regex_source(_: &[(Segment<'_>, Range<usize>)]) -> Option<Source> {
    None
}

/// The scheme and host of a source URL, and where the path begins.
fn split_origin(from: &str) -> (Option<(HttpScheme, &str)>, usize) {
    let schemes = [
        (HttpScheme::Http, "http://"),
        (HttpScheme::Https, "https://"),
    ];
    let url = schemes
        .into_iter()
        .find_map(|(scheme, prefix)| Some((scheme, from.strip_prefix(prefix)?)));
    let Some((scheme, rest)) = url else {
        return (None, 0);
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest.get(..end).unwrap_or_default();
    (Some((scheme, host)), from.len() - rest.len() + end)
}

/// The native source; `None` if a `*` stands anywhere but at the end.
fn native(segments: &[(Segment<'_>, Range<usize>)]) -> Option<Pattern> {
    let mut pattern = Pattern::default();
    for (at, (segment, bytes)) in segments.iter().enumerate() {
        match segment {
            Segment::Literal(literal) => pattern.push_literal(literal, bytes.clone()),
            Segment::Placeholder(name) => {
                pattern.push_literal("", bytes.start..bytes.start);
                pattern.push_name(name, bytes.clone())?;
            }
            Segment::Splat("", name) if at + 1 == segments.len() => {
                let kind = match at {
                    0 => TailKind::AfterSlash,
                    _ => TailKind::Optional,
                };
                let name = syntax::Word::new(name, bytes.clone());
                pattern.tail = Some(Tail { kind, name });
            }
            Segment::Splat(..) => return None,
        }
    }
    Some(pattern)
}

/// The regex that matches what Netlify does.
///
/// `/a/*/b` becomes `/a(?:/(?<splat>.*))?/b/?`, and `/blog*` becomes `/blog/?(?<splat>.*)`: the
/// slash before what `*` covers is optional and isn't inserted.
#[cfg(feature = "regex")]
fn regex(segments: &[(Segment<'_>, Range<usize>)]) -> String {
    let mut text = String::new();
    for (at, (segment, _)) in segments.iter().enumerate() {
        let next = segments.get(at + 1);
        match segment {
            Segment::Literal(literal) => {
                text.push('/');
                push_literal(&mut text, literal);
            }
            Segment::Placeholder(name) => text.push_str(&format!("/(?<{name}>[^/]+)")),
            // Of two stars in a row, the second covers everything, except at the beginning.
            Segment::Splat("", name)
                if at > 0 && matches!(next, Some((Segment::Splat("", _), _))) =>
            {
                text.push_str(&format!("(?<{name}>)"));
            }
            Segment::Splat("", name) => text.push_str(&format!("(?:/(?<{name}>.*))?")),
            Segment::Splat(before, name) => {
                text.push('/');
                push_literal(&mut text, before);
                text.push_str(&format!("/?(?<{name}>.*)"));
            }
        }
    }
    match segments {
        [.., (Segment::Splat(..), _)] => text,
        // A slash at the end makes no difference.
        _ => text.trim_end_matches('/').to_owned() + "/?",
    }
}

/// Adds text to a regex, which sees the path as it was received: escaped or, where browsers differ,
/// not.
#[cfg(feature = "regex")]
fn push_literal(out: &mut String, literal: &str) {
    use crate::{location::sendable, rules::spelling};
    let mut spelled = Vec::new();
    spelling::push(&mut spelled, literal.as_bytes(), false);
    let spelled = String::from_utf8_lossy(&spelled);
    let mut pieces = spelled.split('%');
    out.push_str(&regex::escape(pieces.next().unwrap_or_default()));
    for piece in pieces {
        let (hex, rest) = piece.split_at_checked(2).unwrap_or((piece, ""));
        let byte = u8::from_str_radix(hex, 16).unwrap_or(b'%');
        let may_be_raw = byte.is_ascii() && (!sendable(byte) || matches!(byte, b'[' | b']'));
        out.push_str(&match may_be_raw {
            true => format!(
                "(?i:%{hex}|{})",
                regex::escape(&char::from(byte).to_string())
            ),
            false => format!("(?i:%{hex})"),
        });
        out.push_str(&regex::escape(rest));
    }
}

/// Where a text inside a segment looks like a placeholder.
fn find_name(segment: &str) -> Option<usize> {
    let mut colons = segment.match_indices(':');
    let found = colons.find(|(at, _)| {
        let behind = segment.get(at + 1..).unwrap_or_default();
        behind.starts_with(|c: char| c.is_ascii_alphabetic() && is_of_name(c))
    });
    found.map(|(at, _)| at)
}
