//! A port that differs is another URL (R9).

use super::*;

/// A rule on the host `h.example`.
fn on_host(source: &str, target: &str) -> Rule {
    Rule::permanent(source, target).host("h.example")
}

/// The findings of a table that is built, as kind and rule.
fn findings(rules: &Rules) -> Vec<(FindingCode, u32)> {
    let report = rules.check();
    report
        .iter()
        .map(|one| (one.code(), one.rule().unwrap()))
        .collect()
}

#[test]
fn r9_a_target_on_another_port_is_sent_once() {
    for (rule, path, location) in [
        (
            on_host("/port", "http://h.example:8080/port"),
            "/port",
            "http://h.example:8080/port",
        ),
        (
            permanent("http://h.example/port", "http://h.example:8080/port"),
            "/port",
            "http://h.example:8080/port",
        ),
        (
            on_host("/{*rest}", "http://h.example:8080/{rest}"),
            "/a/b",
            "http://h.example:8080/a/b",
        ),
        (
            on_host("/a{/*rest}", "http://h.example:8080/a{/*rest}"),
            "/a",
            "http://h.example:8080/a",
        ),
        (
            on_host("/{_x}", "http://h.example:8080/fixed"),
            "/a",
            "http://h.example:8080/fixed",
        ),
        (
            Rule::permanent("/port", "http://a.h.example:8080/port").host("*.h.example"),
            "/port",
            "http://a.h.example:8080/port",
        ),
        (
            Rule::permanent(Source::prefix("/a"), "http://h.example:8080/a").host("h.example"),
            "/a/b",
            "http://h.example:8080/a/b",
        ),
        (
            Rule::permanent(Source::regex("/(.*)"), "http://h.example:8080/{1}").host("h.example"),
            "/a",
            "http://h.example:8080/a",
        ),
        (
            on_host("/Port", "http://h.example:8080/port").ignore_case(),
            "/PORT",
            "http://h.example:8080/port",
        ),
        (
            on_host("/port", "http://h.example:8080/port").after(http::StatusCode::NOT_FOUND),
            "/port",
            "http://h.example:8080/port",
        ),
        (
            on_host("/port", "http://h.example:8080/port").when(Condition::header("x")),
            "/port",
            "http://h.example:8080/port",
        ),
        (
            Rule::see_other("/port", "http://h.example:8080/port").host("h.example"),
            "/port",
            "http://h.example:8080/port",
        ),
    ] {
        let text = format!("{rule:?}");
        let rules = Rules::new([rule]).unwrap_or_else(|errors| panic!("{errors}\n{text}"));
        let mut found = findings(&rules);
        if text.contains("Regex") {
            // What a regex matches again isn't decided.
            let other = [FindingCode::UndecidedLoop, FindingCode::PossibleChain];
            found.retain(|(kind, _)| !other.contains(kind));
        }
        assert_eq!(found, [(FindingCode::OtherPort, 0)], "{text}");
        // A client gets there, and stays there.
        let host = location.strip_prefix("http://").unwrap();
        let host = host.split(':').next().unwrap();
        for host in [host.to_owned(), format!("{host}:80"), format!("{host}:81")] {
            let request = testing::get(path)
                .header("host", &host)
                .header("x", "1")
                .scheme(HttpScheme::Http);
            testing::follow(&rules, request)
                .assert_arrives_at(location)
                .assert_hops(1);
        }
        // Behind a proxy that drops the port, the note is right.
        let own = location.rsplit_once(":8080").unwrap().1;
        testing::get(own)
            .header("host", host)
            .header("x", "1")
            .scheme(HttpScheme::Http)
            .through(&rules)
            .assert_redirect(location);
    }
}

#[test]
fn r9_what_is_said_about_another_port() {
    let rules = Rules::new([on_host("/port", "http://h.example:8080/port")]).unwrap();
    let report = rules.check();
    assert!(report.is_clean() && !report.is_empty());
    assert_eq!(
        report.to_string(),
        "rule 0: note: `http://h.example:8080/port` differs only by its port from a URL that this \
         rule matches; make sure that no proxy drops the port from `Host`, because that causes a \
         redirect loop",
    );
    assert_eq!(FindingCode::OtherPort.to_string(), "other-port");
}

/// The default port is no other port, as for the guard.
#[test]
fn r9_the_default_port_is_the_same_url() {
    for rule in [
        on_host("/a", "https://h.example/a"),
        on_host("/a", "https://h.example:443/a"),
        on_host("/a", "http://h.example:80/a"),
        permanent("http://h.example/a", "http://h.example:80/a"),
        permanent("https://h.example/a", "https://h.example:443/a"),
        // Without a known scheme, the guard takes both for a default port.
        on_host("/a", "http://h.example:443/a"),
        on_host("/a", "https://h.example:80/a"),
    ] {
        let text = format!("{rule:?}");
        let errors = Rules::new([rule]).map(|rules| rules.check()).unwrap_err();
        let said = errors.to_string();
        assert!(said.contains("matches this rule again"), "{said}\n{text}");
    }
    // With one, they are two.
    for rule in [
        permanent("http://h.example/a", "http://h.example:443/a"),
        permanent("https://h.example/a", "https://h.example:80/a"),
    ] {
        let text = format!("{rule:?}");
        let rules = Rules::new([rule]).unwrap_or_else(|errors| panic!("{errors}\n{text}"));
        assert_eq!(findings(&rules), [(FindingCode::OtherPort, 0)], "{text}");
    }
}

