//! What a rule does to the query.

use super::{
    options::{Edit, QueryPolicy},
    rule::Rule,
};

impl Rule {
    /// Sets how the query of the request and the query of the target combine.
    ///
    /// The default is [`QueryPolicy::Keep`]. A second call replaces the first.
    ///
    /// ```
    /// use tower_redirect::rules::{QueryPolicy, Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::new([Rule::permanent("/a", "/b").query(QueryPolicy::Drop)])?;
    /// testing::get("/a?x=1").through(&rules).assert_redirect("/b");
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    pub const fn query(mut self, policy: QueryPolicy) -> Self {
        self.options.query = policy;
        self
    }

    /// Matches only if the query has no other parameters than those that the rule requires.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let page = Rule::permanent("/index.php?page={id}", "/pages/{id}").only_these_parameters();
    /// let home = Rule::permanent("/index.php", "/").only_these_parameters();
    /// let rules = Rules::new([page, home])?;
    /// testing::get("/index.php?page=5").through(&rules).assert_redirect("/pages/5");
    /// testing::get("/index.php").through(&rules).assert_redirect("/");
    /// testing::get("/index.php?page=5&x=1").through(&rules).assert_pass();
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// A rule requires the parameters of its source, and those of [`when`](Self::when). It doesn't
    /// require those of [`unless`](Self::unless).
    pub const fn only_these_parameters(mut self) -> Self {
        self.options.only_these_parameters = true;
        self
    }

    /// Removes a parameter of the request.
    ///
    /// The parameters of the target stay.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::new([Rule::permanent("/a", "/b").remove_param("utm_source")])?;
    /// testing::get("/a?x=1&utm_source=y").through(&rules).assert_redirect("/b?x=1");
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    pub fn remove_param(mut self, key: &str) -> Self {
        self.options.edits.push(Edit::Remove(key.into()));
        self
    }

    /// Renames a parameter of the request.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::new([Rule::permanent("/a", "/b").rename_param("p", "page")])?;
    /// testing::get("/a?p=%31+2&x").through(&rules).assert_redirect("/b?page=%31+2&x");
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// [`set_param`](Self::set_param) and [`QueryPolicy::Merge`] see the new name.
    pub fn rename_param(mut self, from: &str, to: &str) -> Self {
        self.options
            .edits
            .push(Edit::Rename(from.into(), to.into()));
        self
    }

    /// Sets a parameter, and replaces its values from the request and the target.
    ///
    /// The key and the value are plain text. The rule percent-encodes them.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::new([Rule::permanent("/a", "/b").set_param("from", "old site")])?;
    /// testing::get("/a?from=x&y").through(&rules).assert_redirect("/b?y&from=old%20site");
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    pub fn set_param(mut self, key: &str, value: &str) -> Self {
        self.options.edits.push(Edit::Set(key.into(), value.into()));
        self
    }
}
