//! Reports what happens to requests and rules: `tracing` events, `metrics` counters, hit counts.
//!
//! A disabled feature costs nothing. An enabled one without a subscriber or recorder costs little.
//!
//! All events have the target `tower_redirect`. `describe_metrics` lists the counters of the
//! `metrics` feature. `Rules::count_hits` counts the hits of each rule.

// Each function reports one outcome to events, counters and hit counts. For each request that gets
// a response, the service calls exactly one of `redirected`, `passed` and `refused`; `suppressed`
// comes in addition.

use std::fmt;
#[cfg(feature = "reload")]
use std::path::Path;

#[cfg(all(feature = "tracing", any(feature = "reload", feature = "rules")))]
use self::escaped::Escaped;
use crate::{
    redirect::{Redirect, Redirected, Refusal, Suppressed},
    request::RequestHead,
};

#[cfg(feature = "metrics")]
mod counters;
pub(crate) mod escaped;

#[cfg(feature = "metrics")]
pub use counters::describe_metrics;

/// Reports that a redirect is sent.
#[inline]
pub(crate) fn redirected(redirected: &Redirected) {
    #[cfg(feature = "tracing")]
    log(redirected);
    #[cfg(feature = "metrics")]
    counters::redirected(redirected);
    #[cfg(feature = "rules")]
    if let Some(rule) = &redirected.rule {
        rule.count_hit();
    }
    #[cfg(not(any(feature = "tracing", feature = "metrics", feature = "rules")))]
    let _ = redirected;
}

#[cfg(feature = "tracing")]
fn log(redirected: &Redirected) {
    #[cfg(feature = "rules")]
    if let Some(rule) = &redirected.rule {
        tracing::debug!(
            target: "tower_redirect",
            status = redirected.status.as_u16(),
            location = redirected.location.as_str(),
            rule = %Escaped(rule.id()),
            rule_number = rule.number(),
            file = rule.file(),
            line = rule.line(),
            "redirected"
        );
        return;
    }
    tracing::debug!(
        target: "tower_redirect",
        status = redirected.status.as_u16(),
        location = redirected.location.as_str(),
        "redirected"
    );
}

/// Reports that a request gets the inner service's response, or its error.
#[inline]
pub(crate) fn passed() {
    #[cfg(feature = "metrics")]
    counters::passed();
}

/// Reports that a request gets a 4xx.
pub(crate) fn refused(refusal: &Refusal) {
    #[cfg(feature = "tracing")]
    tracing::debug!(
        target: "tower_redirect",
        reason = refusal.reason(),
        status = refusal.status().as_u16(),
        "refused"
    );
    #[cfg(feature = "metrics")]
    counters::refused(refusal);
    #[cfg(not(any(feature = "tracing", feature = "metrics")))]
    let _ = refusal;
}

/// Reports that a redirect isn't sent.
pub(crate) fn suppressed(request: &RequestHead<'_>, redirect: &Redirect, reason: Suppressed) {
    // `after_success` and a safe method: this is how the redirect is meant to work.
    if reason == Suppressed::OtherMethods {
        return;
    }
    #[cfg(feature = "tracing")]
    log_suppressed(request, redirect, reason);
    #[cfg(feature = "metrics")]
    counters::suppressed(reason);
    let _ = (request, redirect);
}

#[cfg(feature = "tracing")]
fn log_suppressed(request: &RequestHead<'_>, redirect: &Redirect, reason: Suppressed) {
    let status = redirect.status(request.method(), request.version());
    #[cfg(feature = "rules")]
    if let Some(rule) = &redirect.rule {
        tracing::debug!(
            target: "tower_redirect",
            %reason,
            status = status.as_u16(),
            location = redirect.location.as_str(),
            rule = %Escaped(rule.id()),
            rule_number = rule.number(),
            file = rule.file(),
            line = rule.line(),
            "redirect suppressed"
        );
        return;
    }
    tracing::debug!(
        target: "tower_redirect",
        %reason,
        status = status.as_u16(),
        location = redirect.location.as_str(),
        "redirect suppressed"
    );
}

/// The message for a new policy that is active.
#[cfg(feature = "reload")]
pub(crate) const RELOADED: &str = "a new set of redirects serves";

/// The message for the previous policy that is active again.
#[cfg(feature = "reload")]
pub(crate) const ROLLED_BACK: &str = "the set of redirects before serves again";

/// Reports that another policy is active (with its message), or that one was rejected.
///
/// `path` is the watched file or folder that it came from.
#[cfg(feature = "reload")]
pub(crate) fn reloaded(path: Option<&Path>, outcome: Result<&str, &dyn fmt::Display>) {
    #[cfg(feature = "metrics")]
    counters::reloaded(outcome.is_ok());
    #[cfg(feature = "metrics")]
    if let Some(path) = path {
        counters::set_last_reload_good(path, outcome.is_ok());
    }
    #[cfg(feature = "tracing")]
    {
        let path = path.map(|path| tracing::field::display(Escaped(path.display())));
        match outcome {
            Ok(message) => tracing::info!(target: "tower_redirect", path, "{message}"),
            Err(error) => tracing::warn!(
                target: "tower_redirect",
                path,
                %error,
                "a set of redirects was refused, the one before serves on"
            ),
        }
    }
    let _ = (path, outcome);
}

/// Reports that a watch has started on a path whose policy is already active.
#[cfg(feature = "watch")]
pub(crate) fn watched(path: &Path) {
    #[cfg(feature = "metrics")]
    counters::set_last_reload_good(path, true);
    let _ = path;
}

/// Reports that a lost path is readable again, with the contents that are active.
#[cfg(feature = "watch")]
pub(crate) fn back(path: &Path) {
    #[cfg(feature = "metrics")]
    counters::set_last_reload_good(path, true);
    #[cfg(feature = "tracing")]
    tracing::info!(
        target: "tower_redirect",
        path = %Escaped(path.display()),
        "what was lost is back as it was, the set of redirects that serves stays"
    );
    let _ = path;
}

/// Reports that a candidate decided differently from the live policy.
pub(crate) fn differed(
    request: &RequestHead<'_>,
    live: &dyn fmt::Display,
    candidate: &dyn fmt::Display,
) {
    #[cfg(feature = "tracing")]
    tracing::debug!(
        target: "tower_redirect",
        method = request.method().as_str(),
        path = request.path(),
        %live,
        %candidate,
        "the candidate answers differently"
    );
    #[cfg(feature = "metrics")]
    counters::differed();
    let _ = (request, live, candidate);
}
