/* qspin.pml: lock/qspin.h. Of those that queue FIFO: at most N - 1 go first. Each access is to the whole word. */
#define BYPASS (N - 1)
#include "harts.pml"

#define OWNS 0 /* what became of it so far */
#define TRIES 1
#define QUEUES 2

bool locked, pending; /* the word: its two bits, */
byte tail;            /* and 1 + the last in the queue */
byte next[N] = NOBODY;
bool waiting[N];

inline acquire(me)
{
	atomic { /* qspin.h: "if (a32_cas_acquire(&l->word, 0, QSPIN_LOCKED))" */
		if
		:: !locked && !pending && tail == 0 -> locked = true; seen = OWNS
		:: else -> seen = TRIES
		fi
	}
	if
	:: seen == OWNS
	:: else ->
		pend(me);
		if
		:: seen == QUEUES -> enqueue(me); lead(me)
		:: else
		fi
	fi
}

inline pend(me)
{
	seen = ((pending || tail != 0) -> QUEUES : TRIES); /* qspin.h: "if (a32_load_relaxed(&l->word) > QSPIN_LOCKED)" */
	if
	:: seen == TRIES ->
		atomic { /* qspin.h: "a32_value seen = a32_fetch_or_relaxed(&l->word, QSPIN_PENDING);" */
			mine = pending;
			ahead = tail;
			pending = true
		}
		if
		:: mine == 0 && ahead == 0 ->
			!locked; /* qspin.h: "while ((a32_watch_acquire(&l->word) & QSPIN_LOCKED) != 0)" */
			atomic { locked = true; pending = false }; /* qspin.h: "a32_add_relaxed(&l->word, QSPIN_LOCKED - QSPIN_PENDING);" */
			seen = OWNS
		:: mine == 0 && ahead != 0 ->
			pending = false; /* qspin.h: "a32_and_relaxed(&l->word, ~(a32_value)QSPIN_PENDING);" */
			seen = QUEUES
		:: else -> seen = QUEUES
		fi
	:: else
	fi
}

inline enqueue(me)
{
	next[me] = NOBODY;  /* qspin.h: "aptr_store_relaxed(&node->next, 0);" */
	waiting[me] = true; /* qspin.h: "a32_store_relaxed(&node->waiting, 1);" */
	atomic {            /* qspin.h: "while (!a32_cas_release(&l->word, &seen, (seen & (QSPIN_TAIL - 1)) | tail))" */
		ahead = tail;
		tail = me + 1;
		queued(me)
	}
	if
	:: ahead == 0
	:: else ->
		next[ahead - 1] = me; /* qspin.h: "aptr_store_release(&ahead->next, (uintptr_t)node);" */
		!waiting[me]          /* qspin.h: "while (a32_watch_acquire(&node->waiting) != 0)" */
	fi
}

inline lead(me)
{
	/* qspin.h: "while (((seen = a32_watch_acquire(&l->word)) & (QSPIN_LOCKED | QSPIN_PENDING)) != 0)" */
	atomic { !locked && !pending -> mine = (tail == me + 1) };
	if
	:: mine ->
		atomic { /* qspin.h: "if (seen == node->tail && a32_cas_relaxed(&l->word, seen, QSPIN_LOCKED))" */
			if
			:: tail == me + 1 && !locked && !pending -> locked = true; tail = 0
			:: else -> mine = 0
			fi
		}
	:: else
	fi;
	if
	:: mine
	:: else ->
		locked = true; /* qspin.h: "a32_or_relaxed(&l->word, QSPIN_LOCKED);" */
		atomic { next[me] != NOBODY -> seen = next[me] }; /* qspin.h: "aptr_watch_depend(&node->next)) == 0)" */
		waiting[seen] = false /* qspin.h: "a32_store_release(&next->waiting, 0);" */
	fi
}

inline release(me)
{
	locked = false /* qspin.h: "a32_add_release(&l->word, -(a32_value)QSPIN_LOCKED);" */
}

HARTS
