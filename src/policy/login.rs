use std::borrow::Cow;

use http::Method;

use super::{Decision, Policy};
use crate::{
    location::{IntoLocation, LocalPath, Location, may_request},
    policy::return_to,
    request::RequestHead,
};

/// Sends visitors to the login page, and tells it where they wanted to go.
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
/// The login page takes `next` back with a [`ReturnTo`](crate::policy::ReturnTo). It is path and query of what
/// the **client** asked for; inside of axum's `nest`, feature `axum` is needed to know that. It is left
/// out where `ReturnTo` would refuse it, where the whole would be longer than 8,000 bytes, and for
/// methods other than GET and HEAD: after the login a browser fetches by GET, which a form that was
/// posted does not want.
///
/// Requests for the login page itself pass, whatever their query and method are, with a `/` at the end
/// or without. Those for pages below it do not.
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
/// use tower_redirect::{RedirectLayer, policy::LoginRedirect};
///
/// let app: Router = Router::new()
///     .route("/account", get(|| async { StatusCode::UNAUTHORIZED }))
///     .layer(RedirectLayer::see_other(LoginRedirect::to("/login")).after(StatusCode::UNAUTHORIZED));
/// ```
///
/// Programs should go on getting the 401: a script that is redirected takes the login page for its
/// data. Narrow it to pages.
///
/// ```
/// use tower_redirect::{Policy, policy::LoginRedirect, testing};
///
/// let login = LoginRedirect::to("/login").when(|request| {
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
    /// The same page without the parameter.
    bare: LocalPath,
    param: Cow<'static, str>,
}

impl LoginRedirect {
    /// Sends to this page, with the parameter `next`.
    ///
    /// ```
    /// use tower_redirect::{policy::LoginRedirect, testing};
    ///
    /// let login = LoginRedirect::to("/login?lang=en");
    /// testing::get("/a").through(&login).assert_redirect("/login?lang=en&next=%2Fa");
    /// testing::post("/a").through(&login).assert_redirect("/login?lang=en");
    /// ```
    ///
    /// A parameter of that name in the address of the page is what is sent where there is nothing to hand
    /// back; it never stands there twice.
    ///
    /// # Panics
    ///
    /// When it is handed a literal that is not a local path, at the caller's line.
    #[track_caller]
    pub fn to(login: impl IntoLocation<LocalPath>) -> Self {
        Self::with_param(login.into_location(), Cow::Borrowed("next"))
    }

    fn with_param(login: LocalPath, param: Cow<'static, str>) -> Self {
        let bare = login
            .without_param(|name| return_to::form_decoded(name).is_some_and(|name| name == param));
        Self { login, bare, param }
    }

    /// Names the parameter otherwise.
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

    /// In any spelling that clients bring its path into, so that `next` cannot grow without end.
    fn is_asked_for(&self, path: &str) -> bool {
        let [login, path] = [self.login.path(), path].map(without_slash);
        may_request(login.as_bytes(), path.as_bytes())
    }

    /// The login page with what was asked for; `None` where that cannot be handed back.
    fn with_next(&self, request: &RequestHead<'_>) -> Option<LocalPath> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return None;
        }
        let asked = request.requested_path_and_query();
        return_to::local(&asked)?;
        self.bare.param(&self.param, &asked).ok()
    }
}

impl Policy for LoginRedirect {
    type Target = Location;

    fn decide(&self, request: &RequestHead<'_>) -> Decision<Location> {
        if self.is_asked_for(request.requested_uri().path()) {
            return Decision::Pass;
        }
        let page = self.with_next(request);
        Decision::Redirect(page.as_ref().unwrap_or(&self.login).into())
    }
}

fn without_slash(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
}
