//! Regexes of Apache: which source or condition means the same.
//!
//! Apache's regexes match anywhere in a text, and those here match a whole text. So `^a` becomes
//! `a.*`, and `a$` becomes `.*?a$`.

use std::collections::HashSet;

use crate::rules::{
    source::{Source, SourceKind},
    syntax::Word,
};

/// What isn't supported, and the fix.
pub(super) type Unsupported = (&'static str, &'static str);

/// The longest regex, in bytes.
const LONGEST: usize = 4096;

/// A source, and how a target inserts its groups.
#[derive(Debug)]
pub(super) struct Matched {
    pub(super) source: Source,
    pub(super) ignores_slash: bool,
    /// The placeholder of each group, from `$1` on.
    pub(super) groups: Vec<String>,
    /// The placeholder of the whole path, if the target uses it.
    pub(super) path: String,
}

/// A part of a regex that isn't plain text.
struct Mark {
    at: usize,
    char: char,
    depth: usize,
}

/// The parentheses, bars and anchors that aren't escaped or in a class.
fn marks(regex: &str) -> Vec<Mark> {
    let mut marks = Vec::new();
    let (mut depth, mut in_class, mut is_escaped) = (0_usize, false, false);
    for (at, char) in regex.char_indices() {
        match char {
            _ if std::mem::take(&mut is_escaped) => {}
            '\\' => is_escaped = true,
            ']' => in_class = false,
            '[' => in_class = true,
            _ if in_class => {}
            '(' => {
                marks.push(Mark { at, char, depth });
                depth += 1;
            }
            ')' => {
                depth = depth.saturating_sub(1);
                marks.push(Mark { at, char, depth });
            }
            '|' | '^' | '$' => marks.push(Mark { at, char, depth }),
            _ => {}
        }
    }
    marks
}

/// Writes a regex that matches whole texts which begin with `start`, if `regex` matches after it.
fn whole(regex: &str, start: &str) -> Result<String, Unsupported> {
    let marks = marks(regex);
    let bars = marks
        .iter()
        .filter(|mark| mark.char == '|' && mark.depth == 0);
    let mut begin = 0;
    let mut branches = Vec::new();
    for end in bars.map(|bar| bar.at).chain([regex.len()]) {
        let branch = regex.get(begin..end).unwrap_or_default();
        let is_anchored = branch.starts_with('^');
        let carets = marks
            .iter()
            .filter(|mark| mark.char == '^' && (begin..end).contains(&mark.at));
        if carets.count() > usize::from(is_anchored) {
            let message = "a `^` in the middle of a regex isn't supported";
            return Err((message, "write it at the beginning"));
        }
        let is_closed = marks
            .iter()
            .any(|mark| mark.char == '$' && mark.at + 1 == end);
        branches.push(format!(
            "{}{}{}",
            if is_anchored { "" } else { ".*?" },
            if is_anchored {
                branch.get(1..).unwrap_or_default()
            } else {
                branch
            },
            if is_closed { "" } else { ".*" },
        ));
        begin = end + 1;
    }
    Ok(match &*branches {
        [one] => format!("{start}{one}"),
        _ => format!("{start}(?:{})", branches.join("|")),
    })
}

/// Checks that a regex has only what regexes here have.
fn check(regex: &str) -> Result<(), Unsupported> {
    if regex.len() > LONGEST {
        return Err(("this regex is longer than 4,096 bytes", "shorten it"));
    }
    let looks = ["(?=", "(?!", "(?<=", "(?<!", "(?>", "*+", "++", "?+"];
    let refers =
        |pair: &[u8]| pair.first() == Some(&b'\\') && pair.get(1).is_some_and(u8::is_ascii_digit);
    if looks.iter().any(|look| regex.contains(look)) || regex.as_bytes().windows(2).any(refers) {
        let message = "regex lookaround and backreferences aren't supported";
        return Err((
            message,
            "write the regex without them, or list the paths to redirect",
        ));
    }
    // Each branch is wrapped in parentheses, which would close those that are missing.
    let mut open = 0_usize;
    for mark in marks(regex) {
        open = match mark.char {
            '(' => open + 1,
            ')' if open == 0 => {
                return Err(("unmatched `)` in the regex", "write `\\)` for a plain one"));
            }
            ')' => open - 1,
            _ => open,
        };
    }
    if !cfg!(feature = "regex") {
        let message = "this pattern needs a regex, and the `regex` feature is off";
        return Err((message, "enable the `regex` feature of tower-redirect"));
    }
    Ok(())
}

/// The regex of a condition on a whole value. Its groups have the names `_c1`, `_c2` and so on if
/// a target inserts them.
pub(super) fn of_value(
    regex: &str,
    ignore_case: bool,
    has_names: bool,
) -> Result<String, Unsupported> {
    check(regex)?;
    let mut named = String::new();
    let mut at = 0;
    for (number, open) in capturing(regex)
        .into_iter()
        .enumerate()
        .filter(|_| has_names)
    {
        named.push_str(regex.get(at..open).unwrap_or_default());
        named.push_str(&format!("(?<_c{}>", number + 1));
        at = open + 1;
    }
    named.push_str(regex.get(at..).unwrap_or_default());
    let flag = if ignore_case { "i" } else { "" };
    Ok(format!("(?{flag}:{})", whole(&named, "")?))
}

