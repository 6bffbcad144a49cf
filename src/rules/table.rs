//! The compiled table: every rule in one piece of memory, and indexes that lead to it.
//!
//! It tells which rules may answer a request by their path and their host. What else they ask for, and
//! which of them wins, is the business of [`search`](super::search).

use bytes::Bytes;

use super::{
    ask::Ask,
    capture::Captures,
    condition::Ready,
    options::Matching,
    pattern::{Parts, Segment, Tail},
    record::{PATTERN, REGEX, Record},
    spelling,
};

mod entry;
mod exact;
mod hash;
mod hosts;
mod segments;
mod shapes;

use entry::Lists;
use exact::{Exact, Key};
use hash::Hash;
pub(super) use hosts::{EVERY_HOST, Hosts};
use segments::Segments;
use shapes::Shapes;

/// All rules of a set.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) records: Bytes,
    pub(super) options: Vec<Ready>,
    pub(super) hosts: Hosts,
    /// Whether a rule is for some hosts only.
    pub(super) reads_host: bool,
    planes: Vec<Plane>,
    lists: Lists,
    hash: Hash,
    #[cfg(feature = "regex")]
    pub(super) regexes: super::regexes::Regexes,
}

/// The rules that are compared in one way.
#[derive(Debug)]
struct Plane {
    matching: Matching,
    exact: Exact,
    shapes: Shapes,
}

/// What is known of a rule before its place in the indexes is.
#[derive(Clone, Copy, Debug)]
struct Place {
    matching: Matching,
    group: u32,
}

impl Table {
    /// Builds the indexes of rules that are written already.
    pub(super) fn new(
        records: Vec<u8>,
        options: Vec<Ready>,
        hosts: Hosts,
        #[cfg(feature = "regex")] regexes: super::regexes::Regexes,
    ) -> Self {
        let reads_host = !hosts.is_empty() || options.iter().any(Ready::reads_host);
        let mut table = Self {
            records: Bytes::from(records),
            reads_host,
            options,
            hosts,
            planes: Vec::new(),
            lists: Lists::default(),
            hash: Hash::default(),
            #[cfg(feature = "regex")]
            regexes,
        };
        table.planes = table.index();
        table
    }

    fn index(&mut self) -> Vec<Plane> {
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
        let mut lists = Lists::default();
        let planes = sizes.into_iter().map(|(matching, exact, patterns)| {
            let mut plane = Plane {
                matching,
                exact: Exact::with_capacity(exact),
                shapes: Shapes::with_capacity(patterns),
            };
            for (at, record) in self.records() {
                let place = self.place(&record);
                if place.matching != matching || record.has(REGEX) {
                    continue;
                }
                if record.has(PATTERN) {
                    let pattern_of = |at| self.pattern(at);
                    plane.shapes.add(
                        at,
                        record.number,
                        record.source,
                        place.group,
                        &self.hash,
                        &mut lists,
                        pattern_of,
                    );
                } else {
                    let key = self.key(&record);
                    let key_of = |at| self.key_at(at);
                    plane.exact.add(at, key, &self.hash, &mut lists, key_of);
                }
            }
            plane
                .shapes
                .finish(&self.hash, &lists, |at| self.pattern(at));
            plane
        });
        let planes = planes.collect();
        self.lists = lists;
        planes
    }

    /// Every rule in the order in which they were added, with where it is.
    pub(super) fn records(&self) -> impl Iterator<Item = (u32, Record<'_>)> {
        let mut at = 0;
        std::iter::from_fn(move || {
            let record = self.record(at)?;
            let place = at;
            at = record.next();
            Some((place, record))
        })
    }

