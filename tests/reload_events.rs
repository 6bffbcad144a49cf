//! The events of sets that are changed, with feature `tracing`; alone in its process, because the subscriber
//! is the process's.

use std::{fs, sync::mpsc, time::Duration};

use tower_redirect::{
    Reloadable,
    rules::{Format, netlify},
};
use tracing::Level;

#[path = "support/events.rs"]
mod events;

use events::Events;

/// Far more than anything here takes.
const LONG: Duration = Duration::from_secs(20);

#[test]
fn each_change_and_each_refusal_leaves_an_event() {
    let events = Events::listen(Level::INFO);
    let said = || events.said();
    let good = "INFO message=a new set of redirects serves";
    let bad = "WARN message=a set of redirects was refused, the one before serves on";
    let back = "INFO message=the set of redirects before serves again";

    let (_policy, handle) = Reloadable::new(netlify::parse("/a /b").unwrap());
    handle.store(netlify::parse("/a /c").unwrap());
    handle.try_update(|_| netlify::parse("/a")).unwrap_err();
    handle.try_update(|_| netlify::parse("/a /d")).unwrap();
    assert!(handle.rollback());
    assert!(!handle.rollback());
    let error =
        "error=rules:1:1: error: this rule has no target; write where it leads behind the source";
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

    let panicked =
        "ERROR message=the callback of a watch panicked; the watch goes on panic=\"on purpose\"";
    let said = said();
    let [warnings, rest @ ..] = &said[..] else {
        panic!("nothing was said");
    };
    let begin = format!("WARN message={shown}:2:7: warning: ");
    assert!(warnings.starts_with(&begin), "{warnings}");
    assert!(warnings.ends_with(&format!(" path={shown}")), "{warnings}");
    let error = "error: this rule has no target; write where it leads behind the source";
    let expected = [
        format!("{good} path={shown}"),
        panicked.to_owned(),
        format!("{bad} path={shown} error={shown}:1:1: {error}"),
        panicked.to_owned(),
        format!("{bad} path={shown} error={missing}"),
        panicked.to_owned(),
    ];
    assert_eq!(rest, expected);
}
