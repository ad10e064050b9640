/* ttas-backoff: a test-and-test-and-set spinlock whose losers stay away for a random, growing time.
 *
 * Fairness     none: whoever's swap comes first; a hart that has lost often stays
 *              away longest. A hart can starve.
 * Waiters spin on nothing for a time, then on the lock word, reading.
 * Space        4 bytes a lock, 4 bytes a waiter (its random state).
 * Bound        any number of harts, any number of acquisitions.
 * Relies on    forward progress of the AMO swap (amoswap.w), nothing of LR/SC.
 * Source       T. E. Anderson, "The Performance of Spin Lock Alternatives for
 *              Shared-Memory Multiprocessors", IEEE TPDS 1(1), 1990, section
 *              III-B; bounded exponential as in A. Agarwal and M. Cherian,
 *              "Adaptive Backoff Synchronization Techniques", ISCA 1989.
 *
 * Both bounds of that time can be set: they are powers of two, in turns of lock_delay().
 * A good upper bound is near harts * (hold + hand-off), which only a measurement can tell.
 */
#ifndef LOCK_TTAS_BACKOFF_H
#define LOCK_TTAS_BACKOFF_H

#include "port.h"

enum { ttas_backoff_forms = LOCK_WATCHES | LOCK_STORES }; /* see forms.h */
enum { ttas_backoff_in_traps = LOCK_TRAPS_ANY_NODE };

#ifndef TTAS_BACKOFF_LEAST
#define TTAS_BACKOFF_LEAST 16
#endif
#ifndef TTAS_BACKOFF_MOST
#define TTAS_BACKOFF_MOST 1024
#endif

struct ttas_backoff_lock {
	a32 held; /* 0 free, 1 held */
};

struct ttas_backoff_node {
	uint32_t random; /* never 0 */
};

struct ttas_backoff_space {
	char unused[0];
};

static inline void ttas_backoff_init(struct ttas_backoff_lock *l)
{
	/* relaxed: the caller publishes the lock, not this store. */
	a32_store_relaxed(&l->held, 0);
}

static inline void ttas_backoff_join(struct ttas_backoff_node *node,
				     struct ttas_backoff_space *space, struct lock_hart hart)
{
	(void)space;
	node->random = (hart.number + 1) * 0x9e3779b9u | 1;
}

/* xorshift32 (G. Marsaglia, "Xorshift RNGs", JSS 8(14), 2003). */
static inline uint32_t ttas_backoff_random(struct ttas_backoff_node *node)
{
	uint32_t x = node->random;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return node->random = x;
}

/* Take the lock. Returns true if it was held and the caller had to wait. */
static inline bool ttas_backoff_acquire(struct ttas_backoff_lock *l, struct ttas_backoff_node *node)
{
	uint32_t bound = TTAS_BACKOFF_LEAST;
	bool waited = false;

	/* acquire (S): pairs with the release in ttas_backoff_release(); what
	 * earlier holders wrote is visible from here. */
	while (a32_swap_acquire(&l->held, 1) != 0) {
		waited = true;
		lock_delay(ttas_backoff_random(node) & (bound - 1));
		if (bound < TTAS_BACKOFF_MOST)
			bound *= 2;
		/* relaxed: the value only says when to try the swap again; (S) orders. */
		while (a32_watch_relaxed(&l->held) != 0)
			LOCK_WAIT();
	}
	return waited;
}

/* Take the lock if it is free. Returns true if the caller holds it now; never waits, and leaves
 * nothing behind when it returns false. */
static inline bool ttas_backoff_trylock(struct ttas_backoff_lock *l, struct ttas_backoff_node *node)
{
	(void)node;
	/* relaxed: the look only spares the swap, and the holder its line. */
	if (a32_load_relaxed(&l->held) != 0)
		return false;
	/* acquire (S): pairs with the release in ttas_backoff_release(); what earlier
	 * holders wrote is visible from here. */
	return a32_swap_acquire(&l->held, 1) == 0;
}

/* Give the lock up. The caller holds it. */
static inline void ttas_backoff_release(struct ttas_backoff_lock *l, struct ttas_backoff_node *node)
{
	(void)node;
	/* release (S): everything written inside is visible to the next holder. */
	a32_store_unlock(&l->held, 0);
}

/* Returns true if the lock is held, or about to be. A holder always gets true; to anybody else it
 * is news of a moment ago. */
static inline bool ttas_backoff_is_locked(const struct ttas_backoff_lock *l)
{
	/* relaxed: the answer orders nothing. */
	return a32_load_relaxed(&l->held) != 0;
}

#endif
