//! Maps of nginx, with as many entries on a line as there are.

use super::{Edit, New, ONE_STATUS, Writer, Written, plain};
use crate::rules::{
    Format, Precedence,
    format::{
        document::Document,
        nginx_map::tokens::{End, Token, Tokens},
    },
};

pub(in crate::rules::format) fn write(text: &str, writer: &mut Writer<'_>) {
    let mut document = Document::new(text, Precedence::default());
    let mut tokens = Tokens::new(text);
    let mut entry = Vec::new();
    loop {
        match tokens.next_entry(&mut entry) {
            Ok(End::Text) => return,
            Ok(End::Semicolon) => {}
            Ok(End::Open | End::Close) | Err(_) => continue,
        }
        let [key, value] = &*entry else {
            continue;
        };
        let line = document.line_number(key.bytes.start);
        let alone = || {
            let raw = with_quotes(text, key).and_then(|key| Some((key, with_quotes(text, value)?)));
            let (key, value) = raw.unwrap_or_default();
            let alone = format!("hostnames; {key} {value};");
            Format::NginxMap.parse_lossy(&alone).rules
        };
        writer.entry(line, alone, |new| pair(text, value, new));
    }
}

fn pair(text: &str, value: &Token<'_>, new: &New<'_>) -> Written {
    if new.status.is_some() {
        return Err(ONE_STATUS);
    }
    let mut target = plain(new.target)?.to_owned();
    if new.keeps_query {
        target.push_str("$is_args$args");
    }
    let is_quoted = quote(text, value).is_some();
    let needs_quotes = target.contains([';', '\'', '"', '\\']);
    Ok(vec![Edit::new(
        value.bytes.clone(),
        match is_quoted {
            true => escaped(&target),
            false if needs_quotes => format!("\"{}\"", escaped(&target)),
            false => target,
        },
    )])
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        if matches!(char, '\\' | '"' | '\'') {
            out.push('\\');
        }
        out.push(char);
    }
    out
}

/// The quote that a word stands in.
fn quote(text: &str, token: &Token<'_>) -> Option<char> {
    let before = text.get(..token.bytes.start)?.chars().next_back()?;
    let behind = text.get(token.bytes.end..)?.chars().next()?;
    (before == behind && matches!(before, '"' | '\'')).then_some(before)
}

fn with_quotes<'t>(text: &'t str, token: &Token<'_>) -> Option<&'t str> {
    let around = usize::from(quote(text, token).is_some());
    text.get(token.bytes.start - around..token.bytes.end + around)
}
