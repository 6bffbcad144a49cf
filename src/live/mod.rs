//! Policies that change while the server runs.
//!
//! - [`Reloadable`] is a policy that you can replace atomically, with its [`ReloadHandle`].
//! - The `watch` feature adds `watch`, which reloads a policy from a file or a folder when it
//!   changes.
//!
//! If a new policy is invalid, the previous one stays active.

mod reloadable;
#[cfg(feature = "watch")]
#[cfg_attr(docsrs, doc(cfg(feature = "watch")))]
pub mod watch;

#[cfg(feature = "watch")]
pub(crate) use reloadable::WeakHandle;
pub use reloadable::{ReloadHandle, Reloadable};
