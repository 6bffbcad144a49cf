//! Rules of one table in another table, and in another format.

use http::HeaderName;
use proptest::{collection::vec, prelude::*, test_runner::TestCaseError};
use tower_redirect::{
    Policy,
    rules::{
        Condition, Format, NotPrinted, Precedence, Printed, Rule, Rules, Source, native, netlify,
        netlify_toml,
    },
    testing,
};

use crate::{
    cases::config,
    formats::{answer, cases, suites},
    naive::{
        generate::{self, Choices},
        real,
    },
};

fn precedence(format: Format) -> Precedence {
    match format {
        Format::Cloudflare => Precedence::StaticFirst,
        Format::BulkCsv | Format::HaproxyMap | Format::NginxMap => Precedence::MostSpecific,
        _ => Precedence::FirstMatch,
    }
}

/// Returns the rules of a table, each printed and read again.
fn printed_rules(rules: &Rules) -> Vec<Rule> {
    let printed = |rule: Rule| {
        let text = rule.to_string();
        let read: Rule = text
            .parse()
            .unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(read, rule, "{text}");
        read
    };
    rules.iter().map(Rule::from).map(printed).collect()
}

#[test]
fn a_rule_of_any_format_is_a_rule() {
    for (name, format, suite) in suites() {
        for case in cases(&suite) {
            let title = format!("{name}, {}", case.title);
            let rules = format.parse_lossy(&case.file).rules;
            let own = printed_rules(&rules);
            let builder = Rules::builder().precedence(precedence(format));
            let again = builder.rules(own.clone()).build();
            let again = again.unwrap_or_else(|error| panic!("{title}: {error}"));
            for line in &case.requests {
                let (request, _) = line.rsplit_once(" -> ").unwrap();
                let expected = answer(request, &rules).0;
                assert_eq!(answer(request, &again).0, expected, "{title}: {request}");
            }
            let diff = rules.diff(&again);
            assert!(diff.changes().is_empty(), "{title}: {diff}");
            assert_eq!(printed_rules(&again), own, "{title}");
        }
    }
}

#[test]
fn a_rule_of_a_table_has_a_source_that_compiles_to_its_own() {
    for text in [
        "/a -> /new",
        "exact:/:a/* -> /new",
        "/a/{b}.html -> /{b}",
        "pattern:/:a/*/{b} -> /{b}",
        "pattern:/:a/{*b} -> /{b}",
        "prefix:/a -> /new//?q#f",
        "prefix:/a/:b -> gone",
        "prefix:/a/// -> /",
        "prefix:/ -> https://new.example",
        "prefix:/a -> https://new.example?q",
        "/a// -> /new ignore-trailing-slash",
        "/a//{b}// -> /{b} ignore-case ignore-trailing-slash",
        "/{*b} -> /new except=/a// ignore-trailing-slash",
    ] {
        let rules = Rules::new([text.parse().unwrap()]).unwrap();
        let own = printed_rules(&rules);
        assert_eq!(own[0].to_string(), text);
        assert!(Rules::new(own).unwrap().diff(&rules).is_empty(), "{text}");
    }
}

#[test]
fn a_flattened_table_has_rules_too() {
    for (rules, flat) in [
        (
            "/a/{*r} -> /b/{r}\n/b/{*x} -> /c/{x}?y",
            "/a/{*r} -> /c/{r}?y",
        ),
        ("prefix:/a -> /b\nprefix:/b -> /c", "prefix:/a -> /b"),
    ] {
        let rules = native::parse(rules).unwrap().flatten().into_rules();
        let own = printed_rules(&rules);
        assert_eq!(own[0].to_string(), flat);
        assert!(Rules::new(own).unwrap().diff(&rules).is_empty());
    }
}

