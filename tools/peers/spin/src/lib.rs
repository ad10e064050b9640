//! The locks of the crate spin, and hartlock's beside them, as functions for the bench's loop.
//!
//! All of them are called from C, so each pays for one call.
#![no_std]
#![deny(unsafe_op_in_unsafe_fn)]

use core::mem::{forget, size_of};
use lock_api::RawMutex;
use spin::mutex::{SpinMutex, TicketMutex};

/// Defines lock and unlock of one kind of lock, of the size that the C header gives it.
macro_rules! peer {
    ($type:ty, $bytes:expr, $lock:ident, $unlock:ident, $take:expr, $give:expr) => {
        const _: () = assert!(size_of::<$type>() == $bytes);

        #[no_mangle]
        extern "C" fn $lock(lock: &$type) {
            $take(lock)
        }

        /// # Safety
        ///
        /// The caller holds the lock.
        #[no_mangle]
        unsafe extern "C" fn $unlock(lock: &$type) {
            $give(lock)
        }
    };
}

// SAFETY: of each unlock, the caller of the function holds the lock.
peer!(SpinMutex<()>, 1, peer_spin_mutex_lock, peer_spin_mutex_unlock,
      |lock: &SpinMutex<()>| forget(lock.lock()), |lock: &SpinMutex<()>| unsafe { lock.force_unlock() });
// SAFETY: as above.
peer!(TicketMutex<()>, 16, peer_spin_ticket_lock, peer_spin_ticket_unlock,
      |lock: &TicketMutex<()>| forget(lock.lock()), |lock: &TicketMutex<()>| unsafe { lock.force_unlock() });
// SAFETY: as above.
peer!(hartlock::Ttas, 4, peer_rust_ttas_lock, peer_rust_ttas_unlock,
      |lock: &hartlock::Ttas| lock.lock(), |lock: &hartlock::Ttas| unsafe { lock.unlock() });
// SAFETY: as above.
peer!(hartlock::Ticket, 8, peer_rust_ticket_lock, peer_rust_ticket_unlock,
      |lock: &hartlock::Ticket| lock.lock(), |lock: &hartlock::Ticket| unsafe { lock.unlock() });

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
