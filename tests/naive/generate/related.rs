//! Rules that have to do with one another: one takes a part of another's requests, or leads to them.

use super::*;

/// Changes some rules so that they are about the paths of earlier ones, or lead to later ones.
pub fn relate(choices: &mut Choices<'_>, rules: &mut [Rule]) {
    for at in 1..rules.len() {
        let other = choices.below(at);
        match choices.below(4) {
            0 => {}
            1 => {
                let Rule {
                    source,
                    target,
                    conditions,
                    ..
                } = rules[other].clone();
                let rule = &mut rules[at];
                rule.conditions.retain(|own| !captures(own));
                rule.conditions
                    .extend(conditions.into_iter().filter(captures));
                (rule.source, rule.target) = (source, target);
            }
            _ => {
                if let Some(path) = leading(choices, &rules[other], &rules[at].source) {
                    let origin = match &rules[at].host {
                        Some(host) if !host.starts_with('[') => {
                            format!("https://{}", host.replace('*', "x").trim_start_matches('.'))
                        }
                        _ => String::new(),
                    };
                    rules[other].target = origin + &path;
                }
            }
        }
    }
}

/// Whether a target may use what this condition found.
fn captures(condition: &Condition) -> bool {
    condition.wanted && matches!(condition.test, Test::Captured(_) | Test::Matches(_))
}

/// A target of a rule that leads to the paths of a source.
fn leading(choices: &mut Choices<'_>, rule: &Rule, source: &Source) -> Option<String> {
    let Source::Native(own) = &rule.source else {
        return None;
    };
    let text = match source {
        Source::Native(text) => path_of(text),
        Source::Exact(text) | Source::Prefix(text) => {
            return Some(text.replace('{', "{{").replace('}', "}}"));
        }
        Source::Regex(_) => return None,
    };
    let own = path::with_braces_aside(path_of(own));
    let (tails, names): (Vec<_>, Vec<_>) = own
        .split('{')
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('}')?.0))
        .partition(|name| name.contains('*'));
    let tail = tails.first().map(|tail| tail.trim_matches(['/', '*', '?']));
    let plain = path::with_braces_aside(text);
    let mut out = String::new();
    let mut rest = plain.as_str();
    while let Some((front, behind)) = rest.split_once('{') {
        out.push_str(front);
        let (inside, behind) = behind.split_once('}')?;
        let transforms = transforms(choices);
        match (inside.contains('*'), tail) {
            (true, Some(tail)) if inside.starts_with('/') => {
                out.push_str(&format!("{{/*{tail}{transforms}}}"));
            }
            (true, Some(tail)) => out.push_str(&format!("{{{tail}{transforms}}}")),
            (true, None) if inside.starts_with('/') => {}
            (false, _) if !names.is_empty() && choices.below(4) > 0 => {
                out.push_str(&format!("{{{}{transforms}}}", choices.pick(&names)));
            }
            (_, _) => out.push_str(choices.pick(&["a", "b", "a.b"])),
        }
        rest = behind;
    }
    out.push_str(rest);
    Some(out.replace('\x01', "{{").replace('\x02', "}}"))
}

/// The path of a native source.
fn path_of(source: &str) -> &str {
    let path = source.split_once("://").map_or(source, |(_, rest)| {
        rest.find('/').map_or("/", |slash| &rest[slash..])
    });
    let hidden = path.find("?}").unwrap_or(path.len());
    let query = path.find('?').filter(|query| *query < hidden);
    &path[..query.unwrap_or(path.len())]
}
