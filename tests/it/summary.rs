//! How many rules of a file are active, and what of it is skipped.

use tower_redirect::rules::{Format, Rule, Rules};

/// What a file comes to, and its first error.
fn read(format: &str, text: &str) -> (String, Option<String>) {
    let format: Format = format.parse().unwrap();
    let parsed = format.parse_lossy(text);
    let first = parsed.findings.iter().next();
    let error = parsed.findings.has_errors();
    let error = error.then(|| first.unwrap().message().to_owned());
    (parsed.rules.summary().to_string(), error)
}

#[test]
fn each_format_counts_what_it_skips() {
    for (format, text, expected) in [
        ("netlify", "", "0 rules active"),
        ("netlify", "# a\n\n   \n", "0 rules active"),
        ("netlify", "/a /b\n", "1 rule active"),
        ("netlify", "/a /b\n/c\n", "1 rule active, 1 line skipped"),
        (
            "netlify",
            "/a /b\n/c\n/d\n# e\n",
            "1 rule active, 2 lines skipped",
        ),
        // A rewrite keeps its URLs, so it is a rule.
        ("netlify", "/a /b 200\n", "1 rule active"),
        (
            "netlify",
            "/a /b 301!\n/b /a 301!\n/c /d\n",
            "2 rules active, 1 line skipped",
        ),
        ("netlify", "\u{feff}# a\n/a /b\n", "1 rule active"),
        (
            "netlify",
            "/a\0 /b\n/a /b\n",
            "1 rule active, 1 line skipped",
        ),
        ("cloudflare", "/a /b\n/c\n", "1 rule active, 1 line skipped"),
        (
            "haproxy-map",
            "/a /b\n/c\n/a /d\n",
            "1 rule active, 2 lines skipped",
        ),
        (
            "native",
            "/a -> /b\n/c\n# d\n",
            "1 rule active, 1 line skipped",
        ),
        ("native", "/a -> pass\n", "1 rule active"),
        (
            "nginx-map",
            "/a /b; /c; /d /e /f;\n",
            "1 rule active, 2 entries skipped",
        ),
        ("nginx-map", "/a /b; default /c; # d\n", "2 rules active"),
        // What can't be sent keeps its URLs.
        (
            "nginx-map",
            "/a https://$host/; /b ftp:x;\n",
            "2 rules active",
        ),
        (
            "apache",
            "Redirect /a /b\nRedirect /c\nRedirct /d /e\nOptions -Indexes\n# f\n",
            "1 rule active, 2 entries skipped",
        ),
        // One line that is skipped, and one that passes; `Redirect` comes between them.
        (
            "apache",
            "Redirect /a /b\nRedirect\nRewriteEngine On\nRewriteRule ^c$ /d [R,X]\n\
             RewriteRule ^e$ /f [P]\n<Files x>\nRedirect /g /h\n</Files>\n",
            "2 rules active, 3 entries skipped",
        ),
        (
            "apache",
            "RewriteEngine On\nRewriteCond %{HTTPS}\nRewriteRule ^a$ /b [R]\n\
             RewriteCond %{TIME} 1\nRewriteRule ^c$ /d [R]\n",
            "0 rules active, 2 entries skipped",
        ),
        (
            "bulk-csv",
            "a.example/a,https://b.example/\nx\n",
            "1 rule active, 1 entry skipped",
        ),
        (
            "netlify-toml",
            "[[redirects]]\nfrom = '/a'\nto = '/b'\n[[redirects]]\nto = '/c'",
            "1 rule active, 1 entry skipped",
        ),
        (
            "vercel",
            r#"[{"source":"/a","destination":"/b"},{"source":"a","destination":"/c"}]"#,
            "1 rule active, 1 entry skipped",
        ),
        // An error switches the whole file off.
        (
            "vercel",
            r#"[{"source":"/a","destination":"/b"},{"destination":"/c"}]"#,
            "0 rules active, 2 entries skipped",
        ),
        (
            "next",
            r#"[{"source":"/a","destination":"/b","permanent":true},{"source":"a","destination":"/c","permanent":true}]"#,
            "1 rule active, 1 entry skipped",
        ),
        (
            "vercel-bulk",
            "source,destination\n/a,/b\nc,/d\n",
            "1 rule active, 1 entry skipped",
        ),
        (
            "vercel-bulk",
            "{\"source\":\"/a\",\"destination\":\"/b\"}\n{]\n",
            "1 rule active, 1 entry skipped",
        ),
    ] {
        assert_eq!(read(format, text).0, expected, "{format}: {text}");
    }
}

