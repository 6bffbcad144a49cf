//! The groups of regexes that other servers read, and what of a regex a path never contains.

/// What the part of a group after its slash is called.
pub(super) const AFTER_SLASH: &str = "_after_slash";

/// A part of a regex that isn't plain text.
pub(super) struct Mark {
    pub(super) at: usize,
    pub(super) char: char,
    pub(super) depth: usize,
}

/// A character of a regex.
struct Step {
    at: usize,
    char: char,
    is_escaped: bool,
    in_class: bool,
}

/// Returns the characters of a regex, and whether every escape and class ends.
fn steps(regex: &str) -> (Vec<Step>, bool) {
    let mut steps: Vec<Step> = Vec::with_capacity(regex.len());
    let (mut classes, mut is_escaped, mut begins_class) = (0_usize, false, false);
    for (at, char) in regex.char_indices() {
        let was_escaped = std::mem::take(&mut is_escaped);
        // A `]` that comes first in a class is plain text.
        let is_first = std::mem::take(&mut begins_class);
        steps.push(Step {
            at,
            char,
            is_escaped: was_escaped,
            in_class: classes > 0,
        });
        match char {
            _ if was_escaped => {}
            '\\' => is_escaped = true,
            '[' => {
                classes += 1;
                begins_class = true;
            }
            '^' => begins_class = is_first,
            ']' if !is_first => classes = classes.saturating_sub(1),
            _ => {}
        }
    }
    (steps, !is_escaped && classes == 0)
}

/// Returns the parentheses, bars and anchors that aren't escaped or in a class.
pub(super) fn marks(regex: &str) -> Vec<Mark> {
    let mut depth = 0_usize;
    let (steps, _) = steps(regex);
    let plain = steps
        .into_iter()
        .filter(|step| !step.is_escaped && !step.in_class);
    plain
        .filter_map(|Step { at, char, .. }| {
            let own = match char {
                '(' => {
                    depth += 1;
                    depth - 1
                }
                ')' => {
                    depth = depth.saturating_sub(1);
                    depth
                }
                '|' | '^' | '$' => depth,
                _ => return None,
            };
            Some(Mark {
                at,
                char,
                depth: own,
            })
        })
        .collect()
}

/// Returns the same, or `None` if an escape or a class doesn't end.
pub(super) fn marks_of_whole(regex: &str) -> Option<Vec<Mark>> {
    steps(regex).1.then(|| marks(regex))
}

/// Returns `true` if a regex has a look-around, an atomic group, a possessive repetition or a
/// backreference.
///
/// The regexes of this crate don't have them, or read them in another way.
pub(super) fn backtracks(regex: &str) -> bool {
    const GROUPS: [&str; 5] = ["(?=", "(?!", "(?<=", "(?<!", "(?>"];
    steps(regex).0.iter().any(|step| {
        let rest = regex.get(step.at..).unwrap_or_default();
        match step.char {
            char if step.is_escaped => char.is_ascii_digit(),
            _ if step.in_class => false,
            '(' => GROUPS.iter().any(|group| rest.starts_with(group)),
            '*' | '+' | '?' | '}' => rest.get(1..).is_some_and(|next| next.starts_with('+')),
            _ => false,
        }
    })
}

/// Returns where the groups begin that capture.
pub(super) fn capturing(regex: &str) -> Vec<usize> {
    let opens = marks(regex).into_iter().filter(|mark| {
        let after = regex.get(mark.at + 1..).unwrap_or_default();
        mark.char == '('
            && (!after.starts_with('?') || after.starts_with("?P<") || after.starts_with("?<"))
    });
    opens.map(|mark| mark.at).collect()
}

/// Returns where the text of a group begins, after its name.
fn begin(regex: &str, open: usize) -> usize {
    let text = regex.get(open + 1..).unwrap_or_default();
    let name = text.strip_prefix('?').and_then(|name| name.find('>'));
    open + name.map_or(1, |end| end + 3)
}

/// Gives the groups the names `_c1`, `_c2` and so on.
pub(super) fn with_names(regex: &str) -> String {
    let mut named = String::new();
    let mut at = 0;
    for (number, open) in (1..).zip(capturing(regex)) {
        named.push_str(regex.get(at..open).unwrap_or_default());
        named.push_str(&format!("(?<_c{number}>"));
        at = begin(regex, open);
    }
    named + regex.get(at..).unwrap_or_default()
}

