//! The counters of the `metrics` feature.
//!
//! [`describe_metrics`] documents names and labels. Labels take rule names and sources, never text
//! of a request: a client can't create new series.

use std::cell::Cell;
#[cfg(feature = "reload")]
use std::path::Path;

use metrics::{Counter, Key, Label, Level, Metadata, Unit, describe_counter, describe_gauge};

use crate::{
    redirect::{Exemption, Redirected, Refusal, Suppressed},
    status::Status,
};

const REDIRECTS: &str = "tower_redirect_redirects_total";
const PASSES: &str = "tower_redirect_passes_total";
const REFUSALS: &str = "tower_redirect_refusals_total";
const SUPPRESSED: &str = "tower_redirect_suppressed_total";
const RELOADS: &str = "tower_redirect_reloads_total";
const LAST_RELOAD_GOOD: &str = "tower_redirect_last_reload_good";
const DIFFERENCES: &str = "tower_redirect_differences_total";

const REASONS: [(Suppressed, &str); 6] = [
    (Suppressed::SelfTarget, "loop"),
    (Suppressed::Exempt(Exemption::Preflight), "preflight"),
    (Suppressed::Exempt(Exemption::WebSocket), "websocket"),
    (Suppressed::Exempt(Exemption::Connect), "connect"),
    (Suppressed::Exempt(Exemption::NoPath), "no_path"),
    (Suppressed::Unsendable, "unsendable"),
];

/// Describes the metrics of this crate to the recorder of the `metrics` facade.
///
/// Call it once, after you install the recorder. The recorder must be built for version 0.24 of the
/// facade.
///
/// ```
/// tower_redirect::observe::describe_metrics();
/// ```
///
/// # Metrics
///
/// All are counters, except `tower_redirect_last_reload_good`, which is a gauge.
///
/// | name | labels | counts |
/// |---|---|---|
/// | `tower_redirect_redirects_total` | `status`, `rule` | redirects that were sent, including those that replace the app's response |
/// | `tower_redirect_passes_total` | | requests that passed through to the app and got its response |
/// | `tower_redirect_refusals_total` | `status`, `rule` | requests that were refused |
/// | `tower_redirect_suppressed_total` | `reason` | redirects that weren't sent; the request counts as a pass or a refusal, too |
/// | `tower_redirect_reloads_total` | `outcome` | reloads: `good` if the new rules are active, `bad` if they were rejected; a rollback is good, a lost path is bad |
/// | `tower_redirect_last_reload_good` | `path` | 1 if the last rules that were read from a watched path are active, 0 if they were rejected or the path is lost |
/// | `tower_redirect_differences_total` | | requests for which a candidate (`Shadow`) decided differently |
///
/// The sum of redirects, passes and refusals is the number of requests to a layer. The exception is
/// a redirect that waits for the app's response: if the client leaves meanwhile, the request isn't
/// counted. Two layers count a request twice.
///
/// # Labels
///
/// | label | values |
/// |---|---|
/// | `status` | 301, 302, 303, 307, 308; for refusals, the 4xx of the rule or the policy, or 401 for a script that isn't redirected to the login page |
/// | `rule` | the name of the rule; the first 100 bytes of its source if it has no name (`MatchedRule::id`); empty if the redirect or the refusal comes from no rule |
/// | `reason` | `loop`, `preflight`, `websocket`, `connect`, `no_path`, `unsendable` |
/// | `outcome` | `good`, `bad` |
/// | `path` | the absolute path that is watched |
///
/// - No label contains text of a request.
/// - Each rule that redirects or refuses is a series. In a large table, give the same name to all
///   rules that you want to count as one.
/// - Rules with the same source, but other methods or conditions, share a series unless they have
///   names. `Rules::usage` and the `tracing` events distinguish them.
/// - A recorder keeps the series of rules that a reload has removed. Everyone who can read the
///   recorder sees the sources.
///
/// # When they start
///
/// - Counters without `rule` and `status` start at zero when you call this function. A monitor
///   therefore sees the first bad reload as a change.
/// - The other counters exist from their first count, and the gauge from the first rules of its
///   path.
/// - The service uses the recorder that is installed when it handles the request. Without a
///   recorder, counting allocates nothing.
pub fn describe_metrics() {
    for (name, description) in [
        (REDIRECTS, "Redirects sent"),
        (PASSES, "Requests that passed through to the app"),
        (REFUSALS, "Requests refused"),
        (SUPPRESSED, "Redirects not sent"),
        (RELOADS, "Reloads of the rules, good or bad"),
        (
            DIFFERENCES,
            "Requests for which the candidate decided differently",
        ),
    ] {
        describe_counter!(name, Unit::Count, description);
    }
    describe_gauge!(
        LAST_RELOAD_GOOD,
        "1 if the last read of a watched path is active, 0 if not"
    );
    let outcomes = ["good", "bad"].map(|outcome| (RELOADS, "outcome", outcome));
    let reasons = REASONS.map(|(_, label)| (SUPPRESSED, "reason", label));
    for (name, label, value) in outcomes.into_iter().chain(reasons) {
        register(&Key::from_parts(name, vec![Label::new(label, value)])).increment(0);
    }
    for name in [PASSES, DIFFERENCES] {
        register(&Key::from_static_name(name)).increment(0);
    }
}

