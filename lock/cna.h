/* cna: the queue of mcs in two parts: the holder's cluster goes first, for a while.
 *
 * Fairness     FIFO within a cluster; another cluster's harts wait for at most CNA_LOCAL
 *              hand-overs more than in mcs, for each cluster but their own.
 * Waiters spin on `spin` in their own node, which nobody else reads: a release
 *              invalidates one line, mostly of the same cluster.
 * Space        8 bytes a lock, 32 bytes a waiter.
 * Bound        any number of harts, any number of acquisitions.
 * Relies on    forward progress of the AMO swap (amoswap.d); in a release that finds no
 *              successor, of a constrained LR/SC loop (atomic.h).
 * Source       D. Dice and A. Kogan, "Compact NUMA-aware Locks", EuroSys 2019,
 *              figures 2 to 5. There a random number ends a cluster's turn, here a
 *              count does, so that there is a bound.
 *
 * A second queue holds the waiters of other clusters that were passed over. Its head
 * is handed on in `spin`; the head's `last` is its last node.
 */
#ifndef LOCK_CNA_H
#define LOCK_CNA_H

#include "port.h"

enum { cna_forms = LOCK_WATCHES | LOCK_STORES }; /* see forms.h */
enum { cna_in_traps = LOCK_TRAPS_OWN_NODE };

#ifndef CNA_LOCAL
#define CNA_LOCAL 256 /* hand-overs in a row within a cluster */
#endif

enum { CNA_GO = 1 }; /* in `spin`: the lock is yours, and the second queue is empty */

struct cna_node {
	aptr next; /* the node behind this one; 0: none yet */
	aptr spin; /* 0: wait; CNA_GO or the head of the second queue: the lock is yours */
	struct cna_node *last;   /* the end of the second queue, if this node is its head */
	uint32_t cluster, local; /* local: hand-overs in a row within the cluster so far */
};

struct cna_space {
	char unused[0];
};

struct cna_lock {
	aptr tail; /* the last node of the queue; 0: free */
};

static inline void cna_init(struct cna_lock *l)
{
	/* relaxed: the caller publishes the lock, not this store. */
	aptr_store_relaxed(&l->tail, 0);
}

static inline void cna_join(struct cna_node *node, struct cna_space *space, struct lock_hart hart)
{
	(void)space;
	node->cluster = hart.cluster;
}

/* Take the lock with a node that is the caller's until cna_release(). Returns
 * true if it was held and the caller had to wait. */
LOCK_INLINE bool cna_acquire(struct cna_lock *l, struct cna_node *node)
{
	struct cna_node *ahead;

	node->local = 0;
	/* relaxed: (Q) publishes both stores. */
	aptr_store_relaxed(&node->next, 0);
	aptr_store_relaxed(&node->spin, 0);
	/* release (Q): the node is set up before anyone can find it. acquire
	 * (M): pairs with the release in cna_leave() that left the queue empty. */
	ahead = (struct cna_node *)aptr_swap_acq_rel(&l->tail, (uintptr_t)node);
	if (ahead == 0) {
		/* relaxed: only the holder uses `spin` until it hands over. */
		aptr_store_relaxed(&node->spin, CNA_GO);
		return false;
	}
	/* release (N): pairs with the loads of `next`; the node is set up before
	 * the holder can find it. */
	aptr_store_release(&ahead->next, (uintptr_t)node);
	/* acquire (H): pairs with the release in cna_hand(); what earlier
	 * holders wrote is visible from here. */
	while (aptr_watch_acquire(&node->spin) == 0)
		LOCK_WAIT();
	return true;
}

/* Take the lock if it is free, with a node that is the caller's until cna_release(). Returns true
 * if the caller holds it now; never waits, and leaves nothing behind when it returns false. */
