use std::{
    fmt,
    hash::{Hash, Hasher},
};

use http::StatusCode;

#[cfg(feature = "rules")]
use super::MatchedRule;

/// A 4xx response with a reason that clients don't see.
///
/// The reason is for tests, for the event of the `tracing` feature, and for outer layers. They find
/// the refusal in the extensions of the response.
///
/// The response has an empty body, unless the layer sends bodies
/// ([`link_body`](crate::RedirectLayer::link_body)). Then the body is one line of plain text: the
/// [public text](Self::with_public_text), or the status if there is none.
///
/// ```
/// use http::StatusCode;
/// use tower_redirect::policy::Refusal;
///
/// let refusal = Refusal::bad_request("two Host fields");
/// assert_eq!(refusal.status(), StatusCode::BAD_REQUEST);
/// assert_eq!(refusal.to_string(), "400 Bad Request: two Host fields");
///
/// assert!(Refusal::new(StatusCode::GONE, "withdrawn").is_some());
/// assert!(Refusal::new(StatusCode::OK, "fine").is_none());
/// ```
/// Two refusals are equal if their status, reason and public text are equal.
#[derive(Clone, Debug)]
pub struct Refusal {
    status: StatusCode,
    reason: &'static str,
    public_text: Option<&'static str>,
    /// The rule that refused the request.
    #[cfg(feature = "rules")]
    rule: Option<MatchedRule>,
}

// The refusals of this crate's own policies.
//
// The public texts say what the client can do about it. They are vaguer than the reasons: a client
// must not learn, for example, whether a proxy's header was trusted.
impl Refusal {
    pub(crate) const UNKNOWN_HOST: Self =
        Self::misdirected("unknown host").with_public_text("Misdirected request: unknown host");
    pub(crate) const INVALID_HOST: Self =
        Self::bad_request("invalid `Host` header").with_public_text("Bad request: invalid host");
    pub(crate) const INVALID_FORWARDED_HOST: Self =
        Self::bad_request("invalid forwarded host").with_public_text("Bad request: invalid host");
    pub(crate) const CONFLICTING_HOSTS: Self =
        Self::bad_request("conflicting `Host` headers, or a user name in the host")
            .with_public_text("Bad request: conflicting or invalid hosts");
    pub(crate) const NO_HOST: Self =
        Self::bad_request("no host").with_public_text("Bad request: no host");
    pub(crate) const NOT_A_PATH: Self = Self::bad_request("request target is not a path")
        .with_public_text("Bad request: the request target is not a path");
    pub(crate) const PLAINTEXT_NOT_A_PATH: Self =
        Self::bad_request("plaintext request for a target that is not a path")
            .with_public_text(HTTPS_ONLY);
    pub(crate) const PLAINTEXT_WITHOUT_LOCATION: Self =
        Self::bad_request("plaintext request without a valid https location")
            .with_public_text(HTTPS_ONLY);
    pub(crate) const PLAINTEXT: Self =
        Self::bad_request("plaintext request that cannot be redirected to https")
            .with_public_text(HTTPS_ONLY);
    pub(crate) const NOT_REDIRECTED: Self =
        Self::bad_request("enforced redirect that cannot be sent")
            .with_public_text("Bad request: this request must be redirected, and can't be");
    pub(crate) const UNSAFE_OVER_PLAINTEXT: Self =
        Self::forbidden("unsafe method over plaintext").with_public_text(HTTPS_ONLY);
    /// The login page would be of no use to a script.
    pub(crate) const LOGIN_REQUIRED: Self = Self::with_status(
        StatusCode::UNAUTHORIZED,
        "a script can't use the login page",
    )
    .with_public_text("Log in first");
    /// The client can't help here. The text is for the developer who tries the service out.
    pub(crate) const NO_PEER_ADDRESS: Self =
        Self::bad_request("no peer address; serve with `into_make_service_with_connect_info`")
            .with_public_text(
                "This service expects the address of the peer: serve it with \
         into_make_service_with_connect_info",
            );
}

const HTTPS_ONLY: &str = "This service accepts this request over https only";

impl Refusal {
    /// Creates a refusal with any 4xx status. Returns `None` for a status of another class.
    ///
    /// ```
    /// # use {http::StatusCode, tower_redirect::policy::Refusal};
    /// let teapot = Refusal::new(StatusCode::IM_A_TEAPOT, "no coffee here");
    /// assert!(teapot.is_some());
    /// ```
    #[must_use]
    pub fn new(status: StatusCode, reason: &'static str) -> Option<Self> {
        let refusal = Self::with_status(status, reason);
        status.is_client_error().then_some(refusal)
    }

    /// Creates a refusal with 400 Bad Request, for a contradictory request (RFC 9110 §15.5.1).
    ///
    /// ```
    /// # use tower_redirect::policy::Refusal;
    /// assert_eq!(Refusal::bad_request("two hosts").status(), 400);
    /// ```
    #[must_use]
    pub const fn bad_request(reason: &'static str) -> Self {
        Self::with_status(StatusCode::BAD_REQUEST, reason)
    }

    /// Creates a refusal with 403 Forbidden (RFC 9110 §15.5.4).
    ///
    /// ```
    /// # use tower_redirect::policy::Refusal;
    /// assert_eq!(Refusal::forbidden("POST over plaintext").status(), 403);
    /// ```
    #[must_use]
    pub const fn forbidden(reason: &'static str) -> Self {
        Self::with_status(StatusCode::FORBIDDEN, reason)
    }

