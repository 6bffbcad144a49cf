//! What happens to requests, told to those who watch: events, counters, and the usage of rules.
//!
//! Each costs nothing where its feature is off, and little where nobody listens.

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

/// A request goes to the inner service, and the answer of that stands.
#[inline]
pub(crate) fn passed() {
    #[cfg(feature = "metrics")]
    counters::passed();
}

/// A request is answered with a 4xx.
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

/// A policy redirects, and that is not sent.
pub(crate) fn suppressed(request: &RequestHead<'_>, redirect: &Redirect, reason: Suppressed) {
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

/// What is said of a new set that serves.
#[cfg(feature = "reload")]
pub(crate) const NEW_SET: &str = "a new set of redirects serves";

/// What is said of a set that serves once more.
#[cfg(feature = "reload")]
pub(crate) const SET_BEFORE: &str = "the set of redirects before serves again";

/// Another set serves, or one was refused and the one before serves on; with the file it came from.
#[cfg(feature = "reload")]
pub(crate) fn reloaded(path: Option<&Path>, outcome: Result<&str, &dyn fmt::Display>) {
    #[cfg(feature = "metrics")]
    counters::reloaded(outcome.is_ok());
    #[cfg(feature = "metrics")]
    if let Some(path) = path {
        counters::looked(path, outcome.is_ok());
    }
    #[cfg(feature = "tracing")]
    {
        let path = path.map(|path| tracing::field::display(Escaped(path.display())));
        match outcome {
            Ok(said) => tracing::info!(target: "tower_redirect", path, "{said}"),
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

/// A path is watched whose set serves already.
#[cfg(feature = "watch")]
pub(crate) fn watched(path: &Path) {
    #[cfg(feature = "metrics")]
    counters::looked(path, true);
    let _ = path;
}

/// What could not be read is there again, and is what was read of it last.
#[cfg(feature = "watch")]
pub(crate) fn back(path: &Path) {
    #[cfg(feature = "metrics")]
    counters::looked(path, true);
    #[cfg(feature = "tracing")]
    tracing::info!(
        target: "tower_redirect",
        path = %Escaped(path.display()),
        "what was lost is back as it was, the set of redirects that serves stays"
    );
    let _ = path;
}

/// A candidate answered otherwise than the policy that serves.
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
