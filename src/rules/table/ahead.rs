//! Whether a rule may lead to any other, as far as the text of its target before the first
//! placeholder tells.
//!
//! Most rules lead to where no source is, and differ from all sources in one of the first segments:
//! these need no closer look for loops.

use super::{
    Table,
    chain::Chain,
    filter::{Behind, Filter, Seen},
    segments::behind_slash,
    words::Words,
};
use crate::{
    location::scan,
    rules::{
        compiled_rule::{CompiledRule, PATTERN},
        pattern::{PatternRef, Segment, Tail},
        spelling,
        target::Write,
        transform::Transforms,
    },
};

/// What paths begin with that a source of a table may fit, on whatever host and without case.
#[derive(Debug)]
pub(in crate::rules) struct Ahead {
    words: Words,
    beginnings: Filter,
}

/// So many beginnings of sources are followed at once.
const FEW: usize = 8;

/// With so much room for each rule, chance lets next to nothing through.
const ROOM: usize = 16;

/// Where anything may follow.
const TAIL: usize = 0;
const END: usize = 1;

impl Table {
    /// What a look ahead needs; `None` where a source may fit any path.
    pub(in crate::rules) fn ahead(&self) -> Option<Ahead> {
        if self.regexes_len() > 0 {
            return None;
        }
        let count = self.rules().count();
        let mut beginnings = Filter::with_capacity(ROOM * count);
        let words = Words::new(&self.hash);
        loop {
            let mut rules = self.rules();
            while let Some((_, rule)) = rules.next().filter(|_| !beginnings.is_full()) {
                add(&mut beginnings, &rule, &words);
            }
            if !beginnings.is_full() {
                break;
            }
            beginnings = beginnings.larger();
        }
        let is_everywhere = has_tail(beginnings.see(Chain::START.0));
        (!is_everywhere).then_some(Ahead { words, beginnings })
    }
}

fn add(beginnings: &mut Filter, rule: &CompiledRule<'_>, words: &Words) {
    let parts = if rule.has(PATTERN) {
        PatternRef::of(rule.source)
    } else {
        PatternRef::literal(rule.source)
    };
    let mut chain = Chain::START;
    for segment in parts.segments() {
        let (behind, next) = match segment {
            Segment::Literal(text) => (Behind::Literal, chain.literal(folded(text, words))),
            // Whatever stands around it.
            Segment::Named { .. } => (Behind::Plain, chain.plain()),
        };
        beginnings.add(chain.0, behind);
        chain = next;
    }
    let end = if parts.tail == Tail::None { END } else { TAIL };
    beginnings.add(chain.0, Behind::End(end));
}

/// The hash of a text without case.
fn folded(text: &[u8], words: &Words) -> u64 {
    if scan::any(text, |byte| byte.is_ascii_uppercase()) {
        words.of(&text.to_ascii_lowercase())
    } else {
        words.of(text)
    }
}

const fn has_tail(seen: Seen) -> bool {
    seen.ends() && seen.ends_as(TAIL)
}

impl Ahead {
    /// Whether a source may fit where a finished target leads, which is given without its origin
    /// and query; never the contrary.
    pub(in crate::rules) fn may_lead_to_a_source(&self, path: &[u8]) -> bool {
        // Clients take such segments away, and those before them.
        if scan::any_pair(path, |slash, byte| {
            (slash == b'/') & matches!(byte, b'.' | b'%')
        }) {
            return true;
        }
        let start = self.beginnings.see(Chain::START.0);
        let mut places = [start; FEW];
        let mut count = 1;
        let mut rest = behind_slash(path);
        while let Some(segment) = rest.and_then(Known::first) {
            let hash = folded(segment.text, &self.words);
            let before = places;
            let nexts = before.iter().take(count).flat_map(|seen| {
                let chain = Chain(seen.hash);
                let literal = seen.literal().then(|| chain.literal(hash));
                literal
                    .into_iter()
                    .chain(seen.plain().then(|| chain.plain()))
            });
            count = 0;
            for next in nexts {
                let seen = self.beginnings.see(next.0);
                if seen.is_nothing() {
                    continue;
                }
                let Some(slot) = places.get_mut(count).filter(|_| !has_tail(seen)) else {
                    return true;
                };
                *slot = seen;
                count += 1;
            }
            if count == 0 {
                return false;
            }
            rest = behind_slash(segment.behind);
        }
        true
    }
}

