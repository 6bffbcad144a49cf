use http::StatusCode;

use super::{
    Finding, FindingCode, Part,
    condition::Condition,
    host_pattern::TWO_HOSTS,
    options::Options,
    outcome::Outcome,
    source::{Source, TWO_SCHEMES},
    target_text::TargetText,
};
use crate::{
    location::HttpScheme,
    redirect::CacheControl,
    status::{Intent, Status, StatusChoice},
};

/// One rule: a source, and a redirect with a target and a status.
///
/// A rule can also [pass](Self::pass) a request through, or [refuse](Self::refuse) it.
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
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
///
/// # Sources
///
/// | source | matches |
/// |---|---|
/// | `/about-us` | this path |
/// | `/blog/{slug}` | one segment that isn't empty, at `{slug}` |
/// | `/blog/{slug}.html` | one segment that ends in `.html` |
/// | `/docs/{*rest}` | every path below `/docs/`, but not `/docs/` itself |
/// | `/docs/{*rest?}` | every path below `/docs/`, and `/docs/` |
/// | `/docs{/*rest}` | every path below `/docs/`, and `/docs/` and `/docs` |
/// | `/page?id=5&lang={lang}&print` | this path if `id` is 5, `lang` has a value (which is captured), and `print` is present |
/// | `https://*.old.example/a` | this path on this scheme and on these hosts |
///
/// Write `{{` and `}}` for literal braces. A segment such as `:id` or `*` is a placeholder in other
/// routers, so here it is an error. [`Source::exact`] takes it literally.
///
/// A rule can exclude paths of its source with [`except`](Self::except).
///
/// A source must match the whole path, and is case-sensitive. A percent-encoded character equals
/// the character itself, unless that is a reserved character: `%41` equals `A`, but `%2F` doesn't
/// equal `/`. A `%` without two hex digits after it equals `%25`. `/a` and `/a/` are different
/// paths.
///
/// # Targets
///
/// A target is a path on this site or a URL on a fixed origin. The path, the values of the query,
/// and the fragment can contain placeholders of the source. A captured text is percent-encoded for
/// its position. `{/*rest}` writes the rest with its slash.
///
/// A placeholder can transform its text. Transforms change ASCII characters only, and each `%XX`
/// stays as it is. They can be combined: `{slug|dash|lower}`.
///
/// | placeholder | writes `Big_%C3%89` as |
/// |---|---|
/// | `{slug}` | `Big_%C3%89` |
/// | `{slug\|lower}` | `big_%C3%89` |
/// | `{slug\|upper}` | `BIG_%C3%89` |
/// | `{slug\|dash}` | `Big-%C3%89` |
///
/// ```
/// use tower_redirect::rules::{Rule, Rules};
/// use tower_redirect::testing;
///
/// let rules = Rules::new([Rule::permanent("/Wiki/{page}", "/wiki/{page|dash|lower}")])?;
/// testing::get("/Wiki/Main_Page").through(&rules).assert_redirect("/wiki/main-page");
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
///
/// The first label of a host can be a placeholder, if a domain of at least two labels follows. The
/// rule matches only if the captured text is one host label: 1 to 63 letters, digits and hyphens,
/// without a hyphen at its ends. Punycode (`xn--…`) needs the `idn` feature. The label is sent in
/// lower case. The request chooses the host, so every host below the domain must be yours.
///
/// ```
/// use tower_redirect::rules::{Rule, Rules};
/// use tower_redirect::testing;
///
/// let target = "https://{tenant|dash}.shop.example/{rest}";
/// let shop = Rule::permanent("/shops/{tenant}{/*rest}", target);
/// let rules = Rules::new([shop])?;
/// testing::get("/shops/Blue_Cow/a").through(&rules)
///     .assert_redirect("https://blue-cow.shop.example/a");
/// testing::get("/shops/evil.example/a").through(&rules).assert_pass();
/// testing::get("/shops/a%2eb/a").through(&rules).assert_pass();
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
///
/// # Targets from untrusted text
///
/// **A target can name any host**, even if it is a `String` that your app reads at run time. So
/// rules are configuration, like [`Location::from_config`](crate::Location::from_config). If other
/// people write your rules, for example your customers, check their text first.
/// [`LocalPath`](crate::LocalPath) keeps a target on this site.
/// [`ReturnTo`](crate::policy::ReturnTo) has a list of other origins. Both percent-encode braces,
/// so the text has no placeholders. [`Source::exact`] does the same for a source:
///
/// ```
/// use tower_redirect::policy::ReturnTo;
/// use tower_redirect::rules::{Rule, Rules, Source};
/// use tower_redirect::{LocalPath, testing};
///
/// assert!(LocalPath::new("//evil.example/").is_err());
/// let target = LocalPath::new("/new/{page}")?; // from a form
/// let local = Rule::found(Source::exact("/old"), target.as_str());
///
/// let allowed = ReturnTo::new("/").allow("https://shop.example")?;
/// assert!(allowed.check("https://shop.example@evil.example/").is_none());
/// let target = allowed.check("https://shop.example/sale").unwrap(); // from a form
/// let shop = Rule::found(Source::exact("/sale"), target.as_str());
///
/// let rules = Rules::new([local, shop])?;
/// testing::get("/old").through(&rules).assert_redirect("/new/%7Bpage%7D");
/// testing::get("/sale").through(&rules).assert_redirect("https://shop.example/sale");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// The constructors check nothing. Building the table returns an error for each invalid rule.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a rule does nothing until a table has it"]
pub struct Rule {
    pub(super) source: Source,
    /// Empty if the rule sends no redirect.
    pub(super) target: TargetText,
    pub(super) outcome: Outcome,
    pub(super) options: Options,
    /// The error of the first call that contradicts an earlier one.
    pub(super) conflict: Option<Finding>,
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

