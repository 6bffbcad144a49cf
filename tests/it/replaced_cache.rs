//! What a replaced response says about caching, in all forms that caches read.

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header};
use proptest::{collection::vec, prelude::*, sample::select};
use std::{convert::Infallible, time::Duration};
use tower::{Layer, ServiceExt, service_fn};
use tower_redirect::RedirectLayer;

use crate::cases::config;

/// Returns the `Cache-Control` of a permanent redirect that replaces a 404 with these headers.
fn sent(headers: &HeaderMap, max_age: Option<Duration>) -> Option<String> {
    let layer = RedirectLayer::permanent("/x").after(StatusCode::NOT_FOUND);
    let layer = max_age.into_iter().fold(layer, RedirectLayer::cache);
    let app = service_fn(async |_: Request<()>| {
        let mut response = Response::new(String::new());
        *response.status_mut() = StatusCode::NOT_FOUND;
        *response.headers_mut() = headers.clone();
        Ok::<_, Infallible>(response)
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let response = runtime
        .block_on(layer.layer(app).oneshot(Request::new(())))
        .unwrap();
    assert_eq!(response.status(), 308);
    assert_eq!(response.headers()[header::LOCATION], "/x");
    let lines: Vec<_> = response
        .headers()
        .get_all(header::CACHE_CONTROL)
        .iter()
        .collect();
    assert!(lines.len() <= 1, "{lines:?}");
    lines.first().map(|line| line.to_str().unwrap().to_owned())
}

/// Whether caches must not keep the redirect, which the layer says in two ways.
fn is_kept_out_of_caches(headers: &HeaderMap) -> bool {
    let alone = sent(headers, None);
    let with_lifetime = sent(headers, Some(Duration::from_secs(60)));
    match (alone.as_deref(), with_lifetime.as_deref()) {
        (Some("no-store"), Some("private, max-age=60")) => true,
        (None, Some("max-age=60")) => false,
        other => panic!("{other:?} for {headers:?}"),
    }
}

fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, line) in lines {
        let line = HeaderValue::from_bytes(line.as_bytes()).unwrap();
        headers.append(HeaderName::from_static(name), line);
    }
    headers
}

const CACHE_CONTROLS: [&str; 6] = [
    "cache-control",
    "cdn-cache-control",
    "cloudflare-cdn-cache-control",
    "netlify-cdn-cache-control",
    "vercel-cdn-cache-control",
    "surrogate-control",
];

#[test]
fn no_seconds_are_as_good_as_no_store() {
    for (line, is_kept_out) in [
        ("max-age=0", true),
        ("s-maxage=0", true),
        ("Max-Age=0", true),
        ("MAX-AGE=00", true),
        ("max-age=\"0\"", true),
        ("max-age = 0", true),
        ("max-age= 0", true),
        ("max-age=0 , public", true),
        ("public,max-age=0,must-revalidate", true),
        ("public, s-maxage=600, max-age=0", true),
        ("max-age=600, s-maxage=0", true),
        // The first one, or none, counts (RFC 9111 §4.2.1).
        ("max-age=600, max-age=0", true),
        // What is no number is stale.
        ("max-age", true),
        ("max-age=", true),
        ("max-age=\"\"", true),
        ("max-age=-1", true),
        ("max-age=+0", true),
        ("max-age=0.5", true),
        ("max-age=1h", true),
        ("max-age=\"0", true),
        ("max-age=\"\\0\"", true),
        ("max-age=0;public", true),
        // A quote that nothing closes hides nothing.
        ("x=\"a, max-age=0", true),
        ("x=\"a\", y=\"b, no-store", true),
        ("x=\"a\\\", no-store", true),
        (",,max-age=0,,", true),
        ("private=\"set-cookie, x\"", true),
        ("no-cache=\"set-cookie, x\", max-age=5", true),
        // `Surrogate-Control` has a second number: how long it may be used when it is stale.
        ("max-age=0+60", true),
        ("max-age=60+0", false),
        ("max-age=1", false),
        ("max-age=10", false),
        ("max-age=\"600\"", false),
        ("max-age=0600", false),
        ("max-age=99999999999999999999999", false),
        ("s-maxage=1, max-age=1", false),
        ("x=\"a, max-age=0\"", false),
        ("x=\"a\\\", max-age=0\", public", false),
        ("x=\"no-store, private\", max-age=6", false),
        ("stale-while-revalidate=0", false),
        ("stale-if-error=0, max-age=9", false),
        ("min-fresh=0", false),
        ("xmax-age=0", false),
        ("max-age0", false),
        ("s-max-age=0", false),
        ("must-revalidate", false),
        ("immutable, public", false),
        ("=0", false),
        ("", false),
    ] {
        for name in CACHE_CONTROLS {
            let alone = headers(&[(name, line)]);
            assert_eq!(is_kept_out_of_caches(&alone), is_kept_out, "{name}: {line}");
            for lines in [
                [(name, "max-age=60"), (name, line)],
                [(name, line), (name, "public")],
                [("cache-control", "max-age=60"), (name, line)],
            ] {
                let two = headers(&lines);
                assert_eq!(is_kept_out_of_caches(&two), is_kept_out, "{lines:?}");
            }
        }
    }
}

