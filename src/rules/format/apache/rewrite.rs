//! `RewriteCond` and `RewriteRule`.

use http::StatusCode;

use super::{
    Directive, Entry, Reader,
    condition::{Cond, Requirement},
    lines::{Line, Word},
    regex, target,
};
use crate::{
    location::HttpScheme,
    rules::{
        FindingCode, Outcome, Rule,
        condition::{Condition, PathTest},
        format::{
            messages::quoted,
            spots::{ApacheTarget, TargetFlags},
        },
    },
    status::Status,
};

/// The flags of a rule.
#[derive(Default)]
struct Flags {
    redirect: Option<u16>,
    is_last: bool,
    ignores_case: bool,
    target: TargetFlags,
    is_chained: bool,
    /// A flag that isn't supported, and changes which rules run.
    other: bool,
    word: Option<Word>,
}

/// So many rules one line may become, if its conditions are alternatives.
const MAX_RULES: usize = 32;

impl Flags {
    /// Reads the flags, or returns a message and help.
    fn of(word: Option<&Word>) -> Result<Self, (String, &'static str)> {
        let unknown = |flag: &str| {
            let message = format!("unknown flag {}", quoted(flag));
            (message, "remove it, or check its spelling")
        };
        let mut flags = Self {
            word: word.cloned(),
            ..Self::default()
        };
        let text = word.map_or("[]", |word| &*word.text);
        let text = text
            .strip_prefix('[')
            .and_then(|text| text.strip_suffix(']'));
        let text = text.ok_or_else(|| {
            let message = "the flags aren't in brackets".to_owned();
            (message, "write them like `[R=301,L]`, without spaces")
        })?;
        for flag in text
            .split(',')
            .map(str::trim)
            .filter(|flag| !flag.is_empty())
        {
            let (name, value) = flag.split_once('=').unwrap_or((flag, ""));
            match &*name.to_ascii_lowercase() {
                "r" | "redirect" => {
                    flags.redirect = Some(match &*value.to_ascii_lowercase() {
                        "" | "temp" => 302,
                        "permanent" => 301,
                        "seeother" => 303,
                        "gone" => 410,
                        code => code.parse().map_err(|_| unknown(flag))?,
                    });
                }
                "f" | "forbidden" => flags.redirect = Some(403),
                "g" | "gone" => flags.redirect = Some(410),
                "l" | "last" | "end" => flags.is_last = true,
                "nc" | "nocase" => flags.ignores_case = true,
                "qsa" | "qsappend" => flags.target.appends_query = true,
                "qsd" | "qsdiscard" => flags.target.drops_query = true,
                "ne" | "noescape" => flags.target.keeps_marks = true,
                "c" | "chain" => flags.is_chained = true,
                "s" | "skip" | "n" | "next" | "p" | "proxy" => flags.other = true,
                "e" | "env" | "co" | "cookie" | "ns" | "nosubreq" | "b" | "bnp" | "bctls"
                | "bne" | "dpi" | "discardpath" | "h" | "handler" | "t" | "type" | "pt"
                | "passthrough" | "qsl" | "qslast" => {}
                _ => return Err(unknown(flag)),
            }
        }
        Ok(flags)
    }
}

impl Reader {
    /// Reads `RewriteCond` or `RewriteRule`.
    pub(super) fn rewrite(&mut self, line: Line, directive: Directive) {
        match directive {
            Directive::RewriteCond => self.condition(line),
            _ => self.rewrite_rule(&line),
        }
    }

    fn condition(&mut self, line: Line) {
        let mut words = line.arguments.into_iter();
        let (Some(test), Some(pattern)) = (words.next(), words.next()) else {
            self.is_broken = true;
            let help = "write it as `RewriteCond %{HTTPS} off`";
            return self.report(
                FindingCode::InvalidCondition,
                &line.name,
                "this condition has no pattern",
                help,
            );
        };
        let flags = words
            .next()
            .map(|word| word.text.to_ascii_lowercase())
            .unwrap_or_default();
        let flags = flags.trim_matches(['[', ']']).to_owned();
        let has = |names: [&str; 2]| flags.split(',').any(|flag| names.contains(&flag.trim()));
        self.conds.push(Cond {
            test,
            pattern,
            ignores_case: has(["nc", "nocase"]),
            or_next: has(["or", "ornext"]),
        });
    }

