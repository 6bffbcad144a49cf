//! Files of each format.

use super::*;

#[test]
fn netlify_chains() {
    assert_found(
        Format::Netlify,
        &[
            ("/a /b\n/b /c\n", &[(RedirectChain, 1, &[2])]),
            (
                "/a /b\n/b /c\n/c /d\n",
                &[(RedirectChain, 1, &[2, 3]), (RedirectChain, 2, &[3])],
            ),
            ("/a/:x /b/:x\n/b/* /c/:splat\n", &[(RedirectChain, 1, &[2])]),
            ("/a/:x /b/:x\n/b/c /d\n", &[(PossibleChain, 1, &[2])]),
            // A rule for all pages that the app lacks.
            (
                "/a /b\n/c /d\n/* /not-found 302\n",
                &[(PossibleChain, 1, &[3])],
            ),
            (
                "/a /b\n/c /d\n/* /en/:splat 302\n",
                &[(PossibleChain, 1, &[3]), (OwnTarget, 3, &[])],
            ),
            ("/a /de/b\n/de/* /de/404 302\n", &[(PossibleChain, 1, &[2])]),
            ("/a /b\n/b /c 302 Cookie=x\n", &[(PossibleChain, 1, &[2])]),
            // One of both answers.
            (
                "/a /b\n/b /c 302 Cookie=x\n/b /d\n",
                &[(RedirectChain, 1, &[2, 3])],
            ),
            ("/a /b\n/b/ /c\n", &[(RedirectChain, 1, &[2])]),
            ("/a /b 302 Cookie=x,y\n/b /c\n", &[(RedirectChain, 1, &[2])]),
            // On a scheme and a host.
            (
                "https://h.example/a /b\nhttps://h.example/b /c\n",
                &[(RedirectChain, 1, &[2])],
            ),
            (
                "http://h.example/a https://h.example/b\nhttps://h.example/b /c\n",
                &[(RedirectChain, 1, &[2])],
            ),
            (
                "https://h.example/a /b\n/b /c\n",
                &[(RedirectChain, 1, &[2])],
            ),
            (
                "/a https://h.example/b\nhttps://h.example/b /c\n",
                // Where nobody tells the scheme, the second answers nothing.
                &[(PossibleChain, 1, &[2])],
            ),
            (
                "/a /b\nhttps://h.example/b /c\n",
                &[(PossibleChain, 1, &[2])],
            ),
            ("https://h.example/a /b\nhttp://h.example/b /c\n", &[]),
            ("https://h.example/a /b\nhttps://i.example/b /c\n", &[]),
            ("/a https://h.example/b\nhttps://i.example/b /c\n", &[]),
            ("/a /B\n/b /c\n", &[]),
            ("/a /b\n/b id=1 /c\n", &[(PossibleChain, 1, &[2])]),
            (
                "/a /b 301\n/b /c 302\n",
                &[(RedirectChain, 1, &[2]), (PermanentToTemporary, 1, &[2])],
            ),
            ("/a /b 302\n/b /c 301\n", &[(RedirectChain, 1, &[2])]),
        ],
    );
}

