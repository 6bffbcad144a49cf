//! What is in a file or in a folder's files, so that the same bytes are not read as a change.

use std::{
    ffi::OsString,
    fs::{self, Metadata},
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Read},
    path::Path,
};

use super::{
    open::{no_file, open},
    state::{Stamp, files},
};
use crate::observe::escaped::Escaped;

/// The names and lengths of the files, and a hash of it all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Contents {
    /// A file that is watched itself has no name, because another may come to be at its path.
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
                // Sockets and pipes would have to be waited for.
                let Some(metadata) = fs::metadata(&path).ok().filter(Metadata::is_file) else {
                    continue;
                };
                let length = add(&path, &mut hasher).unwrap_or_else(|_| {
                    // Where the reader needs it, it fails at it.
                    Stamp::new(&metadata).hash(&mut hasher);
                    metadata.len()
                });
                contents.files.push((name, length));
            }
        } else {
            return Err(no_file());
        }
        contents.hash = hasher.finish();
        Ok(contents)
    }

    /// Says what looks as if it had been cut off, given what served before.
    pub(super) fn cut_off(&self, before: Option<&Self>) -> Option<String> {
        let (first, rest) = match self.files.split_first() {
            None => {
                let had_files = before.is_none_or(|before| !before.files.is_empty());
                return had_files.then(|| {
                    "no file in the folder counts; put one with a comment into it where nothing is to be redirected"
                        .to_owned()
                });
            }
            Some(((name, length), rest)) => (name.is_empty().then_some(*length), rest),
        };
        if first == Some(0) && rest.is_empty() {
            return Some(
                "the file is empty; write a comment into it where nothing is to be redirected"
                    .to_owned(),
            );
        }
        let before = before?;
        let emptied = |(name, length): &&(OsString, u64)| {
            let old = before.files.iter().find(|(old, _)| old == name);
            *length == 0 && old.is_some_and(|(_, length)| *length > 0)
        };
        let (name, _) = self.files.iter().find(emptied)?;
        Some(format!(
            "the file {} was emptied; write a comment into it, or remove it, where it is to redirect nothing, or say what the names of files end in that count",
            Escaped(name.to_string_lossy())
        ))
    }
}

/// Adds the bytes of a file and their number, which it gives.
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
    fn what_counts_in_a_folder() {
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
        write("d.c", "more");
        assert_ne!(Contents::read(folder.path(), &endings).unwrap(), before);
        write("b", "");
        assert!(read().cut_off(Some(&before)).is_none());
        write("a", "");
        let why = read().cut_off(Some(&before)).unwrap();
        assert!(why.starts_with("the file a was emptied; "), "{why}");
    }

    /// Who runs the tests may be allowed to read everything; so the file is one that the system itself
    /// does not let be read.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_cannot_be_read_is_known_by_its_state() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), "/a /b").unwrap();
        let unreadable = "/proc/self/mem";
        assert!(fs::read(unreadable).is_err());
        assert!(fs::metadata(unreadable).unwrap().is_file());
        std::os::unix::fs::symlink(unreadable, folder.path().join("b")).unwrap();
        let contents = Contents::read(folder.path(), &[]).unwrap();
        assert_eq!(contents.files.len(), 2);
        assert!(contents.cut_off(Some(&contents)).is_none());
        assert!(Contents::read(unreadable.as_ref(), &[]).is_err());
    }
}
