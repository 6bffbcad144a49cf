//! Which of the rules that fit a path answers the request.

use std::cell::Cell;

use super::{
    ask::Ask,
    capture::Captures,
    pattern::{Parts, Segment},
    record::{PATTERN, REGEX, Record},
    table::Table,
};

/// Which rule answers where several could.
///
/// ```
/// use tower_redirect::rules::{Precedence, Rule, Rules};
/// use tower_redirect::testing;
///
/// let rules = || [Rule::permanent("/a/{*rest}", "/first"), Rule::permanent("/a/b", "/exact")];
/// for (precedence, expected) in [
///     (Precedence::FirstMatch, "/first"),
///     (Precedence::StaticFirst, "/exact"),
///     (Precedence::MostSpecific, "/exact"),
/// ] {
///     let rules = Rules::builder().rules(rules()).precedence(precedence).build()?;
///     testing::get("/a/b").through(&rules).assert_redirect(expected);
/// }
/// # Ok::<(), tower_redirect::rules::RulesError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Precedence {
    /// The one that was added first.
    #[default]
    FirstMatch,
    /// One without placeholders before all others; among each kind, the one that was added first.
    StaticFirst,
    /// One without placeholders before all others, then the one with the longest literal text in its
    /// path; then an exact host before `*.`, the longer of these, and a rule with a scheme; then the one
    /// that was added first.
    MostSpecific,
}

/// What is compared of two rules; the smaller answers.
type Rank = ([u32; 5], u32);

impl Table {
    /// The rule that answers a request.
    #[inline]
    pub(super) fn search(&self, ask: &Ask<'_, '_>, precedence: Precedence) -> Option<u32> {
        let mut best: Option<(u32, Rank)> = None;
        let lowest = Cell::new(u32::MAX);
        self.candidates(
            ask,
            || lowest.get(),
            |at, record| {
                let rank = self.rank(record, precedence);
                let beaten = best.is_some_and(|(_, other)| other < rank);
                let answers = || match self.options(record) {
                    Some(ready) => ready.admits(ask, &mut Captures::none()),
                    None => true,
                };
                if !beaten && answers() {
                    best = Some((at, rank));
                    lowest.set(wanted_below(&rank, precedence));
                }
            },
        );
        best.map(|(at, _)| at)
    }

    /// What decides whether a rule comes before another.
    pub(super) fn rank(&self, record: &Record<'_>, precedence: Precedence) -> Rank {
        let by_class = match precedence {
            Precedence::FirstMatch => [0; 5],
            Precedence::StaticFirst => {
                let options = self.options(record);
                let moved = options.is_some_and(|ready| ready.options.stands_with_patterns);
                [u32::from(moved || record.has(PATTERN | REGEX)), 0, 0, 0, 0]
            }
            Precedence::MostSpecific => self.specificity(record),
        };
        (by_class, record.number)
    }

    fn specificity(&self, record: &Record<'_>) -> [u32; 5] {
        let options = self.options(record).map(|ready| &ready.options);
        let host = options.and_then(|options| options.host.as_deref());
        let below = host.is_some_and(|host| host.starts_with(['*', '.']));
        let host_length = host.map_or(0, str::len);
        let scheme = options.is_some_and(|options| options.scheme.is_some());
        let short = |length: usize| u32::MAX - u32::try_from(length).unwrap_or(u32::MAX);
        [
            u32::from(record.has(PATTERN | REGEX)),
            short(literal_length(record)),
            u32::from(host.is_none()) * 2 + u32::from(below),
            short(host_length),
            u32::from(!scheme),
        ]
    }
}

/// The number from which on no pattern comes before a rule of this rank.
#[inline]
const fn wanted_below(rank: &Rank, precedence: Precedence) -> u32 {
    match (precedence, rank.0) {
        (Precedence::FirstMatch, _) => rank.1,
        // Patterns are of class 1.
        (Precedence::StaticFirst | Precedence::MostSpecific, [0, ..]) => 0,
        (Precedence::StaticFirst, _) => rank.1,
        (Precedence::MostSpecific, _) => u32::MAX,
    }
}

/// How many bytes of a source are literal.
fn literal_length(record: &Record<'_>) -> usize {
    if record.has(REGEX) {
        return 0;
    }
    if !record.has(PATTERN) {
        return record.source.len();
    }
    Parts::of(record.source)
        .segments()
        .map(|segment| match segment {
            Segment::Literal(text) => 1 + text.len(),
            Segment::Named { before, behind, .. } => 1 + before.len() + behind.len(),
        })
        .sum()
}