#[test]
fn netlify_rules_that_never_answer() {
    assert_found(
        Format::Netlify,
        &[
            (
                "/* https://n.example/:splat\n/a https://n.example/b 302\n",
                &[(UnreachableRule, 2, &[1])],
            ),
            (
                "/* https://n.example/:splat\n/ https://n.example/b 302\n",
                &[(UnreachableRule, 2, &[1])],
            ),
            (
                "/* https://n.example/:splat\n/a/ https://n.example/b 302\n",
                &[(UnreachableRule, 2, &[1])],
            ),
            (
                "/* https://n.example/:splat\n/a/:x https://n.example/b/:x\n",
                &[(UnreachableRule, 2, &[1])],
            ),
            (
                "/* https://n.example/:splat\n/a/* https://n.example/b/:splat\n",
                &[(UnreachableRule, 2, &[1])],
            ),
            (
                "/* https://n.example/:splat\n/a id=1 https://n.example/b\n",
                &[(UnreachableRule, 2, &[1])],
            ),
            (
                "/* https://n.example/:splat\nhttps://h.example/a https://n.example/b\n",
                &[(UnreachableRule, 2, &[1])],
            ),
            (
                "https://h.example/* https://n.example/:splat\nhttps://h.example/a https://n.example/b\n",
                &[(UnreachableRule, 2, &[1])],
            ),
            (
                "/a/* /x\n/a /y\n/a/b/* /z\n",
                &[(UnreachableRule, 2, &[1]), (UnreachableRule, 3, &[1])],
            ),
            ("/a /x\n/a /y\n", &[(UnreachableRule, 2, &[1])]),
            ("/a /x\n/a/ /y\n", &[(UnreachableRule, 2, &[1])]),
            (
                "/a id=1 /x\n/a id=1 k=2 /y\n",
                &[(UnreachableRule, 2, &[1])],
            ),
            (
                "/a id=:x /n/:x\n/a id=5 /y\n",
                &[(UnreachableRule, 2, &[1])],
            ),
            (
                "/a /x 302 Language=de,en\n/a /y 302 Language=de\n",
                &[(UnreachableRule, 2, &[1])],
            ),
            (
                "/a /x 302 Cookie=p\n/a /y 302 Cookie=p,q\n",
                &[(UnreachableRule, 2, &[1])],
            ),
            // These answer.
            ("/a/* /x\n/ab /y\n", &[]),
            ("/a/* /x\n/A/b /y\n", &[]),
            ("/a/:x /y/:x\n/a/b/c /z\n", &[]),
            (
                "/a /x\n/a/* https://n.example/z/:splat 301 Cookie=x\n",
                &[(PermanentPerUser, 2, &[])],
            ),
            ("/a id=1 /x\n/a id=2 /y\n/a /z\n", &[]),
            ("/a id=5 /y\n/a id=:x /n/:x\n", &[]),
            ("/a /x 302 Language=de\n/a /y 302 Language=de,en\n", &[]),
            ("/a /x 302 Cookie=p\n/a /y 302 Cookie=q\n", &[]),
            ("https://h.example/* /x\nhttp://h.example/a /y\n", &[]),
            ("https://h.example/* /x\nhttps://i.example/a /y\n", &[]),
            ("https://h.example/a /x\n/a /y\n", &[]),
        ],
    );
}

#[test]
fn netlify_loops_and_the_rest() {
    assert_loops(
        Format::Netlify,
        &["/a /b 301!\n/b /a 301!\n", "/:a/* /b/:a/:splat 301!\n"],
    );
    assert_found(
        Format::Netlify,
        &[
            // A page of the app may end these.
            ("/a /b\n/b /a\n", &[(PossibleLoop, 2, &[1])]),
            ("/a/* /a/b/:splat\n", &[(OwnTarget, 1, &[])]),
            ("/a/* /a/b/:splat 301!\n", &[]),
            (
                "/:a/:b /:b/:a\n",
                &[(PossibleLoop, 1, &[]), (PossibleChain, 1, &[1])],
            ),
            ("/* /x\n", &[]),
            (
                "/a /b 302 Cookie=x\n/b /a 302 Cookie=y\n",
                &[
                    (PossibleChain, 1, &[2]),
                    (PossibleLoop, 2, &[1]),
                    (PossibleChain, 2, &[1]),
                ],
            ),
            (
                "/a/* https://n.example/a/b/:splat\n",
                &[(UnknownHost, 1, &[])],
            ),
            ("/a/* https://n.example/b/:splat\n", &[]),
            ("/a /b 301 Cookie=x\n", &[(PermanentPerUser, 1, &[])]),
            ("/a /b 302 Cookie=x\n", &[]),
            ("/a/:x /b\n", &[(UnusedCapture, 1, &[])]),
            ("/a/:x/* /b/:x/:splat\n/c/* /d\n", &[]),
        ],
    );
}

