//! Files and folders behind symbolic links.

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
