use std::fmt;

/// A condition on the query, the headers or the cookies of a request.
///
/// Pass it to [`Rule::when`](super::Rule::when) or [`Rule::unless`](super::Rule::unless).
///
/// ```
/// use tower_redirect::rules::{Condition, Rule, Rules};
/// use tower_redirect::testing;
///
/// let rules = Rules::new([
///     Rule::permanent("/page", "/posts/{id}").when(Condition::query("id").captured_as("id")),
///     Rule::found("/", "/de").when(Condition::cookie("language").equal_to("de")),
/// ])?;
///
/// testing::get("/page?id=5").through(&rules).assert_redirect("/posts/5");
/// testing::get("/").header("cookie", "language=de").through(&rules).assert_redirect("/de");
/// testing::get("/").through(&rules).assert_pass();
/// # Ok::<(), tower_redirect::rules::RulesError>(())
/// ```
///
/// Names of query parameters and cookies are case-sensitive. Names of headers aren't. If a name has
/// several values, one matching value is enough. The rule captures the first value that matches.
///
/// If you narrow a condition twice, one value must meet both:
///
/// ```
/// use tower_redirect::rules::{Condition, Rule, Rules};
/// use tower_redirect::testing;
///
/// let language = Condition::query("lang").one_of(["de", "fr"]).captured_as("lang");
/// let rules = Rules::new([Rule::found("/", "/{lang}/").when(language)])?;
/// testing::get("/?lang=de").through(&rules).assert_redirect("/de/");
/// testing::get("/?lang=en").through(&rules).assert_pass();
/// # Ok::<(), tower_redirect::rules::RulesError>(())
/// ```
///
/// If no value can meet them, for example two different values of
/// [`equal_to`](Self::equal_to), building the table returns an error. Two conditions on one name
/// can be met by two of its values.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[must_use = "give it to a rule: `.when(…)`"]
pub struct Condition {
    pub(super) place: Place,
    pub(super) test: Test,
}

/// The part of a request that is looked at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    Query(Box<str>),
    Header(Box<str>),
    Cookie(Box<str>),
    /// The host that was asked for, without its port.
    Host,
    /// The first two letters of the first `Accept-Language`, or the cookie of this name in its
    /// place.
    Language(Box<str>),
}

/// What its value has to be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Test {
    Present,
    OneOf(Box<[Box<str>]>),
    Captured(Box<str>),
    /// The same, and an empty value too.
    CapturedOrEmpty(Box<str>),
    /// A regex on the whole value, whose named groups are captures.
    #[cfg_attr(
        not(feature = "regex"),
        expect(dead_code, reason = "nothing builds it")
    )]
    Matches(Box<str>),
    /// Several of these, for the same value; none of them is `All`.
    All(Box<[Self]>),
}

impl Test {
    /// Both, for the same value.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Present, other) => other,
            (Self::OneOf(values), Self::OneOf(others)) => {
                let both = values.into_iter().filter(|value| others.contains(value));
                Self::OneOf(both.collect())
            }
            (Self::All(tests), other) => {
                let mut all = Vec::from(tests);
                let is_list = |test: &Self| matches!(test, Self::OneOf(_));
                let is_known = all.contains(&other);
                match all.iter_mut().find(|own| is_list(own) && is_list(&other)) {
                    Some(own) => *own = std::mem::replace(own, Self::Present).and(other),
                    None if is_known => {}
                    None => all.push(other),
                }
                Self::All(all.into())
            }
            (one, other) if one == other => one,
            (one, other) => Self::All([one, other].into()),
        }
    }

    /// The tests that a value has to pass, each alone.
    pub(super) fn parts(&self) -> &[Self] {
        match self {
            Self::All(tests) => tests,
            one => std::slice::from_ref(one),
        }
    }
}

impl Condition {
    /// Requires a query parameter with any value.
    ///
    /// ```
    /// use tower_redirect::rules::{Condition, Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::new([Rule::found("/", "/search").when(Condition::query("q"))])?;
    /// testing::get("/?q=a").through(&rules).assert_redirect("/search?q=a");
    /// testing::get("/").through(&rules).assert_pass();
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    pub fn query(key: &str) -> Self {
        Self::present(Place::Query(key.into()))
    }

    /// Requires a header with any value.
    ///
    /// The redirect names the header in `Vary`.
    ///
    /// ```
    /// use tower_redirect::rules::{Condition, Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::new([Rule::found("/", "/beta").when(Condition::header("x-beta"))])?;
    /// testing::get("/").header("x-beta", "1").through(&rules).assert_redirect("/beta");
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    pub fn header(name: &str) -> Self {
        Self::present(Place::Header(name.to_ascii_lowercase().into()))
    }

