//! The same rules, for the library.

use std::time::Duration;

use http::{Request, StatusCode};
use tower_redirect::{
    Policy, RequestHead, Status,
    location::HttpScheme,
    policy::DecisionKind,
    rules::{
        Condition, Precedence as RealPrecedence, QueryPolicy, Rule as RealRule, Rules,
        Source as RealSource,
    },
    status::{Intent, StatusChoice as RealHow},
};

use super::{Answer, Edit, How, Outcome, Place, Precedence, Query, Rule, Source, Test};

pub fn rule(rule: &Rule) -> RealRule {
    let how: RealHow = match rule.how {
        How::Status(status) => Status::try_from(status).unwrap().into(),
        How::Temporary => Intent::Temporary.into(),
        How::Permanent => Intent::Permanent.into(),
        How::SeeOther => Intent::SeeOther.into(),
    };
    let source = match &rule.source {
        Source::Native(text) => RealSource::from(text.as_str()),
        Source::Exact(text) => RealSource::exact(text),
        Source::Prefix(text) => RealSource::prefix(text),
        Source::Regex(text) => RealSource::regex(text),
    };
    let mut real = match rule.outcome {
        Outcome::Redirect => redirect(rule, RealRule::new(how, source, &*rule.target)),
        Outcome::Pass => RealRule::pass(source),
        Outcome::Refuse(410) => RealRule::gone(source),
        Outcome::Refuse(status) => RealRule::refuse(StatusCode::from_u16(status).unwrap(), source),
    };
    if let Some(host) = &rule.host {
        real = real.host(host);
    }
    if let Some(scheme) = rule.scheme {
        real = real.scheme(self::scheme(scheme));
    }
    if !rule.methods.is_empty() {
        real = real.methods(rule.methods.iter().cloned());
    }
    if !rule.except_methods.is_empty() {
        real = real.except_methods(rule.except_methods.iter().cloned());
    }
    for condition in &rule.conditions {
        let has = match &condition.place {
            Place::Query(key) => Condition::query(key),
            Place::Header(name) => Condition::header(name),
            Place::Cookie(name) => Condition::cookie(name),
        };
        let has = match &condition.test {
            Test::Present => has,
            Test::OneOf(values) => has.one_of(values.iter().map(String::as_str)),
            Test::Captured(name) => has.captured_as(name),
            Test::Matches(regex) => has.matching(regex),
        };
        real = match condition.wanted {
            true => real.when(has),
            false => real.unless(has),
        };
    }
    real = real.except(&rule.except);
    for (said, say) in [
        (
            rule.ignore_case,
            RealRule::ignore_case as fn(RealRule) -> RealRule,
        ),
        (rule.ignore_trailing_slash, RealRule::ignore_trailing_slash),
        (rule.only_these, RealRule::only_these_parameters),
    ] {
        if said {
            real = say(real);
        }
    }
    real
}

/// What only a redirect has.
fn redirect(rule: &Rule, mut real: RealRule) -> RealRule {
    real = real.query(match rule.query {
        Query::Keep => QueryPolicy::Keep,
        Query::Drop => QueryPolicy::Drop,
        Query::Merge => QueryPolicy::Merge,
        Query::TargetWins => QueryPolicy::TargetWins,
    });
    for edit in &rule.edits {
        real = match edit {
            Edit::Remove(key) => real.remove_param(key),
            Edit::Rename(from, to) => real.rename_param(from, to),
            Edit::Set(key, value) => real.set_param(key, value),
        };
    }
    if let Some(seconds) = rule.cache {
        real = real.cache(Duration::from_secs(seconds));
    }
    if let Some(status) = rule.after {
        real = real.after(StatusCode::from_u16(status).unwrap());
    }
    real
}

pub fn precedence(precedence: Precedence) -> RealPrecedence {
    match precedence {
        Precedence::FirstMatch => RealPrecedence::FirstMatch,
        Precedence::StaticFirst => RealPrecedence::StaticFirst,
        Precedence::MostSpecific => RealPrecedence::MostSpecific,
    }
}

pub fn scheme(scheme: &str) -> HttpScheme {
    match scheme {
        "https" => HttpScheme::Https,
        _ => HttpScheme::Http,
    }
}

/// A table of the rules that can be built, and these rules.
pub fn table(rules: &[Rule], precedence: Precedence) -> (Rules, Vec<Rule>) {
    let mut left = rules.to_vec();
    loop {
        let builder = Rules::builder().precedence(self::precedence(precedence));
        match builder.rules(left.iter().map(rule)).build() {
            Ok(table) => return (table, left),
            Err(error) => {
                let before = left.len();
                let wrong = |number: usize| {
                    let mut errors = error.iter();
                    errors.any(|error| error.rule().map(|rule| rule as usize) == Some(number))
                };
                let mut number = 0..;
                left.retain(|_| !wrong(number.next().unwrap_or_default()));
                assert!(left.len() < before, "nobody is to blame: {error}");
            }
        }
    }
}

/// What the library answers.
pub fn answer(table: &Rules, request: &Request<()>, scheme: Option<&str>) -> Answer {
    let mut head = RequestHead::new(request);
    if let Some(scheme) = scheme {
        head = head.with_scheme(self::scheme(scheme));
    }
    match table.decide(&head).kind() {
        DecisionKind::Pass => Answer::Pass,
        DecisionKind::Refuse(refusal) => Answer::Refuse(refusal.status().as_u16()),
        DecisionKind::Redirect(redirect) | DecisionKind::Enforce(redirect) => Answer::Redirect {
            status: redirect
                .status(request.method(), request.version())
                .as_u16(),
            location: redirect.location().as_str().to_owned(),
        },
    }
}
