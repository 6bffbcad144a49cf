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
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    /// Device, inode, and the time of the last change of the inode.
    #[cfg(unix)]
    inode: (u64, u64, i64, i64),
}

impl State {
    /// The state now; beside what is missing stands the error of the system.
    pub(super) fn of(path: &Path) -> (Self, Option<io::Error>) {
        match Self::there(path) {
            Ok(state) => (state, None),
            Err(error) => (
                Self::Missing(error.kind(), error.raw_os_error()),
                Some(error),
            ),
        }
    }

    fn there(path: &Path) -> io::Result<Self> {
        let resolved = fs::canonicalize(path)?;
        let metadata = fs::metadata(&resolved)?;
        let mut inside = Vec::new();
        if metadata.is_dir() {
            for (name, path) in files(&resolved)? {
                // A file that goes meanwhile is not there.
                if let Ok(metadata) = fs::metadata(path) {
                    inside.push((name, Stamp::new(&metadata)));
                }
            }
        }
        Ok(Self::There(resolved, Stamp::new(&metadata), inside))
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
}

/// The names and paths of what is directly in a folder, by name.
pub(super) fn files(folder: &Path) -> io::Result<Vec<(OsString, PathBuf)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        files.push((entry.file_name(), entry.path()));
    }
    files.sort();
    Ok(files)
}
