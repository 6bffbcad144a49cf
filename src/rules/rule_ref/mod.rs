use std::{fmt, iter::FusedIterator};

use http::StatusCode;

use super::{
    Outcome, RuleId, Rules,
    compiled_rule::{CompiledRule, REGEX, SLOTS},
    host_label::HostLabel,
    lines::{Lines, RulePlace},
    pattern::PatternRef,
    table::Table,
    target,
};
use crate::{
    redirect::{RuleNumber, RuleOffset, RuleTable},
    status::StatusChoice,
};

mod fixed;
mod rule;

pub(crate) use fixed::Fixed;
pub use fixed::SkippedReason;

/// A reference to one rule of a table.
///
/// ```
/// use tower_redirect::rules::{Rule, Rules};
///
/// let rules = Rules::new([Rule::found("/a/{b}", "/c/{b}").named("moved")])?;
/// let rule = rules.iter().next().unwrap();
/// assert_eq!(rule.to_string(), "/a/{b} -> /c/{b} (302 Found)");
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
///
/// A rule that passes is written as `/a -> pass`, and one that refuses as `/a -> 410 Gone`.
///
/// Two references are equal only if they refer to the same rule of the same table.
#[derive(Clone, Copy)]
pub struct RuleRef<'r> {
    table: &'r Table,
    /// The offset of its rule.
    at: RuleOffset,
}

impl<'r> RuleRef<'r> {
    pub(super) fn new(table: &'r Table, rule: CompiledRule<'r>) -> Self {
        Self::at(table, rule.begin())
    }

    /// The rule that begins here.
    #[inline]
    pub(super) const fn at(table: &'r Table, at: RuleOffset) -> Self {
        Self { table, at }
    }

    fn compiled(&self) -> CompiledRule<'r> {
        self.table.rule(self.at).unwrap_or_default()
    }

    /// Returns the number of the rule, counted from 0 in the order in which the rules were added.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.rule_number().0
    }

    pub(super) fn rule_number(&self) -> RuleNumber {
        self.compiled().number
    }

    /// Returns the path of the source, in the form that the table compares, or its regex.
    #[must_use]
    pub fn source(&self) -> &'r str {
        std::str::from_utf8(self.compiled().source).unwrap_or_default()
    }

    /// Returns the target with its placeholders. All other text is percent-encoded, as in the
    /// location.
    ///
    /// If the rule passes or refuses, this is empty.
    #[must_use]
    pub fn target(&self) -> String {
        if !self.redirects() {
            return String::new();
        }
        let names = self.names();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let target = target::written(self.compiled().target, &names);
        match self.host_label() {
            Some(label) => label.write_into(&target, &names),
            None => target,
        }
    }

    /// Returns what the rule does with a request.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.compiled().outcome()
    }

    /// Returns the status or the intent of the redirect, or `None` if the rule passes or refuses.
    #[must_use]
    pub fn status_choice(&self) -> Option<StatusChoice> {
        match self.outcome() {
            Outcome::Redirect(status_choice) => Some(status_choice),
            Outcome::Pass | Outcome::Refuse(_) => None,
        }
    }

    pub(crate) fn redirects(&self) -> bool {
        self.compiled().redirects()
    }

    /// The outcome, with the target of a redirect.
    pub(super) fn outcome_text(&self) -> String {
        match self.outcome() {
            Outcome::Redirect(StatusChoice::Status(status)) => {
                format!("{} ({status})", self.target())
            }
            Outcome::Redirect(StatusChoice::Intent(intent)) => {
                format!("{} ({intent:?})", self.target())
            }
            Outcome::Pass => "pass".to_owned(),
            Outcome::Refuse(status) => status.to_string(),
        }
    }

    /// Returns the name, if the rule has one.
    #[must_use]
    pub fn name(&self) -> Option<&'r str> {
        self.table.name(&self.compiled())
    }

    /// Returns the name of the rule, or its source if it has no name.
    ///
    /// Metrics and counts use it as a label.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    ///
    /// let rules = Rules::new([Rule::found("/a", "/b"), Rule::found("/c", "/d").named("moved")])?;
    /// let ids: Vec<_> = rules.iter().map(|rule| rule.id().to_string()).collect();
    /// assert_eq!(ids, ["/a", "moved"]);
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    #[must_use]
    pub fn id(&self) -> RuleId<'r> {
        let source = RuleId::Source {
            host: self.host(),
            source: self.source(),
        };
        self.name().map_or(source, RuleId::Name)
    }

    /// Returns the placeholder in the host of the target.
    pub(super) fn host_label(&self) -> Option<HostLabel> {
        self.table.options(&self.compiled())?.options.host_label
    }

    /// Returns the status of the app's response that the redirect waits for.
    pub(super) fn waits_for(&self) -> Option<StatusCode> {
        self.table.options(&self.compiled())?.options.after
    }

    /// The host that it is for, or nothing.
    fn host(&self) -> &'r str {
        let ready = self.table.options(&self.compiled());
        let host = ready.and_then(|ready| ready.options.host.as_deref());
        host.unwrap_or_default()
    }

    /// Returns the file that the rule was read from, if [`Rules::in_file`] named it.
    #[must_use]
    pub fn file(&self) -> Option<&'r str> {
        self.table.lines.file(self.rule_number()).map(AsRef::as_ref)
    }

    /// Returns the line of the rule, counted from 1, if the rule was read from a file.
    #[must_use]
    pub fn line(&self) -> Option<u32> {
        self.table.lines.get(self.rule_number())
    }

    /// How messages name the rule.
    pub(super) fn place(&self) -> RulePlace<'r> {
        self.table.lines.place(self.rule_number())
    }

    /// The files and the lines of the rules of its table.
    pub(super) fn lines(&self) -> &'r Lines {
        &self.table.lines
    }

    /// Whether the target has placeholders.
    pub(super) fn has_placeholders(&self) -> bool {
        self.compiled().has(SLOTS)
    }

    /// The names of the placeholders, in the order of their numbers.
    pub(super) fn names(&self) -> Vec<String> {
        let rule = self.compiled();
        let own: Vec<String> = if rule.has(REGEX) {
            self.regex_names()
        } else {
            PatternRef::of(rule.source)
                .names()
                .map(|name| String::from_utf8_lossy(name).into_owned())
                .collect()
        };
        let ready = self.table.options(&rule);
        let more = ready.map_or(&[][..], |ready| &ready.slots);
        own.into_iter()
            .chain(more.iter().map(|slot| slot.name.clone()))
            .collect()
    }

    #[cfg(feature = "regex")]
    fn regex_names(&self) -> Vec<String> {
        let regex = self.table.regexes.get(self.at);
        let slots = regex.and_then(|regex| super::regexes::slots(regex).ok());
        slots
            .unwrap_or_default()
            .into_iter()
            .map(|slot| slot.name)
            .collect()
    }

    #[cfg(not(feature = "regex"))]
    #[expect(clippy::unused_self, reason = "with the feature it is used")]
    const fn regex_names(&self) -> Vec<String> {
        Vec::new()
    }
}

