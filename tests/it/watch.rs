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
    rules::{Diagnostics, Format, Rule, RuleRef, Rules},
    testing,
};

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

#[test]
fn what_was_loaded_is_not_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("_redirects");
    let load = || watch::load_rules(&path, Format::Netlify);
    let error = load().unwrap_err();
    assert!(error.to_string().contains("_redirects: "), "{error}");
    assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
    fs::write(&path, "").unwrap();
    let error = load().unwrap_err().to_string();
    assert!(error.contains("_redirects: the file is empty; "), "{error}");
    fs::write(&path, "/a\n").unwrap();
    let error = load().unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
    assert!(
        error.to_string().contains("_redirects:1:1: error: "),
        "{error}"
    );
    assert!(error.get_ref().unwrap().is::<Diagnostics>());

    // One watch of bytes that stay, and one of bytes that change before it begins.
    for changed in [false, true] {
        fs::write(&path, "/a /start\n").unwrap();
        let (policy, handle, watch) = load().unwrap();
        if changed {
            replace(&path, "/a /meanwhile\n");
        }
        let (sender, told) = mpsc::channel();
        let _watcher = watch
            .settle(SETTLE)
            .on_reload(Told::into_channel(sender))
            .start()
            .unwrap();
        if changed {
            assert_eq!(told.recv_timeout(LONG), Ok(Told::Good));
            testing::get("/a")
                .through(&policy)
                .assert_redirect("/meanwhile");
            continue;
        }
        assert_eq!(told.recv_timeout(A_WHILE), Err(RecvTimeoutError::Timeout));
        assert!(!handle.rollback());
        replace(&path, "/a /next\n");
        assert_eq!(told.recv_timeout(LONG), Ok(Told::Good));
        assert!(handle.rollback());
        testing::get("/a")
            .through(&policy)
            .assert_redirect("/start");
    }
}

#[test]
fn written_in_place_and_renamed_over() {
    let site = Site::new();
    fs::write(&site.path, "/a /written\n").unwrap();
    site.is_good("/written");
    site.replace("/a /renamed\n");
    site.is_good("/renamed");
    // An editor that keeps what was there: for a moment there is no file.
    fs::rename(&site.path, site.path.with_extension("bak")).unwrap();
    fs::write(&site.path, "/a /edited\n").unwrap();
    fs::remove_file(site.path.with_extension("bak")).unwrap();
    site.is_good("/edited");
    // What was renamed is watched as what it replaced was.
    fs::write(&site.path, "/a /again\n").unwrap();
    site.is_good("/again");
    let text = fs::read(&site.path).unwrap();
    let mut file = File::options().append(true).open(&site.path).unwrap();
    file.write_all(b"/b /appended\n").unwrap();
    site.is_good("/again");
    testing::get("/b")
        .through(&site.policy)
        .assert_redirect("/appended");
    file.set_len(text.len() as u64).unwrap();
    site.is_good("/again");
    testing::get("/b").through(&site.policy).assert_pass();
}

#[test]
fn a_bad_file_leaves_the_set_before() {
    let (sender, lines) = mpsc::channel();
    let site = Site::new();
    let watcher = site
        .handle
        .watch_rules(&site.path, Format::Netlify)
        .on_reload(move |reload| {
            if let Reload::Bad { error, path, .. } = reload {
                let said = error.downcast_ref::<Diagnostics>().unwrap();
                let first = said.iter().next().unwrap();
                let place = (path.to_path_buf(), first.line(), first.column());
                sender.send((place, reload.to_string())).unwrap();
            }
        })
        .start()
        .unwrap();
    site.replace("/a /b\n/c javascript:alert(1)\n");
    site.is_bad("_redirects:2:4: error: ", "/start");
    let (place, line) = lines.recv_timeout(LONG).unwrap();
    assert_eq!(place, (site.path.clone(), 2, 4));
    let path = site.path.display();
    let begin = format!("{path}: rejected, keeping the previous rules: {path}:2:4: error: ");
    assert!(line.starts_with(&begin), "{line}");
    drop(watcher);

    // What it was before is a change too: it says that all is well.
    site.replace("/a /start\n");
    site.is_good("/start");
    site.replace("/a \u{0}\n");
    site.is_bad("1:", "/start");
    site.replace(b"/a /\xff\n");
    site.is_bad("UTF-8", "/start");
}

