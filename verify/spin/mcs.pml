/* mcs.pml: lock/mcs.h. FIFO: at most N - 1 go first. Each hart uses its node again at once. */
#define BYPASS (N - 1)
#include "harts.pml"

byte tail = NOBODY;
byte next[N] = NOBODY;
bool waiting[N];

inline acquire(me)
{
	next[me] = NOBODY; /* mcs.h: "aptr_store_relaxed(&node->next, 0);" */
	atomic {
		ahead = tail; /* mcs.h: "ahead = (struct mcs_node *)aptr_swap_acq_rel(&l->tail, (uintptr_t)node);" */
		tail = me;
		queued(me)
	}
	if
	:: ahead == NOBODY
	:: else ->
		waiting[me] = true; /* mcs.h: "a32_store_relaxed(&node->waiting, 1);" */
		next[ahead] = me;   /* mcs.h: "aptr_store_release(&ahead->next, (uintptr_t)node);" */
		!waiting[me]        /* mcs.h: "while (a32_watch_acquire(&node->waiting) != 0)" */
	fi
}

inline release(me)
{
	seen = next[me]; /* mcs.h: "(struct mcs_node *)aptr_load_depend(&node->next);" */
	if
	:: seen == NOBODY ->
		if
		:: atomic { tail == me -> tail = NOBODY } /* mcs.h: "aptr_cas_release(&l->tail, (uintptr_t)node, 0)" */
		:: atomic { tail != me -> skip };         /* the same, and it failed */
			next[me] != NOBODY; /* mcs.h: "aptr_watch_depend(&node->next)) == 0)" */
			seen = next[me];
			waiting[seen] = false /* mcs.h: "a32_store_unlock(&next->waiting, 0);" */
		fi
	:: else -> waiting[seen] = false /* the same */
	fi
}

HARTS
