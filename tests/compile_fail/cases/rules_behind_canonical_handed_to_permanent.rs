//! Rules say how each of them redirects, and so does what puts them behind a canonical address.

use tower_redirect::{Canonical, Policy, RedirectLayer, Status, rules::Rules};

fn main() {
    let rules = || Rules::new([]).unwrap();
    RedirectLayer::permanent(Canonical::any_host().trim_trailing_slash().then(rules()));
    rules().with(Status::Found);
}
