//! From a pattern of path-to-regexp to a source of this crate: a native one if one means the same,
//! otherwise a regex.

use super::{
    VercelFormat,
    js_regex::{self, Groups},
    names::Capture,
};
use crate::rules::{
    condition::{Condition, PathTest},
    format::path_to_regexp::{Group, Literal, Matched, Modifier, Piece},
    source::Source,
};

mod native;
mod regex;

use native::native;
#[cfg(feature = "regex")]
use regex::escaped;
use regex::regex;

/// A source, and what a destination can insert from it.
#[derive(Debug)]
pub(super) struct Translated {
    pub(super) source: Source,
    /// The placeholders in their order; those without a name are groups.
    pub(super) path: Vec<(Option<String>, Capture)>,
    /// Every group that captures.
    pub(super) groups: Vec<Capture>,
    /// What the path must not be.
    pub(super) excluded: Vec<Condition>,
}

/// What keeps a pattern from being translated.
#[derive(Debug)]
pub(super) enum Problem {
    Regex(js_regex::Wrong),
    /// It needs the `regex` feature.
    #[cfg(not(feature = "regex"))]
    NeedsRegex,
}

/// The regexes of a pattern's pieces.
type Regexes = [Option<js_regex::Translated>];

/// Translates a pattern.
pub(super) fn translate(pieces: &[Piece], format: VercelFormat) -> Result<Translated, Problem> {
    if format == VercelFormat::Next {
        check_separated(pieces).map_err(Problem::Regex)?;
    }
    let regexes = pieces.iter().map(regex_of).collect::<Result<Vec<_>, _>>();
    let regexes = regexes.map_err(Problem::Regex)?;
    let mut excluded = excluded(pieces, &regexes, format)?;
    let mut translated = match native(pieces, &regexes, format) {
        Some(native) => native,
        None => regex(pieces, &regexes, format)?,
    };
    translated.excluded.append(&mut excluded);
    Ok(translated)
}

/// Returns an error if a name without a regex follows another group, which Next rejects.
fn check_separated(pieces: &[Piece]) -> Result<(), js_regex::Wrong> {
    let unseparated = pieces.windows(2).find_map(|pair| match pair {
        [Piece::Group(_), Piece::Group(group)]
            if group.matched == Matched::Segment && group.prefix.is_empty() =>
        {
            Some(group)
        }
        _ => None,
    });
    match unseparated {
        None => Ok(()),
        Some(group) => Err(js_regex::Wrong {
            bytes: group.bytes.clone(),
            message: "no text separates this placeholder from the one before it",
            help: "write text between them, or give this one a regex",
            is_known: false,
        }),
    }
}

fn regex_of(piece: &Piece) -> Result<Option<js_regex::Translated>, js_regex::Wrong> {
    let Piece::Group(Group {
        matched: Matched::Regex(Literal { text, bytes }),
        ..
    }) = piece
    else {
        return Ok(None);
    };
    match js_regex::translate(text, Groups::Numbered) {
        Ok(regex) => Ok(Some(regex)),
        Err(wrong) => Err(js_regex::Wrong {
            bytes: bytes.start + wrong.bytes.start..bytes.start + wrong.bytes.end,
            ..wrong
        }),
    }
}

/// What look-aheads at the start of groups exclude, as conditions on the whole path.
///
/// That is the same only if there is one way to find the start of the group in a path. It is if
/// the pieces before it are text, or if they have a known number of slashes and the group follows
/// one.
fn excluded(
    pieces: &[Piece],
    regexes: &Regexes,
    format: VercelFormat,
) -> Result<Vec<Condition>, Problem> {
    let mut conditions = Vec::new();
    let mut text = Some(String::new());
    let mut has_known_slashes = true;
    for (at, (piece, regex)) in pieces.iter().zip(regexes).enumerate() {
        let group = match piece {
            Piece::Text(literal) => {
                text = text.map(|text| text + &literal.text);
                continue;
            }
            Piece::Group(group) => group,
        };
        let excluded = regex.iter().flat_map(|regex| &regex.excluded);
        for look_ahead in excluded {
            let before = text.as_ref().map(|text| text.clone() + &group.prefix);
            let ends_in_slash = group.prefix.ends_with('/')
                || group.prefix.is_empty() && ends_in_slash(pieces.get(..at).unwrap_or_default());
            let is_definite = before.is_some() || has_known_slashes && ends_in_slash;
            let help = match group.modifier {
                Modifier::One if is_definite => "",
                Modifier::One => "put the group after a `/`, and only `:name` groups before it",
                _ => "remove the `?`, `*` or `+` after the group",
            };
            if !help.is_empty() {
                return Err(Problem::Regex(js_regex::Wrong {
                    bytes: group.bytes.clone(),
                    message: "the look-ahead of this group isn't supported",
                    help,
                    is_known: true,
                }));
            }
            let ignore_case = format == VercelFormat::Next;
            let before = before.filter(|before| before.bytes().all(is_unreserved));
            match (before, &look_ahead.texts) {
                (Some(before), Some(texts)) => conditions.extend(texts.iter().map(|text| {
                    Condition::path(PathTest::BeginsWith(
                        format!("{before}{text}").into(),
                        ignore_case,
                    ))
                })),
                _ => conditions.push(path_beginning(
                    pieces,
                    regexes,
                    at,
                    &look_ahead.regex,
                    format,
                )?),
            }
        }
        text = None;
        has_known_slashes &= group.modifier == Modifier::One
            && regex.as_ref().is_none_or(|regex| !regex.may_have_slash);
    }
    Ok(conditions)
}

