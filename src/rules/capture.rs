//! What placeholders stood for in a request.

use std::borrow::Cow;

use super::{
    RuleOffset,
    named::{Lazily, Named},
    pattern::MAX_CAPTURES,
};

/// Where the text of a placeholder comes from, and with that how it is encoded elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// One segment of a path, as it was received.
    Segment,
    /// The rest of a path from its slash on, as it was received; empty where even that is missing.
    Tail,
    /// A part of a path that a regex found, as it was received.
    #[cfg_attr(
        not(feature = "regex"),
        expect(dead_code, reason = "nothing builds it")
    )]
    Part,
    /// A value of a query, as it was received.
    Query,
    /// Text that isn't percent-encoded: a header or a cookie.
    Plain,
}

/// A placeholder that targets may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// The texts of one request, in the order of the placeholders.
#[derive(Clone, Debug)]
pub(super) struct Captures<'a> {
    texts: [&'a str; MAX_CAPTURES],
    length: usize,
    /// Those that are not as they were received, with their places; few rules have any.
    decoded: Vec<(usize, String)>,
}

impl<'a> Captures<'a> {
    #[inline]
    pub(super) const fn none() -> Self {
        Self {
            texts: [""; MAX_CAPTURES],
            length: 0,
            decoded: Vec::new(),
        }
    }

    /// More than there may be are left out; tables with more are not built.
    #[inline]
    pub(super) fn push(&mut self, text: impl Into<Cow<'a, str>>) {
        if let Some(slot) = self.texts.get_mut(self.length) {
            match text.into() {
                Cow::Borrowed(text) => *slot = text,
                Cow::Owned(text) => self.decoded.push((self.length, text)),
            }
            self.length += 1;
        }
    }

    #[inline]
    pub(super) fn get(&self, at: usize) -> &str {
        match self.decoded.iter().find(|(place, _)| *place == at) {
            Some((_, text)) => text,
            None => self.texts.get(at).copied().unwrap_or_default(),
        }
    }
}

/// The rule that matches a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Match<'a> {
    /// The rule that matches.
    pub(super) at: RuleOffset,
    pub(super) path: PathTexts<'a>,
}

impl Match<'_> {
    /// A rule whose texts have to be looked for again.
    pub(super) const fn of(at: RuleOffset) -> Self {
        Self {
            at,
            path: PathTexts::UNKNOWN,
        }
    }
}

/// So many texts are found once only. Few patterns have more.
const MAX_TEXTS: usize = 4;

/// What the placeholders of a pattern stand for, if they are few.
#[derive(Clone, Copy, Debug)]
pub(super) struct PathTexts<'a> {
    texts: [&'a str; MAX_TEXTS],
    length: usize,
}

impl<'a> PathTexts<'a> {
    pub(super) const UNKNOWN: Self = Self {
        texts: [""; MAX_TEXTS],
        length: usize::MAX,
    };

    #[inline]
    pub(super) const fn none() -> Self {
        Self {
            texts: [""; MAX_TEXTS],
            length: 0,
        }
    }

    #[inline]
    pub(super) fn push(&mut self, text: &'a str) {
        if let Some(slot) = self.texts.get_mut(self.length) {
            *slot = text;
        }
        self.length += 1;
    }

    /// Returns the texts, if all of them are here.
    #[inline]
    pub(super) fn all(&self) -> Option<&[&'a str]> {
        self.texts.get(..self.length)
    }
}

/// What many conditions read in one request, so that it is read once.
#[derive(Debug)]
pub(super) struct MatchCache<'a> {
    pub(super) query: Lazily<Named<'a, &'a str>>,
    pub(super) cookies: Lazily<Named<'a, Cow<'a, str>>>,
}

impl MatchCache<'_> {
    #[inline]
    pub(super) const fn new() -> Self {
        Self {
            query: Lazily::none(),
            cookies: Lazily::none(),
        }
    }
}
