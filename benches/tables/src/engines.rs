//! The engines that are compared: whatever finds a rule by a path.

use std::{
    collections::HashMap,
    future::Future,
    hint::black_box,
    pin::pin,
    task::{Context, Poll, Waker},
};

use http::{Request, StatusCode};
use regex::{Regex, RegexSet};
use tower_redirect::rules::Rules;
use tower_redirect::{Policy, RequestHead};

use crate::keys::{self, Kind};

/// Paths that are looked up one after the other, in the forms that the engines need.
pub(crate) struct Requests {
    pub(crate) paths: Vec<String>,
    pub(crate) heads: Vec<RequestHead<'static>>,
}

impl Requests {
    pub(crate) fn new(paths: Vec<String>) -> Self {
        let requests: Vec<Request<()>> = paths
            .iter()
            .map(|path| Request::get(path).body(()).expect("the texts are paths"))
            .collect();
        // A few requests, which the program needs until it ends.
        let requests: &'static [_] = Vec::leak(requests);
        let heads = requests.iter().map(RequestHead::new).collect();
        Self { paths, heads }
    }
}

/// A table that is built.
pub(crate) trait Engine {
    /// Looks up this number of paths, each after the result of the one before is known.
    ///
    /// Returns how many of them were found.
    fn look_up(&self, requests: &Requests, count: usize) -> usize;
}

/// Looks paths up one after the other.
#[inline(always)]
fn each<T>(list: &[T], count: usize, mut find: impl FnMut(&T) -> bool) -> usize {
    let zero = black_box(0);
    let (mut index, mut found) = (0, 0);
    for _ in 0..count {
        let is_found = usize::from(black_box(find(&list[index])));
        found += is_found;
        // The next index depends on this result, so the CPU can't run two lookups at once.
        index += 1 + (is_found & zero);
        if index >= list.len() {
            index = 0;
        }
    }
    found
}

/// An engine that is measured.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    /// The most rules that it is measured with.
    pub(crate) most: usize,
    /// Builds a table with this number of rules.
    pub(crate) build: fn(Kind, usize) -> Box<dyn Engine>,
    /// Whether it supports patterns.
    pub(crate) patterns: bool,
}

/// The row of this crate: a whole decision.
pub(crate) const OURS: &str = "this crate";
/// The row of this crate without the redirect.
const OUR_RULE: &str = "this crate, the rule";
/// Both rows of this crate, in the order of [`CONTENDERS`].
pub(crate) const OUR_ROWS: [&str; 2] = [OURS, OUR_RULE];

impl Contender {
    /// Returns whether it is a table of this crate.
    pub(crate) fn is_ours(&self) -> bool {
        OUR_ROWS.contains(&self.name)
    }
}

