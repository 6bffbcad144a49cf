//! The differences between Netlify and this crate.

use percent_encoding::percent_decode_str;

use crate::{
    answer::Decision,
    compare::{Known, SELF_REDIRECT},
};

pub const KNOWN: &[Known] = &[
    Known {
        kind: "encoded source",
        reason: "Netlify compares the decoded path with the text of the file, or with the path of a source URL, which \
                 is encoded. Such a line matches nothing there",
        is: |case| {
            case.only_ours().is_some_and(|line| {
                let source = source_of(line);
                source.contains('%') || !source.is_ascii() && source.starts_with("http")
            })
        },
    },
    Known {
        kind: "consumed parameters",
        reason: "parameters that a line compares or inserts aren't repeated in the target",
        is: |case| {
            let Some(line) = case.both() else {
                return false;
            };
            let keys: Vec<_> = parameters(line).collect();
            let (Some(engine), Some(ours)) = (case.engine.location(), case.ours.location()) else {
                return false;
            };
            without(engine, &keys) == ours && engine != ours
        },
    },
    Known {
        kind: "own target",
        reason: "a line that waits for a 404 doesn't match the URLs that it redirects to, except on Netlify",
        is: |case| {
            case.only_engine().is_some_and(|line| {
                let target = target_of(line)
                    .split([':', '?', '#'])
                    .next()
                    .unwrap_or_default();
                !line.contains('!')
                    && case
                        .request
                        .path()
                        .starts_with(target.trim_end_matches('/'))
            })
        },
    },
    Known {
        kind: "loop",
        reason: "Netlify sends the redirects of an endless loop, and the line that closes it is left out here",
        is: |case| case.is_left_out("endless redirect") || case.is_left_out("redirect loop"),
    },
    Known {
        kind: "part of a segment",
        reason: "a placeholder is a whole segment and its name ends where its characters end",
        is: |case| {
            case.only_engine().is_some_and(|line| {
                let mut segments = source_of(line).split('/');
                segments.any(|segment| {
                    segment
                        .strip_prefix(':')
                        .is_some_and(|name| name.contains('.'))
                })
            })
        },
    },
    Known {
        kind: "empty segment",
        reason: "a source with an empty segment matches nothing on Netlify, or inserts nothing",
        is: |case| {
            let line = case.only_ours().or(case.only_engine()).or(case.both());
            line.is_some_and(|line| path_of(source_of(line)).contains("//"))
        },
    },
    Known {
        kind: "country",
        reason: "the comparison sets no header that names the country of a request",
        is: |case| case.is_left_out("`Country` needs a header"),
    },
    Known {
        kind: "start of a name",
        reason: "Netlify replaces `:x` at the start of `:xy`; here `:xy` is another name",
        is: |case| case.both().is_some() && case.is_said("at the start of"),
    },
    Known {
        kind: "parameter without `=`",
        reason: "`?k` is `?k=` here, as forms read it (URL standard, section 5.1), and Netlify matches `k=:name` only \
                 with `?k=`",
        is: |case| {
            case.only_ours().is_some_and(|line| {
                let mut query = case.request.query().unwrap_or_default().split('&');
                query.any(|pair| parameters(line).any(|key| key == pair))
            })
        },
    },
    Known {
        kind: "empty value",
        reason: "Netlify distinguishes `k` and `k=` in a request, and a source with `k=` matches only the latter",
        is: |case| {
            case.only_ours()
                .is_some_and(|line| pairs(line).any(|pair| pair.ends_with('=')))
        },
    },
    Known {
        kind: "target is a prefix",
        reason: "a splat doesn't match paths that start with the target's path, whether or not a file is there",
        is: |case| {
            let path = percent_decode_str(case.request.path()).decode_utf8_lossy();
            case.engine.rule.is_none()
                && case.up_to_ours().any(|line| {
                    let target = target_of(line).split(['?', '#']).next().unwrap_or_default();
                    let target = target
                        .split_once("/:splat")
                        .map_or(target, |(before, _)| before);
                    source_of(line).contains('*') && path.starts_with(target)
                })
        },
    },
    Known {
        kind: "off the site",
        reason: "a path never becomes another site, such as `//c` from `/:splat`",
        is: |case| {
            let line = case.both().or(case.only_engine()).unwrap_or_default();
            let site = case.request.url().origin().ascii_serialization();
            let leaves = match &case.engine.decision {
                Decision::Redirect { location, .. } => !location.starts_with(&site),
                other => matches!(other, Decision::Error(error) if error.contains("Invalid URL")),
            };
            !target_of(line).starts_with("http") && leaves && case.ours.is_pass()
        },
    },
    Known {
        kind: "empty segment of a request",
        reason: "Netlify's placeholders skip empty segments",
        is: |case| {
            let line = case.only_engine().or(case.both());
            line.is_some_and(|line| line.contains("/:")) && case.request.path().contains("//")
        },
    },
    Known {
        kind: "encoded request",
        reason: "a source with `*` before its last segment is a regex, which sees the path as received",
        is: |case| {
            let has_inner_splat = |line: &str| {
                let source = source_of(line);
                source.trim_end_matches("/*").contains('*')
            };
            case.only_engine().is_some_and(has_inner_splat) && case.request.path().contains('%')
        },
    },
    SELF_REDIRECT,
    Known {
        kind: "space of a parameter",
        reason: "Netlify inserts the space of a parameter into a path as `+`, which isn't a space there",
        is: |case| {
            let (Some(engine), Some(ours)) = (case.engine.location(), case.ours.location()) else {
                return false;
            };
            let keys: Vec<_> = case.both().map(parameters).into_iter().flatten().collect();
            let engine = engine.replace("%2B", "%20");
            case.both().is_some() && (engine == ours || without(&engine, &keys) == ours)
        },
    },
];

