//! Targets with a placeholder as the first label of their host (R3).

use tower_redirect::rules::{FailedCondition, Finding, FindingCode, Format, NotPrinted, native};
use url::Url;

use super::*;

const TENANT: &str = "https://{tenant}.example.com/{rest}";

fn tenants() -> Rules {
    let rule = Rule::found("/t/{tenant}{/*rest}", TENANT);
    Rules::new([rule, Rule::found("/t/{*rest}", "/else")]).unwrap()
}

#[test]
fn one_label_of_a_request_is_put_before_the_domain() {
    let rules = tenants();
    for (target, expected) in [
        ("/t/a/b?c=d", "https://a.example.com/b?c=d"),
        ("/t/A-1", "https://a-1.example.com/"),
        ("/t/0/", "https://0.example.com/"),
        ("/t/example/x%2Fy", "https://example.example.com/x%2Fy"),
    ] {
        testing::get(target)
            .through(&rules)
            .assert_redirect(expected);
    }
    let rule = rules.iter().next().unwrap();
    assert_eq!(rule.target(), TENANT);
    let again = Rules::new(rules.iter().map(Rule::from)).unwrap();
    assert!(again.diff(&rules).is_empty());
}

/// A request without a valid label goes to the next rule, so that it never gets into a host.
#[test]
fn r3_r6_no_other_text_of_a_request_gets_into_a_host() {
    let rules = tenants();
    let label = |length: usize| "a".repeat(length);
    let [longest, too_long] = [63, 64].map(label);
    testing::get(&format!("/t/{longest}"))
        .through(&rules)
        .assert_redirect(&format!("https://{longest}.example.com/"));
    for tenant in [
        "evil.example",
        "a.b",
        ".a",
        "a.",
        "%2e",
        "a%2eb",
        "a%2Eb",
        "%61",
        "a%",
        "a@evil.example",
        "user:pw@evil.example",
        "a:80",
        "a%3A80",
        "a%2Fb",
        "a%5cb",
        "a\\b",
        "a%40b",
        "a%00",
        "a%0d%0aSet-Cookie:x",
        "-a",
        "a-",
        "-",
        "a_b",
        "a~b",
        "a+b",
        "a;b",
        "[",
        "caf\u{e9}",
        "caf%C3%A9",
        "\u{ff0e}",
        "%EF%BC%8E",
        "xn--",
        "xn--zz",
        "a%23",
        "a%3Fb",
        &*too_long,
    ] {
        let request = format!("/t/{tenant}");
        let Ok(uri) = request.parse::<http::Uri>() else {
            continue;
        };
        let mut asked = Request::new(());
        *asked.uri_mut() = uri;
        let response = ask(rules.clone(), asked);
        let location = response.headers().get(header::LOCATION);
        let location = location.map(|location| location.to_str().unwrap());
        // The other rule sends no dot segments, either.
        let is_dots = tenant == "%2e";
        assert_eq!(location, (!is_dots).then_some("/else"), "{request}");
    }
    // An empty segment is none.
    testing::get("/t//evil.example")
        .through(&rules)
        .assert_redirect("/else");
}

/// Whatever a request captures, browsers stay on a host right below the domain.
#[test]
fn r3_captures_of_every_kind_are_checked() {
    let to = "https://{t}.example.com/";
    let rules = [
        (Rule::found("/{t}", to), "/#"),
        (Rule::found("/?t={t}", to), "/?t=#"),
        (Rule::found(Source::regex("/(?<t>.*)"), to), "/#"),
        (
            Rule::found("/h", to).when(Condition::header("x-t").captured_as("t")),
            "/h",
        ),
        (
            Rule::found("/h", to).when(Condition::cookie("t").captured_as("t")),
            "/h",
        ),
    ];
    for (rule, path) in rules {
        let rules = Rules::new([rule]).unwrap();
        for text in [
            "a", "B-9", "a.b", "a%2eb", "a/b", "", "@", "a:1", "\u{e9}", "a%0", "-", "xn--a",
        ] {
            let mut request = Request::new(());
            let Ok(uri) = path.replace('#', text).parse() else {
                continue;
            };
            *request.uri_mut() = uri;
            let headers = request.headers_mut();
            headers.insert(
                "x-t",
                http::HeaderValue::from_bytes(text.as_bytes()).unwrap(),
            );
            let cookie = format!("t={text}");
            headers.insert(
                "cookie",
                http::HeaderValue::from_bytes(cookie.as_bytes()).unwrap(),
            );
            let response = ask(rules.clone(), request);
            let location = response.headers().get(header::LOCATION);
            match text {
                "a" | "B-9" => {
                    let url = Url::parse(location.unwrap().to_str().unwrap()).unwrap();
                    let expected = format!("{}.example.com", text.to_ascii_lowercase());
                    assert_eq!(url.host_str(), Some(&*expected));
                }
                _ => assert_eq!(location, None, "{text:?} of {path}"),
            }
        }
    }
}

