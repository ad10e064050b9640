/* anderson: an array of slots, one a waiter, in a ring; each spins on the slot of its own number.
 *
 * Fairness     FIFO in the order of the draws: at most n-1 harts go first.
 * Waiters spin on the line of their own slot: a release invalidates one line,
 *              whatever the number of waiters.
 * Space        (ANDERSON_SLOTS + 1) * 64 bytes a lock, 4 bytes a waiter.
 * Bound        at most ANDERSON_SLOTS harts, a power of two you set; any number
 *              of acquisitions.
 * Relies on    forward progress of the AMO add (amoadd.w), nothing of LR/SC.
 * Source       T. E. Anderson, "The Performance of Spin Lock Alternatives for
 *              Shared-Memory Multiprocessors", IEEE TPDS 1(1), 1990, section IV.
 */
#ifndef LOCK_ANDERSON_H
#define LOCK_ANDERSON_H

#include "port.h"

enum { anderson_forms = LOCK_WATCHES | LOCK_STORES }; /* see forms.h */
enum { anderson_in_traps = LOCK_TRAPS_OWN_NODE };

#ifndef ANDERSON_SLOTS
#define ANDERSON_SLOTS 64
#endif

struct anderson_slot {
	_Alignas(LOCK_LINE) a32 open; /* 1: whoever drew this slot holds the lock */
};

struct anderson_lock {
	_Alignas(LOCK_LINE) a32 next; /* the next number to draw */
	struct anderson_slot slot[ANDERSON_SLOTS];
};

struct anderson_node {
	uint32_t mine; /* the number drawn; only the holder reads it again */
};

LOCK_JOINS_NOTHING(anderson)

/* A free lock, before any code has run. */
/* clang-format off */
#define ANDERSON_UNLOCKED {.slot = {{.open = {1}}}}
/* clang-format on */

static inline void anderson_init(struct anderson_lock *l)
{
	_Static_assert((ANDERSON_SLOTS & (ANDERSON_SLOTS - 1)) == 0, "a power of two");
	/* relaxed: the caller publishes the lock, not these stores. */
	a32_store_relaxed(&l->next, 0);
	for (unsigned i = 0; i < ANDERSON_SLOTS; i++)
		/* relaxed: as above. */
		a32_store_relaxed(&l->slot[i].open, i == 0);
}

static inline struct anderson_slot *anderson_slot(struct anderson_lock *l, uint32_t number)
{
	return &l->slot[number & (ANDERSON_SLOTS - 1)];
}

/* Take the lock. Returns true if it was held and the caller had to wait. */
static inline bool anderson_acquire(struct anderson_lock *l, struct anderson_node *node)
{
	bool waited = false;
	struct anderson_slot *slot;

	/* relaxed: drawing a number publishes nothing; (A) does. */
	node->mine = (uint32_t)a32_fetch_add_relaxed(&l->next, 1);
	slot = anderson_slot(l, node->mine);
	/* acquire (A): pairs with the release in anderson_release(); what earlier
	 * holders wrote is visible from here. */
	while (a32_watch_acquire(&slot->open) == 0) {
		waited = true;
		LOCK_WAIT();
	}
	/* relaxed: the slot is closed for the hart that draws it next, in
	 * ANDERSON_SLOTS draws; the releases (A) until then order the store. */
	a32_store_relaxed(&slot->open, 0);
	return waited;
}

/* Take the lock if it is free. Returns true if the caller holds it now; never waits, and draws
 * no number when it returns false. Bound: between its look and its draw no hart may be held up
 * for 2^32 acquisitions of others. */
static inline bool anderson_trylock(struct anderson_lock *l, struct anderson_node *node)
{
	/* relaxed: a guess, checked by the compare-and-swap. */
	a32_value next = a32_load_relaxed(&l->next);
	struct anderson_slot *slot = anderson_slot(l, (uint32_t)next);

	/* acquire (A): pairs with the release in anderson_release(); what earlier
	 * holders wrote is visible from here. */
	if (a32_load_acquire(&slot->open) == 0)
		return false;
	/* relaxed: (A) has ordered. The draw succeeds only if nobody has drawn since, so that the
	 * slot is still open, and for this hart. */
	if (!a32_cas_relaxed(&l->next, next, next + 1))
		return false;
	node->mine = (uint32_t)next;
	/* relaxed: as in anderson_acquire(). */
	a32_store_relaxed(&slot->open, 0);
	return true;
}

/* Give the lock up. The caller holds it, with that node. */
static inline void anderson_release(struct anderson_lock *l, struct anderson_node *node)
{
	/* release (A): everything written inside is visible to the next holder. */
	a32_store_unlock(&anderson_slot(l, node->mine + 1)->open, 1);
}

/* Returns true if the lock is held, or about to be. A holder always gets true; to anybody else it
 * is news of a moment ago. */
static inline bool anderson_is_locked(const struct anderson_lock *l)
{
	/* acquire: the look at the slot comes after it. It orders nothing else. */
	uint32_t next = (uint32_t)a32_load_acquire(&l->next);

	/* relaxed: the answer orders nothing. */
	return a32_load_relaxed(&l->slot[next & (ANDERSON_SLOTS - 1)].open) == 0;
}

#endif
