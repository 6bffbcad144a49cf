use std::{fmt, slice};

use http::StatusCode;

use crate::{
    rules::{RuleRef, rule_ref::SkippedReason},
    testing::fail,
};

/// The problems that [`check_routes`](super::check_routes) found.
///
/// ```
/// use axum::{Router, routing::get};
/// use tower_redirect::rules::{Rule, Rules};
/// use tower_redirect::testing::{self, RouteProblem};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), tower_redirect::rules::RulesError> {
/// let app: Router = Router::new().route("/news", get(|| async { "news" }));
/// let rules = Rules::new([
///     Rule::permanent("/about-us", "/about"),
///     Rule::found("/news", "https://news.example/"),
/// ])?;
/// let report = testing::check_routes(&app, &rules).await;
///
/// let problems: Vec<_> = report.iter().map(|finding| finding.problem()).collect();
/// assert!(matches!(problems[..], [RouteProblem::DeadTarget, RouteProblem::HiddenPage]));
/// assert_eq!(
///     report.to_string(),
///     "rule 0: /about-us -> /about (308 Permanent Redirect): the target /about responds with 404 \
///      Not Found; fix the target, or remove the rule\n\
///      rule 1: /news -> https://news.example/ (302 Found): it hides the page /news, which \
///      responds with 200 OK; remove the rule, or let it wait for a 404\n\
///      3 URLs checked; skipped: 1 target on another origin",
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteReport {
    findings: Vec<RouteFinding>,
    pub(super) checked: usize,
    skipped: Vec<(SkippedReason, usize)>,
}

/// A problem with one rule, and the app's response that shows it.
///
/// ```
/// use axum::{Router, response::Redirect, routing::get};
/// use tower_redirect::rules::{Rule, Rules};
/// use tower_redirect::testing;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), tower_redirect::rules::RulesError> {
/// let app: Router = Router::new().route("/b", get(|| async { Redirect::to("/c") }));
/// let rules = Rules::new([Rule::permanent("/a", "/b").named("old")])?;
/// let report = testing::check_routes(&app, &rules).await;
///
/// let finding = report.iter().next().unwrap();
/// assert_eq!((finding.rule(), finding.name(), finding.line()), (0, Some("old"), None));
/// assert_eq!((finding.url(), finding.status().unwrap().as_u16()), ("/b", 303));
/// assert_eq!(
///     finding.to_string(),
///     "rule 0 (old): /a -> /b (308 Permanent Redirect): the app redirects the target /b again, \
///      with 303 See Other to /c; point the rule at the last URL",
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteFinding {
    problem: RouteProblem,
    rule: u32,
    line: Option<u32>,
    name: Option<Box<str>>,
    /// The source, the target and the status of the rule.
    text: Box<str>,
    url: Box<str>,
    response: AppResponse,
}

/// The kind of a [`RouteFinding`].
///
/// [`check_routes`](super::check_routes) describes when it reports each one. [`RouteReport`] has an
/// example.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RouteProblem {
    /// The target responds with 404, 405, 410 or 5xx.
    DeadTarget,
    /// The app redirects the target again.
    TargetRedirects,
    /// The app has a page for the source, but the rule redirects before the app is called.
    HiddenPage,
    /// The app has a page for the source, but the rule waits for a 404.
    NeverApplies,
    /// The app returned an error.
    Failed,
}

/// The response of an app, or its error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AppResponse {
    Status(StatusCode, Option<Box<str>>),
    Error(Box<str>),
}

impl RouteReport {
    /// Returns the problems in the order of the rules.
    pub fn iter(&self) -> slice::Iter<'_, RouteFinding> {
        self.findings.iter()
    }

    /// Returns the number of URLs that were requested.
    #[must_use]
    pub const fn checked(&self) -> usize {
        self.checked
    }

    /// Returns the number of sources and targets that were skipped, by reason.
    #[must_use]
    pub fn skipped(&self) -> &[(SkippedReason, usize)] {
        &self.skipped
    }

    /// Returns `true` if there are no problems.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// Asserts that there are no problems.
    ///
    /// ```
    /// use axum::Router;
    /// use tower_redirect::rules::Rules;
    /// use tower_redirect::testing;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), tower_redirect::rules::RulesError> {
    /// let app: Router = Router::new();
    /// testing::check_routes(&app, &Rules::new([])?).await.assert_clean();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// If there are problems, with the text of the report.
    #[track_caller]
    pub fn assert_clean(&self) {
        if !self.is_clean() {
            fail(format_args!("the redirects don't match the app:\n{self}"));
        }
    }

    pub(super) fn skip(&mut self, reason: SkippedReason) {
        match self.skipped.iter_mut().find(|(own, _)| *own == reason) {
            Some((_, count)) => *count += 1,
            None => self.skipped.push((reason, 1)),
        }
    }

    pub(super) fn add(
        &mut self,
        problem: Option<RouteProblem>,
        rule: RuleRef<'_>,
        url: Box<str>,
        response: AppResponse,
    ) {
        self.findings.extend(problem.map(|problem| RouteFinding {
            problem,
            rule: rule.number(),
            line: rule.line(),
            name: rule.name().map(Into::into),
            text: rule.to_string().into(),
            url,
            response,
        }));
    }
}

