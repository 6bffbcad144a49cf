//! Sources that are regexes: one automaton finds those that match, each then its own captures.

use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

use super::{
    capture::{Captures, Kind, Slot},
    error::Flaw,
    pattern::{MAX_CAPTURES, is_name},
};

/// The most that one regex may take when it is compiled, in bytes.
const SIZE_LIMIT: usize = 1 << 20;

/// How deep groups may stand in each other.
const NEST_LIMIT: u32 = 64;

/// The regexes of a table, in the order of its rules.
#[derive(Clone, Debug, Default)]
pub(super) struct Regexes {
    set: Option<RegexSet>,
    each: Vec<(u32, Regex)>,
}

/// A regex that matches whole texts only.
pub(super) fn whole(text: &str, ignore_case: bool) -> Result<Regex, Flaw> {
    // By itself first: `a)|(b` closes no group of ours.
    compile(text)?;
    // Under `(?x)` a comment at the end reaches over what follows; only there the line's end is no text.
    compile(&anchored(text, "", ignore_case))
        .or_else(|flaw| compile(&anchored(text, "\n", ignore_case)).map_err(|_| flaw))
}

fn compile(text: &str) -> Result<Regex, Flaw> {
    RegexBuilder::new(text)
        .size_limit(SIZE_LIMIT)
        .nest_limit(NEST_LIMIT)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => Flaw::at(
                0,
                "this regex takes more than a megabyte; repeat less in it",
            ),
            error => {
                let text = error.to_string();
                let why = text.lines().last().unwrap_or_default().trim_start();
                Flaw::at(
                    0,
                    format!("this is no regex: {}", why.trim_start_matches("error: ")),
                )
            }
        })
}

/// What `(?m)` in a regex makes of `^` and `$` does not reach these two; the set of all regexes has nothing
/// but their texts, so that case is written there.
fn anchored(text: &str, end: &str, ignore_case: bool) -> String {
    let flag = if ignore_case { "i" } else { "" };
    format!(r"\A(?{flag}:{text}{end})\z")
}

/// The placeholders that a target may use: groups by their names, those that have none by their numbers.
pub(super) fn slots(regex: &Regex) -> Result<Vec<Slot>, Flaw> {
    if regex.captures_len() > MAX_CAPTURES {
        return Err(Flaw::at(
            0,
            "a rule has at most 15 groups; write `(?:…)` where nothing is captured",
        ));
    }
    let slot = |(at, name): (usize, Option<&str>)| Slot {
        name: name.map_or_else(|| at.to_string(), str::to_owned),
        kind: Kind::Part,
    };
    let slots: Vec<_> = regex.capture_names().enumerate().map(slot).collect();
    match slots.iter().find(|slot| !is_name(&slot.name)) {
        Some(slot) => Err(Flaw::at(
            0,
            format!(
                "the group `{}` needs a name of letters, digits and `_`",
                slot.name
            ),
        )),
        None => Ok(slots),
    }
}

/// Finds all regexes that match at once, unless they take more than so many bytes.
fn set(each: &[(u32, Regex)], limit: usize) -> Option<RegexSet> {
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
    pub(super) fn new(each: Vec<(u32, Regex)>) -> (Self, Vec<u32>) {
        // What each is allowed, all are together.
        let limit = SIZE_LIMIT.saturating_mul(each.len());
        Self::within(limit, each)
    }

    fn within(limit: usize, mut each: Vec<(u32, Regex)>) -> (Self, Vec<u32>) {
        if let Some(set) = set(&each, limit) {
            let set = Some(set).filter(|_| !each.is_empty());
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

    /// The same for rules that begin elsewhere now; those that begin nowhere are left out.
    pub(super) fn moved(self, places: &std::collections::HashMap<u32, u32>) -> Self {
        let moved = |(at, regex)| Some((*places.get(&at)?, regex));
        let each = self.each.into_iter().filter_map(moved).collect();
        // Fewer of them are not too much together.
        Self::new(each).0
    }

    /// The rules that match, the first first.
    pub(super) fn matching(&self, path: &str) -> impl Iterator<Item = u32> {
        // Which ones match is a list in memory, whether any does is not.
        let set = self.set.as_ref().filter(|set| set.is_match(path));
        let rules = set.map(|set| set.matches(path)).into_iter().flatten();
        rules.filter_map(|at| self.each.get(at).map(|(rule, _)| *rule))
    }

    /// What the groups of a rule's regex find.
    pub(super) fn captures<'a>(&self, rule: u32, path: &'a str) -> Option<Captures<'a>> {
        let at = self.each.binary_search_by_key(&rule, |(rule, _)| *rule);
        let (_, regex) = self.each.get(at.ok()?)?;
        let mut captures = Captures::none();
        for group in regex.captures(path)?.iter() {
            captures.push(group.map_or("", |group| group.as_str()));
        }
        Some(captures)
    }
}

#[cfg(test)]
mod tests {
    use super::{Regexes, SIZE_LIMIT, slots, whole};

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
            ("a{4294967295}", "megabyte"),
            ("a{4294967296}", "decimal"),
            (&*"(?:a{1000}){1000}".repeat(3), "megabyte"),
        ] {
            let flaw = whole(text, false).unwrap_err();
            assert!(flaw.sentence().contains(why), "{text}: {flaw}");
        }
        assert!(slots(&whole(&"(a)".repeat(16), false).unwrap()).is_err());
    }

    #[test]
    fn the_set_finds_what_each_finds() {
        let regexes = ["/a.*", "/(a)(b)?", "/b"];
        let each = regexes
            .iter()
            .zip(0..)
            .map(|(text, at)| (at, whole(text, false).unwrap()));
        let (regexes, too_much) = Regexes::new(each.collect());
        assert!(too_much.is_empty());
        assert_eq!(regexes.matching("/ab").collect::<Vec<_>>(), [0, 1]);
        let captures = regexes.captures(1, "/ab").unwrap();
        assert_eq!([0, 1, 2].map(|at| captures.get(at)), ["/ab", "a", "b"]);
        assert!(regexes.captures(2, "/ab").is_none());
        assert_eq!(Regexes::default().matching("/ab").count(), 0);
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
            .map(|at| (at, whole("/a{100}", false).unwrap()))
            .collect();
        let (regexes, too_much) = Regexes::within(SIZE_LIMIT, each.clone());
        assert_eq!((regexes.each.len(), too_much.len()), (8, 0));
        let (regexes, too_much) = Regexes::within(20_000, each.clone());
        let kept = regexes.each.len();
        assert!((1..8).contains(&kept), "{kept}");
        assert_eq!(too_much, (kept as u32..8).collect::<Vec<_>>());
        assert_eq!(
            regexes.matching(&format!("/{}", "a".repeat(100))).count(),
            kept
        );
        assert_eq!(Regexes::within(1, each).1.len(), 8);
    }
}
