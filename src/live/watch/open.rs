//! Opens only regular files, of a limited length.
//!
//! Between the poll and the open, a file may become a pipe, a device or a socket. Opening a pipe
//! must not block, and reading a device must not go on forever. So the file is opened without
//! blocking, and its type is checked again on the open file.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

/// The maximum length of a file: room for ten million rules.
const MAX_LEN: u64 = 1 << 30;

/// A regular file that can't be read beyond a limit, even if it grows meanwhile.
#[derive(Debug)]
pub(super) struct RegularFile {
    file: File,
    remaining: u64,
}

/// Opens a regular file, and returns it with its length. Never blocks on a pipe.
pub(super) fn open(path: &Path) -> io::Result<(RegularFile, u64)> {
    // Opening a device can have effects, so check the type first.
    if !fs::metadata(path)?.is_file() {
        return Err(not_a_file());
    }
    open_at_most(path, MAX_LEN)
}

fn open_at_most(path: &Path, max_len: u64) -> io::Result<(RegularFile, u64)> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    }
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(not_a_file());
    }
    let length = metadata.len();
    if length > max_len {
        return Err(too_long());
    }
    let remaining = max_len;
    Ok((RegularFile { file, remaining }, length))
}

impl Read for RegularFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.remaining = self
            .remaining
            .checked_sub(count as u64)
            .ok_or_else(too_long)?;
        Ok(count)
    }
}

/// The error for a socket, a pipe or a device.
pub(super) fn not_a_file() -> io::Error {
    io::Error::other("neither a file nor a folder; watch a file or a folder")
}

fn too_long() -> io::Error {
    io::Error::other("the file has more than a gigabyte; split the rules")
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, File},
        io::{Read, Write},
    };

    use super::{open, open_at_most};

    #[test]
    fn a_file_that_grows_is_read_up_to_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rules");
        fs::write(&path, [b'a'; 10]).unwrap();
        let mut read = Vec::new();
        let (mut file, length) = open_at_most(&path, 20).unwrap();
        assert_eq!((length, file.read_to_end(&mut read).unwrap()), (10, 10));

        let (mut file, _) = open_at_most(&path, 20).unwrap();
        let mut writer = File::options().append(true).open(&path).unwrap();
        writer.write_all(&[b'b'; 10]).unwrap();
        assert_eq!(file.read_to_end(&mut read).unwrap(), 20);
        writer.write_all(b"c").unwrap();
        let error = file.read_to_end(&mut read).unwrap_err();
        assert!(
            error.to_string().contains("more than a gigabyte"),
            "{error}"
        );
        assert!(open_at_most(&path, 20).is_err());
    }

    #[test]
    fn a_folder_is_not_a_file() {
        let folder = tempfile::tempdir().unwrap();
        assert!(open(folder.path()).is_err());
        assert!(open_at_most(folder.path(), 20).is_err());
    }

    /// `open_at_most` is what runs if one replaces a file between the check and the open.
    #[cfg(unix)]
    #[test]
    fn pipes_and_devices_neither_block_nor_are_read() {
        use std::{
            os::unix::{fs::symlink, net::UnixListener},
            process::Command,
            sync::mpsc,
            thread,
            time::Duration,
        };

        let folder = tempfile::tempdir().unwrap();
        let path_of = |name| folder.path().join(name);
        assert!(
            Command::new("mkfifo")
                .arg(path_of("pipe"))
                .status()
                .unwrap()
                .success()
        );
        let _socket = UnixListener::bind(path_of("socket")).unwrap();
        symlink("/dev/zero", path_of("device")).unwrap();
        symlink("pipe", path_of("link")).unwrap();
        for name in ["pipe", "socket", "device", "link"] {
            let (sender, opened) = mpsc::channel();
            let path = path_of(name);
            thread::spawn(move || {
                let rejections = [
                    open_at_most(&path, 20).is_err(),
                    open(&path).is_err(),
                    #[cfg(feature = "rules")]
                    crate::live::watch::rules::read(&path, &crate::rules::Format::Netlify).is_err(),
                ];
                sender
                    .send(rejections.into_iter().all(|rejected| rejected))
                    .unwrap();
            });
            // A thread that hangs ends with the process.
            let all_rejected = opened.recv_timeout(Duration::from_secs(20));
            assert_eq!(all_rejected, Ok(true), "{name}");
        }
    }
}
