//! The allocator of plugins: made for calls that are short and start from nothing.
//!
//! The ordinary allocator of WebAssembly begins each call by asking the host for memory, which costs
//! the host two changes of page protection, one to give and one to take back; they take longer than a
//! small call, and let no two threads do it at once. This one has its first mebibyte inside of the
//! module, where it costs nothing until it is used, and asks for more only beyond it.
//!
//! Freed memory is kept by size, in powers of two, and handed out again at that size. So at most half
//! of what is in use is lost to rounding, but a plugin that frees much of one size and then needs
//! another gets none of it back. One that works long with a changing mass of data is better off with
//! the ordinary allocator: it takes `casewright-plugin` without the feature `arena`.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::UnsafeCell;
use std::ptr;

/// What a call has before it asks the host for more: far more than an ordinary call touches.
const FIRST_BYTES: usize = 1 << 20;

/// A page of WebAssembly.
const PAGE_BYTES: usize = 64 << 10;

/// What is asked for beyond [`FIRST_BYTES`] at least, so that asking stays rare.
const STEP_BYTES: usize = 1 << 20;

/// The least size of a block: a free block holds the address of the next, and what is aligned to 16
/// bytes stays so.
const LEAST_BYTES: usize = 16;

/// One list of free blocks for each power of two that an address can have.
const CLASSES: usize = 32;

/// A block that was freed; it lies in the block itself.
struct Free {
    next: *mut Free,
}

struct State {
    /// From here to `end` nothing was handed out yet.
    next: usize,
    /// 0 before the first allocation.
    end: usize,
    /// Free blocks of `1 << index` bytes.
    free: [*mut Free; CLASSES],
}

#[repr(align(16))]
struct First(UnsafeCell<[u8; FIRST_BYTES]>);

// SAFETY: a module for `wasm32-unknown-unknown` without the feature `atomics` has one thread, and the
// crate is not compiled with it; see `mod arena` in `lib.rs`.
unsafe impl Sync for First {}

static FIRST: First = First(UnsafeCell::new([0; FIRST_BYTES]));

/// The allocator.
pub(crate) struct Arena(UnsafeCell<State>);

// SAFETY: as for `First`.
unsafe impl Sync for Arena {}

impl Arena {
    pub(crate) const fn new() -> Self {
        Arena(UnsafeCell::new(State {
            next: 0,
            end: 0,
            free: [ptr::null_mut(); CLASSES],
        }))
    }
}

/// The class of a layout: its blocks have `1 << class` bytes and are aligned for it.
fn class(size: usize, align: usize) -> usize {
    let bytes = size.max(align).max(LEAST_BYTES);
    (usize::BITS - (bytes - 1).leading_zeros()) as usize
}

impl State {
    /// A block of `1 << class` bytes that was never handed out, aligned to `align`; null when the
    /// host gives no more.
    fn fresh(&mut self, class: usize, align: usize) -> *mut u8 {
        if self.end == 0 {
            self.next = FIRST.0.get() as usize;
            self.end = self.next + FIRST_BYTES;
        }
        // No larger than half of the address space, so that nothing below overflows.
        if class + 1 >= CLASSES {
            return ptr::null_mut();
        }
        let bytes = 1_usize << class;
        let aligned = |next: usize| next.next_multiple_of(align.max(LEAST_BYTES));
        if !fits(aligned(self.next), bytes, self.end) {
            let Some(grown) = grow(bytes.saturating_add(align)) else {
                return ptr::null_mut();
            };
            // What others may have asked for in between is not ours.
            if grown.start != self.end {
                self.next = grown.start;
            }
            self.end = grown.end;
        }
        let at = aligned(self.next);
        self.next = at + bytes;
        at as *mut u8
    }
}

fn fits(at: usize, bytes: usize, end: usize) -> bool {
    at.checked_add(bytes).is_some_and(|after| after <= end)
}

/// Memory from the host, `bytes` at least.
fn grow(bytes: usize) -> Option<std::ops::Range<usize>> {
    let pages = bytes.max(STEP_BYTES).div_ceil(PAGE_BYTES);
    let before = core::arch::wasm32::memory_grow(0, pages);
    if before == usize::MAX {
        return None;
    }
    let start = before.checked_mul(PAGE_BYTES)?;
    // The very last page of the address space is left alone, so that `end` is an address.
    let end = start.checked_add(pages.checked_mul(PAGE_BYTES)?)?;
    Some(start..end)
}

// SAFETY: a block is handed out by `fresh`, which moves `next` past it, or taken off a free list, where
// it was put when it was given back; so no block is handed out twice at a time. Its size and alignment
// are those of its class or larger: `fresh` aligns to what is asked, and a block of a list keeps the
// alignment that it had, which is why only blocks whose alignment is at most `LEAST_BYTES` are listed.
// There is one thread, and nothing here allocates, so the state is never borrowed twice.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the only reference, as said above.
        let state = unsafe { &mut *self.0.get() };
        let class = class(layout.size(), layout.align());
        if layout.align() <= LEAST_BYTES
            && let Some(list) = state.free.get_mut(class)
            && !list.is_null()
        {
            let block = *list;
            // SAFETY: blocks of the list hold a `Free`, written by `dealloc`.
            *list = unsafe { (*block).next };
            return block.cast();
        }
        state.fresh(class, layout.align())
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the only reference, as said above.
        let state = unsafe { &mut *self.0.get() };
        let class = class(layout.size(), layout.align());
        if layout.align() > LEAST_BYTES {
            return;
        }
        if let Some(list) = state.free.get_mut(class) {
            let block = block.cast::<Free>();
            // SAFETY: the block is the caller's to give, of 16 bytes or more, and aligned to 16.
            unsafe { block.write(Free { next: *list }) };
            *list = block;
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if class(layout.size(), layout.align()) == class(size, layout.align()) {
            return block;
        }
        // SAFETY: the caller's promises for `realloc` are those that these three ask for.
        unsafe {
            let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !moved.is_null() {
                ptr::copy_nonoverlapping(block, moved, layout.size().min(size));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}
