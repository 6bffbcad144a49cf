//! Hit counts: how often each rule redirected or refused.

use std::{
    fmt,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::{Outcome, RuleNumber, RuleRef, Rules, table::Table};

/// The hit counts of a table, returned by [`Rules::usage`].
///
/// ```
/// use axum::{Router, body::Body, http::Request};
/// use tower::ServiceExt;
/// use tower_redirect::RedirectLayer;
/// use tower_redirect::rules::{Rule, Rules};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let rules = [Rule::permanent("/a", "/b"), Rule::permanent("/c", "/d")];
/// let rules = Rules::new(rules)?.count_hits();
/// let app: Router = Router::new().layer(RedirectLayer::new(rules.clone()));
/// app.oneshot(Request::get("/c").body(Body::empty())?).await?;
///
/// let usage = rules.usage().unwrap();
/// let hits: Vec<_> = usage.iter().map(|rule| rule.hits()).collect();
/// assert_eq!(hits, [0, 1]);
/// let idle: Vec<_> = usage.never_hit().map(|rule| rule.to_string()).collect();
/// assert_eq!(idle, ["/a -> /b (308 Permanent Redirect)"]);
/// # Ok(())
/// # }
/// ```
///
/// The counts change while the service runs, so two calls can return different numbers.
#[derive(Clone, Copy)]
pub struct Usage<'r> {
    rules: &'r Rules,
    hits: &'r Hits,
}

/// The hits of one rule, an item of [`Usage::iter`].
///
/// ```
/// use tower_redirect::rules::{Rule, Rules};
///
/// let rules = Rules::new([Rule::permanent("/a", "/b")])?.count_hits();
/// let one = rules.usage().unwrap().iter().next().unwrap();
/// assert_eq!((one.rule().number(), one.hits(), one.last_hit()), (0, 0, None));
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RuleUsage<'r> {
    rule: RuleRef<'r>,
    hits: u64,
    last_hit: Option<SystemTime>,
}

impl Rules {
    /// Starts to count the redirects and refusals of each rule.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    ///
    /// let rules = Rules::new([Rule::permanent("/a", "/b")])?;
    /// assert!(rules.usage().is_none());
    /// assert_eq!(rules.count_hits().usage().unwrap().never_hit().count(), 1);
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// The service counts a redirect or a refusal when it sends it. These count nothing:
    ///
    /// - tests and [`explain`](Self::explain)
    /// - a redirect that the layer suppresses
    /// - a redirect that waits for a response, if the app responds with another status
    /// - a rule that [passes](super::Rule::pass)
    ///
    /// Clones share their counts, even clones that you made before this call. Keep one to read the
    /// [usage](Self::usage). Other tables count on their own: a table that you reload or flatten
    /// starts at zero. To continue from another table, use
    /// [`count_hits_from`](Self::count_hits_from). If the table already counts, this call changes
    /// nothing.
    ///
    /// Counting takes two words of memory per rule, and one atomic addition and one clock read per
    /// hit. Requests that pass through cost nothing.
    #[must_use]
    pub fn count_hits(self) -> Self {
        self.table.hits.get_or_init(|| Hits::of(&self.table));
        self
    }

    /// Starts to count, and takes over the hits of the table that this one replaces.
    ///
    /// ```
    /// use axum::{Router, body::Body, http::Request};
    /// use tower::ServiceExt;
    /// use tower_redirect::RedirectLayer;
    /// use tower_redirect::rules::{Rule, Rules};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let before = Rules::new([Rule::permanent("/a", "/b")])?.count_hits();
    /// let app: Router = Router::new().layer(RedirectLayer::new(before.clone()));
    /// app.oneshot(Request::get("/a").body(Body::empty())?).await?;
    ///
    /// let rules = Rules::new([Rule::permanent("/new", "/"), Rule::permanent("/a", "/c")])?;
    /// let rules = rules.count_hits_from(&before);
    /// let hits: Vec<_> = rules.usage().unwrap().iter().map(|rule| rule.hits()).collect();
    /// assert_eq!(hits, [0, 1]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A rule takes over the hits of the old rule for the same requests, even if its position or
    /// its target changed. If there are several such rules, each takes over the hits of one.
    /// [`Usage::since`] stays the same.
    ///
    /// - The hits of removed rules are lost.
    /// - Hits that the old table counts after this call don't reach the new one.
    /// - Hits that this table already counted are lost. If the old table doesn't count, they stay,
    ///   and this call does what [`count_hits`](Self::count_hits) does.
    /// - Clones that you made before this call count on their own.
    #[must_use]
    pub fn count_hits_from(self, before: &Self) -> Self {
        let Some(old) = before.table.hits.get() else {
            return self.count_hits();
        };
        let mut hits = Hits::of(&self.table);
        hits.since = old.since;
        for (own, other) in self.same_requests(before) {
            hits.begin_with(own, old, other);
        }
        self.with_table(|table| table.hits = hits.into())
    }

    /// Returns the hits of each rule, or `None` if the table doesn't [count](Self::count_hits).
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    ///
    /// let rules = Rules::new([Rule::permanent("/a", "/b").named("launch")])?.count_hits();
    /// let idle: Vec<_> = rules.usage().unwrap().never_hit().map(|rule| rule.name()).collect();
    /// assert_eq!(idle, [Some("launch")]);
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    #[must_use]
    pub fn usage(&self) -> Option<Usage<'_>> {
        let hits = self.table.hits.get()?;
        Some(Usage { rules: self, hits })
    }
}

