//! [`Redirect`] and its parts: the status, the timing and the cache lifetime.
//!
//! A policy that only returns a location gets its status from the layer. To choose more than the
//! location, return a [`Redirect`]:
//!
//! ```
//! use std::time::Duration;
//! use tower_redirect::{LocalPath, Redirect, policy_fn, testing};
//!
//! let policy = policy_fn(|request| match request.path() {
//!     "/sale" => {
//!         let hour = Duration::from_secs(3_600);
//!         Some(Redirect::found(LocalPath::from_static("/sale/2026")).cache(hour))
//!     }
//!     _ => None,
//! });
//! testing::get("/sale").through(&policy).assert_redirect("/sale/2026");
//! ```
//!
//! [`Redirected`] is the record of a redirect that was sent. A [`Refusal`] is a 4xx response of a
//! policy.
//!
//! **R8** A redirect has one of five statuses. Of its headers, only `Location` may contain text of
//! the request. The 401 for htmx also has it in `HX-Redirect`, with the same bytes. A redirect
//! doesn't call the inner service, unless it is sent [after](Timing::After) its response.

use http::{Method, StatusCode, Version};

use crate::{
    location::Location,
    status::{Intent, Status, StatusChoice},
};

mod cache;
#[cfg(feature = "rules")]
mod matched_rule;
mod redirected;
mod refusal;
mod suppressed;
mod timing;

pub use cache::CacheControl;
#[cfg(feature = "rules")]
#[cfg_attr(docsrs, doc(cfg(feature = "rules")))]
pub use matched_rule::{MatchedRule, RuleId};
#[cfg(feature = "rules")]
pub(crate) use matched_rule::{RuleNumber, RuleOffset, RuleTable};
pub use redirected::Redirected;
pub use refusal::Refusal;
pub use suppressed::Exemption;
pub(crate) use suppressed::{DisabledExemptions, Suppressed};
pub(crate) use timing::is_safe;
pub use timing::{ResponseCondition, Timing};

/// A redirect with its location, status, timing and cache lifetime.
///
/// Return one from a policy to choose more than the location.
///
/// ```
/// use std::time::Duration;
/// use http::StatusCode;
/// use tower_redirect::{LocalPath, Redirect, redirect::CacheControl};
///
/// const ARCHIVE: LocalPath = LocalPath::from_static("/archive");
/// let redirect = Redirect::permanent(ARCHIVE)
///     .after(StatusCode::NOT_FOUND)
///     .cache(CacheControl::max_age(Duration::from_secs(86_400)));
///
/// assert_eq!(redirect.location(), &"/archive");
/// ```
///
/// | constructor | status | the move is | the next request |
/// |---|---|---|---|
/// | [`moved_permanently`](Self::moved_permanently) | 301 | permanent | POST may become GET |
/// | [`found`](Self::found) | 302 | temporary | POST may become GET |
/// | [`see_other`](Self::see_other) | 303 | temporary | becomes GET |
/// | [`temporary`](Self::temporary) | 307 | temporary | method and body kept |
/// | [`permanent`](Self::permanent) | 308 | permanent | method and body kept |
/// | [`for_intent`](Self::for_intent) | varies | set by the intent | set by the intent |
///
/// Source: RFC 9110 §15.4.
#[derive(Clone, Debug)]
#[must_use = "a redirect does nothing until a policy or a handler returns it"]
pub struct Redirect {
    pub(crate) location: Location,
    pub(crate) status_choice: StatusChoice,
    pub(crate) timing: Timing,
    pub(crate) cache: Option<CacheControl>,
    pub(crate) has_401_for_scripts: bool,
    /// The rule that created the redirect.
    #[cfg(feature = "rules")]
    pub(crate) rule: Option<MatchedRule>,
}

