//! The parameters and cookies of one request by their names, for tables that ask for many.

use std::{
    borrow::Cow,
    cell::{Cell, OnceCell},
    collections::HashMap,
};

use foldhash::fast::RandomState;

/// So many conditions read a query, or the cookies, from its beginning to its end.
const FEW: u8 = 8;

/// What was received under names, once more than a few conditions have asked for some.
///
/// Without it, a request would take as long as its length times the rules on its path.
#[derive(Debug)]
pub(super) struct Lazily<V> {
    asked: Cell<u8>,
    named: OnceCell<Box<V>>,
    /// How often all of it was read.
    #[cfg(test)]
    pub(super) reads: Cell<usize>,
}

impl<V> Lazily<V> {
    #[inline]
    pub(super) const fn none() -> Self {
        Self {
            asked: Cell::new(0),
            named: OnceCell::new(),
            #[cfg(test)]
            reads: Cell::new(0),
        }
    }

    /// Counts one that asks; the first few have to read for themselves.
    pub(super) fn after_a_few(&self, read: impl FnOnce() -> V) -> Option<&V> {
        let asked = self.asked.get();
        if asked < FEW {
            self.asked.set(asked + 1);
            #[cfg(test)]
            self.reads.set(self.reads.get() + 1);
            return None;
        }
        let named = self.named.get_or_init(|| {
            #[cfg(test)]
            self.reads.set(self.reads.get() + 1);
            Box::new(read())
        });
        Some(named)
    }
}

/// Values by their names; of those with one name that mean the same, the first.
#[derive(Debug)]
pub(super) struct Named<'a, V> {
    values: HashMap<Cow<'a, [u8]>, Values<V>, RandomState>,
    /// Where in its list each value stands.
    pairs: HashMap<Pair<'a>, usize, RandomState>,
}

/// The values of one name, and which of them came last.
#[derive(Debug)]
struct Values<V> {
    all: Vec<V>,
    last: usize,
}

/// A name, and what a value means.
type Pair<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

impl<'a, V> Named<'a, V> {
    /// Reads what was received: a name, what the value means, and the value.
    pub(super) fn new(received: impl Iterator<Item = (Cow<'a, [u8]>, Cow<'a, [u8]>, V)>) -> Self {
        let mut named = Self {
            values: HashMap::default(),
            pairs: HashMap::default(),
        };
        for (name, meaning, value) in received {
            let values = named.values.entry(name.clone()).or_insert(Values {
                all: Vec::new(),
                last: 0,
            });
            values.last = *named.pairs.entry((name, meaning)).or_insert_with(|| {
                values.all.push(value);
                values.all.len() - 1
            });
        }
        named
    }

    /// The values of a name, in their order.
    pub(super) fn of(&self, name: &str) -> &[V] {
        let values = self.values.get(name.as_bytes());
        values.map_or(&[], |values| &values.all)
    }

    /// The value of a name that was received last.
    pub(super) fn last(&self, name: &str) -> Option<&V> {
        let values = self.values.get(name.as_bytes())?;
        values.all.get(values.last)
    }