    fn rewrite_rule(&mut self, line: &Line) {
        let conds = std::mem::take(&mut self.conds);
        let is_broken = std::mem::take(&mut self.is_broken);
        let was_chained = std::mem::take(&mut self.is_chained);
        let [from, to, flags @ ..] = &*line.arguments else {
            let help = "write it as `RewriteRule ^old$ /new [R=301,L]`";
            return self.report(
                FindingCode::InvalidEntry,
                &line.name,
                "this rule has no substitution",
                help,
            );
        };
        let flags = match Flags::of(flags.first()) {
            Ok(flags) => flags,
            Err((message, help)) => {
                let word = flags.first().unwrap_or(to);
                return self.report(FindingCode::InvalidOption, word, &message, help);
            }
        };
        if !self.engine {
            if !std::mem::replace(&mut self.said_engine, true) {
                let message = "there is no `RewriteEngine On`, so rewrite rules do nothing";
                self.report(
                    FindingCode::NeverMatches,
                    &line.name,
                    message,
                    "add it before the first rule, or remove the rules",
                );
            }
            return;
        }
        self.is_chained = flags.is_chained;
        if was_chained || flags.is_chained {
            return self.never_matches(
                from,
                (
                    "chained rules aren't supported",
                    "write one rule with conditions",
                ),
            );
        }
        // Without a condition that is understood, the rule would match too much.
        if is_broken {
            return;
        }
        let is_redirect = flags.redirect.is_some() || to.text.contains("://");
        let does_nothing = to.text == "-" && !is_redirect && !flags.is_last && !flags.other;
        if !does_nothing {
            self.rule(from, to, &flags, &conds);
        }
    }

