//! Counts allocations, live bytes and peak bytes.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

#[global_allocator]
static COUNTER: Counter = Counter;

static CALLS: AtomicU64 = AtomicU64::new(0);
static LIVE: AtomicU64 = AtomicU64::new(0);
static PEAK: AtomicU64 = AtomicU64::new(0);

/// The system allocator, with a tally.
struct Counter;

/// Adds without an atomic read-modify-write instruction. Everything that is measured runs on one
/// thread.
#[inline]
fn grow(bytes: usize) {
    CALLS.store(CALLS.load(Relaxed) + 1, Relaxed);
    let live = LIVE.load(Relaxed).wrapping_add(bytes as u64);
    LIVE.store(live, Relaxed);
    if live > PEAK.load(Relaxed) {
        PEAK.store(live, Relaxed);
    }
}

#[inline]
fn shrink(bytes: usize) {
    LIVE.store(LIVE.load(Relaxed).wrapping_sub(bytes as u64), Relaxed);
}

// SAFETY: each method passes its arguments, unchanged, to the same method of `System`.
#[expect(unsafe_code, reason = "`GlobalAlloc` is an unsafe trait")]
unsafe impl GlobalAlloc for Counter {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grow(layout.size());
        // SAFETY: the caller upholds the contract of this method.
        unsafe { System.alloc(layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        grow(layout.size());
        // SAFETY: the caller upholds the contract of this method.
        unsafe { System.alloc_zeroed(layout) }
    }

    // A large block grows in place or by remapping pages. Two copies never exist at once.
    #[inline]
    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        shrink(layout.size());
        grow(size);
        // SAFETY: the caller upholds the contract of this method.
        unsafe { System.realloc(old, layout, size) }
    }

    #[inline]
    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        shrink(layout.size());
        // SAFETY: the caller upholds the contract of this method.
        unsafe { System.dealloc(old, layout) }
    }
}

/// Returns the number of allocations of `work`.
pub(crate) fn calls(work: impl FnOnce()) -> u64 {
    let before = CALLS.load(Relaxed);
    work();
    CALLS.load(Relaxed) - before
}

/// The memory of a value, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    /// What the value holds.
    pub(crate) live: u64,
    /// The most that was live while it was built.
    pub(crate) peak: u64,
}

/// Returns a value and its memory.
pub(crate) fn measure<T>(build: impl FnOnce() -> T) -> (T, Memory) {
    let before = LIVE.load(Relaxed);
    PEAK.store(before, Relaxed);
    let value = build();
    let memory = Memory {
        live: LIVE.load(Relaxed).saturating_sub(before),
        peak: PEAK.load(Relaxed) - before,
    };
    (value, memory)
}
