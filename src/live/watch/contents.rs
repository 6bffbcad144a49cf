//! The contents of a file or of a folder's files, as lengths and a hash.
//!
//! Equal contents aren't a change, even if the metadata differs. Contents that look truncated
//! aren't handed to the reader.

use std::{
    ffi::OsString,
    fs::{self, Metadata},
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Read},
    path::Path,
};

use super::{
    open::{not_a_file, open},
    state::{Stamp, files},
};
use crate::observe::escaped::Escaped;

/// The names and lengths of the files, and a hash of names, lengths and bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Contents {
    /// A watched file (not in a folder) has an empty name: a link may lead to files of different
    /// names.
    files: Vec<(OsString, u64)>,
    hash: u64,
}

impl Contents {
    pub(super) fn read(path: &Path, endings: &[String]) -> io::Result<Self> {
        let mut contents = Self {
            files: Vec::new(),
            hash: 0,
        };
        let mut hasher = DefaultHasher::new();
        let metadata = fs::metadata(path)?;
        if metadata.is_file() {
            let length = add(path, &mut hasher)?;
            contents.files.push((OsString::new(), length));
        } else if metadata.is_dir() {
            for (name, path) in files(path, endings)? {
                // Opening a socket or a pipe could block.
                let Some(metadata) = fs::metadata(&path).ok().filter(Metadata::is_file) else {
                    continue;
                };
                let length = add(&path, &mut hasher).unwrap_or_else(|_| {
                    // It can't be read. If the reader needs this file, the reader fails.
                    Stamp::new(&metadata).hash(&mut hasher);
                    metadata.len()
                });
                contents.files.push((name, length));
            }
        } else {
            return Err(not_a_file());
        }
        contents.hash = hasher.finish();
        Ok(contents)
    }

    /// Returns what looks truncated, compared to the contents of the active policy.
    pub(super) fn truncation(&self, active: Option<&Self>) -> Option<String> {
        let (first, rest) = match self.files.split_first() {
            None => {
                let had_files = active.is_none_or(|active| !active.files.is_empty());
                return had_files.then(|| {
                    "no file to read in the folder; add one with a comment if nothing should be redirected"
                        .to_owned()
                });
            }
            Some(((name, length), rest)) => (name.is_empty().then_some(*length), rest),
        };
        if first == Some(0) && rest.is_empty() {
            return Some(
                "the file is empty; write a comment into it if nothing should be redirected"
                    .to_owned(),
            );
        }
        let active = active?;
        let emptied = |(name, length): &&(OsString, u64)| {
            let old = active.files.iter().find(|(old, _)| old == name);
            *length == 0 && old.is_some_and(|(_, length)| *length > 0)
        };
        let (name, _) = self.files.iter().find(emptied)?;
        Some(format!(
            "the file {} was emptied; remove it or write a comment into it, \
             or limit the watch to other files with `Watch::ending`",
            Escaped(name.to_string_lossy())
        ))
    }
}

/// Hashes the bytes of a file and their number, and returns the number.
fn add(path: &Path, hasher: &mut DefaultHasher) -> io::Result<u64> {
    let (mut file, _) = open(path)?;
    let mut buffer = vec![0; 1 << 16];
    let mut length = 0;
    loop {
        let count = match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hasher.write(buffer.get(..count).unwrap_or_default());
        length += count as u64;
    }
    hasher.write_u64(length);
    Ok(length)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::Contents;

    #[test]
    fn a_folder_ignores_names_of_editors_and_other_endings() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        let read = || Contents::read(folder.path(), &[]).unwrap();
        write("a", "/a /b");
        let before = read();
        for name in [".a.swp", "a~", ".a~"] {
            write(name, "anything");
            assert_eq!(read(), before, "{name}");
        }
        write("b", "more");
        assert_ne!(read(), before);
        let endings = ["a".to_owned(), ".c".to_owned()];
        assert_eq!(Contents::read(folder.path(), &endings).unwrap(), before);
        write(".c", "more");
        assert_ne!(Contents::read(folder.path(), &endings).unwrap(), before);
        fs::remove_file(folder.path().join(".c")).unwrap();
        write("d.c", "more");
        assert_ne!(Contents::read(folder.path(), &endings).unwrap(), before);
        write("b", "");
        assert!(read().truncation(Some(&before)).is_none());
        write("a", "");
        let problem = read().truncation(Some(&before)).unwrap();
        assert!(problem.starts_with("the file a was emptied; "), "{problem}");
    }

    /// Tests that run as root can read every ordinary file. `/proc/self/mem` fails even for root.
    #[cfg(target_os = "linux")]
    #[test]
    fn an_unreadable_file_is_compared_by_its_metadata() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), "/a /b").unwrap();
        let unreadable = "/proc/self/mem";
        assert!(fs::read(unreadable).is_err());
        assert!(fs::metadata(unreadable).unwrap().is_file());
        std::os::unix::fs::symlink(unreadable, folder.path().join("b")).unwrap();
        let contents = Contents::read(folder.path(), &[]).unwrap();
        assert_eq!(contents.files.len(), 2);
        assert!(contents.truncation(Some(&contents)).is_none());
        assert!(Contents::read(unreadable.as_ref(), &[]).is_err());
    }
}
