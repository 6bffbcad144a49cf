//! Regexes of Apache: which source or condition means the same.
//!
//! Apache's regexes match anywhere in a text, and those here match a whole text. So `^a` becomes
//! `a.*`, and `a$` becomes `.*?a$`.

use crate::rules::{
    format::regex_groups::{
        AFTER_SLASH, after_host, backtracks, capturing, encoded, marks, with_inner_group,
        with_names,
    },
    source::{Source, SourceKind},
    syntax::{Pattern, Segment, Tail, TailKind, Word},
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
    /// The groups, from `$1` on.
    groups: Vec<Slot>,
    /// The group whose text after its slash has a placeholder of its own.
    after_host: Option<usize>,
    /// The whole path, if the target uses it.
    pub(super) path: Slot,
}

/// A placeholder.
#[derive(Clone, Debug, Default)]
pub(super) struct Slot {
    pub(super) name: String,
    /// Whether a slash comes before what it captures.
    pub(super) has_slash: bool,
}

impl Slot {
    fn new(name: impl Into<String>, has_slash: bool) -> Self {
        Self {
            name: name.into(),
            has_slash,
        }
    }

    fn of_group(number: usize, has_slash: bool) -> Self {
        Self::new(number.to_string(), has_slash)
    }
}

impl Matched {
    /// Returns the placeholder of a group, counted from 1.
    pub(super) fn slot(&self, number: usize, is_after_host: bool) -> Option<Slot> {
        if is_after_host && self.after_host == Some(number) {
            return Some(Slot::new(AFTER_SLASH, true));
        }
        self.groups.get(number.checked_sub(1)?).cloned()
    }
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
    if backtracks(regex) {
        let message = "regex look-around and backreferences aren't supported";
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
    let regex = match has_names {
        true => with_names(regex),
        false => regex.to_owned(),
    };
    let flag = if ignore_case { "i" } else { "" };
    Ok(format!("(?{flag}:{})", whole(&regex, "")?))
}

/// How many groups a regex has.
pub(super) fn count(regex: &str) -> usize {
    capturing(regex).len()
}

/// The source of a regex. In a `.htaccess` file, rewrite rules see no slash at the beginning, so
/// `start` is that slash. The target says what is captured.
pub(super) fn source(regex: &str, start: &str, target: &str) -> Result<Matched, Unsupported> {
    if start == "/" && regex.starts_with("^/") && !regex.starts_with("^/?") {
        let message =
            "this pattern never matches, because it sees the path without its first slash";
        return Err((message, "remove the `/` after the `^`"));
    }
    let needs_path = target.contains("%{REQUEST_URI}");
    let native = native(regex, start);
    if let Some(native) = native.filter(|one| !needs_path || !one.path.name.is_empty()) {
        return Ok(native);
    }
    check(regex)?;
    let shift = usize::from(needs_path);
    let after_host = after_host(target)
        .and_then(|text| text.chars().next()?.to_digit(10))
        .map(|digit| digit as usize);
    let inner = after_host.and_then(|number| with_inner_group(regex, number));
    let after_host = after_host.filter(|_| inner.is_some());
    let groups = (1..=count(regex)).map(|number| {
        let is_behind = after_host.is_some_and(|inner| number > inner);
        Slot::of_group(number + shift + usize::from(is_behind), false)
    });
    let groups = groups.collect();
    let regex = encoded(inner.as_deref().unwrap_or(regex));
    let text = match needs_path {
        true => format!("{start}({})", whole(&regex, "")?),
        false => whole(&regex, start)?,
    };
    Ok(Matched {
        source: Source::new(SourceKind::Regex(Word::new(text, 0..0))),
        ignores_slash: false,
        groups,
        after_host,
        path: Slot::of_group(1, true),
    })
}

/// A native source, if one means the same.
fn native(regex: &str, start: &str) -> Option<Matched> {
    let mut rest = match regex.strip_prefix('^') {
        Some(rest) if !start.is_empty() => rest.strip_prefix("/?").unwrap_or(rest),
        Some(rest) => rest,
        None if regex.starts_with(".*") || regex.starts_with("(.*)") => regex,
        None => return None,
    };
    let mut pattern = Pattern::default();
    let mut segment = (!start.is_empty()).then_some(Segment::Literal(Word::EMPTY));
    let mut groups = Vec::new();
    let mut path = Slot::default();
    let mut ignores_slash = false;
    while rest != "$" {
        let begin = regex.len() - rest.len();
        let at_slash = matches!(&segment, Some(Segment::Literal(text)) if text.text.is_empty());
        let is_root = at_slash && pattern.segments.is_empty();
        let is_end = |rest: &str| rest.is_empty() || rest == "$";
        let next = groups.len() + 1;
        // Without `$`, anything may follow.
        let tails = [
            ("(/.*)", TailKind::AfterSlash, Some(true)),
            ("(.*)", TailKind::AfterSlash, Some(false)),
            ("(.+)", TailKind::NonEmpty, Some(false)),
            (".*", TailKind::AfterSlash, None),
            ("", TailKind::AfterSlash, None),
        ];
        let tail = tails
            .into_iter()
            .find(|(text, ..)| rest.strip_prefix(text).is_some_and(is_end));
        if let Some((text, kind, group)) = tail {
            let has_slash = group == Some(true);
            if at_slash == has_slash {
                return None;
            }
            let slot = match group {
                Some(_) => Slot::of_group(next, has_slash),
                None => Slot::new("_rest", false),
            };
            let name = Word::new(&*slot.name, begin..begin + text.len());
            pattern.tail = Some(Tail { kind, name });
            if is_root {
                path = Slot::new(&slot.name, true);
            }
            groups.extend(group.map(|_| slot));
            // The slash is a part of the tail.
            segment = segment.filter(|_| !at_slash);
            break;
        }
        if let Some(after) = rest.strip_prefix("([^/]+)") {
            if !at_slash || !after.starts_with(['/', '$']) {
                return None;
            }
            let name = Word::new(next.to_string(), begin..regex.len() - after.len());
            segment = Some(Segment::Placeholder {
                before: Word::EMPTY,
                name,
                after: Word::EMPTY,
            });
            groups.push(Slot::of_group(next, false));
            rest = after;
            continue;
        }
        let mut chars = rest.chars();
        let char = match chars.next()? {
            '\\' => chars.next().filter(char::is_ascii_punctuation)?,
            char if char.is_ascii_alphanumeric() || "-_/~%,:;=@& ".contains(char) => char,
            _ => return None,
        };
        rest = chars.as_str();
        let end = regex.len() - rest.len();
        if char == '/' && rest == "?$" && !at_slash {
            ignores_slash = true;
            break;
        }
        if rest.starts_with(['?', '*', '+', '{']) || matches!(char, '?' | '#') {
            return None;
        }
        match char {
            '/' => {
                pattern.segments.extend(segment.take());
                segment = Some(Segment::Literal(Word::new("", end..end)));
            }
            char => {
                let (Segment::Literal(last) | Segment::Placeholder { after: last, .. }) =
                    segment.as_mut()?;
                last.text.push(char);
                last.range.end = end;
            }
        }
    }
    pattern.segments.extend(segment);
    if pattern.segments.is_empty() && pattern.tail.is_none() {
        return None;
    }
    Some(Matched {
        source: pattern.into(),
        ignores_slash,
        groups,
        after_host: None,
        path,
    })
}

#[cfg(all(test, feature = "regex"))]
mod tests {
    use super::{Matched, of_value, source};

