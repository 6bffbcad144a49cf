//! Redirects to the login page.

use std::borrow::Cow;

use http::Method;

use super::{Decision, Policy};
use crate::{
    location::{IntoLocation, LocalPath, Location, may_request},
    policy::return_to,
    request::RequestHead,
};

/// Redirects to the login page, with the requested URL in a parameter.
///
/// ```
/// use tower_redirect::{Policy, RedirectLayer, policy::LoginRedirect, testing};
///
/// let login = LoginRedirect::to("/login").when(|request| request.header("cookie").is_none());
/// let layer = RedirectLayer::see_other(login);
///
/// testing::get("/account?tab=2")
///     .through_layer(&layer)
///     .assert_redirect("/login?next=%2Faccount%3Ftab%3D2");
/// testing::get("/login?next=%2Faccount").through_layer(&layer).assert_pass();
/// ```
///
/// The parameter `next` holds the path and query of the URL that the **client** requested. On the
/// login page, [`ReturnTo`](crate::policy::ReturnTo) reads it. Inside axum's `nest`, enable the
/// `axum` feature, so the policy sees the whole URL. If a trusted proxy strips a prefix, apply
/// `trusting` to this policy, so the URL and the login page get the prefix. The policy leaves out
/// the parameter if:
///
/// - `ReturnTo` would reject its value,
/// - the location would be longer than 8,000 bytes,
/// - the method isn't GET or HEAD. After the login, a browser sends GET, which can't repeat a
///   posted form.
///
/// Requests for the login page itself pass through, with any query and method, and with or without
/// a `/` at the end. Requests for pages below it are redirected.
///
/// # Which status
///
/// Use `RedirectLayer::see_other`. With 303, the client requests the login page with GET, whatever
/// the method was. With 307, it would send the visitor's form to the login page. With 302, that
/// depends on the client. Caches don't keep a 303 without `Cache-Control`. Browsers keep a
/// permanent redirect, so it would still redirect visitors who have logged in.
///
/// # After a 401
///
/// If the app decides who may see a page, let it respond with 401, and replace that response:
///
/// ```
/// use axum::{Router, http::StatusCode, routing::get};
/// use tower_redirect::{RedirectLayer, policy::LoginRedirect};
///
/// let login = RedirectLayer::see_other(LoginRedirect::to("/login"))
///     .after(StatusCode::UNAUTHORIZED)
///     .unauthorized_for_scripts();
/// let app: Router = Router::new()
///     .route("/account", get(|| async { StatusCode::UNAUTHORIZED }))
///     .layer(login);
/// ```
///
/// # Scripts
///
/// A redirected script would treat the login page as its data. With
/// [`unauthorized_for_scripts`](crate::RedirectLayer::unauthorized_for_scripts), scripts get 401
/// instead, and htmx loads the login page. Without it, the layer redirects scripts like pages.
///
/// ```
/// use axum::{Router, body::Body, http::Request};
/// use tower::ServiceExt;
/// use tower_redirect::{RedirectLayer, policy::LoginRedirect};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let login = RedirectLayer::see_other(LoginRedirect::to("/login")).unauthorized_for_scripts();
/// let app: Router = Router::new().layer(login);
///
/// let htmx = Request::get("/inbox").header("hx-request", "true");
/// let response = app.oneshot(htmx.body(Body::empty())?).await?;
/// assert_eq!(response.status(), 401);
/// assert_eq!(response.headers()["hx-redirect"], "/login?next=%2Finbox");
/// # Ok(())
/// # }
/// ```
///
/// Then `next` holds the URL that htmx or the script requested, which may be only a part of a page.
///
/// Redirects are not access control. The app must refuse requests for what a visitor must not see.
///
/// Source: RFC 9110 §15.4.4 and §15.5.2.
#[derive(Clone, Debug)]
#[must_use = "a policy does nothing until a layer applies it"]
pub struct LoginRedirect {
    login: LocalPath,
    /// The login page without the parameter.
    without_param: LocalPath,
    param: Cow<'static, str>,
}

impl LoginRedirect {
    /// Redirects to this page, with the requested URL in the parameter `next`.
    ///
    /// ```
    /// use tower_redirect::{policy::LoginRedirect, testing};
    ///
    /// let login = LoginRedirect::to("/login?lang=en");
    /// testing::get("/a").through(&login).assert_redirect("/login?lang=en&next=%2Fa");
    /// testing::post("/a").through(&login).assert_redirect("/login?lang=en");
    /// ```
    ///
    /// If the URL of the login page already has this parameter, its value is the default. The
    /// policy sends the default if there is no URL to return to. The parameter never occurs twice.
    ///
    /// # Panics
    ///
    /// If a literal isn't a local path. The message has the caller's line.
    #[track_caller]
    pub fn to(login: impl IntoLocation<LocalPath>) -> Self {
        Self::with_param(login.into_location(), Cow::Borrowed("next"))
    }

    fn with_param(login: LocalPath, param: Cow<'static, str>) -> Self {
        let without_param = login
            .without_param(|name| return_to::form_decoded(name).is_some_and(|name| name == param));
        Self {
            login,
            without_param,
            param,
        }
    }

    /// Sets the name of the parameter.
    ///
    /// ```
    /// use tower_redirect::{policy::LoginRedirect, testing};
    ///
    /// let login = LoginRedirect::to("/login").param("return_to");
    /// testing::get("/a").through(&login).assert_redirect("/login?return_to=%2Fa");
    /// ```
    pub fn param(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self::with_param(self.login, name.into())
    }

    /// Whether a path is the login page, in any form that clients send. Otherwise `next` would
    /// contain the login page itself and grow with each redirect.
    fn is_login_page(&self, path: &str) -> bool {
        let [login, path] = [self.login.path(), path].map(without_slash);
        may_request(login.as_bytes(), path.as_bytes())
    }

    /// Returns the login page with the requested URL, or `None` if the visitor can't return to it.
    fn with_next(&self, request: &RequestHead<'_>) -> Option<LocalPath> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return None;
        }
        let requested = request.requested_path_and_query();
        return_to::local(&requested)?;
        self.without_param.param(&self.param, &requested).ok()
    }
}

impl Policy for LoginRedirect {
    type Target = Location;

    fn decide(&self, request: &RequestHead<'_>) -> Decision<Location> {
        if self.is_login_page(request.requested_uri().path()) {
            return Decision::pass();
        }
        let page = self.with_next(request);
        Decision::redirect(page.as_ref().unwrap_or(&self.login).into())
    }
}

fn without_slash(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
}
