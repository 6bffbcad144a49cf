//! A policy behind an atomic pointer, and the handle that replaces it.
//!
//! A request loads the pointer and never waits. Writers take turns: each holds the lock on
//! `previous` while it replaces `current`.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use arc_swap::ArcSwap;

use crate::{
    observe::{self, ReloadOutcome},
    policy::{Decision, Policy},
    request::RequestHead,
};

/// A policy that you can replace while the server runs, with its [`ReloadHandle`].
///
/// ```
/// use tower_redirect::{LocalPath, RedirectLayer, live::Reloadable, testing};
///
/// let (policy, handle) = Reloadable::new(LocalPath::from_static("/spring"));
/// let layer = RedirectLayer::temporary(policy.clone());
///
/// testing::get("/").through(&policy).assert_redirect("/spring");
/// handle.store(LocalPath::from_static("/summer"));
/// testing::get("/").through(&policy).assert_redirect("/summer");
/// testing::get("/").through_layer(&layer).assert_redirect("/summer");
/// ```
///
/// The replacement is atomic. No request waits for it, and no request sees parts of two policies. A
/// request keeps the decision of the policy that it started with, even while it waits for the inner
/// service. Clones share one policy.
pub struct Reloadable<P> {
    shared: Arc<Shared<P>>,
}

/// The state that a policy and its handles share.
struct Shared<P> {
    current: ArcSwap<P>,
    /// The policy before the current one, for `rollback`. Writers hold this lock while they replace
    /// `current`. It also keeps alive a policy that requests still read, so usually no request has
    /// to free it.
    previous: Mutex<Option<Arc<P>>>,
}

impl<P> Reloadable<P> {
    /// Returns a reloadable policy that starts with this one, and the handle that replaces it.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, live::Reloadable, testing};
    ///
    /// let (policy, handle) = Reloadable::new(None::<LocalPath>);
    /// testing::get("/").through(&policy).assert_pass();
    /// handle.store(Some(LocalPath::from_static("/closed")));
    /// testing::get("/").through(&policy).assert_redirect("/closed");
    /// ```
    pub fn new(policy: P) -> (Self, ReloadHandle<P>) {
        let shared = Arc::new(Shared {
            current: ArcSwap::from_pointee(policy),
            previous: Mutex::new(None),
        });
        let handle = ReloadHandle {
            shared: Arc::clone(&shared),
        };
        (Self { shared }, handle)
    }
}

impl<P: Policy> Policy for Reloadable<P> {
    type Target = P::Target;

    #[inline]
    fn decide(&self, request: &RequestHead<'_>) -> Decision<P::Target> {
        self.shared.current.load().decide(request)
    }
}

impl<P> Clone for Reloadable<P> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<P: fmt::Debug> fmt::Debug for Reloadable<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reloadable")
            .field(&self.shared.current.load())
            .finish()
    }
}

/// Replaces the policy of a [`Reloadable`].
///
/// ```
/// use tower_redirect::{LocalPath, live::Reloadable, testing};
///
/// let (policy, handle) = Reloadable::new(LocalPath::from_static("/a"));
/// handle.store(LocalPath::from_static("/b"));
/// handle.try_update(|_| LocalPath::new("//stranger.example")).unwrap_err();
/// testing::get("/").through(&policy).assert_redirect("/b");
///
/// assert!(handle.rollback());
/// testing::get("/").through(&policy).assert_redirect("/a");
/// ```
///
/// - Clones replace the same policy, from any thread. They take turns, and requests never wait for
///   them.
/// - The handle keeps the previous policy for [`rollback`](Self::rollback), so two policies are in
///   memory.
/// - The `tracing` feature logs each change at level info, and each rejected policy at level warn
///   with the reason.
/// - The `watch` feature adds `ReloadHandle::watch`, which reloads the policy from a file when it
///   changes.
pub struct ReloadHandle<P> {
    shared: Arc<Shared<P>>,
}

impl<P> ReloadHandle<P> {
    /// Returns the active policy.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, live::Reloadable};
    ///
    /// let (_policy, handle) = Reloadable::new(LocalPath::from_static("/a"));
    /// let known_good = handle.current();
    /// handle.store(LocalPath::from_static("/b"));
    /// handle.store(known_good); // works even after many reloads, unlike `rollback`
    /// assert_eq!(*handle.current(), "/a");
    /// ```
    #[must_use]
    pub fn current(&self) -> Arc<P> {
        self.shared.current.load_full()
    }

