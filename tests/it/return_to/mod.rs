//! R7: the address that a client names to go back to, with the `url` crate as the browser.
//!
//! `CASES` sets how many cases each property tries. See `tests/support/cases.rs`.

use http::{HeaderName, HeaderValue, Method, Request, StatusCode, Uri, header};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use proptest::{collection::vec, prelude::*, sample::select, test_runner::TestCaseError};
use serde_json::Value;
use tower_redirect::{
    LocalPath, Location, Policy, Redirect, RedirectLayer, RequestHead, Status,
    policy::{DecisionKind, LoginRedirect, ReturnTo},
    testing::{self, TestRequest},
};
use url::{Position, Url};

use crate::cases::config;

mod attacks;
mod login;
mod random;
mod read;
mod value;

const SITE: &str = "https://app.example";
const HOME: LocalPath = LocalPath::from_static("/home");
const LOGIN: LocalPath = LocalPath::from_static("/login");

fn return_to() -> ReturnTo {
    ReturnTo::new(HOME)
}

fn with_origins() -> ReturnTo {
    ["https://trusted.example", "https://*.tenant.example"]
        .into_iter()
        .chain(["https://docs.example:8443", "https://[2001:db8::1]"])
        .try_fold(return_to(), ReturnTo::allow)
        .unwrap()
}

/// Also with this site's own origin, and one for development.
fn with_own() -> ReturnTo {
    with_origins()
        .own_origin(SITE)
        .and_then(|return_to| return_to.allow_for_development("http://localhost:3000"))
        .unwrap()
}

fn sent_by(policy: &dyn Policy<Target = Location>, request: &TestRequest) -> String {
    match policy.decide(&request.head()).kind() {
        DecisionKind::Redirect(location) => location.to_string(),
        decision => panic!("{decision:?}"),
    }
}

fn decided(policy: &dyn Policy<Target = Location>, request: &Request<()>) -> String {
    match policy.decide(&RequestHead::new(request)).kind() {
        DecisionKind::Redirect(location) => location.to_string(),
        decision => panic!("{decision:?}"),
    }
}
