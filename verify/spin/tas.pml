/* tas.pml: lock/tas.h. No bound is claimed. */
#include "harts.pml"

bool held;

inline acquire(me)
{
	do
	:: atomic { !held -> held = true; break } /* tas.h: "a32_swap_acquire(&l->held, 1) != 0" */
	:: atomic { held -> skip }                /* the same, and it was held */
	od
}

inline release(me)
{
	held = false /* tas.h: "a32_store_unlock(&l->held, 0);" */
}

HARTS
