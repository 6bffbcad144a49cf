use http::Method;

use super::{
    has::Condition,
    options::{Edit, Options, QueryPolicy},
    source::{Source, SourceKind},
};
use crate::{
    location::HttpScheme,
    redirect::CacheControl,
    status::{Intent, Status, StatusChoice},
};

/// One line of a table: what is asked for, where it has moved, and how that is said.
///
/// ```
/// use tower_redirect::rules::{Rule, Rules};
/// use tower_redirect::{RedirectLayer, Status, testing};
///
/// let rules = Rules::new([
///     Rule::permanent("/about-us", "/about"),
///     Rule::permanent("/blog/{year}/{slug}", "/posts/{slug}?year={year}"),
///     Rule::found("/index.php?page={id}", "/pages/{id}"),
///     Rule::moved_permanently("/shop/{*rest}", "https://shop.example/{rest}").host("old.example"),
/// ])?;
///
/// testing::get("/blog/2024/hello").through(&rules)
///     .assert_redirect("/posts/hello?year=2024")
///     .assert_status(Status::PermanentRedirect);
/// testing::get("/index.php?page=5&x=1").through(&rules).assert_redirect("/pages/5?x=1");
///
/// let layer = RedirectLayer::new(rules);
/// # Ok::<(), tower_redirect::rules::RulesError>(())
/// ```
///
/// # Sources
///
/// | source | answers |
/// |---|---|
/// | `/about-us` | this path |
/// | `/blog/{slug}` | one segment in place of the placeholder, not empty |
/// | `/blog/{slug}.html` | a segment that ends so |
/// | `/docs/{*rest}` | everything below, not empty |
/// | `/docs/{*rest?}` | everything below, and `/docs/` |
/// | `/docs{/*rest}` | everything below, `/docs/` and `/docs` |
/// | `/page?id=5&lang={lang}&print` | the path, if the query has these: equal, captured, present |
/// | `https://*.old.example/a` | the path on this scheme and these hosts |
///
/// A brace that is meant literally is doubled. What is a placeholder elsewhere, a segment `:id` or `*`, is an
/// error; [`Source::exact`] takes it literally. Paths are compared as a whole and with case; escapes are
/// equal to what they stand for where that has no meaning of its own (`%41` is `A`, `%2F` is not `/`), a `%`
/// that begins no escape is `%25`, and a `/` at the end makes a difference.
///
/// # Targets
///
/// A path on this site or an address on a fixed origin. Placeholders of the source stand in the path,
/// in values of the query and in the fragment, and are encoded for the place; `{/*rest}` is a tail with
/// its slash. Text of a request never becomes a host.
///
/// # Errors
///
/// Nothing is checked before the table is built; it then names every rule that cannot be.
#[derive(Clone, Debug)]
#[must_use = "a rule does nothing until a table has it"]
pub struct Rule {
    pub(super) source: Source,
    pub(super) target: String,
    pub(super) how: StatusChoice,
    pub(super) options: Options,
}

impl Rule {
    #[doc = include_str!("../docs/moved_permanently.md")]
    pub fn moved_permanently(source: impl Into<Source>, target: impl Into<String>) -> Self {
        Self::new(Status::MovedPermanently, source, target)
    }

    #[doc = include_str!("../docs/found.md")]
    pub fn found(source: impl Into<Source>, target: impl Into<String>) -> Self {
        Self::new(Status::Found, source, target)
    }

    #[doc = include_str!("../docs/see_other.md")]
    pub fn see_other(source: impl Into<Source>, target: impl Into<String>) -> Self {
        Self::new(Status::SeeOther, source, target)
    }

    #[doc = include_str!("../docs/temporary.md")]
    pub fn temporary(source: impl Into<Source>, target: impl Into<String>) -> Self {
        Self::new(Status::TemporaryRedirect, source, target)
    }

    #[doc = include_str!("../docs/permanent.md")]
    pub fn permanent(source: impl Into<Source>, target: impl Into<String>) -> Self {
        Self::new(Status::PermanentRedirect, source, target)
    }

    #[doc = include_str!("../docs/for_intent.md")]
    pub fn for_intent(
        intent: Intent,
        source: impl Into<Source>,
        target: impl Into<String>,
    ) -> Self {
        Self::new(intent, source, target)
    }

    /// A rule with a status or an intent that is a value.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::{Status, testing};
    ///
    /// let status = Status::try_from(302).unwrap(); // from a file
    /// let rules = Rules::new([Rule::new(status, "/a", "/b")])?;
    /// testing::get("/a").through(&rules).assert_status(Status::Found);
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    pub fn new(
        how: impl Into<StatusChoice>,
        source: impl Into<Source>,
        target: impl Into<String>,
    ) -> Self {
        Self {
            source: source.into(),
            target: target.into(),
            how: how.into(),
            options: Options::default(),
        }
    }

