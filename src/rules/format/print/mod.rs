//! Rules of a table as a file of another format.
//!
//! Each format has a printer, which writes one rule as one entry. A printer writes what it can, and
//! needn't know whether the entry means the same: the entry is read again and compared with the
//! rule. If the format compares paths in another way, a rule becomes several entries, for example
//! one with a slash at its end and one without. Then the whole file is read again, because an entry
//! may have another meaning among others: the format can have another order, or a limit.

use std::{borrow::Cow, fmt};

use super::{Format, Parsed};
use crate::rules::{Rule, RuleRef, Rules, RulesBuilder, Severity};

pub(super) mod entry;
pub(super) mod maps;
mod reason;
pub(super) mod regex;
pub(super) mod same;
mod split;

use entry::Parts;

/// Why a rule isn't printed.
pub(super) type Reason = Cow<'static, str>;

/// The rules of a table as a file, and the rules that the format can't express.
/// [`Format::print`] returns it.
///
/// ```
/// use tower_redirect::rules::Format;
///
/// let rules = Format::Native.parse("/a/{b} -> /c/{b}\n/fax -> gone\n/d -> /e 302 max-age=60\n")?;
/// let printed = Format::Cloudflare.print(&rules);
/// assert_eq!(printed.text(), "/a/:b /c/:b 308\n");
/// let not_printed: Vec<_> = printed.not_printed().iter().map(ToString::to_string).collect();
/// assert_eq!(
///     not_printed,
///     [
///         "line 2: /fax -> 410 Gone; not printed, because the format can't refuse requests",
///         "line 3: /d -> /e (302 Found); not printed, because the format has no cache lifetimes",
///     ],
/// );
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "some rules may be missing in the text"]
pub struct Printed<'r> {
    text: String,
    not_printed: Vec<NotPrinted<'r>>,
}

/// A rule that [`Format::print`] didn't print, and the reason.
///
/// ```
/// use tower_redirect::rules::{Format, Rule, Rules};
///
/// let rules = Rules::new([Rule::permanent("/{page}.php", "/{page}")])?;
/// let printed = Format::Netlify.print(&rules);
/// let not_printed = &printed.not_printed()[0];
/// assert_eq!(not_printed.rule().source(), "/{page}.php");
/// assert_eq!(not_printed.reason(), "a placeholder must be a whole segment in the format");
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotPrinted<'r> {
    rule: RuleRef<'r>,
    reason: Reason,
}

impl<'r> Printed<'r> {
    /// Returns the text of the file.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Converts this into the text.
    #[must_use]
    pub fn into_text(self) -> String {
        self.text
    }

    /// Returns the rules that aren't in the text, in the order of the table.
    #[must_use]
    pub fn not_printed(&self) -> &[NotPrinted<'r>] {
        &self.not_printed
    }
}

impl<'r> NotPrinted<'r> {
    /// Returns the rule.
    #[must_use]
    pub const fn rule(&self) -> RuleRef<'r> {
        self.rule
    }

    /// Returns the reason why the rule isn't in the text.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for NotPrinted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, reason } = self;
        match rule.line() {
            Some(line) => write!(f, "line {line}"),
            None => write!(f, "rule {}", rule.number()),
        }?;
        write!(f, ": {rule}; not printed, because {reason}")
    }
}

impl Format {
    /// Prints the rules of a table as a file of this format.
    ///
    /// From Netlify to Vercel:
    ///
    #[cfg_attr(feature = "json", doc = "```")]
    #[cfg_attr(not(feature = "json"), doc = "```ignore")]
    /// use tower_redirect::rules::Format;
    ///
    /// let netlify = "\
    /// /blog/:slug  /posts/:slug  301!
    /// /docs/*      https://docs.example/:splat  302!
    /// /            /de  302!  Language=de
    /// ";
    /// let rules = Format::Netlify.parse(netlify)?;
    /// let printed = Format::Vercel.print(&rules);
    /// assert_eq!(
    ///     printed.text(),
    ///     r#"{
    ///   "redirects": [
    ///     { "source": "/blog/:slug", "destination": "/posts/:slug", "statusCode": 301 },
    ///     { "source": "/blog/:slug/", "destination": "/posts/:slug", "statusCode": 301 },
    ///     { "source": "/docs", "destination": "https://docs.example/", "statusCode": 302 },
    ///     { "source": "/docs/:splat(.*)", "destination": "https://docs.example/:splat", "statusCode": 302 }
    ///   ]
    /// }
    /// "#,
    /// );
    /// assert_eq!(
    ///     printed.not_printed()[0].to_string(),
    ///     "line 3: / -> /de (302 Found); not printed, because the format has no \
    ///      conditions on the language",
    /// );
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// A rule is printed only if this format reads it as a rule that decides the same. Otherwise
    /// [`Printed::not_printed`] lists it with the reason. **Later rules can match the requests of a
    /// rule that isn't printed**, so read the list. If all rules are printed, the file decides
    /// every request like the table.
    ///
    /// Decisions are the same if the queries of their locations differ only in empty parameters:
    /// some formats send `?a&&b` as it is, and others as `?a&b`.
    ///
    /// The rules are in the order in which the table tries them, so the first that matches wins.
    /// One rule can become several entries. Comments aren't kept, and only the
    /// [native](super::native) format has names of rules.
    ///
    /// A map has no status, so its rules must have the status that [`parse`](Self::parse) gives
    /// them.
    pub fn print(self, rules: &Rules) -> Printed<'_> {
        let mut file = File::new(self, rules);
        file.print_each();
        file.print_together();
        file.printed()
    }
}

