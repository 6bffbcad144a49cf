//! Where a browser goes for a text that is almost a URL, with ada as the browser.
//!
//! The `url` crate differs from browsers in three cases: `///host`, `^` in a path, and drive letters. Ada
//! doesn't, so nothing is left out here.
//!
//! `CASES` and `SEED` set how much is tried, and what.

use ada_url::Url;
use http::Method;
use tower_redirect::{
    Location, Status,
    testing::{NextRequest, next_request},
};

const CASES: u64 = 200_000;
const SEED: u64 = 0x0DD_BA11;
const PAGES: [&str; 3] = [
    "https://shop.example/a/b?c=d",
    "http://shop.example:8080/a/b/?c=d#page",
    "http://h.example/",
];
const TOKENS: &[&str] = &[
    "/",
    "/",
    "/",
    "\\",
    "\\",
    "@",
    ":",
    ":",
    "?",
    "#",
    ".",
    "..",
    "%",
    "[",
    "]",
    "|",
    "^",
    "'",
    " ",
    "\t",
    "\n",
    "//",
    "/\\",
    "/../",
    "/./",
    "%2e",
    ".%2E",
    "%41",
    "%00",
    "%5C",
    "http:",
    "https:",
    "HTTPS://",
    "http://",
    "ws:",
    "file:",
    "javascript:",
    "myapp://",
    "h.example",
    "shop.example",
    "shop.example:8080",
    "127.0.0.1",
    "127.1",
    "0x7f",
    "[::1]",
    "[::ffff:1.2.3.4]",
    ":80",
    ":443",
    ":0",
    "u:p@",
    "xn--a",
    "xn--caf-dma",
    "caf\u{e9}",
    "\u{3002}",
    "\u{ff0f}",
    "\u{ff3c}",
    "\u{ad}",
    "\u{df}",
    "\u{1}",
    "\u{7f}",
    "{",
    "}",
    "\"",
    "`",
    "<",
    "c:",
    "c|",
    "a",
    "B",
    "1",
];

struct Texts(fastrand::Rng);

impl Texts {
    fn next(&mut self) -> String {
        let tokens = self.0.usize(..8);
        (0..tokens)
            .map(|_| TOKENS[self.0.usize(..TOKENS.len())])
            .collect()
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap())
}

#[test]
fn a_next_request_is_the_one_of_a_browser() {
    let mut texts = Texts(fastrand::Rng::with_seed(setting("SEED", SEED)));
    let mut requests = 0;
    let cases = setting("CASES", CASES);
    for _ in 0..cases {
        let text = texts.next();
        for page in PAGES {
            let base = Url::parse(page, None).unwrap();
            let expected = Url::parse(&*text, Some(page));
            match (
                next_request(&Method::GET, page, Status::Found, &text),
                expected,
            ) {
                (NextRequest::Http { url, .. }, Ok(mut expected)) => {
                    requests += 1;
                    assert!(
                        expected.set_username(None).is_ok() && expected.set_password(None).is_ok()
                    );
                    if !expected.href().contains('#') && base.href().contains('#') {
                        expected.set_hash(Some(base.hash()));
                    }
                    assert_eq!(url, expected.href(), "{text:?} on {page}");
                }
                (NextRequest::Http { url, .. }, Err(_)) => panic!("{text:?} on {page}: {url}"),
                (NextRequest::Unresolvable, Ok(expected)) => {
                    assert_ne!(expected.host(), base.host(), "{text:?} on {page}");
                }
                (NextRequest::UnsupportedScheme, Ok(expected)) => {
                    assert!(
                        !matches!(expected.protocol(), "http:" | "https:"),
                        "{text:?}"
                    );
                }
                (_, Err(_)) => {}
                (other, _) => panic!("{other:?}"),
            }
        }
    }
    assert!(requests > cases, "{requests} of {cases}");
}

#[test]
fn r1_an_unchecked_location_keeps_the_host() {
    let mut texts = Texts(fastrand::Rng::with_seed(setting("SEED", SEED)));
    let mut accepted = 0;
    let cases = setting("CASES", CASES);
    for _ in 0..cases {
        let text = texts.next();
        let Ok(location) = Location::unchecked(&text) else {
            continue;
        };
        accepted += 1;
        for page in PAGES.iter().map(|page| Some(*page)).chain([None]) {
            let host = |text: &str| {
                let url = Url::parse(text, page).ok()?;
                Some((url.protocol().to_owned(), url.host().to_owned()))
            };
            assert_eq!(host(&text), host(location.as_str()), "{text:?} on {page:?}");
        }
    }
    assert!(accepted > cases / 10, "{accepted} of {cases}");
}
