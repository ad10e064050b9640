/* cna.pml: lock/cna.h, of two clusters. A cluster keeps the lock for LOCAL hand-overs, so at most N - 1 + LOCAL go first.
 * Each hart uses its node again at once. */
#define LOCAL 1
#define BYPASS (N - 1 + LOCAL)
#include "harts.pml"

#define CLUSTER(hart) ((hart) & 1)
#define WAIT 0 /* in spin: wait; */
#define GO 1   /* go, and nobody was passed over; */
#define HEAD 2 /* HEAD + a hart: go, that hart heads the second queue */

byte tail = NOBODY;
byte next[N] = NOBODY;
byte spin[N];
byte last[N];   /* the holder's only */
byte handed[N]; /* node->local: the same */

inline acquire(me)
{
	handed[me] = 0;    /* cna.h: "node->local = 0;" */
	next[me] = NOBODY; /* cna.h: "aptr_store_relaxed(&node->next, 0);" */
	spin[me] = WAIT;   /* cna.h: "aptr_store_relaxed(&node->spin, 0);" */
	atomic {
		ahead = tail; /* cna.h: "ahead = (struct cna_node *)aptr_swap_acq_rel(&l->tail, (uintptr_t)node);" */
		tail = me;
		queued(me)
	}
	if
	:: ahead == NOBODY -> spin[me] = GO /* cna.h: "aptr_store_relaxed(&node->spin, CNA_GO);" */
	:: else ->
		next[ahead] = me; /* cna.h: "aptr_store_release(&ahead->next, (uintptr_t)node);" */
		spin[me] != WAIT  /* cna.h: "while (aptr_watch_acquire(&node->spin) == 0)" */
	fi
}

inline release(me)
{
	byte near = NOBODY, at = NOBODY;
	bool left = false;

	mine = spin[me]; /* cna.h: "uintptr_t spin = aptr_load_relaxed(&node->spin);" */
	seen = next[me]; /* cna.h: "aptr_load_depend(&node->next), *near = 0;" */
	near = NOBODY;
	left = false;
	if
	:: seen == NOBODY -> leave(me)
	:: else
	fi;
	if
	:: left
	:: else ->
		if
		:: handed[me] < LOCAL -> find(me) /* cna.h: "if (node->local < CNA_LOCAL)" */
		:: else
		fi;
		if
		:: near != NOBODY ->
			handed[near] = handed[me] + 1; /* cna.h: "near->local = node->local + 1;" */
			spin[near] = mine              /* cna.h: "aptr_store_unlock(&to->spin, spin);" */
		:: near == NOBODY && mine != GO ->
			/* cna.h: "aptr_store_relaxed(&((struct cna_node *)spin)->last->next, (uintptr_t)next);" */
			next[last[mine - HEAD]] = seen;
			spin[mine - HEAD] = GO /* cna.h: "cna_hand((struct cna_node *)spin, CNA_GO);" */
		:: else -> spin[seen] = GO     /* cna.h: "cna_hand(next, CNA_GO);" */
		fi
	fi
}

inline leave(me)
{
	atomic { /* cna.h: "aptr_cas_release(&l->tail, (uintptr_t)node, passed ? (uintptr_t)passed->last : 0)" */
		if
		:: tail == me -> tail = (mine == GO -> NOBODY : last[mine - HEAD]); left = true
		:: else
		fi
	}
	if
	:: left && mine != GO -> spin[mine - HEAD] = GO /* cna.h: "cna_hand(passed, CNA_GO);" */
	:: left && mine == GO
	:: else -> atomic { next[me] != NOBODY -> seen = next[me] } /* cna.h: "aptr_watch_depend(&node->next)) == 0)" */
	fi
}

/* `near`: the first of the cluster behind `seen`; those before it go to the second queue. */
inline find(me)
{
	at = seen;
	ahead = NOBODY;
	do
	:: at != NOBODY && CLUSTER(at) != CLUSTER(me) -> /* cna.h: "while (at != 0 && at->cluster != node->cluster)" */
		ahead = at;
		at = next[at] /* cna.h: "at = (struct cna_node *)aptr_load_depend(&at->next);" */
	:: else -> break
	od;
	near = at;
	if
	:: at == NOBODY || at == seen /* cna.h: "if (at == 0 || at == next)" */
	:: else ->
		next[ahead] = NOBODY; /* cna.h: "aptr_store_relaxed(&last->next, 0);" */
		if
		:: mine == GO -> mine = HEAD + seen /* cna.h: "*spin = (uintptr_t)next;" */
		:: else -> next[last[mine - HEAD]] = seen /* cna.h: "((struct cna_node *)*spin)->last->next, (uintptr_t)next);" */
		fi;
		last[mine - HEAD] = ahead /* cna.h: "((struct cna_node *)*spin)->last = last;" */
	fi
}

HARTS
