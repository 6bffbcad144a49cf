use std::borrow::Cow;

use http::Method;

use super::{Decision, Policy};
use crate::{LocalPath, Location, RequestHead, location::may_ask_for, return_to};

/// Sends visitors to the login page, and tells it where they wanted to go.
///
/// ```
/// use tower_redirect::{LocalPath, LoginRedirect, Policy, RedirectLayer, testing};
///
/// const LOGIN: LocalPath = LocalPath::from_static("/login");
///
/// let login = LoginRedirect::to(LOGIN).when(|request| request.header("cookie").is_none());
/// let layer = RedirectLayer::see_other(login);
///
/// testing::get("/account?tab=2")
///     .through_layer(&layer)
///     .assert_redirect("/login?next=%2Faccount%3Ftab%3D2");
/// testing::get("/login?next=%2Faccount").through_layer(&layer).assert_pass();
/// ```
///
/// The login page takes `next` back with a [`ReturnTo`](crate::ReturnTo). It is path and query of what
/// the **client** asked for; inside of axum's `nest`, feature `axum` is needed to know that. It is left
/// out where `ReturnTo` would refuse it, where the whole would be longer than 8,000 bytes, and for
/// methods other than GET and HEAD: after the login a browser fetches by GET, which a form that was
/// posted does not want.
///
/// Requests for the login page itself pass, whatever their query and method are, with a `/` at the end
/// or without; so do not protect anything below that address by it alone.
///
/// # Which status
///
/// Take `RedirectLayer::see_other`. 303 says that the login page is another resource, which is fetched
/// by GET, whatever the method was; 307 would post the visitor's form to it, and 302 leaves that to the
/// client. No cache keeps a 303 unless it is told to; a permanent status would keep a visitor out who
/// has logged in since.
///
/// # After a 401
///
/// Where the app knows best who may see what, let it answer 401, and replace that:
///
/// ```
/// use axum::{Router, http::StatusCode, routing::get};
/// use tower_redirect::{LocalPath, LoginRedirect, RedirectLayer};
///
/// const LOGIN: LocalPath = LocalPath::from_static("/login");
///
/// let app: Router = Router::new()
///     .route("/account", get(|| async { StatusCode::UNAUTHORIZED }))
///     .layer(RedirectLayer::see_other(LoginRedirect::to(LOGIN)).after(StatusCode::UNAUTHORIZED));
/// ```
///
/// Programs should go on getting the 401: a script that is redirected takes the login page for its
/// data. Narrow it to pages.
///
/// ```
/// use tower_redirect::{LocalPath, LoginRedirect, Policy, testing};
///
/// let login = LoginRedirect::to(LocalPath::from_static("/login")).when(|request| {
///     let accepts = request.header("accept").and_then(|types| types.to_str().ok());
///     accepts.is_some_and(|types| types.contains("text/html"))
/// });
///
/// let browser = "text/html,application/xhtml+xml,*/*;q=0.8";
/// testing::get("/a").header("accept", browser).through(&login).assert_redirect("/login?next=%2Fa");
/// testing::get("/a").header("accept", "application/json").through(&login).assert_pass();
/// ```
///
/// A redirect is no access control: the app must refuse by itself what must not be seen.
///
/// Source: RFC 9110 §15.4.4 and §15.5.2.
#[derive(Clone, Debug)]
#[must_use = "a policy does nothing until a layer has it"]
pub struct LoginRedirect {
    login: LocalPath,
    param: Cow<'static, str>,
}

impl LoginRedirect {
    /// Sends to this page, with the parameter `next`.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, LoginRedirect, testing};
    ///
    /// let login = LoginRedirect::to(LocalPath::from_static("/login?lang=en"));
    /// testing::get("/a").through(&login).assert_redirect("/login?lang=en&next=%2Fa");
    /// testing::post("/a").through(&login).assert_redirect("/login?lang=en");
    /// ```
    pub const fn to(login: LocalPath) -> Self {
        Self {
            login,
            param: Cow::Borrowed("next"),
        }
    }

    /// Names the parameter otherwise.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, LoginRedirect, testing};
    ///
    /// let login = LoginRedirect::to(LocalPath::from_static("/login")).param("return_to");
    /// testing::get("/a").through(&login).assert_redirect("/login?return_to=%2Fa");
    /// ```
    pub fn param(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.param = name.into();
        self
    }

    /// In any spelling that clients bring its path into, so that `next` cannot grow without end.
    fn is_asked_for(&self, path: &str) -> bool {
        let [login, path] = [self.login.path(), path].map(without_slash);
        may_ask_for(login.as_bytes(), path.as_bytes())
    }

    /// The login page with what was asked for; `None` where that cannot be handed back.
    fn with_next(&self, request: &RequestHead<'_>) -> Option<LocalPath> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return None;
        }
        let asked = request.asked_path_and_query();
        return_to::local(&asked)?;
        self.login.param(&self.param, &asked).ok()
    }
}

impl Policy for LoginRedirect {
    type Target = Location;

    fn decide(&self, request: &RequestHead<'_>) -> Decision<Location> {
        if self.is_asked_for(request.asked_uri().path()) {
            return Decision::Pass;
        }
        let page = self.with_next(request);
        Decision::Redirect(page.as_ref().unwrap_or(&self.login).into())
    }
}

fn without_slash(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
}
