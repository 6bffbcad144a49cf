//! The compiled form of a rule: a few bytes, its source and its target.
//!
//! All rules of a table are in one piece of memory, one after the other. The offset of a rule in it
//! says which rule it is.
//!
//! | bytes | |
//! |---|---|
//! | 2 | flags, the outcome among them |
//! | 4 | the number of the rule |
//! | 2, 2 | the lengths of source and target |
//! | … | the source, always at the same place, because it is what is compared |
//! | 2 | the length of the target's origin, where it has one |
//! | 4 | which options, where there are any |
//! | … | the target |

use std::ops::Range;

use http::StatusCode;

use super::{RuleNumber, RuleOffset, outcome::Outcome, pattern::PatternRef};
use crate::status::{Intent, Status, StatusChoice};

/// The bytes in front of the source.
const HEAD: usize = 10;

/// The index of the status in [`STATUS_CHOICES`].
const STATUS_BITS: u16 = 0b111;
pub(super) const OPTIONS: u16 = 1 << 3;
/// The source has placeholders.
pub(super) const PATTERN: u16 = 1 << 4;
/// The source is a regex.
pub(super) const REGEX: u16 = 1 << 5;
/// The target has slots.
pub(super) const SLOTS: u16 = 1 << 6;
const ABSOLUTE: u16 = 1 << 7;
pub(super) const QUERY: u16 = 1 << 8;
pub(super) const FRAGMENT: u16 = 1 << 9;
/// The target is sent as it is, and was found to be a location as a whole: it has no slots.
pub(super) const SETTLED: u16 = 1 << 10;
/// The rule passes or refuses. The target of a rule that refuses is its status, in three digits.
const NO_REDIRECT: u16 = 1 << 11;

const STATUS_CHOICES: [StatusChoice; 8] = [
    StatusChoice::Status(Status::MovedPermanently),
    StatusChoice::Status(Status::Found),
    StatusChoice::Status(Status::SeeOther),
    StatusChoice::Status(Status::TemporaryRedirect),
    StatusChoice::Status(Status::PermanentRedirect),
    StatusChoice::Intent(Intent::Temporary),
    StatusChoice::Intent(Intent::Permanent),
    StatusChoice::Intent(Intent::SeeOther),
];

/// The index of the options of a rule among those of its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct OptionsIndex(u32);

impl OptionsIndex {
    /// The index of the next options after so many.
    pub(super) fn after(count: usize) -> Self {
        Self(u32::try_from(count).unwrap_or(u32::MAX))
    }

    #[inline]
    pub(super) const fn get(self) -> usize {
        self.0 as usize
    }
}

impl RuleOffset {
    /// The offsets of all rules are below this, because an entry of an index marks a list with the
    /// highest bit.
    pub(super) const LIMIT: Self = Self(1 << 31);

    /// The offset of the next rule after so many bytes.
    pub(super) fn after(length: usize) -> Self {
        Self(u32::try_from(length).unwrap_or(u32::MAX))
    }

    #[inline]
    pub(super) const fn get(self) -> usize {
        self.0 as usize
    }
}

impl RuleNumber {
    /// No rule has a higher number.
    pub(super) const MAX: Self = Self(u32::MAX);

    /// The new number of this rule, if so many rules before it are removed.
    pub(super) fn less(self, removed: usize) -> Self {
        Self(self.0 - u32::try_from(removed).unwrap_or_default())
    }

    #[inline]
    pub(super) const fn get(self) -> usize {
        self.0 as usize
    }
}

/// A rule of a table, read from its bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CompiledRule<'t> {
    pub(super) flags: u16,
    pub(super) number: RuleNumber,
    pub(super) origin: u16,
    pub(super) options: Option<OptionsIndex>,
    pub(super) source: &'t [u8],
    pub(super) target: &'t [u8],
    target_at: usize,
}

/// A rule that is to be written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draft<'d> {
    pub(super) flags: u16,
    pub(super) outcome: Outcome,
    pub(super) number: RuleNumber,
    pub(super) origin: u16,
    pub(super) options: Option<OptionsIndex>,
    pub(super) source: &'d [u8],
    pub(super) target: &'d [u8],
}

