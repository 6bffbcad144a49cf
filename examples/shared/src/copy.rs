//! A file with the last good rules. It is written as a whole, and an incomplete one isn't used.

use std::{
    fs::{self, File, OpenOptions},
    hash::{BuildHasher, RandomState},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use crate::published::MAX_RULES_LEN;

/// The path of the file.
pub(crate) struct SavedCopy(PathBuf);

impl SavedCopy {
    pub(crate) const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Reads the rules. Returns `None` if no copy exists.
    pub(crate) fn read(&self) -> Result<Option<Vec<u8>>, String> {
        // Not the metadata of what a link points to: another user may have created the link. And reading
        // from a pipe may never end.
        let kind = match fs::symlink_metadata(&self.0) {
            Ok(about) => about.file_type(),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.to_string()),
            Err(_) if self.has_folder() => return Ok(None),
            Err(_) => {
                return Err(
                    "its folder doesn't exist, so no copy can be saved; create it".to_owned(),
                );
            }
        };
        if !kind.is_file() {
            return Err("not a regular file; remove it".to_owned());
        }
        let mut all = Vec::new();
        let limit = MAX_RULES_LEN + MAX_FIRST_LINE_LEN;
        File::open(&self.0)
            .and_then(|file| file.take(limit as u64).read_to_end(&mut all))
            .map_err(|error| error.to_string())?;
        let end = all.iter().position(|byte| *byte == b'\n');
        let rules = all.split_off(end.map_or(all.len(), |end| end + 1));
        if all != first_line(&rules).into_bytes() {
            return Err("incomplete, or written by another program; remove it".to_owned());
        }
        Ok(Some(rules))
    }

    fn has_folder(&self) -> bool {
        let folder = self.0.parent().unwrap_or(Path::new("/"));
        folder.as_os_str().is_empty() || folder.is_dir()
    }

    /// Replaces the copy. A reader gets the old copy or the new one, never a part of it.
    pub(crate) fn write(&self, rules: &[u8]) -> io::Result<()> {
        // Another user can't guess this name, so can't have put a link there.
        let random = RandomState::new().hash_one(std::process::id());
        let mut new = self.0.clone().into_os_string();
        new.push(format!(".{random:016x}.new"));
        let written = write_new(Path::new(&new), rules).and_then(|()| fs::rename(&new, &self.0));
        if written.is_err() {
            let _ = fs::remove_file(&new);
        }
        written
    }
}

fn write_new(path: &Path, rules: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(first_line(rules).as_bytes())?;
    file.write_all(rules)?;
    file.sync_all()
}

const MAX_FIRST_LINE_LEN: usize = 64;

/// The length and a checksum of the rules. They detect an incomplete or damaged copy, not a forged one.
fn first_line(rules: &[u8]) -> String {
    // FNV-1a: the hashers of the standard library may change with its version.
    let sum = rules.iter().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("# {} {sum:016x}\n", rules.len())
}
