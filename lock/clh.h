/* clh: a queue of waiters, each spinning on the cell of the one in front.
 *
 * Fairness     FIFO in the order of the swaps: at most n-1 harts go first.
 * Waiters spin on the cell of their predecessor, which nobody else reads: a
 *              release invalidates one line, whatever the number of waiters.
 * Space        8 bytes and a cell a lock, 16 bytes and a cell a waiter; a cell
 *              has a line of 64 bytes. Cells change hands: a cell that came with
 *              one node or lock ends up in another, so none of that memory can
 *              be reused before all harts and locks that met are out of use.
 * Bound        any number of harts, any number of acquisitions.
 * Relies on    forward progress of the AMO swap (amoswap.d), nothing of LR/SC.
 * Source       T. S. Craig, "Building FIFO and Priority-Queuing Spin Locks from
 *              Atomic Swap", University of Washington TR 93-02-02, 1993; P.
 *              Magnusson, A. Landin and E. Hagersten, "Queue Locks on Cache
 *              Coherent Multiprocessors", IPPS 1994. seL4's big lock is one.
 */
#ifndef LOCK_CLH_H
#define LOCK_CLH_H

#include "port.h"

enum { clh_forms = LOCK_WATCHES | LOCK_STORES }; /* see forms.h */
enum { clh_in_traps = LOCK_TRAPS_OWN_NODE };

struct clh_cell {
	_Alignas(LOCK_LINE) a32 held; /* 1 until its hart has released */
};

struct clh_lock {
	aptr tail; /* the cell of the last hart in the queue */
	struct clh_cell first;
};

struct clh_node {
	struct clh_cell *mine;  /* the cell that the next acquire queues */
	struct clh_cell *ahead; /* the predecessor's cell, which the release makes `mine` */
	struct clh_cell first;
};

struct clh_space {
	char unused[0];
};

/* A free lock, before any code has run; `l` is the variable's own name. */
/* clang-format off */
#define CLH_UNLOCKED(l) {.tail = {(uintptr_t)&(l).first}}
/* clang-format on */

static inline void clh_init(struct clh_lock *l)
{
	/* relaxed: the caller publishes the lock, not these stores. */
	a32_store_relaxed(&l->first.held, 0);
	aptr_store_relaxed(&l->tail, (uintptr_t)&l->first);
}

static inline void clh_join(struct clh_node *node, struct clh_space *space, struct lock_hart hart)
{
	(void)space;
	(void)hart;
	node->mine = &node->first;
}

/* Take the lock. Returns true if it was held and the caller had to wait. */
static inline bool clh_acquire(struct clh_lock *l, struct clh_node *node)
{
	bool waited = false;

	/* relaxed: (Q) publishes the store. */
	a32_store_relaxed(&node->mine->held, 1);
	/* release (Q): `held` is 1 before a successor can find the cell; without
	 * it the successor may see what the cell was before (seL4 PR 199). */
	node->ahead = (struct clh_cell *)aptr_swap_release_depend(&l->tail, (uintptr_t)node->mine);
	/* acquire (H): pairs with the release in clh_release(); what earlier
	 * holders wrote is visible from here. */
	while (a32_watch_acquire(&node->ahead->held) != 0) {
		waited = true;
		LOCK_WAIT();
	}
	return waited;
}

/* Give the lock up. The caller holds it, with that node. */
static inline void clh_release(struct clh_lock *l, struct clh_node *node)
{
	struct clh_cell *mine = node->mine;

	(void)l;
	/* No other hart looks at the predecessor's cell any more, so this hart takes it. */
	node->mine = node->ahead;
	/* release (H): everything written inside is visible to the successor. */
	a32_store_unlock(&mine->held, 0);
}

/* Returns true if the lock is held, or about to be. A holder always gets true; to anybody else it
 * is news of a moment ago. */
static inline bool clh_is_locked(const struct clh_lock *l)
{
	/* depend: the cell was set up before it was queued; no cell's memory is ever used for
	 * anything else. */
	const struct clh_cell *last = (const struct clh_cell *)aptr_load_depend(&l->tail);

	/* relaxed: the answer orders nothing. */
	return a32_load_relaxed(&last->held) != 0;
}

#endif
