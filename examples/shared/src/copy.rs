//! A file that keeps the last good rules: whole, or refused.

use std::{
    fs::{self, File, OpenOptions},
    hash::{BuildHasher, RandomState},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use crate::published::MOST_RULES;

/// Where rules are kept for a start while Redis is away.
pub(crate) struct Copy(PathBuf);

impl Copy {
    pub(crate) const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The rules, `None` where none were kept.
    pub(crate) fn read(&self) -> Result<Option<Vec<u8>>, String> {
        // A link may lead anywhere, and a pipe is never read to its end.
        let kind = match fs::symlink_metadata(&self.0) {
            Ok(about) => about.file_type(),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.to_string()),
            Err(_) if self.has_folder() => return Ok(None),
            Err(_) => {
                return Err("its folder is not there, and no copy can be kept; make it".to_owned());
            }
        };
        if !kind.is_file() {
            return Err("this is no regular file; remove it".to_owned());
        }
        let mut all = Vec::new();
        let most = MOST_RULES + LONGEST_FIRST_LINE;
        File::open(&self.0)
            .and_then(|file| file.take(most as u64).read_to_end(&mut all))
            .map_err(|error| error.to_string())?;
        let end = all.iter().position(|byte| *byte == b'\n');
        let rules = all.split_off(end.map_or(all.len(), |end| end + 1));
        if all != first_line(&rules).into_bytes() {
            return Err("this is not whole, or another wrote it; remove it".to_owned());
        }
        Ok(Some(rules))
    }

    fn has_folder(&self) -> bool {
        let folder = self.0.parent().unwrap_or(Path::new("/"));
        folder.as_os_str().is_empty() || folder.is_dir()
    }

    /// Whoever reads the copy meanwhile has the one before, and never half of this one.
    pub(crate) fn write(&self, rules: &[u8]) -> io::Result<()> {
        // A name that nobody can have put there before.
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

const LONGEST_FIRST_LINE: usize = 64;

/// How many bytes follow, and what they come to; it finds what was cut or spoiled, not a forgery.
fn first_line(rules: &[u8]) -> String {
    // FNV-1a, which is the same for every build.
    let sum = rules.iter().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("# {} {sum:016x}\n", rules.len())
}
