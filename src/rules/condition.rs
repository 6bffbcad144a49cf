//! The options of a rule, ready to be asked.

use std::borrow::Cow;

#[cfg(feature = "regex")]
use super::regexes::Room;
use super::{
    ask::{Ask, means},
    capture::{Captures, Kind, Slot},
    error::Flaw,
    has::{Condition, Place, Test},
    options::{Options, QueryPolicy},
    syntax::is_name,
};

/// The options of one rule or of many, with what is needed to ask them.
#[derive(Clone, Debug, Default)]
pub(super) struct Ready {
    pub(super) options: Options,
    /// The hosts that it is for, as a number of the table.
    pub(super) group: u32,
    conditions: Vec<CompiledCondition>,
    /// Names and kinds of what the conditions capture.
    pub(super) slots: Vec<Slot>,
}

#[derive(Clone, Debug)]
struct CompiledCondition {
    expected: bool,
    place: Place,
    test: ReadyTest,
    /// Whether only the last value of a repeated parameter is looked at.
    last_value: bool,
}

#[derive(Clone, Debug)]
enum ReadyTest {
    Present,
    OneOf(Box<[Box<str>]>),
    Captured,
    CapturedOrEmpty,
    #[cfg(feature = "regex")]
    Matches(regex::Regex),
    /// All of these, for the same value.
    All(Box<[Self]>),
}

