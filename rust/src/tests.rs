//! Tests of every lock on threads, and of the allocator.

use crate::{BumpAllocator, Region};
use core::alloc::{GlobalAlloc, Layout};
use std::thread;
use std::vec::Vec;

pub const THREADS: usize = 4;
pub const TURNS: usize = 20_000;

/// Defines the tests of one lock.
macro_rules! each_lock {
    ($raw:ty) => {
        use crate::tests::{THREADS, TURNS};
        use lock_api::Mutex;
        use std::thread;

        #[test]
        fn no_update_is_lost() {
            let counted = Mutex::<$raw, usize>::new(0);
            thread::scope(|s| {
                for _ in 0..THREADS {
                    s.spawn(|| (0..TURNS).for_each(|_| *counted.lock() += 1));
                }
            });
            assert_eq!(counted.into_inner(), THREADS * TURNS);
        }

        #[test]
        fn no_update_is_lost_by_try_lock() {
            let counted = Mutex::<$raw, usize>::new(0);
            let add = |_| loop {
                if let Some(mut n) = counted.try_lock() {
                    break *n += 1;
                }
                thread::yield_now();
            };
            thread::scope(|s| {
                for _ in 0..THREADS {
                    s.spawn(|| (0..TURNS).for_each(add));
                }
            });
            assert_eq!(counted.into_inner(), THREADS * TURNS);
        }

        #[test]
        fn try_lock_takes_a_free_lock_only() {
            let lock = Mutex::<$raw, ()>::new(());
            let held = lock.lock();
            assert!(lock.is_locked());
            thread::scope(|s| assert!(s.spawn(|| lock.try_lock().is_none()).join().unwrap()));
            drop(held);
            assert!(!lock.is_locked());
            let held = lock.try_lock();
            assert!(held.is_some() && lock.try_lock().is_none());
            drop(held);
            assert!(lock.try_lock().is_some());
        }
    };
}
pub(crate) use each_lock;

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).unwrap()
}

const BYTES: usize = 65536;

/// Returns the addresses of the blocks that a thread gets until none fits, or until there are more than bytes.
fn take_all(heap: &BumpAllocator, wanted: Layout) -> Vec<usize> {
    // SAFETY: the size is not 0.
    let one = || Some(unsafe { heap.alloc(wanted) }).filter(|block| !block.is_null());
    std::iter::from_fn(one).map(|block| block as usize).take(BYTES + 1).collect()
}

#[test]
fn threads_get_blocks_of_their_own_until_the_heap_ends() {
    static REGION: Region<BYTES> = Region::new();
    // SAFETY: nobody else uses the region.
    static HEAP: BumpAllocator = unsafe { BumpAllocator::over(REGION.start(), BYTES) };
    let mut blocks: Vec<usize> = thread::scope(|s| {
        let threads: Vec<_> = (0..THREADS).map(|_| s.spawn(|| take_all(&HEAP, layout(24, 8)))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    blocks.sort_unstable();
    let first = REGION.start() as usize;
    assert_eq!(blocks, (0..BYTES / 24).map(|i| first + 24 * i).collect::<Vec<_>>());
}

#[test]
fn a_full_heap_serves_what_fits_and_keeps_to_alignments() {
    static REGION: Region<4096> = Region::new();
    let heap = BumpAllocator::<crate::Ttas>::empty();
    // SAFETY: the size is not 0, and nobody else uses the region.
    unsafe {
        assert!(heap.alloc(layout(1, 1)).is_null());
        heap.init(REGION.start() as usize, REGION.start() as usize + 4096);
        assert_eq!(heap.alloc(layout(1, 1)), REGION.start());
        assert_eq!(heap.alloc(layout(1, 64)), REGION.start().add(64));
        assert!(heap.alloc(layout(4096, 1)).is_null());
        assert!(heap.alloc(layout(usize::MAX / 2, 1)).is_null());
        assert!(!heap.alloc(layout(4096 - 65, 1)).is_null());
        assert!(heap.alloc(layout(1, 1)).is_null());
    }
    assert_eq!(heap.used(), 4096);
}
