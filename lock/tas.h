/* tas: a test-and-set spinlock, the smallest lock there is, and the textbook's worst case.
 *
 * Fairness     none: whoever's swap comes first. A hart can starve.
 * Waiters spin on the lock word itself, writing: every turn takes the line
 *              away from the others, the holder that wants to release included.
 * Space        4 bytes a lock, 0 bytes a waiter.
 * Bound        any number of harts, any number of acquisitions.
 * Relies on    forward progress of the AMO swap (amoswap.w), nothing of LR/SC.
 * Source       T. E. Anderson, "The Performance of Spin Lock Alternatives for
 *              Shared-Memory Multiprocessors", IEEE TPDS 1(1), 1990: "spin on
 *              test-and-set". No backoff.
 */
#ifndef LOCK_TAS_H
#define LOCK_TAS_H

#include "port.h"

enum { tas_forms = LOCK_BLIND | LOCK_STORES }; /* see forms.h */
enum { tas_in_traps = LOCK_TRAPS_ANY_NODE };

struct tas_lock {
	a32 held; /* 0 free, 1 held */
};

LOCK_KEEPS_NOTHING(tas)

static inline void tas_init(struct tas_lock *l)
{
	/* relaxed: the caller publishes the lock, not this store. */
	a32_store_relaxed(&l->held, 0);
}

/* Take the lock. Returns true if it was held and the caller had to wait. */
static inline bool tas_acquire(struct tas_lock *l, struct tas_node *node)
{
	bool waited = false;

	(void)node;
	/* acquire (A): pairs with the release in tas_release(); what earlier
	 * holders wrote is visible from here. */
	while (a32_swap_acquire(&l->held, 1) != 0) {
		waited = true;
		LOCK_WAIT_BLIND();
	}
	return waited;
}

/* Take the lock if it is free. Returns true if the caller holds it now; never waits, and leaves
 * nothing behind when it returns false. */
static inline bool tas_trylock(struct tas_lock *l, struct tas_node *node)
{
	(void)node;
	/* acquire (A): pairs with the release in tas_release(); what earlier
	 * holders wrote is visible from here. */
	return a32_swap_acquire(&l->held, 1) == 0;
}

/* Give the lock up. The caller holds it. */
static inline void tas_release(struct tas_lock *l, struct tas_node *node)
{
	(void)node;
	/* release (A): everything written inside is visible to the next holder. */
	a32_store_unlock(&l->held, 0);
}

/* Returns true if the lock is held, or about to be. A holder always gets true; to anybody else it
 * is news of a moment ago. */
static inline bool tas_is_locked(const struct tas_lock *l)
{
	/* relaxed: the answer orders nothing. */
	return a32_load_relaxed(&l->held) != 0;
}

#endif
