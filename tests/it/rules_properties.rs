//! Compiled tables against the naive interpreter, which is the specification: the same answer to every
//! request, alone and among others.
//!
//! `CASES` sets how many tables are tried, each with thirty requests. See `tests/support/cases.rs`.

use std::convert::Infallible;

use http::{Request, Response, StatusCode};
use percent_encoding::percent_decode_str;
use proptest::{collection::vec, prelude::*, test_runner::TestCaseError};
use tower::{Layer, ServiceExt, service_fn};
use tower_redirect::{RedirectLayer, rules::Rules};
use url::{Position, Url};

use crate::cases::config;
use crate::naive::{
    Answer, How, Interpreter, Place, Rule, Source, asking,
    generate::{self, Choices},
    real,
};

fn numbers() -> impl Strategy<Value = (Vec<u16>, Vec<Vec<u16>>)> {
    (vec(any::<u16>(), 0..200), vec(vec(any::<u16>(), 0..40), 30))
}

fn conditions() -> impl Strategy<Value = (Vec<Vec<u16>>, Vec<Vec<u16>>)> {
    let rules = vec(vec(any::<u16>(), 16), 20..60);
    (rules, vec(vec(any::<u16>(), 0..40), 30))
}

fn same(
    expected: &Answer,
    got: &Answer,
    request: &Request<()>,
    rules: &[Rule],
) -> Result<(), TestCaseError> {
    prop_assert!(
        expected == got,
        "specified {expected:?}\n got {got:?}\n{} {} {:?}\n{rules:#?}",
        request.method(),
        request.uri(),
        request.headers(),
    );
    Ok(())
}

proptest! {
    #![proptest_config(config(20))]

    #[test]
    fn a_table_answers_as_its_rules_do_one_by_one((table, requests) in numbers()) {
        let mut choices = Choices::new(&table);
        let precedence = generate::precedence(&mut choices);
        let (table, rules) = real::table(&generate::rules(&mut choices), precedence);
        prop_assume!(!rules.is_empty());
        let specified = Interpreter::new(&rules, precedence);
        for numbers in requests {
            let Some((request, scheme)) = generate::request(&mut Choices::new(&numbers), &rules) else {
                continue;
            };
            let expected = specified.answer(&request, scheme);
            same(&expected, &real::answer(&table, &request, scheme), &request, &rules)?;
        }
    }

    /// So many conditions ask for the query and the cookies that these are read once for all.
    #[test]
    fn many_conditions_on_one_path_are_asked_one_by_one((table, requests) in conditions()) {
        let (table, rules) = real::table(&asking::rules(&table), crate::naive::Precedence::FirstMatch);
        let specified = Interpreter::new(&rules, crate::naive::Precedence::FirstMatch);
        for numbers in requests {
            let request = asking::request(&numbers);
            let expected = specified.answer(&request, None);
            same(&expected, &real::answer(&table, &request, None), &request, &rules)?;
        }
    }

    /// Among a hundred others, of so many shapes that all beginnings are looked at first.
    #[test]
    fn others_between_them_change_nothing((table, requests) in numbers()) {
        let mut choices = Choices::new(&table);
        let precedence = generate::precedence(&mut choices);
        let (_, rules) = real::table(&generate::rules(&mut choices), precedence);
        prop_assume!(!rules.is_empty());
        let all: Vec<Rule> = (0..100)
            .flat_map(|number| {
                let own = (number % 10 == 5).then(|| rules.get(number / 10).cloned());
                own.flatten().into_iter().chain([generate::filler(number)])
            })
            .collect();
        let (table, built) = real::table(&all, precedence);
        // More rules give the analysis more URLs to try, so it may prove a loop that it couldn't
        // decide for the rules alone.
        prop_assume!(built.len() == all.len());
        let (alone, everything) = (Interpreter::new(&rules, precedence), Interpreter::new(&all, precedence));
        for numbers in requests {
            let mut choices = Choices::new(&numbers);
            let near = if choices.one_in(10) { &all } else { &rules };
            let Some((request, scheme)) = generate::request(&mut choices, near) else {
                continue;
            };
            let expected = everything.answer(&request, scheme);
            if std::ptr::eq(near, &raw const rules) {
                same(&alone.answer(&request, scheme), &expected, &request, &rules)?;
            }
            same(&expected, &real::answer(&table, &request, scheme), &request, &rules)?;
        }
    }

    /// Behind the layer: when it is sent, how long it may be kept, and what it depends on.
    #[test]
    fn the_layer_sends_what_a_table_answers((table, requests) in numbers()) {
        let mut choices = Choices::new(&table);
        let precedence = generate::precedence(&mut choices);
        let (table, rules) = real::table(&generate::rules(&mut choices), precedence);
        prop_assume!(!rules.is_empty());
        let specified = Interpreter::new(&rules, precedence);
        for numbers in requests {
            let Some((request, _)) = generate::request(&mut Choices::new(&numbers), &rules) else {
                continue;
            };
            let (expected, rule) = specified.answer_of(&request, None);
            for app in [StatusCode::NOT_FOUND, StatusCode::UNAUTHORIZED, StatusCode::OK] {
                let response = through(&table, &request, app);
                match (&expected, rule) {
                    (Answer::Pass, _) => prop_assert_eq!(response.status(), app),
                    (Answer::Refuse(status), _) => {
                        prop_assert_eq!(response.status().as_u16(), *status);
                    }
                    (Answer::Redirect { .. }, Some(rule)) if rule.after.is_some_and(|status| app != status) => {
                        prop_assert_eq!(response.status(), app);
                    }
                    // It would lead to where the client is.
                    (Answer::Redirect { location, .. }, _) if response.status() == app => {
                        prop_assert!(is_here(&request, location), "{} of {}", location, request.uri());
                    }
                    (Answer::Redirect { status, location }, rule) => {
                        prop_assert_eq!(response.status().as_u16(), *status);
                        let sent = |name| response.headers().get(name).map(|value| value.to_str().unwrap());
                        prop_assert_eq!(sent("location"), Some(location.as_str()));
                        depends(rule.unwrap(), sent("vary"), sent("cache-control"))?;
                    }
                }
            }
        }
    }
}

