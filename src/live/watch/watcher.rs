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

use super::{Watch, run::Run};

/// Watches until it is dropped; [`Watch::start`] makes it.
///
/// ```
/// use tower_redirect::{LocalPath, live::Reloadable};
///
/// let (_policy, handle) = Reloadable::new(LocalPath::from_static("/"));
/// let watcher = handle.watch("no such file", |_| Err("never read")).start()?;
/// drop(watcher); // waits until the thread has ended: nothing is read or reported any more
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// The drop waits for a reader or a callback that is at work, ten seconds at most, and not where it comes from
/// there.
#[must_use = "the watch ends where this is dropped; bind it to a name"]
pub struct Watcher {
    path: PathBuf,
    wake: SyncSender<()>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watcher {
    pub(super) fn start<P: Send + Sync + 'static>(watch: Watch<P>) -> io::Result<Self> {
        // Without a `/` at its end, which would hide that it is a link.
        let path: PathBuf = std::path::absolute(&watch.path)?.components().collect();
        // One place: a wake-up that waits stands for all that come after it.
        let (wake, woken) = mpsc::sync_channel(1);
        let stop = Arc::new(AtomicBool::new(false));
        let run = Run::new(watch, path.clone(), wake.clone(), woken, Arc::clone(&stop));
        let thread = thread::Builder::new()
            .name("redirect watch".to_owned())
            .spawn(move || run.run())?;
        Ok(Self {
            path,
            wake,
            stop,
            thread: Some(thread),
        })
    }

    /// Watches for as long as anybody has the policy or a handle of it, without this.
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
    /// When the last one is gone, the thread ends the next time that it looks. A handle in the reader or in the
    /// callback is one, too: with it, the watch lasts until the process ends.
    pub fn detach(mut self) {
        self.thread = None;
    }
}

/// So long the drop of a watcher waits.
const LONGEST_END: Duration = Duration::from_secs(10);

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
        // A reader at work is waited for, but for one that waits itself, on a pipe or a lost server.
        let begin = Instant::now();
        while !thread.is_finished() {
            if begin.elapsed() > LONGEST_END {
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
