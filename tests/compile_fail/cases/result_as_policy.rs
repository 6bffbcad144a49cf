//! A constructor that can fail gives a `Result`: the message says that `?` is missing.

use tower_redirect::{Canonical, RedirectLayer};

fn main() {
    RedirectLayer::permanent(Canonical::host("example.com"));
}
