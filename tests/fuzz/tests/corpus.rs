//! The corpus of the fuzz targets, and what is near to it.

use std::{fs, path::Path};

use tower_redirect_fuzz as checks;

/// Replays every file of a corpus, and mutations of it that are the same each time.
fn replay(target: &str, check: fn(&[u8])) {
    replay_each(1, target, check);
}

/// The same with mutations at every so many bytes only, for a check that takes long without optimisation.
fn replay_each(step: usize, target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target);
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(
        files.len() >= 10,
        "{}: {} files",
        folder.display(),
        files.len()
    );
    let texts: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    let mut cases = 0;
    for (text, file) in texts.iter().zip(&files) {
        let show = std::panic::catch_unwind(|| check(text));
        assert!(show.is_ok(), "{}", file.display());
        for at in (0..text.len().min(200)).step_by(step) {
            for byte in [
                b'/', b'\\', b'%', b'.', b'@', b':', b',', b'"', b' ', b'\n', 0xc3,
            ] {
                let mut changed = text.clone();
                changed[at] = byte;
                check(&changed);
                changed.insert(at, byte);
                check(&changed);
                cases += 2;
            }
            let mut shorter = text.clone();
            shorter.remove(at);
            check(&shorter);
        }
        for other in &texts {
            let half = text.len() / 2;
            check(&[&text[..half], &other[other.len() / 2..]].concat());
            cases += 1;
        }
    }
    println!("{target}: {} files, {cases} mutations", files.len());
}

#[test]
fn path() {
    replay("path", checks::path);
}

#[test]
fn host() {
    replay("host", checks::host);
}

#[test]
fn return_to() {
    replay("return_to", checks::return_to);
}

#[test]
fn unchecked() {
    replay("unchecked", checks::unchecked);
}

#[test]
fn rules() {
    replay("rules", checks::rules);
}

#[test]
fn formats() {
    replay("formats", checks::formats);
}

#[test]
fn convert() {
    replay_each(16, "convert", checks::convert);
}

#[test]
fn then() {
    replay("then", checks::then);
}

#[test]
fn path_to_regexp() {
    replay_each(4, "path_to_regexp", checks::path_to_regexp);
}

#[test]
fn native() {
    replay("native", checks::native);
}

#[test]
fn native_table() {
    replay_each(4, "native_table", checks::native_table);
}
