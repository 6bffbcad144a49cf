//! A `String` may come from anywhere: it has to become a `LocalPath` first.

use tower_redirect::policy::LoginRedirect;

fn main() {
    LoginRedirect::to(String::from("/login"));
}
