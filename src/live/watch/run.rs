//! The thread: look, wait until it is quiet, read, tell.

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
    OnReload, Read, Reason, Reload, Watch, contents::Contents, events::Events, state::State,
};
use crate::{live::WeakHandle, observe};

/// What is never quiet is read after this many times the time of quiet.
const MOST_SETTLES: u32 = 5;

/// What is lost is looked for at most this many times less often than what is there.
const MOST_BACKOFF: u32 = 10;

/// How many times a set is given up because its file changed while it was read.
const MOST_TORN: u32 = 3;

/// When the bytes are compared once more after they were read: two changes of one length within one tick of a
/// file system's clock look like one.
const DOUBTS: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(2)];

/// Between two looks. In a folder where much happens, this keeps the thread from doing nothing else.
const BREATH: Duration = Duration::from_millis(5);

pub(super) struct Run<P> {
    handle: WeakHandle<P>,
    path: PathBuf,
    read: Read<P>,
    endings: Vec<String>,
    on_reload: OnReload,
    settle: Duration,
    poll_interval: Duration,
    events: Events,
    woken: Receiver<()>,
    stop: Arc<AtomicBool>,

    /// The state that was dealt with last.
    known: Option<State>,
    /// A state that is new, and not dealt with yet.
    unsettled: Option<Unsettled>,
    /// What was read last, whether it was good or bad.
    last: Option<Contents>,
    /// What serves.
    good: Option<Contents>,
    read_at: Instant,
    /// How many of [`DOUBTS`] are over.
    checked: usize,
    lost: bool,
    backoff: u32,
}

struct Unsettled {
    state: State,
    changed: Instant,
    began: Instant,
    /// How many times it changed while it was read.
    torn: u32,
}

impl<P: Send + Sync + 'static> Run<P> {
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
            on_reload: watch.on_reload,
            settle: watch.settle,
            poll_interval: watch.poll_interval,
            events: Events::new(wake),
            woken,
            stop,
            known: None,
            unsettled: None,
            last: loaded.clone(),
            good: loaded,
            read_at: Instant::now(),
            checked: DOUBTS.len(),
            lost: false,
            backoff: 1,
        }
    }

    pub(super) fn run(mut self) {
        if self.good.is_some() {
            observe::watched(&self.path);
        }
        while !self.stopped() {
            self.events.listen(&self.path);
            let wait = self.look();
            if self.woken.recv_timeout(wait).is_ok() {
                thread::sleep(BREATH);
                let _ = self.woken.try_recv();
            }
        }
    }

    /// Whether it is told to stop, or nobody asks the set any more.
    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire) || self.handle.upgrade().is_none()
    }

    /// Deals with what is to be dealt with, and says how long there is nothing to do.
    fn look(&mut self) -> Duration {
        let (state, error) = State::of(&self.path, &self.endings);
        if self.known.as_ref() == Some(&state) && !self.doubt_is_right() {
            self.unsettled = None;
            return self.pause();
        }
        let now = Instant::now();
        let unsettled = match self.unsettled.take() {
            Some(unsettled) if unsettled.state == state => unsettled,
            Some(unsettled) => Unsettled {
                state,
                changed: now,
                ..unsettled
            },
            None => Unsettled {
                state,
                changed: now,
                began: now,
                torn: 0,
            },
        };
        let quiet = unsettled.changed + self.settle;
        let enough = unsettled.began + self.settle * MOST_SETTLES;
        self.unsettled = Some(unsettled);
        if now < quiet.min(enough) {
            return quiet.min(enough) - now;
        }
        match error {
            Some(error) => self.lose(&error),
            None => self.take(now >= enough),
        }
    }

    /// Whether the bytes are others, although nothing else is.
    fn doubt_is_right(&mut self) -> bool {
        let due = DOUBTS.get(self.checked);
        if due.is_none_or(|due| self.read_at.elapsed() < *due) {
            return false;
        }
        self.checked += 1;
        let differ =
            Contents::read(&self.path, &self.endings).is_ok_and(|bytes| self.last != Some(bytes));
        if differ {
            self.known = None;
        }
        differ
    }

    /// Reads what has become quiet.
    fn take(&mut self, overdue: bool) -> Duration {
        let contents = match Contents::read(&self.path, &self.endings) {
            Ok(contents) => contents,
            Err(error) => {
                let wait = self.lose(&error);
                // Whether it can be read does not show in its state.
                self.known = None;
                return wait;
            }
        };
        let was_lost = std::mem::take(&mut self.lost);
        self.read_at = Instant::now();
        self.checked = 0;
        if self.last.as_ref() == Some(&contents) {
            if !was_lost {
                return self.dealt_with();
            }
            // What was refused before it was lost is refused once more.
            if self.good == self.last {
                self.back();
                return self.dealt_with();
            }
        }
        let made = match contents.cut_off(self.good.as_ref()) {
            Some(why) => Err(why.into()),
            None => contained(|| (self.read)(&self.path)).unwrap_or_else(|panic| {
                Err(format!("the reader panicked: {panic}; mend the reader").into())
            }),
        };
        if !overdue && self.is_torn() {
            self.lost = was_lost;
            return self.settle;
        }
        if self.stopped() {
            return Duration::ZERO;
        }
        match made {
            Ok(policy) => self.good(policy, &contents),
            Err(reason) => self.bad(&reason),
        }
        self.last = Some(contents);
        self.dealt_with()
    }

    /// Whether it changed while it was read, so that it is to become quiet again.
    fn is_torn(&mut self) -> bool {
        let Some(unsettled) = &mut self.unsettled else {
            return false;
        };
        let (state, _) = State::of(&self.path, &self.endings);
        if unsettled.state == state || unsettled.torn >= MOST_TORN {
            return false;
        }
        unsettled.state = state;
        unsettled.changed = Instant::now();
        unsettled.began = unsettled.changed;
        unsettled.torn += 1;
        true
    }

    fn dealt_with(&mut self) -> Duration {
        self.known = self.unsettled.take().map(|unsettled| unsettled.state);
        self.pause()
    }

    /// How long there is nothing to do, unless the system tells otherwise.
    fn pause(&mut self) -> Duration {
        if self.lost {
            let wait = self.poll_interval * self.backoff;
            self.backoff = MOST_BACKOFF.min(self.backoff * 2);
            return wait;
        }
        match DOUBTS.get(self.checked) {
            Some(due) => self
                .poll_interval
                .min(due.saturating_sub(self.read_at.elapsed())),
            None => self.poll_interval,
        }
    }

    fn good(&mut self, policy: P, contents: &Contents) {
        let Some(handle) = self.handle.upgrade() else {
            return;
        };
        handle.replace(Arc::new(policy));
        drop(handle);
        self.good = Some(contents.clone());
        observe::reloaded(Some(&self.path), Ok(observe::NEW_SET));
        call(&mut self.on_reload, &Reload::Good { path: &self.path });
    }

    fn bad(&mut self, reason: &Reason) {
        observe::reloaded(Some(&self.path), Err(reason));
        let reload = Reload::Bad {
            path: &self.path,
            error: &**reason,
        };
        call(&mut self.on_reload, &reload);
    }

    /// The set that was read of these bytes may have been rolled back; it does not come back by itself.
    fn back(&mut self) {
        observe::back(&self.path);
        call(&mut self.on_reload, &Reload::Back { path: &self.path });
    }

    /// There is nothing to be read; said once.
    fn lose(&mut self, error: &io::Error) -> Duration {
        if !self.lost {
            self.lost = true;
            self.backoff = 1;
            self.checked = DOUBTS.len();
            observe::reloaded(Some(&self.path), Err(error));
            let reload = Reload::Lost {
                path: &self.path,
                error,
            };
            call(&mut self.on_reload, &reload);
        }
        self.dealt_with()
    }
}