#[test]
fn the_older_headers_count_too() {
    const DATE: &str = "Thu, 01 Dec 2994 16:00:00 GMT";
    for (lines, is_kept_out) in [
        (&[("pragma", "no-cache")][..], true),
        (&[("pragma", "No-Cache")], true),
        (&[("pragma", "x=1, no-cache")], true),
        (&[("pragma", "x"), ("pragma", "no-cache")], true),
        (
            &[("pragma", "no-cache"), ("cache-control", "max-age=60")],
            true,
        ),
        (&[("pragma", "cache")], false),
        (&[("pragma", "x-no-cache")], false),
        (&[("expires", "0")], true),
        (&[("expires", "-1")], true),
        (&[("expires", "Thu, 01 Jan 1970 00:00:00 GMT")], true),
        (&[("expires", DATE)], true),
        (&[("expires", DATE), ("cache-control", "public")], true),
        (
            &[("expires", DATE), ("cdn-cache-control", "max-age=60")],
            true,
        ),
        // A `max-age` overrides `Expires` (RFC 9111 §5.3).
        (&[("expires", "0"), ("cache-control", "max-age=60")], false),
        (&[("expires", "0"), ("cache-control", "s-maxage=60")], false),
        (&[("expires", "0"), ("cache-control", "max-age=0")], true),
        (&[("x-accel-expires", "0")], true),
        (&[("x-accel-expires", "60")], false),
        (&[("age", "0")], false),
        (&[("warning", "110")], false),
        (&[("x-cache", "no-store")], false),
        (&[], false),
    ] {
        assert_eq!(
            is_kept_out_of_caches(&headers(lines)),
            is_kept_out,
            "{lines:?}"
        );
    }
}

/// A directive, and whether it keeps a response out of caches.
fn directive() -> impl Strategy<Value = (String, bool)> {
    let quoted = "[a-z ,=]{0,12}".prop_map(|text| (format!("ext=\"{text}\""), false));
    let seconds = (
        select(&["max-age", "s-maxage"][..]),
        0_u32..3,
        any::<bool>(),
        0_usize..3,
    )
        .prop_map(|(name, seconds, is_quoted, zeros)| {
            let digits = format!("{}{seconds}", "0".repeat(zeros));
            let value = if is_quoted {
                format!("\"{digits}\"")
            } else {
                digits
            };
            (format!("{name}={value}"), seconds == 0)
        });
    let named = select(
        &[
            ("no-store", true),
            ("no-cache", true),
            ("private", true),
            ("private=\"a, b\"", true),
            ("public", false),
            ("must-revalidate", false),
            ("stale-if-error=0", false),
        ][..],
    )
    .prop_map(|(text, forbids)| (text.to_owned(), forbids));
    (
        prop_oneof![2 => seconds, 1 => named, 1 => quoted],
        any::<u64>(),
    )
        .prop_map(|((text, forbids), case)| {
            // Upper and lower case in turns.
            let letters = text.char_indices().map(|(at, letter)| {
                let upper = case >> (at % 64) & 1 == 1;
                if upper {
                    letter.to_ascii_uppercase()
                } else {
                    letter
                }
            });
            (letters.collect(), forbids)
        })
}

proptest! {
    #![proptest_config(config(10))]

    /// Any one directive that forbids caching is found, in any form and on any line.
    #[test]
    fn a_directive_is_found_in_any_form(
        directives in vec((directive(), select(&[",", ", ", " ,\t", ",,", "\n"][..])), 0..6),
        name in select(&CACHE_CONTROLS[..]),
    ) {
        let forbids = directives.iter().any(|((_, forbids), _)| *forbids);
        let text: String = directives
            .iter()
            .flat_map(|((text, _), separator)| [text.as_str(), separator])
            .collect();
        let lines: Vec<_> = text.split('\n').map(|line| (name, line)).collect();
        prop_assert_eq!(is_kept_out_of_caches(&headers(&lines)), forbids, "{:?}", lines);
    }

    /// No text panics, and `no-store` after any text that closes its quotes is found.
    #[test]
    fn any_text_before_hides_nothing(text in "[ -~]{0,20}", closed in "[!#-\\[\\]-~]{0,10}") {
        is_kept_out_of_caches(&headers(&[("cache-control", &text)]));
        let line = format!("{closed}, no-store");
        prop_assert!(is_kept_out_of_caches(&headers(&[("cache-control", &line)])));
    }
}