pub(super) fn redirected(redirected: &Redirected) {
    let status = match redirected.status {
        Status::MovedPermanently => "301",
        Status::Found => "302",
        Status::SeeOther => "303",
        Status::TemporaryRedirect => "307",
        Status::PermanentRedirect => "308",
    };
    #[cfg(feature = "rules")]
    if let Some(rule) = &redirected.rule {
        count_by_rule(REDIRECTS, status, &rule.id().pieces());
        return;
    }
    count_by_rule(REDIRECTS, status, &[]);
}

#[inline]
pub(super) fn passed() {
    static KEY: Key = Key::from_static_name(PASSES);
    increment(&KEY);
}

pub(super) fn refused(refusal: &Refusal) {
    let status = refusal.status();
    #[cfg(feature = "rules")]
    if let Some(rule) = refusal.rule() {
        count_by_rule(REFUSALS, status.as_str(), &rule.id().pieces());
        return;
    }
    count_by_rule(REFUSALS, status.as_str(), &[]);
}

pub(super) fn suppressed(reason: Suppressed) {
    if let Some((_, label)) = REASONS.iter().find(|(other, _)| *other == reason) {
        count(SUPPRESSED, &[("reason", &[label])]);
    }
}

#[cfg(feature = "reload")]
pub(super) fn reloaded(good: bool) {
    let outcome = if good { "good" } else { "bad" };
    count(RELOADS, &[("outcome", &[outcome])]);
}

/// Sets the gauge of a watched path.
#[cfg(feature = "reload")]
pub(super) fn set_last_reload_good(path: &Path, good: bool) {
    let path = Label::new("path", path.to_string_lossy().into_owned());
    let key = Key::from_parts(LAST_RELOAD_GOOD, vec![path]);
    let gauge = metrics::with_recorder(|recorder| recorder.register_gauge(&key, &METADATA));
    gauge.set(if good { 1.0 } else { 0.0 });
}

pub(super) fn differed() {
    static KEY: Key = Key::from_static_name(DIFFERENCES);
    increment(&KEY);
}

fn increment(key: &Key) {
    register(key).increment(1);
}

static METADATA: Metadata<'static> =
    Metadata::new("tower_redirect", Level::INFO, Some(module_path!()));

fn register(key: &Key) -> Counter {
    metrics::with_recorder(|recorder| recorder.register_counter(key, &METADATA))
}

thread_local! {
    /// The memory of the previous labels. Counting a response reuses it, and so allocates nothing.
    static SCRATCH: Cell<(Vec<Label>, Vec<String>)> =
        const { Cell::new((Vec::new(), Vec::new())) };
}

fn count_by_rule(name: &'static str, status: &str, rule: &[&str]) {
    count(name, &[("status", &[status]), ("rule", rule)]);
}

/// Increments a counter with labels whose values come in pieces.
fn count(name: &'static str, values: &[(&'static str, &[&str])]) {
    let (mut labels, mut texts) = SCRATCH.take();
    for (label, pieces) in values {
        let mut text = texts.pop().unwrap_or_default();
        text.clear();
        // Formatting the value with `fmt` would make a counted redirect cost a third more.
        text.extend(pieces.iter().copied());
        labels.push(Label::new(*label, text));
    }
    let key = Key::from_parts(name, labels);
    increment(&key);
    let (_, mut labels) = key.into_parts();
    // The last label first, so that each text is reused for a label of its own length.
    while let Some(label) = labels.pop() {
        texts.push(label.into_parts().1.into_owned());
    }
    SCRATCH.set((labels, texts));
}
