//! Writes new targets over the old ones.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap, HashSet},
    ops::Range,
    rc::Rc,
};

use super::{NotRewritten, words::Words};
use crate::{
    rules::{
        Flattened, QueryPolicy, Rule, RuleRef, Rules, TargetChange,
        format::{
            Format,
            print::{OTHER_MEANING, Reason, same},
            spots::{ApacheTarget, Spot, Spots},
        },
    },
    status::StatusChoice,
};

/// Reasons to keep a rule.
const NOT_FOUND: Reason = Reason::Borrowed("the text has no such rule that is valid by itself");
const TOO_MANY: Reason =
    Reason::Borrowed("the file would mean something else with too many of the changes");

/// How often a text is parsed to find the edits that change what it means.
const MAX_PARSES: usize = 256;

/// A text that replaces some bytes.
type Edit = (Range<usize>, String);

/// The edits of one entry, or why it has none.
type EntryEdits = Result<Vec<Edit>, Reason>;

/// An entry as the file has it.
pub(in crate::rules::format) struct OriginalEntry<'t> {
    /// The file before the target, and after it.
    #[cfg(any(feature = "csv", feature = "json", feature = "toml"))]
    pub(in crate::rules::format) around: [&'t str; 2],
    /// The target with its quotes and escapes.
    pub(in crate::rules::format) target: &'t str,
    /// The target without them.
    pub(in crate::rules::format) text: &'t str,
    /// What says the status.
    pub(in crate::rules::format) status: Option<&'t str>,
    pub(in crate::rules::format) apache: Option<ApacheTarget>,
}

/// What is written for each change.
pub(super) struct Writer<'f> {
    format: Format,
    flattened: &'f Flattened,
    text: &'f str,
    written: Vec<EntryEdits>,
}

/// The rules of one entry.
struct Entry<'s, 'r> {
    spot: &'s Spot,
    count: usize,
    /// The changes, and the changed rules.
    changed: Vec<(usize, RuleRef<'r>)>,
}

impl<'f> Writer<'f> {
    /// Writes the changes into a text.
    pub(super) fn new(format: Format, flattened: &'f Flattened, text: &'f str) -> Self {
        let mut writer = Self {
            format,
            flattened,
            text,
            written: vec![Err(NOT_FOUND); flattened.changes.len()],
        };
        writer.write();
        if writer.written.iter().any(Result::is_ok) {
            writer.revert_misread();
        }
        writer
    }

    /// Finds the entries of the changed rules, and writes them.
    fn write(&mut self) {
        let changes: HashMap<u32, usize> = self.changes().zip(0..).collect();
        let lines = self
            .flattened
            .changes
            .iter()
            .filter_map(|change| change.line);
        let spots = Rc::new(RefCell::new(Spots {
            lines: lines.collect(),
            ..Spots::default()
        }));
        if changes.is_empty() {
            return;
        }
        let reader = self.format.file_format().reader();
        let rules = reader
            .record(self.text.as_bytes(), Some(Rc::clone(&spots)))
            .rules;
        let spots = &spots.borrow().list;
        let mut start = 0;
        let with_start = |line: &'f str| {
            let own = (start, line);
            start += line.len();
            own
        };
        let lines: Vec<_> = self.text.split_inclusive('\n').map(with_start).collect();
        let mut entries = BTreeMap::new();
        for (rule, new) in rules.iter().zip(self.flattened.rules.iter()) {
            let number = rule
                .line()
                .and_then(|number| (number as usize).checked_sub(1));
            let Some(spot) = number.and_then(|number| spots.get(number)) else {
                continue;
            };
            let entry = entries
                .entry(spot.target.in_file(&lines).start)
                .or_insert(Entry {
                    spot,
                    count: 0,
                    changed: Vec::new(),
                });
            entry.count += 1;
            let is_own = |at: &usize| {
                self.flattened.changes.get(*at).is_some_and(|change| {
                    let place = (Some(spot.line), rule.source());
                    place == (change.line, new.source()) && *change.old_target == *rule.target()
                })
            };
            let change = changes.get(&new.number()).copied().filter(is_own);
            entry.changed.extend(change.map(|at| (at, new)));
        }
        for entry in entries.values() {
            let mut written = self.entry(entry, &lines);
            // It's written once, for all of its rules.
            for (at, _) in &entry.changed {
                let next = written.as_ref().map(|_| Vec::new()).map_err(Reason::clone);
                if let Some(own) = self.written.get_mut(*at) {
                    *own = std::mem::replace(&mut written, next);
                }
            }
        }
    }