/// Whether the text before a group ends with a slash.
fn ends_in_slash(before: &[Piece]) -> bool {
    matches!(before.last(), Some(Piece::Text(literal)) if literal.text.ends_with('/'))
}

/// Whether clients never encode a byte of a path.
const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~')
}

/// The paths in which a regex matches where a piece begins.
#[cfg(feature = "regex")]
fn path_beginning(
    pieces: &[Piece],
    regexes: &Regexes,
    at: usize,
    look_ahead: &str,
    format: VercelFormat,
) -> Result<Condition, Problem> {
    let before = pieces.get(..at).unwrap_or_default();
    let mut text = regex(before, regexes, format)?.source.text().into_owned();
    if let Some(Piece::Group(group)) = pieces.get(at) {
        text.push_str(&escaped(&group.prefix));
    }
    let flag = if format == VercelFormat::Next {
        "i"
    } else {
        ""
    };
    Ok(Condition::path_matching(&format!(
        "(?{flag}:{text}(?:{look_ahead}))(?s:.*)"
    )))
}

#[cfg(not(feature = "regex"))]
fn path_beginning(
    _: &[Piece],
    _: &Regexes,
    _: usize,
    _: &str,
    _: VercelFormat,
) -> Result<Condition, Problem> {
    Err(Problem::NeedsRegex)
}

#[cfg(all(test, feature = "regex"))]
mod tests {
    use super::{Problem, VercelFormat, translate};
    use crate::rules::format::path_to_regexp::parse;

    /// A source, its placeholders and what it excludes.
    fn translated(pattern: &str, format: VercelFormat) -> [String; 3] {
        let translated = translate(&parse(pattern).unwrap(), format).unwrap();
        let slots = translated.path.iter().map(|(name, capture)| {
            let with_slash = capture.with_slash.iter();
            let with_slash = with_slash.map(|(name, is_tail)| match is_tail {
                true => format!("=/*{name}"),
                false => format!("={name}"),
            });
            let name = name.iter().map(|name| format!("{name}:"));
            name.chain([capture.name.clone()])
                .chain(with_slash)
                .collect::<String>()
        });
        let slots: Vec<_> = slots.collect();
        let excluded: Vec<_> = translated
            .excluded
            .iter()
            .map(ToString::to_string)
            .collect();
        [
            translated.source.text().into_owned(),
            slots.join(" "),
            excluded.join(", "),
        ]
    }

    const WHOLE: &str = "a path with an empty segment";