    /// Whether a value of this name means this text.
    pub(super) fn has(&self, name: &str, text: &str) -> bool {
        let pair = (name.as_bytes().into(), text.as_bytes().into());
        self.pairs.contains_key(&pair)
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use http::Request;

    use super::{FEW, Lazily, Named};
    use crate::{
        request::RequestHead,
        rules::{Condition, Rule, Rules, capture::MatchCache, match_input::MatchInput, netlify},
    };

    #[test]
    fn values_of_one_name_stay_in_their_order() {
        let received = [("a", "1"), ("b", "1"), ("a", "2"), ("a", "1"), ("a", "")];
        let named = Named::new(received.iter().zip(0..).map(|((name, value), at)| {
            let bytes = |text: &'static str| Cow::Borrowed(text.as_bytes());
            (bytes(name), bytes(value), at)
        }));
        assert_eq!((named.of("a"), named.of("b")), (&[0, 2, 4][..], &[1][..]));
        assert!(named.has("a", "2") && named.has("a", "") && !named.has("b", "2"));
        assert!(named.of("").is_empty() && !named.has("c", "1"));
        // The last value of `a` is the empty one; of equal values, the first stands for all.
        assert_eq!(
            (named.last("a"), named.last("b"), named.last("c")),
            (Some(&4), Some(&1), None)
        );
        let received = [("1", 0), ("2", 1), ("1", 2)];
        let named = Named::new(received.into_iter().map(|(value, at)| {
            (
                Cow::Borrowed(&b"a"[..]),
                Cow::Borrowed(value.as_bytes()),
                at,
            )
        }));
        assert_eq!(named.last("a"), Some(&0));
    }

    #[test]
    fn the_first_few_read_for_themselves() {
        let lazily = Lazily::none();
        for _ in 0..FEW {
            assert!(lazily.after_a_few(|| 0).is_none());
        }
        assert_eq!(lazily.after_a_few(|| 1), Some(&1));
        assert_eq!(lazily.after_a_few(|| 2), Some(&1));
        assert_eq!(lazily.reads.get(), usize::from(FEW) + 1);
    }

    /// How often the query and the cookies of a request are read, and the rule that answers.
    fn reads(rules: &Rules, query: Option<&str>, cookie: &str) -> (usize, usize, Option<u32>) {
        let mut request = Request::new(());
        let headers = request.headers_mut();
        headers.insert("cookie", cookie.parse().unwrap());
        let cache = MatchCache::new();
        let ask = MatchInput {
            head: &RequestHead::new(&request),
            path: "/a",
            query,
            host: None,
            cache: &cache,
        };
        let found = rules.table.search(&ask, rules.precedence);
        let number = found
            .and_then(|found| rules.table.rule(found.at))
            .map(|rule| rule.number.0);
        (cache.query.reads.get(), cache.cookies.reads.get(), number)
    }

    #[test]
    fn what_many_rules_ask_for_is_read_a_few_times() {
        let most = usize::from(FEW) + 1;
        let query = "%61=%62&".repeat(100) + "k999=x";
        let rules = |of: &dyn Fn(usize) -> Condition, wanted: bool| {
            let rules = (0..1_000).map(|at| match wanted {
                true => Rule::found("/a", "/b").when(of(at)),
                false => Rule::found("/a", "/b").unless(of(at)),
            });
            Rules::new(rules).unwrap()
        };
        let by_query = rules(
            &|at| Condition::query(&format!("k{at}")).captured_as("x"),
            true,
        );
        assert_eq!(reads(&by_query, Some(&query), "a=b"), (most, 0, Some(999)));
        assert_eq!(reads(&by_query, None, "a=b").2, None);
        let without = rules(&|_| Condition::query("k999"), false);
        assert_eq!(reads(&without, Some(&query), "a=b"), (most, 0, None));
        let cookie = "a=b; ".repeat(100) + "k999=x";
        let by_cookie = rules(&|at| Condition::cookie(&format!("k{at}")), true);
        assert_eq!(
            reads(&by_cookie, Some(&query), &cookie),
            (0, most, Some(999))
        );
        let letters = || (b'a'..=b'z').map(char::from);
        let all =
            letters().flat_map(|first| letters().map(move |second| format!("{first}{second}")));
        let others = all.filter(|language| language != "fr").take(500);
        let lines = others.chain(["fr".to_owned()]);
        let lines = lines.map(|language| format!("/a /b 301! Language={language}\n"));
        let by_language = netlify::parse(&lines.collect::<String>()).unwrap();
        let cookie = "a=b; ".repeat(100) + "nf_lang=fr; nf_lang=aa";
        let found = reads(&by_language, None, &cookie);
        assert_eq!((found.0, found.1), (0, most));
        let number = found
            .2
            .and_then(|number| by_language.iter().nth(number as usize));
        assert_eq!(number.unwrap().line(), Some(501));
    }
}