#[test]
fn warnings_hinder_nothing() {
    let site = Site::new();
    site.replace("/a /new\n/x /y 200\n");
    site.is_good("/new");
}

/// Asks for `/a`, which is redirected.
async fn ask(policy: &Reloadable<Rules>) {
    let app = service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::<String>::default()));
    let app = RedirectLayer::new(policy.clone()).layer(app);
    let answer = app.oneshot(Request::get("/a").body(()).unwrap()).await;
    assert!(answer.unwrap().status().is_redirection());
}

fn hits(handle: &ReloadHandle<Rules>) -> Option<Vec<u64>> {
    let current = handle.current();
    let hits = current.usage()?.iter().map(|rule| rule.hits());
    Some(hits.collect())
}

#[tokio::test]
async fn a_table_that_counts_is_replaced_by_one_that_counts_on() {
    let site = Site::new();
    assert_eq!(hits(&site.handle), None);
    site.handle.store(
        Rules::new([Rule::found("/a", "/other")])
            .unwrap()
            .count_hits(),
    );
    for (round, expected) in [("/one", 1), ("/two", 2)] {
        site.replace(format!("/new /x\n/a {round} 301!\n"));
        site.is_good(round);
        ask(&site.policy).await;
        // The one before was asked in another way than a file of this dialect is, and counts for itself.
        assert_eq!(hits(&site.handle), Some(vec![0, expected]));
    }
    let rules = Rules::new([Rule::found("/a", "/not-counted")]).unwrap();
    site.handle.store(rules);
    site.replace("/a /three\n");
    site.is_good("/three");
    assert_eq!(hits(&site.handle), None);
}

#[tokio::test]
async fn a_watched_file_is_counted_from_its_first_set_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("_redirects");
    fs::write(&path, "/a /one 301!\n").unwrap();
    let (policy, handle, watch) = watch::load_rules(&path, Format::Netlify).unwrap();
    ask(&policy).await;
    let (sender, told) = mpsc::channel();
    let watch = watch.count_hits().settle(SETTLE);
    let watcher = watch.on_reload(Told::into_channel(sender)).start().unwrap();
    assert!(!handle.rollback(), "it is still the first set");
    ask(&policy).await;
    assert_eq!(hits(&handle), Some(vec![1]));

    fs::write(folder.path().join("beside"), "/b /x\n/a /two 301!\n").unwrap();
    fs::rename(folder.path().join("beside"), &path).unwrap();
    assert_eq!(told.recv_timeout(LONG), Ok(Told::Good));
    ask(&policy).await;
    assert_eq!(hits(&handle), Some(vec![0, 2]));
    assert!(handle.rollback());
    assert_eq!(hits(&handle), Some(vec![1]));

    // A set from elsewhere that does not count has counting begin anew.
    handle.store(Rules::new([Rule::found("/a", "/x")]).unwrap());
    fs::write(folder.path().join("beside"), "/a /three 301!\n").unwrap();
    fs::rename(folder.path().join("beside"), &path).unwrap();
    assert_eq!(told.recv_timeout(LONG), Ok(Told::Good));
    ask(&policy).await;
    assert_eq!(hits(&handle), Some(vec![1]));
    drop(watcher);
}

#[test]
fn an_empty_file_is_refused_and_comments_are_an_empty_set() {
    let site = Site::new();
    File::create(&site.path).unwrap();
    site.is_bad("the file is empty; write a comment into it", "/start");
    site.replace("# Nothing moves.\n");
    assert_eq!(site.told(), Told::Good);
    testing::get("/a").through(&site.policy).assert_pass();
    File::create(&site.path).unwrap();
    assert!(matches!(site.told(), Told::Bad(_)));
}

