//! What the text of a regex says: what its matches begin with, and texts that it matches.
//!
//! `^/blog/(\d+)(?:/|$)` begins with `/blog/`, and matches `/blog/0/`.

use regex::Regex;
use regex_syntax::{
    ParserBuilder,
    hir::{Class, ClassUnicode, Hir, HirKind, Look},
};

use crate::rules::{RuleOffset, regexes::whole, table::Table};

/// What every text begins with that a regex matches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::rules) struct Beginning {
    /// In lower case, if its case makes no difference.
    pub(in crate::rules) text: Vec<u8>,
    pub(in crate::rules) ignores_case: bool,
}

impl Beginning {
    pub(in crate::rules) fn of(regex: &str, ignore_case: bool) -> Self {
        let mut own = Self::default();
        if let Some(hir) = parsed(regex, ignore_case) {
            own.push(&hir);
        }
        if own.ignores_case {
            own.text.make_ascii_lowercase();
        }
        own
    }

    /// Adds what a part begins with. Returns `true` if that is all that the part can match.
    fn push(&mut self, part: &Hir) -> bool {
        match part.kind() {
            HirKind::Empty | HirKind::Look(_) => true,
            HirKind::Literal(literal) => literal.0.iter().all(|byte| {
                let is_plain = byte.is_ascii_alphanumeric() || b"/_.~-?#".contains(byte);
                self.text.extend(is_plain.then_some(*byte));
                is_plain
            }),
            HirKind::Class(class) => {
                let letter = letter(class);
                self.text.extend(letter);
                self.ignores_case |= letter.is_some();
                letter.is_some()
            }
            HirKind::Capture(group) => self.push(&group.sub),
            HirKind::Concat(parts) => bound(parts).iter().all(|part| self.push(part)),
            HirKind::Repetition(repetition) => {
                if repetition.min > 0 {
                    self.push(&repetition.sub);
                }
                false
            }
            HirKind::Alternation(parts) => {
                let each = parts.iter().map(|part| {
                    let mut own = Self::default();
                    own.push(part);
                    own
                });
                let common = each.reduce(|one, other| {
                    let ignores_case = one.ignores_case || other.ignores_case;
                    let both = one.text.into_iter().zip(other.text);
                    let both = both.take_while(|(one, other)| {
                        one == other || ignores_case && one.eq_ignore_ascii_case(other)
                    });
                    Self {
                        text: both.map(|(one, _)| one).collect(),
                        ignores_case,
                    }
                });
                let common = common.unwrap_or_default();
                self.text.extend(common.text);
                self.ignores_case |= common.ignores_case;
                false
            }
        }
    }
}

fn parsed(regex: &str, ignore_case: bool) -> Option<Hir> {
    let mut builder = ParserBuilder::new();
    builder.case_insensitive(ignore_case);
    builder.build().parse(regex).ok()
}

/// The letter that a class matches in both cases. `(?i)k` also matches the Kelvin sign, which
/// clients percent-encode.
fn letter(class: &Class) -> Option<u8> {
    let Class::Unicode(class) = class else {
        return None;
    };
    match class.ranges() {
        [upper, lower, others @ ..] => {
            let is_one = upper.len() == 1 && lower.len() == 1;
            let letter = u8::try_from(lower.start()).ok()?;
            let is_letter = letter.is_ascii_lowercase()
                && upper.start() == char::from(letter.to_ascii_uppercase())
                && others.iter().all(|other| !other.start().is_ascii());
            (is_one && is_letter).then_some(letter)
        }
        _ => None,
    }
}

/// The parts that match text. Before `^` and after `$` there is none.
fn bound(parts: &[Hir]) -> &[Hir] {
    let is = |part: &Hir, look| *part.kind() == HirKind::Look(look);
    let start = parts.iter().rposition(|part| is(part, Look::Start));
    let parts = parts.get(start.unwrap_or_default()..).unwrap_or_default();
    let end = parts.iter().position(|part| is(part, Look::End));
    parts.get(..end.unwrap_or(parts.len())).unwrap_or_default()
}

/// The longest example that is written.
const MAX_EXAMPLE: usize = 1_000;

/// How an example is chosen.
#[derive(Clone, Copy)]
struct Choice {
    /// The last alternative, another character, one repetition more.
    is_other: bool,
    /// The first character is a slash, if it can be.
    is_path: bool,
}

