use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

#[cfg(feature = "regex")]
use super::regexes::Room;
use super::{
    Rules,
    capture::Slot,
    condition::Ready,
    copies::Copies,
    error::{Flaw, Part, RuleError, RulesError, Why},
    firsts::Firsts,
    lines::Lines,
    options::{Matching, Options},
    pattern::MAX_CAPTURES,
    record::{Draft, FRAGMENT, MOST as MOST_BYTES, QUERY, SETTLED, SLOTS},
    rule::Rule,
    search::Precedence,
    source::{
        Compiled, Source, SourceKind, Wrong, add_query_conditions, checked_host, compile_source,
        foreign, native,
    },
    spelling,
    table::{EVERY_HOST, Hosts, Table},
    target::{self, Target},
};
use crate::{How, Status, shown};

/// Collects rules, and finds everything that is wrong with them when they are built.
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
/// # Ok::<(), tower_redirect::rules::RulesError>(())
/// ```
///
/// A plain map becomes permanent rules:
///
/// ```
/// use std::collections::BTreeMap;
/// use tower_redirect::rules::RulesBuilder;
/// use tower_redirect::testing;
///
/// let moved = BTreeMap::from([("/about-us", "/about"), ("/blog/{slug}", "/posts/{slug}")]);
/// let rules = moved.into_iter().collect::<RulesBuilder>().build()?;
/// testing::get("/about-us").through(&rules).assert_redirect("/about");
/// # Ok::<(), tower_redirect::rules::RulesError>(())
/// ```
#[derive(Debug, Default)]
#[must_use = "rules do nothing until they are built"]
pub struct RulesBuilder {
    records: Vec<u8>,
    count: u32,
    options: Vec<Ready>,
    known: HashMap<Options, u32>,
    /// Those of the rule before; in files they seldom change.
    last: Option<(Options, u32)>,
    hosts: Hosts,
    #[cfg(feature = "regex")]
    regexes: Vec<(u32, regex::Regex)>,
    #[cfg(feature = "regex")]
    pub(super) room: Room,
    precedence: Precedence,
    matching: Matching,
    errors: Vec<RuleError>,
    lines: Lines,
    copies: Copies,
    firsts: Firsts,
    /// Kept for its memory.
    source: Vec<u8>,
    /// The origin of the target that was checked last; in a file, many have the same.
    origin: String,
}

impl RulesBuilder {
    /// Adds a rule.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    ///
    /// let rules = Rules::builder().rule(Rule::permanent("/a", "/b")).build()?;
    /// assert_eq!(rules.len(), 1);
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    pub fn rule(mut self, rule: Rule) -> Self {
        self.push(rule);
        self
    }

    /// Adds rules, in their order.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    ///
    /// let rules = Rules::builder().rules([Rule::permanent("/a", "/b")]).build()?;
    /// assert_eq!(rules.len(), 1);
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    pub fn rules(mut self, rules: impl IntoIterator<Item = Rule>) -> Self {
        self.extend(rules);
        self
    }

    /// Says which rule answers where several could; without it, the first.
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
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    pub const fn precedence(mut self, precedence: Precedence) -> Self {
        self.precedence = precedence;
        self
    }

    /// Compares the paths of all rules that are added from here on without case; see
    /// [`Rule::ignore_case`].
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::builder().ignore_case().rule(Rule::permanent("/a", "/b")).build()?;
    /// testing::get("/A").through(&rules).assert_redirect("/b");
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    pub const fn ignore_case(mut self) -> Self {
        self.matching.ignore_case = true;
        self
    }

