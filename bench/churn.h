/* churn.h: harts that leave a pass and come back to it, as processors do that are
 * taken offline. Hart 0, which keeps the time, draws another one again and again: one
 * that works is asked to leave, one that has stopped is started again.
 *
 * A hart leaves between two operations, so it holds nothing and waits for nothing. It
 * comes back with the node it left: what a lock keeps for a hart stays as it is, for
 * the others may still need it (a clh cell that was queued last is the next hart's to
 * look at), and so it does not join a second time. */
#ifndef BENCH_CHURN_H
#define BENCH_CHURN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "hart_stats.h"
#include "port.h"

enum seat {
	SEAT_IN,    /* the hart works */
	SEAT_ASKED, /* it was asked to leave */
	SEAT_OUT,   /* it stops, or has stopped */
	SEAT_BACK,  /* it was started, and is on its way */
	SEAT_DONE,  /* the pass is over for it */
};

struct churn_seat {
	_Alignas(LINE) _Atomic uint32_t seat; /* enum seat */
};
extern struct churn_seat churn_seats[PORT_MAX_HARTS];

/* Note, before a pass, that every hart will work. No worker is running yet. */
void churn_reset(unsigned harts, uint64_t random);

/* Hart 0 calls the first to begin, and the second after its own work, with its alarm off:
 * it starts all harts that are out, and waits for all to be done. */
void churn_begin(uint64_t period_us);
void churn_end(void);

/* A hart calls these between two operations. The first says whether it is to leave; the
 * second leaves and comes back. */
static inline bool churn_asked(unsigned index)
{
	/* relaxed: a hart that is asked only goes, and reads nothing of the other's. */
	return atomic_load_explicit(&churn_seats[index].seat, memory_order_relaxed) == SEAT_ASKED;
}

void churn_leave(struct hart_stats *me);

/* A hart calls this after its last operation. */
void churn_done(unsigned index);

#endif
