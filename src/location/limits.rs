//! Limits that more than one file of this module needs.

/// The maximum length of a `Location` in bytes. A longer redirect isn't sent (R10).
pub(crate) const MAX_LEN: usize = 8_000;
