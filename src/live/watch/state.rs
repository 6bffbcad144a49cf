//! The state of a file or folder: its metadata, without its contents.

use std::{
    ffi::OsString,
    fs::{self, Metadata},
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// A snapshot of the metadata. Equal states mean equal contents, except within one tick of the file
/// system's clock (the watcher thread compares the contents again for that).
#[derive(Debug, PartialEq, Eq)]
pub(super) enum State {
    /// The path without links, its stamp, and the files if it is a folder.
    Present(PathBuf, Stamp, Vec<(OsString, Stamp)>),
    /// The kind and number of the error.
    Missing(io::ErrorKind, Option<i32>),
}

/// The metadata that changes when a file does.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    /// Device, inode, and `ctime` in seconds and nanoseconds.
    #[cfg(unix)]
    inode: (u64, u64, i64, i64),
}

impl State {
    /// Returns the current state, and the error if the path can't be read.
    pub(super) fn of(path: &Path, endings: &[String]) -> (Self, Option<io::Error>) {
        match Self::present(path, endings) {
            Ok(state) => (state, None),
            Err(error) => (
                Self::Missing(error.kind(), error.raw_os_error()),
                Some(error),
            ),
        }
    }

    fn present(path: &Path, endings: &[String]) -> io::Result<Self> {
        let resolved = fs::canonicalize(path)?;
        let metadata = fs::metadata(&resolved)?;
        let mut entries = Vec::new();
        let mut stamp = Stamp::new(&metadata);
        if metadata.is_dir() {
            stamp.clear_times();
            for (name, path) in files(&resolved, endings)? {
                // A file that is deleted meanwhile is missing from the state.
                if let Ok(metadata) = fs::metadata(path) {
                    entries.push((name, Stamp::new(&metadata)));
                }
            }
        }
        Ok(Self::Present(resolved, stamp, entries))
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

    /// Keeps only the identity, for a folder: ignored files change its times, too.
    fn clear_times(&mut self) {
        self.length = 0;
        self.modified = None;
        #[cfg(unix)]
        {
            (self.inode.2, self.inode.3) = (0, 0);
        }
    }
}

/// Returns names and paths of the covered entries directly in a folder, sorted by name.
pub(super) fn files(folder: &Path, endings: &[String]) -> io::Result<Vec<(OsString, PathBuf)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if is_covered(name.as_encoded_bytes(), endings) {
            files.push((name, entry.path()));
        }
    }
    files.sort();
    Ok(files)
}

/// Returns `false` for files of editors and systems, and for names without one of the endings.
fn is_covered(name: &[u8], endings: &[String]) -> bool {
    let has_ending = |ending: &String| name.ends_with(ending.as_bytes());
    let is_ignored = name.starts_with(b".") || name.ends_with(b"~");
    // A whole name, such as `.htaccess`.
    endings.iter().any(|ending| name == ending.as_bytes())
        || !is_ignored && (endings.is_empty() || endings.iter().any(has_ending))
}