    /// Only for this host, for every name below one, or for both: `example.com`, `*.example.com`,
    /// `.example.com`.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::new([Rule::permanent("/a", "/b").host("*.old.example")])?;
    /// testing::get("/a").header("host", "www.old.example").through(&rules).assert_redirect("/b");
    /// testing::get("/a").header("host", "old.example").through(&rules).assert_pass();
    ///
    /// let rules = Rules::new([Rule::permanent("/a", "/b").host(".old.example")])?;
    /// testing::get("/a").header("host", "old.example").through(&rules).assert_redirect("/b");
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    ///
    /// The port makes no difference. A table with such a rule refuses requests that contradict
    /// themselves about their host with 400.
    pub fn host(mut self, host: &str) -> Self {
        self.options.host = Some(host.into());
        self
    }

    /// Only for requests that came over this scheme, as [`RequestHead::scheme`](crate::request::RequestHead::scheme)
    /// knows it; where it does not, the rule does not answer.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::{location::HttpScheme, testing};
    ///
    /// let rules = Rules::new([Rule::permanent("/a", "/b").scheme(HttpScheme::Http)])?;
    /// testing::get("/a").scheme(HttpScheme::Http).through(&rules).assert_redirect("/b");
    /// testing::get("/a").through(&rules).assert_pass();
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    pub fn scheme(mut self, scheme: HttpScheme) -> Self {
        self.options.scheme = Some(scheme);
        self
    }

    /// Only for these methods; GET does not include HEAD.
    ///
    /// ```
    /// use http::Method;
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let pay = Rule::permanent("/pay", "https://pay.example/").methods([Method::GET, Method::HEAD]);
    /// let rules = Rules::new([pay])?;
    /// testing::get("/pay").through(&rules).assert_redirect("https://pay.example/");
    /// testing::post("/pay").through(&rules).assert_pass();
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    pub fn methods(mut self, methods: impl IntoIterator<Item = Method>) -> Self {
        self.options.methods = methods.into_iter().collect();
        self
    }

    /// Only for requests that have this.
    ///
    /// ```
    /// use tower_redirect::rules::{Condition, Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::new([Rule::found("/", "/beta").when(Condition::cookie("beta").equal_to("1"))])?;
    /// testing::get("/").header("cookie", "beta=1").through(&rules).assert_redirect("/beta");
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    pub fn when(mut self, has: Condition) -> Self {
        self.options.conditions.push((true, has));
        self
    }

    /// Only for requests that do not have this.
    ///
    /// ```
    /// use tower_redirect::rules::{Condition, Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::new([Rule::found("/account", "/login").unless(Condition::cookie("session"))])?;
    /// testing::get("/account").through(&rules).assert_redirect("/login");
    /// testing::get("/account").header("cookie", "session=x").through(&rules).assert_pass();
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    pub fn unless(mut self, has: Condition) -> Self {
        self.options.conditions.push((false, has));
        self
    }

    /// Says what becomes of the query; without it, [`QueryPolicy::Keep`].
    ///
    /// ```
    /// use tower_redirect::rules::{QueryPolicy, Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::new([Rule::permanent("/a", "/b").query(QueryPolicy::Drop)])?;
    /// testing::get("/a?x=1").through(&rules).assert_redirect("/b");
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    pub const fn query(mut self, policy: QueryPolicy) -> Self {
        self.options.query = policy;
        self
    }

    /// Leaves a parameter of the request out; the target's own stay.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::new([Rule::permanent("/a", "/b").remove_param("utm_source")])?;
    /// testing::get("/a?x=1&utm_source=y").through(&rules).assert_redirect("/b?x=1");
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    pub fn remove_param(mut self, key: &str) -> Self {
        self.options.edits.push(Edit::Remove(key.into()));
        self
    }

    /// Sends a parameter of the request under another name.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::new([Rule::permanent("/a", "/b").rename_param("p", "page")])?;
    /// testing::get("/a?p=%31+2&x").through(&rules).assert_redirect("/b?page=%31+2&x");
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    ///
    /// From there on it counts by the new name, for [`set_param`](Self::set_param) and
    /// [`QueryPolicy::Merge`].
    pub fn rename_param(mut self, from: &str, to: &str) -> Self {
        self.options
            .edits
            .push(Edit::Rename(from.into(), to.into()));
        self
    }