    /// The groups as a target has them.
    fn written(matched: &Matched, is_after_host: bool) -> String {
        let slots = (1..).map_while(|number| matched.slot(number, is_after_host));
        let slots = slots.map(|slot| {
            let slash = if slot.has_slash { "/" } else { "" };
            format!("{slash}{{{}}}", slot.name)
        });
        slots.collect::<Vec<_>>().join(" ")
    }

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
                "/a([0-9]+)(/x)(/y|z)(/?w)$",
                "{1} {2} {3} {4}",
            ),
            ("^a/?(.*)$", "/", "/a/?(.*)$", "{1}"),
            ("^ab?$", "/", "/ab?$", ""),
            ("^[(^]\\($", "/", "/[(^]\\($", ""),
            ("^a b/(.*)", "/", "/a b/{*1?}", "{1}"),
            // Nothing of this is a look-around, a possessive repetition or a backreference.
            ("^a\\(?=b$", "/", "/a\\(?=b$", ""),
            ("^[*+]b\\*+$", "/", "/[*+]b\\*+$", ""),
            ("^\\\\1+$", "/", "/\\\\1+$", ""),
            ("\u{e9}\\ .$", "/", "/.*?(?i:%C3)(?i:%A9)(?i:%20).$", ""),
        ] {
            let matched = source(regex, start, "").unwrap();
            assert_eq!(
                (&*matched.source.text(), &*written(&matched, false)),
                (expected, groups),
                "{regex}"
            );
        }
        for (regex, target, expected, groups) in [
            ("^a(b)", "%{REQUEST_URI}", "/(a(b).*)", "{2}"),
            (
                "^a(/.*)?(b)$",
                "https://x$1",
                "/a(/(?<_after_slash>.*))?(b)$",
                "/{_after_slash} {3}",
            ),
            ("^a(/.*)?$", "/x$1", "/a(/.*)?$", "{1}"),
            ("^a(.*)$", "https://x$1", "/a(.*)$", "{1}"),
        ] {
            let matched = source(regex, "/", target).unwrap();
            assert_eq!(
                (&*matched.source.text(), &*written(&matched, true)),
                (expected, groups),
                "{regex}"
            );
        }
        for regex in ["^(?!a)", "(a)\\1", "(^a)", "^/a", "a++", "a{2}+"] {
            assert!(source(regex, "/", "").is_err(), "{regex}");
        }
        assert_eq!(
            of_value("^(a|(b))$", true, true).unwrap(),
            "(?i:(?<_c1>a|(?<_c2>b))$)"
        );
        assert_eq!(of_value("x", false, false).unwrap(), "(?:.*?x.*)");
    }
}
