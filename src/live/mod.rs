//! Policies that change while the server runs.

mod reloadable;
#[cfg(feature = "watch")]
#[cfg_attr(docsrs, doc(cfg(feature = "watch")))]
pub mod watch;

#[cfg(feature = "watch")]
pub(crate) use reloadable::WeakHandle;
pub use reloadable::{ReloadHandle, Reloadable};
