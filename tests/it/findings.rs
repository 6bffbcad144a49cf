//! Every kind of finding in every dialect that can have it, and sets beside it that do not have it.

use tower_redirect::{
    location::HttpScheme,
    rules::{Condition, Finding, FindingKind, Format, Rule, Rules, Severity, Source, netlify},
    testing::{self, End},
};

use FindingKind::{
    Chain, Duplicate, EndlessRedirect, Loop, PermanentPerUser, PermanentToTemporary, PossibleChain,
    Undecided, Unreachable, UnusedCapture,
};

/// What is found: its kind, its line and the lines that it is about.
type Found = (FindingKind, u32, &'static [u32]);

type Sets = &'static [(&'static str, &'static [Found])];

/// What a report says of each file, in which nothing is wrong.
fn assert_found(format: Format, sets: Sets) {
    for (file, expected) in sets {
        let parsed = format.parse_lossy(file);
        let said = &parsed.diagnostics;
        assert!(!said.has_errors(), "{said}\n{file}");
        let report = parsed.rules.check();
        let found: Vec<_> = report
            .iter()
            .map(|one| (one.kind(), one.line().unwrap(), one.related_lines()))
            .collect();
        assert_eq!(&found, expected, "{format}:\n{file}\n{report}");
    }
}

/// Where a loop is certain, it is an error of the line that closes it.
fn assert_loops(format: Format, files: &[&str]) {
    for file in files {
        let said = format.parse_lossy(file).diagnostics.to_string();
        let is_loop = ["redirect loop: ", "endless redirect: "];
        let is_loop = is_loop.iter().any(|text| said.contains(text));
        assert!(is_loop, "{format}:\n{file}\n{said}");
    }
}

#[test]
fn netlify_chains() {
    assert_found(
        Format::Netlify,
        &[
            ("/a /b\n/b /c\n", &[(Chain, 1, &[2])]),
            (
                "/a /b\n/b /c\n/c /d\n",
                &[(Chain, 1, &[2, 3]), (Chain, 2, &[3])],
            ),
            ("/a/:x /b/:x\n/b/* /c/:splat\n", &[(Chain, 1, &[2])]),
            ("/a/:x /b/:x\n/b/c /d\n", &[(PossibleChain, 1, &[2])]),
            ("/a /b\n/b /c 302 Cookie=x\n", &[(PossibleChain, 1, &[2])]),
            // One of both answers.
            ("/a /b\n/b /c 302 Cookie=x\n/b /d\n", &[(Chain, 1, &[2, 3])]),
            ("/a /b\n/b/ /c\n", &[(Chain, 1, &[2])]),
            ("/a /b 302 Cookie=x,y\n/b /c\n", &[(Chain, 1, &[2])]),
            // On a scheme and a host.
            (
                "https://h.example/a /b\nhttps://h.example/b /c\n",
                &[(Chain, 1, &[2])],
            ),
            (
                "http://h.example/a https://h.example/b\nhttps://h.example/b /c\n",
                &[(Chain, 1, &[2])],
            ),
            ("https://h.example/a /b\n/b /c\n", &[(Chain, 1, &[2])]),
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
                &[(Chain, 1, &[2]), (PermanentToTemporary, 1, &[2])],
            ),
            ("/a /b 302\n/b /c 301\n", &[(Chain, 1, &[2])]),
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
                &[(Unreachable, 2, &[1])],
            ),
            (
                "/* https://n.example/:splat\n/ https://n.example/b 302\n",
                &[(Unreachable, 2, &[1])],
            ),
            (
                "/* https://n.example/:splat\n/a/ https://n.example/b 302\n",
                &[(Unreachable, 2, &[1])],
            ),
            (
                "/* https://n.example/:splat\n/a/:x https://n.example/b/:x\n",
                &[(Unreachable, 2, &[1])],
            ),
            (
                "/* https://n.example/:splat\n/a/* https://n.example/b/:splat\n",
                &[(Unreachable, 2, &[1])],
            ),
            (
                "/* https://n.example/:splat\n/a id=1 https://n.example/b\n",
                &[(Unreachable, 2, &[1])],
            ),
            (
                "/* https://n.example/:splat\nhttps://h.example/a https://n.example/b\n",
                &[(Unreachable, 2, &[1])],
            ),
            (
                "https://h.example/* https://n.example/:splat\nhttps://h.example/a https://n.example/b\n",
                &[(Unreachable, 2, &[1])],
            ),
            (
                "/a/* /x\n/a /y\n/a/b/* /z\n",
                &[(Unreachable, 2, &[1]), (Unreachable, 3, &[1])],
            ),
            ("/a /x\n/a /y\n", &[(Unreachable, 2, &[1])]),
            ("/a /x\n/a/ /y\n", &[(Unreachable, 2, &[1])]),
            ("/a id=1 /x\n/a id=1 k=2 /y\n", &[(Unreachable, 2, &[1])]),
            ("/a id=:x /n/:x\n/a id=5 /y\n", &[(Unreachable, 2, &[1])]),
            (
                "/a /x 302 Language=de,en\n/a /y 302 Language=de\n",
                &[(Unreachable, 2, &[1])],
            ),
            (
                "/a /x 302 Cookie=p\n/a /y 302 Cookie=p,q\n",
                &[(Unreachable, 2, &[1])],
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
    assert_loops(Format::Netlify, &["/a /b\n/b /a\n", "/a/* /a/b/:splat\n"]);
    assert_found(
        Format::Netlify,
        &[
            (
                "/a /b 302 Cookie=x\n/b /a 302 Cookie=y\n",
                &[
                    (PossibleChain, 1, &[2]),
                    (Loop, 2, &[1]),
                    (PossibleChain, 2, &[1]),
                ],
            ),
            (
                "/a/* https://n.example/a/b/:splat\n",
                &[(EndlessRedirect, 1, &[]), (PossibleChain, 1, &[1])],
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
            (CHAIN, &[(Chain, 2, &[5]), (PermanentToTemporary, 2, &[5])]),
            (SHADOWED, &[(Unreachable, 5, &[2]), (UnusedCapture, 5, &[])]),
            (
                LOOP,
                &[
                    (PossibleChain, 2, &[6]),
                    (PermanentPerUser, 2, &[]),
                    (Loop, 6, &[2]),
                    (PossibleChain, 6, &[2]),
                ],
            ),
            (
                GROWTH,
                &[(EndlessRedirect, 2, &[]), (PossibleChain, 2, &[2])],
            ),
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
                &[(Chain, 1, &[2]), (PermanentToTemporary, 1, &[2])],
            ),
            ("/a/*/b /c/:splat\n/c/* /d\n", &[(Chain, 1, &[2])]),
            ("/:x/a /b/:x\n/b/c /d\n", &[(PossibleChain, 1, &[1, 2])]),
            // Behind the first rule with placeholders, all stand with those.
            (
                "/a/* /x\n/a/b /c\n/a/:y /e/:y\n",
                &[(Unreachable, 2, &[1]), (Unreachable, 3, &[1])],
            ),
            ("/a/b /c\n/a/* /x\n", &[]),
            ("/a /b\n/a/ /c\n", &[]),
            (
                "/a/* https://n.example/a/x/:splat\n",
                &[(EndlessRedirect, 1, &[]), (PossibleChain, 1, &[1])],
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
                &[(Chain, 1, &[2]), (PermanentToTemporary, 1, &[2])],
            ),
            (
                "http://h.example/a,https://h.example/b\nhttps://h.example/b,https://h.example/c\n",
                &[(Chain, 1, &[2])],
            ),
            (
                "http://h.example/a,https://h.example/b\nhttp://h.example/b,https://h.example/c\n",
                &[],
            ),
            (
                "h.example/a,https://i.example/b\ni.example/b,https://j.example/c\n",
                &[(Chain, 1, &[2])],
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
                &[(Chain, 1, &[2]), (PermanentToTemporary, 1, &[2])],
            ),
            (
                r#"{"redirects":[{"source":"/:p*","destination":"https://n.example/:p*"},
                    {"source":"/a","destination":"https://n.example/b"},
                    {"source":"/c/:d","destination":"https://n.example/c"}]}"#,
                &[
                    (Unreachable, 2, &[1]),
                    (Unreachable, 3, &[1]),
                    (UnusedCapture, 3, &[]),
                ],
            ),
            (
                r#"{"redirects":[{"source":"/a","destination":"/b"},
                    {"source":"/a","destination":"/b"}]}"#,
                &[(Duplicate, 2, &[1])],
            ),
            (
                r#"{"redirects":[{"source":"/a","destination":"/b","permanent":false,"has":[{"type":"cookie","key":"x"}]},
                    {"source":"/a","destination":"/c","has":[{"type":"cookie","key":"x","value":"1"}]}]}"#,
                &[(Unreachable, 2, &[1]), (PermanentPerUser, 2, &[])],
            ),
            (
                r#"{"redirects":[{"source":"/a","destination":"/b","permanent":false,"missing":[{"type":"cookie","key":"x","value":"1"}]},
                    {"source":"/a","destination":"/c","permanent":false,"missing":[{"type":"cookie","key":"x"}]}]}"#,
                &[(Unreachable, 2, &[1])],
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
                &[(Chain, 1, &[2]), (Unreachable, 3, &[2])],
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
                r#"{"redirects":[{"source":"/a/:p*","destination":"https://n.example/a/x/:p*"}]}"#,
                &[(EndlessRedirect, 1, &[]), (PossibleChain, 1, &[1])],
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
                &[(Chain, 1, &[2]), (PermanentToTemporary, 1, &[2])],
            ),
            (
                r#"[{"source":"/:p*","destination":"https://n.example/:p*","permanent":true},
                    {"source":"/a","destination":"https://n.example/b","permanent":true}]"#,
                &[(Unreachable, 2, &[1])],
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
                &[(Chain, 2, &[3]), (PermanentToTemporary, 2, &[3])],
            ),
            (
                "[{\"source\":\"/a\",\"destination\":\"/b\",\"permanent\":true},\n\
                 {\"source\":\"/b\",\"destination\":\"/c\"}]",
                &[(Chain, 1, &[2]), (PermanentToTemporary, 1, &[2])],
            ),
            (
                "{\"source\":\"/a\",\"destination\":\"/b\",\"permanent\":true}\n\
                 {\"source\":\"/b\",\"destination\":\"/c\"}\n",
                &[(Chain, 1, &[2]), (PermanentToTemporary, 1, &[2])],
            ),
            (
                "source,destination\n/a,/b\n/A,/c\n",
                &[(Unreachable, 3, &[2])],
            ),
            (
                "source,destination,caseSensitive\n/a,/b,\n/A,/c,t\n",
                &[(Unreachable, 3, &[2])],
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
            ("/a /b\n/b /c\n", &[(Chain, 1, &[2])]),
            (
                "h.example/a /b\nh.example/b /c\ni.example/b /d\n",
                &[(Chain, 1, &[2])],
            ),
            ("h.example/a /b\ni.example/b /d\n", &[]),
        ],
    );
    assert_loops(Format::NginxMap, &["/a /b;\n/b /a;\n"]);
    assert_found(
        Format::NginxMap,
        &[
            ("/a /b;\n/B /c;\n", &[(Chain, 1, &[2])]),
            ("~^/a /b;\n~^/a /c;\n", &[(Unreachable, 2, &[1])]),
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

/// What is found in rules from code, by their numbers.
fn found(rules: impl IntoIterator<Item = Rule>) -> Vec<(FindingKind, u32, Vec<u32>)> {
    let report = Rules::new(rules).unwrap().check();
    let found = report.iter();
    found
        .map(|one| (one.kind(), one.rule(), one.related_rules().to_vec()))
        .collect()
}

#[test]
fn rules_from_code() {
    let beta = || Condition::cookie("beta");
    let post = [http::Method::POST];
    let both = [http::Method::GET, http::Method::POST];
    // By a method that is known.
    let chain = [
        Rule::temporary("/a", "/b").methods(post.clone()),
        Rule::temporary("/b", "/c").methods(both.clone()),
    ];
    assert_eq!(found(chain), [(Chain, 0, vec![1])]);
    let other = [
        Rule::temporary("/a", "/b").methods(both),
        Rule::temporary("/b", "/c").methods(post),
    ];
    assert_eq!(found(other), [(PossibleChain, 0, vec![1])]);
    // Values of one condition.
    let wide = beta().one_of(["1", "2"]);
    let shadowed = |first: &Condition, second: &Condition| {
        let rules = [
            Rule::found("/a", "/x").when(first.clone()),
            Rule::found("/a", "/y").when(second.clone()),
        ];
        found(rules) == [(Unreachable, 1, vec![0])]
    };
    assert!(shadowed(&wide, &beta().equal_to("2")) && shadowed(&beta(), &wide));
    assert!(!shadowed(&beta().equal_to("2"), &wide) && !shadowed(&wide, &beta()));
    assert!(!shadowed(&Condition::cookie("alpha"), &beta()));
    let forbidden = |first: &Condition, second: &Condition| {
        let rules = [
            Rule::found("/a", "/x").unless(first.clone()),
            Rule::found("/a", "/y").unless(second.clone()),
        ];
        found(rules) == [(Unreachable, 1, vec![0])]
    };
    assert!(forbidden(&wide, &beta()) && forbidden(&beta().equal_to("1"), &wide));
    assert!(!forbidden(&beta(), &wide));
    // A regex, and what it may answer.
    let regex = [
        Rule::found(Source::regex("/a/.*"), "/x"),
        Rule::found("/a/{b}", "/y/{b}"),
        Rule::found("/a/b", "/z"),
        Rule::found("/b", "/z"),
    ];
    assert_eq!(
        found(regex),
        [(Undecided, 1, vec![0]), (Unreachable, 2, vec![1])]
    );
}

#[test]
fn what_is_the_same_of_many_rules_is_said_once() {
    let lines = (0..1_000).map(|at| format!("/a{at} /b\n"));
    let file = format!(
        "{}https://h.example/* https://n.example/z/:splat\n",
        lines.collect::<String>()
    );
    let report = netlify::parse(&file).unwrap().check();
    assert_eq!(
        report.to_string(),
        "line 1: note: possible redirect chain: line 1001 may redirect the target \
         (999 more rules have this finding); \
         point this rule at the final target, if that is always the same URL",
    );
    let one = report.iter().next().unwrap();
    assert!(one.also_affected().iter().copied().eq(1..1_000));
}

#[test]
#[should_panic(
    expected = "the rules have warnings:\nrule 0: warning: redirect chain: `/b` is redirected again by rule 1; "
)]
fn a_test_fails_with_the_report() {
    let rules = Rules::new([Rule::permanent("/a", "/b"), Rule::permanent("/b", "/c")]);
    rules.unwrap().check().assert_clean();
}