/// A rule, and its entries or the reason why it has none.
struct Entry<'r> {
    rule: RuleRef<'r>,
    text: Result<Vec<String>, Reason>,
    /// The rules that the format reads from these entries alone.
    read: Vec<Rule>,
}

/// A file that is being printed.
struct File<'r> {
    format: Format,
    entries: Vec<Entry<'r>>,
}

/// The reason if no other is known.
pub(super) const OTHER_MEANING: Reason = Reason::Borrowed("the file would mean something else");

impl<'r> File<'r> {
    fn new(format: Format, rules: &'r Rules) -> Self {
        let entry = |rule| Entry {
            rule,
            text: Err(OTHER_MEANING),
            read: Vec::new(),
        };
        Self {
            format,
            entries: ranked(rules).map(entry).collect(),
        }
    }

    /// Prints every rule by itself.
    fn print_each(&mut self) {
        for entry in &mut self.entries {
            let mut rule = Rule::from(entry.rule);
            if self.format != Format::Native {
                same::simplify(&mut rule);
            }
            let printed = match one(self.format, &rule) {
                Ok(printed) => Ok(vec![printed]),
                // If the whole isn't the same, its parts may be.
                Err(reason) => match split::split(&rule) {
                    Some(parts) => {
                        let [first, second] = parts.map(|part| one(self.format, &part));
                        // The second is the one with the tail.
                        second.and_then(|second| Ok(vec![first?, second]))
                    }
                    None => Err(reason),
                },
            };
            entry.text = printed.map(|printed| {
                let (text, read) = printed.into_iter().unzip();
                entry.read = read;
                text
            });
        }
    }

    /// Removes entries that have another meaning among the others.
    fn print_together(&mut self) {
        loop {
            let (text, lines) = self.text();
            let parsed = self.format.parse_lossy(&text);
            let wrong = self.wrong(&parsed, &lines);
            if wrong.is_empty() {
                return;
            }
            for (at, reason) in wrong {
                if let Some(entry) = self.entries.get_mut(at) {
                    entry.text = Err(reason);
                }
            }
        }
    }

    /// Returns the entries that the whole file changes or loses, each with the reason.
    fn wrong(&self, parsed: &Parsed, lines: &[(u32, usize)]) -> Vec<(usize, Reason)> {
        let on_line = |line: u32| {
            let at = lines.partition_point(|(own, _)| *own <= line);
            Some(lines.get(at.checked_sub(1)?)?.1)
        };
        let entry_of = |rule: &RuleRef<'_>| on_line(rule.line()?);
        // Duplicates and limits.
        let mut counts = vec![0; self.entries.len()];
        for entry in parsed.rules.iter().filter_map(|rule| entry_of(&rule)) {
            if let Some(count) = counts.get_mut(entry) {
                *count += 1;
            }
        }
        let said = reason::first_of_each(&parsed.findings, on_line);
        let entries = self.entries.iter().zip(counts).enumerate();
        let mut wrong: Vec<(usize, Reason)> = entries
            .filter(|(_, (entry, count))| entry.text.is_ok() && entry.read.len() != *count)
            .map(|(at, _)| (at, said.get(&at).copied()))
            .map(|(at, said)| (at, reason::missing(&parsed.findings, said)))
            .collect();
        if !wrong.is_empty() || is_in_order(&parsed.rules, entry_of) {
            return wrong;
        }
        let (expected, numbers) = self.expected();
        let diff = expected.diff(&parsed.rules);
        let changes = diff.changes().iter().map(|one| (one.before(), one.after()));
        let undecided = diff
            .undecided()
            .iter()
            .map(|one| (one.before(), one.after()));
        for (before, after) in changes.chain(undecided) {
            // The rule that wins now is the one that has to wait.
            let entry = after.as_ref().and_then(entry_of);
            let own = before.and_then(|rule| numbers.get(rule.number() as usize).copied());
            let other = own.filter(|_| entry.is_some() && entry != own);
            let other = other.and_then(|at| Some(self.entries.get(at)?.rule));
            wrong.extend(entry.or(own).map(|at| (at, reason::of_order(other))));
        }
        if wrong.is_empty() && !diff.is_empty() {
            // No rule can be named.
            wrong.extend(numbers.iter().map(|at| (*at, OTHER_MEANING)));
        }
        wrong
    }

