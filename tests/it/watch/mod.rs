//! Files and folders that are read again when they change: how they change, and what is wrong with them.
//!
//! Every report is waited for; how long each took is printed. Where nothing is to be reported, a slow machine
//! makes a test weaker. Files are replaced in one step, but where it is the subject that they are not: a
//! machine that stands still for longer than [`SETTLE`] between two steps of one writer shows half a change.

use std::{
    convert::Infallible,
    error::Error,
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError},
    },
    thread,
    time::{Duration, Instant},
};

use http::{Request, Response};
use tempfile::TempDir;
use tower::{Layer, ServiceExt, service_fn};
use tower_redirect::{
    LocalPath, RedirectLayer,
    live::{
        ReloadHandle, Reloadable,
        watch::{self, Reload, Watch, Watcher},
    },
    rules::{Findings, Format, Rule, RuleRef, Rules},
    testing,
};

mod callbacks;
mod files;
mod folders;
#[cfg(unix)]
mod links;
mod sets;

/// Far more than anything here takes.
const LONG: Duration = Duration::from_secs(20);

/// Far more than lies between two steps of one writer, so that half of a change is not read.
const SETTLE: Duration = Duration::from_millis(200);

/// Long enough for something that must not happen.
const A_WHILE: Duration = Duration::from_millis(700);

#[derive(Debug, PartialEq)]
enum Told {
    Good,
    Bad(String),
    Lost(String),
    Back,
}

impl Told {
    fn new(reload: &Reload<'_>) -> Self {
        match reload {
            Reload::Good { .. } => Self::Good,
            Reload::Bad { error, .. } => Self::Bad(error.to_string()),
            Reload::Lost { error, .. } => Self::Lost(error.to_string()),
            Reload::Back { .. } => Self::Back,
            other => panic!("{other}"),
        }
    }

    fn into_channel(sender: Sender<Self>) -> impl FnMut(&Reload<'_>) + Send + 'static {
        move |reload| sender.send(Self::new(reload)).unwrap()
    }
}

/// A rule file in a folder of its own, which is watched.
struct Site {
    folder: TempDir,
    path: PathBuf,
    policy: Reloadable<Rules>,
    handle: ReloadHandle<Rules>,
    told: Receiver<Told>,
    watcher: Watcher,
}

impl Site {
    /// `/a` leads to `/start`.
    fn new() -> Self {
        Self::with(|watch| watch)
    }

    fn with(more: impl FnOnce(Watch<Rules>) -> Watch<Rules>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("_redirects");
        fs::write(&path, "/a /start\n").unwrap();
        Self::of(folder, path, more)
    }

    /// A path in a folder; the first report is the one of the start.
    fn of(folder: TempDir, path: PathBuf, more: impl FnOnce(Watch<Rules>) -> Watch<Rules>) -> Self {
        let (policy, handle) = Reloadable::new(Rules::new([]).unwrap());
        let (sender, told) = mpsc::channel();
        let watch = handle
            .watch_rules(&path, Format::Netlify)
            .settle(SETTLE)
            .poll_interval(Duration::from_millis(100))
            .on_reload(Told::into_channel(sender));
        let watcher = more(watch).start().unwrap();
        let site = Self {
            folder,
            path,
            policy,
            handle,
            told,
            watcher,
        };
        site.is_good("/start");
        site
    }

    fn told(&self) -> Told {
        let begin = Instant::now();
        let told = self.told.recv_timeout(LONG).expect("nothing was reported");
        println!("{told:?} after {:?}", begin.elapsed());
        told
    }

    /// The next report is a good one, and `/a` leads here.
    fn is_good(&self, target: &str) {
        assert_eq!(self.told(), Told::Good);
        self.serves(target);
    }

    /// The next report says this, and nothing changes.
    fn is_bad(&self, part: &str, target: &str) {
        match self.told() {
            Told::Bad(error) => assert!(error.contains(part), "{error}"),
            other => panic!("{other:?}"),
        }
        self.serves(target);
    }

    fn is_lost(&self, target: &str) {
        let told = self.told();
        assert!(matches!(told, Told::Lost(_)), "{told:?}");
        self.serves(target);
    }

    /// What was lost is the same again.
    fn is_back(&self, target: &str) {
        assert_eq!(self.told(), Told::Back);
        self.serves(target);
    }

    fn serves(&self, target: &str) {
        testing::get("/a")
            .through(&self.policy)
            .assert_redirect(target);
    }

    fn nothing_is_told(&self) {
        assert_eq!(
            self.told.recv_timeout(A_WHILE),
            Err(RecvTimeoutError::Timeout)
        );
    }

    fn replace(&self, text: impl AsRef<[u8]>) {
        replace(&self.path, text);
    }
}

/// As careful writers do: the whole file beside, then in its place.
fn replace(path: &Path, text: impl AsRef<[u8]>) {
    let beside = path.with_extension("new");
    fs::write(&beside, text).unwrap();
    fs::rename(beside, path).unwrap();
}