#[test]
fn half_of_a_file_is_not_read() {
    let site = Site::with(|watch| watch.settle(Duration::from_secs(2)));
    let mut file = File::create(&site.path).unwrap();
    for piece in ["/a /ha", "lf-and-", "whole\n", "/b javas", "cript"] {
        file.write_all(piece.as_bytes()).unwrap();
        file.sync_all().unwrap();
    }
    fs::write(&site.path, "/a /whole\n").unwrap();
    site.is_good("/whole");
}

#[test]
fn a_file_that_is_never_quiet_is_read() {
    let site = Site::with(|watch| watch.settle(Duration::from_millis(200)));
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            fs::write(&site.path, "/a /busy\n").unwrap();
            let mut file = File::options().append(true).open(&site.path).unwrap();
            let begin = Instant::now();
            while !done.load(Ordering::Relaxed) && begin.elapsed() < 2 * LONG {
                file.write_all(b"# and on\n").unwrap();
                thread::sleep(Duration::from_millis(2));
            }
        });
        site.is_good("/busy");
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn the_same_bytes_are_no_change() {
    let site = Site::new();
    site.replace("/a /start\n");
    site.nothing_is_told();
    let file = File::options().write(true).open(&site.path).unwrap();
    file.set_modified(std::time::SystemTime::UNIX_EPOCH)
        .unwrap();
    site.nothing_is_told();
    site.replace("/a /other\n");
    site.is_good("/other");
}

#[test]
fn what_was_rolled_back_is_not_read_again() {
    let site = Site::new();
    site.replace("/a /bad-idea\n");
    site.is_good("/bad-idea");
    assert!(site.handle.rollback());
    site.serves("/start");
    site.nothing_is_told();
    site.replace("/a /bad-idea\n");
    site.nothing_is_told();
    site.serves("/start");
    let aside = site.path.with_extension("aside");
    fs::rename(&site.path, &aside).unwrap();
    site.is_lost("/start");
    fs::rename(aside, &site.path).unwrap();
    site.is_back("/start");
    site.replace("/a /good-idea\n");
    site.is_good("/good-idea");
}

#[test]
fn a_deleted_file_is_reported_once_and_found_again() {
    let site = Site::new();
    fs::remove_file(&site.path).unwrap();
    site.is_lost("/start");
    site.nothing_is_told();
    site.replace("/a /start\n");
    site.is_back("/start");
    site.replace("/a /next\n");
    site.is_good("/next");
    // What is bad is bad again.
    for _ in 0..2 {
        site.replace("/a\n");
        site.is_bad("error", "/next");
        fs::remove_file(&site.path).unwrap();
        site.is_lost("/next");
    }
    site.replace("/a /next\n");
    site.is_good("/next");
}

#[test]
fn a_deleted_folder_is_found_again() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("site/public");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("_redirects");
    fs::write(&path, "/a /start\n").unwrap();
    let site = Site::of(outer, path, |watch| watch);
    for round in ["/one", "/two"] {
        let before = site.handle.current();
        let target = before.iter().next().unwrap().target().to_string();
        fs::remove_dir_all(site.folder.path().join("site")).unwrap();
        site.is_lost(&target);
        site.nothing_is_told();
        fs::create_dir_all(&folder).unwrap();
        site.nothing_is_told();
        site.replace(format!("/a {round}\n"));
        site.is_good(round);
        // The new folder is watched as the old one was.
        site.replace(format!("/a {round}/next\n"));
        site.is_good(&format!("{round}/next"));
    }
    // A folder in the file's place.
    fs::remove_file(&site.path).unwrap();
    site.is_lost("/two/next");
}