#[test]
fn r9_without_a_host_of_the_table_nothing_is_said() {
    for rules in [
        vec![permanent("/port", "http://h.example:8080/port")],
        vec![permanent("/{*rest}", "http://h.example:8080/{rest}")],
        vec![permanent("/port", "http://h.example:8080/port").host("i.example")],
        // Another path or another scheme.
        vec![on_host("/a", "http://h.example:8080/b")],
        vec![permanent("http://h.example/a", "https://h.example:8443/a")],
    ] {
        let text = format!("{rules:?}");
        assert!(Rules::new(rules).unwrap().check().is_empty(), "{text}");
    }
    // Another rule names the host.
    let rules = Rules::new([
        on_host("/other", "/x"),
        permanent("/port", "http://h.example:8080/port"),
    ]);
    assert_eq!(findings(&rules.unwrap()), [(FindingCode::OtherPort, 1)]);
}

/// Whether another port is served by the same table isn't known, so such loops are possible ones.
#[test]
fn r9_loops_over_ports_are_warnings() {
    use FindingCode::{PossibleEndlessRedirect, PossibleLoop};
    for (rules, kind, path) in [
        (
            vec![
                on_host("/a", "http://h.example:8080/b"),
                on_host("/b", "http://h.example:8081/a"),
            ],
            PossibleLoop,
            "/a",
        ),
        (
            vec![
                on_host("/a", "http://h.example:8080/b"),
                on_host("/b", "/a"),
            ],
            PossibleLoop,
            "/a",
        ),
        (
            vec![
                on_host("/a", "http://h.example:8080/b"),
                on_host("/b", "http://h.example/a"),
            ],
            PossibleLoop,
            "/a",
        ),
        (
            vec![
                on_host("/a", "http://h.example:8080/a"),
                on_host("/a", "http://h.example:8081/a").scheme(HttpScheme::Http),
            ],
            FindingCode::OtherPort,
            "/a",
        ),
        (
            vec![on_host("/{x}/{y}", "http://h.example:8080/{y}/{x}")],
            PossibleLoop,
            "/a/b",
        ),
        (
            vec![on_host("/{*rest}", "http://h.example:8080/app/{rest}")],
            PossibleEndlessRedirect,
            "/a",
        ),
        (
            vec![on_host("/a", "http://h.example:8080/a?x=1")],
            PossibleEndlessRedirect,
            "/a",
        ),
    ] {
        let text = format!("{rules:?}");
        let rules = Rules::new(rules).unwrap_or_else(|errors| panic!("{errors}\n{text}"));
        let report = rules.check();
        assert!(
            report.iter().any(|one| one.code() == kind),
            "{report}\n{text}"
        );
        if kind != FindingCode::OtherPort {
            let request = testing::get(path)
                .header("host", "h.example")
                .scheme(HttpScheme::Http);
            let journey = testing::follow(&rules, request);
            assert_eq!(journey.end(), &End::TooManyRedirects, "{text}");
        }
    }
}

#[test]
fn r9_chains_over_ports() {
    for (rules, kind) in [
        // The second redirects on every port.
        (
            [
                on_host("/a", "http://h.example:8080/b"),
                on_host("/b", "http://h.example:8081/b"),
            ],
            Some(FindingCode::RedirectChain),
        ),
        // On port 8080, the second is the requested URL.
        (
            [
                on_host("/a", "http://h.example:8080/b"),
                on_host("/b", "http://h.example:8080/b"),
            ],
            None,
        ),
        // A request for port 8080 arrives at the first.
        (
            [
                on_host("/a", "/b"),
                on_host("/b", "http://h.example:8080/b"),
            ],
            Some(FindingCode::PossibleChain),
        ),
    ] {
        let text = format!("{rules:?}");
        let rules = Rules::new(rules).unwrap_or_else(|errors| panic!("{errors}\n{text}"));
        let report = rules.check();
        let kinds = [FindingCode::RedirectChain, FindingCode::PossibleChain];
        let found = report.iter().find(|one| kinds.contains(&one.code()));
        assert_eq!(found.map(Finding::code), kind, "{report}\n{text}");
        // Nothing is flattened that a request for the port would notice.
        let flattened = rules.flatten();
        for host in ["h.example", "h.example:8080", "h.example:8081"] {
            for path in ["/a", "/b"] {
                let arrives = |rules: &Rules| {
                    let request = testing::get(path)
                        .header("host", host)
                        .scheme(HttpScheme::Http);
                    testing::follow(rules, request).url().to_owned()
                };
                assert_eq!(arrives(&rules), arrives(flattened.rules()), "{text}");
            }
        }
    }
}

/// The other port of one table is a change, and an explanation knows where the redirect ends.
#[test]
fn r9_ports_in_a_diff_and_in_an_explanation() {
    let to = |port| Rules::new([on_host("/a", &format!("http://h.example:{port}/a"))]).unwrap();
    let (old, new) = (to(8080), to(8081));
    let diff = old.diff(&new);
    let change = diff.changes().first().map(ToString::to_string).unwrap();
    assert!(
        change.contains(":8080/a") && change.contains(":8081/a"),
        "{change}"
    );
    for (host, not_sent) in [
        ("h.example", None),
        ("h.example:80", None),
        ("h.example:8081", None),
        ("h.example:8080", Some(NotSentReason::SelfTarget)),
    ] {
        let request = testing::get("/a").header("host", host);
        let explanation = old.explain(&request.head());
        assert_eq!(explanation.not_sent(), not_sent, "{host}");
    }
}
