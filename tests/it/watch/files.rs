//! Files that are written, moved and deleted.

use super::*;

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