#[test]
fn what_is_missing_at_the_start_is_lost_and_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("public/_redirects");
    let (_policy, handle) = Reloadable::new(Rules::new([]).unwrap());
    let (sender, told) = mpsc::channel();
    let _watcher = handle
        .watch_rules(&path, Format::Netlify)
        .on_reload(Told::into_channel(sender))
        .start()
        .unwrap();
    let first = told.recv_timeout(LONG).unwrap();
    assert!(matches!(first, Told::Lost(_)), "{first:?}");
    fs::create_dir(folder.path().join("public")).unwrap();
    replace(&path, "/a /b\n");
    assert_eq!(told.recv_timeout(LONG).unwrap(), Told::Good);
    assert_eq!(handle.current().len(), 1);
}

/// Another name of the file, in a folder that the system tells nothing of.
#[test]
fn a_change_that_nobody_tells_of_is_found() {
    let site = Site::new();
    let elsewhere = tempfile::tempdir_in(site.folder.path().parent().unwrap()).unwrap();
    let other_name = elsewhere.path().join("other-name");
    fs::hard_link(&site.path, &other_name).unwrap();
    fs::write(other_name, "/a /elsewhere\n").unwrap();
    site.is_good("/elsewhere");
}

/// Several changes within one tick of the file system's clock, of the same length.
#[test]
fn the_last_change_wins() {
    let site = Site::with(|watch| watch.settle(Duration::ZERO));
    for number in 0..300 {
        fs::write(&site.path, format!("/a /number-{number:03}\n")).unwrap();
        if number % 7 == 0 {
            // So that it is read between.
            assert!(matches!(site.told(), Told::Good | Told::Bad(_)));
        }
    }
    let begin = Instant::now();
    loop {
        let current = site.handle.current();
        // Without `settle`, the reader may see the file while a write has truncated it. Then the table
        // is empty until the recheck.
        let is_last = |rule: RuleRef<'_>| rule.target().as_str() == "/number-299";
        if current.iter().next().is_some_and(is_last) {
            break;
        }
        assert!(begin.elapsed() < LONG, "{:?} serves", current.iter().next());
        let _ = site.told.recv_timeout(Duration::from_millis(50));
    }
}

/// Whatever happened before, a good file is found and read.
#[test]
fn a_good_file_is_found_after_anything() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("public");
    fs::create_dir(&folder).unwrap();
    let path = folder.join("_redirects");
    fs::write(&path, "/a /start\n").unwrap();
    let site = Site::of(outer, path, |watch| watch.settle(Duration::from_millis(5)));
    let aside = site.folder.path().join("aside");
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    for round in 0..40 {
        for _ in 0..10 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            // Most of these fail where the one before has taken away what they need.
            let _ = match random % 8 {
                0 => fs::write(&site.path, "/a /other\n"),
                1 => fs::write(&site.path, "/a"),
                2 => fs::write(&site.path, ""),
                3 => fs::remove_file(&site.path),
                4 => fs::remove_dir_all(&folder),
                5 => fs::create_dir(&folder),
                6 => fs::rename(&folder, &aside).and_then(|()| fs::create_dir(&folder)),
                _ => fs::remove_dir_all(&folder).and_then(|()| fs::rename(&aside, &folder)),
            };
            thread::sleep(Duration::from_millis(random >> 16 & 15));
        }
        let _ = fs::remove_dir_all(&aside);
        let _ = fs::create_dir(&folder);
        let target = format!("/round/{round}");
        site.replace(format!("/a {target}\n"));
        let begin = Instant::now();
        while *site
            .handle
            .current()
            .iter()
            .next()
            .unwrap()
            .target()
            .to_string()
            != target
        {
            assert!(begin.elapsed() < LONG, "{target} does not serve");
            let _ = site.told.recv_timeout(Duration::from_millis(5));
        }
    }
}

