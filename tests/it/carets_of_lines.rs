//! What a finding about a file is about, to the byte: the text above its carets.

use tower_redirect::rules::Format;

/// Each message of a file, with the text above its carets.
fn marked(format: Format, file: &str) -> Vec<(String, String)> {
    let findings = format.parse_lossy(file).findings;
    let snippets = findings.to_snippets();
    let lines: Vec<_> = snippets.lines().collect();
    let marks = lines.iter().enumerate().filter(|(_, line)| {
        let rest = line.trim_start().strip_prefix('|');
        rest.is_some_and(|rest| rest.contains('^') && rest.trim().trim_matches('^').is_empty())
    });
    let texts = marks.map(|(at, line)| {
        let columns = line.chars().enumerate().filter(|(_, c)| *c == '^');
        let columns: Vec<_> = columns.map(|(column, _)| column).collect();
        let above: Vec<char> = lines[at - 1].chars().collect();
        columns
            .iter()
            .map(|at| above.get(*at).unwrap_or(&' '))
            .collect::<String>()
    });
    let messages = findings.iter().map(|one| one.message().to_owned());
    let marked: Vec<_> = messages.zip(texts).collect();
    assert_eq!(marked.len(), findings.iter().count(), "{snippets}");
    marked
}

#[test]
fn carets_stand_under_what_is_meant() {
    for (format, file, mark, message) in [
        (
            Format::Netlify,
            "/a/*b /c",
            "*b",
            "the segment `*b` never matches",
        ),
        (
            Format::Netlify,
            "  a/b/c** /c",
            "c**",
            "the segment `c**` never matches",
        ),
        (
            Format::Netlify,
            "/caf\u{e9}/x:y /c",
            ":y",
            "`:y` is plain text here",
        ),
        (
            Format::Netlify,
            "http://h.example/a/../b /c",
            "..",
            "no URL has the segment",
        ),
        (
            Format::Netlify,
            "a?b=c /d",
            "?b=c",
            "a source path with a query",
        ),
        (
            Format::Netlify,
            "http://h.example#f /d",
            "#f",
            "the fragment `#f`",
        ),
        (Format::Netlify, "/a k /b", "k", "`k` has no value"),
        (Format::Netlify, "/a -> /b", "->", "`->` isn't part"),
        (
            Format::Netlify,
            "/a /b Language=de",
            "Language=de",
            "`Language=de` isn't a status",
        ),
        (Format::Netlify, "/a /b 200!", "200!", "status 200"),
        (
            Format::Netlify,
            "/a /b/:no-x",
            ":no",
            "the source has no placeholder",
        ),
        (
            Format::Netlify,
            "/a /b 302 Role=x",
            "Role=x",
            "`Role` isn't supported",
        ),
        (
            Format::NetlifyToml,
            "[[redirects]]\nfrom = \"a/*b\"\nto = '/c'\n",
            "*b",
            "the segment `*b` never matches",
        ),
        (
            Format::NetlifyToml,
            "[[redirects]]\nfrom = '/a'\nto = '/c'\nstatus = \"x\"\n",
            "\"x\"",
            "`status` must be a number",
        ),
        (
            Format::NginxMap,
            "map $uri $new { /a?b /c; }",
            "/a?b",
            "the query in the key",
        ),
        (
            Format::NginxMap,
            "map $args $new { /a /c; }",
            "$args",
            "a map of `$args` isn't supported",
        ),
        (
            Format::NginxMap,
            "/a \"https://$host/\";",
            "https://$host/",
            "the variable `$host`",
        ),
        (
            Format::NginxMap,
            "\"~^/\u{e9}\\?\" /b;",
            "~^/\u{e9}\\?",
            "the query in the regex",
        ),
        (
            Format::NginxMap,
            r#""/\"\\é/../a" /b;"#,
            "../a",
            "clients resolve",
        ),
        (
            Format::NginxMap,
            "h.example/a/../b /c;",
            "../b",
            "clients resolve",
        ),
        (
            Format::NginxMap,
            r#"~^/(a) "/é\"$1/\"\tb";"#,
            r"\tb",
            "control characters",
        ),
        (
            Format::NginxMap,
            "~(a) https://h.example$1/;",
            "$1/",
            "a host can't contain",
        ),
        (
            Format::HaproxyMap,
            "h.example/a/../b /c",
            "../b",
            "clients resolve",
        ),
        (
            Format::Apache,
            r#"Redirect "/a" "/x/../b""#,
            "../b",
            "browsers resolve",
        ),
        (
            Format::Apache,
            r#"Redirect "/\\é\"x/../b" "/a""#,
            "../b",
            "clients resolve",
        ),
        (
            Format::Apache,
            r"RedirectMatch ^/a\.b/\./([^/]+)$ /b",
            r"\./([^/]+)$",
            "clients resolve",
        ),
        (
            Format::Apache,
            "RedirectMatch (a) https://h.example$1/",
            "$1/",
            "a host can't contain",
        ),
        (
            Format::Apache,
            r"RewriteEngine On
RewriteRule ^(a) x\y/$1/../b [R]",
            "../b",
            "browsers resolve",
        ),
        (
            Format::HaproxyMap,
            "\"/a\" /b",
            "\"/a\"",
            "the quotes are a part",
        ),
    ] {
        let mut marked = marked(format, file);
        // A file whose only line is skipped has no rule.
        marked.retain(|(said, _)| !said.ends_with("is skipped, so this file has no rule"));
        let [(said, text)] = &*marked else {
            panic!("{format}: {file}: {marked:?}");
        };
        assert!(said.starts_with(message), "{format}: {file}: {said}");
        assert_eq!(text, mark, "{format}: {file}: {said}");
    }
}
