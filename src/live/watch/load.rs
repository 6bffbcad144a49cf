//! Reads the first policy, and makes the watch that continues from it.

use std::{error::Error, fmt, io, path::Path};

use super::{Reason, Watch, contents::Contents};
use crate::{
    live::{ReloadHandle, Reloadable},
    observe::escaped::Escaped,
};

/// Reads the first policy from a file or a folder, and makes the watch that reloads it.
///
/// ```
/// use std::{error::Error, fs, path::Path};
/// use tower_redirect::{LocalPath, live::watch, testing};
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("closed");
/// fs::write(&path, "/soon")?;
/// let read = |path: &Path| -> Result<_, Box<dyn Error + Send + Sync>> {
///     Ok(LocalPath::new(&fs::read_to_string(path)?)?)
/// };
/// let (policy, _handle, watch) = watch::load(&path, read)?;
/// let watcher = watch.on_reload(|reload| eprintln!("{reload}")).start()?;
/// testing::get("/").through(&policy).assert_redirect("/soon");
///
/// assert!(watch::load("no such file", read).is_err());
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// [`Watch::start`] doesn't read unchanged contents again. So it reports nothing at the start. Only
/// one policy is in memory, and there is none to [roll back](ReloadHandle::rollback) to. With
/// [`Watch::ending`], `start` reads the contents again.
///
/// # Errors
///
/// Returns an error if
///
/// - the path can't be read (with the kind of the system's error),
/// - the file or folder is empty (kind `InvalidData`), or
/// - the reader fails (kind `InvalidData`, with the reader's error inside).
///
/// # Panics
///
/// If the reader panics.
pub fn load<P: Send + Sync + 'static, E: Into<Box<dyn Error + Send + Sync>>>(
    path: impl AsRef<Path>,
    read: impl Fn(&Path) -> Result<P, E> + Send + 'static,
) -> io::Result<(Reloadable<P>, ReloadHandle<P>, Watch<P>)> {
    let path = std::path::absolute(path)?;
    let (first, loaded) = read_first(&path, &read)?;
    let (policy, handle) = Reloadable::new(first);
    let mut watch = handle.watch(path, read);
    watch.loaded = loaded;
    Ok((policy, handle, watch))
}

/// Reads the first policy. Also returns the contents that it came from, unless they changed
/// meanwhile.
pub(super) fn read_first<P, E: Into<Reason>>(
    path: &Path,
    read: impl Fn(&Path) -> Result<P, E>,
) -> io::Result<(P, Option<Contents>)> {
    let error = |kind, problem: &dyn fmt::Display| {
        io::Error::new(kind, format!("{}: {problem}", Escaped(path.display())))
    };
    let before = Contents::read(path, &[]).map_err(|problem| error(problem.kind(), &problem))?;
    if let Some(problem) = before.truncation(None) {
        return Err(error(io::ErrorKind::InvalidData, &problem));
    }
    let policy = read(path).map_err(|reason| io::Error::new(io::ErrorKind::InvalidData, reason))?;
    let after = Contents::read(path, &[]).ok();
    Ok((policy, after.filter(|after| *after == before)))
}
