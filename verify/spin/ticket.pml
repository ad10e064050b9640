/* ticket.pml: lock/ticket.h, and ticket_backoff.h but for its delay. FIFO: at most N - 1 go first.
 * Counters of 2 bits: they wrap. */
#define BYPASS (N - 1)
#include "harts.pml"
#define COUNT(n) ((n) & 3)

byte next, serving;

inline acquire(me)
{
	atomic {
		mine = next; /* ticket.h: "mine = a32_fetch_add_relaxed(&l->next, 1);"
		              * ticket_backoff.h: "mine = a32_fetch_add_relaxed(&l->next, 1);" */
		next = COUNT(next + 1);
		queued(me)
	}
	serving == mine /* ticket.h: "while (a32_watch_acquire(&l->serving) != mine)"
	                 * ticket_backoff.h: "(uint32_t)(mine - a32_watch_acquire(&l->serving))) != 0)" */
}

inline release(me)
{
	seen = serving;           /* ticket.h: "mine = a32_load_relaxed(&l->serving);"
	                           * ticket_backoff.h: "mine = a32_load_relaxed(&l->serving);" */
	serving = COUNT(seen + 1) /* ticket.h: "a32_store_unlock(&l->serving, mine + 1);"
	                           * ticket_backoff.h: "a32_store_unlock(&l->serving, mine + 1);" */
}

HARTS
