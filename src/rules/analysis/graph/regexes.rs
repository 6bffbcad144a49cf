//! Which regexes may match a path whose beginning is known: by the literal text that they begin
//! with.

use std::collections::{BTreeSet, HashMap};

use crate::rules::{
    RuleOffset,
    analysis::request_set::path::{End, Path},
    compiled_rule::CompiledRule,
};

/// The regexes of a table.
#[derive(Debug, Default)]
pub(in crate::rules) struct Regexes<'t> {
    /// Those that may match whatever a path begins with.
    pub(in crate::rules) anywhere: Vec<RuleOffset>,
    with_case: Beginnings,
    /// In lower case.
    without_case: Beginnings,
    by_source: HashMap<&'t [u8], Vec<RuleOffset>>,
}

/// Regexes in the order of what they begin with.
#[derive(Debug, Default)]
struct Beginnings {
    all: Vec<(Vec<u8>, RuleOffset)>,
    lengths: BTreeSet<usize>,
}

impl<'t> Regexes<'t> {
    pub(in crate::rules) fn add(
        &mut self,
        at: RuleOffset,
        rule: &CompiledRule<'t>,
        ignores_case: bool,
    ) {
        self.by_source.entry(rule.source).or_default().push(at);
        let mut text = beginning(rule.source);
        if text.is_empty() {
            self.anywhere.push(at);
            return;
        }
        let list = if ignores_case {
            text.make_ascii_lowercase();
            &mut self.without_case
        } else {
            &mut self.with_case
        };
        list.lengths.insert(text.len());
        list.all.push((text, at));
    }

    /// Makes compiled what depends on all of them together.
    pub(in crate::rules) fn finish(&mut self) {
        self.with_case.all.sort_unstable();
        self.without_case.all.sort_unstable();
    }

    /// All of them.
    pub(in crate::rules) fn all(&self) -> impl Iterator<Item = RuleOffset> {
        self.by_source.values().flatten().copied()
    }

    /// The regexes of this text.
    pub(in crate::rules) fn of_source(&self, source: &[u8]) -> &[RuleOffset] {
        self.by_source.get(source).map_or(&[], Vec::as_slice)
    }

    /// Shows those that may match, but for those that may match anything; says how many places were
    /// looked at.
    pub(in crate::rules) fn find(&self, path: &Path, mut visit: impl FnMut(RuleOffset)) -> usize {
        let (text, is_whole) = path_beginning(path);
        self.find_text(&text, is_whole, &mut visit)
    }

    /// Whether any of them may match this path.
    #[cfg(feature = "regex")]
    pub(in crate::rules) fn may_match(&self, path: &[u8]) -> bool {
        let mut found = !self.anywhere.is_empty();
        if !found {
            self.find_text(path, true, &mut |_| found = true);
        }
        found
    }

    fn find_text(&self, text: &[u8], is_whole: bool, visit: &mut impl FnMut(RuleOffset)) -> usize {
        let lower = text.to_ascii_lowercase();
        self.with_case.find(text, is_whole, visit) + self.without_case.find(&lower, is_whole, visit)
    }
}

impl Beginnings {
    fn find(&self, text: &[u8], is_whole: bool, visit: &mut impl FnMut(RuleOffset)) -> usize {
        let mut work = 1;
        for length in self.lengths.range(..=text.len()) {
            work += 4;
            let start = text.get(..*length).unwrap_or_default();
            for (_, at) in self.from(start).take_while(|(own, _)| own == start) {
                work += 1;
                visit(*at);
            }
        }
        if !is_whole {
            let longer = self.from(text).skip_while(|(own, _)| own == text);
            for (_, at) in longer.take_while(|(own, _)| own.starts_with(text)) {
                work += 1;
                visit(*at);
            }
        }
        work
    }

    fn from(&self, text: &[u8]) -> impl Iterator<Item = &(Vec<u8>, RuleOffset)> {
        let first = self.all.partition_point(|(own, _)| &**own < text);
        self.all.get(first..).into_iter().flatten()
    }
}

/// What a path begins with, and whether that is all of it.
fn path_beginning(path: &Path) -> (Vec<u8>, bool) {
    let mut text = Vec::new();
    for segment in &path.segments {
        text.push(b'/');
        if segment.any_case {
            return (text, false);
        }
        text.extend_from_slice(&segment.before);
        if !segment.is_literal() {
            return (text, false);
        }
    }
    (text, path.end == End::Closed)
}

