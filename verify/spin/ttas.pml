/* ttas.pml: lock/ttas.h, and ttas_backoff.h but for its delay. No bound is claimed. */
#include "harts.pml"

bool held;

inline acquire(me)
{
	do
	:: atomic { !held -> held = true; break } /* ttas.h: "a32_swap_acquire(&l->held, 1) != 0"
	                                           * ttas_backoff.h: "a32_swap_acquire(&l->held, 1) != 0" */
	:: atomic { held -> skip };               /* the same, and it was held */
		!held                             /* ttas.h: "while (a32_watch_relaxed(&l->held) != 0)"
		                                   * ttas_backoff.h: "while (a32_watch_relaxed(&l->held) != 0)" */
	od
}

inline release(me)
{
	held = false /* ttas.h: "a32_store_unlock(&l->held, 0);"
	              * ttas_backoff.h: "a32_store_unlock(&l->held, 0);" */
}

HARTS