/// Captures what follows the slash of a group in a group of its own, [`AFTER_SLASH`].
///
/// `/docs(/.*)?` becomes `/docs(/(?<_after_slash>.*))?`. Returns `None` if the group, counted from
/// 1, can match a text that is neither empty nor begins with a slash.
///
/// A target may have this inner group after a host and a slash, and never the outer one, because
/// text of a request must not extend a host.
pub(super) fn with_inner_group(regex: &str, number: usize) -> Option<String> {
    let open = *capturing(regex).get(number.checked_sub(1)?)?;
    let marks = marks(regex);
    let mut inside = marks.iter().skip_while(|mark| mark.at <= open);
    let depth = marks.iter().find(|mark| mark.at == open)?.depth;
    let close = inside
        .clone()
        .find(|mark| mark.char == ')' && mark.depth == depth)?
        .at;
    let has_bar = inside.any(|mark| mark.char == '|' && mark.depth == depth + 1 && mark.at < close);
    let begin = begin(regex, open);
    let after_slash = regex.get(begin..close)?.strip_prefix('/')?;
    let repeats = |text: &str| text.starts_with(['?', '*', '+', '{']);
    let after = regex.get(close + 1..)?;
    let is_repeated = repeats(after.strip_prefix('?').unwrap_or(after));
    (!has_bar && !is_repeated && !repeats(after_slash)).then(|| {
        let before = regex.get(..=begin).unwrap_or_default();
        format!("{before}(?<{AFTER_SLASH}>{after_slash})){after}")
    })
}

/// Returns what follows the `$` that directly follows the host of a target.
pub(super) fn after_host(target: &str) -> Option<&str> {
    let (_, rest) = target.split_once("://")?;
    let end = rest.find(['/', '?', '#', '$'])?;
    rest.get(end..)?.strip_prefix('$')
}

/// Percent-encodes what a path can't contain, as clients do.
pub(super) fn encoded(regex: &str) -> String {
    let mut out = String::new();
    for step in steps(regex).0 {
        if step.in_class || step.char != ' ' && step.char.is_ascii() {
            out.push(step.char);
            continue;
        }
        if step.is_escaped {
            out.pop();
        }
        let mut bytes = [0; 4];
        let bytes = step.char.encode_utf8(&mut bytes).bytes();
        out.extend(bytes.map(|byte| format!("(?i:%{byte:02X})")));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{after_host, capturing, marks_of_whole, with_inner_group, with_names};

    #[test]
    fn a_class_ends_at_its_own_bracket() {
        for (regex, groups) in [
            ("[](](a)", 1),
            ("[^](](a)", 1),
            ("[[:alpha:])](a)", 1),
            ("[a\\](](b)", 1),
            ("\\[(a)", 1),
            ("[a&&[(]](b)", 1),
        ] {
            assert_eq!(capturing(regex).len(), groups, "{regex}");
            assert!(marks_of_whole(regex).is_some(), "{regex}");
        }
        for regex in ["[", "[]", "[^]", "a\\", "[[]"] {
            assert!(marks_of_whole(regex).is_none(), "{regex}");
        }
    }

    #[test]
    fn a_group_that_begins_with_a_slash_has_an_inner_one() {
        for (regex, number, expected) in [
            ("^/a(/.*)?$", 1, Some("^/a(/(?<_after_slash>.*))?$")),
            (
                "(x)(?<y>/z(w)?)b",
                2,
                Some("(x)(?<y>/(?<_after_slash>z(w)?))b"),
            ),
            ("(/)", 1, Some("(/(?<_after_slash>))")),
            ("(/a)|(/(b|c))", 2, Some("(/a)|(/(?<_after_slash>(b|c)))")),
            ("(/?.*)", 1, None),
            ("(/*)", 1, None),
            ("(/a|b)", 1, None),
            ("(/a)*", 1, None),
            ("(/a)?+", 1, None),
            ("((/a)?)", 1, None),
            ("(.*)", 1, None),
            ("(/a)", 2, None),
            ("(/a", 1, None),
        ] {
            assert_eq!(
                with_inner_group(regex, number).as_deref(),
                expected,
                "{regex}"
            );
        }
    }

    #[test]
    fn what_follows_a_host_is_found() {
        for (value, after) in [
            ("https://a.example$1/x", Some("1/x")),
            ("https://a.example${b}", Some("{b}")),
            ("https://a.example/$1", None),
            ("https://a.example?$1", None),
            ("https://a.example", None),
            ("/a$1", None),
        ] {
            assert_eq!(after_host(value), after, "{value}");
        }
    }

    #[test]
    fn groups_have_names() {
        for (regex, expected) in [
            ("^a$", "^a$"),
            (
                "(a)(?:b)(?<c>d(?P<e>f))\\(",
                "(?<_c1>a)(?:b)(?<_c2>d(?<_c3>f))\\(",
            ),
        ] {
            assert_eq!(with_names(regex), expected);
        }
    }
}