#[test]
fn the_label_is_checked_after_its_transforms() {
    let rules = Rules::new([Rule::found(
        "/{t}",
        "http://{t|dash|upper}.example.com:8080/{t|upper}",
    )]);
    let rules = rules.unwrap();
    testing::get("/a_b")
        .through(&rules)
        .assert_redirect("http://a-b.example.com:8080/A_B");
    testing::get("/_a").through(&rules).assert_pass();
    assert_eq!(
        rules.iter().next().unwrap().target(),
        "http://{t|dash|upper}.example.com:8080/{t|upper}",
    );
}

#[test]
fn the_host_of_a_request_can_name_the_tenant() {
    let rules = native::parse(
        r#"/{*rest?} -> https://{sub}.new.example/{rest} host=*.old.example host:~"(?<sub>.*)\\.old\\.example""#,
    )
    .unwrap();
    let ask = |host: &str| testing::get("/a?b").header("host", host).through(&rules);
    ask("Shop.Old.Example:80").assert_redirect("https://shop.new.example/a?b");
    ask("a.b.old.example").assert_pass();
}

#[test]
fn explain_says_why_a_rule_does_not_match() {
    let rules = tenants();
    let request = testing::get("/t/a.b/c");
    let explanation = rules.explain(&request.head());
    let first = &explanation.candidates()[0];
    assert_eq!(first.failed_condition(), Some(&FailedCondition::HostLabel));
    assert_eq!(explanation.winner().unwrap().number(), 1);
    let text = explanation.to_string();
    let expected = "no match, the text for the host of its target isn't a host label";
    assert!(text.contains(expected), "{text}");
    assert_eq!(rules.find(&request.head()).unwrap().number(), 1);
}

#[test]
fn a_host_has_one_placeholder_as_its_first_label_before_a_domain() {
    for (target, expected) in [
        (
            "https://{t}.com/",
            "a domain of at least two labels must follow",
        ),
        ("https://{t}/", "can't contain a placeholder"),
        (
            "https://{t}.{u}.example.com/",
            "can't contain a placeholder",
        ),
        ("https://a{t}.example.com/", "can't contain a placeholder"),
        (
            "https://{t}.example.com:{u}/",
            "can't contain a placeholder",
        ),
        ("https://{t}.example.com{u}", "can't contain a placeholder"),
        ("https://{rest}.example.com/", "can't be a host label"),
        ("https://{nothing}.example.com/", "unknown placeholder"),
        (
            "https://{t|title}.example.com/",
            "unknown transform; write `lower`, `upper` or `dash`",
        ),
        (
            "/{t|lower|upper}",
            "a placeholder has one case; write `lower` or `upper`, once",
        ),
    ] {
        let errors = Rules::new([Rule::found("/{t}/{u}/{*rest}", target)]).unwrap_err();
        assert!(errors.to_string().contains(expected), "{target}: {errors}");
    }
    let errors = Rules::new([Rule::found("/{t|lower}", "/{t}")]).unwrap_err();
    assert!(
        errors.to_string().contains("only a target has transforms"),
        "{errors}"
    );
}

fn kinds(rules: &Rules) -> Vec<FindingCode> {
    rules.check().iter().map(Finding::code).collect()
}