impl Draft<'_> {
    /// Adds the rule; `None` where a text is too long for one, or all of them together are.
    pub(super) fn push(&self, out: &mut Vec<u8>) -> Option<RuleOffset> {
        let at = Some(RuleOffset::after(out.len())).filter(|at| *at < RuleOffset::LIMIT)?;
        let (outcome, target) = match &self.outcome {
            Outcome::Redirect(choice) => (status_bits(*choice)?, self.target),
            Outcome::Pass => (NO_REDIRECT, &[][..]),
            Outcome::Refuse(status) => (NO_REDIRECT, status.as_str().as_bytes()),
        };
        let mut flags = self.flags | outcome;
        flags |= if self.options.is_some() { OPTIONS } else { 0 };
        flags |= if self.origin > 0 { ABSOLUTE } else { 0 };
        let source_len = u16::try_from(self.source.len()).ok()?;
        let target_len = u16::try_from(target.len()).ok()?;
        let [f0, f1] = flags.to_le_bytes();
        let [n0, n1, n2, n3] = self.number.0.to_le_bytes();
        let [s0, s1] = source_len.to_le_bytes();
        let [t0, t1] = target_len.to_le_bytes();
        out.extend_from_slice(&[f0, f1, n0, n1, n2, n3, s0, s1, t0, t1]);
        out.extend_from_slice(self.source);
        if self.origin > 0 {
            out.extend(self.origin.to_le_bytes());
        }
        if let Some(options) = self.options {
            out.extend(options.0.to_le_bytes());
        }
        out.extend_from_slice(target);
        Some(at)
    }
}

fn status_bits(choice: StatusChoice) -> Option<u16> {
    let at = STATUS_CHOICES.iter().position(|own| *own == choice)?;
    u16::try_from(at).ok()
}

