//! What holds for every text and every request, with the `url` crate as the browser.
//!
//! `CASES` sets how many cases each property tries. See `tests/support/cases.rs`.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response, Uri, header};
use http_body_util::Full;
use percent_encoding::percent_decode_str;
use proptest::{collection::vec, prelude::*, sample::select, test_runner::TestCaseError};
use tower::{Layer, Service};
use tower_redirect::{
    LocalPath, Location, Policy, Redirect, RedirectLayer, Status,
    location::Origin,
    policy::BoxPolicy,
    policy_fn,
    redirect::CacheControl,
    status::{Intent, StatusChoice},
    testing::{self, End},
};
use url::{Position, Url};

use crate::cases::config;

mod journeys;
mod origins;
mod requests;
mod texts;
mod unchecked;

const SITE: &str = "https://app.example";

type Checked = Result<(), TestCaseError>;

const UNSENDABLE: &str = "\"<>\\^`{|}";

/// The rule on a location, seen from two pages by a parser that knows nothing of this crate.
fn stays(sent: &str, origin: &str, target: &str) -> Checked {
    prop_assert!(sent.len() <= 8_000);
    prop_assert!(
        sent.bytes()
            .all(|byte| (0x21..=0x7e).contains(&byte) && !UNSENDABLE.contains(char::from(byte))),
        "bytes of {:?}",
        sent
    );
    prop_assert!(
        is_escaped(sent.strip_prefix(origin).unwrap_or(sent)),
        "percents and brackets of {:?}",
        sent
    );
    let path = path_of(sent.strip_prefix(origin).unwrap_or(sent));
    let dots = |segment: &str| {
        matches!(
            segment.to_ascii_lowercase().replace("%2e", ".").as_str(),
            "." | ".."
        )
    };
    let relative = sent.starts_with(['.', '?']);
    prop_assert!(
        relative || !path.split('/').any(dots),
        "dot segments in {:?}",
        sent
    );
    for page in [format!("{SITE}/a/b?c"), format!("{SITE}{target}")] {
        let url = Url::parse(&page).unwrap().join(sent);
        prop_assert!(url.is_ok(), "{:?} from {:?}: {:?}", sent, page, url);
        let url = url.unwrap();
        prop_assert_eq!(
            url.origin().ascii_serialization(),
            origin,
            "{:?} from {:?}",
            sent,
            page
        );
        prop_assert!(url.username().is_empty() && url.password().is_none());
        prop_assert_eq!(url.fragment(), after(sent, '#'));
        if !relative {
            // Nothing is lost or moved on the way: the address is the text.
            let path_and_query = &url[Position::BeforePath..Position::AfterQuery];
            let text = before(sent.strip_prefix(origin).unwrap_or(sent), '#');
            let (path, query) = text.split_at(text.find('?').unwrap_or(text.len()));
            prop_assert_eq!(
                path_and_query,
                format!("{path}{}", query.replace('\'', "%27"))
            );
        }
    }
    Ok(())
}

/// Whether each `%` begins an escape, and brackets are in the query only.
fn is_escaped(after_origin: &str) -> bool {
    let (address, fragment) = after_origin.split_once('#').unwrap_or((after_origin, ""));
    let percents = after_origin.split('%').skip(1).all(|rest| {
        let mut digits = rest.chars().map(|digit| digit.is_ascii_hexdigit());
        digits.next() == Some(true) && digits.next() == Some(true)
    });
    percents && !path_of(address).contains(['[', ']']) && !fragment.contains(['[', ']'])
}

/// An address of a browser with the percents and brackets encoded that this crate encodes.
pub(crate) fn as_sent(url: &Url) -> String {
    let brackets = |part: &str| part.replace('[', "%5B").replace(']', "%5D");
    let address = [
        url[..Position::BeforePath].to_owned(),
        brackets(&url[Position::BeforePath..Position::AfterPath]),
        url[Position::AfterPath..Position::AfterQuery].to_owned(),
        brackets(&url[Position::AfterQuery..]),
    ]
    .concat();
    let mut out = String::new();
    for (at, part) in address.split('%').enumerate() {
        let begins_escape =
            part.len() > 1 && part.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
        out.push_str(match begins_escape {
            _ if at == 0 => "",
            true => "%",
            false => "%25",
        });
        out.push_str(part);
    }
    out
}

fn is_read(method: &Method) -> bool {
    method == Method::GET || method == Method::HEAD
}

fn path_of(reference: &str) -> &str {
    before(before(reference, '#'), '?')
}

fn before(text: &str, delimiter: char) -> &str {
    text.split(delimiter).next().unwrap()
}

fn after(text: &str, delimiter: char) -> Option<&str> {
    Some(text.split_once(delimiter)?.1)
}

const BASES: &[&str] = &[
    "/",
    "/a",
    "/a/",
    "/a//",
    "/a?q=1",
    "/a/?q=1#f",
    "/a#f",
    "/?",
    "/x:y/%2F?",
    "/a/b?c&d#e?f#",
];