/// How many groups a regex has.
pub(super) fn count(regex: &str) -> usize {
    capturing(regex).len()
}

/// Where the groups begin that capture.
fn capturing(regex: &str) -> Vec<usize> {
    let opens = marks(regex).into_iter().filter(|mark| {
        let behind = regex.get(mark.at + 1..).unwrap_or_default();
        mark.char == '('
            && (!behind.starts_with('?') || behind.starts_with("?P<") || behind.starts_with("?<"))
    });
    opens.map(|mark| mark.at).collect()
}

/// The source of a regex. In a `.htaccess` file, rewrite rules see no slash at the beginning, so
/// `start` is that slash. A target may insert the whole path if `needs_path`.
pub(super) fn source(regex: &str, start: &str, needs_path: bool) -> Result<Matched, Unsupported> {
    if start == "/" && regex.starts_with("^/") && !regex.starts_with("^/?") {
        let message =
            "this pattern never matches, because it sees the path without its first slash";
        return Err((message, "remove the `/` after the `^`"));
    }
    if let Some(native) =
        native(regex, start).filter(|native| !needs_path || !native.path.is_empty())
    {
        return Ok(native);
    }
    check(regex)?;
    let (regex, hoisted) = hoisted(&encoded(regex));
    let shift = usize::from(needs_path);
    let groups = (1..=count(&regex)).map(|number| {
        let slash = if hoisted.contains(&number) { "/" } else { "" };
        format!("{slash}{{{}}}", number + shift)
    });
    let groups = groups.collect();
    let text = match needs_path {
        true => format!("{start}({})", whole(&regex, "")?),
        false => whole(&regex, start)?,
    };
    Ok(Matched {
        source: Source::new(SourceKind::Regex(Word::new(text, 0..0))),
        ignores_slash: false,
        groups,
        path: "/{1}".to_owned(),
    })
}

/// Percent-encodes what a path can't contain, as clients do.
fn encoded(regex: &str) -> String {
    let mut out = String::new();
    let (mut in_class, mut is_escaped) = (false, false);
    for char in regex.chars() {
        let was_escaped = std::mem::take(&mut is_escaped);
        match char {
            ' ' | '\u{80}'.. if !in_class => {
                if was_escaped {
                    out.pop();
                }
                let mut bytes = [0; 4];
                let bytes = char.encode_utf8(&mut bytes).bytes();
                out.extend(bytes.map(|byte| format!("(?i:%{byte:02X})")));
                continue;
            }
            _ if was_escaped => {}
            '\\' => is_escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            _ => {}
        }
        out.push(char);
    }
    out
}

/// Moves the slash at the beginning of a group before it, so a target can have it after a host.
/// Returns the numbers of these groups.
fn hoisted(regex: &str) -> (String, HashSet<usize>) {
    let marks = marks(regex);
    let mut out = String::new();
    let mut numbers = HashSet::new();
    let mut at = 0;
    for (number, open) in (1..).zip(capturing(regex)) {
        let Some(mark) = marks.iter().position(|mark| mark.at == open) else {
            continue;
        };
        let depth = marks.get(mark).map_or(0, |mark| mark.depth);
        let mut inside = marks.iter().skip(mark + 1);
        let close = inside
            .clone()
            .find(|mark| mark.char == ')' && mark.depth == depth);
        let Some(close) = close else {
            continue;
        };
        let has_bar =
            inside.any(|mark| mark.char == '|' && mark.depth == depth + 1 && mark.at < close.at);
        let behind = regex.get(close.at + 1..).unwrap_or_default();
        let text = regex.get(open + 1..).unwrap_or_default();
        let after_slash = text.get(1..).unwrap_or_default();
        let repeats = |text: &str| text.starts_with(['?', '*', '+', '{']);
        if text.starts_with('/') && !has_bar && !repeats(behind) && !repeats(after_slash) {
            out.push_str(regex.get(at..open).unwrap_or_default());
            out.push_str("/(");
            at = open + 2;
            numbers.insert(number);
        }
    }
    out.push_str(regex.get(at..).unwrap_or_default());
    (out, numbers)
}

