//! What tower asks of a middleware: readiness, errors, capacity, futures.

use std::{
    collections::VecDeque,
    convert::Infallible,
    future::{Future, Ready, ready},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    task::{Context, Poll, Waker},
};

use http::{Request, Response, StatusCode};
use tokio::sync::oneshot;
use tokio_test::task;
use tower::{Layer, Service, ServiceBuilder, ServiceExt, limit::ConcurrencyLimitLayer, service_fn};
use tower_redirect::{
    Decision, LocalPath, Location, Policy, Redirect, RedirectLayer, Status,
    middleware::{RedirectService, ResponseFuture},
    policy::{BoxPolicy, Refusal},
    policy_fn,
};

type Body = String;

fn to_new() -> impl Policy<Target = Redirect> {
    policy_fn(|request| match request.path() {
        "/old" => Decision::redirect(Redirect::found(LocalPath::from_static("/new"))),
        "/gone" => Decision::refuse(Refusal::gone("withdrawn")),
        "/late" => Decision::redirect(
            Redirect::found(LocalPath::from_static("/new")).after(StatusCode::OK),
        ),
        _ => Decision::pass(),
    })
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::new()).unwrap()
}

fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test]
async fn readiness_is_the_inner_services() {
    /// Is ready in these ways, one after the other.
    struct Inner(VecDeque<Poll<Result<(), Broken>>>);

    impl Service<Request<Body>> for Inner {
        type Response = Response<Body>;
        type Error = Broken;
        type Future = Ready<Result<Self::Response, Self::Error>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
            self.0.pop_front().unwrap()
        }

        fn call(&mut self, _: Request<Body>) -> Self::Future {
            ready(Ok(Response::default()))
        }
    }

    let answers = [
        Poll::Pending,
        Poll::Ready(Ok(())),
        Poll::Ready(Err(Broken(7))),
    ];
    let mut service = RedirectLayer::new(to_new()).layer(Inner(answers.into()));
    let mut context = Context::from_waker(Waker::noop());
    assert_eq!(service.poll_ready(&mut context), Poll::Pending);
    assert_eq!(service.poll_ready(&mut context), Poll::Ready(Ok(())));
    assert_eq!(
        service.poll_ready(&mut context),
        Poll::Ready(Err(Broken(7)))
    );
}

#[derive(Debug, PartialEq)]
struct Broken(u8);

#[tokio::test]
async fn errors_are_the_inner_services_untouched() {
    // The type of the error is the inner one, not a box of it.
    let broken = service_fn(async |_: Request<Body>| Err::<Response<Body>, _>(Broken(7)));
    for path in ["/anything", "/late"] {
        let service = RedirectService::new(broken, to_new());
        let error: Broken = service.oneshot(get(path)).await.unwrap_err();
        assert_eq!(error, Broken(7), "{path}");
    }
}

#[tokio::test]
async fn the_request_reaches_the_inner_service_unchanged() {
    let (sender, arrived) = mpsc::channel();
    let inner = service_fn(|request: Request<Body>| {
        sender.send(request).unwrap();
        ready(Ok::<_, Infallible>(Response::new("fine".to_owned())))
    });
    let mut service = RedirectLayer::new(to_new()).layer(inner);

    let mut request = Request::put("http://example.com/a%20b?c=%64")
        .header("x-one", "1")
        .body("a body".to_owned())
        .unwrap();
    request.extensions_mut().insert(5_u8);
    let answer = service.ready().await.unwrap().call(request).await.unwrap();
    let arrived = arrived.try_recv().unwrap();
    assert_eq!(arrived.uri(), "http://example.com/a%20b?c=%64");
    assert_eq!(arrived.headers()["x-one"], "1");
    assert_eq!(arrived.extensions().get(), Some(&5_u8));
    assert_eq!(arrived.body(), "a body");
    assert_eq!(answer.body(), "fine");
}

