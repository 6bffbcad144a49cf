//! The path of a source, and the paths that it answers.

use std::{cell::RefCell, collections::HashMap};

use regex::{Regex, RegexBuilder};

use super::{Capture, From, Rule, Source};

/// A source, taken apart.
pub struct Pattern {
    kind: Kind,
    ignore_case: bool,
    ignore_trailing_slash: bool,
}

enum Kind {
    Path(Vec<Segment>, Tail),
    Regex(Regex),
}

/// Letters of a path in the one spelling, and how they were received.
type Letters = Vec<(String, Vec<u8>)>;

#[derive(Debug)]
enum Segment {
    Literal(Letters),
    Named(Letters, String, Letters),
}

#[derive(Debug)]
enum Tail {
    None,
    /// `/{*rest}`
    Some(String),
    /// `/{*rest?}`
    Any(String),
    /// `{/*rest}`
    Optional(String),
}

impl Pattern {
    pub fn new(rule: &Rule) -> Self {
        let mut kind = match &rule.source {
            Source::Native(text) => native(text, rule.ignore_case),
            Source::Exact(text) => exact(text, rule.ignore_case),
            Source::Prefix(text) => match exact(text.trim_end_matches('/'), rule.ignore_case) {
                Kind::Path(segments, _) => Kind::Path(segments, Tail::Optional(String::new())),
                regex @ Kind::Regex(_) => regex,
            },
            Source::Regex(text) => Kind::Regex(whole(text, rule.ignore_case)),
        };
        // Where the slash at the end makes no difference, the source has none.
        match &mut kind {
            Kind::Path(segments, Tail::None) if rule.ignore_trailing_slash => {
                let last = segments.last();
                if matches!(last, Some(Segment::Literal(last)) if last.is_empty())
                    && segments.len() > 1
                {
                    segments.pop();
                }
            }
            Kind::Path(_, tail @ Tail::Any(_)) if rule.ignore_trailing_slash => {
                if let Tail::Any(name) = tail {
                    *tail = Tail::Optional(name.clone());
                }
            }
            Kind::Path(..) | Kind::Regex(_) => {}
        }
        Self {
            kind,
            ignore_case: rule.ignore_case,
            ignore_trailing_slash: rule.ignore_trailing_slash,
        }
    }

    pub fn has_placeholders(&self) -> bool {
        match &self.kind {
            Kind::Path(segments, Tail::None) => segments
                .iter()
                .any(|segment| matches!(segment, Segment::Named(..))),
            Kind::Path(..) | Kind::Regex(_) => true,
        }
    }

    /// The literal text of the path in bytes; the slash before a tail belongs to the tail.
    pub fn literal_length(&self) -> usize {
        let length = |letters: &Letters| {
            letters
                .iter()
                .map(|(letter, _)| letter.len())
                .sum::<usize>()
        };
        let Kind::Path(segments, _) = &self.kind else {
            return 0;
        };
        let of_segment = |segment: &Segment| match segment {
            Segment::Literal(letters) => 1 + length(letters),
            Segment::Named(before, _, behind) => 1 + length(before) + length(behind),
        };
        segments.iter().map(of_segment).sum()
    }

    /// What the placeholders stand for in a path as it was received, if it is one of this source's.
    pub fn captures(&self, path: &str) -> Option<Vec<Capture>> {
        let (segments, tail) = match &self.kind {
            // As many bytes as a location may have.
            Kind::Regex(_) if path.len() > 8_000 => return None,
            Kind::Regex(regex) => return groups(regex, path),
            Kind::Path(segments, tail) => (segments, tail),
        };
        let strictly = |path: &str| strict(segments, tail, path, self.ignore_case);
        let without_slash = || match path.strip_suffix('/') {
            Some("") | None => None,
            Some(without) => strictly(without),
        };
        strictly(path).or_else(|| self.ignore_trailing_slash.then(without_slash)?)
    }
}

fn strict(segments: &[Segment], tail: &Tail, path: &str, fold: bool) -> Option<Vec<Capture>> {
    let mut captures = Vec::new();
    let mut rest = path;
    for segment in segments {
        let behind = rest.strip_prefix('/')?;
        let end = behind.find('/').unwrap_or(behind.len());
        let letters = letters(&behind[..end], fold);
        rest = &behind[end..];
        match segment {
            Segment::Literal(own) => same(own, &letters).then_some(())?,
            Segment::Named(before, name, behind) => {
                // Something has to stand between the two.
                if letters.len() <= before.len() + behind.len() {
                    return None;
                }
                let (first, others) = letters.split_at(before.len());
                let (middle, last) = others.split_at(others.len() - behind.len());
                (same(before, first) && same(behind, last)).then_some(())?;
                let bytes = middle.iter().flat_map(|(_, received)| received).copied();
                captures.push(Capture {
                    name: name.clone(),
                    // Half a character is no text.
                    text: String::from_utf8(bytes.collect()).ok()?,
                    origin: From::Path,
                });
            }
        }
    }
    let name = match tail {
        Tail::None => return rest.is_empty().then_some(captures),
        Tail::Some(name) => (rest.len() > 1).then_some(name)?,
        Tail::Any(name) => (!rest.is_empty()).then_some(name)?,
        Tail::Optional(name) => name,
    };
    captures.push(Capture {
        name: name.clone(),
        text: rest.to_owned(),
        origin: From::Tail,
    });
    Some(captures)
}

