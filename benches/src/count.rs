//! Counts allocations.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

#[global_allocator]
static COUNTER: Counter = Counter;

static CALLS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);

/// The system allocator, with a tally of calls and bytes.
struct Counter;

/// Adds without an atomic read-modify-write instruction.
///
/// Everything that is counted runs on one thread. A child process may lose counts, but those are
/// never read.
#[inline]
fn add(tally: &AtomicU64, amount: u64) {
    tally.store(tally.load(Relaxed) + amount, Relaxed);
}

// SAFETY: each method passes its arguments, unchanged, to the same method of `System`.
#[expect(unsafe_code, reason = "`GlobalAlloc` is an unsafe trait")]
unsafe impl GlobalAlloc for Counter {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(&CALLS, 1);
        add(&BYTES, layout.size() as u64);
        // SAFETY: the caller upholds the contract of this method.
        unsafe { System.alloc(layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        add(&CALLS, 1);
        add(&BYTES, layout.size() as u64);
        // SAFETY: the caller upholds the contract of this method.
        unsafe { System.alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        add(&CALLS, 1);
        add(&BYTES, size as u64);
        // SAFETY: the caller upholds the contract of this method.
        unsafe { System.realloc(old, layout, size) }
    }

    #[inline]
    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        // SAFETY: the caller upholds the contract of this method.
        unsafe { System.dealloc(old, layout) }
    }
}

/// The number of allocations, and their bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allocations {
    /// Calls of `alloc`, `alloc_zeroed` and `realloc`.
    pub(crate) calls: u64,
    /// The bytes that were requested.
    pub(crate) bytes: u64,
}

/// Returns what `work` allocates.
pub(crate) fn allocations(work: impl FnOnce()) -> Allocations {
    let (calls, bytes) = (CALLS.load(Relaxed), BYTES.load(Relaxed));
    work();
    Allocations {
        calls: CALLS.load(Relaxed) - calls,
        bytes: BYTES.load(Relaxed) - bytes,
    }
}
