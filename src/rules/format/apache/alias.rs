//! `Redirect` and its siblings.

use http::StatusCode;

use super::{
    Directive, Entry, Reader,
    lines::{Line, Word},
    regex, target,
};
use crate::{
    rules::{
        FindingCode, QueryPolicy, Rule, Source,
        format::{messages::quoted, spots::ApacheTarget},
        source::SourceKind,
        syntax::{self, Pattern, Tail, TailKind, Template},
        target_text::TargetText,
    },
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

impl Reader {
    /// Reads `Redirect`, `RedirectMatch`, `RedirectPermanent` or `RedirectTemp`.
    pub(super) fn alias(&mut self, line: &Line, directive: Directive) {
        let is_regex = directive == Directive::RedirectMatch;
        let mut words = line.arguments.iter();
        // The word that says the status.
        let mut said = &line.name;
        let mut to = To::Redirect(match directive {
            Directive::RedirectPermanent => Status::MovedPermanently,
            _ => Status::Found,
        });
        if matches!(directive, Directive::Redirect | Directive::RedirectMatch) {
            if let Some(word) = line.arguments.first() {
                if let Some(named) = status(&word.text) {
                    words.next();
                    said = word;
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
            _ if is_regex => self.redirect_match(from, url, to, said),
            _ => self.redirect(from, url, to, said),
        }
    }

    /// A prefix on a segment boundary. What follows it is appended to the target.
    fn redirect(&mut self, from: &Word, url: Option<&Word>, to: To, said: &Word) {
        let path = syntax::Word::new(&*from.text, 0..from.text.len());
        if !path.text.starts_with('/') {
            let message = format!("the path {} doesn't start with `/`", quoted(&path.text));
            return self.report(
                FindingCode::InvalidSource,
                from,
                &message,
                "write it as the browser requests it",
            );
        }
        // `/old/` doesn't match `/old`.
        let is_below = path.text.ends_with('/');
        let source = match is_below {
            true => below(&path),
            false => Source::new(SourceKind::Prefix(path)),
        };
        let rule = match (to, url) {
            (To::Redirect(status), Some(url)) => {
                let target = match is_below {
                    true => with_rest(&url.text).into(),
                    false => TargetText::literal(&url.text),
                };
                Rule::of_file(status, source, target).query(QueryPolicy::TargetWins)
            }
            (To::Refuse(status), _) => Rule::refuse(status, source),
            (To::Redirect(_), None) => return,
        };
        self.add(from, url, rule, said, ApacheTarget::Text);
    }

    fn redirect_match(&mut self, from: &Word, url: Option<&Word>, to: To, said: &Word) {
        let target = url.map_or("", |url| &*url.text);
        let matched = match regex::source(&from.text, "", target) {
            Ok(matched) => matched,
            Err(problem) => return self.never_matches(from, problem),
        };
        let source = matched.source.clone();
        let known = target::Known {
            matched: &matched,
            of_condition: 0,
            captures: false,
            scheme: None,
            keeps_marks: true,
        };
        let rule = match (to, url) {
            (To::Refuse(status), _) => Rule::refuse(status, source),
            (To::Redirect(_), None) => return,
            (To::Redirect(status), Some(url)) => match target::translate(&url.text, "", &known) {
                Ok(target) => Rule::of_file(status, source, target).query(QueryPolicy::TargetWins),
                Err(problem) => self.passes(
                    FindingCode::UnsupportedTarget,
                    url,
                    problem,
                    Rule::pass(source),
                ),
            },
        };
        let rule = match matched.ignores_slash {
            true => rule.ignore_trailing_slash(),
            false => rule,
        };
        self.add(from, url, rule, said, ApacheTarget::Groups);
    }

    fn add(
        &mut self,
        from: &Word,
        url: Option<&Word>,
        rule: Rule,
        said: &Word,
        apache: ApacheTarget,
    ) {
        self.output.entries.push(Entry {
            rule,
            source: from.clone(),
            target: url.unwrap_or(from).clone(),
            status: Some(said.bytes.clone()),
            apache,
        });
    }
}

/// The placeholder of what follows a prefix.
const REST: &str = "_rest";

/// The source of the paths below a path that ends with a slash.
fn below(path: &syntax::Word) -> Source {
    let mut pattern = Pattern::literal(path).unwrap_or_default();
    // The slash is a part of the tail.
    pattern.segments.pop();
    pattern.tail = Some(Tail {
        kind: TailKind::AfterSlash,
        name: syntax::Word::new(REST, path.range),
    });
    pattern.into()
}

/// A URL with what follows a prefix at the end of its path.
fn with_rest(url: &str) -> Template {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let (path, rest) = url.split_at_checked(end).unwrap_or((url, ""));
    let mut template = Template::default();
    template.push_text(path, 0..end);
    if template.ends_with_host() {
        template.push_text("/", end..end);
    }
    template.push_placeholder(REST, end..end, false);
    template.push_text(rest, end..url.len());
    template
}
