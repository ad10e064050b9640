/* clh.pml: lock/clh.h. FIFO: at most N - 1 go first. Cells change hands; cell N is the lock's. */
#define BYPASS (N - 1)
#include "harts.pml"

byte tail = N;
bool held[N + 1];
byte own[N] = NOBODY; /* node->mine; NOBODY: the cell of the hart's own number */

inline acquire(me)
{
	mine = (own[me] == NOBODY -> me : own[me]);
	held[mine] = true; /* clh.h: "a32_store_relaxed(&node->mine->held, 1);" */
	atomic {
		ahead = tail; /* clh.h: "aptr_swap_release_depend(&l->tail, (uintptr_t)node->mine);" */
		tail = mine;
		queued(me)
	}
	!held[ahead] /* clh.h: "while (a32_watch_acquire(&node->ahead->held) != 0)" */
}

inline release(me)
{
	own[me] = ahead;   /* clh.h: "node->mine = node->ahead;" */
	held[mine] = false /* clh.h: "a32_store_unlock(&mine->held, 0);" */
}

HARTS
