//! Reports what happens to requests and rules: `tracing` events, `metrics` counters, hit counts.
//!
//! A disabled feature costs nothing. An enabled one without a subscriber or recorder costs little.
//!
//! # Events
//!
//! The `tracing` feature adds these events, with the target `tower_redirect`:
//!
//! | level | message | fields |
//! |---|---|---|
//! | debug | redirected | `status`, `location`, and for a rule: `rule`, `rule_number`, `file`, `line` |
//! | debug | redirect suppressed | `reason`, and the fields of "redirected" |
//! | debug | refused | `reason`, `status`, and for a rule: `rule`, `rule_number`, `file`, `line` |
//! | debug | the candidate decides differently | `method`, `path`, `live`, `candidate` |
//! | info | reloaded | `path`, and for rules that a watch reads: `active` |
//! | info | rolled back to the previous rules | |
//! | warn | rejected, keeping the previous rules | `path`, `error` |
//! | warn | cannot be read, keeping the previous rules | `path`, `error` |
//! | info | readable again and unchanged, keeping the active rules | `path` |
//! | error | the `on_reload` callback panicked, the watch continues | `panic` |
//!
//! The warnings of a rules file that [`watch`](crate::live::watch) reloads are events at level
//! warn. The `trust` feature adds an event for what a proxy reports, at level trace, and one at
//! level warn if the peer address is unknown. The 401 that a script gets instead of a redirect to
//! the login page is a "refused" event.
//!
//! # Counters
//!
//! `describe_metrics` lists the counters of the `metrics` feature. `Rules::count_hits` counts the
//! hits of each rule.

// Each function reports one outcome to events, counters and hit counts. For each request that gets
// a response, the service calls exactly one of `redirected`, `passed`, `refused` and
// `unauthorized`; `suppressed` comes in addition.

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
    log_refusal(refusal);
    #[cfg(feature = "metrics")]
    counters::refused(refusal);
    #[cfg(feature = "rules")]
    if let Some(rule) = refusal.rule() {
        rule.count_hit();
    }
    #[cfg(not(any(feature = "tracing", feature = "metrics", feature = "rules")))]
    let _ = refusal;
}

#[cfg(feature = "tracing")]
fn log_refusal(refusal: &Refusal) {
    #[cfg(feature = "rules")]
    if let Some(rule) = refusal.rule() {
        tracing::debug!(
            target: "tower_redirect",
            reason = refusal.reason(),
            status = refusal.status().as_u16(),
            rule = %Escaped(rule.id()),
            rule_number = rule.number(),
            file = rule.file(),
            line = rule.line(),
            "refused"
        );
        return;
    }
    tracing::debug!(
        target: "tower_redirect",
        reason = refusal.reason(),
        status = refusal.status().as_u16(),
        "refused"
    );
}

/// Reports that a script gets a 401 instead of a redirect to the login page.
///
/// It's a refusal, not a redirect. A rule that matched counts its hit.
pub(crate) fn unauthorized(redirected: &Redirected) {
    refused(&Refusal::LOGIN_REQUIRED);
    #[cfg(feature = "rules")]
    if let Some(rule) = &redirected.rule {
        rule.count_hit();
    }
    #[cfg(not(feature = "rules"))]
    let _ = redirected;
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

/// The outcome of a reload.
#[cfg(feature = "reload")]
#[derive(Clone, Copy)]
#[cfg_attr(
    not(feature = "tracing"),
    expect(dead_code, reason = "only `tracing` logs the errors")
)]
pub(crate) enum ReloadOutcome<'a> {
    /// A new policy is active; how many rules it has, if it has rules.
    Reloaded(Option<&'a str>),
    /// The previous policy is active again.
    RolledBack,
    /// A new policy was rejected; why.
    Rejected(&'a dyn fmt::Display),
    /// The watched path can't be read; why.
    #[cfg(feature = "watch")]
    Lost(&'a dyn fmt::Display),
}

/// Reports a reload. `path` is the watched file or folder, if the reload came from one.
#[cfg(feature = "reload")]
pub(crate) fn reloaded(path: Option<&Path>, outcome: ReloadOutcome<'_>) {
    #[cfg(feature = "metrics")]
    {
        let is_good = matches!(
            outcome,
            ReloadOutcome::Reloaded(_) | ReloadOutcome::RolledBack
        );
        counters::reloaded(is_good);
        if let Some(path) = path {
            counters::set_last_reload_good(path, is_good);
        }
    }
    #[cfg(feature = "tracing")]
    {
        let path = path.map(|path| tracing::field::display(Escaped(path.display())));
        match outcome {
            ReloadOutcome::Reloaded(active) => {
                tracing::info!(target: "tower_redirect", path, active, "reloaded");
            }
            ReloadOutcome::RolledBack => tracing::info!(
                target: "tower_redirect",
                path,
                "rolled back to the previous rules"
            ),
            ReloadOutcome::Rejected(error) => tracing::warn!(
                target: "tower_redirect",
                path,
                %error,
                "rejected, keeping the previous rules"
            ),
            #[cfg(feature = "watch")]
            ReloadOutcome::Lost(error) => tracing::warn!(
                target: "tower_redirect",
                path,
                %error,
                "cannot be read, keeping the previous rules"
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
        "readable again and unchanged, keeping the active rules"
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
        "the candidate decides differently"
    );
    #[cfg(feature = "metrics")]
    counters::differed();
    let _ = (request, live, candidate);
}
