//! The files in `files/`, as sites have them: the file, a line `--- requests`, and one request a line.

use std::{fs, path::Path};

use crate::answer::Request;

pub struct Written {
    pub name: String,
    pub text: String,
    pub requests: Vec<Request>,
}

/// The files of a format, by the end of their names.
pub fn read(extension: &str) -> Vec<Written> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("files");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths.retain(|path| path.extension().is_some_and(|found| found == extension));
    assert!(!paths.is_empty(), "no file ends with .{extension}");
    paths.iter().map(|path| read_file(path)).collect()
}

fn read_file(path: &Path) -> Written {
    let text = fs::read_to_string(path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
    let (text, requests) = text
        .split_once("\n--- requests\n")
        .unwrap_or_else(|| panic!("{name} has no requests"));
    let requests: Vec<_> = requests
        .lines()
        .filter(|line| !line.is_empty())
        .map(Request::parse)
        .collect();
    assert!(requests.len() > 2, "{name} has few requests");
    Written {
        name,
        text: text.to_owned(),
        requests,
    }
}
