//! Rules that have to do with one another, and requests that are near to them.

use std::fmt;

use http::Request;

use super::naive::{
    self,
    generate::{self, Choices},
    real,
};
use crate::{
    journey::TestRequest,
    location::HttpScheme,
    rules::{Condition, Rule, RuleOffset, Rules, compiled_rule::CompiledRule, condition::PathTest},
};

/// One rule in a table of its own, which decides alone what it matches.
pub(super) struct Alone {
    rule: Rule,
    pub(super) table: Rules,
}

impl Alone {
    fn new(rule: Rule) -> Option<Self> {
        let table = Rules::new([rule.clone()]).ok()?;
        (!table.is_empty()).then_some(Self { rule, table })
    }

    pub(super) fn compiled(&self) -> Option<(RuleOffset, CompiledRule<'_>)> {
        self.table.table.rules().next()
    }
}

impl fmt::Debug for Alone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.rule)
    }
}

/// Rules, and requests for them. Numbers decide everything, so that they can be made smaller.
pub(super) struct Case {
    pub(super) rules: Vec<Alone>,
    /// All rules in one table, if that has no certain loop.
    pub(super) together: Option<Rules>,
    pub(super) requests: Vec<TestRequest>,
}

impl Case {
    pub(super) fn new(table: &[u16], requests: &[Vec<u16>]) -> Self {
        let choices = &mut Choices::new(table);
        let mut written: Vec<_> = (0..2 + choices.below(3))
            .map(|_| generate::rule(choices))
            .collect();
        generate::relate(choices, &mut written);
        let rules = written
            .iter()
            .filter_map(|rule| Alone::new(of_formats(choices, real::rule(rule))));
        let rules: Vec<Alone> = rules.collect();
        let all = rules.iter().map(|one| one.rule.clone());
        let together = Rules::new(all).ok().filter(|all| all.len() == rules.len());
        let requests = requests
            .iter()
            .filter_map(|numbers| request(&mut Choices::new(numbers), &written))
            .filter(is_in_a_set)
            .collect();
        Self {
            rules,
            together,
            requests,
        }
    }
}

/// Returns `true` if sets say something about such a request.
fn is_in_a_set(request: &TestRequest) -> bool {
    let path = request.request().uri().path_and_query();
    path.is_some_and(|path| path.as_str().starts_with('/'))
}

fn request(choices: &mut Choices<'_>, rules: &[naive::Rule]) -> Option<TestRequest> {
    let (mut request, scheme) = generate::request(choices, rules)?;
    if choices.one_in(4) {
        more_fields(choices, &mut request);
    }
    let scheme = scheme.map(|scheme| match scheme {
        "https" => HttpScheme::Https,
        _ => HttpScheme::Http,
    });
    Some(TestRequest::of(request, scheme))
}

fn more_fields(choices: &mut Choices<'_>, request: &mut Request<()>) {
    for (name, values) in [
        ("x-kind", &["1", "A", "a", "2"][..]),
        ("accept-language", &["de-AT", "FR", "en", "f"][..]),
        (
            "cookie",
            &["locale=de", "beta=1; locale=", "locale=a b"][..],
        ),
    ] {
        if choices.one_in(2) {
            let value = http::HeaderValue::from_static(choices.pick(values));
            request.headers_mut().append(name, value);
        }
    }
}

/// What only rules of a format have.
fn of_formats(choices: &mut Choices<'_>, mut rule: Rule) -> Rule {
    // Other names than those of other rules: a witness has a value for each place alone.
    let kind = || Condition::header_in_any_case("x-kind");
    let language = || Condition::language("locale");
    let condition = match choices.below(24) {
        1 | 2 => Condition::path(PathTest::EmptySegment),
        3 | 4 => {
            let start = choices.pick(&["/", "/a", "/A/", "/blog/", "/a/b", "/[a", "/a%20"]);
            Condition::path(PathTest::BeginsWith(start.into(), choices.one_in(2)))
        }
        5 => Condition::path(PathTest::Any).one_of(["/a", "/a/b", "/b"]),
        6 => Condition::host().one_of(["a.example", "x.a.example"]),
        7 => kind().one_of(["1", "A"]),
        8 => language().one_of(["de", "fr"]),
        9 => language(),
        10 => Condition::query("p").captured_or_empty_as("unused"),
        11 => {
            rule.options.merge_slashes = true;
            return rule;
        }
        12 => {
            rule.options.repeats_asked = true;
            return rule;
        }
        13 => {
            rule.options.last_value = true;
            return rule;
        }
        _ => return rule,
    };
    match choices.below(2) {
        0 => rule.when(condition),
        _ => rule.unless(condition),
    }
}