/// A segment of a target that is the same in every request and every spelling but for case.
struct Known<'t> {
    text: &'t [u8],
    behind: &'t [u8],
}

impl<'t> Known<'t> {
    fn first(path: &'t [u8]) -> Option<Self> {
        let end = path.iter().position(|byte| *byte == b'/' || *byte < b' ');
        let (text, behind) = path.split_at_checked(end.unwrap_or(path.len()))?;
        let is_whole = match behind {
            [] | [b'/', ..] => true,
            // It begins with a slash, if it isn't empty. If it is, what follows must do so.
            [slot, _, behind @ ..] => {
                let behind = match behind {
                    [byte, behind @ ..] if Transforms::from_byte(*byte).is_some() => behind,
                    behind => behind,
                };
                *slot == Write::WholeTail as u8 && matches!(behind, [] | [b'/', ..])
            }
            [_] => false,
        };
        let is_known = is_whole && !text.is_empty() && spelling::all_plain(text);
        is_known.then_some(Self { text, behind })
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::{
        Rule, Rules, Source, analysis::path_of_target, compiled_rule::CompiledRule,
    };

    /// Which of these rules may lead to a source of another; all of them where chance says so of
    /// the table.
    fn leading(rules: impl IntoIterator<Item = Rule>) -> Vec<u32> {
        let rules = Rules::new(rules).unwrap();
        let ahead = rules.table.ahead();
        let may_lead = |rule: &CompiledRule<'_>| {
            let path = path_of_target(rule);
            ahead
                .as_ref()
                .is_none_or(|ahead| ahead.may_lead_to_a_source(path))
        };
        let rules = rules.table.rules().map(|(_, rule)| rule);
        let leading = rules.filter(may_lead);
        leading.map(|rule| rule.number.0).collect()
    }

    fn targets(source: impl Into<Source>, targets: &[&str]) -> Vec<u32> {
        let source = source.into();
        // The sources of the others are nowhere near.
        let rule =
            |(at, target): (usize, &&str)| Rule::permanent(format!("/x/y-{at}/{{*r}}"), *target);
        let rules = targets.iter().enumerate().map(rule);
        leading(rules.chain([Rule::permanent(source, "/nowhere/at/all/4")]))
    }

    #[test]
    fn what_leads_to_no_source() {
        let elsewhere = [
            "/y",
            "/y/{r}",
            "/a/b/c",
            "/a/b/{r}",
            "/a/x{/*r}",
            "https://h.example/b/a",
            "/A/B/{r}",
        ];
        // A filter lets some through, by the chance of its seed.
        let sources: [Source; 3] = ["/a/c/{d}".into(), "/a/c".into(), Source::prefix("/a/c")];
        for source in sources {
            let mut led = [0; 8];
            for number in (0..40).flat_map(|_| targets(source.clone(), &elsewhere)) {
                // The last of the rules leads nowhere, too.
                led[number as usize] += 1;
            }
            assert!(led.iter().all(|one| *one <= 16), "{led:?} for {source:?}");
        }
    }

    #[test]
    fn what_may_lead_to_one() {
        let all = |source: Source, leading: &[&str]| {
            // The last of the rules is the source's own, which chance may let through.
            let found = targets(source, leading);
            let all_are_found = (0..leading.len() as u32).all(|number| found.contains(&number));
            assert!(all_are_found, "{found:?} of {leading:?}");
        };
        let somewhere = [
            "/",
            "/a",
            "/a/",
            "/{r}",
            "/a/{r}",
            "/a{/*r}",
            "/a/b",
            "/a/b/",
            "/a/b?x={r}",
            "/a/B#f",
            "/%61/b",
            "/A/b/c",
            "/a-{r}",
            "https://h.example",
            "https://h.example/a/b",
        ];
        all("/a/b/c".into(), &somewhere);
        all("/a/b/{c}".into(), &somewhere);
        all("/a/b{/*c}".into(), &somewhere);
        all(
            "/{a}/{b}.html/{c}".into(),
            &["/a", "/a/b.html", "/a/b.html/c", "/a/b.html/{r}"],
        );
    }
}