#[test]
fn a_panic_of_the_callback_does_not_end_the_watch() {
    let (sender, receiver) = mpsc::channel();
    let site = Site::new();
    let _watcher = site
        .handle
        .watch_rules(&site.path, Format::Netlify)
        .settle(SETTLE)
        .on_reload(move |reload| {
            sender.send(Told::new(reload)).unwrap();
            panic!("on purpose");
        })
        .start()
        .unwrap();
    let next = || receiver.recv_timeout(LONG).unwrap();
    assert_eq!(next(), Told::Good);
    site.replace("/a");
    assert!(matches!(next(), Told::Bad(_)));
    fs::remove_file(&site.path).unwrap();
    assert!(matches!(next(), Told::Lost(_)));
    site.replace("/a /b\n");
    assert_eq!(next(), Told::Good);
}

#[test]
fn a_panic_of_the_reader_is_a_bad_set() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rules");
    fs::write(&path, "/a").unwrap();
    let (_policy, handle) = Reloadable::new(Rules::new([]).unwrap());
    let (sender, told) = mpsc::channel();
    let _watcher = handle
        .watch(
            &path,
            |path| -> Result<Rules, Box<dyn Error + Send + Sync>> {
                let text = fs::read_to_string(path)?;
                assert!(text.starts_with('/'), "no path but {text}");
                Ok(Rules::new([Rule::found(&*text, "/new")])?)
            },
        )
        .settle(SETTLE)
        .on_reload(Told::into_channel(sender))
        .start()
        .unwrap();
    let next = || told.recv_timeout(LONG).unwrap();
    assert_eq!(next(), Told::Good);
    replace(&path, "b");
    let panicked = "the reader panicked: no path but b; fix the reader".to_owned();
    assert_eq!(next(), Told::Bad(panicked));
    assert_eq!(handle.current().iter().next().unwrap().source(), "/a");
    replace(&path, "/c");
    assert_eq!(next(), Told::Good);
    assert_eq!(handle.current().iter().next().unwrap().source(), "/c");
}

/// What changes while it is read is read again, and what was read of it is given up.
#[test]
fn a_torn_read_does_not_serve() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("place");
    fs::write(&path, "/torn").unwrap();
    let (_policy, handle) = Reloadable::new(LocalPath::from_static("/start"));
    let (sender, served) = mpsc::channel();
    let torn = Arc::new(AtomicUsize::new(0));
    let _watcher = handle
        .watch(&path, {
            let torn = Arc::clone(&torn);
            move |path| {
                let text = fs::read_to_string(path).unwrap();
                if text == "/torn" {
                    torn.fetch_add(1, Ordering::SeqCst);
                    fs::write(path, "/whole").unwrap();
                }
                LocalPath::new(&text)
            }
        })
        .settle(SETTLE)
        .on_reload({
            let handle = handle.clone();
            move |reload| {
                let now = handle.current().to_string();
                sender.send((Told::new(reload), now)).unwrap();
            }
        })
        .start()
        .unwrap();
    let first = served.recv_timeout(LONG).unwrap();
    assert_eq!(first, (Told::Good, "/whole".to_owned()));
    assert_eq!(torn.load(Ordering::SeqCst), 1);
}

/// The drop waits for a reader that is at work, and nothing comes of what that reads.
#[test]
fn nothing_is_read_or_told_after_the_drop() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("place");
    fs::write(&path, "/read").unwrap();
    let (_policy, handle) = Reloadable::new(LocalPath::from_static("/start"));
    let (enter, entered) = mpsc::channel();
    let (leave, left) = mpsc::channel();
    let (sender, told) = mpsc::channel();
    let watcher = handle
        .watch(&path, move |path| {
            enter.send(()).unwrap();
            left.recv_timeout(LONG).unwrap();
            LocalPath::new(&fs::read_to_string(path).unwrap())
        })
        .settle(SETTLE)
        .on_reload(Told::into_channel(sender))
        .start()
        .unwrap();
    entered.recv_timeout(LONG).unwrap();
    let (dropped, is_dropped) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(move || {
            drop(watcher);
            dropped.send(()).unwrap();
        });
        assert_eq!(
            is_dropped.recv_timeout(A_WHILE),
            Err(RecvTimeoutError::Timeout),
            "the drop did not wait"
        );
        leave.send(()).unwrap();
        is_dropped.recv_timeout(LONG).unwrap();
    });
    // Reader and callback are gone, and neither did anything more.
    assert_eq!(entered.try_recv(), Err(TryRecvError::Disconnected));
    assert_eq!(told.try_recv(), Err(TryRecvError::Disconnected));
    assert_eq!(*handle.current(), "/start");
}

