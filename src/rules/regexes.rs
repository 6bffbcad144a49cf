//! Sources that are regexes: one automaton finds those that match, each then its own captures.

use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

use super::{
    Finding, FindingCode, RuleOffset,
    capture::{Captures, Kind, Slot},
    pattern::MAX_CAPTURES,
    syntax::is_name,
};

/// The most that one regex may take when it is compiled, in bytes.
const SIZE_LIMIT: usize = 1 << 20;

/// The most that all regexes of a table may take together, each as its size class says.
const TOTAL_LIMIT: usize = 128 << 20;

/// The least that a regex counts as; each class is twice the one before.
const LEAST_CLASS: usize = 4 << 10;

/// How deep groups may stand in each other.
const NEST_LIMIT: u32 = 64;

/// The longest path that they are asked about: no location is longer.
///
/// How long one byte takes grows with the regexes, where they are too many for an automaton.
const MAX_PATH: usize = crate::location::MAX_LEN;

/// The regexes of a table, in the order of its rules.
#[derive(Clone, Debug, Default)]
pub(super) struct Regexes {
    set: Option<RegexSet>,
    each: Vec<(RuleOffset, Regex)>,
}

/// How much room is left for the regexes of a table.
#[derive(Clone, Debug)]
pub(super) struct Room {
    left: usize,
    /// The last regexes, each with the class of its size.
    ///
    /// A format checks a regex before a rule has it, and a rule is added again if its target is
    /// wrong.
    recent: Vec<(Regex, usize)>,
}

/// As many regexes are remembered as a list of conditions may have.
const MAX_RECENT: usize = 16;

impl Default for Room {
    fn default() -> Self {
        Self {
            left: TOTAL_LIMIT,
            recent: Vec::new(),
        }
    }
}

impl Room {
    /// A regex that matches whole texts only, and is kept.
    pub(super) fn whole(&mut self, text: &str, ignore_case: bool) -> Result<Regex, Finding> {
        let (regex, size) = self.compiled(text, ignore_case)?;
        self.left = self.left.saturating_sub(size);
        self.check().map(|()| regex)
    }

    /// The same, if it isn't kept.
    pub(super) fn checked(&mut self, text: &str, ignore_case: bool) -> Result<Regex, Finding> {
        self.compiled(text, ignore_case).map(|(regex, _)| regex)
    }

    fn compiled(&mut self, text: &str, ignore_case: bool) -> Result<(Regex, usize), Finding> {
        self.check()?;
        let own = anchored(text, "", ignore_case);
        let mut recent = self.recent.iter();
        let compiled = match recent.position(|(regex, _)| regex.as_str() == own) {
            Some(at) => self.recent.remove(at),
            None => whole_of_size(text, ignore_case)?,
        };
        self.recent.insert(0, compiled.clone());
        self.recent.truncate(MAX_RECENT);
        Ok(compiled)
    }

    /// Says whether there is none.
    pub(super) fn check(&self) -> Result<(), Finding> {
        if self.left > 0 {
            return Ok(());
        }
        Err(Finding::new(
            FindingCode::Limit,
            "the regexes of this table compile to more than 128 MB",
            "use placeholders instead, or `[0-9]` and `[a-z]` instead of `\\d` and `\\w`",
        ))
    }
}

/// Whether a path is one that no regex is asked about.
pub(super) const fn is_too_long(path: &str) -> bool {
    path.len() > MAX_PATH
}

/// A regex that matches whole texts only, for a look at a few texts.
pub(super) fn whole(text: &str) -> Option<Regex> {
    anchored_of(text, false, SIZE_LIMIT).ok()
}

/// A regex that matches whole texts only, and the class of its size.
fn whole_of_size(text: &str, ignore_case: bool) -> Result<(Regex, usize), Finding> {
    // By itself first: `a)|(b` closes no group of ours. No regex compiles to nothing, so it is only
    // parsed.
    match compile(text, 0) {
        Ok(_) | Err(regex::Error::CompiledTooBig(_)) => {}
        Err(error) => return Err(finding_of(&error)),
    }
    let mut class = LEAST_CLASS;
    loop {
        match anchored_of(text, ignore_case, class) {
            Ok(regex) => return Ok((regex, class)),
            Err(regex::Error::CompiledTooBig(_)) if class < SIZE_LIMIT => class *= 2,
            Err(error) => return Err(finding_of(&error)),
        }
    }
}

