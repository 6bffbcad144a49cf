//! Which files become the active rules.

use super::*;

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
    assert!(error.get_ref().unwrap().is::<Findings>());

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
                let said = error.downcast_ref::<Findings>().unwrap();
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
    assert_eq!(place, (site.path.clone(), Some(2), Some(4)));
    let path = site.path.display();
    let begin = format!(
        "{path}: rejected, keeping the previous rules (1 rule active): {path}:2:4: error: "
    );
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
fn every_report_says_how_many_rules_are_active() {
    let (sender, lines) = mpsc::channel();
    let site = Site::new();
    let watcher = site
        .handle
        .watch_rules(&site.path, Format::Netlify)
        .on_reload(move |reload| sender.send(reload.to_string()).unwrap())
        .start()
        .unwrap();
    let path = site.path.display();
    let next = || lines.recv_timeout(LONG).unwrap();
    assert_eq!(next(), format!("{path}: reloaded: 1 rule active"));
    site.replace("# none\n");
    assert_eq!(next(), format!("{path}: reloaded: 0 rules active"));
    let text = "/a /start\n/b /c\n/d /e 301 Role=admin\n/f /g 301 Role=admin\n";
    site.replace(text);
    let active = "2 rules active, 2 lines skipped";
    assert_eq!(next(), format!("{path}: reloaded: {active}"));
    site.replace("/d /e 301 Role=admin\n");
    let rejected = format!("{path}: rejected, keeping the previous rules ({active}): ");
    let line = next();
    assert!(line.starts_with(&rejected), "{line}");
    assert!(line.contains("every line is skipped"), "{line}");
    fs::remove_file(&site.path).unwrap();
    let lost = format!("{path}: cannot be read, keeping the previous rules ({active}): ");
    let line = next();
    assert!(line.starts_with(&lost), "{line}");
    drop(watcher);
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
        // The one before was asked in another way than a file of this format is, and counts for itself.
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
