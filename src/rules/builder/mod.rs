use std::{collections::HashMap, sync::Arc};

#[cfg(feature = "regex")]
use super::regexes::Room;
use super::{
    Finding, Findings, Part, RuleOffset, Rules,
    compiled_options::CompiledOptions,
    compiled_rule::OptionsIndex,
    copies::Copies,
    firsts::Firsts,
    lines::Lines,
    options::{Matching, Options},
    rule::Rule,
    search::Precedence,
    source::{Source, foreign},
    table::{Hosts, Table},
};
use crate::status::Status;

mod append;
mod compile;
mod lines;

/// Builds a table from rules and options.
///
/// [`build`](Self::build) reports every invalid rule at once.
///
/// ```
/// use tower_redirect::rules::{Precedence, Rule, Rules};
/// use tower_redirect::testing;
///
/// let rules = Rules::builder()
///     .precedence(Precedence::StaticFirst)
///     .ignore_case()
///     .rule(Rule::permanent("/blog/{slug}", "/posts/{slug}"))
///     .rule(Rule::found("/blog/latest", "/news"))
///     .build()?;
/// testing::get("/Blog/Latest").through(&rules).assert_redirect("/news");
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
///
/// A map of sources and targets becomes rules with status 308:
///
/// ```
/// use std::collections::BTreeMap;
/// use tower_redirect::rules::RulesBuilder;
/// use tower_redirect::testing;
///
/// let moved = BTreeMap::from([("/about-us", "/about"), ("/blog/{slug}", "/posts/{slug}")]);
/// let rules = moved.into_iter().collect::<RulesBuilder>().build()?;
/// testing::get("/about-us").through(&rules).assert_redirect("/about");
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
#[derive(Debug, Default)]
#[must_use = "rules do nothing until they are built"]
pub struct RulesBuilder {
    compiled: Vec<u8>,
    count: u32,
    options: Vec<CompiledOptions>,
    known: HashMap<Options, OptionsIndex>,
    /// Those of the rule before; in files they seldom change.
    last: Option<(Options, OptionsIndex)>,
    hosts: Hosts,
    #[cfg(feature = "regex")]
    regexes: Vec<(RuleOffset, regex::Regex)>,
    #[cfg(feature = "regex")]
    pub(super) room: Room,
    precedence: Precedence,
    matching: Matching,
    errors: Vec<Finding>,
    lines: Lines,
    copies: Copies,
    firsts: Firsts,
    /// Kept for its memory.
    source: Vec<u8>,
    /// The origin of the target that was checked last; in a file, many have the same.
    origin: String,
    /// The rule comes from another format than the native one. Which texts such a format's own
    /// engine puts into a host isn't known, so the host has no placeholders.
    is_of_format: bool,
}

impl RulesBuilder {
    /// Adds a rule.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    ///
    /// let rules = Rules::builder().rule(Rule::permanent("/a", "/b")).build()?;
    /// assert_eq!(rules.len(), 1);
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    pub fn rule(mut self, rule: Rule) -> Self {
        self.push(rule);
        self
    }

    /// Adds rules in their order.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    ///
    /// let rules = Rules::builder().rules([Rule::permanent("/a", "/b")]).build()?;
    /// assert_eq!(rules.len(), 1);
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    pub fn rules(mut self, rules: impl IntoIterator<Item = Rule>) -> Self {
        self.extend(rules);
        self
    }

    /// Sets which rule wins if several match.
    ///
    /// The default is [`Precedence::FirstMatch`]. A second call replaces the first.
    ///
    /// ```
    /// use tower_redirect::rules::{Precedence, Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::builder()
    ///     .rules([Rule::permanent("/{*rest}", "/"), Rule::permanent("/a", "/b")])
    ///     .precedence(Precedence::MostSpecific)
    ///     .build()?;
    /// testing::get("/a").through(&rules).assert_redirect("/b");
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    pub const fn precedence(mut self, precedence: Precedence) -> Self {
        self.precedence = precedence;
        self
    }

    /// Ignores the case of the path, for all rules that you add after this call.
    ///
    /// See [`Rule::ignore_case`].
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::builder().ignore_case().rule(Rule::permanent("/a", "/b")).build()?;
    /// testing::get("/A").through(&rules).assert_redirect("/b");
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    pub const fn ignore_case(mut self) -> Self {
        self.matching.ignore_case = true;
        self
    }

    /// Matches paths with and without a trailing slash, for all rules that you add after this call.
    ///
    /// See [`Rule::ignore_trailing_slash`].
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let about = Rule::permanent("/about-us", "/about");
    /// let rules = Rules::builder().ignore_trailing_slash().rule(about).build()?;
    /// testing::get("/about-us/").through(&rules).assert_redirect("/about");
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    pub const fn ignore_trailing_slash(mut self) -> Self {
        self.matching.ignore_trailing_slash = true;
        self
    }