    /// Sends a parameter with this value, whatever the request and the target have; both are plain text.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::new([Rule::permanent("/a", "/b").set_param("from", "old site")])?;
    /// testing::get("/a?from=x&y").through(&rules).assert_redirect("/b?y&from=old%20site");
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    pub fn set_param(mut self, key: &str, value: &str) -> Self {
        self.options.edits.push(Edit::Set(key.into(), value.into()));
        self
    }

    /// Says how long clients and caches may keep the redirect.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let day = Duration::from_secs(86_400);
    /// let rules = Rules::new([Rule::permanent("/a", "/b").cache(day)])?;
    /// testing::get("/a").through(&rules).assert_redirect("/b").assert_cache(day);
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    pub fn cache(mut self, cache: impl Into<CacheControl>) -> Self {
        self.options.cache = Some(cache.into());
        self
    }

    /// Asks the app first, and redirects only what it answers with 404.
    ///
    /// ```
    /// use http::StatusCode;
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::new([Rule::permanent("/blog/{slug}", "/posts/{slug}").after_not_found()])?;
    /// testing::get("/blog/a").through(&rules)
    ///     .assert_redirect("/posts/a")
    ///     .assert_after(StatusCode::NOT_FOUND);
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    ///
    /// The first rule that answers is final: where the app has the page, no further rule is asked.
    pub const fn after_not_found(mut self) -> Self {
        self.options.after_not_found = true;
        self
    }

    /// Compares letters of the path without case; what placeholders stand for keeps it.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::new([Rule::permanent("/Blog/{slug}", "/posts/{slug}").ignore_case()])?;
    /// testing::get("/BLOG/Hello").through(&rules).assert_redirect("/posts/Hello");
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    ///
    /// Of ASCII only, but in a regex, which is compared as by its flag `i`: there every letter of Unicode is
    /// meant, and `k` matches the sign for Kelvin too.
    pub const fn ignore_case(mut self) -> Self {
        self.options.matching.ignore_case = true;
        self
    }

    /// Answers with and without a `/` at the end of the path.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::new([Rule::permanent("/about-us", "/about").ignore_trailing_slash()])?;
    /// testing::get("/about-us/").through(&rules).assert_redirect("/about");
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    pub const fn ignore_trailing_slash(mut self) -> Self {
        self.options.matching.ignore_trailing_slash = true;
        self
    }

    /// Gives the rule a name for reports.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    ///
    /// let rules = Rules::new([Rule::permanent("/a", "/b").named("the first page")])?;
    /// assert_eq!(rules.iter().next().unwrap().name(), Some("the first page"));
    ///
    /// let errors = Rules::new([Rule::permanent("/a", "/b").named("two\nlines")]).unwrap_err();
    /// assert!(errors.to_string().contains("a name has no control characters"));
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    pub fn named(mut self, name: &str) -> Self {
        self.options.name = Some(name.into());
        self
    }

    /// Whether source and target are written as the same address, so that where other servers read the
    /// file clients go round in it, though here a redirect to what was asked for is never sent.
    pub(super) fn names_one_address_twice(&self) -> bool {
        let Self {
            source,
            target,
            how,
            options,
        } = self;
        // Behind its own origin, a target is as one without.
        let origin = options.scheme.zip(options.host.as_deref());
        let path = origin.and_then(|(scheme, host)| {
            let host_and_path = target.strip_prefix(scheme.as_str())?.strip_prefix("://")?;
            let path = host_and_path.strip_prefix(host)?;
            path.starts_with('/').then_some(path)
        });
        let target = path.unwrap_or(target);
        let is_same = match source.kind {
            SourceKind::Native => source.text == target || is_with_tail(&source.text, target),
            SourceKind::Exact => source.text == target && !target.contains(['{', '}']),
            SourceKind::Prefix | SourceKind::Regex => false,
        };
        // A form may be answered with itself, and what a query lacks afterwards is asked for no more.
        let is_other_request = || {
            let takes_away = |(wanted, has): &(bool, Condition)| *wanted && has.is_of_query();
            *how == StatusChoice::Status(Status::SeeOther)
                || !options.edits.is_empty()
                || !options.repeats_asked && options.conditions.iter().any(takes_away)
        };
        is_same && !is_other_request()
    }
}

/// Whether a target has the tail of its source where that has it: `/a{/*rest}` and `/a/{rest}`.
fn is_with_tail(source: &str, target: &str) -> bool {
    let Some((front, name)) = source.rsplit_once('*') else {
        return false;
    };
    let front = front.strip_suffix("{/").or(front.strip_suffix("/{"));
    let name = name.trim_end_matches(['?', '}']);
    front
        .and_then(|front| target.strip_prefix(front)?.strip_prefix("/{"))
        .and_then(|rest| rest.strip_suffix('}'))
        .is_some_and(|rest| rest == name)
}
