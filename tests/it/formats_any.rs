//! Whatever a file holds, it is read in bounded memory and without a panic, and only right rules serve.

use proptest::prelude::*;
use tower_redirect::rules::{Format, Rule, Rules};

/// Pieces of which files of all formats are made.
const PIECES: [&str; 61] = [
    "/a",
    "/b",
    " ",
    "\t",
    "\n",
    "\r\n",
    ",",
    ";",
    "#",
    "\"",
    "'",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ":",
    "*",
    "?",
    "+",
    "(",
    ")",
    "|",
    "=",
    "!",
    "~",
    "$1",
    "$args",
    "/*",
    "/:x",
    "/{x}",
    "https://a.example",
    "//",
    "..",
    "%2f",
    "%",
    "\u{e9}",
    "\0",
    "\u{feff}",
    "301",
    "200",
    "TRUE",
    "default",
    "hostnames",
    "\"source\":",
    "\"destination\":",
    "\"has\":",
    "\"type\":\"host\"",
    "{\"redirects\":[",
    "source,destination\n",
    "[[redirects]]\n",
    "from = ",
    "\nRewriteEngine On\n",
    "\nRewriteRule ",
    "\nRewriteCond %{HTTP_HOST} ",
    "\nRedirect 301 ",
    " [R,L]",
    "^",
    "!(",
    "@(",
    "\"regex\":",
];

fn texts() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..40)
        .prop_map(|pieces| pieces.concat())
}

fn check(format: Format, text: &[u8]) {
    let parsed = format.read_lossy(text);
    let count = parsed.findings.iter().count();
    assert!(count <= 1001, "{format}: {count} findings");
    assert_eq!(parsed.rules.iter().count(), parsed.rules.len(), "{format}");
    for one in parsed.findings.iter() {
        assert!(!one.message().is_empty(), "{format}");
    }
}

proptest! {
    #![proptest_config(crate::cases::config(4))]

    #[test]
    fn any_text_is_read(text in texts()) {
        for format in Format::all() {
            check(format, text.as_bytes());
        }
    }

    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for format in Format::all() {
            check(format, &bytes);
        }
    }
}

#[test]
fn huge_and_endless_files_are_read() {
    let long = "a".repeat(1 << 20);
    for format in Format::all() {
        for text in [
            format!("/{long} /b\n/a /b;"),
            format!("/a /{long};\n"),
            format!("[{{\"source\":\"/{long}\",\"destination\":\"/b\"}}]"),
            format!("a.example/{long},https://a.example/"),
            format!("source,destination\n/{long},/a\n"),
            "[".repeat(1 << 20),
            "{\"a\":".repeat(1 << 18),
            "\"".repeat(1 << 20),
            "(".repeat(1 << 16),
            "/\n".repeat(100_000),
            "/a /b /c /d /e /f;\n".repeat(20_000),
        ] {
            check(format, text.as_bytes());
        }
    }
}

#[test]
fn a_rule_of_a_file_is_the_same_as_one_of_code() {
    let rules = Rules::new([Rule::permanent("/a/{x}", "/b/{x}").ignore_case()]).unwrap();
    let text = r#"[{ "source": "/a/:x", "destination": "/b/:x", "permanent": true }]"#;
    let read = "next".parse::<Format>().unwrap().parse(text).unwrap();
    let of = |rules: &Rules| {
        let rule = rules.iter().next().unwrap();
        (rule.source().to_owned(), rule.target().as_str().to_owned())
    };
    assert_eq!(of(&rules), of(&read));
}
