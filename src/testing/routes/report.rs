use std::{fmt, slice};

use http::StatusCode;

use crate::{
    rules::{RuleRef, SkippedReason},
    testing::fail,
};

/// What an app answers where rules lead, and what they hide.
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
///     "rule 0: /about-us -> /about (308 Permanent Redirect): the target /about answers 404 Not Found; \
///      mend the target, or remove the rule\n\
///      rule 1: /news -> https://news.example/ (302 Found): the app answers /news with 200 OK, which \
///      nobody sees; remove the rule, or let it wait for a 404\n\
///      3 addresses asked; not asked: 1 target on another origin",
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteReport {
    findings: Vec<RouteFinding>,
    pub(super) asked: usize,
    skipped: Vec<(SkippedReason, usize)>,
}

/// A rule, and what an app answers to it.
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
/// assert_eq!((finding.address(), finding.status().unwrap().as_u16()), ("/b", 303));
/// assert_eq!(
///     finding.to_string(),
///     "rule 0 (old): /a -> /b (308 Permanent Redirect): the app redirects the target /b by itself, with \
///      303 See Other to /c; name the last address",
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
    /// Source, target and status.
    text: Box<str>,
    address: Box<str>,
    answer: Answered,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RouteProblem {
    /// The target answers 404, 405, 410 or 5xx.
    DeadTarget,
    /// The app redirects the target by itself.
    TargetRedirects,
    /// The app answers the source, and the rule answers before it is asked.
    HiddenPage,
    /// The app answers the source, and the rule waits for its 404.
    NeverAnswers,
    /// The app failed.
    Failed,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answered {
    Status(StatusCode, Option<Box<str>>),
    Error(Box<str>),
}

impl RouteReport {
    /// What was found, in the order of the rules.
    pub fn iter(&self) -> slice::Iter<'_, RouteFinding> {
        self.findings.iter()
    }

    /// How many addresses were asked for.
    #[must_use]
    pub const fn asked(&self) -> usize {
        self.asked
    }

    /// How many sources and targets were not asked for, by reason.
    #[must_use]
    pub fn skipped(&self) -> &[(SkippedReason, usize)] {
        &self.skipped
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// Nothing was found.
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
    /// When something was, with the text of the report.
    #[track_caller]
    pub fn assert_clean(&self) {
        if !self.is_clean() {
            fail(format_args!("redirects and the app do not fit:\n{self}"));
        }
    }

    pub(super) fn skip(&mut self, why: SkippedReason) {
        match self.skipped.iter_mut().find(|(own, _)| *own == why) {
            Some((_, count)) => *count += 1,
            None => self.skipped.push((why, 1)),
        }
    }

    pub(super) fn find(
        &mut self,
        problem: Option<RouteProblem>,
        rule: RuleRef<'_>,
        address: Box<str>,
        answer: Answered,
    ) {
        self.findings.extend(problem.map(|problem| RouteFinding {
            problem,
            rule: rule.number(),
            line: rule.line(),
            name: rule.name().map(Into::into),
            text: rule.to_string().into(),
            address,
            answer,
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
    /// What is wrong.
    #[must_use]
    pub const fn problem(&self) -> RouteProblem {
        self.problem
    }

    /// The number of the rule, counted from 0 in the order in which rules were added.
    #[must_use]
    pub const fn rule(&self) -> u32 {
        self.rule
    }

    /// The line of the rule, where it was read from a file, counted from 1.
    #[must_use]
    pub const fn line(&self) -> Option<u32> {
        self.line
    }

    /// The name of the rule, where it was given one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Path and query that the app was asked for.
    #[must_use]
    pub const fn address(&self) -> &str {
        &self.address
    }

    /// What it answered; `None` where it failed.
    #[must_use]
    pub const fn status(&self) -> Option<StatusCode> {
        match &self.answer {
            Answered::Status(status, _) => Some(*status),
            Answered::Error(_) => None,
        }
    }
}

impl fmt::Display for RouteFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            text,
            address,
            answer,
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
                "the target {address} answers {answer}; mend the target, or remove the rule"
            ),
            RouteProblem::TargetRedirects => write!(
                f,
                "the app redirects the target {address} by itself, with {answer}; name the last address"
            ),
            RouteProblem::HiddenPage => write!(
                f,
                "the app answers {address} with {answer}, which nobody sees; remove the rule, or let it \
                 wait for a 404"
            ),
            RouteProblem::NeverAnswers => write!(
                f,
                "the app answers {address} with {answer}, and the rule waits for a 404; remove the rule, or let \
                 it answer before the app"
            ),
            RouteProblem::Failed => write!(
                f,
                "the app failed when it was asked for {address}: {answer}; mend the app first"
            ),
        }
    }
}

impl fmt::Display for Answered {
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
    /// With which words one is counted, and many are.
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
                "source that another rule answers",
                "sources that another rule answers",
            ],
            Self::TargetWithPlaceholders => {
                ["target with placeholders", "targets with placeholders"]
            }
            Self::OtherOrigin => ["target on another origin", "targets on another origin"],
            Self::Chain => [
                "target that another rule redirects",
                "targets that another rule redirects",
            ],
            Self::NoUrl => ["text that is no address", "texts that are no address"],
        }
    }
}

impl fmt::Display for RouteReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        let addresses = if self.asked == 1 {
            "address"
        } else {
            "addresses"
        };
        write!(f, "{} {addresses} asked", self.asked)?;
        for (at, (why, count)) in self.skipped.iter().enumerate() {
            let [one, many] = why.words();
            let words = if *count == 1 { one } else { many };
            let separator = if at == 0 { "; not asked: " } else { ", " };
            write!(f, "{separator}{count} {words}")?;
        }
        Ok(())
    }
}