    /// Answers with and without a `/` at the end of the path, for all rules that are added from here on;
    /// see [`Rule::ignore_trailing_slash`].
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::builder().ignore_trailing_slash().rule(Rule::permanent("/a", "/b")).build()?;
    /// testing::get("/a/").through(&rules).assert_redirect("/b");
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
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
    /// assert_eq!(errors.iter().map(|error| error.rule()).collect::<Vec<_>>(), [1]);
    /// ```
    ///
    /// # Errors
    ///
    /// All at once, each with its rule, the part of it, the byte and how to mend it. Rules that lead
    /// to themselves, round in a circle, or on and on, are errors of the last of them (R9):
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    ///
    /// let errors = Rules::new([Rule::permanent("/a", "/b"), Rule::found("/b", "/a")]).unwrap_err();
    /// assert_eq!(
    ///     errors.to_string(),
    ///     "rule 1, rule `/b -> /a`, byte 0: rules 0 and 1 lead round in a circle, from `/a` for one; \
    ///      remove one of them, or give it another target",
    /// );
    /// ```
    pub fn build(self) -> Result<Rules, RulesError> {
        let (rules, errors) = self.build_what_is_right();
        if errors.is_empty() {
            Ok(rules)
        } else {
            Err(RulesError { errors })
        }
    }