#[test]
fn netlify_toml() {
    const CHAIN: &str = "[[redirects]]\nfrom = \"/a\"\nto = \"/b\"\n\
                         [[redirects]]\nfrom = \"/b\"\nto = \"/c\"\nstatus = 302\n";
    const SHADOWED: &str = "[[redirects]]\nfrom = \"/*\"\nto = \"https://n.example/:splat\"\n\
                            [[redirects]]\nfrom = \"/a/:x\"\nto = \"https://n.example/b\"\n";
    const LOOP: &str = "[[redirects]]\nfrom = \"/a\"\nto = \"/b\"\nconditions = {Cookie = [\"x\"]}\n\
                        [[redirects]]\nfrom = \"/b\"\nto = \"/a\"\nstatus = 302\nconditions = {Cookie = [\"y\"]}\n";
    const GROWTH: &str = "[[redirects]]\nfrom = \"/a/*\"\nto = \"https://n.example/a/b/:splat\"\n";
    assert_found(
        Format::NetlifyToml,
        &[
            (
                CHAIN,
                &[(RedirectChain, 2, &[5]), (PermanentToTemporary, 2, &[5])],
            ),
            (
                SHADOWED,
                &[(UnreachableRule, 5, &[2]), (UnusedCapture, 5, &[])],
            ),
            (
                LOOP,
                &[
                    (PossibleChain, 2, &[6]),
                    (PermanentPerUser, 2, &[]),
                    (PossibleLoop, 6, &[2]),
                    (PossibleChain, 6, &[2]),
                ],
            ),
            (GROWTH, &[(UnknownHost, 2, &[])]),
        ],
    );
}

#[test]
fn cloudflare() {
    assert_loops(
        Format::Cloudflare,
        &["/a /b\n/b /a\n", "/a/* /a/b/:splat\n"],
    );
    assert_found(
        Format::Cloudflare,
        &[
            (
                "/a /b 301\n/b /c 302\n",
                &[(RedirectChain, 1, &[2]), (PermanentToTemporary, 1, &[2])],
            ),
            ("/a/*/b /c/:splat\n/c/* /d\n", &[(RedirectChain, 1, &[2])]),
            ("/:x/a /b/:x\n/b/c /d\n", &[(PossibleChain, 1, &[1, 2])]),
            // Behind the first rule with placeholders, all stand with those.
            (
                "/a/* /x\n/a/b /c\n/a/:y /e/:y\n",
                &[(UnreachableRule, 2, &[1]), (UnreachableRule, 3, &[1])],
            ),
            ("/a/b /c\n/a/* /x\n", &[]),
            ("/a /b\n/a/ /c\n", &[]),
            (
                "/a/* https://n.example/a/x/:splat\n",
                &[(UnknownHost, 1, &[])],
            ),
            ("/a/:x /b\n", &[(UnusedCapture, 1, &[])]),
            ("/*/c /x\n/a/c /y\n/d /z\n", &[(Undecided, 2, &[1])]),
            ("/a/c /y\n/*/c /x\n", &[]),
        ],
    );
}

#[test]
fn bulk_csv() {
    assert_loops(
        Format::BulkCsv,
        &[
            "h.example/a,https://h.example/b\nh.example/b,https://h.example/a\n",
            "h.example/,https://h.example/x,,,,TRUE,TRUE\n",
        ],
    );
    assert_found(
        Format::BulkCsv,
        &[
            (
                "h.example/a,https://h.example/b,301\nh.example/b,https://h.example/c,302\n",
                &[(RedirectChain, 1, &[2]), (PermanentToTemporary, 1, &[2])],
            ),
            (
                "http://h.example/a,https://h.example/b\nhttps://h.example/b,https://h.example/c\n",
                &[(RedirectChain, 1, &[2])],
            ),
            (
                "http://h.example/a,https://h.example/b\nhttp://h.example/b,https://h.example/c\n",
                &[],
            ),
            (
                "h.example/a,https://i.example/b\ni.example/b,https://j.example/c\n",
                &[(RedirectChain, 1, &[2])],
            ),
            // The more special one answers.
            (
                "h.example/,https://n.example/x,,,,TRUE\nh.example/a,https://n.example/b\n",
                &[],
            ),
            (
                "h.example/a,https://n.example/x,,,TRUE\nw.h.example/a,https://n.example/b\n",
                &[],
            ),
        ],
    );
}

