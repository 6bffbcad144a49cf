//! What placeholders stood for in a request.

use std::{borrow::Cow, cell::Cell};

use super::{
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

/// So many texts are found once only.
const MOST: usize = 4;

/// What was found in one request, so that it need not be looked for again: what the placeholders of
/// the pattern stand for that was compared with its path last, of which few have more than are
/// kept, and what many conditions ask for.
#[derive(Debug)]
pub(super) struct Found<'a> {
    /// The rule whose pattern it was.
    rule: Cell<Option<u32>>,
    texts: [Cell<&'a str>; MOST],
    length: Cell<usize>,
    pub(super) query: Lazily<Named<'a, &'a str>>,
    pub(super) cookies: Lazily<Named<'a, Cow<'a, str>>>,
}

impl<'a> Found<'a> {
    #[inline]
    pub(super) const fn none() -> Self {
        Self {
            rule: Cell::new(None),
            texts: [const { Cell::new("") }; MOST],
            length: Cell::new(0),
            query: Lazily::none(),
            cookies: Lazily::none(),
        }
    }

    /// Takes down what is found from now on.
    #[inline]
    pub(super) fn begin(&self) -> impl FnMut(&'a str) {
        self.rule.set(None);
        self.length.set(0);
        |text| {
            if let Some(slot) = self.texts.get(self.length.get()) {
                slot.set(text);
            }
            self.length.set(self.length.get() + 1);
        }
    }

    /// Says that the pattern of a rule fits, and that this is what was found with it.
    #[inline]
    pub(super) fn end(&self, rule: u32) {
        self.rule.set(Some(rule));
    }

    /// The texts, where it was the pattern of this rule, and there are not more than are kept.
    #[inline]
    pub(super) fn of(&self, rule: u32) -> Option<impl Iterator<Item = &'a str>> {
        let texts = self.texts.get(..self.length.get())?;
        (self.rule.get() == Some(rule)).then(|| texts.iter().map(Cell::get))
    }
}