/// A native source, if one means the same.
fn native(regex: &str, start: &str) -> Option<Matched> {
    let mut out = start.to_owned();
    let mut groups: Vec<String> = Vec::new();
    let mut path = String::new();
    let mut rest = match regex.strip_prefix('^') {
        Some(rest) if !start.is_empty() => rest.strip_prefix("/?").unwrap_or(rest),
        Some(rest) => rest,
        None if regex.starts_with(".*") || regex.starts_with("(.*)") => regex,
        None => return None,
    };
    let mut ignores_slash = false;
    loop {
        let at_slash = out.ends_with('/');
        let is_end = |rest: &str| rest.is_empty() || rest == "$";
        let next = |groups: &[String]| (groups.len() + 1).to_string();
        if rest == "$" {
            break;
        }
        // Without `$`, anything may follow.
        if rest.is_empty() && at_slash {
            out.push_str("{*_rest?}");
            break;
        }
        let tails = [
            ("(/.*)", "/{*", "?}", "/"),
            ("(.*)", "{*", "?}", ""),
            ("(.+)", "{*", "}", ""),
        ];
        let tail = tails
            .iter()
            .find(|(text, ..)| rest.strip_prefix(text).is_some_and(is_end));
        if let Some((text, open, close, slash)) = tail {
            if at_slash == text.starts_with("(/") {
                return None;
            }
            let name = next(&groups);
            if out == "/" {
                path = format!("/{{{name}}}");
            }
            out.push_str(&format!("{open}{name}{close}"));
            groups.push(format!("{slash}{{{name}}}"));
            break;
        }
        if at_slash && rest.strip_prefix(".*").is_some_and(is_end) {
            if out == "/" {
                path = "/{_rest}".to_owned();
            }
            out.push_str("{*_rest?}");
            break;
        }
        if let Some(behind) = rest.strip_prefix("([^/]+)") {
            if !at_slash || !behind.starts_with(['/', '$']) {
                return None;
            }
            let placeholder = format!("{{{}}}", next(&groups));
            out.push_str(&placeholder);
            groups.push(placeholder);
            rest = behind;
            continue;
        }
        let mut chars = rest.chars();
        let char = match chars.next()? {
            '\\' => chars.next().filter(char::is_ascii_punctuation)?,
            char if char.is_ascii_alphanumeric() || "-_/~%,:;=@& ".contains(char) => char,
            _ => return None,
        };
        let after = chars.as_str();
        if char == '/' && after == "?$" && !at_slash {
            ignores_slash = true;
            break;
        }
        if after.starts_with(['?', '*', '+', '{']) {
            return None;
        }
        match char {
            '{' | '}' => out.push_str(&format!("{char}{char}")),
            '?' | '#' => return None,
            char => out.push(char),
        }
        rest = chars.as_str();
    }
    if !out.starts_with('/') {
        return None;
    }
    Some(Matched {
        source: Source::from(out),
        ignores_slash,
        groups,
        path,
    })
}

#[cfg(all(test, feature = "regex"))]
mod tests {
    use super::{of_value, source};

    #[test]
    fn native_if_one_means_the_same_and_a_regex_if_not() {
        for (regex, start, expected, groups) in [
            ("^a/b\\.html$", "/", "/a/b.html", ""),
            ("^/?a/?$", "/", "/a", ""),
            ("^/a//?$", "", "/a//?$", ""),
            ("^a\\/?$", "/", "/a", ""),
            ("^(.*)$", "/", "/{*1?}", "{1}"),
            (".*", "/", "/{*_rest?}", ""),
            ("^", "/", "/{*_rest?}", ""),
            ("^a/([^/]+)/(.+)$", "/", "/a/{1}/{*2}", "{1} {2}"),
            ("^a(/.*)$", "/", "/a/{*1?}", "/{1}"),
            ("^/a/(.*)", "", "/a/{*1?}", "{1}"),
            ("^a", "/", "/a.*", ""),
            ("a$", "/", "/.*?a$", ""),
            ("/b", "", ".*?/b.*", ""),
            ("^a|b$", "/", "/(?:a.*|.*?b$)", ""),
            (
                "^a([0-9]+)(/x)(/y|z)(/?w)$",
                "/",
                "/a([0-9]+)/(x)(/y|z)(/?w)$",
                "{1} /{2} {3} {4}",
            ),
            ("^a/?(.*)$", "/", "/a/?(.*)$", "{1}"),
            ("^ab?$", "/", "/ab?$", ""),
            ("^[(^]\\($", "/", "/[(^]\\($", ""),
            ("^a b/(.*)", "/", "/a b/{*1?}", "{1}"),
            ("\u{e9}\\ .$", "/", "/.*?(?i:%C3)(?i:%A9)(?i:%20).$", ""),
        ] {
            let matched = source(regex, start, false).unwrap();
            assert_eq!(
                (&*matched.source.text(), &*matched.groups.join(" ")),
                (expected, groups),
                "{regex}"
            );
        }
        let matched = source("^a(b)", "/", true).unwrap();
        assert_eq!(
            (&*matched.source.text(), &*matched.groups),
            ("/(a(b).*)", &["{2}".to_owned()][..])
        );
        for regex in ["^(?!a)", "(a)\\1", "(^a)", "^/a", "a++"] {
            assert!(source(regex, "/", false).is_err(), "{regex}");
        }
        assert_eq!(
            of_value("^(a|(b))$", true, true).unwrap(),
            "(?i:(?<_c1>a|(?<_c2>b))$)"
        );
        assert_eq!(of_value("x", false, false).unwrap(), "(?:.*?x.*)");
    }
}
