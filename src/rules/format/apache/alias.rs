//! `Redirect` and its siblings.

use http::StatusCode;

use super::{
    Directive, Reader,
    lines::{Line, Word, unescaped},
    regex, target,
};
use crate::{
    rules::{FindingCode, QueryPolicy, Rule, Source, format::quoted, pattern},
    status::Status,
};

/// What a directive does with the requests that it matches.
#[derive(Clone, Copy)]
enum To {
    Redirect(Status),
    Refuse(StatusCode),
}

/// The status that an argument names; `None` if it isn't one.
fn status(text: &str) -> Option<Result<To, ()>> {
    let code = match &*text.to_ascii_lowercase() {
        "permanent" => 301,
        "temp" => 302,
        "seeother" => 303,
        "gone" => 410,
        digits => digits.parse::<u16>().ok()?,
    };
    let redirect = Status::try_from(code).map(To::Redirect);
    Some(redirect.or_else(|_| match StatusCode::from_u16(code) {
        Ok(status) if status.is_client_error() => Ok(To::Refuse(status)),
        _ => Err(()),
    }))
}

impl Reader<'_, '_> {
    /// Reads `Redirect`, `RedirectMatch`, `RedirectPermanent` or `RedirectTemp`.
    pub(super) fn alias(&mut self, line: &Line, directive: Directive) {
        let is_regex = directive == Directive::RedirectMatch;
        let mut words = line.arguments.iter();
        let mut to = To::Redirect(match directive {
            Directive::RedirectPermanent => Status::MovedPermanently,
            _ => Status::Found,
        });
        if matches!(directive, Directive::Redirect | Directive::RedirectMatch) {
            if let Some(word) = line.arguments.first() {
                if let Some(named) = status(&word.text) {
                    words.next();
                    let Ok(named) = named else {
                        let message =
                            format!("{} isn't a redirect or a 4xx status", quoted(&word.text));
                        return self.report(
                            FindingCode::InvalidStatus,
                            word,
                            &message,
                            "use 301, 302, 303, 307, 308 or 410",
                        );
                    };
                    to = named;
                }
            }
        }
        let Some(from) = words.next() else {
            return self.report(
                FindingCode::InvalidEntry,
                &line.name,
                "this line has no path",
                "write it as `Redirect 301 /old /new`",
            );
        };
        let url = words.next();
        if let Some(word) = words.next() {
            let message = format!("{} isn't part of this directive", quoted(&word.text));
            return self.report(
                FindingCode::Syntax,
                word,
                &message,
                "remove it, or put a URL with spaces in quotes",
            );
        }
        match (to, url) {
            (To::Redirect(_), None) => {
                let help = "write it after the path, for example `Redirect 301 /old /new`";
                self.report(
                    FindingCode::InvalidEntry,
                    from,
                    "this line has no target",
                    help,
                );
            }
            (To::Refuse(_), Some(url)) => {
                self.report(
                    FindingCode::InvalidTarget,
                    url,
                    "only a redirect has a target",
                    "remove it",
                );
            }
            _ if is_regex => self.redirect_match(from, url, to),
            _ => self.redirect(from, url, to),
        }
    }

    /// A prefix on a segment boundary. What follows it is appended to the target.
    fn redirect(&mut self, from: &Word, url: Option<&Word>, to: To) {
        let path = unescaped(&from.text);
        if !path.starts_with('/') {
            let message = format!("the path {} doesn't start with `/`", quoted(&path));
            return self.report(
                FindingCode::InvalidSource,
                from,
                &message,
                "write it as the browser requests it",
            );
        }
        let source = Source::prefix(&path);
        let rule = match (to, url) {
            (To::Redirect(status), Some(url)) => {
                let target = pattern::escape(&unescaped(&url.text));
                Rule::new(status, source, target).query(QueryPolicy::TargetWins)
            }
            (To::Refuse(status), _) => Rule::refuse(status, source),
            (To::Redirect(_), None) => return,
        };
        // `/old/` doesn't match `/old`.
        let without_slash = path.trim_end_matches('/');
        let rule = match path.ends_with('/') && !without_slash.is_empty() {
            true => rule.except([pattern::escape(without_slash)]),
            false => rule,
        };
        self.aliases.push(Self::entry(from, url, rule));
    }

    fn redirect_match(&mut self, from: &Word, url: Option<&Word>, to: To) {
        let matched = match regex::source(&unescaped(&from.text), "", false) {
            Ok(matched) => matched,
            Err(problem) => return self.never_matches(from, problem),
        };
        let mut rule = match to {
            To::Refuse(status) => Rule::refuse(status, matched.source.clone()),
            To::Redirect(status) => {
                Rule::new(status, matched.source.clone(), "").query(QueryPolicy::TargetWins)
            }
        };
        if matched.ignores_slash {
            rule = rule.ignore_trailing_slash();
        }
        if let Some(url) = url {
            let known = target::Known {
                matched: &matched,
                of_condition: 0,
                scheme: None,
                keeps_marks: true,
            };
            match target::translate(&unescaped(&url.text), "", &known) {
                Ok(target) => rule.target = target.into(),
                Err(problem) => {
                    rule = self.passes(FindingCode::UnsupportedTarget, url, problem, rule);
                }
            }
        }
        self.aliases.push(Self::entry(from, url, rule));
    }
}