fn call(on_reload: &mut OnReload, reload: &Reload<'_>) {
    let told = contained(|| on_reload(reload));
    #[cfg(feature = "tracing")]
    if let Err(panic) = told {
        tracing::error!(target: "tower_redirect", panic, "the callback of a watch panicked; the watch goes on");
    }
    #[cfg(not(feature = "tracing"))]
    let _ = told;
}

/// What a call gives, or what it panicked with.
fn contained<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        text.unwrap_or("no text").to_owned()
    })
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        sync::{atomic::AtomicBool, mpsc},
        time::Instant,
    };

    use super::{Arc, DOUBTS, Duration, Run, State};
    use crate::{live::Reloadable, location::LocalPath};

    /// A clock of the file system that does not move between two changes cannot be had; so the state after
    /// the second is taken for the one that is known.
    #[test]
    fn two_changes_that_look_like_one_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("place");
        let (_policy, handle) = Reloadable::new(LocalPath::from_static("/start"));
        let watch = handle
            .watch(&path, |path| {
                LocalPath::new(&fs::read_to_string(path).unwrap())
            })
            .settle(Duration::ZERO);
        let (wake, woken) = mpsc::sync_channel(1);
        let stop = Arc::new(AtomicBool::new(false));
        let mut run = Run::new(watch, path.clone(), wake, woken, stop);

        fs::write(&path, "/a").unwrap();
        assert!(run.look() <= DOUBTS[0], "it is looked at again soon");
        assert_eq!(*handle.current(), "/a");
        for text in ["/b", "/c"] {
            for (checked, doubt) in DOUBTS.into_iter().enumerate() {
                let text = format!("{text}{checked}");
                fs::write(&path, &text).unwrap();
                run.known = Some(State::of(&path, &[]).0);
                run.checked = checked;
                run.read_at = Instant::now().checked_sub(doubt).unwrap();
                run.look();
                assert_eq!(*handle.current(), *text);
            }
        }
    }
}
