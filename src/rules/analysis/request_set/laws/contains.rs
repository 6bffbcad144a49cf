//! Which requests are in a set, said in the plainest way.
//!
//! It shares no code with what makes sets, so a mistake there isn't made here too.

use http::header;

use super::naive::{
    self,
    asked::{self, Asked},
};
use crate::{
    journey::TestRequest,
    rules::{
        analysis::request_set::{
            RequestSet,
            field::Field,
            host::Host,
            path::{End, Path, Text, Unknown},
            query::{Pair, Query, Rest},
            value_set::ValueSet,
        },
        condition::Place,
        pattern::Tail,
        spelling,
    },
};

/// What regexes say, and conditions on the host, the whole path and the last of several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Regexes {
    Match,
    /// A witness is made without looking at them.
    AreUnknown,
}

/// Returns the first part of a set that a request isn't in; `None` if the request is in the set.
pub(super) fn missing_part(
    set: &RequestSet,
    request: &TestRequest,
    regexes: Regexes,
) -> Option<&'static str> {
    let (received, scheme) = request.parts();
    let Some(mut asked) = Asked::read(received, scheme.map(crate::location::HttpScheme::as_str))
    else {
        return Some("a path");
    };
    let host = asked::host(received);
    asked.host = host.clone().ok().flatten();
    let authority = received.headers().get(header::HOST);
    let authority = authority.and_then(|host| host.to_str().ok());
    let has_empty = asked.path.contains("//") || asked.path.len() > 1 && asked.path.ends_with('/');
    let pairs = pairs(asked.query.as_deref().unwrap_or_default());
    let parts = [
        ("path", has_path(&set.path, &asked.path)),
        ("exceptions", set.exceptions.leave(&asked.path)),
        (
            "regexes of its path",
            set.regexes.iter().all(|(regex, matching)| {
                let regex = String::from_utf8_lossy(regex);
                regexes == Regexes::AreUnknown
                    || naive::matches_whole(&regex, matching.ignore_case, &asked.path)
            }),
        ),
        ("empty segments", !set.is_whole || !has_empty),
        ("host", has_host(&set.host, &host)),
        ("port", has_port(set, authority)),
        // The table need not know the scheme of a client that a redirect has led here.
        (
            "scheme",
            set.scheme.is_none() || set.scheme == scheme || scheme.is_none() && !set.is_told_scheme,
        ),
        ("methods", set.methods.contains(received.method())),
        (
            "query",
            has_query(&set.query, &set.query.pairs, &pairs, regexes),
        ),
        (
            "fields",
            set.fields
                .iter()
                .all(|field| has_field(field, &asked, regexes)),
        ),
    ];
    let missing = parts.into_iter().find(|(_, is_in)| !is_in);
    missing.map(|(name, _)| name)
}

fn has_path(path: &Path, received: &str) -> bool {
    let mut known: Vec<(u32, Vec<u8>)> = Vec::new();
    let mut rest = received;
    for text in &path.segments {
        let Some(behind) = rest.strip_prefix('/') else {
            return false;
        };
        let (segment, _) = behind.split_at(behind.find('/').unwrap_or(behind.len()));
        rest = &behind[segment.len()..];
        if !has_text(text, segment, &mut known) {
            return false;
        }
    }
    let is_done = |unknown: Unknown| is_done(unknown, rest);
    match path.end {
        End::Closed | End::Open(_, Tail::None) => rest.is_empty(),
        End::Slash => rest.is_empty() || rest == "/",
        End::Open(unknown, Tail::Some) => rest.len() > 1 && is_done(unknown),
        End::Open(unknown, Tail::Any) => !rest.is_empty() && is_done(unknown),
        End::Open(unknown, Tail::Optional) => is_done(unknown),
    }
}

fn has_text(text: &Text, received: &str, known: &mut Vec<(u32, Vec<u8>)>) -> bool {
    let received = received.as_bytes();
    let mut spelled = Vec::new();
    spelling::push(&mut spelled, received, false);
    let is =
        |one: &[u8], other: &[u8]| one == other || text.any_case && one.eq_ignore_ascii_case(other);
    let Some(unknown) = text.unknown else {
        return is(&spelled, &text.before);
    };
    let (before, behind) = (text.before.len(), text.behind.len());
    if spelled.len() <= before + behind {
        return false;
    }
    let (front, rest) = spelled.split_at(before);
    let (middle, end) = rest.split_at(rest.len() - behind);
    if !is(front, &text.before) || !is(end, &text.behind) {
        return false;
    }
    // A transform changes the text as it was received, if the text doesn't end within an escape.
    let start = spelling::received_len(received, text.before.len());
    let end = spelling::received_len(received, text.before.len() + middle.len());
    if let (Some(start), Some(end)) = (start, end) {
        let middle = String::from_utf8_lossy(&received[start..end]);
        if !is_done(unknown, &middle) {
            return false;
        }
    }
    // Parts with one number are one text.
    match known.iter().find(|(number, _)| *number == unknown.number) {
        Some((_, other)) => other == middle,
        None => {
            known.push((unknown.number, middle.to_vec()));
            true
        }
    }
}

