/* slot.h: what one hart counts in one pass. */
#ifndef BENCH_SLOT_H
#define BENCH_SLOT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "../lock/atomic.h"
#include "histogram.h"

enum { LINE = 64 }; /* bytes kept apart so that harts do not share them */

/* What the latency pass counts. */
struct latency {
	uint64_t waited;       /* operations that found the lock held, or lost a race */
	uint64_t failed;       /* lock-free: attempts that lost */
	struct histogram wait; /* cycles: call -> owner; lock-free: call -> return */
	struct histogram hold; /* cycles: owner -> released; lock-free: none */
	/* ticks: when it was to begin -> done; none in a closed loop */
	struct histogram response;
};

/* One operation of the fairness pass. Times are port_time(). */
struct grant {
	uint64_t order;    /* lock: its number, from 1; else the block's address; 0: none */
	uint64_t request;  /* its number, from 0, drawn at the call */
	uint64_t asked;    /* when that was */
	uint64_t owned;    /* when; without a lock: when it returned */
	uint64_t released; /* when; 0 without a lock */
};

/* One hart's, in the order in which it had them. */
struct grants {
	struct grant *log;
	size_t count, room; /* in the log: since the window opened; that fit */
	size_t inside;      /* of those: before it closed */
	uint64_t before;    /* `order` of the last one before the window opened; 0: none */
};

struct slot {
	/* Operations so far. Its hart writes it once an operation; whoever opens
	 * and closes the window reads it. Alone on its line. */
	_Alignas(LINE) aptr ops;

	_Alignas(LINE) uint64_t ops_open, ops_close; /* `ops` at the window's ends */
	_Atomic uint64_t start_time;                 /* port_time() ticks; 0: not begun */
	uint64_t end_time;                           /* port_time() ticks */
	uint64_t start_cycles, end_cycles;           /* of this hart */
	uint64_t random;                             /* state of its generator, never 0 */
	unsigned index;

	/* latency pass: before the window opens, and since. Each has its own,
	 * for to empty one half-way takes thousands of stores. */
	struct latency latency[2];

	uint64_t bytes;                         /* of the blocks it got */
	uint64_t behind;                        /* ticks behind its schedule at the end */
	uint64_t interrupts, interrupts_inside; /* that it took; of those, in its section */

	/* audit pass: blocks it got, and of those the ones that must not be */
	uint64_t blocks, misaligned, outside, overlapping;

	struct grants grants; /* fairness pass */

	uint64_t ipis, ipis_inside; /* from other harts; of those, in its section */
	uint64_t stops;             /* times it was stopped, and started again */
	uint64_t refused;           /* allocations that did not fit */
};

/* Nothing counted yet. While no worker is running. */
static inline void latency_clear(struct latency *l)
{
	l->waited = l->failed = 0;
	histogram_clear(&l->wait);
	histogram_clear(&l->hold);
	histogram_clear(&l->response);
}

#endif
