//! Rules that wait for a response of the app, exclude methods, or allow no other parameters.

use tower_redirect::rules::{FailedCondition, FindingCode, Format};

use super::*;

fn all(rules: impl IntoIterator<Item = Rule>) -> Rules {
    Rules::new(rules).unwrap()
}

fn findings(rules: &Rules) -> Vec<String> {
    rules.check().iter().map(ToString::to_string).collect()
}

#[test]
fn a_rule_waits_for_its_own_status_only() {
    let rules = all([
        Rule::found("/a", "/login").after(StatusCode::UNAUTHORIZED),
        Rule::found("/b", "/old").after(StatusCode::OK),
        Rule::found("/c", "/d")
            .after(StatusCode::OK)
            .after(StatusCode::GONE),
    ]);
    let ask = |path: &'static str, status: StatusCode| {
        let app = service_fn(move |_: Request<()>| async move {
            let mut response = Response::new(());
            *response.status_mut() = status;
            Ok::<_, Infallible>(response)
        });
        let service = RedirectLayer::new(rules.clone()).layer(app);
        let Ok(response) = tokio_test::block_on(service.oneshot(asked(path, &[])));
        response.status().as_u16()
    };
    for (path, status, expected) in [
        ("/a", StatusCode::UNAUTHORIZED, 302),
        ("/a", StatusCode::FORBIDDEN, 403),
        ("/a", StatusCode::NOT_FOUND, 404),
        ("/b", StatusCode::OK, 302),
        ("/b", StatusCode::CREATED, 201),
        ("/c", StatusCode::GONE, 302),
        ("/c", StatusCode::OK, 200),
    ] {
        assert_eq!(ask(path, status), expected, "{path} {status}");
    }
}

#[test]
fn the_status_is_named_where_the_rule_is_explained() {
    let rules = all([Rule::found("/a", "/b").after(StatusCode::UNAUTHORIZED)]);
    let explained = rules.explain(&testing::get("/a").head()).to_string();
    assert!(
        explained.contains("matches, if the app responds with 401"),
        "{explained}"
    );
}

#[test]
fn loops_of_rules_that_wait_are_warnings_with_the_way_out() {
    let unauthorized = StatusCode::UNAUTHORIZED;
    for (rules, expected) in [
        (
            vec![
                Rule::found("/a", "/b").after(unauthorized),
                Rule::found("/b", "/a"),
            ],
            "possible redirect loop: `/a` \u{2192} `/b` \u{2192} `/a` (rules 0 and 1); change a target, \
             unless the app responds there with another status",
        ),
        (
            vec![
                Rule::found("/a", "/b?x=1").after(unauthorized),
                Rule::found("/b", "/a"),
            ],
            "change a target, unless the app responds there with another status",
        ),
        (
            vec![Rule::found("/{*rest}", "/en/{rest}").after(unauthorized)],
            "the rule skips the URLs that it redirects to; check how the app responds to these URLs",
        ),
        (
            vec![
                Rule::found("/a", "/b"),
                Rule::found("/b", "/c").after(unauthorized),
            ],
            "unless the app responds with another status at `/b`",
        ),
    ] {
        let found = findings(&all(rules));
        assert!(found.iter().any(|one| one.contains(expected)), "{found:#?}");
    }
}

#[test]
fn only_a_404_has_a_text_in_netlifys_format() {
    let print = |rule: Rule| Format::Netlify.print(&all([rule])).into_text();
    let waits = |status| {
        Rule::moved_permanently("/a", "/b")
            .query(QueryPolicy::TargetWins)
            .ignore_trailing_slash()
            .after(status)
    };
    let found = print(waits(StatusCode::NOT_FOUND));
    assert!(found.contains("/a /b"), "{found}");
    let gone = print(waits(StatusCode::GONE));
    assert!(!gone.contains("/a /b"), "{gone}");
}

#[test]
fn excluded_methods_go_to_the_next_rule() {
    let rules = all([
        Rule::found("/a", "/reads").except_methods([Method::POST, Method::PUT]),
        Rule::found("/a", "/posts").methods([Method::POST]),
    ]);
    for (method, expected) in [
        (Method::GET, Some("/reads")),
        (Method::from_bytes(b"X-OWN").unwrap(), Some("/reads")),
        (Method::POST, Some("/posts")),
        (Method::PUT, None),
    ] {
        let answer = testing::request(method, "/a").through(&rules);
        match expected {
            Some(location) => answer.assert_redirect(location),
            None => answer.assert_pass(),
        };
    }
    let explanation = rules.explain(&testing::post("/a").head()).candidates()[0]
        .failed_condition()
        .cloned();
    assert_eq!(explanation, Some(FailedCondition::Method));
    assert_eq!(findings(&rules), [] as [&str; 0]);
}

#[test]
fn a_rule_is_unreachable_only_if_each_of_its_methods_is_taken() {
    let rule = || Rule::found("/a", "/b");
    let put = [Method::PUT];
    for (first, second, is_shadowed) in [
        (rule().except_methods(put.clone()), rule(), false),
        (
            rule().except_methods(put.clone()),
            rule().methods(put.clone()),
            false,
        ),
        (
            rule().except_methods(put.clone()),
            rule().methods([Method::GET]),
            true,
        ),
        (
            rule().except_methods(put.clone()),
            rule().except_methods([Method::GET, Method::PUT]),
            true,
        ),
        (
            rule().methods([Method::GET]),
            rule().except_methods(put.clone()),
            false,
        ),
        (rule(), rule().except_methods(put), true),
        (rule(), rule().only_these_parameters(), true),
        (rule().only_these_parameters(), rule(), false),
    ] {
        let report = all([first, second.named("2")]).check();
        let found = report.iter().any(|one| {
            matches!(
                one.code(),
                FindingCode::UnreachableRule | FindingCode::DuplicateRule
            )
        });
        assert_eq!(found, is_shadowed, "{report}");
    }
}

#[test]
fn other_parameters_are_those_that_nothing_requires() {
    let rules = all([
        Rule::found("/a?id={id}&x=1", "/{id}").only_these_parameters(),
        Rule::found("/a", "/b")
            .when(Condition::query("p"))
            .unless(Condition::query("q"))
            .only_these_parameters(),
        Rule::gone("/c").only_these_parameters(),
    ]);
    for (target, expected) in [
        ("/a?id=5&x=1", Some("/5")),
        ("/a?x=1&id=5&id=6", Some("/5")),
        ("/a?%69d=5&x=1", Some("/5")),
        ("/a?id=5&x=1&utm=2", None),
        ("/a?p", Some("/b?p")),
        ("/a?p&&", Some("/b?p&&")),
        ("/a?p&r", None),
        ("/a?p&q", None),
        ("/a?p&=", None),
    ] {
        let answer = testing::get(target).through(&rules);
        match expected {
            Some(location) => answer.assert_redirect(location),
            None => answer.assert_pass(),
        };
    }
    testing::get("/c")
        .through(&rules)
        .assert_refused(StatusCode::GONE);
    testing::get("/c?")
        .through(&rules)
        .assert_refused(StatusCode::GONE);
    testing::get("/c?x").through(&rules).assert_pass();
}
