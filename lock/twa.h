/* twa: a ticket lock whose far waiters spin apart, on an array that all locks share.
 *
 * Fairness     FIFO in the order of the draws: at most n-1 harts go first.
 * Waiters spin on `serving` when next in line, one at a time; the others on a word
 *              of the array that their number hashes to: a release invalidates
 *              two lines, whatever the number of waiters.
 * Space        8 bytes a lock, 8 bytes a waiter, and 4 * TWA_WORDS bytes once.
 * Bound        at most 2^32 - 1 harts waiting at once; counters wrap safely.
 * Relies on    forward progress of the AMO add (amoadd.w), nothing of LR/SC.
 * Source       D. Dice and A. Kogan, "TWA: Ticket Locks Augmented with a Waiting
 *              Array", Euro-Par 2019, listing 1.
 *
 * Two numbers may hash to one word. That costs a needless look, and no wrong one.
 */
#ifndef LOCK_TWA_H
#define LOCK_TWA_H

#include "port.h"

enum { twa_forms = LOCK_WATCHES | LOCK_STORES }; /* see forms.h */
enum { twa_in_traps = LOCK_TRAPS_ANY_NODE };

#ifndef TWA_WORDS
#define TWA_WORDS 4096 /* a power of two */
#endif

enum {
	TWA_NEAR = 1, /* a hart with at most so many ahead spins on `serving` */
	/* words between two successive numbers, so that they are on different lines */
	TWA_STRIDE = 17,
};

struct twa_lock {
	a32 next;    /* the next number to draw */
	a32 serving; /* the number that holds the lock */
};

struct twa_space {
	_Alignas(LOCK_LINE) a32 word[TWA_WORDS]; /* counts hand-overs */
};

struct twa_node {
	struct twa_space *space;
};

static inline void twa_init(struct twa_lock *l)
{
	/* relaxed: the caller publishes the lock, not these stores. */
	a32_store_relaxed(&l->next, 0);
	a32_store_relaxed(&l->serving, 0);
}

static inline void twa_join(struct twa_node *node, struct twa_space *space, struct lock_hart hart)
{
	(void)hart;
	node->space = space;
}

static inline a32 *twa_word(const struct twa_lock *l, const struct twa_node *node, a32_value number)
{
	uint32_t at = (uint32_t)number * TWA_STRIDE ^ (uint32_t)((uintptr_t)l / 8);

	return &node->space->word[at & (TWA_WORDS - 1)];
}

/* Wait until at most TWA_NEAR harts are ahead of number `mine`. */
LOCK_INLINE void twa_wait_far(struct twa_lock *l, struct twa_node *node, a32_value mine)
{
	a32 *word = twa_word(l, node, mine);
	/* acquire (F): pairs with the release in twa_release(); the look at
	 * `serving` comes after this load. So a hand-over that the look misses
	 * still raises the count, and ends the inner loop. */
	a32_value count = a32_load_acquire(word), now;

	/* relaxed: the value only says when to come near; (T) orders. */
	while ((uint32_t)(mine - a32_load_relaxed(&l->serving)) > TWA_NEAR) {
		/* acquire (F): as above. */
		while ((now = a32_watch_acquire(word)) == count)
			LOCK_WAIT();
		count = now;
	}
}

/* Take the lock. Returns true if it was held and the caller had to wait. */
static inline bool twa_acquire(struct twa_lock *l, struct twa_node *node)
{
	a32_value mine;

	/* relaxed: drawing a number publishes nothing; (T) does. */
	mine = a32_fetch_add_relaxed(&l->next, 1);
	/* acquire (T): pairs with the release in twa_release(); what earlier
	 * holders wrote is visible from here. */
	a32_value serving = a32_load_acquire(&l->serving);

	if (serving == mine)
		return false;
	if ((uint32_t)(mine - serving) > TWA_NEAR)
		twa_wait_far(l, node, mine);
	/* acquire (T): as above. */
	while (a32_watch_acquire(&l->serving) != mine)
		LOCK_WAIT();
	return true;
}

/* Take the lock if it is free. Returns true if the caller holds it now; never waits, and draws
 * no number when it returns false. Bound: between its look and its draw no hart may be held up
 * for 2^32 acquisitions of others. */
static inline bool twa_trylock(struct twa_lock *l, struct twa_node *node)
{
	/* acquire (T): pairs with the release in twa_release(); what earlier
	 * holders wrote is visible from here. */
	a32_value serving = a32_load_acquire(&l->serving);

	(void)node;
	/* relaxed: (T) has ordered. The draw succeeds only if `serving` is the next number, so that
	 * nobody has drawn since, and nobody holds the lock. */
	return a32_cas_relaxed(&l->next, serving, serving + 1);
}

/* Give the lock up. The caller holds it, with that node. */
static inline void twa_release(struct twa_lock *l, struct twa_node *node)
{
	a32_value mine;

	/* relaxed: only the holder writes `serving`, and the caller is it. */
	mine = a32_load_relaxed(&l->serving);
	/* release (T): everything written inside is visible to the next holder. */
	a32_store_unlock(&l->serving, mine + 1);
	/* release (F): `serving` is raised before the count is. */
	a32_add_release(twa_word(l, node, mine + 1 + TWA_NEAR), 1);
}

/* Returns true if the lock is held, or about to be. A holder always gets true; to anybody else it
 * is news of a moment ago. */
static inline bool twa_is_locked(const struct twa_lock *l)
{
	/* acquire: the load of `next` comes after it, so that a lock which changes hands meanwhile
	 * is not taken for a free one. It orders nothing else. */
	a32_value serving = a32_load_acquire(&l->serving);

	/* relaxed: as above. */
	return a32_load_relaxed(&l->next) != serving;
}

#endif