    /// The file, and for each line with an entry the number of its rule.
    fn text(&self) -> (String, Vec<(u32, usize)>) {
        let [head, separator, tail] = self.format.file_format().frame();
        let mut text = head.to_owned();
        let mut lines = Vec::new();
        let mut line = 1 + count_lines(head);
        for (at, entry) in self.entries.iter().enumerate() {
            for entry in entry.text.iter().flatten() {
                if !lines.is_empty() {
                    text.push_str(separator);
                    line += count_lines(separator);
                }
                lines.push((line, at));
                text.push_str(entry);
                line += count_lines(entry);
            }
        }
        text.push_str(match lines.is_empty() {
            true => tail.trim_start(),
            false => tail,
        });
        (text, lines)
    }

    /// Returns the table of the printed rules, and the entry of each.
    ///
    /// These are the rules that the format reads from each entry, so equal rules are equal text.
    fn expected(&self) -> (Rules, Vec<usize>) {
        let mut builder = RulesBuilder::default();
        let mut numbers = Vec::new();
        for (at, entry) in self.entries.iter().enumerate() {
            if entry.text.is_ok() {
                builder = builder.rules(entry.read.iter().cloned());
                numbers.extend(entry.read.iter().map(|_| at));
            }
        }
        // They are in the order in which the table tries them.
        (builder.build_what_is_right().0, numbers)
    }

    fn printed(self) -> Printed<'r> {
        let (text, _) = self.text();
        let reasons = self.entries.into_iter();
        let mut not_printed: Vec<_> = reasons
            .filter_map(|entry| {
                let (rule, reason) = (entry.rule, entry.text.err()?);
                Some(NotPrinted { rule, reason })
            })
            .collect();
        not_printed.sort_by_key(|one| one.rule.number());
        Printed { text, not_printed }
    }
}

fn count_lines(text: &str) -> u32 {
    u32::try_from(text.matches('\n').count()).unwrap_or(u32::MAX)
}

/// Returns `true` if a table tries its rules in the order of their entries, so that equal rules
/// decide the same.
fn is_in_order(rules: &Rules, entry_of: impl Fn(&RuleRef<'_>) -> Option<usize>) -> bool {
    ranked(rules).map(|rule| entry_of(&rule)).is_sorted()
}

/// Returns the rules in the order in which a table tries them.
fn ranked(rules: &Rules) -> impl Iterator<Item = RuleRef<'_>> {
    let mut ranked: Vec<_> = rules
        .table
        .rules()
        .map(|(at, rule)| (rules.table.rank(&rule, rules.precedence), at))
        .collect();
    ranked.sort_unstable();
    ranked
        .into_iter()
        .map(|(_, at)| RuleRef::at(&rules.table, at))
}

/// Prints one rule if the format reads it as the same. Returns what it reads, too.
fn one(format: Format, rule: &Rule) -> Result<(String, Rule), Reason> {
    let text = format.file_format().print_entry(rule)?;
    let [head, _, tail] = format.file_format().frame();
    let parsed = format.parse_lossy(&format!("{head}{text}{tail}"));
    let mut read = parsed.rules.iter().map(Rule::from);
    let Some(own) = read.next() else {
        return Err(reason::rejected(&parsed.findings));
    };
    if read.next().is_some() {
        return Err(OTHER_MEANING);
    }
    let is_same = match format {
        Format::Native => own == *rule,
        _ => same::is_same(rule, &own),
    };
    match is_same {
        true => Ok((text, own)),
        false => Err(reason::of_difference(rule, &own)),
    }
}
