//! Tests that replace the panic hook, which belongs to the whole process.

use std::sync::{Mutex, MutexGuard, PoisonError};

mod assertions;
mod literals;

/// Keeps the other tests of this binary away from the panic hook while the guard lives.
fn one_at_a_time() -> MutexGuard<'static, ()> {
    static HOOK: Mutex<()> = Mutex::new(());
    HOOK.lock().unwrap_or_else(PoisonError::into_inner)
}