/// What a [`MatchedRule`](crate::redirect::MatchedRule) says is what the rule says.
impl RuleTable for Table {
    fn source(&self, at: RuleOffset) -> &str {
        RuleRef::at(self, at).source()
    }

    fn target(&self, at: RuleOffset) -> String {
        RuleRef::at(self, at).target()
    }

    fn name(&self, at: RuleOffset) -> Option<&str> {
        RuleRef::at(self, at).name()
    }

    fn id(&self, at: RuleOffset) -> RuleId<'_> {
        RuleRef::at(self, at).id()
    }

    fn file(&self, number: RuleNumber) -> Option<&str> {
        self.lines.file(number).map(AsRef::as_ref)
    }

    fn line(&self, number: RuleNumber) -> Option<u32> {
        self.lines.get(number)
    }

    fn describe(&self, at: RuleOffset, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&RuleRef::at(self, at), f)
    }

    #[inline]
    fn count_hit(&self, number: RuleNumber) {
        if let Some(hits) = self.hits.get() {
            hits.add(number);
        }
    }
}

impl PartialEq for RuleRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at && std::ptr::eq(self.table, other.table)
    }
}

impl Eq for RuleRef<'_> {}

/// An iterator over the rules of a table, returned by [`Rules::iter`].
///
/// ```
/// use tower_redirect::rules::{Rule, Rules};
///
/// let rules = Rules::new([Rule::permanent("/a", "/b"), Rule::permanent("/c", "/d")])?;
/// assert_eq!(rules.iter().len(), 2);
/// for rule in &rules {
///     println!("{rule}");
/// }
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
#[derive(Clone, Debug)]
pub struct Iter<'r> {
    rules: &'r Rules,
    at: RuleOffset,
    left: usize,
}

impl<'r> Iter<'r> {
    pub(super) const fn new(rules: &'r Rules) -> Self {
        Self {
            rules,
            at: RuleOffset(0),
            left: rules.len(),
        }
    }
}

impl<'r> Iterator for Iter<'r> {
    type Item = RuleRef<'r>;

    fn next(&mut self) -> Option<RuleRef<'r>> {
        let rule = RuleRef::at(&self.rules.table, self.at);
        self.at = self.rules.table.rule(self.at)?.next();
        self.left = self.left.saturating_sub(1);
        Some(rule)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl FusedIterator for Iter<'_> {}

impl<'r> IntoIterator for &'r Rules {
    type Item = RuleRef<'r>;
    type IntoIter = Iter<'r>;

    fn into_iter(self) -> Iter<'r> {
        self.iter()
    }
}

impl fmt::Display for RuleRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, source) = (self.host(), self.source());
        write!(f, "{host}{source} -> {}", self.outcome_text())
    }
}

impl fmt::Debug for RuleRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RuleRef({}: {self})", self.number())
    }
}
