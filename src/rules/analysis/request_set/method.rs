//! The method with which a client follows a redirect.

use http::Method;

use crate::{
    rules::methods::Methods,
    status::{Intent, Status, StatusChoice},
};

/// Returns `true` if a client may follow a redirect with GET in place of another method.
pub(super) fn may_become_get(how: StatusChoice, methods: &Methods) -> bool {
    match how {
        StatusChoice::Status(Status::TemporaryRedirect | Status::PermanentRedirect) => false,
        StatusChoice::Status(Status::SeeOther) | StatusChoice::Intent(Intent::SeeOther) => {
            !methods.is_subset(&Methods::only([Method::GET, Method::HEAD]))
        }
        StatusChoice::Status(_) | StatusChoice::Intent(_) => methods.contains(&Method::POST),
    }
}

/// Returns the methods of the next request.
pub(super) fn next_methods(how: StatusChoice, methods: &Methods) -> Methods {
    let status = match how {
        StatusChoice::Status(status) => status,
        StatusChoice::Intent(intent) => intent.strict_status(),
    };
    let next = methods.list.iter().map(|method| status.next_method(method));
    match (methods.is_excluded, status) {
        (false, _) => Methods::only(next),
        (true, Status::SeeOther) => Methods::only([Method::GET, Method::HEAD]),
        (true, Status::TemporaryRedirect | Status::PermanentRedirect) => methods.clone(),
        // Another method becomes GET.
        (true, Status::MovedPermanently | Status::Found) => {
            let is_left_out = |method: &&Method| **method != Method::GET;
            Methods::all_except(methods.list.iter().filter(is_left_out).cloned())
        }
    }
}