/// Under `(?x)` a comment at the end reaches over what follows; only there the line's end is no
/// text.
fn anchored_of(text: &str, ignore_case: bool, most: usize) -> Result<Regex, regex::Error> {
    compile(&anchored(text, "", ignore_case), most).or_else(|error| match error {
        regex::Error::CompiledTooBig(_) => Err(error),
        error => compile(&anchored(text, "\n", ignore_case), most).map_err(|again| match again {
            regex::Error::CompiledTooBig(_) => again,
            _ => error,
        }),
    })
}

fn compile(text: &str, most: usize) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text)
        .size_limit(most)
        .nest_limit(NEST_LIMIT)
        .build()
}

fn finding_of(error: &regex::Error) -> Finding {
    match error {
        regex::Error::CompiledTooBig(_) => Finding::new(
            FindingCode::Limit,
            "this regex compiles to more than 1 MB",
            "reduce its repetitions",
        ),
        error => {
            let text = error.to_string();
            let why = text.lines().last().unwrap_or_default().trim_start();
            let why = why.trim_start_matches("error: ");
            Finding::new(
                FindingCode::InvalidRegex,
                format!("invalid regex: {why}"),
                "fix the regex, or escape the characters that are plain text",
            )
        }
    }
}

/// What `(?m)` in a regex makes of `^` and `$` does not reach these two; the set of all regexes has
/// nothing but their texts, so that case is written there.
fn anchored(text: &str, end: &str, ignore_case: bool) -> String {
    let flag = if ignore_case { "i" } else { "" };
    format!(r"\A(?{flag}:{text}{end})\z")
}

/// The placeholders that a target may use: groups by their names, those that have none by their
/// numbers.
pub(super) fn slots(regex: &Regex) -> Result<Vec<Slot>, Finding> {
    if regex.captures_len() > MAX_CAPTURES {
        return Err(Finding::new(
            FindingCode::Limit,
            "too many groups",
            "a regex can have at most 15, so write `(?:…)` for a group that captures nothing",
        ));
    }
    let slot = |(at, name): (usize, Option<&str>)| Slot {
        name: name.map_or_else(|| at.to_string(), str::to_owned),
        kind: Kind::Part,
    };
    let slots: Vec<_> = regex.capture_names().enumerate().map(slot).collect();
    match slots.iter().find(|slot| !is_name(&slot.name)) {
        Some(slot) => Err(Finding::new(
            FindingCode::InvalidRegex,
            format!("invalid group name `{}`", slot.name),
            "use at most 64 letters, digits and `_`",
        )),
        None => Ok(slots),
    }
}

/// Finds all regexes that match at once, unless they take more than so many bytes.
fn set(each: &[(RuleOffset, Regex)], limit: usize) -> Option<RegexSet> {
    // Case was written into each text.
    let texts = each.iter().map(|(_, regex)| regex.as_str());
    let mut builder = RegexSetBuilder::new(texts);
    builder
        .size_limit(limit)
        .nest_limit(NEST_LIMIT + 1)
        .build()
        .ok()
}

impl Regexes {
    /// The set of all; of those that are too much together, the first, and where the others are.
    pub(super) fn new(each: Vec<(RuleOffset, Regex)>) -> (Self, Vec<RuleOffset>) {
        if each.is_empty() {
            return (Self::default(), Vec::new());
        }
        // What each is allowed, all are together.
        let limit = SIZE_LIMIT.saturating_mul(each.len());
        Self::within(limit, each)
    }

    fn within(limit: usize, mut each: Vec<(RuleOffset, Regex)>) -> (Self, Vec<RuleOffset>) {
        if let Some(set) = set(&each, limit) {
            let set = Some(set);
            return (Self { set, each }, Vec::new());
        }
        let (mut most, mut set_of_most, mut too_many) = (0, None, each.len());
        while too_many - most > 1 {
            let half = most.midpoint(too_many);
            match set(each.get(..half).unwrap_or_default(), limit) {
                Some(set) => (most, set_of_most) = (half, Some(set)),
                None => too_many = half,
            }
        }
        let others = each.split_off(most).into_iter().map(|(at, _)| at);
        let others = others.collect();
        let set = set_of_most;
        (Self { set, each }, others)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.set.is_none()
    }

