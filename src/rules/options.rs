//! What most rules do not say; equal ones are kept once for a whole table.

use http::StatusCode;

use super::{
    condition::{Condition, Place},
    host_label::HostLabel,
    methods::Methods,
};
use crate::{location::HttpScheme, redirect::CacheControl};

/// Everything of a rule but its path, its target and its status.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Options {
    pub(super) scheme: Option<HttpScheme>,
    /// A host in lower case, or `*.` and one, or `.` and one.
    pub(super) host: Option<Box<str>>,
    pub(super) methods: Methods,
    /// What has to be there, and what must not.
    pub(super) conditions: Vec<(bool, Condition)>,
    /// The excluded paths: as they were written, and in a table in the form that is compared.
    pub(super) except: Vec<Box<str>>,
    pub(super) query: QueryPolicy,
    pub(super) edits: Vec<Edit>,
    pub(super) cache: Option<CacheControl>,
    /// The redirect is sent only after a response of the app with this status.
    pub(super) after: Option<StatusCode>,
    pub(super) name: Option<Box<str>>,
    pub(super) matching: Matching,
    /// Runs of slashes in the finished path become one.
    pub(super) merge_slashes: bool,
    /// Sends the parameters that conditions require, like all others.
    pub(super) repeats_asked: bool,
    /// Conditions may reuse a placeholder name. The last one wins.
    pub(super) shadows: bool,
    /// If the request repeats a parameter, conditions see only its last value.
    pub(super) last_value: bool,
    /// The query has only the parameters that the conditions require.
    pub(super) only_these_parameters: bool,
    /// The placeholder in the host of the target. It's found when the table is built.
    pub(super) host_label: Option<HostLabel>,
    /// The paths of the rule's own target, which it doesn't match.
    pub(super) own_target: Option<Box<str>>,
    /// For `StaticFirst`: orders this exact source with the patterns.
    pub(super) stands_with_patterns: bool,
}

impl Options {
    /// Returns the patterns of the paths that the rule doesn't match.
    pub(super) fn exceptions(&self) -> impl Iterator<Item = &str> {
        let own_target = self.own_target.as_deref();
        self.except.iter().map(|one| &**one).chain(own_target)
    }

    /// Returns `true` if the rule excludes paths.
    pub(super) fn has_exceptions(&self) -> bool {
        !self.except.is_empty() || self.own_target.is_some()
    }

    /// The parameters that conditions require.
    pub(super) fn query_keys(&self) -> impl Iterator<Item = &str> {
        self.conditions
            .iter()
            .filter_map(|(expected, has)| match &has.place {
                Place::Query(key) if *expected => Some(&**key),
                _ => None,
            })
    }
}

/// How a path is compared with a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Matching {
    pub(super) ignore_case: bool,
    pub(super) ignore_trailing_slash: bool,
}

/// How the query of the request and the query of the target combine.
///
/// ```
/// use tower_redirect::rules::{QueryPolicy, Rule, Rules};
/// use tower_redirect::testing;
///
/// for (policy, expected) in [
///     (QueryPolicy::Keep, "/b?x=1&x=2&y=3"),
///     (QueryPolicy::Merge, "/b?x=1&y=3"),
///     (QueryPolicy::TargetWins, "/b?x=1"),
///     (QueryPolicy::Drop, "/b?x=1"),
/// ] {
///     let rules = Rules::new([Rule::permanent("/a", "/b?x=1").query(policy)])?;
///     testing::get("/a?x=2&y=3").through(&rules).assert_redirect(expected);
/// }
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
///
/// Parameters keep their bytes, their order and their duplicates. If a condition of the rule
/// requires or captures the value of a parameter, the redirect doesn't repeat that parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum QueryPolicy {
    /// Sends the query of the target, then the query of the request.
    #[default]
    Keep,
    /// Sends only the query of the target.
    Drop,
    /// Sends the query of the target, then the parameters of the request that the target doesn't
    /// have.
    Merge,
    /// Sends the query of the target if it has one, otherwise the query of the request.
    TargetWins,
}

/// A change to the query of a request, by plain names and values.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Edit {
    Remove(Box<str>),
    Rename(Box<str>, Box<str>),
    Set(Box<str>, Box<str>),
}

impl Edit {
    /// Whether it sets a parameter of this name.
    pub(super) fn sets(&self, is_it: impl Fn(&str) -> bool) -> bool {
        matches!(self, Self::Set(key, _) if is_it(key))
    }
}
