//! The watcher thread: poll, debounce, reload, report.
//!
//! The thread repeats these steps. In between, it sleeps until a change event wakes it, or for as
//! long as [`WatchLoop::poll`] returns.
//!
//! 1. **Listen** to change events of the folders on the way to the path.
//! 2. **Poll**: read the [`State`] (metadata only). If it is the one that was handled last, wait.
//! 3. **Debounce**: wait until the state has been the same for `settle`. A state that keeps
//!    changing is read after `MAX_SETTLES` times that.
//! 4. If the path can't be read, report it as lost.
//! 5. **Read** the [`Contents`]. If they are the ones that were read last, there is nothing to
//!    reload.
//! 6. **Reload**: reject contents that look truncated, otherwise call the reader. If the state
//!    changed while the reader ran, discard the result and go back to step 3, at most `MAX_RETRIES`
//!    times.
//! 7. **Report** the outcome: active or rejected.
//!
//! A change that leaves the metadata equal (same length, same tick of the file system's clock)
//! escapes step 2. Therefore the thread compares the contents again twice after each read, at the
//! times in `RECHECKS`.
//!
//! The thread holds only a weak handle, so it doesn't keep the policy alive. It ends when the
//! handle is dead.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, SyncSender},
    },
    thread,
    time::{Duration, Instant},
};

use super::{
    OnReload, Read, Reason, Reload, Summary, Watch, contents::Contents, events::Events,
    state::State,
};
use crate::{
    live::WeakHandle,
    observe::{self, ReloadOutcome},
};

/// A state that keeps changing is read after this many times `settle`.
const MAX_SETTLES: u32 = 5;

/// While the path is lost, the poll interval grows up to this many times.
const MAX_BACKOFF: u32 = 10;

/// How many times a result is discarded because its file changed while the reader ran.
const MAX_RETRIES: u32 = 3;

/// When to compare the contents again, after they were read.
const RECHECKS: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(2)];

/// The minimum time between two polls: a busy folder must not keep the thread spinning.
const MIN_PAUSE: Duration = Duration::from_millis(5);

pub(super) struct WatchLoop<P> {
    handle: WeakHandle<P>,
    path: PathBuf,
    read: Read<P>,
    endings: Vec<String>,
    summary: Summary<P>,
    on_reload: OnReload,
    settle: Duration,
    poll_interval: Duration,
    events: Events,
    woken: Receiver<()>,
    stop: Arc<AtomicBool>,

    /// The state that was handled last.
    handled: Option<State>,
    /// A new state that isn't handled yet.
    unsettled: Option<Unsettled>,
    /// The contents that were read last, active or rejected.
    last_read: Option<Contents>,
    /// The contents of the last policy that became active.
    active: Option<Contents>,
    read_at: Instant,
    /// How many of [`RECHECKS`] are done.
    rechecks_done: usize,
    is_lost: bool,
    /// The current multiple of the poll interval while the path is lost.
    backoff: u32,
}

/// A state that is being debounced.
struct Unsettled {
    state: State,
    last_change: Instant,
    first_change: Instant,
    /// How many times the state changed while the reader ran.
    retries: u32,
}

