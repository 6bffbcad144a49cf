//! From the rule that answers to the location.

use url::Url;

use super::{Capture, Edit, From, Place, Query, Rule, Source, Test, asked::form};

/// The location, unless it would lead astray or is too long.
pub fn location(
    rule: &Rule,
    captures: &[Capture],
    asked: &str,
    received: Option<&str>,
) -> Option<String> {
    let (origin, target) = origin(&filled_host(&rule.target, captures)?);
    let (address, fragment) = split(&target, '#');
    let (path, own) = split(address, '?');

    let mut path = match rule.source {
        Source::Prefix(_) => {
            let tail = captures.iter().find(|capture| capture.name.is_empty());
            let front = fill(path.strip_suffix('/').unwrap_or(path), captures, Part::Path);
            front + &encode(&tail.unwrap().text, "?#[]")
        }
        _ => fill(path, captures, Part::Path),
    };
    if path.is_empty() {
        path.push('/');
    }
    let is_dots = |segment: &str| {
        let plain = segment.to_ascii_lowercase().replace("%2e", ".");
        plain == "." || plain == ".."
    };
    let has_dots = |path: &str| path.split('/').any(is_dots);
    // What a path captures is no text of a rule.
    let captures_path = matches!(rule.source, Source::Prefix(_) | Source::Regex(_))
        || captures
            .iter()
            .any(|capture| matches!(capture.origin, From::Path | From::Tail));
    if captures_path && has_dots(asked)
        || has_dots(&path)
        || (origin.is_empty() && path.starts_with("//"))
    {
        return None;
    }

    let own = own.map(|own| fill(own, captures, Part::Query));
    let query = query(rule, own.as_deref(), received);
    let query = query.map_or(String::new(), |query| format!("?{query}"));
    let fragment = fragment.map_or(String::new(), |fragment| {
        format!("#{}", fill(fragment, captures, Part::Fragment))
    });
    let location = format!("{origin}{path}{query}{fragment}");
    (location.len() <= 8_000).then_some(location)
}

/// Whether a placeholder in the host of a target stands for one label of a host.
pub fn has_host(target: &str, captures: &[Capture]) -> bool {
    filled_host(target, captures).is_some()
}

/// A target with its placeholder in the host filled in; `None` if the text is no label of a host.
fn filled_host(target: &str, captures: &[Capture]) -> Option<String> {
    let Some((scheme, (inside, behind))) = target
        .split_once("://{")
        .and_then(|(scheme, rest)| Some((scheme, rest.split_once('}')?)))
        .filter(|(scheme, _)| !scheme.contains('/'))
    else {
        return Some(target.to_owned());
    };
    let (text, _) = captured(inside, captures);
    let label = text.to_ascii_lowercase();
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let is_label = (1..64).contains(&label.len())
        && label.bytes().all(is_inner)
        && !label.starts_with('-')
        && !label.ends_with('-');
    let filled = format!("{scheme}://{label}{behind}");
    // Browsers refuse punycode that stands for nothing.
    let end = filled.find(['{', '?', '#']).unwrap_or(filled.len());
    let url = Url::parse(&filled[..end]).ok()?;
    (is_label && url.host_str()?.len() <= 253).then_some(filled)
}

/// The transformed text of a placeholder, and where it comes from.
fn captured(inside: &str, captures: &[Capture]) -> (String, From) {
    let mut words = inside.trim_start_matches(['/', '*']).split('|');
    let name = words.next().unwrap();
    // The last of a name: those of conditions come behind those of the path.
    let capture = captures.iter().rfind(|capture| capture.name == name);
    let capture = capture.unwrap_or_else(|| panic!("{inside}: {captures:?}"));
    let text = match capture.origin {
        From::Tail if !inside.starts_with('/') => {
            capture.text.strip_prefix('/').unwrap_or(&capture.text)
        }
        _ => &capture.text,
    };
    let has_escapes = capture.origin != From::Plain;
    let text = words.fold(text.to_owned(), |text, name| {
        transformed(&text, name, has_escapes)
    });
    (text, capture.origin)
}

/// The origin of a target as browsers write it, and what stands behind it.
fn origin(target: &str) -> (String, String) {
    let Some(authority) = target.find("://").filter(|_| !target.starts_with('/')) else {
        return (String::new(), target.to_owned());
    };
    let authority = authority + 3;
    let end = target[authority..]
        .find(['/', '?', '#'])
        .map_or(target.len(), |at| authority + at);
    let url = Url::parse(&target[..end]).unwrap();
    let rest = &target[end..];
    let slash = if rest.starts_with('/') { "" } else { "/" };
    (url.origin().ascii_serialization(), format!("{slash}{rest}"))
}