fn through(table: &Rules, request: &Request<()>, status: StatusCode) -> Response<()> {
    let app = service_fn(async |_: Request<()>| {
        let mut response = Response::new(());
        *response.status_mut() = status;
        Ok::<_, Infallible>(response)
    });
    let service = RedirectLayer::new(table).layer(app);
    let Ok(response) = tokio_test::block_on(service.oneshot(request.clone()));
    response
}

/// Whether a location may be taken for the address that was asked for.
fn is_here(request: &Request<()>, location: &str) -> bool {
    let host = request.uri().host().unwrap_or("app.example");
    let target = request
        .uri()
        .path_and_query()
        .map_or("/", |target| target.as_str())
        // A client that sends a `\` doesn't take it for a `/`, as the parser below does.
        .replace('\\', "%5C");
    let host = match request.headers().get("host") {
        Some(host) => host.to_str().unwrap_or_default(),
        None => host,
    };
    // What is no host makes no difference: locations are compared without theirs.
    let here = [host, "app.example"].map(|host| Url::parse(&format!("https://{host}{target}")));
    let Some(here) = here.into_iter().find_map(Result::ok) else {
        return false;
    };
    let there = here.join(location).unwrap();
    let plain = |url: &Url| {
        let target = &url[Position::BeforePath..Position::AfterQuery];
        percent_decode_str(target)
            .decode_utf8_lossy()
            .trim_end_matches('?')
            .to_owned()
    };
    plain(&here) == plain(&there)
}

/// The fields that the rule itself asks for are named; a lifetime is the rule's, and of a cookie private.
fn depends(rule: &Rule, vary: Option<&str>, cache: Option<&str>) -> Result<(), TestCaseError> {
    let named = |name: &str| {
        let mut names = vary.unwrap_or_default().split(',').map(str::trim);
        names.any(|own| own.eq_ignore_ascii_case(name))
    };
    for condition in &rule.conditions {
        let name = match &condition.place {
            Place::Query(_) => continue,
            Place::Header(name) => name,
            Place::Cookie(_) => "cookie",
        };
        prop_assert!(named(name), "{} in {:?}", name, vary);
    }
    let cache = cache.unwrap_or_default();
    if let Some(seconds) = rule.cache {
        prop_assert!(cache.ends_with(&format!("max-age={seconds}")), "{}", cache);
    }
    let lasts = matches!(rule.how, How::Status(301 | 308) | How::Permanent) || rule.cache.is_some();
    prop_assert_eq!(
        cache.starts_with("private"),
        named("cookie") && lasts,
        "{}",
        cache
    );
    Ok(())
}

/// No location is longer than 8,000 bytes, and no regex is asked about a path that is.
#[test]
fn a_path_that_is_too_long_passes_regexes() {
    let regex = |regex: &str, to: &str| {
        let mut rule = generate::filler(0);
        (rule.source, rule.target) = (Source::Regex(regex.to_owned()), to.to_owned());
        rule
    };
    let mut behind = regex("", "/all");
    behind.source = Source::Native("/{*rest}".to_owned());
    let rules = [regex("/a*", "/a"), regex("/.*", "/b"), behind];
    let (table, rules) = real::table(&rules, crate::naive::Precedence::FirstMatch);
    let specified = Interpreter::new(&rules, crate::naive::Precedence::FirstMatch);
    for (length, to) in [
        (7_999, "/a"),
        (8_000, "/a"),
        (8_001, "/all"),
        (60_000, "/all"),
    ] {
        let path = format!("/{}", "a".repeat(length - 1));
        let request = Request::get(path).body(()).unwrap();
        let expected = specified.answer(&request, None);
        assert!(
            matches!(&expected, Answer::Redirect { location, .. } if location == to),
            "{length}"
        );
        assert_eq!(expected, real::answer(&table, &request, None), "{length}");
        let explained = table
            .explain(&tower_redirect::RequestHead::new(&request))
            .to_string();
        assert_eq!(explained.contains("no regex matches"), length > 8_000);
    }
}
