//! What a destination can insert.

use std::ops::Range;

use super::VercelFormat;
use crate::rules::format::placeholders::name_of;

/// What a target inserts for a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    Capture(Capture),
    /// A condition leaves only this text.
    Text(String),
}

/// A capture, as a placeholder names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Capture {
    pub(super) name: String,
    /// If the slash before it is missing with it, the placeholder that inserts both, and whether
    /// that is a tail.
    pub(super) with_slash: Option<(String, bool)>,
    pub(super) may_be_missing: bool,
}

impl Capture {
    pub(super) fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            with_slash: None,
            may_be_missing: false,
        }
    }
}

/// What a destination may use.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) format: VercelFormat,
    /// What conditions capture. These come before those of the path.
    pub(super) conditions: Vec<(String, Slot)>,
    /// The placeholders of the source; groups without a name have none here either.
    pub(super) path: Vec<(Option<String>, Capture)>,
    /// Every group of the source that captures, for `$1`.
    pub(super) groups: Vec<Capture>,
}

impl Names {
    pub(super) const fn new(format: VercelFormat) -> Self {
        Self {
            format,
            conditions: Vec::new(),
            path: Vec::new(),
            groups: Vec::new(),
        }
    }

    pub(super) fn capture(&mut self, name: &str) {
        let slot = Slot::Capture(Capture::new(name));
        self.conditions.push((name.to_owned(), slot));
    }

    /// What is inserted for a name. If it is there twice, the last one counts.
    pub(super) fn get(&self, name: &str) -> Option<Slot> {
        let by_condition = self.conditions.iter().rev().find(|(own, _)| own == name);
        if let Some((_, slot)) = by_condition {
            return Some(slot.clone());
        }
        let mut path = self.path.iter().rev();
        let (_, capture) = path.find(|(own, _)| own.as_deref() == Some(name))?;
        Some(Slot::Capture(capture.clone()))
    }

    /// The group that a text behind a `$` names, and the length of its number.
    pub(super) fn numbered(&self, behind: &str) -> Option<(&Capture, usize)> {
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        let number: usize = behind.get(..digits)?.parse().ok()?;
        let group = self.groups.get(number.checked_sub(1)?)?;
        (self.format == VercelFormat::Vercel).then_some((group, digits))
    }

    /// Where a destination has `$1` and the like for which the source has no group.
    pub(super) fn unknown_groups(&self, destination: &str) -> Vec<Range<usize>> {
        let is_vercel = self.format == VercelFormat::Vercel;
        let dollars = destination.match_indices('$').filter(|_| is_vercel);
        let unknown = dollars.filter_map(|(at, _)| {
            let behind = destination.get(at + 1..)?;
            let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
            (digits > 0 && self.numbered(behind).is_none()).then_some(at..at + 1 + digits)
        });
        unknown.collect()
    }

    pub(super) fn has_unnamed(&self) -> bool {
        self.path.iter().any(|(name, _)| name.is_none())
    }
}

/// Whether a destination uses a name.
pub(super) fn uses(destination: &str, name: &str) -> bool {
    destination
        .match_indices(':')
        .filter_map(|(at, _)| destination.get(at + 1..))
        .any(|behind| name_of(behind) == name)
}
