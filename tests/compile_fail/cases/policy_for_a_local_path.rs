//! A policy with `Target = LocalPath` gets told what to write, and nothing about statuses it doesn't choose.

use tower_redirect::{Decision, LocalPath, Policy, RedirectLayer, RequestHead};

struct Moved;

impl Policy for Moved {
    type Target = LocalPath;

    fn decide(&self, _: &RequestHead<'_>) -> Decision<LocalPath> {
        Some(LocalPath::from_static("/new")).into()
    }
}

fn main() {
    RedirectLayer::permanent(Moved);
}
