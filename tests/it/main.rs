//! The integration tests: one binary, one module per subject.
//!
//! Tests that own the state of a process (a panic hook, a subscriber, a recorder, an allocator) are binaries of
//! their own beside this folder. Tests that need more than the crate's few dev-dependencies are packages there.

#[path = "../support/cases.rs"]
mod cases;
#[path = "../naive/mod.rs"]
mod naive;

mod after_the_response;
mod append;
mod architecture;
mod attacks;
mod axum;
mod canonical;
mod carets_of_lines;
mod check_routes;
mod contract;
mod convert;
mod findings;
mod formats;
mod formats_any;
mod formats_carets;
mod formats_hostile;
mod formats_rewrite;
mod http2;
mod location;
mod login;
mod native;
mod next_request;
mod observe;
mod policies;
mod properties;
mod refusal_text;
mod reload;
mod replaced_cache;
mod response_body;
mod return_to;
mod rules;
mod rules_check;
mod rules_diff;
mod rules_properties;
mod safe_anywhere;
mod shadow;
mod status;
mod summary;
mod then;
mod trust;
mod unauthorized;
mod usage;
mod watch;
