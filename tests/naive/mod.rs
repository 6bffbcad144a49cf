//! The specification of rule tables: every rule is asked in turn, in the plainest way.
//!
//! It shares no code with the library, and is slow: what it answers is what
//! [`Rule`](tower_redirect::rules::Rule) and its neighbours say in their docs.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::collapsible_if,
    clippy::must_use_candidate,
    reason = "several tests share it, and use different parts"
)]

use http::{Method, Request, Version};

pub mod asked;
pub mod asking;
pub mod generate;
mod path;
pub mod real;
mod write;

use asked::Asked;
use path::Pattern;

/// One rule, as its author wrote it.
#[derive(Clone, Debug)]
pub struct Rule {
    pub outcome: Outcome,
    /// How a rule redirects, if that is its outcome; so are the target, the query and what follows.
    pub how: How,
    pub source: Source,
    pub target: String,
    pub host: Option<String>,
    pub scheme: Option<&'static str>,
    pub methods: Vec<Method>,
    pub except_methods: Vec<Method>,
    pub conditions: Vec<Condition>,
    /// Paths that the rule is not for.
    pub except: Vec<String>,
    pub query: Query,
    pub edits: Vec<Edit>,
    pub cache: Option<u64>,
    /// The status of the app's response that the redirect waits for.
    pub after: Option<u16>,
    /// No parameters are allowed but those that conditions want.
    pub only_these: bool,
    pub ignore_case: bool,
    pub ignore_trailing_slash: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Redirect,
    Pass,
    Refuse(u16),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Status(u16),
    Temporary,
    Permanent,
    SeeOther,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Native(String),
    Exact(String),
    Prefix(String),
    Regex(String),
}

