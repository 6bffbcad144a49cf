//! What is in a file or in a folder's files, so that the same bytes are not read as a change.

use std::{
    ffi::OsString,
    fs::{self, File},
    hash::{DefaultHasher, Hasher},
    io::{self, Read},
    path::Path,
};

use super::state::files;

/// The names and lengths of the files, and a hash of it all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Contents {
    /// A file that is watched itself has no name, because another may come to be at its path.
    files: Vec<(OsString, u64)>,
    hash: u64,
}

impl Contents {
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        let mut contents = Self {
            files: Vec::new(),
            hash: 0,
        };
        let mut hasher = DefaultHasher::new();
        let metadata = fs::metadata(path)?;
        if metadata.is_file() {
            contents.add(OsString::new(), path, &mut hasher)?;
        } else if metadata.is_dir() {
            for (name, path) in files(path)? {
                // Sockets and pipes would have to be waited for.
                if fs::metadata(&path).is_ok_and(|metadata| metadata.is_file()) {
                    contents.add(name, &path, &mut hasher)?;
                }
            }
        } else {
            return Err(io::Error::other(
                "this is neither a file nor a folder; watch one of these",
            ));
        }
        contents.hash = hasher.finish();
        Ok(contents)
    }

    fn add(&mut self, name: OsString, path: &Path, hasher: &mut DefaultHasher) -> io::Result<()> {
        let mut file = File::open(path)?;
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
        self.files.push((name, length));
        Ok(())
    }

    /// Says what looks as if it had been cut off, given what served before.
    pub(super) fn cut_off(&self, before: Option<&Self>) -> Option<String> {
        let (first, rest) = match self.files.split_first() {
            None => {
                let had_files = before.is_none_or(|before| !before.files.is_empty());
                return had_files.then(|| {
                    "the folder is empty; put a file with a comment in it where nothing is to be redirected"
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
            "the file {} is empty; write a comment into it, or remove it, where it is to redirect nothing",
            name.to_string_lossy()
        ))
    }
}