#[test]
fn hosts_below_the_domain_may_be_redirected_again() {
    let to_tenant = || {
        let rule = Rule::found("/t/{t}/{*rest}", "https://{t}.example.com/{rest}");
        rule.host("old.example")
    };
    let all = |rules: [Rule; 2]| Rules::new(rules).unwrap();
    // Which tenant it is isn't known, so a rule for one is a possible chain.
    let one = all([to_tenant(), Rule::found("/a", "/b").host("x.example.com")]);
    assert_eq!(kinds(&one), [FindingCode::PossibleChain]);
    let every = all([
        to_tenant(),
        Rule::found("/{*_r}", "/b")
            .host("*.example.com")
            .except(["/b"]),
    ]);
    assert!(
        kinds(&every).contains(&FindingCode::RedirectChain)
            || kinds(&every).contains(&FindingCode::PossibleChain)
    );
    let other = all([to_tenant(), Rule::found("/a", "/b").host("example.com")]);
    assert_eq!(kinds(&other), []);
    // The rule behind it isn't hidden, because some texts are no label.
    let behind = all([
        to_tenant(),
        Rule::found("/t/{*rest}", "/{rest}").host("other.example"),
    ]);
    assert!(!kinds(&behind).contains(&FindingCode::UnreachableRule));
    let copy = all([to_tenant(), to_tenant()]);
    assert_eq!(kinds(&copy), [FindingCode::DuplicateRule]);
    let other_domain = Rule::found("/t/{t}/{*rest}", "https://{t}.example.org/{rest}");
    let other_domain = all([to_tenant(), other_domain.host("old.example")]);
    assert_eq!(kinds(&other_domain), []);
}

#[test]
fn loops_over_the_hosts_of_tenants_are_errors_or_undecided() {
    let rules = Rules::new([
        Rule::found("/{t}/{*rest}", "https://{t}.example.com/{t}/{rest}"),
        Rule::found("/{*rest}", "https://www.other.example/{rest}").host("*.example.com"),
    ]);
    match rules {
        Err(errors) => assert!(errors.to_string().contains("loop"), "{errors}"),
        Ok(rules) => {
            let report = rules.check();
            let kinds: Vec<_> = report.iter().map(Finding::code).collect();
            let may_loop = [
                FindingCode::PossibleLoop,
                FindingCode::PossibleEndlessRedirect,
                FindingCode::UndecidedLoop,
            ];
            assert!(kinds.iter().any(|kind| may_loop.contains(kind)), "{report}");
        }
    }
}

#[test]
fn a_redirect_to_the_requested_tenant_is_not_sent() {
    let rules = Rules::new([Rule::found("/{t}", "https://{t}.example.com/{t}")]).unwrap();
    let request = |host: &str| {
        testing::get("/a")
            .header("host", host)
            .scheme(HttpScheme::Https)
    };
    let sent = |host: &str| {
        let request = request(host);
        rules.explain(&request.head()).not_sent()
    };
    assert_eq!(sent("a.example.com"), Some(NotSentReason::SelfTarget));
    assert_eq!(sent("b.example.com"), None);
}

#[test]
fn flattening_keeps_a_chain_to_a_host_label() {
    let rules = Rules::new([
        Rule::found("/old/{t}", "/t/{t}"),
        Rule::found("/t/{t}", "https://{t}.example.com/"),
        Rule::found("/low/{t}", "/up/{t|lower}"),
        Rule::found("/up/{t}", "/end/{t|upper}"),
    ]);
    let rules = rules.unwrap();
    let flat = rules.flatten();
    assert!(flat.changes().is_empty(), "{flat}");
    for request in ["/old/a", "/old/a.b", "/low/aB", "/up/aB"] {
        let location = |rules: &Rules| {
            testing::follow(rules, testing::get(request))
                .url()
                .to_owned()
        };
        assert_eq!(location(&rules), location(flat.rules()), "{request}");
    }
}

#[test]
fn other_formats_have_no_such_hosts_and_no_transforms() {
    let rules = Rules::new([
        Rule::found("/t/{t}", "https://{t}.example.com/"),
        Rule::found("/u/{t}", "/v/{t|lower}"),
    ]);
    let rules = rules.unwrap();
    for format in Format::all() {
        let printed = format.print(&rules);
        let reasons: Vec<&str> = printed
            .not_printed()
            .iter()
            .map(NotPrinted::reason)
            .collect();
        match format {
            Format::Native => assert_eq!(reasons, [] as [&str; 0]),
            _ => {
                assert_eq!(reasons.len(), 2, "{format}: {}", printed.text());
            }
        }
    }
}