    #[test]
    fn native_if_one_means_the_same_and_a_regex_if_not() {
        for (text, source, slots, excluded) in [
            ("/a/b", "/a/b", "", ""),
            ("/a/:b", "/a/{b}", "b:b", ""),
            ("/a/x:b-y/c", "/a/x{b}-y/c", "b:b", ""),
            ("/f-{:s}", "/f-{s}", "s:s", ""),
            ("/f{-:s.x}/y", "/f-{s}.x/y", "s:s", ""),
            ("/:a/:a", "/{a}/{_2}", "a:a a:_2", ""),
            ("/a/:b*", "/a{/*b}", "b:b=/*b", WHOLE),
            ("/:b*", "/{*b}", "b:b=/*b", WHOLE),
            ("/a/:b+", "/a/{*b}", "b:b=/*b", WHOLE),
            ("/a/(.*)", "/a/{*_1?}", "_1", ""),
            ("/a/:b(.*)", "/a/{*b?}", "b:b", ""),
            ("/a/:b(.+)", "/a/{*b}", "b:b", ""),
            (r"/a\{\?", "/a{{%3F", "", ""),
            ("/:a.:b", r"(?:/([^/]+?))(?:\.([^/]+?))", "a:1 b:2", ""),
            ("/a/:b?", "/a(?:/([^/]+?))?", "b:1", ""),
            (
                "/a//:b*",
                "/a/(?:/((?:[^/]+?)(?:/(?:[^/]+?))*))?",
                "b:1",
                "",
            ),
            (
                "/a/:b*/c",
                "/a(?:/((?:[^/]+?)(?:/(?:[^/]+?))*))?/c",
                "b:1",
                "",
            ),
            (r"/p:id(\d+)", r"/p([0-9]+)", "id:1", ""),
            ("/a(.*)", "/a(.*)", "1", ""),
            (
                "/a{-:b-}+",
                r"/a(?:-((?:[^/]+?)(?:--(?:[^/]+?))*)-)",
                "b:1",
                "",
            ),
            ("/a{/b}?", "/a(?:/b)?", "", ""),
            (
                "/:a((?<x>b)c)/:d",
                "(?:/((b)c))(?:/([^/]+?))",
                "a:1 d:2",
                "",
            ),
            (
                "/\u{e9}%2f:a.x/(b)",
                r"/(?i:%C3)(?i:%A9)(?i:%2f)([^/]+?)\.x(?:/(b))",
                "a:1 2",
                "",
            ),
        ] {
            let expected = [source, slots, excluded].map(str::to_owned);
            assert_eq!(translated(text, VercelFormat::Vercel), expected, "{text}");
        }
        for (text, source, slots, excluded) in [
            ("/:b*", "/{*b?}", "b:b=/*b", WHOLE),
            ("/a/:b?", "/a(/([^/]+?))?", "b:2=1", ""),
            ("/:a-:b", "(?:/([^/]+?))-([^/-]+?)", "a:1 b:2", ""),
            ("/:a.:b", r"(?:/([^/]+?))(?:\.([^/.]+?))", "a:1 b:2", ""),
            (
                "/a/:b*/c",
                "/a(/((?:[^/]+?)(?:/(?:[^/]+?))*))?/c",
                "b:2=1",
                "",
            ),
        ] {
            let expected = [source, slots, excluded].map(str::to_owned);
            assert_eq!(translated(text, VercelFormat::Next), expected, "{text}");
        }
    }

    #[test]
    fn look_aheads_exclude_paths() {
        for (text, source, excluded) in [
            (
                r"/((?!api|x\.y).*)",
                "/{*_1?}",
                "a path that begins with `/api`, a path that begins with `/x.y`",
            ),
            (
                "/a/:p((?!b).+)",
                "/a/{*p}",
                "a path that begins with `/a/b`",
            ),
            ("/a((?!b).+)", "/a(.+)", "a path that begins with `/ab`"),
            (
                "/:l/((?!b).*)",
                "/{l}/{*_2?}",
                "a path matching `(?:(?:/([^/]+?))/(?:b))(?s:.*)`",
            ),
            (
                "/:l(de|en)/((?!b$).*)",
                "(?:/(de|en))(?:/(.*))",
                "a path matching `(?:(?:/(de|en))/(?:b$))(?s:.*)`",
            ),
        ] {
            let [own, _, own_excluded] = translated(text, VercelFormat::Vercel);
            assert_eq!((&*own, &*own_excluded), (source, excluded), "{text}");
        }
        let [_, _, next] = translated("/((?!a.).*)", VercelFormat::Next);
        assert_eq!(next, "a path matching `(?i:/(?:a.))(?s:.*)`");
        for (text, bytes) in [
            ("/:l(.*)/((?!b).*)", "/((?!b).*)"),
            ("/:l-((?!b).*)", "((?!b).*)"),
            ("/a/((?!b).*)?", "/((?!b).*)?"),
            ("/a/(b(?!c).*)", "(?!c)"),
        ] {
            let Err(Problem::Regex(wrong)) = translate(&parse(text).unwrap(), VercelFormat::Vercel)
            else {
                panic!("{text}");
            };
            assert!(wrong.is_known, "{text}");
            assert_eq!(&text[wrong.bytes], bytes, "{text}");
        }
    }
}
