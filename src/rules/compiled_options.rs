//! The compiled options of a rule.

use std::borrow::Cow;

use super::{
    Finding,
    capture::{Captures, Kind, Slot},
    condition::{Condition, Place, ValueMatcher},
    match_input::MatchInput,
    options::{Options, QueryPolicy},
    parameters::means,
    syntax::is_name,
    table::{HostGroup, first_match},
    value::CompiledMatcher,
};
#[cfg(feature = "regex")]
use super::{regexes::Room, value::CompiledRegex};

/// The options of one rule or of many, with what is needed to ask them.
#[derive(Clone, Debug, Default)]
pub(super) struct CompiledOptions {
    pub(super) options: Options,
    /// The hosts that it is for.
    pub(super) group: HostGroup,
    conditions: Vec<CompiledCondition>,
    /// Names and kinds of what the conditions capture.
    pub(super) slots: Vec<Slot>,
}

#[derive(Clone, Debug)]
struct CompiledCondition {
    expected: bool,
    place: Place,
    value: CompiledMatcher,
    /// Whether only the last value of a repeated parameter is looked at.
    last_value: bool,
}

/// The first thing that a request lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Missing<'r> {
    Scheme,
    Method,
    /// The path is excluded by this pattern.
    Except(&'r str),
    Condition(bool, &'r Condition),
    /// The query has a parameter that no condition asks for.
    OtherParameters,
    /// The path is in the rule's own target.
    OwnTarget,
}

impl CompiledOptions {
    pub(super) fn new(
        options: Options,
        group: HostGroup,
        #[cfg(feature = "regex")] room: &mut Room,
    ) -> Result<Self, Finding> {
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
    pub(super) fn admits<'a>(&self, ask: &MatchInput<'_, 'a>, captures: &mut Captures<'a>) -> bool {
        self.missing(ask, captures).is_none()
    }

    /// The first thing that keeps the rule from answering this request.
    pub(super) fn missing<'a>(
        &self,
        ask: &MatchInput<'_, 'a>,
        captures: &mut Captures<'a>,
    ) -> Option<Missing<'_>> {
        let Options {
            scheme,
            methods,
            conditions,
            matching,
            only_these_parameters,
            ..
        } = &self.options;
        if scheme.is_some() && *scheme != ask.head.scheme() {
            return Some(Missing::Scheme);
        }
        if !methods.contains(ask.head.method()) {
            return Some(Missing::Method);
        }
        let is_other = |key| !self.options.query_keys().any(|own| means(key, own));
        if *only_these_parameters && ask.pairs().any(|(key, _)| is_other(key)) {
            return Some(Missing::OtherParameters);
        }
        if self.options.has_exceptions() {
            let excluded = first_match(ask.path, *matching, self.options.exceptions());
            if let Some(pattern) = excluded {
                let is_own = self.options.own_target.as_deref() == Some(pattern);
                return Some(if is_own {
                    Missing::OwnTarget
                } else {
                    Missing::Except(pattern)
                });
            }
        }
        let mut pairs = self.conditions.iter().zip(conditions);
        let failed = pairs.find(|(condition, _)| !condition.holds(ask, captures));
        failed.map(|(_, (expected, has))| Missing::Condition(*expected, has))
    }

    /// Returns `true` if a condition requires a host, and this one meets it.
    pub(super) fn requires_host(&self, host: &str) -> bool {
        let mut conditions = self.conditions.iter();
        conditions.any(|condition| {
            let is_host = match &condition.place {
                Place::Host => true,
                Place::Header(name) | Place::HeaderInAnyCase(name) => **name == *"host",
                _ => false,
            };
            is_host
                && condition.expected
                && condition.value.admits_text(host, &mut Captures::none())
        })
    }

    /// Returns `true` if a condition looks at the host.
    pub(super) fn reads_host(&self) -> bool {
        self.conditions
            .iter()
            .any(|condition| condition.place == Place::Host)
    }

    /// The parameter and its only allowed value. Rules for one path can differ by it.
    pub(super) fn key(&self) -> Option<(&str, &str)> {
        self.options.conditions.iter().find_map(Self::pair)
    }

    /// The parameter of a condition that allows only one value.
    pub(super) fn pair((expected, condition): &(bool, Condition)) -> Option<(&str, &str)> {
        match (&condition.place, condition.value.only_listed()?) {
            (Place::Query(key), [value]) if *expected => Some((key, value)),
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
    ) -> Result<Self, Finding> {
        let kind = match has.place {
            Place::Query(_) => Kind::Query,
            Place::Path(_) => Kind::Tail,
            _ => Kind::Plain,
        };
        if let Place::Header(name) | Place::HeaderInAnyCase(name) = &has.place {
            if name.parse::<http::HeaderName>().is_err() {
                return Err(Finding::whole(
                    format!("`{name}` isn't a valid header name"),
                    "use letters, digits and `-`",
                ));
            }
        }
        let mut capture = |name: &str, kind| -> Result<(), Finding> {
            if !is_name(name) {
                return Err(Finding::whole(
                    format!("`{name}` isn't a valid placeholder name"),
                    "use at most 64 letters, digits and `_`",
                ));
            }
            if !expected {
                return Err(Finding::whole(
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
        let ValueMatcher {
            one_of,
            regexes,
            captures,
            captures_empty: _,
        } = &has.value;
        for name in captures {
            capture(name, kind)?;
        }
        #[cfg(not(feature = "regex"))]
        if !regexes.is_empty() {
            return Err(Finding::needs_regex());
        }
        #[cfg(feature = "regex")]
        let regexes = {
            // A part of a path is percent-encoded already.
            let kind = match has.place {
                Place::Path(_) => Kind::Part,
                _ => Kind::Plain,
            };
            let mut compiled = Vec::with_capacity(regexes.len());
            for text in regexes {
                let regex = room.whole(text, false)?;
                let mut has_names = false;
                for name in regex.capture_names().flatten().filter(|_| expected) {
                    capture(name, kind)?;
                    has_names = true;
                }
                compiled.push(CompiledRegex { regex, has_names });
            }
            compiled.into()
        };
        let value = CompiledMatcher {
            one_of: one_of.clone().map(Into::into),
            #[cfg(feature = "regex")]
            regexes,
            captures: captures.len(),
            rejects_empty: has.value.rejects_empty(),
        };
        if !value.can_match() {
            return Err(Finding::whole(
                "no value can meet this condition",
                "remove one of its parts, or list a value that meets all of them",
            ));
        }
        Ok(Self {
            expected,
            place: has.place.clone(),
            value,
            last_value,
        })
    }

    fn holds<'a>(&self, ask: &MatchInput<'_, 'a>, captures: &mut Captures<'a>) -> bool {
        let found = match &self.place {
            Place::Query(key) if self.last_value => ask
                .last_value(key)
                .is_some_and(|value| self.value.admits_parameter(value, captures)),
            Place::Query(key) => match ask.known_pairs() {
                Some(known) => match self.value.only_listed() {
                    Some(values) => values.iter().any(|one| known.has(key, one)),
                    None => known
                        .of(key)
                        .iter()
                        .any(|value| self.value.admits_parameter(value, captures)),
                },
                None => ask
                    .pairs()
                    .filter(|(received, _)| means(received, key))
                    .any(|(_, value)| self.value.admits_parameter(value, captures)),
            },
            Place::Header(name) => ask
                .header(name)
                .any(|value| self.value.admits(value, captures)),
            Place::HeaderInAnyCase(name) => ask.header(name).any(|value| {
                let value = Cow::Owned(value.to_ascii_lowercase());
                self.value.admits(value, captures)
            }),
            Place::Cookie(name) => match ask.known_cookies() {
                Some(known) => match self.value.only_listed() {
                    Some(values) => values.iter().any(|one| known.has(name, one)),
                    None => known
                        .of(name)
                        .iter()
                        .any(|value| self.value.admits(value.clone(), captures)),
                },
                None => ask
                    .cookie(name)
                    .any(|value| self.value.admits(value, captures)),
            },
            Place::Host => ask
                .host
                .is_some_and(|host| self.value.admits_text(host, captures)),
            Place::Path(test) => {
                test.is_met_by(ask.path) && self.value.admits_text(ask.path, captures)
            }
            Place::Language(cookie) => ask.language(cookie).is_some_and(|letters| {
                let letters = std::str::from_utf8(&letters);
                letters.is_ok_and(|letters| self.value.admits_text(letters, captures))
            }),
        };
        found == self.expected
    }
}