    /// Creates a refusal with 410 Gone, for a resource that was removed permanently (RFC 9110
    /// §15.5.11).
    ///
    /// ```
    /// # use tower_redirect::policy::Refusal;
    /// assert_eq!(Refusal::gone("withdrawn").status(), 410);
    /// ```
    #[must_use]
    pub const fn gone(reason: &'static str) -> Self {
        Self::with_status(StatusCode::GONE, reason)
    }

    /// Creates a refusal with 421 Misdirected Request, for a host that this server doesn't serve
    /// (RFC 9110 §15.5.20).
    ///
    /// ```
    /// # use tower_redirect::policy::Refusal;
    /// assert_eq!(Refusal::misdirected("an unknown host").status(), 421);
    /// ```
    #[must_use]
    pub const fn misdirected(reason: &'static str) -> Self {
        Self::with_status(StatusCode::MISDIRECTED_REQUEST, reason)
    }

    const fn with_status(status: StatusCode, reason: &'static str) -> Self {
        Self {
            status,
            reason,
            public_text: None,
            #[cfg(feature = "rules")]
            rule: None,
        }
    }

    /// Creates the refusal of a rule, whose status is a 4xx.
    #[cfg(feature = "rules")]
    pub(crate) fn of_rule(status: StatusCode, rule: MatchedRule) -> Self {
        Self {
            rule: Some(rule),
            ..Self::with_status(status, "refused by a rule")
        }
    }

    /// Sets the text that clients see, if the layer sends bodies.
    ///
    /// The text is fixed, so it can't contain text of the request.
    ///
    /// ```
    /// use axum::{Router, body::{Body, to_bytes}, http::Request};
    /// use tower::ServiceExt;
    /// use tower_redirect::policy::{Decision, Refusal, policy_fn};
    /// use tower_redirect::{Location, RedirectLayer};
    ///
    /// const WITHDRAWN: Refusal = Refusal::gone("GDPR request of 2026-03-01")
    ///     .with_public_text("This page was withdrawn");
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let policy = policy_fn(|request| match request.path() {
    ///     "/withdrawn" => Decision::<Location>::refuse(WITHDRAWN),
    ///     _ => Decision::pass(),
    /// });
    /// let app: Router = Router::new().layer(RedirectLayer::found(policy).link_body());
    ///
    /// let response = app.oneshot(Request::get("/withdrawn").body(Body::empty())?).await?;
    /// assert_eq!(response.status(), 410);
    /// assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
    /// assert_eq!(to_bytes(response.into_body(), 1_000).await?, "This page was withdrawn\n");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// If the text is empty or has a character that isn't printable ASCII, for example a line
    /// break. In a `const`, that is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn with_public_text(mut self, text: &'static str) -> Self {
        assert_is_one_line(text);
        self.public_text = Some(text);
        self
    }

    /// Returns the text that clients see, if one is set.
    ///
    /// ```
    /// # use tower_redirect::policy::Refusal;
    /// let refusal = Refusal::gone("withdrawn").with_public_text("No longer here");
    /// assert_eq!(refusal.public_text(), Some("No longer here"));
    /// assert_eq!(Refusal::gone("withdrawn").public_text(), None);
    /// ```
    #[must_use]
    pub const fn public_text(&self) -> Option<&'static str> {
        self.public_text
    }

    /// Returns the status that is sent.
    ///
    /// ```
    /// # use tower_redirect::policy::Refusal;
    /// assert_eq!(Refusal::gone("withdrawn").status(), http::StatusCode::GONE);
    /// ```
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the reason. Clients don't see it.
    ///
    /// ```
    /// # use tower_redirect::policy::Refusal;
    /// assert_eq!(Refusal::gone("withdrawn").reason(), "withdrawn");
    /// ```
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        self.reason
    }

    /// Returns the rule that refused the request, if the refusal comes from a table.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::{Policy, policy::Refusal, testing};
    ///
    /// let rules = Rules::new([Rule::gone("/fax").named("fax")])?;
    /// let decision = rules.decide(&testing::get("/fax").head());
    /// assert_eq!(decision.refusal().unwrap().rule().unwrap().name(), Some("fax"));
    /// assert!(Refusal::gone("withdrawn").rule().is_none());
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    #[cfg(feature = "rules")]
    #[cfg_attr(docsrs, doc(cfg(feature = "rules")))]
    #[must_use]
    pub const fn rule(&self) -> Option<&MatchedRule> {
        self.rule.as_ref()
    }

    fn key(&self) -> (StatusCode, &str, Option<&str>) {
        (self.status, self.reason, self.public_text)
    }
}

impl PartialEq for Refusal {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Refusal {}

impl Hash for Refusal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

/// Writes the status and the reason.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status, self.reason)
    }
}

/// Panics because of a bad text. In a constant, this is a compile error.
#[track_caller]
#[expect(clippy::panic, reason = "a bad literal is a mistake in the program")]
const fn assert_is_one_line(text: &str) {
    let mut rest = text.as_bytes();
    if rest.is_empty() {
        panic!("the public text of a refusal is empty; write one line, or leave it out");
    }
    while let [byte, tail @ ..] = rest {
        if !matches!(byte, b' '..=b'~') {
            panic!("the public text of a refusal must be one line of printable ASCII");
        }
        rest = tail;
    }
}
