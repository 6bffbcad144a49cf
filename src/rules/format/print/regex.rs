//! Sources that are regexes, for formats whose targets insert groups by their numbers.

use std::borrow::Cow;

use crate::rules::{
    Rule,
    format::regex_groups::{marks, marks_of_whole},
    source::SourceKind,
    syntax::{Template, TemplatePart},
};

/// A regex without names of groups, and a target that inserts them by number.
pub(in crate::rules::format) struct Numbered {
    pub(in crate::rules::format) regex: String,
    pub(in crate::rules::format) target: Template,
}

impl Numbered {
    /// Returns `None` if the source isn't a regex, or is one with comments.
    pub(in crate::rules::format) fn of(rule: &Rule) -> Option<Self> {
        let SourceKind::Regex(text) = &rule.source.kind else {
            return None;
        };
        let text = unwrapped(&text.text);
        let groups = groups(text)?;
        let mut regex = String::new();
        let mut at = 0;
        for Group { open, name } in &groups {
            let Some(name) = name else { continue };
            regex.push_str(text.get(at..=*open)?);
            // The name is between `<` and `>`.
            at = open + text.get(*open..)?.find('<')? + name.len() + 2;
        }
        regex.push_str(text.get(at..)?);
        let regex = flat(&regex);
        let mut target = rule
            .target
            .template()
            .map_or_else(|_| Template::default(), Cow::into_owned);
        for part in &mut target.parts {
            if let TemplatePart::Placeholder(one) = part {
                let is_own = |group: &Group<'_>| group.name == Some(&*one.name.text);
                if let Some(at) = groups.iter().position(is_own) {
                    one.name.text = (at + 1).to_string();
                }
            }
        }
        Some(Self { regex, target })
    }
}

/// A group that captures: where it begins, and its name.
struct Group<'r> {
    open: usize,
    name: Option<&'r str>,
}

/// Returns the groups that capture, in their order.
fn groups(regex: &str) -> Option<Vec<Group<'_>>> {
    let mut groups = Vec::new();
    let opens = marks_of_whole(regex)?
        .into_iter()
        .filter(|mark| mark.char == '(');
    for open in opens.map(|mark| mark.at) {
        let behind = regex.get(open + 1..)?;
        let named = behind
            .strip_prefix("?P<")
            .or_else(|| behind.strip_prefix("?<"));
        if let Some(name) = named {
            let name = name.split('>').next();
            groups.push(Group { open, name });
        } else if !behind.starts_with('?') {
            groups.push(Group { open, name: None });
        } else if behind.split([':', ')']).next()?.contains('x') {
            // Comments may have parentheses.
            return None;
        }
    }
    Some(groups)
}

/// Returns the regex that matches the same whole texts, without what readers write around it.
pub(in crate::rules::format) fn unwrapped(mut regex: &str) -> &str {
    const FORMS: [(&str, &str); 5] = [
        ("(?s:.*?)(?:^(?:", ")$)(?s:.*)"),
        (".*?(?:^(?:", ")$).*"),
        ("(?:^(?:", ")$)"),
        ("(?:", ")"),
        ("", "$"),
    ];
    let inside = |regex: &'_ str| {
        let mut forms = FORMS.iter();
        forms.find_map(|(before, after)| {
            let inside = before.len()..regex.len().checked_sub(after.len())?;
            let is_form = regex.starts_with(before) && regex.ends_with(after);
            regex
                .get(inside.clone())
                .filter(|inner| is_form && bars(inner).is_some())
                .map(|_| inside)
        })
    };
    while let Some(inside) = inside(regex) {
        regex = regex.get(inside).unwrap_or_default();
    }
    regex
}

/// Returns a regex without the groups that make no difference.
fn flat(regex: &str) -> String {
    let mut needless = Vec::new();
    let mut open: Vec<(usize, bool)> = Vec::new();
    for mark in marks(regex) {
        let behind = regex.get(mark.at + 1..).unwrap_or_default();
        match mark.char {
            // It changes flags up to the end of the group around it.
            '(' if sets_flags(behind) => return regex.to_owned(),
            '(' => open.push((mark.at, behind.starts_with("?:"))),
            '|' => {
                if let Some((_, is_needless)) = open.last_mut() {
                    *is_needless = false;
                }
            }
            ')' => match open.pop() {
                Some((at, true)) if !behind.starts_with(['?', '*', '+', '{']) => {
                    needless.extend([at..at + 3, mark.at..mark.at + 1]);
                }
                _ => {}
            },
            _ => {}
        }
    }
    let is_kept = |(at, _): &(usize, char)| !needless.iter().any(|range| range.contains(at));
    let kept = regex.char_indices().filter(is_kept);
    kept.map(|(_, char)| char).collect()
}

