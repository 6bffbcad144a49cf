//! How a file or a folder stands, as far as the system tells without reading it.

use std::{
    ffi::OsString,
    fs::{self, Metadata},
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// Two states that are equal are taken for the same content.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Where the path leads to, what is there, and for a folder what is in it.
    There(PathBuf, Stamp, Vec<(OsString, Stamp)>),
    /// Why there is nothing.
    Missing(io::ErrorKind, Option<i32>),
}

/// What changes where a file does.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    /// Device, inode, and the time of the last change of the inode.
    #[cfg(unix)]
    inode: (u64, u64, i64, i64),
}

impl State {
    /// The state now; beside what is missing stands the error of the system.
    pub(super) fn of(path: &Path, endings: &[String]) -> (Self, Option<io::Error>) {
        match Self::there(path, endings) {
            Ok(state) => (state, None),
            Err(error) => (
                Self::Missing(error.kind(), error.raw_os_error()),
                Some(error),
            ),
        }
    }

    fn there(path: &Path, endings: &[String]) -> io::Result<Self> {
        let resolved = fs::canonicalize(path)?;
        let metadata = fs::metadata(&resolved)?;
        let mut inside = Vec::new();
        let mut stamp = Stamp::new(&metadata);
        if metadata.is_dir() {
            stamp.is_a_folder();
            for (name, path) in files(&resolved, endings)? {
                // A file that goes meanwhile is not there.
                if let Ok(metadata) = fs::metadata(path) {
                    inside.push((name, Stamp::new(&metadata)));
                }
            }
        }
        Ok(Self::There(resolved, stamp, inside))
    }
}

impl Stamp {
    pub(super) fn new(metadata: &Metadata) -> Self {
        Self {
            length: metadata.len(),
            modified: metadata.modified().ok(),
            #[cfg(unix)]
            inode: {
                use std::os::unix::fs::MetadataExt;
                (
                    metadata.dev(),
                    metadata.ino(),
                    metadata.ctime(),
                    metadata.ctime_nsec(),
                )
            },
        }
    }

    /// Only which folder it is: its time also changes with the files that do not count.
    fn is_a_folder(&mut self) {
        self.length = 0;
        self.modified = None;
        #[cfg(unix)]
        {
            (self.inode.2, self.inode.3) = (0, 0);
        }
    }
}

/// The names and paths of what is directly in a folder and counts, by name.
pub(super) fn files(folder: &Path, endings: &[String]) -> io::Result<Vec<(OsString, PathBuf)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if counts(name.as_encoded_bytes(), endings) {
            files.push((name, entry.path()));
        }
    }
    files.sort();
    Ok(files)
}

/// What editors and systems put beside a file does not count, nor what has none of the endings.
fn counts(name: &[u8], endings: &[String]) -> bool {
    let ends = |ending: &String| name.ends_with(ending.as_bytes());
    let foreign = name.starts_with(b".") || name.ends_with(b"~");
    !foreign && (endings.is_empty() || endings.iter().any(ends))
}
