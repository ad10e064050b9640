/* hemlock: a queue lock with one word a lock and one a hart, which serves all its locks.
 *
 * Fairness     FIFO in the order of the swaps: at most n-1 harts go first.
 * Waiters spin on the `grant` of their predecessor, which names the lock it gives
 *              up: one line is invalidated a release, as long as a hart does not
 *              hold several contended locks.
 * Space        8 bytes a lock, 8 bytes a hart however many locks it holds.
 * Bound        any number of harts, any number of acquisitions.
 * Relies on    forward progress of the AMO swap (amoswap.d), and in a release of a
 *              constrained LR/SC loop (atomic.h).
 * Source       D. Dice and A. Kogan, "Hemlock: Compact and Scalable Mutual
 *              Exclusion", SPAA 2021, listing 1.
 *
 * A contended release waits until the successor has taken note: the predecessor's
 * word is free again only then.
 */
#ifndef LOCK_HEMLOCK_H
#define LOCK_HEMLOCK_H

#include "port.h"

enum { hemlock_forms = LOCK_WATCHES | LOCK_STORES }; /* see forms.h */
enum { hemlock_in_traps = LOCK_TRAPS_NEVER };

struct hemlock_lock {
	aptr tail; /* the node of the last hart in the queue; 0: free */
};

struct hemlock_node {
	aptr grant; /* the lock that this hart has just given up; 0: none */
};

struct hemlock_space {
	char unused[0];
};

static inline void hemlock_init(struct hemlock_lock *l)
{
	/* relaxed: the caller publishes the lock, not this store. */
	aptr_store_relaxed(&l->tail, 0);
}

static inline void hemlock_join(struct hemlock_node *node, struct hemlock_space *space,
				struct lock_hart hart)
{
	(void)space;
	(void)hart;
	/* relaxed: the caller publishes the node, not this store. */
	aptr_store_relaxed(&node->grant, 0);
}

/* Take the lock. Returns true if it was held and the caller had to wait. */
static inline bool hemlock_acquire(struct hemlock_lock *l, struct hemlock_node *node)
{
	struct hemlock_node *ahead;

	/* release (Q): `grant` is 0 again before a successor can find the node.
	 * acquire (M): pairs with the release in hemlock_release() that left the
	 * queue empty; what earlier holders wrote is visible. */
	ahead = (struct hemlock_node *)aptr_swap_acq_rel(&l->tail, (uintptr_t)node);
	if (ahead == 0)
		return false;
	/* acquire (H): pairs with the release in hemlock_release(); what earlier
	 * holders wrote is visible from here. */
	while (aptr_watch_acquire(&ahead->grant) != (uintptr_t)l)
		LOCK_WAIT();
	/* relaxed: tells the predecessor that it may go on, and nothing else. */
	aptr_store_relaxed(&ahead->grant, 0);
	return true;
}

/* Take the lock if it is free. Returns true if the caller holds it now; never waits, and leaves
 * nothing behind when it returns false. */
static inline bool hemlock_trylock(struct hemlock_lock *l, struct hemlock_node *node)
{
	/* release (Q): `grant` is 0 again before a successor can find the node. acquire (M): pairs
	 * with the release in hemlock_release() that left the queue empty; what earlier holders
	 * wrote is visible from here. */
	return aptr_cas_acq_rel(&l->tail, 0, (uintptr_t)node);
}

/* Give the lock up. The caller holds it, with that node. */
static inline void hemlock_release(struct hemlock_lock *l, struct hemlock_node *node)
{
	/* release (M): everything written inside is visible to whoever finds the
	 * queue empty. Strong: a failure means a successor. */
	if (aptr_cas_release(&l->tail, (uintptr_t)node, 0))
		return;
	/* release (H): everything written inside is visible to the successor. */
	aptr_store_unlock(&node->grant, (uintptr_t)l);
	/* depend: nothing is read through the value; the next (Q), a store, comes
	 * after this load by the loop's own branch. */
	while (aptr_watch_depend(&node->grant) != 0)
		LOCK_WAIT();
}

/* Returns true if the lock is held, or about to be. A holder always gets true; to anybody else it
 * is news of a moment ago. */
static inline bool hemlock_is_locked(const struct hemlock_lock *l)
{
	/* relaxed: the answer orders nothing. */
	return aptr_load_relaxed(&l->tail) != 0;
}

#endif