    pub(super) fn len(&self) -> usize {
        self.each.len()
    }

    /// The same for rules that begin elsewhere now; those that begin nowhere are left out.
    pub(super) fn moved(self, places: &std::collections::HashMap<RuleOffset, RuleOffset>) -> Self {
        let before = self.each.len();
        let moved = |(at, regex)| Some((*places.get(&at)?, regex));
        let each: Vec<_> = self.each.into_iter().filter_map(moved).collect();
        if each.len() == before {
            return Self {
                set: self.set,
                each,
            };
        }
        // Fewer of them are not too much together.
        Self::new(each).0
    }

    /// The regex of a rule.
    pub(super) fn get(&self, rule: RuleOffset) -> Option<&Regex> {
        let at = self.each.binary_search_by_key(&rule, |(rule, _)| *rule);
        self.each.get(at.ok()?).map(|(_, regex)| regex)
    }

    /// The rules that match, the first first.
    pub(super) fn matching(&self, path: &str) -> impl Iterator<Item = RuleOffset> {
        // Which ones match is a list in memory, whether any does is not.
        let set = self.set.as_ref().filter(|_| !is_too_long(path));
        let set = set.filter(|set| set.is_match(path));
        let rules = set.map(|set| set.matches(path)).into_iter().flatten();
        rules.filter_map(|at| self.each.get(at).map(|(rule, _)| *rule))
    }

