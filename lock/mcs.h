/* mcs: a queue of waiters, each spinning on its own line; a release costs one transfer.
 *
 * Fairness     FIFO in the order of the swaps: at most n-1 harts go first.
 * Waiters spin on `waiting` in their own node, which nobody else reads: a
 *              release invalidates one line, whatever the number of waiters.
 * Space        8 bytes a lock, 16 bytes a waiter (its node, from acquire to
 *              release; give it a line of its own).
 * Bound        any number of harts, any number of acquisitions.
 * Relies on    forward progress of the AMO swap (amoswap.d); in a release that finds no
 *              successor, of a constrained LR/SC loop (atomic.h).
 * Source       J. M. Mellor-Crummey and M. L. Scott, "Algorithms for Scalable
 *              Synchronization on Shared-Memory Multiprocessors", ACM TOCS 9(1),
 *              1991, section 2.4. Linux's qspinlock queues the same way.
 */
#ifndef LOCK_MCS_H
#define LOCK_MCS_H

#include "port.h"

enum { mcs_forms = LOCK_WATCHES | LOCK_STORES }; /* see forms.h */
enum { mcs_in_traps = LOCK_TRAPS_OWN_NODE };

struct mcs_node {
	aptr next;   /* the node behind this one; 0: none yet */
	a32 waiting; /* 1 until the holder in front hands over */
};

struct mcs_lock {
	aptr tail; /* the last node of the queue; 0: free */
};

LOCK_JOINS_NOTHING(mcs)

static inline void mcs_init(struct mcs_lock *l)
{
	/* relaxed: the caller publishes the lock, not this store. */
	aptr_store_relaxed(&l->tail, 0);
}

/* Take the lock with a node that is the caller's until mcs_release(). Returns
 * true if it was held and the caller had to wait. */
static inline bool mcs_acquire(struct mcs_lock *l, struct mcs_node *node)
{
	struct mcs_node *ahead;

	/* relaxed: (Q) publishes the store. */
	aptr_store_relaxed(&node->next, 0);
	/* release (Q): `next` is 0 before anyone can find the node, and link
	 * itself to it. acquire (M): pairs with the release in mcs_release()
	 * that left the queue empty; what earlier holders wrote is visible. */
	ahead = (struct mcs_node *)aptr_swap_acq_rel(&l->tail, (uintptr_t)node);
	if (ahead == 0)
		return false;
	/* relaxed: (N) publishes the store. */
	a32_store_relaxed(&node->waiting, 1);
	/* release (N): pairs with the load in mcs_release(); `waiting` is 1
	 * before the holder can find the node to clear it. The store comes after
	 * (Q) because its address is the pointer that (Q) returned. */
	aptr_store_release(&ahead->next, (uintptr_t)node);
	/* acquire (H): pairs with the release in mcs_release(); what earlier
	 * holders wrote is visible from here. */
	while (a32_watch_acquire(&node->waiting) != 0)
		LOCK_WAIT();
	return true;
}

/* Take the lock if it is free, with a node that is the caller's until mcs_release(). Returns true
 * if the caller holds it now; never waits, and leaves nothing behind when it returns false. */
static inline bool mcs_trylock(struct mcs_lock *l, struct mcs_node *node)
{
	/* relaxed: a hint, checked by (Q). Without it a holder that tries its own lock again would
	 * write to the node that its successor has linked itself to. */
	if (aptr_load_relaxed(&l->tail) != 0)
		return false;
	/* relaxed: (Q) publishes the store. */
	aptr_store_relaxed(&node->next, 0);
	/* release (Q): `next` is 0 before anyone can find the node, and link
	 * itself to it. acquire (M): pairs with the release in mcs_release() that left
	 * the queue empty; what earlier holders wrote is visible from here. */
	return aptr_cas_acq_rel(&l->tail, 0, (uintptr_t)node);
}

/* Give the lock up. The caller holds it, with that node. */
static inline void mcs_release(struct mcs_lock *l, struct mcs_node *node)
{
	/* depend (N): the store to next->waiting comes after this load. */
	struct mcs_node *next = (struct mcs_node *)aptr_load_depend(&node->next);

	if (next == 0) {
		/* release (M): everything written inside is visible to whoever
		 * finds the queue empty. Strong: a failure means a successor. */
		if (aptr_cas_release(&l->tail, (uintptr_t)node, 0))
			return;
		/* depend (N): as above. The successor is between (Q) and (N). */
		while ((next = (struct mcs_node *)aptr_watch_depend(&node->next)) == 0)
			LOCK_WAIT();
	}
	/* release (H): everything written inside is visible to the successor. */
	a32_store_unlock(&next->waiting, 0);
}

/* Returns true if the lock is held, or about to be. A holder always gets true; to anybody else it
 * is news of a moment ago. */
static inline bool mcs_is_locked(const struct mcs_lock *l)
{
	/* relaxed: the answer orders nothing. */
	return aptr_load_relaxed(&l->tail) != 0;
}

#endif
