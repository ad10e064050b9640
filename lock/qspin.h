/* qspin: four bytes that are a spinlock for one waiter and a queue for more, as in Linux.
 *
 * Fairness     nearly FIFO: harts that queue are served in order; a hart that finds
 *              the lock free, or held with nobody waiting, goes before harts that
 *              come later.
 * Waiters spin on the lock word if first or second in line, one each; the others
 *              on their own node: a release invalidates one line.
 * Space        4 bytes a lock, 24 bytes a hart, and 8 * QSPIN_HARTS bytes once.
 * Bound        QSPIN_HARTS harts, at most 32767; any number of acquisitions. A
 *              hart waits for one lock at a time: where an interrupt may take a
 *              lock while its hart waits for another, interrupts are off, or
 *              each context has its own number (Linux numbers four).
 * Relies on    forward progress of AMOs (amoor.w, amoadd.w, amoand.w), and of LR/SC:
 *              each of its compare-and-swaps is a constrained LR/SC loop (atomic.h),
 *              and one that lost its comparison looks at the lock word only.
 * Source       P. Zijlstra and W. Long, Linux 4.2, kernel/locking/qspinlock.c;
 *              its queue is the one of mcs.h.
 *
 * Linux writes the bytes of the word one by one; here every access is to the whole
 * word, so that no more than RV64A is needed. Linux's short wait for a hand-over
 * that is under way is left out.
 */
#ifndef LOCK_QSPIN_H
#define LOCK_QSPIN_H

#include "port.h"

enum { qspin_forms = LOCK_WATCHES }; /* see forms.h */
enum { qspin_in_traps = LOCK_TRAPS_NEVER };

#ifndef QSPIN_HARTS
#define QSPIN_HARTS 64
#endif

enum {
	QSPIN_LOCKED = 1,
	QSPIN_PENDING = 1 << 8, /* one hart waits at the word itself */
	QSPIN_TAIL = 1 << 16,   /* times (1 + the number of the last hart in the queue) */
};

struct qspin_lock {
	a32 word;
};

struct qspin_node {
	aptr next;     /* the node behind this one; 0: none yet */
	a32 waiting;   /* 1 until the one in front hands over */
	uint32_t tail; /* the tail of the lock word when this node is the last */
	struct qspin_space *space;
};

struct qspin_space {
	struct qspin_node *node[QSPIN_HARTS]; /* by hart number; only joins write it */
};

static inline void qspin_init(struct qspin_lock *l)
{
	/* relaxed: the caller publishes the lock, not this store. */
	a32_store_relaxed(&l->word, 0);
}

/* The caller guarantees: hart.number < QSPIN_HARTS. */
static inline void qspin_join(struct qspin_node *node, struct qspin_space *space,
			      struct lock_hart hart)
{
	node->tail = (hart.number + 1) * QSPIN_TAIL;
	node->space = space;
	space->node[hart.number] = node;
}

/* Join the queue. When this returns, the caller is its head. */
LOCK_INLINE void qspin_enqueue(struct qspin_lock *l, struct qspin_node *node)
{
	const a32_value tail = (a32_value)node->tail;
	struct qspin_node *ahead;
	a32_value seen;

	/* relaxed: (Q) publishes both stores. */
	aptr_store_relaxed(&node->next, 0);
	a32_store_relaxed(&node->waiting, 1);
	/* relaxed: a guess, checked by the compare-and-swap. */
	seen = a32_load_relaxed(&l->word);
	/* release (Q): the node is set up before anyone can find it. */
	while (!a32_cas_release(&l->word, &seen, (seen & (QSPIN_TAIL - 1)) | tail))
		;
	if (seen < QSPIN_TAIL)
		return;
	ahead = node->space->node[seen / QSPIN_TAIL - 1];
	/* release (N): pairs with the load in qspin_lead(). The node is set up
	 * before the one in front can find it to clear `waiting`. */
	aptr_store_release(&ahead->next, (uintptr_t)node);
	/* acquire (H): pairs with the release in qspin_lead(). */
	while (a32_watch_acquire(&node->waiting) != 0)
		LOCK_WAIT();
}