/// The same as text.
#[cfg(feature = "regex")]
pub(in crate::rules) fn regex_beginning(regex: &str) -> String {
    String::from_utf8(beginning(regex.as_bytes())).unwrap_or_default()
}

/// What every path begins with that a regex matches, as far as that is simple to see: bytes that
/// are spelled in one way, and that stand before everything else.
fn beginning(regex: &[u8]) -> Vec<u8> {
    // Those that are found anywhere, but are bound to the beginning.
    let found_anywhere = regex
        .strip_prefix(b"(?s:.*?)(?:")
        .and_then(|regex| regex.strip_suffix(b")(?s:.*)"));
    let own = found_anywhere.unwrap_or(regex);
    let bound = own.strip_prefix(b"^");
    if found_anywhere.is_some() && bound.is_none() || has_choice(own) {
        return Vec::new();
    }
    let mut rest = bound.unwrap_or(own);
    let mut text = Vec::new();
    loop {
        let (byte, behind) = match rest {
            [
                b'\\',
                byte @ (b'.' | b'-' | b'/' | b'~' | b'?' | b'#'),
                behind @ ..,
            ]
            | [byte @ (b'/' | b'_' | b'~' | b'-' | b'#'), behind @ ..] => (*byte, behind),
            [byte, behind @ ..] if byte.is_ascii_alphanumeric() => (*byte, behind),
            _ => return text,
        };
        if matches!(behind, [b'*' | b'?' | b'+' | b'{', ..]) {
            return text;
        }
        text.push(byte);
        rest = behind;
    }
}

/// Whether a regex may be one of several at its outermost level; of what is hard to read, it may.
fn has_choice(mut rest: &[u8]) -> bool {
    let mut depth = 0_usize;
    loop {
        rest = match rest {
            [] => return false,
            [b'\\', _, behind @ ..] => behind,
            [b'|', ..] if depth == 0 => return true,
            [b'(', b'?', b':' | b'<', behind @ ..] | [b'(', b'?', b'P', b'<', behind @ ..] => {
                depth += 1;
                behind
            }
            // What stands in a comment or is read otherwise from here on.
            [b'(', b'?', ..] => return true,
            [b'(', behind @ ..] => {
                depth += 1;
                behind
            }
            [b')', behind @ ..] => {
                let Some(outer) = depth.checked_sub(1) else {
                    return true;
                };
                depth = outer;
                behind
            }
            [b'[', behind @ ..] => match behind_class(behind) {
                Some(behind) => behind,
                None => return true,
            },
            [_, behind @ ..] => behind,
        };
    }
}

/// What follows a class of characters; `None` where one stands in it or it begins with its own end.
fn behind_class(class: &[u8]) -> Option<&[u8]> {
    let mut rest = class.strip_prefix(b"^").unwrap_or(class);
    if rest.starts_with(b"]") {
        return None;
    }
    loop {
        rest = match rest {
            [] | [b'[', ..] => return None,
            [b']', behind @ ..] => return Some(behind),
            [b'\\', _, behind @ ..] | [_, behind @ ..] => behind,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::beginning;

    #[test]
    fn what_a_regex_begins_with() {
        for (regex, expected) in [
            ("/a/(.*)", "/a/"),
            ("^/a-b_c~1$", "/a-b_c~1"),
            (r"/a\.b\-c\d", "/a.b-c"),
            ("/ab?c", "/a"),
            ("/ab{2}", "/a"),
            ("/(a|b)", "/"),
            ("/a|/b", ""),
            ("/a[|(]|b", ""),
            ("/a[|(]b", "/a"),
            ("/a[]|(]b", ""),
            ("/a[[:alpha:]]", ""),
            (r"/a\|b", "/a"),
            ("(?i)/a", ""),
            ("/a(?i)b", ""),
            ("/a(?<x>b|c)(?:d|e)", "/a"),
            ("/é", "/"),
            ("/a%20", "/a"),
            (r"/a\?b=1", "/a?b"),
            (r"/a\??b", "/a"),
            ("/a#b", "/a#b"),
            ("(?s:.*?)(?:^/p1/(.*)$)(?s:.*)", "/p1/"),
            ("(?s:.*?)(?:/p1/)(?s:.*)", ""),
            ("(?s:.*?)(?:^/a|/b)(?s:.*)", ""),
            ("(?s:.*?)(?:^/a)|(b)(?s:.*)", ""),
            (".*", ""),
        ] {
            let found = beginning(regex.as_bytes());
            assert_eq!(String::from_utf8(found).unwrap(), expected, "{regex}");
        }
    }
}
