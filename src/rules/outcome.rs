//! What a rule does with the requests that it matches.

use http::StatusCode;

use super::{
    Finding, FindingCode, Part,
    options::{Options, QueryPolicy},
    rule::Rule,
    source::Source,
};
use crate::status::StatusChoice;

/// What a rule does with a request: redirect, pass or refuse.
/// [`RuleRef::outcome`](super::RuleRef::outcome) returns it.
///
/// ```
/// use http::StatusCode;
/// use tower_redirect::Status;
/// use tower_redirect::rules::{Outcome, Rule, Rules};
///
/// let rules = Rules::new([
///     Rule::pass("/api{/*rest}"),
///     Rule::gone("/fax"),
///     Rule::found("/{*rest}", "https://new.example/{rest}"),
/// ])?;
/// let outcomes: Vec<_> = rules.iter().map(|rule| rule.outcome()).collect();
/// let found = Outcome::Redirect(Status::Found.into());
/// assert_eq!(outcomes, [Outcome::Pass, Outcome::Refuse(StatusCode::GONE), found]);
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
///
/// The enum is exhaustive: a layer can do nothing else with a request before the app sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Redirects to the target of the rule, with this status or intent.
    Redirect(StatusChoice),
    /// Passes the request through. The table tries no other rule.
    Pass,
    /// Refuses the request with this 4xx status.
    Refuse(StatusCode),
}

impl Rule {
    /// Creates a rule that passes requests through: no later rule of the table applies to them.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::new([
    ///     Rule::pass("/api{/*rest}"),
    ///     Rule::moved_permanently("/{*rest}", "https://new.example/{rest}"),
    /// ])?;
    /// testing::get("/api/users").through(&rules).assert_pass();
    /// testing::get("/blog").through(&rules).assert_redirect("https://new.example/blog");
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// The rule ends the search of its own table only. Another policy in the same layer still
    /// applies, for example [`Https`](crate::policy::Https), and
    /// [`canonical.then(rules)`](crate::policy::Canonical::then) still redirects to the canonical
    /// URL.
    ///
    /// Options of a redirect are an error when the table is built:
    /// [`cache`](Self::cache), [`after`](Self::after), a
    /// [`query`](Self::query) policy, and edits of the query. The source can have placeholders, but
    /// nothing uses their text.
    pub fn pass(source: impl Into<Source>) -> Self {
        Self::without_target(Outcome::Pass, source)
    }

    /// Creates a rule that refuses requests with 410 Gone (RFC 9110 §15.5.11), for pages that were
    /// removed for good.
    ///
    /// ```
    /// use http::StatusCode;
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::new([Rule::gone("/jobs/{id}")])?;
    /// testing::get("/jobs/7").through(&rules).assert_refused(StatusCode::GONE);
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// See [`refuse`](Self::refuse).
    pub fn gone(source: impl Into<Source>) -> Self {
        Self::refuse(StatusCode::GONE, source)
    }

    /// Creates a rule that refuses requests with a 4xx status.
    ///
    /// ```
    /// use http::StatusCode;
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let blocked = Rule::refuse(StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS, "/leak");
    /// let rules = Rules::new([blocked])?;
    /// testing::get("/leak").through(&rules)
    ///     .assert_refused(StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS);
    ///
    /// let errors = Rules::new([Rule::refuse(StatusCode::OK, "/leak")]).unwrap_err();
    /// assert!(errors.to_string().contains("only with a 4xx status"));
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// A status of another class is an error when the table is built, and so are the options of a
    /// redirect that [`pass`](Self::pass) lists. The layer counts and logs the refusal with the
    /// rule, and [`Refusal::rule`](crate::policy::Refusal::rule) returns it.
    ///
    /// Unlike a redirect, a refusal has no exemptions. A path with a `.` or `..` segment, a
    /// WebSocket handshake and a CORS preflight are refused too. To let some of them through, use
    /// [`methods`](Self::methods) or [`unless`](Self::unless).
    pub fn refuse(status: StatusCode, source: impl Into<Source>) -> Self {
        Self::without_target(Outcome::Refuse(status), source)
    }

    fn without_target(outcome: Outcome, source: impl Into<Source>) -> Self {
        Self {
            source: source.into(),
            target: String::new().into(),
            outcome,
            options: Options::default(),
            conflict: None,
        }
    }
}

impl Outcome {
    /// Checks the status of a refusal, and that a rule without a redirect has no option of one.
    pub(super) fn check(self, source: &str, options: &Options) -> Result<(), Finding> {
        let status = match self {
            Self::Redirect(_) => return Ok(()),
            Self::Pass => None,
            Self::Refuse(status) => Some(status),
        };
        if let Some(status) = status.filter(|status| !status.is_client_error()) {
            let message = "a rule can refuse only with a 4xx status";
            let help = "use 410 or another 4xx";
            let error = Finding::new(FindingCode::InvalidStatus, message, help);
            return Err(error.in_part(Part::Rule, status.as_str()));
        }
        let of_redirects = [
            (
                options.cache.is_some(),
                "only a redirect has a cache lifetime",
                "remove the cache lifetime",
            ),
            (
                options.after.is_some(),
                "only a redirect waits for a response",
                "remove the status that it waits for",
            ),
            (
                options.query != QueryPolicy::Keep,
                "only a redirect has a query policy",
                "remove the query policy",
            ),
            (
                !options.edits.is_empty(),
                "only a redirect edits the query",
                "remove the edits",
            ),
        ];
        match of_redirects.into_iter().find(|(is_set, ..)| *is_set) {
            Some((_, message, help)) => {
                let error = Finding::new(FindingCode::InvalidOption, message, help);
                Err(error.in_part(Part::Rule, source))
            }
            None => Ok(()),
        }
    }
}
