//! Callbacks, and the end of a watch.

use super::*;

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