#[test]
fn vercel() {
    assert_loops(
        Format::Vercel,
        &[
            r#"{"redirects":[{"source":"/a","destination":"/b"},{"source":"/b","destination":"/a"}]}"#,
        ],
    );
    assert_found(
        Format::Vercel,
        &[
            (
                r#"{"redirects":[{"source":"/a","destination":"/b"},
                    {"source":"/b","destination":"/c","permanent":false}]}"#,
                &[(RedirectChain, 1, &[2]), (PermanentToTemporary, 1, &[2])],
            ),
            (
                r#"{"redirects":[{"source":"/:p*","destination":"https://n.example/:p*"},
                    {"source":"/a","destination":"https://n.example/b"},
                    {"source":"/c/:d","destination":"https://n.example/c"}]}"#,
                &[
                    (UnreachableRule, 2, &[1]),
                    (UnreachableRule, 3, &[1]),
                    (UnusedCapture, 3, &[]),
                ],
            ),
            (
                r#"{"redirects":[{"source":"/a","destination":"/b"},
                    {"source":"/a","destination":"/b"}]}"#,
                &[(DuplicateRule, 2, &[1])],
            ),
            (
                r#"{"redirects":[{"source":"/a","destination":"/b","permanent":false,"has":[{"type":"cookie","key":"x"}]},
                    {"source":"/a","destination":"/c","has":[{"type":"cookie","key":"x","value":"1"}]}]}"#,
                &[(UnreachableRule, 2, &[1]), (PermanentPerUser, 2, &[])],
            ),
            (
                r#"{"redirects":[{"source":"/a","destination":"/b","permanent":false,"missing":[{"type":"cookie","key":"x","value":"1"}]},
                    {"source":"/a","destination":"/c","permanent":false,"missing":[{"type":"cookie","key":"x"}]}]}"#,
                &[(UnreachableRule, 2, &[1])],
            ),
            (
                r#"{"redirects":[{"source":"/a","destination":"/b","permanent":false,"missing":[{"type":"cookie","key":"x"}]},
                    {"source":"/a","destination":"/c","permanent":false,"missing":[{"type":"cookie","key":"x","value":"1"}]}]}"#,
                &[],
            ),
            (
                r#"{"redirects":[{"source":"/a","destination":"/b","has":[{"type":"host","value":"h.example"}]},
                    {"source":"/b","destination":"/c","has":[{"type":"host","value":"h.example"}]},
                    {"source":"/b","destination":"/d","has":[{"type":"host","value":"h.example"}]},
                    {"source":"/b","destination":"/d","has":[{"type":"host","value":"i.example"}]}]}"#,
                &[(RedirectChain, 1, &[2]), (UnreachableRule, 3, &[2])],
            ),
            (
                r#"{"redirects":[{"source":"/(.*)/c","destination":"/x"},
                    {"source":"/a/c","destination":"/y"}]}"#,
                &[(Undecided, 2, &[1])],
            ),
            (
                r#"{"redirects":[{"source":"/a/:id(\\d+)","destination":"/b/:id"},
                    {"source":"/a/:x","destination":"/d/:x"}]}"#,
                &[],
            ),
            (
                r#"{"redirects":[{"source":"/((?!new/).*)","destination":"/new/$1"}]}"#,
                &[],
            ),
            (
                r#"{"redirects":[{"source":"/((?!api).*)","destination":"https://n.example/$1"},
                    {"source":"/api/a","destination":"https://n.example/a"},
                    {"source":"/b/:c+","destination":"https://n.example/:c+"}]}"#,
                &[(UnknownHost, 1, &[]), (UnreachableRule, 3, &[1])],
            ),
            (
                r#"{"redirects":[{"source":"/a/:p+","destination":"/b/:p+"},
                    {"source":"/b/:p+","destination":"/c/:p+"}]}"#,
                &[(RedirectChain, 1, &[2])],
            ),
            (
                r#"{"redirects":[{"source":"/:p+","destination":"https://n.example/:p+"},
                    {"source":"/a/(.*)","destination":"https://n.example/$1"},
                    {"source":"/a/:p+","destination":"https://n.example/:p+"}]}"#,
                &[(UnknownHost, 2, &[]), (UnreachableRule, 3, &[1])],
            ),
            (
                r#"{"redirects":[{"source":"/a/:p*","destination":"https://n.example/a/x/:p*"}]}"#,
                &[(UnknownHost, 1, &[])],
            ),
        ],
    );
}