impl<P: Send + Sync + 'static> WatchLoop<P> {
    pub(super) fn new(
        watch: Watch<P>,
        path: PathBuf,
        wake: SyncSender<()>,
        woken: Receiver<()>,
        stop: Arc<AtomicBool>,
    ) -> Self {
        let loaded = watch.loaded;
        Self {
            handle: watch.handle.downgrade(),
            path,
            read: watch.read,
            endings: watch.endings,
            summary: watch.summary,
            on_reload: watch.on_reload,
            settle: watch.settle,
            poll_interval: watch.poll_interval,
            events: Events::new(wake),
            woken,
            stop,
            handled: None,
            unsettled: None,
            last_read: loaded.clone(),
            active: loaded,
            read_at: Instant::now(),
            rechecks_done: RECHECKS.len(),
            is_lost: false,
            backoff: 1,
        }
    }

    pub(super) fn run(mut self) {
        if self.active.is_some() {
            observe::watched(&self.path);
        }
        while !self.stopped() {
            self.events.listen(&self.path);
            let wait = self.poll();
            if self.woken.recv_timeout(wait).is_ok() {
                thread::sleep(MIN_PAUSE);
                let _ = self.woken.try_recv();
            }
        }
    }

    /// Returns `true` if the watcher was dropped, or if all policies and handles are gone.
    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire) || self.handle.upgrade().is_none()
    }

    /// Runs steps 2 to 7. Returns how long to wait until the next poll.
    fn poll(&mut self) -> Duration {
        let (state, error) = State::of(&self.path, &self.endings);
        if self.handled.as_ref() == Some(&state) && !self.recheck_finds_change() {
            self.unsettled = None;
            return self.wait();
        }
        let now = Instant::now();
        let unsettled = match self.unsettled.take() {
            Some(unsettled) if unsettled.state == state => unsettled,
            Some(unsettled) => Unsettled {
                state,
                last_change: now,
                ..unsettled
            },
            None => Unsettled {
                state,
                last_change: now,
                first_change: now,
                retries: 0,
            },
        };
        let settled = unsettled.last_change + self.settle;
        let deadline = unsettled.first_change + self.settle * MAX_SETTLES;
        self.unsettled = Some(unsettled);
        if now < settled.min(deadline) {
            return settled.min(deadline) - now;
        }
        match error {
            Some(error) => self.lose(&error),
            None => self.reload(now >= deadline),
        }
    }

    /// Compares the contents again if a recheck is due. Returns `true` if they differ although the
    /// state is the same.
    fn recheck_finds_change(&mut self) -> bool {
        let due = RECHECKS.get(self.rechecks_done);
        if due.is_none_or(|due| self.read_at.elapsed() < *due) {
            return false;
        }
        self.rechecks_done += 1;
        let differ = Contents::read(&self.path, &self.endings)
            .is_ok_and(|contents| self.last_read != Some(contents));
        if differ {
            self.handled = None;
        }
        differ
    }

    /// Reads the contents of a settled state (step 5), and reloads the policy from them (steps 6
    /// and 7).
    fn reload(&mut self, is_overdue: bool) -> Duration {
        let contents = match Contents::read(&self.path, &self.endings) {
            Ok(contents) => contents,
            Err(error) => {
                let wait = self.lose(&error);
                // A file can become readable without a change of its state: don't skip the next
                // poll.
                self.handled = None;
                return wait;
            }
        };
        let was_lost = std::mem::take(&mut self.is_lost);
        self.read_at = Instant::now();
        self.rechecks_done = 0;
        if self.last_read.as_ref() == Some(&contents) {
            if !was_lost {
                return self.finish();
            }
            // Contents that were rejected before the loss are read and rejected again.
            if self.active == self.last_read {
                self.report_back();
                return self.finish();
            }
        }
        let result = match contents.truncation(self.active.as_ref()) {
            Some(problem) => Err(problem.into()),
            None => catch_panic(|| (self.read)(&self.path)).unwrap_or_else(|panic| {
                Err(format!("the reader panicked: {panic}; fix the reader").into())
            }),
        };
        if !is_overdue && self.has_changed_meanwhile() {
            self.is_lost = was_lost;
            return self.settle;
        }
        if self.stopped() {
            return Duration::ZERO;
        }
        match result {
            Ok(policy) => self.activate(policy, &contents),
            Err(reason) => self.reject(&reason),
        }
        self.last_read = Some(contents);
        self.finish()
    }

    /// Returns `true` if the state changed while the reader ran, and restarts the debounce with the
    /// new one.
    fn has_changed_meanwhile(&mut self) -> bool {
        let Some(unsettled) = &mut self.unsettled else {
            return false;
        };
        let (state, _) = State::of(&self.path, &self.endings);
        if unsettled.state == state || unsettled.retries >= MAX_RETRIES {
            return false;
        }
        unsettled.state = state;
        unsettled.last_change = Instant::now();
        unsettled.first_change = unsettled.last_change;
        unsettled.retries += 1;
        true
    }

    /// Marks the state as handled. Returns how long to wait until the next poll.
    fn finish(&mut self) -> Duration {
        self.handled = self.unsettled.take().map(|unsettled| unsettled.state);
        self.wait()
    }

    /// Returns how long to wait until the next poll.
    fn wait(&mut self) -> Duration {
        if self.is_lost {
            let wait = self.poll_interval * self.backoff;
            self.backoff = MAX_BACKOFF.min(self.backoff * 2);
            return wait;
        }
        match RECHECKS.get(self.rechecks_done) {
            Some(due) => self
                .poll_interval
                .min(due.saturating_sub(self.read_at.elapsed())),
            None => self.poll_interval,
        }
    }

    fn activate(&mut self, policy: P, contents: &Contents) {
        let Some(handle) = self.handle.upgrade() else {
            return;
        };
        let active = (self.summary)(&policy);
        let active = active.as_deref();
        handle.replace(Arc::new(policy));
        drop(handle);
        self.active = Some(contents.clone());
        observe::reloaded(Some(&self.path), ReloadOutcome::Reloaded(active));
        let path = &self.path;
        notify(&mut self.on_reload, &Reload::Good { path, active });
    }

    /// Returns how many rules are active, if the policy has rules.
    fn active_summary(&self) -> Option<String> {
        (self.summary)(&*self.handle.upgrade()?.current())
    }

    fn reject(&mut self, reason: &Reason) {
        observe::reloaded(Some(&self.path), ReloadOutcome::Rejected(reason));
        let active = self.active_summary();
        let reload = Reload::Bad {
            path: &self.path,
            error: &**reason,
            active: active.as_deref(),
        };
        notify(&mut self.on_reload, &reload);
    }

    /// Reports that a lost path is back. This doesn't reload: after a rollback, the policy from
    /// these contents must not become active again.
    fn report_back(&mut self) {
        observe::back(&self.path);
        let active = self.active_summary();
        let reload = Reload::Back {
            path: &self.path,
            active: active.as_deref(),
        };
        notify(&mut self.on_reload, &reload);
    }

    /// Marks the path as lost, and reports it once.
    fn lose(&mut self, error: &io::Error) -> Duration {
        if !self.is_lost {
            self.is_lost = true;
            self.backoff = 1;
            self.rechecks_done = RECHECKS.len();
            observe::reloaded(Some(&self.path), ReloadOutcome::Lost(error));
            let active = self.active_summary();
            let reload = Reload::Lost {
                path: &self.path,
                error,
                active: active.as_deref(),
            };
            notify(&mut self.on_reload, &reload);
        }
        self.finish()
    }
}