impl<'t> CompiledRule<'t> {
    /// Returns the pattern of the source; `None` for a regex.
    pub(super) fn parts(&self) -> Option<PatternRef<'t>> {
        if self.has(REGEX) {
            None
        } else if self.has(PATTERN) {
            Some(PatternRef::of(self.source))
        } else {
            Some(PatternRef::literal(self.source))
        }
    }

    /// The rule that begins here; `None` only where none was written.
    #[inline]
    pub(super) fn read(compiled: &'t [u8], at: RuleOffset) -> Option<Self> {
        let start = at.get();
        let bytes = compiled.get(start..)?;
        let (head, rest) = bytes.split_first_chunk::<HEAD>()?;
        let [f0, f1, n0, n1, n2, n3, s0, s1, t0, t1] = *head;
        let flags = u16::from_le_bytes([f0, f1]);
        let source_len = usize::from(u16::from_le_bytes([s0, s1]));
        let target_len = usize::from(u16::from_le_bytes([t0, t1]));
        let (source, mut rest) = rest.split_at_checked(source_len)?;
        let mut origin = 0;
        if flags & ABSOLUTE != 0 {
            let (bytes, behind) = rest.split_first_chunk::<2>()?;
            origin = u16::from_le_bytes(*bytes);
            rest = behind;
        }
        let mut options = None;
        if flags & OPTIONS != 0 {
            let (bytes, behind) = rest.split_first_chunk::<4>()?;
            options = Some(OptionsIndex(u32::from_le_bytes(*bytes)));
            rest = behind;
        }
        let target = rest.get(..target_len)?;
        Some(Self {
            flags,
            number: RuleNumber(u32::from_le_bytes([n0, n1, n2, n3])),
            origin,
            options,
            source,
            target,
            target_at: start + (bytes.len() - rest.len()),
        })
    }

    /// The source of the rule that begins here, and nothing else of it.
    #[inline]
    pub(super) fn read_source(compiled: &'t [u8], at: RuleOffset) -> Option<&'t [u8]> {
        let (head, rest) = compiled.get(at.get()..)?.split_first_chunk::<HEAD>()?;
        let [.., s0, s1, _, _] = *head;
        rest.get(..usize::from(u16::from_le_bytes([s0, s1])))
    }

    #[inline]
    pub(super) const fn has(&self, flag: u16) -> bool {
        self.flags & flag != 0
    }

    /// Returns `true` if the rule redirects.
    #[inline]
    pub(super) const fn redirects(&self) -> bool {
        !self.has(NO_REDIRECT)
    }

    pub(super) fn outcome(&self) -> Outcome {
        if self.redirects() {
            return Outcome::Redirect(self.status_choice());
        }
        StatusCode::from_bytes(self.target).map_or(Outcome::Pass, Outcome::Refuse)
    }

    /// The status or the intent, if the rule redirects.
    #[inline]
    pub(super) fn status_choice(&self) -> StatusChoice {
        let at = usize::from(self.flags & STATUS_BITS);
        STATUS_CHOICES
            .get(at)
            .copied()
            .unwrap_or(StatusChoice::Status(Status::PermanentRedirect))
    }

    /// The same rule with another target, whose flags are given without those of the source.
    pub(super) fn with_target<'n>(
        &self,
        choice: StatusChoice,
        origin: u16,
        target: &'n [u8],
        flags: u16,
    ) -> CompiledRule<'n>
    where
        't: 'n,
    {
        let status = status_bits(choice);
        let kept = self.flags & (OPTIONS | PATTERN | REGEX);
        CompiledRule {
            flags: kept | flags | status.unwrap_or(self.flags & STATUS_BITS),
            origin,
            target,
            ..*self
        }
    }

    /// Where the target stands among the compiled rules.
    #[inline]
    pub(super) fn target_range(&self) -> Range<usize> {
        self.target_at..self.target_at + self.target.len()
    }

    /// Where the rule begins.
    pub(super) fn begin(&self) -> RuleOffset {
        let mut head = HEAD + self.source.len();
        head += if self.has(ABSOLUTE) { 2 } else { 0 };
        head += if self.has(OPTIONS) { 4 } else { 0 };
        RuleOffset::after(self.target_at - head)
    }

    /// Writes another number into the rule that begins here.
    pub(super) fn renumber(compiled: &mut [u8], at: usize, number: RuleNumber) {
        let place = at + size_of::<u16>();
        if let Some(bytes) = compiled.get_mut(place..place + size_of::<u32>()) {
            bytes.copy_from_slice(&number.0.to_le_bytes());
        }
    }

    /// Writes another number of options into a copy of this rule, which has some.
    pub(super) fn write_options(&self, compiled: &mut [u8], copy_at: usize, options: OptionsIndex) {
        let end = copy_at + self.target_at - self.begin().get();
        let place = end.saturating_sub(size_of::<u32>())..end;
        if let Some(bytes) = compiled.get_mut(place).filter(|_| self.has(OPTIONS)) {
            bytes.copy_from_slice(&options.0.to_le_bytes());
        }
    }

    /// Where the rule behind this one begins.
    pub(super) fn next(&self) -> RuleOffset {
        RuleOffset::after(self.target_range().end)
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::{
        CompiledRule, Draft, FRAGMENT, OptionsIndex, Outcome, QUERY, RuleNumber, RuleOffset,
        STATUS_CHOICES,
    };

    #[test]
    fn what_is_written_is_read() {
        let mut compiled = Vec::new();
        let mut at = Vec::new();
        let refusals = (400..500).map(|status| StatusCode::from_u16(status).unwrap());
        let outcomes = STATUS_CHOICES
            .into_iter()
            .map(Outcome::Redirect)
            .chain(refusals.map(Outcome::Refuse))
            .chain([Outcome::Pass]);
        for (number, outcome) in outcomes.enumerate() {
            let redirects = matches!(outcome, Outcome::Redirect(_));
            for (origin, options) in [(0, None), (19, None), (0, Some(7)), (19, Some(usize::MAX))] {
                let origin = if redirects { origin } else { 0 };
                let options = options.map(OptionsIndex::after);
                let draft = Draft {
                    flags: QUERY,
                    outcome,
                    number: RuleNumber(number as u32),
                    origin,
                    options,
                    source: b"/a",
                    target: b"https://new.example/?",
                };
                at.push((
                    draft.push(&mut compiled).unwrap(),
                    outcome,
                    number,
                    origin,
                    options,
                ));
            }
        }
        for (place, outcome, number, origin, options) in at {
            let rule = CompiledRule::read(&compiled, place).unwrap();
            assert_eq!((rule.outcome(), rule.number.get()), (outcome, number));
            assert_eq!((rule.origin, rule.options), (origin, options));
            assert_eq!(rule.source, b"/a");
            assert_eq!(
                CompiledRule::read_source(&compiled, place),
                Some(rule.source)
            );
            if rule.redirects() {
                assert_eq!(&compiled[rule.target_range()], b"https://new.example/?");
            }
            assert!(rule.has(QUERY) && !rule.has(FRAGMENT));
            assert!(rule.next().get() <= compiled.len());
            assert_eq!(rule.begin(), place);
        }
        assert!(CompiledRule::read(&compiled, RuleOffset::after(compiled.len())).is_none());
    }
}
