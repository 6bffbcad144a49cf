//! From a pattern of path-to-regexp to a source of this crate: a native one where one says the
//! same, a regex where not.

#[cfg(feature = "regex")]
use std::fmt::Write;

use crate::rules::{
    format::path_to_regexp::{Group, Matched, Modifier, Piece},
    source::Source,
};

/// A source, and what its groups are called in a target.
#[derive(Debug)]
pub(super) struct Translated {
    pub(super) source: Source,
    pub(super) bound: Vec<Bound>,
}

/// What a destination may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bound {
    /// Its name in the format; groups without one are counted from 1.
    pub(super) name: Option<String>,
    /// The placeholder.
    pub(super) slot: String,
    /// The placeholder that brings the slash before it, so that both may be missing.
    pub(super) with_slash: Option<String>,
}

/// The source that a pattern means; `None` where it needs the feature `regex` and that is missing.
pub(super) fn translate(pieces: &[Piece]) -> Option<Translated> {
    native(pieces).or_else(|| regex(pieces))
}

/// The name of a group that has none.
fn name_of(group: &Group, at: usize) -> String {
    group.name.clone().unwrap_or_else(|| format!("_{at}"))
}

fn native(pieces: &[Piece]) -> Option<Translated> {
    let mut text = String::new();
    let mut bound: Vec<Bound> = Vec::new();
    let mut is_named = false;
    for (at, piece) in pieces.iter().enumerate() {
        let group = match piece {
            Piece::Text(literal) => {
                push_literal(&mut text, literal, &mut is_named);
                continue;
            }
            Piece::Group(group) => group,
        };
        let is_last = at + 1 == pieces.len();
        let name = name_of(group, bound.len() + 1);
        let slot = format!("{{{name}}}");
        if bound.iter().any(|other| other.slot == slot) || !group.suffix.is_empty() {
            return None;
        }
        let mut with_slash = None;
        match (&group.matched, group.modifier) {
            (Matched::Segment, Modifier::One) => {
                push_literal(&mut text, &group.prefix, &mut is_named);
                if std::mem::replace(&mut is_named, true) {
                    return None;
                }
                text.push_str(&slot);
            }
            _ if !is_last || group.prefix != "/" || text.ends_with('/') => return None,
            (Matched::Segment, Modifier::ZeroOrMore) => {
                with_slash = Some(format!("{{/*{name}}}"));
                // Every path has its first slash.
                let any = text.is_empty();
                text.push_str(&if any {
                    format!("/{{*{name}?}}")
                } else {
                    format!("{{/*{name}}}")
                });
            }
            (Matched::Segment, Modifier::OneOrMore) => {
                with_slash = Some(format!("{{/*{name}}}"));
                text.push_str(&format!("/{{*{name}}}"));
            }
            (Matched::Regex(regex), Modifier::One) if regex == ".*" => {
                text.push_str(&format!("/{{*{name}?}}"));
            }
            (Matched::Regex(regex), Modifier::One) if regex == ".+" => {
                text.push_str(&format!("/{{*{name}}}"));
            }
            _ => return None,
        }
        bound.push(Bound {
            name: group.name.clone(),
            slot,
            with_slash,
        });
    }
    Some(Translated {
        source: Source::from(text),
        bound,
    })
}

/// Literal text of a native pattern.
fn push_literal(text: &mut String, literal: &str, is_named: &mut bool) {
    for char in literal.chars() {
        match char {
            '{' => text.push_str("{{"),
            '}' => text.push_str("}}"),
            '?' => text.push_str("%3F"),
            '#' => text.push_str("%23"),
            _ => text.push(char),
        }
        *is_named &= char != '/';
    }
}

#[cfg(not(feature = "regex"))]
fn regex(_: &[Piece]) -> Option<Translated> {
    None
}

