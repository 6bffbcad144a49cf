//! Opens what may have become something else since it was looked at.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

/// The longest file that is read: ten million rules.
const MOST: u64 = 1 << 30;

/// A file of which no more is read than a limit, also where it grows meanwhile.
#[derive(Debug)]
pub(super) struct Regular {
    file: File,
    left: u64,
}

/// Opens a file, and says how long it is; waits for nobody at the other end of a pipe.
pub(super) fn open(path: &Path) -> io::Result<(Regular, u64)> {
    // To open a device may be more than to look at it.
    if !fs::metadata(path)?.is_file() {
        return Err(no_file());
    }
    open_at_most(path, MOST)
}

fn open_at_most(path: &Path, most: u64) -> io::Result<(Regular, u64)> {
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
        return Err(no_file());
    }
    let length = metadata.len();
    if length > most {
        return Err(too_long());
    }
    Ok((Regular { file, left: most }, length))
}

impl Read for Regular {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.left = self.left.checked_sub(count as u64).ok_or_else(too_long)?;
        Ok(count)
    }
}

/// What is said of a socket, a pipe or a device.
pub(super) fn no_file() -> io::Error {
    io::Error::other("this is neither a file nor a folder; watch one of these")
}

fn too_long() -> io::Error {
    io::Error::other("this file has more than a gigabyte; divide the rules")
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
    fn a_folder_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        assert!(open(folder.path()).is_err());
        assert!(open_at_most(folder.path(), 20).is_err());
    }

    /// As where they take the place of a file between the look and the opening.
    #[cfg(unix)]
    #[test]
    fn pipes_and_devices_are_neither_waited_for_nor_read() {
        use std::{
            os::unix::{fs::symlink, net::UnixListener},
            process::Command,
            sync::mpsc,
            thread,
            time::Duration,
        };

        let folder = tempfile::tempdir().unwrap();
        let of = |name| folder.path().join(name);
        assert!(
            Command::new("mkfifo")
                .arg(of("pipe"))
                .status()
                .unwrap()
                .success()
        );
        let _socket = UnixListener::bind(of("socket")).unwrap();
        symlink("/dev/zero", of("device")).unwrap();
        symlink("pipe", of("link")).unwrap();
        for name in ["pipe", "socket", "device", "link"] {
            let (sender, opened) = mpsc::channel();
            let path = of(name);
            thread::spawn(move || {
                let refused = [
                    open_at_most(&path, 20).is_err(),
                    open(&path).is_err(),
                    #[cfg(feature = "rules")]
                    crate::live::watch::rules::read(&path, crate::rules::Format::Netlify).is_err(),
                ];
                sender.send(refused.into_iter().all(|one| one)).unwrap();
            });
            // A thread that hangs ends with the process.
            let refused = opened.recv_timeout(Duration::from_secs(20));
            assert_eq!(refused, Ok(true), "{name}");
        }
    }
}