    /// Activates another policy, and keeps the previous one for [`rollback`](Self::rollback).
    ///
    /// ```
    /// use tower_redirect::{LocalPath, live::Reloadable, testing};
    ///
    /// let (policy, handle) = Reloadable::new(LocalPath::from_static("/a"));
    /// handle.store(LocalPath::from_static("/b"));
    /// testing::get("/").through(&policy).assert_redirect("/b");
    /// ```
    pub fn store(&self, policy: impl Into<Arc<P>>) {
        self.replace(policy.into());
        observe::reloaded(None, ReloadOutcome::Reloaded(None));
    }

    /// Activates the policy that the closure makes. If the closure fails, the current policy stays
    /// active.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, live::Reloadable, testing};
    ///
    /// let (policy, handle) = Reloadable::new(LocalPath::from_static("/v1"));
    /// handle.try_update(|current| current.segment("intro"))?;
    /// testing::get("/").through(&policy).assert_redirect("/v1/intro");
    ///
    /// let read = std::fs::read_to_string("no such file");
    /// handle.try_update(|_| read.map(|_| LocalPath::from_static("/v2"))).unwrap_err();
    /// testing::get("/").through(&policy).assert_redirect("/v1/intro");
    /// # Ok::<(), tower_redirect::location::LocationError>(())
    /// ```
    ///
    /// Other writers wait until the closure returns, so the policy that it receives is still the
    /// current one when its result becomes active. For the same reason, the closure must not
    /// replace the policy through a handle: it would wait for itself. To read asynchronously, read
    /// first and move the result into the closure.
    ///
    /// # Errors
    ///
    /// Returns the error of the closure.
    ///
    /// # Panics
    ///
    /// If the closure panics. The current policy stays active, and all handles stay usable.
    pub fn try_update<E: fmt::Display>(
        &self,
        make: impl FnOnce(&P) -> Result<P, E>,
    ) -> Result<(), E> {
        let turn = self.lock();
        match make(&self.current()) {
            Ok(policy) => {
                self.swap(turn, Arc::new(policy));
                observe::reloaded(None, ReloadOutcome::Reloaded(None));
                Ok(())
            }
            Err(error) => {
                drop(turn);
                observe::reloaded(None, ReloadOutcome::Rejected(&error));
                Err(error)
            }
        }
    }

    /// Activates the previous policy again, and returns whether there was one.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, live::Reloadable};
    ///
    /// let (_policy, handle) = Reloadable::new(LocalPath::from_static("/a"));
    /// handle.store(LocalPath::from_static("/b"));
    /// assert!(handle.rollback());
    /// assert_eq!(*handle.current(), "/a");
    /// assert!(!handle.rollback()); // the handle keeps one previous policy, and drops `/b`
    /// ```
    #[must_use = "if there is no previous policy, nothing changes"]
    pub fn rollback(&self) -> bool {
        let mut turn = self.lock();
        let Some(policy) = turn.take() else {
            return false;
        };
        let dropped = self.shared.current.swap(policy);
        drop(turn);
        drop(dropped);
        observe::reloaded(None, ReloadOutcome::RolledBack);
        true
    }

    #[cfg(feature = "watch")]
    pub(crate) fn downgrade(&self) -> WeakHandle<P> {
        WeakHandle(Arc::downgrade(&self.shared))
    }

    /// Activates another policy without a report.
    pub(crate) fn replace(&self, policy: Arc<P>) {
        self.swap(self.lock(), policy);
    }

    /// Waits for this handle's turn to write.
    fn lock(&self) -> Turn<'_, P> {
        let previous = self.shared.previous.lock();
        // A closure that panicked had not changed anything yet, so the state is consistent.
        previous.unwrap_or_else(PoisonError::into_inner)
    }

    fn swap(&self, mut turn: Turn<'_, P>, policy: Arc<P>) {
        let dropped = turn.replace(self.shared.current.swap(policy));
        // Freeing a large table takes time: end the turn first.
        drop(turn);
        drop(dropped);
    }
}

/// A handle that doesn't keep the policy alive. A watch ends when all policies and handles are
/// gone.
#[cfg(feature = "watch")]
pub(crate) struct WeakHandle<P>(std::sync::Weak<Shared<P>>);

#[cfg(feature = "watch")]
impl<P> WeakHandle<P> {
    pub(crate) fn upgrade(&self) -> Option<ReloadHandle<P>> {
        let shared = self.0.upgrade()?;
        Some(ReloadHandle { shared })
    }
}

/// The right to replace the policy; it holds the previous one.
type Turn<'a, P> = MutexGuard<'a, Option<Arc<P>>>;

impl<P> Clone for ReloadHandle<P> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<P: fmt::Debug> fmt::Debug for ReloadHandle<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReloadHandle")
            .field(&self.shared.current.load())
            .finish()
    }
}
