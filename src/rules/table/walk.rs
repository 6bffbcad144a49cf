//! A path, followed through the beginnings of all patterns.

use super::{
    chain::Chain,
    entry::RuleEntry,
    filter::Seen,
    segments::{Cut, Segments},
    shapes::{Searched, Shapes},
};
use crate::rules::{RuleNumber, pattern::Tail};

/// Follows a path through the beginnings of all patterns.
///
/// A hash stands for one beginning: for the kinds of its segments and for their literal text. A
/// path comes to each in one way only, and goes on from it only as a pattern does that begins so.
/// But for what a filter lets through by chance, there are never more steps than beginnings of
/// patterns, whatever is asked for.
pub(super) struct Walk<'w, 'p, L, V> {
    pub(super) shapes: &'w Shapes,
    pub(super) path: Segments<'p>,
    pub(super) searched: &'w mut Searched<L, V>,
}

impl<L: Fn() -> RuleNumber, V: FnMut(&RuleEntry)> Walk<'_, '_, L, V> {
    /// Follows the path from behind so many segments.
    pub(super) fn from(&mut self, at: usize, seen: Seen) {
        if seen.ends() {
            self.ends(at, seen);
        }
        let (Some(place), Some(segment)) = (self.shapes.places.get(at), self.path.get(at)) else {
            return;
        };
        let chain = Chain(seen.hash);
        let is_literal_first = place.literal < place.plain;
        if is_literal_first && seen.literal() {
            self.step(at, place.literal, chain.literal(segment.hash));
        }
        if seen.plain() && !segment.text.is_empty() {
            self.step(at, place.plain, chain.plain());
        }
        if !is_literal_first && seen.literal() {
            self.step(at, place.literal, chain.literal(segment.hash));
        }
        if seen.around() {
            self.around(at, chain, segment);
        }
    }

    #[inline]
    fn step(&mut self, at: usize, lowest: u64, next: Chain) {
        let seen = self.shapes.beginnings.see(next.0);
        if lowest <= u64::from((self.searched.lowest)().0) && !seen.is_nothing() {
            #[cfg(test)]
            tests::STEPS.set(tests::STEPS.get() + 1);
            self.from(at + 1, seen);
        }
    }

    #[inline(never)]
    fn around(&mut self, at: usize, chain: Chain, segment: Cut<'_>) {
        let Shapes {
            beginnings, words, ..
        } = self.shapes;
        for (kind, lowest) in beginnings.next(chain.0) {
            // They stand in this order, and what is wanted only becomes less.
            if *lowest > (self.searched.lowest)() {
                return;
            }
            #[cfg(test)]
            tests::STEPS.set(tests::STEPS.get() + 1);
            let next = chain.step(*kind, segment, words);
            let seen = next.map(|next| beginnings.see(next.0));
            if let Some(seen) = seen.filter(|seen| !seen.is_nothing()) {
                self.from(at + 1, seen);
            }
        }
    }

    fn ends(&mut self, at: usize, seen: Seen) {
        let tails: &[Tail] = if self.path.has_more_than(at) {
            &[Tail::Some, Tail::Any, Tail::Optional]
        } else {
            &[Tail::None, Tail::Optional]
        };
        for tail in tails {
            if seen.ends_as(*tail as usize) {
                self.shapes.probe(Chain(seen.hash), *tail, self.searched);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use http::Request;

    use crate::{
        policy::Policy,
        request::RequestHead,
        rules::{Rule, Rules},
    };

    thread_local! {
        /// How often a path was followed into one more segment.
        pub(super) static STEPS: Cell<usize> = const { Cell::new(0) };
    }

    /// The steps that a path takes in a table of these patterns, and whether one answers.
    fn steps(sources: &[String], path: &str) -> (usize, bool) {
        let rules = sources
            .iter()
            .map(|source| Rule::found(&**source, "https://b.example/"));
        let rules = Rules::new(rules).unwrap();
        let request = Request::get(path).body(()).unwrap();
        STEPS.set(0);
        let decision = rules.decide(&RequestHead::new(&request));
        (STEPS.get(), decision.into_target().is_some())
    }

    /// How many beginnings there are of patterns, none but the empty one left out.
    fn beginnings(sources: &[String]) -> usize {
        let beginnings = |source: &String| -> Vec<String> {
            let ends = source.match_indices('/').map(|(at, _)| at).skip(1);
            let ends = ends.chain([source.len()]);
            ends.map(|end| source[..end].to_owned()).collect()
        };
        let all: std::collections::BTreeSet<_> = sources.iter().flat_map(beginnings).collect();
        all.len()
    }

    #[test]
    fn a_path_is_not_followed_where_no_pattern_goes() {
        let rule = |number: usize| {
            let (before, behind) = ("a".repeat(number % 20), "b".repeat(number / 20));
            let segment = |at| format!("/{before}{{p{at}}}{behind}");
            (0..7).map(segment).collect::<String>() + &format!("/{number}")
        };
        let sources: Vec<_> = (0..400).map(rule).collect();
        let path = format!("/{}", "c".repeat(48)).repeat(7) + "/x";
        let (steps, answers) = steps(&sources, &path);
        // The first segment is looked at in each of its kinds; without text around it, it fits.
        assert!(!answers && steps <= 420, "{steps} steps");
    }

    #[test]
    fn there_are_no_more_steps_than_beginnings() {
        // Each kind of segment behind each other kind.
        let kinds = ["{p}", "x{p}", "{p}x", "x{p}x"];
        let mut every = vec![String::new()];
        for place in 0..4 {
            let one = |front: &String| {
                kinds.map(|kind| format!("{front}/{}", kind.replace('p', &format!("p{place}"))))
            };
            every = every.iter().flat_map(one).collect();
        }
        // Kinds that stand behind one beginning only.
        let apart = (1..100).flat_map(|length| {
            let before = "x".repeat(length);
            [
                format!("/{before}{{p}}/end"),
                format!("/y/{before}{{p}}/end"),
            ]
        });
        let apart: Vec<_> = apart.collect();
        for (sources, path) in [
            (&every, "/xxx/xxx/xxx/xxx"),
            (&every, "/xxx/xxx/xxx/xxx/xxx"),
            (&every, "/yyy/xxx/yyy/xxx"),
            (&apart, &*format!("/{0}/{0}/end", "x".repeat(200))),
            (&apart, &*format!("/y/{}/end", "x".repeat(200))),
        ] {
            let (steps, _) = steps(sources, path);
            let most = beginnings(sources);
            assert!(steps <= most, "{path}: {steps} of {most}");
        }
    }

    #[test]
    fn all_literal_segments_behind_those_that_are_hashed() {
        // With these, two segments are hashed; the path has more that are literal.
        let mut sources: Vec<_> = (0..20)
            .map(|length| format!("/a/{}{{x}}/b/b/b", "y".repeat(length)))
            .collect();
        sources.push("/a/{x}/{*rest}".to_owned());
        assert!(steps(&sources, "/a/y/b/b/b").1);
        assert!(!steps(&sources, "/b/b/b/b/b").1);
    }
}
