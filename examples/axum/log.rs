//! The responses that the app sent, for the page: a script in a browser can't see a redirect itself.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    extract::{Request, State},
    http::header,
    middleware::{self, Next},
    response::Response,
    routing::get,
};

/// Logs each response of the app, and shows the log at `/log`.
pub(super) fn with_log(app: Router) -> Router {
    let log = Log::default();
    // The last layer is the outermost: it also sees the responses of the redirect layer.
    app.layer(middleware::from_fn_with_state(log.clone(), record))
        // A layer doesn't apply to routes that are added after it, so `/log` doesn't log itself.
        .route("/log", get(show).with_state(log))
}

/// The latest responses, oldest first.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<VecDeque<String>>>);

impl Log {
    fn lines(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Logs the request, the status and the `Location` header, separated by tabs.
async fn record(State(log): State<Log>, request: Request, next: Next) -> Response {
    let requested = format!("{} {}", request.method(), request.uri().path());
    let response = next.run(request).await;
    let location = response.headers().get(header::LOCATION);
    let location = location.map_or("", |value| value.to_str().unwrap_or("(not text)"));
    let line = format!("{requested}\t{}\t{location}\n", response.status());

    let mut lines = log.lines();
    if lines.len() == 50 {
        lines.pop_front();
    }
    lines.push_back(line);
    response
}

async fn show(State(log): State<Log>) -> String {
    let lines = log.lines();
    lines.iter().map(String::as_str).collect()
}
