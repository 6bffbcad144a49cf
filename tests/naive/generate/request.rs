//! Requests that are near the rules of a table.

use super::*;

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
        Source::Exact(text) => return (text.clone(), Vec::new()),
        Source::Prefix(text) => {
            let mut path = text.clone();
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
