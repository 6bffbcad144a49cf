//! Which bytes of a file the findings of the JSON formats point at.

use tower_redirect::rules::Format;

/// What a finding points at, as its snippet marks it.
fn marked(format: Format, file: &str) -> Vec<String> {
    let snippets = format.parse_lossy(file).findings.to_snippets();
    let lines: Vec<_> = snippets.lines().collect();
    let marks = lines.windows(2).filter_map(|pair| {
        let (_, text) = pair[0].split_once("| ")?;
        let (_, mark) = pair[1].split_once("| ")?;
        let start = mark.find('^')?;
        let length = mark.matches('^').count();
        let text = text
            .chars()
            .skip(mark[..start].chars().count())
            .take(length);
        Some(text.collect::<String>())
    });
    marks.collect()
}

#[test]
fn findings_of_vercel_and_next_point_at_keys_and_values() {
    for (format, entry, expected) in [
        (Format::Vercel, r#"{"source":"a","destination":"/b"}"#, "a"),
        (Format::Vercel, r#"{"source":"/a","destination":"b"}"#, "b"),
        (Format::Vercel, r#"{"source":"/a"}"#, r#""source""#),
        (
            Format::Vercel,
            r#"{"destination":"/a","permanent":true}"#,
            r#""destination""#,
        ),
        (Format::Vercel, "{}", "{}"),
        (Format::Vercel, "[1]", "[1]"),
        (Format::Vercel, r#"{"source":1,"destination":"/b"}"#, "1"),
        (
            Format::Vercel,
            r#"{"source":"/a","destination":"/b","per\u006danant":true}"#,
            r#""per\u006danant""#,
        ),
        (
            Format::Vercel,
            r#"{"source":"/a","destination":"/b","x\"y":true}"#,
            r#""x\"y""#,
        ),
        (
            Format::Vercel,
            r#"{"source":"/a","destination":"/b","permanent":1}"#,
            "1",
        ),
        (
            Format::Vercel,
            r#"{"source":"/a","destination":"/b","permanent":true,"statusCode":301}"#,
            "301",
        ),
        (
            Format::Vercel,
            r#"{"source":"/a","destination":"/b","statusCode":"301"}"#,
            r#""301""#,
        ),
        (
            Format::Vercel,
            r#"{"source":"/a","destination":"/b","env":["A"]}"#,
            r#"["A"]"#,
        ),
        (
            Format::Vercel,
            r#"{"source":"\/é\u00e9\\?/:","destination":"/b"}"#,
            ":",
        ),
        (
            Format::Vercel,
            r#"{"source":"\/\ud83d\ude00/*x","destination":"/b"}"#,
            "*",
        ),
        (
            Format::Vercel,
            r#"{"source":"/a\/{:b:c}","destination":"/b"}"#,
            "{:b",
        ),
        (
            Format::Vercel,
            r#"{"source":"/a/:b([\\d","destination":"/b"}"#,
            "(",
        ),
        (
            Format::Vercel,
            r#"{"source":"/a/:b(c\\/d**)","destination":"/b"}"#,
            "*",
        ),
        (
            Format::Vercel,
            r#"{"source":"/a/:b(c\\/(?<!d)e)","destination":"/b"}"#,
            "(?<!d)",
        ),
        (
            Format::Vercel,
            r#"{"source":"/a\\?/:b((?!c)d)*","destination":"/b"}"#,
            "/:b((?!c)d)*",
        ),
        (
            Format::Vercel,
            r#"{"source":"/a/:b","destination":"\/é/:c/d"}"#,
            ":c",
        ),
        (
            Format::Vercel,
            r#"{"source":"/a/:b","destination":"\/é/x(y)/d"}"#,
            "(y)",
        ),
        (
            Format::Vercel,
            r#"{"source":"/a/:b","destination":"https:\/\/:b.example/"}"#,
            ":b",
        ),
        (
            Format::Vercel,
            r#"{"source":"/a/:b","destination":"/\u00e9/$2/x"}"#,
            "$2",
        ),
        (
            Format::Vercel,
            r#"{"source":"/a","destination":"ftp://x/"}"#,
            "ftp:",
        ),
        (
            Format::Vercel,
            r#"{"source":"/a","destination":"/a"}"#,
            "/a",
        ),
        (
            Format::Vercel,
            r#"{"source":"/a/../b","destination":"/c"}"#,
            "..",
        ),
        (
            Format::Vercel,
            r#"{"source":"/a","destination":"/b","has":{}}"#,
            "{}",
        ),
        (
            Format::Vercel,
            r#"{"source":"/a","destination":"/b","has":[1]}"#,
            "1",
        ),
        (
            Format::Vercel,
            r#"{"source":"/a","destination":"/b","has":[{"key":"x"}]}"#,
            r#""key""#,
        ),
        (
            Format::Vercel,
            r#"{"source":"/a","destination":"/b","has":[{"type":"ip"}]}"#,
            r#""ip""#,
        ),
        (
            Format::Vercel,
            r#"{"source":"/a","destination":"/b","has":[{"type":"host"}]}"#,
            r#""type""#,
        ),
        (
            Format::Vercel,
            r#"{"source":"/a","destination":"/b","has":[{"type":"host","key":"x","value":"y"}]}"#,
            r#""key""#,
        ),
        (
            Format::Vercel,
            r#"{"source":"/a","destination":"/b","has":[{"type":"query"}]}"#,
            r#""type""#,
        ),
        (
            Format::Vercel,
            r#"{"source":"/a","destination":"/b","has":[{"type":"header","key":"a b"}]}"#,
            "a b",
        ),
        (
            Format::Vercel,
            r#"{"source":"/a","destination":"/b","has":[{"type":"query","key":"x","value":1}]}"#,
            "1",
        ),
        (
            Format::Vercel,
            r#"{"source":"/a","destination":"/b","has":[{"type":"query","key":"x","value":{"gt":1}}]}"#,
            r#"{"gt":1}"#,
        ),
        (
            Format::Vercel,
            r#"{"source":"/a","destination":"/b","has":[{"type":"query","key":"x","value":"\u00e9[b"}]}"#,
            "[",
        ),
        (
            Format::Vercel,
            r#"{"source":"/a","destination":"/b","has":[{"type":"query","key":"x","value":{"re":"\\d(?=b)"}}]}"#,
            "(?=b)",
        ),
        (
            Format::Vercel,
            r#"{"source":"/a","destination":"/b","has":[{"type":"query","key":"x","valu":1}]}"#,
            r#""valu""#,
        ),
        (
            Format::Next,
            r#"{"source":"/a","destination":"/b"}"#,
            r#""source""#,
        ),
        (
            Format::Next,
            r#"{"source":"/a","destination":"/b","statusCode":200}"#,
            "200",
        ),
        (
            Format::Next,
            r#"{"source":"/a","destination":"/b","permanent":true,"locale":false}"#,
            r#""locale""#,
        ),
        (
            Format::Next,
            r#"{"source":"/a-{:b}?","destination":"/b{-:b}*/c","permanent":true}"#,
            "{-:b}*",
        ),
        (Format::VercelBulk, r#"{"source":"/a"}"#, r#""source""#),
        (
            Format::VercelBulk,
            r#"{"source":"/a","destination":"/b","x":1}"#,
            r#""x""#,
        ),
        (
            Format::VercelBulk,
            r#"{"source":"a","destination":"/b"}"#,
            "a",
        ),
        (
            Format::VercelBulk,
            r#"{"source":"/a","destination":"/a"}"#,
            "/a",
        ),
    ] {
        // Another one, so that the file has a rule.
        let other = r#"{"source":"/other","destination":"/z","permanent":true}"#;
        for file in [
            format!("[{entry},{other}]"),
            format!("[\r\n  {entry},\r\n{other}]"),
        ] {
            assert_eq!(marked(format, &file), [expected], "{format} {file}");
        }
    }
}

#[test]
fn findings_about_several_rules_point_at_their_sources() {
    let loops = r#"[{"source":"\/a","destination":"/b","permanent":true}, {"destination":"/a","permanent":true,"source":"/\u0062"}]"#;
    for format in [Format::Vercel, Format::Next, Format::VercelBulk] {
        assert_eq!(marked(format, loops), [r"/\u0062"], "{format}");
    }
    let all =
        r#"{"redirects":[{"source":"/a","destination":"/b"}],"rewrites":[1],"cleanUrls":true}"#;
    assert_eq!(
        marked(Format::Vercel, all),
        [r#""rewrites""#, r#""cleanUrls""#]
    );
    assert_eq!(marked(Format::VercelBulk, all), [r#""redirects""#]);
    assert_eq!(marked(Format::Vercel, r#"{"redirects":7}"#), ["7"]);
    assert_eq!(marked(Format::Vercel, r#"[{"source":"/a",}]"#), ["}"]);
}

#[test]
fn a_file_with_too_many_entries_is_one_finding() {
    let entry = |at| format!(r#"{{"source":"/{at}","destination":"/to/{at}"}}"#);
    let entries: Vec<_> = (0..2_060).map(entry).collect();
    let file = format!("[{}]", entries.join(",\n"));
    let found = marked(Format::Vercel, &file);
    assert_eq!(found, [entry(2_048)]);
    let conditions = vec![r#"{"type":"query","key":"a"}"#; 20].join(",");
    let file = format!(r#"[{{"source":"/a","destination":"/b","has":[{conditions}]}}]"#);
    assert_eq!(marked(Format::Vercel, &file).len(), 1);
}
