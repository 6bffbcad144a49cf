//! Policies: what holds them, what combines them, what closures may return, who wins.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use http::{Method, Version};
use tower_redirect::{
    Decision, LocalPath, Location, Policy, Redirect, RedirectLayer, Status,
    policy::{BoxPolicy, Refusal},
    policy_fn,
    status::{Intent, StatusChoice},
    testing,
};

const A: LocalPath = LocalPath::from_static("/a");
const B: LocalPath = LocalPath::from_static("/b");

fn only(path: &'static str, to: LocalPath) -> impl Policy<Target = Location> + Clone {
    policy_fn(move |request| (request.path() == path).then(|| to.clone()))
}

#[test]
fn the_first_answer_wins_everywhere() {
    fn check(policy: &impl Policy<Target = Location>) {
        testing::get("/1").through(policy).assert_redirect("/a");
        testing::get("/2").through(policy).assert_redirect("/b");
        testing::get("/3").through(policy).assert_pass();
    }
    let (first, second, shadowed) = (only("/1", A), only("/2", B), only("/1", B));
    check(&first.clone().or(second.clone()).or(shadowed.clone()));
    check(&(first.clone(), second.clone(), shadowed.clone()));
    check(&vec![
        first.clone().boxed(),
        second.clone().boxed(),
        shadowed.clone().boxed(),
    ]);
    check(&[
        first.clone().boxed(),
        second.clone().boxed(),
        shadowed.boxed(),
    ]);
    check(&Arc::new((&first, Box::new(&second))));
    check(&(None::<Location>, Some((first, second)), None::<LocalPath>));
}

#[test]
fn nobody_is_asked_after_an_answer() {
    let asked = AtomicUsize::new(0);
    let counting = policy_fn(|_| {
        asked.fetch_add(1, Ordering::Relaxed);
        None::<Location>
    });
    let refuse = policy_fn(|_| Decision::<Location>::refuse(Refusal::forbidden("no")));
    let policy = (&counting, &refuse, &counting, &counting);
    testing::get("/")
        .through(&policy)
        .assert_refused(http::StatusCode::FORBIDDEN);
    testing::get("/")
        .through(&refuse.or(&counting))
        .assert_refused(http::StatusCode::FORBIDDEN);
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[test]
fn empty_holders_pass() {
    testing::get("/").through(&None::<LocalPath>).assert_pass();
    testing::get("/")
        .through(&Vec::<Redirect>::new())
        .assert_pass();
    testing::get("/")
        .through(&[0; 0].map(|_: u8| A))
        .assert_pass();
    testing::get("/").through::<[LocalPath]>(&[]).assert_pass();
}

#[test]
fn tuples_of_eight() {
    let pass = || only("/never", A);
    let policy = (pass(), pass(), pass(), pass(), pass(), pass(), pass(), B);
    testing::get("/").through(&policy).assert_redirect("/b");
}

#[test]
fn conditions() {
    let phone = A.when(|request| request.header("x-phone").is_some());
    let policy = phone.unless(|request| request.method() == Method::POST);
    testing::get("/")
        .header("x-phone", "1")
        .through(&policy)
        .assert_redirect("/a");
    testing::post("/")
        .header("x-phone", "1")
        .through(&policy)
        .assert_pass();
    testing::get("/").through(&policy).assert_pass();
}

#[test]
fn closures_return_what_reads_best() {
    testing::get("/")
        .through(&policy_fn(|_| Some(A)))
        .assert_redirect("/a");
    testing::get("/")
        .through(&policy_fn(|_| Some(Location::from(A))))
        .assert_redirect("/a");
    testing::get("/")
        .through(&policy_fn(|_| Some(Redirect::found(A))))
        .assert_redirect("/a")
        .assert_status(Status::Found);
    testing::get("/")
        .through(&policy_fn(|_| Decision::redirect(A)))
        .assert_redirect("/a");
    testing::get("/")
        .through(&policy_fn(|_| Decision::redirect(Location::from(A))))
        .assert_redirect("/a");
    testing::get("/")
        .through(&policy_fn(|_| Decision::<Redirect>::pass()))
        .assert_pass();
}

/// Everything that the constructors take infers, without a type written down.
#[test]
fn constructors_infer() {
    let boxed: BoxPolicy<Location> = A.boxed();
    let shared: Arc<dyn Policy<Target = Location>> = Arc::new(A);
    drop(RedirectLayer::temporary("/a"));
    drop(RedirectLayer::temporary(A));
    drop(RedirectLayer::temporary(&A));
    drop(RedirectLayer::found(policy_fn(|_| Some(A))));
    drop(RedirectLayer::see_other(boxed));
    drop(RedirectLayer::permanent(shared));
    drop(RedirectLayer::moved_permanently(Some(A)));
    drop(RedirectLayer::for_intent(Intent::Permanent, vec![A, B]));
    drop(RedirectLayer::temporary((
        A,
        policy_fn(|_| None::<LocalPath>),
    )));
    drop(RedirectLayer::new(Redirect::found(A)));
    drop(RedirectLayer::new(A.with(Status::Found)));
    drop(RedirectLayer::new(A.with(Intent::SeeOther)));
    drop(RedirectLayer::new(policy_fn(|_| Some(Redirect::found(A)))));
    drop(RedirectLayer::new(vec![
        Redirect::found(A),
        Redirect::permanent(B),
    ]));
}

#[test]
fn intents_pick_the_status() {
    use Intent::{Permanent, SeeOther, Temporary};
    let (get, head, post, put) = (Method::GET, Method::HEAD, Method::POST, Method::PUT);
    let query = Method::from_bytes(b"QUERY").unwrap();
    for (intent, version, statuses) in [
        (Temporary, Version::HTTP_11, [302, 302, 307, 307, 307]),
        (Temporary, Version::HTTP_10, [302, 302, 307, 307, 307]),
        (Temporary, Version::HTTP_2, [302, 302, 307, 307, 307]),
        (Permanent, Version::HTTP_11, [301, 301, 308, 308, 308]),
        (Permanent, Version::HTTP_10, [301, 301, 308, 308, 308]),
        (SeeOther, Version::HTTP_11, [303, 303, 303, 303, 303]),
        (SeeOther, Version::HTTP_3, [303, 303, 303, 303, 303]),
        (SeeOther, Version::HTTP_10, [302, 302, 302, 303, 303]),
        (SeeOther, Version::HTTP_09, [302, 302, 302, 303, 303]),
    ] {
        for (method, status) in [&get, &head, &post, &put, &query].into_iter().zip(statuses) {
            let got = StatusChoice::from(intent).status(method, version).as_u16();
            assert_eq!(got, status, "{intent:?} {method} {version:?}");
        }
    }
}

#[test]
fn a_policy_of_ones_own_is_a_value() {
    #[derive(Debug)]
    struct Closed {
        open: bool,
    }

    impl Policy for Closed {
        type Target = Redirect;

        fn decide(&self, _: &tower_redirect::RequestHead<'_>) -> Decision {
            if self.open {
                Decision::pass()
            } else {
                Decision::redirect(Redirect::temporary(A))
            }
        }
    }

    testing::get("/")
        .through(&Closed { open: true })
        .assert_pass();
    testing::get("/")
        .through(&Closed { open: false })
        .assert_status(Status::TemporaryRedirect);
    assert!(format!("{:?}", RedirectLayer::new(Closed { open: true })).contains("open: true"));
}
