//! Reloads a policy from a file or a folder when it changes.
//!
//! If the new contents are invalid, the previous policy stays active.
//!
//! ```
//! use std::{fs, sync::mpsc};
//! use tower_redirect::{live::watch, rules::Format, testing};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("_redirects");
//! # fs::write(&path, "/a /b")?;
//! # let (sender, reloads) = mpsc::channel();
//! // An invalid file is an error here, at the start.
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
//! # let report = reloads.recv()?;
//! # assert!(report.contains("_redirects:1:4: error: "), "{report}");
//! testing::get("/a").through(&policy).assert_redirect("/c");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is watched
//!
//! The watch covers the path, each symbolic link on the way, and the target. It notices
//!
//! - a file that is written in place,
//! - a file that another one is renamed over,
//! - a link that is switched to another target (release folders, Kubernetes ConfigMaps),
//! - a file or folder that is deleted and comes back.
//!
//! The operating system reports changes, except on network file systems or if there are too many
//! watches. Therefore the watch also polls every [half second](Watch::poll_interval). A poll reads
//! the metadata of the files, not their contents.
//!
//! In a folder, the watch covers the files directly in it. It ignores names that begin with `.` or
//! end in `~`, which editors and systems create. With [`Watch::ending`], it covers only names with
//! these endings. A whole name is an ending too: `.ending(".htaccess")`.
//!
//! The reader receives the path of the folder and merges the files. If the first match wins, a
//! `Vec` of rules is the merged policy:
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
//! # What doesn't become active
//!
//! - **A file that is being written.** The watch reads a file when it has been unchanged for [100
//!   ms](Watch::settle). It reads a file that keeps changing after five times as long. To be safe
//!   against a writer that stops half-way, write the file under another name and rename it.
//! - **An empty file**, because a truncated one looks the same. If the file should redirect
//!   nothing, write a comment into it. In a folder, this applies to a file that wasn't empty at the
//!   last good reload. The watch doesn't know which files the reader uses. So if the folder
//!   contains a log file, for example, set [`Watch::ending`]. The watch also rejects a folder
//!   without files.
//! - **Unchanged contents**, compared by a 64-bit hash. This applies to a file that was lost and
//!   comes back, too. After [`ReloadHandle::rollback`], the file must change before the watch reads
//!   it again.
//! - **Contents that the reader rejects.** If a file in the folder can't be opened, the reader
//!   should fail. If the path itself can't be read, the watch reports it as lost.
//!
//! [`Watch::on_reload`] receives the reason for empty files and rejected contents, and the
//! `tracing` feature logs it.

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
pub use rules::{RulesFormat, load_rules};
pub use watcher::Watcher;

/// Why new contents were rejected.
type Reason = Box<dyn Error + Send + Sync>;

impl<P: Send + Sync + 'static> ReloadHandle<P> {
    /// Watches a file or a folder, and reloads the policy from it when it changes.
    ///
    /// ```no_run
    /// use std::fs;
    /// use tower_redirect::{LocalPath, RedirectLayer, live::Reloadable};
    ///
    /// // The file holds one path: where all visitors go during maintenance.
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
    /// The closure reads the path that it receives. It runs on the thread of the watch, so it may
    /// block.
    ///
    /// Nothing happens before [`Watch::start`].
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
            summary: |_| None,
            on_reload: Box::new(|_| {}),
            settle: Duration::from_millis(100),
            poll_interval: Duration::from_millis(500),
        }
    }
}

/// A watch that hasn't started yet: the path, the reader and the options.
///
/// [`ReloadHandle::watch`], `ReloadHandle::watch_rules`, [`load`] and `load_rules` make it.
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
#[must_use = "a watch does nothing before `start`"]
pub struct Watch<P> {
    handle: ReloadHandle<P>,
    path: PathBuf,
    read: Read<P>,
    endings: Vec<String>,
    /// The contents that the active policy was read from, if known.
    loaded: Option<Contents>,
    /// Returns how many rules a policy has, if it has rules.
    summary: Summary<P>,
    on_reload: OnReload,
    settle: Duration,
    poll_interval: Duration,
}