    #[inline]
    pub(super) fn record(&self, at: u32) -> Option<Record<'_>> {
        Record::read(&self.records, at)
    }

    /// The options of a rule, where it has any.
    #[inline]
    pub(super) fn options(&self, record: &Record<'_>) -> Option<&Ready> {
        self.options.get(record.options? as usize)
    }

    #[inline]
    fn place(&self, record: &Record<'_>) -> Place {
        match self.options(record) {
            Some(ready) => Place {
                matching: ready.options.matching,
                group: ready.group,
            },
            None => Place {
                matching: Matching::default(),
                group: EVERY_HOST,
            },
        }
    }

    fn key<'t>(&'t self, record: &Record<'t>) -> Key<'t> {
        let ready = self.options(record);
        Key {
            path: record.source,
            group: ready.map_or(EVERY_HOST, |ready| ready.group),
            pair: ready.and_then(Ready::key),
        }
    }

    fn key_at(&self, at: u32) -> Key<'_> {
        const NOTHING: Key<'static> = Key {
            path: &[],
            group: EVERY_HOST,
            pair: None,
        };
        self.record(at).map_or(NOTHING, |record| self.key(&record))
    }

    fn pattern(&self, at: u32) -> (&[u8], u32) {
        match self.record(at) {
            Some(record) => (record.source, self.place(&record).group),
            None => (&[], EVERY_HOST),
        }
    }

    /// Shows every rule whose path and host fit a request, with what its placeholders stand for.
    ///
    /// `lowest` is the number beyond which a pattern is not wanted any more.
    #[inline]
    pub(super) fn candidates<'a>(
        &self,
        ask: &Ask<'_, 'a>,
        lowest: impl Fn() -> u32,
        mut visit: impl FnMut(u32, &Record<'_>, &Captures<'a>),
    ) {
        for plane in &self.planes {
            let received = ask.path.as_bytes();
            let fold = plane.matching.ignore_case;
            // Nothing is written there unless it has to be.
            let (mut short, long);
            let spelled = if spelling::is_spelled(received, fold) {
                received
            } else {
                short = [0; SHORT];
                match spelling::write(&mut short, received, fold) {
                    Some(spelled) => spelled,
                    None => {
                        long = respelled(received, fold);
                        &long
                    }
                }
            };
            let path = Asked {
                received: ask.path,
                spelled: if plane.matching.ignore_trailing_slash {
                    without_slash(spelled)
                } else {
                    spelled
                },
            };
            self.exact_candidates(plane, &path, ask, &mut visit);
            if !plane.shapes.is_empty() {
                self.pattern_candidates(plane, &path, ask, &lowest, &mut visit);
            }
        }
        #[cfg(feature = "regex")]
        for (at, captures) in self.regexes.matching(ask.path) {
            if let Some(record) = self.record(at) {
                let group = self.place(&record).group;
                if self.hosts.fitting(ask.host).any(|fitting| fitting == group) {
                    visit(at, &record, &captures);
                }
            }
        }
    }

    #[inline]
    fn exact_candidates<'a>(
        &self,
        plane: &Plane,
        path: &Asked<'a, '_>,
        ask: &Ask<'_, 'a>,
        visit: &mut impl FnMut(u32, &Record<'_>, &Captures<'a>),
    ) {
        if plane.exact.is_empty() {
            return;
        }
        let spelled = path.spelled;
        let path_hash = self.hash.of(spelled);
        let mut show = |entry: Option<&u32>| {
            for at in entry.into_iter().flat_map(|entry| self.lists.rules(entry)) {
                if let Some(record) = self.record(*at) {
                    visit(*at, &record, &Captures::none());
                }
            }
        };
        for group in self.hosts.fitting(ask.host) {
            let is_it = |entry| {
                self.record(self.lists.first(entry)).is_some_and(|record| {
                    record.source == spelled && self.place(&record).group == group
                })
            };
            show(plane.exact.find(group, path_hash, is_it));
            if plane.exact.has_keyed() {
                for (name, value) in ask.pairs() {
                    let (name, value) = (super::ask::plain(name), super::ask::plain(value));
                    let key = Key {
                        path: spelled,
                        group,
                        pair: Some((&name, &value)),
                    };
                    let is_it = |entry| self.key_at(self.lists.first(entry)) == key;
                    show(plane.exact.find_keyed(key, &self.hash, path_hash, is_it));
                }
            }
        }
    }

    #[inline]
    fn pattern_candidates<'a>(
        &self,
        plane: &Plane,
        path: &Asked<'a, '_>,
        ask: &Ask<'_, 'a>,
        lowest: &impl Fn() -> u32,
        visit: &mut impl FnMut(u32, &Record<'_>, &Captures<'a>),
    ) {
        let spelled = path.spelled;
        let segments = Segments::of(spelled, plane.shapes.deepest(), &self.hash);
        let mut show = |group: u32, entry: &u32| {
            let rules = self.lists.rules(entry);
            let Some(first) = rules.first().and_then(|at| self.record(*at)) else {
                return;
            };
            if self.place(&first).group != group {
                return;
            }
            let Some(captures) = path.captures(Parts::of(first.source), &segments) else {
                return;
            };
            for at in rules {
                if let Some(record) = self.record(*at) {
                    visit(*at, &record, &captures);
                }
            }
        };
        for group in self.hosts.fitting(ask.host) {
            plane
                .shapes
                .candidates(&segments, group, &self.hash, lowest, |entry| {
                    show(group, entry)
                });
        }
    }
}