    /// Compiles the rules that can be, and says what is wrong with the others.
    pub(super) fn build_what_is_right(mut self) -> (Rules, Vec<RuleError>) {
        let lost = std::mem::take(&mut self.copies).take_out(&mut self.records);
        if !lost.is_empty() {
            self.count -= u32::try_from(lost.len()).unwrap_or_default();
            self.lines = self.lines.without(&lost);
        }
        let mut errors = self.errors;
        let wrong = u32::try_from(errors.len()).unwrap_or(u32::MAX);
        #[cfg(feature = "regex")]
        let (regexes, too_much) = super::regexes::Regexes::new(self.regexes);
        let table = Table::new(
            self.records,
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
        rules.leave_loops_out(&mut errors);
        errors.sort_by_key(|error| error.rule);
        (rules, errors)
    }

    /// Adds a rule; what is wrong with it is kept for [`build`](Self::build).
    fn push(&mut self, rule: Rule) {
        let number = self.count;
        let foreign = foreign(&rule.source).map(|flaw| RuleError {
            rule: number,
            name: rule.options.name.clone(),
            part: Part::Source,
            text: cut(&rule.source.text),
            flaw,
        });
        let wrong = foreign.or_else(|| self.try_rule(rule).err());
        // One that is wrong has a number, too.
        self.count = number + 1;
        self.errors.extend(wrong);
    }

    /// Adds a rule that stands on this line of a file, counted from 1; one that is wrong has no number.
    pub(super) fn try_line(&mut self, line: u32, rule: Rule) -> Result<(), RuleError> {
        let number = self.count;
        if rule.names_one_address_twice() {
            return Err(RuleError {
                rule: number,
                name: rule.options.name,
                part: Part::Rule,
                text: cut(&rule.source.text),
                flaw: Flaw {
                    at: 0,
                    why: Why::ToItself,
                },
            });
        }
        match self.try_rule(rule) {
            Ok(()) => self.lines.push(number, line),
            Err(error) => {
                self.count = number;
                return Err(error);
            }
        }
        Ok(())
    }

    /// The same, and a copy of it that was added before goes; gives the line of that.
    pub(super) fn try_line_again(
        &mut self,
        line: u32,
        rule: Rule,
    ) -> Result<Option<u32>, RuleError> {
        let at = self.records.len();
        self.try_line(line, rule)?;
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        let before = self.copies.add(&self.records, at);
        Ok(before.and_then(|number| self.lines.get(number)))
    }

    /// The same, unless a rule for the same path and host was added so; gives the line of that.
    pub(super) fn try_line_once(
        &mut self,
        line: u32,
        rule: Rule,
    ) -> Result<Option<u32>, RuleError> {
        let (number, length) = (self.count, self.records.len());
        self.try_line(line, rule)?;
        let at = u32::try_from(length).unwrap_or(u32::MAX);
        let before = self.firsts.add(&self.records, &self.options, at);
        Ok(before.and_then(|before| {
            self.records.truncate(length);
            self.count = number;
            self.lines.get(before)
        }))
    }

    /// A regex as a rule would have it, where there is room for more of them; it takes none.
    #[cfg(feature = "regex")]
    pub(super) fn regex(&self, text: &str, ignore_case: bool) -> Result<regex::Regex, Flaw> {
        self.room.check()?;
        super::regexes::whole(text, ignore_case)
    }

    /// Makes room for rules from a file of so many bytes, as far as there is any.
    pub(super) fn reserve(&mut self, bytes: usize) {
        let bytes = bytes.saturating_add(bytes / 2).min(MOST_BYTES as usize);
        // Where there is not so much, it grows as it is filled.
        let _ = self.records.try_reserve_exact(bytes);
    }

    fn try_rule(&mut self, rule: Rule) -> Result<(), RuleError> {
        let number = self.count;
        self.count += 1;
        if self.push_plain(number, &rule).is_some() {
            return Ok(());
        }
        let Rule {
            source,
            target,
            how,
            mut options,
        } = rule;
        options.matching.ignore_case |= self.matching.ignore_case;
        options.matching.ignore_trailing_slash |= self.matching.ignore_trailing_slash;
        let name = options.name.clone();
        self.try_push(number, &source, &target, how, options)
            .map_err(|(part, text, flaw)| RuleError {
                rule: number,
                name,
                part,
                text: cut(&text),
                flaw,
            })
    }

    /// Adds a rule that is kept as it is written, as most lines of files are; `None` where it needs a closer
    /// look.
    fn push_plain(&mut self, number: u32, rule: &Rule) -> Option<u32> {
        let Rule {
            source,
            target,
            how,
            options,
        } = rule;
        let as_it_is = Matching::default();
        let is_path = matches!(source.kind, SourceKind::Native | SourceKind::Exact);
        if !is_path || self.matching != as_it_is || options.matching != as_it_is {
            return None;
        }
        let options = match &self.last {
            _ if *options == Options::default() => None,
            Some((last, at)) if last == options => Some(*at),
            _ => return None,
        };
        if !spelling::is_plain_path(&source.text) {
            return None;
        }
        let target = target::plain(target, &self.origin)?;
        let draft = Draft {
            flags: SETTLED,
            how: *how,
            number,
            origin: target.origin,
            options,
            source: source.text.as_bytes(),
            target: &target.text,
        };
        draft.push(&mut self.records)
    }

    fn try_push(
        &mut self,
        number: u32,
        source: &Source,
        target: &str,
        how: How,
        mut options: Options,
    ) -> Result<(), Wrong> {
        if let Some(name) = &options.name {
            if let Some(at) = name.find(shown::is_unseen) {
                let why = "a name has no control characters; remove this one";
                return Err((Part::Rule, name.to_string(), Flaw::at(at, why)));
            }
        }
        let mut text = &*source.text;
        let mut query = "";
        if source.kind == SourceKind::Native {
            (text, query) = native(text, &mut options)?;
        }
        if let Some(host) = &options.host {
            options.host = Some(checked_host(host)?);
        }
        add_query_conditions(query, &source.text, &mut options)?;
        let shadows = options.shadows;

        let mut compiled = std::mem::take(&mut self.source);
        compiled.clear();
        let flags_and_slots = compile_source(
            source.kind,
            text,
            &options,
            &mut compiled,
            #[cfg(feature = "regex")]
            &mut self.room,
        )
        .map_err(|flaw| (Part::Source, source.text.clone(), flaw));
        let result = flags_and_slots.and_then(
            |Compiled {
                 mut flags,
                 mut slots,
                 tail,
                 regex,
             }| {
                let options_at = if options == Options::default() {
                    None
                } else {
                    let at = self
                        .ready(options)
                        .map_err(|flaw| (Part::Condition, String::new(), flaw))?;
                    slots.extend(self.slots_of(at));
                    if let Some(name) = named_twice(&slots).filter(|_| !shadows) {
                        let why = "this placeholder is there twice; give each its own name";
                        return Err((Part::Condition, name.to_owned(), Flaw::at(0, why)));
                    }
                    Some(at)
                };
                if slots.len() > MAX_CAPTURES {
                    let flaw = Flaw::at(
                        0,
                        "a rule has at most 16 placeholders, those of its conditions too",
                    );
                    return Err((Part::Rule, source.text.clone(), flaw));
                }
                let mut target = self
                    .target(target, &slots)
                    .map_err(|flaw| (Part::Target, target.to_owned(), flaw))?;
                if let Some(tail) = tail {
                    target = target.with_tail(tail);
                }
                for (flag, is_set) in [
                    (SLOTS, target.has_slots),
                    (QUERY, target.has_query),
                    (FRAGMENT, target.has_fragment),
                    (SETTLED, target.is_settled),
                ] {
                    flags |= if is_set { flag } else { 0 };
                }
                let draft = Draft {
                    flags,
                    how,
                    number,
                    origin: target.origin,
                    options: options_at,
                    source: &compiled,
                    target: &target.text,
                };
                let at = draft.push(&mut self.records).ok_or_else(|| {
                    let flaw = Flaw::at(0, "the rules are more than two gigabytes; divide them");
                    (Part::Rule, source.text.clone(), flaw)
                })?;
                #[cfg(feature = "regex")]
                self.regexes.extend(regex.map(|regex| (at, regex)));
                #[cfg(not(feature = "regex"))]
                let (_, ()) = (at, regex);
                Ok(())
            },
        );
        self.source = compiled;
        result
    }

    fn target<'t>(&mut self, text: &'t str, slots: &[Slot]) -> Result<Target<'t>, Flaw> {
        if let Some(target) = target::plain(text, &self.origin) {
            return Ok(target);
        }
        let target = target::compile(text, slots, &self.origin)?;
        if let Some(origin) = target.origin_in(text) {
            origin.clone_into(&mut self.origin);
        }
        Ok(target)
    }

    /// The number of these options, which are kept once.
    fn ready(&mut self, options: Options) -> Result<u32, Flaw> {
        if let Some((last, at)) = &self.last {
            if *last == options {
                return Ok(*at);
            }
        }
        if let Some(at) = self.known.get(&options) {
            self.last = Some((options, *at));
            return Ok(*at);
        }
        let group = match &options.host {
            Some(host) => self.hosts.number(host),
            None => EVERY_HOST,
        };
        let at = u32::try_from(self.options.len()).unwrap_or(u32::MAX);
        self.options.push(Ready::new(
            options.clone(),
            group,
            #[cfg(feature = "regex")]
            &mut self.room,
        )?);
        self.known.insert(options, at);
        Ok(at)
    }

    fn slots_of(&self, options: u32) -> Vec<Slot> {
        self.options
            .get(options as usize)
            .map(|ready| ready.slots.clone())
            .unwrap_or_default()
    }
}

/// A name that more than one placeholder has.
fn named_twice(slots: &[Slot]) -> Option<&str> {
    let mut seen = HashSet::new();
    let names = slots.iter().map(|slot| &*slot.name);
    names.into_iter().find(|name| !seen.insert(*name))
}

/// A text that fits a message.
pub(super) fn cut(text: &str) -> Box<str> {
    const MOST: usize = 200;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()).into(),
        None => text.into(),
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

/// Each pair is a source and a target, moved for good with 308.
impl<S: Into<Source>, T: Into<String>> FromIterator<(S, T)> for RulesBuilder {
    fn from_iter<I: IntoIterator<Item = (S, T)>>(pairs: I) -> Self {
        let status = Status::PermanentRedirect;
        pairs
            .into_iter()
            .map(|(source, target)| Rule::new(status, source, target))
            .collect()
    }
}
