//! The report of a watch.

use std::{error::Error, fmt, io, path::Path};

use crate::observe::escaped::Escaped;

/// The outcome of a change, for [`Watch::on_reload`](super::Watch::on_reload).
///
/// Its `Display` text is a line for an operator.
///
/// ```
/// use tower_redirect::live::watch::Reload;
///
/// fn needs_attention(reload: &Reload<'_>) -> bool {
///     match reload {
///         Reload::Good { .. } | Reload::Back { .. } => false,
///         Reload::Bad { .. } | Reload::Lost { .. } => true,
///         _ => true,
///     }
/// }
/// # let (sender, outcomes) = std::sync::mpsc::channel();
/// # let home = tower_redirect::LocalPath::from_static("/");
/// # let (_policy, handle) = tower_redirect::live::Reloadable::new(home);
/// # let watcher = handle
/// #     .watch("no such file", |_| Err("never read"))
/// #     .on_reload(move |reload| sender.send(needs_attention(reload)).unwrap())
/// #     .start()?;
/// # assert!(outcomes.recv().unwrap());
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Later versions may add variants, and fields to each variant.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Reload<'a> {
    /// The new policy is active.
    #[non_exhaustive]
    Good {
        /// The watched file or folder.
        path: &'a Path,
    },
    /// The new contents are rejected, and the previous policy stays active.
    #[non_exhaustive]
    Bad {
        /// The watched file or folder.
        path: &'a Path,
        /// The reader's error, which you can downcast, or a problem of the file itself.
        error: &'a (dyn Error + Send + Sync + 'static),
    },
    /// The path can't be read, and the previous policy stays active. The watch reports this once.
    #[non_exhaustive]
    Lost {
        /// The watched file or folder.
        path: &'a Path,
        /// The error of the operating system.
        error: &'a io::Error,
    },
    /// A lost path is readable again, with the same contents as before.
    ///
    /// The active policy stays, even if a rollback has activated a policy that isn't from these
    /// contents.
    #[non_exhaustive]
    Back {
        /// The watched file or folder.
        path: &'a Path,
    },
}

impl fmt::Display for Reload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Good { path } => write!(f, "{}: reloaded", Escaped(path.display())),
            Self::Bad { path, error } => write!(
                f,
                "{}: rejected, keeping the previous rules: {error}",
                Escaped(path.display())
            ),
            Self::Lost { path, error } => write!(
                f,
                "{}: cannot be read, keeping the previous rules: {error}",
                Escaped(path.display())
            ),
            Self::Back { path } => write!(
                f,
                "{}: readable again and unchanged, keeping the active rules",
                Escaped(path.display())
            ),
        }
    }
}