#[derive(Clone, Debug)]
pub struct Condition {
    pub wanted: bool,
    pub place: Place,
    pub test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Query(String),
    Header(String),
    Cookie(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    Present,
    OneOf(Vec<String>),
    Captured(String),
    Matches(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Query {
    Keep,
    Drop,
    Merge,
    TargetWins,
}

#[derive(Clone, Debug)]
pub enum Edit {
    Remove(String),
    Rename(String, String),
    Set(String, String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precedence {
    FirstMatch,
    StaticFirst,
    MostSpecific,
}

/// What a table says to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Pass,
    Refuse(u16),
    Redirect { status: u16, location: String },
}

/// A text that stands for a placeholder, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    name: String,
    text: String,
    origin: From,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    /// One segment, or a part of a path that a regex found.
    Path,
    /// The rest of a path with the slash before it.
    Tail,
    /// A value of a query, as it was received.
    Query,
    /// Text that nobody has encoded.
    Plain,
}

/// A list of rules that is ready to be asked.
pub struct Interpreter {
    rules: Vec<(Rule, Pattern, Vec<Pattern>)>,
    precedence: Precedence,
    knows_hosts: bool,
}

impl Interpreter {
    pub fn new(rules: &[Rule], precedence: Precedence) -> Self {
        let rules: Vec<_> = rules
            .iter()
            .cloned()
            .map(|rule| {
                let mut rule = real_parts(rule);
                if let Some(host) = &mut rule.host {
                    *host = host.to_ascii_lowercase().trim_end_matches('.').to_owned();
                }
                let pattern = Pattern::new(&rule);
                let except = rule.except.iter().map(|path| {
                    let source = Source::Native(path.clone());
                    Pattern::new(&Rule {
                        source,
                        ..rule.clone()
                    })
                });
                let except = except.collect();
                (rule, pattern, except)
            })
            .collect();
        Self {
            knows_hosts: rules.iter().any(|(rule, ..)| rule.host.is_some()),
            rules,
            precedence,
        }
    }

    /// Where a request is redirected, and how.
    pub fn answer(&self, request: &Request<()>, scheme: Option<&str>) -> Answer {
        self.answer_of(request, scheme).0
    }

    /// The same, and the rule that answers.
    pub fn answer_of(
        &self,
        request: &Request<()>,
        scheme: Option<&str>,
    ) -> (Answer, Option<&Rule>) {
        let Some(mut asked) = Asked::read(request, scheme) else {
            return (Answer::Pass, None);
        };
        if self.knows_hosts {
            match asked::host(request) {
                Ok(host) => asked.host = host,
                Err(()) => return (Answer::Refuse(400), None),
            }
        }
        let fitting = self.rules.iter().enumerate().filter_map(|(number, rule)| {
            let captures = fits(&rule.0, &rule.1, &asked)?;
            let is_excluded = |path: &Pattern| path.captures(&asked.path).is_some();
            if rule.2.iter().any(is_excluded) {
                return None;
            }
            Some((self.rank(&rule.0, &rule.1), number, &rule.0, captures))
        });
        let Some((_, _, rule, captures)) =
            fitting.min_by_key(|(rank, number, ..)| (*rank, *number))
        else {
            return (Answer::Pass, None);
        };
        match rule.outcome {
            Outcome::Redirect => {}
            Outcome::Pass => return (Answer::Pass, Some(rule)),
            Outcome::Refuse(status) => return (Answer::Refuse(status), Some(rule)),
        }
        let answer = match write::location(rule, &captures, &asked.path, asked.query.as_deref()) {
            None => Answer::Pass,
            Some(location) => Answer::Redirect {
                status: status(rule.how, request.method(), request.version()),
                location,
            },
        };
        (answer, Some(rule))
    }

    /// The smaller answers, before rules that come later.
    fn rank(&self, rule: &Rule, pattern: &Pattern) -> [usize; 5] {
        let placed = usize::from(pattern.has_placeholders());
        match self.precedence {
            Precedence::FirstMatch => [0; 5],
            Precedence::StaticFirst => [placed, 0, 0, 0, 0],
            Precedence::MostSpecific => {
                let host = rule.host.as_deref();
                let kind = match host {
                    Some(host) if !host.starts_with(['*', '.']) => 0,
                    Some(_) => 1,
                    None => 2,
                };
                [
                    placed,
                    usize::MAX - pattern.literal_length(),
                    kind,
                    usize::MAX - host.map_or(0, str::len),
                    usize::from(rule.scheme.is_none()),
                ]
            }
        }
    }
}

/// A rule whose source is a path alone: scheme, host and query of a native one have become options.
fn real_parts(mut rule: Rule) -> Rule {
    let Source::Native(text) = rule.source.clone() else {
        return rule;
    };
    let mut path = text;
    for scheme in ["http", "https"] {
        let Some(rest) = path.strip_prefix(&format!("{scheme}://")) else {
            continue;
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        rule.scheme = Some(scheme);
        rule.host = Some(rest[..end].to_owned());
        path = if end == rest.len() {
            "/".to_owned()
        } else {
            rest[end..].to_owned()
        };
    }
    // The mark of `{*rest?}` is no question mark of a query.
    let hidden = path.replace("?}", "\0}");
    if let Some((front, query)) = hidden.split_once('?') {
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let pair = path::with_braces_aside(pair);
            let (key, value) = pair.split_once('=').unwrap_or((&pair, "\0"));
            let plain = |text: &str| {
                let braces = text.replace('\x01', "{").replace('\x02', "}");
                asked::form(&braces)
            };
            let captured = value
                .strip_prefix('{')
                .and_then(|value| value.strip_suffix('}'));
            let test = match (captured, value) {
                (Some(name), _) => Test::Captured(name.to_owned()),
                (None, "\0") => Test::Present,
                (None, value) => Test::OneOf(vec![plain(value)]),
            };
            rule.conditions.push(Condition {
                wanted: true,
                place: Place::Query(plain(key)),
                test,
            });
        }
        path = front.to_owned();
    }
    rule.source = Source::Native(path.replace('\0', "?"));
    rule
}

/// What the placeholders of a rule stand for, if it is for this request.
fn fits(rule: &Rule, pattern: &Pattern, asked: &Asked) -> Option<Vec<Capture>> {
    if let Some(host) = &rule.host {
        let asked = asked.host.as_deref()?;
        let is_below = |domain: &str| {
            let below = asked.strip_suffix(domain);
            below.is_some_and(|below| below.len() > 1 && below.ends_with('.'))
        };
        let is_it = match (host.strip_prefix("*."), host.strip_prefix('.')) {
            (Some(domain), _) => is_below(domain),
            (None, Some(domain)) => asked == domain || is_below(domain),
            (None, None) => asked == host,
        };
        if !is_it {
            return None;
        }
    }
    if rule.scheme.is_some() && rule.scheme != asked.scheme.as_deref() {
        return None;
    }
    if !rule.methods.is_empty() && !rule.methods.contains(&asked.method) {
        return None;
    }
    if rule.except_methods.contains(&asked.method) {
        return None;
    }
    if rule.only_these && asked.keys().iter().any(|key| !wants(rule, key)) {
        return None;
    }
    let mut captures = pattern.captures(&asked.path)?;
    for condition in &rule.conditions {
        let found = asked
            .values(&condition.place)
            .into_iter()
            .find_map(|value| test(condition, value));
        if found.is_some() != condition.wanted {
            return None;
        }
        captures.extend(found.into_iter().flatten());
    }
    (rule.outcome != Outcome::Redirect || write::has_host(&rule.target, &captures))
        .then_some(captures)
}

/// Whether a condition wants this parameter.
fn wants(rule: &Rule, key: &str) -> bool {
    let is_it = |one: &Condition| one.wanted && one.place == Place::Query(key.to_owned());
    rule.conditions.iter().any(is_it)
}

/// What a condition captures of a value that it takes.
fn test(condition: &Condition, received: String) -> Option<Vec<Capture>> {
    let is_query = matches!(condition.place, Place::Query(_));
    let plain = if is_query {
        asked::form(&received)
    } else {
        received.clone()
    };
    match &condition.test {
        Test::Present => Some(Vec::new()),
        Test::OneOf(values) => values.contains(&plain).then(Vec::new),
        Test::Captured(name) => (!received.is_empty()).then(|| {
            vec![Capture {
                name: name.clone(),
                text: received,
                origin: if is_query { From::Query } else { From::Plain },
            }]
        }),
        Test::Matches(regex) => {
            let regex = path::whole(regex, false);
            let groups = regex.captures(&plain)?;
            let capture = |name: &str| Capture {
                name: name.to_owned(),
                text: groups
                    .name(name)
                    .map_or("", |group| group.as_str())
                    .to_owned(),
                origin: From::Plain,
            };
            Some(regex.capture_names().flatten().map(capture).collect())
        }
    }
}

/// Whether a regex matches a whole text.
pub fn matches_whole(regex: &str, ignore_case: bool, text: &str) -> bool {
    path::whole(regex, ignore_case).is_match(text)
}

/// RFC 9110 §15.4, and what an intent promises.
fn status(how: How, method: &Method, version: Version) -> u16 {
    let reads = method == Method::GET || method == Method::HEAD;
    match how {
        How::Status(status) => status,
        How::Temporary if reads => 302,
        How::Temporary => 307,
        How::Permanent if reads => 301,
        How::Permanent => 308,
        How::SeeOther if version == Version::HTTP_10 && (reads || method == Method::POST) => 302,
        How::SeeOther => 303,
    }
}