#[cfg(feature = "regex")]
fn regex(pieces: &[Piece]) -> Option<Translated> {
    let mut text = String::new();
    let mut bound = Vec::new();
    let mut number = 0;
    for piece in pieces {
        let group = match piece {
            Piece::Text(literal) => {
                text.push_str(&escaped(literal));
                continue;
            }
            Piece::Group(group) => group,
        };
        let (prefix, suffix) = (escaped(&group.prefix), escaped(&group.suffix));
        let modifier = group.modifier.as_str();
        let matched = match &group.matched {
            Matched::Segment => "[^/]+?",
            Matched::Regex(regex) => regex,
            Matched::Nothing => {
                let _ = write!(text, "(?:{prefix}{suffix}){modifier}");
                continue;
            }
        };
        let many = matches!(group.modifier, Modifier::ZeroOrMore | Modifier::OneOrMore);
        // Such a group is captured a second time, with the slash that goes where it goes.
        let brings_slash = prefix == "/" && suffix.is_empty() && group.modifier != Modifier::One;
        let open = if brings_slash { "(" } else { "(?:" };
        number += usize::from(brings_slash);
        let with_slash = brings_slash.then(|| format!("{{{number}}}"));
        number += 1;
        let _ = match (prefix.is_empty() && suffix.is_empty(), many) {
            (true, true) => write!(text, "((?:{matched}){modifier})"),
            (true, false) => write!(text, "({matched}){modifier}"),
            (false, true) => write!(
                text,
                "{open}{prefix}((?:{matched})(?:{suffix}{prefix}(?:{matched}))*){suffix}){}",
                if group.modifier == Modifier::ZeroOrMore {
                    "?"
                } else {
                    ""
                }
            ),
            (false, false) => write!(text, "{open}{prefix}({matched}){suffix}){modifier}"),
        };
        bound.push(Bound {
            name: group.name.clone(),
            slot: format!("{{{number}}}"),
            with_slash,
        });
    }
    Some(Translated {
        source: Source::regex(&text),
        bound,
    })
}