#[test]
fn a_file_without_a_rule_is_an_error_unless_nothing_is_in_it() {
    let line = Some("every line is skipped, so this file has no rule");
    let entry = Some("every entry is skipped, so this file has no rule");
    for (format, text, error) in [
        ("netlify", "/a /b 301 Role=admin\n", line),
        ("netlify", "# a\n/a /b 301 Role=admin\n", line),
        ("netlify", "/a /b 301 Role=admin\n/c /d\n", None),
        ("netlify", "# a\n", None),
        ("netlify", "\u{feff}# a\n", None),
        ("netlify", "", None),
        // One mistake has one error.
        ("netlify", "/a\n", Some("the source `/a` has no target")),
        ("cloudflare", "# a\n", None),
        ("haproxy-map", "/a\n", line),
        ("haproxy-map", "# a\n", None),
        ("native", "# a\n", None),
        ("native", "/a -> gone\n", None),
        ("nginx-map", "# a\n", None),
        ("bulk-csv", "", None),
        ("vercel", r#"[{"source":"a","destination":"/b"}]"#, entry),
        ("vercel", r#"{"redirects":[]}"#, None),
        ("vercel", "{}", Some("this object has no `redirects`")),
        (
            "next",
            r#"[{"source":"a","destination":"/b","permanent":true}]"#,
            entry,
        ),
        ("next", "[]", None),
        ("netlify-toml", "# a\n", None),
        ("netlify-toml", "redirects = []\n", None),
        (
            "netlify-toml",
            "[build]\nx = 1\n",
            Some("this file has no `[[redirects]]`"),
        ),
        (
            "netlify-toml",
            "[[redirect]]\nx = 1\n",
            Some("the key `redirect` is ignored"),
        ),
        (
            "netlify-toml",
            "[[redirects]]\nfrom = '/a'\nto = '/b'\nconditions = { Role = ['admin'] }\n",
            entry,
        ),
        ("vercel-bulk", "source,destination\n", None),
        ("vercel-bulk", "[]", None),
    ] {
        assert_eq!(read(format, text).1.as_deref(), error, "{format}: {text}");
    }
}

#[test]
fn the_error_is_the_first_of_a_full_list() {
    let text = "/a /b 301 Role=admin\n".repeat(1_200);
    let parsed = Format::Netlify.parse_lossy(&text);
    assert_eq!(parsed.rules.summary().skipped(), 1_200);
    let kept = parsed.findings.iter().count();
    assert_eq!((kept, kept + parsed.findings.omitted()), (1_000, 1_201));
    assert!(parsed.into_result().is_err());
}

#[test]
fn tables_from_code_and_from_several_files() {
    let rules = Rules::new([Rule::permanent("/x", "/y"), Rule::gone("/z")]).unwrap();
    assert_eq!(rules.summary().to_string(), "2 rules active");
    let lines = Format::Netlify.parse_lossy("/a /b\n/c\n/d\n").rules;
    let entries = Format::NginxMap.parse_lossy("/e /f; /g;").rules;
    let counted = lines.clone().in_file("a").count_hits();
    assert_eq!(counted.summary(), lines.summary());
    let two = Rules::builder().append(lines.clone()).append(lines.clone());
    assert_eq!(
        two.build().unwrap().summary().to_string(),
        "2 rules active, 4 lines skipped"
    );
    let mixed = Rules::builder().append(lines).append(entries).append(rules);
    let summary = mixed.build().unwrap().summary();
    assert_eq!(summary.to_string(), "4 rules active, 3 entries skipped");
    assert_eq!((summary.active(), summary.skipped()), (4, 3));
}