    fn rule(&mut self, from: &Word, to: &Word, flags: &Flags, conds: &[Cond]) {
        let (is_negated, text) = match from.text.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, &*from.text),
        };
        let source = if is_negated { ".*" } else { text };
        let matched = match regex::source(source, "/", &to.text) {
            Ok(matched) => matched,
            Err(problem) => return self.never_matches(from, problem),
        };
        let mut rule = Rule::pass(matched.source.clone());
        if is_negated {
            match regex::of_value(text, flags.ignores_case, false) {
                Ok(regex) => {
                    let mut condition = Condition::path(PathTest::Any);
                    // The slash of the path comes before what the pattern sees.
                    let regex = match regex.split_once(':') {
                        Some((flag, rest)) => format!("{flag}:/{rest}"),
                        None => regex,
                    };
                    condition.value.regexes.push(regex.into());
                    rule = rule.unless(condition);
                }
                Err(problem) => return self.never_matches(from, problem),
            }
        }
        if flags.ignores_case {
            rule = rule.ignore_case();
        }
        if matched.ignores_slash {
            rule = rule.ignore_trailing_slash();
        }
        let Some(alternatives) = self.alternatives(conds) else {
            return;
        };
        let mut schemes = alternatives
            .iter()
            .map(|all| all.iter().find_map(scheme_of));
        let first = schemes.next().flatten();
        let scheme = first.filter(|_| schemes.all(|other| other == first));
        let of_condition = conds
            .last()
            .filter(|cond| !cond.or_next)
            .map_or(0, |cond| regex::count(&cond.pattern.text));
        let known = target::Known {
            matched: &matched,
            of_condition,
            captures: alternatives
                .first()
                .and_then(|all| all.last())
                .is_some_and(Requirement::captures),
            scheme,
            keeps_marks: flags.target.keeps_marks,
        };
        let rule = self.outcome(rule, to, flags, &known);
        for requirements in alternatives {
            let apply = |rule, requirement: Requirement| requirement.apply(rule);
            let rule = requirements.into_iter().fold(rule.clone(), apply);
            self.output.entries.push(Entry {
                rule,
                source: from.clone(),
                target: to.clone(),
                status: flags.word.as_ref().map(|word| word.bytes.clone()),
                apache: ApacheTarget::Rewrite(flags.target),
            });
        }
    }

    /// Gives a rule its outcome.
    fn outcome(
        &mut self,
        mut rule: Rule,
        to: &Word,
        flags: &Flags,
        known: &target::Known<'_>,
    ) -> Rule {
        let is_url = to.text.contains("://");
        let code = flags.redirect.or_else(|| is_url.then_some(302));
        match code.map(|code| (Status::try_from(code), StatusCode::from_u16(code))) {
            Some((_, Ok(status))) if status.is_client_error() => {
                rule.outcome = Outcome::Refuse(status);
                return rule;
            }
            Some((Ok(status), _)) if to.text != "-" && !flags.other => {
                let (text, query) = target::split_query(&to.text, flags.target);
                match target::translate(text, &self.base, known) {
                    Ok(target) => {
                        let mut redirect = rule.query(query);
                        redirect.outcome = Outcome::Redirect(status.into());
                        redirect.target = target.into();
                        return redirect;
                    }
                    Err(problem) => {
                        return self.passes(FindingCode::UnsupportedTarget, to, problem, rule);
                    }
                }
            }
            Some((Err(_), _)) => {
                let problem = (
                    "this status isn't supported",
                    "use 301, 302, 303, 307, 308 or a 4xx status",
                );
                let flags = flags.word.as_ref().unwrap_or(to);
                return self.passes(FindingCode::UnsupportedOutcome, flags, problem, rule);
            }
            _ if to.text == "-" && !flags.other => return rule,
            _ => {}
        }
        let help = "serve these URLs from the app, or add the flag `R`";
        self.passes(
            FindingCode::UnsupportedOutcome,
            to,
            ("internal rewrites aren't supported", help),
            rule,
        )
    }

    /// What conditions require, as alternatives. `None` if one of them isn't supported, after
    /// saying so.
    fn alternatives(&mut self, conds: &[Cond]) -> Option<Vec<Vec<Requirement>>> {
        let mut alternatives = vec![Vec::new()];
        let mut rest = conds;
        while !rest.is_empty() {
            let end = rest
                .iter()
                .position(|cond| !cond.or_next)
                .map_or(rest.len(), |at| at + 1);
            let (group, behind) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            if let Some(last) = group.last().filter(|last| last.or_next) {
                let message = "no condition follows this `OR`, so the rule matches without it";
                let help = "remove the flag `OR`, or the condition";
                self.report(FindingCode::Misleading, &last.test, message, help);
                break;
            }
            let mut requirements = Vec::new();
            for cond in group {
                match cond.translate(behind.is_empty() && group.len() == 1) {
                    Ok(requirement) => requirements.push(requirement),
                    Err(problem) => {
                        self.never_matches(&cond.test, problem);
                        return None;
                    }
                }
            }
            if alternatives.len() * requirements.len() > MAX_RULES {
                let problem = (
                    "these conditions have more than 32 combinations",
                    "write several rules",
                );
                self.never_matches(&group.first()?.test, problem);
                return None;
            }
            if let [one] = &*requirements {
                // Most conditions aren't joined by `OR`, and there may be thousands.
                alternatives
                    .iter_mut()
                    .for_each(|all| all.push(one.clone()));
            } else {
                let with = |all: &Vec<Requirement>| {
                    let all = all.clone();
                    requirements
                        .iter()
                        .map(move |one| [&*all, std::slice::from_ref(one)].concat())
                        .collect::<Vec<_>>()
                };
                alternatives = alternatives.iter().flat_map(with).collect();
            }
            rest = behind;
        }
        Some(alternatives)
    }
}

const fn scheme_of(requirement: &Requirement) -> Option<HttpScheme> {
    match requirement {
        Requirement::Scheme(scheme) => Some(*scheme),
        _ => None,
    }
}
