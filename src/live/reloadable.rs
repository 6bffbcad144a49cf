use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use arc_swap::ArcSwap;

use crate::{
    observe,
    policy::{Decision, Policy},
    request::RequestHead,
};

/// A policy that is changed while requests are served; its [`ReloadHandle`] changes it.
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
/// What is changed is one pointer: no request waits, and none is decided by parts of two sets. A request
/// that has begun keeps the answer of the set that was asked, also where it waits for the inner service.
/// Clones share one set.
pub struct Reloadable<P> {
    shared: Arc<Shared<P>>,
}

/// What a policy and its handles share.
struct Shared<P> {
    current: ArcSwap<P>,
    /// The set before the current one. Whoever changes the current one holds this lock meanwhile. It also
    /// keeps a set that requests still read, so that usually none of them is the one that frees it.
    before: Mutex<Option<Arc<P>>>,
}

impl<P> Reloadable<P> {
    /// A policy that begins with this set, and the handle that changes it.
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
            before: Mutex::new(None),
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

/// Changes the set that a [`Reloadable`] asks.
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
/// Clones change the same set, from any thread, and take turns; requests never wait for them. The set
/// before the current one is kept, so that two are in memory. With feature `tracing`, each change leaves
/// an event at level info, and a set that was refused one at level warn that says why. With feature `watch`,
/// `ReloadHandle::watch` lets a file change it.
pub struct ReloadHandle<P> {
    shared: Arc<Shared<P>>,
}

impl<P> ReloadHandle<P> {
    /// The set that answers now.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, live::Reloadable};
    ///
    /// let (_policy, handle) = Reloadable::new(LocalPath::from_static("/a"));
    /// let known_good = handle.current();
    /// handle.store(LocalPath::from_static("/b"));
    /// handle.store(known_good); // however long ago that was
    /// assert_eq!(*handle.current(), "/a");
    /// ```
    #[must_use]
    pub fn current(&self) -> Arc<P> {
        self.shared.current.load_full()
    }

    /// Lets another set answer from now on, and keeps the one before.
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
        observe::reloaded(None, Ok(observe::NEW_SET));
    }

    /// Lets the set answer that the closure makes; where it fails, the current one stays.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, live::Reloadable, testing};
    ///
    /// let (policy, handle) = Reloadable::new(LocalPath::from_static("/v1"));
    /// handle.try_update(|current| current.join("intro"))?;
    /// testing::get("/").through(&policy).assert_redirect("/v1/intro");
    ///
    /// let read = std::fs::read_to_string("no such file");
    /// handle.try_update(|_| read.map(|_| LocalPath::from_static("/v2"))).unwrap_err();
    /// testing::get("/").through(&policy).assert_redirect("/v1/intro");
    /// # Ok::<(), tower_redirect::location::LocationError>(())
    /// ```
    ///
    /// Other writers wait until the closure is done, so that what it has read is still current where it
    /// ends; for the same reason it must not change the same set itself. What is read asynchronously is
    /// read first, and its result handed in.
    ///
    /// # Errors
    ///
    /// What the closure fails with.
    ///
    /// # Panics
    ///
    /// Where the closure does. The current set stays, and policy and handles work on.
    pub fn try_update<E: fmt::Display>(
        &self,
        make: impl FnOnce(&P) -> Result<P, E>,
    ) -> Result<(), E> {
        let before = self.lock();
        match make(&self.current()) {
            Ok(policy) => {
                self.put(before, Arc::new(policy));
                observe::reloaded(None, Ok(observe::NEW_SET));
                Ok(())
            }
            Err(error) => {
                drop(before);
                observe::reloaded(None, Err(&error));
                Err(error)
            }
        }
    }

    /// Lets the set before answer again, and says whether there was one.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, live::Reloadable};
    ///
    /// let (_policy, handle) = Reloadable::new(LocalPath::from_static("/a"));
    /// handle.store(LocalPath::from_static("/b"));
    /// assert!(handle.rollback());
    /// assert_eq!(*handle.current(), "/a");
    /// assert!(!handle.rollback()); // one set is kept, and what was rolled back is gone
    /// ```
    #[must_use = "where there was no set before, nothing was changed"]
    pub fn rollback(&self) -> bool {
        let mut turn = self.lock();
        let Some(policy) = turn.take() else {
            return false;
        };
        let gone = self.shared.current.swap(policy);
        drop(turn);
        drop(gone);
        observe::reloaded(None, Ok(observe::SET_BEFORE));
        true
    }

    #[cfg(feature = "watch")]
    pub(crate) fn downgrade(&self) -> WeakHandle<P> {
        WeakHandle(Arc::downgrade(&self.shared))
    }

    /// Changes the set without a word.
    pub(crate) fn replace(&self, policy: Arc<P>) {
        self.put(self.lock(), policy);
    }

    /// The turn to write. A panic of a closure came before anything was changed.
    fn lock(&self) -> Turn<'_, P> {
        let before = self.shared.before.lock();
        before.unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, mut turn: Turn<'_, P>, policy: Arc<P>) {
        let gone = turn.replace(self.shared.current.swap(policy));
        // What is freed may be large; nobody waits for it.
        drop(turn);
        drop(gone);
    }
}

/// A handle that does not keep the set; nothing is left of it where nobody else has a policy or a handle.
#[cfg(feature = "watch")]
pub(crate) struct WeakHandle<P>(std::sync::Weak<Shared<P>>);

#[cfg(feature = "watch")]
impl<P> WeakHandle<P> {
    pub(crate) fn upgrade(&self) -> Option<ReloadHandle<P>> {
        let shared = self.0.upgrade()?;
        Some(ReloadHandle { shared })
    }
}

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
        f.debug_tuple("Handle")
            .field(&self.shared.current.load())
            .finish()
    }
}