    /// Creates a rule with a status or an intent that is known only at run time.
    ///
    /// Like the other constructors, it takes a target on any host. See
    /// [untrusted text](Self#targets-from-untrusted-text).
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::{Status, testing};
    ///
    /// let status = Status::try_from(302).unwrap(); // from a file
    /// let rules = Rules::new([Rule::new(status, "/a", "/b")])?;
    /// testing::get("/a").through(&rules).assert_status(Status::Found);
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    pub fn new(
        how: impl Into<StatusChoice>,
        source: impl Into<Source>,
        target: impl Into<String>,
    ) -> Self {
        Self {
            source: source.into(),
            target: TargetText::Native(target.into()),
            outcome: Outcome::Redirect(how.into()),
            options: Options::default(),
            conflict: None,
        }
    }

    pub(super) fn conflict(
        mut self,
        part: Part,
        text: &str,
        (message, help): (&'static str, &'static str),
    ) -> Self {
        let code = FindingCode::InvalidOption;
        let conflict = || Finding::new(code, message, help).in_part(part, text);
        self.conflict.get_or_insert_with(conflict);
        self
    }

    /// Restricts the rule to a host.
    ///
    /// | host | matches |
    /// |---|---|
    /// | `example.com` | this host |
    /// | `*.example.com` | its subdomains |
    /// | `.example.com` | `example.com` and its subdomains |
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
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// The rule matches on every port. A target on another port of the host is another URL: the
    /// redirect is sent, except to a request for that port.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let admin = Rule::permanent("/admin", "http://h.example:8080/admin").host("h.example");
    /// let rules = Rules::new([admin])?;
    /// testing::follow(&rules, testing::get("/admin").header("host", "h.example"))
    ///     .assert_arrives_at("http://h.example:8080/admin");
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// Two different hosts are an error when the table is built.
    ///
    /// A table with such a rule refuses a request with an invalid or conflicting host (400), even
    /// if no rule matches its path.
    pub fn host(mut self, host: &str) -> Self {
        if self.options.host.as_deref().is_some_and(|own| own != host) {
            return self.conflict(Part::Host, host, TWO_HOSTS);
        }
        self.options.host = Some(host.into());
        self
    }

    /// Restricts the rule to requests over this scheme.
    ///
    /// If the scheme of the request is unknown
    /// ([`RequestHead::scheme`](crate::request::RequestHead::scheme) is `None`), the rule doesn't
    /// match.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::{location::HttpScheme, testing};
    ///
    /// let rules = Rules::new([Rule::permanent("/a", "/b").scheme(HttpScheme::Http)])?;
    /// testing::get("/a").scheme(HttpScheme::Http).through(&rules).assert_redirect("/b");
    /// testing::get("/a").through(&rules).assert_pass();
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// Two different schemes are an error when the table is built.
    pub fn scheme(mut self, scheme: HttpScheme) -> Self {
        if self.options.scheme.is_some_and(|own| own != scheme) {
            return self.conflict(Part::Rule, scheme.as_str(), TWO_SCHEMES);
        }
        self.options.scheme = Some(scheme);
        self
    }

