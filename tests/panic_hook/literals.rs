//! A bad literal panics, and the panic names the line of the caller.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tower_redirect::{LocalPath, RedirectLayer, policy::IntoPolicy};

use crate::one_at_a_time;

#[test]
fn a_bad_literal_panics_where_it_is_handed_over() {
    let _alone = one_at_a_time();
    fn message(build: impl FnOnce()) -> String {
        let panic = catch_unwind(AssertUnwindSafe(build)).unwrap_err();
        panic.downcast_ref::<String>().unwrap().clone()
    }
    assert_eq!(
        message(|| drop(RedirectLayer::temporary("//evil.example"))),
        "\"//evil.example\": invalid location, byte 1 (`/`): browsers read `//` and `/\\` as the \
         start of a host; write a single `/`"
    );
    assert!(message(|| drop("maintenance".into_policy())).contains("begin with `/`"));
    assert!(message(|| drop(RedirectLayer::found("javascript:x"))).contains("only `http://`"));

    // The line of the caller, not one of ours.
    let hook = std::panic::take_hook();
    let (sender, lines) = std::sync::mpsc::channel();
    std::panic::set_hook(Box::new(move |info| {
        sender.send(info.location().unwrap().to_string()).unwrap();
    }));
    let here = line!();
    let _ = catch_unwind(|| drop(RedirectLayer::found("x")));
    let _ = catch_unwind(|| drop(LocalPath::from_static("x")));
    let _ = catch_unwind(|| drop("x".into_policy()));
    std::panic::set_hook(hook);
    for line in here + 1..=here + 3 {
        let at = lines.recv().unwrap();
        assert!(at.starts_with(&format!("{}:{line}:", file!())), "{at}");
    }
}
