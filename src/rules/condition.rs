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
/// # Ok::<(), tower_redirect::rules::Findings>(())
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
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
///
/// If no value can meet them, for example two different values of
/// [`equal_to`](Self::equal_to), building the table returns an error. Two conditions on one name
/// can be met by two of its values.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[must_use = "give it to a rule: `.when(…)`"]
pub struct Condition {
    pub(super) place: Place,
    pub(super) value: ValueMatcher,
}

/// The part of a request that is looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Place {
    Query(Box<str>),
    Header(Box<str>),
    /// A header whose value is compared in lower case. Lists of values are in lower case.
    HeaderInAnyCase(Box<str>),
    Cookie(Box<str>),
    /// The requested host, without its port.
    Host,
    /// The path as it was received, if it passes this test.
    Path(PathTest),
    /// The first two letters of the first `Accept-Language`, or the cookie of this name in its
    /// place.
    Language(Box<str>),
}

/// What a path must be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum PathTest {
    Any,
    /// The path ends with a slash, or has two in a row. `/` isn't such a path.
    EmptySegment,
    /// It begins with this text. Case makes no difference if the flag is set.
    BeginsWith(Box<str>, bool),
}

impl PathTest {
    pub(super) fn is_met_by(&self, path: &str) -> bool {
        match self {
            Self::Any => true,
            Self::EmptySegment => path.contains("//") || path.len() > 1 && path.ends_with('/'),
            Self::BeginsWith(start, ignore_case) => begins_with(path, start, *ignore_case),
        }
    }
}

/// Returns `true` if a text begins with another.
pub(super) fn begins_with(text: &str, start: &str, ignore_case: bool) -> bool {
    let bytes = text.as_bytes().get(..start.len());
    bytes.is_some_and(|bytes| match ignore_case {
        true => bytes.eq_ignore_ascii_case(start.as_bytes()),
        false => bytes == start.as_bytes(),
    })
}

/// What one value of it must be. All of this holds for the same value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct ValueMatcher {
    /// The value is one of these.
    pub(super) one_of: Option<Vec<Box<str>>>,
    /// Each of these regexes matches the whole value. Their named groups are captures.
    pub(super) regexes: Vec<Box<str>>,
    /// The value is captured under these names.
    pub(super) captures: Vec<Box<str>>,
    /// Whether an empty value is captured too.
    pub(super) captures_empty: bool,
}

impl ValueMatcher {
    /// Returns `true` if every value matches.
    pub(super) fn is_any(&self) -> bool {
        self.one_of.is_none() && self.regexes.is_empty() && self.captures.is_empty()
    }

    /// Returns `true` if an empty value doesn't match, because it can't be captured.
    pub(super) fn rejects_empty(&self) -> bool {
        !self.captures.is_empty() && !self.captures_empty
    }

    /// Returns the list of values if nothing else is required.
    pub(super) fn only_listed(&self) -> Option<&[Box<str>]> {
        let values = self.one_of.as_deref()?;
        (self.regexes.is_empty() && self.captures.is_empty()).then_some(values)
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
    /// # Ok::<(), tower_redirect::rules::Findings>(())
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
    /// # Ok::<(), tower_redirect::rules::Findings>(())
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
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    pub fn cookie(name: &str) -> Self {
        Self::present(Place::Cookie(name.into()))
    }

    /// Requires a header, and ignores the case of its value.
    pub(super) fn header_in_any_case(name: &str) -> Self {
        Self::present(Place::HeaderInAnyCase(name.to_ascii_lowercase().into()))
    }

    const fn present(place: Place) -> Self {
        let value = ValueMatcher {
            one_of: None,
            regexes: Vec::new(),
            captures: Vec::new(),
            captures_empty: false,
        };
        Self { place, value }
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
    /// # Ok::<(), tower_redirect::rules::Findings>(())
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
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    pub fn one_of(mut self, values: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let mut values: Vec<Box<str>> = values.into_iter().map(|one| one.as_ref().into()).collect();
        if matches!(self.place, Place::HeaderInAnyCase(_)) {
            values.iter_mut().for_each(|one| one.make_ascii_lowercase());
        }
        if let Some(listed) = &self.value.one_of {
            values.retain(|value| listed.contains(value));
        }
        self.value.one_of = Some(values);
        self
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
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    pub fn captured_as(mut self, name: &str) -> Self {
        push_new(&mut self.value.captures, name);
        self
    }

    /// Captures a value for the target, even an empty one, as some formats do.
    pub(super) fn captured_or_empty_as(mut self, name: &str) -> Self {
        self.value.captures_empty = true;
        self.captured_as(name)
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
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// If the regex is invalid, building the table returns an error.
    #[cfg(feature = "regex")]
    #[cfg_attr(docsrs, doc(cfg(feature = "regex")))]
    pub fn matching(mut self, regex: &str) -> Self {
        push_new(&mut self.value.regexes, regex);
        self
    }

    /// The host, as a regex or a list; for formats that have it among their conditions.
    pub(super) const fn host() -> Self {
        Self::present(Place::Host)
    }

    /// The path as it was received, if it passes this test.
    pub(super) const fn path(test: PathTest) -> Self {
        Self::present(Place::Path(test))
    }

    /// The path as it was received matches this regex as a whole.
    #[cfg(all(feature = "json", feature = "regex"))]
    pub(super) fn path_matching(regex: &str) -> Self {
        Self::present(Place::Path(PathTest::Any)).matching(regex)
    }

    /// Whether it is about a parameter of the query.
    pub(super) const fn is_of_query(&self) -> bool {
        matches!(self.place, Place::Query(_))
    }

    /// The language that the client prefers. A cookie with this name comes first.
    pub(super) fn language(cookie: &str) -> Self {
        Self::present(Place::Language(cookie.into()))
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Query(key) => write!(f, "query parameter `{key}`"),
            Place::Header(name) | Place::HeaderInAnyCase(name) => write!(f, "header `{name}`"),
            Place::Cookie(name) => write!(f, "cookie `{name}`"),
            Place::Host => f.write_str("host"),
            Place::Path(PathTest::Any) => f.write_str("a path"),
            Place::Path(PathTest::EmptySegment) => f.write_str("a path with an empty segment"),
            Place::Path(PathTest::BeginsWith(text, _)) => {
                write!(f, "a path that begins with `{text}`")
            }
            Place::Language(_) => f.write_str("language"),
        }?;
        let ValueMatcher {
            one_of,
            regexes,
            captures,
            captures_empty: _,
        } = &self.value;
        let mut separator = "";
        if let Some(values) = one_of {
            write!(f, " with {}", values.join(" or "))?;
            separator = " and";
        }
        for regex in regexes {
            write!(f, "{separator} matching `{regex}`")?;
            separator = " and";
        }
        for name in captures {
            write!(f, "{separator} as `{{{name}}}`")?;
            separator = " and";
        }
        Ok(())
    }
}

/// Adds a text that isn't in the list.
fn push_new(list: &mut Vec<Box<str>>, text: &str) {
    if !list.iter().any(|own| **own == *text) {
        list.push(text.into());
    }
}
