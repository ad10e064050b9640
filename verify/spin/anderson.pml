/* anderson.pml: lock/anderson.h with as many slots as harts at the most. FIFO: at most N - 1 go first. */
#define BYPASS (N - 1)
#include "harts.pml"

#define SLOTS 4
#define SLOT(number) ((number) & (SLOTS - 1))

byte next;                                         /* modulo SLOTS: nothing else of it is used */
bool open[SLOTS] = { true, false, false, false }; /* anderson.h: "a32_store_relaxed(&l->slot[i].open, i == 0);" */

inline acquire(me)
{
	atomic {
		mine = next; /* anderson.h: "node->mine = (uint32_t)a32_fetch_add_relaxed(&l->next, 1);" */
		next = SLOT(next + 1);
		queued(me)
	}
	open[mine];         /* anderson.h: "while (a32_watch_acquire(&slot->open) == 0)" */
	open[mine] = false  /* anderson.h: "a32_store_relaxed(&slot->open, 0);" */
}

inline release(me)
{
	open[SLOT(mine + 1)] = true /* anderson.h: "a32_store_unlock(&anderson_slot(l, node->mine + 1)->open, 1);" */
}

HARTS
