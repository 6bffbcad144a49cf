//! Random headers.

use super::*;

/// A parameter, and the choices of who writes it: the case of each letter, quotes, backslashes, and
/// the space before and after.
#[derive(Clone, Debug)]
struct Pair {
    name: &'static str,
    value: &'static str,
    upper: u16,
    quoted: bool,
    escapes: u16,
    space: (&'static str, &'static str),
}

const VALUES: [(&str, &[&str]); 6] = [
    (
        "proto",
        &[
            "http",
            "https",
            "HTTPS",
            "ws",
            "wss",
            "ftp",
            "",
            "https,http",
            "h;ttp",
        ],
    ),
    (
        "host",
        &[
            "shop.example",
            "A.b",
            "shop.example:8443",
            "[::1]:80",
            "a b",
            "",
            "a,b",
            "x@y",
        ],
    ),
    (
        "for",
        &[
            "192.0.2.43",
            "[2001:db8::1]:80",
            "_x",
            "unknown",
            "a\"b",
            "\\",
            ",;=",
            "proto=https",
        ],
    ),
    ("by", &["_y", "203.0.113.60", ";proto=https", "é"]),
    ("secret", &["1", "", "\", proto=https, \""]),
    ("x-proto", &["http", "https"]),
];

fn pair() -> impl Strategy<Value = Pair> {
    let space = || select(&["", "", " ", "\t", "  "][..]);
    (
        select(&VALUES[..]),
        any_value::<u16>(),
        any_value::<bool>(),
        prop_oneof![3 => Just(0), 1 => any_value::<u16>()],
        (space(), space()),
    )
        .prop_flat_map(|((name, values), upper, quoted, escapes, space)| {
            select(values).prop_map(move |value| Pair {
                name,
                value,
                upper,
                quoted,
                escapes,
                space,
            })
        })
}

impl Pair {
    fn has_escape(&self) -> bool {
        let must = self.value.contains(['"', '\\']);
        let may = (self.escapes as usize) & ((1 << self.value.chars().count().min(16)) - 1) != 0;
        self.is_quoted() && (must || may)
    }

    fn is_quoted(&self) -> bool {
        let tokens = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        self.quoted || self.value.is_empty() || !self.value.bytes().all(tokens)
    }

    fn write(&self, out: &mut String) {
        out.push_str(self.space.0);
        for (n, letter) in self.name.chars().enumerate() {
            let upper = self.upper >> n & 1 == 1;
            out.push(if upper {
                letter.to_ascii_uppercase()
            } else {
                letter
            });
        }
        out.push('=');
        if self.is_quoted() {
            out.push('"');
            for (n, letter) in self.value.chars().enumerate() {
                if "\"\\".contains(letter) || n < 16 && self.escapes >> n & 1 == 1 {
                    out.push('\\');
                }
                out.push(letter);
            }
            out.push('"');
        } else {
            out.push_str(self.value);
        }
        out.push_str(self.space.1);
    }
}

/// An element: pairs, of which the first of a name stays, and whether a new line begins before it.
fn element() -> impl Strategy<Value = (Vec<Pair>, bool)> {
    (vec(pair(), 0..5), any_value::<bool>()).prop_map(|(pairs, new_line)| {
        let mut kept: Vec<Pair> = Vec::new();
        for pair in pairs {
            if kept.iter().all(|other| other.name != pair.name) {
                kept.push(pair);
            }
        }
        (kept, new_line)
    })
}

