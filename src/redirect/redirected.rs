#[cfg(feature = "rules")]
use super::MatchedRule;
use crate::{location::Location, status::Status};

/// A redirect that was sent, with its status, its location and its rule.
///
/// [`RedirectLayer::insert_redirected`](crate::middleware::RedirectLayer::insert_redirected)
/// inserts one into the extensions of each redirect, for outer layers to read.
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
/// let response = app.oneshot(Request::get("/blog/hello").body(Body::empty())?).await?;
/// let redirected = response.extensions().get::<Redirected>().unwrap();
/// assert_eq!(redirected.status().as_u16(), 308);
/// assert_eq!(redirected.location(), &"/posts/hello");
/// assert_eq!(redirected.rule().unwrap().name(), Some("blog"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Redirected {
    pub(crate) status: Status,
    pub(crate) location: Location,
    #[cfg(feature = "rules")]
    pub(crate) rule: Option<MatchedRule>,
}

impl Redirected {
    /// Returns the status that was sent.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.status
    }

    /// Returns the location that was sent. It may contain text of the request.
    #[must_use]
    pub const fn location(&self) -> &Location {
        &self.location
    }

    /// Returns the rule that matched, if the redirect comes from a table.
    #[cfg(feature = "rules")]
    #[cfg_attr(docsrs, doc(cfg(feature = "rules")))]
    #[must_use]
    pub const fn rule(&self) -> Option<&MatchedRule> {
        self.rule.as_ref()
    }
}