const RULES: &str = "\
/a -> /b
/b/{x} -> /c/{x}1{x}#{x} 301
/d/{*x?} -> https://n.example:8080/{x} 302
prefix:/e -> /f 303
/{i}.php -> /{i}(j) 307
/k -> pass ignore-trailing-slash
/l -> /m temporary
/n -> /o,p 301 query=drop
/q -> /r 301 query=drop ignore-case
/s{/*t} -> https://u.example/v{/*t} 301 host=h.example
/{*x?} -> https://w.example/ 301 host=h.example query=drop
/w{/*x} -> /y/{x} not:path:empty-segment query=merge
/{*x?} -> /z not:path:begins-with:/api/a.b not:path:begins-with:/c
/aa -> /ab after=404 ignore-trailing-slash
/ac -> /ad 302 query:b=c header:f=g|h not:cookie:i repeat-parameters last-value
/ae -> /af/{q} query:p as q? ignore-trailing-slash last-value
";

#[test]
fn each_format_has_what_it_can_say() {
    let rules = native::parse(RULES).unwrap();
    for (format, text) in [
        (
            Format::Apache,
            r"RewriteEngine On
RewriteRule ^a$ /b [R=308,L]
RewriteRule ^b/([^/]+)$ /c/$11$1#$1 [R=301,L,NE]
RewriteRule ^d/(.*)$ https://n.example:8080/$1 [R=302,L]
RewriteRule ^e$ /f [R=303,L]
RewriteRule ^e/(.*)$ /f/$1 [R=303,L]
RewriteRule ^k/?$ - [L]
RewriteRule ^n$ /o,p [R=301,L,QSD]
RewriteRule ^q$ /r [R=301,L,QSD,NC]
RewriteCond %{HTTP_HOST} ^h\.example$
RewriteRule ^s$ https://u.example/v [R=301,L]
RewriteCond %{HTTP_HOST} ^h\.example$
RewriteRule ^s/(.*)$ https://u.example/v/$1 [R=301,L]
RewriteCond %{HTTP_HOST} ^h\.example$
RewriteRule ^(.*)$ https://w.example/ [R=301,L,QSD]
RewriteCond %{REQUEST_URI} !^/api/a\.b
RewriteCond %{REQUEST_URI} !^/c
RewriteRule ^(.*)$ /z [R=308,L]
RewriteCond %{REQUEST_FILENAME} !-f
RewriteCond %{REQUEST_FILENAME} !-d
RewriteRule ^aa/?$ /ab [R=308,L]
",
        ),
        (
            Format::Firebase,
            r#"{
  "hosting": {
    "redirects": [
      { "source": "/e/:splat*", "destination": "/f/:splat*", "type": 303 }
    ]
  }
}
"#,
        ),
        (
            Format::BulkCsv,
            r#"h.example/s,https://u.example/v,301,TRUE,FALSE,TRUE,TRUE
h.example,https://w.example/,301,FALSE,FALSE,TRUE,FALSE
"#,
        ),
        (
            Format::Cloudflare,
            r#"/a /b 308
/d/* https://n.example:8080/:splat 302
/:i.php /:i(j) 307
/k /k 200
/k/ /k/ 200
"#,
        ),
        (
            Format::HaproxyMap,
            r#"/n /o,p
h.example https://w.example/
"#,
        ),
        (Format::Native, RULES),
        (
            Format::Netlify,
            r#"/k /k 200
/aa /ab 308
/ae p=:q /af/:q 308!
"#,
        ),
        (
            Format::NetlifyToml,
            r#"[[redirects]]
from = "/k"
to = "/k"
status = 200

[[redirects]]
from = "/aa"
to = "/ab"
status = 308

[[redirects]]
from = "/ae"
to = "/af/:q"
status = 308
force = true
query = { "p" = ":q" }
"#,
        ),
        (
            Format::NginxMap,
            r#"/q /r;
"#,
        ),
        (
            Format::Vercel,
            r#"{
  "redirects": [
    { "source": "/a", "destination": "/b", "statusCode": 308 },
    { "source": "/d/:splat(.*)", "destination": "https://n.example:8080/:splat", "statusCode": 302 },
    { "source": "/e", "destination": "/f", "statusCode": 303 },
    { "source": "/e/:splat(.*)", "destination": "/f/:splat", "statusCode": 303 },
    { "source": "/:i.php", "destination": "/:i\\(j\\)", "statusCode": 307 },
    { "source": "/s", "destination": "https://u.example/v", "statusCode": 301, "has": [{ "type": "host", "value": "h.example" }] },
    { "source": "/s/:splat(.*)", "destination": "https://u.example/v/:splat", "statusCode": 301, "has": [{ "type": "host", "value": "h.example" }] },
    { "source": "/w/:splat*", "destination": "/y/:splat", "statusCode": 308 },
    { "source": "/:splat((?!api/a\\.b|c).*)", "destination": "/z", "statusCode": 308 },
    { "source": "/ac", "destination": "/ad", "statusCode": 302, "has": [{ "type": "query", "key": "b", "value": { "eq": "c" } }, { "type": "header", "key": "f", "value": { "inc": ["g", "h"] } }], "missing": [{ "type": "cookie", "key": "i" }] }
  ]
}
"#,
        ),
        (
            Format::VercelBulk,
            r#"source,destination,statusCode,caseSensitive,query
/a,/b,308,true,true
/n,"/o,p",301,true,false
/q,/r,301,false,false
"#,
        ),
    ] {
        assert_eq!(format.print(&rules).text(), text, "{format}");
    }
    // Next ignores the case of all paths, and redirects nothing below `/_next`.
    let next = r#"[
    { "source": "/a/:b", "destination": "/:b", "statusCode": 307 },
    { "source": "/c/:splat*", "destination": "/d/:splat*", "statusCode": 308 }
]
"#;
    let rules = Format::Next.parse(next).unwrap();
    assert_eq!(Format::Next.print(&rules).text(), next);
    assert_eq!(not_printed(&Format::Vercel.print(&rules)).len(), 2);
}

#[test]
fn what_a_format_cannot_say_has_a_reason() {
    let rules = native::parse(RULES).unwrap();
    for (format, line, reason) in [
        (
            Format::Cloudflare,
            4,
            "the format treats several slashes in a target in another way",
        ),
        (Format::Vercel, 6, "the format can't pass requests through"),
        (
            Format::Cloudflare,
            7,
            "the format can't choose the status by the method",
        ),
        (
            Format::Cloudflare,
            9,
            "the format can't ignore the case of paths",
        ),
        (Format::Cloudflare, 10, "the format has no rules for a host"),
        (
            Format::Cloudflare,
            12,
            "the format has no conditions on the path",
        ),
        (
            Format::Cloudflare,
            14,
            "the format has no rules that wait for a response",
        ),
        (
            Format::Cloudflare,
            15,
            "the format has no conditions on the query",
        ),
        (
            Format::HaproxyMap,
            1,
            "a map has one status for all its rules, and here it is 301",
        ),
        (Format::HaproxyMap, 2, "the format has no placeholders"),
        (
            Format::Netlify,
            1,
            "the format ignores a slash at the end of paths",
        ),
        (Format::Netlify, 3, "`/a/*` also matches `/a` in the format"),
        (
            Format::Netlify,
            5,
            "a placeholder must be a whole segment in the format",
        ),
        (
            Format::Netlify,
            11,
            "a rule for a host needs a scheme in the format",
        ),
        (
            Format::Netlify,
            15,
            "the format has no conditions on headers",
        ),
        (Format::NginxMap, 8, "the format ignores the case of paths"),
        (
            Format::Vercel,
            8,
            "the format combines the queries of target and request in another way",
        ),
        (
            Format::Vercel,
            16,
            "the format treats the parameters that a rule requires in another way",
        ),
        (Format::BulkCsv, 1, "a row needs a host in the format"),
    ] {
        let printed = format.print(&rules);
        let mut not_printed = printed.not_printed().iter();
        let own = not_printed
            .find(|one| one.rule().line() == Some(line))
            .unwrap();
        assert_eq!(own.reason(), reason, "{format}, line {line}");
    }
    for (line, reason) in [
        ("/a -> /b max-age=60", "the format has no cache lifetimes"),
        (
            "/a -> /b methods=GET",
            "the format has no rules for methods",
        ),
        ("/{*a} -> /b except=/c", "the format can't exclude paths"),
        ("/a -> /b remove=c", "the format can't edit the query"),
        ("/a -> gone", "the format can't refuse requests"),
    ] {
        let rules = native::parse(line).unwrap();
        let is_said = |format| match line {
            "/a -> gone" | "/a -> /b methods=GET" => format == Format::Apache,
            _ => false,
        };
        let formats = Format::all().filter(|format| *format != Format::Native);
        for format in formats.filter(|format| !is_said(*format)) {
            let printed = format.print(&rules);
            let reasons: Vec<_> = printed
                .not_printed()
                .iter()
                .map(NotPrinted::reason)
                .collect();
            let may_say_more = matches!(
                format,
                Format::BulkCsv | Format::HaproxyMap | Format::NginxMap
            );
            assert!(
                reasons == [reason] || may_say_more && reasons.len() == 1,
                "{format}: {reasons:?}"
            );
        }
    }
}

const REGEXES: &str = r#"
~"/a(?<year>\\d+)/(b|c)" -> /{year}/{2} 301
~"/d[)(]*" -> /e?f 301 ignore-case query=target-wins
~"/g|/h" -> /i 301 query=drop
~".*\\.bak" -> /j 301 query=drop except=/__{/*_rest}
"#;

#[test]
fn regexes_are_printed_if_a_format_has_them() {
    let rules = native::parse(REGEXES).unwrap();
    for (format, text) in [
        (
            Format::Apache,
            r#"RewriteEngine On
RewriteRule ^a(\d+)/(b|c)$ /$1/$2 [R=301,L]
RewriteRule ^d[)(]*$ /e?f [R=301,L,NC]
"#,
        ),
        (
            Format::Firebase,
            r#"{
  "hosting": {
    "redirects": [
      { "regex": "^(?:/a(\\d+)/(b|c))$", "destination": "/:1/:2", "type": 301 }
    ]
  }
}
"#,
        ),
        (
            Format::NginxMap,
            r#""~^(?:/a(\\d+)/(b|c))$" /$1/$2$is_args$args;
~*^(?:/d[)(]*)$ /e?f;
~^(?:/g|/h)$ /i;
"#,
        ),
    ] {
        let printed = format.print(&rules);
        assert_eq!(printed.text(), text, "{printed:?}");
        let again = format.parse(printed.text()).unwrap();
        testing::get("/a12/b?x")
            .through(&again)
            .assert_redirect("/12/b?x");
        for path in ["/a12/bc", "/xa12/b", "/a12/b/"] {
            testing::get(path).through(&again).assert_pass();
        }
        // What one of these formats reads, the others print.
        for other in [Format::Apache, Format::Firebase, Format::NginxMap] {
            let printed = other.print(&again);
            assert!(
                printed.text().contains("/(b|c)"),
                "{format}, {other}: {:?}",
                not_printed(&printed)
            );
            let reads = other.parse(printed.text()).unwrap();
            testing::get("/a12/b")
                .through(&reads)
                .assert_redirect("/12/b");
        }
    }
    for (format, line, reason) in [
        (Format::Apache, 4, "the file would mean something else"),
        (
            Format::Firebase,
            3,
            "the format can't ignore the case of paths",
        ),
        (Format::Apache, 5, "the format can't exclude paths"),
        (Format::Firebase, 5, "the format can't exclude paths"),
        (
            Format::Vercel,
            3,
            "only groups can be regexes in the format",
        ),
        (Format::Cloudflare, 2, "its source is a regex"),
    ] {
        let printed = format.print(&rules);
        let mut not_printed = printed.not_printed().iter();
        let own = not_printed.find(|one| one.rule().line() == Some(line));
        assert_eq!(own.map(NotPrinted::reason), Some(reason), "{format}");
    }
}

/// The regexes of these formats are groups with text between them.
#[test]
fn groups_are_regexes_in_vercel_and_next() {
    let rules = [
        (r"/a/:x(\\d+)", "/t/:x", ["/a/12", "/a/x"]),
        ("/b/(c|d)/:y", "/t/$1?y=:y", ["/b/d/e", "/b/e/e"]),
        ("/e/:x-:y.html", "/t/:y/:x", ["/e/1-2.html", "/e/12.html"]),
        ("/f/:x?", "/t", ["/f", "/f/1/2"]),
        ("/g{.:x}?", "/t", ["/g.h", "/g."]),
        ("/\u{e9}:x(a+)", "/t/:x", ["/%C3%A9aa", "/%C3%A9"]),
    ];
    for (source, destination, [yes, no]) in rules {
        let entry =
            format!(r#"[{{"source":"{source}","destination":"{destination}","statusCode":302}}]"#);
        for format in [Format::Vercel, Format::Next] {
            let rules = format
                .parse(&entry.replace("$1", ":p").replace("(c", ":p(c"))
                .unwrap();
            let printed = format.print(&rules);
            assert_eq!(not_printed(&printed), [""; 0], "{format}: {source}");
            let again = format.parse(printed.text()).unwrap();
            for path in [yes, no] {
                let [expected, got] = [&rules, &again].map(|rules| {
                    let head = testing::get(path);
                    let redirect = rules.decide(&head.head()).into_target();
                    redirect.map(|redirect| redirect.location().as_str().to_owned())
                });
                assert_eq!((&got, got.is_some()), (&expected, path == yes), "{path}");
            }
        }
    }
    let rules = native::parse(r#"~"/a(?<year>[0-9]+)/(b|c)" -> /{year}/{2} 301"#).unwrap();
    let printed = Format::Vercel.print(&rules);
    let expected = r#""source": "/a:p1([0-9]+)/:p2(b|c)", "destination": "/:p1/:p2""#;
    assert!(printed.text().contains(expected), "{printed:?}");
    let again = Format::Firebase.print(&rules).into_text();
    let again = Format::Vercel
        .print(&Format::Firebase.parse(&again).unwrap())
        .into_text();
    assert_eq!(again, printed.text());
}

#[test]
fn the_order_is_the_same() {
    let rules = "any://h.example/{*x?} -> https://n.example/ 301 query=drop\n\
                 any://h.example/a -> https://m.example/ 301 query=drop\n";
    let rules = native::parse(rules).unwrap();
    let printed = Format::HaproxyMap.print(&rules);
    assert_eq!(printed.text(), "h.example https://n.example/\n");
    assert_eq!(
        not_printed(&printed),
        [
            "line 2: h.example/a -> https://m.example/ (301 Moved Permanently); not printed, because in \
             the format's order, it would win over `/{*x?} -> https://n.example/`"
        ]
    );
    let builder = Rules::builder().precedence(Precedence::MostSpecific);
    let rules = builder.rules(rules.iter().map(Rule::from)).build().unwrap();
    for format in [Format::Native, Format::HaproxyMap] {
        let printed = format.print(&rules);
        assert_eq!(not_printed(&printed), [""; 0]);
        let lines: Vec<_> = printed.text().lines().collect();
        assert!(
            lines.len() == 2 && lines[0].contains("m.example"),
            "{lines:?}"
        );
    }
}

#[test]
fn duplicates_and_limits_are_said() {
    let rules = native::parse("/a -> /b\n/a -> /c\n").unwrap();
    let printed = Format::Cloudflare.print(&rules);
    assert_eq!(printed.text(), "/a /b 308\n");
    assert_eq!(
        not_printed(&printed),
        [
            "line 2: /a -> /c (308 Permanent Redirect); not printed, because the format rejects it: line 1 \
             already has the source `/a`, so this rule is skipped"
        ]
    );
    let rules: String = (0..102)
        .map(|at| format!("/{at}/{{x}} -> /b/{{x}}\n"))
        .collect();
    let rules = native::parse(&rules).unwrap();
    let printed = Format::Cloudflare.print(&rules);
    assert_eq!(printed.text().lines().count(), 100);
    let reasons = printed.not_printed().iter().map(NotPrinted::reason);
    let limit = "the format rejects it: the file has more than 100 rules from the first one with a";
    assert_eq!(
        reasons.filter(|reason| reason.starts_with(limit)).count(),
        2
    );
}

fn not_printed(printed: &Printed<'_>) -> Vec<String> {
    let not_printed = printed.not_printed().iter();
    not_printed.map(ToString::to_string).collect()
}

/// The text of an answer, without the empty parameters in its location.
fn without_empty(answer: &str) -> String {
    let is_end = |c: char| matches!(c, ' ' | '"' | '#');
    let Some((before, after)) = answer.split_once('?') else {
        return answer.to_owned();
    };
    let end = after.find(is_end).unwrap_or(after.len());
    let (query, rest) = after.split_at(end);
    let pairs: Vec<_> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    let mark = if pairs.is_empty() { "" } else { "?" };
    format!("{before}{mark}{}{rest}", pairs.join("&"))
}

/// The table of the rules that were printed.
fn printed_only(rules: &Rules, printed: &Printed<'_>, precedence: Precedence) -> Option<Rules> {
    let missing: Vec<u32> = printed
        .not_printed()
        .iter()
        .map(|one| one.rule().number())
        .collect();
    let own = rules
        .iter()
        .filter(|rule| !missing.contains(&rule.number()));
    let builder = Rules::builder().precedence(precedence);
    // Without a rule that passes, others can be a loop.
    builder.rules(own.map(Rule::from)).build().ok()
}

#[test]
fn what_is_printed_of_any_format_decides_the_same() {
    for (name, format, suite) in suites() {
        for case in cases(&suite) {
            let rules = format.parse_lossy(&case.file).rules;
            for to in Format::all() {
                let printed = to.print(&rules);
                let title = format!("{name}, {}, to {to}:\n{}", case.title, printed.text());
                let again = to.parse_lossy(printed.text()).rules;
                let Some(expected) = printed_only(&rules, &printed, precedence(format)) else {
                    continue;
                };
                let diff = expected.diff(&again);
                assert!(diff.changes().is_empty(), "{title}: {diff}");
                for line in &case.requests {
                    let (request, _) = line.rsplit_once(" -> ").unwrap();
                    let expected = answer(request, &expected).0;
                    assert_eq!(answer(request, &again).0, expected, "{title}: {request}");
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(config(10))]

    #[test]
    fn rules_of_a_table_decide_like_the_table(
        numbers in vec(any::<u16>(), 0..200),
        requests in vec(vec(any::<u16>(), 0..40), 20),
    ) {
        let mut choices = Choices::new(&numbers);
        let precedence = generate::precedence(&mut choices);
        let (table, rules) = real::table(&generate::rules(&mut choices), precedence);
        prop_assume!(!rules.is_empty());
        let own = printed_rules(&table);
        let builder = Rules::builder().precedence(real::precedence(precedence));
        let again = builder.rules(own.clone()).build();
        let again = again.map_err(|error| TestCaseError::fail(error.to_string()))?;
        for numbers in requests {
            let Some((request, scheme)) = generate::request(&mut Choices::new(&numbers), &rules) else {
                continue;
            };
            let expected = real::answer(&table, &request, scheme);
            prop_assert_eq!(real::answer(&again, &request, scheme), expected, "{:?}", own);
        }
        prop_assert_eq!(printed_rules(&again), own);
    }

    #[test]
    fn what_is_printed_decides_the_same(
        numbers in vec(any::<u16>(), 0..200),
        requests in vec(vec(any::<u16>(), 0..40), 20),
    ) {
        let mut choices = Choices::new(&numbers);
        let precedence = generate::precedence(&mut choices);
        let (table, rules) = real::table(&generate::rules(&mut choices), precedence);
        prop_assume!(!rules.is_empty());
        for format in Format::all() {
            let printed = format.print(&table);
            let again = format.parse_lossy(printed.text()).rules;
            let Some(expected) = printed_only(&table, &printed, real::precedence(precedence)) else {
                continue;
            };
            for numbers in &requests {
                let Some((request, scheme)) = generate::request(&mut Choices::new(numbers), &rules) else {
                    continue;
                };
                let expected = without_empty(&format!("{:?}", real::answer(&expected, &request, scheme)));
                let answer = without_empty(&format!("{:?}", real::answer(&again, &request, scheme)));
                prop_assert_eq!(answer, expected, "{}: {}\n{:?}", format, request.uri(), printed);
            }
        }
    }
}

#[test]
fn the_root_with_one_more_slash_is_a_path_of_its_own() {
    let rules = Rules::new([Rule::permanent("/", "/to").ignore_trailing_slash()]).unwrap();
    let mut printed_by = 0;
    for format in Format::all() {
        let printed = format.print(&rules);
        if !printed.not_printed().is_empty() {
            continue;
        }
        printed_by += 1;
        let again = format.parse_lossy(printed.text()).rules;
        for path in ["/", "//"] {
            testing::get(path).through(&again).assert_redirect("/to");
        }
    }
    assert!(printed_by > 0);
}

#[test]
fn a_header_names_the_country() {
    let header = HeaderName::from_static("cf-ipcountry");
    let options = netlify::options().country_header(header.clone());
    let rules = options
        .parse("/ /de 302! Country=DE,at\n/ /fr 302! Country=fr Language=fr")
        .unwrap();
    let toml = "[[redirects]]\nfrom = '/'\nto = '/de'\nstatus = 302\nforce = true\n\
                conditions = { country = ['de', 'AT'] }";
    let toml = netlify_toml::options().country_header(header).parse(toml);
    let printed = Format::Native.print(&rules);
    assert_eq!(
        printed.text(),
        "/ -> /de 302 header-in-any-case:cf-ipcountry=de|at query=target-wins ignore-trailing-slash\n\
         / -> /fr 302 header-in-any-case:cf-ipcountry=fr language:nf_lang=fr query=target-wins \
         ignore-trailing-slash\n",
    );
    let again = native::parse(printed.text()).unwrap();
    for rules in [&rules, &again, &toml.unwrap()] {
        for country in ["de", "DE", "At"] {
            testing::get("/")
                .header("cf-ipcountry", country)
                .through(rules)
                .assert_redirect("/de");
        }
        for country in ["", "us", "de-at", "fr"] {
            testing::get("/")
                .header("cf-ipcountry", country)
                .through(rules)
                .assert_pass();
        }
        testing::get("/").through(rules).assert_pass();
    }
    assert_eq!(Format::Netlify.print(&rules).not_printed().len(), 2);
}

/// Apache ends a quoted word at its next quote, even if a `\` is before it.
#[test]
fn apache_has_no_quotes_in_words() {
    let rules = Rules::new([
        Rule::found(Source::exact("/a\"b c"), "/t\"u v"),
        Rule::found("/x\"y/{z}", "/{z}\""),
        Rule::found("/plain", "/t\"u v"),
    ]);
    let rules = rules.unwrap();
    let text = Format::Apache.print(&rules).into_text();
    assert!(!text.contains('"'), "{text}");
}

/// Only the slash before the tail of a prefix is a part of it.
#[test]
fn a_prefix_keeps_the_slashes_of_its_target() {
    for target in ["/b/{c}", "https://n.example/b/{c}/#e", "/b/{c}/{c}-/"] {
        let device = Condition::header("x-device").captured_as("c");
        let rule = Rule::found(Source::prefix("/a"), target).when(device);
        let rules = Rules::new([rule]).unwrap();
        let printed = Format::Vercel.print(&rules);
        assert_eq!(printed.not_printed(), []);
        let again = Format::Vercel.parse(printed.text()).unwrap();
        for path in ["/a", "/a/", "/a/x/y"] {
            let request = testing::get(path).header("x-device", "d");
            let [expected, got] = [&rules, &again].map(|rules| {
                let redirect = rules.decide(&request.head()).into_target();
                redirect.map(|redirect| redirect.location().as_str().to_owned())
            });
            assert!(expected.is_some());
            assert_eq!(got, expected, "{target} {path}");
        }
    }
}