    /// What the groups of a rule's regex find.
    pub(super) fn captures<'a>(&self, rule: RuleOffset, path: &'a str) -> Option<Captures<'a>> {
        let mut captures = Captures::none();
        for group in self.get(rule)?.captures(path)?.iter() {
            captures.push(group.map_or("", |group| group.as_str()));
        }
        Some(captures)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Finding, LEAST_CLASS, MAX_RECENT, Regex, Regexes, Room, RuleOffset, SIZE_LIMIT, slots,
        whole_of_size,
    };
    use crate::rules::{Condition, Rule, RulesBuilder, Source};

    fn whole(text: &str, ignore_case: bool) -> Result<Regex, Finding> {
        whole_of_size(text, ignore_case).map(|(regex, _)| regex)
    }

    #[test]
    fn only_whole_texts_match() {
        assert!(whole("a)|(b", false).is_err());
        let regex = whole("(?m)^a|b$", false).unwrap();
        assert!(regex.is_match("a") && regex.is_match("b"));
        assert!(!regex.is_match("ab") && !regex.is_match("a\nb") && !regex.is_match("xb"));
    }

    #[test]
    fn what_is_no_regex_says_why() {
        for (text, why) in [
            ("(", "unclosed group"),
            ("a{4294967295}", "1 MB"),
            ("a{4294967296}", "decimal"),
            (&*"(?:a{1000}){1000}".repeat(3), "1 MB"),
        ] {
            let error = whole(text, false).unwrap_err();
            assert!(error.message().contains(why), "{text}: {error}");
        }
        assert!(slots(&whole(&"(a)".repeat(16), false).unwrap()).is_err());
    }

    #[test]
    fn all_regexes_together_have_a_limit() {
        let (_, least) = whole_of_size("/a/(.*)", false).unwrap();
        let (_, more) = whole_of_size(r"/a/\w{10}", false).unwrap();
        assert!(least == LEAST_CLASS && more > 64 * least);
        // As the docs say.
        for (text, kilobytes) in [("/a/(.*)", 4), (r"/a/(\d{4})", 32), (r"/a/(\w+)", 64)] {
            let (_, class) = whole_of_size(text, false).unwrap();
            assert_eq!(class, kilobytes << 10, "{text}");
        }
        // Room for one such regex, and for some small ones.
        let room = || Room {
            left: more + 4 * least,
            ..Room::default()
        };
        let wide = || Rule::found(Source::regex(r"/\w{10}"), "/");
        let small = |at: u32| Rule::found(Source::regex(&format!("/a{at}/(.*)")), "/{1}");
        let asks = |at: u32| {
            Rule::found("/a", "/b").when(Condition::header("x").matching(&at.to_string()))
        };
        for rules in [
            vec![
                wide(),
                small(0),
                small(1),
                small(2),
                small(3),
                Rule::found("/a", "/b"),
            ],
            vec![
                wide(),
                asks(0),
                asks(1),
                asks(2),
                asks(3),
                Rule::found("/a", "/b"),
            ],
            vec![
                small(0),
                small(1),
                small(2),
                wide(),
                wide(),
                Rule::found("/a", "/b"),
            ],
        ] {
            let mut builder = RulesBuilder::default();
            builder.room = room();
            let errors = builder.rules(rules).build().unwrap_err();
            let [error] = errors.iter().collect::<Vec<_>>()[..] else {
                panic!("{errors}");
            };
            assert_eq!(error.rule(), Some(4));
            assert!(error.message().ends_with("more than 128 MB"));
        }
    }

    #[test]
    fn a_regex_that_was_checked_is_not_compiled_again() {
        let mut room = Room::default();
        for at in 0..2 * MAX_RECENT {
            let (text, ignore_case) = (format!("/{at}/.*"), at % 2 == 0);
            room.checked(&text, ignore_case).unwrap();
            let left = room.left;
            let regex = room.whole(&text, ignore_case).unwrap();
            assert!(regex.is_match(&format!("/{at}/x")));
            assert_eq!(room.left, left - LEAST_CLASS);
            assert_eq!(room.recent.len(), MAX_RECENT.min(at + 1));
        }
        assert!(!room.whole("/a", false).unwrap().is_match("/A"));
        assert!(room.whole("/a", true).unwrap().is_match("/A"));
    }

    #[test]
    fn the_set_finds_what_each_finds() {
        let regexes = ["/a.*", "/(a)(b)?", "/b"];
        let rules = [0, 1, 2].map(RuleOffset);
        let regexes = regexes.map(|text| whole(text, false).unwrap());
        let each = rules.into_iter().zip(regexes);
        let (regexes, too_much) = Regexes::new(each.collect());
        assert!(too_much.is_empty());
        assert_eq!(regexes.matching("/ab").collect::<Vec<_>>(), rules[..2]);
        let captures = regexes.captures(rules[1], "/ab").unwrap();
        assert_eq!([0, 1, 2].map(|at| captures.get(at)), ["/ab", "a", "b"]);
        assert!(regexes.captures(rules[2], "/ab").is_none());
        assert_eq!(Regexes::default().matching("/ab").count(), 0);
    }

    #[test]
    fn a_long_path_is_not_looked_at() {
        let each = vec![(RuleOffset(0), whole("/a*", false).unwrap())];
        let (regexes, _) = Regexes::new(each);
        let path = |length: usize| format!("/{}", "a".repeat(length - 1));
        assert_eq!(regexes.matching(&path(8_000)).count(), 1);
        assert_eq!(regexes.matching(&path(8_001)).count(), 0);
    }

    #[test]
    fn a_comment_at_the_end_swallows_nothing() {
        let regex = whole("(?x) /a # comment", false).unwrap();
        assert!(regex.is_match("/a") && !regex.is_match("/a\n") && !regex.is_match("/a # comment"));
        let regex = whole("(?x: /a ) # b", false).unwrap();
        assert!(regex.is_match("/a # b") && !regex.is_match("/a # b\n"));
    }

    #[test]
    fn the_first_that_are_not_too_much_together_stay() {
        let each: Vec<_> = (0..8)
            .map(|at| (RuleOffset(at), whole("/a{100}", false).unwrap()))
            .collect();
        let (regexes, too_much) = Regexes::within(SIZE_LIMIT, each.clone());
        assert_eq!((regexes.each.len(), too_much.len()), (8, 0));
        let (regexes, too_much) = Regexes::within(20_000, each.clone());
        let kept = regexes.each.len();
        assert!((1..8).contains(&kept), "{kept}");
        let others = (kept..8).map(RuleOffset::after);
        assert_eq!(too_much, others.collect::<Vec<_>>());
        assert_eq!(
            regexes.matching(&format!("/{}", "a".repeat(100))).count(),
            kept
        );
        assert_eq!(Regexes::within(1, each).1.len(), 8);
    }
}