/// Calls the callback. A panic in it is logged, and doesn't end the watch.
fn notify(on_reload: &mut OnReload, reload: &Reload<'_>) {
    let result = catch_panic(|| on_reload(reload));
    #[cfg(feature = "tracing")]
    if let Err(panic) = result {
        tracing::error!(target: "tower_redirect", panic, "the `on_reload` callback panicked, the watch continues");
    }
    #[cfg(not(feature = "tracing"))]
    let _ = result;
}

/// Returns the result of a call, or the message of its panic.
fn catch_panic<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|panic| {
        let message = panic.downcast_ref::<&str>().copied();
        let message = message.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        message.unwrap_or("no text").to_owned()
    })
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        sync::{atomic::AtomicBool, mpsc},
        time::Instant,
    };

    use super::{Arc, Duration, RECHECKS, State, WatchLoop};
    use crate::{live::Reloadable, location::LocalPath};

    /// A test can't stop the file system's clock. So it sets the handled state to the one after the
    /// change, as if the clock had not moved.
    #[test]
    fn rechecks_find_changes_that_leave_the_metadata_equal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("target");
        let (_policy, handle) = Reloadable::new(LocalPath::from_static("/start"));
        let watch = handle
            .watch(&path, |path| {
                LocalPath::new(&fs::read_to_string(path).unwrap())
            })
            .settle(Duration::ZERO);
        let (wake, woken) = mpsc::sync_channel(1);
        let stop = Arc::new(AtomicBool::new(false));
        let mut watch_loop = WatchLoop::new(watch, path.clone(), wake, woken, stop);

        fs::write(&path, "/a").unwrap();
        assert!(watch_loop.poll() <= RECHECKS[0], "a recheck follows soon");
        assert_eq!(*handle.current(), "/a");
        for text in ["/b", "/c"] {
            for (rechecks_done, due) in RECHECKS.into_iter().enumerate() {
                let text = format!("{text}{rechecks_done}");
                fs::write(&path, &text).unwrap();
                watch_loop.handled = Some(State::of(&path, &[]).0);
                watch_loop.rechecks_done = rechecks_done;
                watch_loop.read_at = Instant::now().checked_sub(due).unwrap();
                watch_loop.poll();
                assert_eq!(*handle.current(), *text);
            }
        }
    }
}
