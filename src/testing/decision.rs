use std::fmt;

use http::StatusCode;

use super::{TestRequest, fail};
use crate::{
    policy::{Decision, DecisionKind, Target},
    redirect::{CacheControl, Redirect, Timing},
    status::Status,
};

/// The decision of a policy for a [`TestRequest`].
///
/// Each assertion returns the decision, so you can chain them.
///
/// ```
/// use tower_redirect::{LocalPath, Policy, Status, testing};
///
/// let policy = LocalPath::from_static("/receipt").with(Status::SeeOther);
/// testing::put("/upload")
///     .through(&policy)
///     .assert_redirect("/receipt")
///     .assert_status(Status::SeeOther);
/// ```
#[derive(Clone, Debug)]
pub struct TestDecision<T> {
    request: TestRequest,
    decision: Decision<T>,
}

impl<T> TestDecision<T> {
    pub(super) const fn new(request: TestRequest, decision: Decision<T>) -> Self {
        Self { request, decision }
    }

    /// Returns the decision itself.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, policy::DecisionKind, testing};
    ///
    /// let result = testing::get("/x").through(&LocalPath::from_static("/y"));
    /// assert!(matches!(result.decision().kind(), DecisionKind::Redirect(_)));
    /// ```
    pub const fn decision(&self) -> &Decision<T> {
        &self.decision
    }
}

impl<T: Target> TestDecision<T> {
    /// Asserts that the policy redirects to exactly this location, enforced or not.
    ///
    /// ```
    /// # use tower_redirect::{LocalPath, testing};
    /// testing::get("/x").through(&LocalPath::from_static("/y")).assert_redirect("/y");
    /// ```
    ///
    /// # Panics
    ///
    /// If the policy decides otherwise.
    #[track_caller]
    pub fn assert_redirect(self, location: &str) -> Self {
        match self.decision.target() {
            Some(target) if *target.location() == *location => self,
            _ => self.fail(format_args!("a redirect to {location}")),
        }
    }

    /// Asserts that the policy [enforces](Decision::enforce) a redirect to exactly this location.
    ///
    /// ```
    /// use tower_redirect::{policy::{Https, SchemeSource}, testing};
    ///
    /// let https = Https::new(["example.com"], SchemeSource::plaintext_listener())?;
    /// testing::get("/").header("host", "example.com").through(&https)
    ///     .assert_enforced("https://example.com/");
    /// # Ok::<(), tower_redirect::policy::CanonicalError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If the policy decides otherwise.
    #[track_caller]
    pub fn assert_enforced(self, location: &str) -> Self {
        match self.decision.kind() {
            DecisionKind::Enforce(target) if *target.location() == *location => self,
            _ => self.fail(format_args!("an enforced redirect to {location}")),
        }
    }

    /// Asserts that the policy passes the request through.
    ///
    /// ```
    /// # use tower_redirect::{LocalPath, testing};
    /// testing::get("/x").through(&None::<LocalPath>).assert_pass();
    /// ```
    ///
    /// # Panics
    ///
    /// If the policy decides otherwise.
    #[track_caller]
    pub fn assert_pass(self) -> Self {
        if !self.decision.is_pass() {
            self.fail(format_args!("pass"));
        }
        self
    }

    /// Asserts that the policy refuses the request with this status.
    ///
    /// ```
    /// use http::StatusCode;
    /// use tower_redirect::{Decision, Location, policy::Refusal, policy_fn, testing};
    ///
    /// let policy = policy_fn(|_| Decision::<Location>::refuse(Refusal::gone("withdrawn")));
    /// testing::get("/x").through(&policy).assert_refused(StatusCode::GONE);
    /// ```
    ///
    /// # Panics
    ///
    /// If the policy decides otherwise.
    #[track_caller]
    pub fn assert_refused(self, status: StatusCode) -> Self {
        match self.decision.refusal() {
            Some(refusal) if refusal.status() == status => self,
            _ => self.fail(format_args!("a refusal with {status}")),
        }
    }

    #[track_caller]
    fn fail(&self, expected: fmt::Arguments<'_>) -> ! {
        let request = self.request.describe();
        let got = match self.decision.kind() {
            DecisionKind::Pass => "pass".to_owned(),
            DecisionKind::Redirect(target) => format!("a redirect to {}", target.location()),
            DecisionKind::Enforce(target) => {
                format!("an enforced redirect to {}", target.location())
            }
            DecisionKind::Refuse(refusal) => format!("a refusal with {refusal}"),
        };
        fail(format_args!(
            "{request}\n  expected: {expected}\n       got: {got}"
        ))
    }
}

impl TestDecision<Redirect> {
    /// Asserts that the policy redirects with this status.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Policy, Status, status::Intent, testing};
    ///
    /// let policy = LocalPath::from_static("/y").with(Intent::Temporary);
    /// testing::get("/x").through(&policy).assert_status(Status::Found);
    /// testing::put("/x").through(&policy).assert_status(Status::TemporaryRedirect);
    /// ```
    ///
    /// # Panics
    ///
    /// If the policy decides otherwise.
    #[track_caller]
    pub fn assert_status(self, status: Status) -> Self {
        let head = self.request.head();
        match self.decision.target() {
            Some(redirect) => {
                let got = redirect.status(head.method(), head.version());
                if got != status {
                    let request = self.request.describe();
                    fail(format_args!(
                        "{request}\n  expected: {status}\n       got: {got}"
                    ));
                }
                self
            }
            _ => self.fail(format_args!("{status}")),
        }
    }

    /// Asserts that the policy redirects only after a response of the inner service with this
    /// status.
    ///
    /// ```
    /// use http::StatusCode;
    /// use tower_redirect::{LocalPath, Policy, Status, testing};
    ///
    /// let policy = LocalPath::from_static("/y").with(Status::Found).after(StatusCode::NOT_FOUND);
    /// testing::get("/x").through(&policy).assert_after(StatusCode::NOT_FOUND);
    /// ```
    ///
    /// # Panics
    ///
    /// If the policy decides otherwise, or redirects after other responses too.
    #[track_caller]
    pub fn assert_after(self, status: StatusCode) -> Self {
        match self.decision.target() {
            Some(redirect) => match redirect.timing() {
                Timing::After(condition) if condition.is_status(status) => self,
                timing => {
                    let request = self.request.describe();
                    fail(format_args!(
                        "{request}\n  expected: after {status}\n       got: {timing:?}"
                    ))
                }
            },
            _ => self.fail(format_args!("a redirect after {status}")),
        }
    }

    /// Asserts the `Cache-Control` that the policy has set. A `Duration` becomes its `max-age`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_redirect::{LocalPath, Redirect, testing};
    ///
    /// let hour = Duration::from_secs(3_600);
    /// let policy = Redirect::found(LocalPath::from_static("/y")).cache(hour);
    /// testing::get("/x").through(&policy).assert_cache(hour);
    /// ```
    ///
    /// # Panics
    ///
    /// If the policy decides otherwise, or has set another `Cache-Control` or none.
    #[track_caller]
    pub fn assert_cache(self, cache: impl Into<CacheControl>) -> Self {
        let cache = cache.into();
        match self.decision.target() {
            Some(redirect) if redirect.cache == Some(cache) => self,
            Some(redirect) => {
                let request = self.request.describe();
                let got = redirect.cache.map(|cache| cache.to_string());
                let got = got.as_deref().unwrap_or("no Cache-Control");
                fail(format_args!(
                    "{request}\n  expected: {cache}\n       got: {got}"
                ))
            }
            _ => self.fail(format_args!("a redirect with {cache}")),
        }
    }
}