/// Texts that a regex may match. Assertions in it aren't looked at.
pub(in crate::rules) fn examples(regex: &str, ignore_case: bool) -> impl Iterator<Item = String> {
    let hir = parsed(regex, ignore_case);
    let choices = [(false, false), (false, true), (true, false), (true, true)];
    choices.into_iter().filter_map(move |(is_other, is_path)| {
        let mut text = String::new();
        let choice = Choice { is_other, is_path };
        choice.write(hir.as_ref()?, &mut text)?;
        Some(text)
    })
}

impl Choice {
    /// Adds an example of a part; `None` if there is none, or a long one.
    fn write(self, part: &Hir, text: &mut String) -> Option<()> {
        let starts_path = self.is_path && text.is_empty();
        match part.kind() {
            HirKind::Empty | HirKind::Look(_) => Some(()),
            HirKind::Literal(literal) => {
                text.push_str(std::str::from_utf8(&literal.0).ok()?);
                (text.len() <= MAX_EXAMPLE).then_some(())
            }
            HirKind::Class(Class::Unicode(class)) if starts_path && has(class, '/') => {
                text.push('/');
                Some(())
            }
            HirKind::Class(Class::Unicode(class)) => {
                text.push(readable(class, self.is_other)?);
                (text.len() <= MAX_EXAMPLE).then_some(())
            }
            HirKind::Class(Class::Bytes(_)) => None,
            HirKind::Capture(group) => self.write(&group.sub, text),
            HirKind::Concat(parts) => bound(parts)
                .iter()
                .try_for_each(|part| self.write(part, text)),
            HirKind::Alternation(parts) if self.is_other => self.write(parts.last()?, text),
            HirKind::Alternation(parts) => self.write(parts.first()?, text),
            HirKind::Repetition(repetition) => {
                let one_more = u32::from(self.is_other || starts_path && repetition.min == 0);
                let times = repetition.min.saturating_add(one_more);
                for _ in 0..repetition.max.map_or(times, |max| max.min(times)) {
                    let before = text.len();
                    self.write(&repetition.sub, text)?;
                    // More of nothing is nothing.
                    if text.len() == before {
                        break;
                    }
                }
                Some(())
            }
        }
    }
}

fn has(class: &ClassUnicode, character: char) -> bool {
    let mut ranges = class.ranges().iter();
    ranges.any(|range| (range.start()..=range.end()).contains(&character))
}

/// A character of a class: a letter or a digit, if it has any.
fn readable(class: &ClassUnicode, is_other: bool) -> Option<char> {
    let letters = ('a'..='z').chain('0'..='9').chain('A'..='Z');
    let mut ascii = letters.chain('!'..='~').filter(|one| has(class, *one));
    let first = ascii.next();
    let others = || {
        let mut ranges = class.ranges().iter();
        ranges.find_map(|range| (range.start()..=range.end()).find(|one| !one.is_control()))
    };
    match is_other {
        true => ascii.next().or(first),
        false => first,
    }
    .or_else(others)
}

/// Returns `true` if all of these regexes match a value.
pub(in crate::rules) fn matcher(regexes: &[Box<str>]) -> impl Fn(&str) -> bool + use<> {
    let regexes: Option<Vec<Regex>> = regexes.iter().map(|regex| whole(regex)).collect();
    move |value| {
        let is_match = |regexes: &Vec<Regex>| regexes.iter().all(|regex| regex.is_match(value));
        regexes.as_ref().is_some_and(is_match)
    }
}

impl Table {
    /// Paths that the regex of a rule matches, as far as some are found.
    pub(in crate::rules) fn regex_paths(&self, at: RuleOffset) -> Vec<String> {
        let (Some(rule), Some(regex)) = (self.rule(at), self.regexes.get(at)) else {
            return Vec::new();
        };
        let text = String::from_utf8_lossy(rule.source);
        let is_path = |path: &String| {
            path.starts_with('/') && !path.contains(['?', '#']) && regex.is_match(path)
        };
        let mut paths: Vec<_> = examples(&text, self.matching(&rule).ignore_case)
            .filter(is_path)
            .collect();
        paths.dedup();
        paths
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Beginning, examples, whole};

