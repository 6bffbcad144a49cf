//! Rules, and requests that are near to them, out of a row of numbers: random ones, or those of a fuzzer.

use http::{HeaderName, HeaderValue, Method, Request, Uri, Version};

use super::{Condition, Edit, How, Outcome, Place, Precedence, Query, Rule, Source, Test, path};

mod related;
mod request;
mod words;

#[allow(unused_imports, reason = "only the laws of request sets use it")]
pub use related::relate;
pub use request::request;
use words::*;

/// Numbers that decide everything; zeros, where they have come to their end.
pub struct Choices<'c> {
    rest: &'c [u16],
}

impl<'c> Choices<'c> {
    pub fn new(rest: &'c [u16]) -> Self {
        Self { rest }
    }

    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub fn below(&mut self, limit: usize) -> usize {
        let Some((first, rest)) = self.rest.split_first() else {
            return 0;
        };
        self.rest = rest;
        usize::from(*first) % limit
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    pub fn one_in(&mut self, limit: usize) -> bool {
        self.below(limit) == 1
    }
}

pub fn precedence(choices: &mut Choices<'_>) -> Precedence {
    choices.pick(&[
        Precedence::FirstMatch,
        Precedence::StaticFirst,
        Precedence::MostSpecific,
    ])
}

/// A few rules, many of which are for the same paths.
pub fn rules(choices: &mut Choices<'_>) -> Vec<Rule> {
    let count = 1 + choices.below(8);
    (0..count).map(|_| rule(choices)).collect()
}

pub fn rule(choices: &mut Choices<'_>) -> Rule {
    let mut names: Vec<String> = Vec::new();
    let mut tail = None;
    let source = match choices.below(12) {
        0..=7 => Source::Native(native(choices, &mut names, &mut tail)),
        8 => Source::Exact(literal_path(choices)),
        9 | 10 => Source::Prefix(literal_path(choices)),
        _ => {
            let (regex, groups, _) = choices.pick(&REGEXES);
            names.extend(groups.iter().map(|&name| name.to_owned()));
            Source::Regex(regex.to_owned())
        }
    };
    let is_native_with_host = matches!(&source, Source::Native(text) if !text.starts_with('/'));
    let conditions = conditions(choices, &mut names);
    let target = target(choices, &names, tail.as_deref());
    let sources_slash_is_odd =
        matches!(&source, Source::Exact(text) | Source::Native(text) if text.contains("//"));
    Rule {
        outcome: outcome(choices),
        how: choices.pick(&[
            How::Status(308),
            How::Status(301),
            How::Status(302),
            How::Status(303),
            How::Status(307),
            How::Temporary,
            How::Permanent,
            How::SeeOther,
        ]),
        host: (choices.one_in(5) && !is_native_with_host).then(|| choices.pick(&HOSTS).to_owned()),
        scheme: (choices.one_in(8) && !is_native_with_host)
            .then(|| choices.pick(&["http", "https"])),
        methods: match choices.below(10) {
            1 => vec![Method::GET],
            2 => vec![Method::GET, Method::HEAD],
            3 => vec![Method::POST, Method::PUT],
            _ => Vec::new(),
        },
        query: choices.pick(&[
            Query::Keep,
            Query::Keep,
            Query::Drop,
            Query::Merge,
            Query::TargetWins,
        ]),
        edits: edits(choices),
        except: match choices.below(8) {
            1 => vec![exception(choices)],
            2 => vec![exception(choices), exception(choices)],
            _ => Vec::new(),
        },
        cache: choices.one_in(6).then_some(60),
        after: [None, Some(404), Some(401)][choices.pick(&[0, 0, 0, 0, 0, 0, 1, 2])],
        only_these: choices.one_in(8),
        except_methods: match choices.below(10) {
            1 => vec![Method::GET],
            2 => vec![Method::POST, Method::DELETE],
            _ => Vec::new(),
        },
        ignore_case: choices.one_in(4),
        // With an address or two slashes at the end, or a regex, it says something else.
        ignore_trailing_slash: choices.one_in(4)
            && !matches!(source, Source::Regex(_))
            && !sources_slash_is_odd,
        source,
        target,
        conditions,
    }
}

/// Most rules redirect.
pub fn outcome(choices: &mut Choices<'_>) -> Outcome {
    match choices.below(12) {
        1 | 2 => Outcome::Pass,
        3 => Outcome::Refuse(410),
        4 => Outcome::Refuse(451),
        _ => Outcome::Redirect,
    }
}

/// A path that a rule is not for.
pub fn exception(choices: &mut Choices<'_>) -> String {
    choices.pick(&EXCEPTIONS).to_owned()
}

/// Patterns whose names are `x`, `y`, `z`, and `rest` for the tail.
fn native(choices: &mut Choices<'_>, names: &mut Vec<String>, tail: &mut Option<String>) -> String {
    let mut path = String::new();
    let segments = choices.below(4);
    for name in &["x", "y", "z"][..segments] {
        path.push('/');
        if choices.below(5) < 2 {
            let (before, behind) = (choices.pick(&BEFORE), choices.pick(&BEHIND));
            path.push_str(&format!("{before}{{{name}}}{behind}"));
            names.push((*name).to_owned());
        } else {
            path.push_str(choices.pick(&SEGMENTS));
        }
    }
    let mark = match choices.below(8) {
        1 => "/{*rest}",
        2 => "/{*rest?}",
        3 if !path.is_empty() => "{/*rest}",
        4 => "/",
        5 if !path.is_empty() => "//a",
        _ if path.is_empty() => "/",
        _ => "",
    };
    path.push_str(mark);
    if mark.contains('*') {
        names.push("rest".to_owned());
        *tail = Some("rest".to_owned());
    }
    match choices.below(14) {
        1 => path.push_str("?page=1"),
        2 => path.push_str("?p=a+b"),
        3 => path.push_str("?id={id}"),
        4 => path.push_str("?q&id={id}"),
        5 => path.push_str("?q="),
        6 => path.push_str("?q={{x}}"),
        _ => {}
    }
    if path.contains("{id}") {
        names.push("id".to_owned());
    }
    match choices.below(20) {
        1 => format!("https://a.example{path}"),
        2 => format!("http://*.a.example{path}"),
        _ => path,
    }
}

fn literal_path(choices: &mut Choices<'_>) -> String {
    let mut path = String::new();
    for _ in 0..1 + choices.below(3) {
        path.push('/');
        path.push_str(choices.pick(&[
            "a",
            "b",
            "blog",
            "{x}",
            "caf\u{e9}",
            "a%2Fb",
            "a%3Fb",
            "A",
            "%23",
        ]));
    }
    match choices.below(8) {
        1 => "/".to_owned(),
        2 => path + "/",
        _ => path,
    }
}

fn conditions(choices: &mut Choices<'_>, names: &mut Vec<String>) -> Vec<Condition> {
    let count = [0, 0, 0, 1, 1, 2][choices.below(6)];
    let mut found = Vec::new();
    for name in &["c", "d"][..count] {
        let place = match choices.below(6) {
            0..=2 => Place::Query(choices.pick(&["p", "page", "id", "q", "a b"]).to_owned()),
            3 => Place::Header("x-device".to_owned()),
            _ => Place::Cookie(choices.pick(&["beta", "lang"]).to_owned()),
        };
        let wanted = choices.below(4) != 1;
        let test = match choices.below(6) {
            1 | 2 => Test::OneOf(vec![
                choices.pick(&["1", "a b", "", "caf\u{e9}"]).to_owned(),
            ]),
            3 => Test::OneOf(vec!["2".to_owned(), "a".to_owned()]),
            4 if wanted => {
                names.push((*name).to_owned());
                Test::Captured((*name).to_owned())
            }
            5 => Test::Matches(if wanted {
                names.push((*name).to_owned());
                format!("(?<{name}>[a-z]+)?[0-9]*")
            } else {
                "[0-9]+".to_owned()
            }),
            _ => Test::Present,
        };
        found.push(Condition {
            wanted,
            place,
            test,
        });
    }
    found
}

fn target(choices: &mut Choices<'_>, names: &[String], tail: Option<&str>) -> String {
    let mut text = choices
        .pick(&[
            "/to",
            "/to",
            "/to",
            "/to",
            "/",
            "",
            "https://new.example",
            "https://new.example/to",
            "HTTPS://New.Example:443",
            "http://old.example:8080/a",
        ])
        .to_owned();
    let segments: Vec<&String> = names.iter().filter(|name| Some(&***name) != tail).collect();
    if !segments.is_empty() && choices.one_in(10) {
        let name = segments[choices.below(segments.len())];
        let behind = choices.pick(&["", "/to", ":8080", "/"]);
        text = format!(
            "https://{{{name}{}}}.New.example{behind}",
            transforms(choices)
        );
    }
    let named = |choices: &mut Choices<'_>| match names.is_empty() {
        true => None,
        false => {
            let name = &names[choices.below(names.len())];
            Some(format!("{{{name}{}}}", transforms(choices)))
        }
    };
    for _ in 0..choices.below(3) {
        if !text.ends_with('/') {
            text.push('/');
        }
        let before = choices.pick(&["", "", "", "n-", "caf\u{e9} ", ".", "{{"]);
        let name = named(choices).filter(|_| choices.below(4) < 3);
        text.push_str(before);
        text.push_str(&name.unwrap_or_else(|| "b".to_owned()));
        text.push_str(choices.pick(&["", "", "", ".html", "|"]));
    }
    if let Some(tail) = tail.filter(|_| choices.one_in(3) && text.len() > 1 && !text.ends_with('/'))
    {
        if text.matches('/').count() != 2 || !text.contains("://") {
            text.push_str(&format!("{{/*{tail}{}}}", transforms(choices)));
        }
    }
    if text.is_empty() {
        text.push('/');
    }
    if text.ends_with('/') && choices.one_in(3) && text.len() > 1 && !text.ends_with("//") {
        text.pop();
    }
    match choices.below(10) {
        1 => text.push_str("?p=9"),
        2 => text.push_str("?q=1&page=x y"),
        6 => text.push_str("?%70=8&a+b&utm=1"),
        3 => text.push('?'),
        4 | 5 => {
            let name = named(choices).unwrap_or_default();
            text.push_str(&format!("?id={name}&z"));
        }
        _ => {}
    }
    match choices.below(12) {
        1 => text.push_str("#part"),
        2 => text.push_str(&format!("#x{}", named(choices).unwrap_or_default())),
        _ => {}
    }
    text
}