    /// The numbers of the changed rules.
    fn changes(&self) -> impl Iterator<Item = u32> {
        self.flattened.changes.iter().map(TargetChange::rule)
    }

    /// Writes an entry.
    fn entry(&self, entry: &Entry<'_, '_>, lines: &[(usize, &str)]) -> EntryEdits {
        let Entry {
            spot,
            count,
            changed,
        } = entry;
        let new = match &**changed {
            [(_, first), others @ ..] if changed.len() == *count => {
                let outcome = |rule: &RuleRef<'_>| (rule.target(), rule.outcome());
                let mut others = others.iter();
                let is_same = others.all(|(_, other)| outcome(other) == outcome(first));
                is_same.then(|| Rule::from(*first))
            }
            _ => None,
        };
        let new = new.ok_or(OTHER_MEANING)?;
        let template = new.target.template().map_err(|_| OTHER_MEANING)?;
        let bytes = with_quotes(self.text, spot.target.in_file(lines));
        let part = |bytes: Range<usize>| self.text.get(bytes).unwrap_or_default();
        let status = spot.status.as_ref().map(|status| status.in_file(lines));
        let old = OriginalEntry {
            #[cfg(any(feature = "csv", feature = "json", feature = "toml"))]
            around: [part(0..bytes.start), part(bytes.end..self.text.len())],
            target: part(bytes.clone()),
            text: &spot.text,
            status: status.clone().map(part),
            apache: spot.apache,
        };
        let format = self.format.file_format();
        let words = Words::of(spot);
        let template = words.shortened(template.into_owned())?;
        let target = format.print_target(&template, &|one| words.get(one))?;
        let end = bytes.end;
        let mut edits = vec![(
            bytes,
            format.rewrite_target(target, new.options.query, &old)?,
        )];
        let change = changed
            .first()
            .and_then(|(at, _)| self.flattened.changes.get(*at));
        if let Some(code) = change.and_then(new_status) {
            let code = format.rewrite_status(code, &old)?;
            edits.push((status.unwrap_or(end..end), code));
        }
        let query = spot.query.as_ref().map(|query| query.in_file(lines));
        if let Some(query) = query.filter(|_| !keeps_query(&new)) {
            let no = match part(query.clone()) {
                "t" => "f",
                "true" => "false",
                "TRUE" => "FALSE",
                other => other,
            };
            edits.push((query, no.to_owned()));
        }
        Ok(edits)
    }

    /// The text with all that is written.
    pub(super) fn applied(&self) -> String {
        let text = self.text;
        let mut edits: Vec<&Edit> = self.written.iter().flatten().flatten().collect();
        edits.sort_by_key(|(bytes, _)| (bytes.start, bytes.end));
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for (bytes, new) in edits {
            out.push_str(text.get(at..bytes.start).unwrap_or_default());
            out.push_str(new);
            at = bytes.end;
        }
        out.push_str(text.get(at..).unwrap_or_default());
        out
    }

