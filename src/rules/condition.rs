//! The options of a rule, ready to be asked.

use std::borrow::Cow;

#[cfg(feature = "regex")]
use super::regexes::Room;
use super::{
    ask::{Ask, means, plain},
    capture::{Captures, Kind, Slot},
    error::Flaw,
    has::{Has, Place, Test},
    options::{Options, QueryPolicy},
};

/// The options of one rule or of many, with what is needed to ask them.
#[derive(Clone, Debug, Default)]
pub(super) struct Ready {
    pub(super) options: Options,
    /// The hosts that it is for, as a number of the table.
    pub(super) group: u32,
    conditions: Vec<Condition>,
    /// Names and kinds of what the conditions capture.
    pub(super) slots: Vec<Slot>,
}

#[derive(Clone, Debug)]
struct Condition {
    expected: bool,
    place: Place,
    test: ReadyTest,
}

#[derive(Clone, Debug)]
enum ReadyTest {
    Present,
    OneOf(Box<[Box<str>]>),
    Captured,
    #[cfg(feature = "regex")]
    Matches(regex::Regex),
}

/// The first thing that a request lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    Scheme,
    Method,
    Condition(bool, Has),
}

impl Ready {
    pub(super) fn new(
        options: Options,
        group: u32,
        #[cfg(feature = "regex")] room: &mut Room,
    ) -> Result<Self, Flaw> {
        let mut slots = Vec::new();
        let conditions = options
            .conditions
            .iter()
            .map(|(expected, has)| {
                Condition::new(
                    *expected,
                    has,
                    &mut slots,
                    #[cfg(feature = "regex")]
                    room,
                )
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            options,
            group,
            conditions,
            slots,
        })
    }

    /// The same with another policy for the query.
    pub(super) fn with_query(mut self, policy: QueryPolicy) -> Self {
        self.options.query = policy;
        self
    }

    /// Whether the rule is for this request; captures of its conditions are added.
    pub(super) fn admits<'a>(&self, ask: &Ask<'_, 'a>, captures: &mut Captures<'a>) -> bool {
        let Options {
            scheme, methods, ..
        } = &self.options;
        (scheme.is_none() || *scheme == ask.head.scheme())
            && (methods.is_empty() || methods.contains(ask.head.method()))
            && self
                .conditions
                .iter()
                .all(|condition| condition.holds(ask, captures))
    }

    /// What keeps the rule from answering this request.
    pub(super) fn missing(&self, ask: &Ask<'_, '_>) -> Option<Missing> {
        let Options {
            scheme,
            methods,
            conditions,
            ..
        } = &self.options;
        if scheme.is_some() && *scheme != ask.head.scheme() {
            return Some(Missing::Scheme);
        }
        if !methods.is_empty() && !methods.contains(ask.head.method()) {
            return Some(Missing::Method);
        }
        let failed = self
            .conditions
            .iter()
            .position(|condition| !condition.holds(ask, &mut Captures::none()))?;
        let (expected, has) = conditions.get(failed)?;
        Some(Missing::Condition(*expected, has.clone()))
    }

    /// Whether a parameter of the query has done its work in the match.
    pub(super) fn has_consumed(&self, key: &str) -> bool {
        !self.options.repeats_asked
            && self
                .conditions
                .iter()
                .any(|condition| match &condition.place {
                    Place::Query(own) => {
                        condition.expected
                            && !matches!(condition.test, ReadyTest::Present)
                            && means(key, own)
                    }
                    _ => false,
                })
    }

    /// Whether every parameter of the query is sent on as it is.
    pub(super) fn keeps_all_parameters(&self) -> bool {
        let asks = || {
            self.conditions.iter().any(|condition| {
                condition.expected
                    && matches!(condition.place, Place::Query(_))
                    && !matches!(condition.test, ReadyTest::Present)
            })
        };
        self.options.edits.is_empty() && (self.options.repeats_asked || !asks())
    }

    /// Whether a condition looks at the host.
    pub(super) fn reads_host(&self) -> bool {
        self.conditions
            .iter()
            .any(|condition| condition.place == Place::Host)
    }

    /// A parameter that has to have one value, by which rules for one path can be told apart.
    pub(super) fn key(&self) -> Option<(&str, &str)> {
        self.options.conditions.iter().find_map(Self::pair)
    }

    /// The parameter of a condition that asks for one value of it.
    pub(super) fn pair(condition: &(bool, Has)) -> Option<(&str, &str)> {
        match condition {
            (
                true,
                Has {
                    place: Place::Query(key),
                    test: Test::OneOf(values),
                },
            ) => match &**values {
                [value] => Some((&**key, &**value)),
                _ => None,
            },
            _ => None,
        }
    }
}

