//! A file or a folder is read again when it changes; a bad one leaves the set before serving.
//!
//! ```
//! use std::{fs, sync::mpsc};
//! use tower_redirect::{live::watch, rules::Format, testing};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("_redirects");
//! # fs::write(&path, "/a /b")?;
//! # let (sender, reloads) = mpsc::channel();
//! // A bad file at the start is an error of the start.
//! let (policy, _handle, watch) = watch::load_rules(&path, Format::Netlify)?;
//! let watcher = watch
//! #   .settle(std::time::Duration::from_millis(300))
//!     .on_reload(move |reload| {
//!         println!("{reload}");
//! #       sender.send(reload.to_string()).unwrap();
//!     })
//!     .start()?;
//!
//! fs::write(&path, "/a /c")?;
//! # reloads.recv()?;
//! testing::get("/a").through(&policy).assert_redirect("/c");
//!
//! fs::write(&path, "/a javascript:alert(1)")?;
//! # let said = reloads.recv()?;
//! # assert!(said.contains("_redirects:1:4: error: "), "{said}");
//! testing::get("/a").through(&policy).assert_redirect("/c");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is watched
//!
//! The path, each link on the way, and what it leads to: a file that is written, one that another is renamed
//! over, a link that is pointed elsewhere (releases, ConfigMaps of Kubernetes), a folder that is deleted and
//! comes back. The system tells of changes. It does not everywhere (network file systems, too many watches),
//! so the thread also looks by itself every [half second](Watch::poll_interval), which asks for the state of
//! the files and does not read them.
//!
//! Of a folder, the files directly in it count, but for those whose names begin with `.` or end in `~`, as
//! editors and systems make them; with [`Watch::ending`], only those of these endings. The reader is given the
//! folder's path and merges as it likes; where the first answer wins, a `Vec` of sets is the merged set:
//!
//! ```no_run
//! use std::{error::Error, fs, path::Path};
//! use tower_redirect::{live::Reloadable, rules::{Format, Rules}};
//!
//! fn read(folder: &Path) -> Result<Vec<Rules>, Box<dyn Error + Send + Sync>> {
//!     let mut files: Vec<_> =
//!         fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
//!     files.retain(|file| file.extension().is_some_and(|ending| ending == "redirects"));
//!     files.sort();
//!     files.iter().map(|file| Ok(Format::Netlify.load_lossy(file)?.into_result()?)).collect()
//! }
//!
//! let (policy, handle) = Reloadable::new(read(Path::new("redirects.d"))?);
//! let watcher = handle.watch("redirects.d", read).ending(".redirects").start()?;
//! # Ok::<(), Box<dyn Error + Send + Sync>>(())
//! ```
//!
//! # What is not taken for a new set
//!
//! - A file that is being written: it is read when it has been quiet for [a tenth of a second](Watch::settle).
//!   One that is never quiet is read after five times that. Whoever writes a file beside and renames it
//!   never shows half of it, also where a writer stops half-way.
//! - A file that is empty, because one that is cut off looks so. Where nothing is meant to be redirected,
//!   a comment says so. In a folder, that is one that was not empty when a set was last taken; nobody but the
//!   reader knows which files are its own, so that a log beside them needs [`Watch::ending`]. A folder
//!   where no file is left is refused, too.
//! - The bytes that were read last time, as far as a hash of 64 bits tells, also where the file was lost
//!   meanwhile. After [`ReloadHandle::rollback`], the file has to change before it is read again.
//! - What the reader refuses. A file of a folder that cannot be opened is the reader's to fail at; where the
//!   path itself cannot be read, it is lost. The reason goes to [`Watch::on_reload`], and to feature `tracing`.

use std::{
    error::Error,
    fmt, io,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::live::ReloadHandle;

mod contents;
mod events;
mod load;
mod open;
mod reload;
#[cfg(feature = "rules")]
mod rules;
mod run;
mod state;
mod watcher;

use contents::Contents;
pub use load::load;
pub use reload::Reload;
#[cfg(feature = "rules")]
#[cfg_attr(docsrs, doc(cfg(feature = "rules")))]
pub use rules::load_rules;
pub use watcher::Watcher;

/// Why a set was refused.
type Reason = Box<dyn Error + Send + Sync>;

impl<P: Send + Sync + 'static> ReloadHandle<P> {
    /// Watches a file or a folder, and reads it again when it changes.
    ///
    /// ```no_run
    /// use std::fs;
    /// use tower_redirect::{LocalPath, RedirectLayer, live::Reloadable};
    ///
    /// // One line: where everybody goes meanwhile.
    /// let (policy, handle) = Reloadable::new(None::<LocalPath>);
    /// let watcher = handle
    ///     .watch("closed", |path| -> Result<_, Box<dyn std::error::Error + Send + Sync>> {
    ///         Ok(Some(LocalPath::new(fs::read_to_string(path)?.trim())?))
    ///     })
    ///     .on_reload(|reload| eprintln!("{reload}"))
    ///     .start()?;
    /// let layer = RedirectLayer::temporary(policy);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// The closure reads the path that it is given; it runs on a thread of its own, and may take its time.
    pub fn watch<E: Into<Box<dyn Error + Send + Sync>>>(
        &self,
        path: impl Into<PathBuf>,
        read: impl Fn(&Path) -> Result<P, E> + Send + 'static,
    ) -> Watch<P> {
        Watch {
            handle: self.clone(),
            path: path.into(),
            read: Box::new(move |path| read(path).map_err(Into::into)),
            endings: Vec::new(),
            loaded: None,
            on_reload: Box::new(|_| {}),
            settle: Duration::from_millis(100),
            poll_interval: Duration::from_millis(500),
        }
    }
}