fn transforms(choices: &mut Choices<'_>) -> &'static str {
    match choices.below(4) {
        1 => choices.pick(&["|lower", "|upper", "|dash", "|dash|lower", "|upper|dash"]),
        _ => "",
    }
}

fn edits(choices: &mut Choices<'_>) -> Vec<Edit> {
    let count = [0, 0, 0, 0, 1, 2][choices.below(6)];
    let key =
        |choices: &mut Choices<'_>| choices.pick(&["p", "page", "utm", "a b", "q"]).to_owned();
    (0..count)
        .map(|_| match choices.below(3) {
            0 => Edit::Remove(key(choices)),
            1 => Edit::Rename(key(choices), key(choices)),
            _ => Edit::Set(
                key(choices),
                choices.pick(&["1", "old site", "\u{e9}&"]).to_owned(),
            ),
        })
        .collect()
}

/// A rule of the `number`th kind that answers no request near others, but has its shape looked at.
pub fn filler(number: usize) -> Rule {
    let (before, behind) = ("x".repeat(number / 3 % 12), "y".repeat(number / 36 % 12));
    let source = match number % 3 {
        0 => format!("/{FILLER}/{number}/page"),
        1 => match number / 432 % 4 {
            0 => format!("/{{x}}/{before}{{y}}{behind}/{FILLER}-{number}"),
            1 => format!("/{before}{{x}}{behind}/{FILLER}-{number}/{{*rest}}"),
            2 => format!("/a/{before}{{x}}{behind}/{FILLER}-{number}{{/*rest}}"),
            _ => format!("/{before}{{x}}{behind}/{{y}}/{FILLER}-{number}/{{*rest?}}"),
        },
        // The same odd segments again and again, each text around them with its own length.
        _ if number % 5 < 3 => {
            let odd = |name| format!("/{before}{{{name}}}{behind}");
            let segments = ["x", "y", "z"].map(odd).concat();
            format!("{segments}/{FILLER}-{number}")
        }
        _ => format!("/{{x}}/{FILLER}-{number}"),
    };
    Rule {
        outcome: Outcome::Redirect,
        how: How::Status(308),
        source: Source::Native(source),
        target: format!("/{FILLER}"),
        host: None,
        scheme: None,
        methods: Vec::new(),
        conditions: Vec::new(),
        except: Vec::new(),
        query: Query::Keep,
        edits: Vec::new(),
        cache: None,
        except_methods: Vec::new(),
        after: None,
        only_these: false,
        ignore_case: number % 7 == 3,
        ignore_trailing_slash: number % 11 == 5,
    }
}