const FIXED: &[&str] = &[
    "/",
    "/x",
    "/x?y=1",
    "/x#top",
    "/x/",
    "/it's?it's",
    "/(x)~",
    "/x//y",
    "/%2F",
    "/?",
    "?",
    "?x=1",
    "./x",
    "../x",
    "./",
    "https://app.example/",
    "https://app.example/x#top",
];

/// Texts that attackers write.
fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        1 => select(&["\t", "\r", "\n", "\r\n", "\0", "\x1f", "\x7f"][..]).prop_map(str::to_owned),
        2 => select(&["/../", "/./", "..", ".", "%2e", "%2E", ".%2e", "/%2e%2E/"][..])
            .prop_map(str::to_owned),
        4 => any::<char>().prop_map(String::from),
        12 => "[!-~]{1,3}",
        12 => "[a-zA-Z0-9]{1,3}",
        24 => select(TOKENS).prop_map(str::to_owned),
    ];
    vec(part, 0..7).prop_map(|parts| parts.concat())
}

/// A path and query that `http::Uri` takes.
fn request_target() -> impl Strategy<Value = String> {
    text().prop_filter_map("not a request target", |text| {
        let target = format!("/{}", before(&text, '#'));
        target.parse::<Uri>().is_ok().then_some(target)
    })
}

/// Origins, and what looks like one.
fn address() -> impl Strategy<Value = String> {
    let scheme = select(&["http://", "https://", "HTTPS://", "hTTp://"][..]);
    let label = prop_oneof![
        8 => select(LABELS).prop_map(str::to_owned),
        2 => "[a-z0-9-]{1,8}",
        1 => "xn--[a-z0-9-]{1,8}",
        1 => any::<char>().prop_map(String::from),
        1 => text(),
    ];
    let dot = select(&[".", ".", ".", ".", "\u{3002}", ""][..]);
    let name = (vec((label, dot), 1..4), any::<bool>()).prop_map(|(labels, open)| {
        let mut name: String = labels
            .iter()
            .map(|(label, dot)| format!("{label}{dot}"))
            .collect();
        if !open {
            name.truncate(name.trim_end_matches('.').len());
        }
        name
    });
    let ipv6 = (
        vec("0|[0-9a-fA-F]{1,4}|", 1..9),
        select(&["", "::", "::1.2.3.4"][..]),
    )
        .prop_map(|(groups, tail)| format!("[{}{tail}]", groups.join(":")));
    let ipv4 = vec(select(NUMBERS), 1..6).prop_map(|numbers| numbers.join("."));
    let host = prop_oneof![10 => name, 2 => ipv6, 2 => ipv4];
    let port = select(PORTS);
    (scheme, host, port).prop_map(|(scheme, host, port)| format!("{scheme}{host}{port}"))
}

const TOKENS: &[&str] = &[
    "/",
    "//",
    "///",
    "\\",
    "/\\",
    "\\\\",
    ":",
    "@",
    "?",
    "#",
    "%",
    "%2f",
    "%5C",
    "%09",
    "%0d%0a",
    "%00",
    "%25",
    "%zz",
    "%%",
    " ",
    "evil.example",
    "//evil.example",
    "@evil.example",
    "app.example",
    "https:",
    "https://",
    "HTTPS:\\\\",
    "javascript:alert(1)",
    "data:,",
    "c|",
    "\u{e9}",
    "\u{130}",
    "\u{3002}",
    "\u{ff0f}",
    "\u{ff3c}",
    "\u{200d}",
    "\u{ad}",
    "\u{202e}",
    "\u{feff}",
    "[",
    "]",
    "[::1]",
    "&",
    "=",
    "+",
    ";",
    "'",
    "\"",
    "<script>",
    "^",
    "`",
    "{",
    "|",
    "}",
    "~",
];

const LABELS: &[&str] = &[
    "example",
    "app",
    "a",
    "COM",
    "x1",
    "xn--bcher-kva",
    "b\u{fc}cher",
    "a-b",
    "a_b",
    "ab--cd",
    "xn--",
    "xn--a",
    "XN--BCHER-KVA",
    "xn--zca",
    "xn--i\u{f1}valid",
    "-a",
    "a-",
    "*",
    "%41",
    "%2e",
    "\u{df}",
    "\u{131}",
    "\u{fb00}",
    "\u{ff41}",
    "\u{ff11}",
    "\u{200c}",
    "\u{5d0}",
    "e\u{301}",
    "\u{1f4a9}",
    "1",
    "0x1f",
    "08",
];

const NUMBERS: &[&str] = &[
    "0",
    "1",
    "127",
    "255",
    "256",
    "01",
    "08",
    "0x",
    "0x7f",
    "00x1",
    "4294967295",
    "1e3",
    "x1",
];

const PORTS: &[&str] = &[
    "",
    "",
    "",
    "",
    "",
    "",
    ":80",
    ":443",
    ":8080",
    ":0",
    ":65535",
    ":65536",
    ":0443",
    ":",
    ":+1",
    ":a",
    ":\u{ff11}",
];

fn method() -> impl Strategy<Value = Method> {
    let names = [
        "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PURGE",
    ];
    select(names.to_vec()).prop_map(|name| name.parse().unwrap())
}