/// How a file or a folder is watched; [`ReloadHandle::watch`] and `ReloadHandle::watch_rules` make it.
///
/// ```
/// use std::time::Duration;
/// use tower_redirect::{live::Reloadable, rules::{Format, Rules}};
///
/// let (_policy, handle) = Reloadable::new(Rules::new([])?);
/// let watcher = handle
///     .watch_rules("/srv/shop/_redirects", Format::Netlify)
///     .settle(Duration::from_millis(250))
///     .poll_interval(Duration::from_secs(5))
///     .on_reload(|reload| eprintln!("{reload}"))
///     .start()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing is watched before `start`"]
pub struct Watch<P> {
    handle: ReloadHandle<P>,
    path: PathBuf,
    read: Read<P>,
    endings: Vec<String>,
    /// What the set was read from, where that is known.
    loaded: Option<Contents>,
    on_reload: OnReload,
    settle: Duration,
    poll_interval: Duration,
}

type Read<P> = Box<dyn Fn(&Path) -> Result<P, Reason> + Send>;
type OnReload = Box<dyn FnMut(&Reload<'_>) + Send>;

impl<P: Send + Sync + 'static> Watch<P> {
    /// Calls this for everything that becomes of a change; the last one that is given.
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use tower_redirect::{live::Reloadable, rules::{Format, Rules}};
    ///
    /// let (sender, lines) = mpsc::channel();
    /// let (_policy, handle) = Reloadable::new(Rules::new([])?);
    /// let watcher = handle
    ///     .watch_rules("no/such/file", Format::Netlify)
    ///     .on_reload(move |reload| sender.send(reload.to_string()).unwrap())
    ///     .start()?;
    /// assert!(lines.recv()?.contains("cannot be read, and the set before serves on until it can"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// A panic in it is contained. It runs on the thread that watches: while it does, nothing is read.
    pub fn on_reload(mut self, call: impl FnMut(&Reload<'_>) + Send + 'static) -> Self {
        self.on_reload = Box::new(call);
        self
    }

    /// Of a folder, only the files count whose names end in this; called again, it adds one.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, live::Reloadable};
    ///
    /// let (_policy, handle) = Reloadable::new(LocalPath::from_static("/"));
    /// let watch = handle.watch("redirects.d", |_| Err("never read")).ending(".redirects").ending(".csv");
    /// assert!(format!("{watch:?}").contains(r#"endings: [".redirects", ".csv"]"#));
    /// ```
    ///
    /// Nothing is read again because of another file, and none hinders it. The reader is given the folder as
    /// before, and chooses for itself. What is watched as a file counts by any name.
    pub fn ending(mut self, ending: impl Into<String>) -> Self {
        self.endings.push(ending.into());
        // More was loaded than counts.
        self.loaded = None;
        self
    }

    /// How long a file has to be quiet before it is read; 100 ms where nothing is said, and at most a
    /// minute.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_redirect::{live::Reloadable, rules::{Format, Rules}};
    ///
    /// let (_policy, handle) = Reloadable::new(Rules::new([])?);
    /// let watch = handle.watch_rules("_redirects", Format::Netlify).settle(Duration::from_secs(1));
    /// assert!(format!("{watch:?}").contains("settle: 1s"));
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    ///
    /// After five times as long, it is read all the same.
    pub fn settle(mut self, settle: Duration) -> Self {
        self.settle = settle.min(Duration::from_secs(60));
        self
    }

    /// How often to look, whether the system tells of a change or not; 500 ms where nothing is said, at least
    /// 10 ms, and at most an hour.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_redirect::{live::Reloadable, rules::{Format, Rules}};
    ///
    /// let (_policy, handle) = Reloadable::new(Rules::new([])?);
    /// let watch = handle.watch_rules("_redirects", Format::Netlify).poll_interval(Duration::ZERO);
    /// assert!(format!("{watch:?}").contains("poll_interval: 10ms"));
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    ///
    /// What is lost is looked for at this interval first, and then ever less often, up to ten times as long.
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = interval.clamp(Duration::from_millis(10), Duration::from_secs(3600));
        self
    }

    /// Begins to watch, on a thread of its own that ends with the [`Watcher`], or when nobody has the policy or
    /// a handle of it any more.
    ///
    /// ```no_run
    /// use tower_redirect::{live::Reloadable, rules::{Format, Rules}};
    ///
    /// let (policy, handle) = Reloadable::new(Rules::new([])?);
    /// let watcher = handle.watch_rules("_redirects", Format::Netlify).start()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// The path is read once now, so that no change is missed between what was read before and the watch;
    /// this is reported and counted too, and what was read before is what [`ReloadHandle::rollback`] goes back to.
    /// Where [`load`] has read it, that is done only if its bytes are others now. Where it is missing, it is
    /// reported as lost, and read as soon as it is there.
    ///
    /// # Errors
    ///
    /// Where the thread cannot be started, or the path is relative and there is no current folder.
    pub fn start(self) -> io::Result<Watcher> {
        Watcher::start(self)
    }
}

impl<P> fmt::Debug for Watch<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("path", &self.path)
            .field("endings", &self.endings)
            .field("settle", &self.settle)
            .field("poll_interval", &self.poll_interval)
            .finish_non_exhaustive()
    }
}
