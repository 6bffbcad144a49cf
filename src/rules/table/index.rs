//! How the indexes of a table are filled.

use super::{Plane, Table, entry::Lists, exact::Exact, shapes::Shapes};
use crate::rules::{
    compiled_rule::{PATTERN, REGEX},
    options::Matching,
    search::Precedence,
};

impl Table {
    /// Puts every rule into the index of its kind.
    pub(super) fn index(&mut self, precedence: Precedence) -> Vec<Plane> {
        let mut planes = self.empty_planes();
        let mut lists = Lists::default();
        for (at, rule) in self.rules() {
            let matching = self.matching(&rule);
            let Some(plane) = planes.iter_mut().find(|plane| plane.matching == matching) else {
                continue;
            };
            if rule.has(PATTERN) {
                let pattern_of = |at| self.pattern(at);
                plane.shapes.add(at, &rule, &mut lists, pattern_of);
            } else if !rule.has(REGEX) {
                let key = self.key(&rule);
                let key_of = |at| self.key_at(at);
                plane.exact.add(at, key, &self.hash, &mut lists, key_of);
            }
        }
        for plane in &mut planes {
            plane.shapes.finish(&lists, |at| self.pattern(at));
        }
        // Rules are added in their order, which is that of the first match.
        if precedence != Precedence::FirstMatch {
            lists.sort_by_key(|at| {
                let rule = self.rule(at);
                rule.map(|rule| self.rank(&rule, precedence))
            });
        }
        self.lists = lists;
        planes
    }

    /// A plane for each way of comparing that occurs, with room for its rules.
    fn empty_planes(&self) -> Vec<Plane> {
        let mut sizes: Vec<(Matching, usize, usize)> = Vec::new();
        for (_, rule) in self.rules() {
            let matching = self.matching(&rule);
            let at = sizes.iter().position(|(own, ..)| *own == matching);
            let at = at.unwrap_or_else(|| {
                sizes.push((matching, 0, 0));
                sizes.len() - 1
            });
            if let Some((_, exact, patterns)) = sizes.get_mut(at) {
                *exact += usize::from(!rule.has(PATTERN | REGEX));
                *patterns += usize::from(rule.has(PATTERN));
            }
        }
        let plane = |(matching, exact, patterns)| Plane {
            matching,
            exact: Exact::with_capacity(exact),
            shapes: Shapes::with_capacity(patterns, &self.hash),
        };
        sizes.into_iter().map(plane).collect()
    }
}
