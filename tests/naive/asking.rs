//! Many rules on one path that differ in what they ask for, and requests that have some of it.

use http::Request;

use super::{
    Condition, How, Outcome, Place, Query, Rule, Source, Test,
    generate::{Choices, outcome},
};

const NAMES: [&str; 6] = ["a", "b", "a b", "caf\u{e9}", "", "none"];

/// Rules behind some that ask for what nobody sends.
pub fn rules(numbers: &[Vec<u16>]) -> Vec<Rule> {
    let none = |place: Place| {
        let condition = Condition {
            wanted: true,
            place,
            test: Test::Present,
        };
        rule(vec![condition], "/never")
    };
    let before = (0..8).flat_map(|_| {
        let name = || "nobody".to_owned();
        [none(Place::Query(name())), none(Place::Cookie(name()))]
    });
    let behind = numbers.iter().enumerate().map(|(at, numbers)| {
        let choices = &mut Choices::new(numbers);
        let conditions: Vec<_> = (0..1 + choices.below(2))
            .map(|at| condition(choices, &format!("x{at}")))
            .collect();
        let captured = conditions
            .iter()
            .filter_map(|condition| match &condition.test {
                Test::Captured(name) => Some(format!("/{{{name}}}")),
                Test::Matches(_) if condition.wanted => Some("/{m}".to_owned()),
                _ => None,
            });
        let target = format!("/to/{at}{}", captured.collect::<String>());
        Rule {
            outcome: outcome(choices),
            ..rule(conditions, &target)
        }
    });
    before.chain(behind).collect()
}

fn rule(conditions: Vec<Condition>, target: &str) -> Rule {
    Rule {
        outcome: Outcome::Redirect,
        how: How::Temporary,
        source: Source::Native("/a".to_owned()),
        target: target.to_owned(),
        host: None,
        scheme: None,
        methods: Vec::new(),
        conditions,
        except: Vec::new(),
        query: Query::Keep,
        edits: Vec::new(),
        cache: None,
        except_methods: Vec::new(),
        after: None,
        only_these: false,
        ignore_case: false,
        ignore_trailing_slash: false,
    }
}

fn condition(choices: &mut Choices<'_>, name: &str) -> Condition {
    let asked = choices.pick(&NAMES).to_owned();
    let place = match choices.below(2) {
        0 => Place::Query(asked),
        _ => Place::Cookie(asked),
    };
    let wanted = choices.below(4) > 0;
    let is_query = matches!(place, Place::Query(_));
    let value = |choices: &mut Choices<'_>| {
        let value = choices.pick(&["1", "a b", "caf\u{e9}", "", "a+b", "\u{fffd}", "no"]);
        // A parameter that is no UTF-8 means no text.
        let of_query = if value == "\u{fffd}" { "1" } else { value };
        (if is_query { of_query } else { value }).to_owned()
    };
    let test = match choices.below(6) {
        0 if wanted => Test::Captured(name.to_owned()),
        1 if wanted && name == "x0" => Test::Matches("(?<m>[a-z]+)[0-9]*".to_owned()),
        2 if !wanted => Test::Matches("[0-9]+".to_owned()),
        3 => Test::Present,
        4 => Test::OneOf(vec![value(choices), value(choices)]),
        _ => Test::OneOf(vec![value(choices)]),
    };
    Condition {
        wanted,
        place,
        test,
    }
}

/// A request for the path, with parameters and cookies that repeat and are spelled in several ways.
pub fn request(numbers: &[u16]) -> Request<()> {
    let choices = &mut Choices::new(numbers);
    let mut pairs = |separator: &str, equals: &[&str]| {
        let pair = |_| {
            let name = choices.pick(&[
                "a",
                "b",
                "%61",
                "a+b",
                "a%20b",
                "a b",
                "caf%C3%A9",
                "caf\u{e9}",
                "",
                " a ",
                "%zz",
            ]);
            let value = choices.pick(&[
                "1",
                "%31",
                "",
                "a+b",
                "a%20b",
                "a b",
                "caf%c3%a9",
                "caf\u{e9}",
                "%FF",
                "x1",
                "no",
                " 1 ",
            ]);
            format!("{name}{}{value}", choices.pick(equals))
        };
        let pairs: Vec<_> = (0..9).map(pair).collect();
        pairs.join(separator)
    };
    let query = pairs("&", &["=", "=", ""]).replace(' ', "%20");
    let cookie = pairs("; ", &["=", "=", ""]);
    Request::get(format!("/a?{query}"))
        .header("cookie", cookie.as_bytes())
        .header("cookie", &b"a=\xff; b=1"[..])
        .body(())
        .unwrap()
}