impl Condition {
    fn new(
        expected: bool,
        has: &Has,
        slots: &mut Vec<Slot>,
        #[cfg(feature = "regex")] room: &mut Room,
    ) -> Result<Self, Flaw> {
        let kind = match has.place {
            Place::Query(_) => Kind::Query,
            Place::Header(_) | Place::Cookie(_) | Place::Host | Place::Language(_) => Kind::Plain,
        };
        if let Place::Header(name) = &has.place {
            if name.parse::<http::HeaderName>().is_err() {
                return Err(Flaw::at(
                    0,
                    format!("`{name}` is no name of a header field; take letters, digits and `-`"),
                ));
            }
        }
        let mut capture = |name: &str, kind| -> Result<(), Flaw> {
            if !super::pattern::is_name(name) {
                let why = format!("`{name}` names no placeholder; take letters, digits and `_`");
                return Err(Flaw::at(0, why));
            }
            if !expected {
                let why = "what must not be there has no value to capture; test it, or ask for it";
                return Err(Flaw::at(0, why));
            }
            slots.push(Slot {
                name: name.to_owned(),
                kind,
            });
            Ok(())
        };
        let test = match &has.test {
            Test::Present => ReadyTest::Present,
            Test::OneOf(values) => ReadyTest::OneOf(values.clone()),
            Test::Captured(name) => {
                capture(name, kind)?;
                ReadyTest::Captured
            }
            #[cfg(feature = "regex")]
            Test::Matches(text) => {
                let regex = room.whole(text, false)?;
                if expected {
                    for name in regex.capture_names().flatten() {
                        capture(name, Kind::Plain)?;
                    }
                }
                ReadyTest::Matches(regex)
            }
            #[cfg(not(feature = "regex"))]
            Test::Matches(_) => return Err(Flaw::at(0, "this needs the feature `regex`")),
        };
        Ok(Self {
            expected,
            place: has.place.clone(),
            test,
        })
    }

    fn holds<'a>(&self, ask: &Ask<'_, 'a>, captures: &mut Captures<'a>) -> bool {
        let test =
            |value: Cow<'a, str>, captures: &mut Captures<'a>| self.test.fits(value, captures);
        let found = match &self.place {
            Place::Query(key) => ask
                .pairs()
                .filter(|(received, _)| means(received, key))
                .any(|(_, value)| match &self.test {
                    // Goes on as it was received.
                    ReadyTest::Captured => test(Cow::Borrowed(value), captures),
                    _ => test(plain(value), captures),
                }),
            Place::Header(name) => ask.header(name).any(|value| test(value, captures)),
            Place::Cookie(name) => ask.cookie(name).any(|value| test(value, captures)),
            Place::Host => ask
                .host
                .is_some_and(|host| test(Cow::Owned(host.to_owned()), captures)),
            Place::Language(cookie) => {
                language(ask, cookie).is_some_and(|language| test(Cow::Owned(language), captures))
            }
        };
        found == self.expected
    }
}

/// The first two letters of what is preferred.
fn language(ask: &Ask<'_, '_>, cookie: &str) -> Option<String> {
    let by_cookie = ask.cookie(cookie).next();
    let preferred = by_cookie.or_else(|| ask.header("accept-language").next())?;
    Some(preferred.trim().get(..2)?.to_ascii_lowercase())
}

impl ReadyTest {
    fn fits<'a>(&self, value: Cow<'a, str>, captures: &mut Captures<'a>) -> bool {
        match self {
            Self::Present => true,
            Self::OneOf(values) => values.iter().any(|one| **one == *value),
            Self::Captured => {
                let there = !value.is_empty();
                if there {
                    captures.push(value);
                }
                there
            }
            #[cfg(feature = "regex")]
            Self::Matches(regex) => {
                let Some(found) = regex.captures(&value) else {
                    return false;
                };
                for name in regex.capture_names().flatten() {
                    let text = found.name(name).map_or("", |group| group.as_str());
                    captures.push(Cow::Owned(text.to_owned()));
                }
                true
            }
        }
    }
}
