#[cfg(feature = "rules")]
use super::MatchedRule;
use crate::{location::Location, status::Status};

/// A redirect that was sent: with which status, where to, and by which rule.
///
/// ```
/// use axum::{Router, body::Body, http::Request};
/// use tower::ServiceExt;
/// use tower_redirect::rules::{Rule, Rules};
/// use tower_redirect::{RedirectLayer, redirect::Redirected};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let rules = Rules::new([Rule::permanent("/blog/{slug}", "/posts/{slug}").named("blog")])?;
/// let app: Router = Router::new().layer(RedirectLayer::new(rules).insert_redirected());
///
/// let answer = app.oneshot(Request::get("/blog/hello").body(Body::empty())?).await?;
/// let redirected = answer.extensions().get::<Redirected>().unwrap();
/// assert_eq!(redirected.location(), &"/posts/hello");
/// assert_eq!(redirected.rule().unwrap().name(), Some("blog"));
/// # Ok(())
/// # }
/// ```
///
/// [`RedirectLayer::insert_redirected`](crate::middleware::RedirectLayer::insert_redirected) leaves one among the
/// extensions of each redirect.
#[derive(Clone, Debug)]
pub struct Redirected {
    pub(crate) status: Status,
    pub(crate) location: Location,
    #[cfg(feature = "rules")]
    pub(crate) rule: Option<MatchedRule>,
}

impl Redirected {
    /// The status that was sent.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.status
    }

    /// Where to; it may contain text of the request.
    #[must_use]
    pub const fn location(&self) -> &Location {
        &self.location
    }

    /// The rule of a table that it comes from.
    #[cfg(feature = "rules")]
    #[cfg_attr(docsrs, doc(cfg(feature = "rules")))]
    #[must_use]
    pub const fn rule(&self) -> Option<&MatchedRule> {
        self.rule.as_ref()
    }
}
