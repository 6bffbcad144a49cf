//! What a policy closure returns has to be a safe location.

use tower_redirect::policy_fn;

fn main() {
    policy_fn(|_| Some("/x"));
}
