//! The events of feature `tracing`; alone in its process, because the subscriber is the process's.

use std::{
    convert::Infallible,
    fmt::{Debug, Write},
    sync::{Arc, Mutex},
};

use http::{Request, Response};
use tower::{Layer, ServiceExt, service_fn};
use tower_redirect::{Decision, LocalPath, Redirect, RedirectLayer, Refusal, policy_fn};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

/// Keeps the events of the crate as texts.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<String>>>);

impl Subscriber for Events {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("tower_redirect")
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(event.metadata().level().to_string());
        event.record(&mut fields);
        self.0.lock().unwrap().push(fields.0);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

#[tokio::test]
async fn what_was_not_sent_leaves_an_event_with_its_reason() {
    let events = Events::default();
    tracing::subscriber::set_global_default(events.clone()).unwrap();

    const X: LocalPath = LocalPath::from_static("/x");
    let layer = RedirectLayer::new(policy_fn(|request| match request.path() {
        "/gone" => Decision::Refuse(Refusal::gone("withdrawn")),
        "/upload" => Decision::Redirect(Redirect::see_other(X).after_success()),
        _ => Decision::Redirect(Redirect::temporary(X)),
    }));
    let app = layer.layer(service_fn(async |_: Request<()>| {
        Ok::<_, Infallible>(Response::<String>::default())
    }));
    let preflight = [
        ("origin", "https://shop.example"),
        ("access-control-request-method", "PUT"),
    ];
    for (method, path, headers) in [
        ("GET", "/x", &[][..]),
        ("OPTIONS", "/y", &preflight),
        ("GET", "/gone", &[]),
        // Sent, or not meant to be: no event.
        ("GET", "/y", &[]),
        ("GET", "/upload", &[]),
    ] {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        app.clone()
            .oneshot(request.body(()).unwrap())
            .await
            .unwrap();
    }

    assert_eq!(
        events.0.lock().unwrap().as_slice(),
        [
            "DEBUG message=redirect suppressed reason=leads to the address that was asked for \
             status=307 location=\"/x\"",
            "DEBUG message=redirect suppressed reason=CORS preflight status=307 location=\"/x\"",
            "DEBUG message=refused reason=\"withdrawn\" status=410",
        ]
    );
}
