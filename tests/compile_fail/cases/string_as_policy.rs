//! A `String` may come from anywhere; it has to become a `LocalPath` first.

use tower_redirect::RedirectLayer;

fn main() {
    RedirectLayer::temporary(String::from("/x"));
}
