//! The first set, and the watch that goes on from it.

use std::{error::Error, fmt, io, path::Path};

use super::{Reason, Watch, contents::Contents};
use crate::{
    live::{ReloadHandle, Reloadable},
    observe::escaped::Escaped,
};

/// Reads the first set from a file or a folder, and makes the watch that reads the next ones.
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
/// [`Watch::start`] does not read the same bytes again, so that nothing is reported at the start, one set is
/// in memory, and there is none to [roll back](ReloadHandle::rollback) to. With [`Watch::ending`], they are read
/// again.
///
/// # Errors
///
/// Where the path cannot be read, what the system says; where it is empty, that; and what the reader fails with,
/// as the inner error of one of the kind `InvalidData`.
///
/// # Panics
///
/// Where the reader does.
pub fn load<P: Send + Sync + 'static, E: Into<Box<dyn Error + Send + Sync>>>(
    path: impl AsRef<Path>,
    read: impl Fn(&Path) -> Result<P, E> + Send + 'static,
) -> io::Result<(Reloadable<P>, ReloadHandle<P>, Watch<P>)> {
    let path = std::path::absolute(path)?;
    let (first, loaded) = first(&path, &read)?;
    let (policy, handle) = Reloadable::new(first);
    let mut watch = handle.watch(path, read);
    watch.loaded = loaded;
    Ok((policy, handle, watch))
}

/// What is read, and from which bytes, where they did not change meanwhile.
pub(super) fn first<P, E: Into<Reason>>(
    path: &Path,
    read: impl Fn(&Path) -> Result<P, E>,
) -> io::Result<(P, Option<Contents>)> {
    let error = |kind, what: &dyn fmt::Display| {
        io::Error::new(kind, format!("{}: {what}", Escaped(path.display())))
    };
    let before = Contents::read(path, &[]).map_err(|why| error(why.kind(), &why))?;
    if let Some(why) = before.cut_off(None) {
        return Err(error(io::ErrorKind::InvalidData, &why));
    }
    let made = read(path).map_err(|why| io::Error::new(io::ErrorKind::InvalidData, why))?;
    let after = Contents::read(path, &[]).ok();
    Ok((made, after.filter(|after| *after == before)))
}
