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
        /// How many rules are active, for example "21 rules active, 3 lines skipped". `None` unless
        /// a rules file is watched.
        active: Option<&'a str>,
    },
    /// The new contents are rejected, and the previous policy stays active.
    #[non_exhaustive]
    Bad {
        /// The watched file or folder.
        path: &'a Path,
        /// The reader's error, which you can downcast, or a problem of the file itself.
        error: &'a (dyn Error + Send + Sync + 'static),
        /// How many rules are active, for example "21 rules active, 3 lines skipped". `None` unless
        /// a rules file is watched.
        active: Option<&'a str>,
    },
    /// The path can't be read, and the previous policy stays active. The watch reports this once.
    #[non_exhaustive]
    Lost {
        /// The watched file or folder.
        path: &'a Path,
        /// The error of the operating system.
        error: &'a io::Error,
        /// How many rules are active, for example "21 rules active, 3 lines skipped". `None` unless
        /// a rules file is watched.
        active: Option<&'a str>,
    },
    /// A lost path is readable again, with the same contents as before.
    ///
    /// The active policy stays, even if a rollback has activated a policy that isn't from these
    /// contents.
    #[non_exhaustive]
    Back {
        /// The watched file or folder.
        path: &'a Path,
        /// How many rules are active, for example "21 rules active, 3 lines skipped". `None` unless
        /// a rules file is watched.
        active: Option<&'a str>,
    },
}

impl fmt::Display for Reload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Good { path, active }
        | Self::Bad { path, active, .. }
        | Self::Lost { path, active, .. }
        | Self::Back { path, active }) = self;
        write!(f, "{}: ", Escaped(path.display()))?;
        match self {
            Self::Good { .. } => {
                f.write_str("reloaded")?;
                return active.map_or(Ok(()), |active| write!(f, ": {active}"));
            }
            Self::Bad { .. } => f.write_str("rejected, keeping the previous rules")?,
            Self::Lost { .. } => f.write_str("cannot be read, keeping the previous rules")?,
            Self::Back { .. } => {
                f.write_str("readable again and unchanged, keeping the active rules")?;
            }
        }
        if let Some(active) = active {
            write!(f, " ({active})")?;
        }
        match self {
            Self::Bad { error, .. } => write!(f, ": {error}"),
            Self::Lost { error, .. } => write!(f, ": {error}"),
            Self::Good { .. } | Self::Back { .. } => Ok(()),
        }
    }
}