#[test]
fn a_callback_may_end_its_own_watch() {
    let site = Site::new();
    let own: Arc<Mutex<Option<Watcher>>> = Arc::default();
    let (sender, told) = mpsc::channel();
    let watcher = site
        .handle
        .watch_rules(&site.path, Format::Netlify)
        .on_reload({
            let own = Arc::clone(&own);
            move |reload| {
                drop(own.lock().unwrap().take());
                let _ = sender.send(Told::new(reload));
            }
        });
    {
        let mut own = own.lock().unwrap();
        *own = Some(watcher.start().unwrap());
    }
    assert_eq!(told.recv_timeout(LONG).unwrap(), Told::Good);
    // The thread ends, and with it the callback.
    assert_eq!(told.recv_timeout(LONG), Err(RecvTimeoutError::Disconnected));
}

#[test]
fn a_detached_watch_goes_on() {
    let Site {
        watcher,
        told,
        path,
        folder: _folder,
        policy: _policy,
        ..
    } = Site::new();
    watcher.detach();
    replace(&path, "/a /detached\n");
    assert_eq!(told.recv_timeout(LONG), Ok(Told::Good));
}

#[test]
fn a_detached_watch_ends_where_nobody_asks_the_set() {
    let Site {
        watcher,
        told,
        policy,
        handle,
        folder: _folder,
        ..
    } = Site::new();
    watcher.detach();
    drop(handle);
    assert_eq!(
        told.recv_timeout(A_WHILE),
        Err(RecvTimeoutError::Timeout),
        "the policy is asked"
    );
    drop(policy);
    // The callback is gone, and it goes with the thread.
    assert_eq!(told.recv_timeout(LONG), Err(RecvTimeoutError::Disconnected));
}

/// Reads every file of a folder, by name; the first answer wins.
fn read_folder(folder: &Path) -> Result<Vec<Rules>, Box<dyn Error + Send + Sync>> {
    let mut files: Vec<_> = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|ending| ending == "redirects"));
    files.sort();
    let read = |file| Ok(Format::Netlify.load_lossy(file)?.into_result()?);
    files.iter().map(read).collect()
}

/// A watch of a folder, what it tells, and how often the folder was read.
fn counted(
    handle: &ReloadHandle<Vec<Rules>>,
    folder: &Path,
) -> (Watch<Vec<Rules>>, Receiver<Told>, Arc<AtomicUsize>) {
    let reads = Arc::new(AtomicUsize::new(0));
    let (sender, told) = mpsc::channel();
    let count = Arc::clone(&reads);
    let read = move |folder: &Path| {
        count.fetch_add(1, Ordering::SeqCst);
        read_folder(folder)
    };
    let watch = handle
        .watch(folder, read)
        .settle(SETTLE)
        .poll_interval(Duration::from_millis(100))
        .on_reload(Told::into_channel(sender));
    (watch, told, reads)
}

/// Writes a file beside the folder, and renames it into it.
fn replace_in(folder: &Path, name: &str, text: &str) {
    let beside = folder.with_file_name("beside");
    fs::write(&beside, text).unwrap();
    fs::rename(beside, folder.join(name)).unwrap();
}

