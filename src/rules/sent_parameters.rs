//! Which parameters of a request a redirect sends.
//!
//! The redirect of a request and the analysis of sets of requests both decide by
//! [`SentParameters`]. A redirect sends the parameters of the target that aren't set, then those of
//! the request by their [`Fate`], then those that are set.

use std::borrow::Cow;

use super::{
    condition::Place,
    options::{Edit, Options, QueryPolicy},
    parameters::{means, plain},
};

/// What a rule does with the parameters of a request.
#[derive(Clone, Debug)]
pub(super) struct SentParameters<'o> {
    edits: &'o [Edit],
    options: Option<&'o Options>,
    /// In order: the names in the target, if they replace those of the request.
    own_names: Vec<Cow<'o, str>>,
}

/// What becomes of a parameter of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate<'o> {
    Sent,
    /// It's sent with this name.
    Renamed(&'o str),
    Dropped,
}

/// The name of a parameter.
#[derive(Clone, Copy, Debug)]
pub(super) enum Name<'n> {
    Received(&'n str),
    Plain(&'n str),
}

impl<'n> Name<'n> {
    pub(super) fn is(self, name: &str) -> bool {
        match self {
            Self::Received(received) => means(received, name),
            Self::Plain(plain) => plain == name,
        }
    }

    fn plain(self) -> Cow<'n, str> {
        match self {
            Self::Received(received) => plain(received),
            Self::Plain(plain) => plain.into(),
        }
    }
}

impl<'o> SentParameters<'o> {
    /// The parameters that a rule with these options sends, if these are the names in its target.
    pub(super) fn new(
        options: Option<&'o Options>,
        own_names: impl Iterator<Item = Cow<'o, str>>,
    ) -> Self {
        let merges = options.is_some_and(|options| options.query == QueryPolicy::Merge);
        let mut own_names = if merges {
            own_names.collect()
        } else {
            Vec::new()
        };
        own_names.sort_unstable();
        Self {
            edits: options.map_or(&[], |options| &options.edits),
            options,
            own_names,
        }
    }

    /// What becomes of a parameter of this name. What is set or merged counts by the name that is
    /// sent.
    pub(super) fn fate(&self, name: Name<'_>) -> Fate<'o> {
        let mut edits = self.edits.iter();
        if edits.any(|edit| matches!(edit, Edit::Remove(own) if name.is(own)))
            || self.consumed().any(|own| name.is(own))
        {
            return Fate::Dropped;
        }
        let renamed = self.edits.iter().find_map(|edit| match edit {
            Edit::Rename(from, to) if name.is(from) => Some(&**to),
            _ => None,
        });
        let sent = renamed.map_or(name, Name::Plain);
        let is_own = |plain| self.own_names.binary_search(&plain).is_ok();
        if self.sets(sent) || !self.own_names.is_empty() && is_own(sent.plain()) {
            return Fate::Dropped;
        }
        renamed.map_or(Fate::Sent, Fate::Renamed)
    }

    /// Returns `true` if the rule sets a parameter of this name.
    pub(super) fn sets(&self, name: Name<'_>) -> bool {
        let mut edits = self.edits.iter();
        edits.any(|edit| edit.sets(|own| name.is(own)))
    }

    /// The parameters that are set. If a name is set several times, the last value is sent.
    pub(super) fn set(&self) -> impl Iterator<Item = (&'o str, &'o str)> + use<'o> {
        let edits = self.edits;
        edits.iter().enumerate().filter_map(|(at, edit)| {
            let Edit::Set(key, value) = edit else {
                return None;
            };
            let mut later = edits.iter().skip(at + 1);
            let is_last = !later.any(|edit| edit.sets(|own| *own == **key));
            is_last.then_some((&**key, &**value))
        })
    }

    /// The parameters that aren't sent, because a condition requires or captures their value.
    fn consumed(&self) -> impl Iterator<Item = &'o str> + use<'o> {
        self.options.into_iter().flat_map(Options::consumed)
    }

    /// The names that aren't sent as they are. A name may be there several times.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let edited = self.edits.iter().map(|edit| {
            let (Edit::Remove(key) | Edit::Rename(key, _) | Edit::Set(key, _)) = edit;
            &**key
        });
        let own = self.own_names.iter().map(|name| &**name);
        let named = edited.chain(self.consumed()).chain(own);
        named.filter(|name| self.fate(Name::Plain(name)) != Fate::Sent)
    }

    /// The names that are changed, each with its new one.
    pub(super) fn renames(&self) -> impl Iterator<Item = (&str, &'o str)> {
        self.names()
            .filter_map(|name| match self.fate(Name::Plain(name)) {
                Fate::Renamed(to) => Some((name, to)),
                Fate::Sent | Fate::Dropped => None,
            })
    }
}

impl Options {
    /// The parameters that aren't sent, because a condition requires or captures their value.
    pub(super) fn consumed(&self) -> impl Iterator<Item = &str> {
        let conditions = self.conditions.iter().filter(|_| !self.repeats_asked);
        conditions.filter_map(|(expected, has)| match &has.place {
            Place::Query(key) if *expected && !has.value.is_any() => Some(&**key),
            _ => None,
        })
    }

    /// Returns `true` if the query of a request is sent as it is, with a target that has a query or
    /// not.
    pub(super) fn sends_all_parameters(&self, has_query: bool) -> bool {
        self.edits.is_empty()
            && self.query.for_target(has_query) != QueryPolicy::Merge
            && self.consumed().next().is_none()
    }
}

impl QueryPolicy {
    /// What the policy means for a target with or without a query. It's never `TargetWins`, and
    /// without a query it's never `Merge`.
    pub(super) const fn for_target(self, has_query: bool) -> Self {
        match self {
            Self::TargetWins if has_query => Self::Drop,
            Self::TargetWins | Self::Merge if !has_query => Self::Keep,
            policy => policy,
        }
    }
}
