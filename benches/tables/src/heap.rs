//! Counts what is allocated, what is alive and the most that was.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

#[global_allocator]
static COUNTER: Counter = Counter;

static CALLS: AtomicU64 = AtomicU64::new(0);
static LIVE: AtomicU64 = AtomicU64::new(0);
static PEAK: AtomicU64 = AtomicU64::new(0);

/// The system's allocator, with a tally.
struct Counter;

/// Without locked instructions: what is measured here runs on one thread.
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

// SAFETY: each method hands its arguments, unchanged, to the same method of `System`.
#[expect(unsafe_code, reason = "the trait of an allocator is unsafe")]
unsafe impl GlobalAlloc for Counter {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grow(layout.size());
        // SAFETY: the caller keeps the contract of this method.
        unsafe { System.alloc(layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        grow(layout.size());
        // SAFETY: the caller keeps the contract of this method.
        unsafe { System.alloc_zeroed(layout) }
    }

    // A large piece grows where it is or by moving pages, never as a copy beside the old one.
    #[inline]
    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        shrink(layout.size());
        grow(size);
        // SAFETY: the caller keeps the contract of this method.
        unsafe { System.realloc(old, layout, size) }
    }

    #[inline]
    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        shrink(layout.size());
        // SAFETY: the caller keeps the contract of this method.
        unsafe { System.dealloc(old, layout) }
    }
}

/// How often the allocator was called for a piece of work.
pub(crate) fn calls(work: impl FnOnce()) -> u64 {
    let before = CALLS.load(Relaxed);
    work();
    CALLS.load(Relaxed) - before
}

/// What something holds, and the most that was held while it was made, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    /// What is alive now.
    pub(crate) live: u64,
    /// The most that was.
    pub(crate) peak: u64,
}

/// What the outcome of a piece of work holds.
pub(crate) fn held<T>(work: impl FnOnce() -> T) -> (T, Held) {
    let before = LIVE.load(Relaxed);
    PEAK.store(before, Relaxed);
    let made = work();
    let held = Held {
        live: LIVE.load(Relaxed).saturating_sub(before),
        peak: PEAK.load(Relaxed) - before,
    };
    (made, held)
}