#[tokio::test]
async fn the_inner_service_is_not_called_for_a_redirect_or_a_refusal() {
    let called = AtomicBool::new(false);
    let inner = service_fn(|_: Request<Body>| {
        called.store(true, Ordering::Relaxed);
        ready(Ok::<_, Infallible>(Response::<Body>::default()))
    });
    let service = RedirectService::new(inner, to_new());

    for (path, status, location) in [("/old", 302, Some("/new")), ("/gone", 410, None)] {
        let answer = service.clone().oneshot(get(path)).await.unwrap();
        assert_eq!(answer.status(), status);
        let got = answer
            .headers()
            .get("location")
            .map(|value| value.to_str().unwrap());
        assert_eq!(got, location);
        assert_eq!(answer.headers().len(), location.iter().count(), "{path}");
        assert!(answer.body().is_empty());
    }
    assert!(!called.load(Ordering::Relaxed));
}

#[tokio::test]
async fn nothing_of_the_request_comes_back() {
    let service = RedirectService::new(
        service_fn(async |_: Request<Body>| Ok::<_, Infallible>(Response::<Body>::default())),
        to_new(),
    );
    for path in ["/old", "/gone"] {
        let mut request = get(path);
        request
            .headers_mut()
            .insert("cookie", "secret=1".parse().unwrap());
        request
            .headers_mut()
            .insert("location", "https://evil.example".parse().unwrap());
        request.extensions_mut().insert("secret");
        let answer = service.clone().oneshot(request).await.unwrap();
        assert!(!answer.headers().contains_key("cookie"));
        assert!(answer.headers().get_all("location").iter().count() <= 1);
        assert!(answer.extensions().get::<&str>().is_none());
        let refusal = answer.extensions().get::<Refusal>();
        assert_eq!(
            refusal.is_some(),
            path == "/gone",
            "for the layers in front"
        );
    }
}

/// The capacity caveat of the layer's page: a redirect keeps the place that `poll_ready` reserved.
#[tokio::test]
async fn a_redirect_keeps_the_reserved_place_until_the_clone_is_used_or_dropped() {
    let inner = ServiceBuilder::new()
        .layer(RedirectLayer::new(to_new()))
        .layer(ConcurrencyLimitLayer::new(1))
        .service_fn(async |_: Request<Body>| Ok::<_, Infallible>(Response::<Body>::default()));
    let mut first = inner.clone();
    let mut second = inner;

    let answer = first
        .ready()
        .await
        .unwrap()
        .call(get("/old"))
        .await
        .unwrap();
    assert_eq!(answer.status(), 302);
    assert!(
        poll_once(second.ready()).is_pending(),
        "the idle first clone still holds the only place"
    );
    drop(first);
    assert!(
        poll_once(second.ready()).is_ready(),
        "dropped, it gives the place back"
    );

    // Below the limit there is nothing to reserve from.
    let inner = ServiceBuilder::new()
        .layer(ConcurrencyLimitLayer::new(1))
        .layer(RedirectLayer::new(to_new()))
        .service_fn(async |_: Request<Body>| Ok::<_, Infallible>(Response::<Body>::default()));
    let mut first = inner.clone();
    let mut second = inner;
    drop(first.ready().await.unwrap().call(get("/old")).await);
    assert!(poll_once(second.ready()).is_ready());
}

#[tokio::test]
async fn the_inner_service_need_not_be_clone() {
    struct NotClone;

    impl Service<Request<Body>> for NotClone {
        type Response = Response<Body>;
        type Error = Infallible;
        type Future = Ready<Result<Response<Body>, Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Request<Body>) -> Self::Future {
            ready(Ok(Response::default()))
        }
    }

    let mut service = RedirectLayer::new(to_new()).layer(NotClone);
    let answer = service
        .ready()
        .await
        .unwrap()
        .call(get("/old"))
        .await
        .unwrap();
    assert_eq!(answer.status(), 302);
    assert_eq!(service.call(get("/")).await.unwrap().status(), 200);
}

