use std::fmt;

use super::FindingCode;

/// The part of a rule that a finding is about.
///
/// ```
/// use tower_redirect::rules::{Part, Rule, Rules};
///
/// let errors = Rules::new([Rule::permanent("about-us", "/about")]).unwrap_err();
/// assert_eq!(errors.iter().next().unwrap().part(), Some(Part::Source));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Part {
    /// The source.
    Source,
    /// The target.
    Target,
    /// The host, from [`Rule::host`](crate::rules::Rule::host) or from a source with an origin.
    Host,
    /// A condition on the query, a header or a cookie.
    Condition,
    /// The rule as a whole, or the rule together with others.
    Rule,
}

impl Part {
    /// The code of a finding that only says that this part is invalid.
    pub(super) const fn code(self) -> FindingCode {
        match self {
            Self::Source => FindingCode::InvalidSource,
            Self::Target => FindingCode::InvalidTarget,
            Self::Host => FindingCode::InvalidHost,
            Self::Condition => FindingCode::InvalidCondition,
            Self::Rule => FindingCode::Syntax,
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Source => "source",
            Self::Target => "target",
            Self::Host => "host",
            Self::Condition => "condition",
            Self::Rule => "rule",
        })
    }
}
