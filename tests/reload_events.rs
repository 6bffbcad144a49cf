//! The events of sets that are changed, with feature `tracing`, and the gauge of feature `metrics`; alone in
//! its process, because subscriber and recorder are the process's.

use std::{
    fs,
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use metrics::{
    Counter, Gauge, GaugeFn, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use tower_redirect::{
    live::Reloadable,
    rules::{Format, netlify},
};
use tracing::Level;

#[path = "support/events.rs"]
mod events;

use events::Events;

/// Far more than anything here takes.
const LONG: Duration = Duration::from_secs(20);

/// What the gauges were set to, one after the other.
#[derive(Clone, Default)]
struct Gauges(Arc<Mutex<Vec<(String, f64)>>>);

struct One(Gauges, String);

impl GaugeFn for One {
    fn increment(&self, _: f64) {
        panic!("no gauge of this crate is moved");
    }

    fn decrement(&self, _: f64) {
        panic!("no gauge of this crate is moved");
    }

    fn set(&self, value: f64) {
        self.0.0.lock().unwrap().push((self.1.clone(), value));
    }
}

impl Recorder for Gauges {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        let labels = key
            .labels()
            .map(|label| format!("{}={}", label.key(), label.value()));
        let labels: Vec<_> = labels.collect();
        let name = format!("{} {}", key.name(), labels.join(" "));
        Gauge::from_arc(Arc::new(One(self.clone(), name)))
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[test]
fn each_change_and_each_refusal_leaves_an_event() {
    let events = Events::listen(Level::INFO);
    let gauges = Gauges::default();
    metrics::set_global_recorder(gauges.clone()).unwrap();
    let said = || events.said();
    let good = "INFO message=reloaded";
    let bad = "WARN message=rejected, keeping the previous rules";
    let lost = "WARN message=cannot be read, keeping the previous rules";
    let back = "INFO message=rolled back to the previous rules";

    let (_policy, handle) = Reloadable::new(netlify::parse("/a /b").unwrap());
    handle.store(netlify::parse("/a /c").unwrap());
    handle.try_update(|_| netlify::parse("/a")).unwrap_err();
    handle.try_update(|_| netlify::parse("/a /d")).unwrap();
    assert!(handle.rollback());
    assert!(!handle.rollback());
    let error = "error=rules:1:1: error: the source `/a` has no target; write it after the source, for example `/old /new`";
    let expected = [good, &format!("{bad} {error}"), good, back];
    assert_eq!(said(), expected);

    // A terminal would take a part of the name for its own.
    let name = if cfg!(unix) { "a\u{1b}[2Jb\n" } else { "a" };
    let folder = tempfile::Builder::new().prefix(name).tempdir().unwrap();
    let path = folder.path().join("_redirects");
    let shown = path.display().to_string();
    let shown = shown.replace('\u{1b}', r"\u{1b}").replace('\n', r"\n");
    fs::write(&path, "/a /b\n/x /y 200\n").unwrap();
    let (sender, told) = mpsc::channel();
    let watcher = handle
        .watch_rules(&path, Format::Netlify)
        .settle(Duration::from_millis(200))
        .on_reload(move |_| {
            sender.send(()).unwrap();
            panic!("on purpose");
        })
        .start()
        .unwrap();
    // What the callback panicked with is said after it was called; the next report is after that.
    told.recv_timeout(LONG).expect("nothing was reported");
    fs::write(path.with_extension("new"), "/a").unwrap();
    fs::rename(path.with_extension("new"), &path).unwrap();
    told.recv_timeout(LONG).expect("nothing was reported");
    fs::remove_file(&path).unwrap();
    let missing = fs::metadata(&path).unwrap_err();
    told.recv_timeout(LONG).expect("nothing was reported");
    drop(watcher);
    let name = format!("tower_redirect_last_reload_good path={}", path.display());
    let expected = [1.0, 0.0, 0.0].map(|value| (name.clone(), value));
    assert_eq!(*gauges.0.lock().unwrap(), expected);

    let panicked =
        "ERROR message=the `on_reload` callback panicked, the watch continues panic=\"on purpose\"";
    let said = said();
    let [warnings, rest @ ..] = &said[..] else {
        panic!("nothing was said");
    };
    let begin = format!("WARN message={shown}:2:7: warning: ");
    assert!(warnings.starts_with(&begin), "{warnings}");
    assert!(warnings.ends_with(&format!(" path={shown}")), "{warnings}");
    let error =
        "error: the source `/a` has no target; write it after the source, for example `/old /new`";
    let expected = [
        format!("{good} path={shown} active=\"2 rules active\""),
        panicked.to_owned(),
        format!("{bad} path={shown} error={shown}:1:1: {error}"),
        panicked.to_owned(),
        format!("{lost} path={shown} error={missing}"),
        panicked.to_owned(),
    ];
    assert_eq!(rest, expected);
}
