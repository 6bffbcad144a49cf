//! Watches a rules file.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{Reason, Watch, load::read_first, open::open};
#[cfg(feature = "tracing")]
use crate::observe::escaped::Escaped;
use crate::{
    live::{ReloadHandle, Reloadable},
    rules::{Format, Parsed, Rules, netlify},
};

/// The format of a watched rules file: a [`Format`], or [`netlify::Options`].
///
/// The trait is sealed: you can't implement it for your own types.
///
/// ```
/// use http::HeaderName;
/// use tower_redirect::{live::watch, rules::netlify, testing};
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("_redirects");
/// # std::fs::write(&path, "/ /de 302! Country=de")?;
/// let format = netlify::options().country_header(HeaderName::from_static("cf-ipcountry"));
/// let (policy, _handle, watch) = watch::load_rules(&path, format)?;
/// let watcher = watch.start()?;
/// testing::get("/").header("cf-ipcountry", "DE").through(&policy).assert_redirect("/de");
/// # Ok::<(), std::io::Error>(())
/// ```
#[cfg_attr(docsrs, doc(cfg(feature = "rules")))]
pub trait RulesFormat: sealed::Sealed + Send + 'static {}

impl RulesFormat for Format {}
impl RulesFormat for netlify::Options {}

mod sealed {
    use std::{io, path::Path};

    use super::{Format, Parsed, netlify, open};

    #[expect(unnameable_types, reason = "seals `RulesFormat`")]
    pub trait Sealed {
        fn load(&self, path: &Path) -> io::Result<Parsed>;
    }

    impl Sealed for Format {
        fn load(&self, path: &Path) -> io::Result<Parsed> {
            self.load_by(path, open)
        }
    }

    impl Sealed for netlify::Options {
        fn load(&self, path: &Path) -> io::Result<Parsed> {
            self.load_by(path, open)
        }
    }
}

/// Reads the first rules from a file, and makes the watch that reloads them.
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
/// This is [`load`](super::load) with the reader of [`ReloadHandle::watch_rules`].
///
/// # Errors
///
/// Returns the errors of [`load`](super::load). If a rule has an error, the inner error is the
/// [`Findings`](crate::rules::Findings) of the file.
pub fn load_rules(
    path: impl AsRef<Path>,
    format: impl RulesFormat,
) -> io::Result<(Reloadable<Rules>, ReloadHandle<Rules>, Watch<Rules>)> {
    let path = std::path::absolute(path)?;
    let (first, loaded) = read_first(&path, |path| read(path, &format))?;
    let (policy, handle) = Reloadable::new(first);
    let mut watch = handle.watch_rules(path, format);
    watch.loaded = loaded;
    Ok((policy, handle, watch))
}

impl ReloadHandle<Rules> {
    /// Watches a rules file, and reloads the rules when it changes.
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
    /// If one rule has an error, the watch rejects the whole file. The reason is its
    /// [`Findings`](crate::rules::Findings). Warnings don't reject the file, and the
    /// `tracing` feature logs them. To handle them yourself, use [`watch`](Self::watch) with
    /// [`Format::load_lossy`](crate::rules::Format::load_lossy).
    ///
    /// If the active rules [count hits](Watch::count_hits), the new rules
    /// [continue their counts](Rules::count_hits_from).
    #[cfg_attr(docsrs, doc(cfg(feature = "rules")))]
    pub fn watch_rules(&self, path: impl Into<PathBuf>, format: impl RulesFormat) -> Watch<Rules> {
        let current = self.downgrade();
        let mut watch = self.watch(path, move |path| -> Result<_, Reason> {
            let rules = read(path, &format)?;
            let current = current.upgrade().map(|handle| handle.current());
            Ok(match current.filter(|current| current.usage().is_some()) {
                Some(current) => rules.count_hits_from(&current),
                None => rules,
            })
        });
        watch.summary = |rules| Some(rules.summary().to_string());
        watch
    }
}

impl Watch<Rules> {
    /// Counts the hits of each rule, starting with the active rules. Each reload continues the
    /// counts.
    ///
    /// ```
    /// use tower_redirect::{live::watch, rules::Format};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("_redirects");
    /// # std::fs::write(&path, "/a /b")?;
    /// let (policy, handle, watch) = watch::load_rules(&path, Format::Netlify)?;
    /// let watcher = watch.count_hits().start()?;
    /// // At any later time:
    /// let rules = handle.current();
    /// let unused: Vec<_> = rules.usage().unwrap().never_hit().map(|rule| rule.to_string()).collect();
    /// assert_eq!(unused, ["/a -> /b (301 Moved Permanently)"]);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// - Hits between the read of a file and the activation of its rules may be lost.
    /// - After a [rollback](ReloadHandle::rollback), the previous rules continue their own counts.
    /// - Rules that you [store](ReloadHandle::store) yourself count only if you called
    ///   [`Rules::count_hits`] on them.
    #[cfg_attr(docsrs, doc(cfg(feature = "rules")))]
    pub fn count_hits(mut self) -> Self {
        // A clone shares its table, so this switches on the counters of the active rules.
        let _ = Rules::clone(&self.handle.current()).count_hits();
        let read = self.read;
        self.read = Box::new(move |path| Ok(read(path)?.count_hits()));
        self
    }
}

pub(super) fn read(path: &Path, format: &impl RulesFormat) -> Result<Rules, Reason> {
    let parsed = format.load(path)?;
    #[cfg(feature = "tracing")]
    if !parsed.findings.is_empty() && !parsed.findings.has_errors() {
        tracing::warn!(
            target: "tower_redirect",
            path = %Escaped(path.display()),
            "{}", parsed.findings
        );
    }
    Ok(parsed.into_result()?)
}