    /// Requires a cookie with any value.
    ///
    /// The redirect names `Cookie` in `Vary`. A permanent redirect is also
    /// `Cache-Control: private`.
    ///
    /// ```
    /// use tower_redirect::rules::{Condition, Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::new([Rule::found("/", "/beta").when(Condition::cookie("beta"))])?;
    /// testing::get("/").header("cookie", "a=b; beta=1").through(&rules).assert_redirect("/beta");
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    pub fn cookie(name: &str) -> Self {
        Self::present(Place::Cookie(name.into()))
    }

    const fn present(place: Place) -> Self {
        Self {
            place,
            test: Test::Present,
        }
    }

    /// Requires this value.
    ///
    /// A query value is decoded before it is compared.
    ///
    /// ```
    /// use tower_redirect::rules::{Condition, Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let page = Condition::query("page").equal_to("a b");
    /// let rules = Rules::new([Rule::permanent("/index.php", "/a%20b").when(page)])?;
    /// testing::get("/index.php?page=a+b&x=1").through(&rules).assert_redirect("/a%20b?x=1");
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    pub fn equal_to(self, value: &str) -> Self {
        self.one_of([value])
    }

    /// Requires one of these values.
    ///
    /// An empty list is an error when the table is built.
    ///
    /// ```
    /// use tower_redirect::rules::{Condition, Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let tablet = Condition::header("x-device").one_of(["tablet", "phone"]);
    /// let rules = Rules::new([Rule::found("/", "/m").when(tablet)])?;
    /// testing::get("/").header("x-device", "phone").through(&rules).assert_redirect("/m");
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    pub fn one_of(self, values: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let values = values.into_iter().map(|value| value.as_ref().into());
        self.narrowed(Test::OneOf(values.collect()))
    }

    /// Requires a value that isn't empty, and captures it for the target.
    ///
    /// ```
    /// use tower_redirect::rules::{Condition, Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::new([
    ///     Rule::permanent("/page", "/posts/{id}").when(Condition::query("p").captured_as("id")),
    /// ])?;
    /// testing::get("/page?p=a/b").through(&rules).assert_redirect("/posts/a%2Fb");
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    pub fn captured_as(self, name: &str) -> Self {
        self.narrowed(Test::Captured(name.into()))
    }

    /// Captures a value for the target, even an empty one, as some formats do.
    pub(super) fn captured_or_empty_as(self, name: &str) -> Self {
        self.narrowed(Test::CapturedOrEmpty(name.into()))
    }

    /// Requires a value that this regex matches as a whole.
    ///
    /// The target can use its named groups.
    ///
    /// ```
    /// use tower_redirect::rules::{Condition, Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let id = Condition::query("p").matching(r"(?<id>\d+)");
    /// let rules = Rules::new([Rule::permanent("/page", "/posts/{id}").when(id)])?;
    /// testing::get("/page?p=12").through(&rules).assert_redirect("/posts/12");
    /// testing::get("/page?p=twelve").through(&rules).assert_pass();
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    ///
    /// If the regex is invalid, building the table returns an error.
    #[cfg(feature = "regex")]
    #[cfg_attr(docsrs, doc(cfg(feature = "regex")))]
    pub fn matching(self, regex: &str) -> Self {
        self.narrowed(Test::Matches(regex.into()))
    }

    fn narrowed(self, test: Test) -> Self {
        Self {
            place: self.place,
            test: self.test.and(test),
        }
    }

    /// The host, as a regex or a list; for dialects that have it among their conditions.
    #[cfg(feature = "json")]
    pub(super) const fn host() -> Self {
        Self::present(Place::Host)
    }

    /// Whether it is about a parameter of the query.
    pub(super) const fn is_of_query(&self) -> bool {
        matches!(self.place, Place::Query(_))
    }

    /// The language that is asked for first; a cookie of this name is asked before.
    pub(super) fn language(cookie: &str) -> Self {
        Self::present(Place::Language(cookie.into()))
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Query(key) => write!(f, "query parameter `{key}`"),
            Place::Header(name) => write!(f, "header `{name}`"),
            Place::Cookie(name) => write!(f, "cookie `{name}`"),
            Place::Host => f.write_str("host"),
            Place::Language(_) => f.write_str("language"),
        }?;
        for (at, test) in self.test.parts().iter().enumerate() {
            f.write_str(if at == 0 { "" } else { " and" })?;
            match test {
                Test::Present | Test::All(_) => Ok(()),
                Test::OneOf(values) => write!(f, " with {}", values.join(" or ")),
                Test::Captured(name) | Test::CapturedOrEmpty(name) => {
                    write!(f, " as `{{{name}}}`")
                }
                Test::Matches(regex) => write!(f, " matching `{regex}`"),
            }?;
        }
        Ok(())
    }
}
