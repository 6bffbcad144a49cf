//! A closure that returns text gets told what to return.

use tower_redirect::{RedirectLayer, policy_fn};

fn main() {
    RedirectLayer::found(policy_fn(|request| Some(format!("/new{}", request.path()))));
}