    /// Restricts the rule to requests that meet a condition.
    ///
    /// If you add several conditions, the request must meet all of them. Two conditions on one name
    /// can be met by two of its values.
    ///
    /// ```
    /// use tower_redirect::rules::{Condition, Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let beta = Condition::cookie("beta").equal_to("1");
    /// let rules = Rules::new([Rule::found("/", "/beta").when(beta)])?;
    /// testing::get("/").header("cookie", "beta=1").through(&rules).assert_redirect("/beta");
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    pub fn when(mut self, has: Condition) -> Self {
        self.options.conditions.push((true, has));
        self
    }

    /// Restricts the rule to requests that don't meet a condition.
    ///
    /// ```
    /// use tower_redirect::rules::{Condition, Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let session = Condition::cookie("session");
    /// let rules = Rules::new([Rule::found("/account", "/login").unless(session)])?;
    /// testing::get("/account").through(&rules).assert_redirect("/login");
    /// testing::get("/account").header("cookie", "session=x").through(&rules).assert_pass();
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    pub fn unless(mut self, has: Condition) -> Self {
        self.options.conditions.push((false, has));
        self
    }

    /// Sets how long clients and caches may keep the redirect.
    ///
    /// A second call replaces the first.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let day = Duration::from_secs(86_400);
    /// let rules = Rules::new([Rule::permanent("/a", "/b").cache(day)])?;
    /// testing::get("/a").through(&rules).assert_redirect("/b").assert_cache(day);
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    pub fn cache(mut self, cache: impl Into<CacheControl>) -> Self {
        self.options.cache = Some(cache.into());
        self
    }

    /// Redirects only after the app responds with this status.
    ///
    /// ```
    /// use http::StatusCode;
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::new([
    ///     Rule::permanent("/blog/{slug}", "/posts/{slug}").after(StatusCode::NOT_FOUND),
    ///     Rule::see_other("/account{/*page}", "/login").after(StatusCode::UNAUTHORIZED),
    /// ])?;
    /// testing::get("/blog/a").through(&rules)
    ///     .assert_redirect("/posts/a")
    ///     .assert_after(StatusCode::NOT_FOUND);
    /// testing::get("/account").through(&rules).assert_after(StatusCode::UNAUTHORIZED);
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// The first rule that matches wins. If the app responds with another status, the table tries
    /// no other rule. A second call replaces the first.
    ///
    /// A loop of rules isn't an error if one of them waits, because the app may respond with
    /// another status. [`Rules::check`](super::Rules::check) warns about it. A rule that would
    /// match its own targets, but matches other URLs too, doesn't match its targets:
    ///
    /// ```
    /// use http::StatusCode;
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let english = Rule::found("/{*rest?}", "/en/{rest}").after(StatusCode::NOT_FOUND);
    /// let rules = Rules::new([english])?;
    /// testing::get("/a").through(&rules).assert_redirect("/en/a");
    /// testing::get("/en/a").through(&rules).assert_pass();
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    pub const fn after(mut self, status: StatusCode) -> Self {
        self.options.after = Some(status);
        self
    }

    /// Ignores the case of ASCII letters in the path.
    ///
    /// Captured text keeps its case.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::new([Rule::permanent("/Blog/{slug}", "/posts/{slug}").ignore_case()])?;
    /// testing::get("/BLOG/Hello").through(&rules).assert_redirect("/posts/Hello");
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// A regex gets the flag `i`, which ignores the case of all Unicode letters. For example, `k`
    /// also matches the Kelvin sign.
    pub const fn ignore_case(mut self) -> Self {
        self.options.matching.ignore_case = true;
        self
    }

    /// Matches the path with and without a trailing slash.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::new([Rule::permanent("/about-us", "/about").ignore_trailing_slash()])?;
    /// testing::get("/about-us/").through(&rules).assert_redirect("/about");
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    pub const fn ignore_trailing_slash(mut self) -> Self {
        self.options.matching.ignore_trailing_slash = true;
        self
    }

    /// Names the rule in logs, counts and reports.
    ///
    /// A name with a control character is an error when the table is built. A second call replaces
    /// the first.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    ///
    /// let rules = Rules::new([Rule::permanent("/a", "/b").named("the first page")])?;
    /// assert_eq!(rules.iter().next().unwrap().name(), Some("the first page"));
    ///
    /// let errors = Rules::new([Rule::permanent("/a", "/b").named("two\nlines")]).unwrap_err();
    /// assert!(errors.to_string().contains("control character in the name"));
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    pub fn named(mut self, name: &str) -> Self {
        self.options.name = Some(name.into());
        self
    }
}