#[test]
fn the_files_of_a_folder() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("redirects.d");
    let write = |name: &str, text: &str| replace_in(&folder, name, text);
    fs::create_dir(&folder).unwrap();
    write("20.redirects", "/a /twenty\n/b /b20\n");

    let (policy, handle) = Reloadable::new(Vec::new());
    let (watch, told, reads) = counted(&handle, &folder);
    let _watcher = watch.start().unwrap();
    let next = || told.recv_timeout(LONG).unwrap();
    let leads = |to: &str| testing::get("/a").through(&policy).assert_redirect(to);
    assert_eq!(next(), Told::Good);
    leads("/twenty");
    write("10.redirects", "/a /ten\n");
    assert_eq!(next(), Told::Good);
    leads("/ten");
    testing::get("/b").through(&policy).assert_redirect("/b20");
    fs::rename(folder.join("10.redirects"), folder.join("30.redirects")).unwrap();
    assert_eq!(next(), Told::Good);
    leads("/twenty");
    write("20.redirects", "/a\n");
    assert!(matches!(next(), Told::Bad(error) if error.contains("20.redirects:1:1: error: ")));
    leads("/twenty");
    write("20.redirects", "/a /mended\n");
    assert_eq!(next(), Told::Good);
    let before = reads.load(Ordering::Relaxed);
    write("20.redirects", "");
    assert!(
        matches!(next(), Told::Bad(error) if error.starts_with("the file 20.redirects was emptied; "))
    );
    fs::remove_file(folder.join("20.redirects")).unwrap();
    assert_eq!(next(), Told::Good);
    leads("/ten");
    fs::remove_file(folder.join("30.redirects")).unwrap();
    assert!(
        matches!(next(), Told::Bad(error) if error.starts_with("no file to read in the folder; "))
    );
    assert_eq!(reads.load(Ordering::Relaxed), before + 1);
    fs::remove_dir(&folder).unwrap();
    assert!(matches!(next(), Told::Lost(_)));
    leads("/ten");
    fs::create_dir(&folder).unwrap();
    write("10.redirects", "/a /back\n");
    while next() != Told::Good {}
    leads("/back");
}

/// What no reader opens neither hinders one nor wakes it.
#[test]
fn other_files_of_a_folder() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("redirects.d");
    fs::create_dir(&folder).unwrap();
    let write = |name: &str, text: &str| replace_in(&folder, name, text);
    write("a.redirects", "/a /start\n");
    write("notes.log", "noted\n");
    for others in [".a.redirects.swp", "a.redirects~"] {
        write(others, "what was before");
    }

    let (policy, handle) = Reloadable::new(Vec::new());
    let (watch, told, reads) = counted(&handle, &folder);
    let _watcher = watch.ending(".redirects").start().unwrap();
    let next = || told.recv_timeout(LONG).unwrap();
    assert_eq!(next(), Told::Good);
    for name in ["notes.log", ".a.redirects.swp", "a.redirects~"] {
        write(name, "");
        write(&format!("new-{name}"), "more");
    }
    assert_eq!(told.recv_timeout(A_WHILE), Err(RecvTimeoutError::Timeout));
    assert_eq!(reads.load(Ordering::SeqCst), 1);
    write("a.redirects", "/a /next\n");
    assert_eq!(next(), Told::Good);
    testing::get("/a").through(&policy).assert_redirect("/next");
    write("a.redirects", "");
    assert!(matches!(next(), Told::Bad(error) if error.contains("a.redirects was emptied")));
}

#[cfg(unix)]
mod links {
    use std::{os::unix::fs::symlink, process::Command};

    use super::*;

    /// Points a link elsewhere in one step, as Kubernetes and release tools do.
    fn point(link: &Path, target: &str) {
        let beside = link.with_file_name("beside");
        symlink(target, &beside).unwrap();
        fs::rename(beside, link).unwrap();
    }