fn split(text: &str, mark: char) -> (&str, Option<&str>) {
    match text.split_once(mark) {
        Some((front, behind)) => (front, Some(behind)),
        None => (text, None),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    Query,
    Fragment,
}

/// Writes what placeholders stand for in their place, encoded for it.
fn fill(text: &str, captures: &[Capture], part: Part) -> String {
    let outside = match part {
        Part::Path => "?#[]",
        Part::Query => "#",
        Part::Fragment => "#[]",
    };
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&encode(&rest[..at], outside));
        rest = &rest[at..];
        if let Some(behind) = rest.strip_prefix("{{").or_else(|| rest.strip_prefix("}}")) {
            out.push_str(if rest.starts_with('{') { "%7B" } else { "%7D" });
            rest = behind;
            continue;
        }
        let (inside, behind) = rest[1..].split_once('}').unwrap();
        let (text, from) = captured(inside, captures);
        let text = &text;
        out.push_str(&match (from, part) {
            (From::Plain, _) => plain(text),
            (From::Query, Part::Path) => encode(&text.replace('+', "%20"), "?#/[]"),
            (From::Query, Part::Query) => encode(text, "#"),
            (From::Query, Part::Fragment) => encode(text, "#[]"),
            (From::Path | From::Tail, Part::Path) => encode(text, "?#[]"),
            (From::Path | From::Tail, _) => encode(text, "#&+;='[]"),
        });
        rest = behind;
    }
    out.push_str(&encode(rest, outside));
    out
}

/// A text after one transform, which leaves escapes alone if the text has any.
fn transformed(text: &str, name: &str, has_escapes: bool) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        let next: String = chars.clone().take(2).collect();
        let is_hex = next.len() == 2 && next.bytes().all(|byte| byte.is_ascii_hexdigit());
        if has_escapes && char == '%' && is_hex {
            out.push('%');
            out.push_str(&next);
            chars.nth(1);
            continue;
        }
        out.push(match name {
            "lower" => char.to_ascii_lowercase(),
            "upper" => char.to_ascii_uppercase(),
            "dash" if char == '_' => '-',
            "dash" => char,
            _ => panic!("{name} is no transform"),
        });
    }
    out
}

/// Received text as it can be sent; escapes stay, and a `%` that begins none means itself.
fn encode(text: &str, also: &str) -> String {
    let keeps = |byte: &u8| {
        (0x21..0x7f).contains(byte)
            && !b"\"<>\\^`{|}%".contains(byte)
            && !also.as_bytes().contains(byte)
    };
    let mut parts = text.split('%');
    let mut out = escape(parts.next().unwrap(), keeps);
    for part in parts {
        let hex = |at| part.as_bytes().get(at).is_some_and(u8::is_ascii_hexdigit);
        out.push_str(if hex(0) && hex(1) { "%" } else { "%25" });
        out.push_str(&escape(part, keeps));
    }
    out
}

/// Plain text as it can be sent anywhere.
fn plain(text: &str) -> String {
    escape(text, |byte| {
        byte.is_ascii_alphanumeric() || b"-._~".contains(byte)
    })
}

fn escape(text: &str, keeps: impl Fn(&u8) -> bool) -> String {
    text.bytes()
        .map(|byte| match keeps(&byte) {
            true => (byte as char).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect()
}

/// The target's own query and what is kept of the request's; `None` where there is not even a mark.
fn query(rule: &Rule, own: Option<&str>, received: Option<&str>) -> Option<String> {
    let kept = match rule.query {
        Query::Drop => None,
        Query::TargetWins if own.is_some() => None,
        _ => received,
    };
    let asked_by_value = |key: &str| {
        rule.conditions.iter().any(|condition| {
            condition.wanted
                && condition.test != Test::Present
                && condition.place == Place::Query(key.to_owned())
        })
    };
    let merges = rule.query == Query::Merge && own.is_some();
    let all = !merges
        && rule.edits.is_empty()
        && !rule.conditions.iter().any(|condition| {
            condition.wanted
                && condition.test != Test::Present
                && matches!(condition.place, Place::Query(_))
        });
    let own_text = own.filter(|own| !own.is_empty());
    let mut parts: Vec<String> = own_text.map(str::to_owned).into_iter().collect();
    if all {
        parts.extend(kept.map(|kept| encode(kept, "#")));
        return (own.is_some() || !parts.is_empty()).then(|| parts.join("&"));
    }
    // Every parameter by its plain name, with the text that is sent.
    let pairs = |query: &str| -> Vec<(String, String)> {
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        pairs
            .map(|pair| (form(split(pair, '=').0), encode(pair, "#")))
            .collect()
    };
    let mut received = pairs(kept.unwrap_or_default());
    received.retain(|(name, _)| !asked_by_value(name));
    for edit in &rule.edits {
        if let Edit::Remove(gone) = edit {
            received.retain(|(name, _)| name != gone);
        }
    }
    for (name, text) in &mut received {
        let new = rule.edits.iter().find_map(|edit| match edit {
            Edit::Rename(from, to) if from == name => Some(to.clone()),
            _ => None,
        });
        if let Some(new) = new {
            let value = text.find('=').map_or("", |at| &text[at..]);
            *text = format!("{}{value}", plain(&new));
            *name = new;
        }
    }
    let mut own_pairs = pairs(own_text.unwrap_or_default());
    if merges {
        received.retain(|(name, _)| own_pairs.iter().all(|(own, _)| own != name));
    }
    let mut set: Vec<(String, String)> = Vec::new();
    for edit in &rule.edits {
        if let Edit::Set(key, value) = edit {
            if own_pairs.iter().any(|(name, _)| name == key) {
                own_pairs.retain(|(name, _)| name != key);
                parts = own_pairs.iter().map(|(_, text)| text.clone()).collect();
            }
            received.retain(|(name, _)| name != key);
            set.retain(|(name, _)| name != key);
            set.push((key.clone(), format!("{}={}", plain(key), plain(value))));
        }
    }
    parts.extend(received.into_iter().chain(set).map(|(_, text)| text));
    (own.is_some() || !parts.is_empty()).then(|| parts.join("&"))
}