#[test]
fn notes_do_not_fail_a_test() {
    let rules = Rules::new([Rule::found("/a/{x}", "/b/{x}"), Rule::found("/b/c", "/d")]).unwrap();
    let report = rules.check();
    let worst = report.iter().map(Finding::severity).max();
    assert_eq!(worst, Some(Severity::Note));
    report.assert_clean();
}

/// Circles that a request can go round in, each accepted because other requests do not.
#[test]
fn r9_a_circle_for_some_is_said() {
    let said = |rules: Vec<Rule>, asked: &str| {
        let rules = Rules::new(rules).unwrap();
        let report = rules.check();
        let is_circle = |kind| [Loop, EndlessRedirect, Undecided].contains(&kind);
        assert!(report.iter().any(|one| is_circle(one.kind())), "{report}");
        let journey = testing::follow(&rules, testing::get(asked));
        assert_eq!(journey.end(), &End::TooManyRedirects, "{asked}");
    };
    // In one spelling a rule leads to where it was asked for, in another it does not.
    let swap = |source: &str, target: &str| {
        let rule = Rule::found(source, target);
        vec![rule.ignore_case()]
    };
    said(swap("/b/{p}/{q}", "/{q}/{q}/{p}"), "/b/b/B");
    said(swap("/{p}/{q}/a", "/{q}/{p}/{q}"), "/A/a/a");
    // What stands around two placeholders overlaps.
    let around = [
        Rule::found("/{p}a/a/{q}", "/{p}/b"),
        Rule::found("/{p}/{q}", "/a{p}/{p}/{p}"),
    ];
    said(around.into(), "/a/b");
}