/// Text that a regex compares as it stands, and escapes of it as they are received.
#[cfg(feature = "regex")]
fn escaped(text: &str) -> String {
    use crate::location::sendable;
    let mut out = String::new();
    let mut rest = text.as_bytes();
    while let [byte, behind @ ..] = rest {
        rest = behind;
        let _ = match (byte, behind) {
            (b'%', [high, low, behind @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                rest = behind;
                write!(out, "(?i:%{}{})", char::from(*high), char::from(*low))
            }
            (b'/' | b'-' | b'_' | b'~' | b'%', _) => write!(out, "{}", char::from(*byte)),
            // Browsers don't encode `[` and `]`, but a location has them percent-encoded.
            (b'[' | b']', _) => {
                write!(out, "(?:\\{}|(?i:%{byte:02X}))", char::from(*byte))
            }
            _ if byte.is_ascii_alphanumeric() => write!(out, "{}", char::from(*byte)),
            _ if sendable(*byte) => write!(out, "\\{}", char::from(*byte)),
            _ => write!(out, "(?i:%{byte:02X})"),
        };
    }
    out
}

#[cfg(all(test, feature = "regex"))]
mod tests {
    use super::super::destination;
    use super::{Translated, native, regex, translate};
    use crate::rules::{Rule, Rules, format::path_to_regexp::parse};
    use crate::testing;

    #[test]
    fn native_where_one_says_the_same_and_a_regex_where_not() {
        for (text, expected, slots) in [
            ("/a/b", "/a/b", ""),
            ("/a/:b", "/a/{b}", "{b}"),
            ("/a/x:b-y/c", "/a/x{b}-y/c", "{b}"),
            ("/a/:b*", "/a{/*b}", "{b}={/*b}"),
            ("/:b*", "/{*b?}", "{b}={/*b}"),
            ("/a/:b+", "/a/{*b}", "{b}={/*b}"),
            ("/a/(.*)", "/a/{*_1?}", "{_1}"),
            ("/a/:b(.*)", "/a/{*b?}", "{b}"),
            ("/a/:b(.+)", "/a/{*b}", "{b}"),
            (r"/a\{\?", "/a{{%3F", ""),
            ("/:a.:b", r"(?:/([^/]+?))(?:\.([^/]+?))", "{1} {2}"),
            ("/a/:b?", "/a(/([^/]+?))?", "{2}={1}"),
            (
                "/a/:b*/c",
                "/a(/((?:[^/]+?)(?:/(?:[^/]+?))*))?/c",
                "{2}={1}",
            ),
            (r"/p:id(\d+)", r"/p(\d+)", "{1}"),
            ("/a(.*)", "/a(.*)", "{1}"),
            ("/a{-:b-}+", r"/a(?:-((?:[^/]+?)(?:--(?:[^/]+?))*)-)", "{1}"),
            ("/a{/b}?", "/a(?:/b)?", ""),
            (
                "/é%2f:a.x/(b)",
                r"/(?i:%C3)(?i:%A9)(?i:%2f)([^/]+?)\.x(?:/(b))",
                "{1} {2}",
            ),
        ] {
            let translated = translate(&parse(text).unwrap()).unwrap();
            assert_eq!(translated.source.text(), expected, "{text}");
            let bound = translated
                .bound
                .iter()
                .map(|bound| match &bound.with_slash {
                    Some(with_slash) => format!("{}={with_slash}", bound.slot),
                    None => bound.slot.clone(),
                });
            assert_eq!(bound.collect::<Vec<_>>().join(" "), slots, "{text}");
        }
    }

    /// Every path of up to so many bytes.
    fn paths(length: u32) -> impl Iterator<Item = String> {
        let letters = ['/', 'a', 'b', '.'];
        (0..4_usize.pow(length)).map(move |number| {
            let digits = (0..length).map(|at| letters[number / 4_usize.pow(at) % 4]);
            format!("/{}", digits.collect::<String>())
        })
    }

    /// Where a path leads by a source.
    fn rules(source: Translated, destination: &str) -> Rules {
        let names = destination::Names {
            conditions: Vec::new(),
            path: source.bound,
            by_number: true,
        };
        let target = destination::translate(destination, &names).unwrap();
        Rules::new([Rule::found(source.source, target)]).unwrap()
    }

    #[test]
    fn native_sources_match_what_their_regexes_match() {
        for (pattern, destination, takes_slash) in [
            ("/a/:x", "https://new.example/t/:x", false),
            ("/:x/b", "https://new.example/t?x=:x", false),
            ("/a:x.b", "https://new.example/t/:x", false),
            ("/:x/:y.a", "https://new.example/t/:y/:x", false),
            ("/a/(.*)", "https://new.example/t/$1", false),
            ("/:x/:y(.+)", "https://new.example/t/:y?x=:x", false),
            ("/a/:x*", "https://new.example/t/:x*", true),
            ("/:x/:y+", "https://new.example/t/:x/:y*", true),
            ("/:x*", "https://new.example/t/:x*", true),
        ] {
            let pieces = parse(pattern).unwrap();
            let ours = rules(native(&pieces).unwrap(), destination);
            let theirs = rules(regex(&pieces).unwrap(), destination);
            let mut found = 0;
            for path in (0..8).flat_map(paths) {
                // What the module's documentation says of slashes at the end of tails.
                if takes_slash && (path.ends_with('/') || path.contains("//")) {
                    continue;
                }
                let answer = |rules: &Rules| {
                    let answer = testing::get(&path).through(rules);
                    let redirect = answer.decision().clone().into_target();
                    redirect.map(|to| to.location().as_str().to_owned())
                };
                assert_eq!(answer(&ours), answer(&theirs), "{pattern} {path}");
                found += usize::from(answer(&ours).is_some());
            }
            assert!(found >= 10, "{pattern}: {found}");
        }
    }
}