type Read<P> = Box<dyn Fn(&Path) -> Result<P, Reason> + Send>;
type Summary<P> = fn(&P) -> Option<String>;
type OnReload = Box<dyn FnMut(&Reload<'_>) + Send>;

impl<P: Send + Sync + 'static> Watch<P> {
    /// Calls the closure with the outcome of each change.
    ///
    /// A second call replaces the closure.
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
    /// assert!(lines.recv()?.contains("keeping the previous rules (0 rules active)"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// The closure runs on the thread of the watch. While it runs, the watch reads nothing. If it
    /// panics, the watch continues.
    pub fn on_reload(mut self, call: impl FnMut(&Reload<'_>) + Send + 'static) -> Self {
        self.on_reload = Box::new(call);
        self
    }

    /// Limits the watch to files of the folder whose names end with this text.
    ///
    /// Each call adds an ending.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, live::Reloadable};
    ///
    /// let (_policy, handle) = Reloadable::new(LocalPath::from_static("/"));
    /// let watch = handle
    ///     .watch("redirects.d", |_| Err("never read"))
    ///     .ending(".redirects")
    ///     .ending(".csv");
    /// assert!(format!("{watch:?}").contains(r#"endings: [".redirects", ".csv"]"#));
    /// ```
    ///
    /// The watch ignores changes to all other files. The reader still receives the path of the
    /// folder, and must choose its files itself. If the path is a file, the endings have no effect.
    pub fn ending(mut self, ending: impl Into<String>) -> Self {
        self.endings.push(ending.into());
        // `load` compared all files, not only those with this ending.
        self.loaded = None;
        self
    }

    /// Sets how long a file must stay unchanged before the watch reads it.
    ///
    /// The default is 100 ms, and the maximum is one minute.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_redirect::{live::Reloadable, rules::{Format, Rules}};
    ///
    /// let (_policy, handle) = Reloadable::new(Rules::new([])?);
    /// let watch = handle
    ///     .watch_rules("_redirects", Format::Netlify)
    ///     .settle(Duration::from_secs(1));
    /// assert!(format!("{watch:?}").contains("settle: 1s"));
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// The watch reads a file that keeps changing after five times as long.
    pub fn settle(mut self, settle: Duration) -> Self {
        self.settle = settle.min(Duration::from_secs(60));
        self
    }

    /// Sets the interval at which the watch polls, in addition to the system's change events.
    ///
    /// The default is 500 ms, the minimum 10 ms, and the maximum one hour.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_redirect::{live::Reloadable, rules::{Format, Rules}};
    ///
    /// let (_policy, handle) = Reloadable::new(Rules::new([])?);
    /// let watch = handle
    ///     .watch_rules("_redirects", Format::Netlify)
    ///     .poll_interval(Duration::ZERO);
    /// assert!(format!("{watch:?}").contains("poll_interval: 10ms"));
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// While the path is lost, the interval grows from poll to poll, up to ten times this value.
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = interval.clamp(Duration::from_millis(10), Duration::from_secs(3600));
        self
    }

    /// Starts the watch on a thread of its own.
    ///
    /// The thread ends when the [`Watcher`] is dropped, or when all policies and handles are gone.
    ///
    /// ```no_run
    /// use tower_redirect::{live::Reloadable, rules::{Format, Rules}};
    ///
    /// let (policy, handle) = Reloadable::new(Rules::new([])?);
    /// let watcher = handle.watch_rules("_redirects", Format::Netlify).start()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// The watch reads the path once at the start, so it doesn't miss a change between your own
    /// read and the start. This is a reload like any other: it is reported and counted, and
    /// [`ReloadHandle::rollback`] returns to the policy before it. After [`load`], the watch skips
    /// this step if the contents are unchanged.
    ///
    /// If the path is missing, the watch reports it as lost, and reads it as soon as it exists.
    ///
    /// # Errors
    ///
    /// Returns an error if the thread can't be started, or if the path is relative and there is no
    /// current directory.
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
