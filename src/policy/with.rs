//! A status, a timing and a cache lifetime for policies that choose only the location.

use std::{fmt, sync::Arc};

use http::{StatusCode, response::Parts};

use super::{Decision, Policy};
use crate::{
    location::Location,
    redirect::{CacheControl, Redirect, Timing},
    request::RequestHead,
    status::StatusChoice,
};

/// A policy with a status, a timing and a cache lifetime.
///
/// [`Policy::with`] returns it. The constructors of
/// [`RedirectLayer`](crate::middleware::RedirectLayer) that choose a status also make one, for
/// example `RedirectLayer::permanent`.
///
/// ```
/// use tower_redirect::{LocalPath, Policy, Status, testing};
///
/// let policy = LocalPath::from_static("/new").with(Status::SeeOther);
/// testing::put("/old").through(&policy).assert_status(Status::SeeOther);
/// ```
pub struct With<P> {
    policy: Arc<P>,
    status_choice: StatusChoice,
    timing: Timing,
    cache: Option<CacheControl>,
    has_401_for_scripts: bool,
}

impl<P> With<P> {
    pub(crate) fn new(policy: P, status_choice: StatusChoice) -> Self {
        Self {
            policy: Arc::new(policy),
            status_choice,
            timing: Timing::Before,
            cache: None,
            has_401_for_scripts: false,
        }
    }

    /// Redirects only after the inner service responds with 2xx to an unsafe method (POST, PUT, …).
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Policy, RedirectLayer, Status, testing};
    ///
    /// let policy = LocalPath::from_static("/receipt").with(Status::SeeOther).after_success();
    /// let layer = RedirectLayer::new(policy);
    /// testing::put("/upload").through_layer(&layer).assert_redirect("/receipt");
    /// testing::get("/upload").through_layer(&layer).assert_pass();
    /// ```
    #[must_use]
    pub fn after_success(mut self) -> Self {
        self.timing = Timing::after_success();
        self
    }

    /// Redirects only after the inner service responds with this status.
    ///
    /// ```
    /// use http::StatusCode;
    /// use tower_redirect::{LocalPath, Policy, Status, testing};
    ///
    /// let policy = LocalPath::from_static("/archive")
    ///     .with(Status::PermanentRedirect)
    ///     .after(StatusCode::NOT_FOUND);
    /// testing::get("/old").through(&policy).assert_redirect("/archive");
    /// ```
    #[must_use]
    pub fn after(mut self, status: StatusCode) -> Self {
        self.timing = Timing::after(status);
        self
    }

    /// Redirects only after the inner service gives a response for which the closure returns
    /// `true`.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Policy, Status, testing};
    ///
    /// let policy = LocalPath::from_static("/login")
    ///     .with(Status::SeeOther)
    ///     .after_response(|response| response.status.as_u16() == 401);
    /// testing::get("/account").through(&policy).assert_redirect("/login");
    /// ```
    #[must_use]
    pub fn after_response(
        mut self,
        condition: impl Fn(&Parts) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.timing = Timing::after_response(condition);
        self
    }

    /// Sends `Cache-Control` with each redirect. A `Duration` becomes its `max-age`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_redirect::{LocalPath, Policy, Status, testing};
    ///
    /// let day = Duration::from_secs(86_400);
    /// let policy = LocalPath::from_static("/v2").with(Status::PermanentRedirect).cache(day);
    /// testing::get("/v1").through(&policy).assert_redirect("/v2");
    /// ```
    #[must_use]
    pub fn cache(mut self, cache: impl Into<CacheControl>) -> Self {
        self.cache = Some(cache.into());
        self
    }

    /// Sends scripts a 401 instead. Use it for redirects to the login page only.
    ///
    #[doc = include_str!("../docs/unauthorized_for_scripts.md")]
    ///
    /// ```
    /// use tower_redirect::{Policy, Status, policy::LoginRedirect, testing};
    ///
    /// let login = LoginRedirect::to("/login").with(Status::SeeOther).unauthorized_for_scripts();
    /// // The policy decides the same for all. The layer chooses the form of the response.
    /// testing::get("/a").through(&login).assert_redirect("/login?next=%2Fa");
    /// ```
    #[must_use]
    pub fn unauthorized_for_scripts(mut self) -> Self {
        self.has_401_for_scripts = true;
        self
    }
}

impl<P: Policy<Target = Location>> Policy for With<P> {
    type Target = Redirect;

    #[inline]
    fn decide(&self, request: &RequestHead<'_>) -> Decision<Redirect> {
        self.policy.decide(request).map(|location| Redirect {
            timing: self.timing.clone(),
            cache: self.cache,
            has_401_for_scripts: self.has_401_for_scripts,
            ..Redirect::new(self.status_choice, location)
        })
    }
}

// The policy is shared, so `P: Clone` isn't needed.
impl<P> Clone for With<P> {
    fn clone(&self) -> Self {
        Self {
            policy: Arc::clone(&self.policy),
            status_choice: self.status_choice,
            timing: self.timing.clone(),
            cache: self.cache,
            has_401_for_scripts: self.has_401_for_scripts,
        }
    }
}

impl<P: fmt::Debug> fmt::Debug for With<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("With")
            .field("policy", &self.policy)
            .field("status_choice", &self.status_choice)
            .field("timing", &self.timing)
            .field("cache", &self.cache)
            .field("has_401_for_scripts", &self.has_401_for_scripts)
            .finish()
    }
}