    /// A volume of a ConfigMap: the file is a link into `..data`, which is a link to a folder with a date.
    #[test]
    fn a_config_map() {
        let volume = tempfile::tempdir().unwrap();
        let put = |date: &str, text: &str| {
            let folder = volume.path().join(date);
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join("_redirects"), text).unwrap();
        };
        put("..2026_01", "/a /start\n");
        symlink("..2026_01", volume.path().join("..data")).unwrap();
        let path = volume.path().join("_redirects");
        symlink("..data/_redirects", &path).unwrap();
        put("..2026_02", "/a /second\n");
        put("..2026_03", "/a\n");
        put("..2026_04", "/a /fourth\n");

        let site = Site::of(volume, path, |watch| watch);
        let volume = site.folder.path();
        let data = volume.join("..data");
        point(&data, "..2026_02");
        fs::remove_dir_all(volume.join("..2026_01")).unwrap();
        site.is_good("/second");
        point(&data, "..2026_03");
        fs::remove_dir_all(volume.join("..2026_02")).unwrap();
        site.is_bad("error", "/second");
        point(&data, "..2026_04");
        site.is_good("/fourth");
        // What a link leads to can be written in place, too.
        fs::write(volume.join("..2026_04/_redirects"), "/a /in-place\n").unwrap();
        site.is_good("/in-place");
    }

    /// The link is above the folder of the file, and its target has the same length and time.
    #[test]
    fn a_release() {
        let outer = tempfile::tempdir().unwrap();
        for (number, target) in [("1", "/start"), ("2", "/other"), ("3", "/third")] {
            let folder = outer.path().join("releases").join(number);
            fs::create_dir_all(&folder).unwrap();
            let path = folder.join("_redirects");
            fs::write(&path, format!("/a {target}\n")).unwrap();
            let file = File::options().write(true).open(path).unwrap();
            file.set_modified(std::time::SystemTime::UNIX_EPOCH)
                .unwrap();
        }
        let current = outer.path().join("current");
        symlink("releases/1", &current).unwrap();
        let site = Site::of(outer, current.join("_redirects"), |watch| watch);
        point(&current, "releases/2");
        site.is_good("/other");
        point(&current, "nowhere");
        site.is_lost("/other");
        point(&current, "releases/3");
        site.is_good("/third");
    }

    /// Nobody writes into the pipe; who opened it as a file would wait for ever.
    #[test]
    fn a_pipe_in_place_of_the_file_is_not_waited_for() {
        let site = Site::new();
        let pipe = site.path.with_extension("pipe");
        let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        fs::rename(&pipe, &site.path).unwrap();
        match site.told() {
            Told::Lost(why) => assert!(why.contains("neither a file nor a folder"), "{why}"),
            told => panic!("{told:?}"),
        }
        site.replace("/a /again\n");
        site.is_good("/again");
    }

    #[test]
    fn a_circle_and_a_device_are_nothing_to_read() {
        let folder = tempfile::tempdir().unwrap();
        let circle = folder.path().join("circle");
        symlink("circle", &circle).unwrap();
        for path in [&*circle, Path::new("/dev/null")] {
            let (_policy, handle) = Reloadable::new(Rules::new([]).unwrap());
            let (sender, told) = mpsc::channel();
            let _watcher = handle
                .watch_rules(path, Format::Netlify)
                .on_reload(Told::into_channel(sender))
                .start()
                .unwrap();
            let first = told.recv_timeout(LONG).unwrap();
            assert!(matches!(first, Told::Lost(_)), "{first:?}");
        }
    }
}

#[test]
fn a_file_of_more_than_a_gigabyte_is_not_read() {
    let site = Site::new();
    let other = site.folder.path().join("beside");
    // Nothing of it is on the disk.
    let file = File::create(&other).unwrap();
    file.set_len((1 << 30) + 1).unwrap();
    fs::rename(&other, &site.path).unwrap();
    match site.told() {
        Told::Lost(why) => assert!(why.contains("more than a gigabyte"), "{why}"),
        told => panic!("{told:?}"),
    }
    site.replace("/a /again\n");
    site.is_good("/again");
}