/// A rule for a scheme answers only where somebody tells which one a request came over.
#[test]
fn r9_a_circle_behind_a_rule_for_a_scheme_is_refused() {
    for scheme in [HttpScheme::Http, HttpScheme::Https] {
        let rule = |source: &str, target: &str| {
            Rule::found(source, format!("{}://h.example{target}", scheme.as_str()))
                .host("h.example")
        };
        let circle = [rule("/a", "/b"), rule("/b", "/a")];
        let on_scheme = rule("/a", "/c").scheme(scheme);
        assert!(Rules::new(circle.clone()).is_err());
        assert!(Rules::new([on_scheme].into_iter().chain(circle)).is_err());
    }
}

#[test]
fn findings_of_a_file_name_it() {
    let file = "/a/:slug /b/:slug\n/b/:slug /c/:slug\n/c/* https://n.example/z/:splat\n";
    let rules = netlify::parse(file).unwrap().in_file("public/_redirects");
    assert_eq!(
        rules.check().to_string(),
        "public/_redirects:1: warning: redirect chain: the target is redirected 2 more times, first by line 2; \
         point this rule at the target of line 3, unless the app has a page at the target\n\
         public/_redirects:2: warning: redirect chain: the target is redirected again by line 3; \
         point this rule at the target of line 3, unless the app has a page at the target",
    );
}

