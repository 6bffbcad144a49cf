use std::fmt;

use http::StatusCode;

use crate::{
    rules::{Finding, FindingCode, Findings, RuleRef, rule_ref::SkippedReason},
    testing::fail,
};

/// The problems that [`check_routes`](super::check_routes) found.
///
/// ```
/// use axum::{Router, routing::get};
/// use tower_redirect::rules::{FindingCode, Rule, Rules};
/// use tower_redirect::testing;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), tower_redirect::rules::Findings> {
/// let app: Router = Router::new().route("/news", get(|| async { "news" }));
/// let rules = Rules::new([
///     Rule::permanent("/about-us", "/about"),
///     Rule::found("/news", "https://news.example/"),
/// ])?;
/// let report = testing::check_routes(&app, &rules).await;
///
/// let codes: Vec<_> = report.findings().iter().map(|finding| finding.code()).collect();
/// assert_eq!(codes, [FindingCode::DeadTarget, FindingCode::HiddenPage]);
/// assert_eq!(
///     report.to_string(),
///     "rule 0, `/about-us -> /about`: warning: the target /about responds with 404 Not Found; \
///      fix the target, or remove the rule\n\
///      rule 1, `/news -> https://news.example/`: warning: the rule hides the page /news, which \
///      responds with 200 OK; remove the rule, or let it wait for a 404\n\
///      3 URLs checked; skipped: 1 target on another origin",
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteReport {
    findings: Findings,
    pub(super) checked: usize,
    skipped: Vec<(SkippedReason, usize)>,
}

/// The response of an app, or its error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AppResponse {
    Status(StatusCode, Option<Box<str>>),
    Error(Box<str>),
}

impl RouteReport {
    /// Returns the problems in the order of the rules.
    #[must_use]
    pub const fn findings(&self) -> &Findings {
        &self.findings
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
    /// # async fn main() -> Result<(), tower_redirect::rules::Findings> {
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
        code: FindingCode,
        rule: RuleRef<'_>,
        url: &str,
        response: &AppResponse,
    ) {
        let (message, help) = match code {
            FindingCode::DeadTarget => (
                format!("the target {url} responds with {response}"),
                "fix the target, or remove the rule",
            ),
            FindingCode::RedirectingTarget => (
                format!("the app redirects the target {url} again, with {response}"),
                "point the rule at the last URL",
            ),
            FindingCode::HiddenPage => (
                format!("the rule hides the page {url}, which responds with {response}"),
                "remove the rule, or let it wait for a 404",
            ),
            FindingCode::NeverApplies => (
                format!("the rule waits for a 404, but {url} responds with {response}"),
                "remove the rule, or let it redirect before the app is called",
            ),
            _ => (
                format!("the app failed on {url}: {response}"),
                "fix the app first",
            ),
        };
        let finding = Finding::of_rule(code, rule, message, help);
        self.findings.list.push(finding);
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
        if !self.is_clean() {
            writeln!(f, "{}", self.findings)?;
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
