//! A policy that is changed while requests are served.

use std::{
    convert::Infallible,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Barrier,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use http::{Request, Response, StatusCode, header};
use tower::{Layer, ServiceExt, service_fn};
use tower_redirect::{
    Decision, LocalPath, Location, Policy, Redirect, RedirectLayer, RequestHead,
    live::{ReloadHandle, Reloadable},
    policy::DecisionKind,
    policy_fn,
    rules::{PathMap, Rule, Rules, netlify},
    testing,
};

/// Where a policy leads.
fn place(policy: &impl Policy<Target = Location>) -> String {
    let request = Request::get("/").body(()).unwrap();
    match policy.decide(&RequestHead::new(&request)).kind() {
        DecisionKind::Redirect(location) => location.to_string(),
        other => panic!("no redirect: {other:?}"),
    }
}

fn path(number: usize) -> LocalPath {
    LocalPath::new(&format!("/{number}")).unwrap()
}

#[test]
fn handles_and_policies_go_between_threads() {
    fn check<T: Clone + Send + Sync + 'static>(_: &T) {}
    let (policy, handle) = Reloadable::new(Rules::new([]).unwrap());
    check(&policy);
    check(&handle);
    assert_eq!(
        format!("{policy:?} {handle:?}"),
        "Reloadable(Rules { rules: 0, precedence: FirstMatch, .. }) \
         ReloadHandle(Rules { rules: 0, precedence: FirstMatch, .. })"
    );
}

#[test]
fn any_policy_can_be_changed() {
    // One that says where and how, one that says where, a combined one, and one in another.
    let (rules, handle) = Reloadable::new(Rules::new([]).unwrap());
    testing::get("/a").through(&rules).assert_pass();
    handle.store(Rules::new([Rule::permanent("/a", "/b")]).unwrap());
    testing::get("/a").through(&rules).assert_redirect("/b");

    let (paths, handle) = Reloadable::new(PathMap::new([("/a", "/b")]).unwrap());
    let layer = RedirectLayer::permanent(paths);
    handle.store(PathMap::new([("/a", "/c")]).unwrap());
    testing::get("/a")
        .through_layer(&layer)
        .assert_redirect("/c");

    let (closure, handle) =
        Reloadable::new(policy_fn(|_| Some(LocalPath::from_static("/"))).boxed());
    let around = closure.or(path(1));
    testing::get("/a").through(&around).assert_redirect("/");
    handle.store(None::<LocalPath>.boxed());
    testing::get("/a").through(&around).assert_redirect("/1");
}

#[test]
fn an_error_leaves_the_set_before() {
    let (policy, handle) = Reloadable::new(netlify::parse("/a /b").unwrap());
    let error = handle.try_update(|_| netlify::parse("/a")).unwrap_err();
    assert!(error.has_errors());
    testing::get("/a").through(&policy).assert_redirect("/b");
    assert!(!handle.rollback(), "nothing was changed");

    handle.try_update(|_| netlify::parse("/a /c")).unwrap();
    testing::get("/a").through(&policy).assert_redirect("/c");
    // A condition that is left out is no error.
    handle
        .try_update(|_| netlify::parse("/a /d\n/x /y 200"))
        .unwrap();
    testing::get("/a").through(&policy).assert_redirect("/d");
}

#[test]
fn one_set_is_kept_to_go_back_to() {
    let (policy, handle) = Reloadable::new(path(0));
    assert!(!handle.rollback());
    handle.store(path(1));
    handle.store(path(2));
    assert!(handle.rollback());
    assert_eq!(place(&policy), "/1");
    assert!(!handle.rollback(), "one is kept, and 2 was given up");
    assert_eq!(place(&policy), "/1");
    handle.store(path(3));
    assert!(handle.clone().rollback());
    assert_eq!(place(&policy), "/1");
}

#[test]
fn sets_are_freed_when_nobody_can_go_back_to_them() {
    let (policy, handle) = Reloadable::new(path(0));
    let sets: Vec<_> = (1..=3).map(|number| Arc::new(path(number))).collect();
    for set in &sets {
        handle.store(Arc::clone(set));
    }
    let held: Vec<_> = sets.iter().map(Arc::strong_count).collect();
    assert_eq!(held, [1, 2, 2]);
    assert!(handle.rollback());
    let held: Vec<_> = sets.iter().map(Arc::strong_count).collect();
    assert_eq!(held, [1, 2, 1]);
    drop((policy, handle));
    assert!(sets.iter().all(|set| Arc::strong_count(set) == 1));
}

#[test]
fn a_panic_leaves_everything_usable() {
    let (policy, handle) = Reloadable::new(path(0));
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        handle.try_update(|_| -> Result<LocalPath, Infallible> { panic!("on purpose") })
    }));
    outcome.unwrap_err();
    assert_eq!(place(&policy), "/0");
    assert!(!handle.rollback());
    handle.try_update(|_| Ok::<_, Infallible>(path(1))).unwrap();
    handle.store(path(2));
    assert_eq!(place(&policy), "/2");
    assert!(handle.rollback());
    assert_eq!(place(&policy), "/1");
}

