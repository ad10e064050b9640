/* shootdown.h: an owner interrupts all other harts and waits, inside its section, until each has
 * acknowledged (--shootdown), as a hypervisor does that takes a page away and has every hart forget
 * its translation. A hart that waits for the lock with its interrupts off must answer by
 * LOCK_POLL(), or the owner waits for it for ever. */
#ifndef BENCH_SHOOTDOWN_H
#define BENCH_SHOOTDOWN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hart_stats.h"

/* The state of one hart. Numbers of shootdowns only grow. */
struct shootdown_seat {
	_Alignas(LINE) _Atomic uint64_t asked; /* shootdowns that others have asked it for */
	_Alignas(LINE) _Atomic uint64_t done;  /* the number of those that it has acknowledged */
	_Atomic bool in;                       /* the hart is in its worker */
	uint64_t awaits; /* 1 and the index of the hart whose acknowledgement it waits for; 0: none
			  */
	struct hart_stats *me;
};

extern struct shootdown_seat shootdown_seats[];

/* The seat of a hart that answers by polling; NULL: it does not. */
extern _Thread_local struct shootdown_seat *shootdown_polled;

/* Called by a hart before its worker, and behind it. */
void shootdown_enter(struct hart_stats *me, bool polls);
void shootdown_leave(struct hart_stats *me);

/* Interrupts the other harts of the pass, and returns when each of them has acknowledged or has
 * left its worker. The caller answers others meanwhile. */
void shootdown(struct hart_stats *me);

/* Acknowledges what the calling hart, whose seat it is, was asked for. */
void shootdown_answer(struct shootdown_seat *seat);

/* Called by a waiter between two looks at a lock. */
static inline void shootdown_poll(void)
{
	struct shootdown_seat *seat = shootdown_polled;

	/* relaxed, both: shootdown_answer() orders. Only this hart writes `done`. */
	if (seat != NULL && atomic_load_explicit(&seat->asked, memory_order_relaxed) !=
				    atomic_load_explicit(&seat->done, memory_order_relaxed)) {
		shootdown_answer(seat);
		seat->me->polled++;
	}
}

#endif