/// Returns `true` if the transforms that a rule has applied don't change the text any more.
fn is_done(unknown: Unknown, received: &str) -> bool {
    let mut again = received.as_bytes().to_vec();
    unknown.done.apply(&mut again);
    again == received.as_bytes()
}

fn has_host(host: &Host, requested: &Result<Option<String>, ()>) -> bool {
    let is_below = |domain: &str| {
        let name = requested.as_ref().ok().and_then(Option::as_ref);
        name.is_some_and(|name| name.ends_with(&format!(".{domain}")))
    };
    let is = |name: &str| requested.as_ref().ok().and_then(Option::as_deref) == Some(name);
    match host {
        Host::Any => true,
        Host::Is(name) => is(name),
        Host::Below(domain) => is_below(domain),
        Host::Domain(domain) => is(domain) || is_below(domain),
    }
}

/// A set without a port has every port.
fn has_port(set: &RequestSet, authority: Option<&str>) -> bool {
    let Some(port) = set.port else {
        return true;
    };
    authority.is_some_and(|authority| authority.ends_with(&format!(":{port}")))
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (asked::form(key), asked::form(value)))
        .collect()
}

/// Returns `true` if each pair of the set is another one of the request, and the others may be
/// there too.
pub(in super::super) fn has_query(
    query: &Query,
    pairs: &[Pair],
    left: &[(String, String)],
    regexes: Regexes,
) -> bool {
    let Some((first, pairs)) = pairs.split_first() else {
        return left.iter().all(|(key, value)| {
            let is_named = match &query.rest {
                Rest::Nothing => false,
                Rest::Named(names) => names.iter().any(|name| **name == **key),
                Rest::Anything => true,
            };
            let mut gone = query.gone.iter();
            is_named
                && !gone.any(|(name, values)| **name == **key && takes_out(values, value, regexes))
        });
    };
    (0..left.len()).any(|at| {
        let (key, value) = &left[at];
        let others = [&left[..at], &left[at + 1..]].concat();
        first.key.as_deref().is_none_or(|name| name == key)
            && has_value(&first.value, value, regexes)
            && has_query(query, pairs, &others, regexes)
    })
}

fn has_field(field: &Field, asked: &Asked, regexes: Regexes) -> bool {
    let is_overlooked = matches!(field.place, Place::Host | Place::Path(_) | Place::Query(_));
    if is_overlooked && regexes == Regexes::AreUnknown {
        return true;
    }
    let values = match &field.place {
        Place::Header(name) => asked.values(&naive::Place::Header(name.to_string())),
        Place::HeaderInAnyCase(name) => {
            let values = asked.values(&naive::Place::Header(name.to_string()));
            values
                .iter()
                .map(|value| value.to_ascii_lowercase())
                .collect()
        }
        Place::Cookie(name) => asked.values(&naive::Place::Cookie(name.to_string())),
        Place::Language(cookie) => {
            let mut values = asked.values(&naive::Place::Cookie(cookie.to_string()));
            values.extend(asked.values(&naive::Place::Header("accept-language".to_owned())));
            values.truncate(1);
            let letters = |value: String| Some(value.trim().get(..2)?.to_ascii_lowercase());
            values.into_iter().filter_map(letters).collect()
        }
        Place::Host => asked.host.clone().into_iter().collect(),
        Place::Path(test) => {
            let path = asked.path.clone();
            Some(path)
                .filter(|path| test.is_met_by(path))
                .into_iter()
                .collect()
        }
        // Of several values, the last one counts.
        Place::Query(key) => {
            let values = asked.values(&naive::Place::Query(key.to_string()));
            values
                .last()
                .map(|value| asked::form(value))
                .into_iter()
                .collect()
        }
    };
    let has = |set: &ValueSet| values.iter().any(|value| has_value(set, value, regexes));
    let takes = |set: &ValueSet| values.iter().any(|value| takes_out(set, value, regexes));
    field.some.iter().all(has) && !field.none.iter().any(takes)
}

/// Returns `true` if a value is surely in a set of values that a request doesn't have.
fn takes_out(set: &ValueSet, value: &str, regexes: Regexes) -> bool {
    let is_known = regexes == Regexes::Match || set.regexes.is_empty();
    is_known && has_value(set, value, regexes)
}

fn has_value(set: &ValueSet, value: &str, regexes: Regexes) -> bool {
    let has = |texts: &Vec<Box<str>>| texts.iter().any(|own| **own == *value);
    set.listed.as_ref().is_none_or(has)
        && !has(&set.excluded)
        && (regexes == Regexes::AreUnknown
            || set
                .regexes
                .iter()
                .all(|regex| naive::matches_whole(regex, false, value)))
}
