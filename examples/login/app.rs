//! The app: protected pages, a login form, and the redirects between them.

use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::BuildHasher,
    sync::{Arc, Mutex},
};

use axum::{
    Form, Router,
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use tower_redirect::{
    LocalPath, Policy, RedirectLayer, RequestHead,
    policy::{LoginRedirect, ReturnTo},
};

const HOME: LocalPath = LocalPath::from_static("/");
const LOGIN: LocalPath = LocalPath::from_static("/login");

pub(crate) fn app() -> Router {
    let sessions = Sessions::default();
    let signed_in = {
        let sessions = sessions.clone();
        // The layer sees which headers a policy reads, and names them in `Vary`: here `cookie`.
        move |request: &RequestHead<'_>| {
            let cookie = request.header(header::COOKIE);
            sessions
                .name(cookie.and_then(|cookie| cookie.to_str().ok()))
                .is_some()
        }
    };

    // To the login page, unless the visitor is signed in. `next` carries the page they wanted.
    let to_login = RedirectLayer::see_other(LoginRedirect::to(LOGIN).unless(signed_in.clone()))
        .unauthorized_for_scripts();
    // A script needs the 401 of the API. Only a page can show the login form instead.
    let after_401 = RedirectLayer::see_other(LoginRedirect::to(LOGIN))
        .after(StatusCode::UNAUTHORIZED)
        .unauthorized_for_scripts();
    // Back to the page in `next` if it is a page of this site, otherwise to the home page.
    let back = ReturnTo::new(HOME).query("next");
    // The login page redirects visitors that are signed in already, and all others after they sign in.
    let back_at_once = RedirectLayer::see_other(back.clone().when(signed_in));
    let back_after_login = RedirectLayer::see_other(back).after_success();

    let team = Router::new()
        .route("/{page}", get(|| async { Html("<h1>Team news</h1>") }))
        .layer(to_login.clone());
    let api = Router::new().route("/me", get(me)).layer(after_401);

    Router::new()
        .route("/", get(home))
        .route("/account", get(account).route_layer(to_login))
        .nest("/team/blue", team)
        .nest("/api", api)
        .route(
            "/login",
            get(login_form)
                .route_layer(back_at_once)
                .post(login)
                .route_layer(back_after_login),
        )
        .route(
            "/logout",
            post(logout).route_layer(RedirectLayer::see_other("/").after_success()),
        )
        .with_state(sessions)
}

async fn home(State(sessions): State<Sessions>, headers: HeaderMap) -> Html<String> {
    let who = match sessions.of(&headers) {
        Some(name) => format!(
            "<p>Hello, {name}. <form method=post action=/logout><button>Log out</button></form>"
        ),
        None => "<p>You aren't signed in.".to_owned(),
    };
    page(&format!(
        "<h1>Home</h1>{who}<p><a href='/account?tab=2'>Your account</a>, \
         <a href=/team/blue/news>team news</a>, \
         <a href='/login?next=//stranger.example'>login with another site in <code>next</code></a>"
    ))
}

async fn account(State(sessions): State<Sessions>, headers: HeaderMap) -> Html<String> {
    let name = sessions.of(&headers).unwrap_or_default();
    page(&format!(
        "<h1>The account of {name}</h1><p><a href=/>Home</a>"
    ))
}

async fn me(State(sessions): State<Sessions>, headers: HeaderMap) -> Result<String, StatusCode> {
    sessions.of(&headers).ok_or(StatusCode::UNAUTHORIZED)
}

/// The form has no `action`, so the browser posts it to the URL of this page, which includes `next`.
async fn login_form() -> Html<String> {
    page(
        "<h1>Who are you?</h1><form method=post><label>Name <input name=name autofocus></label> \
         <button>Sign in</button></form>",
    )
}

async fn login(
    State(sessions): State<Sessions>,
    Form(form): Form<HashMap<String, String>>,
) -> Result<[(HeaderName, String); 1], Response> {
    let name = form.get("name").map(|name| name.trim()).unwrap_or_default();
    if name.is_empty() {
        return Err((StatusCode::UNPROCESSABLE_ENTITY, login_form().await).into_response());
    }
    let session = sessions.start(name);
    // The layer replaces this response with a redirect and keeps its cookie.
    Ok([(
        header::SET_COOKIE,
        format!("session={session}; HttpOnly; SameSite=Lax; Path=/"),
    )])
}

async fn logout(State(sessions): State<Sessions>, headers: HeaderMap) {
    sessions.end(&headers);
}

fn page(text: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Login</title>\
         <style>body{{font:16px/1.5 system-ui;max-width:34rem;margin:3rem auto}}</style>{text}"
    ))
}

/// The names of the visitors that are signed in, by session.
#[derive(Clone, Default)]
struct Sessions(Arc<Mutex<HashMap<String, String>>>);

impl Sessions {
    fn start(&self, name: &str) -> String {
        // 128 bits from a hasher with random keys are enough for an example. Your app needs a session
        // library.
        let [a, b] = [(); 2].map(|()| RandomState::new().hash_one(name));
        let session = format!("{a:016x}{b:016x}");
        self.lock().insert(session.clone(), escaped(name));
        session
    }

    fn end(&self, headers: &HeaderMap) {
        if let Some(session) = session(cookie(headers)) {
            self.lock().remove(session);
        }
    }

    /// The name of the visitor who sent these headers.
    fn of(&self, headers: &HeaderMap) -> Option<String> {
        self.name(cookie(headers))
    }

    fn name(&self, cookie: Option<&str>) -> Option<String> {
        self.lock().get(session(cookie)?).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, String>> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::COOKIE)?.to_str().ok()
}

fn session(cookie: Option<&str>) -> Option<&str> {
    cookie?
        .split("; ")
        .find_map(|pair| pair.strip_prefix("session="))
}

fn escaped(name: &str) -> String {
    name.replace('&', "&amp;").replace('<', "&lt;")
}
