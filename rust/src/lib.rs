//! hartlock's locks and its bump allocator for Rust without `std`.
//!
//! Each lock of `lock/` that keeps nothing for a hart and has a trylock is a
//! [`lock_api::RawMutex`] here. So `TicketMutex<T>` is used as any other mutex of `lock_api`.
//! The code that runs is that of the C headers: `build.rs` makes a C file that calls them, and
//! this crate calls that.
//!
//! The locks spin and mask no interrupts. A handler that takes a lock which its own hart may hold
//! waits for ever: such a lock is only used while interrupts are off.
#![no_std]
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

#[cfg(test)]
extern crate std;

use core::cell::UnsafeCell;
use lock_api::{GuardNoSend, RawMutex};

#[cfg(any(feature = "global_alloc", test))]
mod heap;
#[cfg(any(feature = "global_alloc", test))]
pub use heap::{BumpAllocator, Region};

/// Defines a lock by its sentence, its word, its names here, its size in words, and its functions in the shim.
macro_rules! plain_lock {
    ($about:literal, $word:ident, $name:ident, $mutex:ident, $words:literal, $acquire:ident, $trylock:ident,
     $release:ident, $is_locked:ident) => {
        #[doc = $about]
        #[repr(transparent)]
        pub struct $name(UnsafeCell<[u32; $words]>);

        #[doc = concat!("A mutex of [`", stringify!($name), "`].")]
        pub type $mutex<T> = lock_api::Mutex<$name, T>;

        // The shim asserts that the C lock has this size and alignment.
        extern "C" {
            fn $acquire(lock: *mut u32);
            fn $trylock(lock: *mut u32) -> bool;
            fn $release(lock: *mut u32);
            fn $is_locked(lock: *mut u32) -> bool;
        }

        // SAFETY: the words are private, and all that reaches them is the shim's atomic instructions.
        unsafe impl Sync for $name {}

        /// # Safety
        ///
        /// What `RawMutex` asks for is what `lock/port.h` promises: at most one hart is between an
        /// acquire, or a trylock that returned true, and its release. `verify/` proves it of the
        /// code that the RISC-V compiler makes. Zeroed memory is a free lock.
        unsafe impl RawMutex for $name {
            #[allow(clippy::declare_interior_mutable_const)]
            const INIT: Self = Self(UnsafeCell::new([0; $words]));

            /// The hart that took the lock gives it up: the debug form of the C locks checks that.
            type GuardMarker = GuardNoSend;

            #[inline]
            fn lock(&self) {
                // SAFETY: the pointer is to a C lock, which lives as long as `self`.
                unsafe { $acquire(self.0.get().cast()) }
            }

            #[inline]
            fn try_lock(&self) -> bool {
                // SAFETY: as in lock().
                unsafe { $trylock(self.0.get().cast()) }
            }

            /// # Safety
            ///
            /// The caller holds the lock.
            #[inline]
            unsafe fn unlock(&self) {
                // SAFETY: as in lock(); that the lock is held is the caller's promise.
                unsafe { $release(self.0.get().cast()) }
            }

            #[inline]
            fn is_locked(&self) -> bool {
                // SAFETY: as in lock().
                unsafe { $is_locked(self.0.get().cast()) }
            }
        }

        #[cfg(test)]
        mod $word {
            crate::tests::each_lock!(super::$name);
        }
    };
}

#[cfg(test)]
mod tests;

include!(concat!(env!("OUT_DIR"), "/locks.rs"));