#[test]
fn findings_are_shown_with_their_lines() {
    let file = "\u{feff}# moved\r\n  /a/:b /c  \r\n\r\n/* /d 301!\r\n/e /f\r\n";
    let rules = netlify::parse_lossy(file).rules.in_file("_redirects");
    assert_eq!(
        rules.check().to_snippets(file),
        "\
warning: redirect chain: `/c` is redirected again by line 4
 --> _redirects:2:3
  |
2 |   /a/:b /c  
  |   ^^^^^^^^
  |
 ::: _redirects:4:1
  |
4 | /* /d 301!
  | ----------
  |
  = help: point this rule at `/d`

note: the target doesn't use the placeholder `b`
 --> _redirects:2:3
  |
2 |   /a/:b /c  
  |   ^^^^^^^^
  |
  = help: check whether the target needs it

warning: redirect chain: `/f` is redirected again by line 4
 --> _redirects:5:1
  |
5 | /e /f
  | ^^^^^
  |
 ::: _redirects:4:1
  |
4 | /* /d 301!
  | ----------
  |
  = help: point this rule at `/d`

warning: unreachable rule (shadowed by line 4)
 --> _redirects:5:1
  |
5 | /e /f
  | ^^^^^
  |
 ::: _redirects:4:1
  |
4 | /* /d 301!
  | ----------
  |
  = help: move this rule before line 4, or remove it",
    );
}

#[test]
fn findings_are_shown_without_a_line_too() {
    let rules = Rules::new([Rule::found("/a/{x}", "/b")]).unwrap();
    assert_eq!(
        rules.check().to_snippets(""),
        "\
note: the target doesn't use `{x}`
  |
  = note: rule 0
  = help: use it in the target, or start its name with `_`",
    );
    // A text that is not the one that was read.
    let rules = netlify::parse("/a/:x /b\n").unwrap();
    assert_eq!(
        rules.check().to_snippets(""),
        "\
note: the target doesn't use the placeholder `x`
 --> rules:1
  = help: check whether the target needs it",
    );
    let long = format!("/{}/:x /b # {}\n", "a".repeat(5_000), "b".repeat(5_000));
    let shown = netlify::parse(&long).unwrap().check().to_snippets(&long);
    assert!(shown.len() < 600, "{shown}");
}
