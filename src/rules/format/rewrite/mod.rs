//! Files without chains: the changed rules are written anew where they stand, and nothing else is
//! touched.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    fmt,
    ops::Range,
};

use super::Format;
use crate::{
    rules::{
        Flattened, QueryPolicy, RuleNumber, Rules, TargetChange,
        compiled_rule::{CompiledRule, QUERY},
    },
    status::StatusChoice,
};

#[cfg(feature = "csv")]
pub(super) mod csv;
#[cfg(feature = "json")]
pub(super) mod json;
pub(super) mod lines;
pub(super) mod nginx;
#[cfg(feature = "toml")]
pub(super) mod toml;
#[cfg(feature = "json")]
pub(super) mod vercel;

/// The text of a file after [`Format::rewrite`], and the changes that it couldn't write.
///
/// ```
/// use tower_redirect::rules::Format;
///
/// let text = "# moved\n/a   /b   # first\n/b   /c   302!\n";
/// let flattened = Format::Netlify.parse(text)?.flatten();
/// let rewritten = Format::Netlify.rewrite(text, &flattened);
/// assert_eq!(rewritten.text(), "# moved\n/a   /c 302   # first\n/b   /c   302!\n");
/// assert!(rewritten.not_rewritten().is_empty());
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "the original text stays as it is"]
pub struct Rewritten {
    text: String,
    kept: Vec<NotRewritten>,
}

/// A change that [`Format::rewrite`] didn't write, and the reason.
///
/// ```
/// use tower_redirect::rules::Format;
///
/// let text = "source,destination\n/a,/b\n/b,/c\n";
/// let flattened = Format::VercelBulk.parse(text)?.flatten();
/// let other = Format::VercelBulk.rewrite("source,destination\n", &flattened);
/// assert_eq!(
///     other.not_rewritten()[0].to_string(),
///     "line 2: /b (307 Temporary Redirect) becomes /c (307 Temporary Redirect), via line 3; \
///      not written, because the text has no such rule that is valid by itself",
/// );
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotRewritten {
    change: TargetChange,
    reason: &'static str,
}

impl Rewritten {
    /// Returns the text. Only the targets and statuses of changed rules differ from the original.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Converts this into the text.
    #[must_use]
    pub fn into_text(self) -> String {
        self.text
    }

    /// Returns the changes that aren't in the text. It has their rules as they were.
    #[must_use]
    pub fn not_rewritten(&self) -> &[NotRewritten] {
        &self.kept
    }
}

impl NotRewritten {
    /// Returns the change.
    #[must_use]
    pub const fn change(&self) -> &TargetChange {
        &self.change
    }

    /// Returns the reason why the change isn't in the text.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        self.reason
    }
}

impl fmt::Display for NotRewritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; not written, because {}", self.change, self.reason)
    }
}

/// Reasons to keep a rule.
const NOT_FOUND: &str = "the text has no such rule that is valid by itself";
const ONE_STATUS: &str = "a map has one status for all its rules";
const NO_WRITER: &str = "files of this format aren't rewritten";
const READ_OTHERWISE: &str = "the file would mean something else";
const TOO_MANY: &str = "the file would mean something else with too many of the changes";

/// So often a text is read to find what is read otherwise.
const MOST: usize = 256;

