//! Folders of files.

use super::*;

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