impl<'r> Usage<'r> {
    /// Returns when counting started, to the second.
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use tower_redirect::rules::{Rule, Rules};
    ///
    /// let rules = Rules::new([Rule::permanent("/a", "/b")])?.count_hits();
    /// assert!(rules.usage().unwrap().since() <= SystemTime::now());
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    #[must_use]
    pub fn since(&self) -> SystemTime {
        time(self.hits.since)
    }

    /// Returns the hits of every rule, in the order in which the rules were added.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    ///
    /// let rules = Rules::new([Rule::permanent("/a", "/b")])?.count_hits();
    /// let all: u64 = rules.usage().unwrap().iter().map(|rule| rule.hits()).sum();
    /// assert_eq!(all, 0);
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = RuleUsage<'r>> + use<'r> {
        let hits = self.hits;
        self.rules.iter().map(move |rule| hits.usage(rule))
    }

    /// Returns the rules without hits, except rules that pass, which have none.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    ///
    /// let rules = Rules::new([Rule::permanent("/a", "/b")])?.count_hits();
    /// assert_eq!(rules.usage().unwrap().never_hit().next().unwrap().source(), "/a");
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    pub fn never_hit(&self) -> impl Iterator<Item = RuleRef<'r>> + use<'r> {
        let idle = self.counted().filter(|usage| usage.hits == 0);
        idle.map(|usage| usage.rule)
    }

    /// Returns the rules without a hit at or after this time, except rules that pass.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use tower_redirect::rules::{Rule, Rules};
    ///
    /// let rules = Rules::new([Rule::permanent("/a", "/b")])?.count_hits();
    /// let a_month_ago = SystemTime::now() - Duration::from_secs(30 * 86_400);
    /// assert_eq!(rules.usage().unwrap().not_hit_since(a_month_ago).count(), 1);
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// If the time is before [`since`](Self::since), this returns the rules of
    /// [`never_hit`](Self::never_hit).
    pub fn not_hit_since(&self, time: SystemTime) -> impl Iterator<Item = RuleRef<'r>> + use<'r> {
        let idle = self
            .counted()
            .filter(move |usage| usage.last_hit.is_none_or(|last| last < time));
        idle.map(|usage| usage.rule)
    }

    /// The rules that can have hits.
    fn counted(&self) -> impl Iterator<Item = RuleUsage<'r>> + use<'r> {
        self.iter()
            .filter(|usage| usage.rule.outcome() != Outcome::Pass)
    }
}

impl<'r> RuleUsage<'r> {
    /// Returns the rule.
    #[must_use]
    pub const fn rule(&self) -> RuleRef<'r> {
        self.rule
    }

    /// Returns how many redirects or refusals of the rule the service sent.
    #[must_use]
    pub const fn hits(&self) -> u64 {
        self.hits
    }

    /// Returns when the last one was sent, to the second.
    #[must_use]
    pub const fn last_hit(&self) -> Option<SystemTime> {
        self.last_hit
    }
}

impl fmt::Debug for Usage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Usage")
            .field("rules", self.rules)
            .field("since", &self.since())
            .finish_non_exhaustive()
    }
}

/// The counters of a table, each at the number of its rule.
#[derive(Debug)]
pub(super) struct Hits {
    since: usize,
    rules: Box<[Hit]>,
}

/// Words, so that every machine has them; times are seconds since 1970.
#[derive(Debug, Default)]
struct Hit {
    count: AtomicUsize,
    /// 0 for never.
    last: AtomicUsize,
}

impl Hits {
    /// Those of a table, of which none has answered.
    fn of(table: &Table) -> Self {
        // Rules that were left out leave their numbers behind.
        let last = table.rules().map(|(_, rule)| rule.number).max();
        let length = last.map_or(0, |last| last.get() + 1);
        Self {
            since: now(),
            rules: std::iter::repeat_with(Hit::default).take(length).collect(),
        }
    }

    pub(super) fn add(&self, number: RuleNumber) {
        if let Some(hit) = self.rules.get(number.get()) {
            hit.last.store(now(), Ordering::Relaxed);
            hit.count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Begins the count of a rule with what another table has counted.
    fn begin_with(&mut self, number: RuleNumber, other: &Self, other_number: RuleNumber) {
        let other = other.rules.get(other_number.get());
        if let (Some(hit), Some(other)) = (self.rules.get_mut(number.get()), other) {
            *hit.count.get_mut() = other.count.load(Ordering::Relaxed);
            *hit.last.get_mut() = other.last.load(Ordering::Relaxed);
        }
    }

    fn usage<'r>(&self, rule: RuleRef<'r>) -> RuleUsage<'r> {
        let read = |word: &AtomicUsize| word.load(Ordering::Relaxed);
        let hit = self.rules.get(rule.rule_number().get());
        let (hits, last) = hit.map_or((0, 0), |hit| (read(&hit.count), read(&hit.last)));
        RuleUsage {
            rule,
            hits: hits as u64,
            last_hit: (last > 0).then(|| time(last)),
        }
    }
}

fn now() -> usize {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        usize::try_from(since.as_secs()).unwrap_or(usize::MAX)
    })
}

fn time(seconds: usize) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds as u64)
}