impl Redirect {
    #[doc = include_str!("../docs/moved_permanently.md")]
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Redirect, Status};
    ///
    /// let redirect = Redirect::moved_permanently(LocalPath::from_static("/about"));
    /// assert_eq!(redirect.status_choice(), Status::MovedPermanently.into());
    /// ```
    ///
    /// Source: RFC 9110 §15.4.2.
    pub fn moved_permanently(location: impl Into<Location>) -> Self {
        Self::new(Status::MovedPermanently, location)
    }

    #[doc = include_str!("../docs/found.md")]
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Redirect, Status};
    ///
    /// let redirect = Redirect::found(LocalPath::from_static("/today"));
    /// assert_eq!(redirect.status_choice(), Status::Found.into());
    /// ```
    ///
    /// Source: RFC 9110 §15.4.3.
    pub fn found(location: impl Into<Location>) -> Self {
        Self::new(Status::Found, location)
    }

    #[doc = include_str!("../docs/see_other.md")]
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Redirect, Status};
    ///
    /// let redirect = Redirect::see_other(LocalPath::from_static("/receipt"));
    /// assert_eq!(redirect.status_choice(), Status::SeeOther.into());
    /// ```
    ///
    /// Source: RFC 9110 §15.4.4.
    pub fn see_other(location: impl Into<Location>) -> Self {
        Self::new(Status::SeeOther, location)
    }

    #[doc = include_str!("../docs/temporary.md")]
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Redirect, Status};
    ///
    /// let redirect = Redirect::temporary(LocalPath::from_static("/maintenance"));
    /// assert_eq!(redirect.status_choice(), Status::TemporaryRedirect.into());
    /// ```
    ///
    /// Source: RFC 9110 §15.4.8.
    pub fn temporary(location: impl Into<Location>) -> Self {
        Self::new(Status::TemporaryRedirect, location)
    }

    #[doc = include_str!("../docs/permanent.md")]
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Redirect, Status};
    ///
    /// let redirect = Redirect::permanent(LocalPath::from_static("/v2"));
    /// assert_eq!(redirect.status_choice(), Status::PermanentRedirect.into());
    /// ```
    ///
    /// Source: RFC 9110 §15.4.9.
    pub fn permanent(location: impl Into<Location>) -> Self {
        Self::new(Status::PermanentRedirect, location)
    }

    #[doc = include_str!("../docs/for_intent.md")]
    ///
    /// ```
    /// use http::{Method, Version};
    /// use tower_redirect::{LocalPath, Redirect, Status, status::Intent};
    ///
    /// let redirect = Redirect::for_intent(Intent::Permanent, LocalPath::from_static("/v2"));
    /// assert_eq!(redirect.status(&Method::GET, Version::HTTP_11), Status::MovedPermanently);
    /// assert_eq!(redirect.status(&Method::PUT, Version::HTTP_11), Status::PermanentRedirect);
    /// ```
    pub fn for_intent(intent: Intent, location: impl Into<Location>) -> Self {
        Self::new(intent, location)
    }

    /// Redirects with a [`Status`] or an [`Intent`] that is only known at run time.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Redirect, Status};
    ///
    /// let status = Status::try_from(308)?;
    /// let redirect = Redirect::new(status, LocalPath::from_static("/v2"));
    /// assert_eq!(redirect.status_choice(), status.into());
    /// # Ok::<(), tower_redirect::status::InvalidStatus>(())
    /// ```
    pub fn new(status: impl Into<StatusChoice>, location: impl Into<Location>) -> Self {
        Self {
            location: location.into(),
            status_choice: status.into(),
            timing: Timing::Before,
            cache: None,
            has_401_for_scripts: false,
            #[cfg(feature = "rules")]
            rule: None,
        }
    }

    /// Redirects only after the inner service responds with 2xx to an unsafe method (POST, PUT, …).
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Redirect, redirect::Timing};
    ///
    /// let redirect = Redirect::see_other(LocalPath::from_static("/receipt")).after_success();
    /// assert!(!matches!(redirect.timing(), Timing::Before));
    /// ```
    pub fn after_success(mut self) -> Self {
        self.timing = Timing::after_success();
        self
    }

    /// Redirects only after the inner service responds with this status.
    ///
    /// ```
    /// use http::StatusCode;
    /// use tower_redirect::{LocalPath, Redirect, redirect::Timing};
    ///
    /// let redirect = Redirect::permanent(LocalPath::from_static("/new"))
    ///     .after(StatusCode::NOT_FOUND);
    /// assert!(!matches!(redirect.timing(), Timing::Before));
    /// ```
    pub fn after(mut self, status: StatusCode) -> Self {
        self.timing = Timing::after(status);
        self
    }

    /// Redirects only after the inner service gives a response for which the closure returns
    /// `true`.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Redirect, redirect::Timing};
    ///
    /// let redirect = Redirect::found(LocalPath::from_static("/login"))
    ///     .after_response(|response| response.headers.contains_key("x-login-needed"));
    /// assert!(!matches!(redirect.timing(), Timing::Before));
    /// ```
    pub fn after_response(
        mut self,
        condition: impl Fn(&http::response::Parts) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.timing = Timing::after_response(condition);
        self
    }

    /// Adds a `Cache-Control` header. A `Duration` becomes its `max-age`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use http::Response;
    /// use tower_redirect::{LocalPath, Redirect};
    ///
    /// let hour = Duration::from_secs(3600);
    /// let redirect = Redirect::permanent(LocalPath::from_static("/new")).cache(hour);
    /// let response = Response::<String>::from(redirect);
    /// assert_eq!(response.headers()["cache-control"], "max-age=3600");
    /// ```
    pub fn cache(mut self, cache: impl Into<CacheControl>) -> Self {
        self.cache = Some(cache.into());
        self
    }

    /// Sends scripts a 401 instead. Use it for redirects to the login page only.
    ///
    #[doc = include_str!("../docs/unauthorized_for_scripts.md")]
    ///
    /// The layer reads the request to choose. If a handler returns the redirect, no layer reads the
    /// request, and this setter has no effect.
    ///
    /// ```
    /// use axum::{Router, body::Body, http::Request};
    /// use tower::ServiceExt;
    /// use tower_redirect::{LocalPath, Redirect, RedirectLayer, policy_fn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// const LOGIN: LocalPath = LocalPath::from_static("/login");
    /// let policy = policy_fn(|request| match request.path() {
    ///     "/login" => None,
    ///     _ => Some(Redirect::see_other(LOGIN).unauthorized_for_scripts()),
    /// });
    /// let app: Router = Router::new().layer(RedirectLayer::new(policy));
    ///
    /// let fetch = Request::get("/api/me").header("sec-fetch-mode", "cors");
    /// let response = app.oneshot(fetch.body(Body::empty())?).await?;
    /// assert_eq!(response.status(), 401);
    /// # Ok(())
    /// # }
    /// ```
    pub fn unauthorized_for_scripts(mut self) -> Self {
        self.has_401_for_scripts = true;
        self
    }

    /// Returns the location.
    ///
    /// ```
    /// # use tower_redirect::{LocalPath, Redirect};
    /// let redirect = Redirect::found(LocalPath::from_static("/x"));
    /// assert_eq!(redirect.location().as_str(), "/x");
    /// ```
    #[must_use]
    pub const fn location(&self) -> &Location {
        &self.location
    }

    /// Returns the status, or the intent that picks it.
    ///
    /// ```
    /// # use tower_redirect::{LocalPath, Redirect, status::{Intent, StatusChoice}};
    /// let redirect = Redirect::for_intent(Intent::Temporary, LocalPath::from_static("/x"));
    /// assert_eq!(redirect.status_choice(), StatusChoice::Intent(Intent::Temporary));
    /// ```
    #[must_use]
    pub const fn status_choice(&self) -> StatusChoice {
        self.status_choice
    }

    /// Returns when the redirect is sent.
    ///
    /// ```
    /// # use tower_redirect::{LocalPath, Redirect, redirect::Timing};
    /// assert!(matches!(Redirect::found(LocalPath::from_static("/x")).timing(), Timing::Before));
    /// ```
    #[must_use]
    pub const fn timing(&self) -> &Timing {
        &self.timing
    }

    /// Returns the rule that matched, if the redirect comes from a table.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::{LocalPath, Policy, Redirect, testing};
    ///
    /// let rules = Rules::new([Rule::permanent("/a", "/b").named("launch")])?;
    /// let policy = rules.or(Redirect::found(LocalPath::from_static("/")));
    /// let rule_for = |path| {
    ///     let redirect = policy.decide(&testing::get(path).head()).into_target()?;
    ///     redirect.rule().map(|rule| rule.id().to_string())
    /// };
    /// assert_eq!(rule_for("/a").as_deref(), Some("launch"));
    /// assert_eq!(rule_for("/c"), None);
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    #[cfg(feature = "rules")]
    #[cfg_attr(docsrs, doc(cfg(feature = "rules")))]
    #[must_use]
    pub const fn rule(&self) -> Option<&MatchedRule> {
        self.rule.as_ref()
    }

    /// Returns the status for a request with this method and version.
    ///
    /// ```
    /// use http::{Method, Version};
    /// # use tower_redirect::{LocalPath, Redirect, Status};
    ///
    /// let redirect = Redirect::see_other(LocalPath::from_static("/x"));
    /// assert_eq!(redirect.status(&Method::PUT, Version::HTTP_2), Status::SeeOther);
    /// ```
    #[must_use]
    pub fn status(&self, method: &Method, version: Version) -> Status {
        self.status_choice.status(method, version)
    }
}