/// All engines, starting with those of this crate.
pub(crate) const CONTENDERS: &[Contender] = &[
    Contender {
        name: OURS,
        most: 1_000_000,
        build: |kind, count| Box::new(ours(kind, count)),
        patterns: true,
    },
    Contender {
        name: OUR_RULE,
        most: 1_000_000,
        build: |kind, count| Box::new(RuleOnly(ours(kind, count))),
        patterns: true,
    },
    Contender {
        name: "HashMap, SipHash",
        most: 1_000_000,
        build: |_, count| {
            let sources = (0..count).map(|number| (keys::path(number).into(), number as u32));
            Box::new(sources.collect::<HashMap<Box<str>, u32>>())
        },
        patterns: false,
    },
    Contender {
        name: "hashbrown, foldhash",
        most: 1_000_000,
        build: |_, count| {
            let sources = (0..count).map(|number| (keys::path(number).into(), number as u32));
            Box::new(Folded(sources.collect()))
        },
        patterns: false,
    },
    Contender {
        name: "matchit",
        most: 1_000_000,
        build: |kind, count| {
            let mut router = matchit::Router::new();
            for number in 0..count {
                router
                    .insert(keys::source(kind, number), number as u32)
                    .expect("the sources differ");
            }
            Box::new(router)
        },
        patterns: true,
    },
    Contender {
        name: "wayfind",
        most: 1_000_000,
        build: |kind, count| Box::new(wayfind(kind, count)),
        patterns: true,
    },
    #[cfg(feature = "redirectionio")]
    Contender {
        name: "redirectionio",
        most: 10_000,
        build: |kind, count| Box::new(redirectionio::table(kind, count)),
        patterns: true,
    },
    Contender {
        name: "axum Router, the whole call",
        most: 10_000,
        build: |kind, count| Box::new(axum_router(kind, count)),
        patterns: true,
    },
    Contender {
        name: "RegexSet",
        most: 10_000,
        build: |kind, count| {
            let regexes = (0..count).map(|number| keys::regex(kind, number));
            let set = regex::RegexSetBuilder::new(regexes)
                .size_limit(1 << 30)
                .build();
            Box::new(set.expect("the regexes are valid"))
        },
        patterns: true,
    },
    Contender {
        name: "list of Regex",
        most: 1_000,
        build: |kind, count| {
            let regexes = (0..count).map(|number| keys::regex(kind, number));
            let list: Result<Vec<_>, _> = regexes.map(|text| Regex::new(&text)).collect();
            Box::new(list.expect("the regexes are valid"))
        },
        patterns: true,
    },
];

/// Builds a table of this crate from texts.
pub(crate) fn ours(kind: Kind, count: usize) -> Rules {
    (0..count)
        .map(|number| (keys::source(kind, number), keys::target(kind, number)))
        .collect::<tower_redirect::rules::RulesBuilder>()
        .build()
        .expect("the rules are valid")
}

/// Returns the engine of one of [`OUR_ROWS`] for a table that is built.
pub(crate) fn our_engine(name: &str, rules: &Rules) -> Box<dyn Engine> {
    match name {
        OUR_RULE => Box::new(RuleOnly(rules.clone())),
        _ => Box::new(rules.clone()),
    }
}

impl Engine for Rules {
    #[inline(never)]
    fn look_up(&self, requests: &Requests, count: usize) -> usize {
        each(&requests.heads, count, |head| !self.decide(head).is_pass())
    }
}

/// A table of this crate that only finds the rule, as the other engines do.
struct RuleOnly(Rules);

impl Engine for RuleOnly {
    #[inline(never)]
    fn look_up(&self, requests: &Requests, count: usize) -> usize {
        each(&requests.heads, count, |head| self.0.find(head).is_some())
    }
}

impl Engine for HashMap<Box<str>, u32> {
    #[inline(never)]
    fn look_up(&self, requests: &Requests, count: usize) -> usize {
        each(&requests.heads, count, |head| {
            self.get(head.path()).is_some()
        })
    }
}

/// The map of hashbrown with foldhash.
struct Folded(hashbrown::HashMap<Box<str>, u32, foldhash::fast::RandomState>);

impl Engine for Folded {
    #[inline(never)]
    fn look_up(&self, requests: &Requests, count: usize) -> usize {
        each(&requests.heads, count, |head| {
            self.0.get(head.path()).is_some()
        })
    }
}

impl Engine for matchit::Router<u32> {
    #[inline(never)]
    fn look_up(&self, requests: &Requests, count: usize) -> usize {
        each(&requests.heads, count, |head| self.at(head.path()).is_ok())
    }
}

impl Engine for RegexSet {
    #[inline(never)]
    fn look_up(&self, requests: &Requests, count: usize) -> usize {
        each(&requests.heads, count, |head| {
            self.matches(head.path()).iter().next().is_some()
        })
    }
}

impl Engine for Vec<Regex> {
    #[inline(never)]
    fn look_up(&self, requests: &Requests, count: usize) -> usize {
        each(&requests.heads, count, |head| {
            self.iter().any(|regex| regex.is_match(head.path()))
        })
    }
}