impl Format {
    /// Writes the changes of [`Rules::flatten`] into the text that the rules were parsed from.
    ///
    /// ```
    /// use tower_redirect::rules::Format;
    ///
    /// let text = "/old/:id   /o/:id   301!\n/o/*  https://new.example/p/:splat  302!\n";
    /// let flattened = Format::Netlify.parse(text)?.flatten();
    /// assert_eq!(
    ///     Format::Netlify.rewrite(text, &flattened).text(),
    ///     "/old/:id   https://new.example/p/:id   302!\n/o/*  https://new.example/p/:splat  302!\n",
    /// );
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// Comments, order, white space and all other rules stay byte for byte. The new text is parsed
    /// again and compared with the flattened rules. A change isn't written if
    ///
    /// - the rule would mean something else than the flattened one,
    /// - the format can't express the new status,
    /// - a rule that was rejected for closing a redirect loop would become active.
    ///
    /// A map has no status, so its rules have the status that [`parse`](Self::parse) gives them.
    ///
    /// In the formats `apache` and `firebase`, no change is written.
    ///
    /// In the format `bulk-csv`, nothing changes: every target names a host, and flattening leaves
    /// such rules alone.
    pub fn rewrite(self, text: &str, flattened: &Flattened) -> Rewritten {
        let mark = super::loader::BYTE_ORDER_MARK;
        let body = text.strip_prefix(mark).unwrap_or(text);
        let mark = text.get(..text.len() - body.len()).unwrap_or_default();
        let mut writer = Writer::new(flattened);
        if !writer.lines.is_empty() {
            self.file_format().rewrite(body, &mut writer);
        }
        if writer.written.iter().any(Result::is_ok) {
            writer.take_back(body, self);
        }
        let text = writer.applied(body);
        Rewritten {
            text: format!("{mark}{text}"),
            kept: writer.kept(),
        }
    }
}

/// A text in place of some bytes.
#[derive(Clone, Debug)]
struct Edit {
    bytes: Range<usize>,
    text: String,
}

impl Edit {
    fn new(bytes: Range<usize>, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { bytes, text }
    }

    fn insert(at: usize, text: impl Into<String>) -> Self {
        Self::new(at..at, text)
    }
}

/// What is written for one rule, or why it is not.
type Written = Result<Vec<Edit>, &'static str>;

/// What a rule says from now on.
#[derive(Clone, Copy, Debug)]
struct New<'f> {
    /// The native target.
    target: &'f str,
    /// The status, where it is another.
    status: Option<u16>,
    /// Whether the query of a request goes on.
    keeps_query: bool,
}

/// The changes by their rules, and what is written for each.
#[derive(Debug)]
pub(super) struct Writer<'f> {
    flattened: &'f Flattened,
    news: Vec<New<'f>>,
    /// By line, source and old target; those that have all in common, in their order.
    at: HashMap<(u32, String, String), VecDeque<usize>>,
    lines: HashSet<u32>,
    written: Vec<Written>,
}

impl<'f> Writer<'f> {
    fn new(flattened: &'f Flattened) -> Self {
        let count = flattened.changes.len();
        let mut writer = Self {
            flattened,
            news: Vec::with_capacity(count),
            at: HashMap::with_capacity(count),
            lines: HashSet::with_capacity(count),
            written: vec![Err(NOT_FOUND); count],
        };
        let mut rules = flattened.rules.table.rules();
        for (at, change) in flattened.changes.iter().enumerate() {
            let rule = rules.find(|(_, rule)| rule.number == change.rule);
            let rule = rule.map(|(_, rule)| rule);
            writer.news.push(New {
                target: &change.target,
                status: status(change),
                keeps_query: rule.is_some_and(|rule| keeps_query(&flattened.rules, &rule)),
            });
            if let (Some(line), Some(rule)) = (change.line, rule) {
                let source = String::from_utf8_lossy(rule.source).into_owned();
                let key = (line, source, change.old_target.to_string());
                writer.at.entry(key).or_default().push_back(at);
                writer.lines.insert(line);
            }
        }
        writer
    }

    /// Writes nothing.
    pub(super) fn keep_all(&mut self) {
        self.written.fill(Err(NO_WRITER));
    }