#[tokio::test]
async fn the_future_is_not_polled_twice() {
    let inner =
        service_fn(async |_: Request<Body>| Ok::<_, Infallible>(Response::<Body>::default()));
    for path in ["/old", "/gone", "/late"] {
        let mut service = RedirectService::new(inner, to_new());
        let mut future = pin!(service.call(get(path)));
        let mut context = Context::from_waker(Waker::noop());
        assert!(future.as_mut().poll(&mut context).is_ready());
        let again = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut context)));
        assert!(again.is_err(), "{path}: a finished future says so");
    }
}

#[tokio::test]
async fn a_future_after_the_answer_waits_for_it() {
    let (answer, mut inner) = oneshot::channel();
    let inner = service_fn(|request: Request<Body>| {
        assert_eq!(request.uri(), "/late");
        std::mem::replace(&mut inner, oneshot::channel().1)
    });
    let mut service = RedirectLayer::new(to_new()).layer(inner);
    let mut future = task::spawn(service.ready().await.unwrap().call(get("/late")));
    tokio_test::assert_pending!(future.poll());

    answer.send(Response::<Body>::default()).unwrap();
    assert!(future.is_woken());
    let answer = tokio_test::assert_ready_ok!(future.poll());
    assert_eq!(answer.status(), 302);
}

#[test]
fn a_panic_in_a_policy_is_the_users_and_poisons_nothing() {
    let policy = policy_fn(|request| {
        assert!(request.path() != "/boom", "the user's own");
        Some(LocalPath::from_static("/new"))
    });
    let inner =
        service_fn(|_: Request<Body>| ready(Ok::<_, Infallible>(Response::<Body>::default())));
    let mut service = RedirectLayer::found(policy).layer(inner);

    let panicked = catch_unwind(AssertUnwindSafe(|| drop(service.call(get("/boom")))));
    assert_eq!(
        panicked.unwrap_err().downcast_ref::<&str>(),
        Some(&"the user's own")
    );
    let Poll::Ready(Ok(answer)) = poll_once(service.call(get("/old"))) else {
        panic!("answers at once");
    };
    assert_eq!(answer.headers()["location"], "/new");
}

#[test]
fn auto_traits_are_those_of_the_parts() {
    use std::{marker::PhantomPinned, rc::Rc};

    fn send<T: Send>() {}
    fn sync<T: Sync>() {}
    fn unpin<T: Unpin>() {}
    // Ambiguous, and so an error, for a type that has the trait.
    macro_rules! is_not {
        ($type:ty: $trait:ident) => {{
            struct HasIt;
            trait Not<Marker> {
                fn not() {}
            }
            impl<T: ?Sized> Not<()> for T {}
            impl<T: ?Sized + $trait> Not<HasIt> for T {}
            <$type as Not<_>>::not();
        }};
    }

    type Layer = RedirectLayer<BoxPolicy<Redirect>>;
    send::<Layer>();
    sync::<Layer>();
    unpin::<Layer>();
    send::<RedirectService<(), LocalPath>>();
    sync::<RedirectService<(), LocalPath>>();
    is_not!(RedirectService<Rc<()>, LocalPath>: Send);
    is_not!(RedirectService<Rc<()>, LocalPath>: Sync);

    send::<ResponseFuture<(), ()>>();
    sync::<ResponseFuture<(), ()>>();
    unpin::<ResponseFuture<(), Body>>();
    is_not!(ResponseFuture<Rc<()>, ()>: Send);
    is_not!(ResponseFuture<(), Rc<()>>: Send);
    is_not!(ResponseFuture<std::cell::Cell<()>, ()>: Sync);
    is_not!(ResponseFuture<PhantomPinned, ()>: Unpin);

    send::<Location>();
    sync::<Location>();
    unpin::<Location>();
    send::<Redirect>();
    sync::<Redirect>();
}

#[test]
fn the_policy_trait_is_object_safe() {
    let policies: [&dyn Policy<Target = Redirect>; 2] =
        [&to_new(), &LocalPath::from_static("/").with(Status::Found)];
    let answers = policies.map(|policy| {
        tower_redirect::testing::get("/elsewhere")
            .through(policy)
            .decision()
            .is_pass()
    });
    assert_eq!(answers, [true, false]);
}
