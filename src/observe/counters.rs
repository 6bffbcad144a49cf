//! The counters of feature `metrics`.

use std::cell::Cell;
#[cfg(feature = "reload")]
use std::path::Path;

use metrics::{
    Counter, Key, Label, Level, Metadata, SharedString, Unit, describe_counter, describe_gauge,
};

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

/// Tells the recorder of the `metrics` facade what each counter of this crate counts.
///
/// ```
/// // Where the recorder is installed:
/// tower_redirect::observe::describe_metrics();
/// ```
///
/// | name | labels | counts |
/// |---|---|---|
/// | `tower_redirect_redirects_total` | `status`, `rule` | redirects that were sent, in place of the app's answer too |
/// | `tower_redirect_passes_total` | | requests that the app answered |
/// | `tower_redirect_refusals_total` | `status` | requests that were refused |
/// | `tower_redirect_suppressed_total` | `reason` | redirects that were not sent; the request passed or was refused, and is counted there too |
/// | `tower_redirect_reloads_total` | `outcome` | new sets of rules that were taken (`good`) or not (`bad`); a roll-back is good, a lost path bad |
/// | `tower_redirect_last_reload_good` | `path` | a gauge: 1 where the set that was read last of a watched path was taken, 0 where it was refused or the path is lost |
/// | `tower_redirect_differences_total` | | requests that a candidate would have answered otherwise |
///
/// Redirects, passes and refusals together are all requests of one layer but those whose client left while
/// the app was to be waited for; two layers count a request twice.
///
/// | label | values |
/// |---|---|
/// | `status` | 301, 302, 303, 307, 308; of refusals, a 4xx of a policy |
/// | `rule` | the name of the rule, or the first 100 bytes of its source where it has none (`MatchedRule::id`); nothing where no table of `Rules` answered |
/// | `reason` | `loop`, `preflight`, `websocket`, `connect`, `no_path`, `unsendable` |
/// | `outcome` | `good`, `bad` |
/// | `path` | the absolute path that is watched |
///
/// No label has text of a request. There are as many series as rules fire: in a large table, give rules one
/// name that are to be counted as one. Rules of one source, for other methods or on other conditions, are
/// counted together, unless they have names; `Rules::usage` and the events tell them apart. A recorder keeps
/// the series of rules that a new set does not have any more, and who reads it sees the sources.
///
/// Counters without a rule or a status among their labels begin at zero where they are described here, so that
/// the first bad reload is seen as a change. The others are there from the first time that they count, and
/// the gauge from the first set of its path on. It is counted
/// where the service is called, by the recorder that is installed then; without one, none costs an
/// allocation. It has to be one for version 0.24 of the facade.
pub fn describe_metrics() {
    for (name, what) in [
        (REDIRECTS, "Redirects that were sent"),
        (PASSES, "Requests that the app answered"),
        (REFUSALS, "Requests that were refused"),
        (SUPPRESSED, "Redirects that were not sent"),
        (RELOADS, "New sets of rules, taken or not"),
        (
            DIFFERENCES,
            "Requests that a candidate would have answered otherwise",
        ),
    ] {
        describe_counter!(name, Unit::Count, what);
    }
    describe_gauge!(
        LAST_RELOAD_GOOD,
        "Whether what was read last of a watched path was taken"
    );
    let outcomes = ["good", "bad"].map(|outcome| (RELOADS, "outcome", outcome));
    let reasons = REASONS.map(|(_, reason)| (SUPPRESSED, "reason", reason));
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
    let status = Label::from_static_parts("status", status);
    #[cfg(feature = "rules")]
    if let Some(rule) = &redirected.rule {
        count(REDIRECTS, Some(status), "rule", &rule.id().pieces());
        return;
    }
    count(REDIRECTS, Some(status), "rule", &[]);
}

#[inline]
pub(super) fn passed() {
    static KEY: Key = Key::from_static_name(PASSES);
    one(&KEY);
}

pub(super) fn refused(refusal: &Refusal) {
    count(REFUSALS, None, "status", &[refusal.status().as_str()]);
}

pub(super) fn suppressed(reason: Suppressed) {
    // One that waits for other methods is not meant to be sent.
    if let Some((_, word)) = REASONS.iter().find(|(own, _)| *own == reason) {
        count(SUPPRESSED, None, "reason", &[word]);
    }
}

#[cfg(feature = "reload")]
pub(super) fn reloaded(good: bool) {
    let outcome = if good { "good" } else { "bad" };
    count(RELOADS, None, "outcome", &[outcome]);
}

/// A watched path was read, or could not be.
#[cfg(feature = "reload")]
pub(super) fn looked(path: &Path, good: bool) {
    let path = Label::new("path", path.to_string_lossy().into_owned());
    let key = Key::from_parts(LAST_RELOAD_GOOD, vec![path]);
    let gauge = metrics::with_recorder(|recorder| recorder.register_gauge(&key, &METADATA));
    gauge.set(if good { 1.0 } else { 0.0 });
}

pub(super) fn differed() {
    static KEY: Key = Key::from_static_name(DIFFERENCES);
    one(&KEY);
}

/// Counts one.
fn one(key: &Key) {
    register(key).increment(1);
}

static METADATA: Metadata<'static> =
    Metadata::new("tower_redirect", Level::INFO, Some(module_path!()));

fn register(key: &Key) -> Counter {
    metrics::with_recorder(|recorder| recorder.register_counter(key, &METADATA))
}

thread_local! {
    /// The memory of the labels before, so that no redirect allocates for its own.
    static SCRATCH: Cell<(Vec<Label>, String)> = const { Cell::new((Vec::new(), String::new())) };
}

/// Counts one under a label that is written here, in pieces, and maybe another.
fn count(name: &'static str, fixed: Option<Label>, label: &'static str, value: &[&str]) {
    let (mut labels, mut text) = SCRATCH.take();
    text.clear();
    // With `fmt`, to count a redirect would cost a third more.
    text.extend(value.iter().copied());
    labels.extend(fixed);
    labels.push(Label::new(label, text));
    let key = Key::from_parts(name, labels);
    one(&key);
    let (_, mut labels) = key.into_parts();
    let text = labels.pop().map(|label| label.into_parts().1);
    labels.clear();
    SCRATCH.set((
        labels,
        text.map(SharedString::into_owned).unwrap_or_default(),
    ));
}
