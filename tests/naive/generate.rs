//! Rules, and requests that are near to them, out of a row of numbers: random ones, or those of a fuzzer.

use http::{HeaderName, HeaderValue, Method, Request, Uri, Version};

use super::{Condition, Edit, How, Place, Precedence, Query, Rule, Source, Test, path};

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

/// What no request near a rule has in it.
const FILLER: &str = "zzfiller";

const SEGMENTS: [&str; 20] = [
    "a",
    "b",
    "a",
    "A",
    "blog",
    "Blog",
    "caf\u{e9}",
    "caf%C3%A9",
    "caf%c3%a9",
    "x-y",
    "%41",
    "a%2Fb",
    "a%2fb",
    "100%",
    "~",
    "%7e",
    "b c",
    "{{b}}",
    "a!",
    "@",
];

const BEFORE: [&str; 10] = ["", "", "", "", "x", "a-", "\u{e9}", "%", "X%41", "{{"];

const BEHIND: [&str; 10] = ["", "", "", "", ".html", "9", "C3", "\u{e9}", "-%61", "}}"];

/// What stands where a placeholder is, and whatever else somebody sends.
const VALUES: [&str; 44] = [
    "a",
    "b",
    "hello",
    "1",
    "12",
    "A",
    "Hello",
    "x",
    "caf\u{e9}",
    "caf%C3%A9",
    "%c3%a9",
    "\u{e9}",
    "a%2Fb",
    "a%2f",
    "a+b",
    "a%20b",
    "..",
    ".",
    "%2e%2e",
    ".%2E",
    "%2E",
    "a.b",
    "...",
    "x-1.html",
    "~",
    "%41",
    "%7E",
    "100%",
    "%",
    "%4",
    "%C3",
    "",
    "a'b",
    "a;b=c",
    "a&b",
    "{x}",
    "\\",
    "%5c",
    "|",
    "@evil.example",
    "javascript:x",
    "%09",
    "%00",
    "9",
];

const QUERY_VALUES: [&str; 22] = [
    "{x}",
    "%7Bx%7D",
    "1",
    "2",
    "a",
    "a+b",
    "a%20b",
    "%31",
    "",
    "a/b",
    "a%2Fb",
    "..",
    "%2e%2e",
    "caf%C3%A9",
    "caf\u{e9}",
    "x?y",
    "a=b",
    "%26",
    "%FF",
    "'",
    "%2B",
    "\\",
];

const KEYS: [&str; 8] = ["p", "page", "id", "q", "%70", "a b", "utm", "P"];

const HOSTS: [&str; 9] = [
    ".a.example",
    ".example",
    "a.example",
    "b.example",
    "*.a.example",
    "*.example",
    "x.a.example",
    "A.Example.",
    "[::1]",
];

const ASKED_HOSTS: [&str; 24] = [
    "a.example",
    "b.example",
    "x.a.example",
    "x.y.a.example",
    "A.EXAMPLE",
    "a.example.",
    "a.example:8080",
    "a.example:443",
    "[::1]",
    "[0:0::1]:80",
    "xa.example",
    "example",
    "c.test",
    "1.2.3.4",
    "1.2.3",
    "0x7f",
    "a..example",
    "u@a.example",
    "a.example:",
    "a.example:080",
    "-_.a.example",
    "[::ffff:1.2.3.4]",
    ".example",
    "a example",
];