proptest! {
    #![proptest_config(config(1))]

    #[test]
    fn r13_forwarded_says_what_was_written(elements in vec(element(), 0..6), hops in 1_u8..6) {
        let mut lines: Vec<String> = Vec::new();
        for (pairs, new_line) in &elements {
            match lines.last_mut() {
                Some(line) if !new_line => line.push(','),
                _ => lines.push(String::new()),
            }
            let line = lines.last_mut().unwrap();
            for (n, pair) in pairs.iter().enumerate() {
                if n > 0 {
                    line.push(';');
                }
                pair.write(line);
            }
        }
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();

        let counted = hops
            .checked_sub(1)
            .and_then(|left| elements.iter().rev().nth(left.into()));
        let find = |name| counted.and_then(|(pairs, _)| pairs.iter().find(|pair| pair.name == name));
        let scheme = find("proto").filter(|pair| !pair.has_escape()).and_then(|pair| {
            match pair.value.to_lowercase().as_str() {
                "http" | "ws" => HTTP,
                "https" | "wss" => HTTPS,
                _ => None,
            }
        });
        let host = match find("host") {
            None => RECEIVED,
            Some(pair) if pair.has_escape() => None,
            Some(pair) => Some(pair.value).filter(|value| !["a b", "", "a,b", "x@y"].contains(value)),
        };
        prop_assert_eq!(
            seen(ForwardedHeader::Forwarded, hops, &lines),
            (scheme, host.map(str::to_owned)),
            "{} {:?}", hops, lines
        );
    }

    #[test]
    fn r13_no_bytes_establish_what_they_do_not_say(lines in vec(soup(), 0..4), hops in 1_u8..4) {
        for header in [
            ForwardedHeader::Forwarded,
            ForwardedHeader::XForwardedProto,
            ForwardedHeader::XForwardedSsl,
            ForwardedHeader::FrontEndHttps,
            ForwardedHeader::CloudFrontForwardedProto,
        ] {
            let request = {
                let named: Vec<_> = lines.iter().map(|line| (name(header), &line[..])).collect();
                request(&named)
            };
            let view = any(header, hops).and_host().view(&RequestHead::new(&request));
            let said = naively(header, hops, &lines);
            if view.scheme().is_some() {
                prop_assert_eq!(view.scheme(), said, "{:?} {} {:?}", header, hops, lines);
            }
            if header != ForwardedHeader::Forwarded {
                // Without a grammar to break, it is the same thing.
                prop_assert_eq!(view.scheme(), said, "{:?} {} {:?}", header, hops, lines);
            }
        }
    }
}

/// Bytes of a header line: any that can be sent, with pieces that make sense here and there.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: [&str; 18] = [
        "proto=https",
        "proto=http",
        "PROTO=\"wss\"",
        "for=",
        "host=a",
        "https",
        "http",
        "on",
        "off",
        "\"",
        "\\",
        ",",
        ";",
        "=",
        " ",
        "a",
        ", ",
        "for=\"a,b\";",
    ];
    let piece = prop_oneof![
        12 => select(&PIECES[..]).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => any_value::<u8>()
            .prop_filter("can be sent", |byte| HeaderValue::from_bytes(&[*byte]).is_ok())
            .prop_map(|byte| vec![byte]),
    ];
    vec(piece, 0..10).prop_map(|pieces| pieces.concat())
}

/// What the header says to somebody who only splits it.
fn naively(header: ForwardedHeader, hops: u8, lines: &[Vec<u8>]) -> Option<HttpScheme> {
    let text = lines
        .iter()
        .map(|line| line.iter().copied().map(char::from).collect::<String>())
        .collect::<Vec<_>>();
    let named = |value: &str| match value.to_ascii_lowercase().as_str() {
        "https" | "wss" => HTTPS,
        "http" | "ws" => HTTP,
        _ => None,
    };
    let blank = [' ', '\t'];
    let from_right = usize::from(hops.checked_sub(1)?);
    match header {
        ForwardedHeader::Forwarded => {
            // Quotes end on their line.
            let elements: Vec<String> = text
                .iter()
                .flat_map(|line| split_outside_quotes(line, ','))
                .collect();
            let element = elements.iter().rev().nth(from_right)?;
            let pairs = split_outside_quotes(element, ';');
            let mut said = pairs
                .iter()
                .filter_map(|pair| pair.split_once('='))
                .filter(|(name, _)| name.trim_matches(blank).eq_ignore_ascii_case("proto"));
            let (_, value) = said.next()?;
            if said.next().is_some() {
                return None;
            }
            let value = value.trim_matches(blank);
            let unquoted = value
                .strip_prefix('"')
                .and_then(|rest| rest.strip_suffix('"'));
            named(unquoted.unwrap_or(value))
        }
        ForwardedHeader::XForwardedProto => {
            let all = text.join(",");
            let elements: Vec<&str> = all.split(',').collect();
            let element = elements
                .iter()
                .rev()
                .nth(from_right)
                .filter(|_| !lines.is_empty());
            named(element?.trim_matches(blank))
        }
        ForwardedHeader::CloudFrontForwardedProto => match text.as_slice() {
            [line] => named(line.trim_matches(blank)),
            _ => None,
        },
        _ => match text.as_slice() {
            [line] => match line.trim_matches(blank).to_ascii_lowercase().as_str() {
                "on" => HTTPS,
                "off" => HTTP,
                _ => None,
            },
            _ => None,
        },
    }
}

fn split_outside_quotes(text: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for letter in text.chars() {
        if letter == separator && !quoted {
            parts.push(String::new());
            continue;
        }
        if escaped {
            escaped = false;
        } else if letter == '"' {
            quoted = !quoted;
        } else if letter == '\\' && quoted {
            escaped = true;
        }
        parts.last_mut().unwrap().push(letter);
    }
    parts
}
