//! The inner body has no `Default`: the message names the one setter.

use tower::{Service, ServiceBuilder};
use tower_http::trace::TraceLayer;
use tower_redirect::RedirectLayer;

fn main() {
    let service = ServiceBuilder::new()
        .layer(RedirectLayer::temporary("/maintenance"))
        .layer(TraceLayer::new_for_http())
        .service(axum::Router::<()>::new());
    serve(service);
}

fn serve<S: Service<http::Request<axum::body::Body>>>(_: S) {}