    /// Compiles the table.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    ///
    /// let errors = Rules::builder()
    ///     .rule(Rule::permanent("/a", "/b"))
    ///     .rule(Rule::permanent("/{a", "//b"))
    ///     .build()
    ///     .unwrap_err();
    /// assert_eq!(errors.iter().map(|error| error.rule()).collect::<Vec<_>>(), [Some(1)]);
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if a rule is invalid. The error lists every invalid rule, with the part,
    /// the position and the fix.
    ///
    /// Redirect loops are errors too (R9). The error is about the last rule of the loop:
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    ///
    /// let rules = [Rule::permanent("/a", "/b"), Rule::found("/b", "/a")];
    /// let errors = Rules::new(rules).unwrap_err();
    /// assert_eq!(
    ///     errors.to_string(),
    ///     "rule 1, `/b -> /a`: error: redirect loop: `/a` → `/b` → `/a` (rules 0 and 1); \
    ///      remove one of these rules or change its target",
    /// );
    /// ```
    pub fn build(self) -> Result<Rules, Findings> {
        let (rules, errors) = self.build_what_is_right();
        if errors.is_empty() {
            Ok(rules)
        } else {
            Err(errors.into())
        }
    }

    /// Compiles the valid rules, and returns what is wrong with the others.
    pub(super) fn build_what_is_right(mut self) -> (Rules, Vec<Finding>) {
        let lost = std::mem::take(&mut self.copies).take_out(&mut self.compiled);
        if !lost.is_empty() {
            self.count -= u32::try_from(lost.len()).unwrap_or_default();
            self.lines = self.lines.without(&lost);
        }
        let mut errors = self.errors;
        let wrong = u32::try_from(errors.len()).unwrap_or(u32::MAX);
        #[cfg(feature = "regex")]
        let (regexes, too_much) = super::regexes::Regexes::new(self.regexes);
        let table = Table::new(
            self.compiled,
            self.options,
            self.hosts,
            self.lines,
            self.precedence,
            #[cfg(feature = "regex")]
            regexes,
        );
        let mut rules = Rules {
            table: Arc::new(table),
            precedence: self.precedence,
            count: self.count.saturating_sub(wrong),
        };
        #[cfg(feature = "regex")]
        rules.leave_regexes_out(&too_much, &mut errors);
        rules.exclude_own_targets();
        rules.leave_loops_out(&mut errors);
        errors.sort_by_key(Finding::rule);
        (rules, errors)
    }

    /// Adds a rule; what is wrong with it is kept for [`build`](Self::build).
    fn push(&mut self, rule: Rule) {
        let number = self.count;
        let wrong = self.try_native(rule).err();
        // One that is wrong has a number, too.
        self.count = number + 1;
        self.errors.extend(wrong);
    }

    /// Adds a rule in native syntax, in which the placeholders of other routers are errors.
    pub(super) fn try_native(&mut self, rule: Rule) -> Result<(), Finding> {
        match foreign(&rule.source) {
            None => self.try_rule(rule),
            Some(error) => Err(error
                .in_part(Part::Source, &rule.source.text())
                .in_rule(self.next_number(), rule.options.name.as_deref())),
        }
    }

    /// A regex as a rule would have it, where there is room for more of them; it takes none.
    #[cfg(feature = "regex")]
    pub(super) fn regex(&mut self, text: &str, ignore_case: bool) -> Result<regex::Regex, Finding> {
        self.room.checked(text, ignore_case)
    }

    /// Makes room for rules from a file of so many bytes, as far as there is any.
    pub(super) fn reserve(&mut self, bytes: usize) {
        let bytes = bytes.saturating_add(bytes / 2).min(RuleOffset::LIMIT.get());
        // Where there is not so much, it grows as it is filled.
        let _ = self.compiled.try_reserve_exact(bytes);
    }
}

impl Extend<Rule> for RulesBuilder {
    fn extend<I: IntoIterator<Item = Rule>>(&mut self, rules: I) {
        for rule in rules {
            self.push(rule);
        }
    }
}

impl FromIterator<Rule> for RulesBuilder {
    fn from_iter<I: IntoIterator<Item = Rule>>(rules: I) -> Self {
        Self::default().rules(rules)
    }
}

/// Makes a rule with status 308 from each pair of a source and a target.
impl<S: Into<Source>, T: Into<String>> FromIterator<(S, T)> for RulesBuilder {
    fn from_iter<I: IntoIterator<Item = (S, T)>>(pairs: I) -> Self {
        let status = Status::PermanentRedirect;
        pairs
            .into_iter()
            .map(|(source, target)| Rule::new(status, source, target))
            .collect()
    }
}