#[test]
fn writers_take_turns() {
    const WRITERS: usize = 4;
    const EACH: usize = 500;
    let (policy, handle) = Reloadable::new(path(0));
    thread::scope(|scope| {
        for _ in 0..WRITERS {
            let handle = handle.clone();
            scope.spawn(move || {
                for _ in 0..EACH {
                    let next = |current: &LocalPath| {
                        let number: usize = current.as_str()[1..].parse().unwrap();
                        thread::yield_now();
                        Ok::<_, Infallible>(path(number + 1))
                    };
                    handle.try_update(next).unwrap();
                }
            });
        }
    });
    assert_eq!(place(&policy), format!("/{}", WRITERS * EACH));
}

/// Two halves that name the number of their set; a request that saw two sets would get two numbers.
#[test]
fn a_request_sees_one_set() {
    type Halves = (usize, usize);
    #[derive(Debug)]
    struct Twice(Halves);
    impl Policy for Twice {
        type Target = Location;

        fn decide(&self, _: &RequestHead<'_>) -> Decision<Location> {
            let first = self.0.0;
            thread::yield_now();
            let target = format!("/{first}/{}", self.0.1);
            Decision::redirect(LocalPath::new(&target).unwrap().into())
        }
    }

    const SETS: usize = 2_000;
    let (policy, handle) = Reloadable::new(Twice((0, 0)));
    let (done, asked) = (AtomicBool::new(false), AtomicUsize::new(0));
    let start = Barrier::new(3);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                start.wait();
                let mut newest = 0;
                while !done.load(Ordering::Acquire) {
                    let place = place(&policy);
                    let (first, second) = place[1..].split_once('/').unwrap();
                    assert_eq!(first, second);
                    let number: usize = first.parse().unwrap();
                    assert!(number >= newest, "{number} after {newest}");
                    newest = number;
                    asked.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        start.wait();
        for number in 1..=SETS {
            handle.store(Twice((number, number)));
            if number % 100 == 0 {
                // On one core, too, both have to get their turn.
                let before = asked.load(Ordering::Relaxed);
                while asked.load(Ordering::Relaxed) == before {
                    thread::yield_now();
                }
            }
        }
        done.store(true, Ordering::Release);
    });
    assert_eq!(place(&policy), format!("/{SETS}/{SETS}"));
}

/// The set is changed while the inner service is at work; the redirect is the one that was decided on.
#[tokio::test]
async fn an_answer_that_waits_keeps_its_set() {
    fn set(to: LocalPath) -> impl Policy<Target = Redirect> + use<> {
        Redirect::see_other(to).after(StatusCode::NOT_FOUND)
    }
    async fn ask<P: Policy<Target = Redirect>>(
        policy: Reloadable<P>,
        handle: ReloadHandle<P>,
        next: impl Fn() -> P + Clone,
    ) -> String {
        let app = RedirectLayer::new(policy).layer(service_fn(move |_: Request<()>| {
            handle.store(next());
            let answer = Response::builder().status(StatusCode::NOT_FOUND);
            async { Ok::<_, Infallible>(answer.body(String::new()).unwrap()) }
        }));
        let answer = app.oneshot(Request::new(())).await.unwrap();
        let location = &answer.headers()[header::LOCATION];
        location.to_str().unwrap().to_owned()
    }
    let (policy, handle) = Reloadable::new(set(path(0)));
    let asked = || ask(policy.clone(), handle.clone(), || set(path(1)));
    assert_eq!(asked().await, "/0");
    assert_eq!(asked().await, "/1");
}