impl<'r> IntoIterator for &'r RouteReport {
    type Item = &'r RouteFinding;
    type IntoIter = slice::Iter<'r, RouteFinding>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl RouteFinding {
    /// Returns the kind of the problem.
    #[must_use]
    pub const fn problem(&self) -> RouteProblem {
        self.problem
    }

    /// Returns the number of the rule, counted from 0 in the order in which rules were added.
    #[must_use]
    pub const fn rule(&self) -> u32 {
        self.rule
    }

    /// Returns the line of the rule, counted from 1, if it was read from a file.
    #[must_use]
    pub const fn line(&self) -> Option<u32> {
        self.line
    }

    /// Returns the name of the rule, if it has one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Returns the requested path and query.
    #[must_use]
    pub const fn url(&self) -> &str {
        &self.url
    }

    /// Returns the status of the app's response, or `None` if the app returned an error.
    #[must_use]
    pub const fn status(&self) -> Option<StatusCode> {
        match &self.response {
            AppResponse::Status(status, _) => Some(*status),
            AppResponse::Error(_) => None,
        }
    }
}

impl fmt::Display for RouteFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            text,
            url,
            response,
            ..
        } = self;
        match self.line {
            Some(line) => write!(f, "line {line}"),
            None => write!(f, "rule {}", self.rule),
        }?;
        if let Some(name) = &self.name {
            write!(f, " ({name})")?;
        }
        write!(f, ": {text}: ")?;
        match self.problem {
            RouteProblem::DeadTarget => write!(
                f,
                "the target {url} responds with {response}; fix the target, or remove the rule"
            ),
            RouteProblem::TargetRedirects => write!(
                f,
                "the app redirects the target {url} again, with {response}; point the rule at the \
                 last URL"
            ),
            RouteProblem::HiddenPage => write!(
                f,
                "it hides the page {url}, which responds with {response}; remove the rule, or let \
                 it wait for a 404"
            ),
            RouteProblem::NeverApplies => write!(
                f,
                "it waits for a 404, but {url} responds with {response}; remove the rule, or let \
                 it redirect before the app is called"
            ),
            RouteProblem::Failed => {
                write!(f, "the app failed on {url}: {response}; fix the app first")
            }
        }
    }
}

impl fmt::Display for AppResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status, Some(location)) if status.is_redirection() => {
                write!(f, "{status} to {location}")
            }
            Self::Status(status, _) => status.fmt(f),
            Self::Error(error) => f.write_str(error),
        }
    }
}

impl SkippedReason {
    /// Returns the words for one and for several.
    const fn words(self) -> [&'static str; 2] {
        match self {
            Self::SourceWithPlaceholders => {
                ["source with placeholders", "sources with placeholders"]
            }
            Self::Regex => ["regex", "regexes"],
            Self::Conditions => ["source with conditions", "sources with conditions"],
            Self::Hosts => ["source on many hosts", "sources on many hosts"],
            Self::OtherMethods => ["source of other methods", "sources of other methods"],
            Self::OtherRule => [
                "source that another rule matches first",
                "sources that another rule matches first",
            ],
            Self::TargetWithPlaceholders => {
                ["target with placeholders", "targets with placeholders"]
            }
            Self::OtherOrigin => ["target on another origin", "targets on another origin"],
            Self::Chain => [
                "target that another rule redirects",
                "targets that another rule redirects",
            ],
            Self::NoUrl => [
                "source that is not a valid URL",
                "sources that are not valid URLs",
            ],
        }
    }
}

impl fmt::Display for RouteReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        let urls = if self.checked == 1 { "URL" } else { "URLs" };
        write!(f, "{} {urls} checked", self.checked)?;
        for (at, (reason, count)) in self.skipped.iter().enumerate() {
            let [one, many] = reason.words();
            let words = if *count == 1 { one } else { many };
            let separator = if at == 0 { "; skipped: " } else { ", " };
            write!(f, "{separator}{count} {words}")?;
        }
        Ok(())
    }
}