fn same(one: &[(String, Vec<u8>)], other: &[(String, Vec<u8>)]) -> bool {
    one.iter()
        .map(|(letter, _)| letter)
        .eq(other.iter().map(|(letter, _)| letter))
}

/// Escapes of unreserved characters are those characters, the hex digits of others are in upper case, and
/// what cannot be sent is escaped (RFC 3986 §6.2.2).
fn letters(text: &str, fold: bool) -> Letters {
    let bytes = text.as_bytes();
    let hex = |at: usize| Some((*bytes.get(at)? as char).to_digit(16)? as u8);
    let mut letters = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let escaped = match (bytes[at], hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => Some(high * 16 + low),
            _ => None,
        };
        let (byte, taken) = escaped.map_or((bytes[at], 1), |byte| (byte, 3));
        let unreserved = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let sendable = (0x21..0x7f).contains(&byte) && !b"\"<>\\^`{|}[]".contains(&byte);
        // A `%` that begins no escape means itself, as `%25` does.
        let plain = match escaped {
            Some(_) => unreserved,
            None => sendable && byte != b'%',
        };
        let letter = match plain {
            true if fold => (byte as char).to_ascii_lowercase().to_string(),
            true => (byte as char).to_string(),
            false => format!("%{byte:02X}"),
        };
        letters.push((letter, bytes[at..at + taken].to_vec()));
        at += taken;
    }
    letters
}

fn exact(text: &str, fold: bool) -> Kind {
    let segments = text.split('/').skip(1);
    let literal = |segment: &str| Segment::Literal(letters(segment, fold));
    Kind::Path(segments.map(literal).collect(), Tail::None)
}

fn native(text: &str, fold: bool) -> Kind {
    let mut tail = Tail::None;
    let mut front = text.to_owned();
    if let Some(open) = text.rfind('{').filter(|_| text.ends_with('}')) {
        let inside = &text[open + 1..text.len() - 1];
        let (own, found) = match inside.strip_prefix('*') {
            Some(name) => (
                text[..open].strip_suffix('/').unwrap().to_owned(),
                match name.strip_suffix('?') {
                    Some(name) => Tail::Any(name.to_owned()),
                    None => Tail::Some(name.to_owned()),
                },
            ),
            None => match inside.strip_prefix("/*") {
                Some(name) => (text[..open].to_owned(), Tail::Optional(name.to_owned())),
                None => (front, Tail::None),
            },
        };
        (front, tail) = (own, found);
    }
    let segments = front.split('/').skip(1).map(|text| segment(text, fold));
    Kind::Path(segments.collect(), tail)
}

fn segment(text: &str, fold: bool) -> Segment {
    let plain = with_braces_aside(text);
    let literal = |part: &str| letters(&part.replace('\x01', "{").replace('\x02', "}"), fold);
    match plain.split_once('{') {
        None => Segment::Literal(literal(&plain)),
        Some((before, rest)) => {
            let (name, behind) = rest.split_once('}').unwrap();
            Segment::Named(literal(before), name.to_owned(), literal(behind))
        }
    }
}

/// A doubled brace outside a placeholder as one byte, so that those that are left are of placeholders.
pub fn with_braces_aside(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let taken = match rest {
            _ if rest.starts_with("{{") => {
                out.push('\x01');
                2
            }
            _ if rest.starts_with("}}") => {
                out.push('\x02');
                2
            }
            _ if first == '{' => {
                let end = rest.find('}').unwrap() + 1;
                out.push_str(&rest[..end]);
                end
            }
            _ => {
                out.push(first);
                first.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    out
}

thread_local! {
    static REGEXES: RefCell<HashMap<(String, bool), Regex>> = RefCell::default();
}

/// A regex that matches a whole text.
pub fn whole(text: &str, ignore_case: bool) -> Regex {
    let compile = || {
        RegexBuilder::new(&format!(r"\A(?:{text})\z"))
            .case_insensitive(ignore_case)
            .build()
            .unwrap()
    };
    let key = (text.to_owned(), ignore_case);
    REGEXES.with_borrow_mut(|known| known.entry(key).or_insert_with(compile).clone())
}

/// Every group by its number, and by its name where it has one.
fn groups(regex: &Regex, path: &str) -> Option<Vec<Capture>> {
    let found = regex.captures(path)?;
    let capture = |(number, name): (usize, Option<&str>)| Capture {
        name: name.map_or_else(|| number.to_string(), str::to_owned),
        text: found
            .get(number)
            .map_or("", |group| group.as_str())
            .to_owned(),
        origin: From::Path,
    };
    Some(regex.capture_names().enumerate().map(capture).collect())
}
