//! What a client requests after a redirect, with the `url` crate as the browser.

use http::Method;
use proptest::{collection::vec, prelude::*, sample::select};
use tower_redirect::{
    Location, Policy, Status,
    location::HttpScheme,
    policy_fn,
    testing::{self, End, NextRequest, next_request},
};
use url::{Position, Url};

use crate::cases::config;

const PAGE: &str = "http://shop.example:8080/a/b?c=d#page";
const TLS_PAGE: &str = "https://shop.example/a/b?c=d";

/// The URL, or why there is none.
fn next(page: &str, location: &str) -> String {
    match next_request(&Method::GET, page, Status::Found, location) {
        NextRequest::Http { method, url, .. } => {
            assert_eq!(method, Method::GET);
            url
        }
        NextRequest::Unresolvable => "unresolvable".to_owned(),
        NextRequest::UnsupportedScheme => "leaves".to_owned(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn unusual_locations_are_resolved_as_browsers_resolve_them() {
    for (location, over_http, over_https) in [
        (
            "/x",
            "http://shop.example:8080/x#page",
            "https://shop.example/x",
        ),
        (
            "//h.example",
            "http://h.example/#page",
            "https://h.example/",
        ),
        (
            "//h.example:443/",
            "http://h.example:443/#page",
            "https://h.example/",
        ),
        (
            "//h.example:80/",
            "http://h.example/#page",
            "https://h.example:80/",
        ),
        (
            "///h.example",
            "http://h.example/#page",
            "https://h.example/",
        ),
        (
            "////h.example//x",
            "http://h.example//x#page",
            "https://h.example//x",
        ),
        (
            "https:/h.example",
            "https://h.example/#page",
            "https://shop.example/h.example",
        ),
        (
            "https:h.example/x",
            "https://h.example/x#page",
            "https://shop.example/a/h.example/x",
        ),
        (
            "http:h.example/x",
            "http://shop.example:8080/a/h.example/x#page",
            "http://h.example/x",
        ),
        (
            "https:///h.example",
            "https://h.example/#page",
            "https://h.example/",
        ),
        ("https:?x", "unresolvable", "https://shop.example/a/b?x"),
        ("https:", "unresolvable", "https://shop.example/a/b?c=d"),
        ("https://", "unresolvable", "unresolvable"),
        (
            "https://h.example:",
            "https://h.example/#page",
            "https://h.example/",
        ),
        (
            "https://h.example:/x",
            "https://h.example/x#page",
            "https://h.example/x",
        ),
        (
            "https://h.example:00443",
            "https://h.example/#page",
            "https://h.example/",
        ),
        ("https://h.example:65536", "unresolvable", "unresolvable"),
        ("https://h.example:8a", "unresolvable", "unresolvable"),
        ("https://:80/", "unresolvable", "unresolvable"),
        (
            "https://u:p@h.example/",
            "https://h.example/#page",
            "https://h.example/",
        ),
        (
            "https://u@v@h.example/",
            "https://h.example/#page",
            "https://h.example/",
        ),
        ("https://u@/", "unresolvable", "unresolvable"),
        (
            "//@h.example",
            "http://h.example/#page",
            "https://h.example/",
        ),
        (
            "HTTPS://H.EXAMPLE?q",
            "https://h.example/?q#page",
            "https://h.example/?q",
        ),
        (
            "https://h%2eexample/",
            "https://h.example/#page",
            "https://h.example/",
        ),
        (
            "https://caf%C3%A9.example/",
            "https://xn--caf-dma.example/#page",
            "https://xn--caf-dma.example/",
        ),
        ("https://[::0:1]/", "https://[::1]/#page", "https://[::1]/"),
        ("https://[::1]x/", "unresolvable", "unresolvable"),
        // Browsers accept these hosts.
        ("http://0x7f.1", "unresolvable", "unresolvable"),
        ("http://127.1", "unresolvable", "unresolvable"),
        ("//2130706433/", "unresolvable", "unresolvable"),
        ("https://a..b/", "unresolvable", "unresolvable"),
        // And not these.
        ("https://xn--a/", "unresolvable", "unresolvable"),
        ("https://a b/", "unresolvable", "unresolvable"),
        ("https://a%00b/", "unresolvable", "unresolvable"),
        (
            ":x",
            "http://shop.example:8080/a/:x#page",
            "https://shop.example/a/:x",
        ),
        (
            "1:x",
            "http://shop.example:8080/a/1:x#page",
            "https://shop.example/a/1:x",
        ),
        ("x:y", "leaves", "leaves"),
        ("javascript:alert(1)", "leaves", "leaves"),
        ("JavaScript\t:alert(1)", "leaves", "leaves"),
        ("mailto:a@b", "leaves", "leaves"),
        ("ws://h.example/", "leaves", "leaves"),
        ("file:///etc/passwd", "leaves", "leaves"),
        (
            "#top",
            "http://shop.example:8080/a/b?c=d#top",
            "https://shop.example/a/b?c=d#top",
        ),
        (
            "#",
            "http://shop.example:8080/a/b?c=d#",
            "https://shop.example/a/b?c=d#",
        ),
        (
            "#\"<>`^",
            "http://shop.example:8080/a/b?c=d#%22%3C%3E%60^",
            "https://shop.example/a/b?c=d#%22%3C%3E%60^",
        ),
        (
            "?q",
            "http://shop.example:8080/a/b?q#page",
            "https://shop.example/a/b?q",
        ),
        (
            "?",
            "http://shop.example:8080/a/b?#page",
            "https://shop.example/a/b?",
        ),
        (
            "?it's",
            "http://shop.example:8080/a/b?it%27s#page",
            "https://shop.example/a/b?it%27s",
        ),
        (
            "",
            "http://shop.example:8080/a/b?c=d#page",
            "https://shop.example/a/b?c=d",
        ),
        (
            " \t ",
            "http://shop.example:8080/a/b?c=d#page",
            "https://shop.example/a/b?c=d",
        ),
        (
            "x",
            "http://shop.example:8080/a/x#page",
            "https://shop.example/a/x",
        ),
        (
            "..",
            "http://shop.example:8080/#page",
            "https://shop.example/",
        ),
        (
            "../%2e./x/.%2E/y/.",
            "http://shop.example:8080/y/#page",
            "https://shop.example/y/",
        ),
        (
            "/a b|^{é}",
            "http://shop.example:8080/a%20b|%5E%7B%C3%A9%7D#page",
            "https://shop.example/a%20b|%5E%7B%C3%A9%7D",
        ),
        (
            "/\\h.example",
            "http://h.example/#page",
            "https://h.example/",
        ),
        (
            "\\\\h.example\\x",
            "http://h.example/x#page",
            "https://h.example/x",
        ),
        (
            "\\/h.example",
            "http://h.example/#page",
            "https://h.example/",
        ),
        (
            "\\x\\..\\y",
            "http://shop.example:8080/y#page",
            "https://shop.example/y",
        ),
        (
            "https:\\\\h.example",
            "https://h.example/#page",
            "https://h.example/",
        ),
        (
            "https://h.example\\@evil.example",
            "https://h.example/@evil.example#page",
            "https://h.example/@evil.example",
        ),
        (
            "/\t/h.example",
            "http://h.example/#page",
            "https://h.example/",
        ),
        (
            "/\n\\\rh.example",
            "http://h.example/#page",
            "https://h.example/",
        ),
        (
            "ht\ttps://h.exa\nmple",
            "https://h.example/#page",
            "https://h.example/",
        ),
        (
            " //h.example ",
            "http://h.example/#page",
            "https://h.example/",
        ),
        (
            "\u{1}/x\u{1f}",
            "http://shop.example:8080/x#page",
            "https://shop.example/x",
        ),
    ] {
        assert_eq!(next(PAGE, location), over_http, "{location:?}");
        assert_eq!(next(TLS_PAGE, location), over_https, "{location:?}");
        for page in [PAGE, TLS_PAGE] {
            agrees(page, location).unwrap();
        }
    }
}

#[test]
fn the_method_and_the_fragment_follow_fetch() {
    for status in Status::ALL {
        for method in [Method::GET, Method::HEAD, Method::POST, Method::PUT] {
            for (location, url) in [
                ("/x", "https://a.example/x#old"),
                ("/x#new", "https://a.example/x#new"),
                ("/x#", "https://a.example/x#"),
            ] {
                let next = next_request(&method, "https://a.example/#old", status, location);
                let NextRequest::Http {
                    method: next_method,
                    url: next_url,
                    ..
                } = next
                else {
                    panic!("{next:?}");
                };
                assert_eq!(next_method, status.next_method(&method));
                assert_eq!(next_url, url);
            }
        }
    }
}

#[test]
fn the_requested_url_must_be_absolute() {
    for url in [
        "/x",
        "",
        "https:x",
        "https:/h.example/",
        "mailto:x",
        "http://0x7f.1/",
        "//h.example/",
    ] {
        let next = || next_request(&Method::GET, url, Status::Found, "/");
        let panic = std::panic::catch_unwind(next).unwrap_err();
        let message = panic.downcast_ref::<String>().unwrap();
        assert!(message.contains("write an absolute"), "{url}: {message}");
    }
}

/// A resolver that reads less than a browser may give up, and never says another URL, nor that a
/// location stays on the host.
fn agrees(page: &str, location: &str) -> Result<(), TestCaseError> {
    let base = Url::parse(page).unwrap();
    let expected = base.join(&without_further_slashes(location));
    match (
        next_request(&Method::GET, page, Status::Found, location),
        expected,
    ) {
        (NextRequest::Http { url, .. }, Ok(mut expected)) => {
            prop_assert!(expected.set_username("").is_ok() && expected.set_password(None).is_ok());
            if expected.fragment().is_none() {
                expected.set_fragment(base.fragment());
            }
            // Since 2024, browsers encode `^` in a path. The crate doesn't yet.
            let path = expected[Position::BeforePath..Position::AfterPath].replace('^', "%5E");
            let (front, rest) = (
                &expected[..Position::BeforePath],
                &expected[Position::AfterPath..],
            );
            prop_assert_eq!(
                url,
                format!("{front}{path}{rest}"),
                "{:?} on {}",
                location,
                page
            );
        }
        (NextRequest::Http { url, .. }, Err(error)) => {
            prop_assert!(false, "{:?} on {}: {} and {}", location, page, url, error);
        }
        (NextRequest::Unresolvable, Ok(expected)) => {
            prop_assert!(
                expected.host() != base.host(),
                "{:?} on {}: {}",
                location,
                page,
                expected
            );
        }
        (NextRequest::UnsupportedScheme, Ok(expected)) => {
            prop_assert!(
                !matches!(expected.scheme(), "http" | "https"),
                "{:?}: {}",
                location,
                expected
            );
        }
        (_, Err(_)) => {}
        (other, _) => prop_assert!(false, "{:?}", other),
    }
    Ok(())
}

/// Browsers read `///host` as `//host`. The `url` crate doesn't, except after a scheme.
fn without_further_slashes(location: &str) -> String {
    let text = location.trim_matches(|character| character <= ' ');
    let text = text.replace(['\t', '\n', '\r'], "");
    let is_slash = |character| matches!(character, '/' | '\\');
    let (scheme, rest) = match text.split_once(':') {
        Some((scheme @ ("http" | "https" | "HTTPS"), rest)) => (format!("{scheme}:"), rest),
        _ => (String::new(), &*text),
    };
    let behind = rest.trim_start_matches(is_slash);
    match rest.len() - behind.len() {
        0..=1 => text,
        _ => format!("{scheme}//{behind}"),
    }
}

proptest! {
    #![proptest_config(config(1))]

    #[test]
    fn a_next_request_is_the_one_of_a_browser(location in location(), tls in any::<bool>()) {
        // The `url` crate does not climb above `c:`, as if every address were a file's.
        prop_assume!(!has_drive_letter(&location));
        agrees(if tls { TLS_PAGE } else { PAGE }, &location)?;
        agrees("http://h.example/%2e%2e/[x|", &location)?;
    }
}

fn has_drive_letter(text: &str) -> bool {
    let text: String = text
        .chars()
        .filter(|c| !['\t', '\n', '\r'].contains(c))
        .collect();
    let is_drive = |segment: &str| matches!(segment.trim().as_bytes(), [letter, b':' | b'|'] if letter.is_ascii_alphabetic());
    text.split(['/', '\\', '?', '#', ':']).count() > 1
        && text.split(['/', '\\', '?', '#']).any(is_drive)
        || text.contains('|') && text.contains("..")
        || text.contains('|') && text.to_ascii_lowercase().contains("%2e")
}

fn location() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        8 => r"[/\\@:?#.%\[\]|^' \t\n]",
        4 => "[a-zA-Z0-9]{1,2}",
        1 => any::<char>().prop_map(String::from),
        6 => select(
            &[
                "//", "/\\", "..", "/../", "/./", "%2e", ".%2E", "%41", "%00", "%", "http:", "https:", "HTTPS://",
                "http://", "ws:", "javascript:", "h.example", "shop.example", "shop.example:8080", "127.0.0.1",
                "127.1", "0x7f", "[::1]", "[::ffff:1.2.3.4]", ":80", ":443", ":0", ":", "u:p@", "xn--a",
                "xn--caf-dma", "caf\u{e9}", "\u{3002}", "\u{ff0f}", "\u{ad}", "\u{1}", "\u{7f}", "{", "}", "\"", "`",
                "<",
            ][..]
        ).prop_map(str::to_owned),
    ];
    vec(part, 0..8).prop_map(|parts| parts.concat())
}

/// `follow` uses the same resolver, so it never takes an off-site redirect for a local one.
#[test]
fn follow_resolves_unchecked_locations_as_browsers_do() {
    for (location, expected) in [
        ("///h.example/x", "https://h.example/x"),
        ("//h.example", "https://h.example/"),
        ("http:/h.example", "http://h.example/"),
        ("https:y", "https://shop.example/y"),
        ("https://h.example:", "https://h.example/"),
        (":x", "https://shop.example/:x"),
        ("#top", "arrived"),
        ("?q='", "https://shop.example/?q=%27"),
        ("http://0x7f.1/", "unresolvable"),
        ("//127.1", "unresolvable"),
        ("https://", "unresolvable"),
        ("myapp://open", "left"),
        ("ftp://h.example/", "left"),
    ] {
        let policy = policy_fn(move |request| {
            (request.path_and_query() == "/" && request.authority() == Some("shop.example"))
                .then(|| Location::unchecked(location).unwrap())
        });
        let request = testing::get("/").header("host", "shop.example");
        let journey = testing::follow(&policy.with(Status::Found), request);
        match journey.end() {
            End::Arrived if journey.hops().is_empty() => {
                assert_eq!("arrived", expected, "{location}");
            }
            End::Arrived => assert_eq!(journey.url(), expected, "{location}"),
            End::Unresolvable(_) => assert_eq!("unresolvable", expected, "{location}"),
            End::UnsupportedScheme(_) => assert_eq!("left", expected, "{location}"),
            end => panic!("{location}: {end:?}"),
        }
    }
}

#[test]
fn follow_keeps_the_scheme_of_a_network_path() {
    let policy = policy_fn(|request| {
        (request.authority() == Some("shop.example"))
            .then(|| Location::unchecked("//h.example/x").unwrap())
    });
    let policy = policy.with(Status::Found);
    for (request, expected) in [
        (testing::get("http://shop.example/"), "http://h.example/x"),
        (
            testing::get("/").header("host", "shop.example"),
            "https://h.example/x",
        ),
        (
            testing::get("/")
                .header("host", "shop.example")
                .scheme(HttpScheme::Http),
            "http://h.example/x",
        ),
    ] {
        testing::follow(&policy, request).assert_arrives_at(expected);
    }
}

/// R9: an unchecked location that a browser reads as the requested URL is not sent.
#[test]
fn r9_an_unchecked_location_of_the_requested_url_is_no_loop() {
    for scheme in [HttpScheme::Http, HttpScheme::Https] {
        for location in [
            "//example.com/x",
            "///example.com/x",
            "////u@example.com:/x#top",
            "/x",
            "/./x",
            "x",
            "./a/../x",
        ] {
            assert_eq!(hops(scheme, location), 0, "{location} over {scheme}");
        }
        let other = match scheme {
            HttpScheme::Http => HttpScheme::Https,
            HttpScheme::Https => HttpScheme::Http,
        };
        assert_eq!(hops(scheme, &format!("{scheme}:x")), 0);
        assert_eq!(hops(scheme, &format!("{scheme}:///example.com/x")), 0);
        assert!(hops(scheme, &format!("{other}:/example.com/x")) > 0);
    }
}

/// How many redirects follow a request for `/x` on `example.com`.
fn hops(scheme: HttpScheme, location: &str) -> usize {
    let location = Location::unchecked(location).unwrap();
    let request = testing::get("/x")
        .header("host", "example.com")
        .scheme(scheme);
    testing::follow(&location.with(Status::Found), request)
        .hops()
        .len()
}