/// A regex, the placeholders that it has, and paths that it may match.
const REGEXES: [(&str, &[&str], &[&str]); 7] = [
    (
        r"/blog/(\d+)",
        &["0", "1"],
        &["/blog/12", "/blog/1a", "/Blog/7"],
    ),
    (
        r"/(?<x>[a-c]+)/(.*)",
        &["x", "2"],
        &["/a/b", "/ab//evil.example", "/a/../b", "/b/", "/a/b\u{e9}"],
    ),
    (
        r"/(a|b)?/?blog",
        &["1"],
        &["/a/blog", "/blog", "//blog", "/blog/"],
    ),
    (r"/a/b|/x", &["0"], &["/a/b", "/x", "/a/b/x"]),
    (
        r"(/.*)\.html",
        &["1"],
        &["/a.html", "//evil.example/a.html", "/\u{e9}.html"],
    ),
    (
        r"(?i)/a(?<y>%[0-9a-f]{2})*",
        &["y"],
        &["/a%C3%A9", "/A", "/a%2f"],
    ),
    (
        r"(?m)^/(.+)/$",
        &["1"],
        &["/a/", "/a/b/", "//evil.example/"],
    ),
];

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
        cache: choices.one_in(6).then_some(60),
        after_not_found: choices.one_in(8),
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
            "a?b",
            "A",
            "#",
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
    let named = |choices: &mut Choices<'_>| match names.is_empty() {
        true => None,
        false => Some(format!("{{{}}}", names[choices.below(names.len())])),
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
            text.push_str(&format!("{{/*{tail}}}"));
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
        how: How::Status(308),
        source: Source::Native(source),
        target: format!("/{FILLER}"),
        host: None,
        scheme: None,
        methods: Vec::new(),
        conditions: Vec::new(),
        query: Query::Keep,
        edits: Vec::new(),
        cache: None,
        after_not_found: false,
        ignore_case: number % 7 == 3,
        ignore_trailing_slash: number % 11 == 5,
    }
}

