/* hemlock.pml: lock/hemlock.h, one lock. FIFO: at most N - 1 go first. */
#define BYPASS (N - 1)
#include "harts.pml"

byte tail = NOBODY;
bool grant[N]; /* the lock, or none: there is one lock */

inline acquire(me)
{
	atomic {
		ahead = tail; /* hemlock.h: "ahead = (struct hemlock_node *)aptr_swap_acq_rel(&l->tail, (uintptr_t)node);" */
		tail = me;
		queued(me)
	}
	if
	:: ahead == NOBODY
	:: else ->
		grant[ahead];         /* hemlock.h: "while (aptr_watch_acquire(&ahead->grant) != (uintptr_t)l)" */
		grant[ahead] = false; /* hemlock.h: "aptr_store_relaxed(&ahead->grant, 0);" */
	fi
}

inline release(me)
{
	if
	:: atomic { tail == me -> tail = NOBODY } /* hemlock.h: "aptr_cas_release(&l->tail, (uintptr_t)node, 0)" */
	:: atomic { tail != me -> skip };         /* the same, and it failed */
		grant[me] = true; /* hemlock.h: "aptr_store_unlock(&node->grant, (uintptr_t)l);" */
		!grant[me]        /* hemlock.h: "while (aptr_watch_depend(&node->grant) != 0)" */
	fi
}

HARTS