/// The first thing that a request lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Missing<'r> {
    Scheme,
    Method,
    Condition(bool, &'r Condition),
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
                CompiledCondition::new(
                    *expected,
                    has,
                    options.last_value,
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
    pub(super) fn with_query_policy(mut self, policy: QueryPolicy) -> Self {
        self.options.query = policy;
        self
    }

    /// Whether the rule is for this request; captures of its conditions are added.
    pub(super) fn admits<'a>(&self, ask: &Ask<'_, 'a>, captures: &mut Captures<'a>) -> bool {
        self.missing(ask, captures).is_none()
    }

    /// The first thing that keeps the rule from answering this request.
    pub(super) fn missing<'a>(
        &self,
        ask: &Ask<'_, 'a>,
        captures: &mut Captures<'a>,
    ) -> Option<Missing<'_>> {
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
        let mut pairs = self.conditions.iter().zip(conditions);
        let failed = pairs.find(|(condition, _)| !condition.holds(ask, captures));
        failed.map(|(_, (expected, has))| Missing::Condition(*expected, has))
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
    pub(super) fn pair(condition: &(bool, Condition)) -> Option<(&str, &str)> {
        match condition {
            (
                true,
                Condition {
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

impl CompiledCondition {
    fn new(
        expected: bool,
        has: &Condition,
        last_value: bool,
        slots: &mut Vec<Slot>,
        #[cfg(feature = "regex")] room: &mut Room,
    ) -> Result<Self, Flaw> {
        let kind = match has.place {
            Place::Query(_) => Kind::Query,
            Place::Header(_) | Place::Cookie(_) | Place::Host | Place::Language(_) => Kind::Plain,
        };
        if let Place::Header(name) = &has.place {
            if name.parse::<http::HeaderName>().is_err() {
                return Err(Flaw::whole(
                    format!("`{name}` isn't a valid header name"),
                    "use letters, digits and `-`",
                ));
            }
        }
        let mut capture = |name: &str, kind| -> Result<(), Flaw> {
            if !is_name(name) {
                return Err(Flaw::whole(
                    format!("`{name}` isn't a valid placeholder name"),
                    "use letters, digits and `_`",
                ));
            }
            if !expected {
                return Err(Flaw::whole(
                    "an excluded condition can't capture a value",
                    "remove the capture, or require the condition",
                ));
            }
            slots.push(Slot {
                name: name.to_owned(),
                kind,
            });
            Ok(())
        };
        let mut ready = |test: &Test| -> Result<ReadyTest, Flaw> {
            Ok(match test {
                Test::Present => ReadyTest::Present,
                Test::OneOf(values) => ReadyTest::OneOf(values.clone()),
                Test::Captured(name) => {
                    capture(name, kind)?;
                    ReadyTest::Captured
                }
                Test::CapturedOrEmpty(name) => {
                    capture(name, kind)?;
                    ReadyTest::CapturedOrEmpty
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
                Test::Matches(_) => return Err(Flaw::needs_regex()),
                // The parts of a test have no parts.
                Test::All(_) => ReadyTest::Present,
            })
        };
        let parts = has.test.parts();
        let test = match parts {
            [one] => ready(one)?,
            _ => ReadyTest::All(parts.iter().map(ready).collect::<Result<_, _>>()?),
        };
        if !test.can_be_met() {
            return Err(Flaw::whole(
                "no value can meet this condition",
                "remove one of its parts, or list a value that meets all of them",
            ));
        }
        Ok(Self {
            expected,
            place: has.place.clone(),
            test,
            last_value,
        })
    }

    fn holds<'a>(&self, ask: &Ask<'_, 'a>, captures: &mut Captures<'a>) -> bool {
        let found = match &self.place {
            Place::Query(key) if self.last_value => ask
                .last_value(key)
                .is_some_and(|value| self.test.fits_parameter(value, captures)),
            Place::Query(key) => match ask.known_pairs() {
                Some(known) => match &self.test {
                    ReadyTest::OneOf(values) => values.iter().any(|one| known.has(key, one)),
                    _ => known
                        .of(key)
                        .iter()
                        .any(|value| self.test.fits_parameter(value, captures)),
                },
                None => ask
                    .pairs()
                    .filter(|(received, _)| means(received, key))
                    .any(|(_, value)| self.test.fits_parameter(value, captures)),
            },
            Place::Header(name) => ask
                .header(name)
                .any(|value| self.test.fits(value, captures)),
            Place::Cookie(name) => match ask.known_cookies() {
                Some(known) => match &self.test {
                    ReadyTest::OneOf(values) => values.iter().any(|one| known.has(name, one)),
                    _ => known
                        .of(name)
                        .iter()
                        .any(|value| self.test.fits(value.clone(), captures)),
                },
                None => ask
                    .cookie(name)
                    .any(|value| self.test.fits(value, captures)),
            },
            Place::Host => ask
                .host
                .is_some_and(|host| self.test.fits_text(host, captures)),
            Place::Language(cookie) => language(ask, cookie).is_some_and(|letters| {
                let letters = std::str::from_utf8(&letters);
                letters.is_ok_and(|letters| self.test.fits_text(letters, captures))
            }),
        };
        found == self.expected
    }
}

/// The first two letters of what is preferred.
fn language(ask: &Ask<'_, '_>, cookie: &str) -> Option<[u8; 2]> {
    let by_cookie = match ask.known_cookies() {
        Some(known) => known.of(cookie).first().cloned(),
        None => ask.cookie(cookie).next(),
    };
    let preferred = by_cookie.or_else(|| ask.header("accept-language").next())?;
    let letters = preferred.trim().as_bytes().first_chunk::<2>()?;
    Some(letters.map(|letter| letter.to_ascii_lowercase()))
}

impl ReadyTest {
    /// The value of a parameter, as it was received.
    fn fits_parameter<'a>(&self, value: &'a str, captures: &mut Captures<'a>) -> bool {
        match self {
            Self::OneOf(values) => values.iter().any(|one| means(value, one)),
            // Goes on as it was received.
            Self::Captured | Self::CapturedOrEmpty => self.fits(Cow::Borrowed(value), captures),
            Self::Present => true,
            #[cfg(feature = "regex")]
            Self::Matches(_) => self.fits(super::ask::plain(value), captures),
            Self::All(tests) => {
                let all_fit = tests.iter().all(|test| match test {
                    Self::OneOf(values) => values.iter().any(|one| means(value, one)),
                    test => test.is_met_by(&super::ask::plain(value)),
                });
                // What a value captures that fails a later test is left out.
                all_fit
                    && tests
                        .iter()
                        .all(|test| test.fits_parameter(value, captures))
            }
        }
    }

    /// The same without captures, for plain text.
    fn is_met_by(&self, value: &str) -> bool {
        match self {
            Self::Present | Self::CapturedOrEmpty => true,
            Self::OneOf(values) => values.iter().any(|one| **one == *value),
            Self::Captured => !value.is_empty(),
            #[cfg(feature = "regex")]
            Self::Matches(regex) => regex.is_match(value),
            Self::All(tests) => tests.iter().all(|test| test.is_met_by(value)),
        }
    }

    /// Whether there is a value for it, as far as a list of values shows.
    fn can_be_met(&self) -> bool {
        let tests = match self {
            Self::All(tests) => tests,
            one => std::slice::from_ref(one),
        };
        tests.iter().all(|test| match test {
            Self::OneOf(values) => values.iter().any(|value| self.is_met_by(value)),
            _ => true,
        })
    }

    /// A value that lives as long as the request.
    fn fits<'a>(&self, value: Cow<'a, str>, captures: &mut Captures<'a>) -> bool {
        match self {
            Self::Captured => {
                let there = !value.is_empty();
                if there {
                    captures.push(value);
                }
                there
            }
            Self::CapturedOrEmpty => {
                captures.push(value);
                true
            }
            Self::All(tests) => {
                self.is_met_by(&value)
                    && tests.iter().all(|test| test.fits(value.clone(), captures))
            }
            _ => self.fits_text(&value, captures),
        }
    }

    /// A value that does not.
    fn fits_text(&self, value: &str, captures: &mut Captures<'_>) -> bool {
        match self {
            Self::Present => true,
            Self::OneOf(values) => values.iter().any(|one| **one == *value),
            Self::Captured | Self::CapturedOrEmpty | Self::All(_) => {
                self.fits(Cow::Owned(value.to_owned()), captures)
            }
            #[cfg(feature = "regex")]
            Self::Matches(regex) => {
                // Whether it matches is found without memory, what its groups match is not.
                if !regex.is_match(value) {
                    return false;
                }
                if let Some(found) = has_names(regex).then(|| regex.captures(value)).flatten() {
                    for name in regex.capture_names().flatten() {
                        let text = found.name(name).map_or("", |group| group.as_str());
                        captures.push(Cow::Owned(text.to_owned()));
                    }
                }
                true
            }
        }
    }
}

#[cfg(feature = "regex")]
fn has_names(regex: &regex::Regex) -> bool {
    regex.capture_names().flatten().next().is_some()
}
