use std::{error::Error, fmt, io, path::Path};

use crate::observe::escaped::Escaped;

/// What became of a change; its text is a line for an operator.
///
/// ```
/// use tower_redirect::live::watch::Reload;
///
/// fn is_to_be_looked_at(reload: &Reload<'_>) -> bool {
///     match reload {
///         Reload::Good { .. } | Reload::Back { .. } => false,
///         Reload::Bad { .. } | Reload::Lost { .. } => true,
///         _ => true,
///     }
/// }
/// # let (sender, said) = std::sync::mpsc::channel();
/// # let (_policy, handle) = tower_redirect::live::Reloadable::new(tower_redirect::LocalPath::from_static("/"));
/// # let watcher = handle
/// #     .watch("no such file", |_| Err("never read"))
/// #     .on_reload(move |reload| sender.send(is_to_be_looked_at(reload)).unwrap())
/// #     .start()?;
/// # assert!(said.recv().unwrap());
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// More may be told later, of each of them too.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Reload<'a> {
    /// What was read serves.
    #[non_exhaustive]
    Good {
        /// The file or the folder.
        path: &'a Path,
    },
    /// What was read is refused, and the set before serves on.
    #[non_exhaustive]
    Bad {
        /// The file or the folder.
        path: &'a Path,
        /// Why: what the reader failed with, so that it can be downcast to that, or what is wrong with
        /// the file itself.
        error: &'a (dyn Error + Send + Sync + 'static),
    },
    /// There is nothing to be read, and the set before serves on. Reported once.
    #[non_exhaustive]
    Lost {
        /// The file or the folder.
        path: &'a Path,
        /// What the system says.
        error: &'a io::Error,
    },
    /// What was lost is back, and its bytes are the ones that were read last. The set that serves stays, also
    /// where another was rolled back that had been read of them.
    #[non_exhaustive]
    Back {
        /// The file or the folder.
        path: &'a Path,
    },
}

impl fmt::Display for Reload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Good { path } => write!(f, "{}: what was read serves", Escaped(path.display())),
            Self::Bad { path, error } => write!(
                f,
                "{}: refused, and the set before serves on: {error}",
                Escaped(path.display())
            ),
            Self::Lost { path, error } => write!(
                f,
                "{}: cannot be read, and the set before serves on until it can: {error}",
                Escaped(path.display())
            ),
            Self::Back { path } => write!(
                f,
                "{}: is back as it was, and the set that serves stays",
                Escaped(path.display())
            ),
        }
    }
}
