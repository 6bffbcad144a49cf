//! Starts and ends the watcher thread.

use std::{
    fmt, io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, SyncSender},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::{Watch, run::WatchLoop};

/// A running watch, which ends when this is dropped.
///
/// [`Watch::start`] makes it.
///
/// ```
/// use tower_redirect::{LocalPath, live::Reloadable};
///
/// let (_policy, handle) = Reloadable::new(LocalPath::from_static("/"));
/// let watcher = handle.watch("no such file", |_| Err("never read")).start()?;
/// drop(watcher); // waits for the thread to end: no read and no report happens afterwards
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// The drop waits for a running reader or callback, but at most ten seconds. If the reader or
/// callback itself drops the `Watcher`, the drop doesn't wait.
#[must_use = "the watch ends when this is dropped; bind it to a name"]
pub struct Watcher {
    path: PathBuf,
    wake: SyncSender<()>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watcher {
    pub(super) fn start<P: Send + Sync + 'static>(watch: Watch<P>) -> io::Result<Self> {
        // `components` drops a `/` at the end, which would hide that the path is a link.
        let path: PathBuf = std::path::absolute(&watch.path)?.components().collect();
        // A capacity of one: a wake-up that waits stands for all that follow.
        let (wake, woken) = mpsc::sync_channel(1);
        let stop = Arc::new(AtomicBool::new(false));
        let watch_loop =
            WatchLoop::new(watch, path.clone(), wake.clone(), woken, Arc::clone(&stop));
        let thread = thread::Builder::new()
            .name("redirect watch".to_owned())
            .spawn(move || watch_loop.run())?;
        Ok(Self {
            path,
            wake,
            stop,
            thread: Some(thread),
        })
    }

    /// Keeps the watch running until all policies and handles are gone.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, RedirectLayer, live::Reloadable};
    ///
    /// fn layer() -> std::io::Result<RedirectLayer<impl tower_redirect::Policy>> {
    ///     let (policy, handle) = Reloadable::new(LocalPath::from_static("/closed"));
    ///     handle.watch("no such file", |_| Err("never read")).start()?.detach();
    ///     Ok(RedirectLayer::temporary(policy))
    /// }
    /// assert!(layer().is_ok());
    /// ```
    ///
    /// The thread then ends at its next poll. A handle inside the reader or callback counts, too:
    /// with one, the watch runs until the process ends.
    pub fn detach(mut self) {
        self.thread = None;
    }
}

/// How long the drop of a watcher waits.
const MAX_JOIN_WAIT: Duration = Duration::from_secs(10);

impl Drop for Watcher {
    fn drop(&mut self) {
        let Some(thread) = self.thread.take() else {
            return;
        };
        self.stop.store(true, Ordering::Release);
        let _ = self.wake.try_send(());
        if thread.thread().id() == thread::current().id() {
            return;
        }
        // The limit is for a reader that hangs, on a pipe or a lost server.
        let begin = Instant::now();
        while !thread.is_finished() {
            if begin.elapsed() > MAX_JOIN_WAIT {
                return;
            }
            thread::sleep(Duration::from_millis(1));
        }
        let _ = thread.join();
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watcher")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
