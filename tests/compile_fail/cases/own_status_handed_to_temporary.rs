//! A policy with a status of its own cannot be handed to a constructor that names another.

use tower_redirect::{LocalPath, Redirect, RedirectLayer};

fn main() {
    RedirectLayer::temporary(Redirect::permanent(LocalPath::from_static("/x")));
}