/* The head of the queue takes the lock and makes its successor the head. */
LOCK_INLINE void qspin_lead(struct qspin_lock *l, struct qspin_node *node)
{
	struct qspin_node *next;
	a32_value seen;

	/* acquire (S): pairs with the release in qspin_release(); what earlier
	 * holders wrote is visible from here. */
	while (((seen = a32_watch_acquire(&l->word)) & (QSPIN_LOCKED | QSPIN_PENDING)) != 0)
		LOCK_WAIT();
	/* relaxed: (S) has ordered. If the word differs, another hart has queued behind this
	 * one, or has set PENDING, sees the tail and will queue. */
	if (seen == node->tail && a32_cas_relaxed(&l->word, seen, QSPIN_LOCKED))
		return;
	/* relaxed: (S) has ordered, and nobody else can take the lock. */
	a32_or_relaxed(&l->word, QSPIN_LOCKED);
	/* depend (N): the store to next->waiting comes after this load. */
	while ((next = (struct qspin_node *)aptr_watch_depend(&node->next)) == 0)
		LOCK_WAIT();
	/* release (H): this node's accesses are over. */
	a32_store_release(&next->waiting, 0);
}

/* Wait at the word itself and take the lock. Returns false, without the lock, if another
 * hart waits there or in the queue. */
LOCK_INLINE bool qspin_pend(struct qspin_lock *l)
{
	/* relaxed: a guess, checked by what the next instruction finds. */
	if (a32_load_relaxed(&l->word) > QSPIN_LOCKED)
		return false;
	/* relaxed: (S) below orders. */
	a32_value seen = a32_fetch_or_relaxed(&l->word, QSPIN_PENDING);

	if (seen > QSPIN_LOCKED) {
		/* relaxed: the bit was set by mistake, and guarded nothing. */
		if ((seen & QSPIN_PENDING) == 0)
			a32_and_relaxed(&l->word, ~(a32_value)QSPIN_PENDING);
		return false;
	}
	/* acquire (S): pairs with the release in qspin_release(). */
	while ((a32_watch_acquire(&l->word) & QSPIN_LOCKED) != 0)
		LOCK_WAIT();
	/* relaxed: (S) has ordered, and PENDING keeps all others out. */
	a32_add_relaxed(&l->word, QSPIN_LOCKED - QSPIN_PENDING);
	return true;
}

/* Take the lock. Returns true if it was held and the caller had to wait. */
LOCK_INLINE bool qspin_acquire(struct qspin_lock *l, struct qspin_node *node)
{
	/* acquire (S): pairs with the release in qspin_release(); what earlier
	 * holders wrote is visible from here. */
	if (a32_cas_acquire(&l->word, 0, QSPIN_LOCKED))
		return false;
	if (!qspin_pend(l)) {
		qspin_enqueue(l, node);
		qspin_lead(l, node);
	}
	return true;
}

/* Take the lock if it is free. Returns true if the caller holds it now; never waits, and leaves
 * nothing behind when it returns false. */
static inline bool qspin_trylock(struct qspin_lock *l, struct qspin_node *node)
{
	(void)node;
	/* acquire (S): pairs with the release in qspin_release(); what earlier
	 * holders wrote is visible from here. */
	return a32_cas_acquire(&l->word, 0, QSPIN_LOCKED);
}

/* Give the lock up. The caller holds it. */
static inline void qspin_release(struct qspin_lock *l, struct qspin_node *node)
{
	(void)node;
	/* release (S): everything written inside is visible to the next holder. */
	a32_add_release(&l->word, -(a32_value)QSPIN_LOCKED);
}

/* Returns true if the lock is held, or about to be. A holder always gets true; to anybody else it
 * is news of a moment ago. */
static inline bool qspin_is_locked(const struct qspin_lock *l)
{
	/* relaxed: the answer orders nothing. */
	return a32_load_relaxed(&l->word) != 0;
}

#endif
