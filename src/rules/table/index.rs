//! How the indexes of a table are filled.

use super::{Place, Plane, Table, entry::Lists, exact::Exact, shapes::Shapes};
use crate::rules::{
    options::Matching,
    record::{PATTERN, REGEX},
    search::Precedence,
};

impl Table {
    /// Puts every rule into the index of its kind.
    pub(super) fn index(&mut self, precedence: Precedence) -> Vec<Plane> {
        let mut planes = self.empty_planes();
        let mut lists = Lists::default();
        for (at, record) in self.records() {
            let Place { matching, .. } = self.place(&record);
            let Some(plane) = planes.iter_mut().find(|plane| plane.matching == matching) else {
                continue;
            };
            if record.has(PATTERN) {
                let pattern_of = |at| self.pattern(at);
                plane.shapes.add(at, &record, &mut lists, pattern_of);
            } else if !record.has(REGEX) {
                let key = self.key(&record);
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
                let record = self.record(at);
                record.map(|record| self.rank(&record, precedence))
            });
        }
        self.lists = lists;
        planes
    }

    /// A plane for each way of comparing that occurs, with room for its rules.
    fn empty_planes(&self) -> Vec<Plane> {
        let mut sizes: Vec<(Matching, usize, usize)> = Vec::new();
        for (_, record) in self.records() {
            let matching = self.place(&record).matching;
            let at = sizes.iter().position(|(own, ..)| *own == matching);
            let at = at.unwrap_or_else(|| {
                sizes.push((matching, 0, 0));
                sizes.len() - 1
            });
            if let Some((_, exact, patterns)) = sizes.get_mut(at) {
                *exact += usize::from(!record.has(PATTERN | REGEX));
                *patterns += usize::from(record.has(PATTERN));
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