pub fn source_of(line: &str) -> &str {
    line.split_whitespace().next().unwrap_or_default()
}

/// A source without its scheme and host.
fn path_of(source: &str) -> &str {
    let rest = source.split_once("://").map(|(_, rest)| rest);
    rest.map_or(source, |rest| rest.find('/').map_or("", |at| &rest[at..]))
}

pub fn target_of(line: &str) -> &str {
    let words: Vec<_> = line.split_whitespace().collect();
    words.get(target_index(&words)).copied().unwrap_or_default()
}

fn target_index(words: &[&str]) -> usize {
    let is_target = |word: &&str| word.starts_with('/') || word.starts_with("http");
    words
        .iter()
        .skip(1)
        .position(is_target)
        .map_or(words.len(), |at| at + 1)
}

/// What stands between the source and the target.
pub fn pairs(line: &str) -> impl Iterator<Item = &str> {
    let words: Vec<_> = line.split_whitespace().collect();
    let end = target_index(&words);
    words.into_iter().take(end).skip(1)
}

/// The keys of the parameters that a line requires.
fn parameters(line: &str) -> impl Iterator<Item = &str> {
    pairs(line).filter_map(|word| Some(word.split_once('=')?.0))
}

pub fn status(line: &str) -> Option<&str> {
    let words: Vec<_> = line.split_whitespace().collect();
    words
        .get(target_index(&words) + 1)
        .copied()
        .filter(|word| !word.starts_with('#'))
}

/// A condition of a line, and its values.
pub fn conditions(line: &str) -> Option<(&str, &str)> {
    let words = line
        .split_whitespace()
        .take_while(|word| !word.starts_with('#'));
    words
        .last()?
        .split_once('=')
        .filter(|_| status(line).is_some())
}

/// A location without the parameters of these keys.
fn without(location: &str, keys: &[&str]) -> String {
    let (rest, fragment) = location
        .find('#')
        .map_or((location, ""), |at| location.split_at(at));
    let Some((path, query)) = rest.split_once('?') else {
        return location.to_owned();
    };
    let has_key = |pair: &&str| keys.iter().any(|key| pair.split('=').next() == Some(*key));
    let pairs: Vec<_> = query.split('&').filter(|pair| !has_key(pair)).collect();
    let mark = if pairs.is_empty() { "" } else { "?" };
    format!("{path}{mark}{}{fragment}", pairs.join("&"))
}
