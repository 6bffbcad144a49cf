//! A watched file of rules.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{Reason, Watch, load::first, open::open};
#[cfg(feature = "tracing")]
use crate::observe::escaped::Escaped;
use crate::{
    live::{ReloadHandle, Reloadable},
    rules::{Format, Rules},
};

/// Reads the first rules from a file, and makes the watch that reads the next ones.
///
/// ```no_run
/// use tower_redirect::{RedirectLayer, live::watch, rules::Format};
///
/// let (policy, handle, watch) = watch::load_rules("_redirects", Format::Netlify)?;
/// let watcher = watch.count_hits().start()?;
/// let layer = RedirectLayer::new(policy);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// As [`load`](super::load) with the reader of [`ReloadHandle::watch_rules`].
///
/// # Errors
///
/// As [`load`](super::load); the inner error of a file with an error in it is its
/// [`Diagnostics`](crate::rules::Diagnostics).
pub fn load_rules(
    path: impl AsRef<Path>,
    format: Format,
) -> io::Result<(Reloadable<Rules>, ReloadHandle<Rules>, Watch<Rules>)> {
    let path = std::path::absolute(path)?;
    let (first, loaded) = first(&path, |path| read(path, format))?;
    let (policy, handle) = Reloadable::new(first);
    let mut watch = handle.watch_rules(path, format);
    watch.loaded = loaded;
    Ok((policy, handle, watch))
}

impl ReloadHandle<Rules> {
    /// Watches a file of rules.
    ///
    /// ```no_run
    /// use tower_redirect::{RedirectLayer, live::Reloadable, rules::Format};
    ///
    /// let rules = Format::Netlify.load_lossy("_redirects")?.into_result()?;
    /// let (policy, handle) = Reloadable::new(rules);
    /// let watcher = handle.watch_rules("_redirects", Format::Netlify).start()?;
    /// let layer = RedirectLayer::new(policy);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// A file with an error in it is refused as a whole, and its
    /// [`Diagnostics`](crate::rules::Diagnostics) are the reason. Warnings hinder nothing, and go to feature
    /// `tracing`; who wants more of them reads with [`watch`](Self::watch) and
    /// [`Format::load_lossy`](crate::rules::Format::load_lossy).
    ///
    /// Where the set that answers [counts](Watch::count_hits), the one that replaces it counts
    /// [on from it](Rules::count_hits_from).
    #[cfg_attr(docsrs, doc(cfg(feature = "rules")))]
    pub fn watch_rules(&self, path: impl Into<PathBuf>, format: Format) -> Watch<Rules> {
        let current = self.downgrade();
        self.watch(path, move |path| -> Result<_, Reason> {
            let rules = read(path, format)?;
            let current = current.upgrade().map(|handle| handle.current());
            Ok(match current.filter(|current| current.usage().is_some()) {
                Some(current) => rules.count_hits_from(&current),
                None => rules,
            })
        })
    }
}

impl Watch<Rules> {
    /// Counts the hits of each rule: of the set that answers now, and on from it in each that replaces it.
    ///
    /// ```
    /// use tower_redirect::{live::watch, rules::Format};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("_redirects");
    /// # std::fs::write(&path, "/a /b")?;
    /// let (policy, handle, watch) = watch::load_rules(&path, Format::Netlify)?;
    /// let watcher = watch.count_hits().start()?;
    /// // Whenever somebody asks:
    /// let rules = handle.current();
    /// let idle: Vec<_> = rules.usage().unwrap().never_hit().map(|rule| rule.to_string()).collect();
    /// assert_eq!(idle, ["/a -> /b (301 Moved Permanently)"]);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// Hits between the reading of a file and the swap may be missing in the new set. A set that is
    /// [rolled back](ReloadHandle::rollback) to goes on with what it had counted itself, and one that is stored by
    /// hand counts where it was told to.
    #[cfg_attr(docsrs, doc(cfg(feature = "rules")))]
    pub fn count_hits(mut self) -> Self {
        // A clone is the same table.
        let _ = Rules::clone(&self.handle.current()).count_hits();
        let read = self.read;
        self.read = Box::new(move |path| Ok(read(path)?.count_hits()));
        self
    }
}

pub(super) fn read(path: &Path, format: Format) -> Result<Rules, Reason> {
    let parsed = format.load_by(path, open)?;
    #[cfg(feature = "tracing")]
    if !parsed.diagnostics.is_empty() && !parsed.diagnostics.has_errors() {
        tracing::warn!(
            target: "tower_redirect",
            path = %Escaped(path.display()),
            "{}", parsed.diagnostics
        );
    }
    Ok(parsed.into_result()?)
}