/// A request that is near a rule of these; `None` where nobody could send it.
pub fn request(
    choices: &mut Choices<'_>,
    rules: &[Rule],
) -> Option<(Request<()>, Option<&'static str>)> {
    let rule = &rules[choices.below(rules.len())];
    let (mut path, mut pairs) = near(choices, &rule.source);
    for condition in &rule.conditions {
        if let Place::Query(key) = &condition.place {
            if choices.below(4) != 1 {
                let value = value_for(choices, &condition.test);
                pairs.push(format!("{}={value}", key.replace(' ', "+")));
            }
        }
    }
    for _ in 0..[0, 0, 0, 1, 1, 2][choices.below(6)] {
        path = mutated(choices, &path);
    }
    for _ in 0..[0, 0, 1, 1, 2, 3][choices.below(6)] {
        let pair = match choices.below(8) {
            0 => String::new(),
            1 => choices.pick(&KEYS).to_owned(),
            _ => format!("{}={}", choices.pick(&KEYS), choices.pick(&QUERY_VALUES)),
        };
        let at = choices.below(pairs.len() + 1);
        pairs.insert(at, pair.replace(' ', "%20"));
    }
    let mut target = path;
    if !pairs.is_empty() || choices.one_in(12) {
        target.push('?');
        target.push_str(&pairs.join("&"));
    }
    let named = asked_host(choices, rule);
    if choices.one_in(9) {
        let host = named.clone().unwrap_or_else(|| "c.test".to_owned());
        target = format!("http://{host}{target}");
    }
    if choices.one_in(60) {
        target = choices
            .pick(&[
                "*",
                "a.example:443",
                "http://a.example",
                "http://a.example?p=1",
            ])
            .to_owned();
    }
    let mut request = Request::new(());
    *request.uri_mut() = target.parse::<Uri>().ok()?;
    *request.method_mut() = match choices.below(8) {
        1 => Method::HEAD,
        2 => Method::POST,
        3 => Method::PUT,
        _ => Method::GET,
    };
    if choices.one_in(8) {
        *request.version_mut() = Version::HTTP_10;
    }
    let mut add = |name: &str, value: &str| {
        let name: HeaderName = name.parse().ok()?;
        request
            .headers_mut()
            .append(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
        Some(())
    };
    if let Some(host) = named {
        add("host", &host)?;
    }
    if choices.one_in(40) {
        add("host", choices.pick(&ASKED_HOSTS))?;
    }
    for condition in &rule.conditions {
        let value = value_for(choices, &condition.test);
        match &condition.place {
            _ if choices.one_in(5) => {}
            Place::Query(_) => {}
            Place::Header(name) => add(name, &value)?,
            Place::Cookie(name) => {
                let more = choices.pick(&["", "x=y; ", "x=\u{e9}; ", "y;"]);
                add("cookie", &format!("{more}{name}={value}"))?;
            }
        }
    }
    let scheme = match (rule.scheme, choices.below(4)) {
        (Some(scheme), 0 | 2 | 3) => Some(scheme),
        (_, 1) => Some(choices.pick(&["http", "https"])),
        _ => None,
    };
    Some((request, scheme))
}

/// A host that a rule may be for.
fn asked_host(choices: &mut Choices<'_>, rule: &Rule) -> Option<String> {
    match choices.below(8) {
        0..=3 => rule.host.as_ref().map(|host| host.replace('*', "x")),
        4 => Some("a.example".to_owned()),
        5 => Some("x.a.example".to_owned()),
        6 => None,
        _ => Some(choices.pick(&ASKED_HOSTS).to_owned()),
    }
}

fn value_for(choices: &mut Choices<'_>, test: &Test) -> String {
    match (test, choices.below(4)) {
        (Test::OneOf(values), 0 | 2 | 3) => values[0].replace(' ', "+"),
        _ => choices.pick(&QUERY_VALUES).to_owned(),
    }
}

/// A path that a source may answer, and the pairs that its query asks for.
fn near(choices: &mut Choices<'_>, source: &Source) -> (String, Vec<String>) {
    let text = match source {
        Source::Native(text) => text,
        Source::Regex(regex) => {
            let known = REGEXES.iter().find(|(own, ..)| own == regex);
            let samples = known.map_or(&["/"][..], |(.., samples)| *samples);
            return (choices.pick(samples).to_owned(), Vec::new());
        }
        Source::Exact(text) => return (text.replace('?', "%3F").replace('#', "%23"), Vec::new()),
        Source::Prefix(text) => {
            let mut path = text.replace('?', "%3F").replace('#', "%23");
            if choices.below(3) != 1 {
                path.push_str(&tail(choices));
            }
            return (path, Vec::new());
        }
    };
    let text = text.split_once("://").map_or(text.as_str(), |(_, rest)| {
        rest.find('/').map_or("/", |slash| &rest[slash..])
    });
    let plain = path::with_braces_aside(text);
    let mut out = String::new();
    let mut rest = plain.as_str();
    while let Some((front, behind)) = rest.split_once('{') {
        out.push_str(front);
        let (inside, behind) = behind.split_once('}').unwrap();
        match inside.strip_prefix("/*") {
            Some(_) if choices.one_in(3) => {}
            Some(_) => out.push_str(&tail(choices)),
            None if inside.starts_with('*') => {
                let tail = tail(choices);
                out.push_str(tail.strip_prefix('/').unwrap_or(&tail));
            }
            // Of a query as well.
            None => out.push_str(choices.pick(&VALUES)),
        }
        rest = behind;
    }
    out.push_str(rest);
    let out = out
        .replace('\x01', "{")
        .replace('\x02', "}")
        .replace(' ', "%20");
    match out.split_once('?') {
        Some((path, query)) => (
            path.to_owned(),
            query.split('&').map(str::to_owned).collect(),
        ),
        None => (out, Vec::new()),
    }
}

fn tail(choices: &mut Choices<'_>) -> String {
    let mut tail = String::new();
    for _ in 0..1 + choices.below(3) {
        tail.push('/');
        tail.push_str(choices.pick(&VALUES));
    }
    tail
}

/// The same path in another spelling, or another one.
fn mutated(choices: &mut Choices<'_>, path: &str) -> String {
    let chars: Vec<char> = path.chars().collect();
    let at = 1 + choices.below(chars.len().max(1));
    let front: String = chars.iter().take(at).collect();
    let behind: String = chars.iter().skip(at + 1).collect();
    let char = chars.get(at).copied();
    let written = char.map(String::from).unwrap_or_default();
    let escaped = |lower: bool| -> String {
        let escape = |byte: u8| match lower {
            true => format!("%{byte:02x}"),
            false => format!("%{byte:02X}"),
        };
        written.bytes().map(escape).collect()
    };
    match choices.below(12) {
        0 => format!("{path}/"),
        1 => format!("{front}{}{behind}", escaped(true)),
        2 => format!("{front}{}{behind}", escaped(false)),
        3 => format!("{front}{}{behind}", written.to_uppercase()),
        4 => format!("{front}{}{behind}", written.to_lowercase()),
        5 => format!("{front}/{written}{behind}"),
        6 => format!("{front}{behind}"),
        7 => format!("{front}{}{behind}", choices.pick(&VALUES)),
        8 => format!("/{}{path}", choices.pick(&["", "", "..", ".", "a"])),
        9 => path.strip_suffix('/').unwrap_or(path).to_owned(),
        10 => format!(
            "{front}{written}{}{behind}",
            choices.pick(&["//", "/../", "/./", "\u{e9}", "%2F", "\\"])
        ),
        _ => path.to_ascii_uppercase(),
    }
}
