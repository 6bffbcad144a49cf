//! What placeholders stood for in a request.

use std::borrow::Cow;

use super::pattern::MAX_CAPTURES;

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
    /// Text that nobody has encoded: a header field, a cookie.
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
    texts: [Cow<'a, str>; MAX_CAPTURES],
    length: usize,
}

impl<'a> Captures<'a> {
    #[inline]
    pub(super) const fn none() -> Self {
        Self {
            texts: [const { Cow::Borrowed("") }; MAX_CAPTURES],
            length: 0,
        }
    }

    /// More than there may be are left out; tables with more are not built.
    #[inline]
    pub(super) fn push(&mut self, text: impl Into<Cow<'a, str>>) {
        if let Some(slot) = self.texts.get_mut(self.length) {
            *slot = text.into();
            self.length += 1;
        }
    }

    #[inline]
    pub(super) fn get(&self, at: usize) -> &str {
        self.texts.get(at).map_or("", |text| text)
    }

    pub(super) fn as_slice(&self) -> &[Cow<'a, str>] {
        self.texts.get(..self.length).unwrap_or_default()
    }
}