struct Wayfind(wayfind::Router<u32>);

fn wayfind(kind: Kind, count: usize) -> Wayfind {
    let mut builder = wayfind::RouterBuilder::new();
    for number in 0..count {
        let source = keys::source(kind, number)
            .replace('{', "<")
            .replace('}', ">");
        builder
            .insert(&source, number as u32)
            .expect("the sources differ");
    }
    Wayfind(builder.build())
}

impl Engine for Wayfind {
    #[inline(never)]
    fn look_up(&self, requests: &Requests, count: usize) -> usize {
        each(&requests.heads, count, |head| {
            self.0.search(head.path()).is_some()
        })
    }
}

/// A router that responds with a status. Each future is polled until it is ready.
struct AxumRouter(std::cell::RefCell<axum::Router>);

fn axum_router(kind: Kind, count: usize) -> AxumRouter {
    let mut router = axum::Router::new();
    for number in 0..count {
        let found = axum::routing::get(async || StatusCode::FOUND);
        router = router.route(&keys::source(kind, number), found);
    }
    AxumRouter(router.into())
}

impl Engine for AxumRouter {
    #[inline(never)]
    fn look_up(&self, requests: &Requests, count: usize) -> usize {
        let mut router = self.0.borrow_mut();
        let mut cx = Context::from_waker(Waker::noop());
        each(&requests.heads, count, |head| {
            let mut request = Request::new(axum::body::Body::empty());
            *request.uri_mut() = head.uri().clone();
            let response = pin!(tower::Service::call(&mut *router, request));
            match response.poll(&mut cx) {
                Poll::Ready(Ok(response)) => response.status() == StatusCode::FOUND,
                _ => unreachable!("every response here is ready"),
            }
        })
    }
}

#[cfg(feature = "redirectionio")]
mod redirectionio {
    use redirectionio::{RouterConfig, api::Rule, http::Request, router::Router};

    use super::{Engine, Requests, each};
    use crate::keys::{self, Kind};

    /// The router of `redirectionio`, with all regexes compiled.
    pub(super) struct Table(Router<Rule>);

    pub(super) fn table(kind: Kind, count: usize) -> Table {
        let mut router = Router::<Rule>::from_config(RouterConfig::default());
        for number in 0..count {
            router.insert(rule(kind, number));
        }
        // The cache holds more regexes than there are.
        router.cache(Some(10 * count as u64 + 1_000));
        Table(router)
    }

    /// Returns a rule in its own syntax: `@name` is a marker with a regex.
    fn rule(kind: Kind, number: usize) -> Rule {
        let source = keys::source(kind, number);
        let mut markers = Vec::new();
        let (mut path, mut rest) = (String::new(), &*source);
        while let Some((literal, after)) = rest.split_once('{') {
            let (name, tail) = after.split_once('}').unwrap_or((after, ""));
            let regex = if name.starts_with('*') { ".+" } else { "[^/]+" };
            let name = name.trim_start_matches('*');
            markers.push(format!(r#"{{"name":"{name}","regex":"{regex}"}}"#));
            path += &format!("{literal}@{name}");
            rest = tail;
        }
        path += rest;
        let json = format!(
            r#"{{"id":"{number}","source":{{"path":"{path}"}},"target":"/x","status_code":301,"rank":0,"markers":[{}]}}"#,
            markers.join(",")
        );
        Rule::from_json(&json).expect("the rule is valid")
    }

    impl Engine for Table {
        #[inline(never)]
        fn look_up(&self, requests: &Requests, count: usize) -> usize {
            let config = RouterConfig::default();
            let request = |path: &String| {
                Request::from_config(&config, path.clone(), None, None, None, None, None)
            };
            let requests: Vec<_> = requests.paths.iter().map(request).collect();
            each(&requests, count, |request| {
                !self.0.match_request(request).is_empty()
            })
        }
    }
}
