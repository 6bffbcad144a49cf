//! Where the targets of a file are, for [`Format::rewrite`](super::Format::rewrite).
//!
//! A reader says where the target of an entry is before it adds the rules of the entry. If the file
//! is read only to be rewritten, the loader keeps that, and gives each rule the number of its spot
//! instead of its line.

use std::{cell::RefCell, collections::HashSet, ops::Range, rc::Rc};

use super::loader::Place;
use crate::rules::{Rule, syntax::Template};

/// Where a target is in its file, and what can change with it.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    pub(super) line: u32,
    /// The target without its escapes. The template has its ranges in this text.
    pub(super) text: String,
    pub(super) template: Template,
    pub(super) target: FileRange,
    /// What says the status. If nothing does, it follows the target.
    pub(super) status: Option<FileRange>,
    /// Whether the query of the request is sent on, if the entry says so by `true` or `false`.
    pub(super) query: Option<FileRange>,
    /// What an Apache file says about the target before and after it.
    pub(super) apache: Option<ApacheTarget>,
}

/// What a target of an Apache file can have.
#[derive(Clone, Copy, Debug)]
pub(super) enum ApacheTarget {
    /// Only text, after `Redirect`.
    Text,
    /// `$1`, after `RedirectMatch`.
    Groups,
    /// Groups and variables, after `RewriteRule`.
    Rewrite(TargetFlags),
}

/// The flags of a `RewriteRule` that change what its target means.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TargetFlags {
    pub(super) appends_query: bool,
    pub(super) drops_query: bool,
    /// Whether `#` is sent as it is.
    pub(super) keeps_marks: bool,
}

/// Bytes of a file, counted from the start of a line.
#[derive(Clone, Debug)]
pub(super) struct FileRange {
    line: u32,
    /// How many characters of the line are before the bytes that are counted.
    before: usize,
    bytes: Range<usize>,
}

impl From<&Place<'_>> for FileRange {
    fn from(place: &Place<'_>) -> Self {
        Self {
            line: place.line.number,
            before: place.line.before,
            bytes: place.bytes.clone(),
        }
    }
}

/// Bytes that are counted from the start of the file.
impl From<Range<usize>> for FileRange {
    fn from(bytes: Range<usize>) -> Self {
        Self {
            line: 1,
            before: 0,
            bytes,
        }
    }
}

impl FileRange {
    /// Returns the bytes in the file with these lines.
    pub(super) fn in_file(&self, lines: &[(usize, &str)]) -> Range<usize> {
        let (start, line) = (self.line as usize)
            .checked_sub(1)
            .and_then(|at| lines.get(at))
            .copied()
            .unwrap_or_default();
        // A file on one line has all its entries there, and most are ASCII.
        let is_ascii = line.get(..self.before).is_some_and(str::is_ascii);
        let before = match is_ascii {
            true => self.before,
            false => line.char_indices().nth(self.before).map_or(0, |(at, _)| at),
        };
        let start = start + before;
        start + self.bytes.start..start + self.bytes.end
    }
}

impl Spot {
    pub(super) fn new(text: &str, target: impl Into<FileRange>) -> Self {
        Self {
            line: 0,
            text: text.to_owned(),
            template: Template::default(),
            target: target.into(),
            status: None,
            query: None,
            apache: None,
        }
    }

    pub(super) fn status(self, status: Option<impl Into<FileRange>>) -> Self {
        Self {
            status: status.map(Into::into),
            ..self
        }
    }

    #[cfg(any(feature = "csv", feature = "json"))]
    pub(super) fn query(self, query: Option<impl Into<FileRange>>) -> Self {
        Self {
            query: query.map(Into::into),
            ..self
        }
    }
}

/// The spots of some lines of a file.
#[derive(Debug, Default)]
pub(super) struct Spots {
    pub(super) lines: HashSet<u32>,
    pub(super) list: Vec<Spot>,
    /// The spot of the rules that are added next.
    pub(super) next: Option<Spot>,
}

/// The spots, if the reader keeps them.
pub(super) type Recorder = Option<Rc<RefCell<Spots>>>;

impl Spots {
    /// Returns the number of the spot of a rule, counted from 1, or 0 if it has none.
    pub(super) fn number(&mut self, line: u32, rule: &Rule) -> u32 {
        if !self.lines.contains(&line) {
            return 0;
        }
        let (Some(spot), Ok(template)) = (self.next.clone(), rule.target.template()) else {
            return 0;
        };
        self.list.push(Spot {
            line,
            template: template.into_owned(),
            ..spot
        });
        u32::try_from(self.list.len()).unwrap_or_default()
    }
}
