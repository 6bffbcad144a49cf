//! The app: two protected pages, a login form, and the way back.

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
        // What is read here, the cookie, is named in the `Vary` of the redirect.
        move |request: &RequestHead<'_>| {
            let cookie = request.header(header::COOKIE);
            sessions
                .name(cookie.and_then(|cookie| cookie.to_str().ok()))
                .is_some()
        }
    };

    // Out: whoever is not signed in goes to the login page, which is told what they wanted.
    let to_login = RedirectLayer::see_other(LoginRedirect::to(LOGIN).unless(signed_in.clone()));
    // The app knows best where a program asks: it answers 401, and only browsers are sent on.
    let after_401 = RedirectLayer::see_other(LoginRedirect::to(LOGIN).when(wants_html))
        .after(StatusCode::UNAUTHORIZED);
    // Back: a page of this site, whatever stands in `next`; else home.
    let back = ReturnTo::new(HOME).query("next");
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
        None => "<p>Nobody is signed in.".to_owned(),
    };
    page(&format!(
        "<h1>Home</h1>{who}<p><a href='/account?tab=2'>Your account</a>, \
         <a href=/team/blue/news>team news</a>, \
         <a href='/login?next=//stranger.example'>a link of a stranger's making</a>"
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

/// The form has no `action`: it is posted to its own address, `next` and all.
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
    // The layer replaces this answer with the way back; the cookie stays.
    Ok([(
        header::SET_COOKIE,
        format!("session={session}; HttpOnly; SameSite=Lax; Path=/"),
    )])
}

async fn logout(State(sessions): State<Sessions>, headers: HeaderMap) {
    sessions.end(&headers);
}

fn wants_html(request: &RequestHead<'_>) -> bool {
    let accept = request.header(header::ACCEPT);
    accept.is_some_and(|types| types.as_bytes().starts_with(b"text/html"))
}

fn page(text: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Login</title>\
         <style>body{{font:16px/1.5 system-ui;max-width:34rem;margin:3rem auto}}</style>{text}"
    ))
}

/// Who is signed in: names by session.
#[derive(Clone, Default)]
struct Sessions(Arc<Mutex<HashMap<String, String>>>);

impl Sessions {
    fn start(&self, name: &str) -> String {
        // Enough for an example: 128 bits that nobody was told. Take the session layer of your choice.
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