static inline bool cna_trylock(struct cna_lock *l, struct cna_node *node)
{
	/* relaxed: a hint, checked by (Q). Without it a holder that tries its own lock again would
	 * write to the node that its successor has linked itself to. */
	if (aptr_load_relaxed(&l->tail) != 0)
		return false;
	node->local = 0;
	/* relaxed, both: (Q) publishes `next`; only the holder uses `spin` until it hands over. */
	aptr_store_relaxed(&node->next, 0);
	aptr_store_relaxed(&node->spin, CNA_GO);
	/* release (Q): the node is set up before anyone can find it. acquire (M): pairs with the
	 * release in cna_leave() that left the queue empty; what earlier holders wrote is visible
	 * from here. */
	return aptr_cas_acq_rel(&l->tail, 0, (uintptr_t)node);
}

/* Hand the lock over to the hart of node `to`, with `spin` as its new `spin`. */
LOCK_INLINE void cna_hand(struct cna_node *to, uintptr_t spin)
{
	/* release (H): everything written inside is visible to the next holder. */
	aptr_store_unlock(&to->spin, spin);
}

/* Leave a queue that seems to end at `node`, the holder's: put the second queue in its
 * place, or leave the lock free. Returns false if a hart has queued behind after all. */
LOCK_INLINE bool cna_leave(struct cna_lock *l, struct cna_node *node, uintptr_t spin)
{
	struct cna_node *passed = spin == CNA_GO ? 0 : (struct cna_node *)spin;

	/* release (M): everything written inside is visible to whoever finds the
	 * queue empty. Strong: a failure means a successor. */
	if (!aptr_cas_release(&l->tail, (uintptr_t)node, passed ? (uintptr_t)passed->last : 0))
		return false;
	if (passed != 0)
		cna_hand(passed, CNA_GO);
	return true;
}

/* Returns the first node behind `node` of the holder's cluster, or 0. The nodes before it
 * move to the end of the second queue, and *spin becomes that queue's head. */
LOCK_INLINE struct cna_node *cna_near(struct cna_node *node, struct cna_node *next, uintptr_t *spin)
{
	struct cna_node *at = next, *last = 0;

	while (at != 0 && at->cluster != node->cluster) {
		last = at;
		/* depend (N): the node it points to was set up before. */
		at = (struct cna_node *)aptr_load_depend(&at->next);
	}
	if (at == 0 || at == next)
		return at;
	/* relaxed, both: the hand-over (H) publishes them. */
	aptr_store_relaxed(&last->next, 0);
	if (*spin == CNA_GO)
		*spin = (uintptr_t)next;
	else
		aptr_store_relaxed(&((struct cna_node *)*spin)->last->next, (uintptr_t)next);
	((struct cna_node *)*spin)->last = last;
	return at;
}

/* Give the lock up. The caller holds it, with that node. */
LOCK_INLINE void cna_release(struct cna_lock *l, struct cna_node *node)
{
	/* relaxed: (H) brought it. */
	uintptr_t spin = aptr_load_relaxed(&node->spin);
	/* depend (N): the node it points to was set up before. */
	struct cna_node *next = (struct cna_node *)aptr_load_depend(&node->next), *near = 0;

	if (next == 0) {
		if (cna_leave(l, node, spin))
			return;
		/* depend (N): as above. The successor is between (Q) and (N). */
		while ((next = (struct cna_node *)aptr_watch_depend(&node->next)) == 0)
			LOCK_WAIT();
	}
	if (node->local < CNA_LOCAL)
		near = cna_near(node, next, &spin);
	if (near != 0) {
		near->local = node->local + 1;
		cna_hand(near, spin);
	} else if (spin != CNA_GO) {
		/* relaxed: the hand-over (H) publishes it. */
		aptr_store_relaxed(&((struct cna_node *)spin)->last->next, (uintptr_t)next);
		cna_hand((struct cna_node *)spin, CNA_GO);
	} else {
		cna_hand(next, CNA_GO);
	}
}

/* Returns true if the lock is held, or about to be. A holder always gets true; to anybody else it
 * is news of a moment ago. */
static inline bool cna_is_locked(const struct cna_lock *l)
{
	/* relaxed: the answer orders nothing. */
	return aptr_load_relaxed(&l->tail) != 0;
}

#endif
