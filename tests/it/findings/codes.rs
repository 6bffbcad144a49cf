//! The codes of findings, and findings as JSON.

use serde_json::{Value, json};
use tower_redirect::rules::Findings;

use super::*;

/// The codes of what is wrong with a file, or with its rules.
fn codes(format: Format, file: &str) -> String {
    let parsed = format.parse_lossy(file);
    let checked = parsed.rules.check();
    let all = parsed.findings.iter().chain(&checked);
    all.map(|one| one.code().as_str())
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn each_part_of_a_file_has_its_code() {
    for (format, file, expected) in [
        (Format::Netlify, "/a", "invalid-entry"),
        (Format::Netlify, "/a /b x", "invalid-status"),
        (Format::Netlify, "/a /b 200", "unsupported-outcome"),
        (
            Format::Netlify,
            "/a /b 301 Country=de",
            "unsupported-condition no-rules",
        ),
        (Format::Netlify, "/a /b 301!\n/b /a 301!", "redirect-loop"),
        (Format::Netlify, "/a /a 301!", "endless-redirect"),
        (Format::Netlify, "/a /b\n/b /a", "possible-loop"),
        (Format::Netlify, "/a \0", "invalid-encoding"),
        (
            Format::Cloudflare,
            "/a /b 200\n/a /c",
            "unsupported-outcome unreachable-rule",
        ),
        (Format::Native, "/a /b", "syntax"),
        (Format::Native, "/{a -> /b", "invalid-source"),
        (Format::Native, "/a -> /{b}", "invalid-target"),
        (Format::Native, "/a -> pass max-age=1", "invalid-option"),
        (Format::Native, "/a -> /b host=a:1", "invalid-host"),
        (Format::Native, "~\"(\" -> /b", "invalid-regex"),
        (Format::Vercel, "[{]", "syntax"),
        (
            Format::Vercel,
            r#"[{ "source": "/a", "destination": "b" }]"#,
            "unsupported-target no-rules",
        ),
        (
            Format::Apache,
            "RewriteEngine On\nRewriteRule ^a$ /b [L,R=304]",
            "unsupported-outcome",
        ),
        (
            Format::Firebase,
            r#"[{ "regex": "/a\\(?=(", "destination": "/b" }]"#,
            "invalid-regex",
        ),
        (Format::Netlify, "/a /a", "own-target"),
        (
            Format::BulkCsv,
            "a.example/a,https://a.example/b,399",
            "invalid-status",
        ),
    ] {
        let found = codes(format, file);
        let mut found: Vec<_> = found.split(' ').collect();
        let mut expected: Vec<_> = expected.split(' ').collect();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{format}: {file}");
    }
}

#[test]
fn a_rule_from_text_has_the_codes_of_a_file() {
    for (text, code) in [
        ("/a /b", FindingCode::Syntax),
        ("/{a -> /b", FindingCode::InvalidSource),
        ("/a -> /{b}", FindingCode::InvalidTarget),
        ("/a -> gone max-age=1", FindingCode::InvalidOption),
    ] {
        assert_eq!(text.parse::<Rule>().unwrap_err().code(), code, "{text}");
    }
}

#[test]
fn the_severity_is_that_of_the_code() {
    assert!(FindingCode::all().all(|code| {
        let name = code.as_str();
        let is_kebab = name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        let is_undecided = name.starts_with("possible-") || name == "undecided";
        is_kebab && !(is_undecided && code.severity() == Severity::Error)
    }));
    let errors: Findings = Rules::new([Rule::found("/a", "b")]).unwrap_err();
    assert!(errors.has_errors() && !errors.is_clean());
    netlify::parse_lossy("/a /b 200")
        .findings
        .assert_no_errors();
}

#[test]
#[should_panic = "the rules have errors:\nrules:1:1: error: the source `/a` has no target"]
fn errors_fail_a_test() {
    netlify::parse_lossy("/a").findings.assert_no_errors();
}

#[test]
fn fields_without_a_value_are_left_out_of_json() {
    let findings = netlify::parse_lossy("/a /b\n/c")
        .findings
        .in_file("_redirects");
    assert_eq!(
        serde_json::to_value(&findings).unwrap(),
        json!({ "findings": [{
            "code": "invalid-entry",
            "severity": "error",
            "message": "the source `/c` has no target",
            "help": "write it after the source, for example `/old /new`",
            "file": "_redirects",
            "line": 2,
            "column": 1,
            "end_column": 3,
        }] })
    );
    let errors = Rules::new([Rule::found("/a", "b").named("old")]).unwrap_err();
    let json = serde_json::to_value(&errors).unwrap();
    let part = |key: &str| json["findings"][0].get(key).cloned();
    assert_eq!(part("part"), Some(json!("target")));
    assert_eq!(
        (part("rule_name"), part("text")),
        (Some(json!("old")), Some(json!("b")))
    );
    assert_eq!((part("line"), part("file")), (None::<Value>, None));
    let many = netlify::parse_lossy(&"/a\n".repeat(1_002)).findings;
    assert_eq!(serde_json::to_value(&many).unwrap()["omitted"], 2);
}

#[test]
fn findings_of_a_check_name_their_rules() {
    let rules = Rules::new([
        Rule::found("/a", "/b").named("first"),
        Rule::found("/b", "/c"),
        Rule::found("/b", "/d").named("third"),
    ]);
    let findings = rules.unwrap().check();
    let names: Vec<_> = findings
        .iter()
        .map(|one| (one.rule(), one.rule_name()))
        .collect();
    assert_eq!(names, [(Some(0), Some("first")), (Some(2), Some("third"))]);
}
