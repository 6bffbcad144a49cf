//! Attacks on return addresses.

use super::*;

const ROWS: &str = include_str!("../../vectors/attacks.jsonl");

#[test]
fn r7_every_attack_of_the_vectors_ends_on_the_fallback_or_on_the_site() {
    let mut rows = 0;
    for row in ROWS
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
    {
        if row["policy"] != "return_to" {
            continue;
        }
        rows += 1;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let id = text(&row["id"]);
        let config = &row["config"];
        let fallback = LocalPath::new(&text(&config["fallback"])).unwrap();
        let allowed = config["allow_origins"].as_array().into_iter().flatten();
        let return_to = allowed.fold(ReturnTo::new(fallback.clone()), |return_to, origin| {
            return_to.allow(&text(origin)).unwrap()
        });
        let policy = return_to.query(&text(&config["param"]));
        let target = text(&row["request"]["target"]);
        // One row has a backslash in its target, which `http::Uri` takes in a query.
        let sent = sent_by(&policy, &testing::get(&target));

        let url = Url::parse(SITE).unwrap().join(&sent).unwrap();
        let origin = url.origin().ascii_serialization();
        let trusted = origin == SITE
            || config["allow_origins"].is_array()
                && (origin == "https://trusted.example" || origin.ends_with(".tenant.example"));
        assert!(trusted, "{id}: {sent} is at {origin}");
        if let Some(exact) = row["must"]["location_is"].as_str() {
            assert_eq!(sent, exact, "{id}");
        } else if !matches!(id.as_str(), "RET-095" | "RET-161") {
            assert_eq!(fallback, *sent, "{id} is refused");
        }
        // Nothing is left for a second redirect to lead astray.
        assert!(!url.path().starts_with("//"), "{id}: {sent}");
    }
    assert_eq!(rows, 83);
}

/// Regression tests of other projects, beside those of the vectors.
#[test]
fn r7_bad_addresses_of_django_rails_and_oauth2_proxy() {
    for value in [
        // Django: `url_has_allowed_host_and_scheme`.
        "http://example.com",
        "http:///example.com",
        "https://example.com",
        "ftp://example.com",
        "\\\\example.com",
        "\\\\\\example.com",
        "/\\\\/example.com",
        "\\//example.com",
        "/\\/example.com",
        "http:///\\example.com",
        "http:/\\//example.com",
        "http:\\/example.com",
        "http:/\\example.com",
        "http:/\\//testserver/confirm?email=me@example.com",
        "javascript:alert(\"XSS\")",
        "\njavascript:alert(x)",
        "java\nscript:alert(x)",
        "\x08//example.com",
        "http://otherserver\\@example.com",
        "http:\\\\testserver\\@example.com",
        "http://testserver\\me:pass@example.com",
        "http://testserver\\@example.com",
        "http:\\\\testserver\\confirm\\me@example.com",
        "http:999999999",
        "ftp:9999999999",
        "\n",
        "http://[2001:cdba:0000:0000:0000:0000:3257:9652/",
        "http://2001:cdba:0000:0000:0000:0000:3257:9652]/",
        "///example.com",
        "////example.com",
        // Rails, oauth2-proxy, PortSwigger's list.
        "//",
        "///",
        "//stranger.example/%2f..",
        "/\t/stranger.example",
        "/\u{0c}/stranger.example",
        "/ /stranger.example",
        "/\u{a0}\\stranger.example",
        "\u{a0}//stranger.example",
        "\u{feff}//stranger.example",
        ".stranger.example",
        "@stranger.example",
        ":80",
        "?next=/a",
        "#a",
        "a",
        "./a",
        "../a",
        "data:text/html,x",
        "https://app.example@stranger.example/",
        "https://app.example:80@stranger.example/",
        "https://app.example%2estranger.example/",
        "https://app.example%23.stranger.example/",
        "https://stranger\u{3002}example/",
        "https://0x7f.1/",
        "https://[::]/",
    ] {
        assert_eq!(return_to().check(value), None, "{value:?}");
        assert_eq!(with_origins().check(value), None, "{value:?}");
    }
}