/// Returns `true` for what follows the parenthesis of `(?i)`.
fn sets_flags(behind: &str) -> bool {
    let is_flag = |char: char| char.is_ascii_alphabetic() || char == '-';
    let after = behind
        .strip_prefix('?')
        .map(|flags| flags.trim_start_matches(is_flag));
    after.is_some_and(|after| after.starts_with(')'))
}

/// Returns how many bars are outside of groups, if all groups begin and end.
fn bars(regex: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut bars = 0;
    for mark in marks_of_whole(regex)? {
        match mark.char {
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1)?,
            char => bars += usize::from(char == '|' && depth == 0),
        }
    }
    (depth == 0).then_some(bars)
}

/// Returns the text that everything begins with that a regex matches, as far as that is plain.
pub(super) fn beginning(regex: &str) -> &str {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || matches!(char, '/' | '-' | '_');
    let end = regex.find(|char| !is_plain(char)).unwrap_or(regex.len());
    let (_, behind) = regex.split_at_checked(end).unwrap_or_default();
    // What is repeated may be missing.
    let is_repeated = behind.starts_with(['?', '*', '+', '{']);
    let end = end.saturating_sub(usize::from(is_repeated));
    match bars(regex) {
        Some(0) => regex.get(..end).unwrap_or_default(),
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::{Numbered, unwrapped};
    use crate::rules::{Rule, source::SourceKind, syntax::Word};

    #[test]
    fn groups_have_numbers() {
        for (regex, target, expected) in [
            ("/a(b)(?<c>d)", "/{1}{c}", Some(("/a(b)(d)", "/{1}{2}"))),
            (
                r"/[](?<a>\]]\((?:x)?(?P<a>.)[^]([[:alpha:](]]([(?<b>])",
                "/{a}/{2}",
                Some((
                    r"/[](?<a>\]]\((?:x)?(.)[^]([[:alpha:](]]([(?<b>])",
                    "/{1}/{2}",
                )),
            ),
            ("/(?i)a(?x: # (\n)", "/b", None),
            (
                "(?:/(a))(?:b|c)(?:d)?(?:e(?:f))[(?:g)]",
                "/b",
                Some(("/(a)(?:b|c)(?:d)?ef[(?:g)]", "/b")),
            ),
            ("(?:(?i)a)b", "/b", Some(("(?:(?i)a)b", "/b"))),
        ] {
            let mut rule = Rule::permanent("/", target);
            rule.source.kind = SourceKind::Regex(Word::new(regex, 0..0));
            let numbered = Numbered::of(&rule).map(|one| (one.regex, one.target.to_string()));
            let numbered = numbered.as_ref().map(|(regex, to)| (&**regex, &**to));
            assert_eq!(numbered, expected, "{regex}");
        }
        assert!(Numbered::of(&Rule::permanent("/", "/a")).is_none());
    }

    #[test]
    fn a_regex_is_found_in_what_readers_write_around_it() {
        for (regex, expected) in [
            ("/a", "/a"),
            ("/a$", "/a"),
            ("/a\\$", "/a\\$"),
            ("/[$]", "/[$]"),
            ("(?s:.*?)(?:^(?:/a|/b)$)(?s:.*)", "/a|/b"),
            (
                "(?s:.*?)(?:^(?:/a)|(?:/b)$)(?s:.*)",
                "(?s:.*?)(?:^(?:/a)|(?:/b)$)(?s:.*)",
            ),
            (".*?(?:^(?:/(a))$).*", "/(a)"),
            ("(?:(?:^(?:/a$)$))", "/a"),
            ("(?:/a)|(?:/b)", "(?:/a)|(?:/b)"),
            ("(?:/a)(?:/b)$", "(?:/a)(?:/b)"),
            ("", ""),
        ] {
            assert_eq!(unwrapped(regex), expected, "{regex}");
        }
    }
}
