//! The bump allocator of `alloc/bump.h` under a lock, as Rust's global allocator.

use crate::Ticket;
use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::ptr::null_mut;
use lock_api::{Mutex, RawMutex};

/// `struct bump`; the shim asserts that the fields lie so.
#[repr(C)]
struct Bump {
    next: *mut u8,
    start: *mut u8,
    end: *mut u8,
}

// SAFETY: the pointers are addresses of memory that is no hart's own.
unsafe impl Send for Bump {}

extern "C" {
    fn hartlock_bump_init(heap: *mut Bump, start: usize, end: usize);
    fn hartlock_bump_alloc(heap: *mut Bump, size: usize, align: usize) -> *mut u8;
    fn hartlock_bump_used(heap: *const Bump) -> usize;
}

/// Memory for a [`BumpAllocator`], as a static.
#[repr(C, align(64))]
pub struct Region<const BYTES: usize>(UnsafeCell<MaybeUninit<[u8; BYTES]>>);

// SAFETY: a region hands out nothing but its address; who writes through it answers for that.
unsafe impl<const BYTES: usize> Sync for Region<BYTES> {}

impl<const BYTES: usize> Region<BYTES> {
    /// Returns memory of undefined content.
    pub const fn new() -> Self {
        Self(UnsafeCell::new(MaybeUninit::uninit()))
    }

    /// Returns the region's first address.
    pub const fn start(&self) -> *mut u8 {
        self.0.get().cast()
    }
}

impl<const BYTES: usize> Default for Region<BYTES> {
    fn default() -> Self {
        Self::new()
    }
}

/// A bump allocator under the lock `R`, for `#[global_allocator]`.
///
/// It takes nothing back: `dealloc` does nothing. A request that does not fit gets a null
/// pointer, and a smaller one may still fit then. An interrupt handler must not allocate while its
/// hart may be allocating.
pub struct BumpAllocator<R = Ticket> {
    heap: Mutex<R, Bump>,
}

impl<R: RawMutex> BumpAllocator<R> {
    /// Returns an allocator that has no memory until [`init`](Self::init) gives it some.
    pub const fn empty() -> Self {
        let none = Bump { next: null_mut(), start: null_mut(), end: null_mut() };
        Self { heap: Mutex::const_new(R::INIT, none) }
    }

    /// Returns an allocator over `bytes` bytes from `start` on, which works from the first instruction on.
    ///
    /// # Safety
    ///
    /// `start` is not null, and the memory is valid for writes, is nobody else's, and stays so as long as
    /// a block of it is in use.
    pub const unsafe fn over(start: *mut u8, bytes: usize) -> Self {
        // SAFETY: the end of valid memory is at most one byte behind it; the caller promises the rest.
        let end = unsafe { start.add(bytes) };
        Self { heap: Mutex::const_new(R::INIT, Bump { next: start, start, end }) }
    }

    /// Gives the allocator the memory [`start`, `end`), in the place of any that it had.
    ///
    /// # Safety
    ///
    /// `0 < start <= end`; the memory is valid for writes, is nobody else's, and stays so as long as a
    /// block of it is in use.
    pub unsafe fn init(&self, start: usize, end: usize) {
        // SAFETY: the lock is held, and the caller promises what bump_init() asks for.
        unsafe { hartlock_bump_init(&mut *self.heap.lock(), start, end) }
    }

    /// Returns the bytes that were handed out, with the padding before them.
    pub fn used(&self) -> usize {
        // SAFETY: the lock is held while the heap is read.
        unsafe { hartlock_bump_used(&*self.heap.lock()) }
    }
}

/// # Safety
///
/// What `GlobalAlloc` asks for: a block lies inside the memory given, is aligned, and is nobody
/// else's, because `next` moves over it under the lock and never back. It does not unwind.
unsafe impl<R: RawMutex> GlobalAlloc for BumpAllocator<R> {
    /// # Safety
    ///
    /// `layout` has a size above 0, as for every `GlobalAlloc`.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the lock is held, and a layout's alignment is a power of two.
        unsafe { hartlock_bump_alloc(&mut *self.heap.lock(), layout.size(), layout.align()) }
    }

    /// # Safety
    ///
    /// `block` came from this allocator. It does nothing.
    unsafe fn dealloc(&self, _block: *mut u8, _layout: Layout) {}
}