    /// Reverts the edits that change what the file means. Bisects: applies all edits, then halves.
    fn revert_misread(&mut self) {
        let all = self.written.len();
        let mut untried = std::mem::replace(&mut self.written, vec![Err(TOO_MANY); all]);
        let mut parts: Vec<Range<usize>> = std::iter::once(0..all).collect();
        for _ in 0..MAX_PARSES {
            let Some(part) = parts.pop() else {
                return;
            };
            self.swap(&mut untried, part.clone());
            if self.reads_as_meant(&self.format.parse_lossy(&self.applied()).rules) {
                continue;
            }
            if part.len() == 1 {
                let own = self.written.get_mut(part).unwrap_or_default();
                own.fill(Err(OTHER_MEANING));
                continue;
            }
            self.swap(&mut untried, part.clone());
            let middle = part.start + part.len() / 2;
            parts.extend([middle..part.end, part.start..middle]);
        }
    }

    fn swap(&mut self, other: &mut [EntryEdits], part: Range<usize>) {
        let own = self.written.get_mut(part.clone()).unwrap_or_default();
        let other = other.get_mut(part).unwrap_or_default();
        own.swap_with_slice(other);
    }

    /// Returns `true` if every rule is read as it is meant: as it was, or as it is flattened.
    fn reads_as_meant(&self, got: &Rules) -> bool {
        let expected = &self.flattened.rules;
        let kept = self.flattened.changes.iter().zip(&self.written);
        let kept: HashSet<u32> = kept
            .filter(|(_, written)| written.is_err())
            .map(|(change, _)| change.rule())
            .collect();
        let is_expected = |(wanted, read): (RuleRef<'_>, RuleRef<'_>)| {
            let is_kept = || kept.contains(&wanted.number());
            wanted.source() == read.source() && (is_kept() || decides_as(self.format, wanted, read))
        };
        expected.len() == got.len() && expected.iter().zip(got.iter()).all(is_expected)
    }

    pub(super) fn kept(self) -> Vec<NotRewritten> {
        let changes = self.flattened.changes.iter().cloned();
        changes
            .zip(self.written)
            .filter_map(|(change, written)| {
                let reason = written.err()?;
                Some(NotRewritten { change, reason })
            })
            .collect()
    }
}

/// Returns the new status of a rule, if it is another one.
fn new_status(change: &TargetChange) -> Option<u16> {
    let status = match change.status_choice {
        StatusChoice::Status(status) => status,
        StatusChoice::Intent(intent) => intent.strict_status(),
    };
    (change.status_choice != change.old_status_choice).then(|| status.as_u16())
}

/// Returns `true` if a rule that is read decides as it is meant.
fn decides_as(format: Format, wanted: RuleRef<'_>, read: RuleRef<'_>) -> bool {
    let [mut wanted, read] = [wanted, read].map(Rule::from);
    // A map has no status, and its caller may name another one.
    if format.file_format().is_map() {
        wanted.outcome = read.outcome;
    }
    wanted.outcome == read.outcome
        && keeps_query(&wanted) == keeps_query(&read)
        && (wanted == read || same::is_same(&wanted, &read))
}

/// Returns `true` if a rule sends the query of a request on.
fn keeps_query(rule: &Rule) -> bool {
    match rule.options.query {
        QueryPolicy::Keep | QueryPolicy::Merge => true,
        QueryPolicy::Drop => false,
        QueryPolicy::TargetWins => !has_query(&rule.target.native()),
    }
}

fn has_query(target: &str) -> bool {
    target
        .split('#')
        .next()
        .is_some_and(|front| front.contains('?'))
}

/// The bytes of a word with the quotes around it.
fn with_quotes(text: &str, bytes: Range<usize>) -> Range<usize> {
    let Range { mut start, mut end } = bytes;
    let quotes = |start: usize, end: usize| {
        let before = text.get(..start)?.chars().next_back()?;
        let after = text.get(end..)?.chars().next()?;
        (before == after && matches!(before, '"' | '\'')).then_some(())
    };
    while quotes(start, end).is_some() {
        (start, end) = (start - 1, end + 1);
    }
    start..end
}