    #[test]
    fn what_a_regex_begins_with() {
        for (regex, expected) in [
            ("/a/(.*)", "/a/"),
            ("^/a-b_c~1$", "/a-b_c~1"),
            (r"/a\.b\-c\d", "/a.b-c"),
            ("/ab?c", "/a"),
            ("/ab{2}", "/ab"),
            ("/(a|b)", "/"),
            ("/(a)/(?:b)(?<c>c)+d", "/a/bc"),
            ("/a|/b", "/"),
            ("/a/x|/a/y|/a", "/a"),
            ("/a[|(]|b", ""),
            ("/a[|(]b", "/a"),
            ("/a[]|(]b", "/a"),
            ("/a[[:alpha:]]", "/a"),
            ("/[a]", "/a"),
            (r"/a\|b", "/a"),
            ("(?i)/A", "/a"),
            ("/a(?i)b", "/ab"),
            ("(?i)/SK", "/sk"),
            ("(?x) /a # comment", "/a"),
            ("/a(?<x>b|c)(?:d|e)", "/a"),
            ("/é", "/"),
            ("/a%20", "/a"),
            (r"/a\?b=1", "/a?b"),
            (r"/a\??b", "/a"),
            ("/a#b", "/a#b"),
            (r"/a\b/b", "/a/b"),
            ("(?s:.*?)(?:^/p1/(.*)$)(?s:.*)", "/p1/"),
            ("(?s:.*?)(?:/p1/)(?s:.*)", ""),
            ("(?s:.*?)(?:^/a|/b)(?s:.*)", ""),
            ("(?s:.*?)(?:^/a|^/b)(?s:.*)", "/"),
            ("(?s:.*?)(?:^/a)|(b)(?s:.*)", ""),
            (".*", ""),
            ("(", ""),
        ] {
            let found = Beginning::of(regex, false);
            assert_eq!(String::from_utf8(found.text).unwrap(), expected, "{regex}");
            assert_eq!(found.ignores_case, regex.contains("(?i)"), "{regex}");
        }
    }

    #[test]
    fn examples_are_readable() {
        for (regex, expected) in [
            (r"/blog/(\d+)(?:/|$)", &["/blog/0/"][..]),
            ("/a|/b", &["/a", "/b"]),
            ("/(?:x|y)[^/]+", &["/xa", "/ybb"]),
            ("/[[:cntrl:]]é?", &[]),
            (r".*\.php", &[".php", "/.php"]),
            ("(?s:.*?)(?:^/p1/(.*)$)(?s:.*)", &["/p1/", "/p1/b"]),
            (r"/a\bb", &[]),
            (r"/a(?:a{1000}){1000}", &[]),
            ("(?:(?:(?:a?){1000}){1000}){1000}", &[""]),
            ("[a-z]{3}-[0-9]", &["aaa-0", "bbb-1"]),
            (r"\p{Greek}", &["\u{370}"]),
        ] {
            let is_match = |text: &String| whole(regex).unwrap().is_match(text);
            let found: Vec<_> = if regex.contains("1000") {
                examples(regex, false).collect()
            } else {
                examples(regex, false).filter(is_match).collect()
            };
            let is_expected = expected
                .iter()
                .all(|one| found.contains(&(*one).to_owned()));
            assert!(
                is_expected && found.is_empty() == expected.is_empty(),
                "{regex} {found:?}"
            );
        }
    }

    fn regexes() -> impl Strategy<Value = String> {
        let leaves = prop::sample::select(vec![
            "/", "a", "b", "/a", r"\.", "[ab]", "[^a]", ".", "(?i:a)", "(?i:K)", "^", "$", r"\b",
            "", "é",
        ]);
        leaves
            .prop_map(str::to_owned)
            .prop_recursive(4, 24, 3, |part| {
                prop_oneof![
                    3 => prop::collection::vec(part.clone(), 2..4).prop_map(|parts| parts.concat()),
                    2 => prop::collection::vec(part.clone(), 2..4)
                        .prop_map(|parts| format!("(?:{})", parts.join("|"))),
                    1 => part.clone().prop_map(|part| format!("({part})")),
                    1 => (part.clone(), prop::sample::select(vec!["?", "*", "+?", "{2}", "{0}"]))
                        .prop_map(|(part, times)| format!("(?:{part}){times}")),
                    1 => part.prop_map(|part| format!("(?s:.*?)(?:^{part})(?s:.*)")),
                ]
            })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_match_has_the_beginning(
            regex in regexes(),
            ignore_case in any::<bool>(),
            texts in prop::collection::vec("[/aAbBkK.]{0,5}", 64),
        ) {
            let flag = if ignore_case { "(?i)" } else { "" };
            let compiled = whole(&format!("{flag}{regex}")).unwrap();
            let Beginning { text: beginning, ignores_case } = Beginning::of(&regex, ignore_case);
            let examples = examples(&regex, ignore_case);
            for text in texts.into_iter().chain(examples).filter(|text| compiled.is_match(text)) {
                let lower = text.to_ascii_lowercase();
                let start = if ignores_case { &lower } else { &text };
                prop_assert!(start.as_bytes().starts_with(&beginning), "{text} {beginning:?}");
            }
        }
    }
}
