/* ticket: a FIFO ticket lock of two counters, which most RISC-V hypervisors ship.
 *
 * Fairness     FIFO in the order of the draws: at most n-1 harts go first.
 * Waiters spin on `serving`, which all of them read: a release costs O(n)
 *              invalidations.
 * Space        8 bytes a lock, 0 bytes a waiter.
 * Bound        at most 2^32 - 1 harts waiting at once; counters wrap safely.
 * Relies on    forward progress of the AMO add (amoadd.w), nothing of LR/SC.
 * Source       D. P. Reed and R. K. Kanodia, "Synchronization with Eventcounts
 *              and Sequencers", CACM 22(2), 1979; J. M. Mellor-Crummey and
 *              M. L. Scott, "Algorithms for Scalable Synchronization on
 *              Shared-Memory Multiprocessors", ACM TOCS 9(1), 1991, section 2.2.
 *              OpenSBI, Bao, Xen and Linux (without Ziccrse) ship its like.
 */
#ifndef LOCK_TICKET_H
#define LOCK_TICKET_H

#include "port.h"

enum { ticket_forms = LOCK_WATCHES | LOCK_STORES }; /* see forms.h */
enum { ticket_in_traps = LOCK_TRAPS_ANY_NODE };

struct ticket_lock {
	a32 next;    /* the next number to draw */
	a32 serving; /* the number that holds the lock */
};

LOCK_KEEPS_NOTHING(ticket)

static inline void ticket_init(struct ticket_lock *l)
{
	/* relaxed: the caller publishes the lock, not these stores. */
	a32_store_relaxed(&l->next, 0);
	a32_store_relaxed(&l->serving, 0);
}

/* Take the lock. Returns true if it was held and the caller had to wait. */
static inline bool ticket_acquire(struct ticket_lock *l, struct ticket_node *node)
{
	bool waited = false;
	a32_value mine;

	(void)node;
	/* relaxed: drawing a number publishes nothing; (T) does. */
	mine = a32_fetch_add_relaxed(&l->next, 1);
	/* acquire (T): pairs with the release in ticket_release(); what earlier
	 * holders wrote is visible from here. */
	while (a32_watch_acquire(&l->serving) != mine) {
		waited = true;
		LOCK_WAIT();
	}
	return waited;
}

/* Take the lock if it is free. Returns true if the caller holds it now; never waits, and draws
 * no number when it returns false. Bound: between its look and its draw no hart may be held up
 * for 2^32 acquisitions of others. */
static inline bool ticket_trylock(struct ticket_lock *l, struct ticket_node *node)
{
	/* acquire (T): pairs with the release in ticket_release(); what earlier
	 * holders wrote is visible from here. */
	a32_value serving = a32_load_acquire(&l->serving);

	(void)node;
	/* relaxed: (T) has ordered. The draw succeeds only if `serving` is the next number, so that
	 * nobody has drawn since, and nobody holds the lock. */
	return a32_cas_relaxed(&l->next, serving, serving + 1);
}

/* Give the lock up. The caller holds it. */
static inline void ticket_release(struct ticket_lock *l, struct ticket_node *node)
{
	a32_value mine;

	(void)node;
	/* relaxed: only the holder writes `serving`, and the caller is it. */
	mine = a32_load_relaxed(&l->serving);
	/* release (T): everything written inside is visible to the next holder. */
	a32_store_unlock(&l->serving, mine + 1);
}

/* Returns true if the lock is held, or about to be. A holder always gets true; to anybody else it
 * is news of a moment ago. */
static inline bool ticket_is_locked(const struct ticket_lock *l)
{
	/* acquire: the load of `next` comes after it, so that a lock which changes hands meanwhile
	 * is not taken for a free one. It orders nothing else. */
	a32_value serving = a32_load_acquire(&l->serving);

	/* relaxed: as above. */
	return a32_load_relaxed(&l->next) != serving;
}

#endif