/// The path of a request, in the spelling of one plane.
struct Asked<'a, 's> {
    received: &'a str,
    spelled: &'s [u8],
}

/// A path as long as this is spelled anew without memory of its own.
const SHORT: usize = 1_024;

impl<'a> Asked<'a, '_> {
    /// What the placeholders of a pattern stand for, where it matches.
    fn captures(&self, pattern: Parts<'_>, segments: &Segments<'_>) -> Option<Captures<'a>> {
        let mut captures = Captures::none();
        let mut rest = self.received;
        let mut count = 0;
        for segment in pattern.segments() {
            let behind = rest.strip_prefix('/')?;
            let end = behind.find('/').unwrap_or(behind.len());
            let (received, tail) = behind.split_at_checked(end)?;
            let spelled = segments.get(count);
            match segment {
                Segment::Literal(text) if text == spelled => {}
                Segment::Literal(_) => return None,
                Segment::Named { before, behind, .. } => {
                    let named = spelled.strip_prefix(before)?.strip_suffix(behind)?;
                    if named.is_empty() {
                        return None;
                    }
                    let is_whole = before.is_empty() && behind.is_empty();
                    let part = || part(received, before.len(), named.len());
                    captures.push(if is_whole { received } else { part()? });
                }
            }
            rest = tail;
            count += 1;
        }
        let spelled = segments.tail(count);
        match pattern.tail {
            // A slash that makes no difference may be left.
            Tail::None => {
                return (spelled.is_empty() && count == segments.count).then_some(captures);
            }
            Tail::Some if rest.len() < 2 => return None,
            Tail::Any if rest.is_empty() => return None,
            Tail::Some | Tail::Any | Tail::Optional => captures.push(rest),
        }
        Some(captures)
    }
}

/// The middle of a segment as it was received, by the lengths of its spelling; `None` where that would
/// begin or end within a character.
fn part(received: &str, before: usize, length: usize) -> Option<&str> {
    let rest = received.get(spelling::received_len(received.as_bytes(), before)?..)?;
    rest.get(..spelling::received_len(rest.as_bytes(), length)?)
}

#[cold]
fn respelled(received: &[u8], fold: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(received.len() + 16);
    spelling::push(&mut out, received, fold);
    out
}

/// A path without one slash at its end; the first page keeps its own.
pub(super) fn without_slash(path: &[u8]) -> &[u8] {
    match path {
        [first @ .., b'/'] if !first.is_empty() => first,
        _ => path,
    }
}