#[test]
fn next() {
    assert_found(
        Format::Next,
        &[
            (
                r#"[{"source":"/a","destination":"/b","permanent":true},
                    {"source":"/b","destination":"/c","permanent":false}]"#,
                &[(RedirectChain, 1, &[2]), (PermanentToTemporary, 1, &[2])],
            ),
            (
                r#"[{"source":"/:p*","destination":"https://n.example/:p*","permanent":true},
                    {"source":"/a","destination":"https://n.example/b","permanent":true}]"#,
                &[(UnknownHost, 1, &[]), (UnreachableRule, 2, &[1])],
            ),
        ],
    );
}

#[test]
fn vercel_bulk() {
    assert_found(
        Format::VercelBulk,
        &[
            (
                "source,destination,permanent\n/a,/b,true\n/b,/c,false\n",
                &[(RedirectChain, 2, &[3]), (PermanentToTemporary, 2, &[3])],
            ),
            (
                "[{\"source\":\"/a\",\"destination\":\"/b\",\"permanent\":true},\n\
                 {\"source\":\"/b\",\"destination\":\"/c\"}]",
                &[(RedirectChain, 1, &[2]), (PermanentToTemporary, 1, &[2])],
            ),
            (
                "{\"source\":\"/a\",\"destination\":\"/b\",\"permanent\":true}\n\
                 {\"source\":\"/b\",\"destination\":\"/c\"}\n",
                &[(RedirectChain, 1, &[2]), (PermanentToTemporary, 1, &[2])],
            ),
            (
                "source,destination\n/a,/b\n/A,/c\n",
                &[(UnreachableRule, 3, &[2])],
            ),
            (
                "source,destination,caseSensitive\n/a,/b,\n/A,/c,t\n",
                &[(UnreachableRule, 3, &[2])],
            ),
            ("source,destination,caseSensitive\n/a,/b,t\n/A,/c,\n", &[]),
        ],
    );
}

#[test]
fn maps() {
    assert_loops(Format::HaproxyMap, &["/a /b\n/b /a\n"]);
    assert_found(
        Format::HaproxyMap,
        &[
            ("/a /b\n/b /c\n", &[(RedirectChain, 1, &[2])]),
            (
                "h.example/a /b\nh.example/b /c\ni.example/b /d\n",
                &[(RedirectChain, 1, &[2])],
            ),
            ("h.example/a /b\ni.example/b /d\n", &[]),
        ],
    );
    assert_loops(Format::NginxMap, &["/a /b;\n/b /a;\n"]);
    assert_found(
        Format::NginxMap,
        &[
            ("/a /b;\n/B /c;\n", &[(RedirectChain, 1, &[2])]),
            ("~^/a /b;\n~^/a /c;\n", &[(UnreachableRule, 2, &[1])]),
            (
                "~^/a/(.*)$ /b/$1;\n~^/b/ /d;\n",
                &[(PossibleChain, 1, &[2])],
            ),
            ("~^/a/(?<n>.*)$ /b;\n", &[(UnusedCapture, 1, &[])]),
            // Exact keys come first.
            ("~^/a /b;\n/a/x /c;\n", &[]),
        ],
    );
}
