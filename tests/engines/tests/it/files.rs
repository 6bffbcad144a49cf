//! The files in `files/`, as sites have them: the file, a line `--- requests`, and one request a line.

use std::{fs, path::Path};

use crate::{
    answer::Request,
    compare::{File, Sample},
};

/// The files of a format, by the end of their names.
pub fn read(extension: &str, file: fn(&str) -> File) -> Vec<Sample> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("files");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths.retain(|path| path.extension().is_some_and(|found| found == extension));
    assert!(!paths.is_empty(), "no file ends with .{extension}");
    paths.iter().map(|path| read_file(path, file)).collect()
}

fn read_file(path: &Path, file: fn(&str) -> File) -> Sample {
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
    Sample {
        name,
        file: file(text),
        requests,
    }
}
