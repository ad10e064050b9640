/* ttas: a test-and-test-and-set spinlock, small, fast alone, unfair under load.
 *
 * Fairness     none: whoever's swap comes first. A hart can starve.
 * Waiters spin on the lock word itself, reading; each release makes all of
 *              them swap at once (a burst of O(n) line transfers).
 * Space        4 bytes a lock, 0 bytes a waiter.
 * Bound        any number of harts, any number of acquisitions.
 * Relies on    forward progress of the AMO swap (amoswap.w), nothing of LR/SC.
 * Source       T. E. Anderson, "The Performance of Spin Lock Alternatives for
 *              Shared-Memory Multiprocessors", IEEE TPDS 1(1), 1990: "spin on
 *              read". No backoff.
 */
#ifndef LOCK_TTAS_H
#define LOCK_TTAS_H

#include "port.h"

enum { ttas_forms = LOCK_WATCHES | LOCK_STORES }; /* see forms.h */
enum { ttas_in_traps = LOCK_TRAPS_ANY_NODE };

struct ttas_lock {
	a32 held; /* 0 free, 1 held */
};

LOCK_KEEPS_NOTHING(ttas)

static inline void ttas_init(struct ttas_lock *l)
{
	/* relaxed: the caller publishes the lock, not this store. */
	a32_store_relaxed(&l->held, 0);
}

/* Take the lock. Returns true if it was held and the caller had to wait. */
static inline bool ttas_acquire(struct ttas_lock *l, struct ttas_node *node)
{
	bool waited = false;

	(void)node;
	/* acquire (S): pairs with the release in ttas_release(); what earlier
	 * holders wrote is visible from here. */
	while (a32_swap_acquire(&l->held, 1) != 0) {
		waited = true;
		/* relaxed: the value only says when to try the swap again; (S) orders. */
		while (a32_watch_relaxed(&l->held) != 0)
			LOCK_WAIT();
	}
	return waited;
}

/* Take the lock if it is free. Returns true if the caller holds it now; never waits, and leaves
 * nothing behind when it returns false. */
static inline bool ttas_trylock(struct ttas_lock *l, struct ttas_node *node)
{
	(void)node;
	/* relaxed: the look only spares the swap, and the holder its line. */
	if (a32_load_relaxed(&l->held) != 0)
		return false;
	/* acquire (S): pairs with the release in ttas_release(); what earlier
	 * holders wrote is visible from here. */
	return a32_swap_acquire(&l->held, 1) == 0;
}

/* Give the lock up. The caller holds it. */
static inline void ttas_release(struct ttas_lock *l, struct ttas_node *node)
{
	(void)node;
	/* release (S): everything written inside is visible to the next holder. */
	a32_store_unlock(&l->held, 0);
}

/* Returns true if the lock is held, or about to be. A holder always gets true; to anybody else it
 * is news of a moment ago. */
static inline bool ttas_is_locked(const struct ttas_lock *l)
{
	/* relaxed: the answer orders nothing. */
	return a32_load_relaxed(&l->held) != 0;
}

#endif
