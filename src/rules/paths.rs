use super::{Findings, Rules, RulesBuilder, Source, place_of};
use crate::{
    location::Location,
    policy::{Decision, Policy},
    request::RequestHead,
};

/// A map from old paths to new ones.
///
/// It is a policy that decides only the target. The layer chooses the status.
///
/// ```
/// use tower_redirect::rules::PathMap;
/// use tower_redirect::{RedirectLayer, testing};
///
/// let moved = PathMap::new([("/about-us", "/about"), ("/blog/{slug}", "/posts/{slug}")])?;
/// testing::get("/blog/hello?page=2").through(&moved).assert_redirect("/posts/hello?page=2");
///
/// let layer = RedirectLayer::permanent(moved);
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
///
/// Write sources and targets as in a [`Rule`](super::Rule). The first source that matches wins. A
/// target can name any host, so
/// [check untrusted text first](super::Rule#targets-from-untrusted-text).
#[derive(Debug)]
pub struct PathMap(Rules);

impl PathMap {
    /// Compiles pairs of a source and a target.
    ///
    /// ```
    /// use tower_redirect::rules::PathMap;
    ///
    /// let errors = PathMap::new([("/a/{b}", "https://{b}.example/")]).unwrap_err();
    /// assert!(errors.to_string().contains("a domain of at least two labels"));
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if a pair is invalid. The error lists every invalid pair, with the position
    /// and the fix.
    pub fn new<S: Into<Source>, T: Into<String>>(
        pairs: impl IntoIterator<Item = (S, T)>,
    ) -> Result<Self, Findings> {
        let builder: RulesBuilder = pairs.into_iter().collect();
        builder.build().map(Self)
    }

    /// Returns the pairs as a table of rules with status 308.
    ///
    /// Use it to check, list or explain them.
    ///
    /// ```
    /// use tower_redirect::rules::PathMap;
    ///
    /// let moved = PathMap::new([("/a", "/b"), ("/b", "/c")])?;
    /// let report = moved.as_rules().check().to_string();
    /// assert!(report.starts_with("rule 0: warning: redirect chain"));
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    #[must_use]
    pub const fn as_rules(&self) -> &Rules {
        &self.0
    }
}

impl Policy for PathMap {
    type Target = Location;

    #[inline]
    fn decide(&self, request: &RequestHead<'_>) -> Decision<Location> {
        place_of(self.0.decide(request))
    }
}