    /// Takes the entry of a line: the rules that it is by itself, and how it is written.
    fn entry(
        &mut self,
        line: u32,
        alone: impl FnOnce() -> Rules,
        write: impl FnOnce(&New<'_>) -> Written,
    ) {
        if !self.lines.contains(&line) {
            return;
        }
        let alone = alone();
        let mut found: Vec<usize> = Vec::new();
        for rule in alone.iter() {
            let key = (line, rule.source().to_owned(), rule.target());
            found.extend(self.at.get_mut(&key).and_then(VecDeque::pop_front));
        }
        let Some(new) = found.first().and_then(|at| self.news.get(*at)) else {
            return;
        };
        // One entry may be several rules; it is written once, for all of them.
        let mut written = if found.len() == alone.len() {
            write(new)
        } else {
            Err(READ_OTHERWISE)
        };
        for at in found {
            let next = written.as_ref().map(|_| Vec::new()).map_err(|why| *why);
            if let Some(place) = self.written.get_mut(at) {
                *place = std::mem::replace(&mut written, next);
            }
        }
    }

    /// The text with all that is written.
    fn applied(&self, text: &str) -> String {
        let mut edits: Vec<&Edit> = self.written.iter().flatten().flatten().collect();
        edits.sort_by_key(|edit| (edit.bytes.start, edit.bytes.end));
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for Edit { bytes, text: new } in edits {
            out.push_str(text.get(at..bytes.start).unwrap_or_default());
            out.push_str(new);
            at = bytes.end;
        }
        out.push_str(text.get(at..).unwrap_or_default());
        out
    }

    /// Takes back what is not read as it is meant: all is tried at once, then halves of what is
    /// wrong.
    fn take_back(&mut self, text: &str, format: Format) {
        let all = self.written.len();
        let mut untried = std::mem::replace(&mut self.written, vec![Err(TOO_MANY); all]);
        let mut parts: Vec<Range<usize>> = std::iter::once(0..all).collect();
        for _ in 0..MOST {
            let Some(part) = parts.pop() else {
                return;
            };
            self.swap(&mut untried, part.clone());
            if self.is_right(&format.parse_lossy(&self.applied(text)).rules, format) {
                continue;
            }
            if part.len() == 1 {
                let own = self.written.get_mut(part).unwrap_or_default();
                own.fill(Err(READ_OTHERWISE));
                continue;
            }
            self.swap(&mut untried, part.clone());
            let middle = part.start + part.len() / 2;
            parts.extend([middle..part.end, part.start..middle]);
        }
    }

    fn swap(&mut self, other: &mut [Written], part: Range<usize>) {
        let own = self.written.get_mut(part.clone()).unwrap_or_default();
        let other = other.get_mut(part).unwrap_or_default();
        own.swap_with_slice(other);
    }

    /// Whether every rule is read as it is meant: as it was, or as it is flattened.
    fn is_right(&self, got: &Rules, format: Format) -> bool {
        let expected = &self.flattened.rules;
        let kept = self.flattened.changes.iter().zip(&self.written);
        let kept: HashSet<RuleNumber> = kept
            .filter(|(_, written)| written.is_err())
            .map(|(change, _)| change.rule)
            .collect();
        let mut pairs = expected.table.rules().zip(got.table.rules());
        expected.len() == got.len()
            && pairs.all(|((_, old), (_, new))| {
                let is_same = old.target == new.target
                    && keeps_query(expected, &old) == keeps_query(got, &new)
                    && (format.file_format().is_map()
                        || old.status_choice() == new.status_choice());
                old.source == new.source && (is_same || kept.contains(&old.number))
            })
    }

    fn kept(self) -> Vec<NotRewritten> {
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

/// The new status of a rule, where it is another.
fn status(change: &TargetChange) -> Option<u16> {
    let status = match change.status_choice {
        StatusChoice::Status(status) => status,
        StatusChoice::Intent(intent) => intent.strict_status(),
    };
    (change.status_choice != change.old_status_choice).then(|| status.as_u16())
}

/// Whether a rule sends the query of a request on.
fn keeps_query(rules: &Rules, rule: &CompiledRule<'_>) -> bool {
    let options = rules.table.options(rule);
    match options.map_or(QueryPolicy::Keep, |ready| ready.options.query) {
        QueryPolicy::Keep | QueryPolicy::Merge => true,
        QueryPolicy::Drop => false,
        QueryPolicy::TargetWins => !rule.has(QUERY),
    }
}

/// A target without placeholders, as other formats write it.
fn plain(target: &str) -> Result<&str, &'static str> {
    match target.contains(['{', '}']) {
        true => Err("the format has no placeholders"),
        false => Ok(target),
    }
}
